/*
 * message_parts.h - what SMS and mail share of taking up a message.
 */
#ifndef BRIDGE_MESSAGE_PARTS_H
#define BRIDGE_MESSAGE_PARTS_H

#include "message.h"

struct claiming {
    struct pg *pg;
    struct arena *mem;
    int64_t run_id;
    const struct conf *conf;
    const struct seal *seal;
    struct contents *contents;      /* of mails */
    const struct page_words *words; /* likewise */
    struct pg_rows row;             /* of what was taken up */
};

/* Puts together what a message says, and commits the intent or settles it as unsaid. */
typedef enum verdict message_write_fn(struct claiming *c, struct message *m, struct error *err);

/* The next one that the statement gives, in a transaction: taken up, written, committed. */
MUST_CHECK enum verdict
message_take(struct claiming *c, const char *statement, const char *gateway,
             message_write_fn *write, struct message **out, struct error *err);

/* The keyed digest of the whole of it, and the receipt that it has before it goes. */
MUST_CHECK enum verdict message_commit_intent(const struct claiming *c, const struct message *m,
                                              const char *whole, struct error *err);

/* It cannot be sent as it is: that there is nobody to write to suppresses it, all else a person
 * must see. */
MUST_CHECK enum verdict message_settle_unsaid(const struct claiming *c, const struct message *m,
                                              const struct error *why, struct error *err);

/* A day as people write it, in the zone of bridge.conf; NULL when there is none. */
const char *message_day(const struct claiming *c, const char *column);

#endif
