/*
 * How a worker begins and ends: no child stays behind, whoever goes first, and none holds what is
 * its parent's.
 */
#include "worker_peer.h"

#include <ftw.h>

static void
an_open_that_fails_says_why(void **unused)
{
    (void)unused;
    arena_free(a.mem);
    make("shut");
    assert_int_equal(a.ops->open(&a, &err), V_FATAL);
    assert_string_equal(err.code, "own.shut");
}

static void
a_close_that_hangs_is_ended(void **unused)
{
    int64_t began = clock_tick();

    (void)unused;
    arena_free(a.mem);
    make("never");
    assert_int_equal(a.ops->open(&a, &err), V_OK);
    a.ops->close(&a);
    assert_in_range(clock_tick() - began, LIMIT_MS, LIMIT_MS + 2500);
}

/* A server must see the end of a connection that we close, whatever children there are. */
static void
a_child_holds_no_connection_of_its_parent(void **unused)
{
    int ends[2];
    char c;

    (void)unused;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(a.ops->open(&a, &err), V_OK);
    close(ends[0]);
    assert_int_equal(recv(ends[1], &c, 1, MSG_DONTWAIT), 0);
    close(ends[1]);
}

static int
forget(const char *path, const struct stat *st, int what, struct FTW *at)
{
    (void)st;
    (void)what;
    (void)at;
    return remove(path);
}

/* What moves is not ended by the limit: the files of a page may take their time. */
static void
a_file_that_moves_keeps_a_call_alive(void **unused)
{
    char folder[] = "/tmp/bridge-worker-XXXXXX";
    struct arena *store = arena_new("store");
    struct page page;
    int64_t began = clock_tick();

    (void)unused;
    assert_non_null(mkdtemp(folder));
    arena_free(a.mem);
    a = (struct adapter){ .ops = &own, .system = "calm", .map = &map, .mem = arena_new("adapter") };
    assert_int_equal(contents_open(store, folder, 1000, &a.contents, &err), V_OK);
    worker_apart(&a, LIMIT_MS);
    assert_int_equal(pull("dribble", &page), V_OK);
    assert_true(clock_tick() - began > 2 * LIMIT_MS);
    began = clock_tick();
    assert_int_equal(pull("hang", &page), V_RETRY); /* and what does not is */
    assert_in_range(clock_tick() - began, LIMIT_MS, LIMIT_MS + 2500);
    arena_free(store);
    assert_int_equal(nftw(folder, forget, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* ---- one job ---- */

static enum verdict
one_job(void *ctx, struct arena *mem, const char **text, struct error *why)
{
    misbehave(ctx);
    *text = arena_format(mem, "%s by %d", (const char *)ctx, (int)getpid());
    return strcmp(ctx, "bad") == 0 ? error_set(why, V_FATAL, "own.bad", "bad") : V_OK;
}

static void
one_job_has_a_child_of_its_own(void **unused)
{
    struct worker_job job = { .run = one_job, .what = "the driver", .limit_ms = LIMIT_MS };
    char good[] = "good", bad[] = "bad", hang[] = "hang";
    const char *text;

    (void)unused;
    job.ctx = good;
    assert_int_equal(worker_once(&job, batch, &text, &err), V_OK);
    assert_memory_equal(text, "good by ", 8);
    assert_int_not_equal(strtol(text + 8, NULL, 10), getpid());
    job.ctx = bad;
    assert_int_equal(worker_once(&job, batch, &text, &err), V_FATAL);
    assert_string_equal(err.code, "own.bad");
    job.ctx = hang;
    assert_int_equal(worker_once(&job, batch, &text, &err), V_RETRY);
    assert_string_equal(err.code, "worker.hung");
}

/* ---- what the parent was about to print ---- */

static void
a_driver_that_calls_exit_prints_nothing_again(void **unused)
{
    char path[] = "/tmp/bridge-worker-XXXXXX", text[64] = "";
    int fd = mkstemp(path), status;
    pid_t parent;

    (void)unused;
    assert_true(fd >= 0);
    (void)fflush(NULL);
    parent = fork();
    assert_true(parent >= 0);
    if (parent == 0) {
        struct page page;

        if (!freopen(path, "w", stdout) || setvbuf(stdout, NULL, _IOFBF, 4096) != 0)
            _exit(1);
        (void)printf("once\n");
        if (pull("leave", &page) != V_RETRY || strcmp(err.code, "worker.died") != 0)
            _exit(2);
        (void)fflush(stdout);
        _exit(0);
    }
    assert_int_equal(waitpid(parent, &status, 0), parent);
    assert_int_equal(status, 0);
    assert_int_equal(read(fd, text, sizeof text - 1), 5);
    assert_string_equal(text, "once\n");
    close(fd);
    assert_int_equal(unlink(path), 0);
}

/* ---- the parent's end, and the signal that asks to stop ---- */

static void
a_child_ends_with_its_parent(void **unused)
{
    int tell[2];
    pid_t parent, child = 0, got;
    int status;

    (void)unused;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0); /* orphans come to us */
    assert_int_equal(pipe(tell), 0);
    parent = fork();
    assert_true(parent >= 0);
    if (parent == 0) {
        struct page page;

        tell_it = tell[1];
        _exit(pull("hang", &page) == V_OK);
    }
    long pid = 0;
    assert_int_equal(read(tell[0], &pid, sizeof pid), sizeof pid);
    assert_int_equal(kill(parent, SIGKILL), 0);
    assert_int_equal(waitpid(parent, &status, 0), parent);
    int64_t began = clock_tick();
    while ((got = waitpid((pid_t)pid, &status, WNOHANG)) == 0 && clock_tick() - began < 5000)
        continue;
    child = got;
    assert_int_equal(child, pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    close(tell[0]);
    close(tell[1]);
}

/* In a process of its own: what was asked to stop cannot be asked to go on. */
static void
a_stop_waits_no_longer_than_its_grace(void **unused)
{
    pid_t parent = fork();
    int status;

    (void)unused;
    assert_true(parent >= 0);
    if (parent == 0) {
        struct page page;
        int64_t began = clock_tick();

        arena_free(a.mem);
        a = (struct adapter){ .ops = &own, .system = "calm", .map = &map };
        a.mem = arena_new("adapter");
        worker_apart(&a, 120000);
        job_signals();
        if (pull("good", &page) != V_OK)
            _exit(1);
        raise(SIGTERM);
        if (pull("good", &page) != V_OK) /* what is quick is still done */
            _exit(2);
        if (pull("hang", &page) != V_RETRY || strcmp(err.code, "worker.stopped") != 0)
            _exit(3);
        if (clock_tick() - began < 9000 || clock_tick() - began > 14000)
            _exit(4);
        a.ops->close(&a);
        _exit(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD ? 0 : 5);
    }
    assert_int_equal(waitpid(parent, &status, 0), parent);
    assert_int_equal(status, 0);
}

#define WITH(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(a_child_holds_no_connection_of_its_parent),
        WITH(an_open_that_fails_says_why),
        WITH(a_close_that_hangs_is_ended),
        WITH(a_file_that_moves_keeps_a_call_alive),
        WITH(one_job_has_a_child_of_its_own),
        WITH(a_driver_that_calls_exit_prints_nothing_again),
        WITH(a_child_ends_with_its_parent),
        WITH(a_stop_waits_no_longer_than_its_grace),
    };

    return cmocka_run_group_tests_name("worker_end", tests, NULL, NULL);
}
