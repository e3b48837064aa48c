/*
 * codes.h - code tables: the peer's words and the dictionary's, both ways.
 *
 *   [codes NAME]
 *   CANONICAL = PEER'S WORD [loss="why"]     or     file = codes/NAME.csv (canonical,remote,loss)
 */
#ifndef BRIDGE_CODES_H
#define BRIDGE_CODES_H

#include "../base/ini.h"
#include "mapping.h"

/* Reads one section. bytes of a file that it names are given to take (may be NULL). */
void codes_read(struct arena *mem, const char *path, const struct ini_section *section,
                void (*take)(void *to, const char *bytes, size_t len), void *to, struct codes *out,
                struct faults *faults);

/* The row, or NULL when the word is not listed. */
const struct map_code *codes_from_remote(const struct codes *codes, const char *word, size_t len);
const struct map_code *codes_to_remote(const struct codes *codes, const char *word, size_t len);

/* Every canonical word must be a value of the field: faults at the rows that are not. */
void codes_check(const struct codes *codes, const struct dict_field *field, struct faults *faults);

#endif
