/*
 * What is typed is read glyph by glyph into syllables: where its consonants begin
 * and end is remembered, so that what the eye sees before or above them gets its
 * place in the order of speech.
 */
#include "krutidev.h"

#include <string.h>

#include <utf8proc.h>

#include "krutidev_table.h"
#include "text.h"

#define HALANT 0x094D
#define RA     0x0930
#define SIGN_A 0x093E

struct speech {
    uint32_t *out; /* code points */
    size_t len;
    size_t base, end;   /* consonants of the syllable at hand */
    bool open;          /* there is one */
    bool half;          /* it waits for a consonant, or for its stem */
    const char *before; /* a sign that waits for the consonants to be whole, or NULL */
    bool reph;          /* the next consonants have an r above */
};

static const struct kd_glyph *
find_glyph(uint32_t code)
{
    size_t low = 0, high = kd_glyph_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (kd_glyphs[middle].code == code)
            return &kd_glyphs[middle];
        if (kd_glyphs[middle].code < code)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void
insert(struct speech *s, size_t at, uint32_t code)
{
    memmove(s->out + at + 1, s->out + at, (s->len - at) * sizeof *s->out);
    s->out[at] = code;
    s->len++;
}

/* Code points of a glyph's text, put at a place; returns how many. */
static size_t
insert_text(struct speech *s, size_t at, const char *text)
{
    size_t left = strlen(text), count = 0;

    while (left > 0) {
        utf8proc_int32_t code;
        utf8proc_ssize_t used =
            utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)left, &code);

        if (used <= 0)
            break;
        insert(s, at + count++, (uint32_t)code);
        text += used;
        left -= (size_t)used;
    }
    return count;
}

/* Two signs that are one letter: what the second makes of the first, or 0. */
static uint32_t
join(uint32_t first, uint32_t second)
{
    static const struct {
        uint32_t first, second, made;
    } pairs[] = {
        { SIGN_A, 0x0947, 0x094B }, { SIGN_A, 0x0948, 0x094C }, { SIGN_A, 0x0945, 0x0949 },
        { 0x0905, SIGN_A, 0x0906 }, { 0x0906, 0x0947, 0x0913 }, { 0x0906, 0x0948, 0x0914 },
        { 0x0906, 0x0945, 0x0911 }, { 0x0905, 0x0949, 0x0911 }, { 0x0905, 0x094B, 0x0913 },
        { 0x0905, 0x094C, 0x0914 }, { 0x090F, 0x0947, 0x0910 },
    };

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i].first == first && pairs[i].second == second)
            return pairs[i].made;
    return 0;
}

static bool
is_above(uint32_t code)
{
    return code == 0x0901 || code == 0x0902;
}

/* A sign behind the syllable: vowel signs stand before what is above; none stands twice. */
static void
add_sign(struct speech *s, uint32_t code)
{
    size_t at = s->len;
    uint32_t made;

    if (at > 0 && s->out[at - 1] == code)
        return;
    if (at > 1 && is_above(s->out[at - 1]) && !is_above(code) && code != 0x0903) {
        at--;
        if (s->out[at - 1] == code)
            return;
    }
    made = at > 0 ? join(s->out[at - 1], code) : 0;
    if (made)
        s->out[at - 1] = made;
    else
        insert(s, at, code);
}

static void
add_signs(struct speech *s, const char *text)
{
    while (*text) {
        utf8proc_int32_t code;
        utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &code);

        if (used <= 0)
            return;
        add_sign(s, (uint32_t)code);
        text += used;
    }
}

/* The consonants are whole: the sign that was typed before them follows. */
static void
put_before(struct speech *s)
{
    const char *text = s->before;

    s->before = NULL;
    if (text)
        add_signs(s, text);
}

static void
end_syllable(struct speech *s)
{
    put_before(s);
    s->open = s->half = s->reph = false;
}

static void
add_consonants(struct speech *s, const char *text, bool half)
{
    if (!s->half) {
        if (s->open)
            end_syllable(s);
        s->open = true;
        s->base = s->end = s->len;
        if (s->reph) {
            insert(s, s->end++, RA);
            insert(s, s->end++, HALANT);
            s->reph = false;
        }
    }
    s->end += insert_text(s, s->end, text);
    s->half = half;
}

/* A sign that is typed before its consonants; it ends those before it. */
static void
await_consonants(struct speech *s, const struct kd_glyph *glyph)
{
    end_syllable(s);
    s->before = glyph->text;
    s->reph = glyph->kind == KD_REPH_I;
}

static void
add_reph(struct speech *s, const char *text)
{
    if (s->len > 0 && !s->open && s->out[s->len - 1] == 0x0907) {
        s->out[s->len - 1] = 0x0908; /* the long i that stands alone is typed so */
    } else if (s->open) {
        put_before(s);
        if (!(s->end > s->base + 2 && s->out[s->base] == RA && s->out[s->base + 1] == HALANT)) {
            insert(s, s->base, HALANT);
            insert(s, s->base, RA);
            s->end += 2;
        }
    }
    add_signs(s, text);
}

static void
add_vowel_sign(struct speech *s, const struct kd_glyph *glyph)
{
    if (s->half && s->len == s->end && s->len > 0) {
        s->len--; /* its stem, or a sign that has one */
        s->end--;
        s->half = false;
        if (glyph->code == 'k')
            return;
    }
    put_before(s);
    add_signs(s, glyph->text);
}

static void
add_glyph(struct speech *s, const struct kd_glyph *glyph)
{
    size_t at = s->half && s->end > 0 ? s->end - 1 : s->end;

    switch (glyph->kind) {
    case KD_FULL:
    case KD_HALF:
        add_consonants(s, glyph->text, glyph->kind == KD_HALF);
        break;
    case KD_SIGNED: {
        const char *sign = glyph->text + strlen(glyph->text) - 3; /* its last code point */
        uint32_t code = sign[2] == '\x81' ? 0x0941 : sign[2] == '\x82' ? 0x0942 : 0x0943;

        add_consonants(s, glyph->text, false);
        s->len--;
        s->end--;
        put_before(s);
        add_sign(s, code);
        break;
    }
    case KD_VOWEL:
        end_syllable(s);
        (void)insert_text(s, s->len, glyph->text);
        break;
    case KD_SIGN:
        add_vowel_sign(s, glyph);
        break;
    case KD_BELOW:
        if (s->open)
            s->end += insert_text(s, at, glyph->text);
        else
            (void)insert_text(s, s->len, glyph->text);
        break;
    case KD_NUKTA:
        if (s->open) {
            insert(s, at, 0x093C);
            s->end++;
        }
        break;
    case KD_HALANT:
        if (s->open && !s->half && s->end == s->len) {
            insert(s, s->end++, HALANT);
            s->half = true;
        }
        break;
    case KD_I:
    case KD_REPH_I:
        await_consonants(s, glyph);
        break;
    case KD_REPH:
        add_reph(s, glyph->text);
        break;
    case KD_MARK:
        end_syllable(s);
        (void)insert_text(s, s->len, glyph->text);
        break;
    }
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* The glyph of the visarga is also typed for a colon, at the end of a word. There a visarga stands
 * behind few consonants only. */
static bool
is_colon(const struct speech *s, const char *text, size_t len)
{
    uint32_t last = s->len ? s->out[s->len - 1] : 0;

    if (!s->open && last < 0x0900)
        return true;
    if (len > 0 && !is_blank(*text) && *text != '&')
        return false;
    return !(last == 0x0924 || last == 0x0936 || last == 0x092F || last == 0x091B ||
             (last == 0x0928 && s->len > 1 && s->out[s->len - 2] == 0x0941));
}

/* Length of a word that is a number of a thing and no text: capitals and digits, two of the one and
 * one of the other. Else 0. */
static size_t
number_at(const char *text, size_t len)
{
    size_t i, capitals = 0, digits = 0;

    for (i = 0; i < len && !is_blank(text[i]); i++) {
        if (text[i] >= 'A' && text[i] <= 'Z')
            capitals++;
        else if (text[i] >= '0' && text[i] <= '9')
            digits++;
        else
            return 0;
    }
    return capitals >= 2 && digits >= 1 ? i : 0;
}

static char *
as_text(struct arena *mem, const struct speech *s)
{
    char *out = arena_alloc(mem, s->len * 4 + 1);
    size_t len = 0, clean_len;
    const char *clean;
    struct error err;

    for (size_t i = 0; i < s->len; i++)
        len += (size_t)utf8proc_encode_char((utf8proc_int32_t)s->out[i],
                                            (utf8proc_uint8_t *)out + len);
    return text_clean(mem, out, len, &clean, &clean_len, &err) ? out
                                                               : arena_text(mem, clean, clean_len);
}

char *
krutidev_unicode(struct arena *mem, const char *text, size_t len)
{
    struct speech s = { .open = false };
    size_t at = 0;

    s.out = arena_alloc(mem, (len * 6 + 8) * sizeof *s.out);
    while (at < len) {
        size_t number = at == 0 || is_blank(text[at - 1]) ? number_at(text + at, len - at) : 0;
        const struct kd_glyph *glyph;
        utf8proc_int32_t code;
        utf8proc_ssize_t used;

        if (number) {
            end_syllable(&s);
            while (number--)
                s.out[s.len++] = (unsigned char)text[at++];
            continue;
        }
        used = utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(len - at),
                                &code);
        if (used <= 0) {
            used = 1;
            code = 0xFFFD;
        }
        glyph = find_glyph((uint32_t)code);
        at += (size_t)used;
        if (code == '%' && is_colon(&s, text + at, len - at)) {
            glyph = NULL;
            code = ':';
        }
        if (glyph) {
            add_glyph(&s, glyph);
        } else {
            end_syllable(&s);
            s.out[s.len++] = (uint32_t)code;
        }
    }
    end_syllable(&s);
    return as_text(mem, &s);
}
