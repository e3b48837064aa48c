/* Three-way comparison: each way to differ has its own reason, and equal counts of other members
 * show. */
#include "seed_compare.h"

#define CUT "2020-06-03T00:00:00.000000Z"

static void
portal_says(int n, const char *unit, const char *status, const char *marked, const char *changed)
{
    struct record *r = record_new("ids");

    put(r, "number", arena_format(seed.mem, "4000%010d", n));
    put(r, "unit", unit);
    put(r, "status", status);
    put(r, "marked_at", marked);
    put(r, "changed_at", changed);
    assert_ok(compare_ids(comparison, &portal, r, &seed.err));
}

static void
police_says(int n, int origin, const char *unit, const char *status, const char *marked,
            const char *changed)
{
    struct record *r = record_new("ids");

    put(r, "number", arena_format(seed.mem, "3111820%07d", n));
    if (origin) {
        put(r, "origin", "igrs");
        put(r, "origin_number", arena_format(seed.mem, "4000%010d", origin));
    }
    put(r, "unit", unit);
    put(r, "status", status);
    put(r, "marked_at", marked);
    put(r, "changed_at", changed);
    assert_ok(compare_ids(comparison, &police, r, &seed.err));
}

static void
portal_counts(const char *unit, const char *status, const char *day, const char *n)
{
    struct record *r = record_new("count");

    put(r, "unit", unit);
    put(r, "status", status);
    put(r, "day", day);
    put(r, "n", n);
    assert_ok(compare_counts(comparison, &portal, r, &seed.err));
}

static const char MARKED[] = "2020-06-01T05:00:00.000000Z";

/* Complaint n as all three have it. */
static void
agree(int n, const char *unit, const char *status)
{
    seed_complaint(n, unit, status, MARKED);
    seed_registered(n, status, "2020-06-02T01:00:00Z");
    portal_says(n, unit, status, MARKED, "2020-06-02T01:00:00.000000Z");
    police_says(n, n, unit, status, MARKED, "2020-06-02T01:00:00.000000Z");
}

static struct compare_result
run(bool dry)
{
    struct compare_result result;

    static const char *const holders[] = { "cctns" };
    const struct compare_sides sides = { .police = holders, .police_count = 1, .listed = true };

    assert_ok(compare_run(comparison, seed.mem, &portal, &sides, dry, &result, &seed.err));
    return result;
}

static const struct compare_view by_none = { .by = "" };
static const struct compare_view by_unit = { .by = "unit" };
static const struct compare_view by_all = { .by = "unit,status,day" };
static const struct compare_view by_unknown = { .by = "unit officer" };

static int
setup(void **state)
{
    return seed_compare(state, CUT);
}

static void
test_equal(void **state)
{
    struct compare_result r;

    (void)state;
    for (int n = 1; n <= 5; n++)
        agree(n, n > 3 ? "UP-118" : "UP-147", n > 4 ? "DISP" : "REGD");
    portal_says(1, "UP-147", "REGD", MARKED, "2020-06-02T01:00:00.000000Z"); /* a page again */
    portal_counts("UP-147", "REGD", "2020-06-01", "3");
    portal_counts("UP-118", "REGD", "2020-06-01", "1");
    portal_counts("UP-118", "DISP", "2020-06-01", "1");
    r = run(false);
    assert_int_equal(r.portal, 5);
    assert_int_equal(r.police, 5);
    assert_int_equal(r.staging, 5);
    assert_int_equal(r.differences, 0);
    assert_true(r.count_asked);
    assert_true(r.counted);
    assert_ask("9 3", "SELECT count(*) || ' ' || count(DISTINCT keyset) FROM bridge.control_total");
    assert_ask("5", "SELECT sum(n) FROM bridge.control_total WHERE side = 'police'");
}

static void
test_dry(void **state)
{
    (void)state;
    agree(1, "UP-147", "REGD");
    seed_complaint(2, "UP-147", "FWDD", MARKED);
    assert_int_equal(run(true).unexplained,
                     1); /* the portal's list lacks it: vanished; police: not */
    assert_ask("0", "SELECT count(*) FROM bridge.control_total");
    assert_ask("0", "SELECT count(*) FROM bridge.difference");
    assert_ask("0", "SELECT count(*) FROM bridge.source_record WHERE vanished_at IS NOT NULL");
    assert_int_equal(run(false).differences, 2);
    assert_ask("1", "SELECT count(*) FROM bridge.source_record WHERE vanished_at IS NOT NULL");
}

/* Rows of a list that bear no number may be any record: none is gone by it. */
static void
test_unsure_list(void **state)
{
    static const char *const holders[] = { "cctns" }, *const unsure[] = { "igrs" };
    const struct compare_sides sides = {
        .police = holders, .police_count = 1, .listed = true, .unsure = unsure, .unsure_count = 1
    };
    struct compare_result r;

    (void)state;
    agree(1, "UP-147", "REGD");
    seed_complaint(2, "UP-147", "FWDD", MARKED);
    seed_registered(2, "FWDD", "2020-06-02T01:00:00Z");
    police_says(2, 2, "UP-147", "FWDD", MARKED, "2020-06-02T01:00:00.000000Z");
    assert_ok(compare_run(comparison, seed.mem, &portal, &sides, false, &r, &seed.err));
    assert_ask("02 missing at portal = unexplained", FOUND);
    assert_ask("0", "SELECT count(*) FROM bridge.source_record WHERE vanished_at IS NOT NULL");
}

static void
test_missing_at_police(void **state)
{
    long planned;

    (void)state;
    for (int n = 1; n <= 3; n++) {
        seed_complaint(n, "UP-147", "FWDD", MARKED);
        portal_says(n, "UP-147", "FWDD", MARKED, MARKED);
    }
    assert_ok(delivery_plan(seed.pg, seed.mem, 7, police.map, &planned, &seed.err));
    assert_int_equal(planned, 3);
    seed_run("UPDATE bridge.delivery SET state = 'refused' WHERE bridge_id = 2");
    seed_run("DELETE FROM bridge.delivery WHERE bridge_id = 3");
    seed_complaint(4, "UP-147", "REGD", MARKED);
    seed_registered(4, "REGD", "2020-06-02T01:00:00Z");
    portal_says(4, "UP-147", "REGD", MARKED, MARKED);
    seed_complaint(5, "UP-147", "REGD", MARKED);
    seed_registered(5, "REGD", "2020-06-02T01:00:00Z");
    seed_run("UPDATE bridge.link SET at = '2020-06-03T00:01:00Z' WHERE bridge_id = 5");
    portal_says(5, "UP-147", "REGD", MARKED, MARKED);
    portal_says(6, "UP-147", "FWDD", "2020-06-03T00:00:01.000000Z", "2020-06-03T00:00:01.000000Z");
    assert_int_equal(run(false).unexplained, 1);
    assert_ask("01 missing at police = in flight; 02 missing at police = held; "
               "03 missing at police = unexplained; 04 missing at police = vanished; "
               "05 missing at police = late at source; 06 missing in staging = late at source",
               FOUND);
}

static void
test_missing_in_staging(void **state)
{
    (void)state;
    portal_says(1, "UP-147", "FWDD", MARKED, MARKED);
    portal_says(2, "UP-147", "FWDD", MARKED, MARKED);
    police_says(3, 3, "UP-147", "REGD", MARKED, MARKED);
    police_says(4, 0, "UP-147", "REGD", MARKED, MARKED); /* lodged at a station: not the portal's */
    seed_run(
        "INSERT INTO bridge.held (system, stream, key, kind, reason, first_run, last_run, held_at) "
        "VALUES ('igrs', 'complaint', '40000000000001', 'set_aside', 'map.code', 1, 1, now())");
    police_says(5, 5, "UP-147", "REGD", MARKED, MARKED);
    seed_run(
        "INSERT INTO bridge.held (system, stream, key, kind, reason, first_run, last_run, held_at) "
        "VALUES ('cctns', 'complaint', '31118200000005', 'set_aside', 'map.code', 1, 1, now())");
    assert_int_equal(run(false).police, 2);
    assert_ask("01 missing in staging = held; 02 missing in staging = unexplained; "
               "03 missing in staging = unexplained; 05 missing in staging = held",
               FOUND);
}

static void
test_status(void **state)
{
    long planned;

    (void)state;
    for (int n = 1; n <= 6; n++) {
        seed_complaint(n, "UP-147", "FWDD", MARKED);
        seed_registered(n, "ASGN", "2020-06-02T01:00:00Z");
        police_says(n, n, "UP-147", n == 5 ? "ENQR" : "ASGN", MARKED,
                    n == 5 ? "2020-06-02T23:00:00.000000Z" : "2020-06-02T01:00:00.000000Z");
        portal_says(n, "UP-147", n == 5 ? "ASGN" : "FWDD", MARKED,
                    n == 4 ? "2020-06-03T00:00:01.000000Z" : "2020-06-02T01:00:00.000000Z");
    }
    seed_action(1, "1", "2020-06-02T02:00:00Z", "ASGN", "a");
    seed_action(2, "1", "2020-06-02T02:00:00Z", "ASGN", "a");
    assert_ok(delivery_plan(seed.pg, seed.mem, 7, portal.map, &planned, &seed.err));
    assert_int_equal(planned, 2);
    seed_run("UPDATE bridge.delivery SET state = 'refused' WHERE bridge_id = 2");
    seed_action(3, "1", "2020-06-02T02:00:00Z", "DISP", "a"); /* waits for satisfaction */
    assert_int_equal(run(false).unexplained, 1);
    assert_ask("01 status = in flight; 02 status = held; 03 status = status lag; "
               "04 status = late at source; 05 status = status lag; 06 status = unexplained",
               FOUND);
    assert_ask("FWDD ASGN ASGN", "SELECT concat_ws(' ', portal_says, police_says, staging_says) "
                                 "FROM bridge.difference WHERE number = '40000000000006'");
}

/* What changed at the police after the last run began is yet to be read; what changed before it,
 * and still is not in staging, was missed. */
static void
test_missed_change(void **state)
{
    (void)state;
    seed_run("UPDATE bridge.run SET started_at = '2020-06-01T20:00:00Z' WHERE run_id = 4");
    seed_run("INSERT INTO bridge.ledger (run_id, hop, system, stream, debit, credit, n, evidence, "
             "at) SELECT n, 'pull', s, 'complaint', 'source', 'staged', 1, sha256('x'), now() FROM "
             "(VALUES (4, 'cctns'), (5, 'igrs'), (7, 'cctns')) v (n, s)");
    for (int n = 1; n <= 2; n++) {
        seed_complaint(n, "UP-147", "FWDD", MARKED);
        seed_registered(n, "ASGN", "2020-05-01T01:00:00Z");
        portal_says(n, "UP-147", "ASGN", MARKED, "2020-06-02T01:00:00.000000Z");
        police_says(n, n, "UP-147", "ENQR", MARKED,
                    n == 1 ? "2020-06-01T20:00:00.000000Z" : "2020-06-01T19:59:59.000000Z");
    }
    assert_int_equal(run(false).unexplained, 1);
    assert_ask("01 status = status lag; 02 status = unexplained", FOUND);
}

/* Written late by the portal, within the look-back: the next pull reads it. What the comparison
 * before this one told so, and a pull has been over since, was missed. */
static void
test_late_commit(void **state)
{
    static const char read_to[] = "2020-06-02T23:59:00.000000Z";
    struct compare_sides sides = { .listed = true, .lookback = 7200000, .read_to = read_to };
    struct compare_result r;

    (void)state;
    seed_run("INSERT INTO bridge.cursor (system, call, at, key, run_id) VALUES "
             "('igrs', 'list', '2020-06-02T22:00:00Z', '', 7)");
    portal_says(1, "UP-147", "FWDD", MARKED, "2020-06-02T20:00:01.000000Z");
    portal_says(2, "UP-147", "FWDD", MARKED, "2020-06-02T19:59:59.000000Z");
    assert_ok(compare_run(comparison, seed.mem, &portal, &sides, false, &r, &seed.err));
    assert_ask("01 missing in staging = late at source; 02 missing in staging = unexplained",
               FOUND);
    seed_run("UPDATE bridge.comparison SET run_id = 5");
    seed_run("SET session_replication_role = replica");
    seed_run("UPDATE bridge.difference SET run_id = 5");
    seed_run("TRUNCATE bridge.control_total");
    seed_run("RESET session_replication_role");
    sides.read_to = NULL; /* reconcile alone: nothing was read since */
    assert_ok(compare_run(comparison, seed.mem, &portal, &sides, true, &r, &seed.err));
    assert_int_equal(r.unexplained, 1);
    sides.read_to = read_to;
    assert_ok(compare_run(comparison, seed.mem, &portal, &sides, true, &r, &seed.err));
    assert_int_equal(r.unexplained, 2);
}

/* As many on each side, but not the same ones. */
static void
test_other_members(void **state)
{
    struct compare_row *rows;
    size_t n;

    (void)state;
    agree(1, "UP-147", "REGD");
    seed_complaint(2, "UP-147", "REGD", MARKED);
    portal_says(3, "UP-147", "REGD", MARKED, MARKED);
    police_says(4, 4, "UP-147", "REGD", MARKED, MARKED);
    assert_int_equal(run(false).portal, 2);
    assert_ok(compare_rows(seed.pg, seed.mem, "igrs", &by_all, &rows, &n, &seed.err));
    assert_int_equal(n, 1);
    assert_int_equal(rows[0].portal, 2);
    assert_int_equal(rows[0].police, 2);
    assert_int_equal(rows[0].staging, 2);
    assert_false(rows[0].same);
    assert_string_equal(rows[0].unit_name, "Kannauj");
    assert_string_equal(rows[0].day, "2020-06-01");
}

static void
test_unit_and_day(void **state)
{
    (void)state;
    agree(1, "UP-147", "REGD");
    seed_complaint(2, "UP-118", "REGD", "2020-06-01T18:29:59Z");
    seed_registered(2, "REGD", "2020-06-02T01:00:00Z");
    police_says(2, 2, "UP-147", "REGD", "2020-06-01T18:30:00.000000Z",
                MARKED); /* next day in India */
    portal_says(2, "UP-118", "REGD", "2020-06-01T18:29:59.000000Z", MARKED);
    assert_int_equal(run(false).differences, 2);
    assert_ask("02 day = unexplained; 02 unit = wrong unit", FOUND);
    assert_ask("2020-06-02", "SELECT police_says FROM bridge.difference WHERE what = 'day'");
}

static void
test_twice_at_police(void **state)
{
    (void)state;
    agree(1, "UP-147", "REGD");
    police_says(7, 1, "UP-147", "REGD", MARKED, MARKED);
    agree(2, "UP-147", "REGD");
    seed_complaint(3, "UP-147", "FWDD", MARKED);
    portal_says(3, "UP-147", "FWDD", MARKED, MARKED);
    police_says(8, 3, "UP-147", "FWDD", MARKED, MARKED);
    seed_run("INSERT INTO bridge.link VALUES ('cctns', '31118200000008', '31118200000008', 2, "
             "1, now())");
    run(false);
    assert_ask("01 twice at police = unexplained; 03 link = unexplained", FOUND);
    assert_ask("31118200000001",
               "SELECT police_number FROM bridge.difference WHERE what LIKE 'twice%%'");
}

/* Only the police close one as a duplicate of the other, and never the one that the complainant was
 * told. */
static void
test_closed_as_duplicate(void **state)
{
    static const struct {
        const char *told, *second, *third;
    } cases[] = { { "REGD", "DUPL", "DUPL" },
                  { "REGD", "DUPL", "REGD" },
                  { "DUPL", "REGD", "DUPL" },
                  { "DUPL", "DUPL", "DUPL" } };

    (void)state;
    for (int n = 1; n <= 4; n++) {
        seed_complaint(n, "UP-147", cases[n - 1].told, MARKED);
        seed_registered(n, cases[n - 1].told, "2020-06-02T01:00:00Z");
        portal_says(n, "UP-147", cases[n - 1].told, MARKED, MARKED);
        police_says(n, n, "UP-147", cases[n - 1].told, MARKED, MARKED);
        police_says(10 + n, n, "UP-147", cases[n - 1].second, MARKED, MARKED);
        police_says(20 + n, n, "UP-147", cases[n - 1].third, MARKED, MARKED);
    }
    assert_int_equal(run(false).unexplained, 3);
    assert_ask("01 twice at police = duplicate-linked; 02 twice at police = unexplained; "
               "03 twice at police = unexplained; 04 twice at police = unexplained",
               FOUND);
}

/* A portal that has no count of its own has not agreed to anything. */
static void
test_no_count(void **state)
{
    struct compare_result r;

    (void)state;
    agree(1, "UP-147", "REGD");
    r = run(false);
    assert_int_equal(r.differences, 0);
    assert_false(r.count_asked);
    assert_false(r.counted);
}

static void
test_own_count(void **state)
{
    struct compare_result r;

    (void)state;
    agree(1, "UP-147", "REGD");
    agree(2, "UP-147", "REGD");
    portal_counts("UP-147", "REGD", "2020-06-01", "3");
    portal_counts("UP-118", "REGD", "2020-06-01", "0");
    r = run(false);
    assert_true(r.count_asked);
    assert_false(r.counted);
    assert_int_equal(r.unexplained, 1);
    assert_ask("UP-147 REGD 2020-06-01 counts 3, lists 2",
               "SELECT number || ' ' || portal_says FROM bridge.difference");
}

/* A second portal's complaints and a second comparison do not get into the first. */
static void
test_read_back(void **state)
{
    struct compare_row *rows;
    struct compare_difference *list;
    struct compare_reason *reasons;
    size_t n;

    (void)state;
    agree(1, "UP-147", "REGD");
    agree(2, "UP-118", "DISP");
    seed_complaint(3, "UP-118", "REGD", MARKED);
    portal_says(3, "UP-118", "REGD", MARKED, MARKED);
    run(false);
    assert_ok(compare_rows(seed.pg, seed.mem, "igrs", &by_unit, &rows, &n, &seed.err));
    assert_int_equal(n, 2);
    assert_string_equal(rows[0].unit, "UP-118");
    assert_int_equal(rows[0].portal, 2);
    assert_int_equal(rows[0].police, 1);
    assert_false(rows[0].same);
    assert_true(rows[1].same);
    assert_string_equal(rows[1].status, "");
    assert_ok(compare_rows(seed.pg, seed.mem, "igrs", &by_none, &rows, &n, &seed.err));
    assert_int_equal(n, 1);
    assert_int_equal(rows[0].staging, 3);
    assert_int_equal(compare_rows(seed.pg, seed.mem, "igrs", &by_unknown, &rows, &n, &seed.err),
                     V_REJECT);
    assert_ok(compare_differences(seed.pg, seed.mem, 0, "igrs", NULL, 10, &list, &n, &seed.err));
    assert_int_equal(n, 1);
    assert_string_equal(list[0].reason, "unexplained");
    assert_string_equal(list[0].unit, "UP-118");
    assert_null(list[0].police_says);
    assert_ok(compare_differences(seed.pg, seed.mem, 0, "igrs", "held", 10, &list, &n, &seed.err));
    assert_int_equal(n, 0);
    assert_ok(compare_reasons(seed.pg, seed.mem, 0, "igrs", &reasons, &n, &seed.err));
    assert_int_equal(n, 1);
    assert_int_equal(reasons[0].n, 1);
    assert_ok(compare_rows(seed.pg, seed.mem, "pgms", &by_unit, &rows, &n, &seed.err));
    assert_int_equal(n, 0);
}

/* The ranking: all in time and alone in that is rank 1; the figures of a period add up. */
static void
test_ranking(void **state)
{
    const char *period[] = {
        "igrs", "marked_at", "2020-05-31T18:30:00Z", "2020-06-30T18:30:00Z", "2020-06-30T18:30:00Z",
        "true"
    };
    struct pg_rows rows;

    (void)state;
    for (int n = 1; n <= 4; n++) {
        seed_complaint(n, n < 3 ? "UP-147" : "UP-118", "DISP", MARKED);
        seed_sql("UPDATE bridge.complaint SET disposed_at = '%s' WHERE bridge_id = %d",
                 n == 4 ? "2020-08-01T00:00:00Z" : "2020-06-20T00:00:00Z", n);
    }
    seed_complaint(5, "UP-118", "ENQR", "2020-06-10T00:00:00Z");
    seed_complaint(6, "UP-118", "ENQR", "2020-05-10T00:00:00Z"); /* brought forward */
    seed_run("UPDATE bridge.complaint SET due_at = '2020-06-15T00:00:00Z' WHERE bridge_id = 5");
    /* without a due date nothing shows that it was in time */
    seed_complaint(7, "UP-118", "DISP", "2020-06-11T00:00:00Z");
    seed_run("UPDATE bridge.complaint SET due_at = NULL, disposed_at = '2020-06-12T00:00:00Z' "
             "WHERE bridge_id = 7");
    assert_ok(pg_run(seed.pg, seed.mem, "ranking", period, 6, &rows, &seed.err));
    assert_int_equal(rows.count, 2);
    assert_int_equal(pg_int(&rows, 0, "rank"), 1);
    assert_string_equal(pg_named(&rows, 0, "name_en"), "Kannauj");
    assert_int_equal(pg_int(&rows, 0, "in_time"), 2);
    assert_string_equal(pg_named(&rows, 0, "share"), "100.00");
    assert_int_equal(pg_int(&rows, 1, "rank"), 2);
    assert_int_equal(pg_int(&rows, 1, "received"), 4);
    assert_int_equal(pg_int(&rows, 1, "disposed"), 3);
    assert_int_equal(pg_int(&rows, 1, "in_time"), 1);
    assert_int_equal(pg_int(&rows, 1, "pending"), 1);
    assert_int_equal(pg_int(&rows, 1, "overdue"), 1);
    assert_ok(pg_run(seed.pg, seed.mem, "report_balance", period, 4, &rows, &seed.err));
    assert_int_equal(rows.count, 2);
    assert_int_equal(pg_int(&rows, 0, "brought_forward"), 1);
    assert_int_equal(pg_int(&rows, 0, "received"), 4);
    assert_int_equal(pg_int(&rows, 0, "disposed"), 2);
    assert_int_equal(pg_int(&rows, 0, "pending"), 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_equal, setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_dry, setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_unsure_list, setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_missing_at_police, setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_missing_in_staging, setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_status, setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_missed_change, setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_late_commit, setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_other_members, setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_unit_and_day, setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_twice_at_police, setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_closed_as_duplicate, setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_no_count, setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_own_count, setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_read_back, setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_ranking, setup, seed_teardown),
    };

    return cmocka_run_group_tests(tests, seed_group, seed_group_end);
}
