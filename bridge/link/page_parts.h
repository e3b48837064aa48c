/*
 * page_parts.h - what the files of page share among themselves.
 */
#ifndef BRIDGE_PAGE_PARTS_H
#define BRIDGE_PAGE_PARTS_H

#include <libxml/tree.h>

#include "page.h"

/* A node of the document is libxml2's. */
xmlNodePtr page_xml(const struct page_node *node);

/* Makes b:local() and b:count() known to one transformation; zone_minutes outlives it. */
struct _xsltTransformContext;
void page_calls(struct _xsltTransformContext *transform, int *zone_minutes);

#endif
