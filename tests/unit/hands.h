/*
 * hands.h - several connections that play several processes in one database.
 */
#ifndef TESTS_HANDS_H
#define TESTS_HANDS_H

#include "outbox.h"

/* One process of its own, as far as the database sees. */
struct hand {
    struct pg *pg;
    int64_t run;
    long lost;
};

static bool UNUSED_OK
is_true_soon(const char *sql)
{
    for (int i = 0; i < 1000; i++) {
        if (strcmp(seed_ask("%s", sql), "t") == 0)
            return true;
        seed_run("SELECT pg_sleep(0.01)");
    }
    return false;
}

static int UNUSED_OK
hands_set_up(void **state)
{
    int failed;

    /* of a test that failed in the middle: they would hold locks for ever */
    seed_run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
             "'hand'");
    failed = seed_setup(state);
    seed_run("UPDATE bridge.run SET state = 'done'");
    seed_run("SELECT setval(pg_get_serial_sequence('bridge.run', 'run_id'), 100)");
    return failed;
}

#endif
