/*
 * map_sample.h - remote records written by hand, or saved from "held show" (form: map_tools.h).
 */
#ifndef BRIDGE_MAP_SAMPLE_H
#define BRIDGE_MAP_SAMPLE_H

#include "faults.h"
#include "mapping.h"

/* Records chained by next, nested ones below; NULL when there is none. Streams and paths that the
 * map does not have are faults. */
struct record *map_sample_read(struct arena *mem, const struct mapping *map, const char *path,
                               const char *text, size_t len, struct faults *faults);

#endif
