/*
 * mapping_load.h - reads canonical.fields and .map files (grammar: mappings/README.md).
 */
#ifndef BRIDGE_MAPPING_LOAD_H
#define BRIDGE_MAPPING_LOAD_H

#include "faults.h"
#include "mapping.h"

struct adapter_ops;
struct units;

void dict_load(struct arena *mem, const char *path, struct dict *out, struct faults *faults);

/* kinds: ops of the known kinds, for the keys that each takes in [map] and [call] and for its
 * check(); forced (may be NULL) is used instead whatever the map's kind word says (a plug-in).
 * *ops_out is the kind found. Every fault is added; the mapping is usable only if none was. */
void mapping_load(struct arena *mem, const char *path, const struct dict *dict,
                  const struct units *units, const struct adapter_ops *const *kinds,
                  const struct adapter_ops *forced, struct mapping *out,
                  const struct adapter_ops **ops_out, struct faults *faults);

#endif
