/*
 * convert_name.h - names of persons, so that one name is one text.
 *
 * Known spellings of the same become one: blanks of any kind are one space each, and none stands at
 * an end; a Devanagari vowel typed as a letter and a sign, where Unicode has one letter for both
 * ("Vowel Letters", chapter 12), is that letter. What people cannot see, or take for something
 * else, is refused: zero-width characters and marks of direction, signs without a letter, letters
 * of compatibility, letters of two alphabets that look alike. ZWJ and ZWNJ are text within Indic
 * letters, and nowhere else.
 */
#ifndef BRIDGE_CONVERT_NAME_H
#define BRIDGE_CONVERT_NAME_H

#include "convert.h"

/* value is canonical text; *out may share it. V_REJECT "map.name" or "text.control". */
MUST_CHECK enum verdict
convert_name(struct arena *mem, const struct map_line *line, const struct field *value,
             struct field *out, struct error *err);

#endif
