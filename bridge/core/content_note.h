/*
 * content_note.h - the page that stands for a content which a peer does not take.
 */
#ifndef BRIDGE_CORE_CONTENT_NOTE_H
#define BRIDGE_CORE_CONTENT_NOTE_H

#include "arena.h"
#include "content.h"
#include "verdict.h"

/*
 * A PDF of one page in ASCII: number of the complaint, SHA-256, size and type of the content, why
 * it is not sent, and that the police keep it. The same arguments give the same bytes. out is what
 * the store has then.
 */
MUST_CHECK enum verdict
content_note(struct contents *contents, struct arena *mem, const struct content_facts *of,
             const char *number, const char *why, struct content_facts *out, struct error *err);

#endif
