/*
 * Reference data goes to the database as arrays, one statement a table; the merge there writes
 * only what differs.
 */
#include "schema_parts.h"

#include <string.h>

#include "clock.h"

/* One array of texts that is filled row by row. */
struct column {
    const char **items;
    size_t count, room;
};

static void
add(struct arena *mem, struct column *to, const char *text)
{
    to->items = arena_grow(mem, to->items, to->count, &to->room, sizeof *to->items);
    to->items[to->count++] = text;
}

static const char *
array_of(struct arena *mem, const struct column *from)
{
    return pg_of_texts(mem, from->items, from->count);
}

static const char *
today(struct arena *mem)
{
    char text[CLOCK_TEXT];

    clock_text(clock_now(), text);
    return arena_text(mem, text, 10);
}

static enum verdict
load_units(struct pg *pg, struct arena *mem, const struct units *units, struct error *err)
{
    struct column unit = { 0 }, parent = { 0 }, level = { 0 }, english = { 0 }, hindi = { 0 };
    struct column from = { 0 }, to = { 0 };

    for (size_t i = 0; i < units->count; i++) {
        const struct unit *u = &units->items[i];

        add(mem, &unit, u->code);
        add(mem, &parent, u->parent);
        add(mem, &level, u->level);
        add(mem, &english, u->name_en);
        add(mem, &hindi, u->name_hi);
        add(mem, &from, u->valid_from);
        add(mem, &to, u->valid_to);
    }
    const char *values[] = {
        today(mem),
        array_of(mem, &unit),
        array_of(mem, &parent),
        array_of(mem, &level),
        array_of(mem, &english),
        array_of(mem, &hindi),
        array_of(mem, &from),
        array_of(mem, &to),
    };
    return pg_run(pg, mem, "schema_units", values, 8, NULL, err);
}

static enum verdict
load_aliases(struct pg *pg, struct arena *mem, const struct units *units, struct error *err)
{
    struct column scheme = { 0 }, code = { 0 }, unit = { 0 }, from = { 0 }, to = { 0 };

    for (size_t i = 0; i < units->count; i++)
        for (size_t k = 0; k < units->items[i].alias_count; k++) {
            const struct unit_alias *a = &units->items[i].aliases[k];

            add(mem, &scheme, a->scheme);
            add(mem, &code, a->code);
            add(mem, &unit, units->items[i].code);
            add(mem, &from, a->valid_from);
            add(mem, &to, a->valid_to);
        }
    const char *values[] = { today(mem),           array_of(mem, &scheme), array_of(mem, &code),
                             array_of(mem, &unit), array_of(mem, &from),   array_of(mem, &to) };
    return pg_run(pg, mem, "schema_aliases", values, 6, NULL, err);
}

enum verdict
reference_load(struct pg *pg, struct arena *mem, const char *mappings_folder,
               const struct units *units, struct error *err)
{
    enum verdict v = load_units(pg, mem, units, err);

    if (!v)
        v = load_aliases(pg, mem, units, err);
    return v ? v : deadlines_load(pg, mem, mappings_folder, err);
}
