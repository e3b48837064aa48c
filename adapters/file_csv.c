/*
 * Tables: the header says which column is which line's; one row is one record, with those that are
 * parts of it.
 */
#include "file_table.h"

#include <string.h>

#include "text.h"

#define NO_COLUMN SIZE_MAX

/* ---- the header ---- */

static const char *
normal(struct arena *mem, const char *text, size_t len)
{
    struct error ignored;

    text_trim(&text, &len);
    if (text_clean(mem, text, len, &text, &len, &ignored))
        return "";
    return arena_text(mem, text, len);
}

static long
column_of(const char *const *columns, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(columns[i], name) == 0)
            return (long)i;
    return -1;
}

/* The header's length within the piece: up to the first line end outside quotes. */
static size_t
header_length(const struct table *t)
{
    bool inside = false;
    size_t len = 0;

    for (; len < t->left && len < TABLE_HEADER_MAX; len++) {
        if (t->at[len] == '"')
            inside = !inside;
        if (!inside && (t->at[len] == '\n' || t->at[len] == '\r'))
            break;
    }
    return len;
}

static void
on_header_cell(void *bytes, size_t len, void *ctx)
{
    struct table *t = ctx;

    if (t->column_count < TABLE_COLUMNS_MAX)
        t->columns[t->column_count++] = normal(t->reader->own, bytes, len);
}

static void
on_header_row(int end, void *ctx)
{
    (void)end;
    (void)ctx;
}

/* Columns by one delimiter; returns how many of them a line names. */
static size_t
split_header(struct table *t, size_t len, char delimiter)
{
    struct csv_parser p;
    size_t found = 0;

    t->column_count = 0;
    if (csv_init(&p, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return 0;
    csv_set_space_func(&p, table_no_blank);
    csv_set_delim(&p, (unsigned char)delimiter);
    if (csv_parse(&p, t->at, len, on_header_cell, on_header_row, t) != len ||
        csv_fini(&p, on_header_cell, on_header_row, t) != 0)
        t->column_count = 0;
    csv_free(&p);
    for (size_t i = 0; i < t->stream->count; i++)
        if ((t->stream->lines[i].direction & MAP_IN) &&
            column_of(t->columns, t->column_count,
                      normal(t->reader->own, t->stream->lines[i].remote,
                             strlen(t->stream->lines[i].remote))) >= 0)
            found++;
    return found;
}

/* The delimiter under which most columns are known. */
static char
find_delimiter(struct table *t, size_t len)
{
    static const char candidates[] = { ',', ';', '\t' };
    char best = ',';
    size_t most = 0;

    for (size_t i = 0; i < sizeof candidates; i++) {
        size_t found = split_header(t, len, candidates[i]);

        if (found > most) {
            most = found;
            best = candidates[i];
        }
    }
    return best;
}

static enum verdict
find_columns(struct table *t, size_t stream, struct error *err)
{
    const struct mapping *map = t->reader->adapter->map;
    const struct map_stream *s = &map->streams[stream];

    t->slots[stream] = arena_alloc(t->reader->own, (s->count + 1) * sizeof **t->slots);
    for (size_t i = 0; i < s->count; i++) {
        const struct map_line *l = &s->lines[i];
        const char *name = normal(t->reader->own, l->remote, strlen(l->remote));
        long column = l->direction & MAP_IN ? column_of(t->columns, t->column_count, name) : -1;

        t->slots[stream][i] = column < 0 ? NO_COLUMN : (size_t)column;
        if ((l->direction & MAP_IN) && column < 0 && (l->flags & (MAP_REQUIRED | MAP_KEY)) &&
            s == t->stream)
            return file_broken(t->reader, t->row_line, l->remote, err, "csv.header",
                               "the header has no column \"%s\"", l->remote);
        if (column >= 0 &&
            column_of(t->columns + column + 1, t->column_count - (size_t)column - 1, name) >= 0)
            return file_broken(t->reader, t->row_line, l->remote, err, "csv.header",
                               "the header has the column \"%s\" twice", l->remote);
    }
    return V_OK;
}

/* With "strict": every column of the file is named by a line. */
static enum verdict
check_strangers(struct table *t, struct error *err)
{
    const struct mapping *map = t->reader->adapter->map;

    for (size_t c = 0; c < t->column_count; c++) {
        bool known = t->columns[c][0] == '\0';

        for (size_t s = 0; s < map->stream_count; s++)
            for (size_t i = 0; t->slots[s] && i < map->streams[s].count; i++)
                known |= t->slots[s][i] == c;
        if (!known)
            return file_broken(t->reader, t->row_line, NULL, err, "csv.header",
                               "the header's column %zu is none that the map names", c + 1);
    }
    return V_OK;
}

static bool
is_part(const struct map_stream *child, const struct map_stream *of)
{
    return child->parent && strcmp(child->parent, of->name) == 0;
}

static enum verdict
read_header(struct table *t, struct error *err)
{
    const struct mapping *map = t->reader->adapter->map;
    char delimiter = t->reader->state->delimiter;
    bool got = false;
    enum verdict v = file_text_next(t->text, &t->at, &t->left, err);
    size_t len;

    if (v == V_REJECT)
        return file_broken(t->reader, 1, NULL, err, err->code, "%s",
                           arena_copy(t->reader->own, err->text));
    if (v)
        return v;
    len = table_line(t);
    if (len >= 6 && len <= 7 && memcmp(t->at, "sep=", 4) == 0) { /* a spreadsheet's hint */
        delimiter = t->at[4];
        t->at += len;
        t->left -= len;
        t->line = 2;
    }
    len = header_length(t);
    if (!delimiter)
        delimiter = find_delimiter(t, len);
    (void)split_header(t, len, delimiter);
    csv_set_delim(&t->parser, (unsigned char)delimiter);
    t->column_count = t->column_count > 0 ? t->column_count : 1;
    v = table_next(t, &got, err);
    if (v)
        return v;
    if (!got)
        return file_broken(t->reader, 1, NULL, err, "csv.header", "the file is empty");
    t->column_count = 0;
    for (size_t i = 0; i < t->cell_count && i < TABLE_COLUMNS_MAX; i++)
        t->columns[t->column_count++] = normal(
            t->reader->own, t->cells.data ? t->cells.data + t->cell[i].from : "", t->cell[i].len);
    for (size_t s = 0; !v && s < map->stream_count; s++)
        if (&map->streams[s] == t->stream || is_part(&map->streams[s], t->stream))
            v = find_columns(t, s, err);
    if (!v && t->reader->state->strict)
        v = check_strangers(t, err);
    return v;
}

static enum verdict
csv_open(struct file_reader *reader, struct error *err)
{
    const struct mapping *map = reader->adapter->map;
    struct table *t = arena_alloc(reader->own, sizeof *t);
    enum verdict v;

    reader->inside = t;
    t->reader = reader;
    t->stream = mapping_stream(map, reader->call->call->brings);
    t->columns = arena_alloc(reader->own, (TABLE_COLUMNS_MAX + 1) * sizeof *t->columns);
    t->slots = arena_alloc(reader->own, (map->stream_count + 1) * sizeof *t->slots);
    v = table_open(t, err);
    if (v)
        return v;
    v = file_text_open(reader->own, reader->fd, reader->state->encoding, &t->text, err);
    if (v == V_REJECT)
        return file_broken(reader, 1, NULL, err, err->code, "%s",
                           arena_copy(reader->own, err->text));
    return v ? v : read_header(t, err);
}

/* ---- records ---- */

static void
take_cells(const struct table *t, struct record *record, size_t stream)
{
    for (size_t i = 0; i < record->count; i++) {
        size_t column = t->slots[stream][i];

        if (column >= t->cell_count) /* NO_COLUMN is more than any */
            continue;
        record->fields[i].len = t->cell[column].len;
        record->fields[i].text =
            arena_text(t->reader->mem, t->cells.data ? t->cells.data + t->cell[column].from : "",
                       t->cell[column].len);
    }
}

/* A row holds a part when each of its keys has a text. */
static bool
has_part(const struct table *t, size_t stream)
{
    const struct map_stream *s = &t->reader->adapter->map->streams[stream];

    for (size_t i = 0; i < s->count; i++)
        if ((s->lines[i].flags & MAP_KEY) && (s->lines[i].direction & MAP_IN) &&
            (t->slots[stream][i] >= t->cell_count || table_is_blank(t, t->slots[stream][i])))
            return false;
    return true;
}

static bool
fits_header(const struct table *t)
{
    for (size_t i = t->column_count; i < t->cell_count && i <= TABLE_COLUMNS_MAX; i++)
        if (!table_is_blank(t, i))
            return false;
    return t->cell_count >= t->column_count && t->cell_count <= TABLE_COLUMNS_MAX;
}

static struct record *
make_record(const struct table *t)
{
    const struct mapping *map = t->reader->adapter->map;
    struct arena *mem = t->reader->mem;
    struct record *record = file_record_new(mem, t->stream);

    take_cells(t, record, (size_t)(t->stream - map->streams));
    for (size_t s = 0; s < map->stream_count; s++) {
        struct record *part;

        if (!t->slots[s] || &map->streams[s] == t->stream || !has_part(t, s))
            continue;
        part = file_record_new(mem, &map->streams[s]);
        take_cells(t, part, s);
        file_record_add(record, part);
    }
    if (map->keep != KEEP_DIGEST) {
        record->raw = arena_text(mem, t->raw.data, t->raw.len);
        record->raw_len = t->raw.len;
    }
    record->place = arena_format(mem, "%s line %ld", t->reader->name, t->row_line);
    if (!fits_header(t))
        file_record_spoil(mem, record, NULL, record->place, "csv.columns",
                          "the row has more or fewer cells than the header");
    return record;
}

static enum verdict
csv_next(struct file_reader *reader, struct record **record, struct error *err)
{
    static struct record seen;
    struct table *t = reader->inside;
    bool got;
    enum verdict v = table_next(t, &got, err);

    *record = NULL;
    if (v || !got)
        return v;
    if (++reader->rows > reader->state->options->max_rows)
        return file_broken(reader, t->row_line, NULL, err, "file.rows",
                           "the file has more than max_rows (%ld) records",
                           reader->state->options->max_rows);
    if (!reader->mem) {
        *record = &seen;
        return V_OK;
    }
    struct record *made = make_record(t);

    made->ordinal = reader->rows;
    *record = made;
    return V_OK;
}

const struct file_format file_csv = { csv_open, csv_next };
