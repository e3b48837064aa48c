/*
 * Which systems are asked, and which of them are compared with which. How a list is read stands in
 * list.c.
 */
#include "reconcile.h"

#include "list.h"
#include "log.h"
#include "prove.h"

/* Reads "ids", and "count" where the peer has one. A portal without a list is as good as read. */
static enum verdict
read_system(struct job *job, struct job_system *s, struct compare *c, bool *whole, bool *unsure,
            struct error *err)
{
    const struct mapping *map = s->conf->map;
    struct list ids = {
        .call = mapping_call(map, "ids"), .cut = job->cut, .compare = c, .take = compare_ids
    };
    struct list count = {
        .call = mapping_call(map, "count"), .cut = job->cut, .compare = c, .take = compare_counts
    };
    enum verdict v = V_OK;

    *whole = *unsure = false;
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
    v = list_read(job, s, &ids, whole, err);
    *unsure = ids.unnamed > 0;
    if (*unsure)
        log_line(LOG_WARN,
                 "%ld rows of the list of \"%s\" bear no number: nothing has vanished by it",
                 ids.unnamed, s->conf->name);
    if (!v && *whole && count.call && map->role == ROLE_PORTAL)
        v = list_read(job, s, &count, whole, err);
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
        sides.read_to = s->read_to[0] ? s->read_to : NULL;
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
        struct job_system *s = &job->systems[i];

        v = read_system(job, s, c, &read[i], &doubtful[i], err);
    }
    if (!v && !job_stopping())
        v = compare_portals(job, c, read, doubtful, err);
    return v;
}
