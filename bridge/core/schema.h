/*
 * schema.h - the staging schema: numbered migrations, forward only, and its reference data.
 *
 * A migration is SQL_FOLDER/NNNN_name.sql, numbered from 0001 without a gap. What was applied
 * stands in bridge.migration with the SHA-256 of the file. A file that was altered after it was
 * applied, and a database that is newer than the folder, are refused.
 *
 * To change the schema: add a file with the next number. To change reference data: edit
 * mappings/units/, mappings/sla.csv or mappings/holidays/ and apply again.
 */
#ifndef BRIDGE_SCHEMA_H
#define BRIDGE_SCHEMA_H

#include "../link/pg.h"
#include "units.h"

struct schema_state {
    long version;        /* newest migration in the database; 0 = none */
    long newest;         /* newest in the folder */
    const char *pending; /* names of those not yet applied, parted by blanks; "" = none */
};

/* What the database has, against the folder. V_FATAL: altered, newer, or a gap. Writes nothing. */
MUST_CHECK enum verdict schema_status(struct pg *pg, struct arena *mem, const char *sql_folder,
                                      struct schema_state *out, struct error *err);

/* Applies what is pending, then loads units, their aliases, the SLA rules of MAPPINGS_FOLDER's
 * sla.csv, the holidays of holidays/ (mappings/holidays/README.md) and the words of
 * codes/reply_words.csv (cell.h), all in one transaction, under a lock of its own. Units and
 * aliases that are listed no more are kept and closed (valid_to). Nothing is written where nothing
 * differs. *out says the state afterwards, with pending = what was applied. */
MUST_CHECK enum verdict
schema_apply(struct pg *pg, struct arena *mem, const char *sql_folder, const char *mappings_folder,
             const struct units *units, struct schema_state *out, struct error *err);

#endif
