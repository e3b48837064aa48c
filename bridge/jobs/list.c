/*
 * A row twice in a list, because it moved while the pages were read, does no harm: the comparison
 * takes the newer one.
 */
#include "list.h"

#include <string.h>

#include "log.h"
#include "paging.h"

/* The fields that can be read, each by itself; NULL when the number is not among them. */
static struct record *
map_partly(struct job *job, struct job_system *s, const struct record *remote)
{
    const struct map_stream *stream = mapping_stream(s->conf->map, remote->stream);
    struct record *out = arena_alloc(job->batch, sizeof *out);

    if (!stream || dict_slot(stream->dict, "number") < 0)
        return NULL; /* a count is right or it is nothing */
    out->stream = stream->dict->name;
    out->count = stream->dict->count;
    out->fields = arena_alloc(job->batch, sizeof *out->fields * out->count);
    for (size_t i = 0; i < out->count; i++) {
        const char *text =
            mapper_in_field(&s->mapper, job->batch, remote, stream->dict->fields[i].name);

        out->fields[i].text = text;
        out->fields[i].len = text ? strlen(text) : 0;
    }
    if (dict_slot(stream->dict, "row_digest") >= 0) /* its digest is of more than can be read */
        out->fields[dict_slot(stream->dict, "row_digest")] = (struct field){ NULL, 0 };
    return out->fields[dict_slot(stream->dict, "number")].text ? out : NULL;
}

/* The canonical records of a page, chained; those that cannot be read whole are counted. */
static enum verdict
map_page(struct job *job, struct job_system *s, struct list *l, const struct page *page,
         struct record **first, struct error *err)
{
    struct record **last = first;

    *first = NULL;
    for (const struct record *r = page->records; r; r = r->next) {
        struct record *canonical;
        enum verdict v =
            r->fault ? V_REJECT : mapper_in(&s->mapper, job->batch, r, &canonical, err);

        if (v == V_REJECT) {
            l->bad++;
            canonical = map_partly(job, s, r);
            l->unnamed += !canonical;
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
list_page(struct job *job, struct job_system *s, struct list *l, struct paging *at,
          struct paging_watch *watch, bool *more, bool *whole, struct error *err)
{
    struct adapter_var vars[PAGING_VARS + 3];
    struct paging asked = *at;
    struct record *records;
    struct page page;
    struct error why;

    arena_reset(job->batch);
    long rows = s->conf->options.rows >= 0 ? s->conf->options.rows : job->conf->bridge.rows;

    paging_vars(&asked, job->batch, l->cut, rows, vars);
    vars[PAGING_VARS] = (struct adapter_var){ "from", PAGING_BEGINNING };
    vars[PAGING_VARS + 1] = (struct adapter_var){ "to", l->cut };
    vars[PAGING_VARS + 2] = (struct adapter_var){ "buckets", l->buckets };
    enum verdict v = job_ask(job, s, l->call, vars, PAGING_VARS + 3, &page, &why);

    *more = false;
    *whole = v == V_OK;
    l->absent = v == V_FATAL && strcmp(why.code, ADAPTER_ABSENT) == 0;
    l->refused = v == V_FATAL && l->spare && !l->absent;
    if (l->absent)
        return V_OK;
    if (l->refused) {
        log_context(NULL, s->conf->name);
        log_error(LOG_WARN, &why);
        log_context(NULL, "");
        return V_OK;
    }
    if (v) {
        job_trouble(s, v, &why);
        return V_OK;
    }
    bool advanced = paging_advance(at, &s->mapper, job->batch, l->call, &page, NULL);

    v = map_page(job, s, l, &page, &records, err);
    if (!v && records && l->take)
        v = l->take(l->compare, &s->mapper, records, err);
    if (!v && records && l->digest)
        v = l->take_digest(l->digest, records, err);
    if (v)
        return v;
    l->pages++;
    l->done += (long)page.count;
    *more = page.more && !job_stopping();
    if (page.more && (!advanced || paging_circles(watch, at))) {
        *more = *whole = false;
        job_trouble(s, paging_stuck(s->conf->map, l->call, &why), &why);
    }
    return V_OK;
}

enum verdict
list_read(struct job *job, struct job_system *s, struct list *l, bool *whole, struct error *err)
{
    struct paging_watch watch = { .steps = 0 };
    struct paging at = { 0 };
    bool more = true;
    enum verdict v = V_OK;

    *whole = job_ready(job, s);
    paging_begin(&at, NULL, NULL);
    while (!v && *whole && more) {
        job_step(job, "list", s->conf->name, l->done);
        v = list_page(job, s, l, &at, &watch, &more, whole, err);
    }
    *whole = *whole && !job_stopping();
    if (!v && l->bad)
        log_line(LOG_WARN, "%ld of %ld rows of call \"%s\" of \"%s\" could not be read whole",
                 l->bad, l->done, l->call->name, s->conf->name);
    return v;
}
