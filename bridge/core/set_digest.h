/*
 * set_digest.h - the digest of a set of rows, which each side can compute for itself: order does
 * not matter, and a set's digest is the sum of those of its parts. This comment is the rule.
 *
 *   row      a row's digest is 32 bytes, SHA-256 over what the system has in that row, as the
 *            system spells it. It is told in 64 small hexadecimal digits and never computed by any
 *            other side: it is only told apart.
 *   bucket   a row belongs to one of 256 by its number alone: the first byte of the SHA-256 of the
 *            number's UTF-8 bytes, in two small hexadecimal digits. "31155200000001" is in "ab".
 *   digest   of a bucket: n, how many rows it has, and eight sums. A row's digest is eight words of
 *            32 bits, big-endian; s1 is the sum of the first words, s8 that of the last. A sum is
 *            exact and told in decimal digits; it stays below 2^63 for 2^31 rows. A bucket without
 *            rows is not told.
 *
 * Two buckets with the same n and sums are taken to have the same rows. It is a guard against what
 * goes wrong, as any change of one row changes its digest; somebody who may choose many rows at
 * will could find two sets with one sum.
 *
 * For the numbers "1", "2", "3" whose rows' digests are the SHA-256 of "a", "b", "c":
 *
 *   the first   in 6b: 1  3398926610 3390815690 4207030707 2586041421 2810638328 343690866
 *                         3112204165 2951628987
 *   all three   3  5221422379 6235197942 6781695693 5174596390 6020402170 5275684432 9099987924
 *                  9259268382
 */
#ifndef BRIDGE_SET_DIGEST_H
#define BRIDGE_SET_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"

#define SET_BUCKETS 256
#define SET_WORDS   8

struct set_sum {
    int64_t n, words[SET_WORDS];
};

unsigned set_bucket(const char *number, size_t len);
/* Two small hexadecimal digits; false when the text is something else. */
bool set_bucket_read(const char *text, size_t len, unsigned *bucket);
/* 64 hexadecimal digits, small or capital; false when the text is something else. */
bool set_row_read(const char *text, size_t len, unsigned char row[DIGEST_BYTES]);
void set_add(struct set_sum *to, const unsigned char row[DIGEST_BYTES]);
bool set_same(const struct set_sum *a, const struct set_sum *b);

#endif
