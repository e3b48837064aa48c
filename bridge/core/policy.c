/*
 * The database functions do the work; here they are called until nothing is left, and told why.
 */
#include "policy.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "run.h"
#include "text.h"

#define BATCH "5000"

static void
tally(struct policy_tally *to, struct arena *mem, const char *kind, int64_t n)
{
    for (size_t i = 0; i < to->count; i++)
        if (strcmp(to->items[i].kind, kind) == 0) {
            to->items[i].n += n;
            return;
        }
    if (to->count < sizeof to->items / sizeof to->items[0]) {
        to->items[to->count].kind = arena_copy(mem, kind);
        to->items[to->count++].n = n;
    }
}

/* Returns how many went. */
static int64_t
tally_rows(struct policy_tally *to, struct arena *mem, const struct pg_rows *rows)
{
    int64_t sum = 0;

    for (size_t i = 0; i < rows->count; i++) {
        int64_t n = pg_int(rows, i, "n");

        tally(to, mem, pg_named(rows, i, "kind"), n);
        sum += n;
    }
    return sum;
}

/* "90d", "12h" or "30s": the longest unit that says it whole. */
static const char *
span_text(struct arena *mem, long ms)
{
    static const struct {
        long ms;
        char letter;
    } units[] = { { 86400000, 'd' }, { 3600000, 'h' }, { 60000, 'm' } };

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (ms % units[i].ms == 0)
            return arena_format(mem, "%ld%c", ms / units[i].ms, units[i].letter);
    return arena_format(mem, "%ldms", ms);
}

static const char *
before_text(struct arena *mem, long keep)
{
    char *text = arena_alloc(mem, CLOCK_TEXT);

    if (!keep)
        return NULL;
    clock_text(clock_now() - (int64_t)keep * 1000, text);
    return text;
}

enum verdict
policy_look(struct pg *pg, struct arena *mem, const struct policy *policy, struct policy_tally *out,
            struct error *err)
{
    const char *values[] = { before_text(mem, policy->keep_bodies),
                             before_text(mem, policy->keep_movements) };
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "policy_due", values, 2, &rows, err);

    *out = (struct policy_tally){ .count = 0 };
    if (!v)
        (void)tally_rows(out, mem, &rows);
    return v;
}

/* One option of bridge.conf, batch after batch. */
static enum verdict
purge(struct pg *pg, struct arena *mem, const char *statement, const char *option, int64_t run_id,
      long keep, struct policy_tally *out, struct error *err)
{
    const char *why = arena_format(mem, "%s %s", option, span_text(mem, keep));
    const char *before = before_text(mem, keep);
    char at[CLOCK_TEXT];
    const char *values[] = { pg_of_int(mem, run_id), before, at, why, BATCH };
    struct pg_rows rows;
    enum verdict v = V_OK;
    bool more = keep > 0;

    while (!v && more) {
        struct arena *batch = arena_new("purge");

        clock_text(clock_now(), at);
        v = run_write(pg, batch, statement, values, 5, &rows, err);
        more = !v && tally_rows(out, mem, &rows) > 0;
        arena_free(batch);
    }
    return v;
}

enum verdict
policy_purge(struct pg *pg, struct arena *mem, struct contents *contents, int64_t run_id,
             const struct policy *policy, struct policy_tally *out, struct error *err)
{
    struct pg_rows erased;
    enum verdict v = pg_run(pg, mem, "policy_erased", NULL, 0, &erased, err);

    *out = (struct policy_tally){ .count = 0 };
    for (size_t i = 0; !v && i < erased.count; i++)
        v = policy_erase(pg, mem, contents, run_id, pg_int(&erased, i, "bridge_id"), NULL, NULL,
                         out, err);
    if (!v)
        v = purge(pg, mem, "policy_purge_bodies", "keep_bodies", run_id, policy->keep_bodies, out,
                  err);
    if (!v)
        v = purge(pg, mem, "policy_purge_movements", "keep_movements", run_id,
                  policy->keep_movements, out, err);
    return v;
}

enum verdict
policy_find(struct pg *pg, struct arena *mem, const char *number, const char *system,
            int64_t *bridge_id, struct error *err)
{
    if (!text_is_utf8(number, strlen(number), NULL))
        return error_set(err, V_REJECT, "erase.number", "the number is not UTF-8");
    const char *values[] = { text_number_norm(mem, number), system };
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "policy_find", values, 2, &rows, err);

    if (v)
        return v;
    if (!rows.count) {
        error_set(err, V_REJECT, "erase.number", "staging has no complaint of that number");
        error_hint(err, "Of records that are only held, \"held drop\" gives them up; \"ledger "
                        "purge\" then takes their bytes.");
        return V_REJECT;
    }
    if (rows.count > 1) {
        error_set(err, V_REJECT, "erase.several", "%zu complaints have that number", rows.count);
        error_hint(err, "Name the system behind the number: ledger erase NUMBER SYSTEM.");
        return V_REJECT;
    }
    *bridge_id = pg_int(&rows, 0, "bridge_id");
    return V_OK;
}

/* Before the rows that name them: a run that is killed in between finds them by these again. */
static enum verdict
erase_files(struct pg *pg, struct arena *mem, struct contents *contents, const char *id,
            struct policy_tally *out, struct error *err)
{
    const char *values[] = { id };
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "policy_contents", values, 1, &rows, err);

    for (size_t i = 0; !v && i < rows.count; i++) {
        const char *path = content_path(contents, mem, pg_named(&rows, i, "content"));

        if (path && unlink(path) == 0)
            tally(out, mem, "file", 1);
        else if (path && errno != ENOENT)
            v = error_set(err, V_FATAL, "erase.file", "could not remove \"%s\": %s", path,
                          strerror(errno));
    }
    return v;
}

enum verdict
policy_erase(struct pg *pg, struct arena *mem, struct contents *contents, int64_t run_id,
             int64_t bridge_id, const char *officer, const char *why, struct policy_tally *out,
             struct error *err)
{
    char at[CLOCK_TEXT];
    const char *id = pg_of_int(mem, bridge_id);
    const char *values[] = { pg_of_int(mem, run_id), id, at, officer, why };
    struct pg_rows rows;
    enum verdict v = erase_files(pg, mem, contents, id, out, err);

    clock_text(clock_now(), at);
    if (!v)
        v = run_write(pg, mem, "policy_erase", values, 5, &rows, err);
    if (!v)
        (void)tally_rows(out, mem, &rows);
    if (!v)
        v = run_write(pg, mem, "policy_erase_unread", values, 3, &rows, err);
    if (!v)
        (void)tally_rows(out, mem, &rows);
    return v;
}

enum verdict
policy_unsearched(struct pg *pg, struct arena *mem, int64_t bridge_id, struct pg_rows *out,
                  struct error *err)
{
    const char *values[] = { pg_of_int(mem, bridge_id) };

    return pg_run(pg, mem, "policy_unsearched", values, 1, out, err);
}
