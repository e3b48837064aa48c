/*
 * The whole way of a page is pull_page(): ask, map, stage, commit. Around it pull_call() keeps the
 * place, and pull_system() the order of the calls.
 */
#include "pull.h"

#include <string.h>

#include "log.h"
#include "look.h"
#include "paging.h"

/* Of one call, that the database refuses: more are no fault of the records. */
#define REFUSED_MOST 50

/* Where one call stands. */
struct pull {
    const struct map_call *call;
    const char *cut;
    struct paging at;     /* last record read */
    struct paging stored; /* as committed */
    struct paging_watch watch;
    bool keep; /* the stored cursor must not move: --since skips records, or this reads again */
    long rows, done, most;
    long refused;
    bool more;
};

/* Records of a page that are staged together. */
struct part {
    const struct record *first;
    size_t count;
    bool last; /* the cursor moves with it */
};

enum verdict
pull_record(struct job *job, struct job_system *s, const struct record *remote, struct error *err)
{
    struct record *canonical;
    struct error why;
    enum verdict v;

    if (remote->fault)
        return staging_set_aside(job->staging, job->batch, remote, remote->fault, err);
    v = mapper_in(&s->mapper, job->batch, remote, &canonical, &why);
    if (v == V_REJECT)
        return staging_set_aside(job->staging, job->batch, remote, &why, err);
    if (v) {
        *err = why;
        return v;
    }
    return staging_put(job->staging, job->batch, canonical, remote, err);
}

static void
add_tally(struct tally *sum, const struct tally *page)
{
    sum->offered += page->offered;
    sum->applied += page->applied;
    sum->unchanged += page->unchanged;
    sum->duplicate += page->duplicate;
    sum->set_aside += page->set_aside;
    sum->conflict += page->conflict;
    sum->out_of_window += page->out_of_window;
}

/* Records and cursor move together. The cursor never goes back, and never over what was not read.
 * refused: why the database does not take the one record of this part, which is held. */
static enum verdict
stage_once(struct job *job, struct job_system *s, struct pull *p, const struct part *part,
           const struct error *refused, struct error *err)
{
    bool beyond = part->last && !p->keep && paging_is_beyond(&p->at, &p->stored);
    const struct record *r = part->first;
    struct tally tally = { 0 };
    enum verdict v = staging_begin(job->staging, &s->mapper, p->call, err);

    for (size_t i = 0; !v && i < part->count; i++, r = r->next)
        v = refused ? staging_set_aside(job->staging, job->batch, r, refused, err)
                    : pull_record(job, s, r, err);
    if (!v)
        v = staging_commit(job->staging, job->batch, beyond ? p->at.at : NULL,
                           beyond ? p->at.key : NULL, &tally, err);
    if (v) {
        staging_rollback(job->staging);
        return v;
    }
    if (beyond)
        p->stored = p->at;
    add_tally(&s->pulled, &tally);
    return V_OK;
}

/* A record that the database refuses by itself. Many of them are a fault of ours: a schema that is
 * older than the program, or units that it was not told of. */
static enum verdict
hold_refused(struct job *job, struct job_system *s, struct pull *p, const struct part *part,
             struct error *err)
{
    struct error why = *err;
    enum verdict v = V_FATAL;

    if (part->count == 0 || ++p->refused > REFUSED_MOST)
        return v;
    log_error(LOG_WARN, &why);
    v = stage_once(job, s, p, part, &why, err);
    return v == V_REJECT ? V_FATAL : v;
}

static enum verdict
stage_part(struct job *job, struct job_system *s, struct pull *p, const struct part *part,
           struct error *err)
{
    struct part half = { .first = part->first, .count = part->count / 2 };
    struct part rest = { part->first, part->count - half.count, part->last };
    enum verdict v = stage_once(job, s, p, part, NULL, err);

    if (v != V_REJECT)
        return v;
    if (part->count < 2)
        return hold_refused(job, s, p, part, err);
    for (size_t i = 0; i < half.count; i++)
        rest.first = rest.first->next;
    v = stage_part(job, s, p, &half, err);
    return v ? v : stage_part(job, s, p, &rest, err);
}

static enum verdict
stage_page(struct job *job, struct job_system *s, struct pull *p, const struct page *page,
           struct error *err)
{
    struct part all = { .first = page->records, .last = true };

    for (const struct record *r = page->records; r; r = r->next)
        all.count++;
    return stage_part(job, s, p, &all, err);
}

static enum verdict
hold_page(struct job *job, struct job_system *s, const struct pull *p, const struct page *page,
          struct error *why, struct error *err)
{
    enum verdict v = V_OK;

    if (job->dry)
        s->dry.held++;
    else
        v = staging_hold_page(job->staging, job->batch, &s->mapper, p->call, page->from, page->raw,
                              page->raw_len, why, err);
    if (s->conf->ops->queue)
        log_error(LOG_WARN, why); /* it is put away: the others can go on */
    else
        job_trouble(s, V_REJECT, why);
    s->trouble = s->trouble ? s->trouble : V_REJECT;
    return v;
}

/* A queue puts a page away once its rows, or the page itself, are committed. *went false: it could
 * not, and would bring the same again. */
static void
put_away(struct job *job, struct job_system *s, const struct pull *p, const struct page *page,
         enum verdict how, const struct error *said, bool *went)
{
    const struct adapter_ops *ops = s->conf->ops;
    struct error why;
    enum verdict v;

    if (!ops->queue || !ops->finish || !page->from || job->dry)
        return;
    v = ops->finish(&s->adapter, job->batch, p->call, page, how, said, &why);
    if (v) {
        *went = false;
        job_trouble(s, v, &why);
    }
}

/* One page. *went false: the peer is in trouble, which is said and counted. */
static enum verdict
pull_page(struct job *job, struct job_system *s, struct pull *p, bool *went, struct error *err)
{
    struct adapter_var vars[PAGING_VARS];
    bool queue = s->conf->ops->queue;
    struct page page;
    struct error why;

    arena_reset(job->batch);
    paging_vars(&p->at, job->batch, p->cut, p->rows, vars);
    struct paging asked = p->at; /* the vars point into p->at, which moves */
    vars[0].value = asked.at;
    vars[1].value = asked.key;
    enum verdict v = job_ask(job, s, p->call, vars, PAGING_VARS, &page, &why);

    *went = v == V_OK;
    if (v == V_REJECT) {
        v = hold_page(job, s, p, &page, &why, err);
        *went = queue && page.from && !job->dry;
        p->more = *went;
        if (!v)
            put_away(job, s, p, &page, V_REJECT, &why, went);
        return v;
    }
    if (v) {
        job_trouble(s, v, &why);
        return V_OK;
    }
    bool advanced = paging_advance(&p->at, &s->mapper, job->batch, p->call, &page, p->cut) &&
                    paging_is_beyond(&p->at, &asked);

    if (!advanced)
        p->at = asked;
    v = job->dry ? look_page(job, s, &page, err) : stage_page(job, s, p, &page, err);
    if (v)
        return v;
    if (queue && page.from && !job->dry)
        v = staging_page_mended(job->staging, job->batch, s->conf->map, p->call, page.from, err);
    if (v)
        return v;
    p->done += (long)page.count;
    p->more = page.more && !(queue && job->dry);
    put_away(job, s, p, &page, V_OK, NULL, went);
    if (p->most && p->done >= p->most)
        p->more = false;
    if (!p->more || queue)
        return V_OK;
    if (!advanced && paging_is_past(&s->mapper, job->batch, p->call, &page, p->cut)) {
        p->more = false;
    } else if (!advanced || paging_circles(&p->watch, &p->at)) {
        *went = false;
        paging_stuck(s->conf->map, p->call, &why);
        job_trouble(s, V_RETRY, &why);
    }
    return V_OK;
}

/* From the cursor less the look-back. One that lies behind that in the future was set while our
 * clock was ahead: nobody knows what was written since, so that all is read, and it stays. */
static void
begin_at_cursor(struct job *job, struct job_system *s, struct pull *p)
{
    p->at = p->stored;
    paging_look_back(&p->at, job_lookback(job, s));
    if (strcmp(p->at.at, job->cut) <= 0)
        return;
    log_line(
        LOG_WARN,
        "the cursor of call \"%s\" of \"%s\" lies in the future: the clock of this machine was "
        "set back; all is read again",
        p->call->name, s->conf->name);
    paging_begin(&p->at, NULL, NULL);
}

static enum verdict
begin_call(struct job *job, struct job_system *s, const struct map_call *call,
           const struct pull_again *again, struct pull *p, struct error *err)
{
    long own = s->conf->options.rows;
    const char *at = NULL, *key = NULL;
    enum verdict v = job->dry ? look_cursor(job, s->conf->name, call->name, &at, &key, err)
                              : staging_cursor(job->staging, job->batch, s->conf->name, call->name,
                                               &at, &key, err);

    *p = (struct pull){ .call = call,
                        .cut = again ? again->cut : job->cut,
                        .rows = own >= 0 ? own : job->conf->bridge.rows };
    paging_begin(&p->stored, at, key);
    if (again) {
        paging_begin(&p->at, again->since, NULL);
        p->keep = true;
        p->most = again->most;
    } else if (job->since) {
        paging_begin(&p->at, job->since, NULL);
        p->keep = at && paging_is_beyond(&p->at, &p->stored);
    } else {
        begin_at_cursor(job, s, p);
    }
    return v;
}

/* The call was read to its end. */
static enum verdict
end_call(struct job *job, struct job_system *s, const struct map_call *call, struct error *err)
{
    if (job->dry || s->conf->ops->queue)
        return V_OK;
    if (strcmp(call->brings, "complaint") == 0)
        memcpy(s->read_to, job->cut, sizeof s->read_to);
    return staging_call_read(job->staging, job->batch, s->conf->map, call, err);
}

static enum verdict
pull_call(struct job *job, struct job_system *s, const struct map_call *call,
          const struct pull_again *again, struct error *err)
{
    struct pull p;
    bool went = true;
    int64_t begun = clock_tick();
    enum verdict v = begin_call(job, s, call, again, &p, err);

    if (v)
        return v;
    do {
        job_step(job, again ? "read again" : "pull", s->conf->name, p.done);
        v = pull_page(job, s, &p, &went, err);
    } while (!v && went && p.more && !job_stopping());
    if (!v && went && !p.more && !again && !job->since)
        v = end_call(job, s, call, err);
    if (!v)
        log_line(LOG_INFO, "pulled %ld records of \"%s\" by call \"%s\" in %lld ms", p.done,
                 s->conf->name, call->name, (long long)(clock_tick() - begun));
    return v;
}

static bool
is_wanted(const struct job_system *s, const struct map_call *call, const char *stream,
          const struct pull_again *again)
{
    if (!call->brings || strcmp(call->brings, stream) != 0)
        return false;
    return call->cursor_time || call->cursor_key || (s->conf->ops->queue && !again);
}

static enum verdict
pull_calls(struct job *job, struct job_system *s, const struct pull_again *again, struct error *err)
{
    /* A child is staged only below its parent. */
    static const char *const order[] = { "complaint", "action", "feedback", "attachment" };
    const struct mapping *map = s->conf->map;
    enum verdict v = V_OK;

    job->reads = true;
    for (size_t k = 0; k < sizeof order / sizeof order[0]; k++)
        for (size_t i = 0; !v && i < map->call_count; i++)
            if (is_wanted(s, &map->calls[i], order[k], again) && !s->page_held && job_ready(job, s))
                v = pull_call(job, s, &map->calls[i], again, err);
    return v;
}

enum verdict
pull_system(struct job *job, struct job_system *s, struct error *err)
{
    return pull_calls(job, s, NULL, err);
}

enum verdict
pull_once_more(struct job *job, struct job_system *s, const struct pull_again *again,
               struct error *err)
{
    staging_current(job->staging, true);
    enum verdict v = pull_calls(job, s, again, err);

    staging_current(job->staging, false);
    return v;
}
