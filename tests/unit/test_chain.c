/*
 * The chain of the books: its links against values that another program worked out, and against the
 * same definition written in C; that it cannot be left out, and has no gap whatever happens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "clock.h"
#include "digest.h"
#include "with_pg.h"
#include "with_staging.h"

#define ORIGIN "cctns-bridge/00000000-0000-4000-8000-000000000000"

/* ---- published values ---- */

static void
values_of_the_definition(void **state)
{
    static const struct {
        const char *sql, *hex;
    } cases[] = {
        { "bridge.lp(''::text)", "00000000" },
        { "bridge.lp('ab'::text)", "000000026162" },
        { "bridge.lp('आ'::text)", "00000003e0a486" },
        { "bridge.lp(258::bigint)", "000000080000000000000102" },
        { "bridge.lp((-1)::bigint)", "00000008ffffffffffffffff" },
        { "bridge.lp('\\x00ff'::bytea)", "0000000200ff" },
        { "bridge.chain_start('" ORIGIN "')",
          "28f66cbf865ec30e55ceec92311d2adb8ea32560d0a46ac3a58e7b169e0ba167" },
        { "bridge.chain_link('\\x28f66cbf865ec30e55ceec92311d2adb8ea32560d0a46ac3a58e7b169e0ba167',"
          " 1, ROW(7, 3, 'pull', 'igrs', 'complaint', NULL, "
          "'source', 'staged', 5, 'new', sha256('x'), '2020-06-01T20:00:00.123456Z', "
          "NULL)::bridge.ledger)",
          "6506a4e5c4b9a22ef1356d4729502c299f5a154a3a156ade9c22256fec39822e" },
        { "bridge.chain_link('\\x6506a4e5c4b9a22ef1356d4729502c299f5a154a3a156ade9c22256fec39822e',"
          " 2, ROW(5000000000, 3, 'policy', 'आगरा', 'complaint', "
          "'UP-118', 'kept', 'purged', 2147483647, '', sha256('x'), '1969-12-31T23:59:59.999999Z', "
          "NULL)::bridge.ledger)",
          "b55e7f139c06dc3f2e588ed878937d3d2eb3f9420a8f8da1adcf6836e6002afe" },
    };

    (void)state;
    with_pg_do("SET TimeZone = 'Asia/Kolkata'"); /* no setting of a session may tell */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sql[900];

        snprintf(sql, sizeof sql, "SELECT encode(%s, 'hex')", cases[i].sql);
        assert_string_equal(with_pg_text(sql), cases[i].hex);
    }
}

/* ---- the same in C ---- */

static void
add_number(struct digest *d, const char *text)
{
    int64_t value = strtoll(text, NULL, 10);
    char bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (char)((uint64_t)value >> (56 - 8 * i) & 0xff);
    digest_add_item(d, bytes, sizeof bytes);
}

static void
from_hex(const char *hex, unsigned char out[DIGEST_BYTES])
{
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        const char two[] = { hex[2 * i], hex[2 * i + 1], '\0' };

        out[i] = (unsigned char)strtoul(two, NULL, 16);
    }
}

/* Of one entry and its columns as texts. */
static void
next_link(unsigned char h[DIGEST_BYTES], const PGresult *r, int row)
{
    static const char one[] = { 1 };
    unsigned char evidence[DIGEST_BYTES];
    struct digest d;

    digest_begin(&d);
    digest_add(&d, one, 1);
    digest_add(&d, h, DIGEST_BYTES);
    for (int c = 0; c < 12; c++) {
        const char *text = PQgetvalue(r, row, c); /* NULL comes as "" */

        if (c < 3 || c == 9)
            add_number(&d, text);
        else if (c == 11) {
            from_hex(text, evidence);
            digest_add_item(&d, (const char *)evidence, sizeof evidence);
        } else {
            digest_add_item(&d, text, strlen(text));
        }
    }
    add_number(&d, PQgetvalue(r, row, 12));
    digest_end(&d, h);
}

/* All links of the current database, made anew; the head is the last; no entry is left out. */
static void
assert_whole(long entries)
{
    static const char start[] = { 0 };
    unsigned char h[DIGEST_BYTES];
    char hex[DIGEST_HEX] = "", origin[100];
    struct digest d;
    PGconn *conn = PQconnectdb(with_pg_as("postgres"));
    PGresult *r =
        PQexec(conn, "SELECT k.seq, l.entry, l.run_id, l.hop, l.system, l.stream, l.unit, l.debit, "
                     "l.credit, l.n, l.reason, encode(l.evidence, 'hex'), "
                     "(extract(epoch FROM l.at) * 1000000)::bigint, encode(k.h, 'hex') FROM "
                     "bridge.ledger_link k FULL JOIN bridge.ledger l USING (entry) ORDER BY k.seq");

    assert_int_equal(PQntuples(r), entries);
    snprintf(origin, sizeof origin, "%s", with_pg_text("SELECT origin FROM bridge.ledger_head"));
    digest_begin(&d);
    digest_add(&d, start, 1);
    digest_add_item(&d, origin, strlen(origin));
    digest_add_item(&d, "1", 1);
    digest_end(&d, h);
    digest_hex(h, hex);
    for (int i = 0; i < PQntuples(r); i++) {
        assert_int_equal(strtol(PQgetvalue(r, i, 0), NULL, 10), i + 1);
        next_link(h, r, i);
        digest_hex(h, hex);
        assert_string_equal(PQgetvalue(r, i, 13), hex);
    }
    assert_string_equal(with_pg_text("SELECT encode(h, 'hex') FROM bridge.ledger_head"), hex);
    assert_int_equal(with_pg_number("SELECT seq FROM bridge.ledger_head"), entries);
    PQclear(r);
    PQfinish(conn);
}

static void
real_books(void **state)
{
    struct site *s = *state;

    site_page(s, site_portal, "list", site_complaint(s, "1", "RECV", "2020-06-01T05:00:00.000000Z"),
              site_complaint(s, "2", "RECV", "2020-06-01T05:00:00.000000Z"), NULL);
    site_next_run(s);
    site_page(s, site_portal, "list", site_complaint(s, "1", "RECV", "2020-06-01T05:00:00.000000Z"),
              site_complaint(s, "3", "RECV", "2020-06-01T06:00:00.000000Z"), NULL);
    assert_true(with_pg_number("SELECT count(*) FROM bridge.ledger") > 2);
    assert_whole(with_pg_number("SELECT count(*) FROM bridge.ledger"));
}

/* ---- whatever happens ---- */

#define ENTRIES(n)                                                                                 \
    "INSERT INTO bridge.ledger (run_id, hop, system, stream, debit, credit, n, evidence, at) "     \
    "SELECT 1, 'pull', 'igrs', 'complaint', 'source', 'staged', g, sha256('x'), now() FROM "       \
    "generate_series(1, " #n ") g"
#define SEQS "SELECT string_agg(seq || '=' || entry, ' ' ORDER BY seq) FROM bridge.ledger_link"

static PGconn *
connect_as(const char *user)
{
    PGconn *conn = PQconnectdb(with_pg_as(user));

    if (PQstatus(conn) != CONNECTION_OK)
        fail_msg("%s", PQerrorMessage(conn));
    return conn;
}

static void
run(PGconn *conn, const char *sql)
{
    PGresult *r = PQexec(conn, sql);

    if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
    PQclear(r);
}

static void
several_in_one_transaction(void **state)
{
    (void)state;
    with_pg_do("BEGIN");
    with_pg_do(ENTRIES(3));
    with_pg_do(ENTRIES(2));
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.ledger_link"), 0);
    with_pg_do("COMMIT");
    assert_whole(5);
    /* the head was written once, not five times */
    assert_string_equal(with_pg_text("SELECT ctid FROM bridge.ledger_head"), "(0,2)");
    with_pg_do(ENTRIES(1));
    assert_string_equal(with_pg_text(SEQS), "1=1 2=2 3=3 4=4 5=5 6=6");
    with_pg_do("BEGIN");
    with_pg_do("SET CONSTRAINTS ALL IMMEDIATE");
    with_pg_do(ENTRIES(2));
    with_pg_do(ENTRIES(2));
    with_pg_do("COMMIT");
    assert_whole(10);
}

static void
what_is_rolled_back_leaves_no_gap(void **state)
{
    (void)state;
    with_pg_do(ENTRIES(1));
    with_pg_do("BEGIN");
    with_pg_do(ENTRIES(2));
    with_pg_do("ROLLBACK");
    with_pg_do("BEGIN");
    with_pg_do(ENTRIES(1));
    with_pg_do("SAVEPOINT a");
    with_pg_do(ENTRIES(1));
    with_pg_do("ROLLBACK TO a");
    with_pg_do("SAVEPOINT b");
    with_pg_do(ENTRIES(1));
    with_pg_do("RELEASE b");
    with_pg_do("COMMIT");
    assert_string_equal(with_pg_text(SEQS), "1=1 2=4 3=6");
    assert_whole(3);
}

/* The one that commits first stands first, whichever began first; the other waits for no more than
 * that. */
static void
two_at_once(void **state)
{
    PGconn *one = connect_as("postgres"), *two = connect_as("postgres");

    (void)state;
    run(one, "BEGIN");
    run(one, ENTRIES(2));
    run(two, "BEGIN");
    run(two, ENTRIES(1)); /* neither has the head yet: nobody waits */
    run(one, ENTRIES(1));
    run(two, "COMMIT");
    run(one, "COMMIT");
    assert_string_equal(with_pg_text(SEQS), "1=3 2=1 3=2 4=4");
    assert_whole(4);

    run(one, "BEGIN");
    run(one, "SELECT * FROM bridge.hold_head()");
    run(two, "SET lock_timeout = '50ms'");
    run(two, "BEGIN");
    run(two, ENTRIES(1));
    PGresult *r = PQexec(two, "COMMIT");

    assert_string_equal(PQresultErrorField(r, PG_DIAG_SQLSTATE), "55P03");
    PQclear(r);
    run(one, "COMMIT");
    run(two, ENTRIES(1));
    assert_whole(5);
    PQfinish(one);
    PQfinish(two);
}

/* Six connections at once, some of which think better of it. */
static void
many_at_once(void **state)
{
    PGconn *conns[6];
    long done = 0;

    (void)state;
    for (int i = 0; i < 6; i++)
        conns[i] = connect_as("postgres");
    for (int round = 0; round < 20; round++)
        for (int i = 0; i < 6; i++) {
            bool sent = PQsendQuery(conns[i], round % 3 == i % 3 ? "BEGIN; " ENTRIES(2) "; ROLLBACK"
                                                                 : "BEGIN; " ENTRIES(3) "; COMMIT");

            assert_true(sent);
            done += round % 3 == i % 3 ? 0 : 3;
            if (i == 5)
                for (int k = 0; k < 6; k++) {
                    PGresult *r;

                    while ((r = PQgetResult(conns[k])) != NULL) {
                        assert_int_equal(PQresultStatus(r), PGRES_COMMAND_OK);
                        PQclear(r);
                    }
                }
        }
    for (int i = 0; i < 6; i++)
        PQfinish(conns[i]);
    assert_whole(done);
}

/* ---- nobody goes round it ---- */

static void
not_left_out_not_altered(void **state)
{
    static const char *const refused[] = {
        "UPDATE bridge.ledger_link SET h = h",
        "DELETE FROM bridge.ledger_link",
        "TRUNCATE bridge.ledger_link",
        "UPDATE bridge.checkpoint SET size = 0",
        "DELETE FROM bridge.checkpoint",
        "TRUNCATE bridge.checkpoint CASCADE",
        "UPDATE bridge.anchor SET place = ''",
        "DELETE FROM bridge.anchor",
        "DELETE FROM bridge.ledger_head",
        "TRUNCATE bridge.ledger_head",
        "UPDATE bridge.ledger_head SET seq = seq - 1",
        "UPDATE bridge.ledger_head SET seq = seq + 1, origin = 'x'",
    };
    static const char *const denied[] = {
        "UPDATE bridge.ledger_head SET seq = seq + 1",
        "SELECT * FROM bridge.ledger_head FOR UPDATE",
        "INSERT INTO bridge.ledger_link VALUES (9, 9, sha256('x'))",
        "ALTER TABLE bridge.ledger DISABLE TRIGGER linked",
        "SET session_replication_role = replica",
        "SELECT bridge.link_entries()",
    };

    (void)state;
    with_pg_do(ENTRIES(1));
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (strcmp(with_pg_state(refused[i]), "P0001") != 0)
            fail_msg("not refused: %s", refused[i]);
    with_pg_do("SET ROLE bridge_writer");
    for (size_t i = 0; i < sizeof denied / sizeof *denied; i++)
        if (strcmp(with_pg_state(denied[i]), "42501") != 0)
            fail_msg("not denied: %s", denied[i]);
    with_pg_do(ENTRIES(2)); /* whoever may book is tied by it */
    with_pg_do("SELECT bridge.hold_head()");
    with_pg_do("RESET ROLE");
    assert_whole(3);
    with_pg_do("SET ROLE bridge_auditor");
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.ledger_link"), 3);
    assert_string_equal(with_pg_state("SELECT bridge.hold_head()"), "42501");
    with_pg_do("RESET ROLE");
    /* another transaction's number does not hide an entry */
    assert_string_equal(
        with_pg_state("SET CONSTRAINTS ALL IMMEDIATE; INSERT INTO bridge.ledger (run_id, hop, "
                      "system, stream, debit, credit, n, evidence, at, tx) VALUES (1, 'pull', 'x', "
                      "'x', 'source', 'staged', 1, sha256('x'), now(), '1')"),
        "P0001");
    assert_whole(3);
}

/* A restored database may hold an entry that bears the number of a new transaction. */
static void
a_number_that_was_there_before(void **state)
{
    (void)state;
    with_pg_do(ENTRIES(2));
    with_pg_do("BEGIN");
    with_pg_do("SET LOCAL session_replication_role = replica");
    with_pg_do("UPDATE bridge.ledger SET tx = pg_current_xact_id()");
    with_pg_do("SET LOCAL session_replication_role = origin");
    with_pg_do(ENTRIES(1));
    with_pg_do("COMMIT");
    assert_whole(3);
}

/* ---- books that are older than the chain ---- */

static void
old_books_are_tied(void **state)
{
    static const char *const files[] = { "sql/0001_staging.sql", "sql/0002_roles.sql",
                                         "sql/0003_systems.sql", "sql/0004_sure.sql",
                                         "sql/0005_chain.sql" };
    struct site *s = *state;
    struct error err = { .code = "" };
    struct pg *pg = NULL;

    if (pg_open(s->mem, with_pg_database("older", NULL), "sql", "test", 60000, &pg, &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < 5; i++) {
        if (i == 4) {
            with_pg_do("INSERT INTO bridge.run (job, started_at, host, pid, program) VALUES "
                       "('sync', now(), 'h', 1, 'p')");
            with_pg_do(ENTRIES(1000));
        }
        if (pg_begin(pg, &err) || pg_script(pg, files[i], &err) || pg_commit(pg, &err))
            fail_msg("%s %s", err.text, err.where);
    }
    pg_close(pg);
    assert_whole(1000);
    with_pg_do(ENTRIES(2));
    assert_whole(1002);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_of_the_definition, site_begin, site_end),
        cmocka_unit_test_setup_teardown(real_books, site_begin, site_end),
        cmocka_unit_test_setup_teardown(several_in_one_transaction, site_begin, site_end),
        cmocka_unit_test_setup_teardown(what_is_rolled_back_leaves_no_gap, site_begin, site_end),
        cmocka_unit_test_setup_teardown(two_at_once, site_begin, site_end),
        cmocka_unit_test_setup_teardown(many_at_once, site_begin, site_end),
        cmocka_unit_test_setup_teardown(not_left_out_not_altered, site_begin, site_end),
        cmocka_unit_test_setup_teardown(a_number_that_was_there_before, site_begin, site_end),
        cmocka_unit_test_setup_teardown(old_books_are_tied, site_begin, site_end),
    };

    return cmocka_run_group_tests(tests, site_group_begin, site_group_end);
}
