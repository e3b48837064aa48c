/*
 * Tables in a drop folder: encodings, delimiters, quotes and line numbers; pages and what becomes
 * of a file behind them; what is refused whole, and what is one row's fault.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../fixtures/file_site.h"

#define HINDI "\xE0\xA4\xB0\xE0\xA4\xBE\xE0\xA4\xAE" /* Ram */
#define HEAD  "Ref No,Date,Name,Details,Reminder,Kind,Scan\r\n"

/* The same text in UTF-16; high is the place of a unit's high byte. */
static void
drop_utf16(struct site *s, const char *name, const char *text, bool mark, int high)
{
    char out[8000];
    size_t n = 0;

    if (mark) {
        out[n + (size_t)high] = (char)0xFE;
        out[n + (size_t)!high] = (char)0xFF;
        n += 2;
    }
    for (const unsigned char *c = (const unsigned char *)text; *c;) {
        unsigned unit = *c++;

        if (unit >= 0xE0) {
            unit = (unit & 15u) << 12 | (c[0] & 63u) << 6 | (c[1] & 63u);
            c += 2;
        }
        out[n + (size_t)high] = (char)(unit >> 8);
        out[n + (size_t)!high] = (char)(unit & 0xFF);
        n += 2;
    }
    site_save(s, arena_format(s->mem, "drop/%s", name), out, n);
}

static void
test_encodings(void **state)
{
    static const char text[] =
        "Ref No\tDate\tName\tDetails\r\nA/1\t1/2/2020\t" HINDI "\t\"two\nlines, \"\"so\"\"\"\r\n";
    struct site s;
    struct page page;
    struct error err;

    (void)state;
    site_open(&s, CSV_MAP, "");
    drop_utf16(&s, "lg-1.csv", text, true, 1);
    drop_utf16(&s, "lg-2.csv", text, true, 0);
    drop_utf16(&s, "lg-3.csv", text, false, 1);
    site_drop(&s, "lg-4.csv", arena_format(s.mem, "\xEF\xBB\xBF%s", text));
    site_drop(&s, "lg-5.csv", text);
    for (int i = 1; i <= 5; i++) {
        assert_int_equal(site_pull(&s, "10", &page, &err), V_OK);
        assert_string_equal(page.from, arena_format(s.mem, "lg-%d.csv", i));
        assert_int_equal(page.count, 1);
        assert_int_equal(page.more, i < 5);
        ASSERT_FIELD(&s, page.records, "number", "A/1");
        ASSERT_FIELD(&s, page.records, "received_at", "1/2/2020");
        ASSERT_FIELD(&s, page.records, "complainant", HINDI);
        ASSERT_FIELD(&s, page.records, "body", "two\nlines, \"so\"");
        assert_string_equal(page.records->place, arena_format(s.mem, "lg-%d.csv line 2", i));
        assert_int_equal(site_finish(&s, &page, V_OK, NULL), V_OK);
        assert_non_null(site_load(&s, arena_format(s.mem, "drop/done/lg-%d.csv", i)));
    }
    assert_int_equal(site_pull(&s, "10", &page, &err), V_OK);
    assert_null(page.from);
    site_close(&s);
    /* windows-1252 only where it is said */
    site_open(&s, CSV_MAP, "encoding = windows-1252\n");
    site_drop(&s, "lg-1.csv",
              "Ref No;Name\n1;\x93"
              "Jos\xE9\x94\n");
    assert_int_equal(site_pull(&s, "10", &page, &err), V_OK);
    ASSERT_FIELD(&s, page.records, "complainant", "\xE2\x80\x9CJos\xC3\xA9\xE2\x80\x9D");
    site_close(&s);
}

static void
test_rows(void **state)
{
    static const char text[] =
        "sep=;\n\"Ref No\"; Date;Extra;Name;Details;Reminder;Kind\n\n"
        " 1 ;;x; \"\"\"quoted\"\"\";last;;\n" /* blanks stay: the map trims */
        ";;;;;;\n"                            /* a row of nothing */
        "2;;x;a\n"                            /* too short */
        "3;;x;\"c\n\nd\";;R1;Reminder\n"
        "4;;x;b;;;;surplus\r"
        "5;;x;b;;;;";
    struct site s;
    struct page page;
    struct error err;
    const struct record *r;

    (void)state;
    site_open(&s, CSV_MAP, "");
    site_drop(&s, "lg-1.csv", arena_format(s.mem, "%s", text));
    assert_int_equal(site_pull(&s, "10", &page, &err), V_REJECT); /* a quote behind a blank */
    assert_string_equal(err.code, "csv.quote");
    assert_string_equal(err.where, "lg-1.csv line 4");
    site_drop(&s, "lg-1.csv",
              arena_format(s.mem, "%.*s\"\"\"quoted\"\"\"%s", (int)(strstr(text, " \"\"\"") - text),
                           text, strstr(text, ";last")));
    assert_int_equal(site_pull(&s, "10", &page, &err), V_OK);
    assert_int_equal(page.count, 5);
    r = page.records;
    ASSERT_FIELD(&s, r, "number", " 1 ");
    ASSERT_FIELD(&s, r, "complainant", "\"quoted\"");
    assert_null(r->child);
    assert_string_equal(r->place, "lg-1.csv line 4");
    assert_int_equal(r->ordinal, 1);
    assert_memory_equal(r->raw, " 1 ;;x;\"\"\"quoted\"\"\";last;;\n", r->raw_len);
    r = r->next;
    ASSERT_FIELD(&s, r, "number", "2");
    assert_string_equal(r->fault->code, "csv.columns");
    assert_string_equal(r->place, "lg-1.csv line 6");
    r = r->next;
    assert_null(r->fault);
    ASSERT_FIELD(&s, r, "complainant", "c\n\nd");
    assert_string_equal(r->place, "lg-1.csv line 7");
    assert_string_equal(r->child->stream, "action");
    ASSERT_FIELD(&s, r->child, "key", "R1");
    ASSERT_FIELD(&s, r->child, "action", "Reminder");
    assert_null(r->child->next);
    r = r->next;
    assert_string_equal(r->place, "lg-1.csv line 10");
    assert_string_equal(r->fault->code, "csv.columns");
    r = r->next;
    assert_string_equal(r->place, "lg-1.csv line 11");
    assert_null(r->fault);
    assert_null(r->next);
    site_close(&s);
}

/* Pages of one file; the same again until it is finished; put away behind the last. */
static void
test_pages(void **state)
{
    struct site s;
    struct page page, same;
    struct error err;

    (void)state;
    site_open(&s, CSV_MAP, "");
    site_drop(&s, "lg-1.csv", "Ref No\n1\n2\n3\n4\n5\n");
    site_drop(&s, "lg-2.csv", "Ref No\n");
    site_drop(&s, "lg-3.csv", "Ref No\n6\n");
    site_drop(&s, "other.csv", "x\n");
    site_drop(&s, "lg-4.csv.part", "x\n");
    site_drop(&s, "lg-4.csv.tmp", "x\n");
    assert_int_equal(site_pull(&s, "2", &page, &err), V_OK);
    assert_int_equal(page.count, 2);
    assert_true(page.more);
    assert_int_equal(site_finish(&s, &page, V_OK, NULL), V_OK);
    assert_int_equal(site_pull(&s, "2", &page, &err), V_OK);
    ASSERT_FIELD(&s, page.records, "number", "3");
    assert_int_equal(site_pull(&s, "2", &same, &err), V_OK); /* not finished: not committed */
    ASSERT_FIELD(&s, same.records, "number", "3");
    assert_int_equal(same.records->ordinal, 3);
    assert_int_equal(site_finish(&s, &same, V_OK, NULL), V_OK);
    assert_non_null(site_load(&s, "drop/lg-1.csv"));
    assert_int_equal(site_pull(&s, "2", &page, &err), V_OK);
    assert_int_equal(page.count, 1);
    assert_true(page.more);
    site_again(&s); /* a crash between commit and finish: all of it comes again */
    assert_int_equal(site_pull(&s, "100", &page, &err), V_OK);
    assert_int_equal(page.count, 5);
    assert_int_equal(site_finish(&s, &page, V_OK, NULL), V_OK);
    assert_null(site_load(&s, "drop/lg-1.csv"));
    assert_non_null(site_load(&s, "drop/done/lg-1.csv"));
    assert_int_equal(site_pull(&s, "2", &page, &err), V_OK);
    assert_string_equal(page.from, "lg-2.csv");
    assert_int_equal(page.count, 0);
    assert_true(page.more);
    assert_int_equal(site_finish(&s, &page, V_OK, NULL), V_OK);
    assert_int_equal(site_pull(&s, "2", &page, &err), V_OK);
    assert_false(page.more);
    assert_int_equal(site_finish(&s, &page, V_OK, NULL), V_OK);
    /* a name that is taken there */
    site_drop(&s, "lg-1.csv", "Ref No\n7\n");
    assert_int_equal(site_pull(&s, "2", &page, &err), V_OK);
    assert_int_equal(site_finish(&s, &page, V_OK, NULL), V_OK);
    assert_string_equal(site_load(&s, "drop/done/lg-1.csv.2"), "Ref No\n7\n");
    assert_non_null(site_load(&s, "drop/lg-4.csv.part"));
    assert_non_null(site_load(&s, "drop/other.csv"));
    site_close(&s);
}

/* What is broken anywhere is refused before any of it is handed over, and says where. */
static void
test_broken(void **state)
{
    static const struct {
        const char *text, *code, *where;
    } cases[] = {
        { "", "csv.header", "lg-1.csv line 1" },
        { "Name,Details\na,b\n", "csv.header", "lg-1.csv line 1" },
        { "Ref No,Ref No\na,b\n", "csv.header", "lg-1.csv line 1" },
        { "Ref No,Name\n1,a\n2,b\"c\n", "csv.quote", "lg-1.csv line 3" },
        { "Ref No,Name\n1,a\n2,\"b\" c\n", "csv.quote", "lg-1.csv line 3" },
        { "Ref No,Name\n1,a\n2,\"b\n\n", "csv.quote", "lg-1.csv line 3" },
        { "Ref No,Name\n1,a\n2", "csv.cut", "lg-1.csv line 3" },
        { "Ref No,Name\n1,\xFF\n", "file.encoding", "lg-1.csv line 1" },
        { "Ref No,Name\n1,\xED\xA0\x80\n", "file.encoding", "lg-1.csv line 1" },
        { "Ref No,Name\n1,caf\xE9", "file.encoding", "lg-1.csv line 1" },
        { "\xFF\xFE"
          "R",
          "file.encoding", "lg-1.csv line 1" },
    };
    struct site s;
    struct page page;
    struct error err;
    const char *reason;

    (void)state;
    site_open(&s, CSV_MAP, "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        site_drop(&s, "lg-1.csv", cases[i].text);
        site_drop(&s, "lg-2.csv", "Ref No\n1\n");
        assert_int_equal(site_pull(&s, "1", &page, &err), V_REJECT);
        assert_string_equal(err.code, cases[i].code);
        assert_string_equal(err.where, cases[i].where);
        assert_string_equal(page.from, "lg-1.csv");
        assert_int_equal(page.count, 0);
        assert_true(page.more);
        assert_int_equal(site_finish(&s, &page, V_REJECT, &err), V_OK);
        assert_null(site_load(&s, "drop/lg-1.csv"));
        assert_string_equal(site_load(&s, "drop/bad/lg-1.csv"), cases[i].text);
        reason = site_load(&s, "drop/bad/lg-1.csv.reason.txt");
        assert_non_null(strstr(reason, "File: lg-1.csv\r\n"));
        assert_non_null(strstr(reason, cases[i].code));
        assert_non_null(strstr(reason, "Line: "));
        assert_int_equal(unlink(site_path(&s, "drop/bad/lg-1.csv")), 0);
        assert_int_equal(site_pull(&s, "1", &page, &err), V_OK); /* the next one is not touched */
        assert_string_equal(page.from, "lg-2.csv");
        assert_int_equal(site_finish(&s, &page, V_OK, NULL), V_OK);
    }
    assert_non_null(strstr(site_load(&s, "drop/bad/lg-1.csv.reason.txt"), "\xE0\xA4\x87"));
    site_drop(&s, "lg-1.csv", "Name,Details\na,b\n");
    assert_int_equal(site_pull(&s, "1", &page, &err), V_REJECT);
    assert_int_equal(site_pull(&s, "1", &page, &err), V_REJECT); /* until it is put away */
    assert_int_equal(site_finish(&s, &page, V_REJECT, &err), V_OK);
    assert_non_null(strstr(site_load(&s, "drop/bad/lg-1.csv.reason.txt"), "Column: Ref No\r\n"));
    site_close(&s);
}

static void
test_limits(void **state)
{
    struct site s;
    struct page page;
    struct error err;
    char *big;

    (void)state;
    site_open(&s, CSV_MAP, "");
    big = arena_alloc(s.mem, (2 << 20) + 1);
    memset(big, 'x', 2 << 20);
    site_drop(&s, "lg-1.csv", big);
    assert_int_equal(site_pull(&s, "1", &page, &err), V_REJECT);
    assert_string_equal(err.code, "file.large");
    assert_int_equal(site_finish(&s, &page, V_REJECT, &err), V_OK);
    big[400000] = '\0';
    site_drop(&s, "lg-1.csv", arena_format(s.mem, "Ref No,Name\n1,\"%s\n", big));
    assert_int_equal(site_pull(&s, "1", &page, &err), V_REJECT);
    assert_string_equal(err.code, "csv.long");
    assert_int_equal(site_finish(&s, &page, V_REJECT, &err), V_OK);
    for (size_t i = 0; i < 1001; i++)
        memcpy(big + 2 * i, "1\n", 2);
    big[2002] = '\0';
    site_drop(&s, "lg-1.csv", arena_format(s.mem, "Ref No\n%s", big));
    assert_int_equal(site_pull(&s, "1", &page, &err), V_REJECT);
    assert_string_equal(err.code, "file.rows");
    assert_string_equal(err.where, "lg-1.csv line 1002");
    site_close(&s);
}

/* Files that a row names go into the store, and are put away with it; what cannot be had is the
 * row's fault. */
static void
test_contents(void **state)
{
    static const char text[] = HEAD "1,,,,,,scan one.pdf\r\n2,,,,,,none.pdf\r\n3,,,,,,../map\r\n"
                                    "4,,,,,,link.pdf\r\n5,,,,,,.hidden\r\n6,,,,,,empty.pdf\r\n"
                                    "7,,,,,,done\r\n8,,,,,,\r\n9,,,,,,scan one.pdf\r\n";
    static const char *const codes[] = { NULL,
                                         "content.absent",
                                         "content.name",
                                         "content.name",
                                         "content.name",
                                         "content.empty",
                                         "content.name",
                                         NULL,
                                         NULL };
    struct site s;
    struct page page;
    struct error err;
    struct content_facts facts;
    const struct record *r;
    size_t i = 0;

    (void)state;
    site_open(&s, CSV_MAP, "");
    site_drop(&s, "lg-1.csv", text);
    site_drop(&s, "scan one.pdf", "%PDF-1.4 some");
    site_drop(&s, "empty.pdf", "");
    site_drop(&s, ".hidden", "x");
    assert_int_equal(mkdir(site_path(&s, "drop/done"), 0755), 0);
    assert_int_equal(symlink(site_path(&s, "map"), site_path(&s, "drop/link.pdf")), 0);
    assert_int_equal(site_pull(&s, "100", &page, &err), V_OK);
    assert_int_equal(page.count, 9);
    for (r = page.records; r; r = r->next, i++) {
        if (codes[i])
            assert_string_equal(r->fault->code, codes[i]);
        else
            assert_null(r->fault);
    }
    r = page.records->child;
    assert_string_equal(r->stream, "attachment");
    ASSERT_FIELD(&s, r, "key", "scan one.pdf");
    assert_int_equal(content_look(s.a.contents, s.mem, site_field(&s, r, "content"), &facts, &err),
                     V_OK);
    assert_int_equal(facts.size, 13);
    assert_null(page.records->next->next->next->next->next->next->next->child);
    assert_int_equal(site_finish(&s, &page, V_OK, NULL), V_OK);
    assert_null(site_load(&s, "drop/scan one.pdf"));
    assert_string_equal(site_load(&s, "drop/done/scan one.pdf"), "%PDF-1.4 some");
    assert_non_null(site_load(&s, "map"));
    assert_non_null(site_load(&s, "drop/link.pdf"));
    site_close(&s);
}

static void
test_settle(void **state)
{
    struct timespec times[2];
    struct site s;
    struct page page;
    struct error err;
    int fd;

    (void)state;
    site_open(&s, CSV_MAP, "");
    adapter_file.close(&s.a);
    site_number(&s, "settle", 60000);
    assert_int_equal(site_start(&s, &err), V_OK);
    site_drop(&s, "lg-1.csv", "Ref No\n1\n");
    site_drop(&s, "lg-2.csv", "Ref No\n2\n");
    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[0].tv_sec -= 61;
    times[1] = times[0];
    assert_int_equal(utimensat(AT_FDCWD, site_path(&s, "drop/lg-2.csv"), times, 0), 0);
    assert_int_equal(site_pull(&s, "1", &page, &err), V_OK);
    assert_string_equal(page.from, "lg-2.csv");
    assert_false(page.more);
    /* changed between the readings: not now */
    fd = open(site_path(&s, "drop/lg-2.csv"), O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(write(fd, "3\n", 2), 2);
    assert_int_equal(close(fd), 0);
    assert_int_equal(site_pull(&s, "1", &page, &err), V_RETRY);
    assert_string_equal(err.code, "file.changed");
    site_close(&s);
}

/* Names that lead elsewhere or are not plain are left where they are. */
static void
test_names(void **state)
{
    struct site s;
    struct page page;
    struct error err;

    (void)state;
    site_open(&s, CSV_MAP, "");
    site_save(&s, "outside.csv", "Ref No\n1\n", 9);
    assert_int_equal(symlink("../outside.csv", site_path(&s, "drop/lg-1.csv")), 0);
    assert_int_equal(mkdir(site_path(&s, "drop/lg-2.csv"), 0755), 0);
    assert_int_equal(mkfifo(site_path(&s, "drop/lg-3.csv"), 0644), 0);
    site_drop(&s, "lg-4\n.csv", "Ref No\n1\n");
    site_drop(&s, "lg-5\xFF.csv", "Ref No\n1\n");
    site_drop(&s, ".lg-6.csv", "Ref No\n1\n");
    assert_int_equal(site_pull(&s, "1", &page, &err), V_OK);
    assert_null(page.from);
    assert_false(page.more);
    site_close(&s);
}

static void
test_strict(void **state)
{
    struct site s;
    struct page page;
    struct error err;

    (void)state;
    site_open(&s, CSV_MAP, "strict = yes\ndelimiter = ;\n");
    site_drop(&s, "lg-1.csv", "Ref No;Name;\n1;a;\n");
    site_drop(&s, "lg-2.csv", "Ref No;Nmae\n1;a\n");
    assert_int_equal(site_pull(&s, "1", &page, &err), V_OK);
    assert_int_equal(site_finish(&s, &page, V_OK, NULL), V_OK);
    assert_int_equal(site_pull(&s, "1", &page, &err), V_REJECT);
    assert_string_equal(err.code, "csv.header");
    site_close(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encodings), cmocka_unit_test(test_rows),
        cmocka_unit_test(test_pages),     cmocka_unit_test(test_broken),
        cmocka_unit_test(test_limits),    cmocka_unit_test(test_contents),
        cmocka_unit_test(test_settle),    cmocka_unit_test(test_names),
        cmocka_unit_test(test_strict),
    };

    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
