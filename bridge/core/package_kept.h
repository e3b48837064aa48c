/*
 * package_kept.h - files of packages in the folder of state: how long they stay, and how a person
 * goes from them.
 *
 * A package's row, its digest, its number and its place in the chain stay, whatever becomes of its
 * files; what is left to whoever has it by then is not ours to take back. Whoever writes holds the
 * lock of the nightly run.
 */
#ifndef BRIDGE_PACKAGE_KEPT_H
#define BRIDGE_PACKAGE_KEPT_H

#include "package_book.h"

/* Takes away the files of packages that were acknowledged longer ago than keep_bodies, of refused
 * ones that a later one made up for, and of those of cells that bridge.conf has no more; also,
 * whatever keep_bodies is, those of people who were erased, and what a run that was killed left
 * without a row. look: only counts those of rows. */
MUST_CHECK enum verdict package_purge(struct pg *pg, struct arena *mem, const struct conf *conf,
                                      bool look, int64_t *n, struct error *err);

struct package_erasure {
    int64_t gone;             /* packages of which the files went, now */
    int64_t absent;           /* of which there should be files, and are none in this folder */
    struct pg_rows delivered; /* cell unit number day channel state sent_at: with the person */
    struct pg_rows unseen;    /* cell unit n first_day last_day: sent, and gone before this */
};

/* Every package whose list.csv tells something of the person goes: one that was not sent yet is
 * never sent, and the next one tells what it would have told. Each is an entry of the books. May be
 * done again: it says the same of what was delivered. */
MUST_CHECK enum verdict
package_erase(struct pg *pg, struct arena *mem, const struct conf *conf, int64_t run_id,
              int64_t bridge_id, struct package_erasure *out, struct error *err);

#endif
