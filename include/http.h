/*
 * http.h - one endpoint over HTTPS, by libcurl: one request at a time, one kept connection.
 *
 * Bodies may be pieces, some of them from the content store: they are streamed,
 * both ways.
 *
 * Only https. TLS 1.2 or later, certificate and host name always verified: no
 * option takes that away. No redirects, cookies, .netrc, proxies, compression.
 * A reply has a ceiling in bytes and the request limits in time.
 *
 * Verdicts by HTTP status: 408 425 429 5xx V_RETRY; 400 409 413 422 V_REJECT;
 * all else but 2xx V_FATAL. Without a status: V_RETRY for what may pass
 * (name not found, refused, timeout, cut off), V_FATAL for TLS that is not
 * trusted. err->code: http.503, http.dns, http.connect, http.timeout, http.cut,
 * http.large, http.stopped, http.url, tls.verify, tls.client, tls.handshake.
 */
#ifndef BRIDGE_HTTP_H
#define BRIDGE_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "buf.h"
#include "content.h"
#include "verdict.h"

struct http_options {
    const char *url;             /* https://... */
    const char *user, *password; /* HTTP basic authentication, or NULL */
    const char *ca;              /* PEM file of the certificates to trust; NULL = the system's */
    const char *cert, *key;      /* PEM files for a client certificate, or NULL */
    long timeout;         /* ms for a whole request; one with pieces or a sink that keeps may take
                             longer while it moves: some bytes in each such time, and at least
                             8,000 in a second on the whole */
    long connect_timeout; /* ms up to the end of the TLS handshake */
    long stall;           /* ms without a byte either way; 0 = only timeout counts */
    long max_reply;       /* bytes */
};

/* Told of the body of a reply, of whatever status, as it comes. */
struct http_sink {
    /* Once, before the first byte; type is the whole Content-Type header, "" when there was none.
     * May be NULL. */
    void (*begin)(void *ctx, long status, const char *type);
    /* False ends the reply: V_REJECT "http.unwanted". */
    bool (*take)(void *ctx, const char *bytes, size_t len);
    void *ctx;
    bool keeps; /* the body of a 2xx is not gathered in reply.body and max_reply does not count: the
                   sink keeps what it needs and sets its own limit. Other replies are gathered. */
};

/* A piece of a body: bytes, or a content from the store. */
struct http_piece {
    const char *bytes; /* when content is NULL */
    size_t len;
    const char *content; /* id */
    bool base64;         /* the content is sent as base64, without line ends */
};

struct http_request {
    const char *const *headers; /* "Name: value", NULL ends; without control characters */
    const char *method;         /* NULL = POST; a GET has no body */
    const char *target;         /* appended to the url: "/list?since=..." or "?..."; the caller has
                                   percent-encoded it; or NULL */
    const char *body;           /* or NULL */
    size_t len;
    const struct http_piece *pieces; /* instead of body; Content-Length is their sum */
    size_t piece_count;
    struct contents *contents; /* where the contents of pieces are; NULL = none are */
    bool once;                 /* on a new connection: libcurl repeats a request when a kept one
                                  turns out dead, also one that the peer has acted on */
};

struct http_reply {
    long status;         /* 0 = none came */
    bool sent;           /* false: surely not a byte of the request has left */
    struct buf *body;    /* what came, also of a failed call; lives with the request's arena */
    const char *type;    /* media type in lower case without parameters, or "" */
    const char *charset; /* in lower case, or "" */
    const char *server;  /* Server header, printable ASCII, at most 60 characters, or "" */
    const char *tls;     /* "TLSv1.3", or "" */
    long retry_after;    /* ms that the peer asks to wait; 0 = it does not */
    bool dated;          /* skew is known */
    long skew;           /* ms by which the peer's clock is ahead of ours, to the second */
    long took;           /* ms */
};

struct http;

/* Asked about once a second during each request of the process: true ends it with V_RETRY
 * "http.stopped". A request that must be sent once only is let go on for 10 s when any of it has
 * left. NULL, as at the start, lets all go on. */
void http_stop_when(bool (*asked)(void));
bool http_must_stop(void); /* what it answers; for the other users of libcurl */

/* Connects to nothing. V_FATAL when an option cannot work (url, files; a key that others may
 * read). The endpoint goes with mem. */
MUST_CHECK enum verdict http_open(struct arena *mem, const struct http_options *options,
                                  struct http **out, struct error *err);
/* Sends and waits for the whole answer. sink may be NULL. V_OK is any 2xx; out is filled in every
 * case. V_REJECT "http.large": the reply passed max_reply. */
MUST_CHECK enum verdict
http_post(struct http *http, struct arena *mem, const struct http_request *request,
          const struct http_sink *sink, struct http_reply *out, struct error *err);
/* Connects, makes the TLS handshake and hangs up. */
MUST_CHECK enum verdict
http_touch(struct http *http, struct arena *mem, struct http_reply *out, struct error *err);

/* The verdict of a status; V_OK for 2xx. */
enum verdict http_verdict(long status);

#endif
