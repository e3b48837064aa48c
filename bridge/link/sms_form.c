/*
 * How a text goes to a gateway: UTF-16 by units, as entities or as hexadecimal digits, and the
 * percent signs of a form.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "sms.h"

bool
sms_is_plain(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
            return false;
    return true;
}

/* The next character of valid UTF-8. */
static uint32_t
next_character(const unsigned char **at)
{
    const unsigned char *p = *at;
    size_t more = *p < 0x80 ? 0 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
    uint32_t c = more == 0 ? *p : *p & (0x3fu >> more);

    for (p++; more && *p; more--)
        c = c << 6 | (*p++ & 0x3fu);
    *at = p;
    return c;
}

/* Each unit by the form, at most room characters of it. */
static const char *
by_units(struct arena *mem, const char *text, const char *(*form)(char *to, unsigned unit),
         size_t room)
{
    const unsigned char *at = (const unsigned char *)text;
    char *out = arena_alloc(mem, strlen(text) * room + 1);
    size_t n = 0;
    char unit[12];

    while (*at) {
        uint32_t c = next_character(&at);
        unsigned units[2] = { c, 0 };

        if (c > 0xffff) {
            units[0] = 0xd800u + ((c - 0x10000u) >> 10);
            units[1] = 0xdc00u + ((c - 0x10000u) & 0x3ffu);
        }
        for (size_t i = 0; i < (c > 0xffff ? 2 : 1); i++) {
            const char *written = form(unit, units[i]);
            size_t len = strlen(written);

            memcpy(out + n, written, len + 1);
            n += len;
        }
    }
    return out;
}

static const char *
as_entity(char *to, unsigned unit)
{
    (void)snprintf(to, 12, "&#%u;", unit);
    return to;
}

static const char *
as_digits(char *to, unsigned unit)
{
    (void)snprintf(to, 12, "%04X", unit);
    return to;
}

const char *
sms_entities(struct arena *mem, const char *text)
{
    return by_units(mem, text, as_entity, 8);
}

const char *
sms_units(struct arena *mem, const char *text)
{
    return by_units(mem, text, as_digits, 4);
}

const char *
sms_quoted(struct arena *mem, const char *text)
{
    static const char open[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc(mem, 3 * strlen(text) + 1);
    size_t n = 0;

    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (strchr(open, c)) {
            out[n++] = (char)c;
        } else {
            out[n++] = '%';
            out[n++] = digits[c >> 4];
            out[n++] = digits[c & 15];
        }
    }
    return out;
}
