/*
 * A drop folder in which others are at work: files that are replaced, grow or come late while the
 * bridge reads; one in trouble beside good ones; documents that hold no record.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "../fixtures/file_site.h"
#include "clock.h"

static void
set_age(const struct site *s, const char *name, int seconds)
{
    const struct timespec at[2] = { { .tv_sec = time(NULL) - seconds },
                                    { .tv_sec = time(NULL) - seconds } };

    assert_int_equal(utimensat(AT_FDCWD, site_path(s, name), at, 0), 0);
}

/* What came under the name of a file while that was read is not put away unread. */
static void
test_replaced(void **state)
{
    struct site s;
    struct page page;
    struct error err;

    (void)state;
    site_open(&s, CSV_MAP, "");
    site_drop(&s, "scan.pdf", "scan");
    site_drop(&s, "lg-1.csv", "Ref No,Scan\n1,scan.pdf\n");
    assert_int_equal(site_pull(&s, "10", &page, &err), V_OK);
    assert_int_equal(page.count, 1);
    site_drop(&s, "new", "Ref No,Scan\n1,scan.pdf\n2,scan.pdf\n");
    assert_int_equal(rename(site_path(&s, "drop/new"), site_path(&s, "drop/lg-1.csv")), 0);
    assert_int_equal(site_finish(&s, &page, V_OK, NULL), V_OK);
    assert_null(site_load(&s, "drop/done/lg-1.csv"));
    assert_int_equal(site_pull(&s, "10", &page, &err), V_OK);
    assert_int_equal(page.count, 2);
    assert_null(page.records->next->fault);
    assert_int_equal(site_finish(&s, &page, V_OK, NULL), V_OK);
    assert_non_null(site_load(&s, "drop/done/lg-1.csv"));
    assert_non_null(site_load(&s, "drop/done/scan.pdf"));
    /* a broken one, put right at that moment */
    site_drop(&s, "lg-1.csv", "Ref No\n\"3\n");
    assert_int_equal(site_pull(&s, "10", &page, &err), V_REJECT);
    site_drop(&s, "new", "Ref No\n3\n");
    assert_int_equal(rename(site_path(&s, "drop/new"), site_path(&s, "drop/lg-1.csv")), 0);
    assert_int_equal(site_finish(&s, &page, V_REJECT, &err), V_OK);
    assert_null(site_load(&s, "drop/bad/lg-1.csv"));
    assert_int_equal(site_pull(&s, "10", &page, &err), V_OK);
    ASSERT_FIELD(&s, page.records, "number", "3");
    /* taken away by the office: nothing is left to do */
    assert_int_equal(unlink(site_path(&s, "drop/lg-1.csv")), 0);
    assert_int_equal(site_finish(&s, &page, V_OK, NULL), V_OK);
    site_close(&s);
}

/* A file that waits for its scan does not keep the others waiting, and is told of at the end. */
static void
test_one_in_trouble(void **state)
{
    struct site s;
    struct page page;
    struct error err;

    (void)state;
    site_open(&s, CSV_MAP, "");
    site_number(&s, "settle", 60000);
    adapter_file.close(&s.a);
    assert_int_equal(site_start(&s, &err), V_OK);
    site_drop(&s, "lg-1.csv", "Ref No,Scan\n1,a.pdf\n");
    site_drop(&s, "lg-2.csv", "Ref No\n2\n");
    site_drop(&s, "lg-3.csv", "Ref No,Scan\n3,a.pdf\n");
    site_drop(&s, "LG-4.CSV", "Ref No\n4\n");
    site_drop(&s, "a.pdf", "half of i");
    set_age(&s, "drop/lg-1.csv", 100);
    set_age(&s, "drop/lg-2.csv", 100);
    set_age(&s, "drop/lg-3.csv", 100);
    set_age(&s, "drop/LG-4.CSV", 100);
    assert_int_equal(site_pull(&s, "10", &page, &err), V_OK);
    assert_string_equal(page.from, "LG-4.CSV"); /* letters of either case */
    assert_true(page.more);
    assert_int_equal(site_finish(&s, &page, V_OK, NULL), V_OK);
    assert_int_equal(site_pull(&s, "10", &page, &err), V_OK);
    assert_string_equal(page.from, "lg-2.csv");
    assert_true(page.more);
    assert_int_equal(site_finish(&s, &page, V_OK, NULL), V_OK);
    assert_int_equal(site_pull(&s, "10", &page, &err), V_RETRY);
    assert_string_equal(err.code, "file.fresh");
    /* at the next pull it is looked at again */
    set_age(&s, "drop/a.pdf", 100);
    assert_int_equal(site_pull(&s, "10", &page, &err), V_OK);
    assert_string_equal(page.from, "lg-1.csv");
    site_close(&s);
}

/* Records of another name or namespace are not passed over without a word. */
static void
test_no_records(void **state)
{
    static const struct {
        const char *text, *code;
    } rows[] = {
        { "<Drop xmlns='urn:t'><Record><No>1</No></Record></Drop>", "xml.records" },
        { "<d:Drop xmlns:d='urn:t'><d:Rec><d:No>1</d:No></d:Rec><Rec><No>2</No></Rec></d:Drop>",
          "xml.records" },
        { "<Drop xmlns='urn:t'/>", NULL },
        { "<Drop xmlns='urn:t'><Made>x</Made><Rec><No>1</No></Rec></Drop>", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct site s;
        struct page page;
        struct error err;

        site_open(&s, XML_MAP, "");
        site_drop(&s, "cvc-1.xml", rows[i].text);
        assert_int_equal(site_pull(&s, "10", &page, &err), rows[i].code ? V_REJECT : V_OK);
        if (rows[i].code)
            assert_string_equal(err.code, rows[i].code);
        site_close(&s);
        site_open(&s, XML_MAP, "strict = yes\n");
        site_drop(&s, "cvc-1.xml", rows[i].text);
        assert_int_equal(site_pull(&s, "10", &page, &err), i == 2 ? V_OK : V_REJECT);
        site_close(&s);
    }
}

/* A record with very many below it takes time by their number, not by its square. */
static void
test_many_below(void **state)
{
    enum { MANY = 60000 };
    struct site s;
    struct page page;
    struct error err;
    const struct record *r;
    long n = 0;
    int64_t begun;
    FILE *f;

    (void)state;
    site_open(&s, XML_MAP, "");
    site_number(&s, "max_file", 64 << 20);
    adapter_file.close(&s.a);
    assert_int_equal(site_start(&s, &err), V_OK);
    f = fopen(site_path(&s, "drop/cvc-1.xml"), "w");
    assert_non_null(f);
    fputs("<Drop xmlns='urn:t'><Rec><No>1</No><Acts>", f);
    for (int i = 0; i < MANY; i++)
        fprintf(f, "<A><Seq>%d</Seq></A>\n", i);
    fputs("</Acts><Files><F><Seq>1</Seq></F></Files></Rec></Drop>", f);
    assert_int_equal(fclose(f), 0);
    begun = clock_tick();
    assert_int_equal(site_pull(&s, "10", &page, &err), V_OK);
    assert_true(clock_tick() - begun < 20000);
    for (r = page.records->child; r->next; r = r->next)
        assert_int_equal(r->ordinal, ++n);
    assert_int_equal(n, MANY);
    assert_string_equal(r->stream, "attachment");
    assert_int_equal(r->ordinal, 1);
    site_close(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replaced),
        cmocka_unit_test(test_one_in_trouble),
        cmocka_unit_test(test_no_records),
        cmocka_unit_test(test_many_below),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
