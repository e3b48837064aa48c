/*
 * content_fit.h - what a target takes of the contents of attachments, by [limits] of its map:
 *
 *   file.types = application/pdf .doc    MIME types by what is in the content, endings of the name
 *   file.max   = 2m                      bytes
 *
 * A content that does not fit is replaced, for this delivery alone, by a note of one page that
 * names it (content_note.h). The content itself stays where it is.
 */
#ifndef BRIDGE_CONTENT_FIT_H
#define BRIDGE_CONTENT_FIT_H

#include "content.h"
#include "mapping.h"

/*
 * attachment is a canonical record of the target's stream: content, name, type, size and role are
 * set to what is to be sent. *why is NULL, or why a note goes instead; one line, no name of a
 * person. V_REJECT "content.absent": the store does not have it.
 */
MUST_CHECK enum verdict
content_fit(struct contents *contents, struct arena *mem, const struct mapping *target,
            struct record *attachment, const char *number, const char **why, struct error *err);

#endif
