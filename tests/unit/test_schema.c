/*
 * Migrations (forward only, unaltered), reference data, runs and their locks, and what status says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "core/ask.h"
#include "core/run.h"
#include "core/schema.h"
#include "digest.h"
#include "with_pg.h"
#include "with_staging.h"

static struct pg *
open_pg(struct site *s, const char *info)
{
    struct error err = { .code = "" };
    struct pg *pg = NULL;

    if (pg_open(s->mem, info, "sql", "test", 60000, &pg, &err))
        fail_msg("%s %s", err.code, err.text);
    return pg;
}

static void
put_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* ---- every named statement ---- */

static void
every_statement_is_accepted(void **state)
{
    static const char *const temporary[] = { "compare_make_ids",   "compare_make_count",
                                             "compare_make_match", "compare_make_found",
                                             "digest_make_sum",    "digest_make_row" };
    struct site *s = *state; /* the tables of staging were made by its opening */
    struct error err = { .code = "" };

    for (size_t i = 0; i < sizeof temporary / sizeof *temporary; i++)
        assert_int_equal(pg_run(s->pg, s->mem, temporary[i], NULL, 0, NULL, &err), V_OK);
    if (pg_prepare_all(s->pg, &err))
        fail_msg("%s %s (%s)", err.code, err.text, err.where);
}

static void
statements_are_read_strictly(void **state)
{
    static const struct {
        const char *text, *where;
    } cases[] = {
        { "-- name: a (x nosuch)\nSELECT 1;\n", "bad.sql:1" },
        { "-- name: a\nSELECT 1;\n-- name: b (x int\nSELECT 2;\n", "bad.sql:3" },
        { "-- name: \nSELECT 1;\n", "bad.sql:1" },
        { "-- name: a\nSELECT 1;\n-- name: a\nSELECT 2;\n", "" },
    };
    struct site *s = *state;
    char folder[] = "/tmp/bridge-sql-XXXXXX";
    const char *queries, *path;
    struct error err = { .code = "" };
    struct pg *pg = NULL;

    assert_non_null(mkdtemp(folder));
    queries = arena_format(s->mem, "%s/queries", folder);
    path = arena_format(s->mem, "%s/bad.sql", queries);
    assert_int_equal(mkdir(queries, 0700), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_file(path, cases[i].text);
        assert_int_equal(pg_open(s->mem, with_pg_as("postgres"), folder, "test", 1000, &pg, &err),
                         V_FATAL);
        assert_string_equal(err.code, "sql.name");
        assert_non_null(strstr(err.where, cases[i].where));
    }
    unlink(path);
    rmdir(queries);
    rmdir(folder);
}

/* ---- migrations ---- */

static void
copy_file(struct site *s, const char *from, const char *to, const char *more)
{
    char *bytes = arena_alloc(s->mem, 1 << 20);
    FILE *file = fopen(from, "rb");
    size_t len;

    assert_non_null(file);
    len = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    file = fopen(to, "wb");
    assert_non_null(file);
    fwrite(bytes, 1, len, file);
    fputs(more, file);
    fclose(file);
}

static void
forward_only_and_unaltered(void **state)
{
    static const struct unit root = { .code = "UP", .level = "STATE", .name_en = "UP" };
    struct units units = { .items = &root, .count = 1 };
    struct site *s = *state;
    struct schema_state now;
    struct error err = { .code = "" };
    char folder[] = "/tmp/bridge-sql-XXXXXX";
    struct pg *pg = open_pg(s, with_pg_database("fresh", NULL));
    char *one, *two, *systems, *deadline, *three, *four, *rules;

    assert_non_null(mkdtemp(folder));
    one = arena_format(s->mem, "%s/0001_staging.sql", folder);
    two = arena_format(s->mem, "%s/0002_roles.sql", folder);
    systems = arena_format(s->mem, "%s/0003_systems.sql", folder);
    deadline = arena_format(s->mem, "%s/0004_deadline.sql", folder);
    three = arena_format(s->mem, "%s/0005_more.sql", folder);
    four = arena_format(s->mem, "%s/0007_gap.sql", folder);
    rules = arena_format(s->mem, "%s/sla.csv", folder);
    put_file(rules, "system,ref_type,days,start_event,source\nigrs,*,30,marked_at,test\n");
    copy_file(s, "sql/0001_staging.sql", one, "");
    copy_file(s, "sql/0002_roles.sql", two, "");
    copy_file(s, "sql/0003_systems.sql", systems, ""); /* the rules take the shape that they have */
    copy_file(s, "sql/0011_deadline.sql", deadline, "");

    assert_int_equal(schema_status(pg, s->mem, folder, &now, &err), V_OK);
    assert_int_equal(now.version, 0);
    assert_string_equal(now.pending, "0001_staging 0002_roles 0003_systems 0004_deadline");
    if (schema_apply(pg, s->mem, folder, folder, &units, &now, &err))
        fail_msg("%s %s", err.text, err.where);
    assert_int_equal(now.version, 4);
    assert_int_equal(schema_apply(pg, s->mem, folder, folder, &units, &now, &err), V_OK);
    assert_string_equal(now.pending, "");

    put_file(three, "CREATE TABLE bridge.more (x int);\nSELECT broken;\n");
    assert_int_equal(schema_apply(pg, s->mem, folder, folder, &units, &now, &err), V_FATAL);
    assert_non_null(strstr(err.where, "0005_more.sql:2"));
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.migration"), 4);
    assert_string_equal(with_pg_text("SELECT to_regclass('bridge.more')"), "");
    put_file(three, "CREATE TABLE bridge.more (x int);\n");
    assert_int_equal(schema_apply(pg, s->mem, folder, folder, &units, &now, &err), V_OK);
    assert_string_equal(now.pending, "0005_more");

    copy_file(s, "sql/0002_roles.sql", two, "\n");
    assert_int_equal(schema_status(pg, s->mem, folder, &now, &err), V_FATAL);
    assert_string_equal(err.code, "schema.altered");
    copy_file(s, "sql/0002_roles.sql", two, "");
    unlink(three);
    assert_int_equal(schema_apply(pg, s->mem, folder, folder, &units, &now, &err), V_FATAL);
    assert_string_equal(err.code, "schema.newer");
    put_file(four, "");
    assert_int_equal(schema_status(pg, s->mem, folder, &now, &err), V_FATAL);
    assert_string_equal(err.code, "schema.gap");
    pg_close(pg);
    unlink(one);
    unlink(two);
    unlink(systems);
    unlink(deadline);
    unlink(four);
    unlink(rules);
    rmdir(folder);
}

static void
units_are_kept_and_closed(void **state)
{
    static const struct unit_alias old[] = { { .scheme = "name", .code = "Allahabad" },
                                             { .scheme = "lgd", .code = "119" } };
    static const struct unit_alias new[] = { { .scheme = "name", .code = "Prayagraj" },
                                             { .scheme = "lgd", .code = "119" } };
    struct unit items[] = {
        { .code = "UP", .level = "STATE", .name_en = "UP" },
        { .code = "UP-119",
          .parent = "UP",
          .level = "DISTRICT",
          .name_en = "Allahabad",
          .name_hi = "\"प्रयागराज\", \\",
          .aliases = old,
          .alias_count = 2 },
        { .code = "UP-120",
          .parent = "UP",
          .level = "DISTRICT",
          .name_en = "Other",
          .aliases = &new[1],
          .alias_count = 1 },
    };
    struct units units = { .items = items, .count = 3 };
    struct site *s = *state;
    struct schema_state now;
    struct error err = { .code = "" };
    char before[64];

    if (schema_apply(s->pg, s->mem, "sql", "mappings", &units, &now, &err))
        fail_msg("%s %s", err.text, err.where);
    assert_string_equal(with_pg_text("SELECT name_hi FROM bridge.unit WHERE unit = 'UP-119'"),
                        "\"प्रयागराज\", \\");
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.unit WHERE unit = 'UP-141' AND "
                                    "valid_to <= current_date"),
                     1); /* of the model; not listed */
    snprintf(before, sizeof before, "%s", site_print(""));
    assert_int_equal(schema_apply(s->pg, s->mem, "sql", "mappings", &units, &now, &err), V_OK);
    assert_string_equal(site_print(""), before);

    items[1].aliases = new;
    items[1].name_en = "Prayagraj";
    units.count = 2;
    assert_int_equal(schema_apply(s->pg, s->mem, "sql", "mappings", &units, &now, &err), V_OK);
    assert_string_equal(with_pg_text("SELECT string_agg(code, ' ' ORDER BY code) FROM "
                                     "bridge.unit_alias WHERE valid_to = 'infinity'"),
                        "119 Prayagraj");
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.unit_alias WHERE valid_to <= "
                                    "current_date"),
                     2);
    units.count = 3;
    assert_int_equal(schema_apply(s->pg, s->mem, "sql", "mappings", &units, &now, &err), V_OK);
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.unit WHERE unit = 'UP-120' AND "
                                    "valid_to = 'infinity'"),
                     1);
    assert_int_equal(with_pg_number("SELECT days FROM bridge.sla_rule WHERE system = 'igrs'"), 30);
}

/* ---- runs ---- */

static void
one_run_at_a_time(void **state)
{
    const struct run_opening same = { "again", "test", "test 0", "", false };
    const struct run_opening other = { "other", "other", "test 0", "", false };
    struct site *s = *state;
    struct error err = { .code = "" };
    struct pg *second = open_pg(s, with_pg_as("postgres"));
    int64_t id = 0;
    long lost = -1;

    assert_int_equal(run_open(second, s->mem, &same, &id, &lost, &err), V_RETRY);
    assert_string_equal(err.code, "run.locked");
    assert_int_equal(run_open(second, s->mem, &other, &id, &lost, &err), V_OK);
    assert_int_equal(lost, 0);
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.run WHERE state = 'running'"), 2);
    assert_int_equal(run_close(second, s->mem, id, 75, "a peer was down", &err), V_OK);
    assert_string_equal(with_pg_text("SELECT state || exit_code FROM bridge.run WHERE job = "
                                     "'other'"),
                        "failed75");
    assert_int_equal(run_close(second, s->mem, id, 0, "", &err), V_FATAL);
    assert_non_null(strstr(with_pg_text("SELECT program FROM bridge.run LIMIT 1"), "PostgreSQL 1"));
    pg_close(second);
}

static void
a_killed_run_is_lost(void **state)
{
    const struct run_opening same = { "again", "test", "test 0", "", false };
    const struct run_opening other = { "other", "other", "test 0", "", false };
    struct site *s = *state;
    struct error err = { .code = "" };
    struct pg *second = open_pg(s, with_pg_as("postgres"));
    int64_t id = 0;
    long lost = -1;

    assert_int_equal(run_open(second, s->mem, &other, &id, &lost, &err), V_OK);
    pg_close(second); /* without a word */
    pg_close(s->pg);
    s->pg = open_pg(s, with_pg_as("postgres"));
    while (with_pg_number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") > 0)
        with_pg_do("SELECT pg_sleep(0.01)");
    assert_int_equal(run_open(s->pg, s->mem, &same, &id, &lost, &err), V_OK);
    assert_int_equal(lost, 2);
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.run WHERE state = 'lost' AND "
                                    "ended_at IS NOT NULL"),
                     2);
}

static void
status_says_how_it_stands(void **state)
{
    struct site *s = *state;
    struct ask_status status;
    struct error err = { .code = "" };

    site_page(s, site_portal, "list",
              site_record(s, site_portal, "complaint", "number", "1", "status", "FWDD", NULL),
              site_record(s, site_portal, "complaint", "number", "2", "status", "", NULL), NULL);
    site_next_run(s);
    with_pg_do("INSERT INTO bridge.slot VALUES ('nightly', now() - interval '1 day', 'missed')");
    if (ask_status(s->pg, s->mem, &status, &err))
        fail_msg("%s %s", err.code, err.text);
    assert_int_equal(status.systems.count, 1);
    assert_string_equal(pg_named(&status.systems, 0, "system"), "igrs");
    assert_non_null(pg_named(&status.systems, 0, "last_success"));
    assert_int_equal(pg_int(&status.systems, 0, "held"), 1);
    assert_int_equal(pg_int(&status.systems, 0, "complaints"), 1);
    assert_int_equal(status.held.count, 1);
    assert_string_equal(pg_named(&status.held, 0, "reason"), "stage.required");
    assert_int_equal(status.runs.count, 2);
    assert_int_equal(status.missed.count, 1);
    assert_int_equal(status.backlog.count, 0);
}

/* ---- the connection ---- */

static void
failures_have_verdicts(void **state)
{
    static const struct {
        const char *info, *code;
        enum verdict want;
    } cases[] = {
        { "host=/nowhere dbname=x", "pg.connect", V_RETRY },
        { "host=127.0.0.1 port=1 dbname=x", "pg.connect", V_RETRY },
        { "host=x nonsense", "pg.conninfo", V_FATAL },
        { "nonsense=x", "pg.conninfo", V_FATAL },
    };
    struct site *s = *state;
    struct error err = { .code = "" };
    struct pg *pg = NULL;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(pg_open(s->mem, cases[i].info, "sql", "test", 1000, &pg, &err),
                         cases[i].want);
        assert_string_equal(err.code, cases[i].code);
        assert_null(pg);
    }
    assert_int_equal(pg_open(s->mem, "x", "nowhere", "test", 1000, &pg, &err), V_FATAL);
    assert_int_equal(pg_run(s->pg, s->mem, "no_such", NULL, 0, NULL, &err), V_FATAL);
    assert_string_equal(err.code, "sql.name");
    with_pg_do("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE "
               "application_name = 'test'");
    assert_int_equal(pg_run(s->pg, s->mem, "status_runs", NULL, 0, NULL, &err), V_RETRY);
}

static void
arrays_survive(void **state)
{
    static const char *const texts[] = { "a", NULL, "", "\"q\\", "{,}", "NULL", "हिन्दी" };
    struct site *s = *state;

    assert_string_equal(with_pg_text(arena_format(
                            s->mem,
                            "SELECT string_agg(COALESCE('<' || x || '>', '-'), '' ORDER BY n) FROM "
                            "unnest(E'%s'::text[]) WITH ORDINALITY AS t (x, n)",
                            "{\"a\",NULL,\"\",\"\\\\\"q\\\\\\\\\",\"{,}\",\"NULL\",\"हिन्दी\"}")),
                        "<a>-<><\"q\\><{,}><NULL><हिन्दी>");
    assert_string_equal(pg_of_texts(s->mem, texts, 7),
                        "{\"a\",NULL,\"\",\"\\\"q\\\\\",\"{,}\",\"NULL\",\"हिन्दी\"}");
    assert_string_equal(pg_of_bytes(s->mem, "\0\xff", 2), "\\x00ff");
}

static const char *
sha256_of(struct site *s, const char *path)
{
    unsigned char sum[DIGEST_BYTES];
    char *bytes = arena_alloc(s->mem, 1 << 20), hex[DIGEST_HEX];
    FILE *file = fopen(path, "rb");
    size_t len;

    assert_non_null(file);
    len = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    digest_of(bytes, len, sum);
    digest_hex(sum, hex);
    return arena_copy(s->mem, hex);
}

/* A database of the release before, with what a night left there, is brought forward as it is. */
static void
brought_forward(void **state)
{
    static const struct unit root = { .code = "UP", .level = "STATE", .name_en = "UP" };
    struct units units = { .items = &root, .count = 1 };
    struct site *s = *state;
    struct schema_state now;
    struct error err = { .code = "" };
    struct pg *pg = open_pg(s, with_pg_database("older", NULL));
    static const char *const files[] = { "sql/0001_staging.sql", "sql/0002_roles.sql" };

    for (size_t i = 0; i < 2; i++) {
        if (pg_begin(pg, &err) || pg_script(pg, files[i], &err) || pg_commit(pg, &err))
            fail_msg("%s %s", err.text, err.where);
        with_pg_do(arena_format(
            s->mem, "INSERT INTO bridge.migration VALUES (%zu, '%.*s', '\\x%s', now())", i + 1,
            (int)strlen(files[i]) - 8, files[i] + 4, sha256_of(s, files[i])));
    }
    with_pg_do("INSERT INTO bridge.unit (unit, level, name_en) VALUES ('UP', 'STATE', 'UP')");
    with_pg_do("INSERT INTO bridge.sla_rule VALUES ('igrs', '*', 30, 'marked_at', 'x')");
    with_pg_do(
        "INSERT INTO bridge.run (job, started_at, host, pid, program) VALUES ('sync', now(), "
        "'h', 1, 'p')");
    with_pg_do(
        "INSERT INTO bridge.complaint (source_system, number, number_norm, status, first_run, "
        "last_run, staged_at, changed_at) VALUES ('igrs', '1', '1', 'DISP', 1, 1, now(), "
        "now())");
    with_pg_do(
        "INSERT INTO bridge.attachment (bridge_id, system, key, size, digest, as_received, "
        "first_run, last_run, staged_at) VALUES (1, 'igrs', 'a', 7, sha256('a'), '{}', 1, 1, "
        "now())");
    with_pg_do("INSERT INTO bridge.arrival (arrived_at, run_id, system, stream, key, sha256, body) "
               "VALUES (now(), 1, 'igrs', 'complaint', '1', sha256('a'), 'a')");
    with_pg_do(
        "INSERT INTO bridge.delivery (target, stream, bridge_id, source_system, key, digest, "
        "class, planned_run, last_run, planned_at) VALUES ('cctns_up', 'complaint', 1, 'igrs', "
        "'', '', 'A', 1, 1, now())");
    with_pg_do("INSERT INTO bridge.attempt (delivery_id, attempt, run_id, started_at, ended_at) "
               "SELECT delivery_id, 1, 1, now(), now() FROM bridge.delivery");
    with_pg_do("UPDATE bridge.complaint SET police_system = 'cctns_up', police_number = '7'");
    with_pg_do("INSERT INTO bridge.link VALUES ('cctns_up', '7', '7', 1, 1, now())");
    with_pg_do("INSERT INTO bridge.cursor VALUES ('cctns_up', 'complaints', now(), '7', 1)");
    with_pg_do(
        "INSERT INTO bridge.action (bridge_id, system, key, at, action, digest, as_received, "
        "first_run, last_run, staged_at) VALUES (1, 'cctns_up', '1', now(), 'DISP', "
        "sha256('a'), '{}', 1, 1, now())");
    if (schema_apply(pg, s->mem, "sql", "mappings", &units, &now, &err))
        fail_msg("%s %s", err.text, err.where);
    assert_int_equal(strncmp(now.pending, "0003_systems 0004_sure", 22), 0);
    /* what was planned for it, is linked to it and came from it stays so under its new name */
    assert_string_equal(
        with_pg_text("SELECT concat_ws(' ', c.police_system, l.system, d.target, d.source_system, "
                     "a.system, k.system) FROM bridge.complaint c JOIN bridge.link l USING "
                     "(bridge_id) JOIN bridge.delivery d USING (bridge_id) JOIN bridge.action a "
                     "USING (bridge_id), bridge.cursor k"),
        "cctns cctns cctns igrs cctns cctns");
    assert_int_equal(
        with_pg_number("SELECT count(*) FROM bridge.complaint WHERE status = 'DISP' AND "
                       "kind IS NULL"),
        1);
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.arrival WHERE NOT sealed"), 1);
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.attempt WHERE NOT sealed"), 1);
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.sla_rule WHERE start_event = "
                                    "'direction_at'"),
                     1);
    pg_close(pg);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, site_begin, site_end)
    const struct CMUnitTest tests[] = {
        TEST(every_statement_is_accepted), TEST(statements_are_read_strictly),
        TEST(forward_only_and_unaltered),  TEST(brought_forward),
        TEST(units_are_kept_and_closed),   TEST(one_run_at_a_time),
        TEST(a_killed_run_is_lost),        TEST(status_says_how_it_stands),
        TEST(failures_have_verdicts),      TEST(arrays_survive),
    };
    return cmocka_run_group_tests(tests, site_group_begin, site_group_end);
}
