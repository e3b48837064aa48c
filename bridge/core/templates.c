/*
 * One line of these tables is one registration on the DLT platform: what cannot be right is refused
 * here, before a message is planned by it.
 */
#include "templates.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "../base/file.h"
#include "csv.h"
#include "sms_text.h"
#include "text.h"

enum { ID, ENTITY, HEADER, EVENT, LANGUAGE, SECRET, SLOTS, TEXT, COLUMNS };

static const char *const columns[COLUMNS] = { "template_id", "entity", "header", "event",
                                              "language",    "secret", "slots",  "text" };

static const struct {
    const char *name;
    bool person;
} slots[] = {
    { "number", false },        { "police_number", false }, { "date", false },
    { "expected", false },      { "officer_rank", true },   { "officer_name", true },
    { "officer_mobile", true }, { "unit", false },          { "station", false },
    { "read_at", false },
};

bool
template_slot(const char *name, bool *person)
{
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
        if (strcmp(slots[i].name, name) == 0) {
            *person = slots[i].person;
            return true;
        }
    return false;
}

static bool
is_one_of(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

static bool
is_digits(const char *text, size_t len)
{
    return strlen(text) == len && strspn(text, "0123456789") == len;
}

static void
check_slots(struct arena *mem, const char *path, const struct csv_row *row, struct faults *faults)
{
    const char *list = row->cells[SLOTS], *word;
    bool secret = strcmp(row->cells[SECRET], "yes") == 0, person = false;
    size_t len, n = 0;

    for (; text_word(&list, &word, &len); n++) {
        if (!template_slot(arena_text(mem, word, len), &person))
            fault_add(faults, path, row->line, "there is no slot \"%.*s\"", (int)len, word);
        else if (secret && person)
            fault_add(faults, path, row->line, "words for a secret sender name nobody");
    }
    if (n != sms_text_slots(row->cells[TEXT]))
        fault_add(faults, path, row->line, "the text has %zu " SMS_VAR ", slots names %zu",
                  sms_text_slots(row->cells[TEXT]), n);
    if (n > SMS_SLOTS)
        fault_add(faults, path, row->line, "a message has at most %d slots", SMS_SLOTS);
}

static void
check_row(struct arena *mem, const char *path, const struct csv_row *row, struct faults *faults)
{
    static const char *const events[] = { "REGD",     "QRACK", "COPY",     "ASSIGN",
                                          "REASSIGN", "INTR",  "DISPOSED", "REPORT" };
    static const char *const languages[] = { "hi", "en" }, *const answers[] = { "yes", "no" };

    if (!is_digits(row->cells[ID], 19))
        fault_add(faults, path, row->line, "template_id has 19 digits");
    if (*row->cells[ENTITY] && !is_digits(row->cells[ENTITY], 19))
        fault_add(faults, path, row->line, "entity has 19 digits");
    if (*row->cells[HEADER] && strlen(row->cells[HEADER]) != 6)
        fault_add(faults, path, row->line, "header has 6 letters");
    if (!is_one_of(row->cells[EVENT], events, sizeof events / sizeof *events))
        fault_add(faults, path, row->line, "there is no event \"%s\"", row->cells[EVENT]);
    if (!is_one_of(row->cells[LANGUAGE], languages, 2))
        fault_add(faults, path, row->line, "language is hi or en");
    if (!is_one_of(row->cells[SECRET], answers, 2))
        fault_add(faults, path, row->line, "secret is yes or no");
    if (!*row->cells[TEXT])
        fault_add(faults, path, row->line, "text must be given");
    check_slots(mem, path, row, faults);
}

static void
check_once(const char *path, int line, const struct template *all, size_t count,
           struct faults *faults)
{
    const struct template *last = &all[count - 1];

    for (size_t i = 0; i + 1 < count; i++)
        if (strcmp(all[i].id, last->id) == 0 || (strcmp(all[i].event, last->event) == 0 &&
                                                 strcmp(all[i].language, last->language) == 0 &&
                                                 strcmp(all[i].secret, last->secret) == 0))
            fault_add(faults, path, line, "these words stand twice");
}

static int
is_table(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return entry->d_name[0] != '.' && len > 4 && strcmp(entry->d_name + len - 4, ".csv") == 0;
}

void
templates_read(struct arena *mem, const char *folder, struct template **out, size_t *count,
               struct faults *faults)
{
    struct dirent **names = NULL;
    int n = scandir(folder, &names, is_table, alphasort);
    size_t room = 0;

    *out = NULL;
    *count = 0;
    for (int i = 0; i < n; i++) {
        const char *path = arena_format(mem, "%s/%s", folder, names[i]->d_name), *text = NULL;
        struct csv csv = { .path = path };
        size_t len = 0;

        free(names[i]);
        if (file_read(mem, path, NULL, 0, &text, &len, faults))
            csv_read(mem, path, text, len, columns, COLUMNS, COLUMNS, &csv, faults);
        for (size_t r = 0; r < csv.count; r++) {
            const char **c = csv.rows[r].cells;

            check_row(mem, path, &csv.rows[r], faults);
            *out = arena_grow(mem, *out, *count, &room, sizeof **out);
            (*out)[(*count)++] = (struct template){ c[ID],
                                                    *c[ENTITY] ? c[ENTITY] : NULL,
                                                    *c[HEADER] ? c[HEADER] : NULL,
                                                    c[EVENT],
                                                    c[LANGUAGE],
                                                    c[SECRET],
                                                    c[SLOTS],
                                                    c[TEXT] };
            check_once(path, csv.rows[r].line, *out, *count, faults);
        }
    }
    free(names);
}

static enum verdict
write_all(struct pg *pg, struct arena *mem, const struct template *all, size_t count,
          struct error *err)
{
    const char **cells[COLUMNS], *values[COLUMNS];

    for (size_t c = 0; c < COLUMNS; c++)
        cells[c] = arena_alloc(mem, (count + 1) * sizeof **cells);
    for (size_t i = 0; i < count; i++) {
        const struct template *t = &all[i];
        const char *row[COLUMNS] = { t->id,       t->entity, t->header, t->event,
                                     t->language, t->secret, t->slots,  t->text };

        for (size_t c = 0; c < COLUMNS; c++)
            cells[c][i] = row[c];
    }
    for (size_t c = 0; c < COLUMNS; c++)
        values[c] = pg_of_texts(mem, cells[c], count);

    enum verdict v = pg_begin(pg, err);

    if (!v)
        v = pg_run(pg, mem, "message_templates_begin", NULL, 0, NULL, err);
    if (!v)
        v = pg_run(pg, mem, "message_templates", values, COLUMNS, NULL, err);
    if (!v)
        v = pg_commit(pg, err);
    if (v) {
        pg_rollback(pg);
        error_within(err, "words of messages");
    }
    return v;
}

enum verdict
templates_load(struct pg *pg, struct arena *mem, const char *folder, struct error *err)
{
    struct faults faults = { .mem = mem };
    struct template *all;
    size_t count;

    templates_read(mem, folder, &all, &count, &faults);
    if (faults.count)
        return error_set(err, V_FATAL, "schema.templates", "%s:%d: %s", faults.items[0].path,
                         faults.items[0].line, faults.items[0].text);
    return write_all(pg, mem, all, count, err);
}
