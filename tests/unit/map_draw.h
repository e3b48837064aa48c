/*
 * map_draw.h - texts by chance, such as a line of a map takes.
 */
#ifndef TESTS_MAP_DRAW_H
#define TESTS_MAP_DRAW_H

#include <stdint.h>

#include "arena.h"
#include "mapping.h"

void draw_begin(uint64_t seed);
uint64_t draw(uint64_t below);
/* Canonical text of a length that suits the line, now and then of the greatest. */
const char *draw_text(struct arena *work, const struct map_line *line);
/* A text of the line's match=, or NULL. */
const char *draw_match(struct arena *work, const struct map_line *line);

#endif
