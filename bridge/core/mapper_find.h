/*
 * mapper_find.h - the fields of a record that no system tells: what script its body is in, and what
 * a text in a legacy font says.
 */
#ifndef BRIDGE_MAPPER_FIND_H
#define BRIDGE_MAPPER_FIND_H

#include "arena.h"
#include "convert.h"
#include "record.h"

/* Fills them in a canonical record that was read. */
void mapper_find(struct arena *mem, const struct map_stream *stream, struct record *record);

/* "D" Devanagari, "L" Latin, "M" when both have a tenth of the letters or more, or neither has any.
 */
const char *mapper_script(const char *text, size_t len);

#endif
