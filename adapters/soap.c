/*
 * SOAP 1.1 and 1.2, document/literal, over HTTPS. All that is particular about a
 * portal stands in its map; see soap_map.c for the keys.
 */
#include "registry.h"
#include "soap.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"

#define REQUEST_MAX ((size_t)1 << 20)

static const struct conf_key keys[] = {
    { "url", CONF_TEXT, CONF_REQUIRED, offsetof(struct soap_options, url), NULL,
      "address of the service, https only" },
    { "user", CONF_TEXT, 0, offsetof(struct soap_options, user), NULL,
      "user name for HTTP basic authentication" },
    { "password", CONF_TEXT, CONF_SECRET, offsetof(struct soap_options, password), NULL,
      "its password" },
    { "ca", CONF_FILE, 0, offsetof(struct soap_options, ca), NULL,
      "PEM file of the certificates to trust; the system's unless said" },
    { "cert", CONF_FILE, 0, offsetof(struct soap_options, cert), NULL,
      "PEM file of our client certificate" },
    { "key", CONF_FILE, 0, offsetof(struct soap_options, key), NULL,
      "PEM file of its key, readable by its owner only" },
    { "timeout", CONF_SPAN, 0, offsetof(struct soap_options, timeout), "60s",
      "longest time for one request and its answer" },
    { "connect_timeout", CONF_SPAN, 0, offsetof(struct soap_options, connect_timeout), "10s",
      "longest time to connect, TLS included" },
    { "stall", CONF_SPAN, 0, offsetof(struct soap_options, stall), "30s",
      "longest time without progress; 0s = only timeout counts" },
    { "max_reply", CONF_SIZE, 0, offsetof(struct soap_options, max_reply), "32m",
      "largest reply that is read" },
    { "max_elements", CONF_INT, 0, offsetof(struct soap_options, max_elements), "200000",
      "most XML elements in one reply" },
    CONF_END
};

const struct soap_call *
soap_call_of(const struct adapter *a, const struct map_call *call)
{
    const struct soap *soap = a->state;

    for (size_t i = 0; i < a->map->call_count; i++)
        if (strcmp(soap->calls[i].call->name, call->name) == 0)
            return &soap->calls[i];
    return NULL;
}

static enum verdict
soap_open(struct adapter *a, struct error *err)
{
    struct soap *soap = a->state;
    const struct soap_options *o = a->options;
    struct http_options *h = &soap->http_options;
    enum verdict v;

    soap->options = o;
    soap_compile(soap, a->mem, a->map);
    h->url = o->url;
    h->user = o->user;
    h->ca = o->ca;
    h->cert = o->cert;
    h->key = o->key;
    h->timeout = o->timeout;
    h->connect_timeout = o->connect_timeout;
    h->stall = o->stall;
    h->max_reply = o->max_reply;
    v = conf_secret(a->mem, o->password, &h->password, err);
    return v ? v : http_open(a->mem, h, &soap->http, err);
}

static void
soap_close(struct adapter *a)
{
    (void)a; /* the connection goes with the adapter's arena */
}

/* One call that brings something; http tells how it went on the wire. */
static enum verdict
ask(struct adapter *a, struct arena *mem, const struct soap_call *call,
    const struct adapter_var *vars, size_t var_count, struct page *out, struct http_reply *http,
    struct error *err)
{
    struct soap *soap = a->state;
    struct soap_reply *reply = soap_reply_new(a, mem, call);
    struct http_sink sink = { .take = soap_reply_take, .ctx = reply };
    struct http_request request = { .headers = call->headers };
    struct xml_node *envelope, *element;
    enum soap_outcome outcome;
    struct buf body;
    enum verdict v;

    memset(http, 0, sizeof *http);
    buf_init(&body, REQUEST_MAX);
    envelope = soap_envelope(a, mem, call, vars, var_count, &element, &v, err);
    if (envelope)
        v = xml_tree_write(envelope, &body, err);
    if (v) {
        v = V_FATAL; /* our own question is at fault: no later one will fare better */
        goto out;
    }
    request.body = body.data;
    request.len = body.len;
    v = http_post(soap->http, mem, &request, &sink, http, err);
    v = soap_reply_end(reply, http, v, &outcome, err);
    if (v)
        err->retry_after = http->retry_after;
    out->raw = http->body->data;
    out->raw_len = http->body->len;
    if (!v)
        soap_reply_page(reply, http->body, out);
out:
    buf_release(&body);
    return v;
}

static enum verdict
soap_pull(struct adapter *a, struct arena *mem, const struct map_call *call,
          const struct adapter_var *vars, size_t var_count, struct page *out, struct error *err)
{
    struct http_reply http;
    enum verdict v;

    memset(out, 0, sizeof *out);
    v = ask(a, mem, soap_call_of(a, call), vars, var_count, out, &http, err);
    return v == V_IN_DOUBT ? V_RETRY : v; /* a word of [faults] meant for a push */
}

/* What "check" prints. */
static const char *
describe(struct arena *mem, const struct soap *soap, const struct http_reply *http, bool asked)
{
    const char *clock = "";

    if (http->dated)
        clock = arena_format(mem, ", its clock %+ld s", http->skew / 1000);
    return arena_format(
        mem, "SOAP %s over %s%s%s%s, %s in %ld ms%s", soap->version == 11 ? "1.1" : "1.2",
        http->tls[0] ? http->tls : "TLS", http->server[0] ? ", server \"" : "", http->server,
        http->server[0] ? "\"" : "", asked ? "answered \"list\"" : "connected", http->took, clock);
}

/* Asks for one record of an empty span of time where there is a "list": harmless, and it proves
 * user, password and contract. */
static enum verdict
soap_probe(struct adapter *a, struct arena *mem, const char **said, struct error *err)
{
    struct soap *soap = a->state;
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
        v = ask(a, mem, soap_call_of(a, list), vars, sizeof vars / sizeof *vars, &page, &http, err);
    else
        v = http_touch(soap->http, mem, &http, err);
    if (!v)
        *said = describe(mem, soap, &http, list && list->brings);
    return v;
}

const struct adapter_ops adapter_soap = {
    .abi = ADAPTER_ABI,
    .name = "soap",
    .keys = keys,
    .options_size = sizeof(struct soap_options),
    .state_size = sizeof(struct soap),
    .map_keys = soap_map_keys,
    .call_keys = soap_call_keys,
    .check = soap_check,
    .open = soap_open,
    .probe = soap_probe,
    .close = soap_close,
    .pull = soap_pull,
    .push = soap_push,
};
