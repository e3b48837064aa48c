/* What a person asks of pairs and groups, and says. */
#include "match_parts.h"
#include "text.h"

enum verdict
match_list(struct pg *pg, struct arena *mem, const char *after_a, const char *after_b, long most,
           struct pg_rows *out, struct error *err)
{
    const char *values[] = { after_a, after_b, pg_of_int(mem, most) };

    return pg_run(pg, mem, "match_list", values, 3, out, err);
}

static enum verdict
ask(struct pg *pg, struct arena *mem, const char *name, int64_t id, struct pg_rows *out,
    struct error *err)
{
    const char *values[] = { pg_of_int(mem, id) };

    return pg_run(pg, mem, name, values, 1, out, err);
}

enum verdict
match_group(struct pg *pg, struct arena *mem, int64_t id, struct pg_rows *out, struct error *err)
{
    enum verdict v = ask(pg, mem, "match_group", id, out, err);

    if (!v && out->count == 1)
        out->count = 0;
    return v;
}

enum verdict
match_pairs(struct pg *pg, struct arena *mem, int64_t id, struct pg_rows *out, struct error *err)
{
    return ask(pg, mem, "match_of", id, out, err);
}

enum verdict
match_number(struct pg *pg, struct arena *mem, const char *number, struct pg_rows *out,
             struct error *err)
{
    const char *values[] = { text_number_norm(mem, number) };

    return pg_run(pg, mem, "match_number", values, 1, out, err);
}

enum verdict
match_say(struct pg *pg, struct arena *mem, int64_t run_id, int64_t a, int64_t b, const char *state,
          const char *who, const char *why, struct error *err)
{
    const char *values[] = { pg_of_int(mem, a < b ? a : b),
                             pg_of_int(mem, a < b ? b : a),
                             state,
                             who,
                             pg_of_now(mem),
                             why,
                             pg_of_int(mem, run_id) };
    enum verdict v = pg_begin(pg, err);

    if (!v)
        v = pg_run(pg, mem, "match_say", values, 7, NULL, err);
    if (!v)
        return pg_commit(pg, err);
    pg_rollback(pg);
    return v;
}

enum verdict
match_counts(struct pg *pg, struct arena *mem, struct pg_rows *out, struct error *err)
{
    return pg_run(pg, mem, "match_counts", NULL, 0, out, err);
}
