#include "match.h"

#include "../core/match.h"
#include "log.h"

static bool
load(struct job *job, const struct fold **out)
{
    struct faults faults = { .mem = job->mem };

    fold_load(job->mem, arena_format(job->mem, "%s/match", job->conf->bridge.mappings), out,
              &faults);
    for (size_t i = 0; i < faults.count; i++)
        log_line(LOG_ERROR, "%s:%d: %s", faults.items[i].path, faults.items[i].line,
                 faults.items[i].text);
    return !faults.count;
}

static enum verdict
count_open(struct job *job, struct arena *mem, struct error *err)
{
    struct pg_rows rows;
    enum verdict v = match_counts(job->pg, mem, &rows, err);

    if (!v)
        job->matched.open = (long)pg_int(&rows, 0, "suggested");
    return v;
}

enum verdict
match_run(struct job *job, struct error *err)
{
    static const struct match_options numbers = { .threshold = 100, .crowd = 500 };
    const struct match_options *asked = job->conf->match;
    struct matcher m = { .pg = job->pg,
                         .conf = job->conf,
                         .options = asked ? asked : &numbers,
                         .seal = job->seal,
                         .run_id = job->run_id };
    struct match_figures *f = &job->matched;
    struct match_tally tally = { .looked = 1 };
    struct arena *mem;
    enum verdict v = V_OK;

    if (!job->seal || (asked && !load(job, &m.fold)))
        return V_OK;
    f->done = asked != NULL;
    mem = arena_new("duplicates");
    while (!v && tally.looked && !job_stopping()) {
        arena_reset(mem);
        v = match_batch(&m, mem, tally.last, &tally, err);
        f->compared += tally.compared;
        f->pairs += tally.pairs;
        f->linked += tally.linked;
        f->repeats += tally.repeats;
        job_step(job, "find duplicates", NULL, f->compared);
    }
    f->done = f->done || f->pairs > 0;
    if (!v)
        v = count_open(job, mem, err);
    if (!v && f->pairs)
        log_line(LOG_INFO,
                 "compared %ld complaints: %ld pairs belong together, %ld of them repeats",
                 f->compared, f->pairs, f->repeats);
    arena_free(mem);
    return v;
}
