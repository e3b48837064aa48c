/*
 * A map as calls over HTTPS. wire_check() and wire_compile() are one reading of the map: the first
 * with a list for its faults, the second without. What a call brings is read here; the frame of its
 * answer, what it says and what it carries in files of their own.
 */
#include "wire_reading.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "text.h"

#define URI_11 "http://schemas.xmlsoap.org/soap/envelope/"
#define URI_12 "http://www.w3.org/2003/05/soap-envelope"
#define OASIS  "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-"

void
wire_complain(struct reading *r, int line, const char *fmt, ...)
{
    char text[400];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    fault_add_once(r->faults, r->map->path, line, text);
}

const struct map_pair *
wire_pair(const struct reading *r, const char *key)
{
    return map_pair_at(r->out->call->pairs, r->out->call->count, key, 0);
}

const char *
wire_path_fault(const struct reading *r, const char *path)
{
    return xml_path_fault(r->wire->prefixes, r->wire->prefix_count, path);
}

const char *
wire_element_fault(const struct reading *r, const char *path)
{
    const char *why = wire_path_fault(r, path);

    return why || (!strpbrk(path, "/@") && strcmp(path, ".") != 0) ? why : "it is not one element";
}

static void
mark_in(struct reading *r, struct xml_paths *paths, int node, enum xml_what what,
        enum wire_what meaning)
{
    struct xml_paths *own = r->paths;

    r->paths = paths;
    wire_mark(r, node, what, meaning, 0, 0);
    r->paths = own;
}

void
wire_mark(struct reading *r, int node, enum xml_what what, enum wire_what meaning, size_t stream,
          size_t line)
{
    struct wire_call *c = r->out;

    c->targets =
        arena_grow(r->mem, c->targets, c->target_count, &c->target_room, sizeof *c->targets);
    c->targets[c->target_count].what = meaning;
    c->targets[c->target_count].stream = stream;
    c->targets[c->target_count].line = line;
    xml_paths_mark(r->paths, node, what, (int)c->target_count++);
}

int
wire_node(struct reading *r, int below, const char *path, int line, const char *what, bool element)
{
    const char *why;
    int node = xml_paths_add(r->paths, below, path, &why);

    if (node >= 0 && element && (strchr(path, '@') || strcmp(path, ".") == 0)) {
        why = "it must lead to an element below";
        node = -1;
    }
    if (node < 0)
        wire_complain(r, line, "%s: path \"%s\": %s", what, path, why);
    return node;
}

bool
wire_begins_with(const char *path, const char *step)
{
    size_t len = strcspn(path, "/");

    return step && text_same(path, len, step) && path[len] == '/';
}

int
wire_node_in_response(struct reading *r, const char *path, int line, const char *what, bool element)
{
    if (r->response < 0)
        return -1;
    if (!wire_begins_with(path, r->response_path)) {
        wire_complain(r, line, "%s: path \"%s\" does not begin with \"%s/\"", what, path,
                      r->response_path);
        return -1;
    }
    if (r->out->wrap == WIRE_BARE)
        wire_check_part(r, path + strlen(r->response_path) + 1, line, what);
    return wire_node(r, r->body, path, line, what, element);
}

void
wire_check_part(struct reading *r, const char *path, int line, const char *what)
{
    size_t step = strcspn(path, "/");

    if (r->rpc && memchr(path, ':', step))
        wire_complain(r, line, "%s: \"%.*s\": with style = rpc a part has no namespace", what,
                      (int)step, path);
}

static char *
trimmed(struct arena *mem, const char *text, size_t len)
{
    text_trim(&text, &len);
    return arena_text(mem, text, len);
}

bool
wire_split(struct arena *mem, const char *text, const char **left, const char **right)
{
    const char *mark_at = strchr(text, '=');

    if (!mark_at)
        return false;
    *left = trimmed(mem, text, (size_t)(mark_at - text));
    *right = trimmed(mem, mark_at + 1, strlen(mark_at + 1));
    return **left && **right;
}

/* ---- what it brings ---- */

/* A field of KIND_BYTES: its text is read in pieces; with rule xop it may stand elsewhere. */
static void
read_content(struct reading *r, size_t stream, size_t line, int node)
{
    const struct map_line *l = &r->map->streams[stream].lines[line];
    const char *why;
    int href;

    if (strchr(l->remote, '@')) {
        wire_complain(r, l->line, "%s: path \"%s\": a content is not an attribute", l->canonical,
                      l->remote);
        return;
    }
    wire_mark(r, node, XML_GROUP, WIRE_CONTENT, stream, line);
    wire_mark(r, node, XML_STREAM, WIRE_CONTENT, stream, line);
    if (!(l->flags & MAP_XOP))
        return;
    href =
        xml_paths_add(r->paths, xml_paths_step(r->paths, node, WIRE_XOP, "Include"), "@href", &why);
    if (href >= 0)
        wire_mark(r, href, XML_VALUE, WIRE_INCLUDE, stream, line);
}

static void
read_stream(struct reading *r, size_t stream, int node)
{
    const struct map_stream *s = &r->map->streams[stream];

    wire_mark(r, node, XML_GROUP, WIRE_RECORD, stream, 0);
    for (size_t i = 0; i < s->count; i++) {
        const struct map_line *l = &s->lines[i];
        int field;

        if (!(l->direction & MAP_IN))
            continue;
        field = wire_node(r, node, l->remote, l->line, l->canonical, false);
        if (field >= 0 && l->kind == KIND_BYTES)
            read_content(r, stream, i, field);
        else if (field >= 0)
            wire_mark(r, field, XML_VALUE, WIRE_FIELD, stream, i);
    }
    for (size_t i = 0; i < r->map->stream_count; i++) {
        const struct map_stream *child = &r->map->streams[i];
        int at;

        if (i == stream || !child->parent || !child->at || strcmp(child->parent, s->name) != 0)
            continue;
        at = wire_node(r, node, child->at, child->line, child->name, true);
        if (at >= 0)
            read_stream(r, i, at);
    }
}

/* "more" may also stand outside of what is unwrapped. */
static void
read_more(struct reading *r, const struct map_pair *more)
{
    const char *path, *why;
    int node;

    if (!wire_split(r->mem, more->value, &path, &r->out->more)) {
        wire_complain(r, more->line, "more: not PATH = WORD");
        return;
    }
    if (wire_begins_with(path, r->wrapper) && !wire_begins_with(path, r->response_path)) {
        node = xml_paths_add(r->out->paths, r->frame, path, &why);
        if (node < 0)
            wire_complain(r, more->line, "more: path \"%s\": %s", path, why);
        else
            mark_in(r, r->out->paths, node, XML_VALUE, WIRE_MORE);
        return;
    }
    node = wire_node_in_response(r, path, more->line, "more", false);
    if (node >= 0)
        wire_mark(r, node, XML_VALUE, WIRE_MORE, 0, 0);
}

static void
read_pull(struct reading *r)
{
    const struct map_pair *records = wire_pair(r, "records"), *more = wire_pair(r, "more");
    long stream = mapping_stream_index(r->map, r->out->call->brings);
    int node;

    if (!records)
        wire_complain(r, r->out->call->line, "call \"%s\" needs records =", r->out->call->name);
    if (records && stream >= 0) {
        node = wire_node_in_response(r, records->value, records->line, "records", true);
        if (node >= 0)
            read_stream(r, (size_t)stream, node);
    }
    if (more)
        read_more(r, more);
}

/* ---- the whole map ---- */

static void
read_version(struct wire *wire, const struct mapping *map, struct faults *faults)
{
    const struct map_pair *p = map_pair_at(map->pairs, map->pair_count, "version", 0);
    bool newer = p && strcmp(p->value, "1.2") == 0;

    if (p && !newer && strcmp(p->value, "1.1") != 0 && faults)
        fault_add(faults, map->path, p->line, "version: SOAP is 1.1 or 1.2");
    wire->version = newer ? 12 : 11;
    wire->uri = newer ? URI_12 : URI_11;
}

static void
read_security(struct wire *wire, const struct mapping *map, struct faults *faults)
{
    const struct map_pair *p = map_pair_at(map->pairs, map->pair_count, "security", 0);

    if (p && strcmp(p->value, "username digest") == 0)
        wire->security = WIRE_DIGEST;
    else if (p && strcmp(p->value, "username text") == 0)
        wire->security = WIRE_TEXT;
    else if (p && faults)
        fault_add(faults, map->path, p->line, "security: username digest or username text");
}

/* A prefix that the map does not have, for a namespace of ours. */
static const char *
add_prefix(struct wire *wire, struct arena *mem, const struct mapping *map,
           const char *const words[4], const char *uri)
{
    const char *prefix = NULL;

    for (size_t w = 0; w < 4 && !prefix; w++) {
        prefix = words[w];
        for (size_t i = 0; i < map->namespace_count && prefix; i++)
            if (strcmp(map->namespaces[i].prefix, words[w]) == 0)
                prefix = NULL;
    }
    if (!prefix)
        prefix = arena_format(mem, "bridge%zu", wire->prefix_count);
    wire->prefixes[wire->prefix_count].prefix = prefix;
    wire->prefixes[wire->prefix_count++].uri = uri;
    return prefix;
}

static bool
has_parts(const struct mapping *map)
{
    for (size_t s = 0; s < map->stream_count; s++)
        for (size_t i = 0; i < map->streams[s].count; i++)
            if (map->streams[s].lines[i].flags & MAP_XOP)
                return true;
    return false;
}

static void
read_prefixes(struct wire *wire, struct arena *mem, const struct mapping *map)
{
    static const char *const soap[] = { "soap", "soap-env", "soap-envelope", "soap-e" },
                             *const xop[] = { "xop", "xop-i", "xop-include", "xop-e" },
                             *const wsse[] = { "wsse", "wsse-e", "wsse-ext", "wsse-x" },
                             *const wsu[] = { "wsu", "wsu-u", "wsu-util", "wsu-x" };

    wire->prefixes = arena_alloc(mem, (map->namespace_count + 4) * sizeof *wire->prefixes);
    for (size_t i = 0; i < map->namespace_count; i++) {
        wire->prefixes[i].prefix = map->namespaces[i].prefix;
        wire->prefixes[i].uri = map->namespaces[i].uri;
    }
    wire->prefix_count = map->namespace_count;
    if (!wire->soap)
        return;
    wire->soap_prefix = add_prefix(wire, mem, map, soap, wire->uri);
    if (has_parts(map))
        wire->xop_prefix = add_prefix(wire, mem, map, xop, WIRE_XOP);
    if (wire->security == WIRE_OPEN)
        return;
    wire->wsse_prefix = add_prefix(wire, mem, map, wsse, OASIS "secext-1.0.xsd");
    wire->wsu_prefix = add_prefix(wire, mem, map, wsu, OASIS "utility-1.0.xsd");
}

static void
read_style(struct reading *r)
{
    const struct map_pair *p = wire_pair(r, "style");

    r->rpc = p && strcmp(p->value, "rpc") == 0;
    if (p && !r->rpc && strcmp(p->value, "document") != 0)
        wire_complain(r, p->line, "style: document or rpc");
}

static void
check_parts(struct wire *wire, const struct mapping *map, struct faults *faults)
{
    for (size_t s = 0; faults && !wire->soap && s < map->stream_count; s++)
        for (size_t i = 0; i < map->streams[s].count; i++)
            if (map->streams[s].lines[i].flags & MAP_XOP)
                fault_add(faults, map->path, map->streams[s].lines[i].line,
                          "%s: rule xop is for soap", map->streams[s].lines[i].canonical);
}

static void
read_map(struct wire *wire, struct arena *mem, const struct mapping *map, struct faults *faults)
{
    if (wire->soap) {
        read_version(wire, map, faults);
        read_security(wire, map, faults);
    }
    read_prefixes(wire, mem, map);
    check_parts(wire, map, faults);
    wire->calls = arena_alloc(mem, (map->call_count + 1) * sizeof *wire->calls);
    for (size_t i = 0; i < map->call_count; i++) {
        struct reading r = { .wire = wire, .mem = mem, .map = map, .faults = faults };

        r.out = &wire->calls[i];
        r.out->call = &map->calls[i];
        r.out->paths = r.paths = xml_paths_new(mem, wire->prefixes, wire->prefix_count);
        read_style(&r);
        wire_read_frame(&r);
        wire_read_request(&r);
        if (r.out->call->brings)
            read_pull(&r);
        if (r.out->call->carries)
            wire_read_push(&r);
    }
}

void
wire_check(const struct mapping *map, struct faults *faults, bool soap)
{
    struct wire wire = { .soap = soap };

    read_map(&wire, faults->mem, map, faults);
}

void
wire_compile(struct wire *wire, struct arena *mem, const struct mapping *map)
{
    read_map(wire, mem, map, NULL);
}
