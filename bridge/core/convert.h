/*
 * convert.h - the kinds: how the peer's text of one field becomes the canonical one, and back.
 *
 * To add a kind: a member of enum kind, and a row in convert.c.
 */
#ifndef BRIDGE_CONVERT_H
#define BRIDGE_CONVERT_H

#include <regex.h>
#include <stdbool.h>

#include "mapper.h"
#include "mapping.h"

/* What mapping_load() works out of [limits] once. */
struct text_limits {
    size_t max;                /* characters; 0 = no limit */
    const char *const *forbid; /* characters, each as its own UTF-8 text; NULL ends */
};

/* What mapping_load() works out of a line once; struct map_line.compiled. */
struct line_plan {
    regex_t *match;  /* of the whole peer text, or NULL */
    size_t most;     /* characters of the canonical text; 0 = no limit */
    size_t most_out; /* characters that the peer takes; 0 = no limit */
    bool may_cut;    /* longer texts are shortened for it, and counted; else refused */
    const struct text_limits *limits;
};

/* The word of a kind in maps and in the dictionary; false when there is none of that name. */
bool kind_find(const char *name, enum kind *out);
const char *kind_name(enum kind kind);
const char *kind_nearest(const char *name);
/* Whether a line of this kind can carry a field of that kind: its own, and codes for text and
 * whole numbers too. */
bool kind_fits(enum kind line, enum kind field);

/* An empty result is absent: text NULL. The text may be that of value, which must live as long. */
MUST_CHECK enum verdict
convert_in(const struct mapper *m, struct arena *mem, const struct map_line *line,
           const struct field *value, struct field *out, struct error *err);
MUST_CHECK enum verdict
convert_out(const struct mapper *m, struct arena *mem, const struct map_line *line,
            const struct field *value, struct field *out, struct mapper_losses *losses,
            struct error *err);

/* Fills *err for this line: the field and the path that are at fault, never the value. */
enum verdict convert_refuse(struct error *err, const struct map_line *line, const char *code,
                            const char *fmt, ...) PRINTF_LIKE(4, 5);

#endif
