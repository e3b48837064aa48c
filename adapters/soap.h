/*
 * soap.h - the inside of the soap adapter: a map's calls, compiled; a reply, read.
 *
 * soap.c is the adapter; soap_map.c reads the map; soap_read.c reads replies;
 * soap_push.c sends records and sorts the answers to their items.
 */
#ifndef BRIDGE_ADAPTERS_SOAP_H
#define BRIDGE_ADAPTERS_SOAP_H

#include "adapter.h"
#include "http.h"
#include "xml.h"

#define SOAP_DETAIL 500 /* bytes of a peer's text that are kept */

struct soap_options {
    const char *url, *user, *password, *ca, *cert, *key;
    long timeout, connect_timeout, stall; /* ms */
    long max_reply;                       /* bytes */
    long max_elements;
};

/* What a place in the reply means; the reader's tags are places in soap_call.targets. */
enum soap_what {
    SOAP_DOCUMENT,
    SOAP_ENVELOPE,
    SOAP_BODY,
    SOAP_FAULT,
    SOAP_FAULT_CODE,
    SOAP_FAULT_SUBCODE,
    SOAP_FAULT_TEXT,
    SOAP_RESPONSE,
    SOAP_MORE,
    SOAP_RECORD,
    SOAP_FIELD,
    SOAP_RESULT,
    SOAP_RESULT_KEY,
    SOAP_RESULT_OK,
    SOAP_RESULT_SAID,
    SOAP_RESULT_TEXT,
    SOAP_RECEIPT,
};

struct soap_target {
    enum soap_what what;
    size_t stream, line; /* SOAP_RECORD, SOAP_FIELD: index into map->streams, into its lines */
};

/* arg = PATH $name | PATH literal, with format= */
struct soap_arg {
    const char *path;
    const char *name;   /* of the variable, or NULL */
    const char *text;   /* literal, or NULL */
    const char *format; /* or NULL */
};

struct soap_call {
    const struct map_call *call;
    const char *request; /* path of the element in Body */
    struct soap_arg *args;
    size_t arg_count, arg_room;
    const char *headers[4];  /* of the HTTP request, ended by NULL */
    struct xml_paths *paths; /* of the reply */
    struct soap_target *targets;
    size_t target_count, target_room;
    const char *more;       /* word that says that there is more */
    const char *item, *key; /* paths, or NULL */
    const char *ok;         /* words, parted by blanks */
    bool matched;           /* results name our reference */
    bool whole;             /* the response element itself is the one result */
};

/* The adapter's state. */
struct soap {
    int version;                 /* 11 or 12 */
    const char *uri;             /* of the envelope */
    struct xml_prefix *prefixes; /* the map's, then the envelope's */
    size_t prefix_count;
    struct soap_call *calls; /* one for each of map->calls */
    const struct soap_options *options;
    struct http_options http_options;
    struct http *http;
};

/* ---- soap_map.c ---- */

extern const struct map_key soap_map_keys[], soap_call_keys[];

void soap_check(const struct mapping *map, struct faults *faults);
/* Compiles a map that soap_check() found good. */
void soap_compile(struct soap *soap, struct arena *mem, const struct mapping *map);

/* ---- soap.c ---- */

/* The request's envelope with its args; *request is the element in Body. Returns the envelope, or
 * NULL with err filled and *v set. */
struct xml_node *
soap_envelope(const struct adapter *a, struct arena *mem, const struct soap_call *call,
              const struct adapter_var *vars, size_t var_count, struct xml_node **request,
              enum verdict *v, struct error *err);
const struct soap_call *soap_call_of(const struct adapter *a, const struct map_call *call);

/* ---- soap_read.c ---- */

/* One answer to one item of a push. */
struct soap_result {
    const char *key, *status, *said, *text, *receipt; /* NULL = absent */
    struct soap_result *next;
};

struct soap_reply;

struct soap_reply *
soap_reply_new(const struct adapter *a, struct arena *mem, const struct soap_call *call);
/* A sink for http_post(). */
void soap_reply_take(void *reply, const char *bytes, size_t len);

/* How the peer answered as a whole. */
enum soap_outcome {
    SOAP_ANSWERED,   /* a response that can be used */
    SOAP_FAULTED,    /* a SOAP fault: what was asked was not done */
    SOAP_REFUSED,    /* an HTTP status that says so, without a fault */
    SOAP_UNREADABLE, /* 2xx, but not a response of ours */
    SOAP_UNREACHED,  /* no HTTP answer that was whole */
};

/* http_v and err are those of http_post(). Returns the verdict for a pull and fills err. */
MUST_CHECK enum verdict
soap_reply_end(struct soap_reply *reply, const struct http_reply *http, enum verdict http_v,
               enum soap_outcome *outcome, struct error *err);
/* After V_OK: the records, their bytes within body. */
void soap_reply_page(struct soap_reply *reply, const struct buf *body, struct page *out);
const struct soap_result *soap_reply_results(const struct soap_reply *reply);
/* Word and text of the fault, or NULL; may name people. */
const char *soap_reply_fault(const struct soap_reply *reply, const char **text);

/* ---- soap_push.c ---- */

MUST_CHECK enum verdict soap_push(struct adapter *a, struct arena *mem, const struct map_call *call,
                                  struct push_item *items, size_t count, struct error *err);

#endif
