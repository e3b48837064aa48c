/*
 * What can be said of a stream only when all of its lines, the other streams and the calls are
 * read.
 */
#include <string.h>

#include "codes.h"
#include "mapping_read.h"

/* Whether a call brings the stream, alone or within another. */
static bool
is_brought(const struct mapping *map, const char *stream)
{
    const struct map_stream *s = mapping_stream(map, stream);

    for (size_t i = 0; i < map->call_count; i++)
        if (map->calls[i].brings && strcmp(map->calls[i].brings, stream) == 0)
            return true;
    return s && s->parent && strcmp(s->parent, stream) != 0 && mapping_stream(map, s->parent) &&
           !mapping_stream(map, s->parent)->parent && is_brought(map, s->parent);
}

/* A stream whose records are told apart has a field "key" or "number" in the dictionary. */
static void
check_key(const struct reader *r, const struct map_stream *stream)
{
    if (dict_slot(stream->dict, "key") < 0 && dict_slot(stream->dict, "number") < 0)
        return;
    for (size_t i = 0; i < stream->count; i++)
        if (stream->lines[i].direction & MAP_IN && stream->lines[i].flags & MAP_KEY)
            return;
    fault_add(r->faults, r->path, stream->line, "no line of [%s] that is read has the rule key",
              stream->name);
}

/* One table may serve several lines: each pair of table and field's words is checked once. */
static void
check_codes(const struct reader *r)
{
    const struct map_line *seen[256];
    size_t n = 0;

    for (size_t i = 0; i < r->map->stream_count; i++) {
        const struct map_stream *stream = &r->map->streams[i];

        for (size_t j = 0; j < stream->count; j++) {
            const struct map_line *line = &stream->lines[j];
            const char *words = line->field->words ? line->field->words : "";
            bool again = false;

            if (line->kind != KIND_CODE)
                continue;
            for (size_t k = 0; k < n && !again; k++)
                again = seen[k]->codes == line->codes &&
                        strcmp(seen[k]->field->words ? seen[k]->field->words : "", words) == 0;
            if (again)
                continue;
            codes_check(line->codes, line->field, r->faults);
            if (n < 256)
                seen[n++] = line;
        }
    }
}

/* with= names a text of the stream that a line reads; a table with texts cannot be read without. */
static void
check_with(const struct reader *r, const struct map_stream *stream, const struct map_line *line)
{
    const char **names = arena_alloc(r->mem, (stream->count + 1) * sizeof *names);
    size_t n = 0;

    if (!line->with) {
        if (line->kind == KIND_CODE && codes_have_texts(line->codes))
            fault_add(r->faults, r->path, line->line,
                      "[codes %s] tells words apart by the text beside them: say with=FIELD",
                      line->codes->name);
        return;
    }
    for (size_t i = 0; i < stream->count; i++) {
        const struct map_line *other = &stream->lines[i];

        if (other->kind != KIND_TEXT || !(other->direction & line->direction & MAP_BOTH))
            continue;
        if (strcmp(other->canonical, line->with) == 0 && other->flags & MAP_SEAL)
            fault_add(r->faults, r->path, line->line, "with: \"%s\" is sealed", line->with);
        if (strcmp(other->canonical, line->with) == 0)
            return;
        names[n++] = other->canonical;
    }
    reader_unknown(r, line->line,
                   arena_format(r->mem, "text of [%s] beside the word", stream->name), line->with,
                   names, n);
}

/* The place of a page is found by these: they cannot be missing. */
static void
check_cursor(const struct reader *r, const struct map_stream *stream, const struct map_line *line)
{
    for (size_t i = 0; i < r->map->call_count; i++) {
        const struct map_call *call = &r->map->calls[i];

        if (!call->brings || !call->cursor_time || !call->cursor_key ||
            strcmp(call->brings, stream->name) != 0)
            continue;
        if (strcmp(call->cursor_time, line->canonical) == 0 ||
            strcmp(call->cursor_key, line->canonical) == 0) {
            fault_add(r->faults, r->path, line->line,
                      "\"%s\" is of the cursor of [call %s]: neither seal nor hold=field is for it",
                      line->canonical, call->name);
            return;
        }
    }
}

/* What is sealed is read by no open line too, nor by one of a part of the same row. */
static void
check_sealed_once(const struct reader *r, const struct map_stream *stream,
                  const struct map_line *line)
{
    for (size_t i = 0; i < r->map->stream_count; i++) {
        const struct map_stream *other = &r->map->streams[i];
        bool same_row = other->parent && other->at && strcmp(other->at, ".") == 0 &&
                        strcmp(other->parent, stream->name) == 0;

        for (size_t j = 0; (other == stream || same_row) && j < other->count; j++)
            if (other->lines[j].direction & MAP_IN && !(other->lines[j].flags & MAP_SEAL) &&
                strcmp(other->lines[j].remote, line->remote) == 0)
                fault_add(r->faults, r->path, other->lines[j].line,
                          "\"%s\" is sealed in line %d: it cannot be read openly too", line->remote,
                          line->line);
    }
}

static void
check_line(const struct reader *r, const struct map_stream *stream, const struct map_line *line)
{
    check_with(r, stream, line);
    if (line->direction & MAP_IN && line->flags & (MAP_SEAL | MAP_APART))
        check_cursor(r, stream, line);
    if (!(line->flags & MAP_SEAL))
        return;
    check_sealed_once(r, stream, line);
    if (r->keep_line && r->map->keep == KEEP_BYTES)
        fault_add(r->faults, r->path, r->keep_line,
                  "keep = bytes would keep what line %d seals: sealed or digest", line->line);
    else if (r->map->keep == KEEP_BYTES)
        r->map->keep = KEEP_SEALED;
}

/* ---- what is worked out once ---- */

static const struct map_line *
read_by(const struct map_stream *stream, const char *field)
{
    for (size_t i = 0; i < stream->count; i++)
        if (stream->lines[i].direction & MAP_IN && strcmp(stream->lines[i].canonical, field) == 0)
            return &stream->lines[i];
    return NULL;
}

/* A field that the mapper fills, unless the peer tells it. */
static long
found_slot(const struct map_stream *stream, const char *field)
{
    return read_by(stream, field) ? -1 : dict_slot(stream->dict, field);
}

static const struct map_line *
open_text(const struct map_stream *stream, const char *field)
{
    const struct map_line *line = read_by(stream, field);

    return line && line->kind == KIND_TEXT && !(line->flags & MAP_SEAL) ? line : NULL;
}

const void *
compile_stream(const struct reader *r, const struct map_stream *stream)
{
    const char *days[] = { r->map->received, "received_at", "marked_at", "at", "day" };
    struct stream_plan *plan = arena_alloc(r->mem, sizeof *plan);

    for (size_t i = 0; i < stream->count; i++) {
        const struct map_line *line = &stream->lines[i];
        const struct line_plan *own = line->compiled;

        plan->seals = plan->seals || line->flags & MAP_SEAL;
        plan->late = plan->late || own->late;
    }
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        long slot = dict_slot(stream->dict, days[i]);

        if (slot >= 0)
            plan->days[plan->day_count++] = (size_t)slot;
    }
    plan->body = open_text(stream, "body");
    plan->subject = open_text(stream, "subject");
    plan->script = found_slot(stream, "body_script");
    plan->body_unicode = found_slot(stream, "body_unicode");
    plan->subject_unicode = found_slot(stream, "subject_unicode");
    return plan;
}

/* ---- all streams ---- */

void
check_streams(const struct reader *r)
{
    for (size_t i = 0; i < r->map->stream_count; i++) {
        const struct map_stream *stream = &r->map->streams[i];

        if (stream->parent && dict_stream_find(r->dict, stream->parent) &&
            !mapping_stream(r->map, stream->parent))
            fault_add(r->faults, r->path, stream->line, "the map has no [%s] to hold [%s]",
                      stream->parent, stream->name);
        if (is_brought(r->map, stream->name))
            check_key(r, stream);
        for (size_t j = 0; j < stream->count; j++)
            check_line(r, stream, &stream->lines[j]);
    }
    check_codes(r);
}
