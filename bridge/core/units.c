/*
 * Unit lists are read file by file, in the order of their names; then one table finds a unit by
 * "scheme code" and one by its own code.
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
#include "text_table.h"

#define OWN_SCHEME "bridge"
#define KEY_MAX    600

enum { C_UNIT, C_PARENT, C_LEVEL, C_EN, C_HI, C_FROM, C_TO, C_ALIASES, COLUMNS };

static const char *const columns[COLUMNS] = { "unit",    "parent",     "level",    "name_en",
                                              "name_hi", "valid_from", "valid_to", "aliases" };
static const char *const levels[] = { "STATE",  "ZONE", "RANGE",  "DISTRICT",
                                      "SUBDIV", "PS",   "OUTPOST" };

struct scheme {
    const char *name;
    const char *clash; /* first code that several units share, or NULL */
};

struct index {
    struct text_table codes;  /* "scheme TAB code", folded -> place in unit and many */
    const struct unit **unit; /* that has the code */
    bool *many;               /* others have it too */
    uint32_t count;
    struct scheme *schemes;
    size_t scheme_count, scheme_room;
};

/* "scheme TAB code", the code with blanks folded and ASCII letters small; the text must be NFC.
 * 0 when it does not fit. */
static size_t
make_key(const char *scheme, const char *code, char key[KEY_MAX])
{
    size_t n = 0, start;

    if (strlen(scheme) + strlen(code) + 2 > KEY_MAX)
        return 0;
    while (*scheme)
        key[n++] = *scheme++;
    key[n++] = '\t';
    for (start = n; *code; code++) {
        char c = *code;

        if (c == ' ' || c == '\t' || c == '\n') {
            if (n > start && key[n - 1] != ' ')
                key[n++] = ' ';
        } else {
            key[n++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        }
    }
    if (n > start && key[n - 1] == ' ')
        n--;
    return n;
}

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
        code = arena_text(l->mem, colon + 1, len - (size_t)(colon - word) - 1);
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

/* ---- the index ---- */

static struct scheme *
find_scheme(const struct index *index, const char *name)
{
    for (size_t i = 0; i < index->scheme_count; i++)
        if (strcmp(index->schemes[i].name, name) == 0)
            return &index->schemes[i];
    return NULL;
}

static void
add_code(struct arena *mem, struct index *index, const char *scheme, const char *code,
         const struct unit *unit)
{
    struct scheme *s = find_scheme(index, scheme);
    uint32_t at = index->count;
    char key[KEY_MAX];
    size_t len = make_key(scheme, code, key);

    if (!s) {
        index->schemes = arena_grow(mem, index->schemes, index->scheme_count, &index->scheme_room,
                                    sizeof *index->schemes);
        s = &index->schemes[index->scheme_count++];
        *s = (struct scheme){ .name = scheme };
    }
    if (len == 0)
        return;
    if (text_table_put(&index->codes, arena_text(mem, key, len), len, &at)) {
        index->unit[index->count++] = unit;
    } else if (index->unit[at] != unit) {
        index->many[at] = true;
        if (!s->clash)
            s->clash = code;
    }
}

static struct index *
make_index(const struct loading *l)
{
    struct index *index = arena_alloc(l->mem, sizeof *index);
    size_t codes = l->count;

    for (size_t i = 0; i < l->count; i++)
        codes += l->items[i].alias_count;
    text_table_init(l->mem, &index->codes, codes);
    index->unit = arena_alloc(l->mem, (codes + 1) * sizeof(void *));
    index->many = arena_alloc(l->mem, (codes + 1) * sizeof *index->many);
    for (size_t i = 0; i < l->count; i++) {
        const struct unit *unit = &l->items[i];

        add_code(l->mem, index, OWN_SCHEME, unit->code, unit);
        for (size_t j = 0; j < unit->alias_count; j++)
            add_code(l->mem, index, unit->aliases[j].scheme, unit->aliases[j].code, unit);
    }
    return index;
}

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
    out->index = make_index(&l);
    check_tree(&l, out);
}

/* ---- asking ---- */

static const struct unit *
look_up(const struct index *index, const char *scheme, const char *code)
{
    char key[KEY_MAX];
    size_t len = make_key(scheme, code, key);
    long at = len ? text_table_get(&index->codes, key, len) : -1;

    return at < 0 || index->many[at] ? NULL : index->unit[at];
}

static bool
is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text > 0x7E)
            return false;
    return true;
}

const struct unit *
units_by_code(const struct units *units, const char *scheme, const char *code)
{
    const struct index *index = units ? units->index : NULL;
    const struct unit *unit = index ? look_up(index, scheme, code) : NULL;
    const char *clean_code;
    struct arena *mem;
    struct error err;
    size_t len;

    /* nearly every code is as it should be: only what is unknown is brought into NFC */
    if (unit || !index || is_ascii(code))
        return unit;
    mem = arena_new("unit code");
    if (text_clean(mem, code, strlen(code), &clean_code, &len, &err) == V_OK)
        unit = look_up(index, scheme, clean_code);
    arena_free(mem);
    return unit;
}

const char *
units_code(const struct units *units, const char *scheme, const char *unit)
{
    const struct unit *found = units_by_code(units, OWN_SCHEME, unit);

    if (!found)
        return NULL;
    if (strcmp(scheme, OWN_SCHEME) == 0)
        return found->code;
    for (size_t i = 0; i < found->alias_count; i++)
        if (strcmp(found->aliases[i].scheme, scheme) == 0)
            return found->aliases[i].code;
    return NULL;
}

const char *
units_clash(const struct units *units, const char *scheme)
{
    const struct index *index = units ? units->index : NULL;
    const struct scheme *s = index ? find_scheme(index, scheme) : NULL;

    return s ? s->clash : NULL;
}

bool
units_has_scheme(const struct units *units, const char *scheme)
{
    const struct index *index = units ? units->index : NULL;

    return strcmp(scheme, OWN_SCHEME) == 0 || (index && find_scheme(index, scheme));
}
