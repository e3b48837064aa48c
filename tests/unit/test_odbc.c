/*
 * ODBC, link and adapter: SQLite always; MariaDB and PostgreSQL where BRIDGE_TEST_MARIADB and
 * BRIDGE_TEST_PGODBC hold a connection text of an empty database (BRIDGE_TEST_ODBC_USER and
 * BRIDGE_TEST_ODBC_SECRET, "env:NAME" or "file:PATH", where they need a user). tests/live/
 * test_odbc_drivers.py starts servers and sets them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "odbc_aid.h"

#include "text.h"

static const char *const dialect_words[] = { "sqlite", "mysql", "pgsql" };

static size_t
wanted(void **state)
{
    size_t dialect = (size_t)(uintptr_t)*state;

    if (!aid_connection(dialect)) {
        print_message("no connection text for %s: skipped\n", dialect_words[dialect]);
        skip();
    }
    return dialect;
}

static void
test_probe(void **state)
{
    size_t dialect = wanted(state);
    struct odbc_options o = aid_options(dialect);
    const char *report;
    struct error err;
    bool good;

    aid_ok(odbc_probe(aid_mem, &o, "sql", &report, &good, &err), &err);
    if (!good || strstr(report, "NO "))
        fail_msg("%s", report);
    assert_non_null(strstr(report, "sha256 "));
    assert_non_null(strstr(report, "ok text, 70,000 characters"));
    assert_non_null(strstr(report, "ok bytes, 65537"));
}

static void
test_schema(void **state)
{
    size_t dialect = wanted(state);
    struct odbc_settings s = aid_settings(dialect);
    struct odbc_options o = aid_options(dialect);
    struct adapter a = aid_adapter(&s);
    const char *said = NULL;
    struct odbc *db;
    struct error err;

    aid_ok(odbc_open(aid_mem, &o, &db, &err), &err);
    assert_string_equal(odbc_dialect_word(odbc_about(db)->dialect), dialect_words[dialect]);
    assert_true(odbc_about(db)->proved);
    aid_ok(odbc_script(db, arena_format(aid_mem, "sql/cctns/%s.sql", dialect_words[dialect]), &err),
           &err);
    odbc_close(db);
    /* Every statement of the map is good on these tables. */
    aid_ok(adapter_odbc.open(&a, &err), &err);
    aid_ok(adapter_odbc.probe(&a, aid_mem, &said, &err), &err);
    assert_non_null(said);
    adapter_odbc.close(&a);
}

static void
check_text(const struct record *r, const char *wanted_text)
{
    const char *a, *b;
    size_t a_len, b_len;
    struct error err;
    const struct field *f = aid_field(r, "COMPLAINT_DESC");

    assert_null(r->fault);
    aid_ok(text_clean(aid_mem, f->text, f->len, &a, &a_len, &err), &err);
    aid_ok(text_clean(aid_mem, wanted_text, strlen(wanted_text), &b, &b_len, &err), &err);
    assert_int_equal(a_len, b_len);
    assert_memory_equal(a, b, a_len);
}

static void
test_texts(void **state)
{
    size_t dialect = wanted(state);
    struct odbc_settings s = aid_settings(dialect);
    struct adapter a = aid_adapter(&s);
    const char *texts[] = {
        "short",
        "शिकायत: क्‍ष श्‌र, ज़मीन पर कब्ज़ा",
        "\"quoted\"; it's \\ % {x} :y ? --",
        "\xF0\x9F\x98\x80 \xF0\x90\xA4\x80 e\xCC\x81",
        aid_repeated("आख्या: मौके पर जाँच की गई। ", 450),
        aid_repeated("😀क्‍ष ", 14000),
        "a\nb\tc",
        aid_repeated("x", 4095),
        aid_repeated("x", 4096),
        aid_repeated("x", 65535),
        aid_repeated("x", 65536),
    };
    enum { N = sizeof texts / sizeof *texts };
    struct push_item items[N];
    struct error err;
    struct page page;

    for (size_t i = 0; i < N; i++)
        items[i] = aid_item(aid_complaint("31118", texts[i]));
    aid_ok(adapter_odbc.push(&a, aid_mem, mapping_call(&aid_map, "register"), items, N, &err),
           &err);
    page = aid_pull(&a, "list", "", "1000");
    for (size_t i = 0; i < N; i++) {
        const struct record *r;

        assert_int_equal(items[i].verdict, V_OK);
        assert_int_equal(strlen(items[i].receipt), 14);
        assert_int_equal(strncmp(items[i].receipt, "31118", 5), 0);
        r = aid_find(&page, "COMPLAINT_REG_NUM", items[i].receipt);
        assert_non_null(r);
        check_text(r, texts[i]);
        assert_string_equal(aid_get(r, "MOBILE_1"), "9876543210");
        assert_string_equal(aid_get(r, "MARKED_DT"), "2020-06-01 10:00:00");
        assert_string_equal(aid_get(r, "STATUS_CD"), "1");
        assert_null(aid_get(r, "EMAIL"));
    }
    assert_false(page.more);
    adapter_odbc.close(&a);
}

static void
test_paging(void **state)
{
    size_t dialect = wanted(state);
    struct odbc_settings s = aid_settings(dialect);
    struct adapter a = aid_adapter(&s);
    size_t all = aid_pull(&a, "ids", "", "1000").count, seen = 0;
    const char *after = "";
    struct page page;

    assert_true(all >= 10);
    do {
        page = aid_pull(&a, "ids", after, "3");
        assert_true(page.count <= 3);
        for (const struct record *r = page.records; r; r = r->next, seen++) {
            assert_true(strcmp(aid_get(r, "COMPLAINT_REG_NUM"), after) > 0);
            after = aid_get(r, "COMPLAINT_REG_NUM");
        }
    } while (page.more);
    assert_int_equal(seen, all);
    page = aid_pull(&a, "actions", "", "1000"); /* "" is 0 for a key that is a number */
    assert_int_equal(page.count, all);
    page = aid_pull(&a, "actions", "99999999", "1000");
    assert_int_equal(page.count, all); /* since is before them all: the key plays no part */
    page = aid_pull(&a, "count", "", "1000");
    assert_int_equal(page.count, 1);
    assert_string_equal(aid_get(page.records, "MARKED_DAY"), "2020-06-01");
    assert_int_equal(strtol(aid_get(page.records, "N"), NULL, 10), (long)all);
    adapter_odbc.close(&a);
}

static void
test_once(void **state)
{
    size_t dialect = wanted(state);
    struct odbc_settings s = aid_settings(dialect);
    struct adapter a = aid_adapter(&s);
    const struct map_call *call = mapping_call(&aid_map, "register");
    struct push_item items[4], again;
    const char *first;
    struct error err;

    items[0] = aid_item(aid_complaint("31119", "one"));
    aid_push(&a, "register", &items[0]);
    assert_int_equal(items[0].verdict, V_OK);
    first = items[0].receipt;
    /* The same delivery again has no effect, and the same receipt. */
    again = items[0];
    aid_push(&a, "register", &again);
    assert_int_equal(again.verdict, V_OK);
    assert_string_equal(again.receipt, first);
    /* In a batch: one done before, one that the constraints refuse, two good ones. */
    items[1] = aid_item(aid_complaint("31119", "two"));
    items[2] = aid_item(aid_complaint("31119", "same origin as the first"));
    aid_put((struct record *)(uintptr_t)items[2].record, "ORIGIN_NO",
            aid_get(items[0].record, "ORIGIN_NO"));
    items[3] = aid_item(aid_complaint("31119", "three"));
    aid_ok(adapter_odbc.push(&a, aid_mem, call, items, 4, &err), &err);
    assert_int_equal(items[0].verdict, V_OK);
    assert_string_equal(items[0].receipt, first);
    assert_int_equal(items[1].verdict, V_OK);
    assert_int_equal(items[2].verdict, V_REJECT);
    assert_non_null(items[2].said);
    assert_null(items[2].receipt);
    assert_int_equal(items[3].verdict, V_OK);
    assert_int_equal(strtoll(items[3].receipt, NULL, 10), strtoll(first, NULL, 10) + 2);
    adapter_odbc.close(&a);
}

/* A value that the table cannot take is refused, not cut, and nobody's text gets into the error. */
static void
test_bad_values(void **state)
{
    size_t dialect = wanted(state);
    struct odbc_settings s = aid_settings(dialect);
    struct adapter a = aid_adapter(&s);
    struct record *r = aid_complaint("31121", "x");
    struct push_item item = aid_item(r);

    if (dialect == 0) { /* SQLite takes a text of any length; it keeps to its NOT NULL */
        aid_field(r, "UNIT_CD")->text = NULL;
    } else {
        aid_put(r, "FULL_NAME", aid_repeated("CANARY ", 60));
    }
    aid_push(&a, "register", &item);
    assert_int_equal(item.verdict, V_REJECT);
    adapter_odbc.close(&a);
}

static struct odbc_statement *
prepare(struct odbc *db, const char *sql)
{
    struct odbc_statement *st;
    struct error err;

    aid_ok(odbc_prepare(db, sql, 0, &st, &err), &err);
    return st;
}

/* Ends the server's side of a connection by another one. */
static void
cut_off(struct odbc *victim, size_t dialect)
{
    static const char *const who[] = { "", "SELECT connection_id()", "SELECT pg_backend_pid()" };
    struct odbc_options o = aid_options(dialect);
    const char *id, *order;
    struct odbc_rows rows;
    struct odbc *other;
    struct error err;

    aid_ok(odbc_run(prepare(victim, who[dialect]), aid_mem, NULL, 0, &rows, &err), &err);
    id = rows.items[0].fields[0].text;
    aid_ok(odbc_open(aid_mem, &o, &other, &err), &err);
    order = dialect == 1 ? arena_format(aid_mem, "KILL %s", id)
                         : arena_format(aid_mem, "SELECT pg_terminate_backend(%s)", id);
    aid_ok(odbc_run(prepare(other, order), aid_mem, NULL, 0, NULL, &err), &err);
    odbc_close(other);
}

/* A connection that goes before the commit: surely not done; during it: in doubt. */
static void
test_lost(void **state)
{
    size_t dialect = wanted(state);
    struct odbc_settings s = aid_settings(dialect);
    struct odbc_options o = aid_options(dialect);
    struct adapter a = aid_adapter(&s);
    struct push_item item = aid_item(aid_complaint("31123", "x"));
    const struct map_call *call = mapping_call(&aid_map, "register");
    struct odbc *db;
    struct error err;
    enum verdict v;

    if (dialect == 0)
        skip(); /* a file has no connection */
    (void)aid_pull(&a, "ids", "", "1");
    cut_off(((struct odbc_state *)a.state)->db, dialect);
    /* A driver that sees it at once is given another connection; with one that does not, the next
     * call has it. */
    v = adapter_odbc.push(&a, aid_mem, call, &item, 1, &err);
    assert_true(v == V_OK || v == V_RETRY);
    assert_int_equal(item.verdict, v);
    aid_push(&a, "register", &item);
    assert_int_equal(item.verdict, V_OK);
    adapter_odbc.close(&a);

    aid_ok(odbc_open(aid_mem, &o, &db, &err), &err);
    aid_ok(odbc_run(prepare(db, "UPDATE t_complaint SET AGE = 2"), aid_mem, NULL, 0, NULL, &err),
           &err);
    cut_off(db, dialect);
    assert_int_equal(odbc_commit(db, &err), V_IN_DOUBT);
    assert_true(odbc_lost(db));
    odbc_close(db);
}

static void
run_each(size_t dialect, const char *const *sql, size_t count)
{
    struct odbc_options o = aid_options(dialect);
    struct odbc *db;
    struct error err;

    aid_ok(odbc_open(aid_mem, &o, &db, &err), &err);
    for (size_t i = 0; i < count; i++)
        aid_ok(odbc_run(prepare(db, sql[i]), aid_mem, NULL, 0, NULL, &err), &err);
    aid_ok(odbc_commit(db, &err), &err);
    odbc_close(db);
}

/* A failure that no table knows is the record's own when others fare better, and when it is alone
 * and the database answers; when it meets all of several, nothing is refused. */
static void
test_odd_failure(void **state)
{
    static const char *const traps[][2] = {
        { "CREATE TRIGGER odd BEFORE INSERT ON t_complaint FOR EACH ROW BEGIN IF NEW.SUBJECT = "
          "'ODD' THEN SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 31001; END IF; END",
          "SELECT 1" },
        { "CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.SUBJECT = "
          "''ODD'' THEN RAISE EXCEPTION ''CANARY''; END IF; RETURN NEW; END'",
          "CREATE TRIGGER odd BEFORE INSERT ON t_complaint FOR EACH ROW EXECUTE FUNCTION odd()" },
    };
    static const char *const away[] = { "DROP TRIGGER odd", "DROP TRIGGER odd ON t_complaint" };
    size_t dialect = wanted(state);
    struct odbc_settings s = aid_settings(dialect);
    struct adapter a = aid_adapter(&s);
    const struct map_call *call = mapping_call(&aid_map, "register");
    struct push_item items[3];
    struct error err;

    if (dialect == 0)
        skip(); /* its codes are all known */
    run_each(dialect, traps[dialect - 1], 2);
    for (size_t i = 0; i < 3; i++)
        items[i] = aid_item(aid_complaint("31124", "x"));
    aid_put((struct record *)(uintptr_t)items[1].record, "SUBJECT", "ODD");
    aid_ok(adapter_odbc.push(&a, aid_mem, call, items, 3, &err), &err);
    assert_int_equal(items[0].verdict, V_OK);
    assert_int_equal(items[1].verdict, V_REJECT);
    assert_int_equal(items[2].verdict, V_OK);
    aid_push(&a, "register", &items[1]);
    assert_int_equal(items[1].verdict, V_REJECT);
    items[2] = aid_item(aid_complaint("31124", "y"));
    aid_put((struct record *)(uintptr_t)items[2].record, "SUBJECT", "ODD");
    assert_int_equal(adapter_odbc.push(&a, aid_mem, call, items + 1, 2, &err), V_FATAL);
    assert_int_equal(items[1].verdict, V_FATAL);
    assert_int_equal(items[2].verdict, V_FATAL);
    assert_null(strstr(err.text, "CANARY"));
    run_each(dialect, &away[dialect - 1], 1);
    adapter_odbc.close(&a);
}

static void
test_locked(void **state)
{
    struct odbc_settings s = aid_settings(0);
    struct adapter a;
    struct odbc_options o = aid_options(0);
    struct push_item items[2];
    struct odbc *other;
    struct error err;

    (void)state;
    s.timeout = 200;
    a = aid_adapter(&s);
    items[0] = aid_item(aid_complaint("31122", "x"));
    items[1] = aid_item(aid_complaint("31122", "y"));
    aid_ok(odbc_open(aid_mem, &o, &other, &err), &err);
    aid_ok(odbc_run(prepare(other, "UPDATE t_complaint SET AGE = 1"), aid_mem, NULL, 0, NULL, &err),
           &err);
    assert_int_equal(
        adapter_odbc.push(&a, aid_mem, mapping_call(&aid_map, "register"), items, 2, &err),
        V_RETRY);
    assert_int_equal(items[0].verdict, V_RETRY);
    assert_int_equal(items[1].verdict, V_RETRY);
    odbc_close(other); /* rolls back */
    aid_ok(adapter_odbc.push(&a, aid_mem, mapping_call(&aid_map, "register"), items, 2, &err),
           &err);
    assert_int_equal(items[0].verdict, V_OK);
    adapter_odbc.close(&a);
}

static void
test_sqlite_types(void **state)
{
    struct odbc_options o = aid_options(0);
    struct odbc_rows rows;
    struct error err;
    struct odbc *db;

    (void)state;
    aid_ok(odbc_open(aid_mem, &o, &db, &err), &err);
    aid_ok(odbc_run(prepare(db, "CREATE TABLE odd (n INTEGER, d TIMESTAMP, s VARCHAR(3))"), aid_mem,
                    NULL, 0, NULL, &err),
           &err);
    aid_ok(odbc_run(prepare(db, "INSERT INTO odd VALUES ('12x', '31/02/2020', 'longer than 3')"),
                    aid_mem, NULL, 0, NULL, &err),
           &err);
    aid_ok(odbc_run(prepare(db, "SELECT n, d, s FROM odd"), aid_mem, NULL, 0, &rows, &err), &err);
    assert_int_equal(rows.count, 1);
    assert_null(rows.items[0].fault);
    assert_string_equal(rows.items[0].fields[0].text, "12x");
    assert_string_equal(rows.items[0].fields[1].text, "31/02/2020");
    assert_string_equal(rows.items[0].fields[2].text, "longer than 3");
    /* More rows than the caller can take is a fault of the statement. */
    assert_int_equal(odbc_run(prepare(db, "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3"),
                              aid_mem, NULL, 2, &rows, &err),
                     V_FATAL);
    assert_string_equal(err.code, "odbc.rows");
    odbc_close(db);
}

#define EACH(test)                                                                                 \
    { #test " sqlite", test, NULL, NULL, (void *)0 },                                              \
        { #test " mariadb", test, NULL, NULL, (void *)1 },                                         \
    {                                                                                              \
#test " postgresql", test, NULL, NULL, (void *)2                                           \
    }

int
main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(test_probe),
        EACH(test_schema),
        EACH(test_texts),
        EACH(test_paging),
        EACH(test_once),
        EACH(test_bad_values),
        EACH(test_lost),
        EACH(test_odd_failure),
        cmocka_unit_test(test_locked),
        cmocka_unit_test(test_sqlite_types),
    };

    return cmocka_run_group_tests(tests, aid_set_up, aid_tear_down);
}
