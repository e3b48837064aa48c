/*
 * xml_paths.h - the inside of include/xml.h's paths, for the reader and the writer.
 */
#ifndef BRIDGE_LINK_XML_PATHS_H
#define BRIDGE_LINK_XML_PATHS_H

#include "xml.h"

struct xml_mark {
    enum xml_what what;
    int tag;
    struct xml_mark *next;
};

struct xml_name {
    const char *uri; /* NULL = no namespace */
    const char *name;
    bool attribute;
    int child, next;                  /* first child, next sibling; -1 = none */
    bool group, value, watch, stream; /* what marks holds */
    struct xml_mark *marks;           /* in the order of marking */
};

struct xml_paths {
    struct arena *mem;
    const struct xml_prefix *prefixes;
    size_t prefix_count;
    struct xml_name *names; /* [XML_ROOT] is the document */
    size_t count, room;
};

/* One step of a path, as it is written. */
struct xml_step {
    const char *text; /* prefix and name, without '@'; not NUL-terminated */
    size_t len;
    const char *uri;  /* NULL = no namespace */
    const char *name; /* the local part, within text */
    size_t name_len;
    bool attribute;
};

/* The next step of *path, which is moved behind it. False at the end and at a fault: then *why is
 * set. "." has no steps. */
bool xml_step_next(const struct xml_prefix *prefixes, size_t prefix_count, const char **path,
                   struct xml_step *out, const char **why);

/* Sets libxml2 up for the process, once: memory hooks, no loading of anything, no messages. */
void xml_begin(void);

#endif
