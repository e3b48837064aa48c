/*
 * Field i of a remote record answers line i of its stream, and a line knows the slot of its
 * canonical field: nothing is looked for.
 */
#include "mapper.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "convert.h"

static enum verdict
check_present(const struct map_line *line, struct error *err)
{
    if (line->flags & MAP_KEY)
        return convert_refuse(err, line, "map.key", "the key is absent or empty");
    if (line->flags & MAP_REQUIRED)
        return convert_refuse(err, line, "map.required", "a required field is absent or empty");
    return V_OK;
}

static const struct map_stream *
stream_of(const struct mapper *m, const struct record *record, struct error *err)
{
    const struct map_stream *stream = mapping_stream(m->map, record->stream);

    if (!stream)
        (void)error_set(err, V_REJECT, "map.stream", "the map of \"%s\" has no stream \"%s\"",
                        m->map->system, record->stream);
    return stream;
}

static enum verdict
record_in(const struct mapper *m, struct arena *mem, const struct record *remote,
          struct record **canonical, struct error *err)
{
    const struct map_stream *stream;
    struct record *out;

    if (remote->fault) {
        *err = *remote->fault;
        return V_REJECT;
    }
    stream = stream_of(m, remote, err);
    if (!stream)
        return V_REJECT;
    assert(remote->count == stream->count);
    out = arena_alloc(mem, sizeof *out);
    out->stream = stream->dict->name;
    out->count = stream->dict->count;
    out->fields = arena_alloc(mem, out->count * sizeof *out->fields);
    out->ordinal = remote->ordinal;
    for (size_t i = 0; i < stream->count; i++) {
        const struct map_line *line = &stream->lines[i];
        struct field *field = &out->fields[line->slot];
        enum verdict v;

        if (!(line->direction & MAP_IN))
            continue;
        v = convert_in(m, mem, line, &remote->fields[i], field, err);
        if (v == V_OK && !field->text)
            v = check_present(line, err);
        if (v)
            return v;
    }
    *canonical = out;
    return V_OK;
}

enum verdict
mapper_in(const struct mapper *m, struct arena *mem, const struct record *remote,
          struct record **canonical, struct error *err)
{
    struct record **end;
    enum verdict v = record_in(m, mem, remote, canonical, err);

    if (v)
        return v;
    end = &(*canonical)->child;
    for (const struct record *child = remote->child; child; child = child->next) {
        v = mapper_in(m, mem, child, end, err);
        if (v)
            return v;
        end = &(*end)->next;
    }
    return V_OK;
}

const char *
mapper_in_field(const struct mapper *m, struct arena *mem, const struct record *remote,
                const char *canonical_field)
{
    const struct map_stream *stream = mapping_stream(m->map, remote->stream);
    struct field field = { NULL, 0 };
    struct error ignored;

    for (size_t i = 0; stream && i < stream->count && i < remote->count; i++) {
        const struct map_line *line = &stream->lines[i];

        if (line->direction & MAP_IN && strcmp(line->canonical, canonical_field) == 0 &&
            convert_in(m, mem, line, &remote->fields[i], &field, &ignored) == V_OK)
            return field.text;
    }
    return NULL;
}

enum verdict
mapper_out(const struct mapper *m, struct arena *mem, const struct record *canonical,
           struct record **remote, struct mapper_losses *losses, struct error *err)
{
    const struct map_stream *stream = stream_of(m, canonical, err);
    struct record *out;

    if (!stream)
        return V_REJECT;
    assert(canonical->count == stream->dict->count);
    out = arena_alloc(mem, sizeof *out);
    out->stream = stream->name;
    out->count = stream->count;
    out->fields = arena_alloc(mem, (out->count + 1) * sizeof *out->fields);
    for (size_t i = 0; i < stream->count; i++) {
        const struct map_line *line = &stream->lines[i];
        enum verdict v;

        if (!(line->direction & MAP_OUT))
            continue;
        v = convert_out(m, mem, line, &canonical->fields[line->slot], &out->fields[i], losses, err);
        if (v == V_OK && !out->fields[i].text)
            v = check_present(line, err);
        if (v)
            return v;
    }
    *remote = out;
    return V_OK;
}

/* A field may be read by one line and written by another, both keys: it counts once. */
static bool
is_repeat(const struct map_stream *stream, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (stream->lines[j].flags & MAP_KEY && stream->lines[j].slot == stream->lines[i].slot)
            return true;
    return false;
}

const char *
mapper_key(const struct mapper *m, struct arena *mem, const struct record *canonical)
{
    const struct map_stream *stream = mapping_stream(m->map, canonical->stream);
    const char *key = NULL;

    for (size_t i = 0; stream && i < stream->count; i++) {
        const struct map_line *line = &stream->lines[i];
        const char *part = canonical->fields[line->slot].text;

        if (!(line->flags & MAP_KEY) || is_repeat(stream, i))
            continue;
        if (!key)
            key = part ? part : "";
        else
            key = arena_format(mem, "%s/%s", key, part ? part : "");
    }
    return key ? key : "";
}

static size_t
add_item(char *to, const char *text, size_t len)
{
    to[0] = (char)(len >> 24 & 0xFF);
    to[1] = (char)(len >> 16 & 0xFF);
    to[2] = (char)(len >> 8 & 0xFF);
    to[3] = (char)(len & 0xFF);
    memcpy(to + 4, text, len);
    return len + 4;
}

/* Length-prefixed names and values of the fields that are there: a dictionary that grows leaves
 * the digests of older records as they were. Laid out first: one call to hash them is quicker. */
void
mapper_digest(const struct mapper *m, const struct record *canonical,
              unsigned char out[DIGEST_BYTES])
{
    const struct map_stream *stream = mapping_stream(m->map, canonical->stream);
    const struct dict_stream *dict = stream->dict;
    char small[4096], *bytes = small;
    size_t size = 0, n = 0;

    assert(canonical->count == dict->count);
    for (size_t i = 0; i < dict->count; i++)
        size += strlen(dict->fields[i].name) + canonical->fields[i].len + 8;
    if (size > sizeof small)
        bytes = memory_get(size);
    for (size_t i = 0; i < dict->count; i++) {
        const struct field *field = &canonical->fields[i];
        const char *name = dict->fields[i].name;

        if (!field->text || strcmp(name, "changed_at") == 0)
            continue;
        n += add_item(bytes + n, name, strlen(name));
        n += add_item(bytes + n, field->text, field->len);
    }
    digest_of(bytes, n, out);
    if (bytes != small)
        free(bytes);
}

const char *
mapper_status_there(const struct mapper *m, const char *stream, const char *status)
{
    const struct map_stream *s = mapping_stream(m->map, stream);

    for (size_t i = 0; s && i < s->count; i++) {
        const struct map_line *line = &s->lines[i];
        const struct map_code *there, *back;

        if (strcmp(line->canonical, "status") != 0 || !line->codes)
            continue;
        there = codes_to_remote(line->codes, status, strlen(status));
        if (!there)
            continue;
        back = codes_from_remote(line->codes, there->remote, strlen(there->remote));
        return back ? back->canonical : status;
    }
    return status;
}
