/*
 * Named statements of deadline.sql, and what each brings.
 */
#include "deadline.h"

#include <string.h>

#include "text.h"

static enum verdict
explain_one(struct pg *pg, struct arena *mem, const char *id, const char *zone,
            struct deadline *out, struct error *err)
{
    const char *values[] = { id, pg_of_now(mem), zone };
    enum verdict v = pg_run(pg, mem, "deadline_head", values, 3, &out->head, err);

    if (!v)
        v = pg_run(pg, mem, "deadline_days", values, 2, &out->days, err);
    if (!v)
        v = pg_run(pg, mem, "deadline_stops", values, 1, &out->stops, err);
    if (!v)
        v = pg_run(pg, mem, "deadline_history", values, 1, &out->history, err);
    return v;
}

enum verdict
deadline_explain(struct pg *pg, struct arena *mem, const char *number, const char *zone,
                 struct deadline **out, size_t *count, struct error *err)
{
    struct pg_rows rows;

    *out = NULL;
    *count = 0;
    if (!text_is_utf8(number, strlen(number), NULL))
        return error_set(err, V_REJECT, "deadline.unknown", "the number is not UTF-8");
    const char *values[] = { text_number_norm(mem, number), NULL };
    enum verdict v = pg_run(pg, mem, "show_find", values, 2, &rows, err);

    if (!v && !rows.count)
        return error_set(err, V_REJECT, "deadline.unknown", "nobody knows that number");
    if (v)
        return v;
    *out = arena_alloc(mem, rows.count * sizeof **out);
    for (size_t i = 0; i < rows.count && !v; i++)
        v = explain_one(pg, mem, pg_named(&rows, i, "bridge_id"), zone, &(*out)[i], err);
    *count = v ? 0 : rows.count;
    return v;
}

enum verdict
deadline_list(struct pg *pg, struct arena *mem, const struct deadline_page *page,
              struct pg_rows *rows, struct error *err)
{
    const char *values[] = {
        page->unit,
        page->overdue ? "true" : "false",
        pg_of_now(mem),
        page->zone,
        page->after ? page->after : "-infinity",
        pg_of_int(mem, page->after ? page->after_id : 0),
        pg_of_int(mem, page->most),
    };

    if (page->unit && !page->after) {
        enum verdict v = pg_run(pg, mem, "deadline_unit", values, 1, rows, err);

        if (!v && !rows->count)
            v = error_set(err, V_REJECT, "deadline.unit", "there is no unit \"%s\"", page->unit);
        if (v)
            return v;
    }
    return pg_run(pg, mem, "deadline_list", values, 7, rows, err);
}
