/*
 * The dictionary: one line a field, "name kind rules | what it is".
 */
#include <string.h>

#include "../base/ini.h"
#include "convert.h"
#include "mapping_load.h"
#include "text.h"
#include "map_words.h"

const struct dict_stream *
dict_stream_find(const struct dict *dict, const char *name)
{
    for (size_t i = 0; i < dict->count; i++)
        if (strcmp(dict->streams[i].name, name) == 0)
            return &dict->streams[i];
    return NULL;
}

long
dict_slot(const struct dict_stream *stream, const char *field)
{
    for (size_t i = 0; i < stream->count; i++)
        if (strcmp(stream->fields[i].name, field) == 0)
            return (long)i;
    return -1;
}

const struct field *
dict_value(const struct dict_stream *stream, const struct record *record, const char *name)
{
    static const struct field absent = { NULL, 0 };
    long slot = stream ? dict_slot(stream, name) : -1;

    return slot < 0 || (size_t)slot >= record->count ? &absent : &record->fields[slot];
}

static bool
read_range(const char *text, struct dict_field *f)
{
    const char *dots = strstr(text, "..");

    if (!dots || !text_int(text, (size_t)(dots - text), &f->low) ||
        !text_int(dots + 2, strlen(dots + 2), &f->high) || f->low > f->high)
        return false;
    f->ranged = true;
    return true;
}

static void
read_rule(const struct word *w, struct dict_field *f, const char *path, struct faults *faults)
{
    int64_t max = 0;

    if (strcmp(w->name, "personal") == 0 && !w->value) {
        f->flags |= DICT_PERSONAL;
    } else if (strcmp(w->name, "police") == 0 && !w->value) {
        f->flags |= DICT_POLICE;
    } else if (strcmp(w->name, "found") == 0 && !w->value) {
        f->flags |= DICT_FOUND;
    } else if (strcmp(w->name, "aside") == 0 && !w->value) {
        f->flags |= DICT_ASIDE;
    } else if (strcmp(w->name, "name") == 0 && !w->value && f->kind == KIND_TEXT) {
        f->flags |= DICT_NAME;
    } else if (strcmp(w->name, "max") == 0 && w->value && f->kind == KIND_TEXT) {
        if (!text_int(w->value, strlen(w->value), &max) || max < 1)
            fault_add(faults, path, f->line, "max must be a number of characters");
        f->max = max > 0 ? (size_t)max : 0;
    } else if (strcmp(w->name, "words") == 0 && w->value && f->kind == KIND_CODE) {
        f->words = w->value;
    } else if (strcmp(w->name, "range") == 0 && w->value && f->kind == KIND_INT) {
        if (!read_range(w->value, f))
            fault_add(faults, path, f->line, "range must be LOWEST..HIGHEST");
    } else {
        fault_add(faults, path, f->line, "unknown rule \"%s\" for a %s field", w->name,
                  kind_name(f->kind));
    }
}

static bool
read_field(struct arena *mem, const char *path, const struct ini_line *line, struct dict_field *f,
           struct faults *faults)
{
    const char *bar = strchr(line->text, '|');
    size_t len = bar ? (size_t)(bar - line->text) : strlen(line->text);
    const char *help = bar ? bar + 1 : "";
    size_t help_len = strlen(help), count = 0;
    struct word *words = NULL;

    text_trim(&help, &help_len);
    *f = (struct dict_field){ .help = arena_text(mem, help, help_len), .line = line->line };
    if (!words_split(mem, arena_text(mem, line->text, len), &words, &count)) {
        fault_add(faults, path, line->line, "a quote is not closed");
        return false;
    }
    if (count < 2) {
        fault_add(faults, path, line->line, "a field needs a name and a kind");
        return false;
    }
    f->name = words[0].text;
    if (!kind_find(words[1].text, &f->kind)) {
        const char *near = kind_nearest(words[1].text);
        fault_add(faults, path, line->line, "unknown kind \"%s\"%s%s%s", words[1].text,
                  near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
        return false;
    }
    for (size_t i = 2; i < count; i++)
        read_rule(&words[i], f, path, faults);
    if (f->kind == KIND_CODE && !f->words) {
        fault_add(faults, path, line->line, "a code needs words=");
        f->words = "";
    }
    return true;
}

static void
read_stream(struct arena *mem, const char *path, const struct ini_section *section,
            struct dict_stream *out, struct faults *faults)
{
    struct dict_field *fields = arena_alloc(mem, (section->count + 1) * sizeof *fields);

    *out = (struct dict_stream){ .name = section->name, .fields = fields, .line = section->line };
    for (size_t i = 0; i < section->count; i++) {
        struct dict_field *f = &fields[out->count];

        if (!read_field(mem, path, &section->lines[i], f, faults))
            continue;
        if (dict_slot(out, f->name) >= 0)
            fault_add(faults, path, f->line, "field \"%s\" stands twice", f->name);
        else
            out->count++;
    }
}

void
dict_load(struct arena *mem, const char *path, struct dict *out, struct faults *faults)
{
    struct ini ini;
    struct dict_stream *streams;

    *out = (struct dict){ .path = arena_copy(mem, path) };
    if (!ini_load(mem, path, &ini, faults))
        return;
    streams = arena_alloc(mem, (ini.count + 1) * sizeof *streams);
    out->streams = streams;
    for (size_t i = 0; i < ini.count; i++) {
        const struct ini_section *section = &ini.sections[i];

        if (dict_stream_find(out, section->name)) {
            fault_add(faults, path, section->line, "[%s] stands twice", section->name);
            continue;
        }
        read_stream(mem, path, section, &streams[out->count], faults);
        out->count++;
    }
}
