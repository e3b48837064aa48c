/*
 * A queue that is emptied page by page, and fields that are held alone while their record is taken:
 * from a scripted peer into a real staging.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../bridge/base/seal.h"
#include "../../bridge/core/ask.h"
#include "../../bridge/jobs/paging.h"
#include "../../bridge/jobs/pull.h"
#include "../../bridge/jobs/recover.h"
#include "fake_peer.h"
#include "log.h"
#include "with_pg.h"
#include "with_staging.h"

static const char map_text[] = "[map]\n"
                               "system = fake\n"
                               "title = A drop folder of the tests\n"
                               "kind = fake\n"
                               "role = portal\n"
                               "zone = Asia/Kolkata\n"
                               "received = marked_at\n"
                               "%s"
                               "[call list]\n"
                               "brings = complaint\n"
                               "[complaint]\n"
                               "number in Code text key required\n"
                               "status in Status code codes=status hold=field\n"
                               "category in Kind code codes=category hold=field\n"
                               "changed_at in Changed time format=\"%%Y-%%m-%%d %%H:%%M:%%S\"\n"
                               "[action in complaint at Steps]\n"
                               "key in Key text key\n"
                               "action in Action code codes=status hold=field\n"
                               "at in On time format=\"%%Y-%%m-%%d %%H:%%M:%%S\"\n"
                               "office in Office text\n"
                               "disposal in How code codes=how hold=field\n"
                               "[codes status]\n"
                               "RECV = NEW\n"
                               "ENQR = OPEN\n"
                               "DISP = DONE\n"
                               "%s"
                               "[codes category]\n"
                               "CRIME = 1\n"
                               "WOMEN = 2\n"
                               "[codes how]\n"
                               "FIR = F\n";

static struct fake_peer *peer;
static struct site *site;
static struct error err;

static void
use_map(const char *map_lines, const char *codes)
{
    char map[4096];

    if (peer)
        fake_peer_free(peer);
    snprintf(map, sizeof map, map_text, map_lines, codes);
    peer = fake_peer_by(map, true);
    peer->system.options.rows = peer->system.options.lookback = -1;
    peer->job.pg = site->pg;
    peer->job.staging = site->staging;
    peer->job.run_id = site->run_id;
    snprintf(peer->job.cut, sizeof peer->job.cut, "2020-06-30T00:00:00.000000Z");
}

static int
set_up(void **state)
{
    static FILE *nowhere;

    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    log_begin(nowhere, LOG_ERROR);
    if (site_begin(state))
        return -1;
    site = *state;
    peer = NULL;
    use_map("", "");
    return 0;
}

static int
tear_down(void **state)
{
    fake_peer_free(peer);
    return site_end(state);
}

static struct record *
complaint(const char *number, const char *status, const char *category, const char *second)
{
    const char *values[] = { number, status, category,
                             arena_format(peer->mem, "2020-06-01 10:00:%s", second) };
    struct record *r = fake_record(peer, "complaint", values);

    r->place = arena_format(peer->mem, "list.csv line %s", second);
    return r;
}

static struct record *
step(struct record *above, const char *key, const char *word, const char *how)
{
    const char *values[] = { key, word, "2020-06-01 11:00:00", "Thana", how };

    return site_nest(above, fake_record(peer, "action", values));
}

static void
bring(long call, const char *from, bool more, struct record *records)
{
    struct page *p = &peer->pages[call];

    p->from = from;
    p->more = more;
    p->records = records;
    for (; records; records = records->next)
        p->count++;
}

static void
pull(void)
{
    peer->pulls = 0;
    peer->finished[0] = '\0';
    if (pull_system(&peer->job, fake_peer_system(peer), &err))
        fail_msg("%s %s", err.code, err.text);
    memset(peer->pages, 0, sizeof peer->pages);
    memset(peer->calls, 0, sizeof peer->calls);
}

static void
pull_one(struct record *r)
{
    bring(0, "a.csv", false, r);
    pull();
}

/* ---- the queue ---- */

static void
a_queue_is_emptied(void **state)
{
    (void)state;
    bring(0, "a.csv", true, complaint("1", "NEW", "1", "01"));
    bring(1, "empty.csv", true, NULL);
    bring(2, "b.csv", false, complaint("2", "NEW", "1", "01"));
    pull();
    assert_int_equal(peer->pulls, 3);
    assert_string_equal(peer->finished, "a.csv ok | empty.csv ok | b.csv ok");
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.complaint"), 2);
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.cursor"), 0);
    assert_int_equal(fake_peer_system(peer)->trouble, V_OK);
    /* it came again, for it was not put away: nothing changes */
    pull_one(complaint("1", "NEW", "1", "01"));
    assert_int_equal(fake_peer_system(peer)->pulled.unchanged, 1);
}

static void
a_broken_page_is_put_away_and_the_others_go_on(void **state)
{
    (void)state;
    bring(0, "bad.csv", true, NULL);
    bring(1, "worse.csv", true, NULL);
    bring(2, "good.csv", false, complaint("1", "NEW", "1", "01"));
    peer->calls[0] = peer->calls[1] = V_REJECT;
    pull();
    assert_string_equal(peer->finished,
                        "bad.csv reject fake.call | worse.csv reject fake.call | good.csv ok");
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.complaint"), 1);
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.held WHERE kind = 'page'"), 2);
    assert_int_equal(fake_peer_system(peer)->trouble, V_REJECT);
    assert_false(fake_peer_system(peer)->page_held);
    /* mended, and dropped again under the same name */
    bring(0, "good.csv", true, NULL);
    bring(1, "bad.csv", false, complaint("2", "NEW", "1", "01"));
    pull();
    assert_string_equal(with_pg_text("SELECT string_agg(concat_ws(' ', key, state, ended_by), ', ' "
                                     "ORDER BY key) FROM bridge.held"),
                        "bad.csv settled bridge, worse.csv open");
}

static void
nothing_is_put_away_that_is_not_committed(void **state)
{
    (void)state;
    bring(0, "a.csv", true, complaint("1", "NEW", "1", "01"));
    bring(1, "a.csv", true, complaint("1", "NEW", "1", "01"));
    peer->finish = V_RETRY;
    pull();
    assert_int_equal(peer->pulls, 1); /* it would bring the same again */
    assert_int_equal(fake_peer_system(peer)->trouble, V_RETRY);
    peer->finish = V_OK;
    peer->job.systems[0].breaker.state = BREAKER_CLOSED;
    bring(0, "a.csv", true, complaint("1", "NEW", "1", "01"));
    peer->calls[0] = V_RETRY;
    peer->calls[1] = V_RETRY;
    peer->calls[2] = V_RETRY;
    pull();
    assert_string_equal(peer->finished, "");
}

static void
a_dry_run_puts_nothing_away(void **state)
{
    (void)state;
    peer->job.dry = true;
    bring(0, "a.csv", true, complaint("1", "NEW", "1", "01"));
    pull();
    assert_int_equal(peer->pulls, 1);
    assert_string_equal(peer->finished, "");
    assert_int_equal(fake_peer_system(peer)->dry.added, 1);
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.complaint"), 0);
}

/* ---- fields that are held alone ---- */

static const char *
status(void)
{
    return with_pg_text("SELECT concat_ws(' ', status, category, version) FROM bridge.complaint");
}

static const char *
held(void)
{
    return with_pg_text("SELECT string_agg(concat_ws(' ', stream, key, kind, reason, field, place, "
                        "times, state), '; ' ORDER BY stream, key, held_id) FROM bridge.held");
}

static void
an_unknown_status_holds_that_alone(void **state)
{
    (void)state;
    pull_one(complaint("1", "ODD", "1", "01"));
    assert_string_equal(status(), "RECV CRIME 1");
    assert_string_equal(with_pg_text("SELECT coalesce(status, 'none') FROM bridge.source_record"),
                        "none");
    assert_string_equal(held(),
                        "complaint 1 set_aside map.code status list.csv line 01: Status 1 open");
    assert_int_equal(fake_peer_system(peer)->pulled.applied, 1);
    assert_int_equal(fake_peer_system(peer)->pulled.set_aside, 0);
    /* the same again is the same held row */
    pull_one(complaint("1", "ODD", "1", "01"));
    assert_string_equal(held(),
                        "complaint 1 set_aside map.code status list.csv line 01: Status 2 open");
    /* another word that is not known: never disposed, as it was; the old row has ended */
    pull_one(complaint("1", "OPEN", "1", "02"));
    assert_string_equal(status(), "ENQR CRIME 2");
    assert_string_equal(with_pg_text("SELECT state FROM bridge.held"), "settled");
    pull_one(complaint("1", "CLOSED?", "9", "03"));
    assert_string_equal(status(), "ENQR CRIME 2");
    assert_string_equal(
        with_pg_text("SELECT string_agg(field, ' ' ORDER BY field) FROM bridge.held "
                     "WHERE state = 'open'"),
        "category status");
    site_sound_books(site);
}

/* What is held of an older version waits for nobody. */
static void
only_what_was_taken_is_held(void **state)
{
    struct record *r = complaint("1", "ODD", "1", "01");

    (void)state;
    r->next = complaint("1", "OPEN", "1", "02");
    pull_one(r);
    assert_string_equal(status(), "ENQR CRIME 1");
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.held"), 0);
    pull_one(complaint("1", "ODDER", "1", "01"));
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.held"), 0);
    site_sound_books(site);
}

static enum verdict
replay(long id)
{
    struct pg_rows rows;
    enum verdict v;

    arena_reset(peer->job.batch);
    assert_int_equal(ask_held_show(site->pg, site->mem, id, &rows, &err), V_OK);
    v = recover_held(&peer->job, fake_peer_system(peer), &rows, 0, "me", "table mended", &err);
    site_sound_books(site);
    return v;
}

static void
a_replay_brings_the_field(void **state)
{
    (void)state;
    pull_one(complaint("1", "ODD", "2", "01"));
    assert_int_equal(replay(1), V_OK); /* not mended yet: held anew */
    assert_string_equal(with_pg_text("SELECT string_agg(state, ' ' ORDER BY held_id) FROM "
                                     "bridge.held"),
                        "replayed open");
    use_map("", "CLSD = ODD\n");
    assert_int_equal(replay(2), V_OK);
    assert_string_equal(status(), "CLSD WOMEN 2");
    assert_string_equal(with_pg_text("SELECT status FROM bridge.source_record"), "CLSD");
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.held WHERE state = 'open'"), 0);
}

/* A nested record is nothing without its word; another field of it can wait. */
static void
nested_records(void **state)
{
    struct record *r = complaint("1", "OPEN", "1", "01");

    (void)state;
    step(r, "1", "NEW", NULL);
    step(r, "2", "ODD", NULL);
    step(r, "3", "DONE", "X");
    pull_one(r);
    assert_string_equal(
        with_pg_text("SELECT string_agg(concat_ws(' ', key, action, disposal), ', ' "
                     "ORDER BY key) FROM bridge.action"),
        "1 RECV, 3 DISP");
    assert_string_equal(held(), "action 1#2 set_aside map.code action list.csv line 01: Action 1 "
                                "open; action 1#3 set_aside map.code disposal list.csv line 01: "
                                "How 1 open");
    assert_int_equal(site_equation(site, "fake", "action")->set_aside, 1);
    assert_int_equal(site_equation(site, "fake", "action")->applied, 2);
    site_sound_books(site);
    use_map("", "INTR = ODD\n");
    assert_int_equal(replay(with_pg_number("SELECT held_id FROM bridge.held WHERE key = '1#2'")),
                     V_OK);
    assert_string_equal(with_pg_text("SELECT string_agg(concat_ws(' ', key, action), ', ' ORDER BY "
                                     "key) FROM bridge.action"),
                        "1 RECV, 2 INTR, 3 DISP");
    assert_string_equal(with_pg_text("SELECT string_agg(state, ' ' ORDER BY key, held_id) FROM "
                                     "bridge.held"),
                        "replayed open");
}

/* Sealed, it is read back with the key, and only with it. */
static void
a_sealed_record_is_replayed(void **state)
{
    static const char key[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    (void)state;
    use_map("keep = sealed\n", "");
    assert_int_equal(seal_new(peer->mem, key, &peer->job.seal, &err), V_OK);
    fake_peer_system(peer)->mapper.seal = peer->job.seal;
    pull_one(complaint("QR-99077", "ODD", "1", "01"));
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.held WHERE sealed AND "
                                    "position('Status' IN encode(remote, 'escape')) = 0"),
                     1);
    use_map("keep = sealed\n", "DUPL = ODD\n");
    fake_peer_system(peer)->mapper.seal = NULL;
    assert_int_equal(replay(1), V_FATAL);
    assert_string_equal(err.code, "seal.key");
    assert_int_equal(seal_new(peer->mem, key, &peer->job.seal, &err), V_OK);
    fake_peer_system(peer)->mapper.seal = peer->job.seal;
    assert_int_equal(replay(1), V_OK);
    assert_string_equal(status(), "DUPL CRIME 2");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_queue_is_emptied),
        TEST(a_broken_page_is_put_away_and_the_others_go_on),
        TEST(nothing_is_put_away_that_is_not_committed),
        TEST(a_dry_run_puts_nothing_away),
        TEST(an_unknown_status_holds_that_alone),
        TEST(only_what_was_taken_is_held),
        TEST(a_replay_brings_the_field),
        TEST(nested_records),
        TEST(a_sealed_record_is_replayed),
    };
    return cmocka_run_group_tests(tests, site_group_begin, site_group_end);
}
