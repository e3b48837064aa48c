/*
 * A message of several parts (MTOM/XOP): the first is the document, each further one a content that
 * fields of the document refer to by its Content-ID. A part that nobody refers to is passed over;
 * one that is referred to and does not come holds the records that do.
 */
#include "wire_reply.h"

#include <stdlib.h>
#include <string.h>

static bool
is_xml_part(const char *type)
{
    static const char *const types[] = { "application/xop+xml", "text/xml", "application/soap+xml",
                                         "application/xml" };

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t len = strlen(types[i]);

        if (strncasecmp(type, types[i], len) == 0 && strspn(type + len, " \t;") > 0)
            return true;
        if (strcasecmp(type, types[i]) == 0)
            return true;
    }
    return false;
}

static int
by_cid(const void *a, const void *b)
{
    const struct wire_ref *left = a, *right = b;

    return strcmp(left->cid, right->cid);
}

/* The first ref to a part, or ref_count. */
static size_t
find_ref(const struct wire_reply *r, const char *cid)
{
    size_t low = 0, high = r->ref_count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (strcmp(r->refs[mid].cid, cid) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < r->ref_count && strcmp(r->refs[low].cid, cid) == 0 ? low : r->ref_count;
}

static void
spoil_refs(struct wire_reply *r, const char *code, const char *say)
{
    for (size_t i = r->part; i < r->part_end; i++) {
        struct wire_ref *ref = &r->refs[i];

        ref->made->record.fields[ref->line].text = NULL;
        ref->made->record.fields[ref->line].len = 0;
        wire_spoil(r, ref->made, ref->line, code, say);
    }
    if (r->part_writer)
        content_drop(r->part_writer);
    r->part_writer = NULL;
    r->part = r->part_end; /* the rest of the part is nobody's */
}

static bool
refuse(struct wire_reply *r, const char *code, const char *say)
{
    struct error err;
    enum verdict v = error_set(&err, V_REJECT, code, "%s", say);

    wire_stop(r, v, &err);
    return false;
}

static bool
on_begin(void *ctx, const struct mime_part *part)
{
    struct wire_reply *r = ctx;

    if (part->root != (part->ordinal == 1))
        return refuse(r, "mime.root", "the document is not the first part of the message");
    if (part->root)
        return is_xml_part(part->type) ||
               refuse(r, "mime.root", "the first part of the message is not XML by its type");
    r->part = r->part_end = find_ref(r, part->id);
    while (r->part_end < r->ref_count && strcmp(r->refs[r->part_end].cid, part->id) == 0)
        r->part_end++;
    if (r->part < r->part_end && r->refs[r->part].met) {
        spoil_refs(r, "content.twice", "several parts have the id that a content refers to");
        return true;
    }
    for (size_t i = r->part; i < r->part_end; i++)
        r->refs[i].met = true;
    return true;
}

static bool
on_bytes(void *ctx, const char *bytes, size_t len)
{
    struct wire_reply *r = ctx;
    struct error err;

    if (!r->rooted)
        return wire_feed(r, bytes, len);
    if (r->part < r->part_end && !wire_store(r, &r->part_writer, bytes, len, &err) && !r->stopped)
        spoil_refs(r, err.code, err.text);
    return !r->stopped;
}

static bool
on_end(void *ctx)
{
    struct wire_reply *r = ctx;
    struct content_facts facts;
    struct error err;
    enum verdict v;

    if (!r->rooted) {
        r->rooted = true;
        wire_feed_end(r);
        if (r->ref_count)
            qsort(r->refs, r->ref_count, sizeof *r->refs, by_cid);
        return true;
    }
    if (r->part == r->part_end)
        return true;
    if (!r->part_writer) {
        spoil_refs(r, "content.empty", "a content has no bytes");
        return true;
    }
    v = content_end(r->part_writer, &facts, &err);
    r->part_writer = NULL;
    if (v == V_REJECT)
        spoil_refs(r, err.code, err.text);
    else if (v)
        wire_stop(r, v, &err);
    for (size_t i = r->part; !v && i < r->part_end; i++) {
        struct field *field = &r->refs[i].made->record.fields[r->refs[i].line];

        field->text = arena_copy(r->mem, facts.id);
        field->len = CONTENT_ID - 1;
    }
    r->part = r->part_end;
    return !r->stopped;
}

static const struct mime_events events = { .begin = on_begin, .bytes = on_bytes, .end = on_end };

void
wire_parts_begin(struct wire_reply *r, const char *type)
{
    struct error err;
    enum verdict v = mime_reader_new(r->mem, type, &events, r, &r->mime, &err);

    if (v)
        wire_stop(r, v, &err);
}

void
wire_parts_end(struct wire_reply *r)
{
    struct error err;
    enum verdict v = r->mime && !r->stopped ? mime_reader_end(r->mime, &err) : V_OK;

    if (v)
        wire_stop(r, v, &err);
    for (size_t i = 0; i < r->ref_count; i++) {
        struct wire_ref *ref = &r->refs[i];

        if (ref->met)
            continue;
        ref->made->record.fields[ref->line].text = NULL;
        wire_spoil(r, ref->made, ref->line, "content.absent",
                   "the message has no part of the id that a content refers to");
    }
}
