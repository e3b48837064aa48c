/* Bytes into a file descriptor: all of them, whatever signals come between, or what stood in the
 * way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "write.h"

#define WHOLE ((size_t)400 * 1000) /* several times what a pipe holds */
#define TAKE  ((size_t)20 * 1000)

static unsigned char sent[WHOLE], got[WHOLE];
static volatile size_t taken;
static volatile sig_atomic_t ticks;
static int ends[2];

static void
take(void)
{
    ssize_t n = read(ends[0], got + taken, WHOLE - taken < TAKE ? WHOLE - taken : TAKE);

    if (n > 0)
        taken += (size_t)n;
}

/* The writer is stopped by each tick, and finds room after every third one: so some stop it before
 * its first byte, some behind a part. */
static void
tick(int number)
{
    int why = errno;

    (void)number;
    if (++ticks % 3 == 0)
        take();
    errno = why;
}

static void
test_between_signals(void **state)
{
    const struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, never = { { 0, 0 }, { 0, 0 } };
    struct sigaction action = { .sa_handler = tick }, before; /* no SA_RESTART */

    (void)state;
    for (size_t i = 0; i < WHOLE; i++)
        sent[i] = (unsigned char)(i * 31 >> 3);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    bool good = write_all(ends[1], sent, WHOLE);

    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
    assert_true(good);
    assert_true(ticks >= 3);
    for (size_t last = WHOLE; taken < WHOLE && taken != last;) {
        last = taken;
        take();
    }
    assert_int_equal(taken, WHOLE);
    assert_memory_equal(got, sent, WHOLE);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void
test_what_stood_in_the_way(void **state)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

    (void)state;
    assert_true(full >= 0);
    errno = 0;
    assert_false(write_all(full, "x", 1));
    assert_int_equal(errno, ENOSPC);
    assert_true(write_all(full, "x", 0));
    (void)close(full);
    errno = 0;
    assert_false(write_all(-1, "x", 1));
    assert_int_equal(errno, EBADF);
    assert_true(write_all(-1, "", 0));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_between_signals),
        cmocka_unit_test(test_what_stood_in_the_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
