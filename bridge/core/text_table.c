/*
 * Open addressing, at most half full; FNV-1a.
 */
#include "text_table.h"

#include <string.h>

static uint32_t
hash(const char *key, size_t len)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)key[i]) * 16777619u;
    return h ^ (h >> 15);
}

void
text_table_init(struct arena *mem, struct text_table *t, size_t keys)
{
    size_t size = 8;

    while (size < keys * 2)
        size *= 2;
    t->slots = arena_alloc(mem, size * sizeof *t->slots);
    t->mask = size - 1;
}

static struct text_slot *
find(const struct text_table *t, const char *key, size_t len, uint32_t h)
{
    for (size_t i = h & t->mask;; i = (i + 1) & t->mask) {
        struct text_slot *slot = &t->slots[i];

        if (!slot->key || (slot->hash == h && slot->len == len && memcmp(slot->key, key, len) == 0))
            return slot;
    }
}

bool
text_table_put(struct text_table *t, const char *key, size_t len, uint32_t *value)
{
    uint32_t h = hash(key, len);
    struct text_slot *slot = find(t, key, len, h);

    if (slot->key) {
        *value = slot->value;
        return false;
    }
    *slot = (struct text_slot){ key, len, h, *value };
    return true;
}

long
text_table_get(const struct text_table *t, const char *key, size_t len)
{
    const struct text_slot *slot = find(t, key, len, hash(key, len));

    return slot->key ? (long)slot->value : -1;
}
