/*
 * How alike two words sound, and two names. Costs are absolute: one sound that is another makes
 * another name, however long the name is.
 */
#include <string.h>

#include "fold_parts.h"

#define WORD_MAX  63
#define STRONG    0.40
#define INITIAL   0.20 /* a letter for a name */
#define NO_FILLER 0.06 /* one has Kumar, the other not */
#define NO_WORD   0.25

/* Sounds that are told apart only a little; either way. */
static const struct near {
    char a, b;
    double cost;
} nears[] = {
    { 'a', 'x', 0 },   { 'a', 'A', 0 },   { 'q', 'i', 0 },   { 'q', 'I', 0 },   { 'w', 'u', 0 },
    { 'w', 'U', 0 },   { 'i', 'I', .12 }, { 'u', 'U', .12 }, { 'x', 'A', .25 }, { 'e', 'E', .12 },
    { 'o', 'O', .12 }, { 'e', 'q', .2 },  { 'e', 'i', .2 },  { 'e', 'I', .2 },  { 'E', 'I', .3 },
    { 'o', 'w', .2 },  { 'o', 'u', .2 },  { 'o', 'U', .2 },  { 'a', 'e', .15 }, { 'x', 'e', .2 },
    { 'a', 'w', .2 },  { 'a', 'q', .3 },  { 'a', 'o', .25 }, { 'x', 'o', .25 }, { 'a', 'E', .25 },
    { 'k', 'K', .1 },  { 'g', 'G', .1 },  { 'c', 'C', .08 }, { 'j', 'J', .1 },  { 't', 'T', .08 },
    { 'd', 'D', .08 }, { 'b', 'B', .1 },  { 'p', 'f', .2 },  { 's', 'S', .08 }, { 'b', 'v', .12 },
    { 'R', 'd', .05 }, { 'R', 'r', .08 }, { 'R', 'D', .08 }, { 'n', 'N', .02 }, { 'm', 'N', .05 },
    { 'n', 'm', .2 },  { 'j', 'y', .3 },  { 'v', 'o', .15 }, { 'v', 'w', .15 }, { 'y', 'q', .12 },
    { 'y', 'i', .12 }, { 'c', 's', .3 },  { 'j', 's', .25 },
};

static double
alone(char c, bool last)
{
    switch (c) {
    case 'x':
        return 0;
    case 'a':
        return last ? .2 : .1;
    case 'N':
        return .05;
    case 'h':
        return .12;
    case 'y':
        return .15;
    case 'q':
    case 'w':
    case 'i':
    case 'u':
    case 'e':
        return .3;
    default:
        return STRONG;
    }
}

double
fold_cost(char a, char b, bool last)
{
    if (a == b)
        return 0;
    if (!a || !b)
        return alone(a ? a : b, last);
    for (size_t i = 0; i < sizeof nears / sizeof *nears; i++)
        if ((nears[i].a == a && nears[i].b == b) || (nears[i].a == b && nears[i].b == a))
            return nears[i].cost;
    return STRONG;
}

static double
least(double a, double b)
{
    return a < b ? a : b;
}

double
fold_word_score(const char *a, const char *b)
{
    double row[WORD_MAX + 1], before, diagonal;
    size_t n = strlen(a), m = strlen(b);

    if (n > WORD_MAX || m > WORD_MAX || !n || !m)
        return n == m && strcmp(a, b) == 0 && n ? 1 : 0;
    row[0] = 0;
    for (size_t j = 1; j <= m; j++)
        row[j] = row[j - 1] + fold_cost(b[j - 1], 0, j == m);
    for (size_t i = 1; i <= n; i++) {
        diagonal = row[0];
        row[0] += fold_cost(a[i - 1], 0, i == n);
        for (size_t j = 1; j <= m; j++) {
            before = row[j];
            row[j] = least(diagonal + fold_cost(a[i - 1], b[j - 1], false),
                           least(row[j] + fold_cost(a[i - 1], 0, i == n),
                                 row[j - 1] + fold_cost(b[j - 1], 0, j == m)));
            diagonal = before;
        }
    }
    return row[m] < 1 ? 1 - row[m] : 0;
}

/* "R" for "Ram". */
static double
initial_score(const char *a, const char *b)
{
    bool short_a = strlen(a) == 1 || (strlen(a) == 2 && fold_is_vowel(a[1]) && a[1] == 'x');
    bool short_b = strlen(b) == 1 || (strlen(b) == 2 && fold_is_vowel(b[1]) && b[1] == 'x');

    return short_a != short_b && fold_cost(a[0], b[0], false) < .1 ? 1 - INITIAL : 0;
}

static double
words_score(const char *a, const char *b)
{
    double whole = fold_word_score(a, b), first = initial_score(a, b);

    return whole > first ? whole : first;
}

/* Words of the shorter name find their best in the longer, each once; what is left over lowers. */
static double
aligned(const struct fold_name *a, const struct fold_name *b)
{
    const struct fold_name *few = a->count <= b->count ? a : b, *many = few == a ? b : a;
    bool used[FOLD_WORDS] = { false }, done[FOLD_WORDS] = { false };
    double score = 1;
    size_t matched = 0;

    /* the best pair first, so that the order of words is nothing */
    for (size_t n = 0; n < few->count; n++) {
        double best = -1;
        size_t at_few = 0, at_many = 0;

        for (size_t i = 0; i < few->count; i++)
            for (size_t k = 0; !done[i] && k < many->count; k++) {
                double s = used[k] ? -1 : words_score(few->words[i], many->words[k]);

                if (s > best) {
                    best = s;
                    at_few = i;
                    at_many = k;
                }
            }
        done[at_few] = used[at_many] = true;
        if (best < 1 - NO_FILLER && few->filler[at_few] && many->filler[at_many])
            best = best > .5 ? best : .5; /* Singh or Kumar */
        score *= best;
        matched += !few->filler[at_few] && best > .5;
    }
    for (size_t k = 0; k < many->count; k++)
        if (!used[k])
            score *= 1 - (many->filler[k] ? NO_FILLER : NO_WORD);
    return matched || few->filler[0] ? score : score / 2;
}

static double
joined(const struct fold_name *a, const struct fold_name *b)
{
    char one[WORD_MAX + 2] = "", two[WORD_MAX + 2] = "";

    if (a->count == b->count)
        return 0;
    for (size_t i = 0; i < a->count; i++)
        strncat(one, a->words[i], WORD_MAX + 1 - strlen(one));
    for (size_t i = 0; i < b->count; i++)
        strncat(two, b->words[i], WORD_MAX + 1 - strlen(two));
    return fold_word_score(one, two);
}

/* Which of two is asked first must not tell where words are equally alike. */
static bool
comes_first(const struct fold_name *a, const struct fold_name *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        int order = strcmp(a->words[i], b->words[i]);

        if (order)
            return order < 0;
    }
    return a->count < b->count;
}

double
fold_name_score(const struct fold_name *a, const struct fold_name *b)
{
    double words, whole;

    if (!a->count || !b->count)
        return 0;
    if (comes_first(b, a)) {
        const struct fold_name *c = a;

        a = b;
        b = c;
    }
    words = aligned(a, b);
    whole = joined(a, b);
    return words > whole ? words : whole;
}
