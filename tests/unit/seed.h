/*
 * seed.h - what the tests of the outbox, the comparison and the life of a complaint share: a
 * staging database with two systems ("igrs", a portal, and "cctns", a police system), maps made
 * by hand, and rows put straight into staging.
 */
#ifndef TESTS_SEED_H
#define TESTS_SEED_H

#include "with_pg.h"

#include "arena.h"
#include "clock.h"
#include "core/delivery.h"
#include "core/mapper.h"
#include "core/mapping_load.h"
#include "link/pg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <libpq-fe.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNUSED_OK    __attribute__((unused))
#define COUNT(array) (sizeof(array) / sizeof *(array))

struct seed {
    PGconn *conn; /* beside the bridge's own connection */
    struct pg *pg;
    struct arena *mem;  /* of one test */
    struct arena *kept; /* of all */
    struct dict dict;
    char clock[64]; /* file that BRIDGE_NOW names */
    struct error err;
};

static struct seed seed;

static void UNUSED_OK
seed_run(const char *sql)
{
    PGresult *result = PQexec(seed.conn, sql);
    ExecStatusType status = PQresultStatus(result);

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(seed.conn));
    PQclear(result);
}

PRINTF_LIKE(1, 2) static void UNUSED_OK seed_sql(const char *fmt, ...)
{
    char sql[8000];
    va_list args;

    va_start(args, fmt);
    assert_true(vsnprintf(sql, sizeof sql, fmt, args) < (int)sizeof sql);
    va_end(args);
    seed_run(sql);
}

/* The one value of a query; "" for NULL, "(none)" for no row. */
PRINTF_LIKE(1, 2) static const char *UNUSED_OK seed_ask(const char *fmt, ...)
{
    char sql[8000];
    const char *text;
    PGresult *result;
    va_list args;

    va_start(args, fmt);
    assert_true(vsnprintf(sql, sizeof sql, fmt, args) < (int)sizeof sql);
    va_end(args);
    result = PQexec(seed.conn, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(seed.conn));
    text = arena_copy(seed.mem, PQntuples(result) ? PQgetvalue(result, 0, 0) : "(none)");
    PQclear(result);
    return text;
}

#define assert_ask(want, ...) assert_string_equal(seed_ask(__VA_ARGS__), (want))
#define assert_ok(v)          seed_must((v), __FILE__, __LINE__)

static void UNUSED_OK
seed_must(enum verdict v, const char *file, int line)
{
    if (v)
        fail_msg("%s:%d: %s %s: %s", file, line, verdict_name(v), seed.err.code, seed.err.text);
}

static void UNUSED_OK
seed_clock(const char *now)
{
    FILE *file = fopen(seed.clock, "w");

    assert_non_null(file);
    fprintf(file, "%s\n", now);
    assert_int_equal(fclose(file), 0);
}

/* ---- maps ---- */

static const struct map_call seed_portal_calls[] = {
    { .name = "list", .brings = "complaint", .batch = 1 },
    { .name = "act", .carries = "action", .batch = 50, .keyed = true },
    { .name = "find", .brings = "receipt", .batch = 1 },
};
static const struct map_call seed_police_calls[] = {
    { .name = "register", .carries = "complaint", .batch = 50, .keyed = true },
    { .name = "answer", .carries = "feedback", .batch = 50, .keyed = true },
};

static UNUSED_OK const struct map_stream *
seed_streams(void)
{
    struct map_stream *streams = arena_alloc(seed.kept, seed.dict.count * sizeof *streams);

    for (size_t i = 0; i < seed.dict.count; i++)
        streams[i] =
            (struct map_stream){ .name = seed.dict.streams[i].name, .dict = &seed.dict.streams[i] };
    return streams;
}

static UNUSED_OK const struct mapping *
seed_portal(bool satisfied)
{
    struct mapping *map = arena_alloc(seed.kept, sizeof *map);

    *map = (struct mapping){ .path = "igrs.map",
                             .sha256 = "",
                             .system = "igrs",
                             .kind = "soap",
                             .role = ROLE_PORTAL,
                             .received = "marked_at",
                             .dispose_satisfied = satisfied,
                             .calls = seed_portal_calls,
                             .call_count = COUNT(seed_portal_calls),
                             .streams = seed_streams(),
                             .stream_count = seed.dict.count };
    return map;
}

static UNUSED_OK const struct mapping *
seed_police(void)
{
    struct mapping *map = arena_alloc(seed.kept, sizeof *map);

    *map = (struct mapping){ .path = "cctns.map",
                             .sha256 = "",
                             .system = "cctns",
                             .kind = "odbc",
                             .role = ROLE_POLICE,
                             .received = "registered_at",
                             .calls = seed_police_calls,
                             .call_count = COUNT(seed_police_calls),
                             .streams = seed_streams(),
                             .stream_count = seed.dict.count };
    return map;
}

/* ---- rows ---- */

/* Numbers are "1" .. as the last digits of a 14-digit code; bridge_id is that number, too. */
static void UNUSED_OK
seed_complaint(int n, const char *unit, const char *status, const char *marked_at)
{
    seed_sql("INSERT INTO bridge.complaint (bridge_id, source_system, number, number_norm, "
             "ref_type, complainant, mobile, body, unit, status, received_at, marked_at, due_at, "
             "first_run, last_run, staged_at, changed_at) OVERRIDING SYSTEM VALUE VALUES "
             "(%d, 'igrs', '4000%010d', '4000%010d', 'ONL', 'सीता देवी %d', '+919800000001', "
             "'बिजली का तार', '%s', '%s', '%s', '%s', '%s'::timestamptz + interval '30 days', "
             "1, 1, '2020-06-02T00:00:00Z', '2020-06-02T00:00:00Z')",
             n, n, n, n, unit, status, marked_at, marked_at, marked_at);
    seed_sql("INSERT INTO bridge.link VALUES ('igrs', '4000%010d', '4000%010d', %d, 1, "
             "'2020-06-02T00:00:00Z')",
             n, n, n);
    seed_sql(
        "INSERT INTO bridge.source_record (system, number, bridge_id, digest, status, unit, "
        "marked_at, changed_at, as_received, first_run, last_run) VALUES ('igrs', '4000%010d', "
        "%d, sha256('%d'), '%s', '%s', '%s', '%s', '{}', 1, 1)",
        n, n, n, status, unit, marked_at, marked_at);
}

/* As if it had been registered: police number "3111820" + seven digits. */
static void UNUSED_OK
seed_registered(int n, const char *status, const char *changed_at)
{
    seed_sql("UPDATE bridge.complaint SET police_system = 'cctns', "
             "police_number = '3111820%07d', status = '%s' WHERE bridge_id = %d",
             n, status, n);
    seed_sql("INSERT INTO bridge.link VALUES ('cctns', '3111820%07d', '3111820%07d', %d, 1, "
             "'2020-06-02T01:00:00Z')",
             n, n, n);
    seed_sql("INSERT INTO bridge.source_record (system, number, bridge_id, digest, status, "
             "changed_at, as_received, first_run, last_run) VALUES ('cctns', '3111820%07d', "
             "%d, sha256('%d'), '%s', '%s', '{}', 1, 1)",
             n, n, n, status, changed_at);
}

static void UNUSED_OK
seed_action(int n, const char *key, const char *at, const char *word, const char *text)
{
    seed_sql("INSERT INTO bridge.action (bridge_id, system, key, at, action, text, officer_name, "
             "digest, as_received, first_run, last_run, staged_at) VALUES (%d, 'cctns', '%s', "
             "'%s', '%s', '%s', 'राम सिंह', sha256('%d%s%s'), '{}', 1, 1, '2020-06-02T02:00:00Z')",
             n, key, at, word, text, n, key, text);
}

static void UNUSED_OK
seed_feedback(int n, const char *key, const char *at, const char *satisfied)
{
    seed_sql("INSERT INTO bridge.feedback (bridge_id, system, key, at, satisfied, rating, mode, "
             "text, digest, as_received, first_run, last_run, staged_at) VALUES (%d, 'igrs', '%s', "
             "'%s', '%s', 4, 'CALL', 'धन्यवाद', sha256('%d%s'), '{}', 1, 1, '2020-06-02T02:00:00Z')",
             n, key, at, satisfied, n, key);
}

static void UNUSED_OK
seed_empty(void)
{
    seed_run("SET client_min_messages = warning");
    seed_run("SET session_replication_role = replica"); /* the books may be emptied here */
    seed_run("TRUNCATE bridge.run, bridge.cursor, bridge.arrival, bridge.complaint, "
             "bridge.complaint_version, bridge.link, bridge.source_record, bridge.action, "
             "bridge.attachment, bridge.feedback, bridge.held, bridge.delivery, bridge.attempt, "
             "bridge.ledger, bridge.movement, bridge.control_total, bridge.difference, "
             "bridge.sealed, bridge.system, bridge.recovery, bridge.sweep, bridge.canary, "
             "bridge.compared, bridge.comparison, bridge.signoff "
             "CASCADE");
    seed_run("RESET session_replication_role");
    seed_run("INSERT INTO bridge.run (run_id, job, started_at, host, pid, program) OVERRIDING "
             "SYSTEM VALUE SELECT n, 'sync', '2020-06-02T20:00:00Z', 'test', 1, 'test' "
             "FROM generate_series(1, 9) n");
    seed_run("INSERT INTO bridge.unit (unit, parent, level, name_en, name_hi) VALUES "
             "('UP', NULL, 'STATE', 'Uttar Pradesh', 'उत्तर प्रदेश'), "
             "('UP-118', 'UP', 'DISTRICT', 'Agra', 'आगरा'), "
             "('UP-147', 'UP', 'DISTRICT', 'Kannauj', 'कन्नौज') ON CONFLICT DO NOTHING");
}

/* As if the runs had been killed, and another had found them so. */
static void UNUSED_OK
seed_lost(void)
{
    seed_run("UPDATE bridge.run SET state = 'lost' WHERE state = 'running'");
}

/* Balance of each account = rows in that state; no account but "plan" is negative; evidence is
 * that of the movements. */
static void UNUSED_OK
seed_check_books(void)
{
    assert_ask("0",
               "WITH b AS (SELECT account, sum(n) AS n FROM (SELECT credit AS account, n FROM "
               "bridge.ledger WHERE hop = 'push' UNION ALL SELECT debit, -n FROM bridge.ledger "
               "WHERE hop = 'push') x WHERE account <> 'plan' GROUP BY 1 HAVING sum(n) <> 0), "
               "s AS (SELECT CASE state WHEN 'planned' THEN 'outbox' WHEN 'confirmed' THEN "
               "'delivered' WHEN 'held' THEN 'in_doubt' ELSE state END AS account, count(*) AS n "
               "FROM bridge.delivery GROUP BY 1) "
               "SELECT count(*) FROM b FULL JOIN s USING (account) WHERE b.n IS DISTINCT FROM s.n");
    assert_ask("0",
               "SELECT count(*) FROM (SELECT l.entry FROM bridge.ledger l JOIN bridge.movement "
               "m USING (entry) GROUP BY l.entry, l.n, l.evidence HAVING count(*) <> l.n OR "
               "sha256(string_agg(m.digest, '' ORDER BY m.digest)) <> l.evidence) x");
}

static int UNUSED_OK
seed_setup(void **state)
{
    (void)state;
    seed.mem = arena_new("test");
    seed_empty();
    seed_clock("2020-06-02T20:00:00Z");
    return 0;
}

static int UNUSED_OK
seed_teardown(void **state)
{
    (void)state;
    arena_free(seed.mem);
    seed.mem = NULL;
    return 0;
}

static int UNUSED_OK
seed_group(void **state)
{
    const char *conninfo;
    struct faults faults;
    glob_t files;
    char now[80];

    assert_int_equal(with_pg_begin(state), 0);
    conninfo = with_pg_database("staging", NULL);
    snprintf(seed.clock, sizeof seed.clock, "/tmp/bridge-clock-XXXXXX");
    assert_true(mkstemp(seed.clock) >= 0);
    seed_clock("2020-06-02T20:00:00Z");
    snprintf(now, sizeof now, "@%s", seed.clock);
    assert_int_equal(setenv("BRIDGE_NOW", now, 1), 0);
    assert_ok(clock_begin(&seed.err));
    seed.kept = arena_new("seed");
    faults = (struct faults){ .mem = seed.kept };
    dict_load(seed.kept, "mappings/canonical.fields", &seed.dict, &faults);
    assert_int_equal(faults.count, 0);
    seed.conn = PQconnectdb(conninfo);
    assert_int_equal(PQstatus(seed.conn), CONNECTION_OK);
    assert_ok(pg_open(seed.kept, conninfo, "sql", "test", 60000, &seed.pg, &seed.err));
    assert_ok(pg_begin(seed.pg, &seed.err));
    assert_int_equal(glob("sql/[0-9]*_*.sql", 0, NULL, &files), 0); /* in order of their names */
    for (size_t i = 0; i < files.gl_pathc; i++)
        assert_ok(pg_script(seed.pg, files.gl_pathv[i], &seed.err));
    globfree(&files);
    assert_ok(pg_commit(seed.pg, &seed.err));
    return 0;
}

static int UNUSED_OK
seed_group_end(void **state)
{
    pg_close(seed.pg);
    PQfinish(seed.conn);
    arena_free(seed.kept);
    remove(seed.clock);
    return with_pg_end(state);
}

#endif
