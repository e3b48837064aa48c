/*
 * The ends of the tube: what is no message is seen to be none, and silence has a limit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "jobs/worker_parts.h"

static const struct map_stream streams[] = { { .name = "complaint" } };
static const struct mapping map = { .streams = streams, .stream_count = 1 };

static struct arena *mem;
static struct tube tube, other;

static void
connect_two(void)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    tube_open(&tube, mem, ends[0]);
    tube_open(&other, mem, ends[1]);
    tube_limit(&tube, 300);
    tube_limit(&other, 300);
}

static int
begin_two(void **unused)
{
    (void)unused;
    mem = arena_new("test");
    connect_two();
    return 0;
}

static int
end_two(void **unused)
{
    (void)unused;
    close(tube.fd);
    close(other.fd);
    arena_free(mem);
    return 0;
}

static void
less_than_was_hoped_for_is_wrong(void **unused)
{
    (void)unused;
    tube_put_number(&other, 7);
    tube_end(&other);
    assert_true(tube_next(&tube));
    assert_int_equal(tube_number(&tube), 7);
    assert_int_equal(tube_number(&tube), 0);
    assert_int_equal(tube.state, TUBE_WRONG);
}

static void
more_than_was_hoped_for_is_wrong(void **unused)
{
    (void)unused;
    tube_put_number(&other, 7);
    tube_put_number(&other, 8);
    tube_end(&other);
    assert_true(tube_next(&tube));
    assert_int_equal(tube_number(&tube), 7);
    tube_done(&tube);
    assert_int_equal(tube.state, TUBE_WRONG);
}

static void
a_head_beyond_reason_is_wrong(void **unused)
{
    const uint32_t head = 0x7fffffff;

    (void)unused;
    assert_int_equal(write(other.fd, &head, sizeof head), sizeof head);
    assert_false(tube_next(&tube));
    assert_int_equal(tube.state, TUBE_WRONG);
}

static void
a_text_beyond_reason_is_wrong(void **unused)
{
    (void)unused;
    tube_put_number(&other, INT64_MAX);
    tube_end(&other);
    assert_true(tube_next(&tube));
    assert_null(tube_text(&tube, mem, NULL));
    assert_int_equal(tube.state, TUBE_WRONG);
}

static void
a_count_beyond_reason_is_wrong(void **unused)
{
    size_t count = 1;

    (void)unused;
    tube_put_number(&other, INT64_MAX);
    tube_end(&other);
    assert_true(tube_next(&tube));
    (void)hear_vars(&tube, mem, &count);
    assert_int_equal(count, 0);
    assert_int_equal(tube.state, TUBE_WRONG);
}

static void
a_verdict_beyond_reason_is_wrong(void **unused)
{
    struct push_item item;

    (void)unused;
    tube_put_number(&other, 1);
    tube_put_number(&other, 99);
    tube_put_text(&other, NULL, 0);
    tube_put_text(&other, NULL, 0);
    tube_put_text(&other, NULL, 0);
    tube_end(&other);
    assert_true(tube_next(&tube));
    hear_answers(&tube, mem, &item, 1);
    assert_int_equal(tube.state, TUBE_WRONG);
}

static void
records_without_end_are_wrong(void **unused)
{
    struct record chain[40];
    struct page page = { .records = chain, .count = 1 };

    (void)unused;
    memset(chain, 0, sizeof chain);
    for (size_t i = 0; i < 40; i++) {
        chain[i].stream = streams[0].name;
        chain[i].child = i < 39 ? &chain[i + 1] : NULL;
    }
    say_page(&other, &page);
    tube_end(&other);
    assert_true(tube_next(&tube));
    hear_page(&tube, mem, &map, &page);
    assert_int_equal(tube.state, TUBE_WRONG);
}

static void
silence_is_late(void **unused)
{
    int64_t began = clock_tick();

    (void)unused;
    tube_put_number(&other, 7); /* not sent */
    assert_false(tube_next(&tube));
    assert_int_equal(tube.state, TUBE_LATE);
    assert_in_range(clock_tick() - began, 300, 1500);
}

static void
who_does_not_read_is_late(void **unused)
{
    static char bytes[4 << 20];

    (void)unused;
    tube_put(&tube, bytes, sizeof bytes);
    tube_end(&tube);
    assert_int_equal(tube.state, TUBE_LATE);
}

static void
who_is_gone_is_cut(void **unused)
{
    (void)unused;
    tube_put_number(&other, 7);
    tube_end(&other);
    shutdown(other.fd, SHUT_RDWR);
    assert_true(tube_next(&tube)); /* what was said before is heard */
    assert_int_equal(tube_number(&tube), 7);
    tube_done(&tube);
    assert_int_equal(tube.state, TUBE_GOOD);
    assert_false(tube_next(&tube));
    assert_int_equal(tube.state, TUBE_CUT);
    tube_put_number(&tube, 1); /* and nothing passes any more */
    tube_end(&tube);
    assert_int_equal(tube_number(&tube), 0);
    assert_int_equal(tube.state, TUBE_CUT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(less_than_was_hoped_for_is_wrong, begin_two, end_two),
        cmocka_unit_test_setup_teardown(more_than_was_hoped_for_is_wrong, begin_two, end_two),
        cmocka_unit_test_setup_teardown(a_head_beyond_reason_is_wrong, begin_two, end_two),
        cmocka_unit_test_setup_teardown(a_text_beyond_reason_is_wrong, begin_two, end_two),
        cmocka_unit_test_setup_teardown(a_count_beyond_reason_is_wrong, begin_two, end_two),
        cmocka_unit_test_setup_teardown(a_verdict_beyond_reason_is_wrong, begin_two, end_two),
        cmocka_unit_test_setup_teardown(records_without_end_are_wrong, begin_two, end_two),
        cmocka_unit_test_setup_teardown(silence_is_late, begin_two, end_two),
        cmocka_unit_test_setup_teardown(who_does_not_read_is_late, begin_two, end_two),
        cmocka_unit_test_setup_teardown(who_is_gone_is_cut, begin_two, end_two),
    };

    return cmocka_run_group_tests_name("worker_tube", tests, NULL, NULL);
}
