/*
 * A page gathers in lists (its records stay in the page's arena), and goes to the database in one
 * piece when it is committed: one COPY a stream, then the statements of the merge.
 */
#include "staging_parts.h"

#include <string.h>

#include "text.h"

#define SCRATCH_MAX ((size_t)1 << 20)

static const char *const temporary[] = {
    "stage_temp_complaint", "stage_temp_action", "stage_temp_attachment",
    "stage_temp_feedback",  "stage_temp_held",   "stage_temp_move",
};

static void
forget_page(struct staging *st)
{
    for (size_t i = 0; i < STAGED_STREAMS; i++) {
        st->lists[i] = (struct staged_list){ .first = NULL };
        st->lists[i].last = &st->lists[i].first;
    }
    st->held = NULL;
    st->held_last = &st->held;
    st->held_count = 0;
    st->ordinal = 0;
    st->offered = 0;
    st->apart = st->sealed = st->listed = false;
    st->m = NULL;
    st->call = NULL;
}

static void
release(void *handle)
{
    struct staging *st = handle;

    buf_release(&st->scratch);
}

enum verdict
staging_open(struct arena *mem, struct pg *pg, int64_t run_id, struct staging **out,
             struct error *err)
{
    struct staging *st = arena_alloc(mem, sizeof *st);
    enum verdict v = V_OK;

    st->pg = pg;
    st->run = pg_of_int(mem, run_id);
    buf_init(&st->scratch, SCRATCH_MAX);
    arena_defer(mem, release, st);
    forget_page(st);
    for (size_t i = 0; i < sizeof temporary / sizeof *temporary && !v; i++)
        v = pg_run(pg, mem, temporary[i], NULL, 0, NULL, err);
    *out = v ? NULL : st;
    return v;
}

void
staging_contents(struct staging *st, struct contents *contents)
{
    st->contents = contents;
}

void
staging_current(struct staging *st, bool current)
{
    st->current = current;
}

enum verdict
staging_begin(struct staging *st, const struct mapper *m, const struct map_call *call,
              struct error *err)
{
    if (st->m)
        return error_set(err, V_FATAL, "stage.begun", "a page is being staged already");
    if (!call->brings || staged_stream_of(call->brings) < 0)
        return error_set(err, V_FATAL, "stage.stream", "call \"%s\" brings nothing that is staged",
                         call->name);
    if (staging_seals(m->map) && !m->seal)
        return error_set(err, V_FATAL, "seal.key", "\"%s\" seals and there is no key for it",
                         m->map->system);
    forget_page(st);
    st->m = m;
    st->call = call;
    return pg_begin(st->pg, err);
}

void
staging_rollback(struct staging *st)
{
    pg_rollback(st->pg);
    forget_page(st);
}

/* ---- records ---- */

static const char *
text_of(const struct dict_stream *dict, const struct record *record, const char *name)
{
    return dict_value(dict, record, name)->text;
}

static const char *
norm_of(struct arena *mem, const char *number)
{
    return number && *number ? text_number_norm(mem, number) : NULL;
}

/* The bytes that a record came in, as they are kept, and their digest; rows of a database have none
 * of their own. Of a map that keeps none the digest is that of what its lines say. */
static void
find_raw(struct staging *st, struct arena *mem, const struct record *remote, const char *key,
         struct staged *item)
{
    item->raw = remote ? remote->raw : NULL;
    item->raw_len = item->raw ? remote->raw_len : 0;
    if (remote && (!item->raw || st->m->map->keep == KEEP_DIGEST))
        remote_pack(mem, st->m->map, remote, &item->raw, &item->raw_len);
    staging_digest(st->m, item->raw, item->raw_len, item->sha256);
    staging_keep(st->m, mem, staging_aad(mem, st->m->map->system, item->canonical->stream, key),
                 &item->raw, &item->raw_len);
}

/* Looked up when the record was checked. */
static const struct content_facts *
content_of(const struct staging *st, const struct dict_stream *dict, const struct record *record)
{
    const char *id = text_of(dict, record, "content");

    for (const struct looked *l = id ? st->looked : NULL; l; l = l->next)
        if (l->id == id)
            return &l->facts;
    return NULL;
}

static struct staged *
new_item(struct staging *st, struct arena *mem, enum staged_stream stream,
         const struct dict_stream *dict, const struct record *canonical,
         const struct record *remote)
{
    struct staged *item = arena_alloc(mem, sizeof *item);
    struct staged_list *list = &st->lists[stream];

    item->canonical = canonical;
    item->dict = dict;
    item->ordinal = ++st->ordinal;
    mapper_digest(st->m, canonical, item->digest);
    item->as_received = staging_as_received(st, mem, remote);
    if (stream == STAGED_ATTACHMENT)
        item->content = content_of(st, dict, canonical);
    *list->last = item;
    list->last = &item->next;
    list->count++;
    return item;
}

static const struct dict_stream *
dict_of(const struct staging *st, const struct record *canonical)
{
    const struct map_stream *stream = mapping_stream(st->m->map, canonical->stream);

    return stream ? stream->dict : NULL;
}

/* Size and type of what an attachment holds; one that the store does not have is not taken. */
static enum verdict
look_up(struct staging *st, struct arena *mem, const struct dict_stream *dict,
        const struct record *canonical, struct error *err)
{
    const char *id = text_of(dict, canonical, "content");
    struct looked *looked;
    enum verdict v;

    if (!id)
        return V_OK;
    if (!st->contents)
        return error_set(err, V_FATAL, "stage.contents", "no content store is open");
    looked = arena_alloc(mem, sizeof *looked);
    v = content_look(st->contents, mem, id, &looked->facts, err);
    if (v == V_REJECT)
        error_at(err, "content", NULL);
    looked->id = id;
    looked->next = st->looked;
    st->looked = looked;
    return v;
}

/* Whether the record and all that is nested in it would be taken by the tables. A nested one that
 * is nothing without a field that is held alone is left out later. */
static enum verdict
check_all(struct staging *st, struct arena *mem, const struct record *canonical, bool nested,
          struct error *err)
{
    const struct dict_stream *dict = dict_of(st, canonical);
    int stream = staged_stream_of(canonical->stream);
    const struct error *apart;
    enum verdict v;

    if (!dict || stream < 0)
        return error_set(err, V_FATAL, "stage.stream", "stream \"%s\" is not staged",
                         canonical->stream);
    v = staging_fits((enum staged_stream)stream, dict, canonical, err);
    apart = v == V_REJECT ? staging_apart(canonical, err->field) : NULL;
    if (apart && nested)
        return V_OK;
    if (apart)
        *err = *apart;
    if (!v)
        v = staging_seal_fits(st, dict, canonical, err);
    if (!v && stream == STAGED_ATTACHMENT)
        v = look_up(st, mem, dict, canonical, err);
    for (const struct record *c = canonical->child; c && !v; c = c->next)
        v = check_all(st, mem, c, true, err);
    return v;
}

static void
put_nested(struct staging *st, struct arena *mem, const struct staged *above, const char *number,
           const struct record *canonical, const struct record *whole)
{
    const struct record *remote = whole ? whole->child : NULL;

    for (; canonical; canonical = canonical->next, remote = remote ? remote->next : NULL) {
        enum staged_stream stream = (enum staged_stream)staged_stream_of(canonical->stream);
        const struct dict_stream *dict = dict_of(st, canonical);
        const char *key = canonical->apart ? text_of(dict, canonical, "key") : NULL;
        struct error err;

        if (canonical->apart)
            key = arena_format(mem, "%s#%s", number, key ? key : "");
        if (canonical->apart && staging_fits(stream, dict, canonical, &err) != V_OK) {
            staging_hold_apart(st, mem, canonical, remote, whole, key, number, 0);
            continue;
        }
        struct staged *item = new_item(st, mem, stream, dict, canonical, remote);

        item->parent = number;
        item->parent_ordinal = above->ordinal;
        staging_hold_apart(st, mem, canonical, remote, whole, key, number, item->ordinal);
    }
}

static void
name_apart(struct arena *mem, struct staged *item)
{
    for (const struct field_fault *f = item->canonical->apart; f; f = f->next)
        item->apart =
            item->apart ? arena_format(mem, "%s %s", item->apart, f->why->field) : f->why->field;
}

static enum verdict
put_fitting(struct staging *st, struct arena *mem, const struct record *canonical,
            const struct record *remote, struct error *err)
{
    const struct dict_stream *dict = dict_of(st, canonical);
    enum staged_stream stream = (enum staged_stream)staged_stream_of(canonical->stream);
    struct staged *item = new_item(st, mem, stream, dict, canonical, remote);
    const char *number = text_of(dict, canonical, "number");
    const char *key = number;
    enum verdict v = V_OK;

    if (stream != STAGED_COMPLAINT)
        key = arena_format(mem, "%s#%s", number ? number : "", text_of(dict, canonical, "key"));
    find_raw(st, mem, remote, key, item);
    if (stream == STAGED_COMPLAINT) {
        const char *origin = text_of(dict, canonical, "origin");

        item->norm = norm_of(mem, number);
        st->listed = st->listed || text_of(dict, canonical, "row_digest");
        if (origin && *origin)
            item->origin_norm = norm_of(mem, text_of(dict, canonical, "origin_number"));
        name_apart(mem, item);
        v = staging_seal_values(st, mem, item, err);
        put_nested(st, mem, item, number, canonical->child, remote);
        staging_hold_apart(st, mem, canonical, remote, remote, key, NULL, item->ordinal);
    } else {
        item->parent = number ? number : "";
        if (remote) {
            const char *aad = staging_aad(mem, st->m->map->system, canonical->stream, key);

            remote_pack(mem, st->m->map, remote, &item->packed, &item->packed_len);
            staging_keep_mapped(st->m, mem, aad, &item->packed, &item->packed_len);
        }
        staging_hold_apart(st, mem, canonical, remote, remote, key, item->parent, item->ordinal);
    }
    st->offered++;
    return v;
}

enum verdict
staging_put(struct staging *st, struct arena *mem, const struct record *canonical,
            const struct record *remote, struct error *err)
{
    struct error why;
    enum verdict v;

    if (!st->m)
        return error_set(err, V_FATAL, "stage.begun", "no page is being staged");
    st->looked = NULL;
    v = check_all(st, mem, canonical, false, &why);
    if (v == V_REJECT)
        return staging_set_aside(st, mem, remote, &why, err);
    if (v) {
        *err = why;
        return v;
    }
    return put_fitting(st, mem, canonical, remote, err);
}

/* ---- the end of a page ---- */

static enum verdict
set_cursor(struct staging *st, struct arena *mem, const char *at, const char *key,
           struct error *err)
{
    const char *values[] = { st->run, st->m->map->system, st->call->name, at, key ? key : "" };

    return at ? pg_run(st->pg, mem, "stage_cursor_set", values, 5, NULL, err) : V_OK;
}

enum verdict
staging_commit(struct staging *st, struct arena *mem, const char *cursor_at, const char *cursor_key,
               struct tally *out, struct error *err)
{
    struct tally tally = { 0 };
    enum verdict v;

    if (!st->m)
        return error_set(err, V_FATAL, "stage.begun", "no page is being staged");
    v = staging_copy(st, err);
    if (!v)
        v = staging_merge(st, mem, &tally, err);
    if (!v)
        v = set_cursor(st, mem, cursor_at, cursor_key, err);
    if (!v)
        v = pg_commit(st->pg, err);
    if (v == V_REJECT)
        error_hint(err, "If units were changed, run \"cctns-bridge schema apply\".");
    if (v)
        error_within(err, "could not stage a page of \"%s\"", st->m->map->system);
    else if (out)
        *out = tally;
    if (v)
        staging_rollback(st);
    else
        forget_page(st);
    return v;
}

enum verdict
staging_cursor(struct staging *st, struct arena *mem, const char *system, const char *call,
               const char **at, const char **key, struct error *err)
{
    const char *values[] = { system, call };
    struct pg_rows rows;
    enum verdict v = pg_run(st->pg, mem, "stage_cursor_get", values, 2, &rows, err);

    *at = *key = NULL;
    if (!v && rows.count) {
        *at = pg_named(&rows, 0, "at");
        *key = pg_named(&rows, 0, "key");
    }
    return v;
}
