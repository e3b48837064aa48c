/*
 * Kinds of matter, texts and days of a comparison; its members, counted any way; what an officer
 * signs; figures of a period and where everything is.
 */
#include "seed_compare.h"

#define CUT "2020-06-03T00:00:00.000000Z"

static const char MARKED[] = "2020-06-01T05:00:00.000000Z";
static const char CHANGED[] = "2020-06-02T01:00:00.000000Z";
static const char TEXT[] = "बिजली का तार"; /* as seed_complaint() has it */

/* What the police say of a complaint beside what everybody agrees about. */
struct said {
    const char *status, *category, *body, *received, *registered;
};

static const struct said same = { .status = "REGD", .category = "CRIME", .body = TEXT };

static struct record *
listed(const char *number, const char *status)
{
    struct record *r = record_new("ids");

    put(r, "number", number);
    put(r, "unit", "UP-147");
    put(r, "status", status);
    put(r, "marked_at", MARKED);
    put(r, "changed_at", CHANGED);
    return r;
}

static void
police_says(int n, const struct said *what)
{
    struct record *r = listed(arena_format(seed.mem, "3111820%07d", n), what->status);

    put(r, "origin", "igrs");
    put(r, "origin_number", arena_format(seed.mem, "4000%010d", n));
    put(r, "category", what->category);
    put(r, "body", what->body);
    put(r, "received_at", what->received);
    put(r, "registered_at", what->registered);
    assert_ok(compare_ids(comparison, &police, r, &seed.err));
}

/* Complaint n, in staging and at the portal. */
static void
stage(int n)
{
    struct record *r = listed(arena_format(seed.mem, "4000%010d", n), "REGD");

    seed_complaint(n, "UP-147", "REGD", MARKED);
    seed_registered(n, "REGD", "2020-06-02T01:00:00Z");
    seed_sql("UPDATE bridge.complaint SET category = 'CRIME', registered_at = '%s' "
             "WHERE bridge_id = %d",
             CHANGED, n);
    assert_ok(compare_ids(comparison, &portal, r, &seed.err));
}

static struct compare_result
run_as(int64_t run_id, const struct said *first)
{
    static const char *const holders[] = { "cctns" };
    const struct compare_sides sides = { .police = holders, .police_count = 1, .listed = true };
    struct compare_result result;

    if (first) { /* a night of its own: all again, the first record as told */
        assert_ok(compare_open(seed.mem, seed.pg, run_id, CUT, &comparison, &seed.err));
        assert_ok(compare_ids(comparison, &portal, listed("40000000000001", "REGD"), &seed.err));
        police_says(1, first);
    }
    assert_ok(compare_run(comparison, seed.mem, &portal, &sides, false, &result, &seed.err));
    return result;
}

static int
setup(void **state)
{
    return seed_compare(state, CUT);
}

static void
test_category_text_and_days(void **state)
{
    (void)state;
    for (int n = 1; n <= 6; n++)
        stage(n);
    police_says(1, &same);
    police_says(2, &(struct said){ .status = "REGD", .category = "WOMEN", .body = TEXT });
    police_says(3, &(struct said){ .status = "REGD", .category = "CRIME", .body = "तार" });
    police_says(4, &(struct said){ .status = "REGD", .received = "2020-05-31T18:29:59.000000Z" });
    police_says(5, &(struct said){ .status = "REGD", .registered = "2020-06-02T18:30:00.000000Z" });
    police_says(6, &(struct said){ .status = "REGD" }); /* tells nothing more: not compared */
    assert_int_equal(run_as(7, NULL).unexplained, 4);
    assert_ask("02 category = unexplained; 03 text = unexplained; 04 day = unexplained; "
               "05 day = unexplained",
               FOUND);
    assert_ask("CRIME WOMEN CRIME", "SELECT concat_ws(' ', portal_says, police_says, staging_says) "
                                    "FROM bridge.difference WHERE what = 'category'");
    assert_ask("received 2020-05-31 received 2020-06-01; registered 2020-06-03 registered "
               "2020-06-02",
               "SELECT string_agg(police_says || ' ' || staging_says, '; ' ORDER BY number) FROM "
               "bridge.difference WHERE what = 'day'");
    assert_ask("0", "SELECT count(*) FROM bridge.difference WHERE concat(portal_says, police_says, "
                    "staging_says) LIKE '%%तार%%'");
    assert_ask("CRIME 5 WOMEN 1",
               "SELECT string_agg(category || ' ' || n, ' ' ORDER BY category) FROM (SELECT "
               "category, sum(n) AS n FROM bridge.control_total WHERE side = 'police' GROUP BY 1) "
               "x");
}

/* What the owner changed after it was registered is no riddle: the police have what it was. */
static void
test_older_version(void **state)
{
    (void)state;
    for (int n = 1; n <= 2; n++) {
        stage(n);
        seed_sql(
            "INSERT INTO bridge.complaint_version (bridge_id, version, was, system, run_id, at) "
            "SELECT bridge_id, 1, to_jsonb(c) || '{\"body\": \"पहला\", \"category\": "
            "\"WOMEN\"}', 'igrs', 6, '2020-06-02T12:00:00Z' FROM bridge.complaint c "
            "WHERE bridge_id = %d",
            n);
    }
    police_says(1, &(struct said){ .status = "REGD", .category = "WOMEN", .body = "पहला" });
    police_says(2, &(struct said){ .status = "REGD", .category = "CYBER", .body = "दूसरा" });
    assert_int_equal(run_as(7, NULL).unexplained, 2);
    assert_ask("01 category = older version; 01 text = older version; 02 category = unexplained; "
               "02 text = unexplained",
               FOUND);
}

static void
test_numbers_of_a_duplicate(void **state)
{
    struct record *r = listed("31118209999999", "REGD");

    (void)state;
    stage(1);
    police_says(1, &same);
    put(r, "origin", "igrs");
    put(r, "origin_number", "40000000000001");
    assert_ok(compare_ids(comparison, &police, r, &seed.err));
    (void)run_as(7, NULL);
    assert_ask("2: 31118200000001 31118209999999",
               "SELECT police_says FROM bridge.difference WHERE what = 'twice at police'");
}

static size_t
count_by(const struct compare_view *view, struct compare_row **rows)
{
    size_t n;

    assert_ok(compare_rows(seed.pg, seed.mem, "igrs", view, rows, &n, &seed.err));
    return n;
}

static void
test_counted_any_way(void **state)
{
    struct compare_row *rows;

    (void)state;
    for (int n = 1; n <= 3; n++)
        stage(n);
    seed_run(
        "UPDATE bridge.complaint SET received_at = '2020-05-20T00:00:00Z' WHERE bridge_id = 3");
    police_says(1, &same);
    police_says(2, &(struct said){ .status = "REGD", .category = "WOMEN" });
    police_says(3, &same);
    (void)run_as(7, NULL);
    assert_int_equal(count_by(&(struct compare_view){ .by = "category" }, &rows), 2);
    assert_string_equal(rows[0].category, "CRIME");
    assert_int_equal(rows[0].portal, 3);
    assert_int_equal(rows[0].police, 2);
    assert_false(rows[0].same);
    assert_string_equal(rows[1].category, "WOMEN");
    assert_int_equal(rows[1].staging, 0);
    assert_int_equal(count_by(&(struct compare_view){ .by = "month" }, &rows), 1);
    assert_string_equal(rows[0].month, "2020-06");
    assert_int_equal(count_by(&(struct compare_view){ .by = "month", .basis = "received" }, &rows),
                     2);
    assert_string_equal(rows[0].month, "2020-05");
    assert_int_equal(rows[0].staging, 1);
    assert_true(rows[0].same);
    assert_false(rows[1].same);
    const struct compare_view may = {
        .by = "day", .basis = "received", .from = "2020-05-01", .to = "2020-05-31"
    };
    assert_int_equal(count_by(&may, &rows), 1);
    assert_string_equal(rows[0].day, "2020-05-20");
    const struct compare_view bad = { .by = "day", .basis = "posted" };
    assert_int_equal(compare_view_check(seed.mem, &bad, &seed.err), V_REJECT);
}

/* The members are those of the last comparison alone; what is on no side counts nowhere. */
static void
test_members_of_the_last(void **state)
{
    struct compare_row *rows;

    (void)state;
    for (int n = 1; n <= 2; n++) {
        stage(n);
        police_says(n, &same);
    }
    assert_ok(compare_ids(comparison, &portal, listed("40000000000009", "REGD"), &seed.err));
    assert_int_equal(run_as(7, NULL).portal, 3);
    assert_ask("3", "SELECT count(*) FROM bridge.compared WHERE p_has");
    assert_ok(compare_open(seed.mem, seed.pg, 8, CUT, &comparison, &seed.err));
    assert_ok(compare_ids(comparison, &portal, listed("40000000000001", "REGD"), &seed.err));
    police_says(1, &same);
    (void)run_as(8, NULL);
    assert_ask("8 1 2", "SELECT run_id || ' ' || portal || ' ' || staging FROM bridge.comparison");
    assert_ask("3 1 1 2", "SELECT concat_ws(' ', count(*), count(*) FILTER (WHERE p_has), "
                          "count(*) FILTER (WHERE q_has), count(*) FILTER (WHERE s_has)) FROM "
                          "bridge.compared");
    assert_int_equal(count_by(&(struct compare_view){ .by = "" }, &rows), 1);
    assert_int_equal(rows[0].portal, 1);
    assert_int_equal(rows[0].staging, 2);
}

/* ---- signatures ---- */

static enum verdict
sign(const char *what, const char *officer, const char *why)
{
    const struct compare_signature s = { .system = "igrs",
                                         .number = "40000000000001",
                                         .what = what,
                                         .officer = officer,
                                         .why = why,
                                         .typed_by = "tester" };

    return compare_sign(seed.pg, seed.mem, 8, &s, &seed.err);
}

static void
test_signed_off(void **state)
{
    const struct said other = { .status = "REGD", .category = "WOMEN", .body = TEXT };
    const struct said third = { .status = "REGD", .category = "CYBER", .body = TEXT };
    struct compare_result r;
    struct pg_rows rows;
    PGresult *refused;

    (void)state;
    stage(1);
    police_says(1, &other);
    assert_int_equal(run_as(7, NULL).unexplained, 1);
    assert_int_equal(sign("text", "SP Kannauj", "seen"), V_REJECT);
    assert_string_equal(seed.err.code, "sign.unknown");
    assert_int_equal(sign("category", "", "seen"), V_REJECT);
    assert_int_equal(sign("category", "SP Kannauj", " \n"), V_REJECT);
    assert_ask("0", "SELECT count(*) FROM bridge.signoff");
    assert_ok(sign("category", "SP Kannauj", "the station is right"));
    assert_ask("reconcile igrs UP-147 difference signed_off 1 category",
               "SELECT concat_ws(' ', hop, system, unit, debit, credit, n, reason) FROM "
               "bridge.ledger");
    assert_ask("1", "SELECT count(*) FROM bridge.movement m JOIN bridge.ledger l USING (entry) "
                    "JOIN bridge.signoff s ON s.digest = m.digest AND m.key = s.number "
                    "WHERE l.evidence = sha256(m.digest)");
    seed_check_books();

    r = run_as(8, &other);
    assert_int_equal(r.unexplained, 0);
    assert_int_equal(r.differences, 1);
    assert_int_equal(r.signed_off, 1);
    assert_ask("signed off", "SELECT reason FROM bridge.difference WHERE run_id = 8");
    assert_int_equal(sign("category", "SP Kannauj", "again"), V_REJECT);
    assert_string_equal(seed.err.code, "sign.again");
    assert_ok(compare_signatures(seed.pg, seed.mem, NULL, 0, &rows, &seed.err));
    assert_int_equal(rows.count, 1);
    assert_true(pg_bool(&rows, 0, "stands"));

    assert_int_equal(run_as(9, &third).unexplained, 1); /* it is another difference now */
    assert_ok(compare_signatures(seed.pg, seed.mem, NULL, 0, &rows, &seed.err));
    assert_false(pg_bool(&rows, 0, "stands"));
    refused = PQexec(seed.conn, "DELETE FROM bridge.signoff");
    assert_int_equal(PQresultStatus(refused), PGRES_FATAL_ERROR);
    PQclear(refused);
}

/* ---- figures ---- */

static struct pg_rows
figures(const char *basis, const char *figure)
{
    static const char *const systems[] = { "igrs", "pgms" };
    const char *days[] = { basis ? basis : "marked_at", basis ? basis : "marked_at" };
    const struct compare_asked asked = { .systems = systems,
                                         .basis = days,
                                         .count = 2,
                                         .strict = basis != NULL,
                                         .since = "2020-05-31T18:30:00.000000Z",
                                         .upto = "2020-06-30T18:30:00.000000Z",
                                         .asof = "2020-06-20T00:00:00.000000Z" };
    struct pg_rows rows;

    assert_ok(compare_figures(seed.pg, seed.mem, &asked, figure, &rows, &seed.err));
    return rows;
}

static const char *
five(const struct pg_rows *rows)
{
    return arena_format(seed.mem, "%s %s %s %s %s", pg_named(rows, 0, "brought_forward"),
                        pg_named(rows, 0, "received"), pg_named(rows, 0, "disposed"),
                        pg_named(rows, 0, "pending"), pg_named(rows, 0, "overdue"));
}

static void
test_figures(void **state)
{
    static const char *const names[] = { "brought_forward", "received", "disposed", "pending",
                                         "overdue" };
    struct pg_rows rows;

    (void)state;
    seed_complaint(1, "UP-147", "ENQR", "2020-05-10T00:00:00Z"); /* brought forward, overdue */
    seed_complaint(2, "UP-147", "DISP", "2020-05-10T00:00:00Z"); /* brought forward, disposed */
    seed_complaint(3, "UP-147", "DISP", "2020-05-10T00:00:00Z"); /* over before */
    seed_complaint(4, "UP-147", "ENQR", "2020-06-10T00:00:00Z"); /* received */
    seed_complaint(5, "UP-147", "DISP", "2020-06-10T00:00:00Z"); /* received, disposed later */
    seed_complaint(6, "UP-147", "ENQR", "2020-07-10T00:00:00Z"); /* after the period */
    seed_run("UPDATE bridge.complaint SET disposed_at = CASE bridge_id WHEN 2 THEN "
             "'2020-06-15T00:00:00Z' WHEN 3 THEN '2020-05-15T00:00:00Z' ELSE "
             "'2020-07-15T00:00:00Z' END::timestamptz WHERE bridge_id IN (2, 3, 5)");
    rows = figures(NULL, NULL);
    assert_int_equal(rows.count, 2); /* a system without complaints has its row, too */
    assert_string_equal(five(&rows), "2 2 1 3 1");
    assert_true(pg_bool(&rows, 0, "balanced"));
    assert_true(pg_bool(&rows, 1, "balanced"));
    for (size_t i = 0; i < COUNT(names); i++) /* each figure is as many as its members */
        assert_int_equal((int64_t)figures(NULL, names[i]).count, pg_int(&rows, 0, names[i]));
    assert_string_equal(pg_named(&rows, 0, "counts_by"), "marked_at");

    /* over before it came: the four figures do not add up, and that is seen */
    seed_run("UPDATE bridge.complaint SET status = 'DISP', disposed_at = '2020-05-01T00:00:00Z' "
             "WHERE bridge_id = 4");
    rows = figures(NULL, NULL);
    assert_false(pg_bool(&rows, 0, "balanced"));

    rows = figures("registered_at", NULL); /* none has that day */
    assert_string_equal(five(&rows), "0 0 0 0 0");
    assert_string_equal(pg_named(&rows, 0, "undated"), "6");
    assert_true(pg_bool(&rows, 0, "balanced"));
}

static void
test_places(void **state)
{
    static const char *const systems[] = { "igrs" };
    const struct compare_asked asked = { .systems = systems, .count = 1 };
    static const char *const names[] = { "with_police", "disposed", "in_flight", "refused",
                                         "held" };
    struct pg_rows rows, members;
    int64_t sum = 0;

    (void)state;
    seed_run("INSERT INTO bridge.system (system, role, title) VALUES ('igrs', 'portal', 'x')");
    for (int n = 1; n <= 5; n++)
        seed_complaint(n, "UP-147", n == 2 ? "DISP" : "FWDD", MARKED);
    seed_registered(1, "REGD", "2020-06-02T01:00:00Z");
    seed_run("INSERT INTO bridge.delivery (target, stream, bridge_id, source_system, key, digest, "
             "class, state, planned_run, last_run, planned_at) SELECT 'cctns', 'complaint', n, "
             "'igrs', '', '', 'A', s, 1, 1, now() FROM (VALUES (3, 'planned'), (4, 'refused')) v "
             "(n, s)");
    seed_run("INSERT INTO bridge.held (system, stream, key, kind, reason, first_run, last_run, "
             "held_at) VALUES ('igrs', 'complaint', '7', 'set_aside', 'map.code', 1, 1, now()), "
             "('igrs', 'complaint', '40000000000001', 'set_aside', 'map.code', 1, 1, now())");
    assert_ok(compare_places(seed.pg, seed.mem, &asked, NULL, &rows, &seed.err));
    assert_string_equal(arena_format(seed.mem, "%s %s %s %s %s %s", pg_named(&rows, 0, "came_in"),
                                     pg_named(&rows, 0, "with_police"),
                                     pg_named(&rows, 0, "disposed"),
                                     pg_named(&rows, 0, "in_flight"), pg_named(&rows, 0, "refused"),
                                     pg_named(&rows, 0, "held")),
                        "6 1 1 2 1 1");
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_ok(compare_places(seed.pg, seed.mem, &asked, names[i], &members, &seed.err));
        assert_int_equal((int64_t)members.count, pg_int(&rows, 0, names[i]));
        sum += (int64_t)members.count;
    }
    assert_int_equal(sum, pg_int(&rows, 0, "came_in"));
    assert_int_equal(compare_places(seed.pg, seed.mem, &asked, "lost", &members, &seed.err),
                     V_REJECT);
}

/* Every kind and reason has its one sentence. */
static void
test_remedies(void **state)
{
    (void)state;
    assert_non_null(strstr(compare_remedy("status", "in flight"), "next sync"));
    assert_non_null(strstr(compare_remedy("missing at police", "vanished"), "police"));
    assert_non_null(strstr(compare_remedy("text", "unexplained"), "text"));
    assert_string_not_equal(compare_remedy("unit", "unexplained"),
                            compare_remedy("unit", "wrong unit"));
    assert_non_null(compare_remedy("whatever", "whatever"));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, seed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_category_text_and_days),
        TEST(test_older_version),
        TEST(test_numbers_of_a_duplicate),
        TEST(test_counted_any_way),
        TEST(test_members_of_the_last),
        TEST(test_signed_off),
        TEST(test_figures),
        TEST(test_places),
        TEST(test_remedies),
    };

    return cmocka_run_group_tests(tests, seed_group, seed_group_end);
}
