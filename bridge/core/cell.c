/*
 * The role and the setting are local to the transaction: however it ends, the connection is the
 * nightly run's again.
 */
#include "cell.h"

#include <string.h>

enum { BATCH = 1000, VALUES = 16 };

enum verdict
cell_enter(struct pg *pg, struct arena *mem, const char *unit, struct error *err)
{
    const char *values[] = { unit };
    struct pg_rows rows;
    enum verdict v = pg_begin(pg, err);

    if (v)
        return v;
    v = pg_run(pg, mem, "cell_moment", NULL, 0, NULL, err);
    if (!v)
        v = pg_run(pg, mem, "cell_take", values, 1, &rows, err);
    if (!v && rows.count == 0)
        v = error_set(err, V_REJECT, "cell.unit", "there is no unit \"%s\"", unit);
    if (v)
        pg_rollback(pg);
    return v;
}

enum verdict
cell_leave(struct pg *pg, struct arena *mem, struct error *err)
{
    struct pg_rows rows;
    enum verdict v;

    pg_rollback(pg); /* nothing was written; a commit would ask what the role may not */
    v = pg_run(pg, mem, "cell_taken", NULL, 0, &rows, err);
    if (!v && pg_bool(&rows, 0, "taken"))
        v = error_set(err, V_FATAL, "cell.left", "the role of a cell did not end");
    return v;
}

enum verdict
cell_each(struct pg *pg, const char *statement, const char *const *values, size_t count,
          cell_row_fn *row, void *to, struct error *err)
{
    struct arena *mem = arena_new("cell");
    const char *all[VALUES] = { NULL };
    struct pg_rows rows = { .count = 1 };
    struct error later;
    enum verdict v, closed = V_OK;

    if (count + 2 > VALUES) {
        arena_free(mem);
        return error_set(err, V_FATAL, "cell.values", "%zu values are too many", count);
    }
    if (count)
        memcpy(all, values, count * sizeof *all);
    all[count] = ""; /* after the first; and without an end */
    v = pg_cursor_open(pg, mem, statement, all, count + 2, err);
    if (v) {
        arena_free(mem);
        return v;
    }
    while (!v && rows.count) {
        arena_reset(mem);
        v = pg_cursor_rows(pg, mem, BATCH, &rows, err);
        for (size_t i = 0; !v && i < rows.count; i++)
            v = row(to, &rows, i, err);
    }
    closed = pg_cursor_close(pg, NULL, &later); /* another list may be read then */
    arena_free(mem);
    if (!v && closed)
        *err = later;
    return v ? v : closed;
}
