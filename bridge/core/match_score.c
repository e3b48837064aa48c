/*
 * What two complaints have in common.
 */
#include <math.h>
#include <string.h>

#include "match_parts.h"
#include "units.h"

#define DAY          INT64_C(86400000000)
#define NO_MOBILE    0.92 /* of the person, when only the name says it */
#define NO_NAME      0.85 /* when only the mobile says it */
#define OTHER_MOBILE 0.5  /* of the weight, where the names are the same */
#define GIVEN        0.70 /* at least, from one telephone with one given name, or on one figure */
#define FATHERS      0.93 /* the name, where one gives the father's for the surname */
#define FEW_DIGITS   10

const struct match_score match_unknown = { .person = -1,
                                           .mobile = -1,
                                           .name = -1,
                                           .relative = -1,
                                           .facts = -1,
                                           .place = -1,
                                           .category = -1,
                                           .days = -1 };

const char *
match_decimal(struct arena *mem, double value)
{
    return value < 0 ? NULL : arena_format(mem, "%.4f", value);
}

/* The last ten digits, unless all are the same: nobody's number. */
static const char *
mobile_of(struct arena *mem, const char *text)
{
    char *out;
    size_t n = 0;

    if (!text)
        return NULL;
    out = arena_alloc(mem, strlen(text) + 1);
    for (const char *at = text; *at; at++)
        if (*at >= '0' && *at <= '9')
            out[n++] = *at;
    if (n < FEW_DIGITS)
        return NULL;
    out += n - FEW_DIGITS;
    return strspn(out, (char[2]){ *out, '\0' }) == FEW_DIGITS ? NULL : out;
}

void
match_party(const struct matcher *m, struct arena *mem, const struct pg_rows *rows, size_t row,
            struct party *out)
{
    *out = (struct party){ .id = pg_int(rows, row, "bridge_id") };
    out->identity = pg_named(rows, row, "identity");
    out->unit = pg_named(rows, row, "unit");
    out->station = pg_named(rows, row, "station");
    out->pincode = pg_named(rows, row, "pincode");
    out->category = pg_named(rows, row, "category");
    out->has_since = pg_named(rows, row, "since") != NULL;
    out->since = pg_int(rows, row, "since");
    out->is_over = pg_named(rows, row, "over") != NULL;
    out->over = pg_int(rows, row, "over");
    if (!m->fold)
        return;
    out->mobile = mobile_of(mem, pg_named(rows, row, "mobile"));
    fold_name(mem, m->fold, pg_named(rows, row, "complainant"), &out->name);
    fold_name(mem, m->fold, pg_named(rows, row, "relative_name"), &out->relative);
}

/* The one's words behind the given name are the other's father. */
static bool
is_fathers(const struct fold_name *name, const struct fold_name *other,
           const struct fold_name *father)
{
    struct fold_name one = { .count = 1 }, two = { .count = 1 }, rest = { .count = 0 };

    if (name->count < 2 || !other->count || !father->count)
        return false;
    one.words[0] = name->words[0];
    two.words[0] = other->words[0];
    for (size_t i = 1; i < name->count; i++) {
        rest.filler[rest.count] = name->filler[i];
        rest.words[rest.count++] = name->words[i];
    }
    return fold_name_score(&one, &two) >= FOLD_SAME && fold_name_score(&rest, father) >= 0.8;
}

static double
name_score(const struct party *a, const struct party *b)
{
    double score = fold_name_score(&a->name, &b->name);

    if (score < FATHERS && (is_fathers(&a->name, &b->name, &b->relative) ||
                            is_fathers(&b->name, &a->name, &a->relative)))
        return FATHERS;
    return score;
}

void
match_people(const struct match_options *o, const struct party *a, const struct party *b,
             struct match_score *out)
{
    const bool same = a->mobile && b->mobile && strcmp(a->mobile, b->mobile) == 0;
    double sum = 0, weight = 0;

    out->mobile = out->name = out->relative = -1;
    if (a->name.count && b->name.count) {
        out->name = name_score(a, b);
        if (same && out->name < GIVEN && (out->same_figure || fold_same_given(&a->name, &b->name)))
            sum += GIVEN * (double)o->name;
        else
            sum += out->name * (double)o->name;
        weight += (double)o->name;
    }
    if (a->mobile && b->mobile) {
        out->mobile = same ? 1 : 0;
        sum += out->mobile * (double)o->mobile;
        weight += (double)o->mobile *
                  (same || !out->same_figure || out->name < FOLD_SAME ? 1 : OTHER_MOBILE);
    }
    if (a->relative.count && b->relative.count) {
        out->relative = fold_name_score(&a->relative, &b->relative);
        sum += out->relative * (double)o->relative;
        weight += (double)o->relative;
    }
    out->person = weight > 0 ? sum / weight : 0;
    if (out->mobile < 0)
        out->person *= NO_MOBILE;
    else if (out->name < 0)
        out->person *= NO_NAME;
}

/* The later of two came after the earlier was over. */
static void
measure_days(const struct party *a, const struct party *b, struct match_score *out)
{
    const struct party *first = a->since <= b->since ? a : b, *second = first == a ? b : a;
    int64_t from = first->since;

    out->repeat = false;
    out->days = -1;
    if (!a->has_since || !b->has_since)
        return;
    if (first->is_over && first->over <= second->since && first->since < second->since) {
        out->repeat = true;
        from = first->over;
    }
    out->days = (long)((second->since - from) / DAY);
}

static bool
is_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static double
place_score(const struct party *a, const struct party *b)
{
    if (is_same(a->station, b->station))
        return 1;
    if (is_same(a->pincode, b->pincode))
        return 0.8;
    if (!a->unit || !b->unit)
        return -1;
    return is_same(a->unit, b->unit) ? 0.6 : 0;
}

void
match_matter(const struct match_options *o, const struct party *a, const struct party *b,
             struct match_score *out)
{
    int figures;

    out->facts = fold_facts_score(&a->text, &b->text, &figures);
    out->same_figure = figures > 0;
    out->figures = figures;
    if (!out->same_figure)
        match_people(o, a, b, out);
    out->place = place_score(a, b);
    out->category = -1;
    if (a->category && b->category && strcmp(a->category, "OTHER") != 0 &&
        strcmp(b->category, "OTHER") != 0)
        out->category = is_same(a->category, b->category) ? 1 : 0;
    measure_days(a, b, out);
}

double
match_nearness(const struct match_options *o, const struct match_score *score)
{
    double window = (double)o->window / 86400000.0;

    if (score->days < 0)
        return -1;
    return window > 0 && (double)score->days < window ? 1 - (double)score->days / window : 0;
}

static const char *
member(struct arena *mem, const char *json, const char *name, double value)
{
    return value < 0 ? json : arena_format(mem, "%s,\"%s\":%.4f", json, name, value);
}

const char *
match_why(struct arena *mem, const struct match_score *score, bool quoted)
{
    const char *json = arena_format(mem, "\"quoted\":%s", quoted ? "true" : "false");

    json = member(mem, json, "mobile", score->mobile);
    json = member(mem, json, "name", score->name);
    json = member(mem, json, "relative", score->relative);
    if (score->figures)
        json = arena_format(mem, "%s,\"figures\":%s", json, score->figures > 0 ? "true" : "false");
    if (score->days >= 0)
        json = arena_format(mem, "%s,\"apart\":%ld,\"after\":%s", json, score->days,
                            score->repeat ? "true" : "false");
    return arena_format(mem, "{%s}", json);
}

/* ---- keys ---- */

const char *
match_hash(const struct seal *seal, struct arena *mem, const char *what, const char *value)
{
    const char *text = arena_format(mem, "match|%s|%s", what, value);
    unsigned char sum[DIGEST_BYTES];

    seal_digest(seal, text, strlen(text), sum);
    return pg_of_bytes(mem, sum, MATCH_HASH);
}

/* Open senders are of one kind, the others each of their own. */
static const char *
kind_of(const struct party *p)
{
    return strcmp(p->identity, "N") == 0 || strcmp(p->identity, "O") == 0 ? "open" : p->identity;
}

struct keys {
    const struct matcher *m;
    struct arena *mem;
    const char *id, *kind;
    struct column *ids, *kinds, *hashes;
};

static void
add_key(struct keys *k, const char *letter, const char *what, const char *value)
{
    match_add(k->mem, k->ids, k->id);
    match_add(k->mem, k->kinds, letter);
    match_add(k->mem, k->hashes,
              match_hash(k->m->seal, k->mem, arena_format(k->mem, "%s|%s", what, k->kind), value));
}

static void
add_numbers(struct keys *k, const char *letter, const char *text)
{
    const char *numbers[64];
    size_t n = fold_numbers(k->mem, text, numbers, sizeof numbers / sizeof *numbers);

    for (size_t i = 0; i < n; i++)
        add_key(k, letter, "number", numbers[i]);
}

/* The district that a unit lies in, or the unit itself. */
static const char *
district_of(const struct units *units, const char *code)
{
    const struct unit *unit = code ? units_by_code(units, "bridge", code) : NULL;

    for (int depth = 0; unit && depth < 10 && strcmp(unit->level, "DISTRICT") != 0; depth++)
        unit = unit->parent ? units_by_code(units, "bridge", unit->parent) : NULL;
    return unit ? unit->code : code ? code : "";
}

void
match_keys(const struct matcher *m, struct arena *mem, const struct party *p, const char *text,
           const char *quoted, const char *own, struct column *ids, struct column *kinds,
           struct column *hashes)
{
    struct keys k = { m, mem, pg_of_int(mem, p->id), kind_of(p), ids, kinds, hashes };
    const char *names[FOLD_KEYS];
    const char *where = district_of(m->conf->units, p->unit ? p->unit : p->station);
    size_t n = fold_name_keys(mem, &p->name, names);

    if (strcmp(p->identity, "S") == 0)
        return;
    if (p->mobile)
        add_key(&k, "m", "mobile", p->mobile);
    for (size_t i = 0; i < n; i++) {
        const char *name = arena_format(mem, "%s|%s", where, names[i]);

        if (i == 0)
            add_key(&k, p->mobile ? "G" : "g", "name", name);
        if (i > 0 || n == 1)
            add_key(&k, "n", "name", name);
    }
    add_numbers(&k, "q", text);
    add_numbers(&k, "q", quoted);
    while (own && *own) {
        size_t len = strcspn(own, "\n");

        add_numbers(&k, "o", arena_text(mem, own, len));
        own += len + (own[len] == '\n');
    }
}
