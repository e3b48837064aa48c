/*
 * A result as a workbook: a sheet for each table, then one for the lines.
 */
#include "output_parts.h"

#include "../link/sheet.h"
#include "clock.h"

#define WIDEST 60 /* columns of a sheet: a long text goes on behind the edge */
#define MARGIN 3  /* for the mark of the filter */

struct book {
    struct sheet *sheet;
    size_t rows; /* in a sheet, below its head */
    long cut;
};

/* As wide as its widest cell. */
static size_t
width_of(const struct result_table *t, size_t column)
{
    size_t widest = output_width(t->columns[column].name) + MARGIN;

    for (size_t i = column; i < t->cell_count && widest < WIDEST; i += t->column_count) {
        size_t width = t->cells[i] ? output_width(t->cells[i]) + 1 : 0;

        if (width > widest)
            widest = width;
    }
    return widest < WIDEST ? widest : WIDEST;
}

static void
begin_sheet(struct book *b, const struct result_table *t, const size_t *widths)
{
    sheet_add(b->sheet, t->name);
    for (size_t c = 0; c < t->column_count; c++)
        sheet_head(b->sheet, c, t->columns[c].name, widths[c]);
}

static void
put_cell(struct book *b, const char *cell, enum cell_type type)
{
    if (!cell)
        sheet_skip(b->sheet);
    else if (type == CELL_INT || type == CELL_DECIMAL)
        sheet_figure(b->sheet, cell);
    else
        b->cut += sheet_text(b->sheet, cell);
}

static void
put_table(struct book *b, const struct result_table *t)
{
    size_t *widths = arena_alloc(t->mem, sizeof *widths * (t->column_count + 1));
    size_t rows = result_count(t);

    for (size_t c = 0; c < t->column_count; c++)
        widths[c] = width_of(t, c);
    begin_sheet(b, t, widths);
    for (size_t r = 0; r < rows; r++) {
        if (r && r % b->rows == 0) {
            sheet_end(b->sheet);
            begin_sheet(b, t, widths);
        }
        sheet_row(b->sheet);
        for (size_t c = 0; c < t->column_count; c++)
            put_cell(b, t->cells[r * t->column_count + c], t->columns[c].type);
    }
    sheet_end(b->sheet);
}

/* The lines for people, and what was cut: an earlier sheet cannot tell it. */
static void
put_lines(struct book *b, const struct result *r)
{
    struct result_table *t = result_table(result_new(r->mem, r->command), "lines", NULL, "line");

    for (size_t i = 0; i < r->line_count; i++) {
        result_row(t);
        result_text(t, r->lines[i]);
    }
    if (b->cut) {
        result_row(t);
        result_text(t, arena_format(r->mem,
                                    "%ld texts are longer than the %d characters of a cell "
                                    "and were cut: they end in \xe2\x80\xa6",
                                    b->cut, SHEET_TEXT));
    }
    if (result_count(t) || !r->first)
        put_table(b, t);
}

enum verdict
output_sheets(const struct result *r, const char *path, size_t rows, long *cut, struct error *err)
{
    struct book b = { .rows = rows };
    enum verdict v = sheet_open(r->mem, path, clock_now(), &b.sheet, err);

    if (v)
        return v;
    for (const struct result_table *t = r->first; t; t = t->next)
        put_table(&b, t);
    put_lines(&b, r);
    *cut = b.cut;
    return sheet_close(b.sheet, err);
}
