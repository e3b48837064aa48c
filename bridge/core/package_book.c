/*
 * Thin by intent: what may follow what is decided by sql/0016_forward.sql.
 */
#include "package_book.h"

#include <string.h>

#include "cell.h"
#include "run.h"

const char *
package_channel(const struct conf_cell *cell)
{
    return cell->options.mail ? "mail" : cell->options.sftp ? "sftp" : "folder";
}

const char *
package_folder(struct arena *mem, const struct conf *conf, const char *cell, int64_t number)
{
    return arena_format(mem, "%s/packages/%s/%06lld", conf->bridge.state, cell, (long long)number);
}

/* ---- made ---- */

enum verdict
package_next(struct pg *pg, struct arena *mem, struct package *p, bool *made, struct error *err)
{
    const char *const values[] = { p->cell->name, p->cell->options.unit, p->upto, p->day };
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "forward_next", values, 4, &rows, err);

    if (v)
        return v;
    p->number = pg_int(&rows, 0, "number") + 1;
    p->previous = pg_named(&rows, 0, "manifest");
    p->since = pg_named(&rows, 0, "since");
    *made = pg_bool(&rows, 0, "made");
    return V_OK;
}

/* "\x..." of a digest in hex, or NULL. */
static const char *
bytea_of(struct arena *mem, const char *hex)
{
    return hex ? arena_format(mem, "\\x%s", hex) : NULL;
}

enum verdict
package_add(struct pg *pg, struct arena *mem, int64_t run_id, const struct package *p,
            const char *message_id, struct error *err)
{
    const char *const values[] = {
        p->cell->name,
        pg_of_int(mem, p->number),
        p->cell->options.unit,
        p->day,
        p->since,
        p->upto,
        p->upto,
        pg_of_int(mem, run_id),
        package_channel(p->cell),
        message_id,
        pg_of_int(mem, p->lines),
        pg_of_bytes(mem, p->manifest, DIGEST_BYTES),
        bytea_of(mem, p->previous),
    };

    return run_write(pg, mem, "forward_add", values, sizeof values / sizeof *values, NULL, err);
}

enum verdict
package_recover(struct pg *pg, struct arena *mem, int64_t run_id, long *n, struct error *err)
{
    const char *const values[] = { pg_of_int(mem, run_id) };
    struct pg_rows rows;
    enum verdict v = run_write(pg, mem, "forward_recover", values, 1, &rows, err);

    *n = v ? 0 : rows.affected;
    return v;
}

/* ---- sent ---- */

enum verdict
package_moved(struct pg *pg, struct arena *mem, int64_t run_id, const struct conf_cell *cell,
              long *n, struct error *err)
{
    const char *const values[] = { cell->name, cell->options.unit, pg_of_int(mem, run_id) };
    struct pg_rows rows;
    enum verdict v = run_write(pg, mem, "forward_moved", values, 3, &rows, err);

    *n = v ? 0 : rows.affected;
    return v;
}

enum verdict
package_due(struct pg *pg, struct arena *mem, const struct conf_cell *cell, bool again,
            struct package_due **out, size_t *count, struct error *err)
{
    const char *const values[] = { cell->name, cell->options.unit, again ? "t" : "f" };
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "forward_due", values, 3, &rows, err);

    *count = 0;
    if (v)
        return v;
    *out = arena_alloc(mem, (rows.count + 1) * sizeof **out);
    for (size_t i = 0; i < rows.count; i++) {
        struct package_due *due = &(*out)[(*count)++];
        const char *made = pg_named(&rows, i, "made_at");
        size_t len = 0;
        const char *digest = pg_bytes(mem, &rows, i, "manifest", &len);

        due->number = pg_int(&rows, i, "number");
        due->message_id = pg_named(&rows, i, "message_id");
        due->doubted = strcmp(pg_named(&rows, i, "state"), "in_doubt") == 0;
        (void)clock_from_text(made, strlen(made), &due->made_at);
        if (len == DIGEST_BYTES)
            memcpy(due->manifest, digest, DIGEST_BYTES);
    }
    return V_OK;
}

enum verdict
package_sending(struct pg *pg, struct arena *mem, int64_t run_id, const struct conf_cell *cell,
                int64_t number, struct error *err)
{
    const char *const values[] = { cell->name, pg_of_int(mem, number), pg_of_int(mem, run_id),
                                   pg_of_now(mem), package_channel(cell) };

    return run_write(pg, mem, "forward_sending", values, 5, NULL, err);
}

enum verdict
package_settle(struct pg *pg, struct arena *mem, int64_t run_id, const char *cell, int64_t number,
               const char *state, const char *said, struct error *err)
{
    const char *const values[] = { cell, pg_of_int(mem, number), pg_of_int(mem, run_id), state,
                                   said, pg_of_now(mem) };

    return run_write(pg, mem, "forward_settle", values, 6, NULL, err);
}

/* ---- acknowledged ---- */

enum verdict
package_purged(struct pg *pg, struct arena *mem, const char *cell, int64_t number,
               struct error *err)
{
    const char *const values[] = { cell, pg_of_int(mem, number), pg_of_now(mem) };

    return run_write(pg, mem, "forward_purged", values, 3, NULL, err);
}

enum verdict
package_unacknowledged(struct pg *pg, struct arena *mem, const struct conf_cell *cell,
                       struct pg_rows *out, struct error *err)
{
    const char *const values[] = { cell->name, cell->options.unit };

    return pg_run(pg, mem, "forward_unacknowledged", values, 2, out, err);
}

enum verdict
package_acted(struct pg *pg, struct arena *mem, const struct conf_cell *cell,
              const struct pg_rows *open, int64_t *number, struct error *err)
{
    static const char *const names[] = { "number", "sent_at", "upto" };
    const char **column = arena_alloc(mem, (open->count + 1) * sizeof *column);
    const char *values[3];
    struct pg_rows rows;
    enum verdict v;

    *number = 0;
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < open->count; i++)
            column[i] = pg_named(open, i, names[k]);
        values[k] = pg_of_texts(mem, column, open->count);
    }
    v = cell_enter(pg, mem, cell->options.unit, err);
    if (v)
        return v;
    v = pg_run(pg, mem, "forward_acted", values, 3, &rows, err);
    if (v) {
        pg_rollback(pg);
        return v;
    }
    if (rows.count)
        *number = pg_int(&rows, 0, "number");
    return cell_leave(pg, mem, err);
}

enum verdict
package_acknowledge(struct pg *pg, struct arena *mem, int64_t run_id, const char *cell,
                    int64_t number, const char *how, long *n, struct error *err)
{
    const char *const values[] = { cell, pg_of_int(mem, number), pg_of_int(mem, run_id),
                                   pg_of_now(mem), how };
    struct pg_rows rows;
    enum verdict v = run_write(pg, mem, "forward_acknowledge", values, 5, &rows, err);

    *n = v ? 0 : rows.affected;
    return v;
}

/* ---- looked at ---- */

enum verdict
package_list_read(struct pg *pg, struct arena *mem, const struct conf_cell *const *cells,
                  size_t count, struct pg_rows *out, struct error *err)
{
    const char **names = arena_alloc(mem, (count + 1) * sizeof *names);

    for (size_t i = 0; i < count; i++)
        names[i] = cells[i]->name;
    const char *const values[] = { pg_of_texts(mem, names, count) };

    return pg_run(pg, mem, "forward_list", values, 1, out, err);
}

enum verdict
package_cells_read(struct pg *pg, struct arena *mem, const struct conf_cell *const *cells,
                   size_t count, const char *zone, struct pg_rows *out, struct error *err)
{
    const char **names = arena_alloc(mem, 3 * (count + 1) * sizeof *names);
    const char **units = names + count + 1, **spans = units + count + 1;

    for (size_t i = 0; i < count; i++) {
        names[i] = cells[i]->name;
        units[i] = cells[i]->options.unit;
        spans[i] = pg_of_int(mem, cells[i]->options.silent);
    }
    const char *const values[] = { pg_of_texts(mem, names, count), pg_of_texts(mem, units, count),
                                   pg_of_texts(mem, spans, count), pg_of_now(mem), zone };

    return pg_run(pg, mem, "forward_cells", values, 5, out, err);
}
