/*
 * What the steps share. Calls to a peer pass here: pace, tries and back-off are the engine's, so
 * that no adapter has any.
 */
#include "job.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <unistd.h>

#include "../base/seal.h"
#include "http.h"
#include "log.h"
#include "text.h"
#include "worker.h"

#define ASK_TRIES       3
#define ASK_WAIT_MS     500    /* first wait between tries within a run */
#define BREAKER_LIMIT   3      /* failed calls in a row */
#define BREAKER_REST_MS 60000  /* before an open breaker lets one call try */
#define ASKED_MOST_MS   600000 /* longest time that a peer is left alone because it asked for it */
#define LIMIT_LEAST_MS  1000   /* of a call */
#define ASKED_WAIT_MS   60000  /* of that, what the run waits out; for longer it goes on without */

static volatile sig_atomic_t stop_asked;
static char doing[120]; /* what end_late() says */

enum verdict
job_open(struct job *job, struct error *err)
{
    const struct bridge_options *bridge = &job->conf->bridge;
    const char *folder = bridge->contents, *key = NULL;
    enum verdict v = V_OK;

    if (!folder)
        folder = arena_format(job->mem, "%s/contents", bridge->state ? bridge->state : ".");
    v = contents_open(job->mem, folder, bridge->max_file, &job->contents, err);
    if (!v && bridge->seal_key) {
        v = conf_secret(job->mem, bridge->seal_key, &key, err);
        if (!v)
            v = seal_new(job->mem, key, &job->seal, err);
        if (v)
            error_within(err, "seal_key of \"%s\"", job->conf->path);
    }
    return v;
}

/* ---- systems ---- */

static const char *
today_in(struct arena *mem, int zone)
{
    char day[16] = "";

    return clock_format("%Y-%m-%d", zone, clock_now(), day, sizeof day) ? arena_copy(mem, day)
                                                                        : NULL;
}

static void
fill_system(struct job *job, const struct conf_system *conf, struct job_system *s)
{
    s->conf = conf;
    s->mapper = (struct mapper){
        .map = conf->map,
        .units = job->conf->units,
        .seal = job->seal,
        .day = today_in(job->mem, conf->map->zone),
    };
    s->pacer.rate = conf->options.rate;
    breaker_init(&s->breaker, BREAKER_LIMIT, BREAKER_REST_MS);
}

static enum verdict
unknown_system(const struct job *job, const char *name, struct error *err)
{
    const struct conf *conf = job->conf;
    const char **names = arena_alloc(job->mem, sizeof *names * (conf->system_count + 1));
    const char *near;

    for (size_t i = 0; i < conf->system_count; i++)
        names[i] = conf->systems[i].name;
    near = text_nearest(name, names, conf->system_count);
    error_set(err, V_FATAL, "usage", "there is no system \"%s\" in \"%s\"", name, conf->path);
    if (near)
        error_hint(err, "Did you mean \"%s\"?", near);
    return V_FATAL;
}

static bool
is_named(const char *const *names, const char *name)
{
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

enum verdict
job_choose(struct job *job, const char *const *names, struct error *err)
{
    const struct conf *conf = job->conf;
    bool all = !names || !*names;

    for (size_t i = 0; !all && names[i]; i++)
        if (!conf_system_find(conf, names[i]))
            return unknown_system(job, names[i], err);
    job->systems = arena_alloc(job->mem, sizeof *job->systems * (conf->system_count + 1));
    for (size_t i = 0; i < conf->system_count; i++)
        if (all || is_named(names, conf->systems[i].name))
            fill_system(job, &conf->systems[i], &job->systems[job->count++]);
    return V_OK;
}

static void
close_adapter(struct job_system *s)
{
    if (!s->adapter.mem)
        return;
    s->adapter.ops->close(&s->adapter);
    arena_free(s->adapter.mem);
    memset(&s->adapter, 0, sizeof s->adapter);
    s->opened = false;
}

bool
job_ready(struct job *job, struct job_system *s)
{
    const struct adapter_ops *ops = s->conf->ops;
    struct error err;

    if (s->left || job_stopping() || !breaker_allows(&s->breaker, clock_tick()))
        return false;
    if (s->opened)
        return true;
    s->adapter = (struct adapter){
        .ops = ops,
        .system = s->conf->name,
        .map = s->conf->map,
        .options = s->conf->kind_options,
        .mem = arena_new("adapter"),
        .contents = job->contents,
    };
    s->adapter.state = arena_alloc(s->adapter.mem, ops->state_size + 1);
    if (ops->apart) {
        long limit = s->conf->options.call_limit;

        worker_apart(&s->adapter, limit > LIMIT_LEAST_MS ? limit : LIMIT_LEAST_MS);
    }
    enum verdict v = s->adapter.ops->open(&s->adapter, &err);

    s->opened = v == V_OK;
    if (v) {
        job_trouble(s, v, &err);
        close_adapter(s); /* due after a failed open, too */
    }
    return s->opened;
}

void
job_leave(struct job *job)
{
    for (size_t i = 0; i < job->count; i++)
        close_adapter(&job->systems[i]);
}

/* FATAL is worse than RETRY, and both than a page that is held. */
static int
weight(enum verdict v)
{
    switch (v) {
    case V_OK:
        return 0;
    case V_REJECT:
        return 1;
    case V_RETRY:
    case V_IN_DOUBT:
        return 2;
    case V_FATAL:
        return 3;
    }
    return 3;
}

/* What did not answer within its limit once would take as long at each further call. */
static bool
is_hung(const struct error *err)
{
    return strcmp(err->code, "worker.hung") == 0;
}

void
job_trouble(struct job_system *s, enum verdict v, const struct error *err)
{
    log_context(NULL, s->conf->name);
    log_error(v == V_FATAL ? LOG_ERROR : LOG_WARN, err);
    log_context(NULL, "");
    if (weight(v) > weight(s->trouble))
        s->trouble = v;
    if (v == V_FATAL || is_hung(err))
        s->left = true;
    if (v == V_REJECT) {
        s->page_held = true;
    } else {
        breaker_trip(&s->breaker, clock_tick());
        close_adapter(s);
    }
}

/* ---- calls ---- */

void
job_sleep(long ms)
{
    struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000L };

    while (ms > 0 && !job_stopping() && nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

uint32_t
job_random(void)
{
    uint32_t n = 0;

    if (getrandom(&n, sizeof n, GRND_NONBLOCK) != (ssize_t)sizeof n)
        n = (uint32_t)clock_tick();
    return n;
}

void
job_pace(struct job_system *s)
{
    job_sleep(pacer_wait(&s->pacer, clock_tick()));
}

long
job_hold_back(struct job_system *s, const struct error *err)
{
    long ms = err->retry_after < ASKED_MOST_MS ? err->retry_after : ASKED_MOST_MS;

    if (ms <= 0)
        return 0;
    breaker_hold(&s->breaker, clock_tick(), ms);
    return ms <= ASKED_WAIT_MS ? ms : -1;
}

enum verdict
job_ask(struct job *job, struct job_system *s, const struct map_call *call,
        const struct adapter_var *vars, size_t count, struct page *out, struct error *err)
{
    const struct adapter_ops *ops = s->adapter.ops;
    /* A half-open breaker lets one call through. */
    long tries = s->breaker.state == BREAKER_CLOSED ? ASK_TRIES : 1;
    enum verdict v = V_RETRY;

    if (!ops->pull)
        return error_set(err, V_FATAL, "adapter.pull", "kind \"%s\" cannot be read from",
                         ops->name);
    for (long try = 1; try <= tries; try++) {
        job_pace(s);
        memset(out, 0, sizeof *out);
        v = ops->pull(&s->adapter, job->batch, call, vars, count, out, err);
        s->pulled_calls++;
        if (v != V_RETRY || is_hung(err) || job_stopping())
            break;
        long asked = job_hold_back(s, err);

        if (try == tries || asked < 0)
            break;
        log_line(LOG_DEBUG, "call \"%s\" of \"%s\" failed (%s), try %ld of %ld follows", call->name,
                 s->conf->name, err->code, try + 1, tries);
        long wait = backoff_wait(ASK_WAIT_MS, job->conf->bridge.backoff, try, job_random());

        job_sleep(wait > asked ? wait : asked);
    }
    if (v)
        error_within(err, "call \"%s\" of \"%s\"", call->name, s->conf->name);
    else
        breaker_succeeded(&s->breaker);
    return v;
}

void
job_cut_now(struct job *job)
{
    clock_text(clock_now(), job->cut);
}

const char *
job_kept_from(const struct job *job, const struct job_system *s)
{
    char *text;

    if (s->conf->options.keeps <= 0)
        return NULL;
    text = arena_alloc(job->batch, CLOCK_TEXT);
    clock_text(clock_now() - (int64_t)s->conf->options.keeps * 1000, text);
    return text;
}

long
job_lookback(const struct job *job, const struct job_system *s)
{
    long own = s->conf->options.lookback;

    return own >= 0 ? own : job->conf->bridge.lookback;
}

void
job_step(struct job *job, const char *what, const char *system, long done)
{
    job->progress.what = what;
    job->progress.system = system;
    job->progress.done = done;
    snprintf(doing, sizeof doing, " while at \"%s\"%s%s%s", what, system ? " of \"" : "",
             system ? system : "", system ? "\"" : "");
    if (job->watch)
        job->watch(&job->progress);
}

/* ---- the end ---- */

long
job_denied(const struct job *job)
{
    long n = 0;

    for (size_t i = 0; i < job->count; i++) {
        const struct prove_figures *p = &job->systems[i].proved;

        n += p->denied + p->twice + (p->canary && strcmp(p->canary, "filtered") != 0);
    }
    return n;
}

int
job_audit_code(const struct job_audit *audit)
{
    if (audit->failed)
        return JOB_INTERNAL;
    return audit->findings ? JOB_WAITS : JOB_DONE;
}

int
job_exit_code(const struct job *job)
{
    int worst = 0;
    long unexplained = 0, unbalanced = 0;

    for (size_t i = 0; i < job->count; i++)
        if (weight(job->systems[i].trouble) > worst)
            worst = weight(job->systems[i].trouble);
    if (weight(job->notified.trouble) > worst)
        worst = weight(job->notified.trouble);
    if (weight(job->forwarded.trouble) > worst)
        worst = weight(job->forwarded.trouble);
    for (size_t i = 0; i < job->count; i++)
        unexplained += job->systems[i].sweep.missed - job->systems[i].sweep.found +
                       job->systems[i].sweep.doubted;
    for (size_t i = 0; i < job->compared_count; i++)
        unexplained += job->compared[i].result.unexplained;
    for (size_t i = 0; i < job->equation_count; i++)
        unbalanced += !job->equations[i].balanced;
    if (job_stopping())
        return JOB_STOPPED;
    if (worst == weight(V_FATAL) || (job->audit.alone && job->audit.failed))
        return JOB_INTERNAL;
    if (unexplained || unbalanced || job->books_fault || job->figures_fault ||
        job->checkpoint.altered || job_denied(job))
        return JOB_DISAGREE;
    if (worst == weight(V_RETRY))
        return JOB_PEER;
    if (worst == weight(V_REJECT) || job->waiting || job->notified.waiting ||
        job->notified.report_faults || job->forwarded.waiting)
        return JOB_WAITS;
    return job->audit.alone ? job_audit_code(&job->audit) : JOB_DONE;
}

static void
ask_to_stop(int signal_number)
{
    (void)signal_number;
    stop_asked = 1;
}

void
job_signals(void)
{
    /* SA_RESETHAND: whoever asks twice does not want to wait. */
    struct sigaction stop = { .sa_handler = ask_to_stop, .sa_flags = (int)SA_RESETHAND };
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    sigemptyset(&stop.sa_mask);
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    http_stop_when(job_stopping);
    pg_stop_when(job_stopping);
}

bool
job_stopping(void)
{
    return stop_asked != 0;
}

static void
end_late(int signal_number)
{
    static const char said[] = "error: the run took longer than its deadline and was ended",
                      then[] = "; the next run recovers [run.deadline]\n";

    (void)signal_number;
    if (write(STDERR_FILENO, said, sizeof said - 1) < 0 ||
        write(STDERR_FILENO, doing, strlen(doing)) < 0 ||
        write(STDERR_FILENO, then, sizeof then - 1) < 0)
        _exit(JOB_INTERNAL);
    _exit(JOB_INTERNAL);
}

void
job_deadline(long ms)
{
    struct sigaction late = { .sa_handler = end_late };
    struct itimerval timer = {
        .it_value = { .tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000 },
    };

    if (ms <= 0)
        memset(&timer, 0, sizeof timer);
    sigemptyset(&late.sa_mask);
    sigaction(SIGALRM, &late, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
}
