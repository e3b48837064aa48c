/*
 * Records of files: how they hang together, what is wrong with one, and the files that they name.
 */
#include "file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

struct record *
file_record_new(struct arena *mem, const struct map_stream *stream)
{
    struct record *record = arena_alloc(mem, sizeof *record);

    record->stream = stream->name;
    record->count = stream->count;
    record->fields = arena_alloc(mem, (stream->count + 1) * sizeof *record->fields);
    return record;
}

void
file_record_add(struct record *parent, struct record *child)
{
    struct record **end = &parent->child;

    child->ordinal = 1;
    for (; *end; end = &(*end)->next)
        child->ordinal += strcmp((*end)->stream, child->stream) == 0;
    *end = child;
}

void
file_record_spoil(struct arena *mem, struct record *record, const char *field, const char *where,
                  const char *code, const char *say)
{
    struct error *fault;

    if (record->fault)
        return;
    fault = arena_alloc(mem, sizeof *fault);
    (void)error_set(fault, V_REJECT, code, "%s", say);
    error_at(fault, field, where);
    record->fault = fault;
}

enum verdict
file_broken(struct file_reader *reader, long line, const char *column, struct error *err,
            const char *code, const char *fmt, ...)
{
    char text[300], where[sizeof err->where];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    reader->place = (struct file_place){ .line = line, .column = column };
    (void)error_set(err, V_REJECT, code, "%s", text);
    error_hint(err, "Put the file right and drop it again; nothing of it was taken.");
    if (line > 0)
        (void)snprintf(where, sizeof where, "%s line %ld", reader->name, line);
    else
        (void)snprintf(where, sizeof where, "%s", reader->name);
    error_at(err, NULL, where);
    return V_REJECT;
}

/* ---- files that are named ---- */

static void
note_name(struct file_names *names, const char *name)
{
    names->items =
        arena_grow(names->mem, names->items, names->count, &names->room, sizeof *names->items);
    names->items[names->count++] = arena_copy(names->mem, name);
}

/* One field: its file goes into the store, and the content's id takes the name's place. */
static enum verdict
fetch(const struct adapter *a, struct arena *mem, struct record *record,
      const struct map_line *line, struct field *field, struct file_names *names, struct error *err)
{
    const struct file_state *state = a->state;
    struct content_facts facts;
    const char *name = field->text;
    size_t len = field->len;
    enum verdict v;

    text_trim(&name, &len);
    if (len == 0) {
        *field = (struct field){ 0 };
        return V_OK;
    }
    name = arena_text(mem, name, len);
    v = drop_take(state->drop, mem, a->contents, name, &facts, err);
    if (v == V_REJECT) {
        struct error *fault = arena_alloc(mem, sizeof *fault);

        *fault = *err;
        error_at(fault, line->canonical, line->remote);
        if (!record->fault)
            record->fault = fault;
        return V_OK;
    }
    if (v)
        return v;
    note_name(names, name);
    field->text = arena_copy(mem, facts.id);
    field->len = strlen(facts.id);
    return V_OK;
}

enum verdict
file_record_contents(const struct adapter *a, struct arena *mem, struct record *record,
                     struct file_names *names, struct error *err)
{
    const struct map_stream *stream = mapping_stream(a->map, record->stream);
    enum verdict v = V_OK;

    for (size_t i = 0; !v && stream && i < stream->count && i < record->count; i++)
        if (stream->lines[i].kind == KIND_BYTES && record->fields[i].text)
            v = fetch(a, mem, record, &stream->lines[i], &record->fields[i], names, err);
    for (struct record *child = record->child; !v && child; child = child->next) {
        v = file_record_contents(a, mem, child, names, err);
        if (child->fault && !record->fault) /* it is held with what it is part of */
            record->fault = child->fault;
    }
    return v;
}
