/*
 * Pieces of pages, and their files beside them: rows of named statements.
 */
#include "pages_parts.h"

#include <string.h>

#include "../core/csv_put.h"
#include "text.h"

enum { VALUES = 12 };

/* What a letter in piece.values stands for. */
static const char *
value_of(const struct pages *p, char letter)
{
    switch (letter) {
    case 'n':
        return p->asof;
    case 'y':
        return p->yesterday;
    case 'a':
        return p->month_ago;
    case '<':
        return p->month.since;
    case '>':
        return p->month.upto;
    case 'm':
        return pg_of_int(p->page, p->minutes);
    case 'z':
        return p->conf->bridge.zone;
    case 's':
        return p->systems;
    case 'b':
        return p->basis;
    case 'k':
        return p->ranked;
    case 'K':
        return p->ranked_basis;
    case 'r':
        return p->run;
    case 'f':
        return "false";
    case 'e':
        return "";
    case 'c':
        return pg_of_int(p->page, PAGES_ALL);
    case '(':
        return p->busy.since;
    case ')':
        return p->busy.upto;
    case 'B':
        return p->busy.bounds;
    case 'U':
        return "unit";
    case 'N':
        return "new";
    case 'O':
        return "open";
    case 'V':
        return "overdue";
    default:
        return NULL; /* '-' */
    }
}

/* All rows once more, into the file beside the page. */
static enum verdict
put_file(struct pages *p, const struct piece *piece, FILE *to, long *count, struct error *err)
{
    struct pg_rows rows = { .count = 1 };
    enum verdict v = pg_cursor_again(p->pg, err);

    for (*count = 0; !v && rows.count; *count += (long)rows.count) {
        struct arena *batch = arena_new("rows");

        v = pg_cursor_rows(p->pg, batch, PAGES_BATCH, &rows, err);
        for (size_t i = 0; !v && i < rows.count; i++)
            pages_csv_row(to, p->columns, piece->list, &rows, i);
        rows.result = NULL;
        arena_free(batch);
    }
    return v;
}

static enum verdict
put_piece(struct pages *p, struct page_node *root, const struct piece *piece, struct error *err)
{
    const char *values[VALUES] = { NULL }, *xml = NULL;
    long most = piece->most ? piece->most : PAGES_ALL, all = 0, left = 0;
    size_t count = strlen(piece->values);

    for (size_t i = 0; i < count && i < VALUES; i++)
        values[i] = value_of(p, piece->values[i]);
    enum verdict v = pg_cursor_open(p->pg, p->page, piece->statement, values, count, err);

    if (!v)
        v = pg_cursor_xml(p->pg, p->page, most, &xml, err);
    if (!v && piece->list && p->csv)
        v = put_file(p, piece, p->csv, &all, err);
    if (!v)
        v = pg_cursor_close(p->pg, &left, err);
    if (!v)
        v = page_add_xml(root, piece->element, xml, strlen(xml), err);
    if (all > most)
        left = all - most;
    if (!v && left)
        page_set(page_last(root), "left", pg_of_int(p->page, left));
    return v;
}

enum verdict
pages_pieces(struct pages *p, struct page_node *root, const struct piece *pieces, size_t count,
             struct error *err)
{
    enum verdict v = V_OK;

    for (size_t i = 0; i < count && !v; i++)
        v = put_piece(p, root, &pieces[i], err);
    return v;
}

void
pages_row(struct page_node *parent, const char *columns, const struct pg_rows *rows, size_t row)
{
    struct page_node *node = page_add(parent, "row", NULL);
    const char *word;
    char name[64];
    size_t len;

    while (text_word(&columns, &word, &len)) {
        snprintf(name, sizeof name, "%.*s", (int)len, word);
        const char *text = pg_named(rows, row, name);

        if (text)
            (void)page_add(node, name, text);
    }
}

/* ---- files beside ---- */

void
pages_csv_head(FILE *to, const char *columns)
{
    const char *word, *comma = "";
    size_t len;

    while (text_word(&columns, &word, &len)) {
        fprintf(to, "%s%.*s", comma, (int)len, word);
        comma = ",";
    }
    fputc('\n', to);
}

/* first, where it is given, stands in the first column. */
void
pages_csv_row(FILE *to, const char *columns, const char *first, const struct pg_rows *rows,
              size_t row)
{
    const char *word, *comma = "";
    char name[64];
    size_t len;

    for (bool here = first != NULL; text_word(&columns, &word, &len); here = false) {
        snprintf(name, sizeof name, "%.*s", (int)len, word);
        const char *text = here ? first : pg_named(rows, row, name);

        fputs(comma, to);
        if (text)
            csv_put(text, text[strspn(text, "-0123456789.")] != '\0', to);
        comma = ",";
    }
    fputc('\n', to);
}
