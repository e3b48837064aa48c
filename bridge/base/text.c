/*
 * UTF-8 and its normal form. Nearly all text that comes is normal already, so
 * one pass checks the bytes and, on the way, proves for the blocks that Indian
 * police systems use (ASCII, Latin, Devanagari, punctuation, pictographs) that
 * nothing has to be composed or put in order. What it cannot prove goes through
 * libutf8proc. Small helpers for words, numbers and spans are in words.c.
 */
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* Unicode's stream-safe form allows 30. Putting marks in order takes time that grows with the
 * square of their number, so a run that no script has is refused. */
#define MARKS_MAX 256

#define NUKTA  0x093C
#define VIRAMA 0x094D

/* Length of the well-formed sequence at p, or 0. (Table 3-7 of the Unicode Standard.) */
static size_t
sequence(const unsigned char *p, size_t left)
{
    unsigned char low = 0x80, high = 0xBF;
    size_t len;

    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 0;
    len = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (left < len)
        return 0;
    if (p[0] == 0xE0)
        low = 0xA0;
    else if (p[0] == 0xED)
        high = 0x9F;
    else if (p[0] == 0xF0)
        low = 0x90;
    else if (p[0] == 0xF4)
        high = 0x8F;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

/* The code point of a well-formed sequence. */
static uint32_t
code_point(const unsigned char *p, size_t len)
{
    switch (len) {
    case 1:
        return p[0];
    case 2:
        return (uint32_t)(p[0] & 0x1F) << 6 | (uint32_t)(p[1] & 0x3F);
    case 3:
        return (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 |
               (uint32_t)(p[2] & 0x3F);
    default:
        return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 |
               (uint32_t)(p[2] & 0x3F) << 6 | (uint32_t)(p[3] & 0x3F);
    }
}

/* True if the eight bytes at p are all ASCII. */
static bool
eight_ascii(const unsigned char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return (word & 0x8080808080808080U) == 0;
}

/* True if the eight bytes at p are all ASCII from the blank to the tilde. A byte below 0x20 borrows
 * from its high bit; DEL is the one byte that 0x7f leaves zero. */
static bool
eight_plain(const unsigned char *p)
{
    uint64_t word, del;

    memcpy(&word, p, sizeof word);
    del = word ^ 0x7f7f7f7f7f7f7f7fU;
    return ((word | (word - 0x2020202020202020U) | (del - 0x0101010101010101U)) &
            0x8080808080808080U) == 0;
}

bool
text_is_utf8(const char *text, size_t len, size_t *bad_at)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t at = 0;

    while (at < len) {
        size_t step;

        if (len - at >= 8 && eight_ascii(p + at)) {
            at += 8;
            continue;
        }
        step = sequence(p + at, len - at);
        if (step == 0) {
            if (bad_at)
                *bad_at = at;
            return false;
        }
        at += step;
    }
    return true;
}

size_t
text_chars(const char *text, size_t len)
{
    size_t chars = 0;

    for (size_t i = 0; i < len; i++)
        chars += ((unsigned char)text[i] & 0xC0) != 0x80;
    return chars;
}

/*
 * Proves that c keeps a text in NFC when it follows before (0 at the start). False only means that
 * this cannot be told cheaply. In Devanagari, U+0958..U+095F decompose; the nukta composes with
 * three letters and comes before the virama; the accents U+0951..U+0954 have classes of their own.
 */
static bool
surely_normal(uint32_t c, uint32_t before)
{
    if (c < 0x0300)
        return true;
    if (c >= 0x0900 && c <= 0x097F) {
        if (c >= 0x0951 && c <= 0x0954)
            return false;
        if (c >= 0x0958 && c <= 0x095F)
            return false;
        if (c == NUKTA)
            return before != 0x0928 && before != 0x0930 && before != 0x0933 && before != VIRAMA;
        return true;
    }
    if (c >= 0x2002 && c <= 0x20CF)
        return true;
    return c >= 0x1F300 && c <= 0x1FAFF;
}

static bool
is_control(uint32_t c)
{
    return (c < 0x20 && c != '\n' && c != '\t' && c != '\r') || (c >= 0x7F && c <= 0x9F);
}

/* One pass over text as it came: well-formed, no controls; sees what else is to be done. */
static enum verdict
inspect(const char *in, size_t len, bool *returns, bool *normal, struct error *err)
{
    const unsigned char *p = (const unsigned char *)in;
    uint32_t before = 0;
    size_t at = 0;

    *returns = false;
    *normal = true;
    while (at < len) {
        size_t step;
        uint32_t c;

        if (len - at >= 8 && eight_plain(p + at)) {
            before = ' ';
            at += 8;
            continue;
        }
        step = sequence(p + at, len - at);
        if (step == 0)
            return error_set(err, V_REJECT, "text.utf8", "bad UTF-8 at byte %zu", at);
        c = code_point(p + at, step);
        if (is_control(c))
            return error_set(err, V_REJECT, "text.control", "control character at byte %zu", at);
        if (c == '\r')
            *returns = true;
        if (*normal && !surely_normal(c, before))
            *normal = false;
        before = c;
        at += step;
    }
    return V_OK;
}

/* CRLF and CR become LF, in place; returns the new length. */
static size_t
mend_returns(char *text, size_t len)
{
    size_t to = 0;

    for (size_t from = 0; from < len; from++) {
        if (text[from] == '\r') {
            if (from + 1 < len && text[from + 1] == '\n')
                continue;
            text[to++] = '\n';
            continue;
        }
        text[to++] = text[from];
    }
    text[to] = '\0';
    return to;
}

static enum verdict
check_marks(const char *text, size_t len, struct error *err)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t run = 0;

    for (size_t at = 0; at < len;) {
        size_t step = sequence(p + at, len - at);
        uint32_t c = code_point(p + at, step);

        if (c >= 0x0300 && utf8proc_get_property((utf8proc_int32_t)c)->combining_class != 0)
            run++;
        else
            run = 0;
        if (run > MARKS_MAX)
            return error_set(err, V_REJECT, "text.control",
                             "more than %d combining marks in a row at byte %zu", MARKS_MAX, at);
        at += step;
    }
    return V_OK;
}

static enum verdict
compose(struct arena *mem, const char *in, size_t in_len, char **out, size_t *out_len,
        struct error *err)
{
    utf8proc_uint8_t *composed = NULL;
    utf8proc_ssize_t len;
    enum verdict v = check_marks(in, in_len, err);

    if (v)
        return v;
    len = utf8proc_map((const utf8proc_uint8_t *)in, (utf8proc_ssize_t)in_len, &composed,
                       UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (len < 0) {
        free(composed);
        return error_set(err, V_REJECT, "text.utf8", "could not be brought into NFC: %s",
                         utf8proc_errmsg(len));
    }
    *out = arena_text(mem, (const char *)composed, (size_t)len);
    *out_len = (size_t)len;
    free(composed);
    return V_OK;
}

enum verdict
text_clean(struct arena *mem, const char *in, size_t in_len, const char **out, size_t *out_len,
           struct error *err)
{
    bool returns, normal;
    char *text;
    size_t len = in_len;
    enum verdict v = inspect(in, in_len, &returns, &normal, err);

    if (v)
        return v;
    if (normal || returns) {
        text = arena_text(mem, in, in_len);
        if (returns)
            len = mend_returns(text, len);
        in = text;
    }
    if (!normal) {
        v = compose(mem, in, len, &text, &len, err);
        if (v)
            return v;
    }
    *out = text;
    *out_len = len;
    return V_OK;
}

static bool
is_blank(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0D) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200B) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

void
text_trim(const char **text, size_t *len)
{
    const unsigned char *p = (const unsigned char *)*text;
    size_t start = 0, end = *len;

    while (start < end) {
        size_t step = sequence(p + start, end - start);

        if (step == 0 || !is_blank(code_point(p + start, step)))
            break;
        start += step;
    }
    while (end > start) {
        size_t head = end - 1;

        while (head > start && (p[head] & 0xC0) == 0x80)
            head--;
        if (sequence(p + head, end - head) != end - head ||
            !is_blank(code_point(p + head, end - head)))
            break;
        end = head;
    }
    *text += start;
    *len = end - start;
}

static bool
is_dash(uint32_t c)
{
    return c == '-' || c == 0xAD || c == 0x2043 || c == 0x2212 ||
           (c > 0x7F && utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_PD);
}

char *
text_number_norm(struct arena *mem, const char *number)
{
    struct error err;
    size_t len = strlen(number), to = 0;
    char *norm;

    /* A number that is not clean text is compared byte for byte. */
    if (!text_is_utf8(number, len, NULL) || compose(mem, number, len, &norm, &len, &err) != V_OK)
        return arena_text(mem, number, len);
    for (size_t at = 0; at < len;) {
        size_t step = sequence((const unsigned char *)norm + at, len - at);
        uint32_t c = code_point((const unsigned char *)norm + at, step);

        if (c == '\\' || c == 0x2215 || c == 0x2044 || c == 0xFF0F) {
            norm[to++] = '/';
        } else if (c >= 0x966 && c <= 0x96F) { /* Devanagari digits */
            norm[to++] = (char)('0' + (c - 0x966));
        } else if (c >= 'a' && c <= 'z') {
            norm[to++] = (char)(c - 'a' + 'A');
        } else if (!is_blank(c) && !is_dash(c)) {
            memmove(norm + to, norm + at, step);
            to += step;
        }
        at += step;
    }
    norm[to] = '\0';
    return norm;
}

int
text_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}
