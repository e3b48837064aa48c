/*
 * Read line by line with a stack of open records; how deep a line is indented says to which of
 * them it belongs.
 */
#include "map_sample.h"

#include <string.h>

#define DEPTH_MAX 8

struct open_record {
    size_t indent;
    const struct map_stream *stream;
    struct record *record; /* NULL until its first value */
    struct record **end;   /* where its next sibling is hung */
};

struct sample {
    struct arena *mem;
    const struct mapping *map;
    const char *path;
    struct faults *faults;
    struct record *first;
    struct open_record open[DEPTH_MAX];
    size_t depth;
    bool parted; /* an empty line stands above */
    long ordinal;
    int line;
};

static int
hex_digit(char c)
{
    const char *digits = "0123456789ABCDEF", *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* \n \t \\ \xHH */
static struct field
read_value(struct sample *s, const char *text, size_t len)
{
    char *out = arena_alloc(s->mem, len + 1);
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] != '\\' || i + 1 == len) {
            out[n++] = text[i];
        } else if (text[i + 1] == 'x' && i + 3 < len && hex_digit(text[i + 2]) >= 0 &&
                   hex_digit(text[i + 3]) >= 0) {
            out[n++] = (char)(hex_digit(text[i + 2]) * 16 + hex_digit(text[i + 3]));
            i += 3;
        } else {
            i++;
            out[n++] = text[i] == 'n' ? '\n' : text[i] == 't' ? '\t' : text[i];
        }
    }
    return (struct field){ out, n };
}

static void
begin_record(struct sample *s, struct open_record *o)
{
    struct record *record = arena_alloc(s->mem, sizeof *record);

    record->stream = o->stream->name;
    record->count = o->stream->count;
    record->fields = arena_alloc(s->mem, (record->count + 1) * sizeof *record->fields);
    record->ordinal = o == s->open ? ++s->ordinal : 0;
    *o->end = record;
    o->end = &record->next;
    o->record = record;
}

static void
add_value(struct sample *s, struct open_record *o, const char *name, size_t name_len,
          struct field value)
{
    bool known = false;

    if (!o->record)
        begin_record(s, o);
    for (size_t i = 0; i < o->stream->count; i++) {
        const char *remote = o->stream->lines[i].remote;

        if (strlen(remote) != name_len || memcmp(remote, name, name_len) != 0)
            continue;
        o->record->fields[i] = value;
        known = true;
    }
    if (!known)
        fault_add(s->faults, s->path, s->line, "[%s] has no line for \"%.*s\"", o->stream->name,
                  (int)name_len, name);
}

/* Nested collections of one record share its chain of children. */
static struct record **
last_child(struct record *parent)
{
    struct record **end = &parent->child;

    while (*end)
        end = &(*end)->next;
    return end;
}

static void
open_stream(struct sample *s, const char *text, size_t len, size_t indent)
{
    const char *name = arena_text(s->mem, text, len);
    const struct map_stream *stream = mapping_stream(s->map, name);
    struct open_record *o, *parent;
    struct record **end = s->depth ? s->open[0].end : &s->first;

    while (s->depth && s->open[s->depth - 1].indent >= indent)
        s->depth--;
    if (!stream || s->depth == DEPTH_MAX) {
        fault_add(s->faults, s->path, s->line, "the map has no [%s]", name);
        s->depth = 0;
        return;
    }
    if (s->depth) {
        parent = &s->open[s->depth - 1];
        if (!parent->record)
            begin_record(s, parent);
        end = last_child(parent->record);
    }
    o = &s->open[s->depth++];
    *o = (struct open_record){ .indent = indent, .stream = stream, .end = end };
}

static void
take_line(struct sample *s, const char *text, size_t len)
{
    size_t indent = 0, name_len;
    const char *equals;

    while (indent < len && (text[indent] == ' ' || text[indent] == '\t'))
        indent++;
    if (len && text[len - 1] == '\r')
        len--;
    if (indent >= len) {
        s->parted = true;
        return;
    }
    text += indent;
    len -= indent;
    if (text[0] == '#')
        return;
    if (text[0] == '[' && text[len - 1] == ']') {
        open_stream(s, text + 1, len - 2, indent);
        s->parted = false;
        return;
    }
    equals = memchr(text, '=', len);
    while (s->depth && s->open[s->depth - 1].indent > indent)
        s->depth--;
    if (!s->depth || !equals) {
        fault_add(s->faults, s->path, s->line, "neither [STREAM] nor PATH = VALUE of a stream");
        return;
    }
    if (s->parted) /* another record of the stream that this line belongs to */
        s->open[s->depth - 1].record = NULL;
    s->parted = false;
    name_len = (size_t)(equals - text);
    while (name_len && text[name_len - 1] == ' ')
        name_len--;
    equals++;
    if (equals < text + len && *equals == ' ')
        equals++;
    add_value(s, &s->open[s->depth - 1], text, name_len,
              read_value(s, equals, (size_t)(text + len - equals)));
}

struct record *
map_sample_read(struct arena *mem, const struct mapping *map, const char *path, const char *text,
                size_t len, struct faults *faults)
{
    struct sample s = { .mem = mem, .map = map, .path = path, .faults = faults };

    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t line = end ? (size_t)(end - text) - at : len - at;

        s.line++;
        take_line(&s, text + at, line);
        at += line + 1;
    }
    return s.first;
}
