/*
 * What stands around the answer of a call: the envelope and its fault, or the root of plain XML;
 * what "unwrap" takes off; the response element.
 */
#include "wire_reading.h"

#include <string.h>

#include "args.h"

#define DIFFGRAM "urn:schemas-microsoft-com:xml-diffgram-v1"

static void
read_envelope(struct reading *r)
{
    struct xml_paths *paths = r->paths;
    const char *uri = r->wire->uri;
    int envelope = xml_paths_step(paths, XML_ROOT, uri, "Envelope");
    int fault, code;

    r->body = xml_paths_step(paths, envelope, uri, "Body");
    fault = xml_paths_step(paths, r->body, uri, "Fault");
    wire_mark(r, XML_ROOT, XML_WATCH, WIRE_DOCUMENT, 0, 0);
    wire_mark(r, envelope, XML_GROUP, WIRE_ENVELOPE, 0, 0);
    wire_mark(r, r->body, XML_WATCH, WIRE_BODY, 0, 0);
    wire_mark(r, fault, XML_GROUP, WIRE_FAULT, 0, 0);
    if (r->wire->version == 11) {
        wire_mark(r, xml_paths_step(paths, fault, NULL, "faultcode"), XML_VALUE, WIRE_FAULT_CODE, 0,
                  0);
        wire_mark(r, xml_paths_step(paths, fault, NULL, "faultstring"), XML_VALUE, WIRE_FAULT_TEXT,
                  0, 0);
        return;
    }
    code = xml_paths_step(paths, fault, uri, "Code");
    wire_mark(r, xml_paths_step(paths, code, uri, "Value"), XML_VALUE, WIRE_FAULT_CODE, 0, 0);
    code = xml_paths_step(paths, code, uri, "Subcode");
    wire_mark(r, xml_paths_step(paths, code, uri, "Value"), XML_VALUE, WIRE_FAULT_SUBCODE, 0, 0);
    code = xml_paths_step(paths, fault, uri, "Reason");
    wire_mark(r, xml_paths_step(paths, code, uri, "Text"), XML_VALUE, WIRE_FAULT_TEXT, 0, 0);
}

/* xml: the root of the reply is the response, or what "fault" leads through. */
static void
read_root(struct reading *r)
{
    const struct map_pair *fault = wire_pair(r, "fault"), *text = wire_pair(r, "fault.text");
    int node;

    r->body = XML_ROOT;
    wire_mark(r, XML_ROOT, XML_WATCH, WIRE_BODY, 0, 0);
    node = fault ? wire_node(r, XML_ROOT, fault->value, fault->line, "fault", false) : -1;
    if (node >= 0)
        wire_mark(r, node, XML_VALUE, WIRE_FAULT_CODE, 0, 0);
    node = text ? wire_node(r, XML_ROOT, text->value, text->line, "fault.text", false) : -1;
    if (node >= 0)
        wire_mark(r, node, XML_VALUE, WIRE_FAULT_TEXT, 0, 0);
    if (text && !fault)
        wire_complain(r, text->line, "fault.text needs fault =");
}

/* "unwrap = PATH string|diffgram": the response is not where the reply begins. */
static void
read_unwrap(struct reading *r)
{
    const struct map_pair *p = wire_pair(r, "unwrap");
    const char *at = p ? p->value : "", *path, *how;
    bool quoted, string;
    int node, outer;

    r->frame = r->body;
    if (!p)
        return;
    path = arg_word(r->mem, &at, &quoted);
    how = path ? arg_word(r->mem, &at, &quoted) : NULL;
    string = how && strcmp(how, "string") == 0;
    if (!how || arg_word(r->mem, &at, &quoted) || (!string && strcmp(how, "diffgram") != 0)) {
        wire_complain(r, p->line, "unwrap: not PATH string or PATH diffgram");
        return;
    }
    node = wire_node(r, r->frame, path, p->line, "unwrap", true);
    if (node < 0)
        return;
    r->wrapper = arena_text(r->mem, path, strcspn(path, "/"));
    outer = wire_node(r, r->frame, r->wrapper, p->line, "unwrap", true);
    wire_mark(r, outer, XML_GROUP, WIRE_WRAPPER, 0, 0);
    wire_mark(r, outer, XML_WATCH, WIRE_WRAPPER, 0, 0);
    if (string) {
        r->out->wrap = WIRE_IN_STRING;
        wire_mark(r, node, XML_STREAM, WIRE_STRING, 0, 0);
        r->paths = r->out->inner = xml_paths_new(r->mem, r->wire->prefixes, r->wire->prefix_count);
        r->body = XML_ROOT;
    } else {
        r->out->wrap = WIRE_IN_DIFFGRAM;
        r->body = xml_paths_step(r->paths, node, DIFFGRAM, "diffgram");
        /* The rows as they were, and errors, stand beside the rows as they are. */
        (void)xml_paths_step(r->paths, r->body, DIFFGRAM, "before");
        (void)xml_paths_step(r->paths, r->body, DIFFGRAM, "errors");
        wire_mark(r, r->body, XML_GROUP, WIRE_DIFFGRAM, 0, 0);
    }
    wire_mark(r, r->body, XML_WATCH, WIRE_BODY, 0, 0);
}

static void
read_response(struct reading *r)
{
    const struct map_pair *p = wire_pair(r, "response");

    r->response = -1;
    if (!p) {
        wire_complain(r, r->out->call->line, "call \"%s\" needs response =", r->out->call->name);
        return;
    }
    if (strchr(p->value, '/')) {
        wire_complain(r, p->line, "response: \"%s\" is not one element", p->value);
        return;
    }
    r->response = wire_node(r, r->body, p->value, p->line, "response", true);
    r->response_path = p->value;
    if (r->response < 0)
        return;
    wire_mark(r, r->response, XML_GROUP, WIRE_RESPONSE, 0, 0);
    wire_mark(r, r->response, XML_WATCH, WIRE_RESPONSE, 0, 0);
}

void
wire_read_frame(struct reading *r)
{
    if (r->wire->soap)
        read_envelope(r);
    else
        read_root(r);
    read_unwrap(r);
    read_response(r);
}
