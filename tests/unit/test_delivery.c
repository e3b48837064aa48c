/* The outbox against a real PostgreSQL: what is planned, in what order it goes, what an answer
 * does, and that the books hold. */
#include "outbox.h"

static void
test_class(void **state)
{
    struct map_call keyed = { .keyed = true }, plain = { .name = "x" };

    (void)state;
    assert_int_equal(delivery_class(PORTAL, &keyed), 'A');
    assert_int_equal(delivery_class(PORTAL, &plain), 'B');
    assert_int_equal(delivery_class(POLICE, &plain), 'C');
}

static void
test_register(void **state)
{
    struct delivery *d;

    (void)state;
    seed_complaint(1, "UP-147", "FWDD", "2020-06-01T05:00:00.123456Z");
    seed_complaint(2, "UP-118", "FWDD", "2020-06-01T06:00:00Z");
    seed_complaint(3, "UP-118", "FWDD", "2020-06-01T07:00:00Z");
    seed_registered(3, "REGD", "2020-06-01T07:00:00Z");
    assert_int_equal(plan(PORTAL), 0);
    assert_int_equal(plan(POLICE), 2);
    assert_int_equal(plan(POLICE), 0);
    assert_ask("2", "SELECT count(*) FROM bridge.ledger WHERE debit = 'plan'"); /* one a unit */
    assert_int_equal(claim(POLICE, "register", 50, &d), 2);
    assert_string_equal(d[0].key, "40000000000001");
    assert_int_equal(d[0].attempt, 1);
    assert_null(field(&d[0], "number"));
    assert_string_equal(field(&d[0], "origin"), "igrs");
    assert_string_equal(field(&d[0], "origin_number"), "40000000000001");
    assert_string_equal(field(&d[0], "complainant"), "सीता देवी 1");
    assert_string_equal(field(&d[0], "marked_at"), "2020-06-01T05:00:00.123456Z");
    assert_string_equal(field(&d[0], "unit"), "UP-147");
    assert_int_equal(claim(POLICE, "register", 50, &(struct delivery *){ NULL }), 0);
    assert_ask("sending", "SELECT min(state) FROM bridge.delivery");

    answer(&d[0], E_OK, "3111820-0000007", "00000");
    answer(&d[1], E_OK, NULL, NULL);
    settle(POLICE, d, 2);
    assert_ask(
        "cctns 3111820-0000007 2 igrs FWDD",
        "SELECT concat_ws(' ', police_system, police_number, version, source_system, status) "
        "FROM bridge.complaint WHERE bridge_id = 1");
    assert_ask("31118200000007", "SELECT number_norm FROM bridge.link WHERE system = 'cctns' "
                                 "AND bridge_id = 1");
    assert_ask("1  cctns", "SELECT version || ' ' || coalesce(was ->> 'police_number', '') || ' ' "
                           "|| system FROM bridge.complaint_version WHERE bridge_id = 1");
    assert_ask("", "SELECT police_system FROM bridge.complaint WHERE bridge_id = 2");
    assert_ask("ok \\x017061636b65645c 3111820-0000007",
               "SELECT concat_ws(' ', outcome, sent, a.receipt) FROM bridge.attempt a JOIN "
               "bridge.delivery USING (delivery_id) WHERE bridge_id = 1");
    assert_int_equal(plan(POLICE), 0);

    /* the same answer again is a mistake of ours */
    assert_int_equal(delivery_settle(seed.pg, seed.mem, 3, POLICE, d, 2, 0, &seed.err), V_FATAL);
    assert_string_equal(seed.err.code, "delivery.move");
    seed_check_books();
}

static void
test_number_of_another(void **state)
{
    struct delivery *d;

    (void)state;
    seed_complaint(1, "UP-147", "FWDD", "2020-06-01T05:00:00Z");
    seed_complaint(2, "UP-147", "FWDD", "2020-06-01T05:00:00Z");
    seed_complaint(3, "UP-147", "FWDD", "2020-06-01T05:00:00Z");
    seed_registered(3, "REGD", "2020-06-01T07:00:00Z");
    plan(POLICE);
    assert_int_equal(claim(POLICE, "register", 50, &d), 2);
    answer(&d[0], E_OK, "31118200000003", NULL);
    answer(&d[1], E_OK, "31118200000009", NULL);
    settle(POLICE, d, 2);
    assert_ask("", "SELECT police_number FROM bridge.complaint WHERE bridge_id = 1");
    assert_ask("31118200000009", "SELECT police_number FROM bridge.complaint WHERE bridge_id = 2");
    assert_ask("conflict link.taken 40000000000001",
               "SELECT concat_ws(' ', kind, reason, key) FROM bridge.held");
}

static void
test_satisfaction(void **state)
{
    (void)state;
    seed_story(1);
    assert_int_equal(plan(PORTAL), 3);
    assert_int_equal(plan(PORTAL), 0);
    assert_ask("0", "SELECT count(*) FROM bridge.delivery WHERE key = '3'");
    seed_feedback(1, "f1", "2020-06-02T02:30:00Z", "Y"); /* before the report */
    assert_int_equal(plan(PORTAL), 0);
    seed_feedback(1, "f2", "2020-06-02T03:30:00Z", "N");
    assert_int_equal(plan(PORTAL), 0);
    seed_feedback(1, "f3", "2020-06-02T03:31:00Z", "U");
    assert_int_equal(plan(PORTAL), 0);
    seed_feedback(1, "f4", "2020-06-02T05:00:00Z", "Y");
    assert_int_equal(plan(PORTAL), 1);
    assert_int_equal(plan(PORTAL), 0);
    assert_int_equal(plan(POLICE), 4); /* the feedback itself */
    assert_ask("A", "SELECT DISTINCT class FROM bridge.delivery WHERE target = 'igrs'");
}

/* A disposal that was never told before the matter was reopened is history. */
static void
test_reopened(void **state)
{
    struct pg_rows rows;
    const char *values[] = { "igrs" };

    (void)state;
    seed_story(1);
    assert_int_equal(plan(PORTAL), 3);
    assert_ok(pg_run(seed.pg, seed.mem, "plan_waiting", values, 1, &rows, &seed.err));
    assert_int_equal(pg_int(&rows, 0, "waiting"), 1);
    seed_feedback(1, "f1", "2020-06-02T05:00:00Z", "N");
    seed_action(1, "5", "2020-06-02T06:00:00Z", "REOP", "e");
    seed_action(1, "6", "2020-06-02T07:00:00Z", "ATRS", "f");
    seed_action(1, "7", "2020-06-02T08:00:00Z", "DISP", "g");
    assert_int_equal(plan(PORTAL), 2);
    assert_ok(pg_run(seed.pg, seed.mem, "plan_waiting", values, 1, &rows, &seed.err));
    assert_int_equal(pg_int(&rows, 0, "waiting"), 1);
    seed_feedback(1, "f2", "2020-06-02T09:00:00Z", "Y");
    assert_int_equal(plan(PORTAL), 1);
    assert_ask("0", "SELECT count(*) FROM bridge.delivery WHERE key = '3'");
    assert_ask("1", "SELECT count(*) FROM bridge.delivery WHERE key = '7'");
    /* a portal that does not ask for satisfaction gets them all */
    assert_int_equal(plan(seed_portal(false)), 1);
}

static void
test_order(void **state)
{
    struct delivery *d;

    (void)state;
    seed_story(1);
    seed_story(2);
    assert_int_equal(plan(seed_portal(false)), 8);
    assert_int_equal(claim(PORTAL, "act", 6, &d), 6);
    for (size_t i = 0; i < 6; i++) {
        static const char *const keys[] = { "40000000000001#1", "40000000000001#2",
                                            "40000000000001#4", "40000000000001#3",
                                            "40000000000002#1", "40000000000002#2" };

        assert_string_equal(d[i].key, keys[i]);
    }
    assert_string_equal(field(&d[2], "number"), "40000000000001");
    assert_string_equal(field(&d[2], "police_number"), "31118200000001");
    assert_string_equal(field(&d[2], "action"), "ATRS");
    assert_string_equal(field(&d[2], "at"), "2020-06-02T03:00:00.000000Z");

    /* nothing of a complaint overtakes what is being sent */
    assert_int_equal(claim(PORTAL, "act", 6, &(struct delivery *){ NULL }), 0);
    for (size_t i = 0; i < 6; i++)
        answer(&d[i], i == 4 ? E_REJECT : E_OK, "R", i == 4 ? "NO_SUCH_CODE" : "OK");
    settle(PORTAL, d, 6);

    /* nor what was refused */
    assert_ask("refused NO_SUCH_CODE 40000000000002#1 act",
               "SELECT concat_ws(' ', kind, reason, key, call) FROM bridge.held");
    assert_int_equal(claim(PORTAL, "act", 6, &d), 0);
    assert_ok(delivery_order(seed.pg, seed.mem, 4, seed_ask("SELECT delivery_id FROM bridge.held"),
                             E_REPLAY, "root", "mended", &seed.err));
    seed_check_books();
    assert_ask("replayed root mended", "SELECT concat_ws(' ', state, ended_by, ended_why) FROM "
                                       "bridge.held");
    assert_int_equal(claim(PORTAL, "act", 6, &d), 3);
    assert_string_equal(d[0].key, "40000000000002#1");
    assert_int_equal(d[0].attempt, 1);
    assert_string_equal(d[2].key, "40000000000002#3");
    assert_ask("2", "SELECT max(attempt) FROM bridge.attempt");
}

static void
test_retry_waits(void **state)
{
    struct delivery *d;

    (void)state;
    seed_story(1);
    plan(PORTAL);
    assert_int_equal(claim(PORTAL, "act", 1, &d), 1);
    answer(d, E_RETRY, NULL, "503");
    settle(PORTAL, d, 1);
    assert_ask("t", "SELECT not_before BETWEEN '2020-06-02T20:01:00Z' AND '2020-06-02T20:01:16Z' "
                    "FROM bridge.delivery WHERE key = '1'");
    assert_int_equal(claim(PORTAL, "act", 9, &d), 0); /* the later ones wait for it */
    seed_clock("2020-06-02T20:02:00Z");
    assert_int_equal(claim(PORTAL, "act", 9, &d), 3);
    assert_int_equal(d[0].attempt, 2);
    for (size_t i = 0; i < 3; i++)
        answer(&d[i], i ? E_RETRY : E_EXHAUST, NULL, "503");
    settle(PORTAL, d, 3);
    assert_ask("dead 503", "SELECT concat_ws(' ', kind, reason) FROM bridge.held");
    seed_clock("2020-06-03T20:02:00Z");
    assert_int_equal(claim(PORTAL, "act", 9, &d), 0);
    assert_ok(delivery_order(seed.pg, seed.mem, 4, seed_ask("SELECT delivery_id FROM bridge.held"),
                             E_DROP, "root", "told by telephone", &seed.err));
    seed_check_books();
    assert_int_equal(claim(PORTAL, "act", 9, &d), 2);
    assert_int_equal(plan(PORTAL), 0); /* what was dropped stays so */
}

/* A clock that ran ahead is set right: what it put off until a far day does not wait for it. */
static void
test_clock_goes_back(void **state)
{
    struct delivery *d;

    (void)state;
    seed_story(1);
    plan(PORTAL);
    seed_clock("2031-01-01T00:00:00Z");
    assert_int_equal(claim(PORTAL, "act", 1, &d), 1);
    answer(d, E_RETRY, NULL, "503");
    settle(PORTAL, d, 1);
    seed_clock("2031-01-01T00:00:01Z");
    assert_int_equal(plan(PORTAL), 0);
    assert_int_equal(claim(PORTAL, "act", 9, &d), 0); /* it waits its minute */
    seed_clock("2020-06-03T20:00:00Z");
    assert_int_equal(plan(PORTAL), 0);
    assert_int_equal(claim(PORTAL, "act", 9, &d), 3);
    assert_int_equal(d[0].attempt, 2);
}

static void
test_doubt(void **state)
{
    struct delivery *d, *doubts;
    size_t n;
    long recovered;

    (void)state;
    seed_story(1);
    plan(seed_portal(false));
    assert_int_equal(claim(PORTAL, "act", 9, &d), 4);
    assert_ok(delivery_recover(seed.pg, seed.mem, 5, &recovered, &seed.err));
    assert_int_equal(recovered, 0); /* the run that sends them lives */
    seed_lost();
    assert_ok(delivery_recover(seed.pg, seed.mem, 5, &recovered, &seed.err));
    assert_int_equal(recovered, 4);
    assert_ask("5 sending igrs 4", "SELECT concat_ws(' ', run_id, what, system, n) FROM "
                                   "bridge.recovery");
    seed_check_books();
    assert_ok(delivery_recover(seed.pg, seed.mem, 5, &recovered, &seed.err));
    assert_int_equal(recovered, 0);
    assert_int_equal(claim(PORTAL, "act", 9, &d), 0);

    assert_ok(delivery_doubts(seed.pg, seed.mem, 5, PORTAL, NULL, 3, &doubts, &n, &seed.err));
    assert_int_equal(n, 3);
    assert_non_null(doubts[0].canonical);
    assert_ok(delivery_doubts(seed.pg, seed.mem, 5, PORTAL, doubts[2].id, 3, &d, &n, &seed.err));
    assert_int_equal(n, 1);
    answer(&d[0], E_UNKNOWN, NULL, NULL);
    settle(PORTAL, d, 1);
    for (size_t i = 0; i < 3; i++)
        answer(&doubts[i], i ? E_ABSENT : E_FOUND, i ? NULL : "R-77", NULL);
    settle(PORTAL, doubts, 3);
    assert_ask("confirmed 1 held 1 planned 2",
               "SELECT string_agg(state || ' ' || n, ' ' ORDER BY state) FROM (SELECT state, "
               "count(*) AS n FROM bridge.delivery GROUP BY 1) s");
    assert_ask("R-77", "SELECT receipt FROM bridge.delivery WHERE state = 'confirmed'");
    assert_ask("in_doubt found", "SELECT string_agg(outcome, ' ' ORDER BY attempt) FROM "
                                 "bridge.attempt JOIN bridge.delivery USING (delivery_id) "
                                 "WHERE state = 'confirmed'");
    assert_ask("in_doubt", "SELECT kind FROM bridge.held");

    const char *id = seed_ask("SELECT delivery_id FROM bridge.held");

    assert_ok(delivery_order(seed.pg, seed.mem, 4, id, E_SETTLE, "root", "seen there", &seed.err));
    seed_check_books();
    assert_int_equal(delivery_order(seed.pg, seed.mem, 4, id, E_SETTLE, "root", "x", &seed.err),
                     V_REJECT);
    assert_string_equal(seed.err.code, "delivery.move");
    assert_int_equal(
        delivery_order(seed.pg, seed.mem, 4, "no such", E_DROP, "root", "x", &seed.err), V_REJECT);
    assert_string_equal(seed.err.code, "delivery.unknown");
    assert_int_equal(delivery_order(seed.pg, seed.mem, 4, "00000000-0000-4000-8000-000000000000",
                                    E_DROP, "root", "x", &seed.err),
                     V_REJECT);
    assert_string_equal(seed.err.code, "delivery.unknown");
}

/* Another process has the first action under its hand: the later ones of that complaint wait. */
static void
test_beside_another(void **state)
{
    struct delivery *d;

    (void)state;
    seed_story(1);
    seed_story(2);
    plan(PORTAL);
    seed_run("BEGIN");
    seed_run("SELECT FROM bridge.delivery WHERE bridge_id = 1 AND key = '1' FOR UPDATE");
    assert_int_equal(claim(PORTAL, "act", 9, &d), 3);
    assert_string_equal(d[0].key, "40000000000002#1");
    seed_run("ROLLBACK");
    assert_int_equal(claim(PORTAL, "act", 9, &d), 3);
    assert_string_equal(d[0].key, "40000000000001#1");
}

/* Every state and event that the table does not know is refused and leaves nothing behind. */
static void
test_only_door(void **state)
{
    (void)state;
    seed_story(1);
    plan(PORTAL);
    for (int s = S_PLANNED; s <= S_VOID; s++)
        for (int e = E_CLAIM; e <= E_DROP; e++) {
            struct delivery d = { .id = seed_ask("SELECT min(delivery_id::text) FROM "
                                                 "bridge.delivery"),
                                  .event = (enum delivery_event)e };

            if (lifecycle_find((enum delivery_state)s, d.event))
                continue;
            seed_sql("UPDATE bridge.delivery SET state = '%s'",
                     delivery_state_name((enum delivery_state)s));
            assert_int_equal(delivery_settle(seed.pg, seed.mem, 3, PORTAL, &d, 1, 0, &seed.err),
                             V_FATAL);
            assert_false(pg_in_transaction(seed.pg));
            assert_ask("0", "SELECT count(*) FROM bridge.delivery WHERE state <> '%s'",
                       delivery_state_name((enum delivery_state)s));
        }
    assert_ask("0", "SELECT count(*) FROM bridge.attempt");
    assert_ask("0", "SELECT count(*) FROM bridge.ledger WHERE debit <> 'plan'");
}

/* A peer's words may be anything. */
static void
test_strange_words(void **state)
{
    char longer[2000];
    struct delivery *d;

    (void)state;
    memset(longer, 'x', sizeof longer);
    memcpy(longer + 198, "\xe0\xa4\xb8", 3); /* a letter across the place of the cut */
    longer[sizeof longer - 1] = '\0';
    seed_story(1);
    plan(PORTAL);
    assert_int_equal(claim(PORTAL, "act", 9, &d), 3);
    answer(&d[0], E_REJECT, longer, longer);
    d[0].detail = longer;
    answer(&d[1], E_REJECT, "{a,\"b\\", "\xff\xfe");
    answer(&d[2], E_REJECT, "NULL", "");
    settle(PORTAL, d, 3);
    assert_ask("198", "SELECT octet_length(said) FROM bridge.delivery WHERE key = '1'");
    assert_ask("{a,\"b\\", "SELECT receipt FROM bridge.delivery WHERE key = '2'");
    assert_ask("NULL", "SELECT receipt FROM bridge.delivery WHERE key = '4'");
    assert_ask("refused", "SELECT reason FROM bridge.held WHERE key LIKE '%%#4'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_class, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_register, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_number_of_another, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_satisfaction, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_reopened, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_order, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_retry_waits, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_clock_goes_back, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_doubt, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_beside_another, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_only_door, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_strange_words, seed_setup, seed_teardown),
    };

    return cmocka_run_group_tests(tests, seed_group, seed_group_end);
}
