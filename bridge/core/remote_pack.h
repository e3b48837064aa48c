/*
 * remote_pack.h - a remote record as bytes (the functions are in mapper.h).
 *
 *   {complaint                       a record of that stream begins
 *   6 14 g:Code = 10015520000017     lengths of path and value in bytes, then both
 *   !11 9 text.utf8 bad bytes        the fault that its adapter found, lengths of code and text
 *   {action                          nested
 *   ...
 *   }
 *   }
 *
 * Values are what the peer sent, byte for byte; the lengths make any byte possible in them.
 */
#ifndef BRIDGE_REMOTE_PACK_H
#define BRIDGE_REMOTE_PACK_H

#include <stdbool.h>
#include <stddef.h>

/* Walks over packed bytes: kind is '{' (a is the stream), '}', ' ' (a is the path, b the value),
 * '!' (a is the code, b the text). */
struct pack_item {
    char kind;
    const char *a, *b;
    size_t a_len, b_len;
};

/* Moves *at on. False at the end, or when the bytes are not of this form: then *bad is set. */
bool pack_next(const char **at, const char *end, struct pack_item *item, bool *bad);

#endif
