/*
 * wire_reading.h - one reading of one call of a map, shared by wire_map.c (what a call brings),
 * wire_map_push.c (what it carries) and wire_request.c (what it says).
 */
#ifndef BRIDGE_ADAPTERS_WIRE_READING_H
#define BRIDGE_ADAPTERS_WIRE_READING_H

#include "wire.h"

#define WIRE_XOP "http://www.w3.org/2004/08/xop/include"

struct reading {
    struct wire *wire;
    struct arena *mem;
    const struct mapping *map;
    struct wire_call *out;
    struct faults *faults;   /* NULL when the map is known to be good */
    struct xml_paths *paths; /* of the document that holds the response */
    int frame;               /* node above the response as the reply has it: Body, or the root */
    int body;                /* node above the response; another one where it is unwrapped */
    int response;            /* -1 while there is none */
    const char *response_path;
    const char *wrapper; /* first step of "unwrap", or NULL */
    bool rpc;            /* parts have no namespace */
};

/* Tells a fault once, however many calls share the line. */
void wire_complain(struct reading *r, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The first value of a key of the call, or NULL. */
const struct map_pair *wire_pair(const struct reading *r, const char *key);
/* NULL when the path can be read, else what is wrong with it. */
const char *wire_path_fault(const struct reading *r, const char *path);
/* NULL when the path is that of one element, as it is written. */
const char *wire_element_fault(const struct reading *r, const char *path);

/* Asks to be told of a node of r->paths. */
void wire_mark(struct reading *r, int node, enum xml_what what, enum wire_what meaning,
               size_t stream, size_t line);
/* A node by its path, or -1 with the fault told. */
int
wire_node(struct reading *r, int below, const char *path, int line, const char *what, bool element);
/* A node by a path that must begin with the response element, as records, result and more do. */
int wire_node_in_response(struct reading *r, const char *path, int line, const char *what,
                          bool element);
/* "LEFT = RIGHT"; false when there is no '=' or a side is empty. */
bool wire_split(struct arena *mem, const char *text, const char **left, const char **right);
/* Tells of a path whose first step has a prefix, where style = rpc takes none. */
void wire_check_part(struct reading *r, const char *path, int line, const char *what);

/* True when the path goes below that step; NULL is no step. */
bool wire_begins_with(const char *path, const char *step);

void wire_read_frame(struct reading *r);   /* wire_frame.c */
void wire_read_request(struct reading *r); /* wire_request.c */
void wire_read_push(struct reading *r);    /* wire_map_push.c */

#endif
