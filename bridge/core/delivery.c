/*
 * Plan and claim. Everything is set-based: one statement plans for a whole system, one takes up a
 * batch, and one per stream loads what the batch is to say. Content is read at the claim, not at
 * the plan, so that what goes out is what staging means now.
 */
#include "delivery.h"

#include "clock.h"

#include <string.h>

enum { MOVES_MAX = 16, CONTENT_STREAMS = 4 };

static const struct {
    const char *stream, *statement;
    bool to_portal, to_police; /* the systems that it is sent to */
} contents[CONTENT_STREAMS] = {
    { "complaint", "delivery_content_complaint", false, true },
    { "action", "delivery_content_action", true, true },
    { "feedback", "delivery_content_feedback", false, true },
    { "attachment", "delivery_content_attachment", true, true },
};

char
delivery_class(const struct mapping *map, const struct map_call *call)
{
    if (call->keyed)
        return 'A';
    return mapping_call(map, "find") ? 'B' : 'C';
}

static const char *
class_of_stream(struct arena *mem, const struct mapping *target, size_t content)
{
    const struct map_call *call;

    if (!(target->role == ROLE_POLICE && contents[content].to_police) &&
        !(target->role == ROLE_PORTAL && contents[content].to_portal))
        return NULL;
    call = mapping_carrier(target, contents[content].stream);
    return call ? arena_format(mem, "%c", delivery_class(target, call)) : NULL;
}

/* Those that were kept back from whom they are against, and are marked elsewhere by now. */
static enum verdict
free_barred(struct pg *pg, struct arena *mem, int64_t run_id, const struct mapping *target,
            struct error *err)
{
    const char *values[] = { target->system };
    struct pg_rows rows = { 0 };
    enum verdict v = V_OK;

    if (target->role == ROLE_POLICE)
        v = pg_run(pg, mem, "plan_unbarred", values, 1, &rows, err);
    for (size_t i = 0; !v && i < rows.count; i++)
        v = delivery_order(pg, mem, run_id, pg_named(&rows, i, "delivery_id"), E_REPLAY, "bridge",
                           "marked elsewhere since", err);
    return v;
}

enum verdict
delivery_plan(struct pg *pg, struct arena *mem, int64_t run_id, const struct mapping *target,
              long *planned, struct error *err)
{
    const char *from[MOVES_MAX], *to[MOVES_MAX], *debit[MOVES_MAX], *credit[MOVES_MAX];
    bool own = !pg_in_transaction(pg);
    size_t moves = 0;
    struct pg_rows rows;
    enum verdict v = V_OK;

    *planned = 0;
    for (const struct lifecycle_rule *rule = lifecycle; rule->say; rule++) {
        if (rule->event != E_NEWER || moves == MOVES_MAX)
            continue;
        from[moves] = delivery_state_name(rule->from);
        to[moves] = delivery_state_name(rule->to);
        debit[moves] = rule->debit;
        credit[moves++] = rule->credit;
    }

    const char *values[] = {
        pg_of_int(mem, run_id),
        target->system,
        pg_of_now(mem),
        class_of_stream(mem, target, 0),
        class_of_stream(mem, target, 1),
        class_of_stream(mem, target, 2),
        target->dispose_satisfied ? "true" : "false",
        pg_of_texts(mem, from, moves),
        pg_of_texts(mem, to, moves),
        pg_of_texts(mem, debit, moves),
        pg_of_texts(mem, credit, moves),
        class_of_stream(mem, target, 3),
    };

    if (own) {
        v = free_barred(pg, mem, run_id, target, err);
        if (!v)
            v = pg_begin(pg, err);
    }
    if (!v)
        v = pg_run(pg, mem, "plan_one_plans", NULL, 0, NULL, err);
    if (!v)
        v = pg_run(pg, mem, "plan_clock_back", &values[1], 2, NULL, err);
    if (!v)
        v = pg_run(pg, mem, "plan_by_sets", NULL, 0, NULL, err);
    if (!v)
        v = pg_run(pg, mem, "plan_add", values, sizeof values / sizeof *values, &rows, err);
    if (!v)
        *planned = (long)pg_int(&rows, 0, "planned");
    if (!v && own)
        v = pg_commit(pg, err);
    if (v && own)
        pg_rollback(pg);
    return v;
}

/* The row's columns are named as the dictionary names the fields of the stream. */
static struct record *
record_of_row(struct arena *mem, const struct map_stream *stream, const struct pg_rows *rows,
              size_t row)
{
    const struct dict_stream *dict = stream->dict;
    struct record *record = arena_alloc(mem, sizeof *record);

    record->stream = stream->name;
    record->count = dict->count;
    record->fields = arena_alloc(mem, dict->count * sizeof *record->fields);
    for (size_t i = 0; i < dict->count; i++) {
        const char *text = pg_named(rows, row, dict->fields[i].name);

        record->fields[i].text = text;
        record->fields[i].len = text ? strlen(text) : 0;
    }
    return record;
}

static struct delivery *
delivery_find(struct delivery *items, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(items[i].id, id))
            return &items[i];
    return NULL;
}

static enum verdict
load_content(struct pg *pg, struct arena *mem, const struct mapping *target, const char *stream,
             const char *statement, struct delivery *items, size_t count, struct error *err)
{
    const struct map_stream *lines = mapping_stream(target, stream);
    const char **ids = arena_alloc(mem, (count + 1) * sizeof *ids);
    struct pg_rows rows;
    size_t n = 0;
    enum verdict v;

    for (size_t i = 0; i < count; i++)
        if (!strcmp(items[i].stream, stream))
            ids[n++] = items[i].id;
    if (!n || !lines)
        return V_OK;

    const char *values[] = { target->system, pg_of_texts(mem, ids, n) };

    v = pg_run(pg, mem, statement, values, 2, &rows, err);
    if (v)
        return v;
    for (size_t row = 0; row < rows.count; row++) {
        struct delivery *d = delivery_find(items, count, pg_named(&rows, row, "delivery_id"));

        if (!d)
            continue;
        d->canonical = record_of_row(mem, lines, &rows, row);
        d->barred = pg_named(&rows, row, "barred");
    }
    return V_OK;
}

static enum verdict
load_items(struct pg *pg, struct arena *mem, const struct mapping *target,
           const struct pg_rows *rows, struct delivery **out, size_t *out_count, struct error *err)
{
    struct delivery *items = arena_alloc(mem, (rows->count + 1) * sizeof *items);
    enum verdict v = V_OK;

    for (size_t i = 0; i < rows->count; i++) {
        const char *key = pg_named(rows, i, "key");

        items[i].id = pg_named(rows, i, "delivery_id");
        items[i].stream = pg_named(rows, i, "stream");
        items[i].attempt = (long)pg_int(rows, i, "attempts");
        items[i].key = *key ? arena_format(mem, "%s#%s", pg_named(rows, i, "number"), key)
                            : pg_named(rows, i, "number");
    }
    for (size_t i = 0; !v && i < CONTENT_STREAMS; i++)
        v = load_content(pg, mem, target, contents[i].stream, contents[i].statement, items,
                         rows->count, err);
    *out = items;
    *out_count = rows->count;
    return v;
}

enum verdict
delivery_claim(struct pg *pg, struct arena *mem, int64_t run_id, const struct mapping *target,
               const struct map_call *call, long count, struct delivery **out, size_t *out_count,
               struct error *err)
{
    const struct lifecycle_rule *rule = lifecycle_find(S_PLANNED, E_CLAIM);
    const char *run = pg_of_int(mem, run_id), *now = pg_of_now(mem);
    struct pg_rows rows;
    enum verdict v;

    *out = NULL;
    *out_count = 0;
    v = pg_begin(pg, err);
    if (v)
        return v;

    const char *values[] = { run,
                             now,
                             target->system,
                             call->carries,
                             pg_of_int(mem, count),
                             delivery_state_name(rule->to),
                             mapping_carrier(target, "attachment") ? "true" : "false" };
    const char *files[] = { run, now, target->system, values[4], values[5] };

    v = pg_run(pg, mem, "delivery_one_claims", &target->system, 1, NULL, err);
    if (!v)
        v = pg_run(pg, mem, "delivery_in_order", NULL, 0, NULL, err);
    if (!v && strcmp(call->carries, "attachment") == 0)
        v = pg_run(pg, mem, "delivery_claim_files", files, 5, &rows, err);
    else if (!v)
        v = pg_run(pg, mem, "delivery_claim", values, sizeof values / sizeof *values, &rows, err);
    if (!v)
        v = load_items(pg, mem, target, &rows, out, out_count, err);
    if (!v && *out_count) {
        const char **ids = arena_alloc(mem, *out_count * sizeof *ids);
        const char **debit = arena_alloc(mem, *out_count * sizeof *debit);
        const char **credit = arena_alloc(mem, *out_count * sizeof *credit);
        const char **reason = arena_alloc(mem, *out_count * sizeof *reason);

        for (size_t i = 0; i < *out_count; i++) {
            ids[i] = (*out)[i].id;
            debit[i] = rule->debit;
            credit[i] = rule->credit;
        }

        const char *books[] = { run,
                                now,
                                pg_of_texts(mem, ids, *out_count),
                                pg_of_texts(mem, debit, *out_count),
                                pg_of_texts(mem, credit, *out_count),
                                pg_of_texts(mem, reason, *out_count) };

        v = pg_run(pg, mem, "delivery_books", books, sizeof books / sizeof *books, NULL, err);
    }
    if (!v)
        v = pg_commit(pg, err);
    if (v) {
        pg_rollback(pg);
        *out = NULL;
        *out_count = 0;
        error_within(err, "outbox of \"%s\"", target->system);
    }
    return v;
}

enum verdict
delivery_doubts(struct pg *pg, struct arena *mem, int64_t run_id, const struct mapping *target,
                const char *after, long count, struct delivery **out, size_t *out_count,
                struct error *err)
{
    const char *values[] = { target->system, after, pg_of_int(mem, count) };
    struct pg_rows rows;
    enum verdict v;

    (void)run_id;
    *out = NULL;
    *out_count = 0;
    v = pg_run(pg, mem, "delivery_doubts", values, 3, &rows, err);
    return v ? v : load_items(pg, mem, target, &rows, out, out_count, err);
}
