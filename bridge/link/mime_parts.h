/*
 * mime_parts.h - what mime.c and mime_head.c share.
 */
#ifndef BRIDGE_LINK_MIME_PARTS_H
#define BRIDGE_LINK_MIME_PARTS_H

#include "content.h"
#include "mime.h"

#define MIME_BOUNDARY 70 /* characters at most (RFC 2046) */

/* The headers of a part. */
struct mime_head {
    struct mime_part part;
    const char *encoding; /* Content-Transfer-Encoding, or NULL */
};

/* text ends with the empty line. Returns NULL, or what is wrong with it. */
MUST_CHECK const char *
mime_read_head(struct arena *mem, const char *text, size_t len, struct mime_head *out);
/* Without blanks around it and < and >; NULL gives NULL. */
const char *mime_bare_id(struct arena *mem, const char *id);
bool mime_boundary_is_good(const char *boundary);

#endif
