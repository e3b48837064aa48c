/*
 * A pull from a scripted peer into a real staging: where it asks from, what it takes, what it
 * holds, and where the cursor stands afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../bridge/jobs/look.h"
#include "../../bridge/jobs/paging.h"
#include "../../bridge/jobs/pull.h"
#include "fake_peer.h"
#include "log.h"
#include "with_pg.h"
#include "with_staging.h"

static struct fake_peer *peer;
static struct error err;

static int
set_up(void **state)
{
    static FILE *nowhere;
    struct site *site;

    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    log_begin(nowhere, LOG_ERROR);
    if (site_begin(state))
        return -1;
    site = *state;
    peer = fake_peer_new(true, true);
    peer->conf.bridge.rows = 2;
    peer->system.options.rows = peer->system.options.lookback = -1;
    peer->job.pg = site->pg;
    peer->job.staging = site->staging;
    peer->job.run_id = site->run_id;
    snprintf(peer->job.cut, sizeof peer->job.cut, "2020-06-30T00:00:00.000000Z");
    return 0;
}

static int
tear_down(void **state)
{
    fake_peer_free(peer);
    return site_end(state);
}

/* Records as "number status changed", e.g. "A1 NEW 01": the time is that second of 10:00 IST. */
static void
page(long call, bool more, const char *const *rows, size_t count)
{
    struct page *p = &peer->pages[call];
    struct record **last = &p->records;

    for (size_t i = 0; i < count; i++) {
        char number[16] = "", status[16] = "", second[16] = "";
        const char *values[3];

        assert_int_equal(sscanf(rows[i], "%15s %15s %15s", number, status, second), 3);
        values[0] = strcmp(number, "-") == 0 ? NULL : arena_copy(peer->mem, number);
        values[1] = arena_copy(peer->mem, status);
        values[2] = arena_format(peer->mem, "2020-06-01 10:00:%s", second);
        *last = fake_record(peer, "complaint", values);
        (*last)->ordinal = (long)i + 1;
        last = &(*last)->next;
    }
    p->count = count;
    p->more = more;
}

#define PAGE(call, more, ...)                                                                      \
    page(call, more, (const char *const[]){ __VA_ARGS__ },                                         \
         sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

static void
pull(void)
{
    assert_int_equal(pull_system(&peer->job, fake_peer_system(peer), &err), V_OK);
}

static void
expect_cursor(const char *expected)
{
    assert_string_equal(
        with_pg_text("SELECT to_char(at AT TIME ZONE 'UTC', 'HH24:MI:SS') || ' ' || "
                     "key FROM bridge.cursor WHERE system = 'fake'"),
        expected);
}

#define COUNT(table) with_pg_number("SELECT count(*) FROM bridge." table)

static void
test_two_pages(void **state)
{
    (void)state;
    PAGE(0, true, "A1 NEW 01", "A2 NEW 02");
    PAGE(1, false, "A3 DONE 03");
    pull();
    assert_int_equal(peer->pulls, 2);
    assert_string_equal(peer->since[0], PAGING_BEGINNING);
    assert_string_equal(peer->after[0], "");
    assert_string_equal(peer->since[1], "2020-06-01T04:30:02.000000Z");
    assert_string_equal(peer->after[1], "A2");
    assert_int_equal(COUNT("complaint"), 3);
    expect_cursor("04:30:03 A3");
    assert_int_equal(fake_peer_system(peer)->pulled.offered, 3);
    assert_int_equal(fake_peer_system(peer)->pulled.applied, 3);
    assert_int_equal(fake_peer_system(peer)->trouble, V_OK);
}

static void
test_look_back_and_a_cursor_that_never_goes_back(void **state)
{
    (void)state;
    PAGE(0, false, "A1 NEW 01", "A2 NEW 20");
    pull();
    peer->conf.bridge.lookback = 5000;
    PAGE(1, true, "A2 NEW 18");
    peer->calls[2] = V_FATAL; /* ends within the look-back */
    pull();
    assert_string_equal(peer->since[1], "2020-06-01T04:30:15.000000Z");
    assert_string_equal(peer->after[1], "");
    expect_cursor("04:30:20 A2");
    assert_int_equal(fake_peer_system(peer)->trouble, V_FATAL);
}

static void
test_without_look_back_the_key_counts(void **state)
{
    (void)state;
    PAGE(0, false, "A1 NEW 01");
    pull();
    pull();
    assert_string_equal(peer->since[1], "2020-06-01T04:30:01.000000Z");
    assert_string_equal(peer->after[1], "A1");
    expect_cursor("04:30:01 A1");
}

static void
test_a_bad_record_is_held_and_the_cursor_goes_over_it(void **state)
{
    (void)state;
    PAGE(0, true, "A1 NEW 01", "A2 ODD 02");
    PAGE(1, false, "- NEW 03", "A4 NEW 04", "- NEW 05");
    pull();
    assert_string_equal(peer->since[1], "2020-06-01T04:30:02.000000Z");
    assert_string_equal(peer->after[1], "A2");
    assert_int_equal(COUNT("complaint"), 2);
    assert_string_equal(with_pg_text("SELECT string_agg(reason, ' ' ORDER BY held_id) FROM "
                                     "bridge.held"),
                        "map.code map.key map.key");
    expect_cursor("04:30:04 A4"); /* a record without its key has no place */
    assert_int_equal(fake_peer_system(peer)->pulled.set_aside, 3);
}

static void
test_a_record_that_the_adapter_could_not_read(void **state)
{
    struct error fault;

    (void)state;
    error_set(&fault, V_REJECT, "odbc.truncated", "a column was cut short");
    PAGE(0, false, "A1 NEW 01", "A2 NEW 02");
    peer->pages[0].records->fault = &fault;
    pull();
    assert_int_equal(COUNT("complaint"), 1);
    assert_string_equal(with_pg_text("SELECT reason FROM bridge.held"), "odbc.truncated");
    expect_cursor("04:30:02 A2");
}

static void
test_paging_that_does_not_advance(void **state)
{
    (void)state;
    PAGE(0, true, "A1 NEW 01");
    PAGE(1, true, "A1 NEW 01");
    pull();
    assert_int_equal(peer->pulls, 2);
    assert_int_equal(fake_peer_system(peer)->trouble, V_RETRY);
    assert_int_equal(COUNT("complaint"), 1);
    expect_cursor("04:30:01 A1");
}

/* One wrong date must not hide all that comes after it. */
static void
test_a_time_after_the_cut_is_no_place(void **state)
{
    (void)state;
    snprintf(peer->job.cut, sizeof peer->job.cut, "2020-06-01T04:30:30.000000Z");
    PAGE(0, true, "A1 NEW 01", "A2 NEW 02");
    PAGE(1, false, "A3 NEW 03", "A9 NEW 59");
    pull();
    assert_int_equal(COUNT("complaint"), 4);
    expect_cursor("04:30:03 A3");
}

static void
test_paging_that_goes_back_in_time(void **state)
{
    (void)state;
    PAGE(0, true, "A1 NEW 09");
    PAGE(1, true, "A0 NEW 05");
    pull();
    assert_int_equal(peer->pulls, 2);
    assert_int_equal(fake_peer_system(peer)->trouble, V_RETRY);
    expect_cursor("04:30:09 A1");
}

static void
test_more_but_nothing(void **state)
{
    (void)state;
    peer->pages[0].more = true;
    pull();
    assert_int_equal(peer->pulls, 1);
    assert_int_equal(fake_peer_system(peer)->trouble, V_RETRY);
    assert_int_equal(COUNT("cursor"), 0);
}

static void
test_a_page_that_cannot_be_read_is_held(void **state)
{
    (void)state;
    PAGE(0, true, "A1 NEW 01");
    peer->calls[1] = V_REJECT;
    peer->pages[1].raw = "<html>";
    peer->pages[1].raw_len = 6;
    pull();
    assert_int_equal(COUNT("complaint"), 1);
    assert_string_equal(with_pg_text("SELECT kind || ' ' || convert_from(body, 'UTF8') FROM "
                                     "bridge.held"),
                        "page <html>");
    assert_true(fake_peer_system(peer)->page_held);
    assert_int_equal(fake_peer_system(peer)->trouble, V_REJECT);
    expect_cursor("04:30:01 A1");
    pull(); /* not again in this run */
    assert_int_equal(peer->pulls, 2);
}

static void
test_a_peer_that_is_away(void **state)
{
    (void)state;
    for (int i = 0; i < 9; i++)
        peer->calls[i] = V_RETRY;
    pull();
    assert_int_equal(peer->pulls, 3);
    assert_int_equal(fake_peer_system(peer)->trouble, V_RETRY);
    pull();
    assert_int_equal(peer->pulls, 3); /* left alone */
}

static void
test_a_short_failure_is_ridden_out(void **state)
{
    (void)state;
    peer->calls[0] = peer->calls[1] = V_RETRY;
    PAGE(2, false, "A1 NEW 01");
    pull();
    assert_int_equal(peer->pulls, 3);
    assert_int_equal(COUNT("complaint"), 1);
    assert_int_equal(fake_peer_system(peer)->trouble, V_OK);
}

static void
test_since(void **state)
{
    (void)state;
    PAGE(0, false, "A1 NEW 10");
    pull();
    peer->job.since = "2020-06-01T04:30:05.000000Z"; /* before the cursor: reads again */
    PAGE(1, false, "A1 NEW 10", "A2 NEW 11");
    pull();
    assert_string_equal(peer->since[1], "2020-06-01T04:30:05.000000Z");
    expect_cursor("04:30:11 A2");
    peer->job.since = "2020-06-01T04:30:30.000000Z"; /* behind it: would skip what lies between */
    PAGE(2, false, "A9 NEW 40");
    pull();
    assert_int_equal(COUNT("complaint"), 3);
    expect_cursor("04:30:11 A2");
}

static void
test_since_at_the_very_first_pull(void **state)
{
    (void)state;
    peer->job.since = "2020-06-01T04:30:05.000000Z";
    PAGE(0, false, "A1 NEW 10");
    pull();
    expect_cursor("04:30:10 A1");
}

static void
test_dry_run_counts_and_writes_nothing(void **state)
{
    struct job_system *s = fake_peer_system(peer);

    (void)state;
    PAGE(0, false, "A1 NEW 01", "A2 NEW 02");
    pull();
    peer->job.dry = true;
    assert_int_equal(look_begin(&peer->job, &err), V_OK);
    PAGE(1, true, "A1 NEW 01", "A2 DONE 03", "A3 ODD 04");
    PAGE(2, false, "A4 NEW 05");
    pull();
    assert_int_equal(s->dry.unchanged, 1);
    assert_int_equal(s->dry.changed, 1);
    assert_int_equal(s->dry.added, 1);
    assert_int_equal(s->dry.held, 1);
    assert_int_equal(COUNT("complaint"), 2);
    assert_int_equal(COUNT("held"), 0);
    expect_cursor("04:30:02 A2");
    assert_string_equal(peer->after[2], "A3"); /* the held one has its place, dry or not */
}

/* The database refuses two of seven: they are held, the others staged, and the cursor is at the
 * end. */
static void
test_a_page_that_the_database_refuses(void **state)
{
    (void)state;
    with_pg_do("ALTER TABLE bridge.complaint ADD CHECK (number NOT IN ('A3', 'A6'))");
    PAGE(0, true, "A1 NEW 01", "A2 NEW 02", "A3 NEW 03", "A4 NEW 04", "A5 NEW 05", "A6 NEW 06",
         "A7 NEW 07");
    PAGE(1, false, "A8 NEW 08");
    pull();
    assert_string_equal(with_pg_text("SELECT string_agg(number, ' ' ORDER BY number) FROM "
                                     "bridge.complaint"),
                        "A1 A2 A4 A5 A7 A8");
    assert_string_equal(
        with_pg_text("SELECT string_agg(concat_ws(' ', key, kind, reason, remote IS "
                     "NOT NULL), ', ' ORDER BY key) FROM bridge.held"),
        "A3 set_aside pg.23514 t, A6 set_aside pg.23514 t");
    assert_int_equal(fake_peer_system(peer)->pulled.offered, 8);
    assert_int_equal(fake_peer_system(peer)->pulled.applied, 6);
    assert_int_equal(fake_peer_system(peer)->pulled.set_aside, 2);
    assert_int_equal(fake_peer_system(peer)->trouble, V_OK);
    expect_cursor("04:30:08 A8");
    site_sound_books(*state);
}

static void
test_the_cursor_moves_with_the_last_part(void **state)
{
    (void)state;
    with_pg_do("ALTER TABLE bridge.complaint ADD CHECK (number <> 'A1')");
    with_pg_do("CREATE FUNCTION public.stop() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN "
               "RAISE EXCEPTION 'stop' USING ERRCODE = '40001'; END$$; "
               "CREATE TRIGGER stop AFTER INSERT ON bridge.complaint FOR EACH ROW "
               "WHEN (NEW.number = 'A4') EXECUTE FUNCTION public.stop()");
    PAGE(0, false, "A1 NEW 01", "A2 NEW 02", "A3 NEW 03", "A4 NEW 04");
    assert_int_equal(pull_system(&peer->job, fake_peer_system(peer), &err), V_RETRY);
    assert_int_equal(COUNT("cursor"), 0);
    with_pg_do("DROP TRIGGER stop ON bridge.complaint");
    PAGE(1, false, "A1 NEW 01", "A2 NEW 02", "A3 NEW 03", "A4 NEW 04");
    pull();
    assert_int_equal(COUNT("complaint"), 3);
    assert_string_equal(with_pg_text("SELECT string_agg(key, ' ') FROM bridge.held"), "A1");
    expect_cursor("04:30:04 A4");
}

/* A table that refuses everything is no record's fault. */
static void
test_a_database_that_refuses_all(void **state)
{
    const char *rows[60];

    (void)state;
    with_pg_do("ALTER TABLE bridge.complaint ADD CHECK (number = '')");
    for (size_t i = 0; i < 60; i++)
        rows[i] = arena_format(peer->mem, "A%zu NEW %02zu", i + 100, i % 60);
    page(0, false, rows, 60);
    assert_int_equal(pull_system(&peer->job, fake_peer_system(peer), &err), V_FATAL);
    assert_string_equal(err.code, "pg.23514");
    assert_non_null(strstr(err.hint, "schema apply"));
    assert_int_equal(COUNT("cursor"), 0);
}

/* ---- where reading ends ---- */

/* A peer that brings the same two pages in turn. */
static void
test_paging_in_circles(void **state)
{
    (void)state;
    for (long i = 0; i < FAKE_CALLS; i++)
        PAGE(i, true, i % 3 == 0 ? "A1 NEW 01" : i % 3 == 1 ? "A2 NEW 01" : "A3 NEW 01");
    pull();
    assert_in_range(peer->pulls, 4, 12);
    assert_int_equal(fake_peer_system(peer)->trouble, V_RETRY);
    assert_int_equal(COUNT("complaint"), 3);
}

/* A peer that does not heed the cut and has more beyond it: that is the end, and no trouble. */
static void
test_pages_beyond_the_cut(void **state)
{
    (void)state;
    snprintf(peer->job.cut, sizeof peer->job.cut, "2020-06-01T04:30:30.000000Z");
    PAGE(0, true, "A1 NEW 01", "A9 NEW 59");
    PAGE(1, true, "A8 NEW 58", "A9 NEW 59");
    pull();
    assert_int_equal(peer->pulls, 2);
    assert_int_equal(fake_peer_system(peer)->trouble, V_OK);
    assert_int_equal(COUNT("complaint"), 3);
    expect_cursor("04:30:01 A1");
}

/* Our clock was ahead when the cursor was set: what was written since lies behind it. */
static void
test_a_cursor_in_the_future(void **state)
{
    (void)state;
    PAGE(0, false, "A1 NEW 50");
    pull();
    peer->conf.bridge.lookback = 5000;
    snprintf(peer->job.cut, sizeof peer->job.cut, "2020-06-01T04:30:46.000000Z");
    pull(); /* within the look-back: as ever */
    assert_string_equal(peer->since[1], "2020-06-01T04:30:45.000000Z");
    snprintf(peer->job.cut, sizeof peer->job.cut, "2020-06-01T04:30:40.000000Z");
    PAGE(2, false, "A2 NEW 20");
    pull();
    assert_string_equal(peer->since[2], PAGING_BEGINNING);
    assert_int_equal(COUNT("complaint"), 2);
    expect_cursor("04:30:50 A1");
}

static void
test_a_page_that_was_held_is_read_later(void **state)
{
    (void)state;
    peer->calls[0] = V_REJECT;
    peer->pages[0].raw = "<html>";
    peer->pages[0].raw_len = 6;
    pull();
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.held WHERE state = 'open'"), 1);
    site_next_run(*state);
    peer->job.staging = ((struct site *)*state)->staging;
    fake_peer_system(peer)->page_held = false;
    PAGE(1, true, "A1 NEW 01");
    peer->calls[2] = V_FATAL; /* not to its end */
    pull();
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.held WHERE state = 'open'"), 1);
    peer->job.count = 0;
    assert_int_equal(job_choose(&peer->job, NULL, &err), V_OK);
    PAGE(3, false, "A2 NEW 02");
    pull();
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.held WHERE state = 'open'"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_two_pages),
        TEST(test_look_back_and_a_cursor_that_never_goes_back),
        TEST(test_without_look_back_the_key_counts),
        TEST(test_a_bad_record_is_held_and_the_cursor_goes_over_it),
        TEST(test_a_record_that_the_adapter_could_not_read),
        TEST(test_paging_that_does_not_advance),
        TEST(test_a_time_after_the_cut_is_no_place),
        TEST(test_paging_that_goes_back_in_time),
        TEST(test_more_but_nothing),
        TEST(test_a_page_that_cannot_be_read_is_held),
        TEST(test_a_peer_that_is_away),
        TEST(test_a_short_failure_is_ridden_out),
        TEST(test_since),
        TEST(test_since_at_the_very_first_pull),
        TEST(test_dry_run_counts_and_writes_nothing),
        TEST(test_a_page_that_the_database_refuses),
        TEST(test_the_cursor_moves_with_the_last_part),
        TEST(test_a_database_that_refuses_all),
        TEST(test_paging_in_circles),
        TEST(test_pages_beyond_the_cut),
        TEST(test_a_cursor_in_the_future),
        TEST(test_a_page_that_was_held_is_read_later),
    };

    return cmocka_run_group_tests(tests, site_group_begin, site_group_end);
}
