/*
 * codes.h - code tables: the peer's words and the dictionary's, both ways.
 *
 *   [codes NAME]
 *   CANONICAL = PEER'S WORD [loss="why"]     or     file = codes/NAME.csv
 * (canonical,remote,loss,remote_text)
 *
 * Where the peer's word alone does not say what is meant, remote_text holds its text beside the
 * word; a line reads both by with=FIELD. An empty remote_text is any text.
 */
#ifndef BRIDGE_CODES_H
#define BRIDGE_CODES_H

#include "../base/ini.h"
#include "mapping.h"

/* Reads one section. bytes of a file that it names are given to take (may be NULL). */
void codes_read(struct arena *mem, const char *path, const struct ini_section *section,
                void (*take)(void *to, const char *bytes, size_t len), void *to, struct codes *out,
                struct faults *faults);

/* The row, or NULL when the word is not listed. text NULL: the peer has none beside its word. A row
 * with that text goes before one for any; outward the first row of the word is taken when no row
 * of it has the text. */
const struct map_code *
codes_from_remote(const struct codes *codes, const char *word, size_t len, const char *text);
const struct map_code *
codes_to_remote(const struct codes *codes, const char *word, size_t len, const char *text);
/* Whether any row has a text. */
bool codes_have_texts(const struct codes *codes);

/* Every canonical word must be a value of the field: faults at the rows that are not. */
void codes_check(const struct codes *codes, const struct dict_field *field, struct faults *faults);

#endif
