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

#include "fold.h"

/* What one sound costs against another; NUL: against nothing, last = at the end of the word. */
double fold_cost(char a, char b, bool last);
/* 1 = sounds the same. */
double fold_word_score(const char *a, const char *b);
bool fold_is_vowel(char sound);
/* Consonants, with what is often confused made one; vowels too, but for a, where strong. */
char *fold_bones(struct arena *mem, const char *sounds, bool vowels);

#endif
