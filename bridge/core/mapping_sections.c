/*
 * [map] and [limits]: what holds for the whole system.
 */
#include <string.h>

#include "clock.h"
#include "mapping_read.h"
#include "text.h"

#define KEYS_MAX 128 /* of one section: the core's and a kind's */

void
reader_unknown(const struct reader *r, int line, const char *what, const char *word,
               const char *const *words, size_t count)
{
    const char *near = text_nearest(word, words, count);

    fault_add(r->faults, r->path, line, "unknown %s \"%s\"%s%s%s", what, word,
              near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

struct map_pair *
reader_pairs(const struct reader *r, const struct ini_section *section, size_t *count)
{
    struct map_pair *pairs = arena_alloc(r->mem, (section->count + 1) * sizeof *pairs);

    *count = 0;
    for (size_t i = 0; i < section->count; i++) {
        const struct ini_line *line = &section->lines[i];

        if (!line->key || !*line->key)
            fault_add(r->faults, r->path, line->line, "in [%s] a line is KEY = VALUE",
                      section->name);
        else if (!*line->value)
            fault_add(r->faults, r->path, line->line, "\"%s\" has no value", line->key);
        else
            pairs[(*count)++] = (struct map_pair){ line->key, line->value, line->line };
    }
    return pairs;
}

static bool
may_repeat(const struct map_key *kinds, const char *key)
{
    for (; kinds && kinds->name; kinds++)
        if (strcmp(kinds->name, key) == 0)
            return kinds->repeat;
    return false;
}

void
reader_check_keys(const struct reader *r, const struct map_pair *pairs, size_t count,
                  const char *const *own, const struct map_key *kinds, const char *section)
{
    const char *names[KEYS_MAX];
    size_t n = 0;

    for (; *own && n < KEYS_MAX; own++)
        names[n++] = *own;
    for (const struct map_key *key = kinds; key && key->name && n < KEYS_MAX; key++)
        names[n++] = key->name;
    for (size_t i = 0; i < count; i++) {
        const char *key = pairs[i].key;
        bool known = false;

        for (size_t j = 0; j < n && !known; j++)
            known = strcmp(names[j], key) == 0;
        if (!known && r->ops)
            reader_unknown(r, pairs[i].line, arena_format(r->mem, "key of [%s]", section), key,
                           names, n);
        if (!known && !r->ops)
            continue; /* it may be one that its kind lets stand several times */
        if (map_pair_at(pairs, i, key, 0) && !may_repeat(kinds, key))
            fault_add(r->faults, r->path, pairs[i].line, "\"%s\" stands twice", key);
    }
}

/* ---- [map] ---- */

static const char *const map_keys[] = { "system",   "title",   "kind", "role", "zone",
                                        "received", "dispose", "keep", NULL };

static const struct map_pair *
pair_of(const struct map_pair *pairs, size_t count, const char *key)
{
    return map_pair_at(pairs, count, key, 0);
}

static bool
is_system_name(const char *name)
{
    size_t len = strlen(name);

    return len > 0 && len <= 20 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

static void
find_kind(struct reader *r, const struct map_pair *kind, const struct adapter_ops *const *kinds,
          const struct adapter_ops *forced)
{
    const char *names[32];
    size_t n = 0;

    r->ops = forced;
    if (!kind)
        return;
    r->map->kind = kind->value;
    for (; kinds && *kinds && n < 32 && !r->ops; kinds++) {
        names[n++] = (*kinds)->name;
        if (strcmp((*kinds)->name, kind->value) == 0)
            r->ops = *kinds;
    }
    if (!r->ops)
        reader_unknown(r, kind->line, "kind", kind->value, names, n);
}

/* Which of the words a pair has, or -1 with its fault told; NULL is none. */
static int
read_word(const struct reader *r, const struct map_pair *pair, const char *const *words,
          size_t count)
{
    for (size_t i = 0; pair && i < count; i++)
        if (strcmp(words[i], pair->value) == 0)
            return (int)i;
    if (pair)
        reader_unknown(r, pair->line, pair->key, pair->value, words, count);
    return -1;
}

static void
read_role(const struct reader *r, const struct map_pair *role)
{
    static const char *const names[] = { "portal", "police", "archive" };
    static const enum map_role roles[] = { ROLE_PORTAL, ROLE_POLICE, ROLE_ARCHIVE };

    int i = read_word(r, role, names, 3);

    if (i >= 0)
        r->map->role = roles[i];
}

static void
read_keep(const struct reader *r, const struct map_pair *keep)
{
    static const char *const names[] = { "bytes", "sealed", "digest" };
    static const enum map_keep keeps[] = { KEEP_BYTES, KEEP_SEALED, KEEP_DIGEST };

    int i = read_word(r, keep, names, 3);

    if (i >= 0)
        r->map->keep = keeps[i];
}

static void
read_received(const struct reader *r, const struct map_pair *received)
{
    const struct dict_stream *complaint = dict_stream_find(r->dict, "complaint");
    long slot;

    r->map->received = received ? received->value : "received_at";
    if (!received || !complaint)
        return;
    slot = dict_slot(complaint, received->value);
    if (slot < 0 || complaint->fields[slot].kind != KIND_TIME)
        fault_add(r->faults, r->path, received->line,
                  "received must name a time of the complaint, like marked_at");
}

void
read_map_section(struct reader *r, const struct ini_section *section,
                 const struct adapter_ops *const *kinds, const struct adapter_ops *forced)
{
    static const char *const needed[] = { "system", "kind", "role", "zone" };
    size_t count;
    struct map_pair *pairs = reader_pairs(r, section, &count), *own;
    const struct map_pair *zone = pair_of(pairs, count, "zone");
    const struct map_pair *system = pair_of(pairs, count, "system");
    const struct map_pair *dispose = pair_of(pairs, count, "dispose");
    size_t own_count = 0;

    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!pair_of(pairs, count, needed[i]))
            fault_add(r->faults, r->path, section->line, "[map] has no \"%s\"", needed[i]);
    if (system) {
        r->map->system = system->value;
        if (!is_system_name(system->value))
            fault_add(r->faults, r->path, system->line,
                      "system is at most 20 small letters, digits and _");
    }
    r->map->title = map_get(pairs, count, "title");
    if (!r->map->title)
        r->map->title = r->map->system;
    find_kind(r, pair_of(pairs, count, "kind"), kinds, forced);
    read_role(r, pair_of(pairs, count, "role"));
    read_received(r, pair_of(pairs, count, "received"));
    read_keep(r, pair_of(pairs, count, "keep"));
    r->keep_line = pair_of(pairs, count, "keep") ? pair_of(pairs, count, "keep")->line : 0;
    if (zone && !clock_zone(zone->value, &r->map->zone))
        fault_add(r->faults, r->path, zone->line,
                  "zone must be Asia/Kolkata, UTC or an offset like +05:30");
    r->map->dispose_satisfied = dispose && strcmp(dispose->value, "satisfied") == 0;
    if (dispose && !r->map->dispose_satisfied)
        fault_add(r->faults, r->path, dispose->line, "dispose must be satisfied, or be left out");
    reader_check_keys(r, pairs, count, map_keys, r->ops ? r->ops->map_keys : NULL, "map");

    own = arena_alloc(r->mem, (count + 1) * sizeof *own);
    for (size_t i = 0; i < count; i++) {
        bool core = false;

        for (size_t j = 0; map_keys[j] && !core; j++)
            core = strcmp(map_keys[j], pairs[i].key) == 0;
        if (!core)
            own[own_count++] = pairs[i];
    }
    r->map->pairs = own;
    r->map->pair_count = own_count;
}

/* ---- [limits] ---- */

static const char *const limit_keys[] = { "text.max", "text.forbid", "file.types", "file.max",
                                          NULL };

static size_t
char_bytes(const char *text)
{
    size_t n = 1;

    while (((unsigned char)text[n] & 0xC0) == 0x80)
        n++;
    return n;
}

/* Characters parted by blanks; \n and \t name the two that cannot be written. */
static void
read_forbid(const struct reader *r, const struct map_pair *pair)
{
    const char *list = pair->value, *word;
    const char **chars = NULL;
    size_t n = 0, room = 0, len;

    while (text_word(&list, &word, &len)) {
        chars = arena_grow(r->mem, chars, n + 1, &room, sizeof *chars);
        if (text_same(word, len, "\\n"))
            chars[n++] = "\n";
        else if (text_same(word, len, "\\t"))
            chars[n++] = "\t";
        else if (char_bytes(word) == len)
            chars[n++] = arena_text(r->mem, word, len);
        else
            fault_add(r->faults, r->path, pair->line,
                      "text.forbid lists single characters, parted by blanks");
        chars[n] = NULL;
    }
    r->limits->forbid = chars;
}

/* MIME types ("image/" and a star is any of them) and endings of names. */
static void
read_types(const struct reader *r, const struct map_pair *pair)
{
    const char *list = pair->value, *word;
    const char **types = NULL;
    size_t n = 0, room = 0, len;

    while (text_word(&list, &word, &len)) {
        const char *slash = memchr(word, '/', len);
        const char *bare = *word == '.' ? word + 1 : word;

        types = arena_grow(r->mem, types, n + 1, &room, sizeof *types);
        if (slash ? slash == word || slash + 1 == word + len ||
                        memchr(slash + 1, '/', len - (size_t)(slash - word) - 1)
                  : bare == word + len || strcspn(bare, ".*\\ \t") < len - (size_t)(bare - word))
            fault_add(
                r->faults, r->path, pair->line,
                "file.types lists MIME types like application/pdf or image/*, or endings like "
                "pdf: \"%.*s\" is neither",
                (int)len, word);
        types[n++] =
            arena_text(r->mem, slash ? word : bare, len - (size_t)(slash ? 0 : bare - word));
        types[n] = NULL;
    }
    r->map->file_types = types;
}

void
read_limits(struct reader *r, const struct ini_section *section)
{
    const struct map_pair *pair;
    int64_t max = 0;
    long bytes = 0;

    r->map->limits = reader_pairs(r, section, &r->map->limit_count);
    for (size_t i = 0; i < r->map->limit_count; i++) {
        bool known = false;

        pair = &r->map->limits[i];
        for (size_t j = 0; limit_keys[j] && !known; j++)
            known = strcmp(limit_keys[j], pair->key) == 0;
        if (!known)
            reader_unknown(r, pair->line, "key of [limits]", pair->key, limit_keys, 4);
        if (map_pair_at(r->map->limits, i, pair->key, 0))
            fault_add(r->faults, r->path, pair->line, "\"%s\" stands twice", pair->key);
    }
    pair = pair_of(r->map->limits, r->map->limit_count, "text.max");
    if (pair && (!text_int(pair->value, strlen(pair->value), &max) || max < 1))
        fault_add(r->faults, r->path, pair->line, "text.max must be a number of characters");
    r->limits->max = max > 0 ? (size_t)max : 0;
    pair = pair_of(r->map->limits, r->map->limit_count, "text.forbid");
    if (pair)
        read_forbid(r, pair);
    pair = pair_of(r->map->limits, r->map->limit_count, "file.max");
    if (pair && (!text_size(pair->value, &bytes) || bytes < 1))
        fault_add(r->faults, r->path, pair->line, "file.max must be a size like 2m");
    r->map->file_max = bytes;
    pair = pair_of(r->map->limits, r->map->limit_count, "file.types");
    if (pair)
        read_types(r, pair);
}
