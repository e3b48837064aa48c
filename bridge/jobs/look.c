/*
 * Keys and digests of a page go to the database as two arrays; one statement tells new, changed and
 * unchanged apart. Nested records ride with their complaint and are not counted.
 */
#include "look.h"

#include "log.h"

enum verdict
look_begin(struct job *job, struct error *err)
{
    return pg_run(job->pg, job->mem, "job_read_only", NULL, 0, NULL, err);
}

enum verdict
look_cursor(struct job *job, const char *system, const char *call, const char **at,
            const char **key, struct error *err)
{
    const char *const values[] = { system, call };
    struct pg_rows rows;
    enum verdict v = pg_run(job->pg, job->batch, "job_cursor", values, 2, &rows, err);

    if (!v && rows.count) {
        *at = pg_named(&rows, 0, "at");
        *key = pg_named(&rows, 0, "key");
    }
    return v;
}

/* What one statement compares: column by column. */
struct looked {
    const char **numbers, **keys, **digests;
    size_t count;
};

static const char *
number_of(const struct job_system *s, const struct record *canonical, const char *key)
{
    const struct field *number = mapping_value(s->conf->map, canonical, "number");

    return number->text ? number->text : key;
}

/* False when the record would be held. */
static bool
read_record(struct job_system *s, struct arena *mem, const struct record *remote,
            struct looked *out)
{
    unsigned char bytes[DIGEST_BYTES];
    struct record *canonical;
    struct error why;

    if (remote->fault || mapper_in(&s->mapper, mem, remote, &canonical, &why) != V_OK) {
        if (!remote->fault)
            log_line(LOG_INFO, "record %ld of the page would be held: %s", remote->ordinal,
                     why.code);
        return false;
    }
    mapper_digest(&s->mapper, canonical, bytes);
    out->digests[out->count] = pg_of_bytes(mem, bytes, sizeof bytes);
    out->keys[out->count] = mapper_key(&s->mapper, mem, canonical);
    out->numbers[out->count] = number_of(s, canonical, out->keys[out->count]);
    out->count++;
    return true;
}

enum verdict
look_page(struct job *job, struct job_system *s, const struct page *page, struct error *err)
{
    struct arena *mem = job->batch;
    struct looked l = {
        .numbers = arena_alloc(mem, sizeof *l.numbers * (page->count + 1)),
        .keys = arena_alloc(mem, sizeof *l.keys * (page->count + 1)),
        .digests = arena_alloc(mem, sizeof *l.digests * (page->count + 1)),
    };
    struct pg_rows rows;

    for (const struct record *r = page->records; r && l.count < page->count; r = r->next)
        if (!read_record(s, mem, r, &l))
            s->dry.held++;
    if (l.count == 0)
        return V_OK;
    const char *const values[] = {
        s->conf->name,
        page->records->stream,
        pg_of_texts(mem, l.numbers, l.count),
        pg_of_texts(mem, l.keys, l.count),
        pg_of_texts(mem, l.digests, l.count),
    };
    enum verdict v = pg_run(job->pg, job->batch, "job_look", values, 5, &rows, err);

    if (v || rows.count == 0)
        return v;
    s->dry.added += pg_int(&rows, 0, "added");
    s->dry.changed += pg_int(&rows, 0, "changed");
    s->dry.unchanged += pg_int(&rows, 0, "unchanged");
    return V_OK;
}
