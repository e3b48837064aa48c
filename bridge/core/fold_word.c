/*
 * Letters to sounds. Latin is read by its digraphs, longest first; Devanagari letter by letter,
 * then by what is not spoken: the vowel of a last single letter, and ay that is ai.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "fold_parts.h"

#define FIRST  0x0904
#define NUKTA  0x093C
#define VIRAMA 0x094D
#define SOUNDS 4 /* of one letter at most, with its vowel */

/* U+0904 to U+0939: what the letter says; consonants say their vowel besides. */
static const char *const letters[] = {
    "x", "x", "A", "i", "I", "u", "U", "ri", "l", "e", "e", "e", "E", "o", "o", "o", "O", "k",
    "K", "g", "G", "n", "c", "C", "j", "J",  "n", "t", "T", "d", "D", "n", "t", "T", "d", "D",
    "n", "n", "p", "f", "b", "B", "m", "y",  "r", "r", "l", "l", "l", "v", "S", "S", "s", "h",
};
#define FIRST_CONSONANT 0x0915

/* U+093E to U+094C. */
static const char *const signs[] = { "A", "i", "I", "u", "U", "ri", "ri", "e",
                                     "e", "e", "E", "o", "o", "o",  "O" };

static const struct digraph {
    const char *latin, *sounds;
} digraphs[] = {
    { "chh", "C" }, { "cch", "c" }, { "ksh", "kS" }, { "sch", "sk" }, { "kh", "K" },  { "gh", "G" },
    { "ch", "c" },  { "jh", "J" },  { "th", "T" },   { "dh", "D" },   { "ph", "f" },  { "bh", "B" },
    { "sh", "S" },  { "zh", "j" },  { "ck", "k" },   { "jn", "gy" },  { "aa", "A" },  { "ai", "E" },
    { "au", "O" },  { "ou", "O" },  { "ow", "O" },   { "oo", "U" },   { "uu", "U" },  { "ee", "I" },
    { "ii", "I" },  { "ei", "E" },  { "ie", "q" },   { "ia", "qya" }, { "iy", "qy" }, { "a", "a" },
    { "b", "b" },   { "c", "k" },   { "d", "d" },    { "e", "e" },    { "f", "f" },   { "g", "g" },
    { "h", "h" },   { "i", "q" },   { "j", "j" },    { "k", "k" },    { "l", "l" },   { "m", "m" },
    { "n", "n" },   { "o", "o" },   { "p", "p" },    { "q", "k" },    { "r", "r" },   { "s", "s" },
    { "t", "t" },   { "u", "w" },   { "v", "v" },    { "w", "v" },    { "x", "kS" },  { "y", "y" },
    { "z", "j" },
};

bool
fold_is_vowel(char sound)
{
    return sound && strchr("xaAiIquUweEoO", sound);
}

static bool
is_consonant(char sound)
{
    return sound && !fold_is_vowel(sound) && sound != 'N';
}

/* ---- Latin ---- */

static size_t
take_latin(const char *at, char *out)
{
    for (size_t i = 0; i < sizeof digraphs / sizeof *digraphs; i++) {
        const size_t len = strlen(digraphs[i].latin);

        if (*at == *digraphs[i].latin && strncmp(at, digraphs[i].latin, len) == 0) {
            memcpy(out, digraphs[i].sounds, strlen(digraphs[i].sounds) + 1);
            return len;
        }
    }
    *out = '\0';
    return 1;
}

static bool
is_latin_vowel(char c)
{
    return c && strchr("aeiou", c);
}

/* "Ravinder" is "Ravindra", and says no long vowel. */
static void
mend_der(char *sounds, size_t len)
{
    if (len > 4 && sounds[len - 1] == 'r' && sounds[len - 2] == 'e' &&
        (sounds[len - 3] == 'd' || sounds[len - 3] == 't'))
        sounds[len - 2] = 'x';
    if (len > 4 && memcmp(sounds + len - 4, "ndra", 4) == 0)
        sounds[len - 1] = 'x';
}

static void
read_latin(const char *word, char *out)
{
    const char *at = word;
    size_t len = 0;

    while (*at) {
        char next = at[1];

        if ((at[0] == 'a' || at[0] == 'e') && next == 'y' && !is_latin_vowel(at[2])) {
            out[len++] = at[0] == 'a' ? 'E' : 'e';
            at += 2;
        } else if (at[0] == 'a' && next == 'o' && !at[2]) {
            out[len++] = 'A';
            out[len++] = 'v';
            at += 2;
        } else if (at[0] == 'a' && next == 'w' && at[2] && !is_latin_vowel(at[2])) {
            out[len++] = 'O';
            at += 2;
        } else if (at[0] == 'o' && next == 'w' && is_latin_vowel(at[2])) {
            out[len++] = 'o';
            at++;
        } else if (at[0] == 'y' && at != word && !is_latin_vowel(next) && !is_latin_vowel(at[-1])) {
            out[len++] = 'q';
            at++;
        } else {
            at += take_latin(at, out + len);
            len += strlen(out + len);
        }
    }
    out[len] = '\0';
    mend_der(out, len);
}

/* ---- Devanagari ---- */

struct spelling {
    char *out;
    size_t len;
    bool open; /* the last letter is a consonant whose vowel is not said yet */
};

static void
put(struct spelling *s, const char *sounds)
{
    size_t len = strlen(sounds);

    memcpy(s->out + s->len, sounds, len);
    s->len += len;
}

static void
close_letter(struct spelling *s)
{
    if (s->open)
        put(s, "x");
    s->open = false;
}

static void
take_nukta(struct spelling *s)
{
    char *last = s->len ? &s->out[s->len - 1] : NULL;

    if (last && s->open && (*last == 'd' || *last == 'D'))
        *last = 'R';
}

/* The nasal of the letter that follows. */
static void
take_bindu(struct spelling *s, int32_t next)
{
    close_letter(s);
    if (next >= 0x092A && next <= 0x092E)
        put(s, "m");
    else if (next == 0x0939)
        put(s, "nG");
    else
        put(s, next >= FIRST_CONSONANT && next <= 0x0939 ? "n" : "N");
}

static void
take_letter(struct spelling *s, int32_t c)
{
    close_letter(s);
    if (c == 0x0939 && s->len > 1 && memcmp(s->out + s->len - 2, "nG", 2) == 0)
        ; /* said with its nasal: Singh */
    else
        put(s, letters[c - FIRST]);
    s->open = c >= FIRST_CONSONANT;
}

static void
take(struct spelling *s, int32_t c, int32_t next)
{
    if (c >= FIRST && c <= 0x0939) {
        take_letter(s, c);
    } else if (c >= 0x093E && c <= 0x094C) {
        s->open = false;
        put(s, signs[c - 0x093E]);
    } else if (c == VIRAMA) {
        s->open = false;
    } else if (c == NUKTA) {
        take_nukta(s);
    } else if (c == 0x0901) {
        close_letter(s);
        put(s, "N");
    } else if (c == 0x0902) {
        take_bindu(s, next);
    } else if (c == 0x0903) {
        close_letter(s);
        put(s, "h");
    } else if (c == 0x0972) {
        close_letter(s);
        put(s, "e");
    }
}

static void
read_devanagari(const char *word, size_t size, char *out)
{
    struct spelling s = { .out = out };
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)word;
    utf8proc_ssize_t left = (utf8proc_ssize_t)size;

    while (left > 0) {
        int32_t c = 0, next = 0;
        utf8proc_ssize_t step = utf8proc_iterate(at, left, &c);

        if (step <= 0)
            break;
        at += step;
        left -= step;
        if (left > 0 && utf8proc_iterate(at, left, &next) <= 0)
            next = 0;
        take(&s, c, next);
    }
    /* a last single letter has no vowel; behind another consonant it is heard a little */
    if (s.open && (s.len < 2 || is_consonant(out[s.len - 2])))
        put(&s, "x");
    out[s.len] = '\0';
}

/* ---- both ---- */

/* ay that is ai: at the end, before a consonant, or before one with a vowel once its own is not
 * spoken (Jaypur). */
static bool
is_ai(const char *at)
{
    if (!(at[0] == 'x' || at[0] == 'A' || at[0] == 'a') || at[1] != 'y')
        return false;
    return !at[2] || is_consonant(at[2]) ||
           (at[2] == 'x' && is_consonant(at[3]) && fold_is_vowel(at[4]));
}

static void
mend(char *sounds)
{
    char *to = sounds;

    for (const char *at = sounds; *at; at++) {
        if (is_ai(at)) {
            bool silent = at[2] == 'x';

            *to++ = 'E';
            at += silent ? 2 : 1;
        } else if (memcmp(at, "jn", 2) == 0) {
            *to++ = 'g';
            *to++ = 'y';
            at++;
        } else if (to == sounds || to[-1] != *at || fold_is_vowel(*at)) {
            *to++ = *at;
        }
    }
    *to = '\0';
}

/* Letters of ASCII in lower case; marks of Latin letters taken off. */
static char *
plain_latin(struct arena *mem, const char *word, size_t len)
{
    utf8proc_uint8_t *bare = NULL;
    char *copy = arena_text(mem, word, len), *out, *to;

    if (utf8proc_map((const utf8proc_uint8_t *)copy, 0, &bare,
                     UTF8PROC_NULLTERM | UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK |
                         UTF8PROC_CASEFOLD) < 0)
        return copy;
    out = to = arena_copy(mem, (const char *)bare);
    free(bare);
    for (const char *at = out; *at; at++)
        if (islower((unsigned char)*at))
            *to++ = *at;
    *to = '\0';
    return out;
}

char *
fold_word(struct arena *mem, const char *word, size_t len)
{
    char *out = arena_alloc(mem, len * SOUNDS + 4);

    if (len && (unsigned char)word[0] == 0xE0 && (unsigned char)word[1] <= 0xA5)
        read_devanagari(word, len, out);
    else
        read_latin(plain_latin(mem, word, len), out);
    mend(out);
    return out;
}

char *
fold_bones(struct arena *mem, const char *sounds, bool vowels)
{
    static const char from[] = "KGCJTDBRSIqUwEO", to[] = "kgcjtdbrsiiuueo";
    char *out = arena_alloc(mem, strlen(sounds) + 1);
    size_t len = 0;

    for (const char *at = sounds; *at; at++) {
        const char *found = strchr(from, *at);
        char c = found ? to[found - from] : *at;

        if (strchr("xaAN", c) || (c == 'h' && at != sounds && !at[1]))
            c = at == sounds && c != 'N' ? 'a' : '\0';
        else if (!vowels && fold_is_vowel(c))
            c = at == sounds ? 'a' : '\0';
        else if (!vowels && c == 'v')
            c = 'b';
        else if (!vowels && c == 'm')
            c = 'n';
        if (c && (!len || out[len - 1] != c))
            out[len++] = c;
    }
    out[len] = '\0';
    return out;
}
