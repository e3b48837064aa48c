/*
 * What the calls of the map of CCTNS do in the database: units and numbers, feedback, reminders.
 * SQLite always; MariaDB and PostgreSQL as in test_odbc.c, on databases of their own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "odbc_aid.h"

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
test_schema(void **state)
{
    size_t dialect = wanted(state);
    struct odbc_options o = aid_options(dialect);
    struct odbc *db;
    struct error err;

    aid_ok(odbc_open(aid_mem, &o, &db, &err), &err);
    aid_ok(odbc_script(db, arena_format(aid_mem, "sql/cctns/%s.sql", dialect_words[dialect]), &err),
           &err);
    odbc_close(db);
}

static const char *
first_value(size_t dialect, const char *sql)
{
    struct odbc_options o = aid_options(dialect);
    struct odbc_statement *st;
    struct odbc_rows rows;
    const char *out;
    struct odbc *db;
    struct error err;

    aid_ok(odbc_open(aid_mem, &o, &db, &err), &err);
    aid_ok(odbc_prepare(db, sql, 0, &st, &err), &err);
    aid_ok(odbc_run(st, aid_mem, NULL, 0, &rows, &err), &err);
    out = rows.count > 0 ? rows.items[0].fields[0].text : NULL;
    odbc_close(db);
    return out;
}

/* What a station writes by itself. */
static void
at_the_station(size_t dialect, const char *sql)
{
    struct odbc_options o = aid_options(dialect);
    struct odbc_statement *st;
    struct odbc_rows rows;
    struct odbc *db;
    struct error err;

    aid_ok(odbc_open(aid_mem, &o, &db, &err), &err);
    aid_ok(odbc_prepare(db, sql, 0, &st, &err), &err);
    aid_ok(odbc_run(st, aid_mem, NULL, 0, &rows, &err), &err);
    aid_ok(odbc_commit(db, &err), &err);
    odbc_close(db);
}

/* Three states and units of every level: the number is the district's, and state, district and
 * station are cut out of the unit's code. */
static void
test_units(void **state)
{
    static const struct {
        const char *unit, *number, *state, *district, *station;
    } rows[] = {
        { "31155", "31155", "31", "31155", NULL },
        { "13063", "13063", "13", "13063", NULL },
        { "13900", "13900", "13", "13900", NULL },
        { "33378001", "33378", "33", "33378", "33378001" },
    };
    size_t dialect = wanted(state);
    struct odbc_settings s = aid_settings(dialect);
    struct adapter a = aid_adapter(&s);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct push_item item = aid_item(aid_complaint(rows[i].unit, "x"));
        const struct record *r;
        struct page page;

        aid_push(&a, "register", &item);
        assert_int_equal(item.verdict, V_OK);
        assert_int_equal(strlen(item.receipt), 14);
        assert_int_equal(strncmp(item.receipt, rows[i].number, 5), 0);
        page = aid_pull(&a, "list", "", "1000");
        r = aid_find(&page, "COMPLAINT_REG_NUM", item.receipt);
        assert_non_null(r);
        assert_string_equal(aid_get(r, "UNIT_CD"), rows[i].unit);
        if (rows[i].station)
            assert_string_equal(aid_get(r, "PS_CD"), rows[i].station);
        else
            assert_null(aid_get(r, "PS_CD"));
        for (int n = 0; n < 2; n++)
            assert_string_equal(
                first_value(dialect, arena_format(aid_mem,
                                                  "SELECT %s FROM t_complaint WHERE "
                                                  "COMPLAINT_REG_NUM = '%s'",
                                                  n ? "STATE_CD" : "DISTRICT_CD", item.receipt)),
                n ? rows[i].state : rows[i].district);
    }
    adapter_odbc.close(&a);
}

/* A reminder is written beside what was done here, and not told back as done here. */
static void
test_remind(void **state)
{
    size_t dialect = wanted(state);
    struct odbc_settings s = aid_settings(dialect);
    struct adapter a = aid_adapter(&s);
    struct push_item item = aid_item(aid_complaint("31125", "x"));
    struct record *r = aid_record("action");
    const char *number;
    size_t actions;

    aid_push(&a, "register", &item);
    number = item.receipt;
    actions = aid_pull(&a, "actions", "", "1000").count;
    aid_put(r, "ORIGIN_KEY", "7");
    aid_put(r, "COMPLAINT_REG_NUM", number);
    aid_put(r, "ACTION_CD", "20");
    aid_put(r, "ACTION_DT", "2020-06-20 11:00:00");
    aid_put(r, "ACTION_DESC", "स्मरण पत्र");
    item = aid_item(r);
    aid_push(&a, "remind", &item);
    assert_int_equal(item.verdict, V_OK);
    assert_string_equal(item.receipt, number);
    assert_int_equal(aid_pull(&a, "actions", "", "1000").count, actions);
    assert_string_equal(
        first_value(dialect, "SELECT COUNT(*) FROM t_complaint_action WHERE ACTION_CD = 20 AND "
                             "ORIGIN_SYSTEM = 'igrs' AND ORIGIN_KEY = '7'"),
        "1");
    aid_put(r, "COMPLAINT_REG_NUM", "31125990000000");
    item = aid_item(r);
    aid_push(&a, "remind", &item);
    assert_int_equal(item.verdict, V_REJECT);
    adapter_odbc.close(&a);
}

static struct push_item
feedback(const char *number, const char *satisfied)
{
    struct record *r = aid_record("feedback");

    aid_put(r, "FEEDBACK_KEY", "F1");
    aid_put(r, "COMPLAINT_REG_NUM", number);
    aid_put(r, "FEEDBACK_DT", "2020-06-20 11:00:00");
    aid_put(r, "SATISFIED_CD", satisfied);
    aid_put(r, "RATING", "4");
    aid_put(r, "FEEDBACK_DESC", "संतुष्ट");
    return aid_item(r);
}

static void
test_feedback(void **state)
{
    size_t dialect = wanted(state);
    struct odbc_settings s = aid_settings(dialect);
    struct adapter a = aid_adapter(&s);
    struct push_item item = aid_item(aid_complaint("31120", "x")), said;
    const struct adapter_var vars[] = { { "delivery", item.delivery } };
    const char *number;
    struct page page;
    struct error err;
    size_t actions;

    aid_push(&a, "register", &item);
    number = item.receipt;
    actions = aid_pull(&a, "actions", "", "1000").count;

    said = feedback(number, "Y");
    aid_push(&a, "feedback", &said);
    assert_int_equal(said.verdict, V_OK);
    assert_string_equal(said.receipt, number);
    page = aid_pull(&a, "list", "", "1000");
    assert_string_equal(aid_get(aid_find(&page, "COMPLAINT_REG_NUM", number), "STATUS_CD"), "1");
    assert_int_equal(aid_pull(&a, "actions", "", "1000").count, actions);

    /* What is not answered has nothing to be reopened. */
    said = feedback(number, "N");
    aid_put((struct record *)(uintptr_t)said.record, "FEEDBACK_KEY", "F0");
    aid_push(&a, "feedback", &said);
    assert_int_equal(said.verdict, V_OK);
    page = aid_pull(&a, "list", "", "1000");
    assert_string_equal(aid_get(aid_find(&page, "COMPLAINT_REG_NUM", number), "STATUS_CD"), "1");
    assert_int_equal(aid_pull(&a, "actions", "", "1000").count, actions);

    at_the_station(dialect, arena_format(aid_mem,
                                         "UPDATE t_complaint SET STATUS_CD = 7 WHERE "
                                         "COMPLAINT_REG_NUM = '%s'",
                                         number));
    said = feedback(number, "N");
    aid_push(&a, "feedback", &said);
    page = aid_pull(&a, "list", "", "1000");
    assert_string_equal(aid_get(aid_find(&page, "COMPLAINT_REG_NUM", number), "STATUS_CD"), "9");
    page = aid_pull(&a, "actions", "", "1000");
    assert_int_equal(page.count, actions + 1);
    assert_non_null(aid_find(&page, "ACTION_CD", "9"));

    /* Said anew under the same key it takes the other's place, and does not reopen again. */
    said = feedback(number, "N");
    aid_push(&a, "feedback", &said);
    assert_int_equal(said.verdict, V_OK);
    assert_int_equal(aid_pull(&a, "actions", "", "1000").count, actions + 1);
    assert_string_equal(first_value(dialect, "SELECT COUNT(*) FROM t_complaint_feedback WHERE "
                                             "FEEDBACK_KEY = 'F1' AND RECORD_STATUS <> 'D'"),
                        "1");

    /* Another one before it is answered again changes nothing in the complaint, and is taken. */
    said = feedback(number, "N");
    aid_put((struct record *)(uintptr_t)said.record, "FEEDBACK_KEY", "F2");
    aid_push(&a, "feedback", &said);
    assert_int_equal(said.verdict, V_OK);
    assert_int_equal(aid_pull(&a, "actions", "", "1000").count, actions + 1);

    /* The next answer that does not satisfy reopens again. */
    at_the_station(dialect, arena_format(aid_mem,
                                         "UPDATE t_complaint SET STATUS_CD = 5 WHERE "
                                         "COMPLAINT_REG_NUM = '%s'",
                                         number));
    said = feedback(number, "N");
    aid_put((struct record *)(uintptr_t)said.record, "FEEDBACK_KEY", "F3");
    aid_push(&a, "feedback", &said);
    assert_int_equal(aid_pull(&a, "actions", "", "1000").count, actions + 2);

    said = feedback("31120990000000", "N");
    aid_push(&a, "feedback", &said);
    assert_int_equal(said.verdict, V_REJECT);
    assert_string_equal(said.said, "odbc.expect");

    aid_ok(adapter_odbc.pull(&a, aid_mem, mapping_call(&aid_map, "find"), vars, 1, &page, &err),
           &err);
    assert_int_equal(page.count, 1);
    assert_string_equal(aid_get(page.records, "RECEIPT"), number);
    adapter_odbc.close(&a);
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
        EACH(test_schema),
        EACH(test_units),
        EACH(test_remind),
        EACH(test_feedback),
    };

    return cmocka_run_group_tests(tests, aid_set_up, aid_tear_down);
}
