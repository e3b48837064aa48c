/* Sealing: a published vector, there and back, and everything that must not open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/seal.h"

#define KEY   "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
#define OTHER "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308309"
#define AAD   "durgqr|complaint|Q/1"

static struct arena *mem;
static struct seal *seal;

static int
begin(void **state)
{
    struct error err;

    (void)state;
    mem = arena_new("test");
    return seal_new(mem, KEY, &seal, &err) ? 1 : 0;
}

static int
end(void **state)
{
    (void)state;
    arena_free(mem);
    return 0;
}

static size_t
from_hex(const char *hex, unsigned char *out)
{
    size_t n = strlen(hex) / 2;

    for (size_t i = 0; i < n; i++) {
        const char two[] = { hex[2 * i], hex[2 * i + 1], '\0' };

        out[i] = (unsigned char)strtoul(two, NULL, 16);
    }
    return n;
}

/* Test case 16 of McGrew and Viega, "The Galois/Counter Mode of Operation": AES-256. */
static void
published_vector(void **state)
{
    static const char plain[] = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                                "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
    static const char cipher[] = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                                 "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662";
    unsigned char sealed[SEAL_OVERHEAD + 60], want[60], named[17 + 32], sum[DIGEST_BYTES];
    char aad[21] = "", *out;
    struct error err;
    size_t len;

    (void)state;
    memcpy(named, "cctns-bridge seal", 17);
    assert_int_equal(from_hex(KEY, named + 17), 32);
    digest_of(named, sizeof named, sum);
    sealed[0] = 1;
    memcpy(sealed + 1, sum, 8);
    assert_int_equal(from_hex("cafebabefacedbaddecaf888", sealed + 9), 12);
    assert_int_equal(from_hex("76fc6ece0f4e1768cddf8853bb2d551b", sealed + 21), 16);
    assert_int_equal(from_hex(cipher, sealed + 37), 60);
    assert_int_equal(from_hex(plain, want), 60);
    assert_int_equal(from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2", (unsigned char *)aad),
                     20);
    assert_int_equal(unseal_bytes(seal, mem, aad, sealed, sizeof sealed, &out, &len, &err), V_OK);
    assert_int_equal(len, 60);
    assert_memory_equal(out, want, 60);
}

static void
there_and_back(void **state)
{
    static const char *const texts[] = { "", "x", "+919876543210", "आशा पाँड़े" };
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t n = strlen(texts[i]), len, again_len;
        unsigned char *bytes = seal_bytes(seal, mem, AAD, texts[i], n, &len), *again;
        char *out;

        assert_int_equal(len, n + SEAL_OVERHEAD);
        assert_int_equal(bytes[0], 1);
        again = seal_bytes(seal, mem, AAD, texts[i], n, &again_len);
        assert_memory_not_equal(bytes + 9, again + 9, 12); /* no nonce twice */
        if (n > 4)
            assert_null(memmem(bytes, len, texts[i], n));
        assert_int_equal(unseal_bytes(seal, mem, AAD, bytes, len, &out, &n, &err), V_OK);
        assert_string_equal(out, texts[i]);
        assert_int_equal(n, strlen(texts[i]));
    }
}

static void
must_not_open(const void *bytes, size_t len, const char *aad, const char *code)
{
    struct error err = { .code = "" };
    char *out = NULL;
    size_t n = 1;

    assert_int_equal(unseal_bytes(seal, mem, aad, bytes, len, &out, &n, &err), V_REJECT);
    assert_string_equal(err.code, code);
    assert_null(out);
    assert_int_equal(n, 0);
}

static void
altered(void **state)
{
    size_t len;
    unsigned char *bytes = seal_bytes(seal, mem, AAD, "Asha", 4, &len);
    struct seal *other;
    struct error err;

    (void)state;
    for (size_t i = 0; i < len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            bytes[i] ^= (unsigned char)(1 << bit);
            must_not_open(bytes, len, AAD, i >= 1 && i < 9 ? "seal.key" : "seal.broken");
            bytes[i] ^= (unsigned char)(1 << bit);
        }
    }
    for (size_t n = 0; n < len; n++)
        must_not_open(bytes, n, AAD, "seal.broken");
    must_not_open(bytes, len, "durgqr|complaint|Q/2", "seal.broken");
    must_not_open(bytes, len, "", "seal.broken");
    assert_int_equal(seal_new(mem, OTHER, &other, &err), V_OK);
    bytes = seal_bytes(other, mem, AAD, "Asha", 4, &len);
    must_not_open(bytes, len, AAD, "seal.key");
}

static void
digests(void **state)
{
    unsigned char a[DIGEST_BYTES], b[DIGEST_BYTES], plain[DIGEST_BYTES];
    struct seal *other;
    struct error err;

    (void)state;
    seal_digest(seal, "+919876543210", 13, a);
    seal_digest(seal, "+919876543210", 13, b);
    digest_of("+919876543210", 13, plain);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, plain, sizeof a);
    seal_digest(seal, "+919876543211", 13, b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_int_equal(seal_new(mem, OTHER, &other, &err), V_OK);
    seal_digest(other, "+919876543210", 13, b);
    assert_memory_not_equal(a, b, sizeof a);
    seal_digest(seal, NULL, 0, b);
    assert_memory_not_equal(a, b, sizeof a);
}

static void
bad_keys(void **state)
{
    static const char *const keys[] = { NULL,    "",      "ab",    KEY "0", KEY "\n",
                                        KEY + 1, " " KEY, "g" KEY, "0x" KEY };
    struct seal *out = seal;
    struct error err;
    char text[] = KEY;

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        assert_int_equal(seal_new(mem, keys[i], &out, &err), V_FATAL);
        assert_string_equal(err.code, "seal.key");
        assert_null(out);
    }
    for (size_t i = 0; i < 64; i++) {
        char had = text[i];

        text[i] = 'g';
        assert_int_equal(seal_new(mem, text, &out, &err), V_FATAL);
        text[i] = had;
    }
    for (size_t i = 0; i < 64; i++) /* capitals are digits too */
        text[i] = (char)(text[i] >= 'a' ? text[i] - 'a' + 'A' : text[i]);
    assert_int_equal(seal_new(mem, text, &out, &err), V_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(published_vector, begin, end),
        cmocka_unit_test_setup_teardown(there_and_back, begin, end),
        cmocka_unit_test_setup_teardown(altered, begin, end),
        cmocka_unit_test_setup_teardown(digests, begin, end),
        cmocka_unit_test_setup_teardown(bad_keys, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
