/*
 * The duplicate that is sent on purpose. It is what went out at first, as it was kept, so that a
 * peer that also compares contents has nothing to find. Its row is committed before the first byte
 * goes out: one whose answer nobody knows is asked for by the next run before another is sent.
 */
#include "prove_parts.h"

#include <string.h>

#include "../base/seal.h"
#include "../core/run.h"
#include "log.h"

#define LARGEST        ((int64_t)1 << 20) /* bytes of a file that is sent on purpose */
#define CANARY_STREAMS 4

struct canary {
    struct delivery d;
    int64_t run_id; /* in which it was sent */
    const struct map_call *call;
    const char *receipt; /* that it was given when it was done */
    struct record *remote;
};

/* Least harm first, should the peer take it; a complaint, which would be registered twice, only
 * where bridge.conf says so. Only streams whose call has a key of ours. */
static const char *
keyed_streams(struct arena *mem, const struct conf_system *conf)
{
    static const char *const order[CANARY_STREAMS] = { "attachment", "feedback", "action",
                                                       "complaint" };
    const char *streams[CANARY_STREAMS];
    size_t n = 0;

    for (size_t i = 0; i < CANARY_STREAMS; i++) {
        const struct map_call *call = mapping_carrier(conf->map, order[i]);

        if (strcmp(order[i], "complaint") == 0 && !conf->options.canary_complaints)
            continue;
        if (call && call->keyed)
            streams[n++] = order[i];
    }
    return n ? pg_of_texts(mem, streams, n) : NULL;
}

/* What went out, as it went. */
static enum verdict
unpack_sent(struct job *job, struct job_system *s, const struct pg_rows *rows, struct canary *c,
            struct error *err)
{
    const char *aad = delivery_aad(job->batch, s->conf->name, c->d.id), *bytes;
    char *open = NULL;
    size_t len = 0;

    bytes = pg_bytes(job->batch, rows, 0, "sent", &len);
    if (pg_bool(rows, 0, "sealed")) {
        if (!job->seal)
            return error_set(err, V_FATAL, "seal.key",
                             "what was sent to \"%s\" is sealed and there "
                             "is no key for it",
                             s->conf->name);
        enum verdict v = unseal_bytes(job->seal, job->batch, aad, bytes, len, &open, &len, err);

        if (v)
            return v;
        bytes = open;
    }
    return remote_unpack(job->batch, s->conf->map, bytes, len, &c->remote, err);
}

/* *found false: there is none to send. */
static enum verdict
choose(struct job *job, struct job_system *s, struct canary *c, bool *found, struct error *err)
{
    const char *streams = keyed_streams(job->batch, s->conf);
    const char *values[] = { s->conf->name, streams, pg_of_int(job->batch, LARGEST),
                             pg_of_now(job->batch) };
    struct pg_rows rows;
    enum verdict v;

    *found = false;
    if (!streams)
        return V_OK;
    v = pg_run(job->pg, job->batch, "canary_choose", values, 4, &rows, err);
    if (v || !rows.count)
        return v;
    c->d.id = pg_named(&rows, 0, "delivery_id");
    c->d.stream = pg_named(&rows, 0, "stream");
    c->d.key = pg_named(&rows, 0, "number");
    c->receipt = pg_named(&rows, 0, "receipt");
    c->call = mapping_carrier(s->conf->map, c->d.stream);
    v = unpack_sent(job, s, &rows, c, err);
    *found = v == V_OK;
    if (v == V_REJECT) { /* a map that has changed since cannot say it any more */
        log_error(LOG_INFO, err);
        return V_OK;
    }
    return v;
}

/* Sends it once more. V_OK: the peer answered, and *item says what. */
static enum verdict
repeat(struct job *job, struct job_system *s, const struct canary *c, struct push_item *item,
       struct error *why)
{
    *item = (struct push_item){ .delivery = c->d.id, .record = c->remote, .verdict = V_RETRY };
    job_pace(s);
    enum verdict v = s->adapter.ops->push(&s->adapter, job->batch, c->call, item, 1, why);

    s->pushed_calls++;
    if (v)
        error_within(why, "call \"%s\" of \"%s\"", c->call->name, s->conf->name);
    else if (item->verdict != V_OK && item->verdict != V_REJECT)
        v = error_set(why, V_RETRY, "canary.answer", "\"%s\" gave no answer to a repeat",
                      s->conf->name);
    return v;
}

/* Whether the peer shows it once, under the receipt that it gave; one that names no receipts has
 * said enough by showing one. */
static bool
is_once(const struct canary *c, const struct find_shown *shown)
{
    return shown->times == 1 && (!*shown->receipt || strcmp(shown->receipt, c->receipt) == 0);
}

/* A refusal is no effect, but no promise kept either: another night it may be another record. */
static const char *
judge(const struct canary *c, const struct push_item *item, const struct find_shown *shown)
{
    if (shown->times && !is_once(c, shown))
        return "taken";
    if (item->verdict != V_OK)
        return "unknown";
    if (item->receipt && strcmp(item->receipt, c->receipt) != 0)
        return "taken";
    return shown->times && item->receipt ? "filtered" : "unknown";
}

/* What became of it; bad: a person must look. */
static enum verdict
note_canary(struct job *job, struct job_system *s, const struct canary *c, const char *outcome,
            const char *said, bool bad, struct error *err)
{
    struct arena *mem = job->batch;
    const char *detail = arena_format(mem, "a repeat of our reference: %s", outcome);
    const char *values[] = { pg_of_int(mem, c->run_id), s->conf->name, outcome, said };
    enum verdict v = pg_begin(job->pg, err);

    if (!v)
        v = pg_run(job->pg, mem, "canary_end", values, 4, NULL, err);
    if (!v && bad)
        v = prove_conflicts(job, s, arena_format(mem, "canary.%s", outcome), &c->d, &detail, 1,
                            err);
    if (!v)
        v = pg_commit(job->pg, err);
    if (v) {
        pg_rollback(job->pg);
        return v;
    }
    if (bad)
        log_line(LOG_ERROR,
                 "\"%s\" was sent delivery %s a second time on purpose: %s; repeats are not safe "
                 "there. Look at the peer, then \"held settle\" [canary.%s]",
                 s->conf->name, c->d.id, outcome, outcome);
    return V_OK;
}

/* The peer's word for it: a code, no text of it. */
static const char *
word_of(struct arena *mem, const char *said)
{
    size_t len = said ? strlen(said) : 0;

    for (size_t i = 0; i < len; i++)
        if ((unsigned char)said[i] <= ' ' || (unsigned char)said[i] > '~')
            return "";
    return said && len <= 60 ? arena_copy(mem, said) : "";
}

/* One that was sent by an earlier run and never answered: how often the peer has it now. *clear
 * false: it cannot be said yet, or a person must look first. */
static enum verdict
ask_unanswered(struct job *job, struct job_system *s, bool *clear, struct error *err)
{
    const char *values[] = { s->conf->name };
    struct find_shown shown;
    struct error why;
    struct pg_rows rows;
    enum verdict v = pg_run(job->pg, job->batch, "canary_unanswered", values, 1, &rows, err);

    *clear = !v && !rows.count;
    if (v || *clear || !job_ready(job, s))
        return v;
    struct canary c = { .run_id = pg_int(&rows, 0, "run_id"),
                        .receipt = pg_named(&rows, 0, "receipt") };

    c.d.id = pg_named(&rows, 0, "delivery_id");
    c.d.stream = pg_named(&rows, 0, "stream");
    c.d.key = pg_named(&rows, 0, "number");
    enum verdict said = find_ask(job, s, c.d.id, &shown, &why);

    if (said) {
        prove_trouble(s, said, &why);
        return V_OK;
    }
    *clear = is_once(&c, &shown);
    if (!*clear)
        s->proved.canary = shown.times ? "taken" : "unknown";
    return note_canary(job, s, &c, *clear ? "unknown" : s->proved.canary,
                       *clear ? "no answer; there once" : "no answer", !*clear, err);
}

static enum verdict
begin_canary(struct job *job, struct job_system *s, const struct canary *c, struct error *err)
{
    const char *values[] = { pg_of_int(job->batch, c->run_id), s->conf->name, c->d.id,
                             pg_of_now(job->batch) };

    return run_write(job->pg, job->batch, "canary_begin", values, 4, NULL, err);
}

static enum verdict
send_canary(struct job *job, struct job_system *s, struct error *err)
{
    struct canary c = { .run_id = job->run_id };
    struct push_item item;
    struct find_shown shown;
    struct error why;
    bool found = false, clear;
    enum verdict v;

    arena_reset(job->batch);
    v = ask_unanswered(job, s, &clear, err);
    if (!v && clear && s->conf->options.canary)
        v = choose(job, s, &c, &found, err);
    if (v || !found || !job_ready(job, s))
        return v;
    job_step(job, "send a duplicate", s->conf->name, 0);
    v = begin_canary(job, s, &c, err);
    if (v)
        return v;
    enum verdict said = repeat(job, s, &c, &item, &why);

    if (!said)
        said = find_ask(job, s, c.d.id, &shown, &why);
    if (said) {
        prove_trouble(s, said, &why);
        return V_OK;
    }
    s->proved.canary = judge(&c, &item, &shown);
    return note_canary(job, s, &c, s->proved.canary, word_of(job->batch, item.said),
                       strcmp(s->proved.canary, "filtered") != 0, err);
}

enum verdict
prove_canaries(struct job *job, struct error *err)
{
    enum verdict v = V_OK;

    for (size_t i = 0; !v && i < job->count && !job_stopping(); i++) {
        struct job_system *s = &job->systems[i];

        if (s->conf->ops->push && mapping_call(s->conf->map, "find"))
            v = send_canary(job, s, err);
    }
    return v;
}
