#include "set_digest.h"

#include <string.h>

#include "text.h"

static bool
hex_bytes(const char *text, unsigned char *to, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int high = text_hex(text[2 * i]), low = text_hex(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        to[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

unsigned
set_bucket(const char *number, size_t len)
{
    unsigned char digest[DIGEST_BYTES];

    digest_of(number, len, digest);
    return digest[0];
}

bool
set_bucket_read(const char *text, size_t len, unsigned *bucket)
{
    unsigned char byte = 0;

    if (!text || len != 2 || !hex_bytes(text, &byte, 1))
        return false;
    *bucket = byte;
    return true;
}

bool
set_row_read(const char *text, size_t len, unsigned char row[DIGEST_BYTES])
{
    return text && len == (size_t)2 * DIGEST_BYTES && hex_bytes(text, row, DIGEST_BYTES);
}

void
set_add(struct set_sum *to, const unsigned char row[DIGEST_BYTES])
{
    to->n++;
    for (size_t i = 0; i < SET_WORDS; i++) {
        const unsigned char *w = row + 4 * i;

        to->words[i] += (int64_t)w[0] << 24 | (int64_t)w[1] << 16 | (int64_t)w[2] << 8 | w[3];
    }
}

bool
set_same(const struct set_sum *a, const struct set_sum *b)
{
    return a->n == b->n && memcmp(a->words, b->words, sizeof a->words) == 0;
}
