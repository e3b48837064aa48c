/*
 * An adapter whose calls are made in a child: they answer as if they were made here; one that
 * hangs is ended by its limit, one that crashes is told of.
 */
#include "worker_peer.h"

static void
calls_are_made_in_one_child(void **unused)
{
    struct page page;
    const char *said = NULL;
    long pid = 0, seen;

    (void)unused;
    assert_int_equal(a.ops->open(&a, &err), V_OK);
    for (long i = 1; i <= 3; i++) {
        assert_int_equal(pull("good", &page), V_OK);
        assert_int_equal(page.count, ROWS);
        assert_true(page.more);
        assert_ptr_equal(page.records->stream, streams[0].name);
        assert_int_equal(page.records->next->next->ordinal, 3);
        assert_null(page.records->next->next->next);
        if (i == 1)
            pid = child_of(&page, &seen);
        assert_int_equal(child_of(&page, &seen), pid);
        assert_int_equal(seen, i); /* its state stays */
    }
    assert_int_not_equal(pid, getpid());
    assert_int_equal(a.ops->probe(&a, batch, &said, &err), V_OK);
    assert_string_equal(said, "1 sockets");
}

static void
a_refusal_comes_as_it_is(void **unused)
{
    struct page page;

    (void)unused;
    assert_int_equal(pull("refuse", &page), V_REJECT);
    assert_string_equal(err.code, "own.page");
    assert_string_equal(page.raw, "<bad>");
    assert_int_equal(pull("busy", &page), V_RETRY);
    assert_int_equal(err.retry_after, 4000);
    assert_int_equal(pull("good", &page), V_OK);
}

static void
each_item_gets_its_answer(void **unused)
{
    struct push_item items[6];

    (void)unused;
    assert_int_equal(push(items, 6, "good", 0), V_RETRY);
    assert_string_equal(err.code, "own.tired");
    for (size_t i = 0; i < 6; i++) {
        static const enum verdict verdicts[] = { V_OK, V_REJECT, V_RETRY, V_IN_DOUBT };

        assert_int_equal(items[i].verdict, verdicts[i % 4]);
        assert_string_equal(items[i].receipt, arena_format(batch, "r-d%zu", i));
        assert_true((items[i].said != NULL) == (i % 2 == 1));
    }
}

static void
expect_hung(enum verdict v, int64_t began)
{
    assert_int_equal(v, V_RETRY);
    assert_string_equal(err.code, "worker.hung");
    assert_non_null(strstr(err.text, "\"calm\""));
    assert_non_null(strstr(err.text, "0.6 s"));
    assert_in_range(clock_tick() - began, LIMIT_MS, LIMIT_MS + 2500);
}

static void
a_call_that_hangs_is_ended_by_its_limit(void **unused)
{
    struct push_item item;
    struct page page;
    long seen, before;

    (void)unused;
    assert_int_equal(pull("good", &page), V_OK);
    before = child_of(&page, &seen);
    int64_t began = clock_tick();
    expect_hung(pull("hang", &page), began);
    assert_null(page.records);
    assert_int_equal(kill((pid_t)before, 0), -1); /* and it is gone */
    began = clock_tick();                         /* it would hang again: it is not asked */
    assert_int_equal(pull("good", &page), V_RETRY);
    assert_string_equal(err.code, "worker.hung");
    assert_int_equal(push(&item, 1, "good", 0), V_RETRY);
    assert_int_equal(item.verdict, V_RETRY);
    assert_in_range(clock_tick() - began, 0, LIMIT_MS / 2);
}

static void
a_stopped_child_is_ended_too(void **unused)
{
    struct page page;
    int64_t began = clock_tick();

    (void)unused;
    expect_hung(pull("stop", &page), began);
}

/* Which of them were done nobody knows: each must be asked for. */
static void
a_push_that_hangs_is_in_doubt(void **unused)
{
    struct push_item items[3];
    int64_t began = clock_tick();

    (void)unused;
    expect_hung(push(items, 3, "hang", 1), began);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(items[i].verdict, V_IN_DOUBT);
        assert_string_equal(items[i].said, "worker.hung");
        assert_null(items[i].receipt);
    }
}

static void
a_push_that_crashes_is_in_doubt(void **unused)
{
    struct push_item items[3];

    (void)unused;
    assert_int_equal(push(items, 3, "crash", 2), V_RETRY);
    assert_string_equal(err.code, "worker.died");
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(items[i].verdict, V_IN_DOUBT);
    assert_int_equal(push(items, 1, "good", 0), V_OK);
}

/* A child that could not be opened has surely sent nothing. */
static void
a_push_that_never_began_was_not_done(void **unused)
{
    struct push_item items[2];

    (void)unused;
    arena_free(a.mem);
    make("crash");
    assert_int_equal(push(items, 2, "good", 0), V_RETRY);
    assert_string_equal(err.code, "worker.died");
    assert_int_equal(items[0].verdict, V_RETRY);
    assert_int_equal(items[1].verdict, V_RETRY);
}

static void
a_crash_is_told_of(void **unused)
{
    struct page page;

    (void)unused;
    assert_int_equal(pull("crash", &page), V_RETRY);
    assert_string_equal(err.code, "worker.died");
    assert_non_null(strstr(err.text, "signal 11"));
    assert_null(page.records);
    assert_int_equal(pull("exit", &page), V_RETRY);
    assert_non_null(strstr(err.text, "exit code 3"));
    assert_int_equal(pull("good", &page), V_OK);
}

static void
a_child_that_was_killed_between_calls_is_told_of(void **unused)
{
    struct push_item item;
    struct page page;
    long pid, seen;

    (void)unused;
    assert_int_equal(pull("good", &page), V_OK);
    pid = child_of(&page, &seen);
    assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
    while (waitid(P_PID, (id_t)pid, &(siginfo_t){ .si_pid = 0 }, WEXITED | WNOWAIT) != 0)
        continue;
    assert_int_equal(push(&item, 1, "good", 0), V_RETRY);
    assert_string_equal(err.code, "worker.died");
    assert_non_null(strstr(err.text, "signal 9"));
    assert_int_equal(item.verdict, V_RETRY); /* the request never left: surely not done */
}

#define WITH(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(calls_are_made_in_one_child),
        WITH(a_refusal_comes_as_it_is),
        WITH(each_item_gets_its_answer),
        WITH(a_call_that_hangs_is_ended_by_its_limit),
        WITH(a_stopped_child_is_ended_too),
        WITH(a_push_that_hangs_is_in_doubt),
        WITH(a_push_that_crashes_is_in_doubt),
        WITH(a_push_that_never_began_was_not_done),
        WITH(a_crash_is_told_of),
        WITH(a_child_that_was_killed_between_calls_is_told_of),
    };

    return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
