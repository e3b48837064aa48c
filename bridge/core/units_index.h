/*
 * units_index.h - how a unit is found by a code; units_load() makes it, units.h asks.
 */
#ifndef BRIDGE_UNITS_INDEX_H
#define BRIDGE_UNITS_INDEX_H

#include "arena.h"
#include "units.h"

#define OWN_SCHEME "bridge"

/* For struct units.index; items are borrowed. */
void *units_index(struct arena *mem, const struct unit *items, size_t count);

#endif
