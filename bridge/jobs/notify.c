/*
 * The connection of the notifier is a second one beside that of the run: the run's plans, the
 * notifier's claims and settles. Whether the run still may is asked in each of its statements.
 */
#include "notify_parts.h"

#include <string.h>

#include "../core/run.h"
#include "log.h"

#define FAILURES_MAX 3
#define REST_MS      1000 /* of the breaker; this run does not wait for it */
#define BACKOFF_MAX  INT64_C(3600000)

bool
notify_is_quiet(int64_t at, int zone_minutes, int from, int to)
{
    int64_t minutes = at / 60000000 - (at % 60000000 < 0) + zone_minutes;
    int now = (int)((minutes % 1440 + 1440) % 1440);

    return from <= to ? now >= from && now < to : now >= from || now < to;
}

static bool
is_quiet_now(const struct job *job)
{
    const struct notify_options *o = job->conf->notify;
    int zone = 0;

    (void)clock_zone(job->conf->bridge.zone, &zone);
    return notify_is_quiet(clock_now(), zone, o->quiet_from, o->quiet_to);
}

/* Says it once, and leaves this way for this run when that is called for. */
static void
trouble(struct notifying *n, enum verdict v, const struct error *why)
{
    struct notify_figures *f = &n->job->notified;

    log_error(v == V_FATAL ? LOG_ERROR : LOG_WARN, why);
    if (v == V_FATAL)
        f->trouble = V_REJECT; /* a person must act; what came before this step stands */
    else if (v == V_RETRY && !f->trouble)
        f->trouble = V_RETRY;
    if (v == V_FATAL || breaker_failed(&n->breaker, clock_tick())) {
        n->left = true;
        log_line(LOG_WARN, "the %s is left for this run", n->way ? n->way->name : "notifier");
    }
}

static void
count(struct notifying *n, enum verdict v, const struct error *why)
{
    struct notify_figures *f = &n->job->notified;

    if (v == V_OK || v == V_REJECT)
        breaker_succeeded(&n->breaker);
    f->sent += v == V_OK;
    f->failed += v == V_REJECT;
    f->in_doubt += v == V_IN_DOUBT;
    f->put_back += v == V_RETRY || v == V_FATAL;
    if (v == V_REJECT)
        log_error(LOG_WARN, why);
    else if (v)
        trouble(n, v, why);
}

/* The intent is committed: sends it and commits what is said. */
static enum verdict
send_one(struct notifying *n, const struct message *m, struct error *err)
{
    struct sms_answer said = { 0 };
    struct error why = { .code = "" };
    struct message_answer answer = { 0 };
    int64_t tick = clock_tick();
    long wait = pacer_wait(&n->pacer, tick);

    if (wait > 0)
        job_sleep(wait);
    answer.verdict = n->way->send(n, m, &said, &why);
    answer.code = answer.verdict ? why.code : NULL;
    answer.receipt = said.receipt;
    answer.said = said.said;
    if (answer.verdict == V_RETRY)
        answer.backoff_ms =
            backoff_wait(n->job->conf->bridge.backoff, BACKOFF_MAX, m->attempts, job_random());
    if (why.retry_after > answer.backoff_ms)
        answer.backoff_ms = why.retry_after;
    if (answer.verdict)
        error_within(&why, "message %lld", (long long)m->id);
    count(n, answer.verdict, &why);
    return message_settle(n->pg, n->mem, n->job->run_id, n->job->conf, m, &answer, err);
}

/* *more is false at the end. */
static enum verdict
next_one(struct notifying *n, bool *more, struct error *err)
{
    struct message *m;
    struct error why;

    arena_reset(n->mem);
    enum verdict v = n->way->claim(n, &m, &why);

    *more = !v && m;
    if (v) {
        *err = why;
        return v;
    }
    if (!m)
        return V_OK;
    if (m->text)
        return send_one(n, m, err);
    error_within(&why, "message %lld", (long long)m->id);
    log_error(LOG_WARN, &why);
    n->job->notified.unsaid++;
    return V_OK;
}

static enum verdict
send_all(struct notifying *n, struct error *err)
{
    struct notify_figures *f = &n->job->notified;
    bool more = true;
    enum verdict v = V_OK;

    while (!v && more && !n->left && !job_stopping()) {
        if (n->way->may_wake && is_quiet_now(n->job)) {
            f->quiet = true;
            break;
        }
        job_step(n->job, "notify", NULL, f->sent);
        v = next_one(n, &more, err);
    }
    return v;
}

static enum verdict
count_open(struct notifying *n, struct error *err)
{
    struct notify_figures *f = &n->job->notified;
    struct pg_rows rows;

    arena_reset(n->mem);
    enum verdict v = message_counts(n->pg, n->mem, &rows, err);

    for (size_t i = 0; !v && i < rows.count; i++) {
        const char *state = pg_named(&rows, i, "state");
        bool is_sms = strcmp(pg_named(&rows, i, "channel"), "sms") == 0;
        long some = (long)pg_int(&rows, i, "n");

        f->planned += strcmp(state, "planned") == 0 ? some : 0;
        f->planned_sms += strcmp(state, "planned") == 0 && is_sms ? some : 0;
        f->waiting += strcmp(state, "failed") == 0 || strcmp(state, "in_doubt") == 0 ? some : 0;
    }
    if (!v)
        v = message_wordless(n->pg, n->mem, &f->wordless, &f->wordless_events, err);
    if (!v)
        f->wordless_events = arena_copy(n->job->mem, f->wordless_events);
    return v;
}

static enum verdict
recover(struct notifying *n, struct error *err)
{
    long left = 0;
    enum verdict v = message_recover(n->pg, n->mem, n->job->run_id, &left, err);

    if (!v && left)
        log_line(LOG_WARN,
                 "found %ld messages without an answer: now in doubt, a person must say "
                 "(\"notify settle\")",
                 left);
    n->job->notified.recovered = left;
    return v;
}

static enum verdict
read_reports(struct notifying *n, struct error *err)
{
    struct error why;
    enum verdict v = notify_reports(n, &why, err);

    if (!v || err->code[0])
        return v;
    trouble(n, V_FATAL, &why);
    return V_OK;
}

/* All that the notifier does, once it has its connection. */
static enum verdict
notify_all(struct notifying *n, struct error *err)
{
    enum verdict v = recover(n, err);

    if (!v)
        v = read_reports(n, err);
    for (size_t i = 0; !v && i < notify_way_count; i++) {
        struct error why;

        n->way = &notify_ways[i];
        if (!n->way->is_used(n->job->conf->notify))
            continue;
        n->left = false;
        breaker_init(&n->breaker, FAILURES_MAX, REST_MS);
        if (n->way->open(n, &why))
            trouble(n, V_FATAL, &why);
        else
            v = send_all(n, err);
    }
    return v ? v : count_open(n, err);
}

enum verdict
notify_run(struct job *job, struct error *err)
{
    struct notifying n = { .job = job };
    struct notify_figures *f = &job->notified;
    struct error why;

    if (!job->conf->notify)
        return V_OK;
    f->done = true;
    n.mem = arena_new("message");
    n.pacer.rate = job->conf->notify->rate;
    breaker_init(&n.breaker, FAILURES_MAX, REST_MS);
    enum verdict v =
        message_plan(job->pg, n.mem, job->run_id, job->conf, &f->added, &f->suppressed, err);

    if (!v && (f->added || f->suppressed))
        log_line(LOG_INFO, "planned %ld messages, %ld are not to be sent", f->added, f->suppressed);
    if (!v) {
        /* the plan stands: that nobody may send is trouble of this step */
        enum verdict opened = message_open(job->mem, job->conf, &n.pg, &why);

        if (opened)
            trouble(&n, opened == V_RETRY ? V_RETRY : V_FATAL, &why);
        else
            v = notify_all(&n, err);
    }
    pg_close(n.pg);
    arena_free(n.mem);
    return v;
}
