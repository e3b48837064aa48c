/*
 * xml_file.h - XML written into a file as it comes, by libxml2: no document is built.
 *
 * Every text may be a stranger's: it is made into what XML carries (page.h, page_text()) and
 * escaped. Names are ours. What a disk does not take is told by xml_file_close().
 */
#ifndef BRIDGE_LINK_XML_FILE_H
#define BRIDGE_LINK_XML_FILE_H

#include "arena.h"
#include "verdict.h"

struct xml_file;

/* Writes over the file, and begins the root element; uri is its namespace. V_FATAL "xml.write". */
MUST_CHECK enum verdict xml_file_open(struct arena *mem, const char *path, const char *root,
                                      const char *uri, struct xml_file **out, struct error *err);
void xml_file_begin(struct xml_file *x, const char *name);
/* Of the element that was begun, before anything else of it; text NULL = none. */
void xml_file_set(struct xml_file *x, const char *name, const char *text);
/* A whole element; text NULL = none. */
void xml_file_put(struct xml_file *x, const char *name, const char *text);
void xml_file_end(struct xml_file *x);
/* Ends what is open. V_FATAL "xml.write" when not all of it is there. */
MUST_CHECK enum verdict xml_file_close(struct xml_file *x, struct error *err);
void xml_file_drop(struct xml_file *x); /* instead; NULL is fine */

#endif
