#include "sweep.h"

#include "list.h"
#include "log.h"
#include "paging.h"
#include "pull.h"

/* Reads the system from its beginning, and compares again: a list tells another time or state, and
 * neither a second version of one instant nor what lies below a complaint. What is missing then, or
 * still held as it was, may have a time that is to come. */
static enum verdict
read_again(struct job *job, struct job_system *s, struct compare *c, const char *now,
           struct compare_swept *figures, struct error *err)
{
    const struct pull_again all = { .since = PAGING_BEGINNING, .cut = job->cut };
    /* No cut stands in the way of rows that move on while they are read: their number does. */
    const struct pull_again ahead = { .since = job->cut,
                                      .cut = PAGING_END,
                                      .most = figures->listed + 1 };
    enum verdict v = pull_once_more(job, s, &all, err);

    arena_reset(job->batch);
    if (!v)
        v = compare_sweep(c, job->batch, s->conf->name, now, figures, err);
    if (v || !(figures->missed || figures->unsure))
        return v;
    v = pull_once_more(job, s, &ahead, err);
    arena_reset(job->batch);
    return v ? v : compare_sweep(c, job->batch, s->conf->name, now, figures, err);
}

/* The list is there: compares, reads again, compares again. */
static enum verdict
sweep_listed(struct job *job, struct job_system *s, struct compare *c, const struct list *ids,
             struct error *err)
{
    struct compare_swept before = { 0 }, after;
    char now[CLOCK_TEXT];
    enum verdict v;

    clock_text(clock_now(), now);
    v = compare_sweep(c, job->batch, s->conf->name, now, &before, err);
    if (!v && ids->unnamed)
        log_line(LOG_WARN,
                 "%ld rows of the list of \"%s\" bear no number: nothing is marked as gone",
                 ids->unnamed, s->conf->name);
    else if (!v)
        v = compare_release(c, job->batch, s->conf->name, job_kept_from(job, s), err);
    if (!v && !ids->unnamed)
        v = compare_sweep_vanished(c, job->batch, s->conf->name, &before, err);
    after = before;
    if (!v)
        v = read_again(job, s, c, now, &after, err);
    if (v)
        return v;
    s->sweep = (struct sweep_figures){
        .done = true,
        .listed = before.listed,
        .missed = before.missed,
        .found = before.missed > after.missed ? before.missed - after.missed : 0,
        .vanished = before.vanished,
        .doubted = before.doubted,
        .known = before.known,
    };
    if (s->sweep.doubted)
        log_line(LOG_WARN, "%ld of %ld records of \"%s\" are not in its list: nothing is marked",
                 s->sweep.doubted, s->sweep.known, s->conf->name);
    log_line(s->sweep.missed > s->sweep.found ? LOG_WARN : LOG_INFO,
             "swept \"%s\": %ld listed, %ld missed until now, %ld of them found, %ld vanished",
             s->conf->name, s->sweep.listed, s->sweep.missed, s->sweep.found, s->sweep.vanished);
    return compare_sweep_keep(c, job->batch, s->conf->name, &before, s->sweep.found, err);
}

static enum verdict
sweep_system(struct job *job, struct job_system *s, struct error *err)
{
    struct list ids = { .call = mapping_call(s->conf->map, "ids"),
                        .cut = PAGING_END,
                        .take = compare_ids };
    struct arena *mem;
    bool whole = false;
    enum verdict v;

    if (!ids.call) {
        log_line(LOG_INFO, "\"%s\" has no call \"ids\": it is not swept", s->conf->name);
        return V_OK;
    }
    mem = arena_new("sweep");
    v = compare_open(mem, job->pg, job->run_id, job->cut, &ids.compare, err);
    if (!v && !s->page_held)
        v = list_read(job, s, &ids, &whole, err);
    if (!v && whole)
        v = sweep_listed(job, s, ids.compare, &ids, err);
    else if (!v)
        log_line(LOG_WARN, "\"%s\" is not swept: %s", s->conf->name,
                 s->page_held ? "a page of it is held" : "its list could not be read to the end");
    arena_free(mem);
    return v;
}

enum verdict
sweep_run(struct job *job, struct error *err)
{
    enum verdict v = V_OK;

    job_cut_now(job);
    for (size_t i = 0; !v && i < job->count && !job_stopping(); i++)
        v = sweep_system(job, &job->systems[i], err);
    return v;
}
