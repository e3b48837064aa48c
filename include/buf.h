/*
 * buf.h - a growable run of bytes that knows its ceiling.
 *
 * What a peer sends passes through a buf, so that a hostile reply cannot eat
 * the machine. data is always NUL-terminated once anything was added.
 */
#ifndef BRIDGE_BUF_H
#define BRIDGE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "verdict.h"

struct buf {
    char *data; /* owned; NULL until the first byte */
    size_t len; /* bytes, without the NUL */
    size_t room;
    size_t max; /* ceiling in bytes */
};

void buf_init(struct buf *b, size_t max);
/* false, and nothing added, when the ceiling would be passed. */
MUST_CHECK bool buf_add(struct buf *b, const void *bytes, size_t len);
MUST_CHECK bool buf_add_text(struct buf *b, const char *text);
MUST_CHECK bool buf_format(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_clear(struct buf *b);   /* forget the bytes, keep the room */
void buf_release(struct buf *b); /* free; b may be used again after buf_init() */

#endif
