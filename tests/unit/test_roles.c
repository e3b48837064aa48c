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
#include "core/run.h"
#include "with_pg.h"
#include "with_staging.h"

/* Letters: s select, i insert, u update, d delete, t truncate; S and U = of some columns only. */
static const struct {
    const char *table, *writer, *auditor, *district, *notifier;
} matrix[] = {
    { "migration", "s", "s", "", "" },
    { "unit", "s", "s", "s", "s" },
    { "unit_alias", "s", "s", "s", "" },
    { "unit_root", "s", "s", "", "" },
    { "sla_rule", "s", "s", "", "" },
    { "sla_rule_version", "s", "s", "", "" },
    { "holiday", "s", "s", "", "" },
    { "due_history", "si", "s", "", "" },
    { "system", "siu", "s", "", "" },
    { "sealed", "Siu", "", "", "s" }, /* whoever writes it cannot read it */
    { "account", "s", "s", "", "" },
    { "district_member", "s", "s", "", "" },
    { "run", "siu", "s", "", "S" },
    { "cursor", "siu", "s", "", "" },
    { "slot", "siu", "s", "", "" },
    { "arrival", "si", "s", "", "" },
    { "arrival_default", "s", "s", "", "" },
    { "complaint", "siu", "s", "s", "S" },
    { "complaint_version", "si", "s", "", "" },
    { "link", "si", "s", "s", "" },
    { "source_record", "siu", "s", "", "" },
    { "action", "siu", "s", "s", "S" },
    { "attachment", "siu", "s", "s", "" },
    { "feedback", "siu", "s", "s", "" },
    { "held", "siu", "s", "", "" },
    { "delivery", "siu", "s", "", "" },
    { "attempt", "siU", "s", "", "" },
    { "ledger", "si", "s", "", "" },
    { "movement", "si", "s", "", "" },
    { "control_total", "si", "s", "", "" },
    { "difference", "si", "s", "", "" },
    { "comparison", "siu", "s", "", "" },
    { "compared", "siu", "s", "", "" },
    { "listed", "siud", "s", "", "" },
    { "signoff", "si", "s", "", "" },
    { "ranking_rule", "s", "s", "", "" },
    { "recovery", "siu", "s", "", "" },
    { "sweep", "siu", "s", "", "" },
    { "canary", "siu", "s", "", "" },
    { "ledger_link", "s", "s", "", "" }, /* tied by a function of its owner */
    { "ledger_head", "s", "s", "", "" },
    { "checkpoint", "si", "s", "", "" },
    { "anchor", "si", "s", "", "" },
    { "erasure", "s", "s", "", "" }, /* written by a function of its owner */
    { "erased_content", "s", "s", "", "" },
    { "finding", "siU", "s", "", "" },
    { "rule_parameter", "s", "s", "", "" },
    { "state_step", "s", "s", "", "" },
    { "sms_template", "s", "s", "", "s" },
    { "message_start", "si", "s", "", "" },
    { "message_mark", "siu", "s", "", "" },
    { "message_report", "s", "s", "", "si" },
    { "message_matter", "", "", "", "s" },
    { "message_paper", "", "", "", "s" },
    { "message", "si", "s", "", "sU" },
    { "package", "siU", "s", "", "" },
    { "match_key", "sid", "s", "", "" },
    { "match_seen", "siud", "s", "", "" },
    { "duplicate_pair", "siud", "s", "", "" },
    { "duplicate_word", "si", "s", "", "" },
    { "duplicate_edge", "s", "s", "", "" },
    { "duplicate_group", "s", "s", "", "" },
    { "reply_word", "s", "s", "", "" },
    { "cell_complaint", "", "", "", "" },
    { "cell_action", "", "", "", "" },
    { "cell_moved", "", "", "", "" },
    { "cell_reply", "", "", "", "" },
    { "cell_twin", "", "", "", "" },
};
#define TABLES (sizeof matrix / sizeof *matrix)

/* The role that a run takes for the office of a unit; nothing of what is not named. */
static const char *const cell_rights[][2] = {
    { "unit", "s" },           { "system", "S" },      { "complaint", "S" },  { "link", "S" },
    { "action", "S" },         { "attachment", "S" },  { "feedback", "S" },   { "reply_word", "s" },
    { "cell_complaint", "s" }, { "cell_action", "s" }, { "cell_moved", "s" }, { "cell_reply", "s" },
    { "cell_twin", "s" },
};

static const char *
of_cell(const char *table)
{
    for (size_t i = 0; i < sizeof cell_rights / sizeof *cell_rights; i++)
        if (strcmp(cell_rights[i][0], table) == 0)
            return cell_rights[i][1];
    return "";
}

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
    assert_int_equal(
        with_pg_number("SELECT count(*) FROM pg_class WHERE relnamespace = "
                       "'bridge'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') AND "
                       "relname !~ '^arrival_[0-9]{4}_[0-9]{2}$'"),
        TABLES);
    for (size_t t = 0; t < TABLES; t++) {
        expect_rights("bridge_owner", matrix[t].table, "siudtrg");
        expect_rights("bridge_writer", matrix[t].table, matrix[t].writer);
        expect_rights("bridge_auditor", matrix[t].table, matrix[t].auditor);
        expect_rights("bridge_district", matrix[t].table, matrix[t].district);
        expect_rights("bridge_notifier", matrix[t].table, matrix[t].notifier);
        expect_rights("bridge_cell", matrix[t].table, of_cell(matrix[t].table));
        expect_rights("public", matrix[t].table, "");
    }
}

/* A month of arrivals is a table of its own: nobody but its owner reaches it, save through the
 * whole.
 */
static void
a_month_of_arrivals(void **state)
{
    static const char *const roles[] = { "bridge_writer",   "bridge_auditor", "bridge_district",
                                         "bridge_notifier", "bridge_cell",    "public" };
    struct site *s = *state;

    assert_int_equal(with_pg_number("SELECT count(*) FROM pg_inherits WHERE inhparent = "
                                    "'bridge.arrival'::regclass"),
                     3); /* default, this month, the next */
    with_pg_do("SET ROLE bridge_writer");
    assert_string_equal(with_pg_text("SELECT concat_ws(' ', bridge.make_arrival_month("
                                     "'2031-12-31T23:59:59Z'), bridge.make_arrival_month("
                                     "'2031-12-01T00:00:00Z'), bridge.make_arrival_month("
                                     "'2032-01-01T00:00:00Z'))"),
                        "t f t");
    with_pg_do("INSERT INTO bridge.arrival (arrived_at, run_id, system, stream, key, sha256) "
               "SELECT t::timestamptz, 1, 'igrs', 'complaint', t, sha256('x') FROM unnest(ARRAY["
               "'2031-11-30T23:59:59Z', '2031-12-01T00:00:00Z', '2032-01-31T23:59:59Z', "
               "'2032-02-01T00:00:00Z']) t");
    /* rows stand in the default partition already: nothing is lost, nothing is made */
    assert_string_equal(with_pg_text("SELECT bridge.make_arrival_month('2032-02-15T00:00:00Z')"),
                        "f");
    with_pg_do("RESET ROLE");
    assert_string_equal(with_pg_text("SELECT string_agg(tableoid::regclass || ' ' || key, ', ' "
                                     "ORDER BY key) FROM bridge.arrival"),
                        "bridge.arrival_default 2031-11-30T23:59:59Z, "
                        "bridge.arrival_2031_12 2031-12-01T00:00:00Z, "
                        "bridge.arrival_2032_01 2032-01-31T23:59:59Z, "
                        "bridge.arrival_default 2032-02-01T00:00:00Z");
    for (size_t r = 0; r < sizeof roles / sizeof *roles; r++)
        expect_rights(roles[r], "arrival_2031_12", "");
    assert_string_equal(with_pg_text("SELECT tableowner FROM pg_tables WHERE tablename = "
                                     "'arrival_2031_12'"),
                        "bridge_owner");
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.arrival WHERE key LIKE '2032-0%'"),
                     2);
    site_next_run(s);
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
                     6);
    assert_int_equal(
        with_pg_number("SELECT count(*) FROM pg_class WHERE relnamespace = "
                       "'bridge'::regnamespace AND relkind IN ('r', 'p', 'v', 'S') AND "
                       "relowner <> 'bridge_owner'::regrole"),
        0);
    assert_int_equal(with_pg_number("SELECT has_schema_privilege('public', 'bridge', 'USAGE')::int "
                                    "+ has_schema_privilege('bridge_writer', 'bridge', "
                                    "'CREATE')::int"),
                     0);
    assert_int_equal(with_pg_number("SELECT count(*) FROM pg_proc WHERE pronamespace = "
                                    "'bridge'::regnamespace AND ((prosecdef AND proconfig "
                                    "IS NULL AND prosqlbody IS NULL) OR "
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
    if (run_close(s->pg, s->mem, s->run_id, 0, "done", &err)) /* lets the lock go at once */
        return 1;
    pg_close(s->pg);
    if (pg_open(s->mem, with_pg_as("nightly"), "sql", "test", 60000, &s->pg, &err))
        return 1;
    return 0;
}

static const struct pg_rows *
run_as(struct site *s, const char *statement, const char *const *values, size_t count)
{
    struct pg_rows *rows = arena_alloc(s->mem, sizeof *rows);
    struct error err = { .code = "" };

    if (pg_run(s->pg, s->mem, statement, values, count, rows, &err))
        fail_msg("%s: %s %s", statement, err.code, err.text);
    return rows;
}

/* Plan, claim, settle and compare: the statements themselves, as the nightly login runs them. */
static void
deliver_as_writer(struct site *s)
{
    const char *run = pg_of_int(s->mem, s->run_id), *now = "2020-06-02T00:00:00.000000Z";
    const char *text[] = { "x" }, *empty[] = { NULL };
    const char *x = pg_of_texts(s->mem, text, 1), *none = pg_of_texts(s->mem, empty, 1);
    const char *plan[] = { run, "cctns", now, "A", NULL, "A", "false", x, x, x, x, "A" };
    const char *claim[] = { run, now, "cctns", "complaint", "2", "sending", "true" };
    const struct pg_rows *rows;
    const char *ids[2];

    run_as(s, "plan_add", plan, 12);
    rows = run_as(s, "delivery_claim", claim, 7);
    assert_int_equal(rows->count, 2);
    for (size_t i = 0; i < 2; i++)
        ids[i] = pg_named(rows, i, "delivery_id");

    const char *two = pg_of_texts(s->mem, ids, 2), *first = pg_of_texts(s->mem, ids, 1);
    const char *lock[] = { two };
    const char *book[] = { run, now, two, NULL, NULL, NULL };
    const char *from[] = { "outbox", "outbox" }, *to[] = { "sending", "sending" };
    const char *confirmed[] = { "confirmed" }, *number[] = { "P1" }, *ok[] = { "ok" };
    const char *move[] = { run,  now,     first, pg_of_texts(s->mem, confirmed, 1), none, none,
                           none, "false", none };
    const char *attempt[] = { run,  now,  first, pg_of_texts(s->mem, ok, 1), none, none,
                              none, none, "true" };
    const char *link[] = {
        run, now, first, pg_of_texts(s->mem, number, 1), pg_of_texts(s->mem, number, 1), "register"
    };
    const char *hold[] = { run, now, first, pg_of_texts(s->mem, ok, 1), x, none };

    book[3] = pg_of_texts(s->mem, from, 2);
    book[4] = pg_of_texts(s->mem, to, 2);
    book[5] = pg_of_texts(s->mem, (const char *[]){ NULL, NULL }, 2);
    run_as(s, "delivery_books", book, 6);
    run_as(s, "delivery_lock", lock, 1);
    run_as(s, "delivery_lock_sending", NULL, 0);
    run_as(s, "delivery_move", move, 9);
    run_as(s, "delivery_attempts", attempt, 9);
    run_as(s, "delivery_link", link, 6);
    hold[3] = pg_of_texts(s->mem, (const char *[]){ "refused" }, 1);
    run_as(s, "delivery_hold", hold, 6);

    static const char *const made[] = { "compare_make_ids",   "compare_make_count",
                                        "compare_make_match", "compare_make_found",
                                        "compare_clear",      "compare_analyze" };
    const char *police = pg_of_texts(s->mem, (const char *[]){ "cctns" }, 1);
    const char *fill_values[] = { "igrs", police, x, x, x, x, x };
    const char *find[] = { "igrs", police, now, run, "true", NULL, NULL, x, x, x, "0" };
    const char *release[] = { "igrs", now, now };
    const char *due[] = { "igrs", run, NULL, NULL, "5", now };
    const char *compared[] = { run, "igrs", now, police, "true", NULL };
    const char *keep[] = { run, "igrs" }, *gone[] = { "igrs", police, now };
    struct error err;

    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        run_as(s, made[i], NULL, 0);
    run_as(s, "prove_due", due, 6);
    run_as(s, "sweep_release", release, 3);
    if (pg_begin(s->pg, &err))
        fail_msg("%s", err.text);
    run_as(s, "compare_fill", fill_values, 7);
    run_as(s, "compare_find", find, 11);
    run_as(s, "compare_signed", keep + 1, 1);
    run_as(s, "compare_keep_totals", keep, 2);
    run_as(s, "compare_keep_differences", keep, 2);
    run_as(s, "compare_keep_comparison", compared, 6);
    run_as(s, "compare_keep_members", gone, 3);
    run_as(s, "compare_keep_gone", gone, 1);
    run_as(s, "compare_keep_vanished", gone, 3);
    if (pg_commit(s->pg, &err))
        fail_msg("%s", err.text);
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.difference"), 8);
}

static void
the_writer_stages(void **state)
{
    struct site *s = *state;

    site_open_run(s);
    fill(s);
    fill(s);
    assert_int_equal(s->tally.unchanged, 1);
    deliver_as_writer(s);
    site_next_run(s);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, site_begin, site_end)
    const struct CMUnitTest tests[] = {
        TEST(every_role_table_verb),
        TEST(a_month_of_arrivals),
        TEST(roles_are_modest),
        TEST(books_are_only_added_to),
        TEST(an_attempt_ends_once),
        TEST(a_district_sees_its_own),
        cmocka_unit_test_setup_teardown(the_writer_stages, writer_begin, site_end),
    };
    return cmocka_run_group_tests(tests, site_group_begin, site_group_end);
}
