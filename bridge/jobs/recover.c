/*
 * Order matters: first what others left under their hand, then the questions (find.h), then what
 * waited for a parent.
 */
#include "recover.h"

#include <string.h>

#include "../base/seal.h"
#include "../core/ask.h"
#include "../core/run.h"
#include "find.h"
#include "log.h"
#include "pull.h"

#define DOUBTS    50  /* asked between two settlements */
#define STAY_SAID 5   /* of those that cannot be staged, said one by one */
#define ORPHANS   500 /* held records read at once, to be staged again one by one */

enum verdict
recover_sending(struct job *job, struct error *err)
{
    long n;

    return recover_lost(job, &n, err);
}

enum verdict
recover_lost(struct job *job, long *n, struct error *err)
{
    long lost = 0;
    enum verdict v;

    *n = 0;
    arena_reset(job->batch);
    v = run_close_lost(job->pg, job->batch, job->run_id, &lost, err);
    if (!v && lost)
        log_line(LOG_WARN, "found %ld runs that were ended before their end", lost);
    if (!v)
        v = delivery_recover(job->pg, job->batch, job->run_id, n, err);
    if (!v && *n)
        log_line(LOG_WARN, "found %ld deliveries without an answer: now in doubt", *n);
    return v;
}

enum verdict
recover_ask(struct job *job, struct job_system *s, struct delivery *d, struct error *why)
{
    const struct map_call *call = mapping_carrier(s->conf->map, d->stream);
    struct find_shown shown;

    if (!mapping_call(s->conf->map, "find")) {
        bool keyed = call && delivery_class(s->conf->map, call) == 'A';

        d->event = keyed ? E_ABSENT : E_UNKNOWN;
        d->said = keyed ? "sent again: the key is refused twice" : "cannot be asked";
        return V_OK;
    }
    enum verdict v = find_ask(job, s, d->id, &shown, why);

    if (v && !(v == V_REJECT && shown.times)) /* it is there, whatever else the answer says */
        return v;
    d->event = shown.times ? E_FOUND : E_ABSENT;
    d->said = shown.times ? "found" : "absent";
    if (shown.times)
        d->receipt = *shown.receipt ? shown.receipt : NULL;
    return V_OK;
}

/* Asks about a handful and settles what was learned. *after moves on; NULL at the end. */
static enum verdict
ask_some(struct job *job, struct job_system *s, const char **after, long *settled,
         struct error *err)
{
    struct delivery *items;
    struct error why;
    size_t count, asked = 0;
    enum verdict said = V_OK;

    arena_reset(job->batch);
    enum verdict v = delivery_doubts(job->pg, job->batch, job->run_id, s->conf->map, *after, DOUBTS,
                                     &items, &count, err);

    *after = NULL;
    if (v || count == 0)
        return v;
    while (!said && asked < count && !job_stopping()) {
        said = recover_ask(job, s, &items[asked], &why);
        if (!said)
            asked++;
    }
    if (asked)
        v = delivery_settle(job->pg, job->batch, job->run_id, s->conf->map, items, asked, 0, err);
    if (v)
        return v;
    *settled += (long)asked;
    if (said == V_REJECT) {
        log_error(LOG_WARN, &why); /* its pages may well be readable: only the question ends */
        s->trouble = s->trouble ? s->trouble : V_REJECT;
    } else if (said) {
        job_trouble(s, said, &why);
    } else if (asked == count) {
        *after = arena_copy(job->mem, items[count - 1].id);
    }
    return V_OK;
}

static enum verdict
ask_all(struct job *job, struct job_system *s, struct error *err)
{
    const char *after = NULL;
    long settled = 0;
    enum verdict v = V_OK;

    do {
        job_step(job, "ask", s->conf->name, settled);
        if (!job_ready(job, s))
            break;
        v = ask_some(job, s, &after, &settled, err);
    } while (!v && after);
    if (!v && settled)
        log_line(LOG_INFO, "settled %ld doubtful deliveries of \"%s\"", settled, s->conf->name);
    return v;
}

/* Two runs that ask at once would both settle what was learned, and the later word could be the
 * older one. */
enum verdict
recover_system(struct job *job, struct job_system *s, struct error *err)
{
    const char *lock = arena_format(job->mem, "ask %s", s->conf->name);
    bool taken = false;
    enum verdict v = run_take(job->pg, job->mem, lock, &taken, err);

    if (v)
        return v;
    if (!taken) {
        log_line(LOG_INFO, "another run asks \"%s\" about what is in doubt", s->conf->name);
        return V_OK;
    }
    v = ask_all(job, s, err);
    return v ? v : run_let_go(job->pg, job->mem, lock, err);
}

/* ---- held records ---- */

/* The remote record of a held row; NULL with V_OK when it has none. */
static enum verdict
read_remote(struct job *job, struct job_system *s, const struct pg_rows *held, size_t row,
            const char **bytes, size_t *len, struct error *err)
{
    const char *aad = staging_aad(job->batch, s->conf->name, pg_named(held, row, "stream"),
                                  pg_named(held, row, "key"));
    char *open = NULL;

    *bytes = pg_bytes(job->batch, held, row, "remote", len);
    if (!*bytes || !pg_bool(held, row, "sealed"))
        return V_OK;
    if (!job->seal)
        return error_set(err, V_FATAL, "seal.key", "held %s is sealed and there is no key for it",
                         pg_named(held, row, "held_id"));
    enum verdict v = unseal_bytes(job->seal, job->batch, aad, *bytes, *len, &open, len, err);

    *bytes = open;
    if (v)
        error_within(err, "held %s", pg_named(held, row, "held_id"));
    return v;
}

/* The held record goes into the open page of staging; its held row ends in the same transaction. */
static enum verdict
stage_held(struct job *job, struct job_system *s, const struct pg_rows *held, size_t row,
           const char *who, const char *why, struct error *err)
{
    struct record *remote;
    const char *bytes;
    size_t len = 0;
    enum verdict v = read_remote(job, s, held, row, &bytes, &len, err);

    if (v)
        return v;
    if (!bytes)
        return error_set(err, V_REJECT, "held.bytes", "held %s has no record that could be staged",
                         pg_named(held, row, "held_id"));
    v = remote_unpack(job->batch, s->conf->map, bytes, len, &remote, err);
    if (v)
        error_within(err, "held %s", pg_named(held, row, "held_id"));

    if (!v)
        v = ask_held_replayed(job->pg, job->batch, pg_int(held, row, "held_id"), who, why, err);
    return v ? v : pull_record(job, s, remote, err);
}

/* The call that a held record came by; a call that the map has no more is looked up by its stream.
 */
static const struct map_call *
call_of(const struct mapping *map, const struct pg_rows *held, size_t row)
{
    const char *name = pg_named(held, row, "call"), *stream = pg_named(held, row, "stream");
    const struct map_call *call = name ? mapping_call(map, name) : NULL;

    for (size_t i = 0; !call && stream && i < map->call_count; i++)
        if (map->calls[i].brings && strcmp(map->calls[i].brings, stream) == 0)
            call = &map->calls[i];
    return call;
}

enum verdict
recover_held(struct job *job, struct job_system *s, const struct pg_rows *held, size_t row,
             const char *who, const char *why, struct error *err)
{
    const struct map_call *call = call_of(s->conf->map, held, row);
    struct tally tally;

    if (!call)
        return error_set(err, V_REJECT, "held.call",
                         "the map \"%s\" has no call that brings \"%s\"", s->conf->map->path,
                         pg_named(held, row, "stream"));
    enum verdict v = staging_begin(job->staging, &s->mapper, call, err);

    if (!v)
        v = stage_held(job, s, held, row, who, why, err);
    if (!v)
        v = staging_commit(job->staging, job->batch, NULL, NULL, &tally, err);
    if (v)
        staging_rollback(job->staging);
    return v;
}

/* One after another: one that is still bad, or that nothing can be done with, keeps no other back.
 */
static enum verdict
stage_ready(struct job *job, struct job_system *s, const struct pg_rows *held, long *staged,
            long *stay, struct error *err)
{
    enum verdict v = V_OK;

    for (size_t i = 0; !v && i < held->count && !job_stopping(); i++) {
        arena_reset(job->batch);
        v = recover_held(job, s, held, i, "bridge", "its parent has come", err);
        if (v == V_REJECT) {
            if ((*stay)++ < STAY_SAID)
                log_error(LOG_WARN, err);
            v = V_OK;
        } else {
            *staged += v == V_OK;
        }
    }
    return v;
}

enum verdict
recover_orphans(struct job *job, struct job_system *s, struct error *err)
{
    struct arena *mem = arena_new("orphans");
    int64_t after = 0, newest = 0;
    struct pg_rows held = { .count = 0 };
    long staged = 0, stay = 0;
    enum verdict v = ask_held_newest(job->pg, mem, &newest, err);

    do {
        arena_reset(mem);
        if (!v)
            v = ask_held_ready(job->pg, mem, s->conf->name, after, newest, ORPHANS, &held, err);
        if (v || !held.count)
            break;
        after = pg_int(&held, held.count - 1, "held_id");
        v = stage_ready(job, s, &held, &staged, &stay, err);
    } while (!v && held.count == ORPHANS && !job_stopping());
    if (!v)
        v = run_recovered_one(job->pg, mem, job->run_id, "orphan", s->conf->name, staged, err);
    if (stay > STAY_SAID)
        log_line(LOG_WARN,
                 "%ld held records of \"%s\" cannot be staged, though their parent has come", stay,
                 s->conf->name);
    if (!v && staged)
        log_line(LOG_INFO, "staged %ld held records of \"%s\" whose parent has come", staged,
                 s->conf->name);
    arena_free(mem);
    return v;
}
