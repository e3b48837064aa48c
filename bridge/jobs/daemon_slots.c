/*
 * The daemon's record in bridge.slot. The database may be away for a while: the
 * connection is then opened anew, not more often than every few seconds, and
 * nothing is started meanwhile.
 */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "daemon_parts.h"
#include "log.h"

#define ASK_AGAIN_MS 5000
#define STATEMENT_MS 30000
#define LOOK_BACK_US (INT64_C(31) * 86400 * 1000000)
#define MISSED_MAX   1000 /* of one job at one time; older ones are not recorded */

void
record_lost(struct daemon *d)
{
    /* The first connection is the caller's to close. */
    if (d->pg_mem) {
        pg_close(d->pg);
        arena_free(d->pg_mem);
    }
    d->pg = NULL;
    d->pg_mem = NULL;
    d->ask_again = clock_tick() + ASK_AGAIN_MS;
}

enum verdict
record_ready(struct daemon *d, struct error *err)
{
    enum verdict v;

    if (d->pg)
        return V_OK;
    if (clock_tick() < d->ask_again)
        return error_set(err, V_RETRY, "daemon.database", "waits for the database");
    d->pg_mem = arena_new("daemon connection");
    v = pg_open(d->pg_mem, d->conf->bridge.database, d->conf->bridge.sql, "cctns-bridge daemon",
                STATEMENT_MS, &d->pg, err);
    if (v) {
        arena_free(d->pg_mem);
        d->pg_mem = NULL;
        d->pg = NULL;
        d->ask_again = clock_tick() + ASK_AGAIN_MS;
    }
    return v;
}

static const char *
instant_text(struct daemon *d, int64_t at)
{
    char text[CLOCK_TEXT];

    clock_text(at, text);
    return arena_copy(d->batch, text);
}

const char *
slot_text(const struct daemon *d, const struct timed_job *job, int64_t at)
{
    char text[64];
    int minutes = (int)(job->slots.zone / (60 * INT64_C(1000000)));

    if (!clock_format("%Y-%m-%d %H:%M:%S %z", minutes, at, text, sizeof text))
        text[0] = '\0';
    return arena_copy(d->batch, text);
}

enum verdict
record_abandoned(struct daemon *d, struct error *err)
{
    const char *values[] = { d->started_by, "the daemon ended before it did" };
    struct pg_rows rows;
    enum verdict v = pg_run(d->pg, d->batch, "slot_abandon", values, 2, &rows, err);

    if (!v && rows.affected > 0)
        log_line(LOG_WARN, "%ld slots were left by a daemon that did not end well", rows.affected);
    return v;
}

enum verdict
record_newest(struct daemon *d, struct timed_job *job, struct error *err)
{
    const char *values[] = { job->conf->name }, *text;
    struct pg_rows rows;
    enum verdict v = pg_run(d->pg, d->batch, "slot_newest", values, 1, &rows, err);

    if (v)
        return v;
    text = rows.count ? pg_named(&rows, 0, "due_at") : NULL;
    job->last = d->started;
    if (text && !clock_from_text(text, strlen(text), &job->last))
        return error_set(err, V_FATAL, "daemon.slot", "bridge.slot holds a time that is none");
    if (job->last < d->started - LOOK_BACK_US)
        job->last = d->started - LOOK_BACK_US;
    job->known = true;
    return V_OK;
}

enum verdict
record_end(struct daemon *d, struct timed_job *job, struct error *err)
{
    const char *values[] = {
        job->conf->name, instant_text(d, job->due),     job->end.state,
        job->end.said,   pg_of_int(d->batch, job->pid),
    };
    enum verdict v = pg_run(d->pg, d->batch, "slot_end", values, 5, NULL, err);

    if (v)
        return v;
    job->pid = 0;
    job->ended = false;
    return V_OK;
}

enum verdict
record_add(struct daemon *d, const struct timed_job *job, int64_t due, const char *state,
           const char *said, bool *ours, struct error *err)
{
    const char *values[] = { job->conf->name, instant_text(d, due), state, said };
    struct pg_rows rows;
    enum verdict v = pg_run(d->pg, d->batch, "slot_add", values, 4, &rows, err);

    *ours = !v && rows.affected == 1;
    return v;
}

/* Why nobody started a slot. */
static const char *
missed_reason(const struct daemon *d, int64_t due, int64_t newest)
{
    if (due < d->started)
        return "no daemon ran";
    return due < newest ? "a later slot was due by then" : "could not be started within the grace";
}

enum verdict
record_missed(struct daemon *d, struct timed_job *job, int64_t newest, bool late, long *missed,
              struct error *err)
{
    int64_t due = late ? newest : slots_last(&job->slots, newest - 1);
    enum verdict v;

    *missed = 0;
    if (due <= job->last)
        return V_OK;
    v = pg_begin(d->pg, err);
    for (int n = 0; !v && due > job->last && n < MISSED_MAX; n++) {
        bool ours;

        v = record_add(d, job, due, "missed", missed_reason(d, due, newest), &ours, err);
        *missed += ours;
        due = slots_last(&job->slots, due - 1);
    }
    if (!v)
        v = pg_commit(d->pg, err);
    if (v)
        pg_rollback(d->pg);
    return v;
}
