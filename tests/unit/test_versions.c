/* What is changed after it was planned or told, and the order of what happened at one instant. */
#include "outbox.h"

static void
test_newer_version(void **state)
{
    struct delivery *d;

    (void)state;
    seed_story(1);
    assert_int_equal(plan(PORTAL), 3);
    seed_run("UPDATE bridge.action SET text = 'mended', digest = sha256('1'), version = 2 WHERE "
             "key = '2'");
    assert_int_equal(plan(PORTAL), 1);
    assert_int_equal(plan(PORTAL), 0);
    assert_ask("planned superseded", "SELECT string_agg(state, ' ' ORDER BY state) FROM "
                                     "bridge.delivery WHERE key = '2'");
    assert_int_equal(claim(PORTAL, "act", 9, &d), 3);
    assert_string_equal(field(&d[1], "text"), "mended");
    answer(&d[0], E_OK, NULL, NULL);
    answer(&d[1], E_REJECT, NULL, "TOO_LONG");
    answer(&d[2], E_RETRY, NULL, NULL);
    settle(PORTAL, d, 3);

    /* the station mends what the portal refused: the newer one goes in its place */
    seed_run("UPDATE bridge.action SET text = 'shorter', digest = sha256('2'), version = 3 WHERE "
             "key = '2'");
    assert_int_equal(plan(PORTAL), 1);
    assert_ask("settled", "SELECT state FROM bridge.held");
    seed_clock("2020-06-02T22:00:00Z");
    assert_int_equal(claim(PORTAL, "act", 9, &d), 2);
    assert_string_equal(field(&d[0], "text"), "shorter");
    for (size_t i = 0; i < 2; i++)
        answer(&d[i], E_OK, NULL, NULL);
    settle(PORTAL, d, 2);

    /* changed after it was sent: told anew, and what was confirmed stays confirmed */
    seed_run("UPDATE bridge.action SET text = 'more', digest = sha256('3'), version = 4 WHERE key "
             "= '2'");
    assert_int_equal(plan(PORTAL), 1);
    assert_ask("confirmed planned superseded superseded",
               "SELECT string_agg(state, ' ' ORDER BY state) FROM bridge.delivery WHERE key = '2'");
}

static void
change_action(const char *key, const char *text)
{
    seed_sql("UPDATE bridge.action SET text = '%s', digest = sha256('%s'), version = version + 1 "
             "WHERE key = '%s'",
             text, text, key);
}

static void
tell_all(void)
{
    struct delivery *d;
    size_t n = claim(PORTAL, "act", 9, &d);

    for (size_t i = 0; i < n; i++)
        answer(&d[i], E_OK, NULL, NULL);
    settle(PORTAL, d, n);
}

/* What was changed and changed back is told each time: the peer ends with what staging has. */
static void
test_there_and_back(void **state)
{
    struct delivery *d;

    (void)state;
    seed_story(1);
    change_action("2", "first");
    plan(PORTAL);
    tell_all();
    change_action("2", "second");
    assert_int_equal(plan(PORTAL), 1);
    tell_all();
    change_action("2", "first");
    assert_int_equal(plan(PORTAL), 1);
    assert_int_equal(plan(PORTAL), 0);
    assert_int_equal(claim(PORTAL, "act", 9, &d), 1);
    assert_string_equal(field(d, "text"), "first");
    answer(d, E_OK, NULL, NULL);
    settle(PORTAL, d, 1);
    assert_int_equal(plan(PORTAL), 0);
    assert_ask("3 3", "SELECT count(*) || ' ' || max(version) - min(version) + 1 FROM "
                      "bridge.delivery WHERE key = '2' AND state = 'confirmed'");
}

/* One that was in doubt when a newer version was planned, and is then known to be absent, is not
 * sent beside the newer one: both would say the same. */
static void
test_newer_while_in_doubt(void **state)
{
    struct delivery *d;
    long recovered;

    (void)state;
    seed_story(1);
    plan(PORTAL);
    assert_int_equal(claim(PORTAL, "act", 1, &d), 1);
    seed_lost();
    assert_ok(delivery_recover(seed.pg, seed.mem, 5, &recovered, &seed.err));
    change_action("1", "mended");
    assert_int_equal(plan(PORTAL), 1);
    answer(d, E_ABSENT, NULL, NULL);
    settle(PORTAL, d, 1);
    assert_int_equal(plan(PORTAL), 0);
    assert_ask("planned superseded", "SELECT string_agg(state, ' ' ORDER BY state) FROM "
                                     "bridge.delivery WHERE key = '1'");
    assert_int_equal(claim(PORTAL, "act", 9, &d), 3);
    assert_string_equal(field(d, "text"), "mended");
}

/* Serial numbers of one instant go in their order, not in that of their letters. */
static void
test_order_of_serials(void **state)
{
    struct delivery *d;

    (void)state;
    seed_complaint(1, "UP-147", "REGD", "2020-06-01T05:00:00Z");
    seed_registered(1, "ASGN", "2020-06-02T10:00:00Z");
    seed_action(1, "10", "2020-06-02T01:00:00Z", "ASGN", "b");
    seed_action(1, "9", "2020-06-02T01:00:00Z", "REGD", "a");
    assert_int_equal(plan(PORTAL), 2);
    assert_int_equal(claim(PORTAL, "act", 1, &d), 1);
    assert_string_equal(d->key, "40000000000001#9");
    answer(d, E_REJECT, NULL, "NO");
    settle(PORTAL, d, 1);
    assert_int_equal(claim(PORTAL, "act", 9, &d), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_newer_version, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_there_and_back, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_newer_while_in_doubt, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_order_of_serials, seed_setup, seed_teardown),
    };

    return cmocka_run_group_tests(tests, seed_group, seed_group_end);
}
