/*
 * Hostile spellings of one mobile number, one day and one name: each gives the one canonical value
 * or is held; none gives another value, and none is dropped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/convert.h"
#include "map_draw.h"
#include "map_fixture.h"
#include "text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct spelling {
    const char *text;
    size_t len; /* with NULs inside; 0 = strlen */
    bool good;  /* else held */
};

#define NUL(text, good)                                                                            \
    {                                                                                              \
        text, sizeof(text) - 1, good                                                               \
    }

static struct map_fixture f;
static char path[] = "/tmp/test_spellings_XXXXXX.map";

static const char map_text[] =
    "[map]\nsystem = t\nkind = probe\nrole = portal\nzone = Asia/Kolkata\n"
    "[complaint]\n"
    "number in a text key\n"
    "mobile in b mobile\n"
    "incident_on in c date format=\"%d/%m/%Y\"\n"
    "complainant in d text trim\n"
    "marked_at in e time format=\"%-d/%-m/%Y %-H:%M\"\n"
    "age in f int\n";

static int
begin(void **state)
{
    int file = mkstemps(path, 4);

    (void)state;
    assert_true(file >= 0);
    assert_int_equal(write(file, map_text, sizeof map_text - 1), (int)sizeof map_text - 1);
    assert_int_equal(close(file), 0);
    map_fixture_open(&f, FIXTURES "units", path, probe_kinds);
    map_fixture_print(&f);
    return f.faults.count ? 1 : 0;
}

static int
end(void **state)
{
    (void)state;
    map_fixture_close(&f);
    return unlink(path);
}

static const struct map_line *
line_of(const char *field)
{
    const struct map_stream *stream = mapping_stream(&f.map, "complaint");

    for (size_t i = 0; i < stream->count; i++)
        if (strcmp(stream->lines[i].canonical, field) == 0)
            return &stream->lines[i];
    fail_msg("no line of %s", field);
    return NULL;
}

static void
check(const char *field, const char *canonical, const char *code, const struct spelling *spellings,
      size_t count)
{
    const struct map_line *line = line_of(field);
    size_t good = 0;

    assert_true(count >= 40);
    for (size_t i = 0; i < count; i++) {
        const struct spelling *s = &spellings[i];
        struct field came = { s->text, s->len ? s->len : strlen(s->text) }, out;
        struct error err = { .code = "" };
        enum verdict v = convert_in(&f.mapper, f.mem, line, &came, NULL, &out, &err);

        if (v != (s->good ? V_OK : V_REJECT))
            fail_msg("%s, spelling %zu: %s", field, i, v ? err.text : "was taken");
        if (v == V_REJECT) {
            if (strcmp(err.code, code) != 0 && strcmp(err.code, "text.control") != 0 &&
                strcmp(err.code, "text.utf8") != 0)
                fail_msg("%s, spelling %zu: %s", field, i, err.code);
            assert_string_equal(err.field, field);
            assert_null(strstr(err.text, s->text)); /* no value in an error */
            continue;
        }
        good++;
        if (!out.text || strcmp(out.text, canonical) != 0)
            fail_msg("%s, spelling %zu: became %s", field, i, out.text ? out.text : "absent");
    }
    assert_true(good > 5);
}

static void
mobile_numbers(void **state)
{
    static const struct spelling spellings[] = {
        { "9876543210", 0, true },
        { "+919876543210", 0, true },
        { "919876543210", 0, true },
        { "09876543210", 0, true },
        { "+91 98765 43210", 0, true },
        { "+91-98765-43210", 0, true },
        { "  9876543210  ", 0, true },
        { "9876543210\n", 0, true },
        { "+91\u00A098765\u00A043210", 0, true }, /* no-break spaces */
        { "+91\u202F98765\u201143210", 0, true },
        { "98765\u201343210", 0, true },
        { "\uFEFF9876543210", 0, true }, /* a BOM at an end is a blank */
        { "9876543210\u200B", 0, true },
        { "९८७६५४३२१०", 0, true },
        { "+९१ ९८७६५ ४३२१०", 0, true },
        { "９８７６５４３２１０", 0, false }, /* of full width */
        { "९८७६५43210", 0, false },           /* of two scripts */
        { "৯৮৭৬৫৪৩২১০", 0, false },           /* Bengali */
        { "98765\u200B43210", 0, false },
        { "98765\u200D43210", 0, false },
        { "\u202A+919876543210\u202C", 0, false },
        { "\u202E0123456789", 0, false },
        { "98765\u206043210", 0, false },
        NUL("9876543210\0", false),
        NUL("98765\0004321", false),
        { "987654321", 0, false },
        { "98765432101", 0, false },
        { "+9876543210", 0, false },
        { "++919876543210", 0, false },
        { "+9109876543210", 0, false },
        { "00919876543210", 0, false },
        { "+1 9876543210", 0, false },
        { "4876543210", 0, false },
        { "-9876543210", 0, false },
        { "9876543210-", 0, false },
        { "98765--43210", 0, false },
        { "9876543210, 9876543211", 0, false },
        { "9876543210/11", 0, false },
        { "9876543210.0", 0, false },
        { "9.87654E+09", 0, false },
        { "98765O43210", 0, false }, /* the letter */
        { "(987) 654-3210", 0, false },
        { "tel:9876543210", 0, false },
        { "98765\u030043210", 0, false },
        { "98765\xFF"
          "43210",
          0, false },
        { "9\u03018765432 10", 0, false },
    };

    (void)state;
    check("mobile", "+919876543210", "map.mobile", spellings, COUNT(spellings));
}

static void
days(void **state)
{
    static const struct spelling spellings[] = {
        { "05/06/2020", 0, true },
        { "05/06/2020\0", 10, true },
        { "5/6/2020", 0, false },
        { "05-06-2020", 0, false },
        { "05.06.2020", 0, false },
        { "2020-06-05", 0, false },
        { "06/05/20", 0, false },
        { "05/06/20", 0, false },
        { "31/02/2020", 0, false },
        { "30/02/2020", 0, false },
        { "29/02/2019", 0, false },
        { "31/06/2020", 0, false },
        { "00/06/2020", 0, false },
        { "05/00/2020", 0, false },
        { "32/06/2020", 0, false },
        { "05/13/2020", 0, false },
        { "05/06/0020", 0, false },
        { "05/06/1899", 0, false },
        { "05/06/2201", 0, false },
        { "05/06/20200", 0, false },
        { " 05/06/2020", 0, false },
        { "05/06/2020 ", 0, false },
        { "05/06/2020\n", 0, false },
        { "05/ 6/2020", 0, false },
        { "05 /06/2020", 0, false },
        { "05/06/2020Z", 0, false },
        { "05/06/2020 00:00", 0, false },
        { "०५/०६/२०२०", 0, false },
        { "０５/０６/２０２０", 0, false },
        { "05⁄06⁄2020", 0, false },
        { "05∕06∕2020", 0, false },
        { "05\u00A0/06/2020", 0, false },
        { "\u202E0202/60/50", 0, false },
        { "05/06/2020\u200E", 0, false },
        { "\uFEFF05/06/2020", 0, false },
        { "05/06/20\u200B20", 0, false },
        NUL("05/06/2020\0", false),
        NUL("05/06/2\0020", false),
        { "05/Jun/2020", 0, false },
        { "O5/06/2020", 0, false },
        { "05/06/2O20", 0, false },
        { "+5/06/2020", 0, false },
        { "-5/06/2020", 0, false },
        { "05/6 /2020", 0, false },
        { "43987", 0, false },
        { "05/06/2020\xFF", 0, false },
    };
    const struct map_line *line = line_of("incident_on");
    struct field out;
    struct error err;

    (void)state;
    assert_true(COUNT(spellings) >= 40);
    for (size_t i = 0; i < COUNT(spellings); i++) {
        const struct spelling *s = &spellings[i];
        struct field came = { s->text, s->len ? s->len : strlen(s->text) };
        enum verdict v = convert_in(&f.mapper, f.mem, line, &came, NULL, &out, &err);

        if (v != (s->good ? V_OK : V_REJECT))
            fail_msg("day, spelling %zu was %s", i, v ? "held" : "taken");
        if (v)
            assert_string_equal(err.code, "map.date");
        else
            assert_string_equal(out.text, "2020-06-05");
    }
}

static void
names(void **state)
{
    static const struct spelling spellings[] = {
        { "आशा पाँड़े", 0, true },
        { "  आशा पाँड़े ", 0, true },
        { "आशा  पाँड़े", 0, true },
        { "आशा\tपाँड़े", 0, true },
        { "आशा\nपाँड़े", 0, true },
        { "आशा\r\nपाँड़े", 0, true },
        { "आशा\u00A0पाँड़े", 0, true },
        { "आशा\u3000पाँड़े", 0, true },
        { "आशा\u2009पाँड़े\u2003", 0, true },
        { "\uFEFFआशा पाँड़े", 0, true },
        { "आशा पाँड़े\u200B", 0, true },
        { "आशा पाँ\u095Cे", 0, true },       /* the letter of one code point */
        { "\u0905\u093Eशा पाँड़े", 0, true }, /* A and a sign where one letter is */
        { "आशा पा\u0901\u0921\u093C\u0947", 0, true },
        { "आशा\u2028पाँड़े", 0, true },
        { "आ\u200Bशा पाँड़े", 0, false },
        { "आशा\uFEFF पाँड़े", 0, false },
        { "आ\u200Eशा पाँड़े", 0, false },
        { "आशा \u202Eपाँड़े", 0, false },
        { "\u2067आशा पाँड़े\u2069", 0, false },
        { "आ\u00ADशा पाँड़े", 0, false },
        { "आ\u2060शा पाँड़े", 0, false },
        { "आशा\u200D पाँड़े", 0, false }, /* joins with nothing */
        { "आशा \u200Dपाँड़े", 0, false },
        { "आशा पाँडे\u093C", 0, false }, /* the dot behind the vowel */
        { "आशाा पाँड़े", 0, false },      /* a sign twice */
        { "\u093Eआशा पाँड़े", 0, false }, /* a sign without a letter */
        { "आशा \u0901पाँड़े", 0, false },
        { "आशा\uFE0F पाँड़े", 0, false },
        { "आशा\u034F पाँड़े", 0, false },
        { "आशा\u20DD पाँड़े", 0, false },
        { "आशा\uE000 पाँड़े", 0, false },
        { "आशा\uFFFF पाँड़े", 0, false },
        { "आशा\uFFFD पाँड़े", 0, false },
        { "आশা पाँड़े", 0, false }, /* Bengali letters */
        NUL("आशा पाँड़े\0", false),
        NUL("आ\0शा पाँड़े", false),
        { "आशा\x1B[31m पाँड़े", 0, false },
        { "आशा \xE0\xA4 पाँड़े", 0, false },
        { "आशा\xC2\x85 पाँड़े", 0, false },
        { "आशा \U000E0041पाँड़े", 0, false },
        { "Ｒ आशा पाँड़े", 0, false },
    };
    static const struct {
        const char *text, *name; /* name NULL: held */
    } others[] = {
        { "O'Brien", "O'Brien" },
        { "Ram  Kumar", "Ram Kumar" },
        { "Ram Kumar s/o Shri Lal", "Ram Kumar s/o Shri Lal" },
        { "राम Kumar", "राम Kumar" },
        { "R\u0430m Kumar", NULL }, /* Cyrillic a */
        { "Иван", "Иван" },
        { "Ｒａｍ", NULL },
        { "ﬁroz", NULL },
        { "𝐑am", NULL },
        { "Rene\u0301", "Ren\u00E9" },
        { "R\u0300\u0301\u0302\u0303\u0304\u0305m", NULL },
        { "اشفاق احمد", "اشفاق احمد" },
        { "क्\u200Dष", "क्\u200Dष" },           /* a half letter is kept */
        { "अर्थात्\u200C", "अर्थात्\u200C" },     /* a halant that shows */
        { "र\u093Cा", "\u0931ा" },            /* NFC */
        { "क\u0951\u093C", "क\u093C\u0951" }, /* marks put in order */
        { "\u200B", "" },                     /* nothing is left: absent */
        { "\u00A0 \u3000", "" },
    };
    const struct map_line *line = line_of("complainant");

    (void)state;
    check("complainant", "आशा पाँड\u093Cे", "map.name", spellings, COUNT(spellings));
    for (size_t i = 0; i < COUNT(others); i++) {
        struct field came = { others[i].text, strlen(others[i].text) }, out;
        struct error err = { .code = "" };
        enum verdict v = convert_in(&f.mapper, f.mem, line, &came, NULL, &out, &err);

        if (v != (others[i].name ? V_OK : V_REJECT))
            fail_msg("name %zu was %s", i, v ? err.text : "taken");
        if (v == V_OK && *others[i].name)
            assert_string_equal(out.text, others[i].name);
        else if (v == V_OK)
            assert_null(out.text);
    }
}

/* A name that was taken is taken again as it is, and is canonical text. */
static void
names_settle(void **state)
{
    static const char *const pieces[] = {
        "a",      "Z",      " ",      "  ",     "\t",     "\n",     "\u00A0", "\u3000", "\u200B",
        "\u200C", "\u200D", "\uFEFF", "\u202E", "\u0301", "\u0905", "\u0906", "\u090F", "\u0909",
        "\u093E", "\u0945", "\u0947", "\u0948", "\u094B", "\u094C", "\u0941", "\u093C", "\u094D",
        "\u0901", "\u0951", "\u0930", "\u0915", "\u0928", "\u0958", "\u0430", "\u0995", "\uFF21",
    };
    const struct map_line *line = line_of("complainant");
    size_t taken = 0;

    (void)state;
    draw_begin(20201122);
    for (int i = 0; i < 50000; i++) {
        struct arena *mem = arena_new("names");
        struct field came = { NULL, 0 }, once, twice;
        const char *clean;
        char text[64];
        size_t n = 0, len;
        struct error err;

        for (uint64_t k = 1 + draw(8); k > 0; k--) {
            const char *piece = pieces[draw(COUNT(pieces))];

            memcpy(text + n, piece, strlen(piece));
            n += strlen(piece);
        }
        came = (struct field){ text, n };
        if (convert_in(&f.mapper, mem, line, &came, NULL, &once, &err) == V_OK && once.text) {
            taken++;
            assert_int_equal(convert_in(&f.mapper, mem, line, &once, NULL, &twice, &err), V_OK);
            assert_int_equal(once.len, twice.len);
            assert_memory_equal(once.text, twice.text, once.len);
            assert_int_equal(text_clean(mem, once.text, once.len, &clean, &len, &err), V_OK);
            assert_int_equal(len, once.len);
            assert_memory_equal(clean, once.text, len);
        }
        arena_free(mem);
    }
    assert_true(taken > 500);
}

/* Times and whole numbers: as strict; what is not padded is read where the form says so. */
static void
times_and_numbers(void **state)
{
    static const struct {
        const char *field, *text, *value;
    } cases[] = {
        { "marked_at", "5/6/2020 9:05", "2020-06-05T03:35:00.000000Z" },
        { "marked_at", "05/06/2020 09:05", "2020-06-05T03:35:00.000000Z" },
        { "marked_at", "15/12/2020 19:05", "2020-12-15T13:35:00.000000Z" },
        { "marked_at", "5/6/2020 9:5", NULL },
        { "marked_at", "005/6/2020 9:05", NULL },
        { "marked_at", "5/6/2020 24:05", NULL },
        { "marked_at", "/6/2020 9:05", NULL },
        { "marked_at", "5/6/2020  9:05", NULL },
        { "marked_at", "५/६/२०२० ९:०५", NULL },
        { "age", "42", "42" },
        { "age", "042", "42" },
        { "age", "+42", NULL },
        { "age", "42.0", NULL },
        { "age", "４２", NULL },
        { "age", "४२", NULL },
        { "age", " 42", NULL },
        { "age", "151", NULL },
        { "age", "-1", NULL },
        { "age", "99999999999999999999", NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct field came = { cases[i].text, strlen(cases[i].text) }, out;
        struct error err = { .code = "" };
        enum verdict v =
            convert_in(&f.mapper, f.mem, line_of(cases[i].field), &came, NULL, &out, &err);

        if (v != (cases[i].value ? V_OK : V_REJECT))
            fail_msg("case %zu was %s", i, v ? err.text : "taken");
        if (v == V_OK)
            assert_string_equal(out.text, cases[i].value);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mobile_numbers),
        cmocka_unit_test(days),
        cmocka_unit_test(names),
        cmocka_unit_test(names_settle),
        cmocka_unit_test(times_and_numbers),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
