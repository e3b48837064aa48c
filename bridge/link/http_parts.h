/*
 * http_parts.h - what http.c, http_reply.c, http_body.c and tsa.c share.
 */
#ifndef BRIDGE_LINK_HTTP_PARTS_H
#define BRIDGE_LINK_HTTP_PARTS_H

#include <stdint.h>

#include <curl/curl.h>

#include "http.h"

struct http {
    const struct http_options *options;
    CURL *curl;
    bool plain; /* http is allowed as well */
    char error[CURL_ERROR_SIZE];
};

/* As http_open(), also over http: for an answer that is signed and a question that is no secret. */
MUST_CHECK enum verdict http_open_plain(struct arena *mem, const struct http_options *options,
                                        struct http **out, struct error *err);

/* ---- a body in pieces ---- */

struct http_body {
    const struct http_request *request;
    struct arena *mem;
    int64_t length;
    size_t piece;                  /* at which it stands */
    size_t at;                     /* bytes of that piece that have gone, when it is bytes */
    struct content_reader *reader; /* of that piece, when it is a content */
    int64_t left;                  /* bytes of the content that were not read yet */
    char *ready;                   /* base64 that has not gone yet */
    size_t ready_at, ready_len;
    bool begun, broken; /* broken: err tells why */
    struct error err;
};

/* Looks at every content, so that the length is known. V_REJECT "content.absent". */
MUST_CHECK enum verdict http_body_begin(struct http_body *body, const struct http_request *request,
                                        struct arena *mem, struct error *err);
/* The read and the seek callback of libcurl; ctx is the http_body. */
size_t http_body_read(char *to, size_t size, size_t count, void *ctx);
int http_body_seek(void *ctx, curl_off_t offset, int origin);
/* Closes what is open. */
void http_body_end(struct http_body *body);

/* ---- one request on its way ---- */

struct call {
    struct http_reply *reply;
    const struct http_sink *sink;
    struct arena *mem;
    CURL *curl;
    struct http_body body;
    const char *type;        /* the whole Content-Type header of the reply */
    int64_t start;           /* clock_tick() */
    long patience;           /* ms in which a streamed call must move something; 0 = not streamed */
    int64_t moved, moved_at; /* bytes that had gone and come, and when that was seen first */
    int64_t stop_end;        /* clock_tick() at which it is ended although it has left; or 0 */
    bool once, begun;        /* begun: the sink was told */
    bool too_large, unwanted, slow;
};

void http_reply_begin(struct call *call, struct http *http);
/* The write and the header callback of libcurl; ctx is the call. */
size_t http_take_body(char *bytes, size_t size, size_t count, void *ctx);
size_t http_take_header(char *line, size_t size, size_t count, void *ctx);
/* Why libcurl ended a call with something else than CURLE_OK. */
enum verdict
http_judge(const struct http *http, CURLcode done, const struct call *call, struct error *err);

#endif
