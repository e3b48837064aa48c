/*
 * A map as SOAP calls. soap_check() and soap_compile() are one reading of the
 * map: the first with a list for its faults, the second without.
 */
#include "soap_reading.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "text.h"

#define URI_11 "http://schemas.xmlsoap.org/soap/envelope/"
#define URI_12 "http://www.w3.org/2003/05/soap-envelope"

const struct map_key soap_map_keys[] = {
    { "version", false, "SOAP version: 1.1 (unless said) or 1.2" },
    { .name = NULL },
};

const struct map_key soap_call_keys[] = {
    { "action", false, "SOAPAction (1.1) or action parameter (1.2)" },
    { "request", false, "the element in Body that asks" },
    { "arg", true, "PATH $name|literal [format=\"...\"] below the request" },
    { "response", false, "the element in Body that answers; any other is refused" },
    { "records", false, "path of each record, from the response element" },
    { "more", false, "PATH = WORD: there is another page" },
    { "item", false, "path of each record sent, below the request; . = the request itself" },
    { "key", false, "PATH $delivery below the item: the peer refuses a repeat of it" },
    { "result", false, "path of each answer to an item, from the response element" },
    { "result.key", false, "path of our reference, below the result" },
    { "result.ok", false, "PATH = WORDS below the result: it was done" },
    { "result.said", false, "path of the peer's word why not, below the result" },
    { "result.text", false, "path of the peer's text, below the result" },
    { "receipt", false, "path of the peer's own number, below the result" },
    { .name = NULL },
};

void
soap_complain(struct reading *r, int line, const char *fmt, ...)
{
    char text[400];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    for (size_t i = 0; r->faults && i < r->faults->count; i++)
        if (r->faults->items[i].line == line && strcmp(r->faults->items[i].text, text) == 0 &&
            strcmp(r->faults->items[i].path, r->map->path) == 0)
            return;
    if (r->faults)
        fault_add(r->faults, r->map->path, line, "%s", text);
}

const struct map_pair *
soap_pair(const struct reading *r, const char *key)
{
    return map_pair_at(r->out->call->pairs, r->out->call->count, key, 0);
}

const char *
soap_path_fault(const struct reading *r, const char *path)
{
    return xml_path_fault(r->soap->prefixes, r->soap->prefix_count, path);
}

static void
mark(struct reading *r, int node, enum xml_what what, enum soap_what meaning, size_t stream,
     size_t line)
{
    struct soap_call *c = r->out;

    c->targets =
        arena_grow(r->mem, c->targets, c->target_count, &c->target_room, sizeof *c->targets);
    c->targets[c->target_count].what = meaning;
    c->targets[c->target_count].stream = stream;
    c->targets[c->target_count].line = line;
    xml_paths_mark(r->out->paths, node, what, (int)c->target_count++);
}

/* A node by its path, or -1 with the fault told. */
static int
node_at(struct reading *r, int below, const char *path, int line, const char *what, bool element)
{
    const char *why;
    int node = xml_paths_add(r->out->paths, below, path, &why);

    if (node >= 0 && element && (strchr(path, '@') || strcmp(path, ".") == 0)) {
        why = "it must lead to an element below";
        node = -1;
    }
    if (node < 0)
        soap_complain(r, line, "%s: path \"%s\": %s", what, path, why);
    return node;
}

/* A path that must begin with the response element, as records, result and more do. */
static int
node_in_response(struct reading *r, const char *path, int line, const char *what, bool element)
{
    size_t len = strcspn(path, "/");

    if (r->response < 0)
        return -1;
    if (!text_same(path, len, r->response_path) || path[len] != '/') {
        soap_complain(r, line, "%s: path \"%s\" does not begin with \"%s/\"", what, path,
                      r->response_path);
        return -1;
    }
    return node_at(r, r->body, path, line, what, element);
}

static char *
trimmed(struct arena *mem, const char *text, size_t len)
{
    text_trim(&text, &len);
    return arena_text(mem, text, len);
}

/* "LEFT = RIGHT"; false when there is no '=' or a side is empty. */
static bool
split(struct arena *mem, const char *text, const char **left, const char **right)
{
    const char *mark_at = strchr(text, '=');

    if (!mark_at)
        return false;
    *left = trimmed(mem, text, (size_t)(mark_at - text));
    *right = trimmed(mem, mark_at + 1, strlen(mark_at + 1));
    return **left && **right;
}

/* ---- the frame that all replies share ---- */

static void
read_frame(struct reading *r)
{
    struct xml_paths *paths = r->out->paths;
    const char *uri = r->soap->uri;
    int envelope = xml_paths_step(paths, XML_ROOT, uri, "Envelope");
    int fault, code;

    r->body = xml_paths_step(paths, envelope, uri, "Body");
    fault = xml_paths_step(paths, r->body, uri, "Fault");
    mark(r, XML_ROOT, XML_WATCH, SOAP_DOCUMENT, 0, 0);
    mark(r, envelope, XML_GROUP, SOAP_ENVELOPE, 0, 0);
    mark(r, r->body, XML_WATCH, SOAP_BODY, 0, 0);
    mark(r, fault, XML_GROUP, SOAP_FAULT, 0, 0);
    if (r->soap->version == 11) {
        mark(r, xml_paths_step(paths, fault, NULL, "faultcode"), XML_VALUE, SOAP_FAULT_CODE, 0, 0);
        mark(r, xml_paths_step(paths, fault, NULL, "faultstring"), XML_VALUE, SOAP_FAULT_TEXT, 0,
             0);
        return;
    }
    code = xml_paths_step(paths, fault, uri, "Code");
    mark(r, xml_paths_step(paths, code, uri, "Value"), XML_VALUE, SOAP_FAULT_CODE, 0, 0);
    code = xml_paths_step(paths, code, uri, "Subcode");
    mark(r, xml_paths_step(paths, code, uri, "Value"), XML_VALUE, SOAP_FAULT_SUBCODE, 0, 0);
    code = xml_paths_step(paths, fault, uri, "Reason");
    mark(r, xml_paths_step(paths, code, uri, "Text"), XML_VALUE, SOAP_FAULT_TEXT, 0, 0);
}

static void
read_response(struct reading *r)
{
    const struct map_pair *p = soap_pair(r, "response");

    r->response = -1;
    if (!p) {
        soap_complain(r, r->out->call->line, "call \"%s\" needs response =", r->out->call->name);
        return;
    }
    if (strchr(p->value, '/')) {
        soap_complain(r, p->line, "response: \"%s\" is not one element", p->value);
        return;
    }
    r->response = node_at(r, r->body, p->value, p->line, "response", true);
    r->response_path = p->value;
    if (r->response < 0)
        return;
    mark(r, r->response, XML_GROUP, SOAP_RESPONSE, 0, 0);
    mark(r, r->response, XML_WATCH, SOAP_RESPONSE, 0, 0);
}

/* ---- what it brings ---- */

static void
read_stream(struct reading *r, size_t stream, int node)
{
    const struct map_stream *s = &r->map->streams[stream];

    mark(r, node, XML_GROUP, SOAP_RECORD, stream, 0);
    for (size_t i = 0; i < s->count; i++) {
        int field;

        if (!(s->lines[i].direction & MAP_IN))
            continue;
        field =
            node_at(r, node, s->lines[i].remote, s->lines[i].line, s->lines[i].canonical, false);
        if (field >= 0)
            mark(r, field, XML_VALUE, SOAP_FIELD, stream, i);
    }
    for (size_t i = 0; i < r->map->stream_count; i++) {
        const struct map_stream *child = &r->map->streams[i];
        int at;

        if (i == stream || !child->parent || !child->at || strcmp(child->parent, s->name) != 0)
            continue;
        at = node_at(r, node, child->at, child->line, child->name, true);
        if (at >= 0)
            read_stream(r, i, at);
    }
}

static void
read_pull(struct reading *r)
{
    const struct map_pair *records = soap_pair(r, "records"), *more = soap_pair(r, "more");
    long stream = mapping_stream_index(r->map, r->out->call->brings);
    int node;

    if (!records)
        soap_complain(r, r->out->call->line, "call \"%s\" needs records =", r->out->call->name);
    if (records && stream >= 0) {
        node = node_in_response(r, records->value, records->line, "records", true);
        if (node >= 0)
            read_stream(r, (size_t)stream, node);
    }
    if (more) {
        const char *path;

        if (!split(r->mem, more->value, &path, &r->out->more)) {
            soap_complain(r, more->line, "more: not PATH = WORD");
            return;
        }
        node = node_in_response(r, path, more->line, "more", false);
        if (node >= 0)
            mark(r, node, XML_VALUE, SOAP_MORE, 0, 0);
    }
}

/* ---- what it carries ---- */

static void
read_result_value(struct reading *r, int result, const char *key, enum soap_what what)
{
    const struct map_pair *p = soap_pair(r, key);
    const char *path = p ? p->value : NULL;
    int node;

    if (!p)
        return;
    if (what == SOAP_RESULT_OK && !split(r->mem, p->value, &path, &r->out->ok)) {
        soap_complain(r, p->line, "%s: not PATH = WORDS", key);
        return;
    }
    node = result >= 0 ? node_at(r, result, path, p->line, key, false) : -1;
    if (node >= 0)
        mark(r, node, XML_VALUE, what, 0, 0);
}

static void
read_item(struct reading *r)
{
    const struct map_call *call = r->out->call;
    const struct map_pair *item = soap_pair(r, "item"), *key = soap_pair(r, "key");
    const struct map_stream *s = mapping_stream(r->map, call->carries);
    const char *at, *why, *name;
    bool quoted;

    r->out->item = item ? item->value : ".";
    why = soap_path_fault(r, r->out->item);
    if (why || strchr(r->out->item, '@'))
        soap_complain(r, item ? item->line : call->line, "item: path \"%s\": %s", r->out->item,
                      why ? why : "it is an attribute");
    if (strcmp(r->out->item, ".") == 0 && call->batch > 1)
        soap_complain(r, call->line, "a batch of %ld needs item =", call->batch);
    if (key) {
        at = key->value;
        r->out->key = arg_word(r->mem, &at, &quoted);
        name = arg_word(r->mem, &at, &quoted);
        why = r->out->key ? soap_path_fault(r, r->out->key) : "it is missing";
        if (why || !name || strcmp(name, "$delivery") != 0)
            soap_complain(r, key->line, "key: not PATH $delivery%s%s", why ? ": " : "",
                          why ? why : "");
    }
    for (size_t i = 0; s && i < s->count; i++) {
        if (!(s->lines[i].direction & MAP_OUT))
            continue;
        why = soap_path_fault(r, s->lines[i].remote);
        if (why)
            soap_complain(r, s->lines[i].line, "%s: path \"%s\": %s", s->lines[i].canonical,
                          s->lines[i].remote, why);
    }
}

static void
read_push(struct reading *r)
{
    const struct map_call *call = r->out->call;
    const struct map_pair *result = soap_pair(r, "result");
    int node = -1;

    read_item(r);
    if (!result || !soap_pair(r, "result.ok"))
        soap_complain(r, call->line, "call \"%s\" needs result = and result.ok =", call->name);
    r->out->whole = result && r->response >= 0 && strcmp(result->value, r->response_path) == 0;
    if (r->out->whole)
        node = r->response;
    else if (result)
        node = node_in_response(r, result->value, result->line, "result", true);
    r->out->matched = soap_pair(r, "result.key") != NULL;
    if (!r->out->matched && call->batch > 1)
        soap_complain(r, call->line, "a batch of %ld needs result.key =", call->batch);
    if (node >= 0 && !r->out->whole)
        mark(r, node, XML_GROUP, SOAP_RESULT, 0, 0);
    read_result_value(r, node, "result.key", SOAP_RESULT_KEY);
    read_result_value(r, node, "result.ok", SOAP_RESULT_OK);
    read_result_value(r, node, "result.said", SOAP_RESULT_SAID);
    read_result_value(r, node, "result.text", SOAP_RESULT_TEXT);
    read_result_value(r, node, "receipt", SOAP_RECEIPT);
}

/* ---- the whole map ---- */

static void
read_version(struct soap *soap, const struct mapping *map, struct faults *faults)
{
    const struct map_pair *p = map_pair_at(map->pairs, map->pair_count, "version", 0);
    bool newer = p && strcmp(p->value, "1.2") == 0;

    if (p && !newer && strcmp(p->value, "1.1") != 0 && faults)
        fault_add(faults, map->path, p->line, "version: SOAP is 1.1 or 1.2");
    soap->version = newer ? 12 : 11;
    soap->uri = newer ? URI_12 : URI_11;
}

static bool
has_prefix(const struct mapping *map, const char *prefix)
{
    for (size_t i = 0; i < map->namespace_count; i++)
        if (strcmp(map->namespaces[i].prefix, prefix) == 0)
            return true;
    return false;
}

static void
read_prefixes(struct soap *soap, struct arena *mem, const struct mapping *map)
{
    static const char *const ours[] = { "soap", "soap-env", "soap-envelope", "soap-e" };
    const char *prefix = ours[0];

    for (size_t o = 0; o < sizeof ours / sizeof *ours && has_prefix(map, prefix); o++)
        prefix = ours[o];
    soap->prefix_count = map->namespace_count + 1;
    soap->prefixes = arena_alloc(mem, soap->prefix_count * sizeof *soap->prefixes);
    for (size_t i = 0; i < map->namespace_count; i++) {
        soap->prefixes[i].prefix = map->namespaces[i].prefix;
        soap->prefixes[i].uri = map->namespaces[i].uri;
    }
    soap->prefixes[map->namespace_count].prefix = prefix;
    soap->prefixes[map->namespace_count].uri = soap->uri;
}

static void
read_map(struct soap *soap, struct arena *mem, const struct mapping *map, struct faults *faults)
{
    read_version(soap, map, faults);
    read_prefixes(soap, mem, map);
    soap->calls = arena_alloc(mem, (map->call_count + 1) * sizeof *soap->calls);
    for (size_t i = 0; i < map->call_count; i++) {
        struct reading r = { .soap = soap, .mem = mem, .map = map, .faults = faults };

        r.out = &soap->calls[i];
        r.out->call = &map->calls[i];
        r.out->paths = xml_paths_new(mem, soap->prefixes, soap->prefix_count);
        read_frame(&r);
        read_response(&r);
        soap_read_request(&r);
        if (r.out->call->brings)
            read_pull(&r);
        if (r.out->call->carries)
            read_push(&r);
    }
}

void
soap_check(const struct mapping *map, struct faults *faults)
{
    struct soap soap = { 0 };

    read_map(&soap, faults->mem, map, faults);
}

void
soap_compile(struct soap *soap, struct arena *mem, const struct mapping *map)
{
    read_map(soap, mem, map, NULL);
}
