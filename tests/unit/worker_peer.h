/*
 * worker_peer.h - an adapter that does as it is told (hangs, crashes, answers), made apart, for the
 * tests of the worker.
 */
#ifndef TESTS_WORKER_PEER_H
#define TESTS_WORKER_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

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
#include "jobs/job.h"
#include "jobs/worker.h"

#define LIMIT_MS 600
#define ROWS     3

/* ---- an adapter that does as it is told ---- */

struct state {
    long calls, opens;
};

static const struct map_stream streams[] = { { .name = "complaint", .count = 1 } };
static const struct map_call calls[] = { { .name = "list", .brings = "complaint" },
                                         { .name = "act", .carries = "complaint" } };
static const struct mapping map = {
    .streams = streams, .stream_count = 1, .calls = calls, .call_count = 2
};
static long calls_here;  /* made in this process */
static int tell_it = -1; /* a pipe that is told who hangs */

static void
misbehave(const char *how)
{
    struct sigaction plain = { .sa_handler = SIG_DFL };

    sigaction(SIGSEGV, &plain, NULL);
    if (strcmp(how, "hang") == 0) {
        long pid = getpid();

        if (tell_it >= 0 && write(tell_it, &pid, sizeof pid) != sizeof pid)
            _exit(1);
        for (;;)
            pause();
    }
    if (strcmp(how, "crash") == 0)
        raise(SIGSEGV);
    if (strcmp(how, "exit") == 0)
        _exit(3);
    if (strcmp(how, "leave") == 0)
        exit(4); /* as a library may that finds itself at a loss */
    if (strcmp(how, "stop") == 0)
        raise(SIGSTOP);
}

static enum verdict
own_open(struct adapter *a, struct error *err)
{
    struct state *s = a->state;

    s->opens++;
    calls_here++;
    if (strcmp(a->system, "shut") == 0)
        return error_set(err, V_FATAL, "own.shut", "it is shut");
    misbehave(a->system);
    return V_OK;
}

static enum verdict
own_probe(struct adapter *a, struct arena *mem, const char **said, struct error *err)
{
    long sockets = 0;
    struct stat st;

    (void)a;
    (void)err;
    for (int fd = 3; fd < 256; fd++)
        sockets += fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
    *said = arena_format(mem, "%ld sockets", sockets);
    return V_OK;
}

static void
own_close(struct adapter *a)
{
    if (strcmp(a->system, "never") == 0)
        misbehave("hang");
}

/* A file that comes slowly: longer than the limit, but it moves. */
static enum verdict
dribble(struct adapter *a, struct arena *mem, struct error *err)
{
    const struct timespec pause = { .tv_nsec = LIMIT_MS * 1000000L / 3 };
    struct content_writer *writer;
    struct content_facts facts;
    enum verdict v = content_begin(a->contents, mem, &writer, err);

    for (int i = 0; i < 8 && !v; i++) {
        v = content_add(writer, "12345678", 8, err);
        (void)nanosleep(&pause, NULL);
    }
    return v ? v : content_end(writer, &facts, err);
}

/* The first variable tells how; the records tell of the process and of the calls that it saw. */
static enum verdict
own_pull(struct adapter *a, struct arena *mem, const struct map_call *call,
         const struct adapter_var *vars, size_t count, struct page *out, struct error *err)
{
    struct state *s = a->state;
    struct record *records = arena_alloc(mem, sizeof *records * ROWS);

    calls_here++;
    assert_ptr_equal(call, &calls[0]);
    assert_int_equal(count, 1);
    misbehave(vars[0].value);
    if (strcmp(vars[0].value, "dribble") == 0)
        return dribble(a, mem, err);
    if (strcmp(vars[0].value, "refuse") == 0) {
        out->raw = "<bad>";
        out->raw_len = 5;
        return error_set(err, V_REJECT, "own.page", "it cannot be read");
    }
    if (strcmp(vars[0].value, "busy") == 0) {
        (void)error_set(err, V_RETRY, "own.busy", "later");
        err->retry_after = 4000;
        return V_RETRY;
    }
    s->calls++;
    for (int i = 0; i < ROWS; i++) {
        char *text = arena_format(mem, "%d %ld", (int)getpid(), s->calls);

        records[i].stream = streams[0].name;
        records[i].fields = arena_alloc(mem, sizeof *records[i].fields);
        records[i].fields[0] = (struct field){ text, strlen(text) };
        records[i].count = 1;
        records[i].ordinal = i + 1;
        records[i].next = i + 1 < ROWS ? &records[i + 1] : NULL;
    }
    *out = (struct page){ .records = records, .count = ROWS, .more = true };
    return V_OK;
}

static enum verdict
own_push(struct adapter *a, struct arena *mem, const struct map_call *call, struct push_item *items,
         size_t count, struct error *err)
{
    static const enum verdict verdicts[] = { V_OK, V_REJECT, V_RETRY, V_IN_DOUBT };

    (void)a;
    assert_ptr_equal(call, &calls[1]);
    calls_here++;
    for (size_t i = 0; i < count; i++) {
        items[i].verdict = verdicts[i % 4];
        items[i].receipt = arena_format(mem, "r-%s", items[i].delivery);
        items[i].said = i % 2 ? "word" : NULL;
        misbehave(items[i].record->fields[0].text);
    }
    return count > 4 ? error_set(err, V_RETRY, "own.tired", "enough") : V_OK;
}

static const struct adapter_ops own = {
    .abi = ADAPTER_ABI,
    .name = "own",
    .state_size = sizeof(struct state),
    .apart = true,
    .open = own_open,
    .probe = own_probe,
    .close = own_close,
    .pull = own_pull,
    .push = own_push,
};

/* ---- the parent ---- */

static struct adapter a;
static struct arena *batch;
static struct error err;

static void
make(const char *system)
{
    a = (struct adapter){ .ops = &own, .system = system, .map = &map, .mem = arena_new("adapter") };
    calls_here = 0;
    worker_apart(&a, LIMIT_MS);
}

static int
begin(void **unused)
{
    (void)unused;
    batch = arena_new("batch");
    make("calm");
    return 0;
}

/* No child is left, not even one that has ended. */
static int
end(void **unused)
{
    (void)unused;
    a.ops->close(&a);
    arena_free(a.mem);
    arena_free(batch);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    assert_int_equal(calls_here, 0); /* nothing of it happened in this process */
    return 0;
}

static enum verdict __attribute__((unused)) pull(const char *how, struct page *page)
{
    const struct adapter_var var = { "how", how };

    return a.ops->pull(&a, batch, &calls[0], &var, 1, page, &err);
}

static enum verdict __attribute__((unused))
push(struct push_item *items, size_t count, const char *how, size_t at)
{
    for (size_t i = 0; i < count; i++) {
        struct record *record = arena_alloc(batch, sizeof *record);

        record->stream = streams[0].name;
        record->count = 1;
        record->fields = arena_alloc(batch, sizeof *record->fields);
        record->fields[0].text = i == at ? how : "good";
        record->fields[0].len = strlen(record->fields[0].text);
        items[i] = (struct push_item){ .record = record, .verdict = V_RETRY };
        items[i].delivery = arena_format(batch, "d%zu", i);
    }
    return a.ops->push(&a, batch, &calls[1], items, count, &err);
}

static long __attribute__((unused)) child_of(const struct page *page, long *seen)
{
    char *end_of_pid;
    long pid = strtol(page->records->fields[0].text, &end_of_pid, 10);

    *seen = strtol(end_of_pid, NULL, 10);
    return pid;
}

#endif
