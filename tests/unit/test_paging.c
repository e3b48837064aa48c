/*
 * Places of pages, without a peer and without a database.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "../../bridge/jobs/paging.h"

static void
test_paging_begins(void **state)
{
    struct paging p;

    (void)state;
    paging_begin(&p, NULL, "x");
    assert_string_equal(p.at, PAGING_BEGINNING);
    assert_string_equal(p.key, "");
    paging_begin(&p, "not a time", "x");
    assert_string_equal(p.key, "");
    paging_begin(&p, "2020-06-01T10:00:00Z", "x");
    assert_string_equal(p.at, "2020-06-01T10:00:00.000000Z");
    assert_string_equal(p.key, "x");
    paging_look_back(&p, 0);
    assert_string_equal(p.key, "x");
    paging_look_back(&p, 3600000);
    assert_string_equal(p.at, "2020-06-01T09:00:00.000000Z");
    assert_string_equal(p.key, "");
    paging_begin(&p, NULL, NULL);
    paging_look_back(&p, 3600000);
    assert_string_equal(p.at, PAGING_BEGINNING);
}

static void
test_paging_order(void **state)
{
    static const struct {
        const char *a_at, *a_key, *b_at, *b_key;
        bool beyond;
    } cases[] = {
        { "2020-06-01T10:00:01Z", "a", "2020-06-01T10:00:00Z", "z", true },
        { "2020-06-01T10:00:00Z", "a", "2020-06-01T10:00:00Z", "z", true }, /* keys: told apart */
        { "2020-06-01T10:00:00Z", "a", "2020-06-01T10:00:00Z", "a", false },
        { "2020-06-01T09:59:59Z", "z", "2020-06-01T10:00:00Z", "a", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct paging a, b;

        paging_begin(&a, cases[i].a_at, cases[i].a_key);
        paging_begin(&b, cases[i].b_at, cases[i].b_key);
        assert_int_equal(paging_is_beyond(&a, &b), cases[i].beyond);
    }
}

/* Places in a circle of any length, after a way of any length: found, within a few rounds; a way
 * that never comes back is let go on. */
static void
test_circles(void **state)
{
    (void)state;
    for (long way = 0; way < 20; way++)
        for (long round = 1; round < 20; round++) {
            struct paging_watch watch = { .steps = 0 };
            bool found = false;
            long n;

            for (n = 0; !found && n < 1000; n++) {
                struct paging at = { .at = PAGING_BEGINNING };

                snprintf(at.key, sizeof at.key, "%ld", n < way ? n : way + (n - way) % round);
                found = paging_circles(&watch, &at);
            }
            assert_true(found);
            assert_true(n <= 3 * (way + round) + 2);
        }
    struct paging_watch watch = { .steps = 0 };

    for (long n = 0; n < 1000; n++) {
        struct paging at = { .at = PAGING_BEGINNING };

        snprintf(at.key, sizeof at.key, "%ld", n);
        assert_false(paging_circles(&watch, &at));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paging_begins),
        cmocka_unit_test(test_paging_order),
        cmocka_unit_test(test_circles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
