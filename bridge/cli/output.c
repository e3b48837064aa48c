/*
 * Rows are kept whole and printed at the end: the widths of a table are known only then. A result
 * is for people's eyes or one report, never a stream of records, so that memory is no matter.
 */
#include "output_parts.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <utf8proc.h>

#include "../base/part.h"
#include "../link/sheet.h"
#include "log.h"
#include "text.h"

bool
output_form_find(const char *word, enum output_form *out)
{
    static const char *const words[] = { "table", "csv", "json", "xlsx" };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], word) == 0) {
            *out = (enum output_form)i;
            return true;
        }
    return false;
}

/* ---- building ---- */

struct result *
result_new(struct arena *mem, const char *command)
{
    struct result *r = arena_alloc(mem, sizeof *r);

    r->mem = mem;
    r->command = command;
    r->last = &r->first;
    return r;
}

static struct column
read_column(struct arena *mem, const char *word, size_t len)
{
    static const struct {
        const char *tail;
        enum cell_type type;
    } types[] = { { ":int", CELL_INT }, { ":decimal", CELL_DECIMAL }, { ":bool", CELL_BOOL } };

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        size_t tail = strlen(types[i].tail);

        if (len > tail && memcmp(word + len - tail, types[i].tail, tail) == 0)
            return (struct column){ arena_text(mem, word, len - tail), types[i].type };
    }
    return (struct column){ arena_text(mem, word, len), CELL_TEXT };
}

struct result_table *
result_table(struct result *r, const char *name, const char *title, const char *columns)
{
    struct result_table *t = arena_alloc(r->mem, sizeof *t);
    size_t room = 0, len;
    const char *word;

    t->mem = r->mem;
    t->name = name;
    t->title = title;
    while (text_word(&columns, &word, &len)) {
        t->columns = arena_grow(t->mem, t->columns, t->column_count, &room, sizeof *t->columns);
        t->columns[t->column_count++] = read_column(t->mem, word, len);
    }
    *r->last = t;
    r->last = &t->next;
    return t;
}

void
result_row(struct result_table *t)
{
    for (size_t i = 0; i < t->column_count; i++) {
        t->cells = arena_grow(t->mem, t->cells, t->cell_count, &t->cell_room, sizeof *t->cells);
        t->cells[t->cell_count++] = NULL;
    }
    t->at = 0;
}

void
result_text(struct result_table *t, const char *text)
{
    if (t->at >= t->column_count || t->cell_count < t->column_count)
        return;
    t->cells[t->cell_count - t->column_count + t->at++] = arena_copy(t->mem, text);
}

void
result_pair(struct result_table *t, const char *name, const char *value)
{
    if (!value)
        return;
    result_row(t);
    result_text(t, name);
    result_text(t, value);
}

void
result_int(struct result_table *t, int64_t value)
{
    result_text(t, arena_format(t->mem, "%lld", (long long)value));
}

void
result_bool(struct result_table *t, bool value)
{
    result_text(t, value ? "yes" : "no");
}

void
result_rows(struct result_table *t, const struct pg_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        result_row(t);
        for (size_t c = 0; c < t->column_count; c++) {
            const char *text = pg_named(rows, i, t->columns[c].name);

            if (text && t->columns[c].type == CELL_BOOL)
                result_bool(t, text[0] == 't');
            else
                result_text(t, text);
        }
    }
}

size_t
result_count(const struct result_table *t)
{
    return t->column_count ? t->cell_count / t->column_count : 0;
}

void
result_line(struct result *r, const char *fmt, ...)
{
    va_list args, again;
    int len;

    va_start(args, fmt);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *text = arena_alloc(r->mem, len > 0 ? (size_t)len + 1 : 1);

    vsnprintf(text, len > 0 ? (size_t)len + 1 : 1, fmt, again);
    va_end(again);
    r->lines = arena_grow(r->mem, r->lines, r->line_count, &r->line_room, sizeof *r->lines);
    r->lines[r->line_count++] = text;
}

/* ---- as a table ---- */

/* The next character of a text, as it may go to a terminal: what would steer it (controls,
 * direction marks) is U+FFFD or a blank. */
static size_t
next_char(const char *text, utf8proc_int32_t *c)
{
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, c);

    if (n <= 0) {
        *c = 0xfffd;
        return 1;
    }
    if (*c < 0x20 || (*c >= 0x7f && *c < 0xa0) || *c == 0x2028 || *c == 0x2029)
        *c = ' ';
    else if (*c == 0x200e || *c == 0x200f || (*c >= 0x202a && *c <= 0x202e) ||
             (*c >= 0x2066 && *c <= 0x2069))
        *c = 0xfffd;
    return (size_t)n;
}

size_t
output_width(const char *text)
{
    size_t width = 0;

    while (*text) {
        utf8proc_int32_t c;

        text += next_char(text, &c);
        int cells = utf8proc_charwidth(c);

        /* utf8proc counts a vowel sign that stands beside its letter (Mc) as nothing; terminals
         * give it a cell. */
        if (cells <= 0 && utf8proc_category(c) == UTF8PROC_CATEGORY_MC)
            cells = 1;
        width += cells > 0 ? (size_t)cells : 0;
    }
    return width;
}

static void
put_plain(const char *text, FILE *to)
{
    while (*text) {
        utf8proc_int32_t c;
        utf8proc_uint8_t bytes[4] = { 0 };

        text += next_char(text, &c);
        fwrite(bytes, 1, (size_t)utf8proc_encode_char(c, bytes), to);
    }
}

static void
put_blanks(size_t n, FILE *to)
{
    while (n--)
        fputc(' ', to);
}

/* One line of cells, NULL = the heading; trailing blanks are never written. */
static void
put_aligned(const struct result_table *t, const char *const *cells, const size_t *widths, FILE *to)
{
    size_t owed = 0;

    for (size_t c = 0; c < t->column_count; c++) {
        const char *none = t->columns[c].type == CELL_BOOL ? "-" : "";
        const char *text = !cells ? t->columns[c].name : cells[c] ? cells[c] : none;
        size_t width = output_width(text);
        size_t pad = widths[c] > width ? widths[c] - width : 0;
        bool right = t->columns[c].type == CELL_INT || t->columns[c].type == CELL_DECIMAL;

        if (right)
            owed += pad;
        if (*text) {
            put_blanks(owed, to);
            put_plain(text, to);
            owed = 0;
        } else {
            owed += width;
        }
        owed += (right ? 0 : pad) + 2;
    }
    fputc('\n', to);
}

static void
print_table(const struct result_table *t, FILE *to)
{
    size_t rows = result_count(t);
    size_t *widths = arena_alloc(t->mem, sizeof *widths * (t->column_count + 1));

    for (size_t c = 0; c < t->column_count; c++) {
        widths[c] = output_width(t->columns[c].name);
        for (size_t r = 0; r < rows; r++) {
            const char *cell = t->cells[r * t->column_count + c];
            size_t width = cell ? output_width(cell) : 0;

            if (width > widths[c])
                widths[c] = width;
        }
    }
    if (t->title)
        fprintf(to, "%s\n", t->title);
    if (rows == 0) {
        fputs("(none)\n", to);
        return;
    }
    put_aligned(t, NULL, widths, to);
    for (size_t r = 0; r < rows; r++)
        put_aligned(t, t->cells + r * t->column_count, widths, to);
}

static void
print_tables(const struct result *r, FILE *to)
{
    for (const struct result_table *t = r->first; t; t = t->next) {
        if (t != r->first)
            fputc('\n', to);
        print_table(t, to);
    }
    if (r->first && r->line_count)
        fputc('\n', to);
    for (size_t i = 0; i < r->line_count; i++) {
        put_plain(r->lines[i], to);
        fputc('\n', to);
    }
}

bool
result_print(const struct result *r, enum output_form form, FILE *to)
{
    switch (form) {
    case OUTPUT_TABLE:
        print_tables(r, to);
        break;
    case OUTPUT_CSV:
        output_csv(r, to);
        break;
    case OUTPUT_JSON:
        output_json(r, to);
        break;
    case OUTPUT_XLSX:
        return false;
    }
    return fflush(to) == 0 && !ferror(to);
}

/* ---- into a file ---- */

static enum verdict
write_text(const struct result *r, enum output_form form, struct part *part, struct error *err)
{
    int fd = dup(part->fd);
    FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
    bool good = to && result_print(r, form, to);

    if (to)
        good = fclose(to) == 0 && good;
    else if (fd >= 0)
        (void)close(fd);
    if (good)
        return V_OK;
    return error_set(err, V_FATAL, "out.write", "could not write \"%s\"", part->name);
}

static enum verdict
write_sheets(const struct result *r, struct part *part, struct error *err)
{
    long cut = 0;
    enum verdict v = output_sheets(r, part->name, SHEET_ROWS, &cut, err);

    if (!v && cut)
        log_line(LOG_WARN, "%ld texts are longer than a cell of \"%s\" holds: cut", cut,
                 part->path);
    return v;
}

enum verdict
result_write(const struct result *r, enum output_form form, const char *path, struct error *err)
{
    struct part part;
    enum verdict v = part_begin(r->mem, path, &part, err);

    if (v)
        return v;
    if (form == OUTPUT_XLSX)
        v = write_sheets(r, &part, err);
    else
        v = write_text(r, form, &part, err);
    if (v)
        part_drop(&part);
    else
        v = part_keep(r->mem, &part, err);
    return v;
}
