/*
 * The privilege matrix: every role, every table, every verb; the books that are only added to; the
 * rows that a district sees. A table that is not listed here fails the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "with_pg.h"
#include "with_staging.h"

/* Letters: s select, i insert, u update, d delete, t truncate; S and U = of some columns only. */
static const struct {
    const char *table, *writer, *auditor, *district, *notifier;
} matrix[] = {
    { "migration", "s", "s", "", "" },
    { "unit", "s", "s", "s", "s" },
    { "unit_alias", "s", "s", "s", "" },
    { "sla_rule", "s", "s", "", "" },
    { "account", "s", "s", "", "" },
    { "district_member", "s", "s", "", "" },
    { "run", "siu", "s", "", "" },
    { "cursor", "siu", "s", "", "" },
    { "slot", "siu", "s", "", "" },
    { "arrival", "si", "s", "", "" },
    { "arrival_default", "s", "s", "", "" },
    { "complaint", "siu", "s", "s", "S" },
    { "complaint_version", "si", "s", "", "" },
    { "link", "si", "s", "s", "" },
    { "source_record", "siu", "s", "", "" },
    { "action", "siu", "s", "s", "" },
    { "attachment", "siu", "s", "s", "" },
    { "feedback", "siu", "s", "s", "" },
    { "held", "siu", "s", "", "" },
    { "delivery", "siu", "s", "", "" },
    { "attempt", "siU", "s", "", "" },
    { "ledger", "si", "s", "", "" },
    { "movement", "si", "s", "", "" },
    { "control_total", "si", "s", "", "" },
    { "difference", "si", "s", "", "" },
};
#define TABLES (sizeof matrix / sizeof *matrix)

static const struct {
    const char *verb, letter, of_columns;
} verbs[] = {
    { "SELECT", 's', 'S' }, { "INSERT", 'i', 0 },     { "UPDATE", 'u', 'U' }, { "DELETE", 'd', 0 },
    { "TRUNCATE", 't', 0 }, { "REFERENCES", 'r', 0 }, { "TRIGGER", 'g', 0 },
};

static bool
ask(const char *function, const char *role, const char *table, const char *verb)
{
    char sql[200];

    snprintf(sql, sizeof sql, "SELECT %s('%s', 'bridge.%s', '%s')::int", function, role, table,
             verb);
    return with_pg_number(sql) == 1;
}

static void
expect_rights(const char *role, const char *table, const char *rights)
{
    for (size_t v = 0; v < sizeof verbs / sizeof *verbs; v++) {
        bool whole = ask("has_table_privilege", role, table, verbs[v].verb);
        bool some =
            verbs[v].of_columns && ask("has_any_column_privilege", role, table, verbs[v].verb);

        if (whole != (strchr(rights, verbs[v].letter) != NULL))
            fail_msg("%s %s %s on %s", role, whole ? "may" : "may not", verbs[v].verb, table);
        if (verbs[v].of_columns &&
            (some && !whole) != (strchr(rights, verbs[v].of_columns) != NULL))
            fail_msg("%s: %s of columns of %s", role, verbs[v].verb, table);
    }
}

static void
every_role_table_verb(void **state)
{
    (void)state;
    assert_int_equal(with_pg_number("SELECT count(*) FROM pg_class WHERE relnamespace = "
                                    "'bridge'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')"),
                     TABLES);
    for (size_t t = 0; t < TABLES; t++) {
        expect_rights("bridge_owner", matrix[t].table, "siudtrg");
        expect_rights("bridge_writer", matrix[t].table, matrix[t].writer);
        expect_rights("bridge_auditor", matrix[t].table, matrix[t].auditor);
        expect_rights("bridge_district", matrix[t].table, matrix[t].district);
        expect_rights("bridge_notifier", matrix[t].table, matrix[t].notifier);
        expect_rights("public", matrix[t].table, "");
    }
}

static void
roles_are_modest(void **state)
{
    (void)state;
    assert_int_equal(with_pg_number("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'bridge%' "
                                    "AND (rolcanlogin OR rolsuper OR rolbypassrls OR "
                                    "rolcreaterole OR rolcreatedb)"),
                     0);
    assert_int_equal(with_pg_number("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'bridge%'"),
                     5);
    assert_int_equal(with_pg_number("SELECT count(*) FROM pg_class WHERE relnamespace = "
                                    "'bridge'::regnamespace AND relkind IN ('r', 'p', 'S') AND "
                                    "relowner <> 'bridge_owner'::regrole"),
                     0);
    assert_int_equal(with_pg_number("SELECT has_schema_privilege('public', 'bridge', 'USAGE')::int "
                                    "+ has_schema_privilege('bridge_writer', 'bridge', "
                                    "'CREATE')::int"),
                     0);
    assert_int_equal(with_pg_number("SELECT count(*) FROM pg_proc WHERE pronamespace = "
                                    "'bridge'::regnamespace AND (proconfig IS NULL OR "
                                    "has_function_privilege('public', oid, 'EXECUTE'))"),
                     0);
    assert_int_equal(with_pg_number("SELECT count(*) FROM pg_class WHERE relnamespace = "
                                    "'bridge'::regnamespace AND relrowsecurity AND "
                                    "relforcerowsecurity"),
                     5);
}

/* Also for a superuser: only taking the trigger away would help, and that shows. */
static void
books_are_only_added_to(void **state)
{
    static const char *const tables[] = { "ledger", "movement", "control_total",
                                          "complaint_version", "migration" };
    struct site *s = *state;

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        assert_string_equal(with_pg_state(arena_format(s->mem, "DELETE FROM bridge.%s", tables[i])),
                            "P0001");
        assert_string_equal(with_pg_state(arena_format(s->mem, "TRUNCATE bridge.%s", tables[i])),
                            "P0001");
    }
    assert_string_equal(with_pg_state("UPDATE bridge.ledger SET n = 1"), "P0001");
    assert_string_equal(with_pg_state("UPDATE bridge.movement SET key = ''"), "P0001");
    assert_string_equal(with_pg_state("UPDATE bridge.complaint_version SET version = 9"), "P0001");
    assert_string_equal(with_pg_state("DELETE FROM bridge.complaint"), "P0001");
    assert_string_equal(with_pg_state("DELETE FROM bridge.attempt"), "P0001");
}

static void
an_attempt_ends_once(void **state)
{
    struct site *s = *state;

    site_page(s, site_portal, "list",
              site_record(s, site_portal, "complaint", "number", "1", "status", "FWDD", NULL),
              NULL);
    with_pg_do("INSERT INTO bridge.delivery (target, stream, bridge_id, source_system, key, "
               "digest, class, planned_run, last_run, planned_at) SELECT 'cctns', 'complaint', "
               "bridge_id, 'igrs', '', '', 'A', 1, 1, now() FROM bridge.complaint");
    with_pg_do("INSERT INTO bridge.attempt (delivery_id, attempt, run_id, started_at) SELECT "
               "delivery_id, 1, 1, now() FROM bridge.delivery");
    with_pg_do("UPDATE bridge.attempt SET ended_at = now(), outcome = 'ok'");
    assert_string_equal(with_pg_state("UPDATE bridge.attempt SET outcome = 'reject'"), "P0001");
}

/* ---- rows ---- */

static void
fill(struct site *s)
{
    static const char *const units[] = { "UP-118", "UP-118-01", "UP-141", NULL };

    for (size_t i = 0; i < 4; i++) {
        char *number = arena_format(s->mem, "%zu", i);
        struct record *r = units[i] ? site_record(s, site_portal, "complaint", "number", number,
                                                  "status", "FWDD", "unit", units[i], NULL)
                                    : site_record(s, site_portal, "complaint", "number", number,
                                                  "status", "FWDD", NULL);

        site_nest(r, site_record(s, site_portal, "action", "key", "1", "at",
                                 "2020-06-01T05:00:00.000000Z", "action", "FWDD", NULL));
        site_nest(r, site_record(s, site_portal, "feedback", "key", "1", "at",
                                 "2020-06-01T05:00:00.000000Z", NULL));
        site_nest(r, site_record(s, site_portal, "attachment", "key", "1", NULL));
        site_page(s, site_portal, "list", r, NULL);
    }
}

static long
seen(struct site *s, const char *role, const char *table)
{
    long n;

    with_pg_do(arena_format(s->mem, "SET ROLE %s", role));
    n = with_pg_number(arena_format(s->mem, "SELECT count(*) FROM bridge.%s", table));
    with_pg_do("RESET ROLE");
    return n;
}

static void
a_district_sees_its_own(void **state)
{
    static const char *const tables[] = { "complaint", "link", "action", "feedback", "attachment" };
    static const struct {
        const char *role, *unit;
        long rows;
    } roles[] = {
        { "agra", "UP-118", 2 }, { "kotwali", "UP-118-01", 1 }, { "kannauj", "UP-141", 1 },
        { "state", "UP", 3 },    { "nobody", NULL, 0 },
    };
    struct site *s = *state;

    fill(s);
    for (size_t r = 0; r < sizeof roles / sizeof *roles; r++) {
        with_pg_do(
            arena_format(s->mem, "CREATE ROLE %s LOGIN IN ROLE bridge_district", roles[r].role));
        if (roles[r].unit)
            with_pg_do(arena_format(s->mem,
                                    "INSERT INTO bridge.district_member VALUES ('%s', "
                                    "'%s')",
                                    roles[r].role, roles[r].unit));
        for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
            assert_int_equal(seen(s, roles[r].role, tables[t]), roles[r].rows);
    }
    assert_int_equal(seen(s, "bridge_district", "complaint"), 0);
    assert_int_equal(seen(s, "bridge_auditor", "complaint"), 4);
    assert_int_equal(seen(s, "bridge_writer", "complaint"), 4);
    assert_int_equal(seen(s, "bridge_owner", "complaint"), 4);
    with_pg_do("SET ROLE kannauj");
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.complaint WHERE unit <> 'UP-141'"),
                     0);
    assert_string_equal(with_pg_state("SELECT * FROM bridge.held"), "42501");
    assert_string_equal(with_pg_state("SELECT * FROM bridge.district_member"), "42501");
    assert_string_equal(with_pg_state("UPDATE bridge.complaint SET status = 'DISP'"), "42501");
    with_pg_do("RESET ROLE");
    with_pg_do("SET ROLE bridge_notifier");
    assert_string_equal(with_pg_state("SELECT body FROM bridge.complaint"), "42501");
    assert_int_equal(with_pg_number("SELECT count(mobile) FROM bridge.complaint"), 0);
    with_pg_do("RESET ROLE");
}

/* Staging itself, as a login that is only a writer. */
static int
writer_begin(void **state)
{
    struct site *s;
    struct error err = { .code = "" };

    if (site_begin(state))
        return 1;
    s = *state;
    with_pg_do("DO $$ BEGIN CREATE ROLE nightly LOGIN IN ROLE bridge_writer; EXCEPTION WHEN "
               "duplicate_object THEN NULL; END $$");
    pg_close(s->pg);
    if (pg_open(s->mem, with_pg_as("nightly"), "sql", "test", 60000, &s->pg, &err))
        return 1;
    return 0;
}

static void
the_writer_stages(void **state)
{
    struct site *s = *state;

    site_open_run(s);
    fill(s);
    fill(s);
    assert_int_equal(s->tally.unchanged, 1);
    site_next_run(s);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, site_begin, site_end)
    const struct CMUnitTest tests[] = {
        TEST(every_role_table_verb),
        TEST(roles_are_modest),
        TEST(books_are_only_added_to),
        TEST(an_attempt_ends_once),
        TEST(a_district_sees_its_own),
        cmocka_unit_test_setup_teardown(the_writer_stages, writer_begin, site_end),
    };
    return cmocka_run_group_tests(tests, site_group_begin, site_group_end);
}
