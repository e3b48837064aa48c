/*
 * The reader. libxml2's push parser tells of elements; a stack of frames holds
 * where in the tree of paths each open element stands. Names are interned in
 * the parser's own dictionary, so that a step is matched by comparing two
 * pointers, tried first with the name that followed last time. Where a tag lies in the
 * bytes is known from the scan that ran before: libxml2's own count cannot be
 * trusted in push mode.
 */
#include "xml.h"

#include <stdlib.h>
#include <string.h>

#include <libxml/catalog.h>
#include <libxml/parser.h>

#include "xml_paths.h"
#include "xml_scan.h"

#define SLICE      ((size_t)16 * 1024) /* bytes scanned, then parsed, at a time */
#define NAMESPACES 64                  /* in scope at once */
#define XSI        "http://www.w3.org/2001/XMLSchema-instance"

const struct xml_limits xml_limits_default = { .depth = 64, .elements = 200000, .text = 1L << 20 };

struct frame {
    int node;    /* in paths, or -1: no path leads here */
    int hint;    /* child to try first */
    bool value;  /* its text is wanted whole */
    bool stream; /* its text is wanted in pieces */
    bool nil, mixed, too_long;
    bool empty;      /* "<x/>" */
    size_t text;     /* where its text begins in reader->text */
    size_t end;      /* behind its start tag */
    long namespaces; /* declared here */
};

struct interned {
    const xmlChar *uri, *name;
};

struct xml_reader {
    const struct xml_paths *paths;
    struct xml_limits limits;
    const struct xml_events *events;
    void *ctx;
    xmlParserCtxtPtr parser;
    struct interned *names; /* one for each of paths->names */
    const xmlChar *xsi;
    struct xml_scan scan;
    struct frame *frames; /* [0] is the document */
    long depth;
    long elements, namespaces;
    struct buf text;        /* of the values that are open, the inner behind the outer */
    struct buf scratch;     /* an attribute's value */
    const char *code, *why; /* refused, or NULL */
    int error, line;        /* libxml2's first */
};

static void
say_nothing(void *ctx, const char *fmt, ...)
{
    (void)ctx;
    (void)fmt;
}

static xmlParserInputPtr
load_nothing(const char *url, const char *id, xmlParserCtxtPtr parser)
{
    (void)url;
    (void)id;
    (void)parser;
    return NULL;
}

void
xml_begin(void)
{
    static bool done;

    if (done)
        return;
    done = true;
    (void)unsetenv("XML_CATALOG_FILES");
    (void)unsetenv("SGML_CATALOG_FILES");
    (void)xmlMemSetup(free, memory_get, memory_resize, memory_text);
    xmlInitParser();
    xmlCatalogSetDefaults(XML_CATA_ALLOW_NONE);
    xmlSetExternalEntityLoader(load_nothing);
    xmlSetGenericErrorFunc(NULL, say_nothing);
}

static void
refuse(struct xml_reader *r, const char *code, const char *why)
{
    if (r->code)
        return;
    r->code = code;
    r->why = why;
    xmlStopParser(r->parser);
}

static void
keep_error(void *ctx, xmlErrorPtr error)
{
    struct xml_reader *r = ctx;

    if (r->error || error->level < XML_ERR_ERROR)
        return;
    r->error = error->code;
    r->line = error->line;
}

static void
tell_value(struct xml_reader *r, int node, const char *text, size_t len)
{
    for (const struct xml_mark *m = r->paths->names[node].marks; m; m = m->next)
        if (m->what == XML_VALUE && r->events->value)
            r->events->value(r->ctx, m->tag, text, len);
}

static void
tell_piece(struct xml_reader *r, int node, const char *text, size_t len)
{
    for (const struct xml_mark *m = r->paths->names[node].marks; m; m = m->next)
        if (m->what == XML_STREAM && r->events->piece)
            r->events->piece(r->ctx, m->tag, text, len);
}

static void
tell_odd(struct xml_reader *r, int node, enum xml_what at, enum xml_odd what, const xmlChar *uri,
         const xmlChar *name)
{
    for (const struct xml_mark *m = r->paths->names[node].marks; m; m = m->next)
        if (m->what == at && r->events->odd)
            r->events->odd(r->ctx, m->tag, what, (const char *)uri, (const char *)name);
}

/* The child of a node with that name, or -1. */
static int
find_child(const struct xml_reader *r, int node, int hint, const xmlChar *name, const xmlChar *uri,
           bool attribute)
{
    const struct xml_name *names = r->paths->names;

    if (hint >= 0 && r->names[hint].name == name && r->names[hint].uri == uri &&
        names[hint].attribute == attribute)
        return hint;
    for (int i = names[node].child; i >= 0; i = names[i].next)
        if (r->names[i].name == name && r->names[i].uri == uri && names[i].attribute == attribute)
            return i;
    return -1;
}

/* An attribute's value as it stands there: libxml2 hands "&" on as "&#38;" while it is told not
 * to replace entities, which it must be. */
static void
tell_attribute(struct xml_reader *r, int node, const char *value, size_t len)
{
    static const char amp[] = "&#38;";
    const char *at = value, *end = value + len;
    bool fits = true;

    buf_clear(&r->scratch);
    while (fits && at < end) {
        size_t left = (size_t)(end - at);
        const char *mark = memmem(at, left, amp, sizeof amp - 1);

        fits = buf_add(&r->scratch, at, mark ? (size_t)(mark - at) : left);
        at = mark ? mark + sizeof amp - 1 : end;
        if (fits && mark)
            fits = buf_add(&r->scratch, "&", 1);
    }
    if (!fits)
        refuse(r, "xml.limit", "an attribute is too long");
    else
        tell_value(r, node, r->scratch.data && len ? r->scratch.data : "", r->scratch.len);
}

static void
read_attributes(struct xml_reader *r, struct frame *f, int count, const xmlChar **attributes)
{
    for (int i = 0; i < count; i++, attributes += 5) {
        const char *value = (const char *)attributes[3];
        size_t len = (size_t)(attributes[4] - attributes[3]);
        int node;

        if ((f->value || f->stream) && attributes[2] == r->xsi &&
            strcmp((const char *)attributes[0], "nil") == 0)
            f->nil = (len == 4 && memcmp(value, "true", 4) == 0) || (len == 1 && *value == '1');
        node = find_child(r, f->node, -1, attributes[0], attributes[2], true);
        if (node >= 0)
            tell_attribute(r, node, value, len);
    }
}

/* Finds the element in the tree of paths, or tells that it is a stranger there. */
static void
place_element(struct xml_reader *r, struct frame *f, struct frame *parent, const xmlChar *name,
              const xmlChar *uri)
{
    const struct xml_name *names = r->paths->names;

    f->node = -1;
    f->hint = -1;
    f->value = f->stream = false;
    if (parent->node < 0)
        return;
    f->node = find_child(r, parent->node, parent->hint, name, uri, false);
    if (f->node < 0) {
        if (parent->value || parent->stream)
            parent->mixed = true;
        if (names[parent->node].watch)
            tell_odd(r, parent->node, XML_WATCH, XML_ODD_STRANGER, uri, name);
        return;
    }
    parent->hint = names[f->node].next;
    f->value = names[f->node].value;
    f->stream = names[f->node].stream;
    f->nil = f->mixed = f->too_long = false;
    f->text = r->text.len;
}

static void
start_element(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
              int namespaces, const xmlChar **declared, int count, int defaulted,
              const xmlChar **attributes)
{
    struct xml_reader *r = ctx;
    struct frame *parent = &r->frames[r->depth], *f;
    struct xml_tag tag;

    (void)prefix;
    (void)declared;
    (void)defaulted;
    if (r->code)
        return;
    r->namespaces += namespaces;
    if (r->depth >= r->limits.depth)
        refuse(r, "xml.limit", "its elements are nested too deeply");
    else if (++r->elements > r->limits.elements)
        refuse(r, "xml.limit", "it has too many elements");
    else if (r->namespaces > NAMESPACES)
        refuse(r, "xml.limit", "it declares too many namespaces");
    else if (!xml_scan_take(&r->scan, &tag))
        refuse(r, "xml.malformed", "its tags cannot be followed");
    if (r->code)
        return;
    f = &r->frames[++r->depth];
    f->namespaces = namespaces;
    f->empty = tag.empty;
    f->end = tag.end;
    place_element(r, f, parent, name, uri);
    if (f->node < 0)
        return;
    for (const struct xml_mark *m = r->paths->names[f->node].marks; m; m = m->next)
        if (m->what == XML_GROUP && r->events->open)
            r->events->open(r->ctx, m->tag, tag.start);
    read_attributes(r, f, count, attributes);
}

static void
end_value(struct xml_reader *r, const struct frame *f)
{
    size_t len = r->text.len - f->text;

    if (f->too_long)
        tell_odd(r, f->node, XML_VALUE, XML_ODD_LONG, NULL, NULL);
    else if (f->mixed)
        tell_odd(r, f->node, XML_VALUE, XML_ODD_MIXED, NULL, NULL);
    else if (!f->nil)
        tell_value(r, f->node, len ? r->text.data + f->text : "", len);
    if (len) {
        r->text.len = f->text;
        r->text.data[f->text] = '\0';
    }
}

static void
end_stream(struct xml_reader *r, const struct frame *f)
{
    if (f->mixed)
        tell_odd(r, f->node, XML_STREAM, XML_ODD_MIXED, NULL, NULL);
    else if (!f->nil)
        tell_piece(r, f->node, NULL, 0);
}

static void
end_element(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct xml_reader *r = ctx;
    struct frame *f = &r->frames[r->depth];
    struct xml_tag tag = { 0 };

    (void)name;
    (void)prefix;
    (void)uri;
    if (r->code)
        return;
    if (f->empty) {
        tag.end = f->end;
    } else if (!xml_scan_take(&r->scan, &tag)) {
        refuse(r, "xml.malformed", "its tags cannot be followed");
        return;
    }
    r->depth--;
    r->namespaces -= f->namespaces;
    if (f->node < 0)
        return;
    if (f->value)
        end_value(r, f);
    if (f->stream)
        end_stream(r, f);
    for (const struct xml_mark *m = r->paths->names[f->node].marks; m; m = m->next)
        if (m->what == XML_GROUP && r->events->close)
            r->events->close(r->ctx, m->tag, tag.end);
}

static void
add_text(void *ctx, const xmlChar *text, int len)
{
    struct xml_reader *r = ctx;
    struct frame *f = &r->frames[r->depth];

    if (r->code || len <= 0)
        return;
    if (f->stream && !f->nil && !f->mixed)
        tell_piece(r, f->node, (const char *)text, (size_t)len);
    if (!f->value || f->too_long)
        return;
    if (r->text.len - f->text + (size_t)len > (size_t)r->limits.text ||
        !buf_add(&r->text, text, (size_t)len))
        f->too_long = true;
}

static void
meet_dtd(void *ctx, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
    (void)name;
    (void)public_id;
    (void)system_id;
    refuse(ctx, "xml.dtd", "it holds a DTD");
}

static void
meet_instruction(void *ctx, const xmlChar *target, const xmlChar *data)
{
    (void)target;
    (void)data;
    refuse(ctx, "xml.pi", "it holds a processing instruction");
}

static void
meet_reference(void *ctx, const xmlChar *name)
{
    (void)name;
    refuse(ctx, "xml.malformed", "it refers to an entity");
}

static void
release_reader(void *handle)
{
    struct xml_reader *r = handle;

    xmlFreeParserCtxt(r->parser);
    xml_scan_release(&r->scan);
    buf_release(&r->text);
    buf_release(&r->scratch);
}

static void
intern_names(struct arena *mem, struct xml_reader *r)
{
    xmlDictPtr dict = r->parser->dict;

    r->names = arena_alloc(mem, r->paths->count * sizeof *r->names);
    for (size_t i = 0; i < r->paths->count; i++) {
        const struct xml_name *n = &r->paths->names[i];

        r->names[i].name = xmlDictLookup(dict, (const xmlChar *)n->name, -1);
        if (n->uri)
            r->names[i].uri = xmlDictLookup(dict, (const xmlChar *)n->uri, -1);
    }
    r->xsi = xmlDictLookup(dict, (const xmlChar *)XSI, -1);
}

struct xml_reader *
xml_reader_new(struct arena *mem, const struct xml_paths *paths, const struct xml_limits *limits,
               const struct xml_events *events, void *ctx)
{
    struct xml_reader *r = arena_alloc(mem, sizeof *r);
    xmlSAXHandler sax;

    xml_begin();
    memset(&sax, 0, sizeof sax);
    sax.initialized = XML_SAX2_MAGIC;
    sax.startElementNs = start_element;
    sax.endElementNs = end_element;
    sax.characters = sax.ignorableWhitespace = sax.cdataBlock = add_text;
    sax.internalSubset = sax.externalSubset = meet_dtd;
    sax.processingInstruction = meet_instruction;
    sax.reference = meet_reference;
    sax.serror = (xmlStructuredErrorFunc)keep_error;
    r->paths = paths;
    r->limits = *limits;
    r->events = events;
    r->ctx = ctx;
    r->frames = arena_alloc(mem, ((size_t)limits->depth + 1) * sizeof *r->frames);
    r->frames[0].node = XML_ROOT;
    r->frames[0].hint = -1;
    buf_init(&r->text, ((size_t)limits->depth + 1) * (size_t)limits->text);
    buf_init(&r->scratch, XML_SCAN_TAG);
    r->parser = xmlCreatePushParserCtxt(&sax, r, NULL, 0, NULL);
    if (!r->parser)
        (void)memory_get((size_t)-1); /* libxml2 has no other reason to fail here */
    arena_defer(mem, release_reader, r);
    (void)xmlCtxtUseOptions(r->parser, XML_PARSE_NONET);
    intern_names(mem, r);
    return r;
}

/* libxml2 keeps a CDATA section until it ends. A long one is made several for it, where neither its
 * end nor a character is cut in two; that changes nothing in the text. */
static void
part_cdata(struct xml_reader *r, char last)
{
    static const char seam[] = "]]><![CDATA[";

    if (!r->code && last != ']' && (unsigned char)last < 0x80)
        (void)xmlParseChunk(r->parser, seam, sizeof seam - 1, 0);
}

void
xml_reader_feed(struct xml_reader *r, const char *bytes, size_t len)
{
    while (len > 0 && !r->code) {
        size_t slice = len < SLICE ? len : SLICE, from = r->scan.offset, skip = 0;

        if (!xml_scan_feed(&r->scan, bytes, slice)) {
            refuse(r, r->scan.code, r->scan.why);
            return;
        }
        if (from < r->scan.bom)
            skip = r->scan.bom - from < slice ? r->scan.bom - from : slice;
        if (slice > skip)
            (void)xmlParseChunk(r->parser, bytes + skip, (int)(slice - skip), 0);
        if (xml_scan_in_cdata(&r->scan) && slice > skip)
            part_cdata(r, bytes[slice - 1]);
        bytes += slice;
        len -= slice;
    }
}

bool
xml_reader_streams(const struct xml_reader *r, size_t offset)
{
    const struct frame *f = &r->frames[r->depth];

    return !r->code && f->stream && f->end <= offset && xml_scan_in_text(&r->scan);
}

enum verdict
xml_reader_end(struct xml_reader *r, struct error *err)
{
    if (!r->code && r->scan.offset == r->scan.bom)
        return error_set(err, V_REJECT, "xml.empty", "the document is empty");
    if (!r->code)
        (void)xmlParseChunk(r->parser, NULL, 0, 1);
    if (r->code)
        return error_set(err, V_REJECT, r->code, "the document is refused: %s (at byte %zu)",
                         r->why, r->scan.offset);
    if (r->error || r->parser->errNo || !r->parser->wellFormed || !r->parser->nsWellFormed ||
        r->depth != 0 || r->elements == 0)
        return error_set(err, V_REJECT, "xml.malformed",
                         "the document is not well-formed (libxml2 error %d at line %d)",
                         r->error ? r->error : r->parser->errNo, r->line);
    return V_OK;
}
