/*
 * wire_reply.h - a reply while it is read, shared by wire_read.c and what stands beside it.
 */
#ifndef BRIDGE_ADAPTERS_WIRE_REPLY_H
#define BRIDGE_ADAPTERS_WIRE_REPLY_H

#include "mime.h"
#include "wire.h"

/* ---- wire_kept.c: the bytes of a document, less the inside of long contents ---- */

#define KEPT_LONG ((size_t)4096) /* bytes of an element; a longer content is left out */

struct kept {
    struct arena *mem;
    struct buf buf;   /* goes with mem */
    size_t seen;      /* bytes of the document so far */
    struct cut *cuts; /* by place */
    size_t cut_count, cut_room;
    struct span *shut; /* contents that closed since the last bytes */
    size_t shut_count, shut_room;
};

void kept_begin(struct kept *kept, struct arena *mem, size_t max);
/* The next bytes; false when more would be kept than may be. */
MUST_CHECK bool kept_add(struct kept *kept, const char *bytes, size_t len, bool leave_out);
/* An element with a content lay there, and ended within the bytes that are added next: of a long
 * one, or always, its tags alone stay. */
void kept_shut(struct kept *kept, size_t start, size_t end, bool always);
/* Where a byte of the document, not one within a content, lies in buf. */
size_t kept_at(const struct kept *kept, size_t offset);

/* ---- the reply ---- */

/* A record with what only its making needs. */
struct made {
    struct record record; /* first: a nested record is reached through it */
    struct made *parent;
    size_t start, end;   /* its bytes within its document */
    struct record *last; /* of its children */
};

/* A document that is read: the reply, or the one in its string. */
struct wire_doc {
    struct xml_reader *reader;
    struct kept kept;
    size_t fed;
    bool ended;
    enum verdict v;
    struct error err;
};

/* The content that is open in the document. */
struct wire_content {
    struct made *made; /* NULL = none that counts */
    size_t line;
    size_t start;
    struct content_writer *writer; /* made with its first byte */
    struct base64_in base64;
    bool spoilt, elsewhere; /* elsewhere: an Include stood in it */
};

/* A reference to a part of the message. */
struct wire_ref {
    const char *cid;
    struct made *made;
    size_t line;
    bool met;
};

struct wire_reply {
    struct arena *mem;
    const struct adapter *a;
    const struct wire *wire;
    const struct mapping *map;
    const struct wire_call *call;
    struct wire_doc outer, inner;
    struct wire_doc *main; /* of the two, the one that holds the response */
    struct made **open;    /* by stream: the record being read, or NULL */
    struct record *first, *last;
    size_t count;
    bool more, envelope, fault;
    int responses, wrappers, strings, diffgrams;
    const char *strange, *strange_say; /* the first thing that should not be there, or NULL */
    char *fault_code, *fault_subcode, *fault_text;
    struct wire_result *results, *result, **results_end;
    struct wire_content content;
    /* the string: */
    struct buf opening; /* its first bytes, until it is known whether they declare */
    bool declared;
    /* the message: */
    struct mime_reader *mime;
    struct buf head; /* its first bytes, for people */
    struct wire_ref *refs;
    size_t ref_count, ref_room;
    bool refs_sorted, rooted;
    size_t part, part_end; /* refs of the part that is read */
    struct content_writer *part_writer;
    enum verdict stopped; /* not V_OK: nothing more is read */
    struct error why;
};

/* ---- wire_read.c ---- */

/* Marks a field's record, and those around it, as one to be held. */
void
wire_spoil(struct wire_reply *r, struct made *made, size_t line, const char *code, const char *say);
void wire_note_strange(struct wire_reply *r, const char *code, const char *say);
/* Ends the reading for good. */
void wire_stop(struct wire_reply *r, enum verdict v, const struct error *why);
/* Bytes of the XML document of the reply. */
bool wire_feed(struct wire_reply *r, const char *bytes, size_t len);
/* The end of that document; told once, what it was is kept. */
void wire_feed_end(struct wire_reply *r);

/* ---- wire_content.c ---- */

void wire_content_open(struct wire_reply *r, const struct wire_target *t, size_t offset);
void wire_content_close(struct wire_reply *r, size_t offset);
/* What was being written when the reply ended is nobody's. */
void wire_content_abandon(struct wire_reply *r);
void wire_content_piece(struct wire_reply *r, const char *text, size_t len);
void wire_content_odd(struct wire_reply *r);
void wire_content_include(struct wire_reply *r, const char *href, size_t len);
/* Writes to the store; false when the content is spoilt, by what *code says, or all is over. */
bool wire_store(struct wire_reply *r, struct content_writer **writer, const void *bytes, size_t len,
                struct error *err);

/* ---- wire_inner.c ---- */

void wire_inner_piece(struct wire_reply *r, const char *text, size_t len);

/* ---- wire_parts.c ---- */

void wire_parts_begin(struct wire_reply *r, const char *type);
/* Further parts' ids that nobody brought: their records are held. After the last part. */
void wire_parts_end(struct wire_reply *r);

#endif
