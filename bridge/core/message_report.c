/*
 * A line is judged alone: what is wrong with one keeps no other from being read.
 */
#include "message_report.h"

#include <string.h>

#include "../base/file.h"
#include "clock.h"
#include "csv.h"
#include "digest.h"
#include "text.h"

#define WORD_MAX 40

enum { COLUMN_ID, COLUMN_STATE, COLUMN_TIME, COLUMNS };
enum { LINE, RECEIPT, STATE, WORD, TOLD_AT, FAULT, FIELD, CELLS };

static const char *const ours[COLUMNS] = { "id", "state", "time" };

struct report_words {
    struct csv csv; /* gateway what ours theirs */
    const char *gateway, *format;
    const char *columns[COLUMNS]; /* theirs */
};

/* ---- words ---- */

static const char *
find(const struct report_words *w, const char *what, size_t by, const char *key)
{
    for (size_t i = 0; i < w->csv.count; i++) {
        const char **cells = w->csv.rows[i].cells;

        if (strcmp(cells[0], w->gateway) == 0 && strcmp(cells[1], what) == 0 &&
            strcmp(cells[by], key) == 0)
            return cells[by == 2 ? 3 : 2];
    }
    return NULL;
}

static bool
is_state(const char *word)
{
    static const char *const states[] = { "delivered", "failed", "expired", "waiting", "unknown" };

    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strcmp(states[i], word) == 0)
            return true;
    return false;
}

static void
check_words(struct report_words *w, struct faults *faults)
{
    for (size_t i = 0; i < w->csv.count; i++) {
        const char **cells = w->csv.rows[i].cells;

        if (strcmp(cells[1], "state") == 0 && !is_state(cells[2]))
            fault_add(faults, w->csv.path, w->csv.rows[i].line, "there is no state \"%s\"",
                      cells[2]);
    }
    for (size_t i = 0; i < COLUMNS; i++)
        if (!(w->columns[i] = find(w, "column", 2, ours[i])))
            fault_add(faults, w->csv.path, 0, "no column of \"%s\" is \"%s\"", w->gateway, ours[i]);
    w->format = find(w, "time", 2, "format");
    if (!w->format)
        fault_add(faults, w->csv.path, 0, "\"%s\" has no format of times", w->gateway);
}

enum verdict
report_words_read(struct arena *mem, const char *path, const char *gateway,
                  struct report_words **out, struct error *err)
{
    static const char *const columns[] = { "gateway", "what", "ours", "theirs" };
    struct report_words *w = arena_alloc(mem, sizeof *w);
    struct faults faults = { .mem = mem };
    const char *text = NULL;
    size_t len = 0;

    *out = w;
    w->gateway = gateway;
    if (file_read(mem, path, NULL, 0, &text, &len, &faults))
        csv_read(mem, path, text, len, columns, 4, 4, &w->csv, &faults);
    if (!faults.count)
        check_words(w, &faults);
    if (faults.count)
        return error_set(err, V_FATAL, "report.words", "%s:%d: %s", faults.items[0].path,
                         faults.items[0].line, faults.items[0].text);
    return V_OK;
}

/* ---- lines ---- */

struct reading {
    struct arena *mem;
    const struct conf *conf;
    const struct report_words *words;
    const char **cells[CELLS];
    size_t count;
};

/* A word of letters alone is kept as it stands: it can hold no number. */
static const char *
kept_word(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ _-";
    size_t len = strlen(text);

    return len && len <= WORD_MAX && strspn(text, letters) == len ? text : NULL;
}

static void
add_fault(struct reading *r, int line, const char *code, const char *field)
{
    size_t i = r->count++;

    for (size_t c = 0; c < CELLS; c++)
        r->cells[c][i] = NULL;
    r->cells[LINE][i] = pg_of_int(r->mem, line);
    r->cells[FAULT][i] = code;
    r->cells[FIELD][i] = field;
}

static void
add_row(struct reading *r, const struct csv_row *row)
{
    const char *id = row->cells[COLUMN_ID], *word = row->cells[COLUMN_STATE];
    const char *time = row->cells[COLUMN_TIME], *state = find(r->words, "state", 3, word);
    size_t i = r->count;
    char at[CLOCK_TEXT];
    int minutes = 0;
    int64_t told;

    (void)clock_zone(r->conf->bridge.zone, &minutes);
    add_fault(r, row->line, NULL, NULL);
    if (!*id) {
        r->cells[FAULT][i] = "report.id";
        r->cells[FIELD][i] = ours[COLUMN_ID];
        return;
    }
    r->cells[RECEIPT][i] = id;
    r->cells[WORD][i] = kept_word(word);
    if (!clock_parse(r->words->format, minutes, time, strlen(time), &told)) {
        r->cells[FAULT][i] = "report.time";
        r->cells[FIELD][i] = ours[COLUMN_TIME];
        return;
    }
    clock_text(told, at);
    r->cells[TOLD_AT][i] = arena_copy(r->mem, at);
    r->cells[STATE][i] = state ? state : "unknown";
    if (!state) {
        r->cells[FAULT][i] = "report.state";
        r->cells[FIELD][i] = ours[COLUMN_STATE];
    }
}

/* False when the file is no such table. */
static bool
read_lines(struct reading *r, const char *name, const char *text, size_t len)
{
    struct faults faults = { .mem = r->mem };
    struct csv csv = { .path = name };
    size_t room;

    csv_pick(r->mem, name, text, len, r->words->columns, COLUMNS, &csv, &faults);
    room = csv.count + faults.count + 1;
    for (size_t c = 0; c < CELLS; c++)
        r->cells[c] = arena_alloc(r->mem, room * sizeof **r->cells);
    if (!csv.count && faults.count) {
        add_fault(r, 0, "report.file", NULL);
        return false;
    }
    for (size_t i = 0; i < faults.count; i++)
        add_fault(r, faults.items[i].line, "report.row", NULL);
    for (size_t i = 0; i < csv.count; i++)
        add_row(r, &csv.rows[i]);
    return true;
}

enum verdict
message_report(struct pg *pg, struct arena *mem, int64_t run_id, const struct conf *conf,
               const struct report_words *words, const char *name, const char *text, size_t len,
               struct report_figures *out, struct error *err)
{
    struct reading r = { .mem = mem, .conf = conf, .words = words };
    unsigned char sum[DIGEST_BYTES];
    const char *values[4 + CELLS];
    struct pg_rows rows;

    *out = (struct report_figures){ .whole = !read_lines(&r, name, text, len) };
    digest_of(text, len, sum);
    values[0] = pg_of_int(mem, run_id);
    values[1] = pg_of_now(mem);
    values[2] = name;
    values[3] = pg_of_bytes(mem, sum, sizeof sum);
    for (size_t c = 0; c < CELLS; c++)
        values[4 + c] = pg_of_texts(mem, r.cells[c], r.count);

    enum verdict v = pg_run(pg, mem, "message_reports", values, 4 + CELLS, &rows, err);

    if (v)
        return v;
    out->lines = (long)pg_int(&rows, 0, "lines");
    out->delivered = (long)pg_int(&rows, 0, "delivered");
    out->failed = (long)pg_int(&rows, 0, "failed");
    out->faults = arena_alloc(mem, (rows.count + 1) * sizeof *out->faults);
    for (size_t i = 0; i < rows.count; i++)
        if (pg_named(&rows, i, "fault"))
            out->faults[out->fault_count++] =
                (struct report_fault){ (int)pg_int(&rows, i, "line"), pg_named(&rows, i, "fault"),
                                       pg_named(&rows, i, "field") };
    return V_OK;
}

enum verdict
message_report_faults(struct pg *pg, struct arena *mem, int64_t after, long limit,
                      struct pg_rows *out, struct error *err)
{
    const char *values[] = { pg_of_int(mem, after), pg_of_int(mem, limit) };

    return pg_run(pg, mem, "message_report_faults", values, 2, out, err);
}

enum verdict
message_reported(struct pg *pg, struct arena *mem, int64_t id, struct pg_rows *out,
                 struct error *err)
{
    const char *values[] = { pg_of_int(mem, id) };

    return pg_run(pg, mem, "message_reported", values, 1, out, err);
}
