/*
 * compare_digest.h - the list of a system that can compute a digest of its rows (set_digest.h): of
 * buckets that add up to what was last told of them the rows are taken from bridge.listed, and only
 * the others are read.
 *
 * One reading of one system: the sums come first, then compare_digest_differ(), then the rows of
 * what differs (by compare_ids() for the comparison, and here for their digests), then
 * compare_digest_keep(). Whatever changed at the system, with or without its time, changes the sum
 * of its bucket; whatever was read by another map or other units is read anew.
 */
#ifndef BRIDGE_COMPARE_DIGEST_H
#define BRIDGE_COMPARE_DIGEST_H

#include "compare.h"

struct compare_digest;

/* m lives as long. compare_open() came first. */
MUST_CHECK enum verdict
compare_digest_open(struct arena *mem, struct pg *pg, const struct mapper *m,
                    struct compare_digest **out, struct error *err);
/* A page of stream "digest". V_REJECT: not every row of it is a bucket, each once. */
MUST_CHECK enum verdict
compare_digest_sums(struct compare_digest *d, const struct record *canonical, struct error *err);

struct compare_differ {
    const char *buckets; /* those that differ, as a call is asked for them; "" = none */
    long differ;
    long taken; /* rows that need not be read; 0 while more than most differ */
};

/* Takes the rows of buckets that agree into the comparison, unless more than most differ. */
MUST_CHECK enum verdict
compare_digest_differ(struct compare_digest *d, struct arena *mem, long most,
                      struct compare_differ *out, struct error *err);
/* A page of stream "ids", read whole; canonical records chained by next. */
MUST_CHECK enum verdict
compare_digest_rows(struct compare_digest *d, const struct record *canonical, struct error *err);
/* After the last page: what was read is known from now on. buckets NULL: it was the whole list.
 * *moved: how many of the buckets that were read add up to something else than the system had said:
 * rows moved meanwhile, or could not be read; all of them, always: the map has two ways to compute
 * a row's digest. */
MUST_CHECK enum verdict compare_digest_keep(struct compare_digest *d, struct arena *mem,
                                            const char *buckets, long *moved, struct error *err);

#endif
