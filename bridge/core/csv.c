/*
 * Cells are cut out of the text one after the other; rows are then laid out in the order of the
 * columns that the caller asked for.
 */
#include "csv.h"

#include <string.h>

#include "text.h"

struct scan {
    struct arena *mem;
    const char *path;
    const char *at, *end;
    int line;
    struct faults *faults;
    bool others; /* columns that nobody asked for are none of ours */
};

/* Cuts one cell; *last says whether the row ends with it. */
static const char *
cut_cell(struct scan *s, bool *last)
{
    const char *start = s->at, *text;
    size_t len;

    if (s->at < s->end && *s->at == '"') {
        char *into = arena_alloc(s->mem, (size_t)(s->end - s->at) + 1);
        size_t n = 0;
        int line = s->line;

        for (s->at++;; s->at++) {
            if (s->at == s->end) {
                fault_add(s->faults, s->path, line, "a quote is not closed");
                break;
            }
            if (*s->at == '"') {
                s->at++;
                if (s->at == s->end || *s->at != '"')
                    break;
            }
            if (*s->at == '\n')
                s->line++;
            into[n++] = *s->at;
        }
        start = s->at;
        while (s->at < s->end && *s->at != ',' && *s->at != '\n')
            s->at++;
        len = (size_t)(s->at - start);
        text_trim(&start, &len);
        if (len)
            fault_add(s->faults, s->path, line, "text after a closing quote");
        text = into;
        len = n;
    } else {
        while (s->at < s->end && *s->at != ',' && *s->at != '\n')
            s->at++;
        text = start;
        len = (size_t)(s->at - start);
    }
    *last = s->at == s->end || *s->at == '\n';
    if (s->at < s->end)
        s->at++;
    text_trim(&text, &len);
    return arena_text(s->mem, text, len);
}

/* The cells of the next row that is not blank; 0 at the end. */
static size_t
cut_row(struct scan *s, const char ***cells, int *line)
{
    while (s->at < s->end) {
        const char **row = NULL;
        size_t n = 0, room = 0;
        bool last = false;

        *line = s->line;
        while (!last) {
            row = arena_grow(s->mem, row, n, &room, sizeof *row);
            row[n++] = cut_cell(s, &last);
        }
        s->line++;
        if (n == 1 && row[0][0] == '\0')
            continue;
        *cells = row;
        return n;
    }
    return 0;
}

static long
find(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return (long)i;
    return -1;
}

/* place[i] = which wanted column the i-th of the file is, or -1 */
static long *
read_header(struct scan *s, const char *const *columns, size_t wanted, size_t needed, size_t *width)
{
    const char **heads = NULL;
    int line = 1;
    long *place;

    *width = cut_row(s, &heads, &line);
    place = arena_alloc(s->mem, (*width + 1) * sizeof *place);
    for (size_t i = 0; i < *width; i++) {
        place[i] = find(columns, wanted, heads[i]);
        if (place[i] < 0 && s->others)
            continue;
        if (place[i] < 0)
            fault_add(s->faults, s->path, line, "unknown column \"%s\"", heads[i]);
        else if (find(heads, i, heads[i]) >= 0)
            fault_add(s->faults, s->path, line, "column \"%s\" stands twice", heads[i]);
    }
    for (size_t i = 0; i < needed; i++)
        if (find(heads, *width, columns[i]) < 0)
            fault_add(s->faults, s->path, line, "the header has no column \"%s\"", columns[i]);
    return place;
}

static void
read_table(struct arena *mem, const char *path, const char *text, size_t len,
           const char *const *columns, size_t wanted, size_t needed, bool others, struct csv *out,
           struct faults *faults)
{
    struct scan s = { mem, path, text, text + len, 1, faults, others };
    size_t width = 0, n, room = 0, before = faults->count;
    const char **cells = NULL;
    long *place;
    int line = 0;

    *out = (struct csv){ .path = path };
    if (!text_is_utf8(text, len, NULL)) {
        fault_add(faults, path, 0, "is not UTF-8");
        return;
    }
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        s.at += 3;
    place = read_header(&s, columns, wanted, needed, &width);
    if (faults->count > before)
        return;
    while ((n = cut_row(&s, &cells, &line)) > 0) {
        struct csv_row *row;

        if (n != width) {
            fault_add(faults, path, line, "has %zu cells, the header %zu", n, width);
            continue;
        }
        out->rows = arena_grow(mem, out->rows, out->count, &room, sizeof *out->rows);
        row = &out->rows[out->count++];
        row->line = line;
        row->cells = arena_alloc(mem, wanted * sizeof *row->cells);
        for (size_t i = 0; i < wanted; i++)
            row->cells[i] = "";
        for (size_t i = 0; i < n; i++)
            if (place[i] >= 0)
                row->cells[place[i]] = cells[i];
    }
}

void
csv_read(struct arena *mem, const char *path, const char *text, size_t len,
         const char *const *columns, size_t wanted, size_t needed, struct csv *out,
         struct faults *faults)
{
    read_table(mem, path, text, len, columns, wanted, needed, false, out, faults);
}

void
csv_pick(struct arena *mem, const char *path, const char *text, size_t len,
         const char *const *columns, size_t wanted, struct csv *out, struct faults *faults)
{
    read_table(mem, path, text, len, columns, wanted, wanted, true, out, faults);
}
