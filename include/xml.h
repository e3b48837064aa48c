/*
 * xml.h - XML of peers that nobody trusts, read while it arrives, and XML written.
 *
 * Reading: the paths that a caller wants are compiled once into a tree of names
 * (xml_paths); a reader takes bytes in pieces of any size and tells what lies at
 * those paths, in document order, by callbacks. No document is built. Names are
 * compared by namespace URI and local name, never by prefix.
 *
 * Refused: a DTD in any form, processing instructions other than the XML
 * declaration, encodings other than UTF-8, and what passes the limits. No entity
 * is ever loaded. Running out of memory in libxml2 ends the process: it would
 * otherwise lose values without a word.
 *
 * The callbacks fire before the document is known to be well-formed: what they
 * gather counts only once xml_reader_end() has answered V_OK.
 *
 * Paths: "g:List/g:Rec", "g:Rec/@code", "@code", "." (the element itself). A step
 * without prefix is a name without namespace. No wildcards, no conditions.
 */
#ifndef BRIDGE_XML_H
#define BRIDGE_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "buf.h"
#include "verdict.h"

struct xml_prefix {
    const char *prefix, *uri;
};

/* ---- paths ---- */

struct xml_paths;

enum xml_what {
    XML_GROUP,  /* tell when the element opens and closes */
    XML_VALUE,  /* tell its text, or the attribute's */
    XML_WATCH,  /* tell of each child element that no path names */
    XML_STREAM, /* tell its text piece by piece, as long as it is: no limit of text */
};

#define XML_ROOT 0 /* the document: its child is the root element */

/* prefixes are borrowed. */
struct xml_paths *
xml_paths_new(struct arena *mem, const struct xml_prefix *prefixes, size_t prefix_count);
/* The node of a child element, made when it is not there yet. */
int xml_paths_step(struct xml_paths *paths, int below, const char *uri, const char *name);
/* The node that a path leads to from another, or -1 with *why set to what is wrong with the path.
 * A path to an attribute may only be marked XML_VALUE. */
int xml_paths_add(struct xml_paths *paths, int below, const char *path, const char **why);
/* Asks to be told; tag comes back in the callbacks. One node may be marked several times. */
void xml_paths_mark(struct xml_paths *paths, int node, enum xml_what what, int tag);

/* NULL when the path can be read with these prefixes, else what is wrong with it. */
const char *
xml_path_fault(const struct xml_prefix *prefixes, size_t prefix_count, const char *path);

/* ---- reading ---- */

struct xml_limits {
    long depth;    /* elements in one another */
    long elements; /* in the document */
    long text;     /* bytes of one value; a longer one is an oddity, not the end */
};

extern const struct xml_limits xml_limits_default; /* 64, 200,000, 1 MiB */

enum xml_odd {
    XML_ODD_MIXED,    /* an element stands inside a value that should be text */
    XML_ODD_LONG,     /* a value passes limits.text; it is not told */
    XML_ODD_STRANGER, /* a child of a watched element that no path names */
};

/* NULL members are not called. Offsets count bytes of the document from its first, a byte order
 * mark included. Texts live until the callback returns; they are NUL-terminated. */
struct xml_events {
    void (*open)(void *ctx, int tag, size_t offset);  /* of the '<' */
    void (*close)(void *ctx, int tag, size_t offset); /* behind the '>' */
    /* An empty element or attribute is ""; one with xsi:nil="true" is not told. */
    void (*value)(void *ctx, int tag, const char *text, size_t len);
    /* A piece of a streamed value, not NUL-terminated; the last call has NULL and 0, also for an
     * empty element. Entities are resolved, pieces end anywhere. With xsi:nil="true" it is not
     * told; when an element that no path names stands inside, XML_ODD_MIXED is told instead of the
     * last call. Attributes are never streamed. */
    void (*piece)(void *ctx, int tag, const char *text, size_t len);
    /* name and uri are the stranger's, else NULL; a uri of NULL is no namespace. */
    void (*odd)(void *ctx, int tag, enum xml_odd what, const char *uri, const char *name);
};

struct xml_reader;

/* paths and events are borrowed; the reader goes with mem. */
struct xml_reader *
xml_reader_new(struct arena *mem, const struct xml_paths *paths, const struct xml_limits *limits,
               const struct xml_events *events, void *ctx);
/* True while the reader stands inside a streamed value that began at or before this offset: a
 * caller that keeps the bytes may leave out what it fed since, for it is text of that value. */
bool xml_reader_streams(const struct xml_reader *reader, size_t offset);
/* Once something was refused, further bytes are ignored. */
void xml_reader_feed(struct xml_reader *reader, const char *bytes, size_t len);
/*
 * V_OK: the document is whole and well-formed. Else V_REJECT with code xml.empty, xml.malformed,
 * xml.dtd, xml.pi, xml.encoding or xml.limit. Call it once.
 */
MUST_CHECK enum verdict xml_reader_end(struct xml_reader *reader, struct error *err);

/* ---- writing ---- */

/* An element of a document that is being made; lives in the arena of xml_tree_new(). */
struct xml_node;

/* True when XML 1.0 can carry the text: valid UTF-8, no control but tab, newline and return, no
 * U+FFFE, U+FFFF. */
bool xml_can_carry(const char *text, size_t len);

/* A document with its root element ("p:Name"), which declares all prefixes. prefixes are
 * borrowed. NULL when root is not one step. */
struct xml_node *xml_tree_new(struct arena *mem, const struct xml_prefix *prefixes,
                              size_t prefix_count, const char *root);
/* A further element at a path below node, also when one is there; the elements on the way to it
 * are shared with earlier paths. "." gives node itself. NULL for a faulty path or an attribute. */
struct xml_node *xml_tree_element(struct xml_node *node, const char *path);
/*
 * A value at a path below node. Elements on the way are shared with earlier paths, and so is the
 * last one while it has no text; elements stand in the order in which they were first named.
 * V_REJECT "xml.char" for what XML cannot carry, "xml.path" for a faulty path or an attribute or
 * "." that has a value already.
 */
MUST_CHECK enum verdict xml_tree_put(struct xml_node *node, const char *path, const char *text,
                                     size_t len, struct error *err);
/* The document as UTF-8. V_REJECT "xml.limit" when out's ceiling is passed. */
MUST_CHECK enum verdict
xml_tree_write(const struct xml_node *root, struct buf *out, struct error *err);

#endif
