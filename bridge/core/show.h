/*
 * show.h - the whole life of a complaint, found by any of its numbers.
 *
 * A number is compared as text_number_norm() spells it, so blanks, dashes and case do not matter;
 * our reference of a delivery (a UUID) is taken too. One number may stand for several complaints
 * (two systems may issue the same one): each is a life of its own. A number that is known only from
 * held records gives a life with bridge_id 0.
 *
 * What a person could be known by stands apart, in "personal": callers print it only when asked.
 */
#ifndef BRIDGE_SHOW_H
#define BRIDGE_SHOW_H

#include <stddef.h>
#include <stdint.h>

#include "../link/pg.h"
#include "mapping.h"

/* One thing that happened. what is a stable word: received marked registered due disposed arrived
 * staged changed linked action feedback attachment planned sent answered settled held released
 * vanished difference. */
struct show_event {
    int64_t at;         /* clock.h microseconds */
    const char *utc;    /* "2020-06-01 20:00:00 UTC" */
    const char *ist;    /* "2020-06-02 01:30:00 IST" */
    const char *system; /* where it happened; "bridge" for staging's own */
    const char *what;
    const char *detail;   /* one line, no personal data; never NULL */
    const char *personal; /* the rest, may have several lines (what was sent, texts); or NULL */
    const char *delivery; /* our reference, for planned sent answered settled and their held rows */
};

struct show_number {
    const char *system, *number;
};

struct show_life {
    int64_t bridge_id;
    const char *source_system, *number;        /* where it came from */
    const char *police_system, *police_number; /* NULL while none holds it */
    const char *unit, *unit_name, *status, *satisfied;
    const char *received, *due, *disposed; /* IST text, or NULL */
    long version;
    struct show_number *numbers; /* every number that it has */
    size_t number_count;
    struct show_event *events; /* in order of time; ties in order of cause */
    size_t event_count;
};

/* *count is 0 when nobody knows the number. dict says which fields are personal. */
MUST_CHECK enum verdict
show_number(struct pg *pg, struct arena *mem, const struct dict *dict, const char *number,
            struct show_life **out, size_t *count, struct error *err);

#endif
