/*
 * Numbers that a text names. How a portal forms its numbers is not known for most: whatever could
 * be one is brought, and only what is some complaint's own number counts in the end.
 */
#include <ctype.h>
#include <string.h>

#include "fold_parts.h"
#include "text.h"

#define LEAST  8 /* characters of a number, so many of them digits: */
#define DIGITS 6
#define MOST   40
#define PARTS  12 /* a number in pieces, "1015 2203 0012 34" */

struct piece {
    char text[MOST + 1];
    size_t len;
};

static bool
is_inside(char c)
{
    return isalnum((unsigned char)c) || c == '/';
}

/* Ten digits that begin with 6 to 9 are a telephone, and so they are with 91 before them. */
static bool
is_telephone(const char *text, size_t len)
{
    if (len == 12 && memcmp(text, "91", 2) == 0) {
        text += 2;
        len -= 2;
    } else if (len == 11 && *text == '0') {
        text++;
        len--;
    }
    return len == 10 && *text >= '6' && strspn(text, "0123456789") == len;
}

static bool
is_number(const char *text)
{
    size_t len = strlen(text), digits = 0;

    for (const char *at = text; *at; at++)
        digits += isdigit((unsigned char)*at) != 0;
    return len >= LEAST && digits >= DIGITS && !is_telephone(text, len);
}

static void
add(struct arena *mem, const char **out, size_t *count, size_t most, const char *text)
{
    size_t len = strlen(text);

    while (len && text[len - 1] == '/')
        len--;
    while (len && *text == '/') {
        text++;
        len--;
    }
    text = arena_text(mem, text, len);
    if (!is_number(text) || *count == most)
        return;
    for (size_t i = 0; i < *count; i++)
        if (strcmp(out[i], text) == 0)
            return;
    out[(*count)++] = text;
}

/* The text with its numbers as text_number_norm() has them, blanks kept as blanks. */
static char *
plain_of(struct arena *mem, const char *text)
{
    size_t len = strnlen(text, FOLD_TEXT);
    char *copy, *plain, *to;

    while (len && text[len] && ((unsigned char)text[len] & 0xC0) == 0x80)
        len--; /* not within a character */
    copy = arena_text(mem, text, len);

    /* blanks would be taken out: they part numbers from words */
    for (char *at = copy; *at; at++)
        if (isspace((unsigned char)*at))
            *at = '\x1f';
    plain = text_number_norm(mem, copy);
    to = plain;
    for (char *at = plain; *at; at++)
        *to++ = is_inside(*at) ? *at : *at == '\x1f' ? ' ' : '\n';
    *to = '\0';
    return plain;
}

/* Pieces that only blanks part: each alone, and each run of them that begins and ends with digits
 * or a slash. */
static void
join(struct arena *mem, const struct piece *pieces, size_t n, const char **out, size_t *count,
     size_t most)
{
    for (size_t from = 0; from < n; from++) {
        char text[MOST + 1] = "";
        size_t len = 0;

        for (size_t i = from; i < n && len + pieces[i].len <= MOST; i++) {
            memcpy(text + len, pieces[i].text, pieces[i].len);
            len += pieces[i].len;
            text[len] = '\0';
            if (isdigit((unsigned char)text[len - 1]) || i == from)
                add(mem, out, count, most, text);
        }
    }
}

static bool
may_be_inside(const struct piece *p)
{
    return strpbrk(p->text, "0123456789/") || p->len <= 6;
}

size_t
fold_numbers(struct arena *mem, const char *text, const char **out, size_t most)
{
    struct piece pieces[PARTS];
    size_t n = 0, count = 0;
    char *plain;

    if (!text || !*text)
        return 0;
    plain = plain_of(mem, text);
    for (char *at = plain; *at;) {
        size_t len = 0;

        if (*at == '\n' || n == PARTS) {
            join(mem, pieces, n, out, &count, most);
            n = 0;
        }
        if (*at == '\n' || *at == ' ') {
            at++;
            continue;
        }
        while (is_inside(at[len]))
            len++;
        if (len <= MOST) {
            memcpy(pieces[n].text, at, len);
            pieces[n].text[len] = '\0';
            pieces[n].len = len;
        }
        if (len > MOST || !may_be_inside(&pieces[n])) {
            join(mem, pieces, n, out, &count, most);
            n = 0;
        } else {
            n++;
        }
        at += len;
    }
    join(mem, pieces, n, out, &count, most);
    return count;
}
