/*
 * law_source.h - a source whose rows come, change, go, commit late and bear wrong times, drawn by a
 * seed; and the two calls of a portal ("list" by time and number, "ids" by number) over it.
 */
#ifndef TESTS_LAW_SOURCE_H
#define TESTS_LAW_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "fake_peer.h"

#define LAW_ROWS   8
#define LAW_SECOND INT64_C(1000000)
#define LAW_HOUR   (3600 * LAW_SECOND)

struct law_row {
    bool there, was_there;
    bool timeless;     /* its time cannot be read */
    int64_t at;        /* its time, as the source has it */
    int64_t newest;    /* the latest that it ever had */
    int64_t cut;       /* the latest cut of the runs that began before it became visible as it is */
    long version, run; /* run: the number of runs begun by then */
};

enum law_kind {
    LAW_PLAIN,    /* as a database: heeds the cut, never shows a row without a time */
    LAW_HEEDLESS, /* does not heed the cut */
    LAW_OPEN,     /* shows a row whose time cannot be read in its place */
};

struct law_source {
    uint64_t random;
    enum law_kind kind;
    int64_t now;  /* true time */
    int64_t skew; /* of the source's clock */
    int64_t cut;  /* the latest of all runs so far */
    long runs, versions, timeless;
    struct law_row rows[LAW_ROWS];
    /* what happens to the run under way */
    bool busy;       /* rows change between its pages */
    long calls_left; /* then the peer is gone; < 0 = it stays */
    long calls;
    long calls_most; /* no reading needs more: the peer goes, and too_many is set */
    bool too_many;
    bool chased; /* at each page a row moves ahead */
    char story[16384];
    size_t told;
};

/* The map of the portal; its system is "fake". */
extern const char law_map[];

void law_begin(struct law_source *s, uint64_t seed);
uint64_t law_draw(struct law_source *s, uint64_t below);
/* One thing happens at the source, or only time passes. */
void law_event(struct law_source *s);
void law_tell(struct law_source *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The number of a row, as 14 digits. */
const char *law_number(size_t row, char out[24]);

/* fake_peer.pull, over the source that law_serve() names. */
void law_serve(struct law_source *s, struct fake_peer *peer);

#endif
