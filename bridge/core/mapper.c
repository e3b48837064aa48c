/*
 * Field i of a remote record answers line i of its stream, and a line knows the slot of its
 * canonical field: nothing is looked for.
 */
#include "mapper.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "codes.h"
#include "convert.h"
#include "mapper_find.h"
#include "../base/seal.h"
#include "text.h"
#include "units.h"

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

/* ---- in ---- */

static void
set_apart(struct arena *mem, struct record *record, const struct error *err)
{
    struct field_fault *fault = arena_alloc(mem, sizeof *fault), **end = &record->apart;
    struct error *why = arena_alloc(mem, sizeof *why);

    *why = *err;
    fault->why = why;
    while (*end)
        end = &(*end)->next;
    *end = fault;
}

static enum verdict
line_in(const struct mapper *m, struct arena *mem, const struct map_line *line,
        const struct field *value, const struct beside *beside, struct record *out,
        struct error *err)
{
    struct field *field = &(line->flags & MAP_SEAL ? out->sealed : out->fields)[line->slot];
    enum verdict v = convert_in(m, mem, line, value, beside, field, err);

    if (v == V_REJECT && line->flags & MAP_APART) {
        *field = (struct field){ NULL, 0 };
        set_apart(mem, out, err);
        return V_OK;
    }
    return v || field->text ? v : check_present(line, err);
}

/* The day on which the record's codes held, in the peer's zone. */
static const char *
day_of(const struct mapper *m, const struct stream_plan *plan, const struct record *record,
       char text[DAY_TEXT])
{
    for (size_t i = 0; i < plan->day_count; i++) {
        const struct field *field = &record->fields[plan->days[i]];
        int64_t at;

        if (!field->text)
            continue;
        if (field->len == DAY_TEXT - 1) {
            memcpy(text, field->text, DAY_TEXT);
            return text;
        }
        if (clock_from_text(field->text, field->len, &at) &&
            clock_format("%Y-%m-%d", m->map->zone, at, text, DAY_TEXT))
            return text;
    }
    return m->day;
}

/* The text beside a word, without blanks around it; NULL when the line does not ask for one. */
static const char *
text_beside(struct arena *mem, const struct map_line *line, const struct record *canonical)
{
    const struct line_plan *plan = line->compiled;
    const char *text;
    size_t len;

    if (!plan || plan->with_slot < 0 || !canonical->fields[plan->with_slot].text)
        return NULL;
    text = canonical->fields[plan->with_slot].text;
    len = canonical->fields[plan->with_slot].len;
    text_trim(&text, &len);
    return arena_text(mem, text, len);
}

/* Lines that need other fields of the record come after all others. */
static enum verdict
late_in(const struct mapper *m, struct arena *mem, const struct map_stream *stream,
        const struct record *remote, struct record *out, struct error *err)
{
    struct beside beside = { NULL, NULL, NULL };
    char day[DAY_TEXT];

    beside.day = day_of(m, stream->compiled, out, day);
    for (size_t i = 0; i < stream->count; i++) {
        const struct map_line *line = &stream->lines[i];
        const struct line_plan *plan = line->compiled;
        enum verdict v;

        if (!plan->late || !(line->direction & MAP_IN))
            continue;
        beside.text = text_beside(mem, line, out);
        v = line_in(m, mem, line, &remote->fields[i], &beside, out, err);
        if (v)
            return v;
    }
    return V_OK;
}

bool
mapper_is_of_sender(const char *canonical_field)
{
    static const char *const fields[] = { "complainant", "relative_name", "mobile",
                                          "email",       "address",       "pincode" };

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(fields[i], canonical_field) == 0)
            return true;
    return false;
}

/* A sealed sender whom a system names all the same: where not even the bytes are kept because of
 * such senders, the record waits. */
static enum verdict
check_sender(const struct mapper *m, const struct map_stream *stream, const struct record *out,
             struct error *err)
{
    long identity = dict_slot(stream->dict, "identity");

    if (m->map->keep != KEEP_DIGEST || identity < 0 || !out->fields[identity].text ||
        strcmp(out->fields[identity].text, "S") != 0)
        return V_OK;
    for (size_t i = 0; i < out->count; i++) {
        const char *name = stream->dict->fields[i].name;

        if (!out->fields[i].text || !mapper_is_of_sender(name))
            continue;
        (void)error_set(err, V_REJECT, "map.sender",
                        "the sender is to be kept secret, and the record tells of them");
        error_hint(err, "What tells of them was not kept; a replay takes the record without it.");
        error_at(err, name, NULL);
        return V_REJECT;
    }
    return V_OK;
}

static enum verdict
record_in(const struct mapper *m, struct arena *mem, const struct record *remote,
          struct record **canonical, struct error *err)
{
    const struct map_stream *stream;
    const struct stream_plan *plan;
    struct record *out;
    enum verdict v = V_OK;

    if (remote->fault) {
        *err = *remote->fault;
        return V_REJECT;
    }
    stream = stream_of(m, remote, err);
    if (!stream)
        return V_REJECT;
    assert(remote->count == stream->count);
    plan = stream->compiled;
    out = arena_alloc(mem, sizeof *out);
    out->stream = stream->dict->name;
    out->count = stream->dict->count;
    out->fields = arena_alloc(mem, out->count * sizeof *out->fields);
    if (plan->seals)
        out->sealed = arena_alloc(mem, out->count * sizeof *out->sealed);
    out->ordinal = remote->ordinal;
    for (size_t i = 0; i < stream->count && v == V_OK; i++) {
        const struct map_line *line = &stream->lines[i];
        const struct line_plan *own = line->compiled;

        if (line->direction & MAP_IN && !own->late)
            v = line_in(m, mem, line, &remote->fields[i], NULL, out, err);
    }
    if (v == V_OK && plan->late)
        v = late_in(m, mem, stream, remote, out, err);
    if (v == V_OK)
        v = check_sender(m, stream, out, err);
    if (v)
        return v;
    if (plan->body || plan->subject)
        mapper_find(mem, stream, out);
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

/* The one line that reads the field, converted; NULL when it cannot be. */
static const char *
field_in(const struct mapper *m, struct arena *mem, const struct map_stream *stream,
         const struct record *remote, size_t slot, const char *text)
{
    struct beside beside = { m->day, text, NULL };
    struct field field = { NULL, 0 };
    struct error ignored;

    for (size_t i = 0; i < stream->count && i < remote->count; i++) {
        const struct map_line *line = &stream->lines[i];

        if (line->direction & MAP_IN && line->slot == slot && !(line->flags & MAP_SEAL) &&
            convert_in(m, mem, line, &remote->fields[i], &beside, &field, &ignored) == V_OK)
            return field.text;
    }
    return NULL;
}

const char *
mapper_in_field(const struct mapper *m, struct arena *mem, const struct record *remote,
                const char *canonical_field)
{
    const struct map_stream *stream = mapping_stream(m->map, remote->stream);

    for (size_t i = 0; stream && i < stream->count; i++) {
        const struct map_line *line = &stream->lines[i];
        const struct line_plan *plan = line->compiled;
        const char *text = NULL;

        if (!(line->direction & MAP_IN) || strcmp(line->canonical, canonical_field) != 0)
            continue;
        if (plan->with_slot >= 0) {
            size_t len;

            text = field_in(m, mem, stream, remote, (size_t)plan->with_slot, NULL);
            len = text ? strlen(text) : 0;
            text_trim(&text, &len);
            text = arena_text(mem, text ? text : "", len);
        }
        return field_in(m, mem, stream, remote, line->slot, text);
    }
    return NULL;
}

/* ---- out ---- */

/* The peer's text beside the word of a line goes into the lines that write that field. */
static void
write_beside(const struct map_stream *stream, const struct map_line *coded,
             const struct map_code *row, struct record *out)
{
    const struct line_plan *plan = coded->compiled;

    for (size_t i = 0; i < stream->count; i++)
        if (stream->lines[i].direction & MAP_OUT &&
            stream->lines[i].slot == (size_t)plan->with_slot)
            out->fields[i] = (struct field){ row->remote_text, strlen(row->remote_text) };
}

static enum verdict
check_all_present(const struct map_stream *stream, const struct record *out, struct error *err)
{
    for (size_t i = 0; i < stream->count; i++) {
        enum verdict v;

        if (!(stream->lines[i].direction & MAP_OUT) || out->fields[i].text)
            continue;
        v = check_present(&stream->lines[i], err);
        if (v)
            return v;
    }
    return V_OK;
}

enum verdict
mapper_out(const struct mapper *m, struct arena *mem, const struct record *canonical,
           struct record **remote, struct mapper_losses *losses, struct error *err)
{
    const struct map_stream *stream = stream_of(m, canonical, err);
    const struct stream_plan *plan;
    const struct map_code **rows = NULL;
    struct beside beside = { NULL, NULL, NULL };
    char day[DAY_TEXT];
    struct record *out;

    if (!stream)
        return V_REJECT;
    assert(canonical->count == stream->dict->count);
    plan = stream->compiled;
    if (plan->late) {
        beside.day = day_of(m, plan, canonical, day);
        rows = arena_alloc(mem, stream->count * sizeof *rows);
    }
    out = arena_alloc(mem, sizeof *out);
    out->stream = stream->name;
    out->count = stream->count;
    out->fields = arena_alloc(mem, (out->count + 1) * sizeof *out->fields);
    for (size_t i = 0; i < stream->count; i++) {
        const struct map_line *line = &stream->lines[i];
        enum verdict v;

        if (!(line->direction & MAP_OUT))
            continue;
        beside.text = text_beside(mem, line, canonical);
        beside.row = NULL;
        v = convert_out(m, mem, line, &canonical->fields[line->slot], &beside, &out->fields[i],
                        losses, err);
        if (v)
            return v;
        if (rows && line->with)
            rows[i] = beside.row;
    }
    for (size_t i = 0; rows && i < stream->count; i++)
        if (rows[i] && rows[i]->remote_text)
            write_beside(stream, &stream->lines[i], rows[i], out);
    *remote = out;
    return check_all_present(stream, out, err);
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
    const struct field *sealed = canonical->sealed;
    char small[4096], *bytes = small;
    unsigned char keyed[DIGEST_BYTES];
    size_t size = 0, n = 0;

    assert(canonical->count == dict->count);
    assert(!sealed || m->seal);
    for (size_t i = 0; i < dict->count; i++)
        size += strlen(dict->fields[i].name) + canonical->fields[i].len + 8;
    if (sealed)
        size += dict->count * (sizeof keyed + 72); /* a name and two lengths */
    if (size > sizeof small)
        bytes = memory_get(size);
    for (size_t i = 0; i < dict->count; i++) {
        const struct field *field = &canonical->fields[i];
        const char *name = dict->fields[i].name;

        if (sealed && sealed[i].text) {
            n += add_item(bytes + n, name, strlen(name));
            seal_digest(m->seal, sealed[i].text, sealed[i].len, keyed);
            n += add_item(bytes + n, (const char *)keyed, sizeof keyed);
        }
        if (!field->text || dict->fields[i].flags & (DICT_FOUND | DICT_ASIDE) ||
            strcmp(name, "changed_at") == 0)
            continue;
        n += add_item(bytes + n, name, strlen(name));
        n += add_item(bytes + n, field->text, field->len);
    }
    digest_of(bytes, n, out);
    if (bytes != small)
        free(bytes);
}

static void
add_text(struct digest *d, const char *text)
{
    digest_add_item(d, text, text ? strlen(text) : 0);
}

void
mapper_meaning(const struct mapper *m, unsigned char out[DIGEST_BYTES])
{
    struct digest d;

    digest_begin(&d);
    add_text(&d, m->map->sha256);
    for (size_t i = 0; m->units && i < m->units->count; i++) {
        const struct unit *unit = &m->units->items[i];

        add_text(&d, unit->code);
        for (size_t k = 0; k < unit->alias_count; k++) {
            add_text(&d, unit->aliases[k].scheme);
            add_text(&d, unit->aliases[k].code);
            add_text(&d, unit->aliases[k].valid_from);
            add_text(&d, unit->aliases[k].valid_to);
        }
    }
    digest_end(&d, out);
}

const char *
mapper_code_there(const struct mapper *m, const char *stream, const char *field, const char *word)
{
    const struct map_stream *s = mapping_stream(m->map, stream);

    for (size_t i = 0; s && i < s->count; i++) {
        const struct map_line *line = &s->lines[i];
        const struct map_code *there, *back;

        if (strcmp(line->canonical, field) != 0 || !line->codes)
            continue;
        there = codes_to_remote(line->codes, word, strlen(word), NULL);
        if (!there)
            continue;
        back = codes_from_remote(line->codes, there->remote, strlen(there->remote),
                                 there->remote_text);
        return back ? back->canonical : word;
    }
    return word;
}
