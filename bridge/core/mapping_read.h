/*
 * mapping_read.h - the parts of mapping_load(): each reads one kind of section.
 */
#ifndef BRIDGE_MAPPING_READ_H
#define BRIDGE_MAPPING_READ_H

#include "../base/ini.h"
#include "adapter.h"
#include "convert.h"
#include "faults.h"
#include "mapping.h"

struct reader {
    struct arena *mem;
    const char *path;
    const struct dict *dict;
    const struct units *units;
    const struct adapter_ops *ops; /* NULL when the kind is not known */
    struct mapping *map;           /* being filled */
    struct text_limits *limits;
    int keep_line; /* of "keep =" in [map]; 0 when it is not there */
    struct faults *faults;
};

/* Adds ", did you mean ..." when a word of the list is near. */
void reader_unknown(const struct reader *r, int line, const char *what, const char *word,
                    const char *const *words, size_t count);
/* The pairs of a section, in order; a row without '=' and an empty value are faults. */
struct map_pair *
reader_pairs(const struct reader *r, const struct ini_section *section, size_t *count);
/* Faults for keys that neither own (NULL-ended) nor the kind's table knows, and for repeats. */
void reader_check_keys(const struct reader *r, const struct map_pair *pairs, size_t count,
                       const char *const *own, const struct map_key *kinds, const char *section);

void read_map_section(struct reader *r, const struct ini_section *section,
                      const struct adapter_ops *const *kinds, const struct adapter_ops *forced);
void read_limits(struct reader *r, const struct ini_section *section);

/* [STREAM] and [STREAM in PARENT at PATH]; false when the section names no stream. */
MUST_CHECK bool
read_stream(struct reader *r, const struct ini_section *section, struct map_stream *out);
/* What the mapper works out of a stream once; struct map_stream.compiled. */
const void *compile_stream(const struct reader *r, const struct map_stream *stream);
/* What can be said of the streams only when all of them and the calls are read. */
void check_streams(const struct reader *r);

void read_call(struct reader *r, const struct ini_section *section, struct map_call *out);

#endif
