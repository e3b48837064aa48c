/*
 * What libcurl leaves to its caller: headers in ASCII whatever they say.
 */
#include "mail.h"

#include <stdio.h>
#include <string.h>

#include "content_parts.h"
#include "text.h"

#define WORD_BYTES 45 /* of text in an encoded word: 60 of base64, 72 in all; 75 is the most */
#define LOCAL_MAX  64
#define WHOLE_MAX  254

/* Controls would end the header or begin another one; they are blanks here. */
static char *
one_line(struct arena *mem, const char *text)
{
    char *line = arena_copy(mem, text);

    for (char *c = line; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            *c = ' ';
    return line;
}

static bool
is_plain(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text > 0x7E)
            return false;
    return true;
}

/* Bytes of whole characters, at most so many. */
static size_t
whole(const char *text, size_t most)
{
    size_t n = strnlen(text, most + 1);

    if (n <= most)
        return n;
    for (n = most; n > 1 && ((unsigned char)text[n] & 0xC0) == 0x80; n--)
        continue;
    return n;
}

const char *
mail_header(struct arena *mem, const char *name, const char *value)
{
    const char *left = one_line(mem, value), *out;

    if (is_plain(left) && strlen(name) + strlen(left) < 76 && !strstr(left, "=?"))
        return arena_format(mem, "%s: %s", name, left);
    out = arena_format(mem, "%s:", name);
    while (*left) {
        char coded[4 * (WORD_BYTES + 2) / 3 + 1];
        size_t n = whole(left, WORD_BYTES);
        size_t len = base64_encode((const unsigned char *)left, n, coded);

        out = arena_format(mem, "%s%s =?UTF-8?B?%.*s?=", out, out[strlen(name) + 1] ? "\r\n" : "",
                           (int)len, coded);
        left += n;
    }
    return out;
}

const char *
mail_disposition(struct arena *mem, const char *name)
{
    static const char free[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    static const char digits[] = "0123456789ABCDEF";
    const char *line = one_line(mem, name);
    char *coded = arena_alloc(mem, 3 * strlen(line) + 1), *to = coded;

    for (const char *c = line; *c; c++) {
        unsigned char u = (unsigned char)*c;

        if (strchr(free, *c)) {
            *to++ = *c;
            continue;
        }
        *to++ = '%';
        *to++ = digits[u >> 4];
        *to++ = digits[u & 15];
    }
    if (strcmp(coded, line) == 0)
        return arena_format(mem, "Content-Disposition: attachment; filename=\"%s\"", line);
    return arena_format(mem, "Content-Disposition: attachment;\r\n filename*=UTF-8''%s", coded);
}

const char *
mail_address_fault(const char *address, size_t len)
{
    const char *at = memchr(address, '@', len);
    size_t local = at ? (size_t)(at - address) : 0;

    if (!at || local == 0 || local + 1 == len || memchr(at + 1, '@', len - local - 1))
        return "is not an address like cell@example.org";
    if (local > LOCAL_MAX || len > WHOLE_MAX)
        return "is longer than an address can be";
    for (size_t i = 0; i < len; i++)
        if (address[i] <= ' ' || address[i] > '~' || strchr("<>()[],;:\\\"", address[i]))
            return "holds a character that an address cannot have here";
    return NULL;
}
