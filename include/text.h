/*
 * text.h - text as the canonical record spells it: UTF-8, NFC, no control
 * characters but newline and tab. Normalisation is libutf8proc's.
 *
 * U+0958..U+095F are composition exclusions: NFC yields base + U+093C. Compare
 * only after NFC.
 */
#ifndef BRIDGE_TEXT_H
#define BRIDGE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "verdict.h"

/* True if all len bytes are well-formed UTF-8 (no surrogates, no overlongs);
 * else *bad_at is the offset of the first bad byte (bad_at may be NULL). */
bool text_is_utf8(const char *text, size_t len, size_t *bad_at);

/* Characters (code points) in valid UTF-8. */
size_t text_chars(const char *text, size_t len);

/*
 * Canonical text: valid UTF-8, CRLF and CR become LF, NFC. NUL and other C0/C1
 * controls but LF and TAB are refused. V_REJECT with code "text.utf8" or "text.control" and the
 * byte offset in the message (never the text itself).
 */
MUST_CHECK enum verdict text_clean(struct arena *mem, const char *in, size_t in_len,
                                   const char **out, size_t *out_len, struct error *err);

/* Blanks (Unicode White_Space, ZWSP U+200B, BOM U+FEFF) off both ends; never ZWJ/ZWNJ, which carry
 * meaning in Devanagari. Moves *text and *len; no copy. */
void text_trim(const char **text, size_t *len);

/* A number of a complaint as it is compared: NFC, upper case ASCII, blanks and dashes of any
 * kind removed, Devanagari digits as 0 to 9, backslash and the slashes U+2215, U+2044, U+FF0F as
 * '/'. The original is kept elsewhere, byte for byte. */
char *text_number_norm(struct arena *mem, const char *number);

/* "30s" "500ms" "10m" "2h" "1d" -> milliseconds. False when it is not a span. */
bool text_span(const char *text, long *ms);
/* "64k" "8m" "1g" or plain bytes -> bytes. */
bool text_size(const char *text, long *bytes);
/* Decimal integer with optional '-', the whole text, fits 64 bits. */
bool text_int(const char *text, size_t len, int64_t *value);
int text_hex(char c); /* value of a hexadecimal digit, of either case; -1 = it is none */

/* Edit distance at most 3, for "did you mean": the nearest of n words or NULL. */
const char *text_nearest(const char *word, const char *const *words, size_t n);

/* One word of a blank-separated list: moves *list on; returns false at the end. */
bool text_word(const char **list, const char **word, size_t *len);
bool text_same(const char *a, size_t a_len, const char *b); /* b is NUL-terminated */

#endif
