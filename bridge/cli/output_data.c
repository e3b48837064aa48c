/*
 * A result for programs: CSV and JSON.
 */
#include "output_parts.h"

#include <string.h>
#include <utf8proc.h>

#include "../core/csv_put.h"
#include "text.h"

/* ---- as CSV ---- */

static void
print_csv(const struct result_table *t, FILE *to)
{
    for (size_t c = 0; c < t->column_count; c++) {
        if (c)
            fputc(',', to);
        csv_put(t->columns[c].name, true, to);
    }
    fputc('\n', to);
    for (size_t i = 0, c = 0; i < t->cell_count; i++) {
        const char *cell = t->cells[i];

        if (cell) /* a figure below nought is no formula */
            csv_put(cell, t->columns[c].type == CELL_TEXT || cell[strspn(cell, "-0123456789.")],
                    to);
        c = c + 1 == t->column_count ? 0 : c + 1;
        fputc(c ? ',' : '\n', to);
    }
}

void
output_csv(const struct result *r, FILE *to)
{
    for (const struct result_table *t = r->first; t; t = t->next) {
        if (t != r->first)
            fputc('\n', to);
        print_csv(t, to);
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

void
output_json(const struct result *r, FILE *to)
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
