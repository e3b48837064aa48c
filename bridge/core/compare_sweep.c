/*
 * A sweep finds what a cursor cannot: records that were written with a time that had long passed,
 * and records that are gone.
 */
#include "compare_parts.h"

#include "clock.h"

enum verdict
compare_sweep(struct compare *c, struct arena *mem, const char *system, const char *now,
              struct compare_swept *out, struct error *err)
{
    const char *values[] = { system, c->cut, now, pg_of_int(mem, c->run_id) };
    struct compare_swept before = *out;
    struct pg_rows rows;
    enum verdict v = pg_run(c->pg, mem, "compare_analyze", NULL, 0, NULL, err);

    if (!v)
        v = pg_run(c->pg, mem, "sweep_missed", values, 4, &rows, err);
    if (v)
        return v;
    *out = (struct compare_swept){ .listed = (long)pg_int(&rows, 0, "listed"),
                                   .missed = (long)pg_int(&rows, 0, "missed"),
                                   .ahead = (long)pg_int(&rows, 0, "ahead"),
                                   .unsure = (long)pg_int(&rows, 0, "unsure"),
                                   .vanished = before.vanished,
                                   .doubted = before.doubted,
                                   .known = before.known };
    return V_OK;
}

enum verdict
compare_release(struct compare *c, struct arena *mem, const char *system, const char *kept_from,
                struct error *err)
{
    const char *values[] = { system, c->cut, kept_from };

    return pg_run(c->pg, mem, "sweep_release", values, 3, NULL, err);
}

enum verdict
compare_sweep_vanished(struct compare *c, struct arena *mem, const char *system,
                       struct compare_swept *out, struct error *err)
{
    const char *values[] = { system, c->cut };
    struct pg_rows rows;
    enum verdict v = pg_begin(c->pg, err);

    if (v)
        return v;
    v = pg_run(c->pg, mem, "sweep_doubt", values, 1, &rows, err);
    if (!v) {
        out->known = (long)pg_int(&rows, 0, "known");
        out->doubted = pg_bool(&rows, 0, "doubted") ? (long)pg_int(&rows, 0, "gone") : 0;
    }
    if (!v && !out->doubted)
        v = pg_run(c->pg, mem, "sweep_vanished", values, 2, NULL, err);
    if (!v)
        v = pg_run(c->pg, mem, "sweep_back", values, 1, NULL, err);
    if (!v)
        v = pg_run(c->pg, mem, "sweep_gone", values, 1, &rows, err);
    if (!v)
        out->vanished = (long)pg_int(&rows, 0, "n");
    if (!v)
        v = pg_commit(c->pg, err);
    if (v)
        pg_rollback(c->pg);
    return v;
}

enum verdict
compare_sweep_keep(struct compare *c, struct arena *mem, const char *system,
                   const struct compare_swept *swept, long found, struct error *err)
{
    char at[CLOCK_TEXT];
    const char *values[] = {
        pg_of_int(mem, c->run_id),
        system,
        at,
        pg_of_int(mem, swept->listed),
        pg_of_int(mem, swept->missed),
        pg_of_int(mem, found),
    };
    enum verdict v = pg_begin(c->pg, err);

    if (v)
        return v;
    clock_text(clock_now(), at);
    v = pg_run(c->pg, mem, "sweep_keep", values, 6, NULL, err);
    if (!v)
        v = pg_commit(c->pg, err);
    if (v)
        pg_rollback(c->pg);
    return v;
}
