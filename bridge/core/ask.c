/*
 * Thin by intent: what is shown is decided by sql/queries/status.sql and held.sql.
 */
#include "ask.h"

#include "clock.h"
#include "run.h"

enum verdict
ask_status(struct pg *pg, struct arena *mem, struct ask_status *out, struct error *err)
{
    char at[CLOCK_TEXT];
    const char *now[] = { at };
    const struct {
        const char *statement;
        size_t values;
        struct pg_rows *rows;
    } questions[] = {
        { "status_systems", 0, &out->systems },
        { "status_cursors", 1, &out->cursors },
        { "status_backlog", 0, &out->backlog },
        { "status_held", 0, &out->held },
        { "status_runs", 0, &out->runs },
        { "status_missed", 1, &out->missed },
        { "status_fed", 1, &out->fed },
        { "status_left", 0, &out->left },
        { "status_recovered", 0, &out->recovered },
        { "message_counts", 0, &out->messages },
    };
    enum verdict v = V_OK;

    clock_text(clock_now(), at);
    for (size_t i = 0; i < sizeof questions / sizeof *questions && !v; i++)
        v = pg_run(pg, mem, questions[i].statement, now, questions[i].values, questions[i].rows,
                   err);
    return v;
}

enum verdict
ask_held_list(struct pg *pg, struct arena *mem, const char *system, const char *reason,
              int64_t after, long limit, struct pg_rows *out, struct error *err)
{
    const char *values[] = { system, reason, pg_of_int(mem, after), pg_of_int(mem, limit) };

    return pg_run(pg, mem, "held_list", values, 4, out, err);
}

enum verdict
ask_held_show(struct pg *pg, struct arena *mem, int64_t held_id, struct pg_rows *out,
              struct error *err)
{
    const char *values[] = { pg_of_int(mem, held_id) };
    enum verdict v = pg_run(pg, mem, "held_show", values, 1, out, err);

    if (!v && out->count == 0)
        v = error_set(err, V_REJECT, "held.unknown", "nothing is held under the number %lld",
                      (long long)held_id);
    return v;
}

enum verdict
ask_held_newest(struct pg *pg, struct arena *mem, int64_t *newest, struct error *err)
{
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "held_newest", NULL, 0, &rows, err);

    *newest = v ? 0 : pg_int(&rows, 0, "newest");
    return v;
}

enum verdict
ask_held_ready(struct pg *pg, struct arena *mem, const char *system, int64_t after, int64_t upto,
               long limit, struct pg_rows *out, struct error *err)
{
    const char *values[] = { system, pg_of_int(mem, after), pg_of_int(mem, upto),
                             pg_of_int(mem, limit) };

    return pg_run(pg, mem, "held_ready", values, 4, out, err);
}

/* Ends one, or says why not. */
static enum verdict
end_one(struct pg *pg, struct arena *mem, int64_t held_id, const char *becomes, const char *who,
        const char *why, bool also_deliveries, struct error *err)
{
    char at[CLOCK_TEXT];
    const char *values[] = { pg_of_int(mem, held_id),    at, becomes, who, why,
                             also_deliveries ? "t" : "f" };
    struct pg_rows rows;
    enum verdict v;

    clock_text(clock_now(), at);
    v = run_write(pg, mem, "held_end", values, 6, &rows, err);
    if (v || rows.affected == 1)
        return v;
    v = ask_held_show(pg, mem, held_id, &rows, err);
    if (v)
        return v;
    if (pg_named(&rows, 0, "state")[0] != 'o')
        return error_set(err, V_REJECT, "held.ended", "number %lld is %s already",
                         (long long)held_id, pg_named(&rows, 0, "state"));
    return error_set(err, V_REJECT, "held.delivery", "number %lld is a delivery",
                     (long long)held_id);
}

enum verdict
ask_held_replayed(struct pg *pg, struct arena *mem, int64_t held_id, const char *who,
                  const char *why, struct error *err)
{
    return end_one(pg, mem, held_id, "replayed", who, why, true, err);
}

enum verdict
ask_held_settled(struct pg *pg, struct arena *mem, int64_t held_id, const char *who,
                 const char *why, struct error *err)
{
    return end_one(pg, mem, held_id, "settled", who, why, false, err);
}

enum verdict
ask_held_drop(struct pg *pg, struct arena *mem, int64_t held_id, const char *who, const char *why,
              struct error *err)
{
    return end_one(pg, mem, held_id, "dropped", who, why, false, err);
}
