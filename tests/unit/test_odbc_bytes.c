/*
 * What files hold, through ODBC: from the content store into the database and back, hashes equal.
 * SQLite always; MariaDB and PostgreSQL as in test_odbc.c. BRIDGE_TEST_ODBC_LARGE is a number of
 * bytes: then one file of that size goes both ways too, and what the process held of it is printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "odbc_aid.h"

#include "clock.h"

#define PIECE   4194304L                                           /* of the adapter */
#define STATION "UPDATE t_complaint_file SET ORIGIN_SYSTEM = NULL" /* as if written there */

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

/* Every byte value, in an order that no piece's length divides. */
static const char *
make_content(long size, unsigned seed)
{
    struct content_facts facts;
    struct content_writer *writer;
    unsigned char part[8192];
    uint64_t n = seed * 2654435761u + 1;
    struct error err;

    aid_ok(content_begin(aid_contents, aid_mem, &writer, &err), &err);
    for (long done = 0; done < size;) {
        size_t len = size - done < (long)sizeof part ? (size_t)(size - done) : sizeof part;

        for (size_t i = 0; i < len; i++) {
            n = n * 6364136223846793005u + 1442695040888963407u;
            part[i] = (unsigned char)(n >> 56);
        }
        aid_ok(content_add(writer, part, len, &err), &err);
        done += (long)len;
    }
    aid_ok(content_end(writer, &facts, &err), &err);
    return arena_copy(aid_mem, facts.id);
}

static void
run(size_t dialect, const char *sql)
{
    struct odbc_options o = aid_options(dialect);
    struct odbc_statement *st;
    struct odbc *db;
    struct error err;

    aid_ok(odbc_open(aid_mem, &o, &db, &err), &err);
    aid_ok(odbc_prepare(db, sql, 0, &st, &err), &err);
    aid_ok(odbc_run(st, aid_mem, NULL, 0, NULL, &err), &err);
    aid_ok(odbc_commit(db, &err), &err);
    odbc_close(db);
}

static struct push_item
file_item(const char *number, const char *key, const char *content)
{
    struct record *r = aid_record("attachment");

    aid_put(r, "COMPLAINT_REG_NUM", number);
    aid_put(r, "ORIGIN_KEY", key);
    aid_put(r, "FILE_NAME", "photo.bin");
    aid_put(r, "FILE_ROLE", "EVIDENCE");
    if (content)
        aid_put(r, "UPLOADED_FILE", content);
    return aid_item(r);
}

static const char *
registered(struct adapter *a)
{
    struct push_item item = aid_item(aid_complaint("31118", "x"));

    aid_push(a, "register", &item);
    assert_int_equal(item.verdict, V_OK);
    return item.receipt;
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

static void
test_sizes(void **state)
{
    static const long sizes[] = { 1,     65535,     65536,     65537,  PIECE - 1,
                                  PIECE, PIECE + 1, 2 * PIECE, 5000000 };
    enum { N = sizeof sizes / sizeof *sizes };
    size_t dialect = wanted(state);
    struct odbc_settings s = aid_settings(dialect);
    struct adapter a = aid_adapter(&s);
    const char *number = registered(&a), *ids[N];
    const struct record *r;
    struct page page;
    size_t i = 0;

    for (i = 0; i < N; i++) {
        struct push_item item;

        ids[i] = make_content(sizes[i], (unsigned)i + 1);
        item = file_item(number, arena_format(aid_mem, "F%zu", i), ids[i]);
        aid_push(&a, "attach", &item);
        assert_int_equal(item.verdict, V_OK);
        assert_string_equal(item.receipt, number);
        aid_push(&a, "attach", &item); /* the same delivery again */
        assert_int_equal(item.verdict, V_OK);
    }
    assert_int_equal(aid_pull(&a, "files", "", "100").count, 0); /* not what came from outside */
    run(dialect, STATION);
    page = aid_pull(&a, "files", "", "100");
    assert_int_equal(page.count, N);
    for (i = 0, r = page.records; r; r = r->next, i++) {
        assert_null(r->fault);
        assert_string_equal(aid_get(r, "COMPLAINT_REG_NUM"), number);
        assert_string_equal(aid_get(r, "FILE_NAME"), "photo.bin");
        assert_string_equal(aid_get(r, "FILE_SIZE"), arena_format(aid_mem, "%ld", sizes[i]));
        assert_string_equal(aid_get(r, "UPLOADED_FILE"), ids[i]);
    }
    assert_int_equal(aid_pull(&a, "files", "", "4").count, 4);
    run(dialect, "DELETE FROM t_complaint_file");
    adapter_odbc.close(&a);
}

/* A row without bytes has no content; one of no bytes is a fault of its record, and so is one that
 * is more than the store takes. */
static void
test_odd_rows(void **state)
{
    static const char *const empty[] = { "x''", "''", "''" };
    size_t dialect = wanted(state);
    struct odbc_settings s = aid_settings(dialect);
    struct adapter a = aid_adapter(&s);
    const char *number = registered(&a);
    char folder[] = "/tmp/test_contents_XXXXXX";
    struct contents *small;
    struct push_item item;
    const struct record *r;
    struct page page;
    struct error err;

    for (int i = 0; i < 4; i++) {
        item = file_item(number, arena_format(aid_mem, "%d", i),
                         i == 0 ? NULL : make_content(i * 100000, 7));
        aid_push(&a, "attach", &item);
        assert_int_equal(item.verdict, i == 0 ? V_REJECT : V_OK);
    }
    run(dialect, STATION);
    run(dialect, "UPDATE t_complaint_file SET UPLOADED_FILE = NULL WHERE ORIGIN_KEY = '1'");
    run(dialect, arena_format(aid_mem,
                              "UPDATE t_complaint_file SET UPLOADED_FILE = %s WHERE ORIGIN_KEY = "
                              "'2'",
                              empty[dialect]));
    assert_non_null(mkdtemp(folder));
    aid_ok(contents_open(aid_mem, folder, 1000, &small, &err), &err);
    a.contents = small;
    page = aid_pull(&a, "files", "", "100");
    assert_int_equal(page.count, 3);
    r = page.records;
    assert_null(r->fault);
    assert_null(aid_get(r, "UPLOADED_FILE"));
    r = r->next;
    if (dialect == 0) { /* its driver tells no bytes as NULL */
        assert_null(aid_get(r, "UPLOADED_FILE"));
    } else {
        assert_non_null(r->fault);
        assert_string_equal(r->fault->code, "content.empty");
        assert_string_equal(r->fault->field, "content");
    }
    r = r->next;
    assert_non_null(r->fault);
    assert_string_equal(r->fault->code, "content.large");
    aid_remove(folder);
    run(dialect, "DELETE FROM t_complaint_file");
    adapter_odbc.close(&a);
}

/* What the server takes no more is refused, alone, and the next one goes. */
static void
test_too_large(void **state)
{
    size_t dialect = wanted(state);
    struct odbc_settings s = aid_settings(dialect);
    struct adapter a = aid_adapter(&s);
    const char *number;
    struct push_item item;

    if (dialect != 1)
        skip(); /* only this one has such a limit: max_allowed_packet */
    run(dialect, "SET GLOBAL max_allowed_packet = 1048576");
    number = registered(&a);
    item = file_item(number, "large", make_content(2000000, 3));
    aid_push(&a, "attach", &item);
    if (item.verdict != V_REJECT)
        fail_msg("%s: %s", item.said, item.detail);
    assert_null(item.receipt);
    item = file_item(number, "small", make_content(20000, 3));
    aid_push(&a, "attach", &item);
    assert_int_equal(item.verdict, V_OK);
    run(dialect, "SET GLOBAL max_allowed_packet = 1073741824");
    run(dialect, "DELETE FROM t_complaint_file");
    adapter_odbc.close(&a);
}

/* Peak of the resident memory since the last call, in KB. */
static long
held(void)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[200];
    long kb = 0;

    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmHWM: %ld", &kb) == 1)
            break;
    if (file)
        fclose(file);
    file = fopen("/proc/self/clear_refs", "we");
    if (file) {
        fputs("5", file);
        fclose(file);
    }
    return kb;
}

static void
test_large(void **state)
{
    size_t dialect = wanted(state);
    struct odbc_settings s = aid_settings(dialect);
    struct adapter a = aid_adapter(&s);
    const char *size = getenv("BRIDGE_TEST_ODBC_LARGE"), *number, *id;
    struct push_item item;
    struct page page;
    long before, in, out;
    int64_t t0, t1;

    if (!size)
        skip();
    s.timeout = 60000;
    number = registered(&a);
    id = make_content(strtol(size, NULL, 10), 99);
    item = file_item(number, "large", id);
    (void)held();
    before = held();
    t0 = clock_now();
    aid_push(&a, "attach", &item);
    in = held() - before;
    assert_int_equal(item.verdict, V_OK);
    adapter_odbc.close(&a);
    run(dialect, STATION);
    before = held();
    before = held();
    t1 = clock_now();
    page = aid_pull(&a, "files", "", "1");
    out = held() - before;
    assert_int_equal(page.count, 1);
    assert_string_equal(aid_get(page.records, "UPLOADED_FILE"), id);
    print_message("large %s: in %ld KB held %.1f s, out %ld KB held %.1f s\n",
                  dialect_words[dialect], in, (double)(t1 - t0) / 1e6, out,
                  (double)(clock_now() - t1) / 1e6);
    run(dialect, "DELETE FROM t_complaint_file");
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
        EACH(test_schema),    EACH(test_sizes), EACH(test_odd_rows),
        EACH(test_too_large), EACH(test_large),
    };

    return cmocka_run_group_tests(tests, aid_set_up, aid_tear_down);
}
