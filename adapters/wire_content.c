/*
 * What files hold, in a reply: Base64 in an element is decoded into the content store piece by
 * piece while it comes, and the field is its id there. An element may instead refer to a part of
 * the message (xop:Include), which wire_parts.c puts there. A content that cannot be read holds its
 * record, not the page.
 */
#include "wire_reply.h"

#include <string.h>

#define SLICE ((size_t)4096) /* characters decoded at a time */

static struct field *
field_of(const struct wire_content *c)
{
    return &c->made->record.fields[c->line];
}

static void
spoil(struct wire_reply *r, const char *code, const char *say)
{
    struct wire_content *c = &r->content;

    if (c->writer)
        content_drop(c->writer);
    c->writer = NULL;
    if (!c->spoilt)
        wire_spoil(r, c->made, c->line, code, say);
    c->spoilt = true;
}

void
wire_content_open(struct wire_reply *r, const struct wire_target *t, size_t offset)
{
    struct wire_content *c = &r->content;

    memset(c, 0, sizeof *c);
    c->made = r->open[t->stream];
    c->line = t->line;
    c->start = offset;
    if (c->made && field_of(c)->text)
        spoil(r, "xml.repeated", "a field stands there more than once");
}

void
wire_content_abandon(struct wire_reply *r)
{
    if (r->content.writer)
        content_drop(r->content.writer);
    if (r->part_writer)
        content_drop(r->part_writer);
    r->content.writer = r->part_writer = NULL;
}

void
wire_content_close(struct wire_reply *r, size_t offset)
{
    struct wire_content *c = &r->content;

    if (c->writer) /* nothing ended it */
        content_drop(c->writer);
    kept_shut(&r->main->kept, c->start, offset, c->elsewhere);
    memset(c, 0, sizeof *c);
}

void
wire_content_odd(struct wire_reply *r)
{
    if (r->content.made)
        spoil(r, "xml.mixed", "elements stand within a content");
}

bool
wire_store(struct wire_reply *r, struct content_writer **writer, const void *bytes, size_t len,
           struct error *err)
{
    struct contents *contents = r->a->contents;
    enum verdict v = V_OK;

    if (!contents)
        v = error_set(err, V_FATAL, "content.store", "there is no store for what files hold");
    if (!v && !*writer)
        v = content_begin(contents, r->mem, writer, err);
    if (!v)
        v = content_add(*writer, bytes, len, err);
    if (v && v != V_REJECT)
        wire_stop(r, v, err);
    return !v;
}

static void
end_content(struct wire_reply *r)
{
    struct wire_content *c = &r->content;
    struct content_facts facts;
    struct error err;
    enum verdict v;

    if (c->spoilt)
        return;
    if (!base64_whole(&c->base64)) {
        spoil(r, "content.base64", "a content ends within a group of Base64");
        return;
    }
    if (!c->writer) {
        if (!c->elsewhere)
            spoil(r, "content.empty", "a content has no bytes");
        return;
    }
    if (c->elsewhere) {
        spoil(r, "content.base64", "a content stands both here and in a part of the message");
        return;
    }
    v = content_end(c->writer, &facts, &err);
    c->writer = NULL;
    if (v == V_REJECT) {
        spoil(r, err.code, err.text);
    } else if (v) {
        wire_stop(r, v, &err);
    } else {
        field_of(c)->text = arena_copy(r->mem, facts.id);
        field_of(c)->len = CONTENT_ID - 1;
    }
}

void
wire_content_piece(struct wire_reply *r, const char *text, size_t len)
{
    struct wire_content *c = &r->content;
    unsigned char bytes[3 * (SLICE / 4 + 1)];

    if (!c->made || r->stopped)
        return;
    if (!text) {
        end_content(r);
        return;
    }
    while (len > 0 && !c->spoilt && !r->stopped) {
        size_t slice = len < SLICE ? len : SLICE;
        long got = base64_decode(&c->base64, text, slice, bytes);
        struct error err;

        if (got < 0)
            spoil(r, "content.base64", "a content is not Base64");
        else if (got > 0 && !wire_store(r, &c->writer, bytes, (size_t)got, &err) && !r->stopped)
            spoil(r, err.code, err.text);
        text += slice;
        len -= slice;
    }
}

void
wire_content_include(struct wire_reply *r, const char *href, size_t len)
{
    struct wire_content *c = &r->content;
    const char *cid = mime_href_id(r->mem, arena_text(r->mem, href, len));
    struct wire_ref *ref;

    if (!c->made || c->spoilt)
        return;
    if (c->elsewhere) {
        spoil(r, "xml.repeated", "a content refers to several parts");
        return;
    }
    c->elsewhere = true;
    if (!cid) {
        spoil(r, "content.absent", "a content refers to something outside of the message");
        return;
    }
    r->refs = arena_grow(r->mem, r->refs, r->ref_count, &r->ref_room, sizeof *r->refs);
    ref = &r->refs[r->ref_count++];
    memset(ref, 0, sizeof *ref);
    ref->cid = cid;
    ref->made = c->made;
    ref->line = c->line;
    field_of(c)->text = ""; /* until the part comes */
}
