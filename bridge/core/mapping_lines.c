/*
 * [STREAM]: one line a field. Lines are checked one by one as they are read; mapping_checks.c does
 * so against each other and against the calls.
 */
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "codes.h"
#include "map_words.h"
#include "mapping_read.h"
#include "rules.h"
#include "text.h"
#include "units.h"

#define DAY_FORMAT "%Y-%m-%d"
#define LINE_FORM  "a line is CANONICAL in|out|both REMOTE KIND RULES..."

static bool
find_field(const struct reader *r, const struct dict_stream *dict, struct map_line *line)
{
    long slot = dict_slot(dict, line->canonical);
    const char **names;

    if (slot >= 0) {
        line->slot = (size_t)slot;
        line->field = &dict->fields[slot];
        line->canonical = line->field->name;
        return true;
    }
    names = arena_alloc(r->mem, (dict->count + 1) * sizeof *names);
    for (size_t i = 0; i < dict->count; i++)
        names[i] = dict->fields[i].name;
    reader_unknown(r, line->line, arena_format(r->mem, "field of [%s]", dict->name),
                   line->canonical, names, dict->count);
    return false;
}

static bool
find_direction(const struct reader *r, const char *word, struct map_line *line)
{
    static const char *const names[] = { "in", "out", "both" };
    static const enum map_direction directions[] = { MAP_IN, MAP_OUT, MAP_BOTH };

    for (size_t i = 0; i < 3; i++) {
        if (strcmp(names[i], word) == 0) {
            line->direction = directions[i];
            return true;
        }
    }
    reader_unknown(r, line->line, "direction", word, names, 3);
    return false;
}

static void
free_match(void *handle)
{
    regfree(handle);
    free(handle);
}

/* The expression has to cover the whole text. */
static regex_t *
compile_match(const struct reader *r, const struct map_line *line)
{
    const char *whole = arena_format(r->mem, "^(%s)$", line->match);
    regex_t *match = memory_get(sizeof *match);
    int code = regcomp(match, whole, REG_EXTENDED | REG_NOSUB);
    char why[128];

    if (code == 0) {
        arena_defer(r->mem, free_match, match);
        return match;
    }
    (void)regerror(code, match, why, sizeof why);
    fault_add(r->faults, r->path, line->line, "match: %s", why);
    free(match);
    return NULL;
}

static size_t
least(size_t a, size_t b)
{
    return !a ? b : !b || a < b ? a : b;
}

static void
compile_line(const struct reader *r, const struct dict_stream *dict, struct map_line *line)
{
    struct line_plan *plan = arena_alloc(r->mem, sizeof *plan);

    plan->limits = r->limits;
    plan->with_slot = line->with ? dict_slot(dict, line->with) : -1;
    plan->late = line->kind == KIND_UNIT || plan->with_slot >= 0;
    plan->most = least(line->field->max, line->max);
    plan->most_out = least(line->max, r->limits->max);
    plan->may_cut =
        !(line->flags & MAP_KEY) && ((line->loss && line->max) || r->limits->max == plan->most_out);
    if (line->match)
        plan->match = compile_match(r, line);
    line->compiled = plan;
}

/* What the format cannot say, in words, or NULL; an instant is compared down to its second. */
static const char *
coarse(const char *format)
{
    if (strcmp(format, "iso") == 0)
        return NULL;
    if (!strstr(format, "%H") && !strstr(format, "%I") && !strstr(format, "%-H") &&
        !strstr(format, "%-I"))
        return "the time of day";
    if (!strstr(format, "%M"))
        return "minutes";
    return strstr(format, "%S") ? NULL : "seconds";
}

/* What goes out and cannot come back as it was has to be declared. */
static void
check_losses(const struct reader *r, const struct map_line *line)
{
    const char *less;

    if (!(line->direction & MAP_OUT) || line->loss)
        return;
    if (line->max && line->kind == KIND_TEXT && (!line->field->max || line->max < line->field->max))
        fault_add(r->faults, r->path, line->line,
                  "max=%zu is less than the dictionary's %zu: say why with loss=\"...\"", line->max,
                  line->field->max);
    if (line->kind == KIND_TIME && line->format) {
        less = coarse(line->format);
        if (less)
            fault_add(r->faults, r->path, line->line,
                      "the format cannot say %s: say why with loss=\"...\"", less);
    }
    if (line->direction == MAP_BOTH && line->fallback)
        fault_add(r->faults, r->path, line->line,
                  "with default= what was absent comes back filled: say why with loss=\"...\"");
}

/* What a kind cannot do without. */
static void
check_kind(const struct reader *r, struct map_line *line)
{
    static const struct codes no_codes = { .name = "", .path = "" };
    const char *clash;

    switch (line->kind) {
    case KIND_CODE:
        if (!line->codes)
            line->codes = &no_codes;
        break;
    case KIND_TIME:
        if (!line->format)
            fault_add(r->faults, r->path, line->line,
                      "a time needs format=\"...\", like \"%%d/%%m/%%Y %%H:%%M:%%S\" or \"iso\"");
        break;
    case KIND_DATE:
        if (!line->format)
            line->format = DAY_FORMAT;
        break;
    case KIND_UNIT:
        if (!line->scheme) {
            fault_add(r->faults, r->path, line->line, "a unit needs scheme=NAME");
            break;
        }
        clash = units_clash(r->units, line->scheme);
        if (!units_has_scheme(r->units, line->scheme))
            fault_add(r->faults, r->path, line->line, "no unit has a code of scheme \"%s\"",
                      line->scheme);
        else if (line->direction & MAP_IN && clash)
            fault_add(r->faults, r->path, line->line,
                      "scheme \"%s\" cannot be read: \"%s\" is the code of several units",
                      line->scheme, clash);
        break;
    default:
        break;
    }
}

/* Rules that do not go together. */
static void
check_flags(const struct reader *r, const struct dict_stream *dict, const struct map_line *line)
{
    if (line->flags & MAP_SEAL && strcmp(dict->name, "complaint") != 0)
        fault_add(r->faults, r->path, line->line, "seal is for [complaint]");
    if (line->flags & MAP_SEAL && line->flags & MAP_KEY)
        fault_add(r->faults, r->path, line->line, "a key cannot be sealed: records are told by it");
    if (line->flags & MAP_APART && line->flags & MAP_KEY)
        fault_add(r->faults, r->path, line->line,
                  "hold=field is not for a key: records are told by it");
    if (line->flags & MAP_SEAL && line->legacy)
        fault_add(r->faults, r->path, line->line, "a sealed text is not converted: seal or legacy");
}

/* default= is spelled as the peer would: it must be readable. */
static void
check_fallback(const struct reader *r, const struct map_line *line)
{
    struct mapper m = { .map = r->map, .units = r->units };
    struct field none = { NULL, 0 }, out;
    struct error err = { .code = "" };

    if (line->fallback && line->direction & MAP_IN &&
        convert_in(&m, r->mem, line, &none, NULL, &out, &err))
        fault_add(r->faults, r->path, line->line,
                  "default= must be spelled as the peer would spell it: %s", err.text);
}

static bool
read_line(struct reader *r, const struct dict_stream *dict, const struct ini_line *text,
          struct map_line *line)
{
    struct rule_context ctx = { r->mem, r->path, r->map, r->faults };
    size_t count = 0, before = r->faults->count;
    struct word *words = NULL;
    bool known, directed;

    *line = (struct map_line){ .line = text->line, .zone = r->map->zone };
    if (!words_split(r->mem, text->text, &words, &count)) {
        fault_add(r->faults, r->path, text->line, "a quote is not closed");
        return false;
    }
    if (count < 4) {
        fault_add(r->faults, r->path, text->line, LINE_FORM);
        return false;
    }
    line->canonical = words[0].text;
    line->remote = words[2].text;
    known = find_field(r, dict, line);
    directed = find_direction(r, words[1].text, line);
    if (!kind_find(words[3].text, &line->kind)) {
        const char *near = kind_nearest(words[3].text);

        reader_unknown(r, text->line, "kind", words[3].text, &near, near ? 1 : 0);
        return false;
    }
    if (!known || !directed)
        return false;
    if (!kind_fits(line->kind, line->field->kind)) {
        fault_add(r->faults, r->path, text->line, "\"%s\" is a %s in the dictionary, not a %s",
                  line->canonical, kind_name(line->field->kind), kind_name(line->kind));
        return false;
    }
    for (size_t i = 4; i < count; i++) {
        bool twice = false;

        for (size_t j = 4; j < i && !twice; j++)
            twice = strcmp(words[j].name, words[i].name) == 0;
        if (twice)
            fault_add(r->faults, r->path, text->line, "rule \"%s\" stands twice", words[i].name);
        else
            rule_apply(&ctx, &words[i], line);
    }
    if (line->kind == KIND_CODE && !line->codes && r->faults->count == before)
        fault_add(r->faults, r->path, text->line, "a code needs codes=NAME");
    check_kind(r, line);
    check_flags(r, dict, line);
    check_losses(r, line);
    compile_line(r, dict, line);
    if (r->faults->count == before)
        check_fallback(r, line);
    return true;
}

/* Two lines that fill the same field, or that write the same place. */
static void
check_twice(const struct reader *r, const struct map_stream *stream, const struct map_line *line)
{
    for (size_t i = 0; i < stream->count; i++) {
        const struct map_line *other = &stream->lines[i];

        if (other->direction & line->direction & MAP_IN && other->slot == line->slot) {
            fault_add(r->faults, r->path, line->line, "\"%s\" is read by line %d already",
                      line->canonical, other->line);
            return;
        }
        if (other->direction & line->direction & MAP_OUT &&
            strcmp(other->remote, line->remote) == 0) {
            fault_add(r->faults, r->path, line->line, "\"%s\" is written by line %d already",
                      line->remote, other->line);
            return;
        }
    }
}

/* [STREAM in PARENT at PATH] */
static void
read_place(struct reader *r, const struct ini_section *section, struct map_stream *out)
{
    struct word *words = NULL;
    size_t count = 0;

    if (!*section->arg)
        return;
    if (!words_split(r->mem, section->arg, &words, &count) || count != 4 ||
        strcmp(words[0].text, "in") != 0 || strcmp(words[2].text, "at") != 0) {
        fault_add(r->faults, r->path, section->line,
                  "a collection is written [%s in PARENT at PATH]", section->name);
        return;
    }
    out->parent = words[1].text;
    out->at = words[3].text;
    if (strcmp(out->parent, out->name) == 0 || !dict_stream_find(r->dict, out->parent))
        fault_add(r->faults, r->path, section->line, "\"%s\" is no stream that can hold [%s]",
                  out->parent, out->name);
}

bool
read_stream(struct reader *r, const struct ini_section *section, struct map_stream *out)
{
    const struct dict_stream *dict = dict_stream_find(r->dict, section->name);
    struct map_line *lines;

    if (!dict)
        return false;
    lines = arena_alloc(r->mem, (section->count + 1) * sizeof *lines);
    *out = (struct map_stream){
        .name = dict->name, .dict = dict, .lines = lines, .line = section->line
    };
    read_place(r, section, out);
    for (size_t i = 0; i < section->count; i++) {
        if (!read_line(r, dict, &section->lines[i], &lines[out->count]))
            continue;
        check_twice(r, out, &lines[out->count]);
        out->count++;
    }
    if (section->count == 0)
        fault_add(r->faults, r->path, section->line, "[%s] has no lines", section->name);
    out->compiled = compile_stream(r, out);
    return true;
}
