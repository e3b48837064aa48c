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

enum verdict
staging_begin(struct staging *st, const struct mapper *m, const struct map_call *call,
              struct error *err)
{
    if (st->m)
        return error_set(err, V_FATAL, "stage.begun", "a page is being staged already");
    if (!call->brings || staged_stream_of(call->brings) < 0)
        return error_set(err, V_FATAL, "stage.stream", "call \"%s\" brings nothing that is staged",
                         call->name);
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

static const struct field *
find_field(const struct dict_stream *dict, const struct record *record, const char *name)
{
    long slot = dict_slot(dict, name);

    return slot < 0 || !record->fields[slot].text ? NULL : &record->fields[slot];
}

static const char *
text_of(const struct dict_stream *dict, const struct record *record, const char *name)
{
    const struct field *field = find_field(dict, record, name);

    return field ? field->text : NULL;
}

static const char *
norm_of(struct arena *mem, const char *number)
{
    return number && *number ? text_number_norm(mem, number) : NULL;
}

/* The bytes that a record came in; rows of a database have none of their own. */
static void
find_raw(struct staging *st, struct arena *mem, const struct record *remote, const char **raw,
         size_t *len)
{
    *raw = NULL;
    *len = 0;
    if (remote && remote->raw) {
        *raw = remote->raw;
        *len = remote->raw_len;
    } else if (remote) {
        remote_pack(mem, st->m->map, remote, raw, len);
    }
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

/* Whether the record and all that is nested in it would be taken by the tables. */
static enum verdict
check_all(const struct staging *st, const struct record *canonical, struct error *err)
{
    const struct dict_stream *dict = dict_of(st, canonical);
    int stream = staged_stream_of(canonical->stream);
    enum verdict v;

    if (!dict || stream < 0)
        return error_set(err, V_FATAL, "stage.stream", "stream \"%s\" is not staged",
                         canonical->stream);
    v = staging_fits((enum staged_stream)stream, dict, canonical, err);
    for (const struct record *c = canonical->child; c && !v; c = c->next)
        v = check_all(st, c, err);
    return v;
}

static void
put_nested(struct staging *st, struct arena *mem, const struct staged *above, const char *number,
           const struct record *canonical, const struct record *remote)
{
    for (; canonical; canonical = canonical->next) {
        int stream = staged_stream_of(canonical->stream);
        struct staged *item = new_item(st, mem, (enum staged_stream)stream, dict_of(st, canonical),
                                       canonical, remote);

        item->parent = number;
        item->parent_ordinal = above->ordinal;
        remote = remote ? remote->next : NULL;
    }
}

static enum verdict
put_fitting(struct staging *st, struct arena *mem, const struct record *canonical,
            const struct record *remote)
{
    const struct dict_stream *dict = dict_of(st, canonical);
    enum staged_stream stream = (enum staged_stream)staged_stream_of(canonical->stream);
    struct staged *item = new_item(st, mem, stream, dict, canonical, remote);
    const char *number = text_of(dict, canonical, "number");

    find_raw(st, mem, remote, &item->raw, &item->raw_len);
    digest_of(item->raw ? item->raw : "", item->raw_len, item->sha256);
    if (stream == STAGED_COMPLAINT) {
        const char *origin = text_of(dict, canonical, "origin");

        item->norm = norm_of(mem, number);
        if (origin && *origin)
            item->origin_norm = norm_of(mem, text_of(dict, canonical, "origin_number"));
        put_nested(st, mem, item, number, canonical->child, remote ? remote->child : NULL);
    } else {
        item->parent = number ? number : "";
        if (remote)
            remote_pack(mem, st->m->map, remote, &item->packed, &item->packed_len);
    }
    st->offered++;
    return V_OK;
}

enum verdict
staging_put(struct staging *st, struct arena *mem, const struct record *canonical,
            const struct record *remote, struct error *err)
{
    struct error why;
    enum verdict v;

    if (!st->m)
        return error_set(err, V_FATAL, "stage.begun", "no page is being staged");
    v = check_all(st, canonical, &why);
    if (v == V_REJECT)
        return staging_set_aside(st, mem, remote, &why, err);
    if (v) {
        *err = why;
        return v;
    }
    return put_fitting(st, mem, canonical, remote);
}

/* ---- held ---- */

/* Up to the first byte that is not UTF-8: a message that was cut may end inside a character. */
static const char *
whole_text(struct arena *mem, const char *text)
{
    size_t len = strlen(text), bad = len;

    if (!len)
        return NULL;
    return text_is_utf8(text, len, &bad) ? arena_text(mem, text, len) : arena_text(mem, text, bad);
}

static const char *
key_of(const struct staging *st, struct arena *mem, const struct record *remote,
       const char **parent)
{
    const char *number, *key;

    *parent = NULL;
    if (!remote)
        return NULL;
    number = mapper_in_field(st->m, mem, remote, "number");
    if (staged_stream_of(st->call->brings) == STAGED_COMPLAINT)
        return number;
    *parent = number;
    key = mapper_in_field(st->m, mem, remote, "key");
    return number && key ? arena_format(mem, "%s#%s", number, key) : key;
}

enum verdict
staging_set_aside(struct staging *st, struct arena *mem, const struct record *remote,
                  const struct error *why, struct error *err)
{
    struct staged_held *h;

    if (!st->m)
        return error_set(err, V_FATAL, "stage.begun", "no page is being staged");
    h = arena_alloc(mem, sizeof *h);
    h->key = key_of(st, mem, remote, &h->parent);
    h->reason = whole_text(mem, why->code);
    h->field = whole_text(mem, why->field);
    h->detail = whole_text(mem, why->text);
    h->place = whole_text(mem, arena_format(mem, "record %ld%s%s", remote ? remote->ordinal : 0,
                                            why->where[0] ? ": " : "", why->where));
    if (remote) {
        h->body = remote->raw;
        h->body_len = remote->raw ? remote->raw_len : 0;
        remote_pack(mem, st->m->map, remote, &h->packed, &h->packed_len);
    }
    if (h->body)
        digest_of(h->body, h->body_len, h->sha256);
    else
        digest_of(h->packed ? h->packed : "", h->packed_len, h->sha256);
    *st->held_last = h;
    st->held_last = &h->next;
    st->held_count++;
    st->offered++;
    return V_OK;
}

enum verdict
staging_hold_page(struct staging *st, struct arena *mem, const struct mapping *map,
                  const struct map_call *call, const char *bytes, size_t len,
                  const struct error *why, struct error *err)
{
    unsigned char sha256[DIGEST_BYTES];
    char at[CLOCK_TEXT];
    const char *values[11];

    clock_text(clock_now(), at);
    digest_of(bytes ? bytes : "", bytes ? len : 0, sha256);
    values[0] = st->run;
    values[1] = at;
    values[2] = map->system;
    values[3] = call->brings ? call->brings : "";
    values[4] = call->name;
    values[5] = whole_text(mem, why->code);
    values[6] = whole_text(mem, why->field);
    values[7] = whole_text(mem, why->where);
    values[8] = whole_text(mem, why->text);
    values[9] = pg_of_bytes(mem, bytes, len);
    values[10] = pg_of_bytes(mem, sha256, sizeof sha256);
    return pg_run(st->pg, mem, "stage_hold_page", values, 11, NULL, err);
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
    if (v == V_REJECT) {
        /* No record's fault: each was checked before. A unit that the database does not know? */
        v = V_FATAL;
        error_hint(err, "If units were changed, run \"cctns-bridge schema apply\".");
    }
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
