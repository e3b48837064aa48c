/* One result, three forms: widths of Devanagari, spreadsheets that must not run a text, JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "with_mem.h"

#include "../../bridge/cli/output.h"

static const char *
print_as(const struct result *r, enum output_form form)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);

    assert_non_null(to);
    assert_true(result_print(r, form, to));
    assert_int_equal(fclose(to), 0);
    const char *copy = arena_text(mem, text, len);

    free(text);
    return copy;
}

static void
test_width(void **state)
{
    (void)state;
    assert_int_equal(output_width(""), 0);
    assert_int_equal(output_width("Agra"), 4);
    assert_int_equal(output_width("\xe0\xa4\x86\xe0\xa4\x97\xe0\xa4\xb0\xe0\xa4\xbe"), 3 + 1);
    assert_int_equal(output_width("\xe0\xa4\x95\xe0\xa5\x8d\xe0\xa4\xb7"), 2); /* virama: none */
    assert_int_equal(output_width("\xe4\xb8\xad"), 2);
    assert_int_equal(output_width("\xff"), 1);
}

static struct result *
two_rows(const char *first, const char *second)
{
    struct result *r = result_new(mem, "test");
    struct result_table *t = result_table(r, "rows", "the rows", "name n:int ok:bool last");

    result_row(t);
    result_text(t, first);
    result_int(t, 5);
    result_bool(t, true);
    result_row(t);
    result_text(t, second);
    result_int(t, 12345);
    result_bool(t, false);
    result_text(t, "x");
    assert_int_equal(result_count(t), 2);
    return r;
}

static void
test_table(void **state)
{
    struct result *r = two_rows("a", "long name");

    (void)state;
    result_line(r, "%d lines", 1);
    assert_string_equal(print_as(r, OUTPUT_TABLE), "the rows\n"
                                                   "name           n  ok   last\n"
                                                   "a              5  yes\n"
                                                   "long name  12345  no   x\n"
                                                   "\n1 lines\n");
}

static void
test_a_bool_that_was_not_told(void **state)
{
    struct result *r = result_new(mem, "test");

    (void)state;
    result_row(result_table(r, "rows", NULL, "name ok:bool"));
    assert_string_equal(print_as(r, OUTPUT_TABLE), "name  ok\n      -\n");
    assert_non_null(strstr(print_as(r, OUTPUT_JSON), "\"ok\": null"));
}

static void
test_table_never_steers_a_terminal(void **state)
{
    struct result *r = result_new(mem, "test");
    struct result_table *t = result_table(r, "rows", NULL, "a b");

    (void)state;
    result_row(t);
    result_text(t, "x\033[2Jy\nz\xc2\x9b\xe2\x80\xae");
    result_text(t, "end");
    const char *text = print_as(r, OUTPUT_TABLE);

    assert_null(strchr(text, '\033'));
    assert_null(strstr(text, "\xc2\x9b"));
    assert_null(strstr(text, "\xe2\x80\xae"));
    assert_non_null(strstr(text, "x [2Jy z"));
}

static void
test_empty_table(void **state)
{
    struct result *r = result_new(mem, "test");

    (void)state;
    result_table(r, "rows", "nothing", "a b");
    assert_string_equal(print_as(r, OUTPUT_TABLE), "nothing\n(none)\n");
    assert_string_equal(print_as(r, OUTPUT_CSV), "a,b\n");
    assert_string_equal(print_as(r, OUTPUT_JSON),
                        "{\"version\": 1, \"command\": \"test\", \"tables\": {\"rows\": []}, "
                        "\"lines\": []}\n");
}

static void
test_csv_guards(void **state)
{
    static const struct {
        const char *cell, *out;
    } cases[] = {
        { "plain", "plain" },
        { "a,b", "\"a,b\"" },
        { "a\"b", "\"a\"\"b\"" },
        { "a\nb", "\"a\nb\"" },
        { "=1+1", "\"'=1+1\"" },
        { "+1", "\"'+1\"" },
        { "-1", "\"'-1\"" },
        { "@x", "\"'@x\"" },
        { "\tx", "\"'\tx\"" },
        { "\rx", "\"'\rx\"" },
        { "a=1", "a=1" },
        { "", "" },
        { "\nx", "\"'\nx\"" },
        { "  =1", "\"'  =1\"" },
        { "\xc2\xa0@x", "\"'\xc2\xa0@x\"" },
        { "\xef\xbc\x9d"
          "1",
          "\"'\xef\xbc\x9d"
          "1\"" },
        { "\xef\xbc\x8b"
          "1",
          "\"'\xef\xbc\x8b"
          "1\"" },
        { "\xef\xbc\x8d"
          "1",
          "\"'\xef\xbc\x8d"
          "1\"" },
        { "\xef\xbc\xa0x", "\"'\xef\xbc\xa0x\"" },
        { "a\033[2J\x7f\xc2\x9b\xff", "a\xef\xbf\xbd[2J\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { "a\tb", "a\tb" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct result *r = result_new(mem, "test");
        struct result_table *t = result_table(r, "rows", NULL, "a n:int");

        result_row(t);
        result_text(t, cases[i].cell);
        result_int(t, -7); /* a figure stays one */
        assert_string_equal(print_as(r, OUTPUT_CSV),
                            arena_format(mem, "a,n\n%s,-7\n", cases[i].out));
    }
}

/* A column of figures that holds a word: the word is guarded as any other. */
static void
test_csv_guards_figures_that_are_none(void **state)
{
    struct result *r = result_new(mem, "test");
    struct result_table *t = result_table(r, "rows", NULL, "n:int share:decimal");

    (void)state;
    result_row(t);
    result_text(t, "=1");
    result_text(t, "-98.50");
    assert_string_equal(print_as(r, OUTPUT_CSV), "n,share\n\"'=1\",-98.50\n");
    assert_non_null(strstr(print_as(r, OUTPUT_JSON), "\"share\": \"-98.50\""));
    assert_non_null(strstr(print_as(r, OUTPUT_TABLE), "\n=1  -98.50\n"));
}

static void
test_csv_has_no_lines(void **state)
{
    struct result *r = two_rows("a", "b");

    (void)state;
    result_line(r, "for people");
    assert_string_equal(print_as(r, OUTPUT_CSV), "name,n,ok,last\na,5,yes,\nb,12345,no,x\n");
}

static void
test_json(void **state)
{
    struct result *r = two_rows("q\"\\\n\x01\xff\xe0\xa4\x86", NULL);

    (void)state;
    result_line(r, "a \"line\"");
    assert_string_equal(
        print_as(r, OUTPUT_JSON),
        "{\"version\": 1, \"command\": \"test\", \"tables\": {\"rows\": [\n"
        "  {\"name\": \"q\\\"\\\\\\n\\u0001\\ufffd\xe0\xa4\x86\", \"n\": 5, \"ok\": true, "
        "\"last\": null},\n"
        "  {\"name\": null, \"n\": 12345, \"ok\": false, \"last\": \"x\"}]}, "
        "\"lines\": [\"a \\\"line\\\"\"]}\n");
}

static void
test_long_line_is_whole(void **state)
{
    struct result *r = result_new(mem, "test");
    char *text = arena_alloc(mem, 50001);

    (void)state;
    memset(text, 'x', 50000);
    result_line(r, "%s", text);
    assert_int_equal(strlen(print_as(r, OUTPUT_TABLE)), 50001);
}

static void
test_full_disk_is_seen(void **state)
{
    FILE *full = fopen("/dev/full", "w");
    struct result *r = two_rows("a", "b");

    (void)state;
    if (!full)
        skip();
    assert_false(result_print(r, OUTPUT_TABLE, full));
    fclose(full);
}

static void
test_forms(void **state)
{
    enum output_form form;

    (void)state;
    assert_true(output_form_find("csv", &form));
    assert_int_equal(form, OUTPUT_CSV);
    assert_true(output_form_find("json", &form));
    assert_int_equal(form, OUTPUT_JSON);
    assert_true(output_form_find("xlsx", &form));
    assert_int_equal(form, OUTPUT_XLSX);
    assert_false(output_form_find("xls", &form));
    assert_false(output_form_find("", &form));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_a_bool_that_was_not_told),
        cmocka_unit_test(test_table_never_steers_a_terminal),
        cmocka_unit_test(test_empty_table),
        cmocka_unit_test(test_csv_guards),
        cmocka_unit_test(test_csv_guards_figures_that_are_none),
        cmocka_unit_test(test_csv_has_no_lines),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_long_line_is_whole),
        cmocka_unit_test(test_full_disk_is_seen),
        cmocka_unit_test(test_forms),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
