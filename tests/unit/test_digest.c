/* SHA-256 against published vectors (FIPS 180-4), items, UUIDs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "digest.h"

static void
known_answers(void **state)
{
    static const struct {
        const char *text, *hex;
    } cases[] = {
        { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char out[DIGEST_BYTES], parts[DIGEST_BYTES];
        char hex[DIGEST_HEX];
        struct digest d;

        digest_of(cases[i].text, strlen(cases[i].text), out);
        digest_hex(out, hex);
        assert_string_equal(hex, cases[i].hex);
        digest_begin(&d);
        for (const char *p = cases[i].text; *p; p++)
            digest_add(&d, p, 1);
        digest_end(&d, parts);
        assert_null(d.state);
        assert_memory_equal(out, parts, DIGEST_BYTES);
    }
}

static void
items(const char *const *texts, size_t count, unsigned char out[DIGEST_BYTES])
{
    struct digest d;

    digest_begin(&d);
    for (size_t i = 0; i < count; i++)
        digest_add_item(&d, texts[i], texts[i] ? strlen(texts[i]) : 0);
    digest_end(&d, out);
}

static void
items_are_told_apart(void **state)
{
    const char *const lists[][2] = {
        { "ab", "c" }, { "a", "bc" },   { "abc", "" },
        { "", "abc" }, { NULL, "abc" }, { "abc", NULL },
    };
    unsigned char out[sizeof lists / sizeof *lists][DIGEST_BYTES], bytes[DIGEST_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        items(lists[i], 2, out[i]);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(out[i], out[j], DIGEST_BYTES);
    }
    digest_of("\0\0\0\2ab\0\0\0\1c", 11, bytes);
    assert_memory_equal(bytes, out[0], DIGEST_BYTES);
    digest_of("\xff\xff\xff\xff\0\0\0\3abc", 11, bytes);
    assert_memory_equal(bytes, out[4], DIGEST_BYTES);
}

static void
uuids_are_random_version_4(void **state)
{
    char seen[500][37];

    (void)state;
    for (size_t i = 0; i < 500; i++) {
        digest_uuid(seen[i]);
        assert_int_equal(strlen(seen[i]), 36);
        for (size_t j = 0; j < 36; j++) {
            if (j == 8 || j == 13 || j == 18 || j == 23)
                assert_int_equal(seen[i][j], '-');
            else
                assert_non_null(strchr("0123456789abcdef", seen[i][j]));
        }
        assert_int_equal(seen[i][14], '4');
        assert_non_null(strchr("89ab", seen[i][19]));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(seen[i], seen[j]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(items_are_told_apart),
        cmocka_unit_test(uuids_are_random_version_4),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
