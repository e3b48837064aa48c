/* Canonical text, numbers and option words. libutf8proc itself is the judge of NFC. */
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "with_mem.h"

#include "text.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void
utf8_is_strict(void **state)
{
    static const struct {
        const char *text;
        size_t len, bad_at; /* bad_at == len: good */
    } cases[] = {
        { "", 0, 0 },
        { "abc", 3, 3 },
        { "a\0b", 3, 3 },
        { "0123456789abcdef\xE0\xA4\x95", 19, 19 },
        { "0123456789abcde\x80", 16, 15 },
        { "\x80", 1, 0 },
        { "a\xC0\x80", 3, 1 }, /* overlong NUL */
        { "\xC1\xBF", 2, 0 },  /* overlong */
        { "\xC2\x80", 2, 2 },
        { "\xDF\xBF", 2, 2 },
        { "\xC2", 1, 0 },         /* cut */
        { "\xE0\x9F\xBF", 3, 0 }, /* overlong */
        { "\xE0\xA0\x80", 3, 3 },
        { "\xED\x9F\xBF", 3, 3 },
        { "\xED\xA0\x80", 3, 0 }, /* surrogate */
        { "\xED\xBF\xBF", 3, 0 },
        { "\xEE\x80\x80", 3, 3 },
        { "\xE2\x82", 2, 0 },
        { "\xE2\x82z", 3, 0 },
        { "\xF0\x8F\xBF\xBF", 4, 0 }, /* overlong */
        { "\xF0\x90\x80\x80", 4, 4 },
        { "\xF4\x8F\xBF\xBF", 4, 4 },
        { "\xF4\x90\x80\x80", 4, 0 }, /* beyond U+10FFFF */
        { "\xF5\x80\x80\x80", 4, 0 },
        { "\xFF", 1, 0 },
        { "ab\xF0\x9F\x98", 5, 2 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t bad_at = 999;
        bool good = text_is_utf8(cases[i].text, cases[i].len, &bad_at);

        assert_int_equal(good, cases[i].bad_at == cases[i].len);
        assert_int_equal(bad_at, good ? 999 : cases[i].bad_at);
        assert_int_equal(text_is_utf8(cases[i].text, cases[i].len, NULL), good);
    }
}

static void
characters_are_counted(void **state)
{
    (void)state;
    assert_int_equal(text_chars("", 0), 0);
    assert_int_equal(text_chars("abc", 3), 3);
    assert_int_equal(text_chars("कन्नौज", strlen("कन्नौज")), 6);
    assert_int_equal(text_chars("😀", 4), 1);
}

static void
text_is_cleaned(void **state)
{
    static const struct {
        const char *in;
        size_t in_len;
        const char *out; /* NULL: refused */
        const char *code;
    } cases[] = {
        { "", 0, "", NULL },
        { "plain", 5, "plain", NULL },
        { "a\r\nb\rc\nd\r", 9, "a\nb\nc\nd\n", NULL },
        { "\r\r\n\r", 4, "\n\n\n", NULL },
        { "tab\there", 8, "tab\there", NULL },
        { "a\0b", 3, NULL, "text.control" },
        { "0123456789\x1b", 11, NULL, "text.control" },
        { "\x0b", 1, NULL, "text.control" },
        { "0123456\x7f", 8, NULL, "text.control" },
        { "\x1f"
          "1234567",
          8, NULL, "text.control" },
        { "1234567\x1f", 8, NULL, "text.control" },
        { "\xC2\x80", 2, NULL, "text.control" },
        { "\xC2\x85", 2, NULL, "text.control" }, /* NEL */
        { "\xC2\x9F", 2, NULL, "text.control" },
        { "\xC2\xA0", 2, "\xC2\xA0", NULL },
        { "ab\xFF", 3, NULL, "text.utf8" },
        { "\xED\xA0\xBD\xED\xB8\x80", 6, NULL, "text.utf8" }, /* CESU-8 */
        { "e\xCC\x81", 3, "\xC3\xA9", NULL },
        { "e\xCC\x81\r\n", 5, "\xC3\xA9\n", NULL },
        /* U+095C decomposes and stays so; U+0928 U+093C composes to U+0929. */
        { "\xE0\xA5\x9C", 3, "\xE0\xA4\xA1\xE0\xA4\xBC", NULL },
        { "\xE0\xA4\xA8\xE0\xA4\xBC", 6, "\xE0\xA4\xA9", NULL },
        { "\xE0\xA4\xA1\xE0\xA4\xBC", 6, "\xE0\xA4\xA1\xE0\xA4\xBC", NULL },
        /* virama before nukta: put in order */
        { "\xE0\xA4\x95\xE0\xA5\x8D\xE0\xA4\xBC", 9, "\xE0\xA4\x95\xE0\xA4\xBC\xE0\xA5\x8D", NULL },
        /* ZWJ and ZWNJ stay */
        { "\xE0\xA4\x95\xE0\xA5\x8D\xE2\x80\x8D", 9, "\xE0\xA4\x95\xE0\xA5\x8D\xE2\x80\x8D", NULL },
        { "\xF0\x9F\x98\x80\xF0\xA0\x80\x80", 8, "\xF0\x9F\x98\x80\xF0\xA0\x80\x80", NULL },
        { "\xE2\x84\xAB", 3, "\xC3\x85", NULL }, /* Angstrom sign */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *out = NULL;
        size_t out_len = 0;
        struct error err;
        enum verdict v = text_clean(mem, cases[i].in, cases[i].in_len, &out, &out_len, &err);

        if (!cases[i].out) {
            assert_int_equal(v, V_REJECT);
            assert_string_equal(err.code, cases[i].code);
            assert_non_null(strstr(err.text, "at byte "));
            continue;
        }
        assert_int_equal(v, V_OK);
        assert_string_equal(out, cases[i].out);
        assert_int_equal(out_len, strlen(cases[i].out));
        assert_ptr_not_equal(out, cases[i].in);
    }
}

/* text_clean() of these code points must be what libutf8proc says. */
static void
check_nfc(const utf8proc_int32_t *points, size_t count)
{
    utf8proc_uint8_t text[64], *nfc = NULL;
    utf8proc_ssize_t len = 0, nfc_len;
    const char *out = NULL;
    size_t out_len = 0;
    struct error err;

    for (size_t i = 0; i < count; i++)
        len += utf8proc_encode_char(points[i], text + len);
    nfc_len = utf8proc_map(text, len, &nfc, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    assert_true(nfc_len >= 0);
    assert_int_equal(text_clean(mem, (const char *)text, (size_t)len, &out, &out_len, &err), V_OK);
    if (out_len != (size_t)nfc_len || memcmp(out, nfc, out_len) != 0)
        fail_msg("U+%04X U+%04X ... is not NFC", (unsigned)points[0],
                 (unsigned)points[count > 1 ? 1 : 0]);
    free(nfc);
}

static bool
is_allowed(utf8proc_int32_t c)
{
    return c > 0x9F && (c < 0xD800 || c > 0xDFFF);
}

static void
every_character_alone_and_after_letters_is_nfc(void **state)
{
    (void)state;
    for (utf8proc_int32_t c = 0xA0; c <= 0x10FFFF; c++) {
        if (!is_allowed(c))
            continue;
        check_nfc(&c, 1);
        check_nfc((const utf8proc_int32_t[]){ 'e', c }, 2);
        check_nfc((const utf8proc_int32_t[]){ 0x0928, c }, 2);
        if (c % 4096 == 0)
            arena_reset(mem);
    }
}

static void
devanagari_triples_are_nfc(void **state)
{
    static const utf8proc_int32_t marks[] = {
        0x0902, 0x093C, 0x093E, 0x094D, 0x0951, 0x0952, 0x0954, 0x200D, 0x0301, 0x0323, 'a',
    };

    (void)state;
    for (utf8proc_int32_t base = 0x0900; base <= 0x097F; base++)
        for (size_t i = 0; i < COUNT(marks); i++) {
            for (size_t j = 0; j < COUNT(marks); j++)
                for (size_t k = 0; k < COUNT(marks); k++)
                    check_nfc((const utf8proc_int32_t[]){ base, marks[i], marks[j], marks[k] }, 4);
            arena_reset(mem);
        }
}

static void
random_texts_are_nfc(void **state)
{
    static const struct {
        utf8proc_int32_t first, last;
    } blocks[] = {
        { 0x20, 0x7E },     { 0xA0, 0x24F },      { 0x300, 0x345 },   { 0x600, 0x6FF },
        { 0x900, 0x97F },   { 0x980, 0xD7F },     { 0x1100, 0x11FF }, { 0xAC00, 0xAC40 },
        { 0x2000, 0x20FF }, { 0x1F300, 0x1F64F },
    };
    unsigned seed = 1017;

    (void)state;
    for (int n = 0; n < 50000; n++) {
        utf8proc_int32_t points[12];

        for (size_t i = 0; i < COUNT(points); i++) {
            size_t block;

            seed = seed * 1103515245U + 12345U;
            block = (seed >> 16) % COUNT(blocks);
            seed = seed * 1103515245U + 12345U;
            points[i] = blocks[block].first +
                        (utf8proc_int32_t)((seed >> 16) % (unsigned)(blocks[block].last -
                                                                     blocks[block].first + 1));
        }
        check_nfc(points, COUNT(points));
        if (n % 4096 == 0)
            arena_reset(mem);
    }
}

static void
endless_marks_are_refused(void **state)
{
    size_t count = 300000, out_len;
    char *text = arena_alloc(mem, 1 + 4 * count);
    const char *out;
    struct error err;

    (void)state;
    text[0] = 'a';
    for (size_t i = 0; i < 2 * count; i++)
        memcpy(text + 1 + 2 * i, i < count ? "\xCC\x81" : "\xCC\x96", 2);
    assert_int_equal(text_clean(mem, text, 1 + 4 * count, &out, &out_len, &err), V_REJECT);
    assert_string_equal(err.code, "text.control");
    assert_int_equal(text_clean(mem, text, 1 + 2 * 200, &out, &out_len, &err), V_OK);
}

static void
blanks_are_trimmed(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        { "", "" },
        { "   ", "" },
        { " a b ", "a b" },
        { "\t\r\na\n", "a" },
        { "\xC2\xA0x\xE3\x80\x80", "x" },
        { "\xEF\xBB\xBFx\xE2\x80\x8B", "x" },                         /* BOM, ZWSP */
        { "\xE2\x80\x8Dx\xE2\x80\x8C", "\xE2\x80\x8Dx\xE2\x80\x8C" }, /* ZWJ, ZWNJ stay */
        { "\xE2\x80\xA8x\xE2\x80\xA9", "x" },
        { "\xE1\x9A\x80\xE2\x81\x9Fx\xE2\x80\xAF", "x" },
        { " \xE0\xA4\x95 ", "\xE0\xA4\x95" },
        { " \xFF ", "\xFF" },
        { " \x80\x80", "\x80\x80" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *text = cases[i].in;
        size_t len = strlen(text);

        text_trim(&text, &len);
        assert_true(text_same(text, len, cases[i].out));
    }
}

static void
numbers_are_compared(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        { "20156200012345", "20156200012345" },
        { "dl / 12-34\\2020", "DL/1234/2020" },
        { "A\xE2\x80\x93"
          "B\xE2\x80\x94"
          "C\xE2\x88\x92"
          "D",
          "ABCD" }, /* en, em, minus */
        { "a\xC2\xAD"
          "b",
          "AB" }, /* soft hyphen */
        { "12\xE2\x88\x95"
          "34",
          "12/34" },
        { "\xC2\xA0 7\t8 \xE2\x80\x8B", "78" },
        { "e\xCC\x81", "\xC3\xA9" },
        { "\xE0\xA5\x9C", "\xE0\xA4\xA1\xE0\xA4\xBC" },
        { "\xFF-a", "\xFF-a" },
        { "", "" },
        /* NHRC, as it stands in letters, drop files and spreadsheets */
        { "35765/24/1/2018-PCD", "35765/24/1/2018PCD" },
        { " 35765 / 24 / 1 / 2018 - pcd ", "35765/24/1/2018PCD" },
        { "35765\\24\\1\\2018 PCD", "35765/24/1/2018PCD" },
        { "35765\u204424\uFF0F1\u22152018\u2013PCD", "35765/24/1/2018PCD" },
        { "३५७६५/२४/१/२०१८-PCD", "35765/24/1/2018PCD" },
        { "govup/e/2026/0035742", "GOVUP/E/2026/0035742" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(text_number_norm(mem, cases[i].in), cases[i].out);
}

static void
spans_sizes_integers(void **state)
{
    static const struct {
        const char *text;
        long value; /* -1: refused */
    } spans[] = {
        { "500ms", 500 }, { "30s", 30000 }, { "10m", 600000 }, { "2h", 7200000 },
        { "1d", 86400000 }, { "0", 0 }, { "0s", 0 }, { "5", -1 }, { "", -1 }, { "s", -1 },
        { "-5s", -1 }, { "5 s", -1 }, { "5S", -1 }, { "1h30m", -1 }, { "5sx", -1 },
        { "9223372036854775807ms", 9223372036854775807 }, { "9223372036854775808ms", -1 },
        { "9223372036854775807s", -1 },
    }, sizes[] = {
        { "64k", 65536 }, { "8m", 8388608 }, { "1g", 1073741824 }, { "17", 17 }, { "0", 0 },
        { "", -1 }, { "k", -1 }, { "8M", -1 }, { "8mb", -1 }, { "9223372036854775807k", -1 },
        { "9223372036854775807", 9223372036854775807 },
    };
    static const struct {
        const char *text;
        int64_t value;
        bool good;
    } ints[] = {
        { "0", 0, true },
        { "-0", 0, true },
        { "42", 42, true },
        { "007", 7, true },
        { "-17", -17, true },
        { "9223372036854775807", INT64_MAX, true },
        { "-9223372036854775808", INT64_MIN, true },
        { "9223372036854775808", 0, false },
        { "-9223372036854775809", 0, false },
        { "92233720368547758070", 0, false },
        { "", 0, false },
        { "-", 0, false },
        { "+1", 0, false },
        { "1 ", 0, false },
        { "1.0", 0, false },
        { "0x1", 0, false },
        { "--1", 0, false },
        { "१", 0, false },
    };
    long value;
    int64_t number;

    (void)state;
    for (size_t i = 0; i < COUNT(spans); i++) {
        assert_int_equal(text_span(spans[i].text, &value), spans[i].value >= 0);
        if (spans[i].value >= 0)
            assert_int_equal(value, spans[i].value);
    }
    for (size_t i = 0; i < COUNT(sizes); i++) {
        assert_int_equal(text_size(sizes[i].text, &value), sizes[i].value >= 0);
        if (sizes[i].value >= 0)
            assert_int_equal(value, sizes[i].value);
    }
    for (size_t i = 0; i < COUNT(ints); i++) {
        assert_int_equal(text_int(ints[i].text, strlen(ints[i].text), &number), ints[i].good);
        if (ints[i].good)
            assert_true(number == ints[i].value);
    }
    assert_true(text_int("12x", 2, &number));
    assert_int_equal(number, 12);
}

static void
nearest_words(void **state)
{
    static const char *const words[] = { "mapping", "deadline", "lookback", "rows", "at", "on" };
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        { "maping", "mapping" },
        { "MAPPING", "mapping" },
        { "deadlien", "deadline" },
        { "look_back", "lookback" },
        { "row", "rows" },
        { "no", "on" },
        { "xyz", NULL },
        { "", NULL },
        { "something_else", NULL },
        { "map", NULL },
    };
    char longer[200];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *nearest = text_nearest(cases[i].word, words, COUNT(words));

        if (cases[i].nearest)
            assert_string_equal(nearest, cases[i].nearest);
        else
            assert_null(nearest);
    }
    memset(longer, 'r', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_null(text_nearest(longer, words, COUNT(words)));
}

static void
words_of_a_list(void **state)
{
    const char *list = "  mon\ttue \n15 last ", *word;
    static const char *const expected[] = { "mon", "tue", "15", "last" };
    size_t len;

    (void)state;
    for (size_t i = 0; i < COUNT(expected); i++) {
        assert_true(text_word(&list, &word, &len));
        assert_true(text_same(word, len, expected[i]));
    }
    assert_false(text_word(&list, &word, &len));
    assert_false(text_word(&list, &word, &len));
    list = NULL;
    assert_false(text_word(&list, &word, &len));
    assert_true(text_same(NULL, 0, ""));
    assert_false(text_same("abc", 3, "ab"));
    assert_false(text_same("ab", 2, "abc"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_strict),
        cmocka_unit_test(characters_are_counted),
        cmocka_unit_test(text_is_cleaned),
        cmocka_unit_test(every_character_alone_and_after_letters_is_nfc),
        cmocka_unit_test(devanagari_triples_are_nfc),
        cmocka_unit_test(random_texts_are_nfc),
        cmocka_unit_test(endless_marks_are_refused),
        cmocka_unit_test(blanks_are_trimmed),
        cmocka_unit_test(numbers_are_compared),
        cmocka_unit_test(spans_sizes_integers),
        cmocka_unit_test(nearest_words),
        cmocka_unit_test(words_of_a_list),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
