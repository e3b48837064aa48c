/*
 * The child: how it comes to be, what it does, and how it is ended.
 */
#include "worker_parts.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define POLL_NS 2000000
#define DEAD_MS 2000 /* a killed process that is not gone by then waits for a disk; leave it */
#define FDS_MAX 1024

/* The database's connection, other children's, the portals': a server must see that the parent
 * hung up when it did, whatever children there are. */
static void
close_sockets(int own)
{
    int fds[FDS_MAX];
    size_t count = 0;
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *e;

    while (dir && count < FDS_MAX && (e = readdir(dir))) {
        struct stat st;
        int fd = (int)strtol(e->d_name, NULL, 10);

        if (fd > STDERR_FILENO && fd != own && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode))
            fds[count++] = fd;
    }
    if (dir)
        (void)closedir(dir);
    for (size_t i = 0; i < count; i++)
        (void)close(fds[i]);
}

static void
be_a_child(int own)
{
    static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
    struct sigaction ignore = { .sa_handler = SIG_IGN }, plain = { .sa_handler = SIG_DFL };
    sigset_t none;

    sigemptyset(&ignore.sa_mask);
    sigemptyset(&plain.sa_mask);
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        (void)sigaction(ignored[i], &ignore, NULL); /* the parent decides */
    (void)sigaction(SIGALRM, &plain, NULL);
    (void)sigaction(SIGCHLD, &plain, NULL);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    close_sockets(own);
    worker_needs_memory();
}

pid_t
worker_fork(int *fd)
{
    int ends[2];
    pid_t parent = getpid(), pid;

    *fd = -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    (void)fflush(NULL); /* a driver that calls exit() would print it again */
    pid = fork();
    if (pid < 0) {
        int why = errno;

        (void)close(ends[0]);
        (void)close(ends[1]);
        errno = why;
        return -1;
    }
    if (pid > 0) {
        (void)close(ends[1]);
        *fd = ends[0];
        return pid;
    }
    /* Who was quicker than this call is asked after it. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(1);
    *fd = ends[1];
    be_a_child(ends[1]);
    return 0;
}

/* ---- calls ---- */

static const struct map_call *
hear_call(struct adapter *a, struct tube *t)
{
    int64_t at = tube_number(t);

    if (at >= 0 && (uint64_t)at < a->map->call_count)
        return &a->map->calls[at];
    tube_wrong(t);
    return NULL;
}

static void
answer(struct tube *t, enum verdict v, const struct error *err)
{
    tube_put_number(t, v);
    if (v)
        say_error(t, err);
}

static void
serve_open(struct adapter *a, struct tube *t)
{
    struct error err = { .code = "" };

    tube_done(t);
    if (t->state == TUBE_GOOD)
        answer(t, a->ops->open(a, &err), &err);
}

static void
serve_probe(struct adapter *a, struct tube *t, struct arena *mem)
{
    struct error err = { .code = "" };
    const char *said = NULL;

    tube_done(t);
    if (t->state != TUBE_GOOD)
        return;
    answer(t, a->ops->probe(a, mem, &said, &err), &err);
    tube_put_word(t, said);
}

static void
serve_pull(struct adapter *a, struct tube *t, struct arena *mem)
{
    const struct map_call *call = hear_call(a, t);
    struct error err = { .code = "" };
    struct page page = { .records = NULL };
    size_t count;
    struct adapter_var *vars = hear_vars(t, mem, &count);

    tube_done(t);
    if (t->state != TUBE_GOOD)
        return;
    answer(t, a->ops->pull(a, mem, call, vars, count, &page, &err), &err);
    say_page(t, &page);
}

static void
serve_push(struct adapter *a, struct tube *t, struct arena *mem)
{
    const struct map_call *call = hear_call(a, t);
    struct error err = { .code = "" };
    size_t count;
    struct push_item *items = hear_items(t, mem, a->map, &count);

    tube_done(t);
    if (t->state != TUBE_GOOD)
        return; /* what was not heard whole is not begun */
    answer(t, a->ops->push(a, mem, call, items, count, &err), &err);
    say_answers(t, items, count);
}

static void
serve_finish(struct adapter *a, struct tube *t, struct arena *mem)
{
    const struct map_call *call = hear_call(a, t);
    struct error err = { .code = "" }, why;
    enum verdict how = (enum verdict)tube_number(t);
    struct page page;

    hear_error(t, &why);
    hear_page(t, mem, a->map, &page);
    tube_done(t);
    if (t->state == TUBE_GOOD)
        answer(t, a->ops->finish(a, mem, call, &page, how, &why, &err), &err);
}

void
worker_serve(struct adapter *a, struct tube *t)
{
    struct arena *mem = arena_new("worker");

    while (tube_next(t)) {
        enum worker_word word = (enum worker_word)tube_number(t);

        arena_reset(mem);
        switch (word) {
        case WORKER_OPEN:
            serve_open(a, t);
            break;
        case WORKER_PROBE:
            serve_probe(a, t, mem);
            break;
        case WORKER_PULL:
            serve_pull(a, t, mem);
            break;
        case WORKER_PUSH:
            serve_push(a, t, mem);
            break;
        case WORKER_FINISH:
            serve_finish(a, t, mem);
            break;
        case WORKER_CLOSE:
            a->ops->close(a);
            arena_free(mem);
            tube_put_number(t, V_OK);
            tube_end(t);
            _exit(0);
        default:
            tube_wrong(t);
        }
        tube_end(t);
    }
    _exit(t->state == TUBE_CUT ? 0 : 1);
}

/* ---- the end ---- */

/* Waits so long for its end; false when it goes on. */
static bool
has_ended(pid_t pid, long ms, int *status)
{
    const struct timespec pause = { .tv_nsec = POLL_NS };
    int64_t end = clock_tick() + ms;

    for (;;) {
        pid_t got = waitpid(pid, status, WNOHANG);

        if (got == pid)
            return true;
        if (got < 0 && errno != EINTR) {
            *status = -1;
            return true;
        }
        if (clock_tick() >= end)
            return false;
        (void)nanosleep(&pause, NULL);
    }
}

int
worker_reap(pid_t pid, long patience_ms)
{
    int status = -1;

    if (has_ended(pid, patience_ms, &status))
        return status;
    (void)kill(pid, SIGKILL);
    return has_ended(pid, DEAD_MS, &status) ? status : -1;
}
