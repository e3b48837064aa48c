/*
 * Questions to a loaded mapping. Maps are short, so lists are walked.
 */
#include "mapping.h"

#include <string.h>

const struct map_call *
mapping_call(const struct mapping *map, const char *name)
{
    for (size_t i = 0; i < map->call_count; i++)
        if (strcmp(map->calls[i].name, name) == 0)
            return &map->calls[i];
    return NULL;
}

const struct map_call *
mapping_carrier(const struct mapping *map, const char *stream)
{
    for (size_t i = 0; i < map->call_count; i++)
        if (map->calls[i].carries && strcmp(map->calls[i].carries, stream) == 0)
            return &map->calls[i];
    return NULL;
}

long
mapping_stream_index(const struct mapping *map, const char *name)
{
    for (size_t i = 0; i < map->stream_count; i++)
        if (map->streams[i].name == name || strcmp(map->streams[i].name, name) == 0)
            return (long)i;
    return -1;
}

const struct map_stream *
mapping_stream(const struct mapping *map, const char *name)
{
    long i = mapping_stream_index(map, name);

    return i < 0 ? NULL : &map->streams[i];
}

const struct map_pair *
map_pair_at(const struct map_pair *pairs, size_t count, const char *key, size_t n)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(pairs[i].key, key) == 0 && n-- == 0)
            return &pairs[i];
    return NULL;
}

const char *
map_get(const struct map_pair *pairs, size_t count, const char *key)
{
    const struct map_pair *pair = map_pair_at(pairs, count, key, 0);

    return pair ? pair->value : NULL;
}

static bool
covers(const char *pattern, const char *word)
{
    size_t len = strlen(pattern);

    if (len && pattern[len - 1] == '*')
        return strncmp(pattern, word, len - 1) == 0;
    return strcmp(pattern, word) == 0;
}

enum verdict
mapping_fault(const struct mapping *map, const char *word, enum verdict fallback)
{
    for (size_t i = 0; i < map->fault_count; i++)
        if (covers(map->faults[i].pattern, word ? word : ""))
            return map->faults[i].verdict;
    return fallback;
}
