/*
 * Numbers by xorshift; texts piece by piece, cleaned as what comes in is.
 */
#include "map_draw.h"

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/convert.h"
#include "core/convert_name.h"
#include "text.h"

#define TEXT_MOST 20000
#define WHOLE_BIG 25 /* one long text in so many is of the greatest length */

static uint64_t state_now;

void
draw_begin(uint64_t seed)
{
    state_now = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
}

uint64_t
draw(uint64_t below)
{
    state_now ^= state_now << 13;
    state_now ^= state_now >> 7;
    state_now ^= state_now << 17;
    return state_now % below;
}

static bool
is_forbidden(const struct line_plan *plan, const char *text)
{
    for (size_t i = 0; plan->limits->forbid && plan->limits->forbid[i]; i++)
        if (strncmp(text, plan->limits->forbid[i], strlen(plan->limits->forbid[i])) == 0)
            return true;
    return false;
}

/* Latin, Devanagari with its marks, joiners, beyond the BMP, blanks, lines; to be cleaned. */
static size_t
draw_pieces(const struct line_plan *plan, size_t chars, char *text)
{
    static const char *const pieces[] = { "a",  "Z",  "7",      " ", "\n",     "\t", "'", "&",
                                          "<",  "-",  "/",      "é", "क",      "ढ",  "़",  "्",
                                          "ि",  "ख़",  "न",      "र", "\u200d", "₹",  "🙏", "\u0301",
                                          "क्ष", "ज्ञ", "श्र",     "ँ",  "\u200c", "अ",  "आ", "ो",
                                          "रु",  "१",  "\u0958", "द्ध" };
    size_t n = 0;

    for (size_t i = 0; i < chars; i++) {
        const char *piece = pieces[draw(sizeof pieces / sizeof *pieces)];

        if (!is_forbidden(plan, piece)) {
            memcpy(text + n, piece, strlen(piece));
            n += strlen(piece);
        }
    }
    return n;
}

/* Bytes of the first n characters. */
static size_t
first_chars(const char *text, size_t len, size_t n)
{
    size_t i = 0;

    for (; i < len; i++)
        if (((unsigned char)text[i] & 0xC0) != 0x80 && n-- == 0)
            break;
    return i;
}

/* Canonical text of a length that suits the line, or NULL when it did not turn out so. */
static const char *
try_text(struct arena *work, const struct map_line *line, size_t most, bool whole)
{
    static char text[TEXT_MOST * 12];
    size_t n = draw_pieces(line->compiled, whole ? most : 1 + draw(most > 60 ? 60 : most), text);
    struct field name;
    const char *out;
    struct error err;

    assert_int_equal(text_clean(work, text, n, &out, &n, &err), V_OK);
    n = first_chars(out, n, most);
    memmove(text, out, n);
    while (whole && text_chars(text, n) < most)
        text[n++] = 'x';
    assert_int_equal(text_clean(work, text, n, &out, &n, &err), V_OK);
    if (line->flags & MAP_TRIM)
        text_trim(&out, &n);
    out = arena_text(work, out, n);
    if (line->field->flags & DICT_NAME && n) {
        if (convert_name(work, line, &(struct field){ out, n }, &name, &err) != V_OK)
            return NULL;
        out = name.text;
        n = name.len;
    }
    return n && text_chars(out, n) <= most ? out : NULL;
}

const char *
draw_text(struct arena *work, const struct map_line *line)
{
    const struct line_plan *plan = line->compiled;
    size_t most = plan->most ? plan->most : 300;
    bool whole;

    if (plan->most_out && plan->most_out < most)
        most = plan->most_out;
    if (most > TEXT_MOST)
        most = TEXT_MOST;
    whole = draw(most > 500 ? WHOLE_BIG : 6) == 0;
    for (int i = 0; i < 50; i++) {
        const char *text = try_text(work, line, most, whole);

        if (text)
            return text;
    }
    return "x";
}

/* ---- texts of an expression: alternatives, groups, classes, ? * + {n} {n,m} ---- */

struct pattern {
    const char *at;
    char *out;
    size_t n, room;
};

static void any_of(struct pattern *p, bool write);

static void
one_class(struct pattern *p, bool write)
{
    char choice[256];
    size_t choices = 0;

    for (p->at++; *p->at != ']'; p->at++) {
        if (p->at[1] == '-' && p->at[2] != ']') {
            for (int c = *p->at; c <= p->at[2]; c++)
                choice[choices++] = (char)c;
            p->at += 2;
        } else {
            choice[choices++] = *p->at;
        }
    }
    p->at++;
    if (write && p->n + 1 < p->room)
        p->out[p->n++] = choice[draw(choices)];
}

static void
one_atom(struct pattern *p, bool write)
{
    if (*p->at == '(') {
        p->at++;
        any_of(p, write);
        p->at++;
    } else if (*p->at == '[') {
        one_class(p, write);
    } else {
        char c = *p->at == '\\' ? *++p->at : *p->at == '.' ? 'q' : *p->at;

        p->at++;
        if (write && p->n + 1 < p->room)
            p->out[p->n++] = c;
    }
}

/* How often, by what stands behind an atom. */
static uint64_t
times_of(struct pattern *p)
{
    long low, high;
    char *end;

    switch (*p->at) {
    case '?':
        p->at++;
        return draw(2);
    case '*':
        p->at++;
        return draw(5);
    case '+':
        p->at++;
        return 1 + draw(5);
    case '{':
        low = high = strtol(p->at + 1, &end, 10);
        if (*end == ',')
            high = end[1] == '}' ? low + 3 : strtol(end + 1, &end, 10);
        p->at = strchr(p->at, '}') + 1;
        return (uint64_t)low + draw((uint64_t)(high - low) + 1);
    default:
        return 1;
    }
}

static void
sequence_of(struct pattern *p, bool write)
{
    while (*p->at && *p->at != '|' && *p->at != ')') {
        const char *atom = p->at, *behind;
        uint64_t times;

        one_atom(p, false);
        times = times_of(p);
        behind = p->at;
        for (uint64_t i = 0; write && i < times; i++) {
            p->at = atom;
            one_atom(p, true);
        }
        p->at = behind;
    }
}

static void
any_of(struct pattern *p, bool write)
{
    const char *start = p->at;
    uint64_t count = 1, chosen;

    for (sequence_of(p, false); *p->at == '|'; count++) {
        p->at++;
        sequence_of(p, false);
    }
    chosen = draw(count);
    p->at = start;
    for (uint64_t i = 0; i < count; i++) {
        sequence_of(p, write && i == chosen);
        if (*p->at == '|')
            p->at++;
    }
}

const char *
draw_match(struct arena *work, const struct map_line *line)
{
    const struct line_plan *plan = line->compiled;
    char text[300];

    for (int i = 0; i < 100; i++) {
        struct pattern p = { line->match, text, 0, sizeof text };

        any_of(&p, true);
        text[p.n] = '\0';
        if (p.n && regexec(plan->match, text, 0, NULL, 0) == 0 &&
            (!plan->most || p.n <= plan->most))
            return arena_text(work, text, p.n);
    }
    return NULL;
}
