/*
 * package_book.h - packages of cells in the database: which there are, and what became of each.
 *
 *   planned -> sending -> sent -> acknowledged
 *                      -> planned (surely not come) | in_doubt (may have come) | failed (refused)
 *
 * The row of a package is there before any of it leaves, with the digest of its manifest; "sending"
 * is committed before the first byte. What is found "sending" by the next run may have come: it is
 * sent again as it is, with the same number and the same name. Whoever writes holds the lock of the
 * nightly run.
 */
#ifndef BRIDGE_PACKAGE_BOOK_H
#define BRIDGE_PACKAGE_BOOK_H

#include "package.h"

/* Fills number, since, previous of the package of p->day, made at p->upto; *made: there is one of
 * that day, or of a later one, already. */
MUST_CHECK enum verdict
package_next(struct pg *pg, struct arena *mem, struct package *p, bool *made, struct error *err);
MUST_CHECK enum verdict
package_add(struct pg *pg, struct arena *mem, int64_t run_id, const struct package *p,
            const char *message_id, struct error *err);
/* What waits for a cell that bridge.conf gives another unit now is not sent any more: "failed". */
MUST_CHECK enum verdict package_moved(struct pg *pg, struct arena *mem, int64_t run_id,
                                      const struct conf_cell *cell, long *n, struct error *err);
/* What a run that ended was sending becomes in_doubt. */
MUST_CHECK enum verdict
package_recover(struct pg *pg, struct arena *mem, int64_t run_id, long *n, struct error *err);

struct package_due {
    int64_t number;
    const char *message_id;
    unsigned char manifest[DIGEST_BYTES];
    int64_t made_at;
    bool doubted; /* it may have come already */
};

/* Oldest first, of the unit that the cell is; again: what was refused, too. */
MUST_CHECK enum verdict
package_due(struct pg *pg, struct arena *mem, const struct conf_cell *cell, bool again,
            struct package_due **out, size_t *count, struct error *err);
/* Intent. */
MUST_CHECK enum verdict
package_sending(struct pg *pg, struct arena *mem, int64_t run_id, const struct conf_cell *cell,
                int64_t number, struct error *err);
/* state: "sent", "planned", "in_doubt" or "failed"; said: a stable word, or NULL. */
MUST_CHECK enum verdict
package_settle(struct pg *pg, struct arena *mem, int64_t run_id, const char *cell, int64_t number,
               const char *state, const char *said, struct error *err);

/* Nothing of its files is here any more. */
MUST_CHECK enum verdict package_purged(struct pg *pg, struct arena *mem, const char *cell,
                                       int64_t number, struct error *err);

/* number, sent_at, upto of those that nobody acknowledged, newest first. */
MUST_CHECK enum verdict
package_unacknowledged(struct pg *pg, struct arena *mem, const struct conf_cell *cell,
                       struct pg_rows *out, struct error *err);
/* The newest of these after which the unit did something on a complaint of it; 0 = none. Not in a
 * transaction. */
MUST_CHECK enum verdict
package_acted(struct pg *pg, struct arena *mem, const struct conf_cell *cell,
              const struct pg_rows *open, int64_t *number, struct error *err);
/* how: "file" or "action". Those before it are acknowledged by it. */
MUST_CHECK enum verdict
package_acknowledge(struct pg *pg, struct arena *mem, int64_t run_id, const char *cell,
                    int64_t number, const char *how, long *n, struct error *err);

/* The newest 30 of each of these cells: cell, unit, number, day, state, channel, lines, attempts,
 * said, sent_at, acked_at, acked_by, manifest. */
MUST_CHECK enum verdict
package_list_read(struct pg *pg, struct arena *mem, const struct conf_cell *const *cells,
                  size_t count, struct pg_rows *out, struct error *err);
/* One row a cell: cell, unit, packages, waiting, in_doubt, failed, last_sent, last_acknowledged,
 * silent. zone: [bridge] zone, for the days on which nobody is there. */
MUST_CHECK enum verdict
package_cells_read(struct pg *pg, struct arena *mem, const struct conf_cell *const *cells,
                   size_t count, const char *zone, struct pg_rows *out, struct error *err);

/* "mail", "sftp" or "folder". */
const char *package_channel(const struct conf_cell *cell);
/* Where the files of a package lie in the folder of state. */
const char *
package_folder(struct arena *mem, const struct conf *conf, const char *cell, int64_t number);
#endif
