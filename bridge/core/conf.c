/*
 * bridge.conf, and all that it names: dictionary, units, maps, plug-ins. Everything is read even
 * when something before it was wrong, so that one look shows all that is to be mended.
 */
#include "conf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "conf_parts.h"
#include "../base/file.h"
#include "mapping_load.h"
#include "../base/seal.h"
#include "../link/pg.h"
#include "text.h"
#include "units.h"

#define AS_IN_BRIDGE (-1)

struct loading {
    struct arena *mem;
    const char *path;
    const struct adapter_ops *const *registry;
    struct dict *dict;
    struct units *units;
    struct conf *conf;
    struct faults *faults;
};

/* NAME beside bridge.conf, else the one that was installed with the program. */
static const char *
usual_folder(const struct loading *l, const char *name)
{
    const char *beside = arena_format(l->mem, "%s/%s", l->conf->folder, name);
    const char *installed = file_installed(l->mem, name);

    return !file_is_folder(beside) && file_is_folder(installed) ? installed : beside;
}

static void
read_bridge(struct loading *l, const struct ini_section *section)
{
    static const struct ini_section none = { .name = "bridge", .arg = "" };
    struct bridge_options *options = &l->conf->bridge;
    const struct ini_line *zone, *size;
    int minutes;
    long bytes;

    if (!section)
        fault_add(l->faults, l->path, 0, "has no [bridge]");
    conf_fill(l->mem, l->path, section ? section : &none, conf_bridge_keys, options, NULL, NULL,
              l->faults);
    if (!options->mappings)
        options->mappings = usual_folder(l, "mappings");
    if (!options->sql)
        options->sql = usual_folder(l, "sql");
    if (!section)
        return;
    zone = conf_line(section, "zone");
    if (zone && !clock_zone(options->zone, &minutes))
        fault_add(l->faults, l->path, zone->line,
                  "\"zone\" must be Asia/Kolkata, UTC or an offset like +05:30");
    /* It would be seen by whoever reads bridge.conf or lists processes. */
    if (options->database && pg_holds_password(options->database))
        fault_add(l->faults, l->path, conf_line(section, "database")->line,
                  "\"database\" holds a password: use PGPASSFILE, ~/.pgpass or a service file");
    if (options->rows < 1 || options->tries < 1)
        fault_add(l->faults, l->path, section->line, "\"rows\" and \"tries\" are 1 at least");
    size = conf_line(section, "max_file");
    if (size && text_size(size->value, &bytes) && bytes < 1)
        fault_add(l->faults, l->path, size->line, "\"max_file\" is 1 at least");
}

static void
check_name(const struct loading *l, const struct ini_section *section)
{
    if (!*section->arg || strchr(section->arg, ' '))
        fault_add(l->faults, l->path, section->line, "a %s is written [%s NAME]", section->name,
                  section->name);
}

void
conf_unit_check(struct arena *mem, const struct conf *conf, const struct ini_line *line,
                const char *code, struct faults *faults)
{
    const struct units *units = conf->units;
    const struct unit *unit = units_by_code(units, "bridge", code);
    const char **codes, *near;

    if (unit && strcmp(unit->code, code) == 0)
        return;
    codes = arena_alloc(mem, (units->count + 1) * sizeof *codes);
    for (size_t i = 0; i < units->count; i++)
        codes[i] = units->items[i].code;
    near = text_nearest(code, codes, units->count);
    fault_add(faults, conf->path, line->line, "unknown unit \"%s\"%s%s%s", code,
              near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* Only a police system serves units, and only those that are listed. */
static void
check_units(const struct loading *l, const struct conf_system *system, const struct ini_line *line)
{
    const char *list = system->options.units, *word;
    size_t len;

    if (!list || !line)
        return;
    if (system->map->role != ROLE_POLICE)
        fault_add(l->faults, l->path, line->line, "\"units\" is for a police system");
    while (text_word(&list, &word, &len))
        conf_unit_check(l->mem, l->conf, line, arena_text(l->mem, word, len), l->faults);
}

/* The first map of a system that seals, or NULL. */
static const struct conf_system *
first_sealed(const struct conf *conf)
{
    for (size_t i = 0; i < conf->system_count; i++)
        if (mapping_seals(conf->systems[i].map))
            return &conf->systems[i];
    return NULL;
}

/* A key that is there must be good, and closed to others; commands that open no seal may be run
 * by users who cannot read it. */
static void
check_seal(const struct loading *l, const struct ini_section *bridge)
{
    const struct conf_system *sealed = first_sealed(l->conf);
    const struct ini_line *line = bridge ? conf_line(bridge, "seal_key") : NULL;
    const char *option = l->conf->bridge.seal_key, *key;
    struct arena *mem;
    struct seal *seal;
    struct error err;

    if (!option && sealed && !line)
        fault_add(l->faults, l->path, bridge ? bridge->line : 0,
                  "[bridge] needs \"seal_key\": the map of \"%s\" seals values", sealed->name);
    if (!option || !line)
        return;
    if (strncmp(option, "file:", 5) == 0 ? access(option + 5, R_OK) : !getenv(option + 4))
        return;
    mem = arena_new("seal key");
    if (conf_secret(mem, option, &key, &err) || seal_new(mem, key, &seal, &err))
        fault_add(l->faults, l->path, line->line, "\"seal_key\": %s", err.text);
    arena_free(mem);
}

static void
read_system(struct loading *l, const struct ini_section *section)
{
    struct conf_system *system = &l->conf->systems[l->conf->system_count];
    const struct ini_line *mapping = conf_line(section, "mapping");
    const struct ini_line *plugin = conf_line(section, "plugin");
    const struct adapter_ops *forced = NULL;
    struct mapping *map = arena_alloc(l->mem, sizeof *map);
    const char *file;

    check_name(l, section);
    if (conf_system_find(l->conf, section->arg)) {
        fault_add(l->faults, l->path, section->line, "[system %s] stands twice", section->arg);
        return;
    }
    l->conf->system_count++;
    *system = (struct conf_system){ .name = section->arg, .map = map, .line = section->line };
    system->options.lookback = system->options.rows = AS_IN_BRIDGE;
    system->options.prove = AS_IN_BRIDGE;
    if (plugin && plugin->value && *plugin->value)
        forced = conf_plugin_open(l->path, plugin, file_in(l->mem, l->conf->folder, plugin->value),
                                  l->faults);
    file =
        mapping && mapping->value ? mapping->value : arena_format(l->mem, "%s.map", section->arg);
    mapping_load(l->mem, file_in(l->mem, l->conf->bridge.mappings, file), l->dict, l->units,
                 l->registry, forced, map, &system->ops, l->faults);
    if (system->ops && system->ops->options_size)
        system->kind_options = arena_alloc(l->mem, system->ops->options_size);
    if (system->ops) {
        conf_fill(l->mem, l->path, section, conf_system_keys, &system->options, system->ops->keys,
                  system->kind_options, l->faults);
    } else {
        /* what its kind would take is not known: only the core's own options can be read */
        struct ini_section own = *section;
        struct ini_line *lines = arena_alloc(l->mem, (section->count + 1) * sizeof *lines);

        own.lines = lines;
        own.count = 0;
        for (size_t i = 0; i < section->count; i++)
            for (const struct conf_key *key = conf_system_keys; key->name; key++)
                if (section->lines[i].key && strcmp(key->name, section->lines[i].key) == 0)
                    lines[own.count++] = section->lines[i];
        conf_fill(l->mem, l->path, &own, conf_system_keys, &system->options, NULL, NULL, l->faults);
    }
    system->options.mapping = file;
    check_units(l, system, conf_line(section, "units"));
    if (system->options.rows == 0)
        fault_add(l->faults, l->path, section->line, "\"rows\" is 1 at least");
    if (*map->system && strcmp(map->system, section->arg) != 0)
        fault_add(l->faults, l->path, section->line, "[system %s] names the map of \"%s\" (%s)",
                  section->arg, map->system, file);
}

static void
read_job(struct loading *l, const struct ini_section *section)
{
    struct conf_job *job = &l->conf->jobs[l->conf->job_count];

    check_name(l, section);
    for (size_t i = 0; i < l->conf->job_count; i++) {
        if (strcmp(l->conf->jobs[i].name, section->arg) == 0) {
            fault_add(l->faults, l->path, section->line, "[job %s] stands twice", section->arg);
            return;
        }
    }
    l->conf->job_count++;
    conf_job_read(l->mem, l->path, section, job, l->faults);
}

static void
read_sections(struct loading *l, const struct ini *ini)
{
    static const char *const names[] = { "bridge", "system", "job", "notify", "cell", "match" };
    enum { NAMES = sizeof names / sizeof *names };
    const struct ini_section *bridge = NULL, *notify = NULL;

    for (size_t i = 0; i < ini->count; i++) {
        const struct ini_section *section = &ini->sections[i];
        const char *near;
        size_t known = 0;

        while (known < NAMES && strcmp(section->name, names[known]) != 0)
            known++;
        if (known == 0) {
            if (bridge)
                fault_add(l->faults, l->path, section->line, "[bridge] stands twice");
            else
                bridge = section;
        } else if (known == NAMES) {
            near = text_nearest(section->name, names, NAMES);
            fault_add(l->faults, l->path, section->line, "unknown section \"%s\"%s%s%s",
                      section->name, near ? ", did you mean \"" : "", near ? near : "",
                      near ? "\"?" : "");
        }
    }
    read_bridge(l, bridge);
    dict_load(l->mem, arena_format(l->mem, "%s/canonical.fields", l->conf->bridge.mappings),
              l->dict, l->faults);
    units_load(l->mem, arena_format(l->mem, "%s/units", l->conf->bridge.mappings), l->units,
               l->faults);
    for (size_t i = 0; i < ini->count; i++) {
        if (strcmp(ini->sections[i].name, "system") == 0)
            read_system(l, &ini->sections[i]);
        else if (strcmp(ini->sections[i].name, "job") == 0)
            read_job(l, &ini->sections[i]);
        else if (strcmp(ini->sections[i].name, "cell") == 0)
            conf_cell_read(l->mem, &ini->sections[i], l->conf, l->faults);
        else if (strcmp(ini->sections[i].name, "notify") == 0 && notify)
            fault_add(l->faults, l->path, ini->sections[i].line, "[notify] stands twice");
        else if (strcmp(ini->sections[i].name, "notify") == 0)
            notify = &ini->sections[i];
        else if (strcmp(ini->sections[i].name, "match") == 0 && l->conf->match)
            fault_add(l->faults, l->path, ini->sections[i].line, "[match] stands twice");
        else if (strcmp(ini->sections[i].name, "match") == 0)
            conf_match_read(l->mem, &ini->sections[i], l->conf, l->faults);
    }
    if (notify)
        conf_notify_read(l->mem, notify, l->conf, l->faults);
    check_seal(l, bridge);
}

void
conf_load(struct arena *mem, const char *path, const struct adapter_ops *const *registry,
          struct conf *out, struct faults *faults)
{
    struct loading l = { .mem = mem, .registry = registry, .conf = out, .faults = faults };
    struct ini ini;

    l.path = arena_copy(mem, path);
    l.dict = arena_alloc(mem, sizeof *l.dict);
    l.units = arena_alloc(mem, sizeof *l.units);
    *out = (struct conf){ .path = l.path, .dict = l.dict, .units = l.units };
    out->folder = conf_folder(mem, path);
    if (!ini_load(mem, path, &ini, faults))
        return;
    out->systems = arena_alloc(mem, (ini.count + 1) * sizeof *out->systems);
    out->jobs = arena_alloc(mem, (ini.count + 1) * sizeof *out->jobs);
    out->cells = arena_alloc(mem, (ini.count + 1) * sizeof *out->cells);
    read_sections(&l, &ini);
}

const struct conf_system *
conf_system_find(const struct conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->system_count; i++)
        if (strcmp(conf->systems[i].name, name) == 0)
            return &conf->systems[i];
    return NULL;
}
