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
    long with_slot; /* of the field with the text beside the word, or -1 */
    bool late;      /* needs other fields of its record: the day, or that text */
};

#define DAY_TEXT 11 /* YYYY-MM-DD with the NUL */

/* What mapping_load() works out of a stream once; struct map_stream.compiled. */
struct stream_plan {
    bool seals, late; /* a line has "seal"; a line is late */
    size_t days[5];   /* slots of the times that tell the day of a record, the best first */
    size_t day_count;
    const struct map_line *body, *subject; /* that are read, and not sealed; or NULL */
    /* slots to be found, -1 when the stream has none or a line of its own reads it */
    long script, body_unicode, subject_unicode;
};

/* What a late line needs to know of its record. */
struct beside {
    const char *day;            /* YYYY-MM-DD, or NULL */
    const char *text;           /* of the field that with= names, or NULL */
    const struct map_code *row; /* outward: the row that was taken, or NULL */
};

/* The word of a kind in maps and in the dictionary; false when there is none of that name. */
bool kind_find(const char *name, enum kind *out);
const char *kind_name(enum kind kind);
const char *kind_nearest(const char *name);
/* Whether a line of this kind can carry a field of that kind: its own, and codes for text and
 * whole numbers too. */
bool kind_fits(enum kind line, enum kind field);

/* An empty result is absent: text NULL. The text may be that of value, which must live as long.
 * beside may be NULL. */
MUST_CHECK enum verdict
convert_in(const struct mapper *m, struct arena *mem, const struct map_line *line,
           const struct field *value, const struct beside *beside, struct field *out,
           struct error *err);
MUST_CHECK enum verdict
convert_out(const struct mapper *m, struct arena *mem, const struct map_line *line,
            const struct field *value, struct beside *beside, struct field *out,
            struct mapper_losses *losses, struct error *err);

/* Fills *err for this line: the field and the path that are at fault, never the value. */
enum verdict convert_refuse(struct error *err, const struct map_line *line, const char *code,
                            const char *fmt, ...) PRINTF_LIKE(4, 5);

#endif
