/*
 * Writing. A batch is one transaction; when any item of it fails, all is rolled back and each item
 * goes again alone, so that a failure is its own record's. An item that was applied before fails on
 * the key of the interface table; then its receipt is read, and it is done. Only a connection that
 * goes during the commit leaves a doubt.
 *
 * A failure that no table knows (HY000 and the like) is put down to the record when the connection
 * still answers and other records of the batch fare better; when it meets all of several, something
 * else is wrong, and nothing is refused.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "odbc_peer.h"

struct push {
    struct adapter *a;
    struct arena *mem;
    const struct map_call *call;
    struct plan_call *plan; /* of the open connection */
    char now[CLOCK_TEXT];
};

static void
answer(struct push *push, struct push_item *item, enum verdict v, const struct error *err)
{
    const struct odbc_state *state = push->a->state;
    const struct odbc_said *said = state->db ? odbc_said(state->db) : NULL;

    item->verdict = v;
    item->said = arena_copy(push->mem, err->code);
    item->detail = arena_copy(push->mem, err->text);
    if (said && said->state[0] && !strncmp(err->code, "odbc.", 5) &&
        !strcmp(err->code + 5, said->state)) {
        item->said = arena_copy(push->mem, said->state);
        item->detail = arena_copy(push->mem, said->text);
    }
}

static enum verdict
run_for(struct push *push, struct plan_sql *sql, const struct push_item *item,
        struct odbc_rows *rows, struct error *err)
{
    struct adapter_var vars[] = { { "delivery", item->delivery }, { "now", push->now } };

    return peer_run(push->a, push->mem, sql, vars, 2, item->record, rows, err);
}

static enum verdict
read_receipt(struct push *push, struct push_item *item, bool *found, struct error *err)
{
    struct odbc_rows rows;
    enum verdict v;

    *found = false;
    if (!push->plan->receipt)
        return V_OK;
    v = run_for(push, push->plan->receipt, item, &rows, err);
    if (v || rows.count == 0)
        return v;
    *found = true;
    item->receipt = rows.column_count > 0 ? rows.items[0].fields[0].text : NULL;
    return V_OK;
}

/* Every statement of one item, in the open transaction. */
static enum verdict
apply(struct push *push, struct push_item *item, struct error *err)
{
    enum verdict v = V_OK;
    bool found;

    for (size_t i = 0; !v && i < push->plan->count; i++) {
        struct plan_sql *sql = &push->plan->sql[i];
        struct odbc_rows rows;

        v = run_for(push, sql, item, &rows, err);
        if (!v && sql->expect != PLAN_ANY && rows.affected != sql->expect) {
            char where[sizeof err->where];

            v = error_set(err, V_REJECT, "odbc.expect",
                          "the statement touched %ld rows where %ld were expected", rows.affected,
                          sql->expect);
            snprintf(where, sizeof where, "%s:%d", push->a->map->path, sql->line);
            error_at(err, NULL, where);
        }
    }
    return v ? v : read_receipt(push, item, &found, err);
}

/* Was it done by an earlier try, whose answer never came? Not V_OK: that could not be asked. */
static enum verdict
done_before(struct push *push, struct push_item *item, bool *found, struct error *err)
{
    struct odbc_state *state = push->a->state;
    enum verdict v = V_OK;

    *found = false;
    if (push->call->keyed)
        v = read_receipt(push, item, found, err);
    odbc_rollback(state->db);
    return v;
}

/* Whether the database still answers: by the receipt's query, else by "find"; with neither nobody
 * can tell. */
static bool
answers(struct push *push, struct push_item *item)
{
    struct adapter *a = push->a;
    const struct adapter_var vars[] = { { "delivery", item->delivery } };
    const struct map_call *find = mapping_call(a->map, "find");
    struct odbc_state *state = a->state;
    struct error ignored;
    struct page page;
    enum verdict v = V_FATAL;
    bool found;

    if (!state->db || odbc_lost(state->db))
        return false;
    if (push->plan->receipt)
        v = read_receipt(push, item, &found, &ignored);
    else if (find && find->brings)
        v = a->ops->pull(a, push->mem, find, vars, 1, &page, &ignored);
    if (!state->db)
        return false;
    odbc_rollback(state->db);
    push->plan = peer_call(a, push->call); /* the question may have made another connection */
    return v == V_OK;
}

/* A failure that no table knows: V_FATAL for want of anything better. */
static bool
is_unknown(const struct push *push, enum verdict v, const struct error *err)
{
    const struct odbc_state *state = push->a->state;

    return v == V_FATAL && state->db && !strncmp(err->code, "odbc.", 5) &&
           !strcmp(err->code + 5, odbc_said(state->db)->state) && odbc_unknown(state->db);
}

/* One item in its own transaction. *unknown: it was refused for a failure that no table knows. */
static enum verdict
apply_alone(struct push *push, struct push_item *item, bool *unknown, struct error *err)
{
    struct odbc_state *state = push->a->state;
    enum verdict v = peer_connect(push->a, err);
    bool found = false;

    *unknown = false;
    if (v)
        goto out;
    /* After a new connection the map is compiled anew. */
    push->plan = peer_call(push->a, push->call);
    v = apply(push, item, err);
    if (!v)
        v = odbc_commit(state->db, err);
    if (!v) {
        item->verdict = V_OK;
        return V_OK;
    }
    odbc_rollback(state->db);
    *unknown = is_unknown(push, v, err);
out:
    answer(push, item, v, err);
    if (*unknown)
        item->verdict = v = answers(push, item) ? V_REJECT : V_RETRY;
    if (v == V_REJECT) {
        struct error asking;

        if (done_before(push, item, &found, &asking)) {
            *err = asking;
            item->verdict = v = V_RETRY;
        }
    }
    if (found) {
        item->verdict = V_OK;
        item->said = "applied before";
        item->detail = NULL;
        return V_OK;
    }
    if (state->db && odbc_lost(state->db))
        peer_leave(push->a);
    return v;
}

/* All of them in one transaction. Anything but V_OK: nothing is done, or (V_IN_DOUBT) unknown. */
static enum verdict
apply_together(struct push *push, struct push_item *items, size_t count, struct error *err)
{
    struct odbc_state *state = push->a->state;
    enum verdict v = V_OK;

    for (size_t i = 0; !v && i < count; i++)
        v = apply(push, &items[i], err);
    if (!v)
        v = odbc_commit(state->db, err);
    for (size_t i = 0; i < count; i++) {
        if (v)
            items[i].receipt = NULL;
        if (v == V_IN_DOUBT)
            answer(push, &items[i], v, err);
        else if (!v)
            items[i].verdict = V_OK;
    }
    if (v)
        odbc_rollback(state->db);
    if (odbc_lost(state->db))
        peer_leave(push->a);
    return v;
}

/* What was not reached is surely not done. */
static void
leave_rest(struct push *push, struct push_item *items, size_t count, enum verdict v,
           const struct error *err)
{
    for (size_t i = 0; i < count; i++)
        answer(push, &items[i], v == V_FATAL ? V_FATAL : V_RETRY, err);
}

enum verdict
peer_push(struct adapter *a, struct arena *mem, const struct map_call *call,
          struct push_item *items, size_t count, struct error *err)
{
    struct push push = { .a = a, .mem = mem, .call = call };
    struct odbc_state *state = a->state;
    const char *call_name = call->name;
    size_t unknowns = 0;
    enum verdict v = peer_connect(a, err);

    for (size_t i = 0; i < count; i++)
        items[i].receipt = items[i].said = items[i].detail = NULL;
    if (v)
        goto none;
    clock_text(clock_now(), push.now);
    push.plan = peer_call(a, call);
    if (push.plan->count == 0 || !push.plan->stream) {
        v = error_set(err, V_FATAL, "odbc.dialect", "call \"%s\" has no sql for \"%s\"", call_name,
                      odbc_about(state->db)->dbms);
        goto none;
    }
    if (count > 1) {
        v = apply_together(&push, items, count, err);
        if (!v)
            return V_OK;
        if (v == V_IN_DOUBT) {
            error_within(err, "call \"%s\"", call_name);
            return V_RETRY; /* the items are in doubt; the peer is to be asked another time */
        }
        if (v == V_RETRY || (v == V_FATAL && !is_unknown(&push, v, err)))
            goto none;
    }
    for (size_t i = 0; i < count; i++) {
        struct error own;
        bool unknown;

        v = apply_alone(&push, &items[i], &unknown, &own);
        if (v == V_REJECT && unknown) {
            *err = own;
            unknowns++;
        }
        if (v == V_OK || v == V_REJECT)
            continue;
        *err = own;
        error_within(err, "call \"%s\"", call_name);
        leave_rest(&push, items + i + 1, count - i - 1, v, err);
        return v == V_IN_DOUBT ? V_RETRY : v;
    }
    if (count == 1 || unknowns < count)
        return V_OK;
    v = V_FATAL;
none:
    error_within(err, "call \"%s\"", call_name);
    leave_rest(&push, items, count, v, err);
    return v;
}
