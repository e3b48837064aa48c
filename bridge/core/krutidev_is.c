/*
 * Text of the font is told from English by two things at once. Its words hold
 * what no English word does: a sign within, a capital behind a small letter, no
 * vowel. And hardly one of them breaks a rule of the script, as three English words in
 * ten do: no word begins with a vowel sign, and "a h k s w" are such signs.
 */
#include <string.h>

#include "krutidev.h"

#define SHOW_SHARE  3 /* one word in so many shows the font */
#define PROOF_SHARE 6
#define FAULT_SHARE 20 /* at most one in so many breaks a rule */

static bool
is_small(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool
is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool
is_letter(char c)
{
    return is_small(c) || is_capital(c);
}

/* Words of the font so common that they are in nearly every text; none is English. */
static bool
is_common(const char *word, size_t len)
{
    static const char *const words[] = {
        "gS",   "gSa",   "ds",   "dh",   "dk",   "dks",  "esa",   "ls",   "ij",
        "vkSj", "ugha",  "fd",   "og",   "Fkk",  "Fkh",  "Fks",   "tks",  "djus",
        "djds", "dj",    "Hkh",  "gh",   "rks",  "esjh", "esjk",  "esjs", "eSa",
        "geus", "gekjs", "viuh", "viuk", "vius", "Jh",   "iqfyl", "mlds",
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == len && memcmp(words[i], word, len) == 0)
            return true;
    return false;
}

enum show { NOTHING, HINT, PROOF };

/* What no word of English or of names in Latin letters holds (PROOF), or what few hold (HINT). */
static enum show
judge(const char *word, size_t len)
{
    bool vowel = false, other = false, hint = false;

    if (is_common(word, len))
        return PROOF;
    for (size_t i = 0; i < len; i++) {
        char c = word[i], next = i + 1 < len ? word[i + 1] : '\0';

        if (strchr("aeiouyAEIOUY", c))
            vowel = true;
        if (!is_letter(c))
            other = true;
        if (next == 'k' && strchr("[{?FH", c))
            return PROOF;
        if (next == 'k' && i + 2 < len && strchr("'\"./", c))
            return PROOF;
        if (is_small(c) && next && strchr("ZSW", next) && (i + 2 == len || word[i + 2] != c))
            return PROOF;
        if (i > 0 && is_small(next) && strchr("[{};=|<>?", c))
            hint = true;
        if (is_small(c) && next && strchr("VEODIULYRXCPT", next) && i + 2 < len &&
            is_small(word[i + 2]))
            hint = true;
    }
    if (!vowel && !other && len >= 3 && is_small(word[len - 1]))
        hint = true;
    return hint ? HINT : NOTHING;
}

/* No word of the font begins with a sign, nor ends with the half letters that are a full stop and a
 * question mark. */
static bool
is_fault(const char *word, size_t len)
{
    return strchr("khqwsSaWZz`+~", word[0]) || word[len - 1] == '.' || word[len - 1] == '?';
}

/* A word of letters, with at least two: neither a number nor an address. */
static bool
counts(const char *word, size_t len)
{
    size_t letters = 0;
    bool small = false;

    for (size_t i = 0; i < len; i++) {
        if (is_letter(word[i]))
            letters++;
        small = small || is_small(word[i]);
        if (i + 2 < len && memcmp(word + i, "://", 3) == 0)
            return false;
        if (word[i] == '@' && i > 0 && i + 1 < len && memchr(word + i, '.', len - i))
            return false;
    }
    return letters >= 2 && (small || letters >= 4);
}

bool
krutidev_is(const char *text, size_t len)
{
    size_t words = 0, proofs = 0, hints = 0, faults = 0, at = 0;

    for (size_t i = 0; i + 2 < len; i++)
        if ((unsigned char)text[i] == 0xE0 && ((unsigned char)text[i + 1] & 0xFC) == 0xA4)
            return false; /* Devanagari */
    while (at < len) {
        size_t end = at;

        while (end < len && !strchr(" \t\r\n", text[end]))
            end++;
        if (end > at && counts(text + at, end - at)) {
            enum show show = judge(text + at, end - at);

            words++;
            proofs += show == PROOF;
            hints += show == HINT;
            faults += is_fault(text + at, end - at);
        }
        at = end + 1;
    }
    return proofs >= 1 && proofs + hints >= 2 && (proofs + hints) * SHOW_SHARE >= words &&
           proofs * PROOF_SHARE >= words && faults * FAULT_SHARE <= words;
}
