/* The unit tree and its schemes; the list of Uttar Pradesh. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "with_mem.h"

#include "core/units.h"

static char folder[] = "/tmp/test_units_XXXXXX";
static struct units units;

static const char *
code_of(const char *scheme, const char *code)
{
    const struct unit *unit = units_by_code(&units, scheme, code);

    return unit ? unit->code : "";
}

static void
asking(void **state)
{
    (void)state;
    units_load(mem, "tests/fixtures/map/units", &units, &faults);
    assert_int_equal(faults.count, 0);
    assert_int_equal(units.count, 5);
    assert_string_equal(units.items[2].name_en, "Hapur, new");
    assert_string_equal(units.items[2].valid_from, "2011-09-28");
    assert_null(units.items[0].parent);
    assert_string_equal(code_of("t", "101"), "T-1");
    assert_string_equal(code_of("bridge", "T-1"), "T-1");
    assert_string_equal(code_of("bridge", "t-1"), "T-1");
    assert_string_equal(code_of("name", "  kanauj \t CITY "), "T-1");
    assert_string_equal(code_of("name", "Kanauj_City"), "");
    /* both spellings of the last letter: U+095D, and dha with a dot below */
    assert_string_equal(code_of("name_hi", "\u0939\u093e\u092a\u0941\u0921\u093c"), "T-2");
    assert_string_equal(code_of("name_hi", "\u0939\u093e\u092a\u0941\u095c"), "T-2");
    assert_string_equal(code_of("name_hi", "\xFF"), "");
    assert_string_equal(code_of("t", "999"), "");
    assert_string_equal(code_of("none", "101"), "");
    assert_string_equal(code_of("shared", "7"), "");
    assert_string_equal(units_clash(&units, "shared"), "7");
    assert_null(units_clash(&units, "t"));
    assert_null(units_clash(&units, "none"));
    assert_true(units_has_scheme(&units, "name_hi"));
    assert_true(units_has_scheme(&units, "bridge"));
    assert_false(units_has_scheme(&units, "none"));
    assert_string_equal(units_code(&units, "name", "T-1", NULL), "Kannauj");
    assert_string_equal(units_code(&units, "shared", "T-3", NULL), "7");
    assert_string_equal(units_code(&units, "bridge", "T-3", NULL), "T-3");
    assert_null(units_code(&units, "name", "T-3", NULL));
    assert_null(units_code(&units, "name", "gone", NULL));
}

static void
faults_of_lists(void **state)
{
    static const struct {
        const char *rows;
        int line;
        const char *fault;
    } cases[] = {
        { "A,,STATE,A,,,,\nA,,STATE,B,,,,\n", 3, "unit \"A\" stands in line 2 too" },
        { "A,B,STATE,A,,,,\n", 2, "no unit \"B\" to be its parent" },
        { "A,B,STATE,A,,,,\nB,A,STATE,B,,,,\n", 2, "below itself" },
        { "A,,STAT,A,,,,\n", 2, "unknown level \"STAT\", did you mean \"STATE\"?" },
        { "A,,STATE,,,,,\n", 2, "needs a code and a name" },
        { "A,,STATE,A,,2020-02-30,,\n", 2, "is not a date" },
        { "A,,STATE,A,,,,x\n", 2, "is not SCHEME:CODE" },
        { "A,,STATE,A,,,,:x y:\n", 2, "is not SCHEME:CODE" },
        { "A,,STATE,A,,,,bridge:x\n", 2, "scheme \"bridge\"" },
        { "A,,STATE,A,,,\n", 2, "has 7 cells, the header 8" },
        { "A,,STATE,\"A,,,,\n", 2, "a quote is not closed" },
        { "A,,STATE,A\x01,,,,\n", 2, "control character" },
    };
    char path[64];

    (void)state;
    (void)snprintf(path, sizeof path, "%s/a.csv", folder);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        FILE *file = fopen(path, "we");

        assert_non_null(file);
        assert_true(fprintf(file,
                            "unit,parent,level,name_en,name_hi,valid_from,valid_to,aliases\n%s",
                            cases[i].rows) > 0);
        assert_int_equal(fclose(file), 0);
        faults.count = 0;
        units_load(mem, folder, &units, &faults);
        assert_true(faults.count > 0);
        assert_string_equal(faults.items[0].path, path);
        assert_int_equal(faults.items[0].line, cases[i].line);
        if (!strstr(faults.items[0].text, cases[i].fault))
            fail_msg("case %zu: %s", i, faults.items[0].text);
    }
    (void)unlink(path);
    faults.count = 0;
    units_load(mem, "/tmp/no such folder", &units, &faults);
    assert_int_equal(faults.count, 1);
    assert_null(units_by_code(&units, "bridge", "A"));
}

static void
uttar_pradesh(void **state)
{
    static const struct {
        const char *scheme, *code, *unit;
    } cases[] = {
        { "lgd", "155", "UP-155" },        { "igrs", "155", "UP-155" },
        { "cctns", "31155", "UP-155" },    { "cctns", "31155001", "UP-155-01" },
        { "name", "Allahabad", "UP-120" }, { "name", "PRAYAGRAJ", "UP-120" },
        { "name", "faizabad", "UP-140" },  { "name", "Lakhimpur  Kheri", "UP-159" },
        { "name_hi", "कन्नौज", "UP-155" },  { "name_hi", "इलाहाबाद", "UP-120" },
        { "name_hi", "अलीगढ़", "UP-119" },  { "name", "Mahila Thana Kannauj", "UP-155-02" },
    };
    size_t districts = 0, stations = 0;

    (void)state;
    units_load(mem, "mappings/units", &units, &faults);
    assert_int_equal(faults.count, 0);
    for (size_t i = 0; i < units.count; i++) {
        const struct unit *unit = &units.items[i];

        if (strncmp(unit->code, "UP", 2) != 0)
            continue;
        districts += strcmp(unit->level, "DISTRICT") == 0;
        stations += strcmp(unit->level, "PS") == 0;
        assert_non_null(unit->name_hi);
    }
    assert_int_equal(districts, 75);
    assert_int_equal(stations, 150);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(code_of(cases[i].scheme, cases[i].code), cases[i].unit);
    assert_null(units_clash(&units, "lgd"));
    assert_null(units_clash(&units, "name"));
    assert_null(units_clash(&units, "name_hi"));
    assert_null(units_clash(&units, "cctns"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(asking, begin, end),
        cmocka_unit_test_setup_teardown(faults_of_lists, begin, end),
        cmocka_unit_test_setup_teardown(uttar_pradesh, begin, end),
    };
    int failed;

    if (!mkdtemp(folder))
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)rmdir(folder);
    return failed;
}
