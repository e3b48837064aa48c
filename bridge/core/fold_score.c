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

/* Sounds that are told apart only a little, either way: hundredths, and one; 0 = strongly. */
#define NEAR(a, b, cost) [a][b] = (cost) + 1, [b][a] = (cost) + 1
static const unsigned char nears['z' + 1]['z' + 1] = {
    NEAR('a', 'x', 0),  NEAR('a', 'A', 0),  NEAR('q', 'i', 0),  NEAR('q', 'I', 0),
    NEAR('w', 'u', 0),  NEAR('w', 'U', 0),  NEAR('i', 'I', 12), NEAR('u', 'U', 12),
    NEAR('x', 'A', 25), NEAR('e', 'E', 12), NEAR('o', 'O', 12), NEAR('e', 'q', 20),
    NEAR('e', 'i', 20), NEAR('e', 'I', 20), NEAR('E', 'I', 30), NEAR('o', 'w', 20),
    NEAR('o', 'u', 20), NEAR('o', 'U', 20), NEAR('a', 'e', 15), NEAR('x', 'e', 20),
    NEAR('a', 'w', 20), NEAR('a', 'q', 30), NEAR('a', 'o', 25), NEAR('x', 'o', 25),
    NEAR('a', 'E', 25), NEAR('k', 'K', 10), NEAR('g', 'G', 10), NEAR('c', 'C', 8),
    NEAR('j', 'J', 10), NEAR('t', 'T', 8),  NEAR('d', 'D', 8),  NEAR('b', 'B', 10),
    NEAR('p', 'f', 20), NEAR('s', 'S', 8),  NEAR('b', 'v', 12), NEAR('R', 'd', 5),
    NEAR('R', 'r', 8),  NEAR('R', 'D', 8),  NEAR('n', 'N', 2),  NEAR('m', 'N', 5),
    NEAR('n', 'm', 20), NEAR('j', 'y', 30), NEAR('v', 'o', 15), NEAR('v', 'w', 15),
    NEAR('y', 'q', 12), NEAR('y', 'i', 12), NEAR('c', 's', 30), NEAR('j', 's', 25),
};
#undef NEAR

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
    const unsigned char near = nears[(unsigned char)a][(unsigned char)b];
    return near ? (near - 1) / 100.0 : STRONG;
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
    if (n == m && memcmp(a, b, n) == 0)
        return 1;
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

bool
fold_same_given(const struct fold_name *a, const struct fold_name *b)
{
    const bool both = a->count > 1 && b->count > 1 && !a->filler[0] && !b->filler[0];

    return both && strlen(a->words[0]) > 2 &&
           fold_word_score(a->words[0], b->words[0]) >= FOLD_SAME;
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
