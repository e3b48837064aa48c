/* The digest of a set of rows: the figures of the rule's own example, and what must tell apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../bridge/core/set_digest.h"

static void
digest_text(const char *text, unsigned char out[DIGEST_BYTES])
{
    digest_of(text, strlen(text), out);
}

static struct set_sum
sum_of(const char *const *texts, size_t count)
{
    struct set_sum sum = { 0 };
    unsigned char row[DIGEST_BYTES];

    for (size_t i = 0; i < count; i++) {
        digest_text(texts[i], row);
        set_add(&sum, row);
    }
    return sum;
}

static void
buckets_of_numbers(void **state)
{
    static const struct {
        const char *number;
        unsigned bucket;
    } items[] = { { "1", 0x6b }, { "2", 0xd4 }, { "3", 0x4e }, { "31155200000001", 0xab } };

    (void)state;
    for (size_t i = 0; i < sizeof items / sizeof *items; i++)
        assert_int_equal(set_bucket(items[i].number, strlen(items[i].number)), items[i].bucket);
}

static void
sums_of_the_example(void **state)
{
    static const char *const texts[] = { "a", "b", "c" };
    static const struct set_sum first = { 1,
                                          { 3398926610, 3390815690, 4207030707, 2586041421,
                                            2810638328, 343690866, 3112204165, 2951628987 } };
    static const struct set_sum all = { 3,
                                        { 5221422379, 6235197942, 6781695693, 5174596390,
                                          6020402170, 5275684432, 9099987924, 9259268382 } };
    struct set_sum one = sum_of(texts, 1), three = sum_of(texts, 3);

    (void)state;
    assert_true(set_same(&one, &first));
    assert_true(set_same(&three, &all));
}

static void
order_is_nothing_and_every_word_counts(void **state)
{
    static const char *const here[] = { "a", "b", "c" }, *const there[] = { "c", "a", "b" };
    struct set_sum a = sum_of(here, 3), b = sum_of(there, 3), none = { 0 };

    (void)state;
    assert_true(set_same(&a, &b));
    assert_false(set_same(&a, &none));
    for (size_t i = 0; i < SET_WORDS; i++) {
        b = a;
        b.words[i]++;
        assert_false(set_same(&a, &b));
    }
    b = a;
    b.n++; /* a row whose digest is all zeroes */
    assert_false(set_same(&a, &b));
}

static void
what_is_read_of_texts(void **state)
{
    static const char zeroes[] = "0000000000000000000000000000000000000000000000000000000000000000";
    unsigned char row[DIGEST_BYTES], same[DIGEST_BYTES];
    char hex[DIGEST_HEX];
    unsigned bucket = 0;

    (void)state;
    digest_text("a", row);
    digest_hex(row, hex);
    assert_true(set_row_read(hex, 64, same));
    assert_memory_equal(row, same, sizeof row);
    for (char *c = hex; *c; c++)
        *c = (char)(*c >= 'a' ? *c - 'a' + 'A' : *c);
    assert_true(set_row_read(hex, 64, same));
    assert_memory_equal(row, same, sizeof row);
    hex[9] = 'g';
    assert_false(set_row_read(hex, 64, same));
    assert_false(set_row_read(zeroes, 63, same));
    assert_false(set_row_read(NULL, 0, same));
    assert_true(set_row_read(zeroes, 64, same));

    assert_true(set_bucket_read("0a", 2, &bucket));
    assert_int_equal(bucket, 10);
    assert_true(set_bucket_read("ff", 2, &bucket));
    assert_int_equal(bucket, 255);
    assert_false(set_bucket_read("f", 1, &bucket));
    assert_false(set_bucket_read("0x", 2, &bucket));
    assert_false(set_bucket_read("0ab", 3, &bucket));
    assert_false(set_bucket_read(NULL, 0, &bucket));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_of_numbers),
        cmocka_unit_test(sums_of_the_example),
        cmocka_unit_test(order_is_nothing_and_every_word_counts),
        cmocka_unit_test(what_is_read_of_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
