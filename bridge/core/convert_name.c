/*
 * Character by character; what was written last says what may follow. A name of ASCII without odd
 * blanks is shared as it is.
 */
#include "convert_name.h"

#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

#include "text.h"

#define ZWNJ      0x200C
#define ZWJ       0x200D
#define NUKTA     0x093C
#define VIRAMA    0x094D
#define SIGNS_MAX 4 /* nukta, vowel, bindu and an accent */

/* "Do not use" of the Unicode Standard, table 12-1: letter and sign for what one letter says. */
static const struct vowel {
    uint16_t letter, sign, whole;
} vowels[] = {
    { 0x0905, 0x0946, 0x0904 }, { 0x0905, 0x093E, 0x0906 }, { 0x0909, 0x0941, 0x090A },
    { 0x090F, 0x0945, 0x090D }, { 0x090F, 0x0946, 0x090E }, { 0x090F, 0x0947, 0x0910 },
    { 0x0905, 0x0949, 0x0911 }, { 0x0906, 0x0945, 0x0911 }, { 0x0905, 0x094A, 0x0912 },
    { 0x0906, 0x0946, 0x0912 }, { 0x0905, 0x094B, 0x0913 }, { 0x0906, 0x0947, 0x0913 },
    { 0x0905, 0x094C, 0x0914 }, { 0x0906, 0x0948, 0x0914 }, { 0x0905, 0x0945, 0x0972 },
    { 0x0905, 0x093A, 0x0973 }, { 0x0905, 0x093B, 0x0974 }, { 0x0906, 0x093A, 0x0974 },
    { 0x0905, 0x094F, 0x0975 }, { 0x0905, 0x0956, 0x0976 }, { 0x0905, 0x0957, 0x0977 },
};

/* Alphabets of which letters look like those of Latin. */
static const struct span {
    int32_t first, last;
} likes[] = {
    { 0x0370, 0x058F }, { 0x13A0, 0x13FF },   { 0x1C80, 0x1C8F }, { 0x1F00, 0x1FFF },
    { 0x2C80, 0x2CFF }, { 0x2DE0, 0x2DFF },   { 0xA4D0, 0xA4FF }, { 0xA640, 0xA69F },
    { 0xAB70, 0xABBF }, { 0x10400, 0x1044F },
};

/* Nothing is seen of these, though they are letters, signs or symbols by their class. */
static const struct span unseen[] = {
    { 0x034F, 0x034F }, { 0x115F, 0x1160 },   { 0x17B4, 0x17B5 }, { 0x180B, 0x180F },
    { 0x2800, 0x2800 }, { 0x3164, 0x3164 },   { 0xFE00, 0xFE0F }, { 0xFFA0, 0xFFA0 },
    { 0xFFFC, 0xFFFD }, { 0xE0000, 0xE0FFF },
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct name {
    const struct map_line *line;
    struct error *err;
    char *out;
    size_t len, before; /* before: where the last character begins */
    int32_t last;       /* 0 at the start */
    int signs;          /* in a row */
    int32_t indic;      /* block of the Indic letters */
    bool latin, like;
};

static bool
within(const struct span *spans, size_t count, int32_t c)
{
    for (size_t i = 0; i < count; i++)
        if (c >= spans[i].first && c <= spans[i].last)
            return true;
    return false;
}

static bool
is_indic(int32_t c)
{
    return c >= 0x0900 && c <= 0x0DFF && c != 0x0964 && c != 0x0965;
}

static bool
is_blank(int32_t c)
{
    const utf8proc_category_t class = utf8proc_category(c);

    return c == '\n' || c == '\t' || class == UTF8PROC_CATEGORY_ZS ||
           class == UTF8PROC_CATEGORY_ZL || class == UTF8PROC_CATEGORY_ZP;
}

static bool
is_sign(int32_t c)
{
    const utf8proc_category_t class = utf8proc_category(c);

    return class == UTF8PROC_CATEGORY_MN || class == UTF8PROC_CATEGORY_MC;
}

static bool
is_letter(int32_t c)
{
    const utf8proc_category_t class = utf8proc_category(c);

    return class >= UTF8PROC_CATEGORY_LU && class <= UTF8PROC_CATEGORY_LO;
}

/* A virama of any Indic block stands at the same place of its block. */
static bool
is_virama(int32_t c)
{
    return is_indic(c) && (c & 0x7F) == (VIRAMA & 0x7F);
}

static bool
is_unseen(int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ME:
        return true;
    default:
        return within(unseen, COUNT(unseen), c);
    }
}

/* Another form of a letter: full width, of mathematics, a ligature. */
static bool
is_form(int32_t c)
{
    return utf8proc_get_property(c)->decomp_type != 0;
}

static void
put(struct name *n, int32_t c)
{
    n->before = n->len;
    n->len += (size_t)utf8proc_encode_char(c, (utf8proc_uint8_t *)n->out + n->len);
    n->last = c;
}

/* The last character and this sign are one letter. */
static bool
join_vowel(struct name *n, int32_t c)
{
    for (size_t i = 0; i < COUNT(vowels); i++) {
        if (vowels[i].letter == n->last && vowels[i].sign == c) {
            n->len = n->before;
            put(n, vowels[i].whole);
            return true;
        }
    }
    return false;
}

static bool
may_join(const struct name *n, int32_t next)
{
    return is_indic(n->last) && (is_virama(n->last) || is_indic(next));
}

static enum verdict
refuse(struct name *n, const char *what)
{
    return convert_refuse(n->err, n->line, "map.name", "%s in a name", what);
}

static enum verdict
take_sign(struct name *n, int32_t c)
{
    bool follows = is_letter(n->last) || is_sign(n->last) || n->last == ZWJ || n->last == ZWNJ;

    if (!follows || n->last == c || ++n->signs > SIGNS_MAX)
        return refuse(n, "a sign without its letter, or one too many");
    if ((c & 0x7F) == (NUKTA & 0x7F) && is_indic(c) && !is_letter(n->last))
        return refuse(n, "a dot below a sign");
    if (!join_vowel(n, c))
        put(n, c);
    return V_OK;
}

static enum verdict
take_letter(struct name *n, int32_t c)
{
    bool small = c <= 0x024F || (c >= 0x1E00 && c <= 0x1EFF);
    int32_t block = c & ~0x7F;

    n->latin = n->latin || small;
    n->like = n->like || within(likes, COUNT(likes), c);
    if (n->latin && n->like)
        return refuse(n, "letters of two alphabets that look alike");
    if (is_indic(c) && n->indic && n->indic != block)
        return refuse(n, "letters of two Indic scripts");
    if (is_indic(c))
        n->indic = block;
    put(n, c);
    return V_OK;
}

static enum verdict
take(struct name *n, int32_t c, int32_t next)
{
    if (c == ZWJ || c == ZWNJ) {
        if (!may_join(n, next))
            return refuse(n, "a joiner outside Indic letters");
        put(n, c);
        return V_OK;
    }
    if (is_blank(c)) {
        if (n->last != ' ' && n->last)
            put(n, ' ');
        return V_OK;
    }
    if (is_unseen(c))
        return refuse(n, "a character that is not seen");
    if (is_form(c))
        return refuse(n, "another form of a character");
    if (is_sign(c))
        return take_sign(n, c);
    n->signs = 0;
    if (is_letter(c))
        return take_letter(n, c);
    put(n, c);
    return V_OK;
}

/* ASCII with single spaces inside. */
static bool
is_plain(const char *text, size_t len)
{
    char last = ' ';

    for (size_t i = 0; i < len; i++) {
        if (text[i] < ' ' || text[i] > '~' || (text[i] == ' ' && last == ' '))
            return false;
        last = text[i];
    }
    return last != ' ';
}

enum verdict
convert_name(struct arena *mem, const struct map_line *line, const struct field *value,
             struct field *out, struct error *err)
{
    struct name n = { .line = line, .err = err };
    const char *text = value->text;
    size_t len = value->len;

    *out = *value;
    if (is_plain(text, len))
        return V_OK;
    text_trim(&text, &len);
    n.out = arena_alloc(mem, len + 4);
    for (size_t at = 0; at < len;) {
        int32_t c = 0, next = 0;
        utf8proc_ssize_t step =
            utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(len - at), &c);
        enum verdict v;

        if (step <= 0)
            return refuse(&n, "bad UTF-8");
        at += (size_t)step;
        if (at < len)
            (void)utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                   (utf8proc_ssize_t)(len - at), &next);
        v = take(&n, c, next);
        if (v)
            return v;
    }
    n.out[n.len] = '\0';
    *out = n.len ? (struct field){ n.out, n.len } : (struct field){ NULL, 0 };
    return V_OK;
}
