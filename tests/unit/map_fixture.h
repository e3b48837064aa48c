/*
 * map_fixture.h - what the tests of maps, mapper and conf share: a kind of endpoint without a peer,
 * and the loading of a map.
 */
#ifndef TESTS_MAP_FIXTURE_H
#define TESTS_MAP_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "adapter.h"
#include "core/mapper.h"
#include "core/mapping_load.h"
#include "core/units.h"

#define FIXTURES "tests/fixtures/map/"

struct probe_options {
    const char *place, *secret;
    long depth;
    bool open;
};

static const struct conf_key probe_keys[] = {
    { "place", CONF_FILE, CONF_REQUIRED, offsetof(struct probe_options, place), NULL, "where" },
    { "secret", CONF_TEXT, CONF_SECRET, offsetof(struct probe_options, secret), NULL, "word" },
    { "depth", CONF_SIZE, 0, offsetof(struct probe_options, depth), "8m", "how deep" },
    { "open", CONF_BOOL, 0, offsetof(struct probe_options, open), "yes", "whether" },
    CONF_END,
};
static const struct map_key probe_map_keys[] = { { "flavour", false, "taste" },
                                                 { NULL, false, NULL } };
static const struct map_key probe_call_keys[] = { { "where", true, "place" },
                                                  { "only", false, "once" },
                                                  { NULL, false, NULL } };

static inline void
probe_check(const struct mapping *map, struct faults *faults)
{
    for (size_t i = 0; i < map->call_count; i++)
        if (strcmp(map->calls[i].name, "list") == 0 &&
            !map_get(map->calls[i].pairs, map->calls[i].count, "where"))
            fault_add(faults, map->path, map->calls[i].line, "list needs where");
}

static const struct adapter_ops probe_ops = {
    .abi = ADAPTER_ABI,
    .name = "probe",
    .keys = probe_keys,
    .options_size = sizeof(struct probe_options),
    .map_keys = probe_map_keys,
    .call_keys = probe_call_keys,
    .check = probe_check,
};
static const struct adapter_ops *const probe_kinds[] = { &probe_ops, NULL };

struct map_fixture {
    struct arena *mem;
    struct faults faults;
    struct dict dict;
    struct units units;
    struct mapping map;
    const struct adapter_ops *ops;
    struct mapper mapper;
};

static inline void
map_fixture_open(struct map_fixture *f, const char *units, const char *map,
                 const struct adapter_ops *const *kinds)
{
    *f = (struct map_fixture){ .mem = arena_new("test") };
    f->faults.mem = f->mem;
    dict_load(f->mem, "mappings/canonical.fields", &f->dict, &f->faults);
    units_load(f->mem, units, &f->units, &f->faults);
    mapping_load(f->mem, map, &f->dict, &f->units, kinds, NULL, &f->map, &f->ops, &f->faults);
    f->mapper = (struct mapper){ .map = &f->map, .units = &f->units };
}

static inline void
map_fixture_close(struct map_fixture *f)
{
    arena_free(f->mem);
}

static inline void
map_fixture_print(const struct map_fixture *f)
{
    for (size_t i = 0; i < f->faults.count; i++)
        fprintf(stderr, "%s:%d: %s\n", f->faults.items[i].path, f->faults.items[i].line,
                f->faults.items[i].text);
}

#endif
