/*
 * Documents: what lies at the paths of the map, read as a stream.
 *
 * The reader's callbacks cannot be stopped at a record: so it is fed up to one
 * '>' after another, and what becomes whole waits in a queue. A record is made in
 * an arena of its own and copied into the caller's when it is handed over.
 */
#include "file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define PIECE   ((size_t)64 * 1024)
#define SLACK   ((size_t)256 * 1024) /* bytes outside records that are kept while none is open */
#define DEPTH   64
#define PER_ROW 200 /* elements of one record, at most on the average */
#define RAW_MAX ((size_t)64 << 20)

struct made {
    struct record record; /* first: a record below is reached through it */
    struct record **end;  /* where the next record below it is hung */
    long *ordinals;       /* by stream: how many are below it */
    size_t start;         /* its first byte, within the document */
    long line;
};

struct document {
    struct file_reader *reader;
    struct xml_reader *xml;
    struct arena *mem;           /* of the records that wait */
    struct made **open;          /* by stream: the record being read, or NULL */
    struct record *first, *last; /* whole ones */
    char piece[PIECE];
    size_t at, have; /* in the piece */
    off_t from;      /* of the next piece */
    struct buf kept; /* bytes of the document from base on */
    size_t base;
    long base_line;
    bool ended, strange; /* the root is another one */
    bool beside, alike;  /* something stands beside records; under their name in no or another
                            namespace */
};

static void
release(void *handle)
{
    struct document *d = handle;

    arena_free(d->mem);
    buf_release(&d->kept);
}

/* Forgets the bytes before an offset. */
static void
forget(struct document *d, size_t before)
{
    size_t n = before > d->base ? before - d->base : 0;

    if (n > d->kept.len)
        n = d->kept.len;
    if (n == 0)
        return;
    for (size_t i = 0; i < n; i++)
        d->base_line += d->kept.data[i] == '\n';
    memmove(d->kept.data, d->kept.data + n, d->kept.len - n);
    d->kept.len -= n;
    d->base += n;
}

static long
line_at(const struct document *d, size_t offset)
{
    long line = d->base_line;

    for (size_t i = 0; i < d->kept.len && d->base + i < offset; i++)
        line += d->kept.data[i] == '\n';
    return line;
}

/* ---- the reader's callbacks ---- */

static long
stream_above(const struct document *d, size_t stream)
{
    const struct mapping *map = d->reader->adapter->map;
    const char *parent = map->streams[stream].parent;

    return parent ? mapping_stream_index(map, parent) : -1;
}

/* file_record_add() looks for the end, and there may be very many. */
static void
add_below(const struct document *d, struct made *parent, struct record *child, size_t stream)
{
    if (!parent->end) {
        parent->end = &parent->record.child;
        parent->ordinals =
            arena_alloc(d->mem, (d->reader->adapter->map->stream_count + 1) * sizeof(long));
    }
    child->ordinal = ++parent->ordinals[stream];
    *parent->end = child;
    parent->end = &child->next;
}

static void
on_open(void *ctx, int tag, size_t offset)
{
    struct document *d = ctx;
    const struct file_target *t = &d->reader->call->targets[tag];
    const struct map_stream *s = &d->reader->adapter->map->streams[t->stream];
    struct made *made;
    long above;

    if (!t->record)
        return;
    made = arena_alloc(d->mem, sizeof *made);
    made->record = *file_record_new(d->mem, s);
    made->start = offset;
    above = stream_above(d, t->stream);
    if (above >= 0 && d->open[above])
        add_below(d, d->open[above], &made->record, t->stream);
    else
        made->line = line_at(d, offset);
    d->open[t->stream] = made;
}

static void
on_close(void *ctx, int tag, size_t offset)
{
    struct document *d = ctx;
    const struct file_target *t = &d->reader->call->targets[tag];
    struct made *made = d->open[t->stream];
    struct record *record;
    long above;

    if (!t->record || !made)
        return;
    d->open[t->stream] = NULL;
    above = stream_above(d, t->stream);
    if (above >= 0 && d->open[above])
        return;
    record = &made->record;
    if (d->reader->adapter->map->keep != KEEP_DIGEST && made->start >= d->base &&
        offset <= d->base + d->kept.len) {
        record->raw_len = offset - made->start;
        record->raw = arena_text(d->mem, d->kept.data + (made->start - d->base), record->raw_len);
    }
    record->place = arena_format(d->mem, "%s line %ld", d->reader->name, made->line);
    if (d->last)
        d->last->next = record;
    else
        d->first = record;
    d->last = record;
    forget(d, offset);
}

static void
spoil(struct document *d, const struct file_target *t, const char *code, const char *say)
{
    const struct map_line *l = &d->reader->adapter->map->streams[t->stream].lines[t->line];

    for (long s = (long)t->stream; s >= 0 && d->open[s]; s = stream_above(d, (size_t)s))
        file_record_spoil(d->mem, &d->open[s]->record, l->canonical, l->remote, code, say);
}

static void
on_value(void *ctx, int tag, const char *text, size_t len)
{
    struct document *d = ctx;
    const struct file_target *t = &d->reader->call->targets[tag];
    struct field *field;

    if (t->record || !d->open[t->stream])
        return;
    field = &d->open[t->stream]->record.fields[t->line];
    if (field->text) {
        spoil(d, t, "xml.repeated", "a field stands there more than once");
        return;
    }
    field->text = arena_text(d->mem, text, len);
    field->len = len;
}

static void
on_odd(void *ctx, int tag, enum xml_odd what, const char *uri, const char *name)
{
    struct document *d = ctx;
    const struct file_target *t = &d->reader->call->targets[tag];

    (void)uri;
    if (t->list && what == XML_ODD_STRANGER) {
        d->beside = true;
        d->alike |= strcmp(name, d->reader->call->record) == 0;
    }
    if (t->list)
        return;
    if (t->root)
        d->strange |= what == XML_ODD_STRANGER;
    else if (!t->record && what == XML_ODD_MIXED)
        spoil(d, t, "xml.mixed", "elements stand within a text");
    else if (!t->record && what == XML_ODD_LONG)
        spoil(d, t, "xml.long", "a text is too long to be read");
}

static const struct xml_events events = {
    .open = on_open,
    .close = on_close,
    .value = on_value,
    .odd = on_odd,
};

/* ---- the document ---- */

static enum verdict
document_open(struct file_reader *reader, struct error *err)
{
    struct document *d = arena_alloc(reader->own, sizeof *d);
    struct xml_limits limits = { .depth = DEPTH };

    (void)err;
    reader->inside = d;
    limits.text = reader->state->options->max_cell;
    limits.elements = reader->state->options->max_rows * PER_ROW;
    d->reader = reader;
    d->base_line = 1;
    d->mem = arena_new("records of a document");
    buf_init(&d->kept, RAW_MAX);
    arena_defer(reader->own, release, d);
    d->open =
        arena_alloc(reader->own, (reader->adapter->map->stream_count + 1) * sizeof(struct made *));
    d->xml = xml_reader_new(reader->own, reader->call->paths, &limits, &events, d);
    return V_OK;
}

static enum verdict
more_bytes(struct document *d, struct error *err)
{
    ssize_t got;

    do {
        got = pread(d->reader->fd, d->piece, sizeof d->piece, d->from);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_set(err, V_RETRY, "file.read", "could not read a file: %s", strerror(errno));
    d->from += got;
    d->at = 0;
    d->have = (size_t)got;
    return V_OK;
}

static bool
is_reading(const struct document *d)
{
    for (size_t s = 0; s < d->reader->adapter->map->stream_count; s++)
        if (d->open[s])
            return true;
    return false;
}

/* Feeds up to the next '>'. */
static enum verdict
feed(struct document *d, struct error *err)
{
    const char *from = d->piece + d->at, *stop = memchr(from, '>', d->have - d->at);
    size_t len = stop ? (size_t)(stop - from) + 1 : d->have - d->at;

    if (!buf_add(&d->kept, from, len))
        return file_broken(d->reader, d->base_line, NULL, err, "xml.limit",
                           "a record of the document is too large");
    d->at += len;
    xml_reader_feed(d->xml, from, len);
    if (d->kept.len > SLACK && !is_reading(d))
        forget(d, d->base + d->kept.len - PIECE);
    return V_OK;
}

static enum verdict
end_document(struct document *d, struct error *err)
{
    enum verdict v = xml_reader_end(d->xml, err);

    d->ended = true;
    if (v == V_OK && d->strange)
        return file_broken(d->reader, 1, NULL, err, "xml.root",
                           "the root element is not the one that the map names");
    if (v == V_OK &&
        (d->alike || (d->beside && (d->reader->rows == 0 || d->reader->state->strict))))
        return file_broken(d->reader, 0, NULL, err, "xml.records",
                           "elements stand where records should that are not those of the map");
    if (v != V_REJECT)
        return v;
    return file_broken(d->reader, line_at(d, d->base + d->kept.len), NULL, err, err->code, "%s",
                       arena_copy(d->reader->own, err->text));
}

/* ---- handing over ---- */

static struct record *
copy(struct arena *mem, const struct record *from)
{
    struct record *to = arena_alloc(mem, sizeof *to), **end = &to->child;

    *to = *from;
    to->next = to->child = NULL;
    to->raw = from->raw ? arena_text(mem, from->raw, from->raw_len) : NULL;
    to->place = arena_copy(mem, from->place);
    to->fields = arena_alloc(mem, (from->count + 1) * sizeof *to->fields);
    for (size_t i = 0; i < from->count; i++)
        if (from->fields[i].text) {
            to->fields[i].len = from->fields[i].len;
            to->fields[i].text = arena_text(mem, from->fields[i].text, from->fields[i].len);
        }
    if (from->fault) {
        struct error *fault = arena_alloc(mem, sizeof *fault);

        *fault = *from->fault;
        to->fault = fault;
    }
    for (const struct record *child = from->child; child; child = child->next) {
        *end = copy(mem, child);
        end = &(*end)->next;
    }
    return to;
}

static enum verdict
document_next(struct file_reader *reader, struct record **record, struct error *err)
{
    static struct record seen;
    struct document *d = reader->inside;
    enum verdict v = V_OK;

    *record = NULL;
    while (!v && !d->first && !d->ended) {
        if (d->at == d->have)
            v = more_bytes(d, err);
        if (!v)
            v = d->have == 0 ? end_document(d, err) : feed(d, err);
    }
    if (v || !d->first)
        return v;
    if (++reader->rows > reader->state->options->max_rows)
        return file_broken(reader, 0, NULL, err, "file.rows",
                           "the file has more than max_rows (%ld) records",
                           reader->state->options->max_rows);
    *record = &seen;
    if (reader->mem) {
        struct record *made = copy(reader->mem, d->first);

        made->ordinal = reader->rows;
        *record = made;
    }
    d->first = d->first->next;
    if (d->first)
        return V_OK;
    d->last = NULL;
    if (!is_reading(d))
        arena_reset(d->mem);
    return V_OK;
}

const struct file_format file_xml = { document_open, document_next };
