/*
 * Figures of a period and where everything is now, and the members of each: of one query each, so
 * that a figure and its list cannot differ.
 */
#include "compare.h"

#include <string.h>

static const char *const figures[] = { "brought_forward", "received", "disposed",
                                       "pending",         "overdue",  "undated" };
static const char *const places[] = { "with_police", "disposed", "in_flight", "refused", "held" };

static bool
is_one_of(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

bool
compare_is_figure(const char *name)
{
    return is_one_of(figures, sizeof figures / sizeof *figures, name);
}

bool
compare_is_place(const char *name)
{
    return is_one_of(places, sizeof places / sizeof *places, name);
}

enum verdict
compare_figures(struct pg *pg, struct arena *mem, const struct compare_asked *asked,
                const char *figure, struct pg_rows *out, struct error *err)
{
    const char *values[] = { pg_of_texts(mem, asked->systems, asked->count),
                             pg_of_texts(mem, asked->basis, asked->count),
                             asked->strict ? "true" : "false",
                             asked->since,
                             asked->upto,
                             asked->asof,
                             figure };

    if (figure && !compare_is_figure(figure))
        return error_set(err, V_REJECT, "compare.figure", "there is no figure \"%.40s\"", figure);
    return pg_run(pg, mem, "compare_figures", values, 7, out, err);
}

enum verdict
compare_places(struct pg *pg, struct arena *mem, const struct compare_asked *asked,
               const char *place, struct pg_rows *out, struct error *err)
{
    const char *values[] = { pg_of_texts(mem, asked->systems, asked->count), place };

    if (place && !compare_is_place(place))
        return error_set(err, V_REJECT, "compare.figure", "there is no place \"%.40s\"", place);
    return pg_run(pg, mem, "compare_places", values, 2, out, err);
}
