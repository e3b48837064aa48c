/*
 * A map in words: what it reads, what it writes, by which rules, and what is lost on the way.
 */
#include <inttypes.h>
#include <string.h>

#include "convert.h"
#include "../base/file.h"
#include "map_tools.h"
#include "mapping_load.h"
#include "text.h"
#include "units.h"

/* Columns are padded by characters, not bytes. */
static void
print_cell(FILE *out, const char *text, size_t width)
{
    size_t chars = text_chars(text, strlen(text));

    (void)fputs(text, out);
    for (; chars < width; chars++)
        (void)fputc(' ', out);
    (void)fputs("  ", out);
}

static void
widen(size_t *width, const char *text)
{
    size_t chars = text_chars(text, strlen(text));

    if (chars > *width)
        *width = chars;
}

static void
print_rules(FILE *out, const struct map_line *line)
{
    if (line->flags & MAP_KEY)
        (void)fputs("; part of the key", out);
    if (line->flags & MAP_REQUIRED)
        (void)fputs("; required", out);
    if (line->flags & MAP_TRIM)
        (void)fputs("; blanks off", out);
    if (line->max)
        (void)fprintf(out, "; at most %zu characters", line->max);
    else if (line->field->max)
        (void)fprintf(out, "; at most %zu characters (dictionary)", line->field->max);
    if (line->field->ranged)
        (void)fprintf(out, "; %" PRId64 " to %" PRId64, line->field->low, line->field->high);
    if (line->format)
        (void)fprintf(out, "; as \"%s\"", line->format);
    if (line->kind == KIND_TIME)
        (void)fprintf(out, " in %c%02d:%02d", line->zone < 0 ? '-' : '+',
                      (line->zone < 0 ? -line->zone : line->zone) / 60,
                      (line->zone < 0 ? -line->zone : line->zone) % 60);
    if (line->kind == KIND_CODE)
        (void)fprintf(out, "; by [codes %s]", line->codes->name);
    if (line->with)
        (void)fprintf(out, ", told apart by the text of %s", line->with);
    if (line->field->flags & DICT_NAME)
        (void)fputs("; a name, in one spelling, all of it visible", out);
    if (line->flags & MAP_SEAL)
        (void)fputs("; sealed: only the notifier can read it", out);
    if (line->flags & MAP_APART)
        (void)fputs("; held alone when it cannot be read, the record is taken", out);
    if (line->legacy)
        (void)fprintf(out, "; text in the font %s is kept, and converted beside it", line->legacy);
    if (line->kind == KIND_BYTES)
        (void)fprintf(out, "; kept in the content store%s",
                      line->flags & MAP_XOP ? "; sent as a part of its own (MTOM)" : "");
    if (line->scheme)
        (void)fprintf(out, "; by scheme %s", line->scheme);
    if (line->match)
        (void)fprintf(out, "; of the form %s", line->match);
    if (line->fallback)
        (void)fprintf(out, "; \"%s\" when absent", line->fallback);
    if (line->loss)
        (void)fprintf(out, "; LOSS: %s", line->loss);
}

static void
explain_stream(FILE *out, const struct map_stream *stream)
{
    size_t field = 0, remote = 0;

    if (stream->parent)
        (void)fprintf(out, "\n%s, a collection at %s of each %s\n", stream->name, stream->at,
                      stream->parent);
    else
        (void)fprintf(out, "\n%s\n", stream->name);
    for (size_t i = 0; i < stream->count; i++) {
        widen(&field, stream->lines[i].canonical);
        widen(&remote, stream->lines[i].remote);
    }
    for (size_t i = 0; i < stream->count; i++) {
        const struct map_line *line = &stream->lines[i];
        const char *arrow = line->direction == MAP_IN    ? "<-- "
                            : line->direction == MAP_OUT ? " -->"
                                                         : "<-->";

        (void)fprintf(out, "  %4d  ", line->line);
        print_cell(out, line->canonical, field);
        (void)fprintf(out, "%s  ", arrow);
        print_cell(out, line->remote, remote);
        (void)fputs(kind_name(line->kind), out);
        print_rules(out, line);
        (void)fputc('\n', out);
    }
}

static void
explain_codes(FILE *out, const struct codes *codes)
{
    size_t width = 0;

    (void)fprintf(out, "\ncodes %s (%s)\n", codes->name, codes->path);
    for (size_t i = 0; i < codes->count; i++)
        widen(&width, codes->items[i].canonical);
    for (size_t i = 0; i < codes->count; i++) {
        (void)fprintf(out, "  %4d  ", codes->items[i].line);
        print_cell(out, codes->items[i].canonical, width);
        (void)fprintf(out, "=  %s", codes->items[i].remote);
        if (codes->items[i].remote_text)
            (void)fprintf(out, "  with the text \"%s\"", codes->items[i].remote_text);
        if (codes->items[i].loss)
            (void)fprintf(out, "  LOSS: %s", codes->items[i].loss);
        (void)fputc('\n', out);
    }
}

static void
explain_call(FILE *out, const struct mapping *map, const struct map_call *call)
{
    const char *verb = call->brings ? "brings" : "carries";

    (void)fprintf(out, "\ncall %s %s %s", call->name, verb,
                  call->brings ? call->brings : call->carries);
    if (call->cursor_time && call->cursor_key)
        (void)fprintf(out, ", from where it was left: %s, then %s", call->cursor_time,
                      call->cursor_key);
    if (call->carries)
        (void)fprintf(out, ", %ld at a time; %s", call->batch,
                      call->keyed ? "the peer knows a repeat by our reference (class A)"
                      : mapping_call(map, "find")
                          ? "the peer can be asked for our reference (class B)"
                          : "sent once, doubts go to a person (class C)");
    (void)fputc('\n', out);
    for (size_t i = 0; i < call->count; i++)
        (void)fprintf(out, "  %4d  %s = %s\n", call->pairs[i].line, call->pairs[i].key,
                      call->pairs[i].value);
}

static void
explain_rest(FILE *out, const struct mapping *map)
{
    if (map->fault_count)
        (void)fputs("\nits words for what went wrong, first match\n", out);
    for (size_t i = 0; i < map->fault_count; i++)
        (void)fprintf(out, "  %4d  %s = %s\n", map->faults[i].line, map->faults[i].pattern,
                      verdict_name(map->faults[i].verdict));
    if (map->limit_count)
        (void)fputs("\nwhat it cannot take\n", out);
    for (size_t i = 0; i < map->limit_count; i++)
        (void)fprintf(out, "  %4d  %s = %s\n", map->limits[i].line, map->limits[i].key,
                      map->limits[i].value);
    if (map->not_carried_count)
        (void)fputs("\nnot carried\n", out);
    for (size_t i = 0; i < map->not_carried_count; i++)
        (void)fprintf(out, "  %4d  %s: %s\n", map->not_carried[i].line, map->not_carried[i].key,
                      map->not_carried[i].value);
}

static void
explain(FILE *out, const struct mapping *map)
{
    static const char *const roles[] = {
        [ROLE_PORTAL] = "a portal",
        [ROLE_POLICE] = "a police system",
        [ROLE_ARCHIVE] = "an archive, only read: nothing is registered or told from it",
    };
    static const char *const keeps[] = {
        [KEEP_BYTES] = "as they came",
        [KEEP_SEALED] = "encrypted",
        [KEEP_DIGEST] = "not at all, only their digest",
    };

    (void)fprintf(out, "%s: %s\n", map->system, map->title);
    (void)fprintf(out, "  %s, reached as %s; times without a zone are UTC%c%02d:%02d\n",
                  roles[map->role], map->kind, map->zone < 0 ? '-' : '+',
                  (map->zone < 0 ? -map->zone : map->zone) / 60,
                  (map->zone < 0 ? -map->zone : map->zone) % 60);
    (void)fprintf(out, "  counts a complaint as received on %s%s\n", map->received,
                  map->dispose_satisfied ? "; takes no disposal before satisfaction is recorded"
                                         : "");
    (void)fprintf(out, "  the bytes in which records come are kept %s\n", keeps[map->keep]);
    for (size_t i = 0; i < map->pair_count; i++)
        (void)fprintf(out, "  %s = %s\n", map->pairs[i].key, map->pairs[i].value);
    (void)fprintf(out, "  sha256 %s\n", map->sha256);
    (void)fputs("  <-- is read from it, --> is written to it; numbers are lines of the map\n", out);
    for (size_t i = 0; i < map->stream_count; i++)
        explain_stream(out, &map->streams[i]);
    for (size_t i = 0; i < map->codes_count; i++)
        explain_codes(out, &map->codes[i]);
    for (size_t i = 0; i < map->call_count; i++)
        explain_call(out, map, &map->calls[i]);
    explain_rest(out, map);
}

int
map_explain(const struct map_tools *t, const char *file)
{
    struct faults faults = { .mem = t->mem };
    const char *folder = map_tools_folder(t, file);
    const struct adapter_ops *ops;
    struct dict dict;
    struct units units;
    struct mapping map;

    dict_load(t->mem, file_in(t->mem, folder, "canonical.fields"), &dict, &faults);
    units_load(t->mem, file_in(t->mem, folder, "units"), &units, &faults);
    mapping_load(t->mem, file, &dict, &units, t->kinds, t->forced, &map, &ops, &faults);
    for (size_t i = 0; i < faults.count; i++)
        (void)fprintf(t->out, "%s:%d: %s\n", faults.items[i].path, faults.items[i].line,
                      faults.items[i].text);
    if (faults.count)
        return 5;
    explain(t->out, &map);
    return 0;
}
