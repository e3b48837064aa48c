/*
 * mime.h - multipart/related bodies (MTOM, SOAP with attachments), read while
 * they arrive and written from pieces.
 *
 * Reading: bytes are fed in pieces of any size; parts are told by callbacks. What
 * a part holds is told decoded (binary, 8bit and 7bit as it stands; base64; no
 * other encoding is taken). Limits: 16 KiB of headers a part, 1,000 parts. What a
 * part holds has no limit here. A body that ends before its last boundary is an
 * error, and so is a part that ends within a group of base64.
 */
#ifndef BRIDGE_MIME_H
#define BRIDGE_MIME_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "buf.h"
#include "http.h"
#include "verdict.h"

/* True when a Content-Type header says multipart/related. */
bool mime_is_related(const char *content_type);

/* The value of a parameter of a Content-Type header, unquoted, or NULL; name in small letters. */
const char *mime_parameter(struct arena *mem, const char *content_type, const char *name);

/* ---- reading ---- */

struct mime_part {
    const char *id;   /* Content-ID without < and >, or "" */
    const char *type; /* Content-Type, whole, or "" */
    const char *name; /* filename of Content-Disposition, else name of Content-Type, as it came; or
                         NULL. Never a path of ours. */
    bool root;        /* "start" names it; without "start" the first part */
    size_t ordinal;   /* from 1 */
};

/* NULL members are not called. False ends the reading: "mime.unwanted". */
struct mime_events {
    bool (*begin)(void *ctx, const struct mime_part *part); /* lives until end() returns */
    bool (*bytes)(void *ctx, const char *bytes, size_t len);
    bool (*end)(void *ctx);
};

struct mime_reader;

/* events are borrowed. V_REJECT "mime.type" when the header is not multipart/related with a
 * boundary that RFC 2046 allows. The reader goes with mem. */
MUST_CHECK enum verdict
mime_reader_new(struct arena *mem, const char *content_type, const struct mime_events *events,
                void *ctx, struct mime_reader **out, struct error *err);
/* False once something was refused; further bytes are ignored then. */
bool mime_reader_feed(struct mime_reader *reader, const char *bytes, size_t len);
/* V_OK: the last boundary was there. Else V_REJECT with code mime.cut, mime.malformed,
 * mime.encoding, mime.limit, mime.root (the part that "start" names did not come) or mime.unwanted.
 * Call it once. */
MUST_CHECK enum verdict mime_reader_end(struct mime_reader *reader, struct error *err);
/* The id that a reference href="cid:..." means, percent decoded; NULL when it is none. */
const char *mime_href_id(struct arena *mem, const char *href);

/* ---- writing ---- */

/* A further part: a content from the store. */
struct mime_content {
    const char *content; /* its id in the store */
    const char *cid;     /* its Content-ID, without < and > */
    const char *type;    /* MIME type */
};

/* A Content-ID for the n-th content of a message, from 1: letters, digits, '-', '.', '@' only. */
const char *mime_cid(struct arena *mem, size_t n);

/*
 * The pieces of a multipart/related body of MTOM for http_request.pieces: the root XML as one part,
 * each content as one of its own, binary. root_type is the media type of the XML inside
 * ("text/xml", "application/soap+xml"), action of SOAP 1.2 or NULL. xml is borrowed. *content_type
 * is the header "Content-Type: multipart/related; ...", whole. The boundary is random.
 */
struct http_piece *
mime_pieces(struct arena *mem, const char *root_type, const char *action, const char *xml,
            size_t xml_len, const struct mime_content *contents, size_t content_count,
            size_t *piece_count, const char **content_type);

#endif
