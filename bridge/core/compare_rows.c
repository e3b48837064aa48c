/*
 * Reads a comparison back for people: totals by any of unit, status and day, and the differences.
 */
#include "compare.h"

#include "text.h"

#include <string.h>

/* run_id 0 stands for the newest comparison of this portal. */
static enum verdict
find_run(struct pg *pg, struct arena *mem, int64_t run_id, const char *portal, const char **out,
         struct error *err)
{
    const char *values[] = { portal };
    struct pg_rows rows;
    enum verdict v;

    *out = pg_of_int(mem, run_id);
    if (run_id)
        return V_OK;
    v = pg_run(pg, mem, "compare_last", values, 1, &rows, err);
    if (!v)
        *out = pg_named(&rows, 0, "run_id");
    return v;
}

static enum verdict
read_by(struct arena *mem, const char *by, bool *unit, bool *status, bool *day, struct error *err)
{
    char *list = arena_copy(mem, by ? by : "");
    const char *at = list, *word;
    size_t len;

    for (char *c = list; *c; c++)
        if (*c == ',')
            *c = ' ';
    while (text_word(&at, &word, &len)) {
        if (text_same(word, len, "unit"))
            *unit = true;
        else if (text_same(word, len, "status"))
            *status = true;
        else if (text_same(word, len, "day"))
            *day = true;
        else
            return error_set(err, V_REJECT, "compare.by",
                             "cannot compare by \"%.*s\": unit, status and day are known",
                             len > 40 ? 40 : (int)len, word);
    }
    return V_OK;
}

enum verdict
compare_rows(struct pg *pg, struct arena *mem, int64_t run_id, const char *portal, const char *by,
             struct compare_row **out, size_t *count, struct error *err)
{
    bool unit = false, status = false, day = false;
    struct pg_rows rows;
    const char *run;
    enum verdict v;

    *out = NULL;
    *count = 0;
    v = read_by(mem, by, &unit, &status, &day, err);
    if (!v)
        v = find_run(pg, mem, run_id, portal, &run, err);
    if (v)
        return v;

    const char *values[] = { run, portal, unit ? "true" : "false", status ? "true" : "false",
                             day ? "true" : "false" };

    v = pg_run(pg, mem, "compare_rows", values, 5, &rows, err);
    if (v)
        return v;
    *out = arena_alloc(mem, (rows.count + 1) * sizeof **out);
    *count = rows.count;
    for (size_t i = 0; i < rows.count; i++) {
        struct compare_row *row = &(*out)[i];

        row->unit = pg_named(&rows, i, "unit");
        row->unit_name = pg_named(&rows, i, "unit_name");
        row->status = pg_named(&rows, i, "status");
        row->day = pg_named(&rows, i, "day");
        row->portal = (long)pg_int(&rows, i, "portal");
        row->police = (long)pg_int(&rows, i, "police");
        row->staging = (long)pg_int(&rows, i, "staging");
        row->same = pg_bool(&rows, i, "same");
    }
    return V_OK;
}

enum verdict
compare_differences(struct pg *pg, struct arena *mem, int64_t run_id, const char *portal,
                    const char *reason, long limit, struct compare_difference **out, size_t *count,
                    struct error *err)
{
    struct pg_rows rows;
    const char *run;
    enum verdict v;

    *out = NULL;
    *count = 0;
    v = find_run(pg, mem, run_id, portal, &run, err);
    if (v)
        return v;

    const char *values[] = { run, portal, reason, pg_of_int(mem, limit) };

    v = pg_run(pg, mem, "compare_differences", values, 4, &rows, err);
    if (v)
        return v;
    *out = arena_alloc(mem, (rows.count + 1) * sizeof **out);
    *count = rows.count;
    for (size_t i = 0; i < rows.count; i++) {
        struct compare_difference *d = &(*out)[i];

        d->number = pg_named(&rows, i, "number");
        d->police_number = pg_named(&rows, i, "police_number");
        d->what = pg_named(&rows, i, "what");
        d->portal_says = pg_named(&rows, i, "portal_says");
        d->police_says = pg_named(&rows, i, "police_says");
        d->staging_says = pg_named(&rows, i, "staging_says");
        d->reason = pg_named(&rows, i, "reason");
        d->since = pg_named(&rows, i, "since");
        d->unit = pg_named(&rows, i, "unit");
    }
    return V_OK;
}

enum verdict
compare_reasons(struct pg *pg, struct arena *mem, int64_t run_id, const char *portal,
                struct compare_reason **out, size_t *count, struct error *err)
{
    struct pg_rows rows;
    const char *run;
    enum verdict v;

    *out = NULL;
    *count = 0;
    v = find_run(pg, mem, run_id, portal, &run, err);
    if (v)
        return v;

    const char *values[] = { run, portal };

    v = pg_run(pg, mem, "compare_reasons", values, 2, &rows, err);
    if (v)
        return v;
    *out = arena_alloc(mem, (rows.count + 1) * sizeof **out);
    *count = rows.count;
    for (size_t i = 0; i < rows.count; i++) {
        (*out)[i].reason = pg_named(&rows, i, "reason");
        (*out)[i].what = pg_named(&rows, i, "what");
        (*out)[i].n = (long)pg_int(&rows, i, "n");
    }
    return V_OK;
}
