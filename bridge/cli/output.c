/*
 * Rows are kept whole and printed at the end: the widths of a table are known only then. A result
 * is for people's eyes or one report, never a stream of records, so that memory is no matter.
 */
#include "output.h"

#include <stdarg.h>
#include <string.h>
#include <utf8proc.h>

#include "text.h"

enum cell_type { CELL_TEXT, CELL_INT, CELL_BOOL };

struct column {
    const char *name;
    enum cell_type type;
};

struct result_table {
    struct arena *mem;
    const char *name, *title;
    struct column *columns;
    size_t column_count;
    const char **cells; /* row after row */
    size_t cell_count, cell_room;
    size_t at; /* next column of the last row */
    struct result_table *next;
};

struct result {
    struct arena *mem;
    const char *command;
    struct result_table *first, **last;
    const char **lines;
    size_t line_count, line_room;
};

bool
output_form_find(const char *word, enum output_form *out)
{
    static const char *const words[] = { "table", "csv", "json" };

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
    } types[] = { { ":int", CELL_INT }, { ":bool", CELL_BOOL } };

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

/* The next character of a text that may hold anything; what is not UTF-8 and what would steer a
 * terminal (controls, direction marks) is given as U+FFFD or a blank. Returns the bytes taken. */
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
        bool right = t->columns[c].type == CELL_INT;

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

/* ---- as CSV ---- */

static void
put_csv(const char *text, bool guard, FILE *to)
{
    bool danger = guard && *text && strchr("=+-@\t\r", *text);

    if (!danger && !strpbrk(text, ",\"\r\n")) {
        fputs(text, to);
        return;
    }
    fputc('"', to);
    if (danger)
        fputc('\'', to);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', to);
        fputc(*text, to);
    }
    fputc('"', to);
}

static void
print_csv(const struct result_table *t, FILE *to)
{
    for (size_t c = 0; c < t->column_count; c++) {
        if (c)
            fputc(',', to);
        put_csv(t->columns[c].name, true, to);
    }
    fputc('\n', to);
    for (size_t i = 0, c = 0; i < t->cell_count; i++) {
        if (t->cells[i])
            put_csv(t->cells[i], t->columns[c].type == CELL_TEXT, to);
        c = c + 1 == t->column_count ? 0 : c + 1;
        fputc(c ? ',' : '\n', to);
    }
}

/* ---- as JSON ---- */

static void
put_json(const char *text, FILE *to)
{
    fputc('"', to);
    while (*text) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &c);

        if (n <= 0) {
            fputs("\\ufffd", to);
            text++;
            continue;
        }
        if (c == '"' || c == '\\')
            fprintf(to, "\\%c", (char)c);
        else if (c == '\n')
            fputs("\\n", to);
        else if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
            fprintf(to, "\\u%04x", (unsigned)c);
        else
            fwrite(text, 1, (size_t)n, to);
        text += n;
    }
    fputc('"', to);
}

static void
put_json_cell(const char *cell, enum cell_type type, FILE *to)
{
    int64_t value;

    if (!cell)
        fputs("null", to);
    else if (type == CELL_INT && text_int(cell, strlen(cell), &value))
        fprintf(to, "%lld", (long long)value);
    else if (type == CELL_BOOL)
        fputs(strcmp(cell, "yes") == 0 ? "true" : "false", to);
    else
        put_json(cell, to);
}

static void
print_json(const struct result *r, FILE *to)
{
    fputs("{\"version\": 1, \"command\": ", to);
    put_json(r->command, to);
    fputs(", \"tables\": {", to);
    for (const struct result_table *t = r->first; t; t = t->next) {
        size_t rows = result_count(t);

        put_json(t->name, to);
        fputs(": [", to);
        for (size_t i = 0; i < rows; i++) {
            fputs(i ? ",\n  {" : "\n  {", to);
            for (size_t c = 0; c < t->column_count; c++) {
                if (c)
                    fputs(", ", to);
                put_json(t->columns[c].name, to);
                fputs(": ", to);
                put_json_cell(t->cells[i * t->column_count + c], t->columns[c].type, to);
            }
            fputc('}', to);
        }
        fputs(t->next ? "],\n " : "]", to);
    }
    fputs("}, \"lines\": [", to);
    for (size_t i = 0; i < r->line_count; i++) {
        if (i)
            fputs(", ", to);
        put_json(r->lines[i], to);
    }
    fputs("]}\n", to);
}

bool
result_print(const struct result *r, enum output_form form, FILE *to)
{
    if (form == OUTPUT_JSON) {
        print_json(r, to);
    } else {
        for (const struct result_table *t = r->first; t; t = t->next) {
            if (t != r->first)
                fputc('\n', to);
            if (form == OUTPUT_CSV)
                print_csv(t, to);
            else
                print_table(t, to);
        }
        if (form == OUTPUT_TABLE && r->first && r->line_count)
            fputc('\n', to);
        for (size_t i = 0; form == OUTPUT_TABLE && i < r->line_count; i++) {
            put_plain(r->lines[i], to);
            fputc('\n', to);
        }
    }
    return fflush(to) == 0 && !ferror(to);
}
