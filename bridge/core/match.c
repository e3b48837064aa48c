/*
 * A batch: read what changed, renew its keys, find with whom it has one in common, score people
 * first (texts are read of those alone that may be the same), have the database weigh all.
 */
#include "match.h"

#include <stdlib.h>
#include <string.h>

#include "match_parts.h"
#include "text.h"

#define BATCH 500

/* To be changed with the way of scoring: all is then compared anew. */
#define SCORING "2"

void
match_add(struct arena *mem, struct column *to, const char *text)
{
    to->items = arena_grow(mem, to->items, to->count, &to->room, sizeof *to->items);
    to->items[to->count++] = text;
}

static const char *
array_of(struct arena *mem, const struct column *from)
{
    return pg_of_texts(mem, from->items, from->count);
}

/* ---- what changed ---- */

/* Of all that says which pairs there are. */
static const char *
digest_of_row(const struct matcher *m, struct arena *mem, const struct pg_rows *rows, size_t row)
{
    static const char *const columns[] = { "identity", "complainant", "relative_name", "mobile",
                                           "unit",     "station",     "pincode",       "category",
                                           "text",     "since",       "over",          "quoted",
                                           "own" };
    const char *all = "";

    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        const char *value = pg_named(rows, row, columns[i]);

        all = arena_format(mem, "%s%s\x1f", all, value ? value : "\x1e");
    }
    return match_hash(m->seal, mem, "seen", all);
}

static const char *
options_digest(const struct matcher *m, struct arena *mem)
{
    const struct match_options *o = m->options;

    return match_hash(m->seal, mem, "options",
                      arena_format(mem, "%s %ld %ld %ld %ld %ld %ld %ld %ld %ld %ld %ld",
                                   m->fold ? SCORING : "numbers", o->window, o->threshold, o->crowd,
                                   o->mobile, o->name, o->relative, o->text, o->facts, o->place,
                                   o->days, o->category));
}

struct batch {
    const struct matcher *m;
    struct arena *mem;
    struct party *parties; /* by id */
    size_t count;
    struct column ids; /* of what changed */
    struct match_tally *tally;
};

static enum verdict
run(const struct batch *b, const char *name, const char *const *values, size_t count,
    struct pg_rows *rows, struct error *err)
{
    return pg_run(b->m->pg, b->mem, name, values, count, rows, err);
}

/* Renews the keys of those whose digest is another; marks all as seen. */
static enum verdict
renew(struct batch *b, const struct pg_rows *rows, const char *options, struct error *err)
{
    struct arena *mem = b->mem;
    struct column seen = { 0 }, runs = { 0 }, digests = { 0 };
    struct column ids = { 0 }, kinds = { 0 }, hashes = { 0 };
    enum verdict v;

    for (size_t i = 0; i < rows->count; i++) {
        const char *digest = digest_of_row(b->m, mem, rows, i);
        const char *before = pg_named(rows, i, "digest");
        struct party p;

        match_add(mem, &seen, pg_named(rows, i, "bridge_id"));
        match_add(mem, &runs, pg_named(rows, i, "last_run"));
        match_add(mem, &digests, digest);
        if (before && strcmp(before, digest) == 0)
            continue;
        match_add(mem, &b->ids, pg_named(rows, i, "bridge_id"));
        match_party(b->m, mem, rows, i, &p);
        match_keys(b->m, mem, &p, pg_named(rows, i, "text"), pg_named(rows, i, "quoted"),
                   pg_named(rows, i, "own"), &ids, &kinds, &hashes);
    }
    const char *changed[] = { array_of(mem, &b->ids) };
    const char *keys[] = { array_of(mem, &ids), array_of(mem, &kinds), array_of(mem, &hashes) };
    const char *marks[] = { array_of(mem, &seen), array_of(mem, &runs), array_of(mem, &digests),
                            options };

    v = run(b, "match_seen", marks, 4, NULL, err);
    if (!v && b->ids.count)
        v = run(b, "match_forget_keys", changed, 1, NULL, err);
    if (!v && b->ids.count)
        v = run(b, "match_forget_pairs", changed, 1, NULL, err);
    return v || !ids.count ? v : run(b, "match_add_keys", keys, 3, NULL, err);
}

/* ---- who is compared ---- */

static int
by_id(const void *a, const void *b)
{
    int64_t x = ((const struct party *)a)->id, y = ((const struct party *)b)->id;

    return (x > y) - (x < y);
}

static struct party *
party_of(const struct batch *b, int64_t id)
{
    const struct party key = { .id = id };

    return bsearch(&key, b->parties, b->count, sizeof key, by_id);
}

static int
by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static const char *
array_of_ids(struct arena *mem, int64_t *ids, size_t count)
{
    struct column column = { 0 };

    qsort(ids, count, sizeof *ids, by_number);
    for (size_t i = 0; i < count; i++)
        if (!i || ids[i] != ids[i - 1])
            match_add(mem, &column, pg_of_int(mem, ids[i]));
    return array_of(mem, &column);
}

static enum verdict
read_parties(struct batch *b, const struct pg_rows *pairs, struct error *err)
{
    int64_t *ids = arena_alloc(b->mem, (2 * pairs->count + 1) * sizeof *ids);
    const char *values[1];
    struct pg_rows rows;
    enum verdict v;

    for (size_t i = 0; i < pairs->count; i++) {
        ids[2 * i] = pg_int(pairs, i, "a");
        ids[2 * i + 1] = pg_int(pairs, i, "b");
    }
    values[0] = array_of_ids(b->mem, ids, 2 * pairs->count);
    v = run(b, "match_who", values, 1, &rows, err);
    if (v)
        return v;
    b->parties = arena_alloc(b->mem, (rows.count + 1) * sizeof *b->parties);
    b->count = rows.count;
    for (size_t i = 0; i < rows.count; i++)
        match_party(b->m, b->mem, &rows, i, &b->parties[i]);
    return V_OK;
}

/* ---- pairs ---- */

struct pair {
    struct party *a, *b;
    bool quoted;
    struct match_score score;
};

/* Those whose people may be the same, or of which one names the other's number. */
static size_t
choose(struct batch *b, const struct pg_rows *rows, struct pair *out)
{
    const struct match_options *o = b->m->options;
    size_t count = 0;

    for (size_t i = 0; i < rows->count; i++) {
        struct pair p = { .a = party_of(b, pg_int(rows, i, "a")),
                          .b = party_of(b, pg_int(rows, i, "b")),
                          .quoted = pg_bool(rows, i, "quoted"),
                          .score.same_figure = true }; /* as may turn out */

        if (!p.a || !p.b)
            continue;
        if (b->m->fold)
            match_people(o, p.a, p.b, &p.score);
        if (p.quoted || p.score.person * 100 >= (double)o->threshold)
            out[count++] = p;
    }
    return count;
}

static enum verdict
read_texts(struct batch *b, const struct pair *pairs, size_t count, struct error *err)
{
    int64_t *ids = arena_alloc(b->mem, (2 * count + 1) * sizeof *ids);
    const char *values[1];
    struct pg_rows rows;
    enum verdict v;

    for (size_t i = 0; i < count; i++) {
        ids[2 * i] = pairs[i].a->id;
        ids[2 * i + 1] = pairs[i].b->id;
    }
    values[0] = array_of_ids(b->mem, ids, 2 * count);
    if (!b->m->fold)
        return V_OK;
    v = run(b, "match_texts", values, 1, &rows, err);
    struct arena *scratch = arena_new("text");

    for (size_t i = 0; !v && i < rows.count; i++) {
        struct party *p = party_of(b, pg_int(&rows, i, "bridge_id"));

        if (!p)
            continue;
        fold_text(b->mem, scratch, b->m->fold, pg_named(&rows, i, "text"), &p->text);
        p->read = true;
    }
    arena_free(scratch);
    return v;
}

static const char *
weight(struct arena *mem, long value)
{
    return pg_of_int(mem, value);
}

static enum verdict
weigh(struct batch *b, struct pair *pairs, size_t count, struct error *err)
{
    const struct match_options *o = b->m->options;
    struct arena *mem = b->mem;
    struct column c[9] = { 0 }, ids = { 0 }, words = { 0 };
    struct pg_rows rows;

    for (size_t i = 0; i < count; i++) {
        struct match_score *s = &pairs[i].score;
        const char *cells[9];

        if (b->m->fold)
            match_matter(o, pairs[i].a, pairs[i].b, s);
        else
            *s = match_unknown;
        cells[0] = pg_of_int(mem, pairs[i].a->id);
        cells[1] = pg_of_int(mem, pairs[i].b->id);
        cells[2] = pairs[i].quoted ? "linked" : s->repeat ? "repeat" : "duplicate";
        cells[3] = match_decimal(mem, s->person);
        cells[4] = match_decimal(mem, s->facts);
        cells[5] = match_decimal(mem, s->place);
        cells[6] = match_decimal(mem, match_nearness(o, s));
        cells[7] = match_decimal(mem, s->category);
        cells[8] = match_why(mem, s, pairs[i].quoted);
        for (size_t k = 0; k < 9; k++)
            match_add(mem, &c[k], cells[k]);
    }
    for (size_t i = 0; i < b->count; i++) {
        if (!b->parties[i].read)
            continue;
        match_add(mem, &ids, pg_of_int(mem, b->parties[i].id));
        match_add(mem, &words, b->parties[i].text.words);
    }
    const char *values[] = { pg_of_int(mem, b->m->run_id),
                             pg_of_now(mem),
                             array_of(mem, &c[0]),
                             array_of(mem, &c[1]),
                             array_of(mem, &c[2]),
                             array_of(mem, &c[3]),
                             array_of(mem, &c[4]),
                             array_of(mem, &c[5]),
                             array_of(mem, &c[6]),
                             array_of(mem, &c[7]),
                             array_of(mem, &c[8]),
                             array_of(mem, &ids),
                             array_of(mem, &words),
                             weight(mem, o->text),
                             weight(mem, o->facts),
                             weight(mem, o->place),
                             weight(mem, o->days),
                             weight(mem, o->category),
                             arena_format(mem, "%.2f", (double)o->threshold / 100) };
    enum verdict v = run(b, "match_add_pairs", values, sizeof values / sizeof *values, &rows, err);

    for (size_t i = 0; !v && i < rows.count; i++) {
        const char *kind = pg_named(&rows, i, "kind");

        b->tally->pairs++;
        b->tally->linked += strcmp(kind, "linked") == 0;
        b->tally->repeats += strcmp(kind, "repeat") == 0;
    }
    return v;
}

static enum verdict
find_pairs(struct batch *b, struct error *err)
{
    const struct match_options *o = b->m->options;
    const char *values[] = { array_of(b->mem, &b->ids), pg_of_int(b->mem, o->window),
                             pg_of_int(b->mem, o->crowd) };
    struct pg_rows found;
    struct pair *pairs;
    size_t count;
    enum verdict v = run(b, "match_find", values, 3, &found, err);

    if (v || !found.count)
        return v;
    v = read_parties(b, &found, err);
    if (v)
        return v;
    pairs = arena_alloc(b->mem, (found.count + 1) * sizeof *pairs);
    count = choose(b, &found, pairs);
    if (!count)
        return V_OK;
    v = read_texts(b, pairs, count, err);
    return v ? v : weigh(b, pairs, count, err);
}

static enum verdict
one_batch(struct batch *b, int64_t after, struct error *err)
{
    const char *options = options_digest(b->m, b->mem);
    const char *values[] = { pg_of_int(b->mem, after), options, pg_of_int(b->mem, BATCH) };
    struct pg_rows rows;
    enum verdict v = run(b, "match_todo", values, 3, &rows, err);

    if (v || !rows.count)
        return v;
    b->tally->looked = (long)rows.count;
    b->tally->last = pg_int(&rows, rows.count - 1, "bridge_id");
    v = renew(b, &rows, options, err);
    b->tally->compared = (long)b->ids.count;
    return v || !b->ids.count ? v : find_pairs(b, err);
}

enum verdict
match_batch(const struct matcher *m, struct arena *mem, int64_t after, struct match_tally *out,
            struct error *err)
{
    struct batch b = { .m = m, .mem = mem, .tally = out };

    *out = (struct match_tally){ .last = after };
    enum verdict v = pg_begin(m->pg, err);

    if (!v)
        v = one_batch(&b, after, err);
    if (!v)
        return pg_commit(m->pg, err);
    pg_rollback(m->pg);
    return v;
}
