/*
 * page.h - pages that people read: XML into HTML by XSLT 1.0 (libxslt).
 *
 * A document is built as a tree: elements by page_add(), and whole pieces of XML as PostgreSQL
 * writes them by page_add_xml(). Every text that goes in may be a stranger's: controls, marks that
 * turn the direction of writing, and what is no UTF-8 become U+FFFD; all else is text and stays
 * text.
 *
 * Stylesheets are ours and lie in the folder of mappings. One may import others of its own folder;
 * beyond that it reads no file and no address and writes none: document(), xsl:document and their
 * kind fail the page. Besides XPath they have, in the namespace PAGE_NAMESPACE:
 *   b:local(TIME)   a time as clock.h writes it, in the zone that page_make() is given:
 *                   "2020-06-01 05:30"; what is no time stays as it is
 *   b:count(N)      12,34,567: figures grouped as in India; what is no whole number stays
 */
#ifndef BRIDGE_PAGE_H
#define BRIDGE_PAGE_H

#include "arena.h"
#include "buf.h"
#include "verdict.h"

#define PAGE_NAMESPACE "urn:cctns-bridge:page"

/* ---- the document ---- */

struct page_node;

/* The root element; the document goes with mem. */
struct page_node *page_new(struct arena *mem, const char *root);
/* A further child of that name. text NULL = none; one may still be given children. */
struct page_node *page_add(struct page_node *parent, const char *name, const char *text);
/* The last child element, or NULL. */
struct page_node *page_last(const struct page_node *parent);
/* An attribute; value NULL = none. */
void page_set(struct page_node *node, const char *name, const char *value);
/* A child of that name that holds a piece of XML: elements one behind the other, without a
 * declaration, a DTD or entities but the five of XML. V_FATAL "page.xml" when it is not
 * well-formed, V_FATAL "page.limit" when it is longer than 64 MiB. */
MUST_CHECK enum verdict page_add_xml(struct page_node *parent, const char *name, const char *xml,
                                     size_t len, struct error *err);

/* ---- the page ---- */

struct page_style;

struct page_param {
    const char *name, *text; /* xsl:param of that name; its value is a string */
};

/* Reads FOLDER/NAME and what it imports; it goes with mem. V_FATAL "page.style": it cannot be used;
 * err->where is file:line where that is known. */
MUST_CHECK enum verdict page_style(struct arena *mem, const char *folder, const char *name,
                                   struct page_style **out, struct error *err);
/* Adds the page to out. zone_minutes: of the times that people read. The document is not changed,
 * and may be made into further pages. V_FATAL "page.make": the stylesheet failed, or asked for what
 * it may not have; V_FATAL "page.limit": out is full. */
MUST_CHECK enum verdict page_make(const struct page_style *style, const struct page_node *root,
                                  const struct page_param *params, size_t count, int zone_minutes,
                                  struct buf *out, struct error *err);

/* What any text is made into before it goes in: for those who write the same text elsewhere. */
const char *page_text(struct arena *mem, const char *text, size_t len);

#endif
