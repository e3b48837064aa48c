/*
 * The XML writer, and paths as they are written in maps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "xml.h"

static const struct xml_prefix prefixes[] = { { "g", "urn:g" }, { "h", "urn:h" } };

static void
test_path_faults(void **state)
{
    static const struct {
        const char *path;
        bool good;
    } paths[] = {
        { "g:A", true },     { "g:A/B/@c", true }, { "@c", true },     { ".", true },
        { "g:A/h:B", true }, { "", false },        { "/g:A", false },  { "g:A/", false },
        { "g:A//B", false }, { "x:A", false },     { "@c/A", false },  { "g:A/.", false },
        { "g:", false },     { "1a", false },      { "g:A B", false }, { "*", false },
        { "a:b:c", false },  { "नाम", true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const char *why = xml_path_fault(prefixes, 2, paths[i].path);

        if (!why != paths[i].good)
            print_error("\"%s\": %s\n", paths[i].path, why ? why : "good");
        assert_int_equal(!why, paths[i].good);
    }
}

struct put {
    const char *path, *text;
};

static void
check_written(const struct put *puts, size_t count, const char *expected)
{
    struct arena *mem = arena_new("test");
    struct xml_node *root = xml_tree_new(mem, prefixes, 1, "g:L");
    struct buf out;
    struct error err;

    buf_init(&out, 1 << 16);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(xml_tree_put(root, puts[i].path, puts[i].text, strlen(puts[i].text), &err),
                         V_OK);
    assert_int_equal(xml_tree_write(root, &out, &err), V_OK);
    assert_string_equal(out.data, expected);
    buf_release(&out);
    arena_free(mem);
}

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<g:L xmlns:g=\"urn:g\""

static void
test_written(void **state)
{
    static const struct put meet[] = {
        { "g:A/g:B", "1" }, { "g:A/g:C", "2" },    { "D", "3" },       { "g:A/@x", "4" },
        { "@y", "" },       { "g:A/g:E/@z", "5" }, { "g:A/g:E", "6" },
    };
    static const struct put again[] = { { "g:A", "1" }, { "g:A", "2" }, { "g:B", "" } };
    static const struct put escaped[] = {
        { "A", "<&>\"'\r\n\tक" },
        { "@b", "<&>\"'\r\n\tक" },
    };

    (void)state;
    check_written(NULL, 0, HEAD "/>");
    check_written(meet, sizeof meet / sizeof *meet,
                  HEAD " y=\"\"><g:A x=\"4\"><g:B>1</g:B><g:C>2</g:C><g:E z=\"5\">6</g:E></g:A>"
                       "<D>3</D></g:L>");
    check_written(again, sizeof again / sizeof *again,
                  HEAD "><g:A>1</g:A><g:A>2</g:A><g:B/></g:L>");
    check_written(escaped, sizeof escaped / sizeof *escaped,
                  HEAD " b=\"&lt;&amp;&gt;&quot;'&#13;&#10;&#9;क\">"
                       "<A>&lt;&amp;&gt;\"'&#13;\n\tक</A></g:L>");
}

static void
test_not_written(void **state)
{
    static const struct {
        const char *text;
        size_t len;
    } bad[] = {
        { "a\0b", 3 },         { "\x01", 1 },         { "\x1F", 1 }, { "\xEF\xBF\xBE", 3 },
        { "\xEF\xBF\xBF", 3 }, { "\xED\xA0\x80", 3 }, { "\xC3", 1 },
    };
    struct arena *mem = arena_new("test");
    struct xml_node *root = xml_tree_new(mem, prefixes, 2, "g:L");
    struct buf out;
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(xml_tree_put(root, "A", bad[i].text, bad[i].len, &err), V_REJECT);
        assert_string_equal(err.code, "xml.char");
    }
    assert_true(xml_can_carry("\xEF\xBF\xBD\xF0\x9F\x98\x80\t\r\n", 10));
    assert_int_equal(xml_tree_put(root, "@a", "1", 1, &err), V_OK);
    assert_int_equal(xml_tree_put(root, "@a", "2", 1, &err), V_REJECT);
    assert_string_equal(err.code, "xml.path");
    assert_int_equal(xml_tree_put(root, "q:a", "2", 1, &err), V_REJECT);
    assert_null(xml_tree_element(root, "@b"));
    assert_null(xml_tree_new(mem, prefixes, 2, "g:A/g:B"));
    buf_init(&out, 20);
    assert_int_equal(xml_tree_write(root, &out, &err), V_REJECT);
    assert_string_equal(err.code, "xml.limit");
    buf_release(&out);
    arena_free(mem);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path_faults),
        cmocka_unit_test(test_written),
        cmocka_unit_test(test_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
