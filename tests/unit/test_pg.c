/*
 * The connection to the staging database: the fence around commits, and what becomes of a server
 * that stands still in each kind of exchange.
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
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "clock.h"
#include "link/pg_parts.h"
#include "with_pg.h"

#define LIMIT_MS 700

static const char statements[] = "-- name: fence (id bigint)\n"
                                 "SELECT 1 FROM public.run WHERE id = $1 AND lives FOR SHARE;\n"
                                 "-- name: add (n bigint)\n"
                                 "INSERT INTO public.row VALUES ($1);\n"
                                 "-- name: me\n"
                                 "SELECT pg_backend_pid() AS pid;\n"
                                 "-- name: fill\n"
                                 "COPY public.wide FROM STDIN (FORMAT binary);\n"
                                 "-- name: end_me\n"
                                 "SELECT pg_terminate_backend(pg_backend_pid());\n"
                                 "-- name: nap\n"
                                 "SELECT pg_sleep(30);\n";

static char folder[64];
static struct arena *mem;
static const char *conninfo;

static int
group_begin(void **state)
{
    char path[128];
    FILE *file;

    snprintf(folder, sizeof folder, "/tmp/bridge-pgsql-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/queries", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/queries/own.sql", folder);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(statements, 1, sizeof statements - 1, file), sizeof statements - 1);
    assert_int_equal(fclose(file), 0);
    if (with_pg_begin(state) != 0)
        return 1;
    conninfo = with_pg_database("own", NULL);
    with_pg_do("CREATE TABLE public.run (id bigint, lives boolean);"
               "CREATE TABLE public.row (n bigint); CREATE TABLE public.wide (t text);"
               "INSERT INTO public.run VALUES (1, true), (2, true)");
    mem = arena_new("test");
    return 0;
}

static int
group_end(void **state)
{
    char path[128];

    arena_free(mem);
    snprintf(path, sizeof path, "%s/queries/own.sql", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/queries", folder);
    rmdir(path);
    rmdir(folder);
    return with_pg_end(state);
}

static struct pg *
open_it(long limit_ms)
{
    struct error err;
    struct pg *pg;

    with_pg_do("TRUNCATE public.row, public.wide");
    if (pg_open(mem, conninfo, folder, "test", 60000, &pg, &err))
        fail_msg("%s", err.text);
    if (limit_ms)
        pg->limit_ms = limit_ms;
    return pg;
}

static enum verdict
add(struct pg *pg, const char *value, struct error *err)
{
    return pg_run(pg, mem, "add", &value, 1, NULL, err);
}

static pid_t
server_of(struct pg *pg)
{
    struct pg_rows rows;
    struct error err;

    assert_int_equal(pg_run(pg, mem, "me", NULL, 0, &rows, &err), V_OK);
    return (pid_t)pg_int(&rows, 0, "pid");
}

/* ---- the fence ---- */

static void
a_lost_run_commits_nothing(void **state)
{
    struct pg *pg = open_it(0);
    struct error err;

    (void)state;
    pg_fence(pg, "fence", 1);
    assert_int_equal(pg_begin(pg, &err), V_OK);
    assert_int_equal(add(pg, "1", &err), V_OK);
    assert_int_equal(pg_commit(pg, &err), V_OK);
    assert_int_equal(with_pg_number("SELECT count(*) FROM public.row"), 1);

    with_pg_do("UPDATE public.run SET lives = false WHERE id = 1");
    assert_int_equal(pg_begin(pg, &err), V_OK);
    assert_int_equal(add(pg, "2", &err), V_OK);
    assert_int_equal(pg_commit(pg, &err), V_FATAL);
    assert_string_equal(err.code, "run.fenced");
    assert_false(pg_in_transaction(pg));
    assert_int_equal(with_pg_number("SELECT count(*) FROM public.row"), 1);

    pg_fence(pg, "fence", 2); /* another run, which lives */
    assert_int_equal(pg_begin(pg, &err), V_OK);
    assert_int_equal(add(pg, "3", &err), V_OK);
    assert_int_equal(pg_commit(pg, &err), V_OK);
    pg_fence(pg, NULL, 0);
    with_pg_do("UPDATE public.run SET lives = false");
    assert_int_equal(pg_begin(pg, &err), V_OK);
    assert_int_equal(add(pg, "4", &err), V_OK);
    assert_int_equal(pg_commit(pg, &err), V_OK);
    assert_string_equal(with_pg_text("SELECT string_agg(n::text, ' ' ORDER BY n) FROM public.row"),
                        "1 3 4");
    with_pg_do("UPDATE public.run SET lives = true");
    pg_close(pg);
}

/* Whoever declares the run lost waits for its commit, or is seen by it: never neither. */
static void
the_fence_holds_until_the_commit(void **state)
{
    struct pg *pg = open_it(0);
    struct error err;
    const char *one = "1";

    (void)state;
    assert_int_equal(pg_begin(pg, &err), V_OK);
    assert_int_equal(pg_run(pg, mem, "fence", &one, 1, NULL, &err), V_OK);
    with_pg_do("SET lock_timeout = '200ms'");
    assert_string_equal(with_pg_state("UPDATE public.run SET lives = false WHERE id = 1"), "55P03");
    pg_rollback(pg);
    assert_string_equal(with_pg_state("UPDATE public.run SET lives = false WHERE id = 1"), "");
    pg_close(pg);
}

static void
a_failed_transaction_says_so_behind_a_fence(void **state)
{
    struct pg *pg = open_it(0);
    struct error err;

    (void)state;
    pg_fence(pg, "fence", 1);
    assert_int_equal(pg_begin(pg, &err), V_OK);
    assert_int_equal(add(pg, "no number", &err), V_REJECT);
    assert_int_equal(pg_commit(pg, &err), V_RETRY);
    assert_string_equal(err.code, "pg.transaction");
    pg_close(pg);
}

/* ---- a server that stands still ---- */

static void
expect_given_up(struct pg *pg, enum verdict v, const struct error *err, int64_t began,
                pid_t stopped)
{
    struct error later;
    int64_t took = clock_tick() - began;

    kill(stopped, SIGCONT);
    assert_int_equal(v, V_RETRY);
    assert_string_equal(err->code, "pg.timeout");
    assert_non_null(strstr(err->text, "did not answer"));
    assert_in_range(took, LIMIT_MS, LIMIT_MS + 3000);
    /* Nothing later waits again, or says anything else. */
    began = clock_tick();
    assert_false(pg_in_transaction(pg));
    pg_rollback(pg);
    assert_int_equal(pg_begin(pg, &later), V_RETRY);
    assert_string_equal(later.code, "pg.timeout");
    assert_int_equal(pg_copy_begin(pg, "fill", &later), V_RETRY);
    assert_int_equal(pg_run(pg, mem, "nap", NULL, 0, NULL, &later), V_RETRY);
    assert_in_range(clock_tick() - began, 0, 500);
    pg_close(pg);
}

static void
a_stopped_server_is_given_up(void **state)
{
    struct pg *pg = open_it(LIMIT_MS);
    struct error err;
    pid_t server = server_of(pg);

    (void)state;
    assert_int_equal(pg_begin(pg, &err), V_OK);
    assert_int_equal(add(pg, "1", &err), V_OK);
    int64_t began = clock_tick();
    assert_int_equal(kill(server, SIGSTOP), 0);
    enum verdict v = add(pg, "2", &err);

    expect_given_up(pg, v, &err, began, server);
}

static void
a_statement_that_is_prepared_waits_no_longer(void **state)
{
    struct pg *pg = open_it(LIMIT_MS);
    struct error err;
    pid_t server = server_of(pg);
    int64_t began = clock_tick();

    (void)state;
    assert_int_equal(kill(server, SIGSTOP), 0);
    enum verdict v = add(pg, "1", &err); /* not prepared before */

    expect_given_up(pg, v, &err, began, server);
}

static void
a_commit_that_is_not_answered_is_given_up(void **state)
{
    struct pg *pg = open_it(LIMIT_MS);
    struct error err;
    pid_t server = server_of(pg);

    (void)state;
    assert_int_equal(pg_begin(pg, &err), V_OK);
    assert_int_equal(add(pg, "1", &err), V_OK);
    int64_t began = clock_tick();
    assert_int_equal(kill(server, SIGSTOP), 0);
    enum verdict v = pg_commit(pg, &err);

    expect_given_up(pg, v, &err, began, server);
}

static void
a_copy_that_is_not_taken_is_given_up(void **state)
{
    static char text[60000];
    struct pg *pg = open_it(LIMIT_MS);
    struct error err;
    pid_t server = server_of(pg);

    (void)state;
    memset(text, 'x', sizeof text);
    assert_int_equal(pg_begin(pg, &err), V_OK);
    assert_int_equal(pg_copy_begin(pg, "fill", &err), V_OK);
    int64_t began = clock_tick();
    assert_int_equal(kill(server, SIGSTOP), 0);
    for (int i = 0; i < 500; i++) { /* 30 MB: more than any socket holds */
        pg_copy_row(pg, 1);
        pg_copy_text(pg, text, sizeof text);
    }
    enum verdict v = pg_copy_end(pg, NULL, &err);

    expect_given_up(pg, v, &err, began, server);
    assert_int_equal(with_pg_number("SELECT count(*) FROM public.wide"), 0);
}

static void
a_large_copy_arrives(void **state)
{
    static char text[60000];
    struct pg *pg = open_it(0);
    struct error err;
    long rows = 0;

    (void)state;
    memset(text, 'x', sizeof text);
    assert_int_equal(pg_begin(pg, &err), V_OK);
    assert_int_equal(pg_copy_begin(pg, "fill", &err), V_OK);
    for (int i = 0; i < 500; i++) {
        pg_copy_row(pg, 1);
        pg_copy_text(pg, text, sizeof text);
    }
    assert_int_equal(pg_copy_end(pg, &rows, &err), V_OK);
    assert_int_equal(rows, 500);
    assert_int_equal(pg_commit(pg, &err), V_OK);
    assert_int_equal(with_pg_number("SELECT sum(length(t)) FROM public.wide"), 30000000);
    pg_close(pg);
}

static void
the_server_that_ends_us_is_quoted(void **state)
{
    struct pg *pg = open_it(0);
    struct error err;

    (void)state;
    assert_int_equal(pg_run(pg, mem, "end_me", NULL, 0, NULL, &err), V_RETRY);
    assert_string_equal(err.code, "pg.57P01");
    assert_int_equal(pg_begin(pg, &err), V_RETRY);
    assert_string_equal(err.code, "pg.connection");
    pg_close(pg);
}

static bool
told_to_stop(void)
{
    return true;
}

static void
a_stop_ends_the_wait_after_a_grace(void **state)
{
    struct pg *pg = open_it(0);
    struct error err;
    int64_t began = clock_tick();

    (void)state;
    pg_stop_when(told_to_stop);
    assert_int_equal(pg_begin(pg, &err), V_OK); /* what is quick is still done */
    assert_int_equal(pg_run(pg, mem, "nap", NULL, 0, NULL, &err), V_RETRY);
    assert_string_equal(err.code, "pg.stopped");
    assert_in_range(clock_tick() - began, 9000, 14000);
    pg_stop_when(NULL);
    pg_close(pg);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_run_commits_nothing),
        cmocka_unit_test(the_fence_holds_until_the_commit),
        cmocka_unit_test(a_failed_transaction_says_so_behind_a_fence),
        cmocka_unit_test(a_stopped_server_is_given_up),
        cmocka_unit_test(a_statement_that_is_prepared_waits_no_longer),
        cmocka_unit_test(a_commit_that_is_not_answered_is_given_up),
        cmocka_unit_test(a_copy_that_is_not_taken_is_given_up),
        cmocka_unit_test(a_large_copy_arrives),
        cmocka_unit_test(the_server_that_ends_us_is_quoted),
        cmocka_unit_test(a_stop_ends_the_wait_after_a_grace),
    };

    return cmocka_run_group_tests_name("pg", tests, group_begin, group_end);
}
