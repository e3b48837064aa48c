/*
 * outbox.h - what the tests of the outbox share: one step of its protocol each, with the books
 * checked after it.
 */
#ifndef TESTS_OUTBOX_H
#define TESTS_OUTBOX_H

#include "seed.h"

#define POLICE seed_police()
#define PORTAL seed_portal(true)

static long UNUSED_OK
plan(const struct mapping *map)
{
    long planned = -1;

    assert_ok(delivery_plan(seed.pg, seed.mem, 2, map, &planned, &seed.err));
    seed_check_books();
    return planned;
}

static size_t UNUSED_OK
claim(const struct mapping *map, const char *call, long count, struct delivery **items)
{
    size_t n = 0;

    assert_ok(delivery_claim(seed.pg, seed.mem, 2, map, mapping_call(map, call), count, items, &n,
                             &seed.err));
    seed_check_books();
    return n;
}

static void UNUSED_OK
settle(const struct mapping *map, struct delivery *items, size_t count)
{
    assert_ok(delivery_settle(seed.pg, seed.mem, 3, map, items, count, 60000, &seed.err));
    seed_check_books();
}

static void UNUSED_OK
answer(struct delivery *d, enum delivery_event event, const char *receipt, const char *said)
{
    d->event = event;
    d->receipt = receipt;
    d->said = said;
    d->detail = "in words";
    d->sent = "\x01packed\\";
    d->sent_len = 8;
}

static UNUSED_OK const char *
field(const struct delivery *d, const char *name)
{
    const struct map_stream *stream = NULL;

    for (size_t i = 0; i < seed.dict.count; i++)
        if (!strcmp(seed.dict.streams[i].name, d->stream)) {
            long slot = dict_slot(&seed.dict.streams[i], name);

            assert_true(slot >= 0);
            return d->canonical->fields[slot].text;
        }
    assert_non_null(stream);
    return NULL;
}

/* One complaint in police hands with REGD, ASGN, ATRS and DISP done there. */
static void UNUSED_OK
seed_story(int n)
{
    seed_complaint(n, "UP-147", "REGD", "2020-06-01T05:00:00Z");
    seed_registered(n, "DISP", "2020-06-02T10:00:00Z");
    seed_action(n, "1", "2020-06-02T01:00:00Z", "REGD", "a");
    seed_action(n, "2", "2020-06-02T02:00:00Z", "ASGN", "b");
    seed_action(n, "4", "2020-06-02T03:00:00Z", "ATRS", "c"); /* keys are not the order */
    seed_action(n, "3", "2020-06-02T04:00:00Z", "DISP", "d");
}

#endif
