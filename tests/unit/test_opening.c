/*
 * Whether the process that holds a lock is seen to live: one of this program's name that is neither
 * this one, nor dead and only not taken away yet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jobs/opening.h"

static pid_t
standing(const char *name)
{
    int ready[2];
    char byte = 0;
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) || (name && prctl(PR_SET_NAME, name)) ||
            write(ready[1], &byte, 1) != 1)
            _exit(1);
        for (;;)
            (void)pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    (void)close(ready[1]);
    return pid;
}

static void
one_of_the_same_name_lives_until_it_is_killed(void **state)
{
    pid_t pid = standing(NULL);
    siginfo_t seen;

    (void)state;
    assert_true(opening_lives(pid));
    assert_int_equal(kill(pid, SIGSTOP), 0); /* one that stands still lives, too */
    assert_true(opening_lives(pid));
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &seen, WEXITED | WNOWAIT), 0);
    assert_int_equal(kill(pid, 0), 0); /* it is there, and dead */
    assert_false(opening_lives(pid));
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_false(opening_lives(pid));
}

static void
one_of_another_name_has_only_got_the_number(void **state)
{
    static const char *const names[] = { "another", "a) R (b", "" };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        pid_t pid = standing(names[i]);

        assert_false(opening_lives(pid));
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
    }
}

static void
this_one_and_no_process_at_all(void **state)
{
    (void)state;
    assert_false(opening_lives(getpid()));
    assert_false(opening_lives(0));
    assert_false(opening_lives(-1));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_the_same_name_lives_until_it_is_killed),
        cmocka_unit_test(one_of_another_name_has_only_got_the_number),
        cmocka_unit_test(this_one_and_no_process_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
