/*
 * The parent's side: an adapter whose calls are words to a child. What the child cannot answer any
 * more is answered here, in the words of adapter.h: not done, or in doubt.
 */
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker_parts.h"

#define END_MS 2000  /* a child that said good-bye, or whose end was seen, to be gone */
#define BYE_MS 10000 /* to hang up at the peer */

struct worker {
    struct adapter_ops ops; /* those of this file, beside what the kind says of itself */
    struct adapter inner;   /* as the child holds it */
    long limit_ms;
    void *shared;            /* memory that the child has, too */
    volatile int64_t *moved; /* in it, what the child counts; NULL = there was no memory for it */
    bool hung;               /* it did once, and would again */
    pid_t pid;               /* 0 = there is none */
    struct tube tube;
};

static struct worker *
of(struct adapter *a)
{
    return a->state;
}

/* ---- what is said when the child does not answer ---- */

static void
say_status(int status, char *out, size_t room)
{
    if (status >= 0 && WIFSIGNALED(status))
        snprintf(out, room, "by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == WORKER_NO_MEMORY)
        snprintf(out, room, "because it got no memory");
    else if (status >= 0 && WIFEXITED(status))
        snprintf(out, room, "with exit code %d", WEXITSTATUS(status));
    else
        snprintf(out, room, "in a way that cannot be told");
}

/* Ends the child and says why, by how its tube failed. */
static enum verdict
lost(pid_t pid, struct tube *t, const char *what, long limit_ms, struct error *err)
{
    char how[120];
    bool late = t->state == TUBE_LATE || t->state == TUBE_STOPPED;
    enum verdict v;

    if (late || t->state == TUBE_WRONG)
        (void)kill(pid, SIGKILL);
    (void)close(t->fd);
    say_status(worker_reap(pid, END_MS), how, sizeof how);
    switch (t->state) {
    case TUBE_LATE:
        v = error_set(err, V_RETRY, "worker.hung",
                      "%s did not come back, nor move a file, within %ld.%ld s; its process was "
                      "ended",
                      what, limit_ms / 1000, limit_ms % 1000 / 100);
        error_hint(err, "The peer neither answered nor refused: is its server alive? Where one "
                        "call may take longer, raise call_limit of the system.");
        return v;
    case TUBE_STOPPED:
        return error_set(err, V_RETRY, "worker.stopped",
                         "%s did not come back after the run was told to stop; its process was "
                         "ended",
                         what);
    case TUBE_WRONG:
        return error_set(err, V_RETRY, "worker.died",
                         "the process of %s answered with what is no answer; it was ended", what);
    default:
        v = error_set(err, V_RETRY, "worker.died", "the process of %s ended %s", what, how);
        error_hint(err, "If it comes again, the driver crashes: its version is in what \"check\" "
                        "says of the system.");
        return v;
    }
}

static const char *
driver_of(const struct adapter *a, char *room, size_t size)
{
    snprintf(room, size, "the driver of \"%s\"", a->system);
    return room;
}

/* The child did not answer. */
static enum verdict
fail(struct adapter *a, struct error *err)
{
    struct worker *k = of(a);
    char what[100];
    pid_t pid = k->pid;

    k->pid = 0;
    k->hung = k->tube.state == TUBE_LATE;
    return lost(pid, &k->tube, driver_of(a, what, sizeof what), k->limit_ms, err);
}

/* ---- one call ---- */

static void
begin(struct adapter *a, enum worker_word word)
{
    struct worker *k = of(a);

    tube_limit(&k->tube, k->limit_ms);
    tube_put_number(&k->tube, word);
}

/* The verdict and the error that every answer begins with. */
static enum verdict
hear_verdict(struct tube *t, struct error *err)
{
    int64_t v = tube_next(t) ? tube_number(t) : V_RETRY;

    if (v < V_OK || v > V_IN_DOUBT) {
        tube_wrong(t);
        return V_RETRY;
    }
    if (v)
        hear_error(t, err);
    return (enum verdict)v;
}

static enum verdict
spawn(struct adapter *a, struct error *err)
{
    struct worker *k = of(a);
    enum verdict v;
    int fd;
    pid_t pid = worker_fork(&fd);

    if (pid < 0)
        return error_set(err, V_RETRY, "worker.start", "could not start a process: %s",
                         strerror(errno));
    if (!k->tube.in)
        tube_open(&k->tube, a->mem, fd);
    k->tube = (struct tube){ .fd = fd, .in = k->tube.in, .out = k->tube.out };
    if (pid == 0) {
        if (k->inner.contents)
            contents_count(k->inner.contents, k->moved);
        worker_serve(&k->inner, &k->tube);
    }
    k->pid = pid;
    k->tube.moved = k->moved;
    begin(a, WORKER_OPEN);
    tube_end(&k->tube);
    v = hear_verdict(&k->tube, err);
    tube_done(&k->tube);
    return k->tube.state != TUBE_GOOD ? fail(a, err) : v;
}

/* A child to talk to. */
static enum verdict
ready(struct adapter *a, struct error *err)
{
    char what[100];

    if (of(a)->hung)
        return error_set(err, V_RETRY, "worker.hung",
                         "%s did not come back from an earlier call; it is left alone",
                         driver_of(a, what, sizeof what));
    return of(a)->pid ? V_OK : spawn(a, err);
}

static void
say_call(struct adapter *a, const struct map_call *call)
{
    tube_put_number(&of(a)->tube, call - a->map->calls);
}

/* ---- the adapter ---- */

static enum verdict
far_open(struct adapter *a, struct error *err)
{
    return ready(a, err);
}

static enum verdict
far_probe(struct adapter *a, struct arena *mem, const char **said, struct error *err)
{
    struct tube *t = &of(a)->tube;
    enum verdict v = ready(a, err);

    if (v)
        return v;
    begin(a, WORKER_PROBE);
    tube_end(t);
    v = hear_verdict(t, err);
    *said = tube_text(t, mem, NULL);
    tube_done(t);
    return t->state != TUBE_GOOD ? fail(a, err) : v;
}

static enum verdict
far_pull(struct adapter *a, struct arena *mem, const struct map_call *call,
         const struct adapter_var *vars, size_t var_count, struct page *out, struct error *err)
{
    struct tube *t = &of(a)->tube;
    enum verdict v = ready(a, err);

    *out = (struct page){ .records = NULL };
    if (v)
        return v;
    begin(a, WORKER_PULL);
    say_call(a, call);
    say_vars(t, vars, var_count);
    tube_end(t);
    v = hear_verdict(t, err);
    hear_page(t, mem, a->map, out);
    tube_done(t);
    if (t->state == TUBE_GOOD && !page_fits(a->map, call, out))
        tube_wrong(t);
    if (t->state == TUBE_GOOD)
        return v;
    *out = (struct page){ .records = NULL };
    return fail(a, err);
}

/* What was not heard whole is not begun; what was, nobody knows. */
static enum verdict
unanswered(struct adapter *a, struct arena *mem, struct push_item *items, size_t count, bool heard,
           struct error *err)
{
    enum verdict v = fail(a, err);

    for (size_t i = 0; i < count; i++) {
        items[i].verdict = heard ? V_IN_DOUBT : V_RETRY;
        items[i].said = arena_copy(mem, err->code);
    }
    return v;
}

static enum verdict
far_push(struct adapter *a, struct arena *mem, const struct map_call *call, struct push_item *items,
         size_t count, struct error *err)
{
    struct tube *t = &of(a)->tube;
    struct push_item *answers = arena_alloc(mem, sizeof *answers * (count + 1));
    enum verdict v = ready(a, err);

    if (v) {
        for (size_t i = 0; i < count; i++)
            items[i].verdict = V_RETRY;
        return v;
    }
    begin(a, WORKER_PUSH);
    say_call(a, call);
    say_items(t, items, count);
    tube_end(t);
    if (t->state != TUBE_GOOD)
        return unanswered(a, mem, items, count, false, err);
    v = hear_verdict(t, err);
    hear_answers(t, mem, answers, count);
    tube_done(t);
    if (t->state == TUBE_GOOD && !answers_fit(mem, answers, count))
        tube_wrong(t);
    if (t->state != TUBE_GOOD)
        return unanswered(a, mem, items, count, true, err);
    for (size_t i = 0; i < count; i++) {
        items[i].verdict = answers[i].verdict;
        items[i].receipt = answers[i].receipt;
        items[i].said = answers[i].said;
        items[i].detail = answers[i].detail;
    }
    return v;
}

static enum verdict
far_finish(struct adapter *a, struct arena *mem, const struct map_call *call,
           const struct page *page, enum verdict how, const struct error *why, struct error *err)
{
    static const struct error none = { .code = "" };
    struct tube *t = &of(a)->tube;
    enum verdict v = ready(a, err);

    (void)mem;
    if (v)
        return v;
    begin(a, WORKER_FINISH);
    say_call(a, call);
    tube_put_number(t, how);
    say_error(t, why ? why : &none);
    say_page(t, page);
    tube_end(t);
    v = hear_verdict(t, err);
    tube_done(t);
    return t->state != TUBE_GOOD ? fail(a, err) : v;
}

static void
far_close(struct adapter *a)
{
    struct worker *k = of(a);
    struct tube *t = &k->tube;

    if (!k->pid)
        return;
    tube_limit(t, k->limit_ms < BYE_MS ? k->limit_ms : BYE_MS);
    tube_put_number(t, WORKER_CLOSE);
    tube_end(t);
    if (tube_next(t))
        (void)tube_number(t);
    (void)close(t->fd);
    (void)worker_reap(k->pid, t->state == TUBE_GOOD || t->state == TUBE_CUT ? END_MS : 0);
    k->pid = 0;
}

static void
release(void *handle)
{
    struct worker *k = handle;

    if (k->pid) {
        (void)close(k->tube.fd);
        (void)worker_reap(k->pid, 0);
    }
    if (k->moved)
        (void)munmap(k->shared, sizeof *k->moved);
}

void
worker_apart(struct adapter *a, long limit_ms)
{
    struct worker *k = arena_alloc(a->mem, sizeof *k);

    k->inner = *a;
    k->inner.state = arena_alloc(a->mem, a->ops->state_size + 1);
    k->limit_ms = limit_ms;
    k->ops = *a->ops;
    k->ops.open = far_open;
    k->ops.probe = far_probe;
    k->ops.close = far_close;
    k->ops.pull = a->ops->pull ? far_pull : NULL;
    k->ops.push = a->ops->push ? far_push : NULL;
    k->ops.finish = a->ops->finish ? far_finish : NULL;
    k->shared =
        mmap(NULL, sizeof *k->moved, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    k->moved = k->shared == MAP_FAILED ? NULL : k->shared;
    a->ops = &k->ops;
    a->state = k;
    arena_defer(a->mem, release, k);
}

/* ---- one job ---- */

static void __attribute__((noreturn)) do_job(const struct worker_job *job, struct tube *t)
{
    struct arena *mem = arena_new("worker");
    struct error err = { .code = "" };
    const char *text = NULL;
    enum verdict v = job->run(job->ctx, mem, &text, &err);

    tube_put_number(t, v);
    if (v)
        say_error(t, &err);
    tube_put_word(t, text);
    tube_end(t);
    _exit(0);
}

enum verdict
worker_once(const struct worker_job *job, struct arena *mem, const char **text, struct error *err)
{
    struct tube t;
    enum verdict v;
    int fd;
    pid_t pid = worker_fork(&fd);

    *text = NULL;
    if (pid < 0)
        return error_set(err, V_RETRY, "worker.start", "could not start a process: %s",
                         strerror(errno));
    tube_open(&t, mem, fd);
    if (pid == 0)
        do_job(job, &t);
    tube_limit(&t, job->limit_ms);
    v = hear_verdict(&t, err);
    *text = tube_text(&t, mem, NULL);
    tube_done(&t);
    if (t.state != TUBE_GOOD)
        return lost(pid, &t, job->what, job->limit_ms, err);
    (void)close(fd);
    (void)worker_reap(pid, END_MS);
    return v;
}
