/*
 * The books are read, never written here: each movement is booked by the statement that moves.
 */
#include "books.h"

static void
read_equation(const struct pg_rows *rows, size_t row, struct equation *e)
{
    e->hop = pg_named(rows, row, "hop");
    e->system = pg_named(rows, row, "system");
    e->stream = pg_named(rows, row, "stream");
    e->offered = (long)pg_int(rows, row, "offered");
    e->applied = (long)pg_int(rows, row, "applied");
    e->unchanged = (long)pg_int(rows, row, "unchanged");
    e->duplicate = (long)pg_int(rows, row, "duplicate");
    e->set_aside = (long)pg_int(rows, row, "set_aside");
    e->conflict = (long)pg_int(rows, row, "conflict");
    e->dead = (long)pg_int(rows, row, "dead");
    e->in_doubt = (long)pg_int(rows, row, "in_doubt");
    e->out_of_window = (long)pg_int(rows, row, "out_of_window");
    e->balanced = e->offered == e->applied + e->unchanged + e->duplicate + e->set_aside +
                                    e->conflict + e->dead + e->in_doubt + e->out_of_window;
}

enum verdict
books_equations(struct pg *pg, struct arena *mem, int64_t run_id, struct equation **out,
                size_t *count, struct error *err)
{
    const char *values[] = { pg_of_int(mem, run_id) };
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "books_equations", values, 1, &rows, err);

    *out = NULL;
    *count = 0;
    if (v)
        return v;
    *count = rows.count;
    *out = arena_alloc(mem, (rows.count + 1) * sizeof **out);
    for (size_t i = 0; i < rows.count; i++)
        read_equation(&rows, i, &(*out)[i]);
    return V_OK;
}

enum verdict
books_check(struct pg *pg, struct arena *mem, const char **said, struct error *err)
{
    struct pg_rows rows;
    enum verdict v;

    *said = NULL;
    v = pg_run(pg, mem, "books_negative", NULL, 0, &rows, err);
    if (!v && rows.count)
        *said = arena_format(mem, "account \"%s\" is negative: %s", pg_text(&rows, 0, 0),
                             pg_text(&rows, 0, 1));
    if (v || *said)
        return v;
    v = pg_run(pg, mem, "books_states", NULL, 0, &rows, err);
    if (!v && rows.count)
        *said = arena_format(mem, "account \"%s\" holds %s, but %s deliveries are in that state",
                             pg_text(&rows, 0, 0), pg_text(&rows, 0, 1), pg_text(&rows, 0, 2));
    if (v || *said)
        return v;
    v = pg_run(pg, mem, "books_staged", NULL, 0, &rows, err);
    if (!v && rows.count)
        *said = arena_format(mem, "%s records of stream \"%s\" were booked as new, staging has %s",
                             pg_text(&rows, 0, 1), pg_text(&rows, 0, 0), pg_text(&rows, 0, 2));
    if (v || *said)
        return v;
    v = pg_run(pg, mem, "books_moved", NULL, 0, &rows, err);
    if (!v && rows.count)
        *said = arena_format(mem, "entry %s says %s records, its movements are %s or other ones",
                             pg_text(&rows, 0, 0), pg_text(&rows, 0, 1), pg_text(&rows, 0, 2));
    return v;
}
