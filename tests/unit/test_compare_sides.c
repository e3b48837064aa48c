/*
 * Sides of a comparison: several police systems that are one side, and a portal without a list.
 */
#include "seed_compare.h"

static struct mapper icms;

static const char CUT[] = "2020-06-02T20:00:00.000000Z";
static const char MARKED[] = "2020-06-01T05:00:00.000000Z";

static void
says(const struct mapper *m, const char *number, const char *origin_number, const char *status)
{
    struct record *r = record_new("ids");

    put(r, "number", number);
    put(r, "origin", origin_number ? "igrs" : NULL);
    put(r, "origin_number", origin_number);
    put(r, "unit", "UP-147");
    put(r, "status", status);
    put(r, "marked_at", MARKED);
    put(r, "changed_at", "2020-06-02T01:00:00.000000Z");
    assert_ok(compare_ids(comparison, m, r, &seed.err));
}

static const char *
number_of(int n)
{
    return arena_format(seed.mem, "4000%010d", n);
}

static const char *
police_number(int n)
{
    return arena_format(seed.mem, "3111820%07d", n);
}

static int
setup(void **state)
{
    struct mapping *map = arena_alloc(seed.kept, sizeof *map);

    *map = *seed_police();
    map->system = "icms";
    icms = (struct mapper){ .map = map };
    return seed_compare(state, CUT);
}

static struct compare_result
run(bool listed, size_t count)
{
    static const char *const names[] = { "cctns", "icms" };
    const struct compare_sides sides = { .police = names, .police_count = count, .listed = listed };
    struct compare_result result;

    assert_ok(compare_run(comparison, seed.mem, &portal, &sides, false, &result, &seed.err));
    return result;
}

/* Complaint n, in the hands of a police system. */
static void
seed_in(int n, const char *system)
{
    seed_complaint(n, "UP-147", "REGD", MARKED);
    seed_registered(n, "REGD", "2020-06-02T01:00:00Z");
    seed_sql("UPDATE bridge.complaint SET police_system = '%s' WHERE bridge_id = %d", system, n);
    seed_sql("UPDATE bridge.link SET system = '%s' WHERE bridge_id = %d AND system = 'cctns'",
             system, n);
    seed_sql("UPDATE bridge.source_record SET system = '%s' WHERE bridge_id = %d AND system = "
             "'cctns'",
             system, n);
}

static void
test_two_police_systems(void **state)
{
    struct compare_result r;

    (void)state;
    for (int n = 1; n <= 4; n++) {
        seed_in(n, n % 2 ? "cctns" : "icms");
        says(&portal, number_of(n), NULL, "REGD");
        if (n < 4)
            says(n % 2 ? &police : &icms, police_number(n), number_of(n), n == 2 ? "DISP" : "REGD");
    }
    r = run(true, 2);
    assert_int_equal(r.portal, 4);
    assert_int_equal(r.police, 3);
    assert_int_equal(r.staging, 4);
    assert_ask("02 status = unexplained; 04 missing at police = vanished", FOUND);
    assert_ask("icms", "SELECT system FROM bridge.source_record WHERE vanished_at IS NOT NULL");
    /* the same number in the other one is another record; both hold the same matter */
    says(&police, police_number(2), number_of(2), "REGD");
    seed_run("SET session_replication_role = replica");
    seed_run("TRUNCATE bridge.difference, bridge.control_total");
    seed_run("RESET session_replication_role");
    r = run(true, 2);
    assert_ask("02 status = unexplained; 02 twice at police = unexplained; 04 missing at "
               "police = vanished",
               FOUND);
}

/* What is in a system that was not asked is not missing. */
static void
test_one_was_not_asked(void **state)
{
    struct compare_result r;

    (void)state;
    seed_in(1, "cctns");
    seed_in(2, "icms");
    says(&portal, number_of(1), NULL, "REGD");
    says(&portal, number_of(2), NULL, "REGD");
    says(&police, police_number(1), number_of(1), "REGD");
    r = run(true, 1);
    assert_int_equal(r.police, 1);
    assert_int_equal(r.differences, 0);
}

/* What is on its way to one that was not asked is on its way. */
static void
test_on_the_way_to_another(void **state)
{
    (void)state;
    seed_complaint(1, "UP-147", "FWDD", MARKED);
    says(&portal, number_of(1), NULL, "FWDD");
    seed_run("INSERT INTO bridge.delivery (target, stream, bridge_id, source_system, key, digest, "
             "class, planned_run, last_run, planned_at) VALUES ('icms', 'complaint', 1, 'igrs', "
             "'', '', 'A', 1, 1, '2020-06-02T00:00:00Z')");
    (void)run(true, 1);
    assert_ask("01 missing at police = in flight", FOUND);
}

static void
test_a_portal_without_a_list(void **state)
{
    const struct compare_view by_unit = { .by = "unit" };
    struct compare_row *rows;
    struct compare_result r;
    size_t count;

    (void)state;
    seed_in(1, "cctns");
    seed_in(2, "cctns");
    says(&police, police_number(1), number_of(1), "REGD");
    r = run(false, 1);
    assert_int_equal(r.portal, 0);
    assert_int_equal(r.police, 1);
    assert_int_equal(r.staging, 2);
    assert_ask("02 missing at police = vanished", FOUND);
    says(&police, police_number(2), number_of(2), "REGD");
    seed_run("SET session_replication_role = replica");
    seed_run("TRUNCATE bridge.difference, bridge.control_total");
    seed_run("RESET session_replication_role");
    r = run(false, 1);
    assert_int_equal(r.differences, 0);
    assert_ok(compare_rows(seed.pg, seed.mem, "igrs", &by_unit, &rows, &count, &seed.err));
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].staging, 2);
    assert_true(rows[0].same);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, seed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_two_police_systems),
        TEST(test_one_was_not_asked),
        TEST(test_on_the_way_to_another),
        TEST(test_a_portal_without_a_list),
    };

    return cmocka_run_group_tests(tests, seed_group, seed_group_end);
}
