/*
 * What a map says, printed; what is wrong with it, listed; what it makes of a sample, shown.
 */
#include "map_tools.h"

#include <string.h>
#include <unistd.h>

#include "adapter.h"
#include "../base/file.h"
#include "map_sample.h"
#include "mapper.h"
#include "mapping_load.h"
#include "units.h"

enum { EXIT_DONE = 0, EXIT_USAGE = 2, EXIT_HELD = 3, EXIT_INVALID = 5 };

struct loaded {
    struct faults faults;
    struct dict dict;
    struct units units;
    struct mapping map;
    const struct adapter_ops *ops;
};

const char *
map_tools_folder(const struct map_tools *t, const char *file)
{
    const char *folders[] = { file_folder(t->mem, file), "mappings",
                              file_installed(t->mem, "mappings") };

    if (t->mappings)
        return t->mappings;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (access(file_in(t->mem, folders[i], "canonical.fields"), R_OK) == 0)
            return folders[i];
    return folders[0];
}

static void
load(const struct map_tools *t, const char *file, struct loaded *l)
{
    const char *folder = map_tools_folder(t, file);

    *l = (struct loaded){ .faults = { .mem = t->mem } };
    dict_load(t->mem, file_in(t->mem, folder, "canonical.fields"), &l->dict, &l->faults);
    units_load(t->mem, file_in(t->mem, folder, "units"), &l->units, &l->faults);
    mapping_load(t->mem, file, &l->dict, &l->units, t->kinds, t->forced, &l->map, &l->ops,
                 &l->faults);
}

static int
print_faults(const struct map_tools *t, const struct faults *faults)
{
    for (size_t i = 0; i < faults->count; i++) {
        const struct fault *fault = &faults->items[i];

        if (fault->line)
            (void)fprintf(t->out, "%s:%d: %s\n", fault->path, fault->line, fault->text);
        else
            (void)fprintf(t->out, "%s: %s\n", fault->path, fault->text);
    }
    return faults->count ? EXIT_INVALID : EXIT_DONE;
}

/* ---- check ---- */

static bool
is_listed(const struct mapping *map, struct arena *mem, const char *stream, const char *field)
{
    const char *names[] = { stream, arena_format(mem, "%s.*", stream),
                            arena_format(mem, "%s.%s", stream, field) };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (map_get(map->not_carried, map->not_carried_count, names[i]))
            return true;
    return false;
}

static bool
is_carried(const struct map_stream *stream, const char *field)
{
    for (size_t i = 0; stream && i < stream->count; i++)
        if (strcmp(stream->lines[i].canonical, field) == 0)
            return true;
    return false;
}

/* What serves the bridge's own checks alone, a map has where its system can tell it. */
static bool
is_aside(const struct dict_stream *d)
{
    for (size_t i = 0; i < d->count; i++)
        if (!(d->fields[i].flags & DICT_ASIDE))
            return false;
    return true;
}

static bool
goes_out(const struct map_stream *stream)
{
    for (size_t i = 0; i < stream->count; i++)
        if (stream->lines[i].direction & MAP_OUT)
            return true;
    return false;
}

void
map_check_carried(const struct dict *dict, const struct mapping *map, struct faults *faults)
{
    for (size_t i = 0; i < dict->count; i++) {
        const struct dict_stream *d = &dict->streams[i];
        const struct map_stream *stream = mapping_stream(map, d->name);

        if (!stream && is_aside(d))
            continue;
        if (!stream && !is_listed(map, faults->mem, d->name, "*")) {
            fault_add(faults, map->path, 0,
                      "has no [%s]: add it, or say why not: [not carried] %s = why", d->name,
                      d->name);
            continue;
        }
        for (size_t j = 0; stream && j < d->count; j++)
            if (!is_carried(stream, d->fields[j].name) && !(d->fields[j].flags & DICT_ASIDE) &&
                (!(d->fields[j].flags & DICT_FOUND) || goes_out(stream)) &&
                !is_listed(map, faults->mem, d->name, d->fields[j].name))
                fault_add(faults, map->path, stream->line,
                          "\"%s\" of [%s] has no line: add one, or [not carried] %s.%s = why",
                          d->fields[j].name, d->name, d->name, d->fields[j].name);
    }
}

/* What the map says is lost on the way, for who signs for it. */
static void
print_losses(FILE *out, const struct mapping *map)
{
    for (size_t i = 0; i < map->stream_count; i++) {
        const struct map_stream *stream = &map->streams[i];

        for (size_t j = 0; j < stream->count; j++)
            if (stream->lines[j].loss)
                (void)fprintf(out, "%s:%d: loss: %s.%s: %s\n", map->path, stream->lines[j].line,
                              stream->name, stream->lines[j].canonical, stream->lines[j].loss);
    }
    for (size_t i = 0; i < map->codes_count; i++) {
        const struct codes *codes = &map->codes[i];

        for (size_t j = 0; j < codes->count; j++)
            if (codes->items[j].loss)
                (void)fprintf(out, "%s:%d: loss: codes %s, %s = %s: %s\n", codes->path,
                              codes->items[j].line, codes->name, codes->items[j].canonical,
                              codes->items[j].remote, codes->items[j].loss);
    }
}

int
map_check(const struct map_tools *t, const char *file)
{
    struct loaded l;
    size_t lines = 0;
    int code;

    load(t, file, &l);
    map_check_carried(&l.dict, &l.map, &l.faults);
    code = print_faults(t, &l.faults);
    for (size_t i = 0; i < l.map.stream_count; i++)
        lines += l.map.streams[i].count;
    if (code == EXIT_DONE)
        print_losses(t->out, &l.map);
    if (code == EXIT_DONE)
        (void)fprintf(t->out,
                      "%s: good: %zu streams, %zu lines, %zu calls, %zu code tables, "
                      "sha256 %s\n",
                      file, l.map.stream_count, lines, l.map.call_count, l.map.codes_count,
                      l.map.sha256);
    else
        (void)fprintf(t->out, "%s: %zu faults\n", file, l.faults.count);
    return code;
}

/* ---- test ---- */

/* Newlines and tabs as they would stand in a sample, so that a value is one line. */
static void
print_value(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            (void)fputs("\\n", out);
        else if (*text == '\t')
            (void)fputs("\\t", out);
        else if (*text == '\\')
            (void)fputs("\\\\", out);
        else
            (void)fputc(*text, out);
    }
    (void)fputc('\n', out);
}

static void
print_record(const struct map_tools *t, const struct loaded *l, const struct record *record,
             int indent)
{
    const struct dict_stream *dict = dict_stream_find(&l->dict, record->stream);

    (void)fprintf(t->out, "%*s[%s]\n", indent, "", record->stream);
    for (size_t i = 0; i < dict->count; i++) {
        if (record->sealed && record->sealed[i].text)
            (void)fprintf(t->out, "%*s# %s is sealed\n", indent, "", dict->fields[i].name);
        if (!record->fields[i].text)
            continue;
        (void)fprintf(t->out, "%*s%s = ", indent, "", dict->fields[i].name);
        print_value(t->out, record->fields[i].text);
    }
    for (const struct field_fault *fault = record->apart; fault; fault = fault->next)
        (void)fprintf(t->out, "%*s# %s would be held alone: %s: %s (%s)\n", indent, "",
                      fault->why->field, fault->why->code, fault->why->text, fault->why->where);
    for (const struct record *child = record->child; child; child = child->next)
        print_record(t, l, child, indent + 4);
}

int
map_test(const struct map_tools *t, const char *file, const char *sample)
{
    struct loaded l;
    struct mapper m = { .map = &l.map, .units = &l.units };
    struct record *records, *canonical;
    struct error err;
    const char *text;
    size_t len;
    int code;
    long good = 0, held = 0;

    load(t, file, &l);
    code = print_faults(t, &l.faults);
    if (code)
        return code;
    if (!file_read(t->mem, sample, NULL, 0, &text, &len, &l.faults)) {
        (void)print_faults(t, &l.faults);
        return EXIT_USAGE;
    }
    records = map_sample_read(t->mem, &l.map, sample, text, len, &l.faults);
    code = print_faults(t, &l.faults);
    if (code)
        return EXIT_USAGE;
    for (const struct record *remote = records; remote; remote = remote->next) {
        if (mapper_in(&m, t->mem, remote, &canonical, &err) == V_OK) {
            good++;
            print_record(t, &l, canonical, 0);
            (void)fprintf(t->out, "# key %s\n\n", mapper_key(&m, t->mem, canonical));
        } else {
            held++;
            (void)fprintf(t->out, "[%s]\n# record %ld would be held: %s: %s (%s, %s)\n\n",
                          remote->stream, remote->ordinal, err.code, err.text,
                          *err.field ? err.field : "-", *err.where ? err.where : "-");
        }
    }
    (void)fprintf(t->out, "# %ld records, %ld would be held\n", good + held, held);
    return held ? EXIT_HELD : EXIT_DONE;
}
