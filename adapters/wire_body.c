/*
 * The bytes of a request. Where a file's content belongs, the XML has a mark that nobody can guess;
 * written out, the XML is parted there, and libcurl takes the content from the store between the
 * parts. With rule xop the content is a part of the message of its own, and the element refers to
 * it.
 */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "mime.h"

#define DIGITS 8

/* A content that goes out with a request. */
struct wire_put {
    const char *id, *type;
    const char *cid; /* of its part; NULL = within the XML */
};

void
wire_body_begin(struct wire_body *b, struct arena *mem, size_t max)
{
    char uuid[37];

    memset(b, 0, sizeof *b);
    digest_uuid(uuid);
    b->mem = mem;
    b->mark = arena_format(mem, "content-%s-", uuid);
    buf_init(&b->xml, max);
}

static enum verdict
look(const struct adapter *a, struct arena *mem, const char *id, struct content_facts *facts,
     struct error *err)
{
    if (!a->contents)
        return error_set(err, V_FATAL, "content.store", "there is no store for what files hold");
    return content_look(a->contents, mem, id, facts, err);
}

enum verdict
wire_content_fits(const struct adapter *a, struct arena *mem, const struct map_line *line,
                  const struct field *field, struct error *err)
{
    struct content_facts facts;
    enum verdict v = look(a, mem, field->text, &facts, err);

    if (v)
        error_at(err, line->canonical, line->remote);
    return v;
}

enum verdict
wire_body_content(struct wire_body *b, const struct adapter *a, struct xml_node *item,
                  const struct map_line *line, const struct field *field, struct error *err)
{
    const struct wire *w = a->state;
    const char *path = line->remote, *text;
    struct content_facts facts;
    struct wire_put *put;
    enum verdict v = look(a, b->mem, field->text, &facts, err);

    if (v)
        return v;
    b->puts = arena_grow(b->mem, b->puts, b->count, &b->room, sizeof *b->puts);
    put = &b->puts[b->count];
    put->id = arena_copy(b->mem, facts.id);
    put->type = arena_copy(b->mem, facts.type);
    put->cid = NULL;
    if (line->flags & MAP_XOP) {
        put->cid = mime_cid(b->mem, ++b->parts);
        path = strcmp(path, ".") == 0
                   ? arena_format(b->mem, "%s:Include/@href", w->xop_prefix)
                   : arena_format(b->mem, "%s/%s:Include/@href", path, w->xop_prefix);
        text = arena_format(b->mem, "cid:%s", put->cid);
    } else {
        text = arena_format(b->mem, "%s%0*zu", b->mark, DIGITS, b->count);
    }
    b->count++;
    return xml_tree_put(item, path, text, strlen(text), err);
}

/* The XML alone, or the message with it and the parts. */
static struct http_piece *
first_pieces(struct wire_body *b, const struct wire *w, const struct wire_call *call, size_t *count,
             const char **type)
{
    struct mime_content *parts = arena_alloc(b->mem, (b->parts + 1) * sizeof *parts);
    struct http_piece *piece;
    size_t n = 0;

    for (size_t i = 0; i < b->count; i++) {
        if (!b->puts[i].cid)
            continue;
        parts[n].content = b->puts[i].id;
        parts[n].cid = b->puts[i].cid;
        parts[n++].type = b->puts[i].type;
    }
    if (n)
        return mime_pieces(b->mem, w->version == 11 ? "text/xml" : "application/soap+xml",
                           w->version == 11 || !*call->action ? NULL : call->action, b->xml.data,
                           b->xml.len, parts, n, count, type);
    piece = arena_alloc(b->mem, sizeof *piece);
    piece->bytes = b->xml.data;
    piece->len = b->xml.len;
    *count = 1;
    return piece;
}

struct piece_list {
    struct http_piece *items;
    size_t count, room;
};

static struct http_piece *
add_piece(struct arena *mem, struct piece_list *list)
{
    struct http_piece *piece;

    list->items = arena_grow(mem, list->items, list->count, &list->room, sizeof *list->items);
    piece = &list->items[list->count++];
    memset(piece, 0, sizeof *piece);
    return piece;
}

/* A piece, parted at its marks. */
static void
part_piece(struct wire_body *b, const struct http_piece *whole, struct piece_list *out)
{
    const char *at = whole->bytes, *end = at + whole->len, *found;
    size_t mark = strlen(b->mark);
    struct http_piece *piece;

    while ((found = memmem(at, (size_t)(end - at), b->mark, mark)) &&
           (size_t)(end - found) >= mark + DIGITS) {
        char *digits = arena_text(b->mem, found + mark, DIGITS);
        size_t n = strtoul(digits, NULL, 10);

        piece = add_piece(b->mem, out);
        piece->bytes = at;
        piece->len = (size_t)(found - at);
        if (n < b->count) {
            piece = add_piece(b->mem, out);
            piece->content = b->puts[n].id;
            piece->base64 = true;
        }
        at = found + mark + DIGITS;
    }
    piece = add_piece(b->mem, out);
    piece->bytes = at;
    piece->len = (size_t)(end - at);
}

enum verdict
wire_body_end(struct wire_body *b, const struct adapter *a, const struct wire_call *call,
              const struct xml_node *document, const char **headers, struct http_request *out,
              struct error *err)
{
    struct piece_list list = { 0 };
    struct http_piece *first;
    size_t count = 0, n = 0;
    enum verdict v;

    for (; n < 4 && call->headers[n]; n++)
        headers[n] = call->headers[n];
    headers[n] = NULL;
    out->headers = headers;
    out->method = call->method;
    if (!document)
        return V_OK;
    v = xml_tree_write(document, &b->xml, err);
    if (v || b->count == 0) {
        out->body = b->xml.data;
        out->len = b->xml.len;
        return v;
    }
    first = first_pieces(b, a->state, call, &count, &headers[0]);
    for (size_t i = 0; i < count; i++) {
        if (first[i].content)
            *add_piece(b->mem, &list) = first[i];
        else
            part_piece(b, &first[i], &list);
    }
    out->pieces = list.items;
    out->piece_count = list.count;
    out->contents = a->contents;
    return V_OK;
}
