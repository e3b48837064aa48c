/*
 * push_send() is free of the database, push_batch() puts it between claim and settlement.
 */
#include "push.h"

#include <string.h>

#include "../core/content_fit.h"
#include "log.h"

#define WORD_MAX    40 /* letters of a peer's word that stand in the log */
#define ALONE_AFTER 2  /* tries that failed, before a delivery is sent by itself */

/* The items that could be mapped, and the deliveries that they stand for. */
struct outgoing {
    struct push_item *items;
    struct delivery **of;
    size_t count;
    bool alone; /* one by one from the start */
};

/* ---- sending ---- */

static void
refuse(struct delivery *d, const struct error *why, struct arena *mem)
{
    d->event = E_REJECT;
    d->said = arena_copy(mem, why->code);
    d->detail = arena_format(mem, "%s%s%s", why->text, why->field[0] ? ": " : "", why->field);
}

/* A content that the peer does not take is replaced by a note. */
static enum verdict
fit_content(struct job *job, struct job_system *s, struct delivery *d, struct error *err)
{
    if (strcmp(d->stream, "attachment") != 0 || !d->canonical)
        return V_OK;
    return content_fit(job->contents, job->batch, s->conf->map, d->canonical,
                       mapping_value(s->conf->map, d->canonical, "number")->text, &d->substituted,
                       err);
}

/* What may not go to whom it is for: a person has to look. */
static enum verdict
look_at_way(const struct delivery *d, struct error *err)
{
    return d->barred ? error_set(err, V_REJECT, d->barred,
                                 "it is marked to the office that it is against")
                     : V_OK;
}

/* A record that the map cannot say in the peer's words is refused here, before any byte goes out.
 */
static enum verdict
map_items(struct job *job, struct job_system *s, struct delivery *items, size_t count,
          struct outgoing *out, struct error *err)
{
    struct mapper_losses losses = { 0 };

    out->items = arena_alloc(job->batch, sizeof *out->items * (count + 1));
    out->of = arena_alloc(job->batch, sizeof(struct delivery *) * (count + 1));
    for (size_t i = 0; i < count; i++)
        items[i].event = E_RETRY;
    for (size_t i = 0; i < count; i++) {
        struct delivery *d = &items[i];
        struct record *remote;
        enum verdict v = look_at_way(d, err);

        if (!v)
            v = fit_content(job, s, d, err);
        if (!v)
            v = mapper_out(&s->mapper, job->batch, d->canonical, &remote, &losses, err);
        if (v == V_REJECT) {
            refuse(d, err, job->batch);
            continue;
        }
        if (v)
            return v;
        remote_pack(job->batch, s->conf->map, remote, &d->sent, &d->sent_len);
        out->items[out->count].delivery = d->id;
        out->items[out->count].record = remote;
        out->items[out->count].verdict = V_RETRY;
        out->of[out->count++] = d;
        if (d->attempt > ALONE_AFTER)
            out->alone = true;
    }
    s->pushed.cut += losses.cut;
    s->pushed.replaced += losses.replaced;
    return V_OK;
}

/* One call, with pace and breaker. */
static enum verdict
call_peer(struct job *job, struct job_system *s, const struct map_call *call,
          struct push_item *items, size_t count, struct error *err)
{
    enum verdict v;

    if (!breaker_allows(&s->breaker, clock_tick()))
        return error_set(err, V_RETRY, "breaker.open",
                         "\"%s\" failed too often in a row and is left alone", s->conf->name);
    job_pace(s);
    v = s->adapter.ops->push(&s->adapter, job->batch, call, items, count, err);
    s->pushed_calls++;
    if (!v) {
        s->answered = true;
        breaker_succeeded(&s->breaker);
        return V_OK;
    }
    error_within(err, "call \"%s\" of \"%s\"", call->name, s->conf->name);
    (void)job_hold_back(s, err);
    if (breaker_failed(&s->breaker, clock_tick()))
        log_line(LOG_WARN, "\"%s\" failed %ld times in a row: no more is sent for now",
                 s->conf->name, s->breaker.failures);
    return v;
}

/* Same complaint: "number" or "number#key", the same up to the mark. */
static bool
is_same_complaint(const char *a, const char *b)
{
    size_t a_len = strcspn(a, "#"), b_len = strcspn(b, "#");

    return a_len == b_len && memcmp(a, b, a_len) == 0;
}

/* An earlier one of the same complaint was not done: this one must wait for its turn. */
static bool
is_kept_back(const struct outgoing *out, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (out->items[i].verdict != V_OK && is_same_complaint(out->of[i]->key, out->of[at]->key))
            return true;
    return false;
}

static bool
asks_to_unroll(const struct push_item *item)
{
    return item->verdict == V_RETRY && item->said && strcmp(item->said, "unroll") == 0;
}

/* Those of a batch that did nothing because of one another: each by itself, in their order. The
 * peer may fail for one of them and take the next; the breaker says when it is enough. */
static enum verdict
send_alone(struct job *job, struct job_system *s, const struct map_call *call, struct outgoing *out,
           struct error *why)
{
    enum verdict worst = V_OK;

    for (size_t i = 0; i < out->count; i++) {
        struct push_item *item = &out->items[i];
        struct error err;

        if (!out->alone && !asks_to_unroll(item))
            continue;
        item->said = NULL;
        item->verdict = V_RETRY;
        if (is_kept_back(out, i) || job_stopping() || worst == V_FATAL ||
            !breaker_allows(&s->breaker, clock_tick())) {
            out->of[i]->sent = NULL;
            continue;
        }
        enum verdict v = call_peer(job, s, call, item, 1, &err);

        if (v) {
            worst = v;
            *why = err;
        }
    }
    return worst;
}

/* What the peer's verdict means to the delivery. Tries run out only while the peer answers. */
static enum delivery_event
event_of(const struct job *job, const struct job_system *s, const struct push_item *item,
         const struct delivery *d)
{
    switch (item->verdict) {
    case V_OK:
        return E_OK;
    case V_REJECT:
        return E_REJECT;
    case V_IN_DOUBT:
        return E_DOUBT;
    case V_RETRY:
        return s->answered && d->sent && d->attempt >= job->conf->bridge.tries ? E_EXHAUST
                                                                               : E_RETRY;
    case V_FATAL:
        return E_RETRY;
    }
    return E_RETRY;
}

static void
fill_answers(struct job *job, struct job_system *s, const struct outgoing *out)
{
    for (size_t i = 0; i < out->count; i++)
        if (out->items[i].verdict == V_OK || out->items[i].verdict == V_REJECT)
            s->answered = true;
    for (size_t i = 0; i < out->count; i++) {
        struct delivery *d = out->of[i];

        d->event = event_of(job, s, &out->items[i], d);
        d->receipt = out->items[i].receipt;
        d->said = out->items[i].said;
        d->detail = out->items[i].detail;
    }
}

/* What went out, and what the peer said of it, is not kept in the open where the map seals. */
static void
protect(struct job *job, struct job_system *s, struct delivery *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        delivery_seal(&s->mapper, job->batch, &items[i]);
}

enum verdict
push_send(struct job *job, struct job_system *s, const struct map_call *call,
          struct delivery *items, size_t count, struct error *why)
{
    struct outgoing out = { 0 };
    bool unroll = false;
    enum verdict v = map_items(job, s, items, count, &out, why);

    if (v || out.count == 0)
        return v;
    out.alone = out.alone && out.count > 1;
    if (!out.alone)
        v = call_peer(job, s, call, out.items, out.count, why);
    for (size_t i = 0; i < out.count; i++)
        unroll = unroll || asks_to_unroll(&out.items[i]);
    if (out.alone || (unroll && out.count > 1 && v != V_FATAL))
        v = send_alone(job, s, call, &out, why);
    fill_answers(job, s, &out);
    return v;
}

/* ---- claim and settle ---- */

/* A peer's code word for the log: what is no plain word might be somebody's name. */
static const char *
plain_word(const char *said)
{
    size_t len = said ? strspn(said, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789._-")
                      : 0;

    return len && len <= WORD_MAX && said[len] == '\0' ? said : "no plain word";
}

/* What a call that was answered left unsettled or refused: the deliveries keep it, the log says it
 * once a batch. */
static void
say_answers(struct job_system *s, const struct map_call *call, enum verdict said,
            const struct delivery *items, size_t count)
{
    const char *doubt = NULL, *reject = NULL;
    long doubts = 0, rejects = 0;

    for (size_t i = 0; i < count; i++) {
        if (items[i].event == E_DOUBT && !doubts++)
            doubt = plain_word(items[i].said);
        if (items[i].event == E_REJECT && !rejects++)
            reject = plain_word(items[i].said);
    }
    if (rejects)
        log_line(LOG_WARN,
                 "call \"%s\" of \"%s\": %ld of %zu refused, the first with %s "
                 "[push.refused]",
                 call->name, s->conf->name, rejects, count, reject);
    if (doubts)
        log_line(LOG_WARN,
                 "call \"%s\" of \"%s\": %ld of %zu in doubt, the first with %s; the peer "
                 "will be asked [push.in_doubt]",
                 call->name, s->conf->name, doubts, count, doubt);
    /* an answer that does not speak of all that was sent: run again, and it is asked for */
    if (doubts && !said && !s->trouble)
        s->trouble = V_RETRY;
}

static long
count_events(struct push_figures *sum, const struct delivery *items, size_t count)
{
    long settled = 0;

    for (size_t i = 0; i < count; i++) {
        sum->confirmed += items[i].event == E_OK;
        sum->refused += items[i].event == E_REJECT;
        sum->put_back += items[i].event == E_RETRY;
        sum->in_doubt += items[i].event == E_DOUBT;
        sum->dead += items[i].event == E_EXHAUST;
        sum->substituted += items[i].event == E_OK && items[i].substituted;
        settled += items[i].event != E_RETRY;
    }
    return settled;
}

/*
 * One batch. *more false: nothing is due, or the peer is left. After a call that failed the next
 * batch is tried until the breaker opens; a batch of which nothing was settled counts as a failed
 * call, so that this always ends.
 */
static enum verdict
push_batch(struct job *job, struct job_system *s, const struct map_call *call, long *done,
           bool *more, struct error *err)
{
    struct delivery *items;
    struct error why;
    size_t count;

    arena_reset(job->batch);
    *more = false;
    enum verdict v = delivery_claim(job->pg, job->batch, job->run_id, s->conf->map, call,
                                    call->batch > 0 ? call->batch : 1, &items, &count, err);

    if (v || count == 0)
        return v;
    enum verdict said = push_send(job, s, call, items, count, &why);

    protect(job, s, items, count);
    v = delivery_settle(job->pg, job->batch, job->run_id, s->conf->map, items, count,
                        job->conf->bridge.backoff, err);
    if (v)
        return v;
    say_answers(s, call, said, items, count);
    long settled = count_events(&s->pushed, items, count);

    *done += settled;
    if (!said && !settled)
        (void)breaker_failed(&s->breaker, clock_tick());
    if (said && said != V_FATAL && s->breaker.state == BREAKER_CLOSED)
        job_sleep(job_hold_back(s, &why));
    if (said == V_FATAL || (said && !breaker_allows(&s->breaker, clock_tick()))) {
        job_trouble(s, said == V_FATAL ? V_FATAL : V_RETRY, &why);
        return V_OK;
    }
    if (said) {
        log_line(LOG_WARN, "%s [%s]", why.text, why.code);
        s->trouble = s->trouble == V_FATAL ? V_FATAL : V_RETRY;
        job_sleep(backoff_wait(500, job->conf->bridge.backoff, s->breaker.failures, job_random()));
    }
    *more = breaker_allows(&s->breaker, clock_tick());
    return V_OK;
}

static enum verdict
push_call(struct job *job, struct job_system *s, const struct map_call *call, struct error *err)
{
    long done = 0;
    bool more = true;
    int64_t begun = clock_tick();
    enum verdict v = V_OK;

    while (!v && more && job_ready(job, s)) {
        job_step(job, "push", s->conf->name, done);
        v = push_batch(job, s, call, &done, &more, err);
    }
    if (!v && done)
        log_line(LOG_INFO, "settled %ld deliveries of \"%s\" by call \"%s\" in %lld ms", done,
                 s->conf->name, call->name, (long long)(clock_tick() - begun));
    return v;
}

static enum verdict
plan_all(struct job *job, struct job_system *s, struct error *err)
{
    long planned = 0;
    enum verdict v;

    arena_reset(job->batch);
    v = delivery_plan(job->pg, job->batch, job->run_id, s->conf->map, &planned, err);
    s->pushed.planned += planned;
    if (!v && planned)
        log_line(LOG_INFO, "planned %ld deliveries to \"%s\"", planned, s->conf->name);
    return v;
}

enum verdict
push_system(struct job *job, struct job_system *s, struct error *err)
{
    /* Disposals wait for the files of their complaint: actions are gone through twice. */
    static const char *const order[] = { "complaint", "action", "attachment", "action",
                                         "feedback" };
    long confirmed = s->pushed.confirmed;
    enum verdict v;

    if (!s->conf->ops->push)
        return V_OK;
    job->sends = true;
    v = plan_all(job, s, err);
    for (size_t k = 0; !v && k < sizeof order / sizeof order[0]; k++) {
        for (size_t i = 0; !v && i < s->conf->map->call_count; i++) {
            const struct map_call *call = &s->conf->map->calls[i];

            if (call->carries && strcmp(call->carries, order[k]) == 0 &&
                (k != 3 || mapping_carrier(s->conf->map, "attachment")))
                v = push_call(job, s, call, err);
        }
        if (!v && k == 0 && s->pushed.confirmed > confirmed)
            v = plan_all(job, s, err); /* what came with the complaints that it has now */
    }
    return v;
}
