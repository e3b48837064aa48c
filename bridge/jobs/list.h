/*
 * list.h - reads a whole list of a system (call "ids" or "count") for a comparison.
 *
 * A list passes page by page through the mapper into temporary tables: no list is ever whole in
 * memory. A row of which a field cannot be read still says that the complaint is there: it is
 * compared by the fields that can be read, and counted and said. One without a readable number is
 * left out.
 */
#ifndef BRIDGE_LIST_H
#define BRIDGE_LIST_H

#include "job.h"

struct list {
    const struct map_call *call; /* NULL: the map has none */
    const char *cut;             /* membership as of that time */
    struct compare *compare;
    enum verdict (*take)(struct compare *c, const struct mapper *m, const struct record *canonical,
                         struct error *err);
    long done;    /* rows read */
    long bad;     /* of these, with a field that could not be read */
    long unnamed; /* of these, left out */
};

/* *whole false: it could not be read to its end; trouble of the peer is said and counted. */
MUST_CHECK enum verdict
list_read(struct job *job, struct job_system *s, struct list *l, bool *whole, struct error *err);

#endif
