/*
 * wire.h - what the soap and the xml adapter share: a map's calls, compiled; a reply, read;
 * records, sent.
 *
 * wire.c opens, asks and probes; wire_map.c, wire_map_push.c and wire_request.c read the map;
 * wire_read.c reads replies, with wire_content.c for what files hold, wire_parts.c for MTOM,
 * wire_inner.c for XML within a string and wire_kept.c for the bytes that stay; wire_judge.c says
 * what a reply was; wire_push.c sends records and sorts the answers to their items, wire_body.c
 * makes the bytes that it sends; wire_security.c is WS-Security.
 */
#ifndef BRIDGE_ADAPTERS_WIRE_H
#define BRIDGE_ADAPTERS_WIRE_H

#include "adapter.h"
#include "http.h"
#include "xml.h"

#define WIRE_DETAIL 500 /* bytes of a peer's text that are kept */

struct wire_options {
    const char *url, *user, *password, *ca, *cert, *key;
    long timeout, connect_timeout, stall; /* ms */
    long max_reply;                       /* bytes */
    long max_elements;
};

extern const struct conf_key wire_keys[];

/* Keys of [call] that both kinds take. */
#define WIRE_REPLY_KEYS                                                                            \
    { "response", false, "the element that answers; any other is refused" },                       \
        { "unwrap", false, "PATH string|diffgram: the response is in there" },                     \
        { "records", false, "path of each record, from the response element" },                    \
        { "more", false, "PATH = WORD: there is another page" },                                   \
        { "item", false, "path of each record sent, below the request; . = the request itself" },  \
        { "key", false, "PATH $delivery below the item: the peer refuses a repeat of it" },        \
        { "result", false, "path of each answer to an item, from the response element" },          \
        { "result.key", false, "path of our reference, below the result" },                        \
        { "result.ok", false, "PATH = WORDS below the result: it was done" },                      \
        { "result.said", false, "path of the peer's word why not, below the result" },             \
        { "result.text", false, "path of the peer's text, below the result" },                     \
    {                                                                                              \
        "receipt", false, "path of the peer's own number, below the result"                        \
    }

/* What a place in the reply means; the readers' tags are places in wire_call.targets. */
enum wire_what {
    WIRE_DOCUMENT,
    WIRE_ENVELOPE,
    WIRE_BODY,
    WIRE_FAULT,
    WIRE_FAULT_CODE,
    WIRE_FAULT_SUBCODE,
    WIRE_FAULT_TEXT,
    WIRE_WRAPPER,  /* the element around what "unwrap" leads to */
    WIRE_STRING,   /* the element whose text is a document */
    WIRE_DIFFGRAM, /* diffgr:diffgram */
    WIRE_RESPONSE,
    WIRE_MORE,
    WIRE_RECORD,
    WIRE_FIELD,
    WIRE_CONTENT, /* a field of KIND_BYTES */
    WIRE_INCLUDE, /* xop:Include/@href in it */
    WIRE_RESULT,
    WIRE_RESULT_KEY,
    WIRE_RESULT_OK,
    WIRE_RESULT_SAID,
    WIRE_RESULT_TEXT,
    WIRE_RECEIPT,
};

struct wire_target {
    enum wire_what what;
    size_t stream, line; /* of a record, field, content: index into map->streams, into its lines */
};

/* "arg = PATH $name" or "PATH literal", with format=; "query = NAME ..." likewise. */
struct wire_arg {
    const char *path;
    const char *name;   /* of the variable, or NULL */
    const char *text;   /* literal, or NULL */
    const char *format; /* or NULL */
};

struct wire_args {
    struct wire_arg *items;
    size_t count, room;
};

enum wire_wrap { WIRE_BARE, WIRE_IN_STRING, WIRE_IN_DIFFGRAM };

struct wire_call {
    const struct map_call *call;
    const char *method;  /* xml: "GET", or NULL = POST */
    const char *target;  /* xml: appended to the address, or NULL */
    const char *request; /* path of the element that asks, or NULL: nothing is sent with it */
    struct wire_args args, query;
    const char *action;     /* soap */
    const char *headers[4]; /* of the HTTP request, ended by NULL; the first is its type */
    enum wire_wrap wrap;
    struct xml_paths *paths; /* of the reply */
    struct xml_paths *inner; /* of the document in its string, or NULL */
    struct wire_target *targets;
    size_t target_count, target_room;
    const char *more;       /* word that says that there is more */
    const char *item, *key; /* paths, or NULL */
    const char *ok;         /* words, parted by blanks */
    bool matched;           /* results name our reference */
    bool whole;             /* the response element itself is the one result */
};

enum wire_security { WIRE_OPEN, WIRE_DIGEST, WIRE_TEXT };

/* The adapters' state. */
struct wire {
    bool soap;
    const char *kind;            /* "soap" or "xml": the first part of error codes */
    int version;                 /* of soap: 11 or 12 */
    const char *uri;             /* of the envelope */
    struct xml_prefix *prefixes; /* the map's, then ours */
    size_t prefix_count;
    const char *soap_prefix, *xop_prefix, *wsse_prefix, *wsu_prefix; /* ours; NULL = not needed */
    enum wire_security security;
    struct wire_call *calls; /* one for each of map->calls */
    const struct wire_options *options;
    struct http_options http_options;
    const char *password; /* WS-Security's */
    struct http *http;
};

/* ---- wire_map.c ---- */

/* Reads a map and reports its faults. */
void wire_check(const struct mapping *map, struct faults *faults, bool soap);
/* Compiles a map that wire_check() found good. */
void wire_compile(struct wire *wire, struct arena *mem, const struct mapping *map);

/* ---- wire.c: for the table of ops ---- */

MUST_CHECK enum verdict wire_open(struct adapter *a, bool soap, struct error *err);
void wire_close(struct adapter *a);
MUST_CHECK enum verdict
wire_pull(struct adapter *a, struct arena *mem, const struct map_call *call,
          const struct adapter_var *vars, size_t var_count, struct page *out, struct error *err);
MUST_CHECK enum verdict
wire_probe(struct adapter *a, struct arena *mem, const char **said, struct error *err);
const struct wire_call *wire_call_of(const struct adapter *a, const struct map_call *call);

/* ---- wire_request.c ---- */

/*
 * The document that asks, with its args, to which items may be added at *request. Returns its root;
 * NULL with *v V_OK when the call sends none, else with err filled and *v set.
 */
struct xml_node *
wire_document(const struct adapter *a, struct arena *mem, const struct wire_call *call,
              const struct adapter_var *vars, size_t var_count, struct xml_node **request,
              enum verdict *v, struct error *err);
/* What follows the address: target and query, or NULL. */
const char *wire_target_of(const struct adapter *a, struct arena *mem, const struct wire_call *call,
                           const struct adapter_var *vars, size_t var_count);

/* ---- wire_security.c ---- */

/* Puts wsse:Security with Timestamp and UsernameToken below the Header. */
MUST_CHECK enum verdict
wire_secure(const struct wire *wire, struct arena *mem, struct xml_node *header, struct error *err);
/* Base64 of bytes, on one line. */
char *wire_base64(struct arena *mem, const unsigned char *bytes, size_t len);

/* ---- wire_read.c ---- */

/* One answer to one item of a push. */
struct wire_result {
    const char *key, *status, *said, *text, *receipt; /* NULL = absent */
    struct wire_result *next;
};

struct wire_reply;

/* sink is filled, for http_post(). */
struct wire_reply *wire_reply_new(const struct adapter *a, struct arena *mem,
                                  const struct wire_call *call, struct http_sink *sink);
/* After V_OK of wire_reply_end(): the records. */
void wire_reply_page(struct wire_reply *reply, struct page *out);
/* What is kept of the reply, after wire_reply_end(). */
void wire_reply_raw(struct wire_reply *reply, const struct http_reply *http, struct page *out);
const struct wire_result *wire_reply_results(const struct wire_reply *reply);

/* ---- wire_judge.c ---- */

/* How the peer answered as a whole. */
enum wire_outcome {
    WIRE_ANSWERED,   /* a response that can be used */
    WIRE_FAULTED,    /* a fault: what was asked was not done */
    WIRE_REFUSED,    /* an HTTP status that says so, without a fault */
    WIRE_UNREADABLE, /* 2xx, but not a response of ours */
    WIRE_UNREACHED,  /* no HTTP answer that was whole */
    WIRE_BROKEN,     /* this side cannot go on: its disk */
};

/* http_v and err are those of http_post(). Returns the verdict for a pull and fills err. */
MUST_CHECK enum verdict
wire_reply_end(struct wire_reply *reply, const struct http_reply *http, enum verdict http_v,
               enum wire_outcome *outcome, struct error *err);
/* Word and text of the fault, or NULL; may name people. */
const char *wire_reply_fault(const struct wire_reply *reply, const char **text);

/* ---- wire_push.c, wire_body.c ---- */

MUST_CHECK enum verdict wire_push(struct adapter *a, struct arena *mem, const struct map_call *call,
                                  struct push_item *items, size_t count, struct error *err);

/* A request's body with what files hold in it. */
struct wire_body {
    struct arena *mem;
    const char *mark; /* stands in the XML where a content will be */
    struct buf xml;   /* released by whoever made it */
    struct wire_put *puts;
    size_t count, room, parts;
};

void wire_body_begin(struct wire_body *body, struct arena *mem, size_t max);
/* V_REJECT when the store has no such content: what an item is told before anything is sent. */
MUST_CHECK enum verdict
wire_content_fits(const struct adapter *a, struct arena *mem, const struct map_line *line,
                  const struct field *field, struct error *err);
/* The content of a field at its place below the item. */
MUST_CHECK enum verdict
wire_body_content(struct wire_body *body, const struct adapter *a, struct xml_node *item,
                  const struct map_line *line, const struct field *field, struct error *err);
/* The whole request; headers has room for five. */
MUST_CHECK enum verdict
wire_body_end(struct wire_body *body, const struct adapter *a, const struct wire_call *call,
              const struct xml_node *document, const char **headers, struct http_request *out,
              struct error *err);

#endif
