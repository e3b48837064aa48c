/*
 * Several processes that plan, claim and settle in one outbox at once, and die in the middle: each
 * delivery has one effect at the peer, in the order of its complaint, and nobody deadlocks.
 */
#include "hands.h"

#include "core/run.h"

#include <sys/wait.h>
#include <unistd.h>

/* A child with a connection of its own; it ends with what body says. */
static pid_t
begin_child(int (*body)(int n), int n)
{
    pid_t child;

    fflush(stdout);
    fflush(stderr);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(body(n)); /* no way back into the frame of the tests */
    return child;
}

static int
end_child(pid_t child)
{
    int status = 0;

    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/* Without asserts: they would jump into the parent's frame. */
static bool
child_enter(struct hand *hand, struct error *err)
{
    const struct run_opening opening = { "push", "sync", "test 0", "", true };

    return pg_open(seed.mem, with_pg_as("postgres"), "sql", "hand", 60000, &hand->pg, err) ==
               V_OK &&
           run_open(hand->pg, seed.mem, &opening, &hand->run, &hand->lost, err) == V_OK;
}

static int
child_plan(int n)
{
    struct hand hand;
    struct error err;
    long planned = -1;

    (void)n;
    if (!child_enter(&hand, &err) ||
        delivery_plan(hand.pg, seed.mem, hand.run, PORTAL, &planned, &err))
        return 254;
    return (int)planned;
}

static void
two_plans_plan_once(void **state)
{
    struct hand hand;
    pid_t child;
    long count;

    (void)state;
    seed_story(1);
    assert_true(child_enter(&hand, &seed.err));
    assert_ok(pg_begin(hand.pg, &seed.err));
    assert_ok(delivery_plan(hand.pg, seed.mem, hand.run, PORTAL, &count, &seed.err));
    assert_int_equal(count, 3);
    child = begin_child(child_plan, 0);
    assert_true(is_true_soon("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND "
                             "NOT granted)"));
    assert_ok(pg_commit(hand.pg, &seed.err));
    assert_int_equal(end_child(child), 0);
    assert_ask("3", "SELECT count(*) FROM bridge.delivery");
    assert_ok(run_close(hand.pg, seed.mem, hand.run, 0, "done", &seed.err));
    pg_close(hand.pg);
    seed_check_books();
}

/* The plan saw an old version that waits; by the time that it has the row, another sends it. */
static void
what_was_claimed_meanwhile_is_not_superseded(void **state)
{
    pid_t child;

    (void)state;
    seed_story(1);
    assert_int_equal(plan(PORTAL), 3);
    seed_run("UPDATE bridge.action SET version = 2, digest = sha256('new') WHERE key = '1'");
    seed_run("BEGIN");
    seed_run("UPDATE bridge.delivery SET state = 'sending' WHERE key = '1'");
    child = begin_child(child_plan, 0);
    for (int i = 0; i < 1000 && with_pg_number("SELECT count(*) FROM pg_locks WHERE NOT granted "
                                               "AND locktype = 'transactionid'") == 0;
         i++)
        with_pg_do("SELECT pg_sleep(0.01)");
    seed_run("COMMIT");
    assert_int_equal(end_child(child), 1);
    assert_ask("1 sending, 2 planned",
               "SELECT string_agg(version || ' ' || state, ', ' ORDER BY version) FROM "
               "bridge.delivery WHERE key = '1'");
}

/* Both versions wait: the older one came back after the newer one was planned. Neither it, nor
 * anything out of turn, is taken before the next plan has superseded it. */
static void
an_older_version_is_left_to_the_plan(void **state)
{
    struct delivery *d;

    (void)state;
    seed_story(1);
    plan(PORTAL);
    assert_int_equal(claim(PORTAL, "act", 1, &d), 1);
    seed_run("UPDATE bridge.action SET version = 2, digest = sha256('new') WHERE key = '1'");
    assert_int_equal(plan(PORTAL), 1);
    answer(d, E_DOUBT, NULL, NULL);
    settle(PORTAL, d, 1);
    answer(d, E_ABSENT, NULL, NULL);
    settle(PORTAL, d, 1);
    assert_ask("1 planned, 2 planned",
               "SELECT string_agg(version || ' ' || state, ', ' ORDER BY version) FROM "
               "bridge.delivery WHERE key = '1'");
    assert_int_equal(claim(PORTAL, "act", 9, &d), 3);
    assert_ask("1 planned, 2 sending",
               "SELECT string_agg(version || ' ' || state, ', ' ORDER BY version) FROM "
               "bridge.delivery WHERE key = '1'");
    assert_int_equal(plan(PORTAL), 0);
    assert_ask("superseded", "SELECT state FROM bridge.delivery WHERE key = '1' AND version = 1");
}

/* ---- processes that die ---- */

enum { COMPLAINTS = 80, PUSHERS = 3, ROUNDS = 400 };

enum { DONE = 0, BUSY = 7, BROKEN = 9, DIED = 42 };

/* The peer: it refuses no repeat of a reference, so that one would show. */
static bool
have_effect(PGconn *peer, const struct delivery *d)
{
    const char *values[] = { d->id, d->key };
    PGresult *result = PQexecParams(peer,
                                    "INSERT INTO public.effect (delivery, key) VALUES ($1, "
                                    "$2)",
                                    2, NULL, values, NULL, NULL, 0);
    bool good = PQresultStatus(result) == PGRES_COMMAND_OK;

    PQclear(result);
    return good;
}

static bool
has_effect(PGconn *peer, const struct delivery *d)
{
    const char *values[] = { d->id };
    PGresult *result = PQexecParams(peer, "SELECT 1 FROM public.effect WHERE delivery = $1", 1,
                                    NULL, values, NULL, NULL, 0);
    bool found = PQntuples(result) == 1;

    PQclear(result);
    return found;
}

static unsigned
dice(unsigned *seed_of_child, unsigned sides)
{
    *seed_of_child = *seed_of_child * 1664525U + 1013904223U;
    return (*seed_of_child >> 8) % sides;
}

static enum verdict
ask_peer(struct hand *hand, PGconn *peer, const struct mapping *map, struct error *err)
{
    struct delivery *items;
    bool taken;
    size_t n;
    enum verdict v = run_take(hand->pg, seed.mem, "ask igrs", &taken, err);

    if (v || !taken)
        return v;
    v = delivery_doubts(hand->pg, seed.mem, hand->run, map, NULL, 1000, &items, &n, err);
    for (size_t i = 0; !v && i < n; i++)
        answer(&items[i], has_effect(peer, &items[i]) ? E_FOUND : E_ABSENT, NULL, NULL);
    if (!v)
        v = delivery_settle(hand->pg, seed.mem, hand->run, map, items, n, 0, err);
    return v ? v : run_let_go(hand->pg, seed.mem, "ask igrs", err);
}

/* A push as jobs/push.c does it, that dies now and then: before a call, between two, after them. */
static enum verdict
push_some(struct hand *hand, PGconn *peer, const struct mapping *map, unsigned *luck, size_t *n,
          struct error *err)
{
    struct delivery *items;
    bool refuses = false;
    enum verdict v = delivery_claim(hand->pg, seed.mem, hand->run, map, mapping_call(map, "act"), 5,
                                    &items, n, err);

    for (size_t i = 0; !v && i < *n; i++) {
        if (dice(luck, 12) == 0)
            _exit(DIED);
        refuses = refuses || dice(luck, 15) == 0; /* then nothing after it, either */
        if (!refuses && !has_effect(peer, &items[i]) && !have_effect(peer, &items[i]))
            return V_FATAL;
        answer(&items[i], refuses ? E_RETRY : E_OK, NULL, NULL);
    }
    if (!v && *n && dice(luck, 8) == 0)
        _exit(DIED);
    return v ? v : delivery_settle(hand->pg, seed.mem, hand->run, map, items, *n, 0, err);
}

static int
child_push(int n)
{
    const struct mapping *map = seed_portal(false);
    unsigned luck = (unsigned)n * 2654435761U + 17;
    PGconn *peer = PQconnectdb(with_pg_as("postgres"));
    struct error err = { .code = "" };
    struct hand hand;
    long count;
    size_t some = 1;
    enum verdict v;

    if (!child_enter(&hand, &err))
        return BROKEN;
    v = delivery_recover(hand.pg, seed.mem, hand.run, &count, &err);
    if (!v)
        v = ask_peer(&hand, peer, map, &err);
    if (!v)
        v = delivery_plan(hand.pg, seed.mem, hand.run, map, &count, &err);
    while (!v && some)
        v = push_some(&hand, peer, map, &luck, &some, &err);
    if (!v)
        v = run_close(hand.pg, seed.mem, hand.run, 0, "done", &err);
    if (v)
        fprintf(stderr, "child: %s %s\n", err.code, err.text);
    PQfinish(peer);
    pg_close(hand.pg);
    return v ? BROKEN : DONE;
}

static void
pushers_that_die(void **state)
{
    pid_t children[PUSHERS];
    int begun = 0, died = 0, round = 0;
    bool done = false;

    (void)state;
    for (int i = 1; i <= COMPLAINTS; i++)
        seed_story(i);
    seed_run("CREATE TABLE public.effect (at bigserial, delivery text, key text)");
    for (int i = 0; i < PUSHERS; i++)
        children[i] = begin_child(child_push, ++begun);
    for (; !done && round < ROUNDS; round++) {
        int code = end_child(children[round % PUSHERS]);

        assert_true(code == DONE || code == DIED);
        died += code == DIED;
        assert_ask("0", "SELECT count(*) - count(DISTINCT delivery) FROM public.effect");
        assert_ask("0", "SELECT count(*) FROM public.effect e LEFT JOIN bridge.delivery d ON "
                        "d.delivery_id::text = e.delivery AND d.state <> 'planned' WHERE "
                        "d.delivery_id IS NULL");
        done = strcmp(seed_ask("SELECT count(*) FROM bridge.delivery WHERE state = 'confirmed'"),
                      "320") == 0;
        children[round % PUSHERS] = begin_child(child_push, ++begun);
    }
    for (int i = 0; i < PUSHERS; i++)
        assert_int_not_equal(end_child(children[i]), BROKEN);
    assert_true(done);
    assert_true(died >= 10);
    print_message("%d processes, %d of them died\n", begun, died);
    assert_ask("320 320", "SELECT count(*) || ' ' || count(DISTINCT delivery) FROM public.effect");
    assert_ask("0", "SELECT count(*) FROM (SELECT e.at, max(a.at) OVER (PARTITION BY a.bridge_id "
                    "ORDER BY e.at) > a.at AS out_of_turn FROM public.effect e JOIN "
                    "bridge.delivery d ON d.delivery_id::text = e.delivery JOIN bridge.action a "
                    "ON a.bridge_id = d.bridge_id AND a.key = d.key) s WHERE out_of_turn");
    assert_ask("0", "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");
    seed_check_books();
    seed_run("DROP TABLE public.effect");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, hands_set_up, seed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(two_plans_plan_once),
        TEST(what_was_claimed_meanwhile_is_not_superseded),
        TEST(an_older_version_is_left_to_the_plan),
        TEST(pushers_that_die),
    };

    return cmocka_run_group_tests(tests, seed_group, seed_group_end);
}
