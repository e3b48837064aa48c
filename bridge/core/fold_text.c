/*
 * What a text speaks of: matters by the tables of mappings/match, numbers, and what no table knows.
 */
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "fold_parts.h"

#define STEM_MAX   60 /* bytes of a word that ends in '*' */
#define FACT_WORDS 2  /* fewer say nothing */
#define FACTS_MAX  200

/* What facts weigh beside one matter. */
#define FIGURE    2.0
#define MET       0.8  /* a word that no table knows and both have: mostly a name */
#define OTHER     0.25 /* one that both do not have, within one language */
#define DOUBT     1.0  /* little said proves little */
#define SURE      1.15
#define ENGLISH   "-en" /* words.csv: a word that says nothing else */
#define HINDI     "-hi"
#define OTHER_MIN 3 /* sounds of a word that no table knows: shorter ones meet by chance */

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *
digits_of(struct arena *mem, const char *word, size_t len)
{
    char *out = arena_alloc(mem, len + 1);
    size_t n = 0;

    for (size_t at = 0; at < len;) {
        int32_t c;

        at += fold_step(word + at, len - at, &c);
        out[n++] = (char)(c < 0x80 ? c : '0' + (c - 0x0966));
    }
    return out;
}

/* A row of words.csv by the whole word, or by what it begins with, of so many bytes at least. */
static const char *
matter_in(const struct fold *fold, const struct text_table *whole, const struct text_table *stems,
          const char *key, size_t least)
{
    const size_t len = strlen(key);
    long row = text_table_get(whole, key, len);

    for (size_t n = len < STEM_MAX ? len : STEM_MAX; row < 0 && n >= least; n--)
        row = text_table_get(stems, key, n);
    return row < 0 ? NULL : fold->word_rows->rows[row].cells[1];
}

/* What the tables make of a word: its matter, "-..." = nothing is said by it, NULL = not there. */
static const char *
matter_of(const struct fold *fold, const char *key)
{
    return matter_in(fold, &fold->words, &fold->stems, key, 3);
}

static void
add_fact(struct fold_text *out, const char *fact)
{
    if (out->fact_count < FACTS_MAX)
        out->facts[out->fact_count++] = fact;
}

static void
add_other(struct fold_text *out, const char *sounds)
{
    if (strlen(sounds) >= OTHER_MIN && out->other_count < FACTS_MAX)
        out->others[out->other_count++] = sounds;
}

static void
add_word(struct fold_text *out, size_t room, size_t *len, const char *word)
{
    size_t n = strlen(word);

    if (!n || *len + n + 2 > room)
        return;
    memcpy(out->words + *len, word, n);
    out->words[*len + n] = ' ';
    *len += n + 1;
    out->words[*len] = '\0';
}

static size_t
sort_once(const char **items, size_t count)
{
    size_t n = 0;

    qsort(items, count, sizeof *items, by_text);
    for (size_t i = 0; i < count; i++)
        if (!n || strcmp(items[n - 1], items[i]) != 0)
            items[n++] = items[i];
    return n;
}

/* The language, by the words that say nothing else. */
static char
tongue_of(struct arena *mem, const struct fold *fold, const char *text, size_t left)
{
    long english = 0, hindi = 0;
    const char *word;
    size_t len;
    bool number;

    while (fold_next(&text, &left, &word, &len, &number)) {
        const char *matter = number ? NULL : matter_of(fold, fold_lower(mem, word, len));

        english += matter && strcmp(matter, ENGLISH) == 0;
        hindi += matter && strcmp(matter, HINDI) == 0;
    }
    return english > hindi ? 'e' : hindi ? 'h' : '\0';
}

static void
take_word(struct arena *mem, const struct fold *fold, struct fold_text *out, size_t room,
          size_t *size, const char *key)
{
    const char *matter = matter_of(fold, key), *sounds = "";

    if (!matter) {
        sounds = fold_bones(mem, fold_word(mem, key, strlen(key)), true);
        if (out->tongue != 'e' && strlen(sounds) >= SOUNDS_MIN)
            matter = matter_in(fold, &fold->sounds, &fold->sound_stems, sounds, SOUNDS_MIN);
    }
    if (matter && *matter == '-')
        return;
    if (matter)
        add_fact(out, matter);
    else
        add_other(out, sounds);
    add_word(out, room, size, matter ? matter : sounds);
}

static void
read_text(struct arena *mem, const struct fold *fold, const char *text, struct fold_text *out)
{
    size_t left = text ? strnlen(text, FOLD_TEXT) : 0, len, size = 0;
    const char *word;
    bool number;

    /* what a word stands for may be longer than the word */
    const size_t room = left * 8 + 64;

    *out = (struct fold_text){ .words = arena_alloc(mem, room) };
    out->facts = arena_alloc(mem, FACTS_MAX * sizeof *out->facts);
    out->others = arena_alloc(mem, FACTS_MAX * sizeof *out->others);
    out->tongue = tongue_of(mem, fold, text, left);
    while (fold_next(&text, &left, &word, &len, &number)) {
        const char *key = number ? digits_of(mem, word, len) : fold_lower(mem, word, len);

        if (!number) {
            take_word(mem, fold, out, room, &size, key);
            continue;
        }
        if (strlen(key) > 2)
            add_fact(out, key);
        add_word(out, room, &size, key);
    }
    out->fact_count = sort_once(out->facts, out->fact_count);
    out->other_count = sort_once(out->others, out->other_count);
}

static const char **
keep(struct arena *mem, const char *const *items, size_t count)
{
    const char **out = arena_alloc(mem, (count + 1) * sizeof *out);

    for (size_t i = 0; i < count; i++)
        out[i] = arena_copy(mem, items[i]);
    return out;
}

void
fold_text(struct arena *mem, struct arena *scratch, const struct fold *fold, const char *text,
          struct fold_text *out)
{
    arena_reset(scratch);
    read_text(scratch, fold, text, out);
    out->words = arena_copy(mem, out->words);
    out->facts = keep(mem, out->facts, out->fact_count);
    out->others = keep(mem, out->others, out->other_count);
}

static bool
is_digits(const char *fact)
{
    return *fact >= '0' && *fact <= '9';
}

/* Years, sections of law, telephones, helplines and pin codes stand in many texts of one sender. */
static bool
is_telling(const char *fact)
{
    static const char *const helplines[] = { "1076", "1090", "1098", "1930" };
    const size_t len = strlen(fact);

    if (!is_digits(fact) || len < 4 || len == 6 || (len >= 10 && len <= 12))
        return false;
    for (size_t i = 0; i < sizeof helplines / sizeof *helplines; i++)
        if (strcmp(fact, helplines[i]) == 0)
            return false;
    return len != 4 || (memcmp(fact, "19", 2) != 0 && memcmp(fact, "20", 2) != 0);
}

static double
weight_of(const char *fact)
{
    return is_telling(fact) ? FIGURE : is_digits(fact) && strlen(fact) == 4 ? 0 : 1;
}

struct common {
    double weight;
    size_t count, telling;
};

/* Both sorted. */
static struct common
meet(const char *const *a, size_t n, const char *const *b, size_t m)
{
    struct common out = { 0 };

    for (size_t i = 0, k = 0; i < n && k < m;) {
        int order = strcmp(a[i], b[k]);

        if (order == 0) {
            out.weight += weight_of(a[i]);
            out.telling += is_telling(a[i]);
            out.count++;
        }
        i += order <= 0;
        k += order >= 0;
    }
    return out;
}

static struct common
all_of(const struct fold_text *text)
{
    return meet(text->facts, text->fact_count, text->facts, text->fact_count);
}

static double
lesser(double a, double b)
{
    return a < b ? a : b;
}

double
fold_facts_score(const struct fold_text *a, const struct fold_text *b, int *figures)
{
    struct common facts = meet(a->facts, a->fact_count, b->facts, b->fact_count);
    struct common others = meet(a->others, a->other_count, b->others, b->other_count);
    struct common mine = all_of(a), yours = all_of(b);
    bool one_tongue = a->tongue == b->tongue && a->tongue;
    double said = lesser(mine.weight, yours.weight), share;

    *figures = facts.telling ? 1 : mine.telling && yours.telling ? -1 : 0;
    if (mine.count + a->other_count < FACT_WORDS || yours.count + b->other_count < FACT_WORDS)
        return -1;
    if (one_tongue)
        said = lesser(mine.weight + OTHER * (double)(a->other_count - others.count),
                      yours.weight + OTHER * (double)(b->other_count - others.count));
    share =
        (facts.weight + MET * (double)others.count) / (said + MET * (double)others.count + DOUBT);
    return lesser(1, share * SURE);
}
