/*
 * The role of a cell: taken and left by the login of the nightly run, not by that of a district;
 * one moment, nothing written; lists of any length a page at a time.
 */
#include "seed.h"

#include "core/cell.h"

/* The program's connection as a login of its own, of one role. */
static struct pg *
open_as(const char *login, const char *role)
{
    struct pg *pg = NULL;

    seed_sql("DO $$ BEGIN CREATE ROLE %s LOGIN IN ROLE %s; EXCEPTION WHEN duplicate_object THEN "
             "NULL; END $$",
             login, role);
    assert_ok(pg_open(seed.mem, with_pg_as(login), "sql", "test", 60000, &pg, &seed.err));
    return pg;
}

struct heard {
    size_t count;
    char last[80];
    bool other; /* something of another unit */
    size_t stop;
};

static enum verdict
hear(void *to, const struct pg_rows *rows, size_t row, struct error *err)
{
    struct heard *heard = to;
    const char *place = pg_named(rows, row, "place");

    assert_true(strcmp(place, heard->last) > 0);
    snprintf(heard->last, sizeof heard->last, "%s", place);
    heard->other = heard->other || strcmp(pg_named(rows, row, "unit"), "UP-147") != 0;
    heard->count++;
    return heard->count == heard->stop ? error_set(err, V_REJECT, "test.stop", "enough") : V_OK;
}

static enum verdict
read_open(struct pg *pg, struct heard *heard)
{
    static const char *const values[] = { "open", "-infinity", "infinity", "2020-06-02T20:00:00Z",
                                          "Asia/Kolkata" };

    return cell_each(pg, "cell_list", values, COUNT(values), hear, heard, &seed.err);
}

static void
many(int own, int others)
{
    seed_sql("INSERT INTO bridge.complaint (source_system, number, number_norm, unit, status, "
             "first_run, last_run, staged_at, changed_at) SELECT 'igrs', 'N' || n, 'N' || n, CASE "
             "WHEN n > %d THEN 'UP-118' ELSE 'UP-147' END, 'FWDD', 1, 1, now(), now() FROM "
             "generate_series(1, %d) n",
             own, own + others);
}

static void
a_list_of_any_length(void **state)
{
    static const int sizes[] = { 0, 1, 999, 1000, 1001, 2500 };
    struct pg *pg = open_as("cell_run", "bridge_writer");

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct heard heard = { .count = 0 };

        seed_empty();
        many(sizes[i], 20);
        assert_ok(cell_enter(pg, seed.mem, "UP-147", &seed.err));
        assert_ok(read_open(pg, &heard));
        assert_int_equal(heard.count, sizes[i]);
        assert_false(heard.other);
        assert_ok(cell_leave(pg, seed.mem, &seed.err));
    }
    pg_close(pg);
}

static void
what_a_row_says_ends_the_reading(void **state)
{
    struct pg *pg = open_as("cell_run", "bridge_writer");
    struct heard heard = { .stop = 3 };

    (void)state;
    many(10, 0);
    assert_ok(cell_enter(pg, seed.mem, "UP-147", &seed.err));
    assert_int_equal(read_open(pg, &heard), V_REJECT);
    assert_int_equal(heard.count, 3);
    heard = (struct heard){ .stop = 0 }; /* and another may begin */
    assert_ok(read_open(pg, &heard));
    assert_int_equal(heard.count, 10);
    assert_ok(cell_leave(pg, seed.mem, &seed.err));
    pg_close(pg);
}

/* Between enter and leave only what a cell may; before and after, all that the run may. */
static void
the_role_is_taken_and_left(void **state)
{
    struct pg *pg = open_as("cell_run", "bridge_writer");
    struct pg_rows rows;

    (void)state;
    many(2, 3);
    assert_ok(pg_run(pg, seed.mem, "status_held", NULL, 0, &rows, &seed.err));
    assert_ok(cell_enter(pg, seed.mem, "UP-147", &seed.err));
    assert_ok(pg_run(pg, seed.mem, "cell_who", NULL, 0, &rows, &seed.err));
    assert_string_equal(pg_named(&rows, 0, "name_en"), "Kannauj");
    assert_int_equal(pg_run(pg, seed.mem, "status_held", NULL, 0, &rows, &seed.err), V_FATAL);
    assert_ok(cell_leave(pg, seed.mem, &seed.err));
    assert_false(pg_in_transaction(pg));
    assert_ok(pg_run(pg, seed.mem, "status_held", NULL, 0, &rows, &seed.err));

    /* without it, nothing is seen, and the next cell is another */
    assert_int_equal(pg_run(pg, seed.mem, "cell_who", NULL, 0, &rows, &seed.err), V_OK);
    assert_int_equal(rows.count, 0);
    assert_ok(cell_enter(pg, seed.mem, "UP-118", &seed.err));
    assert_ok(pg_run(pg, seed.mem, "cell_who", NULL, 0, &rows, &seed.err));
    assert_string_equal(pg_named(&rows, 0, "unit"), "UP-118");
    pg_rollback(pg);
    assert_ok(pg_run(pg, seed.mem, "cell_taken", NULL, 0, &rows, &seed.err));
    assert_false(pg_bool(&rows, 0, "taken"));
    pg_close(pg);
}

/* What is staged meanwhile is not seen half; and nothing is written. */
static void
one_moment_that_only_reads(void **state)
{
    struct pg *pg = open_as("cell_run", "bridge_writer");
    struct heard heard = { .count = 0 }, again = { .count = 0 };

    (void)state;
    many(5, 0);
    assert_ok(cell_enter(pg, seed.mem, "UP-147", &seed.err));
    assert_ok(read_open(pg, &heard));
    seed_sql("UPDATE bridge.complaint SET status = 'CLSD' WHERE number = 'N1'");
    assert_ok(read_open(pg, &again));
    assert_int_equal(heard.count, 5);
    assert_int_equal(again.count, 5);
    assert_int_equal(pg_query(pg, seed.mem, "test", "UPDATE bridge.complaint SET status = 'CLSD'",
                              NULL, &seed.err),
                     V_FATAL);
    assert_string_equal(seed.err.code, "pg.25006"); /* the transaction itself, not only the role */
    pg_rollback(pg);
    pg_close(pg);
}

static void
a_unit_that_is_not_there(void **state)
{
    static const char *const units[] = { "UP-999", "", "up-147", "UP-147'; --" };
    struct pg *pg = open_as("cell_run", "bridge_writer");

    (void)state;
    for (size_t i = 0; i < COUNT(units); i++) {
        assert_int_equal(cell_enter(pg, seed.mem, units[i], &seed.err), V_REJECT);
        assert_string_equal(seed.err.code, "cell.unit");
        assert_false(pg_in_transaction(pg));
    }
    pg_close(pg);
}

static void
a_district_may_not(void **state)
{
    struct pg *pg = open_as("cell_agra", "bridge_district");

    (void)state;
    assert_int_equal(cell_enter(pg, seed.mem, "UP-147", &seed.err), V_FATAL);
    assert_false(pg_in_transaction(pg));
    pg_close(pg);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, seed_setup, seed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_list_of_any_length),       TEST(what_a_row_says_ends_the_reading),
        TEST(the_role_is_taken_and_left), TEST(one_moment_that_only_reads),
        TEST(a_unit_that_is_not_there),   TEST(a_district_may_not),
    };

    return cmocka_run_group_tests(tests, seed_group, seed_group_end);
}
