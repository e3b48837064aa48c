/*
 * templates.h - the words of messages, as registered: a folder of tables (*.csv) into the database.
 *
 *   template_id,entity,header,event,language,secret,slots,text
 *
 * event: REGD QRACK COPY ASSIGN REASSIGN INTR DISPOSED REPORT; language: hi, en; secret: yes for
 * senders whose name is kept secret, else no; slots: a word for each {#var#} of the text, in order,
 * parted by blanks: number police_number date expected officer_rank officer_name officer_mobile
 * unit station read_at. entity and header may be empty: as in [notify].
 */
#ifndef BRIDGE_TEMPLATES_H
#define BRIDGE_TEMPLATES_H

#include "../link/pg.h"
#include "faults.h"

struct template
{
    const char *id, *entity, *header, *event, *language, *secret, *slots, *text;
};

/* Reads every table of the folder; what is wrong is added to faults. A folder that is not there has
 * none. */
void templates_read(struct arena *mem, const char *folder, struct template **out, size_t *count,
                    struct faults *faults);

/* Reads them and writes them, in a transaction of its own; V_FATAL "schema.templates". Words that
 * are no more in the tables stay, not listed. */
MUST_CHECK enum verdict
templates_load(struct pg *pg, struct arena *mem, const char *folder, struct error *err);

/* Whether a slot may be called so; *person: it names somebody. */
bool template_slot(const char *name, bool *person);

#endif
