#include "compare_digest.h"

#include <stdio.h>

#include "set_digest.h"
#include "text.h"

struct compare_digest {
    struct pg *pg;
    const struct mapper *m;
    unsigned char meaning[DIGEST_BYTES];
    struct set_sum said[SET_BUCKETS], read[SET_BUCKETS];
};

enum verdict
compare_digest_open(struct arena *mem, struct pg *pg, const struct mapper *m,
                    struct compare_digest **out, struct error *err)
{
    static const char *const make[] = { "digest_make_sum", "digest_make_row", "digest_clear" };
    struct compare_digest *d = arena_alloc(mem, sizeof *d);
    enum verdict v = V_OK;

    *d = (struct compare_digest){ .pg = pg, .m = m };
    mapper_meaning(m, d->meaning);
    for (size_t i = 0; !v && i < sizeof make / sizeof *make; i++)
        v = pg_run(pg, mem, make[i], NULL, 0, NULL, err);
    *out = d;
    return v;
}

/* ---- what the system says ---- */

static bool
read_number(const struct compare_digest *d, const struct record *record, const char *name,
            int64_t *out)
{
    const struct field *field = mapping_value(d->m->map, record, name);

    return field->text && text_int(field->text, field->len, out) && *out >= 0;
}

static enum verdict
read_sum(struct compare_digest *d, const struct record *record, struct error *err)
{
    static const char *const words[SET_WORDS] = { "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8" };
    const struct field *name = mapping_value(d->m->map, record, "bucket");
    struct set_sum sum = { 0 };
    unsigned bucket = 0;
    bool good = set_bucket_read(name->text, name->len, &bucket) && !d->said[bucket].n &&
                read_number(d, record, "n", &sum.n) && sum.n > 0;

    for (size_t i = 0; good && i < SET_WORDS; i++)
        good = read_number(d, record, words[i], &sum.words[i]);
    if (!good)
        return error_set(err, V_REJECT, "compare.digest",
                         "call \"digest\" of \"%s\" brings what is not the digest of a bucket",
                         d->m->map->system);
    d->said[bucket] = sum;
    return V_OK;
}

/* V_OK with one COPY of its own; add() writes the rows. */
static enum verdict
copy_rows(struct compare_digest *d, const char *statement, const struct record *records,
          void (*add)(struct compare_digest *, const struct record *), struct error *err)
{
    enum verdict v = pg_begin(d->pg, err);

    if (v)
        return v;
    v = pg_copy_begin(d->pg, statement, err);
    if (!v) {
        for (const struct record *r = records; r; r = r->next)
            add(d, r);
        v = pg_copy_end(d->pg, NULL, err);
    }
    if (!v)
        v = pg_commit(d->pg, err);
    if (v)
        pg_rollback(d->pg);
    return v;
}

static void
add_sum(struct compare_digest *d, const struct record *record)
{
    const struct field *name = mapping_value(d->m->map, record, "bucket");
    char small[3] = "";
    unsigned bucket = 0;

    if (set_bucket_read(name->text, name->len, &bucket))
        (void)snprintf(small, sizeof small, "%02x", bucket);
    pg_copy_row(d->pg, 2 + SET_WORDS);
    pg_copy_text(d->pg, small, 2);
    pg_copy_int8(d->pg, d->said[bucket].n);
    for (size_t i = 0; i < SET_WORDS; i++)
        pg_copy_int8(d->pg, d->said[bucket].words[i]);
}

enum verdict
compare_digest_sums(struct compare_digest *d, const struct record *canonical, struct error *err)
{
    enum verdict v = V_OK;

    for (const struct record *r = canonical; r && !v; r = r->next)
        v = read_sum(d, r, err);
    return v || !canonical ? v : copy_rows(d, "digest_copy_sum", canonical, add_sum, err);
}

enum verdict
compare_digest_differ(struct compare_digest *d, struct arena *mem, long most,
                      struct compare_differ *out, struct error *err)
{
    const char *values[] = { d->m->map->system, pg_of_bytes(mem, d->meaning, sizeof d->meaning),
                             pg_of_int(mem, most) };
    struct pg_rows rows;
    enum verdict v = pg_run(d->pg, mem, "digest_differ", values, 3, &rows, err);

    if (v)
        return v;
    *out = (struct compare_differ){ .buckets = pg_named(&rows, 0, "buckets"),
                                    .differ = (long)pg_int(&rows, 0, "differ"),
                                    .taken = (long)pg_int(&rows, 0, "taken") };
    return V_OK;
}

/* ---- what was read ---- */

static void
add_row(struct compare_digest *d, const struct record *record)
{
    const struct field *number = mapping_value(d->m->map, record, "number");
    const struct field *digest = mapping_value(d->m->map, record, "row_digest");
    unsigned char row[DIGEST_BYTES];
    bool has = set_row_read(digest->text, digest->len, row);

    pg_copy_row(d->pg, 2);
    pg_copy_text(d->pg, number->text, number->len);
    if (!has) {
        pg_copy_null(d->pg);
        return;
    }
    pg_copy_bytes(d->pg, row, sizeof row);
    set_add(&d->read[set_bucket(number->text, number->len)], row);
}

enum verdict
compare_digest_rows(struct compare_digest *d, const struct record *canonical, struct error *err)
{
    return canonical ? copy_rows(d, "digest_copy_row", canonical, add_row, err) : V_OK;
}

/* "0a f3" as an array of the database. */
static const char *
bucket_array(struct arena *mem, const char *buckets)
{
    const char *words[SET_BUCKETS], *word;
    size_t count = 0, len;

    while (count < SET_BUCKETS && text_word(&buckets, &word, &len))
        words[count++] = arena_text(mem, word, len);
    return pg_of_texts(mem, words, count);
}

static long
count_moved(const struct compare_digest *d, const char *buckets)
{
    const char *word;
    unsigned bucket;
    long moved = 0;
    size_t len;

    for (bucket = 0; !buckets && bucket < SET_BUCKETS; bucket++)
        moved += !set_same(&d->said[bucket], &d->read[bucket]);
    while (buckets && text_word(&buckets, &word, &len))
        if (set_bucket_read(word, len, &bucket))
            moved += !set_same(&d->said[bucket], &d->read[bucket]);
    return moved;
}

enum verdict
compare_digest_keep(struct compare_digest *d, struct arena *mem, const char *buckets, long *moved,
                    struct error *err)
{
    const char *forget[] = { d->m->map->system, buckets ? bucket_array(mem, buckets) : NULL };
    const char *keep[] = { d->m->map->system, pg_of_bytes(mem, d->meaning, sizeof d->meaning) };
    enum verdict v = pg_begin(d->pg, err);

    *moved = count_moved(d, buckets);
    if (v)
        return v;
    v = pg_run(d->pg, mem, "digest_measure", NULL, 0, NULL, err);
    if (!v)
        v = pg_run(d->pg, mem, "digest_forget", forget, 2, NULL, err);
    if (!v)
        v = pg_run(d->pg, mem, "digest_keep", keep, 2, NULL, err);
    if (!v)
        v = pg_commit(d->pg, err);
    if (v)
        pg_rollback(d->pg);
    return v;
}
