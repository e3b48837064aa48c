/*
 * Columns are rows of one table: the same cell goes into CSV, workbook, XML and letter.
 */
#include "package_parts.h"

#include <string.h>

#include "cell.h"
#include "csv_put.h"

#define LETTER_ROWS 200 /* of a list that stand in the letter; all are in the other files */
#define DUE_SOON    2   /* days left: of the letter's list of what is due next */

enum { TEXT, TITLE, FIGURE, FLAG }; /* a title is "English | Hindi", or one for both */

enum {
    IN_NEW = 1 << PACKAGE_NEW,
    IN_OVERDUE = 1 << PACKAGE_OVERDUE,
    IN_RETURNED = 1 << PACKAGE_RETURNED,
    IN_UNACCEPTED = 1 << PACKAGE_UNACCEPTED,
    IN_DUPLICATES = 1 << PACKAGE_DUPLICATES,
    IN_MOVED = 1 << PACKAGE_MOVED,
    IN_OPEN = 1 << PACKAGE_OPEN,
    IN_LISTS = IN_NEW | IN_OVERDUE | IN_OPEN,
    IN_EVERY = (1 << PACKAGE_LISTS) - 1,
    IN_ALL = IN_EVERY & ~IN_MOVED, /* of what went the number alone is told */
};

struct column {
    const char *name;
    const char *from, *from_hi; /* column of the statement; from_hi NULL = the same */
    int type;
    unsigned in;
    size_t width; /* characters, in a sheet */
};

static const struct column columns[] = {
    { "system", "system", NULL, TEXT, IN_EVERY, 10 },
    { "portal", "system_title", NULL, TITLE, IN_EVERY, 18 },
    { "number", "number", NULL, TEXT, IN_EVERY, 22 },
    { "police_number", "police_number", NULL, TEXT, IN_EVERY, 18 },
    { "unit", "unit", NULL, TEXT, IN_ALL, 10 },
    { "station", "station", NULL, TEXT, IN_ALL, 12 },
    { "office", "office_en", "office_hi", TEXT, IN_ALL, 20 },
    { "status", "status", NULL, TEXT, IN_ALL, 8 },
    { "category", "category", NULL, TEXT, IN_ALL, 14 },
    { "kind", "kind", NULL, TEXT, IN_ALL, 8 },
    { "priority", "priority", NULL, FIGURE, IN_ALL, 8 },
    { "ref_type", "ref_type", NULL, TEXT, IN_ALL, 12 },
    { "identity", "identity", NULL, TEXT, IN_ALL, 8 },
    { "complainant", "complainant", NULL, TEXT, IN_ALL, 24 },
    { "subject", "subject", NULL, TEXT, IN_ALL, 40 },
    { "received_on", "received_on", NULL, TEXT, IN_ALL, 12 },
    { "due_on", "due_on", NULL, TEXT, IN_ALL, 12 },
    { "days_left", "days_left", NULL, FIGURE, IN_ALL, 9 },
    { "overdue", "overdue", NULL, FLAG, IN_ALL, 9 },
    { "expected_on", "expected_on", NULL, TEXT, IN_ALL, 12 },
    { "twins", "twins", NULL, TEXT, IN_LISTS, 24 },
    { "returned", "returned", NULL, FIGURE, IN_LISTS, 9 },
    { "returned_on", "returned_on", NULL, TEXT, IN_RETURNED, 12 },
    { "returned_by", "returned_by", NULL, TITLE, IN_RETURNED, 18 },
    { "reason", "reason", NULL, TEXT, IN_RETURNED, 12 },
    { "text", "text", NULL, TEXT, IN_RETURNED, 40 },
    { "times", "times", NULL, FIGURE, IN_RETURNED, 7 },
    { "answered", "answered", NULL, FLAG, IN_RETURNED, 9 },
    { "receiver", "target_title", NULL, TITLE, IN_UNACCEPTED, 18 },
    { "stream", "stream", NULL, TEXT, IN_UNACCEPTED, 11 },
    { "act", "act", NULL, TEXT, IN_UNACCEPTED, 10 },
    { "state", "state", NULL, TEXT, IN_UNACCEPTED, 12 },
    { "said", "said", NULL, TEXT, IN_UNACCEPTED, 18 },
    { "why", "why_en", "why_hi", TEXT, IN_UNACCEPTED, 50 },
    { "attempts", "attempts", NULL, FIGURE, IN_UNACCEPTED, 9 },
    { "waiting_since_on", "waiting_since_on", NULL, TEXT, IN_UNACCEPTED, 12 },
    { "twin", "twin", NULL, TEXT, IN_DUPLICATES, 12 },
    { "of_us", "of_us", NULL, FLAG, IN_DUPLICATES, 8 },
    { "other_system", "other_system", NULL, TEXT, IN_DUPLICATES, 12 },
    { "other_number", "other_number", NULL, TEXT, IN_DUPLICATES, 22 },
    { "score", "score", NULL, FIGURE, IN_DUPLICATES, 8 },
    { "moved_on", "moved_on", NULL, TEXT, IN_MOVED, 12 },
    { "moved_to", "moved_to_en", "moved_to_hi", TEXT, IN_MOVED, 24 },
    { "to_unit", "to_unit", NULL, TEXT, IN_MOVED, 12 },
    { "to_number", "to_number", NULL, TEXT, IN_MOVED, 22 },
};

enum { COLUMNS = sizeof columns / sizeof *columns };

const char *const package_list_names[PACKAGE_LISTS] = {
    [PACKAGE_NEW] = "new",
    [PACKAGE_OVERDUE] = "overdue",
    [PACKAGE_RETURNED] = "returned",
    [PACKAGE_UNACCEPTED] = "unaccepted",
    [PACKAGE_DUPLICATES] = "duplicates",
    [PACKAGE_MOVED] = "moved",
    [PACKAGE_OPEN] = "open",
};

static const char *
own_title(const struct package_sink *to, const char *title)
{
    const char *mark = strstr(title, " | ");

    if (!mark)
        return title;
    return strcmp(to->language, "hi") == 0 ? mark + strlen(" | ")
                                           : arena_text(to->scratch, title, (size_t)(mark - title));
}

/* The text of a cell, NULL where there is none; a flag is "yes" or "no". It lives until the next
 * row. */
static const char *
cell_of(const struct package_sink *to, const struct column *c, const struct pg_rows *rows,
        size_t row)
{
    const char *from = c->from_hi && strcmp(to->language, "hi") == 0 ? c->from_hi : c->from;
    const char *text = c->in & 1U << to->list ? pg_named(rows, row, from) : NULL;

    if (!text || !*text)
        return NULL;
    if (c->type == TITLE)
        return own_title(to, text);
    return c->type != FLAG ? text : strcmp(text, "t") == 0 ? "yes" : "no";
}

/* ---- the forms ---- */

void
package_csv_head(FILE *csv)
{
    fputs("list", csv);
    for (size_t i = 0; i < COLUMNS; i++)
        fprintf(csv, ",%s", columns[i].name);
    fputs("\r\n", csv);
}

static void
to_csv(const struct package_sink *to, const struct pg_rows *rows, size_t row)
{
    fputs(package_list_names[to->list], to->csv);
    for (size_t i = 0; i < COLUMNS; i++) {
        const char *text = cell_of(to, &columns[i], rows, row);

        fputc(',', to->csv);
        if (text)
            csv_put(text, columns[i].type != FIGURE, to->csv);
    }
    fputs("\r\n", to->csv);
}

static void
begin_sheet(struct package_sink *to)
{
    size_t at = 0;

    sheet_add(to->sheet, package_list_names[to->list]);
    to->sheet_rows = 0;
    for (size_t i = 0; i < COLUMNS; i++) {
        const char *key = arena_format(to->mem, "letter.c.%s", columns[i].name);

        if (columns[i].in & 1U << to->list)
            sheet_head(to->sheet, at++, page_word(to->words, key, to->language), columns[i].width);
    }
}

static void
to_sheet(struct package_sink *to, const struct pg_rows *rows, size_t row)
{
    if (to->sheet_rows++ == SHEET_ROWS) {
        sheet_end(to->sheet);
        begin_sheet(to);
        to->sheet_rows++;
    }
    sheet_row(to->sheet);
    for (size_t i = 0; i < COLUMNS; i++) {
        const char *text = cell_of(to, &columns[i], rows, row);

        if (!(columns[i].in & 1U << to->list))
            continue;
        if (!text)
            sheet_skip(to->sheet);
        else if (columns[i].type == FIGURE)
            sheet_figure(to->sheet, text);
        else
            (void)sheet_text(to->sheet, text); /* list.csv has all of one that is cut */
    }
}

static void
to_xml(const struct package_sink *to, const struct pg_rows *rows, size_t row)
{
    xml_file_begin(to->xml, "row");
    for (size_t i = 0; i < COLUMNS; i++) {
        const char *text = cell_of(to, &columns[i], rows, row);

        if (text && columns[i].type == FLAG)
            text = strcmp(text, "yes") == 0 ? "true" : "false";
        xml_file_put(to->xml, columns[i].name, text);
    }
    xml_file_end(to->xml);
}

/* Of what is open the letter names what was promised; the rest are figures by station. */
static void
to_letter(const struct package_sink *to, struct page_node *list, const struct pg_rows *rows,
          size_t row, long shown)
{
    struct page_node *node;

    if (shown >= LETTER_ROWS)
        return;
    node = page_add(list, "row", NULL);
    for (size_t i = 0; i < COLUMNS; i++) {
        const char *text = cell_of(to, &columns[i], rows, row);

        if (text)
            (void)page_add(node, columns[i].name, text);
    }
}

/* ---- the lists ---- */

struct reading {
    struct package_sink *to;
    long shown; /* rows that were meant for the letter */
};

/* What can still be answered in time, but not for long: as the figures by station have it. */
static bool
is_due_soon(const struct pg_rows *rows, size_t row)
{
    return pg_named(rows, row, "days_left") && !pg_bool(rows, row, "overdue") &&
           pg_int(rows, row, "days_left") <= DUE_SOON;
}

static enum verdict
take_row(void *ctx, const struct pg_rows *rows, size_t row, struct error *err)
{
    struct reading *r = ctx;
    struct package_sink *to = r->to;

    (void)err;
    arena_reset(to->scratch);
    to->package->rows[to->list]++;
    to->package->lines++;
    if (to->csv)
        to_csv(to, rows, row);
    if (to->sheet)
        to_sheet(to, rows, row);
    if (to->xml)
        to_xml(to, rows, row);
    if (to->letter && (to->list != PACKAGE_OPEN || pg_named(rows, row, "expected_on")))
        to_letter(to, to->node, rows, row, r->shown++);
    if (to->list == PACKAGE_OPEN && is_due_soon(rows, row)) {
        if (to->letter)
            to_letter(to, to->due, rows, row, to->package->due);
        to->package->due++;
    }
    return V_OK;
}

static enum verdict
ask(struct pg *pg, struct reading *r, struct error *err)
{
    const struct package *p = r->to->package;
    const char *zone = r->to->zone, *now = p->upto;
    const char *const listed[] = { package_list_names[r->to->list], p->since, p->upto, now, zone };
    const char *const since[] = { p->since, p->upto, now, zone };
    const char *const state[] = { now, zone };
    const char *const period[] = { p->since, p->upto, zone };

    switch (r->to->list) {
    case PACKAGE_RETURNED:
        return cell_each(pg, "cell_returned", since, 4, take_row, r, err);
    case PACKAGE_UNACCEPTED:
        return cell_each(pg, "cell_unaccepted", state, 2, take_row, r, err);
    case PACKAGE_DUPLICATES:
        return cell_each(pg, "cell_duplicates", state, 2, take_row, r, err);
    case PACKAGE_MOVED:
        return cell_each(pg, "cell_moved", period, 3, take_row, r, err);
    case PACKAGE_NEW:
    case PACKAGE_OVERDUE:
    case PACKAGE_OPEN:
    case PACKAGE_LISTS:
        break;
    }
    return cell_each(pg, "cell_list", listed, 5, take_row, r, err);
}

static void
begin_list(struct package_sink *to)
{
    const char *name = package_list_names[to->list];

    if (to->sheet)
        begin_sheet(to);
    if (to->xml) {
        xml_file_begin(to->xml, "list");
        xml_file_set(to->xml, "name", name);
    }
    if (to->letter) {
        to->node = page_add(to->letter, "list", NULL);
        page_set(to->node, "name", name);
    }
    if (to->letter && to->list == PACKAGE_OPEN) {
        to->due = page_add(to->letter, "list", NULL);
        page_set(to->due, "name", "due");
    }
}

static void
end_list(struct package_sink *to, long shown)
{
    const char *count = arena_format(to->mem, "%ld", to->package->rows[to->list]);

    if (to->sheet)
        sheet_end(to->sheet);
    if (to->xml) {
        xml_file_put(to->xml, "rows", count);
        xml_file_end(to->xml);
    }
    if (to->letter) {
        page_set(to->node, "rows", count);
        page_set(to->node, "meant", arena_format(to->mem, "%ld", shown));
    }
    if (to->letter && to->list == PACKAGE_OPEN) {
        const char *due = arena_format(to->mem, "%ld", to->package->due);

        page_set(to->due, "rows", due);
        page_set(to->due, "meant", due);
    }
}

enum verdict
package_lists(struct pg *pg, struct package_sink *to, struct error *err)
{
    enum verdict v = V_OK;

    to->scratch = arena_new("package row");
    for (int list = 0; !v && list < PACKAGE_LISTS; list++) {
        struct reading r = { .to = to };

        to->list = (enum package_list)list;
        begin_list(to);
        v = ask(pg, &r, err);
        end_list(to, r.shown);
    }
    arena_free(to->scratch);
    return v;
}
