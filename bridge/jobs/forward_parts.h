/*
 * forward_parts.h - what forward.c and forward_ways.c share: the ways to a cell.
 */
#ifndef BRIDGE_FORWARD_PARTS_H
#define BRIDGE_FORWARD_PARTS_H

#include "../core/package_book.h"
#include "forward.h"

/* A package that is about to leave. */
struct parcel {
    const struct conf *conf;
    const struct conf_cell *cell;
    const struct package_due *due;
    const char *folder; /* of its files */
    const char *name;   /* "moradabad-000012": of the folder that the receiver sees */
};

/* NULL slots: the way has no such thing. */
struct forward_way {
    /* V_IN_DOUBT: it may have come. V_REJECT: it is refused. */
    MUST_CHECK enum verdict (*send)(struct arena *mem, const struct parcel *p, struct error *err);
    /* The names of files that the receiver left. */
    MUST_CHECK enum verdict (*names)(struct arena *mem, const struct conf_cell *cell,
                                     const char ***out, size_t *count, struct error *err);
    MUST_CHECK enum verdict (*touch)(struct arena *mem, const struct conf_cell *cell,
                                     struct error *err);
};

const struct forward_way *forward_way(const struct conf_cell *cell);
extern const struct forward_way forward_by_mail;

/* The number in "ack-12", "ack-000012" or "ack-12.txt"; 0 for another name. */
int64_t forward_ack_number(const char *name);

#endif
