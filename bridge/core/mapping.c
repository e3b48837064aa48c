/*
 * Questions to a loaded mapping. Maps are short, so lists are walked.
 */
#include "mapping.h"

#include <string.h>
#include <strings.h>

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

const struct field *
mapping_value(const struct mapping *map, const struct record *canonical, const char *name)
{
    const struct map_stream *stream = mapping_stream(map, canonical->stream);

    return dict_value(stream ? stream->dict : NULL, canonical, name);
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

/* "image/" and a star, or the type itself; parameters behind ';' are left out. */
static bool
is_type(const char *word, const char *type)
{
    size_t len = strcspn(type, "; \t"), stem = strlen(word);

    if (stem > 1 && word[stem - 1] == '*')
        return len >= stem - 1 && strncasecmp(word, type, stem - 1) == 0;
    return len == stem && strncasecmp(word, type, len) == 0;
}

static bool
is_ending(const char *word, const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && strcasecmp(dot + 1, word) == 0;
}

bool
mapping_takes_type(const struct mapping *map, const char *type, const char *name)
{
    if (!map->file_types)
        return true;
    for (const char *const *word = map->file_types; *word; word++)
        if (strchr(*word, '/') ? type && is_type(*word, type) : name && is_ending(*word, name))
            return true;
    return false;
}

int64_t
mapping_file_max(const struct mapping *map)
{
    return map->file_max > 0 ? map->file_max : INT64_MAX;
}

bool
mapping_seals(const struct mapping *map)
{
    if (map->keep == KEEP_SEALED)
        return true;
    for (size_t i = 0; i < map->stream_count; i++)
        for (size_t j = 0; j < map->streams[i].count; j++)
            if (map->streams[i].lines[j].flags & MAP_SEAL)
                return true;
    return false;
}
