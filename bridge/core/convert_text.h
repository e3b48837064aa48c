/*
 * convert_text.h - texts, the one kind that a peer may have to take shortened.
 */
#ifndef BRIDGE_CONVERT_TEXT_H
#define BRIDGE_CONVERT_TEXT_H

#include "convert.h"

MUST_CHECK enum verdict
convert_text_in(struct arena *mem, const struct map_line *line, const struct field *value,
                struct field *out, struct error *err);
MUST_CHECK enum verdict
convert_text_out(struct arena *mem, const struct map_line *line, const struct field *value,
                 struct field *out, struct mapper_losses *losses, struct error *err);

#endif
