/*
 * text_table.h - a hash table from text to a number, built once and then only read.
 *
 * Keys are borrowed. The first of equal keys is kept.
 */
#ifndef BRIDGE_TEXT_TABLE_H
#define BRIDGE_TEXT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

struct text_slot {
    const char *key; /* NULL = free */
    size_t len;
    uint32_t hash;
    uint32_t value;
};

struct text_table {
    struct text_slot *slots;
    size_t mask; /* slots less one */
};

void
text_table_init(struct arena *mem, struct text_table *t, size_t keys); /* at most that many keys */
/* False when the key was there before; *value is then the one that it has. */
bool text_table_put(struct text_table *t, const char *key, size_t len, uint32_t *value);
/* The value, or -1. */
long text_table_get(const struct text_table *t, const char *key, size_t len);

#endif
