/* The one reader of bridge.conf, .map and canonical.fields. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "with_mem.h"

#include "base/ini.h"

static struct ini ini;

static void
read_text(const char *text)
{
    assert_true(ini_read(mem, "x.map", text, strlen(text), &ini, &faults));
}

static void
assert_fault(size_t at, int line, const char *part)
{
    assert_true(faults.count > at);
    assert_string_equal(faults.items[at].path, "x.map");
    assert_int_equal(faults.items[at].line, line);
    if (!strstr(faults.items[at].text, part))
        fail_msg("\"%s\" lacks \"%s\"", faults.items[at].text, part);
}

static void
sections_pairs_and_rows(void **state)
{
    const struct ini_line *lines;

    (void)state;
    read_text("\xEF\xBB\xBF# head\n"
              "\n"
              "[map]\r\n"
              "system  =  igrs  # a comment\r\n"
              "title = UP | \"a # b\" \xE0\xA4\x95\n"
              "empty =\n"
              "url = https://x/y#z\n"
              "forbid = / & \" ' \"          # blank\n"
              "lone = \"          # replaced by a blank\n"
              "end = 1 #\n"
              "[ action   in complaint\tat g:A/g:B[2] ]   # nested\n"
              "number  both  g:Code  text   match=\"[0-9]{14}\"\n"
              "arg = g:Since\n"
              "   $since\n"
              "\n"
              "# between\n"
              "\tformat=\"%d\"   # why\n"
              "      # only a comment\n"
              "a = b = c\n"
              "[bridge]");
    assert_int_equal(faults.count, 0);
    assert_int_equal(ini.count, 3);
    assert_string_equal(ini.path, "x.map");
    assert_string_equal(ini.sections[0].name, "map");
    assert_string_equal(ini.sections[0].arg, "");
    assert_int_equal(ini.sections[0].line, 3);
    assert_int_equal(ini.sections[0].count, 7);
    lines = ini.sections[0].lines;
    assert_string_equal(lines[0].key, "system");
    assert_string_equal(lines[0].value, "igrs");
    assert_string_equal(lines[0].text, "system  =  igrs");
    assert_int_equal(lines[0].line, 4);
    assert_string_equal(lines[1].value, "UP | \"a # b\" \xE0\xA4\x95");
    assert_string_equal(lines[2].key, "empty");
    assert_string_equal(lines[2].value, "");
    assert_string_equal(lines[3].value, "https://x/y#z");
    assert_string_equal(lines[4].value, "/ & \" ' \"");
    assert_string_equal(lines[5].value, "\"");
    assert_string_equal(lines[6].value, "1");
    assert_string_equal(ini.sections[1].name, "action");
    assert_string_equal(ini.sections[1].arg, "in complaint at g:A/g:B[2]");
    assert_int_equal(ini.sections[1].count, 3);
    lines = ini.sections[1].lines;
    assert_string_equal(lines[0].text, "number  both  g:Code  text   match=\"[0-9]{14}\"");
    assert_string_equal(lines[1].text, "arg = g:Since $since format=\"%d\"");
    assert_string_equal(lines[1].value, "g:Since $since format=\"%d\"");
    assert_int_equal(lines[1].line, 13);
    assert_string_equal(lines[2].key, "a");
    assert_string_equal(lines[2].value, "b = c");
    assert_int_equal(lines[2].line, 19);
    assert_string_equal(ini.sections[2].name, "bridge");
    assert_int_equal(ini.sections[2].count, 0);
}

static void
rows_have_no_key(void **state)
{
    (void)state;
    read_text("[complaint]\nnumber text required\n");
    assert_null(ini.sections[0].lines[0].key);
    assert_null(ini.sections[0].lines[0].value);
    assert_int_equal(faults.count, 0);
}

static void
every_fault_is_told(void **state)
{
    (void)state;
    read_text("   first\n"
              "early = 1\n"
              "  more of it\n"
              "[map\n"
              "[]\n"
              "[a]\n"
              " goes on\n"
              "= x\n"
              "good = 1\n"
              "bad = \xFF\n"
              "  of the bad one\n"
              "nul = \x01\n"
              "last = 2\n");
    assert_fault(0, 1, "starts with a blank");
    assert_fault(1, 2, "before the first section");
    assert_fault(2, 4, "\"]\"");
    assert_fault(3, 5, "without a name");
    assert_fault(4, 7, "starts with a blank");
    assert_fault(5, 8, "before \"=\"");
    assert_fault(6, 10, "not UTF-8 at byte 7");
    assert_fault(7, 12, "control character at byte 7");
    assert_int_equal(faults.count, 8);
    assert_int_equal(ini.count, 3);
    assert_int_equal(ini.sections[2].count, 3);
    assert_string_equal(ini.sections[2].lines[1].text, "good = 1");
    assert_string_equal(ini.sections[2].lines[2].text, "last = 2");
}

static void
empty_files_and_hostile_ones(void **state)
{
    size_t len = 4 * 1024 * 1024 + 1;
    char *large = arena_alloc(mem, len);

    (void)state;
    read_text("");
    assert_int_equal(ini.count, 0);
    read_text("[");
    read_text("]");
    read_text("[]");
    read_text("=");
    read_text("\"");
    read_text("[a]\n\"#");
    faults.count = 0;
    memset(large, '[', len);
    assert_false(ini_read(mem, "x.map", large, len, &ini, &faults));
    assert_fault(0, 0, "larger than 4194304 bytes");
    assert_true(ini_read(mem, "x.map", large, len - 1, &ini, &faults));
    assert_true(ini_read(mem, "x.map", "[a]\0b]\nx = 1", 12, &ini, &faults));
    assert_fault(2, 1, "control character");
}

static void
files(void **state)
{
    char path[] = "/tmp/test_ini_XXXXXX";
    int file = mkstemp(path);

    (void)state;
    assert_true(file >= 0);
    assert_int_equal(write(file, "[a b]\nc = d\n", 12), 12);
    assert_int_equal(close(file), 0);
    assert_true(ini_load(mem, path, &ini, &faults));
    assert_int_equal(faults.count, 0);
    assert_string_equal(ini.path, path);
    assert_string_equal(ini.sections[0].arg, "b");
    assert_string_equal(ini.sections[0].lines[0].value, "d");
    assert_int_equal(unlink(path), 0);
    assert_false(ini_load(mem, path, &ini, &faults));
    assert_int_equal(faults.count, 1);
    assert_non_null(strstr(faults.items[0].text, "No such file"));
    assert_false(ini_load(mem, "/tmp", &ini, &faults));
    assert_int_equal(faults.count, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sections_pairs_and_rows, begin, end),
        cmocka_unit_test_setup_teardown(rows_have_no_key, begin, end),
        cmocka_unit_test_setup_teardown(every_fault_is_told, begin, end),
        cmocka_unit_test_setup_teardown(empty_files_and_hostile_ones, begin, end),
        cmocka_unit_test_setup_teardown(files, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
