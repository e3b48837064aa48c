/*
 * From canonical records to the rows of a binary COPY: the fields in the order of the dictionary,
 * each in the type of its kind, then the columns that staging adds.
 */
#include "staging_parts.h"

#include <string.h>

#include "text.h"

/* ordinal number_norm origin_norm digest sha256 raw as_received apart sealed_names sealed_digest
 * sealed */
#define COMPLAINT_MORE  11
/* ordinal parent parent_ordinal digest sha256 raw as_received remote */
#define NESTED_MORE     8
#define ATTACHMENT_MORE (NESTED_MORE + 2) /* content_size content_type */
#define HELD_COLUMNS    14

static const struct {
    const char *name, *copy;
} streams[STAGED_STREAMS] = {
    [STAGED_COMPLAINT] = { "complaint", "stage_copy_complaint" },
    [STAGED_ACTION] = { "action", "stage_copy_action" },
    [STAGED_ATTACHMENT] = { "attachment", "stage_copy_attachment" },
    [STAGED_FEEDBACK] = { "feedback", "stage_copy_feedback" },
};

/* What the tables check: required fields, and bounds of numbers. */
static const struct {
    enum staged_stream stream;
    const char *field;
    bool required;
    int64_t min, max;
} rules[] = {
    { STAGED_COMPLAINT, "number", true, 0, 0 },
    { STAGED_COMPLAINT, "status", true, 0, 0 },
    { STAGED_COMPLAINT, "priority", false, 1, 3 },
    { STAGED_COMPLAINT, "age", false, 0, 150 },
    { STAGED_ACTION, "key", true, 0, 0 },
    { STAGED_ACTION, "at", true, 0, 0 },
    { STAGED_ACTION, "action", true, 0, 0 },
    { STAGED_ATTACHMENT, "key", true, 0, 0 },
    { STAGED_ATTACHMENT, "size", false, 0, INT64_MAX },
    { STAGED_FEEDBACK, "key", true, 0, 0 },
    { STAGED_FEEDBACK, "at", true, 0, 0 },
    { STAGED_FEEDBACK, "rating", false, 1, 5 },
};

int
staged_stream_of(const char *name)
{
    for (int i = 0; i < STAGED_STREAMS; i++)
        if (strcmp(streams[i].name, name) == 0)
            return i;
    return -1;
}

const char *
staged_stream_name(enum staged_stream stream)
{
    return streams[stream].name;
}

enum verdict
staging_fits(enum staged_stream stream, const struct dict_stream *dict,
             const struct record *canonical, struct error *err)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct field *field;
        int64_t value = 0;
        long slot;

        if (rules[i].stream != stream)
            continue;
        slot = dict_slot(dict, rules[i].field);
        field = slot < 0 ? NULL : &canonical->fields[slot];
        if (rules[i].required && (!field || !field->text || field->len == 0)) {
            if (stream == STAGED_COMPLAINT && strcmp(rules[i].field, "status") == 0 &&
                staging_apart(canonical, "status"))
                continue; /* as it was */
            error_set(err, V_REJECT, "stage.required", "%s has no \"%s\"", dict->name,
                      rules[i].field);
            error_at(err, rules[i].field, NULL);
            return V_REJECT;
        }
        if (rules[i].required || !field || !field->text)
            continue;
        if (!text_int(field->text, field->len, &value) || value < rules[i].min ||
            value > rules[i].max) {
            error_set(err, V_REJECT, "stage.range", "\"%s\" is not from %lld to %lld",
                      rules[i].field, (long long)rules[i].min, (long long)rules[i].max);
            error_at(err, rules[i].field, NULL);
            return V_REJECT;
        }
    }
    return V_OK;
}

/* ---- rows ---- */

static enum verdict
copy_field(struct pg *pg, const struct dict_field *dict, const struct field *field,
           struct error *err)
{
    int64_t value = 0;
    bool good = true;

    if (!field->text) {
        pg_copy_null(pg);
        return V_OK;
    }
    switch (dict->kind) {
    case KIND_INT:
        good = text_int(field->text, field->len, &value);
        pg_copy_int8(pg, value);
        break;
    case KIND_TIME:
        good = clock_from_text(field->text, field->len, &value);
        pg_copy_time(pg, value);
        break;
    case KIND_TEXT:
    case KIND_CODE:
    case KIND_UNIT:
    case KIND_MOBILE:
    case KIND_DATE:  /* read by the merge */
    case KIND_BYTES: /* the content's id */
        pg_copy_text(pg, field->text, field->len);
        break;
    case KIND_BOOL:
        good = false; /* no staged stream of the dictionary has one */
        break;
    }
    if (good)
        return V_OK;
    return error_set(err, V_FATAL, "stage.kind", "field \"%s\" is not spelled as its kind demands",
                     dict->name);
}

static void
copy_string(struct pg *pg, const char *text)
{
    pg_copy_text(pg, text, text ? strlen(text) : 0);
}

static void
copy_more_complaint(struct pg *pg, const struct staged *item)
{
    pg_copy_int4(pg, item->ordinal);
    copy_string(pg, item->norm);
    copy_string(pg, item->origin_norm);
    pg_copy_bytes(pg, item->digest, DIGEST_BYTES);
    pg_copy_bytes(pg, item->sha256, DIGEST_BYTES);
    pg_copy_bytes(pg, item->raw, item->raw_len);
    copy_string(pg, item->as_received);
    copy_string(pg, item->apart);
    copy_string(pg, item->sealed_names);
    pg_copy_bytes(pg, item->sealed ? item->sealed_digest : NULL, DIGEST_BYTES);
    pg_copy_bytes(pg, item->sealed, item->sealed_len);
}

static void
copy_more_content(struct pg *pg, const struct staged *item)
{
    if (item->content) {
        pg_copy_int8(pg, item->content->size);
        copy_string(pg, item->content->type);
    } else {
        pg_copy_null(pg);
        pg_copy_null(pg);
    }
}

static void
copy_more_nested(struct pg *pg, const struct staged *item)
{
    pg_copy_int4(pg, item->ordinal);
    copy_string(pg, item->parent);
    if (item->parent_ordinal)
        pg_copy_int4(pg, item->parent_ordinal);
    else
        pg_copy_null(pg);
    pg_copy_bytes(pg, item->digest, DIGEST_BYTES);
    pg_copy_bytes(pg, item->sha256, DIGEST_BYTES);
    pg_copy_bytes(pg, item->raw, item->raw_len);
    copy_string(pg, item->as_received);
    pg_copy_bytes(pg, item->packed, item->packed_len);
}

static enum verdict
copy_list(struct staging *st, enum staged_stream stream, struct error *err)
{
    enum verdict v;

    if (!st->lists[stream].count)
        return V_OK;
    v = pg_copy_begin(st->pg, streams[stream].copy, err);
    for (const struct staged *i = st->lists[stream].first; i && !v; i = i->next) {
        size_t more = stream == STAGED_COMPLAINT    ? COMPLAINT_MORE
                      : stream == STAGED_ATTACHMENT ? ATTACHMENT_MORE
                                                    : NESTED_MORE;

        pg_copy_row(st->pg, (int)(i->dict->count + more));
        for (size_t f = 0; f < i->dict->count && !v; f++)
            v = copy_field(st->pg, &i->dict->fields[f], &i->canonical->fields[f], err);
        if (stream == STAGED_COMPLAINT)
            copy_more_complaint(st->pg, i);
        else
            copy_more_nested(st->pg, i);
        if (stream == STAGED_ATTACHMENT)
            copy_more_content(st->pg, i);
    }
    return v ? v : pg_copy_end(st->pg, NULL, err);
}

static enum verdict
copy_held(struct staging *st, struct error *err)
{
    enum verdict v;

    if (!st->held_count)
        return V_OK;
    v = pg_copy_begin(st->pg, "stage_copy_held", err);
    if (v)
        return v;
    for (const struct staged_held *h = st->held; h; h = h->next) {
        pg_copy_row(st->pg, HELD_COLUMNS);
        copy_string(st->pg, h->stream);
        copy_string(st->pg, st->call->name);
        copy_string(st->pg, h->key);
        copy_string(st->pg, h->parent);
        copy_string(st->pg, "set_aside");
        copy_string(st->pg, h->reason);
        copy_string(st->pg, h->field);
        copy_string(st->pg, h->place);
        copy_string(st->pg, h->detail);
        pg_copy_bytes(st->pg, h->body, h->body_len);
        pg_copy_bytes(st->pg, h->packed, h->packed_len);
        pg_copy_bytes(st->pg, h->sha256, DIGEST_BYTES);
        pg_copy_bytes(st->pg, staging_seals(st->m->map) ? "\1" : "\0", 1); /* boolean */
        if (h->apart_of)
            pg_copy_int4(st->pg, h->apart_of);
        else
            pg_copy_null(st->pg);
    }
    return pg_copy_end(st->pg, NULL, err);
}

enum verdict
staging_copy(struct staging *st, struct error *err)
{
    enum verdict v = V_OK;

    for (int i = 0; i < STAGED_STREAMS && !v; i++)
        v = copy_list(st, (enum staged_stream)i, err);
    return v ? v : copy_held(st, err);
}

/* ---- as received ---- */

/* false when the scratch is full: a record's keys and times are short. */
bool
staging_json(struct buf *to, const char *text, size_t len)
{
    bool good = buf_add(to, "\"", 1);

    for (size_t i = 0; i < len && good; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c == '"' || c == '\\')
            good = buf_add(to, "\\", 1) && buf_add(to, &text[i], 1);
        else if (c < 0x20)
            good = buf_format(to, "\\u%04x", c);
        else
            good = buf_add(to, &text[i], 1);
    }
    return good && buf_add(to, "\"", 1);
}

const char *
staging_as_received(struct staging *st, struct arena *mem, const struct record *remote)
{
    const struct map_stream *stream = remote ? mapping_stream(st->m->map, remote->stream) : NULL;
    struct buf *to = &st->scratch;
    bool good;

    if (!stream)
        return "{}";
    buf_clear(to);
    good = buf_add(to, "{", 1);
    for (size_t i = 0; i < stream->count && i < remote->count && good; i++) {
        const struct map_line *line = &stream->lines[i];
        const struct field *field = &remote->fields[i];

        if (!(line->flags & MAP_KEY) && line->kind != KIND_TIME && line->kind != KIND_DATE)
            continue;
        if (!(line->direction & MAP_IN) || (line->flags & MAP_SEAL) || !field->text ||
            memchr(field->text, 0, field->len) || !text_is_utf8(field->text, field->len, NULL))
            continue;
        good = (to->len == 1 || buf_add(to, ", ", 2)) &&
               staging_json(to, line->canonical, strlen(line->canonical)) && buf_add(to, ": ", 2) &&
               staging_json(to, field->text, field->len);
    }
    if (!good || !buf_add(to, "}", 1))
        return "{}";
    return arena_text(mem, to->data, to->len);
}
