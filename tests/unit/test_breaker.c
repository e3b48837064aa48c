/* When a peer is left alone: breaker, back-off, pace. Times are handed in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../bridge/jobs/breaker.h"

static void
test_opens_after_failures_in_a_row(void **state)
{
    struct breaker b;

    (void)state;
    breaker_init(&b, 3, 1000);
    assert_true(breaker_allows(&b, 0));
    assert_false(breaker_failed(&b, 0));
    assert_false(breaker_failed(&b, 1));
    breaker_succeeded(&b);
    assert_false(breaker_failed(&b, 2));
    assert_false(breaker_failed(&b, 3));
    assert_true(breaker_allows(&b, 3));
    assert_true(breaker_failed(&b, 4));
    assert_false(breaker_allows(&b, 4));
    assert_false(breaker_allows(&b, 1003));
}

static void
test_left_alone_as_it_asked(void **state)
{
    struct breaker b;

    (void)state;
    breaker_init(&b, 3, 1000);
    breaker_hold(&b, 100, 5000);
    breaker_hold(&b, 100, 10); /* the longer one counts */
    assert_false(breaker_allows(&b, 5099));
    assert_true(breaker_allows(&b, 5100));
    breaker_trip(&b, 5100);
    breaker_hold(&b, 5100, 9000); /* longer than its rest */
    assert_false(breaker_allows(&b, 14099));
    assert_true(breaker_allows(&b, 14100));
    assert_int_equal(b.state, BREAKER_HALF_OPEN);
}

static void
test_half_opens_by_itself(void **state)
{
    struct breaker b;

    (void)state;
    breaker_init(&b, 3, 1000);
    breaker_trip(&b, 100);
    assert_false(breaker_allows(&b, 1099));
    assert_true(breaker_allows(&b, 1100));
    assert_int_equal(b.state, BREAKER_HALF_OPEN);
    assert_true(breaker_failed(&b, 1200)); /* one failure is enough now */
    assert_false(breaker_allows(&b, 2199));
    assert_true(breaker_allows(&b, 2200));
    breaker_succeeded(&b);
    assert_int_equal(b.state, BREAKER_CLOSED);
    assert_false(breaker_failed(&b, 2300));
    assert_true(breaker_allows(&b, 2300));
}

static void
test_backoff_doubles_within_bounds(void **state)
{
    static const struct {
        long base, ceiling, n, most;
    } cases[] = {
        { 1000, 60000, 1, 1000 },  { 1000, 60000, 2, 2000 },    { 1000, 60000, 4, 8000 },
        { 1000, 60000, 9, 60000 }, { 1000, 60000, 500, 60000 }, { 5000, 3000, 1, 3000 },
        { 0, 60000, 5, 0 },        { 1000, 0, 5, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(backoff_wait(cases[i].base, cases[i].ceiling, cases[i].n, 1000),
                         cases[i].most);
        assert_int_equal(backoff_wait(cases[i].base, cases[i].ceiling, cases[i].n, 0),
                         cases[i].most / 2);
        for (uint32_t random = 1; random < 4000000000u; random = random * 7 + 3) {
            long wait = backoff_wait(cases[i].base, cases[i].ceiling, cases[i].n, random);

            assert_in_range((uintmax_t)wait, (uintmax_t)cases[i].most / 2,
                            (uintmax_t)cases[i].most);
            if (random > 500000000u)
                break;
        }
    }
}

static void
test_pace(void **state)
{
    struct pacer p = { .rate = 4 };
    struct pacer none = { .rate = 0 };

    (void)state;
    assert_int_equal(pacer_wait(&p, 1000), 0);
    assert_int_equal(pacer_wait(&p, 1000), 250);
    assert_int_equal(pacer_wait(&p, 1250), 250); /* made at 1250, the next at 1500 */
    assert_int_equal(pacer_wait(&p, 9000), 0);   /* no credit is saved up */
    assert_int_equal(pacer_wait(&p, 9000), 250);
    for (int i = 0; i < 10; i++)
        assert_int_equal(pacer_wait(&none, 0), 0);
}

static void
test_pace_never_passes_the_rate(void **state)
{
    (void)state;
    for (long rate = 1; rate <= 50; rate++) {
        struct pacer p = { .rate = rate };
        int64_t now = 0;

        for (long i = 0; i <= rate; i++)
            now += pacer_wait(&p, now);
        assert_true(now >= 1000); /* call rate + 1 is a second after the first, at least */
        assert_true(now <= 1000 + rate);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opens_after_failures_in_a_row),
        cmocka_unit_test(test_left_alone_as_it_asked),
        cmocka_unit_test(test_half_opens_by_itself),
        cmocka_unit_test(test_backoff_doubles_within_bounds),
        cmocka_unit_test(test_pace),
        cmocka_unit_test(test_pace_never_passes_the_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
