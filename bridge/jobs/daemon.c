/*
 * One round: see what ended, record it, start what is due, beat, sleep until a
 * signal, the next slot or the next beat. Signals come through a descriptor, so
 * nothing runs between two lines of this file. A clock that tests move (BRIDGE_NOW)
 * cannot be slept on; it is looked at several times a second.
 */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "daemon_parts.h"
#include "log.h"

#define SET_CLOCK_MS   100  /* between two looks at a clock that may be moved */
#define GRACE_LEAST_MS 2000 /* starting takes a moment, whatever grace says */

static void
begin_signals(struct daemon *d, sigset_t *before)
{
    sigset_t ours;

    (void)sigemptyset(&ours);
    (void)sigaddset(&ours, SIGTERM);
    (void)sigaddset(&ours, SIGINT);
    (void)sigaddset(&ours, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &ours, before);
    d->signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
}

static enum verdict
begin_alive(struct daemon *d, struct error *err)
{
    const char *path;

    d->alive = -1;
    if (!d->conf->bridge.state)
        return V_OK;
    (void)mkdir(d->conf->bridge.state, 0700);
    path = arena_format(d->mem, "%s/%s", d->conf->bridge.state, DAEMON_ALIVE);
    d->alive = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (d->alive < 0) {
        (void)error_set(err, V_FATAL, "daemon.alive",
                        "could not open the file of the heartbeat: %s", strerror(errno));
        error_at(err, NULL, path);
        return V_FATAL;
    }
    if (flock(d->alive, LOCK_EX | LOCK_NB)) {
        (void)error_set(err, V_RETRY, "daemon.locked", "another daemon lives in this state folder");
        error_at(err, NULL, path);
        return V_RETRY;
    }
    return V_OK;
}

static enum verdict
begin_jobs(struct daemon *d, struct error *err)
{
    d->count = d->conf->job_count;
    d->jobs = arena_alloc(d->mem, d->count * sizeof *d->jobs);
    for (size_t i = 0; i < d->count; i++) {
        const char *fault;

        d->jobs[i].conf = &d->conf->jobs[i];
        if (!slots_read(d->mem, &d->jobs[i].conf->options, d->conf->bridge.zone, &d->jobs[i].slots,
                        &fault))
            return error_set(err, V_FATAL, "conf.job", "job \"%s\": %s", d->jobs[i].conf->name,
                             fault);
    }
    if (d->count == 0)
        return error_set(err, V_FATAL, "conf.job", "\"%s\" has no [job]", d->conf->path);
    return V_OK;
}

static void
beat(struct daemon *d)
{
    char text[CLOCK_TEXT], line[64];
    int len;

    if (d->alive < 0 || (d->beaten && clock_tick() - d->beaten < DAEMON_BEAT_MS))
        return;
    d->beaten = clock_tick();
    clock_text(clock_now(), text);
    len = snprintf(line, sizeof line, "%s %ld\n", text, (long)getpid());
    if (pwrite(d->alive, line, (size_t)len, 0) != len || ftruncate(d->alive, len))
        log_line(LOG_WARN, "could not write the heartbeat: %s", strerror(errno));
}

static enum verdict
start(struct daemon *d, struct timed_job *job, int64_t due, struct error *err)
{
    bool ours;
    enum verdict v = record_add(d, job, due, "started", d->started_by, &ours, err);

    if (v)
        return v;
    job->last = due;
    if (!ours) {
        log_line(LOG_INFO, "slot %s of job \"%s\" was taken by another daemon",
                 slot_text(d, job, due), job->conf->name);
        return V_OK;
    }
    job->due = due;
    v = child_start(d, job, err);
    if (v) {
        log_error(LOG_ERROR, err);
        job->end = (struct child_end){ .state = "failed", .said = "no process could be started" };
        return record_end(d, job, err);
    }
    log_line(LOG_INFO, "started job \"%s\" (process %ld) for its slot %s", job->conf->name,
             (long)job->pid, slot_text(d, job, due));
    return V_OK;
}

static enum verdict
refuse(struct daemon *d, struct timed_job *job, int64_t due, struct error *err)
{
    const char *said =
        arena_format(d->batch, "the run of %s still lives", slot_text(d, job, job->due));
    bool ours;
    enum verdict v = record_add(d, job, due, "busy", said, &ours, err);

    if (v)
        return v;
    job->last = due;
    if (ours)
        log_line(LOG_WARN, "did not start job \"%s\" for its slot %s: %s", job->conf->name,
                 slot_text(d, job, due), said);
    return V_OK;
}

/* Everything that is due of one job by now. */
static enum verdict
attend(struct daemon *d, struct timed_job *job, int64_t now, struct error *err)
{
    long grace = job->conf->options.grace, missed;
    int64_t newest;
    bool late;
    enum verdict v;

    if (job->ended) {
        v = record_end(d, job, err);
        if (v)
            return v;
    }
    if (!job->known) {
        v = record_newest(d, job, err);
        if (v)
            return v;
    }
    newest = slots_last(&job->slots, now);
    if (newest <= job->last)
        return V_OK;
    late = now - newest > (grace > GRACE_LEAST_MS ? grace : GRACE_LEAST_MS) * INT64_C(1000);
    v = record_missed(d, job, newest, late, &missed, err);
    if (v)
        return v;
    if (missed)
        log_line(LOG_WARN, "job \"%s\" missed %ld slot%s before %s", job->conf->name, missed,
                 missed == 1 ? "" : "s", slot_text(d, job, now));
    job->last = late ? newest : slots_last(&job->slots, newest - 1);
    if (late)
        return V_OK;
    return job->pid ? refuse(d, job, newest, err) : start(d, job, newest, err);
}

/* A failure that may pass is said once, and waited out. */
static enum verdict
outlast(struct daemon *d, enum verdict v, const struct error *err)
{
    if (v == V_FATAL)
        return v;
    if (v && strcmp(err->code, "daemon.database") != 0) {
        log_error(LOG_WARN, err);
        record_lost(d);
    }
    return V_OK;
}

static enum verdict
attend_all(struct daemon *d, struct error *err)
{
    int64_t now = clock_now();
    enum verdict v = record_ready(d, err);

    for (size_t i = 0; !v && i < d->count; i++)
        v = attend(d, &d->jobs[i], now, err);
    return outlast(d, v, err);
}

static int
sleep_ms(const struct daemon *d)
{
    int64_t now = clock_now(), ms = DAEMON_BEAT_MS;

    if (clock_is_set())
        return SET_CLOCK_MS;
    for (size_t i = 0; i < d->count; i++) {
        int64_t wait = (slots_next(&d->jobs[i].slots, now) - now) / 1000 + 1;

        if (wait < ms)
            ms = wait;
    }
    /* At most as long as a beat: the clock may be put right, or the machine have slept. */
    return (int)ms;
}

static void
take_signals(struct daemon *d)
{
    struct signalfd_siginfo info;

    while (read(d->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            continue;
        d->stops++;
        if (d->stops > 1)
            d->kill_at = clock_tick();
    }
}

static void
wait_for(struct daemon *d, int ms)
{
    struct pollfd poll_signals = { .fd = d->signals, .events = POLLIN };

    if (poll(&poll_signals, 1, ms) > 0)
        take_signals(d);
}

static enum verdict
keep_time(struct daemon *d, struct error *err)
{
    enum verdict v = V_OK;

    while (!v && !d->stops) {
        arena_reset(d->batch);
        child_reap(d);
        v = attend_all(d, err);
        beat(d);
        if (!v && !d->stops)
            wait_for(d, sleep_ms(d));
    }
    return v;
}

/* Ends the processes of jobs, and records how they ended. */
static void
end_jobs(struct daemon *d)
{
    struct error err;
    enum verdict v;

    d->kill_at = d->stops > 1 ? d->kill_at : clock_tick() + DAEMON_STOP_MS;
    child_reap(d);
    if (child_count(d))
        log_line(LOG_INFO, "waits for %zu running job%s to end", child_count(d),
                 child_count(d) == 1 ? "" : "s");
    child_signal(d, SIGTERM);
    while (child_count(d)) {
        if (clock_tick() >= d->kill_at) {
            log_line(LOG_WARN, "killed %zu running job%s", child_count(d),
                     child_count(d) == 1 ? "" : "s");
            child_signal(d, SIGKILL);
            d->kill_at = INT64_MAX;
        }
        wait_for(d, SET_CLOCK_MS);
        child_reap(d);
        beat(d);
    }
    arena_reset(d->batch);
    v = record_ready(d, &err);
    for (size_t i = 0; !v && i < d->count; i++)
        if (d->jobs[i].ended)
            v = record_end(d, &d->jobs[i], &err);
    if (v)
        log_error(LOG_WARN, &err);
}

static void
say_next(struct daemon *d)
{
    int64_t now = clock_now();

    for (size_t i = 0; i < d->count; i++)
        log_line(LOG_INFO, "job \"%s\" is due next at %s", d->jobs[i].conf->name,
                 slot_text(d, &d->jobs[i], slots_next(&d->jobs[i].slots, now)));
}

enum verdict
daemon_run(const struct conf *conf, struct pg *pg, const char *program, struct error *err)
{
    struct daemon d = { .conf = conf, .pg = pg, .program = program, .alive = -1, .signals = -1 };
    char host[64] = "";
    sigset_t before;
    enum verdict v;

    d.mem = arena_new("daemon");
    d.batch = arena_new("daemon round");
    d.started = clock_now();
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(d.started_by, sizeof d.started_by, "by the daemon on %s", host);
    begin_signals(&d, &before);
    if (d.signals < 0) {
        v = error_set(err, V_FATAL, "daemon.signals", "could not watch signals: %s",
                      strerror(errno));
        goto out;
    }
    v = begin_jobs(&d, err);
    if (!v)
        v = begin_alive(&d, err);
    if (v)
        goto out;
    v = record_ready(&d, err);
    if (!v)
        v = record_abandoned(&d, err);
    v = outlast(&d, v, err);
    if (!v) {
        log_line(LOG_INFO, "daemon started, %zu job%s%s", d.count, d.count == 1 ? "" : "s",
                 clock_is_set() ? ", by a clock that is set" : "");
        say_next(&d);
        v = keep_time(&d, err);
        end_jobs(&d);
        log_line(LOG_INFO, "daemon ended");
    }
out:
    if (d.alive >= 0)
        (void)close(d.alive);
    if (d.signals >= 0)
        (void)close(d.signals);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (d.pg_mem) {
        pg_close(d.pg);
        arena_free(d.pg_mem);
    }
    arena_free(d.batch);
    arena_free(d.mem);
    return v;
}
