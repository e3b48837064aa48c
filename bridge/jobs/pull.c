/*
 * The whole way of a page is pull_page(): ask, map, stage, commit. Around it pull_call() keeps the
 * place, and pull_system() the order of the calls.
 */
#include "pull.h"

#include <string.h>

#include "log.h"
#include "look.h"
#include "paging.h"

/* Where one call stands. */
struct pull {
    const struct map_call *call;
    struct paging at;     /* last record read */
    struct paging stored; /* as committed */
    bool keep;            /* --since skips records: the stored cursor must not move over them */
    long rows, done;
    bool more;
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
 */
static enum verdict
stage_page(struct job *job, struct job_system *s, struct pull *p, const struct page *page,
           struct error *err)
{
    bool beyond = !p->keep && paging_is_beyond(&p->at, &p->stored);
    struct tally tally = { 0 };
    enum verdict v = staging_begin(job->staging, &s->mapper, p->call, err);

    for (const struct record *r = page->records; !v && r; r = r->next)
        v = pull_record(job, s, r, err);
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
    paging_vars(&p->at, job->batch, job->cut, p->rows, vars);
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
    bool advanced = paging_advance(&p->at, &s->mapper, job->batch, p->call, &page, job->cut) &&
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
    if (page.more && !advanced && !queue) {
        *went = false;
        paging_stuck(s->conf->map, p->call, &why);
        job_trouble(s, V_RETRY, &why);
    }
    return V_OK;
}

static enum verdict
begin_call(struct job *job, struct job_system *s, const struct map_call *call, struct pull *p,
           struct error *err)
{
    const struct system_options *own = &s->conf->options;
    const struct bridge_options *all = &job->conf->bridge;
    const char *at = NULL, *key = NULL;
    enum verdict v = job->dry ? look_cursor(job, s->conf->name, call->name, &at, &key, err)
                              : staging_cursor(job->staging, job->batch, s->conf->name, call->name,
                                               &at, &key, err);

    *p = (struct pull){ .call = call, .rows = own->rows >= 0 ? own->rows : all->rows };
    paging_begin(&p->stored, at, key);
    p->at = p->stored;
    paging_look_back(&p->at, own->lookback >= 0 ? own->lookback : all->lookback);
    if (job->since) {
        struct paging since = { 0 };

        paging_begin(&since, job->since, NULL);
        p->keep = at && paging_is_beyond(&since, &p->stored);
        p->at = since;
    }
    return v;
}

static enum verdict
pull_call(struct job *job, struct job_system *s, const struct map_call *call, struct error *err)
{
    struct pull p;
    bool went = true;
    int64_t begun = clock_tick();
    enum verdict v = begin_call(job, s, call, &p, err);

    if (v)
        return v;
    do {
        job_step(job, "pull", s->conf->name, p.done);
        v = pull_page(job, s, &p, &went, err);
    } while (!v && went && p.more && !job_stopping());
    if (!v)
        log_line(LOG_INFO, "pulled %ld records of \"%s\" by call \"%s\" in %lld ms", p.done,
                 s->conf->name, call->name, (long long)(clock_tick() - begun));
    return v;
}

enum verdict
pull_system(struct job *job, struct job_system *s, struct error *err)
{
    /* A child is staged only below its parent. */
    static const char *const order[] = { "complaint", "action", "feedback", "attachment" };
    const struct mapping *map = s->conf->map;
    enum verdict v = V_OK;

    job->reads = true;
    for (size_t k = 0; k < sizeof order / sizeof order[0]; k++)
        for (size_t i = 0; !v && i < map->call_count; i++) {
            const struct map_call *call = &map->calls[i];
            bool wanted = call->brings && strcmp(call->brings, order[k]) == 0 &&
                          (call->cursor_time || call->cursor_key || s->conf->ops->queue);

            if (wanted && !s->page_held && job_ready(job, s))
                v = pull_call(job, s, call, err);
        }
    return v;
}
