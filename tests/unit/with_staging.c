/*
 * Mappings as the loader would make them, with one line a field; so that staging is tested
 * without any file but the dictionary and the SQL.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "with_staging.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "core/convert.h"
#include "core/mapping_load.h"
#include "core/run.h"
#include "core/schema.h"
#include "with_pg.h"

#define LINES 64

struct dict site_dict;
const struct mapping *site_portal, *site_police;
static struct arena *group;
static long tests;

static const struct unit units[] = {
    { .code = "UP", .level = "STATE", .name_en = "Uttar Pradesh" },
    { .code = "UP-118", .parent = "UP", .level = "DISTRICT", .name_en = "Agra" },
    { .code = "UP-118-01", .parent = "UP-118", .level = "PS", .name_en = "Kotwali" },
    { .code = "UP-141", .parent = "UP", .level = "DISTRICT", .name_en = "Kannauj" },
};
static const struct map_call calls[] = {
    { .name = "list", .brings = "complaint", .cursor_time = "changed_at", .cursor_key = "number" },
    { .name = "actions", .brings = "action" },
    { .name = "feedbacks", .brings = "feedback" },
};

static const struct text_limits no_limits;
static const struct line_plan plain = { .limits = &no_limits, .with_slot = -1 };

static struct mapping *
make_mapping(const char *system, enum map_role role)
{
    static const char *const names[] = { "complaint", "action", "attachment", "feedback" };
    struct mapping *map = arena_alloc(group, sizeof *map);
    struct map_stream *streams = arena_alloc(group, 4 * sizeof *streams);

    for (size_t i = 0; i < 4; i++) {
        const struct dict_stream *dict = dict_stream_find(&site_dict, names[i]);
        struct map_line *lines = arena_alloc(group, LINES * sizeof *lines);

        for (size_t f = 0; f < dict->count; f++) {
            bool key = strcmp(dict->fields[f].name, i ? "key" : "number") == 0;

            lines[f] = (struct map_line){
                .canonical = dict->fields[f].name,
                .slot = f,
                .field = &dict->fields[f],
                .direction = MAP_BOTH,
                .remote = dict->fields[f].name,
                .kind = dict->fields[f].kind,
                .flags = key ? MAP_KEY : 0,
                .format = "iso",
                .compiled = &plain,
            };
        }
        streams[i] = (struct map_stream){
            .name = names[i], .dict = dict, .lines = lines, .count = dict->count
        };
    }
    *map = (struct mapping){
        .path = "test",
        .sha256 = "",
        .system = system,
        .title = system,
        .kind = "test",
        .role = role,
        .received = "marked_at",
        .calls = calls,
        .call_count = 3,
        .streams = streams,
        .stream_count = 4,
    };
    return map;
}

static struct pg *
open_pg(struct arena *mem, const char *info)
{
    struct error err = { .code = "" };
    struct pg *pg = NULL;

    if (pg_open(mem, info, "sql", "test", 60000, &pg, &err))
        fail_msg("%s %s %s", err.code, err.text, err.where);
    return pg;
}

int
site_group_begin(void **state)
{
    struct units all = { .items = units, .count = sizeof units / sizeof *units };
    struct schema_state now;
    struct error err = { .code = "" };
    struct faults faults;
    struct pg *pg;

    if (with_pg_begin(state) || clock_begin(&err))
        return 1;
    group = arena_new("group");
    faults = (struct faults){ .mem = group };
    dict_load(group, "mappings/canonical.fields", &site_dict, &faults);
    assert_int_equal(faults.count, 0);
    site_portal = make_mapping("igrs", ROLE_PORTAL);
    site_police = make_mapping("cctns", ROLE_POLICE);
    pg = open_pg(group, with_pg_database("model", NULL));
    if (schema_apply(pg, group, "sql", "mappings", &all, &now, &err))
        fail_msg("%s %s %s", err.code, err.text, err.where);
    pg_close(pg);
    return 0;
}

int
site_group_end(void **state)
{
    arena_free(group);
    return with_pg_end(state);
}

void
site_open_run(struct site *site)
{
    const struct run_opening opening = {
        .job = "test", .lock = "test", .program = "test 0", .maps = ""
    };
    struct error err = { .code = "" };
    long lost = 0;

    if (run_open(site->pg, site->mem, &opening, &site->run_id, &lost, &err) ||
        staging_open(site->mem, site->pg, site->run_id, &site->staging, &err))
        fail_msg("%s %s", err.code, err.text);
}

int
site_begin(void **state)
{
    struct site *site = memory_get(sizeof *site);
    char name[32];

    memset(site, 0, sizeof *site);
    snprintf(name, sizeof name, "test%ld", ++tests);
    site->mem = arena_new("test");
    site->pg = open_pg(site->mem, with_pg_database(name, "model"));
    site_open_run(site);
    *state = site;
    return 0;
}

int
site_end(void **state)
{
    struct site *site = *state;

    pg_close(site->pg);
    arena_free(site->mem);
    free(site);
    return 0;
}

void
site_next_run(struct site *site)
{
    struct error err = { .code = "" };

    if (run_close(site->pg, site->mem, site->run_id, 0, "done", &err))
        fail_msg("%s %s", err.code, err.text);
    site_open_run(site);
}

struct record *
site_record(struct site *site, const struct mapping *map, const char *stream, ...)
{
    const struct map_stream *s = mapping_stream(map, stream);
    struct record *record = arena_alloc(site->mem, sizeof *record);
    const char *name, *value;
    va_list list;

    record->stream = s->name;
    record->count = s->dict->count;
    record->fields = arena_alloc(site->mem, record->count * sizeof *record->fields);
    va_start(list, stream);
    while ((name = va_arg(list, const char *))) {
        long slot = dict_slot(s->dict, name);

        value = va_arg(list, const char *);
        assert_true(slot >= 0);
        record->fields[slot] = (struct field){ value, strlen(value) };
    }
    va_end(list);
    return record;
}

struct record *
site_nest(struct record *above, struct record *below)
{
    struct record **last = &above->child;

    while (*last)
        last = &(*last)->next;
    *last = below;
    return above;
}

void
site_page(struct site *site, const struct mapping *map, const char *call, ...)
{
    const struct mapper mapper = { .map = map };
    struct error err = { .code = "" };
    struct record *record;
    enum verdict v = staging_begin(site->staging, &mapper, mapping_call(map, call), &err);
    va_list list;

    va_start(list, call);
    while (!v && (record = va_arg(list, struct record *)))
        v = staging_put(site->staging, site->mem, record, record, &err);
    va_end(list);
    if (!v)
        v = staging_commit(site->staging, site->mem, NULL, NULL, &site->tally, &err);
    if (v)
        fail_msg("%s %s (%s) %s", err.code, err.text, err.where, err.hint);
}

const char *
site_print(const char *but)
{
    char sql[512];

    snprintf(sql, sizeof sql,
             "SELECT md5(string_agg(query_to_xml(format('SELECT ctid, xmin FROM bridge.%%I', "
             "relname), true, true, '')::text, '' ORDER BY relname)) FROM pg_class WHERE "
             "relnamespace = 'bridge'::regnamespace AND relkind = 'r' "
             "AND relname <> ALL (string_to_array('%s', ' '))",
             but);
    return with_pg_text(sql);
}

const struct equation *
site_equation(struct site *s, const char *system, const char *stream)
{
    struct equation *all = NULL;
    struct error err = { .code = "" };
    size_t count = 0;

    if (books_equations(s->pg, s->mem, s->run_id, &all, &count, &err))
        fail_msg("%s %s", err.code, err.text);
    for (size_t i = 0; i < count; i++) {
        assert_true(all[i].balanced);
        if (!strcmp(all[i].system, system) && !strcmp(all[i].stream, stream))
            return &all[i];
    }
    fail_msg("no equation of %s %s", system, stream);
    return NULL;
}

void
site_sound_books(struct site *s)
{
    struct error err = { .code = "" };
    const char *said = NULL;

    if (books_check(s->pg, s->mem, &said, &err))
        fail_msg("%s %s", err.code, err.text);
    if (said)
        fail_msg("books: %s", said);
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.ledger l WHERE n <> (SELECT "
                                    "count(*) FROM bridge.movement m WHERE m.entry = l.entry) OR "
                                    "evidence <> (SELECT sha256(string_agg(digest, '' ORDER BY "
                                    "digest)) FROM bridge.movement m WHERE m.entry = l.entry)"),
                     0);
}

struct record *
site_complaint(struct site *s, const char *number, const char *status, const char *changed)
{
    return site_record(s, site_portal, "complaint", "number", number, "status", status,
                       "changed_at", changed, "marked_at", "2020-06-01T04:00:00.000000Z", "unit",
                       "UP-118", "subject", "नहर का विवाद", "ref_type", "CM", "complainant", "R",
                       NULL);
}
