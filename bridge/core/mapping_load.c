/*
 * A .map is read in the order of what refers to what, not in the order of the file: [map], then
 * namespaces, limits and codes, then streams, then calls; at last the kind reads its own part.
 * Reading goes on after a fault, so that all of them are seen at once.
 */
#include "mapping_load.h"

#include <string.h>

#include "codes.h"
#include "digest.h"
#include "../base/file.h"
#include "mapping_read.h"
#include "text.h"

static void
take_bytes(void *to, const char *bytes, size_t len)
{
    digest_add_item(to, bytes, len);
}

static bool
is_named(const struct ini_section *section, const char *name)
{
    return strcmp(section->name, name) == 0;
}

/* Names of sections that are known, for a hint. */
static void
unknown_section(const struct reader *r, const struct ini_section *section)
{
    const char *names[64] = { "map",    "namespaces", "call",       "faults",
                              "limits", "codes",      "not carried" };
    size_t n = 7;

    for (size_t i = 0; i < r->dict->count && n < 64; i++)
        names[n++] = r->dict->streams[i].name;
    reader_unknown(r, section->line, "section", section->name, names, n);
}

static void
read_namespaces(const struct reader *r, const struct ini_section *section)
{
    size_t count;
    struct map_pair *pairs = reader_pairs(r, section, &count);
    struct map_namespace *out = arena_alloc(r->mem, (count + 1) * sizeof *out);

    for (size_t i = 0; i < count; i++) {
        out[i] = (struct map_namespace){ pairs[i].key, pairs[i].value, pairs[i].line };
        if (map_pair_at(pairs, i, pairs[i].key, 0))
            fault_add(r->faults, r->path, pairs[i].line, "prefix \"%s\" stands twice",
                      pairs[i].key);
    }
    r->map->namespaces = out;
    r->map->namespace_count = count;
}

static void
read_faults(const struct reader *r, const struct ini_section *section)
{
    static const char *const names[] = { "ok", "retry", "reject", "fatal", "in_doubt" };
    static const enum verdict verdicts[] = { V_OK, V_RETRY, V_REJECT, V_FATAL, V_IN_DOUBT };
    size_t count, n = 0;
    struct map_pair *pairs = reader_pairs(r, section, &count);
    struct map_fault *out = arena_alloc(r->mem, (count + 1) * sizeof *out);

    for (size_t i = 0; i < count; i++) {
        size_t v = 0;

        while (v < 5 && strcmp(names[v], pairs[i].value) != 0)
            v++;
        if (v == 5) {
            reader_unknown(r, pairs[i].line, "verdict", pairs[i].value, names, 5);
            continue;
        }
        if (map_pair_at(pairs, i, pairs[i].key, 0))
            fault_add(r->faults, r->path, pairs[i].line, "\"%s\" stands twice", pairs[i].key);
        out[n++] = (struct map_fault){ pairs[i].key, verdicts[v], pairs[i].line };
    }
    r->map->faults = out;
    r->map->fault_count = n;
}

/* "stream.field = why", "stream.* = why" for all that has no line, "stream = why" for one that has
 * no section. */
static void
read_not_carried(const struct reader *r, const struct ini_section *section)
{
    size_t count;
    struct map_pair *pairs = reader_pairs(r, section, &count);

    for (size_t i = 0; i < count; i++) {
        const char *dot = strchr(pairs[i].key, '.');
        size_t len = dot ? (size_t)(dot - pairs[i].key) : strlen(pairs[i].key);
        const struct dict_stream *stream =
            dict_stream_find(r->dict, arena_text(r->mem, pairs[i].key, len));

        if (!stream || (dot && strcmp(dot, ".*") != 0 && dict_slot(stream, dot + 1) < 0))
            fault_add(r->faults, r->path, pairs[i].line,
                      "\"%s\" is no field of the dictionary, written STREAM.FIELD", pairs[i].key);
        else if (map_pair_at(pairs, i, pairs[i].key, 0))
            fault_add(r->faults, r->path, pairs[i].line, "\"%s\" stands twice", pairs[i].key);
    }
    r->map->not_carried = pairs;
    r->map->not_carried_count = count;
}

/* What is said not to be carried must not be carried. */
static void
check_not_carried(const struct reader *r)
{
    for (size_t i = 0; i < r->map->not_carried_count; i++) {
        const struct map_pair *pair = &r->map->not_carried[i];
        const char *dot = strchr(pair->key, '.');
        size_t len = dot ? (size_t)(dot - pair->key) : strlen(pair->key);
        const struct map_stream *stream =
            mapping_stream(r->map, arena_text(r->mem, pair->key, len));

        if (stream && !dot)
            fault_add(r->faults, r->path, pair->line, "the map has a [%s]", stream->name);
        for (size_t j = 0; stream && dot && j < stream->count; j++)
            if (strcmp(stream->lines[j].canonical, dot + 1) == 0)
                fault_add(r->faults, r->path, pair->line, "\"%s\" is carried by line %d", pair->key,
                          stream->lines[j].line);
    }
}

static void
read_codes(struct reader *r, const struct ini *ini, struct digest *digest)
{
    struct codes *out = arena_alloc(r->mem, (ini->count + 1) * sizeof *out);

    r->map->codes = out;
    for (size_t i = 0; i < ini->count; i++) {
        const struct ini_section *section = &ini->sections[i];
        size_t n = r->map->codes_count;

        if (!is_named(section, "codes"))
            continue;
        if (!*section->arg || strchr(section->arg, ' '))
            fault_add(r->faults, r->path, section->line, "a table is written [codes NAME]");
        for (size_t j = 0; j < n; j++)
            if (strcmp(out[j].name, section->arg) == 0)
                fault_add(r->faults, r->path, section->line, "[codes %s] stands twice",
                          section->arg);
        codes_read(r->mem, r->path, section, take_bytes, digest, &out[n], r->faults);
        r->map->codes_count++;
    }
}

static void
read_streams(struct reader *r, const struct ini *ini)
{
    struct map_stream *out = arena_alloc(r->mem, (ini->count + 1) * sizeof *out);

    r->map->streams = out;
    for (size_t i = 0; i < ini->count; i++) {
        const struct ini_section *section = &ini->sections[i];
        struct map_stream stream;

        if (!dict_stream_find(r->dict, section->name))
            continue;
        if (mapping_stream(r->map, section->name)) {
            fault_add(r->faults, r->path, section->line, "[%s] stands twice", section->name);
            continue;
        }
        if (read_stream(r, section, &stream))
            out[r->map->stream_count++] = stream;
    }
}

static void
read_calls(struct reader *r, const struct ini *ini)
{
    struct map_call *out = arena_alloc(r->mem, (ini->count + 1) * sizeof *out);

    r->map->calls = out;
    for (size_t i = 0; i < ini->count; i++) {
        const struct ini_section *section = &ini->sections[i];
        struct map_call call;

        if (!is_named(section, "call"))
            continue;
        read_call(r, section, &call);
        if (mapping_call(r->map, call.name))
            fault_add(r->faults, r->path, section->line, "[call %s] stands twice", call.name);
        /* the kind's check may rely on the stream of a call */
        else if (mapping_stream(r->map, call.brings    ? call.brings
                                        : call.carries ? call.carries
                                                       : ""))
            out[r->map->call_count++] = call;
    }
}

/* The one section of that name, or NULL; a second one is a fault. */
static const struct ini_section *
only(const struct reader *r, const struct ini *ini, const char *name, const char *arg)
{
    const struct ini_section *found = NULL;

    for (size_t i = 0; i < ini->count; i++) {
        const struct ini_section *section = &ini->sections[i];

        if (!is_named(section, name) || strcmp(section->arg, arg) != 0)
            continue;
        if (found)
            fault_add(r->faults, r->path, section->line, "[%s%s%s] stands twice", name,
                      *arg ? " " : "", arg);
        else
            found = section;
    }
    return found;
}

/* Every section must be of a name that is read above. */
static void
check_sections(const struct reader *r, const struct ini *ini)
{
    static const struct {
        const char *name, *arg; /* arg NULL: any */
    } known[] = { { "map", "" },    { "namespaces", "" }, { "faults", "" },    { "limits", "" },
                  { "call", NULL }, { "codes", NULL },    { "not", "carried" } };

    for (size_t i = 0; i < ini->count; i++) {
        const struct ini_section *section = &ini->sections[i];
        bool ok = dict_stream_find(r->dict, section->name) != NULL;

        for (size_t j = 0; j < sizeof known / sizeof *known && !ok; j++)
            ok = is_named(section, known[j].name) &&
                 (!known[j].arg || strcmp(known[j].arg, section->arg) == 0);
        if (!ok)
            unknown_section(r, section);
    }
}

static void
read_sections(struct reader *r, const struct ini *ini, const struct adapter_ops *const *kinds,
              const struct adapter_ops *forced, struct digest *digest)
{
    const struct ini_section *map = only(r, ini, "map", ""), *section;

    check_sections(r, ini);
    if (map)
        read_map_section(r, map, kinds, forced);
    else
        fault_add(r->faults, r->path, 0, "has no [map]");
    section = only(r, ini, "namespaces", "");
    if (section)
        read_namespaces(r, section);
    section = only(r, ini, "faults", "");
    if (section)
        read_faults(r, section);
    section = only(r, ini, "limits", "");
    if (section)
        read_limits(r, section);
    read_codes(r, ini, digest);
    read_streams(r, ini);
    read_calls(r, ini);
    section = only(r, ini, "not", "carried");
    if (section)
        read_not_carried(r, section);
    check_streams(r);
    check_not_carried(r);
    if (r->ops && r->ops->check)
        r->ops->check(r->map, r->faults);
}

void
mapping_load(struct arena *mem, const char *path, const struct dict *dict,
             const struct units *units, const struct adapter_ops *const *kinds,
             const struct adapter_ops *forced, struct mapping *out,
             const struct adapter_ops **ops_out, struct faults *faults)
{
    struct reader r = { .mem = mem, .dict = dict, .units = units, .map = out, .faults = faults };
    unsigned char sum[DIGEST_BYTES];
    char *hex = arena_alloc(mem, DIGEST_HEX);
    struct digest digest;
    struct ini ini;
    const char *text;
    size_t len;

    r.path = arena_copy(mem, path);
    r.limits = arena_alloc(mem, sizeof *r.limits);
    *out = (struct mapping){
        .path = r.path, .sha256 = hex, .system = "", .title = "", .kind = "", .received = ""
    };
    *ops_out = NULL;
    if (!file_read(mem, path, NULL, 0, &text, &len, faults))
        return;
    digest_begin(&digest);
    digest_add_item(&digest, text, len);
    if (ini_read(mem, r.path, text, len, &ini, faults))
        read_sections(&r, &ini, kinds, forced, &digest);
    digest_end(&digest, sum);
    digest_hex(sum, hex);
    *ops_out = r.ops;
}
