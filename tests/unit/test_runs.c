/*
 * Several runs at once: who is let in, who lives, whose work is taken over, and that a run which
 * was declared lost changes nothing any more.
 */
#include "hands.h"

#include "core/run.h"
#include "core/systems.h"

static enum verdict
enter(struct hand *hand, const char *lock, bool shared)
{
    const struct run_opening opening = { "push", lock, "test 0", "", shared };

    hand->run = 0;
    hand->lost = -1;
    assert_ok(
        pg_open(seed.mem, with_pg_as("postgres"), "sql", "hand", 60000, &hand->pg, &seed.err));
    return run_open(hand->pg, seed.mem, &opening, &hand->run, &hand->lost, &seed.err);
}

static void
leave(struct hand *hand)
{
    assert_ok(run_close(hand->pg, seed.mem, hand->run, 0, "done", &seed.err));
    pg_close(hand->pg);
}

/* The connection goes without a word, as when the process is killed. */
static void
die(struct hand *hand)
{
    char sql[300];

    snprintf(sql, sizeof sql,
             "SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid::"
             "bigint << 32 | objid::bigint = hashtextextended('cctns-bridge live %lld', 0))",
             (long long)hand->run);
    pg_close(hand->pg);
    assert_true(is_true_soon(sql));
}

/* ---- who is let in ---- */

static void
one_alone_or_several_that_share(void **state)
{
    struct hand a, b, c;
    bool alone;

    (void)state;
    assert_ok(enter(&a, "sync", true));
    assert_ok(enter(&b, "sync", true));
    assert_int_equal(enter(&c, "sync", false), V_RETRY);
    assert_string_equal(seed.err.code, "run.locked");
    assert_int_equal(c.run, 0);
    pg_close(c.pg);
    assert_ok(enter(&c, "another", false));
    leave(&c);
    assert_ask("2", "SELECT count(*) FROM bridge.run WHERE state = 'running'");

    assert_ok(run_take(a.pg, seed.mem, "sync", &alone, &seed.err));
    assert_false(alone);
    leave(&b);
    assert_ok(run_take(a.pg, seed.mem, "sync", &alone, &seed.err));
    assert_true(alone);
    assert_int_equal(enter(&b, "sync", true), V_RETRY);
    pg_close(b.pg);
    assert_ok(run_let_go(a.pg, seed.mem, "sync", &seed.err));
    assert_ok(enter(&b, "sync", true));
    leave(&b);
    assert_int_equal(enter(&b, "sync", false), V_RETRY); /* a still has its share */
    pg_close(b.pg);
    leave(&a);

    assert_ok(enter(&a, "sync", false));
    assert_int_equal(enter(&b, "sync", true), V_RETRY);
    pg_close(b.pg);
    leave(&a);
    assert_ask("0", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'");
}

/* ---- who lives ---- */

static void
only_what_does_not_live_is_taken_over(void **state)
{
    const struct mapping *map = seed_portal(false);
    struct delivery *dead_items, *items;
    struct hand dead, living, next;
    size_t dead_n, n;
    long count;

    (void)state;
    seed_story(1);
    seed_story(2);
    seed_story(3);
    assert_ok(enter(&dead, "sync", true));
    assert_ok(enter(&living, "sync", true));
    assert_int_equal(living.lost, 0);
    assert_ok(delivery_plan(dead.pg, seed.mem, dead.run, map, &count, &seed.err));
    assert_int_equal(count, 12);
    assert_ok(delivery_claim(dead.pg, seed.mem, dead.run, map, mapping_call(map, "act"), 4,
                             &dead_items, &dead_n, &seed.err));
    assert_ok(delivery_claim(living.pg, seed.mem, living.run, map, mapping_call(map, "act"), 5,
                             &items, &n, &seed.err));
    assert_int_equal(dead_n, 4);
    assert_int_equal(n, 5);
    assert_string_equal(items[0].key, "40000000000002#1");

    /* nobody is dead yet */
    assert_ok(run_close_lost(living.pg, seed.mem, living.run, &count, &seed.err));
    assert_int_equal(count, 0);
    assert_ok(delivery_recover(living.pg, seed.mem, living.run, &count, &seed.err));
    assert_int_equal(count, 0);

    die(&dead);
    assert_ok(delivery_recover(living.pg, seed.mem, living.run, &count, &seed.err));
    assert_int_equal(count, 0); /* not before it was declared */
    assert_ok(enter(&next, "sync", true));
    assert_int_equal(next.lost, 1);
    assert_ask("lost", "SELECT state FROM bridge.run WHERE run_id = %lld", (long long)dead.run);
    assert_ok(delivery_recover(next.pg, seed.mem, next.run, &count, &seed.err));
    assert_int_equal(count, 4);
    assert_ask("4 in_doubt, 3 planned, 5 sending",
               "SELECT string_agg(n || ' ' || state, ', ' ORDER BY state) FROM (SELECT state, "
               "count(*) AS n FROM bridge.delivery GROUP BY 1) s");
    assert_ask("run  1, sending igrs 4",
               "SELECT string_agg(concat_ws(' ', what, system, n), ', ' ORDER BY what) FROM "
               "bridge.recovery WHERE run_id = %lld",
               (long long)next.run);
    for (size_t i = 0; i < n; i++)
        answer(&items[i], E_OK, "R", NULL);
    assert_ok(delivery_settle(living.pg, seed.mem, living.run, map, items, n, 0, &seed.err));
    assert_ok(delivery_doubts(next.pg, seed.mem, next.run, map, NULL, 9, &items, &n, &seed.err));
    assert_int_equal(n, 4);
    for (size_t i = 0; i < n; i++)
        answer(&items[i], i == 1 ? E_ABSENT : i == 2 ? E_UNKNOWN : E_FOUND, "R", NULL);
    assert_ok(delivery_settle(next.pg, seed.mem, next.run, map, items, n, 0, &seed.err));
    assert_ask("absent igrs 1, found igrs 2, run  1, sending igrs 4, unknown igrs 1",
               "SELECT string_agg(concat_ws(' ', what, system, n), ', ' ORDER BY what) FROM "
               "bridge.recovery WHERE run_id = %lld",
               (long long)next.run);
    leave(&living);
    leave(&next);
    seed_check_books();
}

/* A run that ended in order left nothing, but for what it could not settle: that is taken over. */
static void
what_a_failed_run_left(void **state)
{
    struct hand hand, next;
    struct delivery *items;
    size_t n;
    long count;

    (void)state;
    seed_story(1);
    assert_ok(enter(&hand, "sync", true));
    assert_ok(delivery_plan(hand.pg, seed.mem, hand.run, PORTAL, &count, &seed.err));
    assert_ok(delivery_claim(hand.pg, seed.mem, hand.run, PORTAL, mapping_call(PORTAL, "act"), 2,
                             &items, &n, &seed.err));
    assert_ok(run_close(hand.pg, seed.mem, hand.run, 75, "no database", &seed.err));
    pg_close(hand.pg);
    assert_ok(enter(&next, "sync", true));
    assert_int_equal(next.lost, 0);
    assert_ok(delivery_recover(next.pg, seed.mem, next.run, &count, &seed.err));
    assert_int_equal(count, (long)n);
    leave(&next);
}

/* ---- the fence ---- */

static void
refused(enum verdict v)
{
    assert_int_equal(v, V_FATAL);
    assert_string_equal(seed.err.code, "run.fenced");
    memset(&seed.err, 0, sizeof seed.err);
}

static void
a_late_answer_is_refused(void **state)
{
    const struct mapping *map = seed_portal(false);
    const char *drop[] = { "1", "2020-06-02T20:00:00Z", "dropped", "me", "", "t" };
    struct hand late, next;
    struct delivery *items, *other;
    size_t n, other_n;
    long count;

    (void)state;
    seed_story(1);
    seed_story(2);
    assert_ok(enter(&late, "sync", true));
    assert_ok(delivery_plan(late.pg, seed.mem, late.run, map, &count, &seed.err));
    assert_ok(delivery_claim(late.pg, seed.mem, late.run, map, mapping_call(map, "act"), 4, &items,
                             &n, &seed.err));
    seed_sql("UPDATE bridge.run SET state = 'lost' WHERE run_id = %lld", (long long)late.run);
    assert_ok(enter(&next, "sync", true));
    assert_ok(delivery_recover(next.pg, seed.mem, next.run, &count, &seed.err));
    assert_int_equal(count, 4);
    for (size_t i = 0; i < n; i++)
        answer(&items[i], E_OK, "LATE", NULL);
    refused(delivery_settle(late.pg, seed.mem, late.run, map, items, n, 0, &seed.err));
    assert_ask("4", "SELECT count(*) FROM bridge.delivery WHERE state = 'in_doubt'");

    /* asked, absent, and under way again by the other: its state would allow the late answer */
    assert_ok(
        delivery_doubts(next.pg, seed.mem, next.run, map, NULL, 9, &other, &other_n, &seed.err));
    for (size_t i = 0; i < other_n; i++)
        answer(&other[i], E_ABSENT, NULL, NULL);
    assert_ok(delivery_settle(next.pg, seed.mem, next.run, map, other, other_n, 0, &seed.err));
    assert_ok(delivery_claim(next.pg, seed.mem, next.run, map, mapping_call(map, "act"), 4, &other,
                             &other_n, &seed.err));
    assert_int_equal(other_n, 4);
    refused(delivery_settle(late.pg, seed.mem, late.run, map, items, n, 0, &seed.err));
    assert_ask("4", "SELECT count(*) FROM bridge.delivery WHERE state = 'sending'");
    assert_ask("0", "SELECT count(*) FROM bridge.delivery WHERE receipt = 'LATE'");

    /* nor anything else that it would write */
    refused(delivery_claim(late.pg, seed.mem, late.run, map, mapping_call(map, "act"), 4, &items,
                           &n, &seed.err));
    seed_story(3);
    refused(delivery_plan(late.pg, seed.mem, late.run, map, &count, &seed.err));
    refused(run_close_lost(late.pg, seed.mem, late.run, &count, &seed.err));
    refused(run_recovered_one(late.pg, seed.mem, late.run, "orphan", "igrs", 1, &seed.err));
    refused(run_write(late.pg, seed.mem, "held_end", drop, 6, NULL, &seed.err));
    refused(systems_refresh(late.pg, seed.mem, &(struct conf){ .system_count = 0 }, &seed.err));
    assert_false(pg_in_transaction(late.pg));
    assert_ask("8", "SELECT count(*) FROM bridge.delivery");
    assert_int_equal(run_close(late.pg, seed.mem, late.run, 0, "", &seed.err), V_FATAL);
    pg_close(late.pg);
    leave(&next);
    seed_check_books();
}

/* A pooler between the bridge and the server may hand a transaction to another session than the
 * one that holds the locks of the run: that one commits nothing. */
static void
another_session_writes_nothing(void **state)
{
    struct hand hand;
    struct pg *other;

    (void)state;
    assert_ok(enter(&hand, "sync", true));
    assert_ok(pg_open(seed.mem, with_pg_as("postgres"), "sql", "hand", 60000, &other, &seed.err));
    pg_fence(other, "run_fence", hand.run);
    refused(run_recovered_one(other, seed.mem, hand.run, "orphan", "igrs", 1, &seed.err));
    assert_ok(run_recovered_one(hand.pg, seed.mem, hand.run, "orphan", "igrs", 2, &seed.err));
    assert_ask("2", "SELECT sum(n) FROM bridge.recovery");
    pg_close(other);
    leave(&hand);
}

/* Whoever declares a run lost waits for its commit; there is no moment in between. */
static void
a_commit_and_the_word_lost_exclude_each_other(void **state)
{
    struct hand hand;

    (void)state;
    assert_ok(enter(&hand, "sync", true));
    assert_ok(pg_begin(hand.pg, &seed.err));
    assert_ok(run_fenced(hand.pg, seed.mem, hand.run, &seed.err));
    assert_string_equal(with_pg_state("SET LOCAL lock_timeout = '50ms'; "
                                      "UPDATE bridge.run SET state = 'lost' WHERE run_id > 100"),
                        "55P03");
    assert_ok(pg_commit(hand.pg, &seed.err));
    assert_string_equal(with_pg_state("SET LOCAL lock_timeout = '50ms'; "
                                      "UPDATE bridge.run SET state = 'lost' WHERE run_id > 100"),
                        "");
    leave(&hand);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, hands_set_up, seed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(one_alone_or_several_that_share), TEST(only_what_does_not_live_is_taken_over),
        TEST(what_a_failed_run_left),          TEST(a_late_answer_is_refused),
        TEST(another_session_writes_nothing),  TEST(a_commit_and_the_word_lost_exclude_each_other),
    };

    return cmocka_run_group_tests(tests, seed_group, seed_group_end);
}
