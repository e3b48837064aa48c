/*
 * What was learned of a handful of deliveries is one transaction: moves, differences, held rows and
 * the marks. Another run may ask for the same at the same time; what it settled first is left to
 * it.
 */
#include "prove_parts.h"

#include <string.h>

#include "log.h"

#define TOGETHER 50 /* asked between two transactions */

/* A question that cannot be read ends the asking, not the system: its pages may well be readable.
 */
void
prove_trouble(struct job_system *s, enum verdict v, const struct error *why)
{
    if (v != V_REJECT) {
        job_trouble(s, v, why);
        return;
    }
    log_error(LOG_WARN, why);
    s->trouble = s->trouble ? s->trouble : V_REJECT;
}

/* ---- proof ---- */

/* One handful: the deliveries, and what the peer shows of each. */
struct proof {
    struct job *job;
    struct job_system *s;
    struct delivery *items;
    struct find_shown *shown;
    size_t count;
    const char *at, *id; /* the last that was asked: the next are after it */
};

static enum verdict
load(struct proof *p, long count, struct error *err)
{
    struct arena *mem = p->job->batch;
    const char *values[] = { p->s->conf->name,      pg_of_int(mem, p->job->run_id), p->at, p->id,
                             pg_of_int(mem, count), job_kept_from(p->job, p->s) };
    struct pg_rows rows;
    enum verdict v = pg_run(p->job->pg, mem, "prove_due", values, 6, &rows, err);

    p->count = 0;
    if (v || !rows.count)
        return v;
    p->items = arena_alloc(mem, rows.count * sizeof *p->items);
    p->shown = arena_alloc(mem, rows.count * sizeof *p->shown);
    for (size_t i = 0; i < rows.count; i++) {
        p->items[i].id = pg_named(&rows, i, "delivery_id");
        p->items[i].stream = pg_named(&rows, i, "stream");
        p->items[i].key = pg_named(&rows, i, "number");
    }
    p->count = rows.count;
    p->at = arena_copy(p->job->mem, pg_named(&rows, rows.count - 1, "settled_at"));
    p->id = arena_copy(p->job->mem, p->items[rows.count - 1].id);
    return V_OK;
}

/* Locks what is still to be proved; the others are taken out, by another run's answer. */
static enum verdict
keep_open(struct proof *p, struct error *err)
{
    struct arena *mem = p->job->batch;
    const char **ids = arena_alloc(mem, (p->count + 1) * sizeof *ids);
    struct pg_rows rows;
    size_t n = 0;

    for (size_t i = 0; i < p->count; i++)
        ids[i] = p->items[i].id;

    const char *values[] = { pg_of_texts(mem, ids, p->count) };
    enum verdict v = pg_run(p->job->pg, mem, "prove_still", values, 1, &rows, err);

    for (size_t i = 0; !v && i < p->count; i++) {
        size_t row = 0;

        while (row < rows.count && strcmp(pg_named(&rows, row, "delivery_id"), p->items[i].id) != 0)
            row++;
        if (row == rows.count)
            continue;
        p->items[n] = p->items[i];
        p->shown[n++] = p->shown[i];
    }
    p->count = n;
    return v;
}

static enum verdict
write_differences(struct proof *p, const char *what, const struct delivery *items,
                  const char **says, size_t count, struct error *err)
{
    struct arena *mem = p->job->batch;
    const char **ids = arena_alloc(mem, (count + 1) * sizeof *ids);

    for (size_t i = 0; i < count; i++)
        ids[i] = items[i].id;

    const char *values[] = { pg_of_int(mem, p->job->run_id), what, pg_of_texts(mem, ids, count),
                             pg_of_texts(mem, says, count) };

    return count ? pg_run(p->job->pg, mem, "prove_differ", values, 4, NULL, err) : V_OK;
}

/* Held rows of deliveries that stay where they are. */
enum verdict
prove_conflicts(struct job *job, struct job_system *s, const char *reason,
                const struct delivery *items, const char **details, size_t count, struct error *err)
{
    struct arena *mem = job->batch;
    const char **ids = arena_alloc(mem, (count + 1) * sizeof *ids);
    const char **calls = arena_alloc(mem, (count + 1) * sizeof *calls);

    for (size_t i = 0; i < count; i++) {
        const struct map_call *call = mapping_carrier(s->conf->map, items[i].stream);

        ids[i] = items[i].id;
        calls[i] = call ? call->name : NULL;
    }

    const char *values[] = {
        pg_of_int(mem, job->run_id),    pg_of_now(mem), pg_of_texts(mem, ids, count),
        pg_of_texts(mem, calls, count), reason,         pg_of_texts(mem, details, count)
    };

    return count ? pg_run(job->pg, mem, "prove_conflict", values, 6, NULL, err) : V_OK;
}

static enum verdict
mark(struct proof *p, const char **ids, size_t count, struct error *err)
{
    struct arena *mem = p->job->batch;
    const char *values[] = { pg_of_now(mem), pg_of_texts(mem, ids, count) };

    return count ? pg_run(p->job->pg, mem, "prove_mark", values, 2, NULL, err) : V_OK;
}

static enum verdict
write_down(struct proof *p, struct prove_figures *sum, struct error *err)
{
    struct arena *mem = p->job->batch;
    struct delivery *denied = arena_alloc(mem, (p->count + 1) * sizeof *denied);
    struct delivery *twice = arena_alloc(mem, (p->count + 1) * sizeof *twice);
    const char **there = arena_alloc(mem, (p->count + 1) * sizeof *there);
    const char **absent = arena_alloc(mem, (p->count + 1) * sizeof *absent);
    const char **times = arena_alloc(mem, (p->count + 1) * sizeof *times);
    const char **details = arena_alloc(mem, (p->count + 1) * sizeof *details);
    size_t d = 0, t = 0, n = 0;

    for (size_t i = 0; i < p->count; i++) {
        if (!p->shown[i].times) {
            absent[d] = "not there";
            p->items[i].event = E_DENIED;
            p->items[i].said = "proof.absent";
            p->items[i].detail = "said done, asked later: not there";
            denied[d++] = p->items[i];
            continue;
        }
        if (p->shown[i].times > 1) {
            times[t] = pg_of_int(mem, p->shown[i].times);
            details[t] = arena_format(mem, "the peer has it %ld times", p->shown[i].times);
            twice[t++] = p->items[i];
        }
        there[n++] = p->items[i].id;
    }
    /* before they are moved: since when they were done stands in their rows */
    enum verdict v = write_differences(p, "delivery", denied, absent, d, err);
    if (!v)
        v = delivery_settle(p->job->pg, mem, p->job->run_id, p->s->conf->map, denied, d, 0, err);
    if (!v)
        v = write_differences(p, "twice at peer", twice, times, t, err);
    if (!v)
        v = prove_conflicts(p->job, p->s, "proof.twice", twice, details, t, err);
    if (!v)
        v = mark(p, there, n, err);
    *sum = (struct prove_figures){ .proved = (long)(n - t), .denied = (long)d, .twice = (long)t };
    return v;
}

static enum verdict
record(struct proof *p, struct error *err)
{
    struct prove_figures *total = &p->s->proved, sum = { 0 };
    enum verdict v = pg_begin(p->job->pg, err);

    if (!v)
        v = keep_open(p, err);
    if (!v && p->count)
        v = write_down(p, &sum, err);
    if (!v)
        v = pg_commit(p->job->pg, err);
    if (v) {
        pg_rollback(p->job->pg);
        return v;
    }
    total->proved += sum.proved;
    total->denied += sum.denied;
    total->twice += sum.twice;
    return V_OK;
}

/* Asks for a handful. *more false: nothing is left, or the peer is in trouble. */
static enum verdict
prove_some(struct proof *p, long count, size_t *asked, bool *more, struct error *err)
{
    struct error why;
    enum verdict said = V_OK, v;

    arena_reset(p->job->batch);
    *asked = 0;
    *more = false;
    v = load(p, count, err);
    if (v || !p->count)
        return v;
    while (!said && *asked < p->count && !job_stopping()) {
        said = find_ask(p->job, p->s, p->items[*asked].id, &p->shown[*asked], &why);
        if (!said)
            ++*asked;
    }
    *more = !said && *asked == p->count && *asked == (size_t)count;
    p->count = *asked;
    if (p->count)
        v = record(p, err);
    if (!v && said)
        prove_trouble(p->s, said, &why);
    return v;
}

static enum verdict
count_left(struct job *job, struct job_system *s, struct error *err)
{
    const char *values[] = { s->conf->name, pg_of_int(job->batch, job->run_id),
                             job_kept_from(job, s) };
    struct pg_rows rows;
    enum verdict v = pg_run(job->pg, job->batch, "prove_left", values, 3, &rows, err);

    if (!v && rows.count)
        s->proved.left = (long)pg_int(&rows, 0, "n");
    return v;
}

static enum verdict
prove_system(struct job *job, struct job_system *s, struct error *err)
{
    struct proof p = { .job = job, .s = s };
    long most = s->conf->options.prove >= 0 ? s->conf->options.prove : job->conf->bridge.prove;
    long left = most;
    bool more = true;
    enum verdict v = V_OK;

    while (!v && more && left > 0 && job_ready(job, s)) {
        size_t asked;

        job_step(job, "prove", s->conf->name, most - left);
        v = prove_some(&p, left < TOGETHER ? left : TOGETHER, &asked, &more, err);
        left -= (long)asked;
    }
    if (!v && most > 0)
        v = count_left(job, s, err);
    if (!v && most > left)
        log_line(LOG_INFO, "asked \"%s\" for %ld confirmed deliveries: %ld there", s->conf->name,
                 most - left, s->proved.proved);
    if (s->proved.denied)
        log_line(LOG_ERROR,
                 "\"%s\" does not have %ld deliveries that it said were done; they are held "
                 "[proof.absent]",
                 s->conf->name, s->proved.denied);
    if (s->proved.twice)
        log_line(LOG_ERROR, "\"%s\" has %ld deliveries more than once [proof.twice]", s->conf->name,
                 s->proved.twice);
    return v;
}

enum verdict
prove_run(struct job *job, struct error *err)
{
    enum verdict v = V_OK;

    if (job->dry)
        return V_OK;
    for (size_t i = 0; !v && i < job->count && !job_stopping(); i++)
        if (job->systems[i].conf->ops->push && mapping_call(job->systems[i].conf->map, "find"))
            v = prove_system(job, &job->systems[i], err);
    return v;
}
