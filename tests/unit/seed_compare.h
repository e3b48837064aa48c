/*
 * seed_compare.h - what the tests of the comparison share beside seed.h: one comparison of the two
 * systems, records of their lists, and what it found.
 */
#ifndef TESTS_SEED_COMPARE_H
#define TESTS_SEED_COMPARE_H

#include "seed.h"

#include "core/compare.h"

static struct compare *comparison;
static struct mapper portal, police; /* "igrs", "cctns" */

/* "NN WHAT = REASON; ...": all differences, each by the last two digits of its number. */
#define FOUND                                                                                      \
    "SELECT string_agg(concat_ws(' ', right(number, 2), what, '=', reason), '; ' "                 \
    "ORDER BY number, what) FROM bridge.difference"

/* Run 7 compares as of cut. */
static int UNUSED_OK
seed_compare(void **state, const char *cut)
{
    seed_setup(state);
    portal = (struct mapper){ .map = seed_portal(true) };
    police = (struct mapper){ .map = seed_police() };
    assert_ok(compare_open(seed.mem, seed.pg, 7, cut, &comparison, &seed.err));
    return 0;
}

static UNUSED_OK struct record *
record_new(const char *stream)
{
    struct record *r = arena_alloc(seed.mem, sizeof *r);

    r->stream = stream;
    r->count = dict_stream_find(&seed.dict, stream)->count;
    r->fields = arena_alloc(seed.mem, r->count * sizeof *r->fields);
    return r;
}

static void UNUSED_OK
put(struct record *r, const char *name, const char *text)
{
    long slot = dict_slot(dict_stream_find(&seed.dict, r->stream), name);

    assert_true(slot >= 0);
    r->fields[slot] = (struct field){ text, text ? strlen(text) : 0 };
}

#endif
