/*
 * Which systems are asked, and which of them are compared with which; and what is asked of each: a
 * list, the digests of its buckets and the rows of those that differ, or a count alone. How a list
 * is read page by page stands in list.c.
 */
#include "reconcile.h"

#include "../core/compare_digest.h"
#include "../core/set_digest.h"
#include "list.h"
#include "log.h"
#include "prove.h"

/* Most buckets that are read one by one; a list of which more differ is read whole. */
#define BUCKETS_MOST (SET_BUCKETS * 3 / 4)

/* What was asked of a system, and how far it went. */
struct reading {
    struct job_system *s;
    struct compare *compare;
    struct compare_digest *digest; /* NULL: it has no call "digest" */
    bool whole;                    /* it was read to its end */
    bool unsure;                   /* rows of its list bore no number: nothing has vanished by it */
};

static enum verdict
read_list(struct job *job, struct reading *r, const char *call, const char *buckets,
          struct list *ids, struct error *err)
{
    struct job_system *s = r->s;
    enum verdict v;

    *ids = (struct list){ .call = mapping_call(s->conf->map, call),
                          .cut = job->cut,
                          .buckets = buckets,
                          .compare = r->compare,
                          .take = compare_ids,
                          .digest = r->digest,
                          .take_digest = compare_digest_rows };
    v = list_read(job, s, ids, &r->whole, err);
    s->rows_read += ids->done;
    r->unsure = ids->unnamed > 0;
    if (r->unsure)
        log_line(LOG_WARN,
                 "%ld rows of the list of \"%s\" bear no number: nothing has vanished by it",
                 ids->unnamed, s->conf->name);
    return v;
}

/* What was read is known from now on, unless the run is to leave no trace. */
static enum verdict
keep_read(struct job *job, struct reading *r, const char *buckets, long asked, struct error *err)
{
    long moved = 0;
    enum verdict v;

    if (!r->digest || !r->whole || job->dry)
        return V_OK;
    arena_reset(job->batch);
    v = compare_digest_keep(r->digest, job->batch, buckets, &moved, err);
    if (!v && moved)
        log_line(asked > 1 && moved == asked ? LOG_WARN : LOG_DEBUG,
                 "\"%s\": %ld of %ld buckets that were read do not add up to what it had said",
                 r->s->conf->name, moved, asked);
    return v;
}

static enum verdict
read_whole(struct job *job, struct reading *r, struct error *err)
{
    struct list ids;
    enum verdict v = read_list(job, r, "ids", NULL, &ids, err);

    if (!v && r->whole)
        r->s->compared_by =
            ids.pages > 1 ? arena_format(job->mem, "list in %ld pages", ids.pages) : "list";
    return v ? v : keep_read(job, r, NULL, SET_BUCKETS, err);
}

/* *said false: the system did not say what its buckets add up to. */
static enum verdict
read_sums(struct job *job, struct reading *r, bool *said, struct error *err)
{
    struct job_system *s = r->s;
    struct list sums = { .call = mapping_call(s->conf->map, "digest"),
                         .cut = job->cut,
                         .digest = r->digest,
                         .take_digest = compare_digest_sums,
                         .spare = true };
    struct error why;
    enum verdict v = list_read(job, s, &sums, said, &why);

    if (sums.absent || sums.refused) {
        r->digest = NULL;
        log_line(sums.absent ? LOG_INFO : LOG_WARN, "\"%s\" %s digests: its whole list is read",
                 s->conf->name, sums.absent ? "cannot compute" : "failed at its");
    }
    if (v == V_REJECT || (*said && sums.bad)) {
        log_line(LOG_WARN, "call \"digest\" of \"%s\" cannot be read: its whole list is",
                 s->conf->name);
        *said = false;
        return V_OK;
    }
    if (v)
        *err = why;
    return v;
}

/* Rows of buckets that agree are taken as they were last told, the others are read. */
static enum verdict
read_by_digest(struct job *job, struct reading *r, struct error *err)
{
    struct job_system *s = r->s;
    struct compare_differ found;
    struct list ids;
    bool said = false;
    enum verdict v = compare_digest_open(job->mem, job->pg, &s->mapper, &r->digest, err);

    compare_hear(r->compare, &s->mapper); /* when no row is read at all, too */
    if (!v)
        v = read_sums(job, r, &said, err);
    if (!v && said)
        v = compare_digest_differ(r->digest, job->batch, BUCKETS_MOST, &found, err);
    if (v)
        return v;
    if (!said || found.differ > BUCKETS_MOST)
        return s->left ? V_OK : read_whole(job, r, err);
    found.buckets = arena_copy(job->mem, found.buckets); /* pages reset the arena of batches */
    r->whole = true;
    if (found.differ)
        v = read_list(job, r, "members", found.buckets, &ids, err);
    if (!v && r->whole)
        s->compared_by =
            arena_format(job->mem, "digest, %ld of %d buckets read", found.differ, SET_BUCKETS);
    return v || !found.differ ? v : keep_read(job, r, found.buckets, found.differ, err);
}

/* Its own count; without a list until when this run has read it, so that what came since is not
 * called a difference. */
static enum verdict
read_count(struct job *job, struct reading *r, bool listed, struct error *err)
{
    struct job_system *s = r->s;
    struct list count = { .call = mapping_call(s->conf->map, "count"),
                          .cut = listed || !s->read_to[0] ? job->cut : s->read_to,
                          .compare = r->compare,
                          .take = compare_counts };
    enum verdict v;

    if (!count.call)
        return V_OK;
    v = list_read(job, s, &count, &r->whole, err);
    if (!v && r->whole && !listed)
        s->compared_by = "count only";
    return v;
}

/* A portal without a list is as good as read. */
static enum verdict
read_system(struct job *job, struct reading *r, struct error *err)
{
    struct job_system *s = r->s;
    const struct mapping *map = s->conf->map;
    bool listed = mapping_call(map, "ids") != NULL;
    enum verdict v;

    if (map->role == ROLE_ARCHIVE)
        return V_OK;
    if (!listed && map->role == ROLE_PORTAL && !s->page_held) {
        r->whole = true;
        v = read_count(job, r, false, err);
        if (!s->compared_by)
            log_line(LOG_INFO,
                     "\"%s\" has no call \"ids\": it is compared between staging and police only",
                     s->conf->name);
        return v;
    }
    if (!listed || s->page_held) {
        log_line(LOG_WARN, "\"%s\" is not reconciled: %s", s->conf->name,
                 listed ? "a page of it is held" : "its map has no call \"ids\"");
        return V_OK;
    }
    if (mapping_call(map, "digest") && mapping_call(map, "members"))
        v = read_by_digest(job, r, err);
    else
        v = read_whole(job, r, err);
    if (!v && r->whole && map->role == ROLE_PORTAL)
        v = read_count(job, r, true, err);
    if (!v && s->compared_by)
        log_line(LOG_INFO, "\"%s\" was compared by: %s (%ld rows)", s->conf->name, s->compared_by,
                 s->rows_read);
    return v;
}

/* Each portal that was read, against the police systems that were read. */
static enum verdict
compare_portals(struct job *job, struct compare *c, const bool *read, const bool *doubtful,
                struct error *err)
{
    const char **police = arena_alloc(job->mem, sizeof *police * (job->count + 1));
    const char **unsure = arena_alloc(job->mem, sizeof *unsure * (job->count + 1));
    struct compare_sides sides = { .police = police, .unsure = unsure };
    const char *names = NULL;
    enum verdict v = V_OK;

    for (size_t i = 0; i < job->count; i++) {
        const char *name = job->systems[i].conf->name;

        if (doubtful[i])
            unsure[sides.unsure_count++] = name;
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
        sides.count_only = !sides.listed && s->compared_by;
        sides.read_to = s->read_to[0] ? s->read_to : NULL;
        sides.lookback = job_lookback(job, s);
        if (!read[i] || s->conf->map->role != ROLE_PORTAL ||
            (!sides.listed && !sides.count_only && !sides.police_count))
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
    bool *doubtful = arena_alloc(job->mem, sizeof *doubtful * (job->count + 1));
    struct compare *c;
    enum verdict v;

    job->compares = true;
    v = prove_run(job, err); /* first: what it holds explains what differs */
    if (v)
        return v;
    job_cut_now(job);
    v = compare_open(job->mem, job->pg, job->run_id, job->cut, &c, err);
    for (size_t i = 0; !v && i < job->count; i++) {
        struct reading r = { .s = &job->systems[i], .compare = c };

        v = read_system(job, &r, err);
        read[i] = r.whole;
        doubtful[i] = r.unsure;
        if (!v && r.whole && !r.unsure && !job->dry && mapping_call(r.s->conf->map, "ids"))
            v = compare_release(c, job->batch, r.s->conf->name, job_kept_from(job, r.s), err);
    }
    if (!v && !job_stopping())
        v = compare_portals(job, c, read, doubtful, err);
    return v;
}
