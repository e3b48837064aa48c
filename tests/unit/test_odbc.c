/*
 * ODBC, link and adapter: SQLite always; MariaDB and PostgreSQL where BRIDGE_TEST_MARIADB and
 * BRIDGE_TEST_PGODBC hold a connection text of an empty database (BRIDGE_TEST_ODBC_USER and
 * BRIDGE_TEST_ODBC_SECRET, "env:NAME" or "file:PATH", where they need a user). tests/live/
 * test_odbc_drivers.py starts servers and sets them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../adapters/odbc_peer.h"
#include "clock.h"
#include "core/mapping_load.h"
#include "core/units.h"
#include "digest.h"
#include "text.h"

extern const struct adapter_ops adapter_odbc;

static const char *const dialect_words[] = { "sqlite", "mysql", "pgsql" };
static struct arena *mem;
static struct mapping map;
static char sqlite_path[] = "/tmp/test_odbc_XXXXXX";
static char sqlite_text[200];

/* ---- what is needed ---- */

static void
load_map(struct faults *faults)
{
    static const struct adapter_ops *const kinds[] = { &adapter_odbc, NULL };
    static struct dict dict;
    static struct units units;
    const struct adapter_ops *ops = NULL;

    dict_load(mem, "mappings/canonical.fields", &dict, faults);
    units_load(mem, "mappings/units", &units, faults);
    mapping_load(mem, "mappings/cctns_up.map", &dict, &units, kinds, NULL, &map, &ops, faults);
}

static int
set_up(void **state)
{
    struct faults faults = { 0 };
    int file = mkstemp(sqlite_path);
    struct error err;

    (void)state;
    if (file < 0)
        return -1;
    close(file);
    snprintf(sqlite_text, sizeof sqlite_text, "Driver=SQLite3;Database=%s", sqlite_path);
    mem = arena_new("test");
    faults.mem = mem;
    load_map(&faults);
    for (size_t i = 0; i < faults.count; i++)
        fprintf(stderr, "%s:%d: %s\n", faults.items[i].path, faults.items[i].line,
                faults.items[i].text);
    return faults.count > 0 || clock_begin(&err) ? -1 : 0;
}

static int
tear_down(void **state)
{
    (void)state;
    arena_free(mem);
    return unlink(sqlite_path);
}

/* Connection text of a dialect, or NULL. */
static const char *
connection(size_t dialect)
{
    return dialect == 0 ? sqlite_text
           : dialect == 1 ? getenv("BRIDGE_TEST_MARIADB") : getenv("BRIDGE_TEST_PGODBC");
}

static struct odbc_settings
settings(size_t dialect)
{
    return (struct odbc_settings){
        .connection = connection(dialect),
        .user = dialect ? getenv("BRIDGE_TEST_ODBC_USER") : NULL,
        .password = dialect ? getenv("BRIDGE_TEST_ODBC_SECRET") : NULL,
        .timeout = 20000,
        .login_timeout = 5000,
    };
}

static struct odbc_options
options(size_t dialect)
{
    struct odbc_settings s = settings(dialect);
    struct odbc_options out = { .connection = s.connection, .user = s.user, .timeout = s.timeout,
                                .login_timeout = s.login_timeout };
    struct error err;

    assert_int_equal(conf_secret(mem, s.password, &out.password, &err), V_OK);
    return out;
}

static struct adapter
new_adapter(const struct odbc_settings *s)
{
    return (struct adapter){ .ops = &adapter_odbc, .system = "cctns_up", .map = &map,
                             .options = s, .state = arena_alloc(mem, adapter_odbc.state_size),
                             .mem = mem };
}

static void
expect_ok(enum verdict v, const struct error *err)
{
    if (v)
        fprintf(stderr, "%s: %s: %s (%s)\n", verdict_name(v), err->code, err->text, err->where);
    assert_int_equal(v, V_OK);
}

static struct record *
new_record(const char *stream)
{
    const struct map_stream *s = mapping_stream(&map, stream);
    struct record *r = arena_alloc(mem, sizeof *r);

    r->stream = s->name;
    r->count = s->count;
    r->fields = arena_alloc(mem, s->count * sizeof *r->fields);
    return r;
}

static struct field *
field_of(const struct record *r, const char *remote)
{
    const struct map_stream *s = mapping_stream(&map, r->stream);

    for (size_t i = 0; i < s->count; i++)
        if (!strcasecmp(s->lines[i].remote, remote))
            return &r->fields[i];
    fail_msg("no line for %s", remote);
    return NULL;
}

static void
put(struct record *r, const char *remote, const char *text)
{
    *field_of(r, remote) = (struct field){ text, strlen(text) };
}

static const char *
get(const struct record *r, const char *remote)
{
    return field_of(r, remote)->text;
}

static char *
repeated(const char *piece, size_t times)
{
    size_t len = strlen(piece);
    char *out = arena_alloc(mem, len * times + 1);

    for (size_t i = 0; i < times; i++)
        memcpy(out + i * len, piece, len);
    return out;
}

static struct push_item
new_item(struct record *r)
{
    char *id = arena_alloc(mem, 37);

    digest_uuid(id);
    return (struct push_item){ .delivery = id, .record = r };
}

/* A complaint as the mapper writes it for this system. */
static struct record *
complaint(const char *district, const char *text)
{
    struct record *r = new_record("complaint");
    char *number = arena_alloc(mem, 37);

    digest_uuid(number);
    put(r, "ORIGIN_SYSTEM", "igrs");
    put(r, "ORIGIN_NO", number);
    put(r, "REF_TYPE_CD", "CM");
    put(r, "PRIORITY_CD", "2");
    put(r, "SUBJECT", "जमीन का विवाद");
    put(r, "COMPLAINT_DESC", text);
    put(r, "FULL_NAME", "राम कुमार");
    put(r, "GENDER_CD", "1");
    put(r, "MOBILE_1", "9876543210");
    put(r, "DISTRICT_CD", district);
    put(r, "MARKED_DT", "2020-06-01 10:00:00");
    return r;
}

static struct page
pull(struct adapter *a, const char *call, const char *after, const char *rows)
{
    const struct adapter_var vars[] = {
        { "since", "1970-01-01T00:00:00.000000Z" }, { "after", after },
        { "cut", "2190-01-01T00:00:00.000000Z" },   { "rows", rows },
        { "from", "2020-06-01T00:00:00.000000Z" },  { "to", "2020-06-02T00:00:00.000000Z" },
    };
    struct error err;
    struct page page;

    expect_ok(adapter_odbc.pull(a, mem, mapping_call(&map, call), vars, 6, &page, &err), &err);
    return page;
}

static const struct record *
find_record(const struct page *page, const char *remote, const char *value)
{
    for (const struct record *r = page->records; r; r = r->next)
        if (get(r, remote) && !strcmp(get(r, remote), value))
            return r;
    return NULL;
}

static void
push_one(struct adapter *a, const char *call, struct push_item *item)
{
    struct error err;

    expect_ok(adapter_odbc.push(a, mem, mapping_call(&map, call), item, 1, &err), &err);
}

/* ---- pure parts ---- */

static void
test_verdicts(void **state)
{
    static const struct { enum odbc_dialect d; const char *s; long n; enum verdict v; } rows[] = {
        { ODBC_PGSQL, "08006", 0, V_RETRY },  { ODBC_PGSQL, "40001", 0, V_RETRY },
        { ODBC_PGSQL, "53300", 0, V_RETRY },  { ODBC_PGSQL, "55P03", 0, V_RETRY },
        { ODBC_PGSQL, "57014", 0, V_RETRY },  { ODBC_OTHER, "HYT00", 0, V_RETRY },
        { ODBC_OTHER, "HYT01", 0, V_RETRY },  { ODBC_PGSQL, "22021", 0, V_REJECT },
        { ODBC_MSSQL, "23000", 2627, V_REJECT }, { ODBC_OTHER, "28000", 0, V_FATAL },
        { ODBC_OTHER, "3D000", 0, V_FATAL },  { ODBC_OTHER, "42S02", 0, V_FATAL },
        { ODBC_OTHER, "IM002", 0, V_FATAL },  { ODBC_OTHER, "HY000", 0, V_FATAL },
        { ODBC_OTHER, "", 0, V_FATAL },       { ODBC_PGSQL, "25006", 1, V_FATAL },
        { ODBC_SQLITE, "HY000", 5, V_RETRY }, { ODBC_SQLITE, "HY000", 6, V_RETRY },
        { ODBC_SQLITE, "HY000", 261, V_RETRY }, { ODBC_SQLITE, "HY000", 19, V_REJECT },
        { ODBC_SQLITE, "HY000", 2067, V_REJECT }, { ODBC_SQLITE, "HY000", 1, V_FATAL },
        { ODBC_SQLITE, "HY000", 8, V_FATAL }, { ODBC_SQLITE, "HY000", 14, V_RETRY },
        { ODBC_MYSQL, "HY000", 1205, V_RETRY }, { ODBC_MYSQL, "HY000", 1366, V_REJECT },
        { ODBC_MYSQL, "08S01", 1153, V_REJECT }, { ODBC_MYSQL, "HY000", 2013, V_RETRY },
        { ODBC_MYSQL, "HY000", 1, V_FATAL },  { ODBC_MSSQL, "28000", 18456, V_FATAL },
        { ODBC_MSSQL, "HY000", 1205, V_RETRY }, { ODBC_PGSQL, "45000", 0, V_REJECT },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (odbc_verdict(rows[i].d, rows[i].s, rows[i].n) != rows[i].v)
            fail_msg("row %zu: %s %ld", i, rows[i].s, rows[i].n);
}

static void
test_names(void **state)
{
    static const struct { const char *sql, *text, *names; } rows[] = {
        { "SELECT 1", "SELECT 1", "" },
        { "a = :b", "a = ?", "b " },
        { "(:a,:b_2,:a)", "(?,?,?)", "a b_2 a " },
        { "':a' = :a", "':a' = ?", "a " },
        { "'it''s :x' :y", "'it''s :x' ?", "y " },
        { "\":a\" `:b` :c", "\":a\" `:b` ?", "c " },
        { "x::date, :a::text", "x::date, ?::text", "a " },
        { "1 -- :a\n :b", "1 -- :a\n ?", "b " },
        { "/* :a '*/ :b", "/* :a '*/ ?", "b " },
        { "a[1:2] :_x", "a[1:2] ?", "_x " },
        { "'?' :a", "'?' ?", "a " },
        { "a = ?", NULL, NULL },
        { "a = 'x", NULL, NULL },
        { "a /* x", NULL, NULL },
        { "a = '\xE0\xA4\x95'", NULL, NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct odbc_named out;
        const char *wrong = odbc_named_read(mem, rows[i].sql, &out);
        char names[100] = "";

        assert_int_equal(!wrong, rows[i].text != NULL);
        if (wrong)
            continue;
        for (size_t n = 0; n < out.count; n++)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s ", out.names[n]);
        assert_string_equal(out.text, rows[i].text);
        assert_string_equal(names, rows[i].names);
    }
    assert_true(odbc_sql_has("SELECT a.num AS Num2 FROM t", "NUM2"));
    assert_false(odbc_sql_has("SELECT a.num AS Num2 FROM t", "NU"));
    assert_false(odbc_sql_has("SELECT 'num' -- num\n FROM t", "NUM"));
}

static void
test_connection_text(void **state)
{
    struct odbc_options o = { .timeout = 1000, .login_timeout = 1000 };
    struct odbc *db;
    struct error err;

    (void)state;
    o.connection = "Driver=SQLite3;Database=/tmp/x;PWD=secret";
    assert_int_equal(odbc_open(mem, &o, &db, &err), V_FATAL);
    assert_string_equal(err.code, "odbc.connection");
    assert_null(strstr(err.text, "secret"));
    o.connection = "Driver=NoSuchDriver;Database=x";
    assert_int_equal(odbc_open(mem, &o, &db, &err), V_FATAL);
    o.connection = "DSN=no_such_dsn";
    assert_int_equal(odbc_open(mem, &o, &db, &err), V_FATAL);
    assert_string_equal(err.code, "odbc.IM002");
    /* A wrong path is a database that is down, and no new file. */
    o.connection = "Driver=SQLite3;Database=/tmp/no/such/folder/x.db";
    assert_int_equal(odbc_open(mem, &o, &db, &err), V_RETRY);
    /* A password is a value, whatever stands in it. */
    o = options(0);
    o.user = "u";
    o.password = "a;Driver=/tmp/evil.so;{b}};Database=/tmp/other;";
    expect_ok(odbc_open(mem, &o, &db, &err), &err);
    assert_int_equal(odbc_about(db)->dialect, ODBC_SQLITE);
    odbc_close(db);
}

/* ---- each DBMS ---- */

static size_t
wanted(void **state)
{
    size_t dialect = (size_t)(uintptr_t)*state;

    if (!connection(dialect)) {
        print_message("no connection text for %s: skipped\n", dialect_words[dialect]);
        skip();
    }
    return dialect;
}

static void
test_probe(void **state)
{
    size_t dialect = wanted(state);
    struct odbc_options o = options(dialect);
    const char *report;
    struct error err;
    bool good;

    expect_ok(odbc_probe(mem, &o, "sql", &report, &good, &err), &err);
    if (!good || strstr(report, "NO "))
        fail_msg("%s", report);
    assert_non_null(strstr(report, "sha256 "));
    assert_non_null(strstr(report, "ok text, 70,000 characters"));
}

static void
test_schema(void **state)
{
    size_t dialect = wanted(state);
    struct odbc_settings s = settings(dialect);
    struct odbc_options o = options(dialect);
    struct adapter a = new_adapter(&s);
    const char *said = NULL;
    struct odbc *db;
    struct error err;

    expect_ok(odbc_open(mem, &o, &db, &err), &err);
    assert_string_equal(odbc_dialect_word(odbc_about(db)->dialect), dialect_words[dialect]);
    assert_true(odbc_about(db)->proved);
    expect_ok(odbc_script(db, arena_format(mem, "sql/cctns/%s.sql", dialect_words[dialect]), &err),
              &err);
    odbc_close(db);
    /* Every statement of the map is good on these tables. */
    expect_ok(adapter_odbc.open(&a, &err), &err);
    expect_ok(adapter_odbc.probe(&a, mem, &said, &err), &err);
    assert_non_null(said);
    adapter_odbc.close(&a);
}

static void
check_text(const struct record *r, const char *wanted_text)
{
    const char *a, *b;
    size_t a_len, b_len;
    struct error err;
    const struct field *f = field_of(r, "COMPLAINT_DESC");

    assert_null(r->fault);
    expect_ok(text_clean(mem, f->text, f->len, &a, &a_len, &err), &err);
    expect_ok(text_clean(mem, wanted_text, strlen(wanted_text), &b, &b_len, &err), &err);
    assert_int_equal(a_len, b_len);
    assert_memory_equal(a, b, a_len);
}

static void
test_texts(void **state)
{
    size_t dialect = wanted(state);
    struct odbc_settings s = settings(dialect);
    struct adapter a = new_adapter(&s);
    const char *texts[] = {
        "short", "शिकायत: क्‍ष श्‌र, ज़मीन \"पर\" कब्ज़ा; it's \\ % {x}",
        "\xF0\x9F\x98\x80 \xF0\x90\xA4\x80 e\xCC\x81",
        repeated("आख्या: मौके पर जाँच की गई। ", 450), repeated("😀क्‍ष ", 14000), "a\nb\tc",
        repeated("x", 4095), repeated("x", 4096), repeated("x", 65535), repeated("x", 65536),
    };
    enum { N = sizeof texts / sizeof *texts };
    struct push_item items[N];
    struct error err;
    struct page page;

    for (size_t i = 0; i < N; i++)
        items[i] = new_item(complaint("31118", texts[i]));
    expect_ok(adapter_odbc.push(&a, mem, mapping_call(&map, "register"), items, N, &err), &err);
    page = pull(&a, "list", "", "1000");
    for (size_t i = 0; i < N; i++) {
        const struct record *r;

        assert_int_equal(items[i].verdict, V_OK);
        assert_int_equal(strlen(items[i].receipt), 14);
        assert_int_equal(strncmp(items[i].receipt, "31118", 5), 0);
        r = find_record(&page, "COMPLAINT_REG_NUM", items[i].receipt);
        assert_non_null(r);
        check_text(r, texts[i]);
        assert_string_equal(get(r, "MOBILE_1"), "9876543210");
        assert_string_equal(get(r, "MARKED_DT"), "2020-06-01 10:00:00");
        assert_string_equal(get(r, "STATUS_CD"), "1");
        assert_null(get(r, "EMAIL"));
    }
    assert_false(page.more);
    adapter_odbc.close(&a);
}

static void
test_paging(void **state)
{
    size_t dialect = wanted(state);
    struct odbc_settings s = settings(dialect);
    struct adapter a = new_adapter(&s);
    size_t all = pull(&a, "ids", "", "1000").count, seen = 0;
    const char *after = "";
    struct page page;

    assert_true(all >= 10);
    do {
        page = pull(&a, "ids", after, "3");
        assert_true(page.count <= 3);
        for (const struct record *r = page.records; r; r = r->next, seen++) {
            assert_true(strcmp(get(r, "COMPLAINT_REG_NUM"), after) > 0);
            after = get(r, "COMPLAINT_REG_NUM");
        }
    } while (page.more);
    assert_int_equal(seen, all);
    page = pull(&a, "actions", "", "1000"); /* "" is 0 for a key that is a number */
    assert_int_equal(page.count, all);
    page = pull(&a, "actions", "99999999", "1000");
    assert_int_equal(page.count, all); /* since is before them all: the key plays no part */
    page = pull(&a, "count", "", "1000");
    assert_int_equal(page.count, 1);
    assert_string_equal(get(page.records, "MARKED_DAY"), "2020-06-01");
    assert_int_equal(strtol(get(page.records, "N"), NULL, 10), (long)all);
    adapter_odbc.close(&a);
}

static void
test_once(void **state)
{
    size_t dialect = wanted(state);
    struct odbc_settings s = settings(dialect);
    struct adapter a = new_adapter(&s);
    const struct map_call *call = mapping_call(&map, "register");
    struct push_item items[4], again;
    const char *first;
    struct error err;

    items[0] = new_item(complaint("31119", "one"));
    push_one(&a, "register", &items[0]);
    assert_int_equal(items[0].verdict, V_OK);
    first = items[0].receipt;
    /* The same delivery again has no effect, and the same receipt. */
    again = items[0];
    push_one(&a, "register", &again);
    assert_int_equal(again.verdict, V_OK);
    assert_string_equal(again.receipt, first);
    /* In a batch: one done before, one that the constraints refuse, two good ones. */
    items[1] = new_item(complaint("31119", "two"));
    items[2] = new_item(complaint("31119", "same origin as the first"));
    put((struct record *)(uintptr_t)items[2].record, "ORIGIN_NO",
        get(items[0].record, "ORIGIN_NO"));
    items[3] = new_item(complaint("31119", "three"));
    expect_ok(adapter_odbc.push(&a, mem, call, items, 4, &err), &err);
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

static struct push_item
feedback(const char *number, const char *satisfied)
{
    struct record *r = new_record("feedback");

    put(r, "FEEDBACK_KEY", "F1");
    put(r, "COMPLAINT_REG_NUM", number);
    put(r, "FEEDBACK_DT", "2020-06-20 11:00:00");
    put(r, "SATISFIED_CD", satisfied);
    put(r, "RATING", "4");
    put(r, "FEEDBACK_DESC", "संतुष्ट");
    return new_item(r);
}

static void
test_feedback(void **state)
{
    size_t dialect = wanted(state);
    struct odbc_settings s = settings(dialect);
    struct adapter a = new_adapter(&s);
    struct push_item item = new_item(complaint("31120", "x")), said;
    const struct adapter_var vars[] = { { "delivery", item.delivery } };
    const char *number;
    struct page page;
    struct error err;
    size_t actions;

    push_one(&a, "register", &item);
    number = item.receipt;
    actions = pull(&a, "actions", "", "1000").count;

    said = feedback(number, "Y");
    push_one(&a, "feedback", &said);
    assert_int_equal(said.verdict, V_OK);
    assert_string_equal(said.receipt, number);
    page = pull(&a, "list", "", "1000");
    assert_string_equal(get(find_record(&page, "COMPLAINT_REG_NUM", number), "STATUS_CD"), "1");
    assert_int_equal(pull(&a, "actions", "", "1000").count, actions);

    said = feedback(number, "N");
    push_one(&a, "feedback", &said);
    page = pull(&a, "list", "", "1000");
    assert_string_equal(get(find_record(&page, "COMPLAINT_REG_NUM", number), "STATUS_CD"), "9");
    page = pull(&a, "actions", "", "1000");
    assert_int_equal(page.count, actions + 1);
    assert_non_null(find_record(&page, "ACTION_CD", "9"));

    said = feedback("31120990000000", "N");
    push_one(&a, "feedback", &said);
    assert_int_equal(said.verdict, V_REJECT);
    assert_string_equal(said.said, "odbc.expect");

    expect_ok(adapter_odbc.pull(&a, mem, mapping_call(&map, "find"), vars, 1, &page, &err), &err);
    assert_int_equal(page.count, 1);
    assert_string_equal(get(page.records, "RECEIPT"), number);
    adapter_odbc.close(&a);
}

/* A value that the table cannot take is refused, not cut, and nobody's text gets into the error. */
static void
test_bad_values(void **state)
{
    size_t dialect = wanted(state);
    struct odbc_settings s = settings(dialect);
    struct adapter a = new_adapter(&s);
    struct record *r = complaint("31121", "x");
    struct push_item item = new_item(r);

    if (dialect == 0) { /* SQLite takes a text of any length; it keeps to its NOT NULL */
        field_of(r, "DISTRICT_CD")->text = NULL;
    } else {
        put(r, "FULL_NAME", repeated("CANARY ", 60));
    }
    push_one(&a, "register", &item);
    assert_int_equal(item.verdict, V_REJECT);
    adapter_odbc.close(&a);
}

/* ---- SQLite alone ---- */

static struct odbc_statement *
prepare(struct odbc *db, const char *sql)
{
    struct odbc_statement *st;
    struct error err;

    expect_ok(odbc_prepare(db, sql, 0, &st, &err), &err);
    return st;
}

static void
test_locked(void **state)
{
    struct odbc_settings s = settings(0);
    struct adapter a;
    struct odbc_options o = options(0);
    struct push_item items[2];
    struct odbc *other;
    struct error err;

    (void)state;
    s.timeout = 200;
    a = new_adapter(&s);
    items[0] = new_item(complaint("31122", "x"));
    items[1] = new_item(complaint("31122", "y"));
    expect_ok(odbc_open(mem, &o, &other, &err), &err);
    expect_ok(odbc_run(prepare(other, "UPDATE t_complaint SET AGE = 1"), mem, NULL, 0, NULL, &err),
              &err);
    assert_int_equal(adapter_odbc.push(&a, mem, mapping_call(&map, "register"), items, 2, &err),
                     V_RETRY);
    assert_int_equal(items[0].verdict, V_RETRY);
    assert_int_equal(items[1].verdict, V_RETRY);
    odbc_close(other); /* rolls back */
    expect_ok(adapter_odbc.push(&a, mem, mapping_call(&map, "register"), items, 2, &err), &err);
    assert_int_equal(items[0].verdict, V_OK);
    adapter_odbc.close(&a);
}

static void
test_sqlite_types(void **state)
{
    struct odbc_options o = options(0);
    struct odbc_rows rows;
    struct error err;
    struct odbc *db;

    (void)state;
    expect_ok(odbc_open(mem, &o, &db, &err), &err);
    expect_ok(odbc_run(prepare(db, "CREATE TABLE odd (n INTEGER, d TIMESTAMP, s VARCHAR(3))"), mem,
                       NULL, 0, NULL, &err), &err);
    expect_ok(odbc_run(prepare(db, "INSERT INTO odd VALUES ('12x', '31/02/2020', 'longer than 3')"),
                       mem, NULL, 0, NULL, &err), &err);
    expect_ok(odbc_run(prepare(db, "SELECT n, d, s FROM odd"), mem, NULL, 0, &rows, &err), &err);
    assert_int_equal(rows.count, 1);
    assert_null(rows.items[0].fault);
    assert_string_equal(rows.items[0].fields[0].text, "12x");
    assert_string_equal(rows.items[0].fields[1].text, "31/02/2020");
    assert_string_equal(rows.items[0].fields[2].text, "longer than 3");
    /* More rows than the caller can take is a fault of the statement. */
    assert_int_equal(odbc_run(prepare(db, "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3"), mem,
                              NULL, 2, &rows, &err), V_FATAL);
    assert_string_equal(err.code, "odbc.rows");
    odbc_close(db);
}

static void
test_map_faults(void **state)
{
    static const struct { const char *key, *value, *said; } rows[] = {
        { "sql", "SELECT COMPLAINT_REG_NUM FROM t WHERE x = :nothing", "neither an arg" },
        { "sql", "SELECT COMPLAINT_REG_NUM FROM t", "brings no column \"ORIGIN_SYSTEM\"" },
        { "sql", "SELECT 'open", "quote is not closed" },
        { "sql", "SELECT ? FROM t", "a bare" },
        { "sql.oracle", "SELECT 1", "unknown dialect \"oracle\"" },
        { "arg", "since $since", "arg must be" },
        { "arg", ":since $nothing", "unknown variable" },
        { "arg", ":since $since format=\"%Q\"", "not a good form" },
        { "arg", ":after $after format=\"%Y\"", "for a variable that is a time" },
        { "expect", "some", "expect must be" },
        { "expect", "1", "expect belongs" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct map_pair pair = { rows[i].key, rows[i].value, 7 };
        struct map_call call = *mapping_call(&map, "list");
        struct mapping own = map;
        struct faults faults = { .mem = mem };
        bool found = false;

        call.pairs = &pair;
        call.count = 1;
        own.calls = &call;
        own.call_count = 1;
        adapter_odbc.check(&own, &faults);
        for (size_t n = 0; n < faults.count; n++)
            found = found || (strstr(faults.items[n].text, rows[i].said)
                              && faults.items[n].line == 7);
        if (!found)
            fail_msg("row %zu: no fault \"%s\"", i, rows[i].said);
    }
}

#define EACH(test) \
    { #test " sqlite", test, NULL, NULL, (void *)0 }, \
    { #test " mariadb", test, NULL, NULL, (void *)1 }, \
    { #test " postgresql", test, NULL, NULL, (void *)2 }

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_connection_text),
        cmocka_unit_test(test_map_faults),
        EACH(test_probe),
        EACH(test_schema),
        EACH(test_texts),
        EACH(test_paging),
        EACH(test_once),
        EACH(test_feedback),
        EACH(test_bad_values),
        cmocka_unit_test(test_locked),
        cmocka_unit_test(test_sqlite_types),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
