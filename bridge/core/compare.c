/*
 * What the peers answered is copied into temporary tables as it comes, a page at a time, so that
 * memory here stays that of a page; joining and judging is the database's.
 */
#include "compare_parts.h"

#include "clock.h"
#include "text.h"

#include <string.h>

static void
free_arena(void *mem)
{
    arena_free(mem);
}

enum verdict
compare_open(struct arena *mem, struct pg *pg, int64_t run_id, const char *cut,
             struct compare **out, struct error *err)
{
    static const char *const make[] = { "compare_make_ids", "compare_make_count",
                                        "compare_make_match", "compare_make_found",
                                        "compare_clear" };
    struct compare *c = arena_alloc(mem, sizeof *c);
    enum verdict v = V_OK;

    c->pg = pg;
    c->run_id = run_id;
    c->cut = arena_copy(mem, cut);
    c->scratch = arena_new("compare");
    arena_defer(mem, free_arena, c->scratch);
    for (size_t i = 0; !v && i < sizeof make / sizeof *make; i++)
        v = pg_run(pg, mem, make[i], NULL, 0, NULL, err);
    *out = c;
    return v;
}

/* The value of a field by name; absent when the dictionary has no such field. */
static struct field
field_of(const struct dict_stream *dict, const struct record *record, const char *name)
{
    long slot = dict_slot(dict, name);

    if (slot < 0 || (size_t)slot >= record->count)
        return (struct field){ NULL, 0 };
    return record->fields[slot];
}

static void
copy_field(struct pg *pg, struct field field)
{
    pg_copy_text(pg, field.text, field.len);
}

static void
copy_time(struct pg *pg, struct field field)
{
    int64_t at;

    if (field.text && clock_from_text(field.text, field.len, &at))
        pg_copy_time(pg, at);
    else
        pg_copy_null(pg);
}

static void
copy_id(struct compare *c, const char *system, const struct dict_stream *dict,
        const struct record *record)
{
    struct field origin_number = field_of(dict, record, "origin_number");
    const char *norm = origin_number.text ? text_number_norm(c->scratch, origin_number.text) : NULL;

    pg_copy_row(c->pg, 9);
    pg_copy_text(c->pg, system, strlen(system));
    copy_field(c->pg, field_of(dict, record, "number"));
    copy_field(c->pg, field_of(dict, record, "origin"));
    copy_field(c->pg, origin_number);
    pg_copy_text(c->pg, norm, norm ? strlen(norm) : 0);
    copy_field(c->pg, field_of(dict, record, "unit"));
    copy_field(c->pg, field_of(dict, record, "status"));
    copy_time(c->pg, field_of(dict, record, "marked_at"));
    copy_time(c->pg, field_of(dict, record, "changed_at"));
}

static void
copy_count(struct compare *c, const char *system, const struct dict_stream *dict,
           const struct record *record)
{
    struct field n = field_of(dict, record, "n");
    int64_t value = 0;

    if (n.text && !text_int(n.text, n.len, &value))
        value = 0;
    pg_copy_row(c->pg, 5);
    pg_copy_text(c->pg, system, strlen(system));
    copy_field(c->pg, field_of(dict, record, "unit"));
    copy_field(c->pg, field_of(dict, record, "status"));
    copy_field(c->pg, field_of(dict, record, "day"));
    pg_copy_int8(c->pg, value);
}

static enum verdict
copy_page(struct compare *c, const struct mapper *m, const struct record *records,
          const char *stream, const char *statement,
          void (*copy)(struct compare *, const char *, const struct dict_stream *,
                       const struct record *),
          struct error *err)
{
    const struct map_stream *lines = mapping_stream(m->map, stream);
    long rows = 0;
    enum verdict v;

    if (!lines)
        return error_set(err, V_FATAL, "compare.stream", "the map of \"%s\" has no stream \"%s\"",
                         m->map->system, stream);
    if (!records)
        return V_OK;
    v = pg_begin(c->pg, err);
    if (v)
        return v;
    v = pg_copy_begin(c->pg, statement, err);
    if (!v) {
        for (const struct record *r = records; r; r = r->next)
            copy(c, m->map->system, lines->dict, r);
        v = pg_copy_end(c->pg, &rows, err);
    }
    if (!v)
        v = pg_commit(c->pg, err);
    if (v)
        pg_rollback(c->pg);
    arena_reset(c->scratch);
    return v;
}

enum verdict
compare_ids(struct compare *c, const struct mapper *m, const struct record *canonical,
            struct error *err)
{
    return copy_page(c, m, canonical, "ids", "compare_copy_ids", copy_id, err);
}

enum verdict
compare_counts(struct compare *c, const struct mapper *m, const struct record *canonical,
               struct error *err)
{
    return copy_page(c, m, canonical, "count", "compare_copy_count", copy_count, err);
}

/* Every status word of the dictionary and what it looks like at the portal. */
static void
status_words(struct arena *mem, const struct mapper *portal, const char **words, const char **there)
{
    const struct map_stream *stream = mapping_stream(portal->map, "complaint");
    const char *list = NULL, *word, **from = NULL, **to = NULL;
    size_t count = 0, room_from = 0, room_to = 0, len;

    if (!stream)
        stream = mapping_stream(portal->map, "ids");
    if (stream) {
        long slot = dict_slot(stream->dict, "status");

        list = slot < 0 ? NULL : stream->dict->fields[slot].words;
    }
    while (list && text_word(&list, &word, &len)) {
        from = arena_grow(mem, from, count, &room_from, sizeof *from);
        to = arena_grow(mem, to, count, &room_to, sizeof *to);
        from[count] = arena_text(mem, word, len);
        to[count] = mapper_status_there(portal, stream->name, from[count]);
        count++;
    }
    *words = pg_of_texts(mem, from, count);
    *there = pg_of_texts(mem, to, count);
}

/* Fills match and found, and reads the figures. */
static enum verdict
judge(struct compare *c, struct arena *mem, const struct mapper *portal, const char *police,
      const struct compare_sides *sides, struct compare_result *out, struct error *err)
{
    const char *system = portal->map->system, *words, *there;
    struct pg_rows rows;
    enum verdict v;

    status_words(mem, portal, &words, &there);

    const char *fill[] = { system, police, words, there };
    const char *find[] = { system,
                           police,
                           c->cut,
                           pg_of_int(mem, c->run_id),
                           sides->listed ? "true" : "false",
                           sides->read_to,
                           sides->unsure_count
                               ? pg_of_texts(mem, sides->unsure, sides->unsure_count)
                               : NULL };
    const char *recount[] = { system, words, there, c->cut };
    const char *counted[] = { system };

    v = pg_run(c->pg, mem, "compare_fill", fill, 4, NULL, err);
    if (!v)
        v = pg_run(c->pg, mem, "compare_find", find, 7, NULL, err);
    if (!v)
        v = pg_run(c->pg, mem, "compare_has_count", counted, 1, &rows, err);
    if (!v)
        out->count_asked = pg_bool(&rows, 0, "has");
    if (!v && out->count_asked)
        v = pg_run(c->pg, mem, "compare_recount", recount, 4, NULL, err);
    if (!v)
        v = pg_run(c->pg, mem, "compare_result", NULL, 0, &rows, err);
    if (v)
        return v;
    out->portal = (long)pg_int(&rows, 0, "portal");
    out->police = (long)pg_int(&rows, 0, "police");
    out->staging = (long)pg_int(&rows, 0, "staging");
    out->differences = (long)pg_int(&rows, 0, "differences");
    out->unexplained = (long)pg_int(&rows, 0, "unexplained");
    out->counted = out->count_asked && pg_bool(&rows, 0, "counted");
    return V_OK;
}

static enum verdict
keep(struct compare *c, struct arena *mem, const char *portal, const char *police,
     struct error *err)
{
    const char *values[] = { pg_of_int(mem, c->run_id), portal };
    const char *vanished[] = { portal, police, c->cut };
    enum verdict v = pg_run(c->pg, mem, "compare_keep_totals", values, 2, NULL, err);

    if (!v)
        v = pg_run(c->pg, mem, "compare_keep_differences", values, 2, NULL, err);
    if (!v)
        v = pg_run(c->pg, mem, "compare_keep_vanished", vanished, 3, NULL, err);
    return v;
}

enum verdict
compare_run(struct compare *c, struct arena *mem, const struct mapper *portal,
            const struct compare_sides *sides, bool dry, struct compare_result *out,
            struct error *err)
{
    const char *police =
        sides->police_count ? pg_of_texts(mem, sides->police, sides->police_count) : NULL;
    enum verdict v;

    *out = (struct compare_result){ .counted = false };
    v = pg_run(c->pg, mem, "compare_analyze", NULL, 0, NULL, err);
    if (!v)
        v = pg_begin(c->pg, err);
    if (v)
        return v;
    v = judge(c, mem, portal, police, sides, out, err);
    if (!v && !dry)
        v = keep(c, mem, portal->map->system, police, err);
    if (!v && !dry)
        v = pg_commit(c->pg, err);
    if (v || dry)
        pg_rollback(c->pg);
    if (v)
        error_within(err, "comparison of \"%s\"", portal->map->system);
    return v;
}
