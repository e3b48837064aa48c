/*
 * sla.csv and holidays/: read and checked row by row, then handed over as arrays. Two rules of the
 * same kind of reference that hold on one day are a fault: which of them is meant, nobody can tell.
 */
#include "schema_parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "csv.h"
#include "../base/file.h"
#include "text.h"

/* What must be there comes first; an empty cell of the others means what is said beside it. */
enum rule_column {
    SYSTEM,
    REF_TYPE, /* "*" any */
    DAYS,
    START_EVENT,
    SOURCE,
    VALID_FROM,  /* ever before */
    VALID_TO,    /* ever after */
    COUNT_BY,    /* calendar */
    STOP_ON,     /* none */
    WEEKLY_OFF,  /* sun; "none" is none */
    ON_TRANSFER, /* yes */
    RULE_COLUMNS,
    RULE_NEEDED = SOURCE + 1,
};

enum holiday_column { UNIT, DAY, NAME_EN, HOLIDAY_SOURCE, NAME_HI, HOLIDAY_COLUMNS };

struct holiday {
    const char *path;
    const struct csv_row *row;
};

struct holidays {
    struct holiday *items;
    size_t count, room;
};

static const char *const events[] = { "received_at", "registered_at", "marked_at", "direction_at" };
static const char *const kinds[] = { "calendar", "working", "months" };
static const char *const states[] = { "RECV", "REGD", "FWDD", "ASGN", "ENQR", "INFO",
                                      "INTR", "ATRS", "ATRR", "REOP", "APPL", "DISP",
                                      "CLSD", "TRNO", "RJCT", "DUPL", "WDRN" };
static const char *const week[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

#define COUNT(of) (sizeof(of) / sizeof *(of))

static bool
is_one_of(const char *word, size_t len, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text_same(word, len, words[i]))
            return true;
    return false;
}

static bool
is_date(const char *text)
{
    int64_t at;

    return clock_parse("%Y-%m-%d", 0, text, strlen(text), &at);
}

static void
check_days(const char *path, const struct csv_row *row, struct faults *faults)
{
    static const enum rule_column columns[] = { VALID_FROM, VALID_TO };
    const char *from = row->cells[VALID_FROM], *to = row->cells[VALID_TO];

    for (size_t i = 0; i < COUNT(columns); i++) {
        const char *day = row->cells[columns[i]];

        if (*day && !is_date(day))
            fault_add(faults, path, row->line, "\"%s\" is not a date like 2024-03-31", day);
    }
    if (*from && *to && strcmp(from, to) > 0)
        fault_add(faults, path, row->line, "ends on %s, before it begins on %s", to, from);
}

static void
check_stops(const char *path, const struct csv_row *row, struct faults *faults)
{
    const char *list = row->cells[STOP_ON], *word;
    size_t len;

    while (text_word(&list, &word, &len))
        if (!is_one_of(word, len, states, COUNT(states)))
            fault_add(faults, path, row->line, "stop_on: \"%.*s\" is no status", (int)len, word);
}

static void
check_week(const char *path, const struct csv_row *row, struct faults *faults)
{
    const char *list = row->cells[WEEKLY_OFF], *word;
    unsigned every = 0;
    size_t len;

    if (strcmp(list, "none") == 0)
        return;
    while (text_word(&list, &word, &len)) {
        bool nth = len == 4 && word[3] >= '1' && word[3] <= '5';

        if (!is_one_of(word, nth ? 3 : len, week, COUNT(week)))
            fault_add(faults, path, row->line,
                      "weekly_off: \"%.*s\" is no day like sun, or sat2 for the second of a month",
                      (int)len, word);
        for (size_t i = 0; i < COUNT(week) && !nth; i++)
            if (text_same(word, len, week[i]))
                every |= 1u << i;
    }
    if (every == (1u << COUNT(week)) - 1)
        fault_add(faults, path, row->line, "weekly_off leaves no day to work");
}

static void
check_rule(const char *path, const struct csv_row *row, struct faults *faults)
{
    const char *const *cells = row->cells;
    int64_t days = 0;

    if (!text_int(cells[DAYS], strlen(cells[DAYS]), &days) || days < 1 || days > 3650)
        fault_add(faults, path, row->line, "days must be from 1 to 3650");
    if (strcmp(cells[COUNT_BY], "months") == 0 && days > 120)
        fault_add(faults, path, row->line, "more than 120 months");
    if (!is_one_of(cells[START_EVENT], strlen(cells[START_EVENT]), events, COUNT(events)))
        fault_add(faults, path, row->line,
                  "start_event must be received_at, registered_at, marked_at or direction_at");
    if (!*cells[SYSTEM] || !*cells[REF_TYPE] || !*cells[SOURCE])
        fault_add(faults, path, row->line, "system, ref_type and source must be given");
    if (*cells[COUNT_BY] &&
        !is_one_of(cells[COUNT_BY], strlen(cells[COUNT_BY]), kinds, COUNT(kinds)))
        fault_add(faults, path, row->line, "count_by must be calendar, working or months");
    if (*cells[ON_TRANSFER] && strcmp(cells[ON_TRANSFER], "yes") != 0 &&
        strcmp(cells[ON_TRANSFER], "no") != 0)
        fault_add(faults, path, row->line, "restart_on_transfer must be yes or no");
    check_days(path, row, faults);
    check_stops(path, row, faults);
    check_week(path, row, faults);
}

/* Days as texts order themselves; an open end is before, or behind, all. */
static bool
meet(const char *const *a, const char *const *b)
{
    bool before = *a[VALID_TO] && *b[VALID_FROM] && strcmp(a[VALID_TO], b[VALID_FROM]) < 0;
    bool behind = *b[VALID_TO] && *a[VALID_FROM] && strcmp(b[VALID_TO], a[VALID_FROM]) < 0;

    return !before && !behind;
}

static void
check_overlap(const char *path, const struct csv *csv, struct faults *faults)
{
    for (size_t i = 0; i < csv->count; i++)
        for (size_t k = 0; k < i; k++) {
            const char *const *a = csv->rows[k].cells, *const *b = csv->rows[i].cells;

            if (strcmp(a[SYSTEM], b[SYSTEM]) == 0 && strcmp(a[REF_TYPE], b[REF_TYPE]) == 0 &&
                meet(a, b)) {
                fault_add(faults, path, csv->rows[i].line,
                          "the rule of line %d for %s %s holds on the same days", csv->rows[k].line,
                          b[SYSTEM], b[REF_TYPE]);
                break;
            }
        }
}

/* What an empty cell means. */
static const char *
meaning_of(enum rule_column column, const char *cell)
{
    switch (column) {
    case VALID_FROM:
    case VALID_TO:
        return *cell ? cell : NULL;
    case COUNT_BY:
        return *cell ? cell : "calendar";
    case WEEKLY_OFF:
        return !*cell ? "sun" : strcmp(cell, "none") == 0 ? "" : cell;
    case ON_TRANSFER:
        return strcmp(cell, "no") == 0 ? "false" : "true";
    default:
        return cell;
    }
}

static enum verdict
first_fault(const struct faults *faults, const char *code, struct error *err)
{
    return error_set(err, V_FATAL, code, "%s:%d: %s", faults->items[0].path, faults->items[0].line,
                     faults->items[0].text);
}

static enum verdict
load_rules(struct pg *pg, struct arena *mem, const char *mappings_folder, struct error *err)
{
    static const char *const columns[RULE_COLUMNS] = {
        [SYSTEM] = "system",
        [REF_TYPE] = "ref_type",
        [DAYS] = "days",
        [START_EVENT] = "start_event",
        [SOURCE] = "source",
        [VALID_FROM] = "valid_from",
        [VALID_TO] = "valid_to",
        [COUNT_BY] = "count_by",
        [STOP_ON] = "stop_on",
        [WEEKLY_OFF] = "weekly_off",
        [ON_TRANSFER] = "restart_on_transfer",
    };
    static const enum rule_column order[RULE_COLUMNS] = { SYSTEM,      REF_TYPE, VALID_FROM,
                                                          VALID_TO,    DAYS,     COUNT_BY,
                                                          START_EVENT, STOP_ON,  WEEKLY_OFF,
                                                          ON_TRANSFER, SOURCE };
    const char *path = arena_format(mem, "%s/sla.csv", mappings_folder), *text = NULL;
    const char *values[RULE_COLUMNS], **cells;
    struct faults faults = { .mem = mem };
    struct csv csv = { .path = path };
    size_t len = 0;

    if (file_read(mem, path, NULL, 0, &text, &len, &faults))
        csv_read(mem, path, text, len, columns, RULE_COLUMNS, RULE_NEEDED, &csv, &faults);
    for (size_t i = 0; i < csv.count; i++)
        check_rule(path, &csv.rows[i], &faults);
    check_overlap(path, &csv, &faults);
    if (faults.count)
        return first_fault(&faults, "schema.sla", err);
    cells = arena_alloc(mem, (csv.count + 1) * sizeof *cells);
    for (size_t c = 0; c < RULE_COLUMNS; c++) {
        for (size_t i = 0; i < csv.count; i++)
            cells[i] = meaning_of(order[c], csv.rows[i].cells[order[c]]);
        values[c] = pg_of_texts(mem, cells, csv.count);
    }
    return pg_run(pg, mem, "schema_sla", values, RULE_COLUMNS, NULL, err);
}

static int
is_table(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return entry->d_name[0] != '.' && len > 4 && strcmp(entry->d_name + len - 4, ".csv") == 0;
}

static void
check_holiday(const struct holidays *all, const struct holiday *h, struct faults *faults)
{
    const char *const *cells = h->row->cells;
    int line = h->row->line;

    if (!*cells[UNIT] || !*cells[NAME_EN] || !*cells[HOLIDAY_SOURCE])
        fault_add(faults, h->path, line, "unit (or *), name_en and source must be given");
    if (!is_date(cells[DAY]))
        fault_add(faults, h->path, line, "\"%s\" is not a date like 2024-03-31", cells[DAY]);
    for (size_t i = 0; i < all->count; i++) {
        const struct holiday *other = &all->items[i];

        if (strcmp(other->row->cells[UNIT], cells[UNIT]) == 0 &&
            strcmp(other->row->cells[DAY], cells[DAY]) == 0) {
            fault_add(faults, h->path, line, "%s of %s stands in %s:%d too", cells[DAY],
                      cells[UNIT], other->path, other->row->line);
            return;
        }
    }
}

static void
read_holidays(struct arena *mem, const char *path, struct holidays *all, struct faults *faults)
{
    static const char *const columns[HOLIDAY_COLUMNS] = {
        [UNIT] = "unit",       [DAY] = "day", [NAME_EN] = "name_en", [HOLIDAY_SOURCE] = "source",
        [NAME_HI] = "name_hi",
    };
    const char *text = NULL;
    struct csv csv = { .path = path };
    size_t len = 0;

    if (!file_read(mem, path, NULL, 0, &text, &len, faults))
        return;
    csv_read(mem, path, text, len, columns, HOLIDAY_COLUMNS, NAME_HI, &csv, faults);
    for (size_t i = 0; i < csv.count; i++) {
        struct holiday holiday = { path, &csv.rows[i] };

        check_holiday(all, &holiday, faults);
        all->items = arena_grow(mem, all->items, all->count, &all->room, sizeof *all->items);
        all->items[all->count++] = holiday;
    }
}

/* Without the folder what is known stays. */
static enum verdict
load_holidays(struct pg *pg, struct arena *mem, const char *mappings_folder, struct error *err)
{
    static const enum holiday_column order[HOLIDAY_COLUMNS] = { UNIT, DAY, NAME_EN, NAME_HI,
                                                                HOLIDAY_SOURCE };
    const char *folder = arena_format(mem, "%s/holidays", mappings_folder);
    const char *values[HOLIDAY_COLUMNS], **cells;
    struct faults faults = { .mem = mem };
    struct dirent **entries = NULL;
    struct holidays all = { .count = 0 };

    if (access(folder, F_OK) != 0)
        return V_OK;
    int n = scandir(folder, &entries, is_table, alphasort);

    if (n < 0)
        return error_set(err, V_FATAL, "schema.holidays", "could not read the folder \"%s\": %s",
                         folder, strerror(errno));
    for (int i = 0; i < n; i++) {
        read_holidays(mem, arena_format(mem, "%s/%s", folder, entries[i]->d_name), &all, &faults);
        free(entries[i]);
    }
    free(entries);
    if (faults.count)
        return first_fault(&faults, "schema.holidays", err);
    cells = arena_alloc(mem, (all.count + 1) * sizeof *cells);
    for (size_t c = 0; c < HOLIDAY_COLUMNS; c++) {
        for (size_t i = 0; i < all.count; i++)
            cells[i] = all.items[i].row->cells[order[c]];
        values[c] = pg_of_texts(mem, cells, all.count);
    }
    return pg_run(pg, mem, "schema_holidays", values, HOLIDAY_COLUMNS, NULL, err);
}

enum verdict
deadlines_load(struct pg *pg, struct arena *mem, const char *mappings_folder, struct error *err)
{
    enum verdict v = load_rules(pg, mem, mappings_folder, err);

    return v ? v : load_holidays(pg, mem, mappings_folder, err);
}
