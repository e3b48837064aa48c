/*
 * Written twice over: once to learn the size, once into the arena. Read by lengths, never by
 * looking for an end.
 */
#include "remote_pack.h"

#include <string.h>

#include "codes.h"
#include "content.h"
#include "mapper.h"

#define DEPTH_MAX 8

/* to is NULL when only the size is asked for */
struct pen {
    char *to;
    size_t n;
};

static void
put(struct pen *pen, const char *text, size_t len)
{
    if (pen->to && len)
        memcpy(pen->to + pen->n, text, len);
    pen->n += len;
}

/* Every record that comes passes here, so no snprintf(). */
static void
put_size(struct pen *pen, size_t size)
{
    char digits[24];
    size_t at = sizeof digits;

    digits[--at] = ' ';
    do {
        digits[--at] = (char)('0' + size % 10);
        size /= 10;
    } while (size);
    put(pen, digits + at, sizeof digits - at);
}

static void
put_two(struct pen *pen, const char *mark, const char *a, size_t a_len, const char *between,
        const char *b, size_t b_len)
{
    put(pen, mark, strlen(mark));
    put_size(pen, a_len);
    put_size(pen, b_len);
    put(pen, a, a_len);
    put(pen, between, strlen(between));
    put(pen, b, b_len);
    put(pen, "\n", 1);
}

/* Whether a record of a map that keeps nothing tells of a sender who is, or may be, sealed. */
static bool
hides_sender(const struct mapping *map, const struct map_stream *stream,
             const struct record *record)
{
    for (size_t i = 0; map->keep == KEEP_DIGEST && stream && i < stream->count; i++) {
        const struct map_line *line = &stream->lines[i];
        const struct field *field = i < record->count ? &record->fields[i] : NULL;
        const char *word = field && field->len ? field->text : line->fallback;
        const struct map_code *code;

        if (!(line->direction & MAP_IN) || !line->codes || strcmp(line->canonical, "identity") != 0)
            continue;
        code = word ? codes_from_remote(line->codes, word, strlen(word), NULL) : NULL;
        return !code || strcmp(code->canonical, "S") == 0;
    }
    return false;
}

static void
put_record(struct pen *pen, const struct mapping *map, const struct record *record)
{
    const struct map_stream *stream = mapping_stream(map, record->stream);
    bool hidden = hides_sender(map, stream, record);

    put(pen, "{", 1);
    put(pen, record->stream, strlen(record->stream));
    put(pen, "\n", 1);
    for (size_t i = 0; stream && i < stream->count && i < record->count; i++) {
        const struct field *field = &record->fields[i];
        const char *path = stream->lines[i].remote;

        if (field->text && !(hidden && mapper_is_of_sender(stream->lines[i].canonical)))
            put_two(pen, "", path, strlen(path), " = ", field->text, field->len);
    }
    if (record->fault)
        put_two(pen, "!", record->fault->code, strlen(record->fault->code), " ",
                record->fault->text, strlen(record->fault->text));
    for (const struct record *child = record->child; child; child = child->next)
        put_record(pen, map, child);
    put(pen, "}\n", 2);
}

void
remote_pack(struct arena *mem, const struct mapping *map, const struct record *remote,
            const char **bytes, size_t *len)
{
    struct pen pen = { NULL, 0 };

    put_record(&pen, map, remote);
    pen.to = arena_alloc(mem, pen.n + 1);
    pen.n = 0;
    put_record(&pen, map, remote);
    *bytes = pen.to;
    *len = pen.n;
}

/* ---- back ---- */

static bool
read_size(const char **at, const char *end, size_t *size)
{
    const char *p = *at;

    *size = 0;
    for (; p < end && *p >= '0' && *p <= '9'; p++) {
        if (*size > (size_t)(1L << 40))
            return false;
        *size = *size * 10 + (size_t)(*p - '0');
    }
    if (p == *at || p == end || *p != ' ')
        return false;
    *at = p + 1;
    return true;
}

static bool
read_two(const char **at, const char *end, const char *between, struct pack_item *item)
{
    size_t gap = strlen(between), left;

    if (!read_size(at, end, &item->a_len) || !read_size(at, end, &item->b_len))
        return false;
    left = (size_t)(end - *at);
    if (item->a_len > left || item->b_len > left || left - item->a_len < item->b_len + gap + 1)
        return false;
    item->a = *at;
    item->b = *at + item->a_len + gap;
    if (memcmp(*at + item->a_len, between, gap) != 0 || item->b[item->b_len] != '\n')
        return false;
    *at = item->b + item->b_len + 1;
    return true;
}

bool
pack_next(const char **at, const char *end, struct pack_item *item, bool *bad)
{
    const char *stop;

    *bad = false;
    if (*at == end)
        return false;
    *item = (struct pack_item){ .kind = **at };
    switch (**at) {
    case '{':
    case '}':
        stop = memchr(*at, '\n', (size_t)(end - *at));
        item->a = *at + 1;
        item->a_len = stop ? (size_t)(stop - item->a) : 0;
        *bad = !stop || (item->kind == '{') != (item->a_len > 0);
        *at = stop ? stop + 1 : end;
        break;
    case '!':
        ++*at;
        *bad = !read_two(at, end, " ", item);
        break;
    default:
        item->kind = ' ';
        *bad = !read_two(at, end, " = ", item);
    }
    return !*bad;
}

struct reader {
    struct arena *mem;
    const struct mapping *map;
    const char *at, *end;
    struct error *err;
};

static enum verdict
refuse(struct reader *r)
{
    return error_set(r->err, V_REJECT, "pack.form", "not a packed record");
}

static bool
is_content(const char *text, size_t len)
{
    return len == CONTENT_ID - 1 && strspn(text, "0123456789abcdef") == len;
}

/* Every line with that path gets the value: one may read what another writes. In a table the name
 * of a file and what it holds are one column, told apart by what a content is called. */
static void
fill(struct reader *r, const struct map_stream *stream, struct record *record,
     const struct pack_item *item)
{
    const char *text = arena_text(r->mem, item->b, item->b_len);

    bool content = is_content(text, item->b_len);

    for (size_t i = 0; i < stream->count; i++) {
        const char *path = stream->lines[i].remote;

        if (strlen(path) != item->a_len || memcmp(path, item->a, item->a_len) != 0)
            continue;
        if (!record->fields[i].text || (stream->lines[i].kind == KIND_BYTES) == content)
            record->fields[i] = (struct field){ text, item->b_len };
    }
}

static void
keep_fault(struct reader *r, struct record *record, const struct pack_item *item)
{
    struct error *fault = arena_alloc(r->mem, sizeof *fault);

    (void)error_set(fault, V_REJECT, arena_text(r->mem, item->a, item->a_len), "%.*s",
                    (int)(item->b_len < 500 ? item->b_len : 500), item->b);
    record->fault = fault;
}

static enum verdict
read_record(struct reader *r, const struct pack_item *head, int depth, struct record **out)
{
    const char *name = arena_text(r->mem, head->a, head->a_len);
    const struct map_stream *stream = mapping_stream(r->map, name);
    struct record *record, **end;
    struct pack_item item;
    bool bad;

    if (depth > DEPTH_MAX)
        return refuse(r);
    if (!stream)
        return error_set(r->err, V_REJECT, "map.stream", "the map of \"%s\" has no stream \"%s\"",
                         r->map->system, name);
    record = arena_alloc(r->mem, sizeof *record);
    record->stream = stream->name;
    record->count = stream->count;
    record->fields = arena_alloc(r->mem, (stream->count + 1) * sizeof *record->fields);
    end = &record->child;
    while (pack_next(&r->at, r->end, &item, &bad)) {
        enum verdict v;

        if (item.kind == '}') {
            *out = record;
            return V_OK;
        }
        if (item.kind == '!') {
            keep_fault(r, record, &item);
        } else if (item.kind == ' ') {
            fill(r, stream, record, &item);
        } else {
            v = read_record(r, &item, depth + 1, end);
            if (v)
                return v;
            end = &(*end)->next;
        }
    }
    return refuse(r);
}

enum verdict
remote_unpack(struct arena *mem, const struct mapping *map, const char *bytes, size_t len,
              struct record **remote, struct error *err)
{
    struct reader r = { mem, map, bytes, bytes + len, err };
    struct pack_item item;
    enum verdict v;
    bool bad;

    if (!pack_next(&r.at, r.end, &item, &bad) || item.kind != '{')
        return refuse(&r);
    v = read_record(&r, &item, 1, remote);
    if (v == V_OK && r.at != r.end)
        return refuse(&r);
    return v;
}
