/* Words, numbers and spans of option values: ASCII only, strict, no locale. */
#include "text.h"

#include <limits.h>
#include <string.h>

#define WORD_MAX     64 /* longer words are never mistyped ones */
#define DISTANCE_MAX 3

struct suffix {
    const char *name;
    long factor;
};

static const struct suffix spans[] = {
    { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 },
};
static const struct suffix sizes[] = {
    { "", 1 },
    { "k", 1L << 10 },
    { "m", 1L << 20 },
    { "g", 1L << 30 },
};

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits, then one of n suffixes; nothing else. */
static bool
scaled(const char *text, const struct suffix *suffixes, size_t n, long *value)
{
    long number = 0;
    const char *p = text;

    for (; is_digit(*p); p++) {
        if (number > (LONG_MAX - (*p - '0')) / 10)
            return false;
        number = number * 10 + (*p - '0');
    }
    if (p == text)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(p, suffixes[i].name) != 0)
            continue;
        if (number > LONG_MAX / suffixes[i].factor)
            return false;
        *value = number * suffixes[i].factor;
        return true;
    }
    return false;
}

bool
text_span(const char *text, long *ms)
{
    if (strcmp(text, "0") == 0) { /* the one number that needs no unit */
        *ms = 0;
        return true;
    }
    return scaled(text, spans, sizeof spans / sizeof *spans, ms);
}

bool
text_size(const char *text, long *bytes)
{
    return scaled(text, sizes, sizeof sizes / sizeof *sizes, bytes);
}

bool
text_int(const char *text, size_t len, int64_t *value)
{
    bool negative = len > 0 && text[0] == '-';
    size_t at = negative ? 1 : 0;
    int64_t number = 0;

    if (at == len)
        return false;
    /* Kept negative, for the negative range is the larger one. */
    for (; at < len; at++) {
        int digit = text[at] - '0';

        if (!is_digit(text[at]) || number < (INT64_MIN + digit) / 10)
            return false;
        number = number * 10 - digit;
    }
    if (!negative && number == INT64_MIN)
        return false;
    *value = negative ? number : -number;
    return true;
}

static char
lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance with swapped neighbours as one step. */
static size_t
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *older = rows[0], *old = rows[1], *now = rows[2];

    for (size_t j = 0; j <= b_len; j++) {
        older[j] = 0;
        old[j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t *free_row = older;

        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t change = lower(a[i - 1]) != lower(b[j - 1]);

            now[j] = least(least(old[j], now[j - 1]) + 1, old[j - 1] + change);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                now[j] = least(now[j], older[j - 2] + 1);
        }
        older = old;
        old = now;
        now = free_row;
    }
    return old[b_len];
}

const char *
text_nearest(const char *word, const char *const *words, size_t n)
{
    size_t len = strlen(word), best = DISTANCE_MAX + 1;
    const char *nearest = NULL;

    if (len == 0 || len > WORD_MAX)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t other = words[i] ? strlen(words[i]) : 0, d;

        if (other == 0 || other > WORD_MAX)
            continue;
        d = distance(word, len, words[i], other);
        /* A word of which hardly a letter is right is another word. */
        if (d < best && 2 * d <= (len > other ? len : other)) {
            best = d;
            nearest = words[i];
        }
    }
    return nearest;
}

static bool
parts_words(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool
text_word(const char **list, const char **word, size_t *len)
{
    const char *p = *list;

    if (!p)
        return false;
    while (parts_words(*p))
        p++;
    *word = p;
    while (*p && !parts_words(*p))
        p++;
    *len = (size_t)(p - *word);
    *list = p;
    return *len > 0;
}

bool
text_same(const char *a, size_t a_len, const char *b)
{
    return strlen(b) == a_len && (a_len == 0 || memcmp(a, b, a_len) == 0);
}
