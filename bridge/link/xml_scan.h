/*
 * xml_scan.h - looks at the bytes of a document before libxml2 does.
 *
 * libxml2 2.9 has no limit on attributes (it takes time in their square), reads
 * encodings that nobody here sends, and acts on a DTD before it says so. The
 * scan follows tags, comments, CDATA and instructions far enough to refuse these
 * at the first byte that shows them, and notes where each tag begins and ends.
 */
#ifndef BRIDGE_LINK_XML_SCAN_H
#define BRIDGE_LINK_XML_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#define XML_SCAN_TAG  ((size_t)16 * 1024) /* bytes of one tag at most */
#define XML_SCAN_WORD 256                 /* bytes of the XML declaration at most */

struct xml_tag {
    size_t start, end; /* offset of '<', and behind '>' */
    bool empty;        /* "/>" */
};

/* All zero is a scan that has seen nothing. */
struct xml_scan {
    int state;
    size_t offset;            /* bytes seen */
    size_t bom;               /* bytes of the byte order mark: 0 or 3 */
    size_t start;             /* offset at which the open construct began */
    char quote, last[2];      /* the two bytes before, within a comment, CDATA or tag */
    char word[XML_SCAN_WORD]; /* an instruction while it is open */
    size_t word_len;
    struct xml_tag *tags; /* found and not yet taken: a ring */
    size_t first, count, room;
    const char *code, *why; /* refused, or NULL */
};

/* False once something is refused. */
bool xml_scan_feed(struct xml_scan *scan, const char *bytes, size_t len);
/* The oldest tag not yet taken; false when there is none. */
bool xml_scan_take(struct xml_scan *scan, struct xml_tag *out);
/* True when no tag waits to be taken and none is open: what was fed last is text. */
bool xml_scan_in_text(const struct xml_scan *scan);
bool xml_scan_in_cdata(const struct xml_scan *scan);
void xml_scan_release(struct xml_scan *scan);

#endif
