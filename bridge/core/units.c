/*
 * Unit lists are read file by file, in the order of their names; units_index.c finds units in them.
 */
#include "units.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "csv.h"
#include "../base/file.h"
#include "text.h"
#include "units_index.h"

enum { C_UNIT, C_PARENT, C_LEVEL, C_EN, C_HI, C_FROM, C_TO, C_ALIASES, COLUMNS };

static const char *const columns[COLUMNS] = { "unit",    "parent",     "level",    "name_en",
                                              "name_hi", "valid_from", "valid_to", "aliases" };
static const char *const levels[] = { "STATE",  "ZONE", "RANGE",  "DISTRICT",
                                      "SUBDIV", "PS",   "OUTPOST" };

/* ---- reading ---- */

struct loading {
    struct arena *mem;
    struct unit *items;
    size_t count, room;
    struct faults *faults;
};

static const char *
value_or_null(const char *text)
{
    return *text ? text : NULL;
}

static void
check_date(const struct loading *l, const struct unit *unit, const char *date)
{
    int64_t at;

    if (date && !clock_parse("%Y-%m-%d", 0, date, strlen(date), &at))
        fault_add(l->faults, unit->path, unit->line, "\"%s\" is not a date like 2024-03-31", date);
}

static void
check_order(const struct loading *l, const struct unit *unit, const char *from, const char *to)
{
    if (from && to && strcmp(from, to) > 0)
        fault_add(l->faults, unit->path, unit->line, "ends on %s, before it begins on %s", to,
                  from);
}

static void
check_level(const struct loading *l, const struct unit *unit)
{
    size_t n = sizeof levels / sizeof *levels;
    const char *near;

    for (size_t i = 0; i < n; i++)
        if (strcmp(levels[i], unit->level) == 0)
            return;
    near = text_nearest(unit->level, levels, n);
    fault_add(l->faults, unit->path, unit->line, "unknown level \"%s\"%s%s%s", unit->level,
              near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* "@FROM..TO" behind an alias, either day left out. */
static void
read_days(const struct loading *l, const struct unit *unit, char *days, struct unit_alias *alias)
{
    char *dots = strstr(days, "..");

    if (!dots || strlen(days) == 2) {
        fault_add(l->faults, unit->path, unit->line,
                  "\"@%s\" is not the time of an alias, written SCHEME:CODE@FROM..TO", days);
        return;
    }
    *dots = '\0';
    alias->valid_from = value_or_null(days);
    alias->valid_to = value_or_null(dots + 2);
    check_date(l, unit, alias->valid_from);
    check_date(l, unit, alias->valid_to);
    check_order(l, unit, alias->valid_from, alias->valid_to);
}

/* "scheme:code scheme:code"; a code that holds a blank writes it as '_' */
static void
read_aliases(const struct loading *l, const char *list, struct unit *unit)
{
    struct unit_alias *aliases = NULL;
    size_t n = 0, room = 0, len;
    const char *word;

    while (text_word(&list, &word, &len)) {
        const char *colon = memchr(word, ':', len);
        char *code;

        if (!colon || colon == word || colon + 1 == word + len) {
            fault_add(l->faults, unit->path, unit->line, "alias \"%.*s\" is not SCHEME:CODE",
                      (int)len, word);
            continue;
        }
        aliases = arena_grow(l->mem, aliases, n, &room, sizeof *aliases);
        aliases[n].scheme = arena_text(l->mem, word, (size_t)(colon - word));
        aliases[n].valid_from = aliases[n].valid_to = NULL;
        code = arena_text(l->mem, colon + 1, len - (size_t)(colon - word) - 1);
        if (strchr(code, '@')) {
            char *days = strchr(code, '@');

            *days = '\0';
            read_days(l, unit, days + 1, &aliases[n]);
        }
        for (char *at = strchr(code, '_'); at; at = strchr(at, '_'))
            *at = ' ';
        aliases[n].code = code;
        if (strcmp(aliases[n].scheme, OWN_SCHEME) == 0)
            fault_add(l->faults, unit->path, unit->line,
                      "scheme \"bridge\" is the unit's own code and cannot be an alias");
        n++;
    }
    unit->aliases = aliases;
    unit->alias_count = n;
}

/* The cell in NFC; names and codes are compared so. */
static const char *
clean(const struct loading *l, const char *path, int line, const char *cell)
{
    const char *out = cell;
    struct error err;
    size_t len;

    if (text_clean(l->mem, cell, strlen(cell), &out, &len, &err)) {
        fault_add(l->faults, path, line, "%s", err.text);
        return "";
    }
    return out;
}

static void
read_unit(struct loading *l, const char *path, const struct csv_row *row)
{
    const char *cells[COLUMNS];
    struct unit *unit;

    for (size_t i = 0; i < COLUMNS; i++)
        cells[i] = clean(l, path, row->line, row->cells[i]);
    if (!*cells[C_UNIT] || !*cells[C_EN]) {
        fault_add(l->faults, path, row->line, "a unit needs a code and a name");
        return;
    }
    l->items = arena_grow(l->mem, l->items, l->count, &l->room, sizeof *l->items);
    unit = &l->items[l->count++];
    *unit = (struct unit){
        .code = cells[C_UNIT],
        .parent = value_or_null(cells[C_PARENT]),
        .level = cells[C_LEVEL],
        .name_en = cells[C_EN],
        .name_hi = value_or_null(cells[C_HI]),
        .valid_from = value_or_null(cells[C_FROM]),
        .valid_to = value_or_null(cells[C_TO]),
        .path = path,
        .line = row->line,
    };
    check_level(l, unit);
    check_date(l, unit, unit->valid_from);
    check_date(l, unit, unit->valid_to);
    check_order(l, unit, unit->valid_from, unit->valid_to);
    read_aliases(l, cells[C_ALIASES], unit);
}

static int
is_table(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return entry->d_name[0] != '.' && len > 4 && strcmp(entry->d_name + len - 4, ".csv") == 0;
}

static void
read_folder(struct loading *l, const char *folder)
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, is_table, alphasort);

    if (n < 0)
        fault_add(l->faults, folder, 0, "could not read the folder of units: %s", strerror(errno));
    for (int i = 0; i < n; i++) {
        const char *path = arena_format(l->mem, "%s/%s", folder, entries[i]->d_name), *text;
        struct csv csv;
        size_t len;

        free(entries[i]);
        if (!file_read(l->mem, path, NULL, 0, &text, &len, l->faults))
            continue;
        csv_read(l->mem, path, text, len, columns, COLUMNS, COLUMNS, &csv, l->faults);
        for (size_t j = 0; j < csv.count; j++)
            read_unit(l, path, &csv.rows[j]);
    }
    free(entries);
}

/* ---- the tree ---- */

/* Its code is shared: a fault at each but the first that has it. */
static void
check_once(const struct loading *l, size_t at)
{
    const struct unit *unit = &l->items[at];

    for (size_t i = 0; i < at; i++) {
        if (strcmp(l->items[i].code, unit->code) == 0) {
            fault_add(l->faults, unit->path, unit->line, "unit \"%s\" stands in line %d too",
                      unit->code, l->items[i].line);
            return;
        }
    }
}

/* Every unit once, under a parent that is there, and not below itself. */
static void
check_tree(const struct loading *l, const struct units *units)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct unit *unit = &l->items[i], *up = unit;
        size_t steps = 0;

        if (!units_by_code(units, OWN_SCHEME, unit->code))
            check_once(l, i);
        while (up && up->parent && steps <= l->count) {
            up = units_by_code(units, OWN_SCHEME, up->parent);
            steps++;
        }
        if (!up && steps == 1)
            fault_add(l->faults, unit->path, unit->line, "no unit \"%s\" to be its parent",
                      unit->parent);
        if (steps > l->count)
            fault_add(l->faults, unit->path, unit->line, "unit \"%s\" is below itself", unit->code);
    }
}

void
units_load(struct arena *mem, const char *folder, struct units *out, struct faults *faults)
{
    struct loading l = { .mem = mem, .faults = faults };

    read_folder(&l, folder);
    out->items = l.items;
    out->count = l.count;
    out->index = units_index(mem, l.items, l.count);
    check_tree(&l, out);
}
