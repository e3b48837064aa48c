/*
 * Opening, asking and probing, the same for SOAP and plain XML. All that is particular about a
 * portal stands in its map.
 */
#include "wire.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"

#define REQUEST_MAX ((size_t)1 << 20)

const struct conf_key wire_keys[] = {
    { "url", CONF_TEXT, CONF_REQUIRED, offsetof(struct wire_options, url), NULL,
      "address of the service, https only" },
    { "user", CONF_TEXT, 0, offsetof(struct wire_options, user), NULL,
      "user name for HTTP basic authentication, or of WS-Security where the map says so" },
    { "password", CONF_TEXT, CONF_SECRET, offsetof(struct wire_options, password), NULL,
      "its password" },
    { "ca", CONF_FILE, 0, offsetof(struct wire_options, ca), NULL,
      "PEM file of the certificates to trust; the system's unless said" },
    { "cert", CONF_FILE, 0, offsetof(struct wire_options, cert), NULL,
      "PEM file of our client certificate" },
    { "key", CONF_FILE, 0, offsetof(struct wire_options, key), NULL,
      "PEM file of its key, readable by its owner only" },
    { "timeout", CONF_SPAN, 0, offsetof(struct wire_options, timeout), "60s",
      "longest time for one request and its answer" },
    { "connect_timeout", CONF_SPAN, 0, offsetof(struct wire_options, connect_timeout), "10s",
      "longest time to connect, TLS included" },
    { "stall", CONF_SPAN, 0, offsetof(struct wire_options, stall), "30s",
      "longest time without progress; 0s = only timeout counts" },
    { "max_reply", CONF_SIZE, 0, offsetof(struct wire_options, max_reply), "32m",
      "largest reply that is read, not counting what files hold" },
    { "max_elements", CONF_INT, 0, offsetof(struct wire_options, max_elements), "200000",
      "most XML elements in one reply" },
    CONF_END
};

const struct wire_call *
wire_call_of(const struct adapter *a, const struct map_call *call)
{
    const struct wire *w = a->state;

    for (size_t i = 0; i < a->map->call_count; i++)
        if (strcmp(w->calls[i].call->name, call->name) == 0)
            return &w->calls[i];
    return NULL;
}

enum verdict
wire_open(struct adapter *a, bool soap, struct error *err)
{
    struct wire *w = a->state;
    const struct wire_options *o = a->options;
    struct http_options *h = &w->http_options;
    const char *password;
    enum verdict v;

    w->soap = soap;
    w->kind = a->ops->name;
    w->options = o;
    wire_compile(w, a->mem, a->map);
    h->url = o->url;
    h->ca = o->ca;
    h->cert = o->cert;
    h->key = o->key;
    h->timeout = o->timeout;
    h->connect_timeout = o->connect_timeout;
    h->stall = o->stall;
    h->max_reply = o->max_reply;
    v = conf_secret(a->mem, o->password, &password, err);
    if (v)
        return v;
    if (w->security == WIRE_OPEN) {
        h->user = o->user;
        h->password = password;
    } else if (!o->user || !password) {
        v = error_set(err, V_FATAL, "soap.security", "the map's security needs user and password");
        error_hint(err, "Set user and password in the system's section of bridge.conf.");
        return v;
    }
    w->password = password;
    return http_open(a->mem, h, &w->http, err);
}

void
wire_close(struct adapter *a)
{
    (void)a; /* the connection goes with the adapter's arena */
}

/* One call that brings something; http tells how it went on the wire. */
static enum verdict
ask(struct adapter *a, struct arena *mem, const struct wire_call *call,
    const struct adapter_var *vars, size_t var_count, struct page *out, struct http_reply *http,
    struct error *err)
{
    struct wire *w = a->state;
    struct http_sink sink = { 0 };
    struct wire_reply *reply = wire_reply_new(a, mem, call, &sink);
    struct http_request request = { 0 };
    const char *headers[5] = { 0 };
    struct xml_node *document, *element;
    enum wire_outcome outcome;
    struct wire_body body;
    enum verdict v;

    memset(http, 0, sizeof *http);
    wire_body_begin(&body, mem, REQUEST_MAX);
    document = wire_document(a, mem, call, vars, var_count, &element, &v, err);
    if (!v)
        v = wire_body_end(&body, a, call, document, headers, &request, err);
    if (v) {
        v = V_FATAL; /* our own question is at fault: no later one will fare better */
        goto out;
    }
    request.target = wire_target_of(a, mem, call, vars, var_count);
    v = http_post(w->http, mem, &request, &sink, http, err);
    v = wire_reply_end(reply, http, v, &outcome, err);
    if (v)
        err->retry_after = http->retry_after;
    wire_reply_raw(reply, http, out);
    if (!v)
        wire_reply_page(reply, out);
out:
    buf_release(&body.xml);
    return v;
}

enum verdict
wire_pull(struct adapter *a, struct arena *mem, const struct map_call *call,
          const struct adapter_var *vars, size_t var_count, struct page *out, struct error *err)
{
    struct http_reply http;
    enum verdict v;

    memset(out, 0, sizeof *out);
    v = ask(a, mem, wire_call_of(a, call), vars, var_count, out, &http, err);
    return v == V_IN_DOUBT ? V_RETRY : v; /* a word of [faults] meant for a push */
}

/* What "check" prints. */
static const char *
describe(struct arena *mem, const struct wire *w, const struct http_reply *http, bool asked)
{
    const char *clock = "";

    if (http->dated)
        clock = arena_format(mem, ", its clock %+ld s", http->skew / 1000);
    return arena_format(mem, "%s over %s%s%s%s, %s in %ld ms%s",
                        !w->soap           ? "XML"
                        : w->version == 11 ? "SOAP 1.1"
                                           : "SOAP 1.2",
                        http->tls[0] ? http->tls : "TLS", http->server[0] ? ", server \"" : "",
                        http->server, http->server[0] ? "\"" : "",
                        asked ? "answered \"list\"" : "connected", http->took, clock);
}

/* Asks for one record of an empty span of time where there is a "list": harmless, and it proves
 * user, password and contract. */
enum verdict
wire_probe(struct adapter *a, struct arena *mem, const char **said, struct error *err)
{
    struct wire *w = a->state;
    const struct map_call *list = mapping_call(a->map, "list");
    char now[CLOCK_TEXT];
    struct http_reply http;
    struct page page = { 0 };
    enum verdict v;

    clock_text(clock_now(), now);
    const struct adapter_var vars[] = {
        { "since", now }, { "after", "" }, { "cut", now },
        { "from", now },  { "to", now },   { "rows", "1" },
    };

    *said = NULL;
    if (list && list->brings)
        v = ask(a, mem, wire_call_of(a, list), vars, sizeof vars / sizeof *vars, &page, &http, err);
    else
        v = http_touch(w->http, mem, &http, err);
    if (!v)
        *said = describe(mem, w, &http, list && list->brings);
    return v;
}
