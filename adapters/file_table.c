/*
 * Rows of a CSV file, by libcsv in its strict mode.
 *
 * libcsv takes blanks off unquoted cells unless it is told that there are none,
 * finds a quote that is never closed only with both strict options, and cannot
 * stop at a row: so it is fed line by line, after each of which at most one row
 * is whole.
 */
#include "file_table.h"

#include <string.h>

#include "text.h"

static void
release(void *handle)
{
    struct table *t = handle;

    csv_free(&t->parser);
    buf_release(&t->raw);
    buf_release(&t->cells);
}

int
table_no_blank(unsigned char c)
{
    (void)c;
    return 0;
}

static void
on_cell(void *bytes, size_t len, void *ctx)
{
    struct table *t = ctx;

    if (t->cell_count > TABLE_COLUMNS_MAX) /* told once the row is whole */
        return;
    t->cell[t->cell_count] = (struct cell){ t->cells.len, len };
    if (len > 0 && !buf_add(&t->cells, bytes, len))
        t->cell[t->cell_count].len = 0; /* raw has the same ceiling and tells */
    t->cell_count++;
}

static void
on_row(int end, void *ctx)
{
    struct table *t = ctx;

    (void)end;
    t->whole = true;
}

/* How much of the piece the next line is, its end included. */
size_t
table_line(const struct table *t)
{
    size_t len = 0;

    while (len < t->left && t->at[len] != '\n' && t->at[len] != '\r')
        len++;
    if (len < t->left && t->at[len++] == '\r' && len < t->left && t->at[len] == '\n')
        len++;
    return len;
}

static void
count_lines(struct table *t, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '\r' || (bytes[i] == '\n' && !t->after_return))
            t->line++;
        t->after_return = bytes[i] == '\r';
    }
}

static enum verdict
feed(struct table *t, const char *bytes, size_t len, struct error *err)
{
    struct file_reader *r = t->reader;

    if (t->raw.len == 0)
        t->row_line = t->line;
    if (csv_parse(&t->parser, bytes, len, on_cell, on_row, t) != len)
        return file_broken(r, t->line, NULL, err, "csv.quote",
                           "a quote stands within a cell, or something stands behind its end");
    count_lines(t, bytes, len);
    if (!buf_add(&t->raw, bytes, len) ||
        csv_get_buffer_size(&t->parser) > (size_t)r->state->options->max_cell + 4096)
        return file_broken(r, t->row_line, NULL, err, "csv.long",
                           "a cell is too long, or a quote is not closed");
    return V_OK;
}

bool
table_is_blank(const struct table *t, size_t column)
{
    const char *text = t->cells.data + t->cell[column].from;
    size_t len = t->cell[column].len;

    if (len > 0)
        text_trim(&text, &len);
    return len == 0;
}

static bool
is_empty(const struct table *t)
{
    for (size_t i = 0; i < t->cell_count && i <= TABLE_COLUMNS_MAX; i++)
        if (!table_is_blank(t, i))
            return false;
    return true;
}

static void
begin_row(struct table *t)
{
    t->whole = false;
    t->cell_count = 0;
    buf_clear(&t->raw);
    buf_clear(&t->cells);
}

static enum verdict
end_of_text(struct table *t, struct error *err)
{
    t->ended = true;
    if (csv_fini(&t->parser, on_cell, on_row, t) != 0)
        return file_broken(t->reader, t->row_line, NULL, err, "csv.quote", "a quote is not closed");
    if (t->whole && t->columns && t->cell_count < t->column_count && !is_empty(t))
        return file_broken(t->reader, t->row_line, NULL, err, "csv.cut",
                           "the file ends within a row");
    return V_OK;
}

/* The next row that is not empty; *got false at the end. */
enum verdict
table_next(struct table *t, bool *got, struct error *err)
{
    enum verdict v = V_OK;

    begin_row(t);
    while (!v) {
        size_t len;

        if (t->whole && !is_empty(t))
            break;
        if (t->whole)
            begin_row(t);
        if (t->ended)
            break;
        if (t->left == 0)
            v = file_text_next(t->text, &t->at, &t->left, err);
        if (v == V_REJECT)
            return file_broken(t->reader, t->line, NULL, err, err->code, "%s",
                               arena_copy(t->reader->own, err->text));
        if (v)
            return v;
        if (t->left == 0) {
            v = end_of_text(t, err);
            continue;
        }
        len = table_line(t);
        v = feed(t, t->at, len, err);
        t->at += len;
        t->left -= len;
        if (!t->whole && t->cell_count == 0 && t->parser.pstate == 0)
            buf_clear(&t->raw); /* an empty line */
    }
    *got = t->whole;
    return v;
}

enum verdict
table_open(struct table *t, struct error *err)
{
    size_t ceiling = 16 * (size_t)t->reader->state->options->max_cell + TABLE_HEADER_MAX;

    t->line = t->row_line = 1;
    buf_init(&t->raw, ceiling);
    buf_init(&t->cells, ceiling);
    t->cell = arena_alloc(t->reader->own, (TABLE_COLUMNS_MAX + 2) * sizeof *t->cell);
    if (csv_init(&t->parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return error_set(err, V_FATAL, "file.csv", "libcsv could not be set up");
    csv_set_space_func(&t->parser, table_no_blank);
    arena_defer(t->reader->own, release, t);
    return V_OK;
}
