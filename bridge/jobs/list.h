/*
 * list.h - reads a list of a system (calls "ids", "members", "count", "digest") for a comparison.
 *
 * A list passes page by page through the mapper into temporary tables: no list is ever whole in
 * memory. A row of which a field cannot be read still says that the complaint is there: it is
 * compared by the fields that can be read, and counted and said. One without a readable number is
 * left out.
 */
#ifndef BRIDGE_LIST_H
#define BRIDGE_LIST_H

#include "job.h"

struct compare_digest;

struct list {
    const struct map_call *call; /* NULL: the map has none */
    const char *cut;             /* membership as of that time */
    const char *buckets;         /* of call "members", or NULL */
    struct compare *compare;
    enum verdict (*take)(struct compare *c, const struct mapper *m, const struct record *canonical,
                         struct error *err); /* or NULL */
    struct compare_digest *digest;           /* takes the rows besides, by take_digest; or NULL */
    enum verdict (*take_digest)(struct compare_digest *d, const struct record *canonical,
                                struct error *err);
    bool spare;   /* what it would tell is asked in another way when the peer fails at it for good:
                     V_FATAL leaves the system to the caller, and is said, but is no trouble */
    bool refused; /* that happened */
    bool absent;  /* the peer's product cannot do the call: nothing was read, and no trouble is */
    long pages;   /* that it came in */
    long done;    /* rows read */
    long bad;     /* of these, with a field that could not be read */
    long unnamed; /* of these, left out */
};

/* *whole false: the call is absent or was refused, or it could not be read to its end; trouble of
 * the peer is said and counted. */
MUST_CHECK enum verdict
list_read(struct job *job, struct job_system *s, struct list *l, bool *whole, struct error *err);

#endif
