/*
 * Reads a comparison back for people: counts by any of unit, status, category, day and month, and
 * the differences.
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

enum { BY_UNIT, BY_STATUS, BY_CATEGORY, BY_DAY, BY_MONTH, BY_COUNT };

static const char *const by_words[BY_COUNT] = { "unit", "status", "category", "day", "month" };

static enum verdict
read_by(struct arena *mem, const char *by, bool asked[BY_COUNT], struct error *err)
{
    char *list = arena_copy(mem, by ? by : "");
    const char *at = list, *word;
    size_t len, k;

    for (char *c = list; *c; c++)
        if (*c == ',')
            *c = ' ';
    while (text_word(&at, &word, &len)) {
        for (k = 0; k < BY_COUNT && !text_same(word, len, by_words[k]); k++)
            continue;
        if (k == BY_COUNT)
            return error_set(err, V_REJECT, "compare.by",
                             "cannot compare by \"%.*s\": unit, status, category, day and month "
                             "are known",
                             len > 40 ? 40 : (int)len, word);
        asked[k] = true;
    }
    return V_OK;
}

enum verdict
compare_view_check(struct arena *mem, const struct compare_view *view, struct error *err)
{
    const char *basis = view->basis ? view->basis : "marked";
    bool asked[BY_COUNT] = { false };

    if (strcmp(basis, "marked") != 0 && strcmp(basis, "received") != 0 &&
        strcmp(basis, "registered") != 0)
        return error_set(err, V_REJECT, "compare.basis",
                         "cannot count by \"%.40s\": marked, received and registered are known",
                         basis);
    return read_by(mem, view->by, asked, err);
}

enum verdict
compare_rows(struct pg *pg, struct arena *mem, const char *portal, const struct compare_view *view,
             struct compare_row **out, size_t *count, struct error *err)
{
    bool asked[BY_COUNT] = { false };
    const char *values[4 + BY_COUNT];
    struct pg_rows rows;
    enum verdict v;

    *out = NULL;
    *count = 0;
    v = compare_view_check(mem, view, err);
    if (!v)
        v = read_by(mem, view->by, asked, err);
    if (v)
        return v;
    values[0] = portal;
    for (size_t k = 0; k < BY_COUNT; k++)
        values[k + 1] = asked[k] ? "true" : "false";
    values[1 + BY_COUNT] = view->basis ? view->basis : "marked";
    values[2 + BY_COUNT] = view->from;
    values[3 + BY_COUNT] = view->to;
    v = pg_run(pg, mem, "compare_rows", values, sizeof values / sizeof *values, &rows, err);
    if (v)
        return v;
    *out = arena_alloc(mem, (rows.count + 1) * sizeof **out);
    *count = rows.count;
    for (size_t i = 0; i < rows.count; i++) {
        struct compare_row *row = &(*out)[i];

        row->unit = pg_named(&rows, i, "unit");
        row->unit_name = pg_named(&rows, i, "unit_name");
        row->status = pg_named(&rows, i, "status");
        row->category = pg_named(&rows, i, "category");
        row->day = pg_named(&rows, i, "day");
        row->month = pg_named(&rows, i, "month");
        row->portal = (long)pg_int(&rows, i, "portal");
        row->police = (long)pg_int(&rows, i, "police");
        row->staging = (long)pg_int(&rows, i, "staging");
        row->same = pg_bool(&rows, i, "same");
    }
    return V_OK;
}

enum verdict
compare_comparisons(struct pg *pg, struct arena *mem, struct pg_rows *out, struct error *err)
{
    return pg_run(pg, mem, "compare_comparisons", NULL, 0, out, err);
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
        d->remedy = compare_remedy(d->what, d->reason);
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
