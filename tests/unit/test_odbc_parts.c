/* ODBC without a server: the table of failures, named parameters, connection texts, faults of a
 * map. */
#include <stdio.h>
#include <string.h>

#include "odbc_aid.h"

static void
test_verdicts(void **state)
{
    static const struct {
        enum odbc_dialect d;
        const char *s;
        long n;
        enum verdict v;
    } rows[] = {
        { ODBC_PGSQL, "08006", 0, V_RETRY },      { ODBC_PGSQL, "40001", 0, V_RETRY },
        { ODBC_PGSQL, "53300", 0, V_RETRY },      { ODBC_PGSQL, "55P03", 0, V_RETRY },
        { ODBC_PGSQL, "57014", 0, V_RETRY },      { ODBC_OTHER, "HYT00", 0, V_RETRY },
        { ODBC_OTHER, "HYT01", 0, V_RETRY },      { ODBC_PGSQL, "22021", 0, V_REJECT },
        { ODBC_MSSQL, "23000", 2627, V_REJECT },  { ODBC_OTHER, "28000", 0, V_FATAL },
        { ODBC_OTHER, "3D000", 0, V_FATAL },      { ODBC_OTHER, "42S02", 0, V_FATAL },
        { ODBC_OTHER, "IM002", 0, V_FATAL },      { ODBC_OTHER, "HY000", 0, V_FATAL },
        { ODBC_OTHER, "", 0, V_FATAL },           { ODBC_PGSQL, "25006", 1, V_FATAL },
        { ODBC_SQLITE, "HY000", 5, V_RETRY },     { ODBC_SQLITE, "HY000", 6, V_RETRY },
        { ODBC_SQLITE, "HY000", 261, V_RETRY },   { ODBC_SQLITE, "HY000", 19, V_REJECT },
        { ODBC_SQLITE, "HY000", 2067, V_REJECT }, { ODBC_SQLITE, "HY000", 1, V_FATAL },
        { ODBC_SQLITE, "HY000", 8, V_FATAL },     { ODBC_SQLITE, "HY000", 14, V_RETRY },
        { ODBC_MYSQL, "HY000", 1205, V_RETRY },   { ODBC_MYSQL, "HY000", 1366, V_REJECT },
        { ODBC_MYSQL, "08S01", 1153, V_REJECT },  { ODBC_MYSQL, "HY000", 2013, V_RETRY },
        { ODBC_MYSQL, "HY000", 1, V_FATAL },      { ODBC_MSSQL, "28000", 18456, V_FATAL },
        { ODBC_MSSQL, "HY000", 1205, V_RETRY },   { ODBC_PGSQL, "45000", 0, V_REJECT },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (odbc_verdict(rows[i].d, rows[i].s, rows[i].n) != rows[i].v)
            fail_msg("row %zu: %s %ld", i, rows[i].s, rows[i].n);
}

static void
test_names(void **state)
{
    static const struct {
        const char *sql, *text, *names;
    } rows[] = {
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
        const char *wrong = odbc_named_read(aid_mem, rows[i].sql, &out);
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
    assert_int_equal(odbc_open(aid_mem, &o, &db, &err), V_FATAL);
    assert_string_equal(err.code, "odbc.connection");
    assert_null(strstr(err.text, "secret"));
    o.connection = "Driver=NoSuchDriver;Database=x";
    assert_int_equal(odbc_open(aid_mem, &o, &db, &err), V_FATAL);
    o.connection = "DSN=no_such_dsn";
    assert_int_equal(odbc_open(aid_mem, &o, &db, &err), V_FATAL);
    assert_string_equal(err.code, "odbc.IM002");
    /* A wrong path is a database that is down, and no new file. */
    o.connection = "Driver=SQLite3;Database=/tmp/no/such/folder/x.db";
    assert_int_equal(odbc_open(aid_mem, &o, &db, &err), V_RETRY);
    /* A password is a value, whatever stands in it. */
    o = aid_options(0);
    o.user = "u";
    o.password = "a;Driver=/tmp/evil.so;{b}};Database=/tmp/other;";
    aid_ok(odbc_open(aid_mem, &o, &db, &err), &err);
    assert_int_equal(odbc_about(db)->dialect, ODBC_SQLITE);
    odbc_close(db);
}

static void
test_map_faults(void **state)
{
    static const struct {
        const char *key, *value, *said;
    } rows[] = {
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
        { "content", "SELECT x FROM t", "a column of kind bytes" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct map_pair pair = { rows[i].key, rows[i].value, 7 };
        struct map_call call = *mapping_call(&aid_map, "list");
        struct mapping own = aid_map;
        struct faults faults = { .mem = aid_mem };
        bool found = false;

        call.pairs = &pair;
        call.count = 1;
        own.calls = &call;
        own.call_count = 1;
        adapter_odbc.check(&own, &faults);
        for (size_t n = 0; n < faults.count; n++)
            found =
                found || (strstr(faults.items[n].text, rows[i].said) && faults.items[n].line == 7);
        if (!found)
            fail_msg("row %zu: no fault \"%s\"", i, rows[i].said);
    }
}

/* Of a call that brings a column of kind bytes, which its sql does not name. */
static void
test_content_faults(void **state)
{
    static const struct {
        const char *key, *value, *said;
    } rows[] = {
        { "sql", "SELECT FILE_SRNO FROM t", "needs \"content =\"" },
        { "content", "SELECT x FROM t WHERE y = :nothing",
          "neither a column that the stream reads" },
        { "content", "SELECT x FROM t WHERE y = :rows", "neither a column that the stream reads" },
        { "content.oracle", "SELECT x FROM t", "unknown dialect \"oracle\"" },
        { "content", "SELECT SUBSTR(x, :offset, :piece) FROM t WHERE y = :FILE_SRNO", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct map_call call = *mapping_call(&aid_map, "files");
        struct map_pair pairs[] = { { "sql", map_get(call.pairs, call.count, "sql"), 6 },
                                    { rows[i].key, rows[i].value, 7 } };
        struct mapping own = aid_map;
        struct faults faults = { .mem = aid_mem };
        bool found = false;

        call.pairs = strcmp(rows[i].key, "sql") ? pairs : pairs + 1;
        call.count = strcmp(rows[i].key, "sql") ? 2 : 1;
        own.calls = &call;
        own.call_count = 1;
        adapter_odbc.check(&own, &faults);
        if (!rows[i].said)
            assert_int_equal(faults.count, 0);
        for (size_t n = 0; rows[i].said && n < faults.count; n++)
            found = found || strstr(faults.items[n].text, rows[i].said);
        if (rows[i].said && !found)
            fail_msg("row %zu: no fault \"%s\"", i, rows[i].said);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),        cmocka_unit_test(test_names),
        cmocka_unit_test(test_connection_text), cmocka_unit_test(test_map_faults),
        cmocka_unit_test(test_content_faults),
    };

    return cmocka_run_group_tests(tests, aid_set_up, aid_tear_down);
}
