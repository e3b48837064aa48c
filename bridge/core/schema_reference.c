/*
 * Reference data goes to the database as arrays, one statement a table; the merge there writes
 * only what differs.
 */
#include "schema_parts.h"

#include <string.h>

#include "clock.h"
#include "csv.h"
#include "../base/file.h"
#include "text.h"

#define DAY INT64_C(86400000000)

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

static bool
is_one_of(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

static void
check_rule(const char *path, const struct csv_row *row, struct faults *faults)
{
    static const char *const events[] = { "received_at", "registered_at", "marked_at",
                                          "direction_at" };
    int64_t days = 0;

    if (!text_int(row->cells[2], strlen(row->cells[2]), &days) || days < 1 || days > 3650)
        fault_add(faults, path, row->line, "days must be from 1 to 3650");
    if (!is_one_of(row->cells[3], events, sizeof events / sizeof *events))
        fault_add(faults, path, row->line,
                  "start_event must be received_at, registered_at, marked_at or direction_at");
    if (!*row->cells[0] || !*row->cells[1] || !*row->cells[4])
        fault_add(faults, path, row->line, "system, ref_type and source must be given");
}

static enum verdict
load_rules(struct pg *pg, struct arena *mem, const char *mappings_folder, struct error *err)
{
    static const char *const columns[] = { "system", "ref_type", "days", "start_event", "source" };
    const char *path = arena_format(mem, "%s/sla.csv", mappings_folder);
    struct faults faults = { .mem = mem };
    struct column cells[5] = { { 0 } };
    const char *text = NULL, *values[5];
    struct csv csv = { .path = path };
    size_t len = 0;

    if (file_read(mem, path, NULL, 0, &text, &len, &faults))
        csv_read(mem, path, text, len, columns, 5, 5, &csv, &faults);
    for (size_t i = 0; i < csv.count; i++)
        check_rule(path, &csv.rows[i], &faults);
    if (faults.count)
        return error_set(err, V_FATAL, "schema.sla", "%s:%d: %s", faults.items[0].path,
                         faults.items[0].line, faults.items[0].text);
    for (size_t i = 0; i < csv.count; i++)
        for (size_t c = 0; c < 5; c++)
            add(mem, &cells[c], csv.rows[i].cells[c]);
    for (size_t c = 0; c < 5; c++)
        values[c] = array_of(mem, &cells[c]);
    return pg_run(pg, mem, "schema_sla", values, 5, NULL, err);
}

enum verdict
reference_load(struct pg *pg, struct arena *mem, const char *mappings_folder,
               const struct units *units, struct error *err)
{
    enum verdict v = load_units(pg, mem, units, err);

    if (!v)
        v = load_aliases(pg, mem, units, err);
    return v ? v : load_rules(pg, mem, mappings_folder, err);
}
