/*
 * [call NAME]: the keys that the core reads; the rest is the kind's and is kept as text.
 */
#include <string.h>

#include "mapping_read.h"
#include "text.h"

#define BATCH_MAX 10000

static const char *const call_keys[] = { "brings", "carries", "cursor", "batch", "key", NULL };

/* The section of that stream must have a line in the direction of the call. */
static void
check_lines(const struct reader *r, int at, const char *name, enum map_direction direction)
{
    const struct map_stream *stream = mapping_stream(r->map, name);

    if (!stream) {
        fault_add(r->faults, r->path, at, "the map has no [%s]", name);
        return;
    }
    for (size_t i = 0; i < stream->count; i++)
        if (stream->lines[i].direction & direction)
            return;
    fault_add(r->faults, r->path, at, "no line of [%s] goes %s", name,
              direction == MAP_IN ? "in" : "out");
}

/* The dictionary's name of the stream; NULL and a fault when it knows no such. */
static const char *
stream_name(const struct reader *r, const struct map_pair *pair, enum map_direction direction)
{
    const struct dict_stream *stream = dict_stream_find(r->dict, pair->value);
    const char **names;

    if (stream) {
        check_lines(r, pair->line, stream->name, direction);
        return stream->name;
    }
    names = arena_alloc(r->mem, (r->dict->count + 1) * sizeof *names);
    for (size_t i = 0; i < r->dict->count; i++)
        names[i] = r->dict->streams[i].name;
    reader_unknown(r, pair->line, "stream", pair->value, names, r->dict->count);
    return NULL;
}

/* A field that the page's records bring, for the cursor. */
static const char *
cursor_field(const struct reader *r, const struct map_pair *pair, const char *stream_name,
             const char *word, size_t len, bool time)
{
    const struct map_stream *stream = mapping_stream(r->map, stream_name);

    for (size_t i = 0; stream && i < stream->count; i++) {
        const struct map_line *line = &stream->lines[i];

        if (!(line->direction & MAP_IN) || !text_same(word, len, line->canonical))
            continue;
        if (time && line->field->kind != KIND_TIME)
            fault_add(r->faults, r->path, pair->line, "cursor: \"%s\" is not a time",
                      line->canonical);
        return line->canonical;
    }
    fault_add(r->faults, r->path, pair->line, "cursor: no line of [%s] reads \"%.*s\"", stream_name,
              (int)len, word);
    return NULL;
}

static void
read_cursor(const struct reader *r, const struct map_pair *pair, struct map_call *call)
{
    const char *list = pair->value, *time, *key, *more;
    size_t time_len, key_len, more_len;

    if (!text_word(&list, &time, &time_len) || !text_word(&list, &key, &key_len) ||
        text_word(&list, &more, &more_len)) {
        fault_add(r->faults, r->path, pair->line, "a cursor is two fields: TIME KEY");
        return;
    }
    if (!call->brings) {
        fault_add(r->faults, r->path, pair->line, "a cursor is for a call that brings something");
        return;
    }
    call->cursor_time = cursor_field(r, pair, call->brings, time, time_len, true);
    call->cursor_key = cursor_field(r, pair, call->brings, key, key_len, false);
}

static void
read_batch(const struct reader *r, const struct map_pair *pair, struct map_call *call)
{
    int64_t batch;

    if (!call->carries)
        fault_add(r->faults, r->path, pair->line, "a batch is for a call that carries something");
    else if (!text_int(pair->value, strlen(pair->value), &batch) || batch < 1 || batch > BATCH_MAX)
        fault_add(r->faults, r->path, pair->line, "batch must be from 1 to %d", BATCH_MAX);
    else
        call->batch = (long)batch;
}

void
read_call(struct reader *r, const struct ini_section *section, struct map_call *out)
{
    const struct map_pair *brings, *carries, *cursor, *batch;
    const char *arg = section->arg;
    size_t count;

    *out = (struct map_call){ .name = arg, .batch = 1, .line = section->line };
    if (!*arg || strchr(arg, ' '))
        fault_add(r->faults, r->path, section->line, "a call is written [call NAME]");
    out->pairs = reader_pairs(r, section, &count);
    out->count = count;
    brings = map_pair_at(out->pairs, count, "brings", 0);
    carries = map_pair_at(out->pairs, count, "carries", 0);
    cursor = map_pair_at(out->pairs, count, "cursor", 0);
    batch = map_pair_at(out->pairs, count, "batch", 0);
    out->keyed = map_get(out->pairs, count, "key") != NULL;
    if ((brings != NULL) == (carries != NULL))
        fault_add(r->faults, r->path, section->line,
                  "a call either brings or carries a stream: one of the two is needed");
    if (brings)
        out->brings = stream_name(r, brings, MAP_IN);
    if (carries)
        out->carries = stream_name(r, carries, MAP_OUT);
    if (cursor && (out->brings || !brings))
        read_cursor(r, cursor, out);
    if (batch && (out->carries || !carries))
        read_batch(r, batch, out);
    reader_check_keys(r, out->pairs, count, call_keys, r->ops ? r->ops->call_keys : NULL, "call");
}
