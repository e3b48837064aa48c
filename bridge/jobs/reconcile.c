/*
 * Lists pass page by page through the mapper into temporary tables: no list is ever whole in
 * memory. A row of which a field cannot be read still says that the complaint is there: it is
 * compared by the fields that can be read, and counted and said. One without a readable number is
 * left out.
 */
#include "reconcile.h"

#include <string.h>

#include "log.h"
#include "paging.h"

struct list {
    struct job *job;
    struct job_system *s;
    const struct map_call *call;
    struct compare *compare;
    enum verdict (*take)(struct compare *c, const struct mapper *m, const struct record *canonical,
                         struct error *err);
    long done, bad;
};

/* The fields that can be read, each by itself; NULL when the number is not among them. */
static struct record *
map_partly(struct list *l, const struct record *remote)
{
    const struct map_stream *stream = mapping_stream(l->s->conf->map, remote->stream);
    struct record *out = arena_alloc(l->job->batch, sizeof *out);

    if (!stream || dict_slot(stream->dict, "number") < 0)
        return NULL; /* a count is right or it is nothing */
    out->stream = stream->dict->name;
    out->count = stream->dict->count;
    out->fields = arena_alloc(l->job->batch, sizeof *out->fields * out->count);
    for (size_t i = 0; i < out->count; i++) {
        const char *text =
            mapper_in_field(&l->s->mapper, l->job->batch, remote, stream->dict->fields[i].name);

        out->fields[i].text = text;
        out->fields[i].len = text ? strlen(text) : 0;
    }
    return out->fields[dict_slot(stream->dict, "number")].text ? out : NULL;
}

/* The canonical records of a page, chained; those that cannot be read whole are counted. */
static enum verdict
map_page(struct list *l, const struct page *page, struct record **first, struct error *err)
{
    struct record **last = first;

    *first = NULL;
    for (const struct record *r = page->records; r; r = r->next) {
        struct record *canonical;
        enum verdict v =
            r->fault ? V_REJECT : mapper_in(&l->s->mapper, l->job->batch, r, &canonical, err);

        if (v == V_REJECT) {
            l->bad++;
            canonical = map_partly(l, r);
        } else if (v) {
            return v;
        }
        if (!canonical)
            continue;
        canonical->next = NULL;
        *last = canonical;
        last = &canonical->next;
    }
    return V_OK;
}

/* One page. *more is false at the end, or when the peer is in trouble; *whole then says which. */
static enum verdict
list_page(struct list *l, struct paging *at, bool *more, bool *whole, struct error *err)
{
    struct job *job = l->job;
    struct adapter_var vars[PAGING_VARS + 2];
    struct paging asked = *at;
    struct record *records;
    struct page page;
    struct error why;

    arena_reset(job->batch);
    long rows = l->s->conf->options.rows >= 0 ? l->s->conf->options.rows : job->conf->bridge.rows;

    paging_vars(&asked, job->batch, job->cut, rows, vars);
    vars[PAGING_VARS] = (struct adapter_var){ "from", PAGING_BEGINNING };
    vars[PAGING_VARS + 1] = (struct adapter_var){ "to", job->cut };
    enum verdict v = job_ask(job, l->s, l->call, vars, PAGING_VARS + 2, &page, &why);

    *more = false;
    *whole = v == V_OK;
    if (v) {
        job_trouble(l->s, v, &why);
        return V_OK;
    }
    bool advanced = paging_advance(at, &l->s->mapper, job->batch, l->call, &page, job->cut);

    v = map_page(l, &page, &records, err);
    if (!v && records)
        v = l->take(l->compare, &l->s->mapper, records, err);
    if (v)
        return v;
    l->done += (long)page.count;
    *more = page.more && !job_stopping();
    if (page.more && !advanced) {
        *more = *whole = false;
        job_trouble(l->s, paging_stuck(l->s->conf->map, l->call, &why), &why);
    }
    return V_OK;
}

/* A whole list. *whole false: it could not be read to its end. */
static enum verdict
read_list(struct list *l, bool *whole, struct error *err)
{
    struct paging at = { 0 };
    bool more = true;
    enum verdict v = V_OK;

    *whole = job_ready(l->job, l->s);
    paging_begin(&at, NULL, NULL);
    while (!v && *whole && more) {
        job_step(l->job, "list", l->s->conf->name, l->done);
        v = list_page(l, &at, &more, whole, err);
    }
    if (!v && l->bad)
        log_line(LOG_WARN, "%ld of %ld rows of call \"%s\" of \"%s\" could not be read whole",
                 l->bad, l->done, l->call->name, l->s->conf->name);
    return v;
}

/* Reads "ids", and "count" where the peer has one. A portal without a list is as good as read. */
static enum verdict
read_system(struct job *job, struct job_system *s, struct compare *c, bool *whole,
            struct error *err)
{
    const struct mapping *map = s->conf->map;
    struct list ids = { job, s, mapping_call(map, "ids"), c, compare_ids, 0, 0 };
    struct list count = { job, s, mapping_call(map, "count"), c, compare_counts, 0, 0 };
    enum verdict v = V_OK;

    *whole = false;
    if (map->role == ROLE_ARCHIVE)
        return V_OK;
    if (!ids.call && map->role == ROLE_PORTAL && !s->page_held) {
        log_line(LOG_INFO,
                 "\"%s\" has no call \"ids\": it is compared between staging and police only",
                 s->conf->name);
        *whole = true;
        return V_OK;
    }
    if (!ids.call || s->page_held) {
        log_line(LOG_WARN, "\"%s\" is not reconciled: %s", s->conf->name,
                 ids.call ? "a page of it is held" : "its map has no call \"ids\"");
        return V_OK;
    }
    v = read_list(&ids, whole, err);
    if (!v && *whole && count.call && map->role == ROLE_PORTAL)
        v = read_list(&count, whole, err);
    return v;
}

/* Each portal that was read, against the police systems that were read. */
static enum verdict
compare_portals(struct job *job, struct compare *c, const bool *read, struct error *err)
{
    const char **police = arena_alloc(job->mem, sizeof *police * (job->count + 1));
    struct compare_sides sides = { .police = police };
    const char *names = NULL;
    enum verdict v = V_OK;

    for (size_t i = 0; i < job->count; i++) {
        const char *name = job->systems[i].conf->name;

        if (!read[i] || job->systems[i].conf->map->role != ROLE_POLICE)
            continue;
        police[sides.police_count++] = name;
        names = names ? arena_format(job->mem, "%s %s", names, name) : name;
    }

    job->compared = arena_alloc(job->mem, sizeof *job->compared * (job->count + 1));
    job->compared_count = 0;
    for (size_t i = 0; !v && i < job->count; i++) {
        struct job_system *s = &job->systems[i];
        struct job_comparison *to = &job->compared[job->compared_count];

        sides.listed = mapping_call(s->conf->map, "ids") != NULL;
        if (!read[i] || s->conf->map->role != ROLE_PORTAL || (!sides.listed && !sides.police_count))
            continue;
        arena_reset(job->batch);
        job_step(job, "compare", s->conf->name, 0);
        to->portal = s->conf->name;
        to->police = names;
        to->listed = sides.listed;
        v = compare_run(c, job->batch, &s->mapper, &sides, job->dry, &to->result, err);
        job->compared_count += v == V_OK;
    }
    return v;
}

enum verdict
reconcile_run(struct job *job, struct error *err)
{
    bool *read = arena_alloc(job->mem, sizeof *read * (job->count + 1));
    struct compare *c;
    enum verdict v;

    job->compares = true;
    job_cut_now(job);
    v = compare_open(job->mem, job->pg, job->run_id, job->cut, &c, err);
    for (size_t i = 0; !v && i < job->count; i++) {
        struct job_system *s = &job->systems[i];

        v = read_system(job, s, c, &read[i], err);
    }
    if (!v && !job_stopping())
        v = compare_portals(job, c, read, err);
    return v;
}
