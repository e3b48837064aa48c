/*
 * fold.h - names and texts in Devanagari or Latin letters, in one form that can be compared.
 *
 * A word becomes a row of sounds, one ASCII letter each. What only one of the scripts tells apart
 * (Latin a, i, u may be long or short) has letters of its own that cost nothing against either;
 * what both tell is kept, so that no vowel sign is lost: the short and the long vowel differ a
 * little, another vowel or another consonant much. Schwas that are not spoken cost nothing.
 * Transliteration by ICU was looked at: its "Devanagari-Latin" keeps unspoken schwas and tells
 * nothing of what Latin spelling leaves open, so its marks would be parsed by a table again.
 *
 * Words that sound differently and are the same (Mohd, Md, Mohammad), titles, and words that say
 * who is meant of whom come from mappings/match/names.csv; what grievances are about, in both
 * languages, from mappings/match/words.csv.
 */
#ifndef BRIDGE_FOLD_H
#define BRIDGE_FOLD_H

#include <stdbool.h>

#include "faults.h"

#define FOLD_WORDS 12 /* of one name; what follows is left out */
#define FOLD_KEYS  3

struct fold;

/* folder: mappings/match. */
void
fold_load(struct arena *mem, const char *folder, const struct fold **out, struct faults *faults);

/* Sounds of one word of either script: "" when it has none. */
char *fold_word(struct arena *mem, const char *word, size_t len);

struct fold_name {
    const char *words[FOLD_WORDS]; /* sounds */
    bool filler[FOLD_WORDS];       /* Kumar, Devi, Singh: often left out */
    size_t count;
};

/* name: UTF-8, NFC, or NULL. Titles, and what stands behind s/o, w/o, urf, are left out. */
void fold_name(struct arena *mem, const struct fold *fold, const char *name, struct fold_name *out);
/* 1 = the same name, 0 = another; at least FOLD_SAME where two spell one name. 0 when either has
 * no words. Symmetric. */
double fold_name_score(const struct fold_name *a, const struct fold_name *b);
#define FOLD_SAME 0.9
/* Whether two names of several words begin with one given name. */
bool fold_same_given(const struct fold_name *a, const struct fold_name *b);
/* What names that may be the same have in common: at most FOLD_KEYS texts, in *out; how many. The
 * first is that of the given name. */
size_t fold_name_keys(struct arena *mem, const struct fold_name *name, const char **out);

/* What a text speaks of. */
struct fold_text {
    char *words;        /* ASCII, parted by blanks: matters by their English words, numbers as
                           digits, all else by its consonants and strong vowels */
    const char **facts; /* matters and numbers, each once, sorted by bytes */
    size_t fact_count;
    const char **others; /* words that no table knows, likewise; names of people and places, too */
    size_t other_count;
    char tongue; /* 'e' English, 'h' Hindi in either script, by its small words; NUL: not known */
};

/* Reads at most FOLD_TEXT bytes. text may be NULL. scratch is reset: a text takes much more room to
 * read than to keep. */
#define FOLD_TEXT 8000
void fold_text(struct arena *mem, struct arena *scratch, const struct fold *fold, const char *text,
               struct fold_text *out);
/* How much of what the one that says less speaks of is in the other, too, 0 to 1; -1 when either
 * has too little to say. A number weighs twice. Words that no table knows can be told from one
 * another within one language alone: between two, they count where they meet (names), and not
 * where they don't. *figures: 1 = a telling number in common (of four
 * digits or more; no year, telephone or pin code), -1 = both have such, others; else 0. */
double fold_facts_score(const struct fold_text *a, const struct fold_text *b, int *figures);

/* Numbers of complaints that a text may name, as text_number_norm() writes them: with blanks or
 * dashes inside, and in Devanagari digits, too. Returns how many, at most most. */
size_t fold_numbers(struct arena *mem, const char *text, const char **out, size_t most);

#endif
