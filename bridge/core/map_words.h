/*
 * map_words.h - a line of a map or of the dictionary, word by word.
 *
 * Words are parted by blanks. A word, or what follows its '=', may stand in double quotes; what is
 * between them is taken as it is and holds no double quote.
 */
#ifndef BRIDGE_MAP_WORDS_H
#define BRIDGE_MAP_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

struct word {
    const char *text;  /* the whole word, quotes around it taken off */
    const char *name;  /* what stands before '=', or the whole */
    const char *value; /* what stands after it, quotes taken off; NULL when there is no '=' */
};

/* False when a quote is not closed. */
MUST_CHECK bool words_split(struct arena *mem, const char *line, struct word **out, size_t *count);

#endif
