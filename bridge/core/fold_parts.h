/*
 * fold_parts.h - sounds, between the files of fold.
 *
 *   k K kh  g G gh  c ch  C chh  j J jh  t T th  d D dh  n p f b B bh  m y r R (dot below d) l v
 *   s S sh  h; N a nasal vowel
 *   x the vowel of a Devanagari letter without a sign, A long a, a Latin a (either)
 *   i I, u U short and long, q Latin i, w Latin u (either); e E (ai) o O (au)
 */
#ifndef BRIDGE_FOLD_PARTS_H
#define BRIDGE_FOLD_PARTS_H

#include <stdint.h>

#include "csv.h"
#include "fold.h"
#include "text_table.h"

#define SOUNDS_MIN 4 /* of a word of the tables that is known by its sounds */

struct fold {
    struct text_table names, words, stems;
    struct text_table sounds, sound_stems; /* Hindi words of words, by how they sound */
    const struct csv *name_rows, *word_rows;
};

/* In lower case, as far as it is ASCII. */
char *fold_lower(struct arena *mem, const char *text, size_t len);
/* The next run of letters, or of digits; false at the end. */
bool fold_next(const char **text, size_t *left, const char **word, size_t *len, bool *number);
/* One character of valid UTF-8, or one byte that is none as a blank: how many bytes. */
size_t fold_step(const char *text, size_t left, int32_t *c);

/* What one sound costs against another; NUL: against nothing, last = at the end of the word. */
double fold_cost(char a, char b, bool last);
/* 1 = sounds the same. */
double fold_word_score(const char *a, const char *b);
bool fold_is_vowel(char sound);
/* Consonants, with what is often confused made one; vowels too, but for a, where strong. */
char *fold_bones(struct arena *mem, const char *sounds, bool vowels);

#endif
