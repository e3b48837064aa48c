/*
 * What the peers answered is copied into temporary tables as it comes, a page at a time, so that
 * memory here stays that of a page; joining and judging is the database's.
 */
#include "compare_parts.h"

#include "clock.h"
#include "digest.h"
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
    c->mem = mem;
    c->run_id = run_id;
    c->cut = arena_copy(mem, cut);
    c->scratch = arena_new("compare");
    arena_defer(mem, free_arena, c->scratch);
    for (size_t i = 0; !v && i < sizeof make / sizeof *make; i++)
        v = pg_run(pg, mem, make[i], NULL, 0, NULL, err);
    *out = c;
    return v;
}

static void
copy_field(struct pg *pg, const struct field *field)
{
    pg_copy_text(pg, field->text, field->len);
}

static void
copy_time(struct pg *pg, const struct field *field)
{
    int64_t at;

    if (field->text && clock_from_text(field->text, field->len, &at))
        pg_copy_time(pg, at);
    else
        pg_copy_null(pg);
}

/* Whether a list has that field at all. */
static bool
is_told(const struct map_stream *lines, const char *field)
{
    for (size_t i = 0; i < lines->count; i++)
        if (lines->lines[i].direction & MAP_IN && strcmp(lines->lines[i].canonical, field) == 0)
            return true;
    return false;
}

/* SHA-256 over subject, 0x1F, body, as staging makes it in SQL. A list that tells neither gives
 * none; one that tells them gives one of empty texts, too. */
static void
copy_text_digest(struct pg *pg, const struct map_stream *lines, const struct record *record)
{
    const struct field *subject = dict_value(lines->dict, record, "subject");
    const struct field *body = dict_value(lines->dict, record, "body");
    unsigned char bytes[DIGEST_BYTES];
    struct digest d;

    if (!subject->text && !body->text && !is_told(lines, "subject") && !is_told(lines, "body")) {
        pg_copy_null(pg);
        return;
    }
    digest_begin(&d);
    if (subject->text)
        digest_add(&d, subject->text, subject->len);
    digest_add(&d, "\x1f", 1);
    if (body->text)
        digest_add(&d, body->text, body->len);
    digest_end(&d, bytes);
    pg_copy_bytes(pg, bytes, sizeof bytes);
}

static void
copy_id(struct compare *c, const char *system, const struct map_stream *lines,
        const struct record *record)
{
    static const struct field none = { "", 0 };
    const struct dict_stream *dict = lines->dict;
    const struct field *category = dict_value(dict, record, "category");
    const struct field *origin_number = dict_value(dict, record, "origin_number");
    const char *norm =
        origin_number->text ? text_number_norm(c->scratch, origin_number->text) : NULL;

    pg_copy_row(c->pg, 13);
    pg_copy_text(c->pg, system, strlen(system));
    copy_field(c->pg, dict_value(dict, record, "number"));
    copy_field(c->pg, dict_value(dict, record, "origin"));
    copy_field(c->pg, origin_number);
    pg_copy_text(c->pg, norm, norm ? strlen(norm) : 0);
    copy_field(c->pg, dict_value(dict, record, "unit"));
    copy_field(c->pg, dict_value(dict, record, "status"));
    copy_time(c->pg, dict_value(dict, record, "marked_at"));
    copy_time(c->pg, dict_value(dict, record, "changed_at"));
    if (is_told(lines, "category") && !category->text)
        category = &none; /* none, or none that can be read: that is told, too */
    copy_field(c->pg, category);
    copy_time(c->pg, dict_value(dict, record, "received_at"));
    copy_time(c->pg, dict_value(dict, record, "registered_at"));
    copy_text_digest(c->pg, lines, record);
}

static void
copy_count(struct compare *c, const char *system, const struct map_stream *lines,
           const struct record *record)
{
    const struct dict_stream *dict = lines->dict;
    const struct field *n = dict_value(dict, record, "n");
    int64_t value = 0;

    if (n->text && !text_int(n->text, n->len, &value))
        value = 0;
    pg_copy_row(c->pg, 5);
    pg_copy_text(c->pg, system, strlen(system));
    copy_field(c->pg, dict_value(dict, record, "unit"));
    copy_field(c->pg, dict_value(dict, record, "status"));
    copy_field(c->pg, dict_value(dict, record, "day"));
    pg_copy_int8(c->pg, value);
}

static enum verdict
copy_page(struct compare *c, const struct mapper *m, const struct record *records,
          const char *stream, const char *statement,
          void (*copy)(struct compare *, const char *, const struct map_stream *,
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
            copy(c, m->map->system, lines, r);
        v = pg_copy_end(c->pg, &rows, err);
    }
    if (!v)
        v = pg_commit(c->pg, err);
    if (v)
        pg_rollback(c->pg);
    arena_reset(c->scratch);
    return v;
}

/* Each once. */
void
compare_hear(struct compare *c, const struct mapper *m)
{
    for (size_t i = 0; i < c->heard_count; i++)
        if (strcmp(c->heard[i]->map->system, m->map->system) == 0)
            return;
    if (m->map->role != ROLE_POLICE)
        return;
    c->heard = arena_grow(c->mem, c->heard, c->heard_count, &c->heard_room, sizeof(void *));
    c->heard[c->heard_count++] = m;
}

enum verdict
compare_ids(struct compare *c, const struct mapper *m, const struct record *canonical,
            struct error *err)
{
    compare_hear(c, m);
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
        to[count] = mapper_code_there(portal, stream->name, "status", from[count]);
        count++;
    }
    *words = pg_of_texts(mem, from, count);
    *there = pg_of_texts(mem, to, count);
}

/* Every category, and what it looks like at each police system that was heard: three lists side by
 * side. */
static void
kind_words(struct compare *c, struct arena *mem, const char *out[3])
{
    const char **parts[3] = { NULL, NULL, NULL }, *word;
    size_t count = 0, rooms[3] = { 0, 0, 0 }, len;

    for (size_t i = 0; i < c->heard_count; i++) {
        const struct mapper *m = c->heard[i];
        const struct map_stream *stream = mapping_stream(m->map, "complaint");
        long slot = stream ? dict_slot(stream->dict, "category") : -1;
        const char *list = slot < 0 ? NULL : stream->dict->fields[slot].words;

        while (list && text_word(&list, &word, &len)) {
            for (size_t k = 0; k < 3; k++)
                parts[k] = arena_grow(mem, parts[k], count, &rooms[k], sizeof **parts);
            parts[0][count] = m->map->system;
            parts[1][count] = arena_text(mem, word, len);
            parts[2][count] = mapper_code_there(m, stream->name, "category", parts[1][count]);
            count++;
        }
    }
    for (size_t k = 0; k < 3; k++)
        out[k] = pg_of_texts(mem, parts[k], count);
}

/* Fills match and found, and reads the figures. */
static enum verdict
judge(struct compare *c, struct arena *mem, const struct mapper *portal, const char *police,
      const struct compare_sides *sides, struct compare_result *out, struct error *err)
{
    const char *system = portal->map->system, *words, *there, *kinds[3];
    struct pg_rows rows;
    enum verdict v;

    status_words(mem, portal, &words, &there);
    kind_words(c, mem, kinds);

    const char *fill[] = { system, police, words, there, kinds[0], kinds[1], kinds[2] };
    const char *find[] = { system,
                           police,
                           c->cut,
                           pg_of_int(mem, c->run_id),
                           sides->listed ? "true" : "false",
                           sides->read_to,
                           sides->unsure_count
                               ? pg_of_texts(mem, sides->unsure, sides->unsure_count)
                               : NULL,
                           kinds[0],
                           kinds[1],
                           kinds[2],
                           pg_of_int(mem, sides->lookback) };
    const char *recount[] = { system, words, there, c->cut };
    const char *counted[] = { system };

    v = pg_run(c->pg, mem, "compare_fill", fill, 7, NULL, err);
    if (!v)
        v = pg_run(c->pg, mem, "compare_find", find, 11, NULL, err);
    if (!v)
        v = pg_run(c->pg, mem, "compare_has_count", counted, 1, &rows, err);
    if (!v)
        out->count_asked = pg_bool(&rows, 0, "has") || sides->count_only;
    if (!v && sides->count_only)
        v = pg_run(c->pg, mem, "compare_count_only", recount, 3, NULL, err);
    else if (!v && out->count_asked)
        v = pg_run(c->pg, mem, "compare_recount", recount, 4, NULL, err);
    if (!v)
        v = pg_run(c->pg, mem, "compare_signed", counted, 1, NULL, err);
    if (!v)
        v = pg_run(c->pg, mem, "compare_result", NULL, 0, &rows, err);
    if (v)
        return v;
    out->portal = (long)pg_int(&rows, 0, "portal");
    out->police = (long)pg_int(&rows, 0, "police");
    out->staging = (long)pg_int(&rows, 0, "staging");
    out->differences = (long)pg_int(&rows, 0, "differences");
    out->unexplained = (long)pg_int(&rows, 0, "unexplained");
    out->signed_off = (long)pg_int(&rows, 0, "signed_off");
    out->counted = out->count_asked && pg_bool(&rows, 0, "counted");
    if (sides->count_only)
        v = pg_run(c->pg, mem, "compare_counted", counted, 1, &rows, err);
    if (!v && sides->count_only)
        out->portal = (long)pg_int(&rows, 0, "n");
    return v;
}

static enum verdict
keep(struct compare *c, struct arena *mem, const char *portal, const char *police, bool listed,
     const struct compare_result *result, struct error *err)
{
    const char *values[] = { pg_of_int(mem, c->run_id), portal };
    const char *vanished[] = { portal, police, c->cut };
    const char *comparison[] = {
        values[0],
        portal,
        c->cut,
        police,
        listed ? "true" : "false",
        !result->count_asked ? NULL
        : result->counted    ? "true"
                             : "false",
    };
    enum verdict v = pg_run(c->pg, mem, "compare_keep_totals", values, 2, NULL, err);

    if (!v)
        v = pg_run(c->pg, mem, "compare_keep_differences", values, 2, NULL, err);
    if (!v)
        v = pg_run(c->pg, mem, "compare_keep_comparison", comparison, 6, NULL, err);
    if (!v)
        v = pg_run(c->pg, mem, "compare_keep_members", vanished, 3, NULL, err);
    if (!v)
        v = pg_run(c->pg, mem, "compare_keep_gone", &portal, 1, NULL, err);
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

    *out = (struct compare_result){ .run_id = c->run_id };
    v = pg_run(c->pg, mem, "compare_analyze", NULL, 0, NULL, err);
    if (!v)
        v = pg_begin(c->pg, err);
    if (v)
        return v;
    v = judge(c, mem, portal, police, sides, out, err);
    if (!v && !dry)
        v = keep(c, mem, portal->map->system, police, sides->listed, out, err);
    if (!v && !dry)
        v = pg_commit(c->pg, err);
    if (v || dry)
        pg_rollback(c->pg);
    if (v)
        error_within(err, "comparison of \"%s\"", portal->map->system);
    return v;
}
