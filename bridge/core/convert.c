/*
 * One row a kind. Inward, what is strange is refused, never mended: a record that is held can be
 * looked at, one that was guessed cannot. Nothing here allocates for a text that is already as it
 * should be.
 */
#include "convert.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "codes.h"
#include "content.h"
#include "convert_mobile.h"
#include "convert_text.h"
#include "text.h"
#include "units.h"

#define DAY_FORMAT "%Y-%m-%d"
#define DAY_LEN    10

struct side {
    const struct mapper *m;
    struct arena *mem;
    const struct map_line *line;
    struct mapper_losses *losses; /* outward only */
    struct beside *beside;
    struct error *err;
};

enum verdict
convert_refuse(struct error *err, const struct map_line *line, const char *code, const char *fmt,
               ...)
{
    char text[sizeof err->text];
    va_list args;
    enum verdict v;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    v = error_set(err, V_REJECT, code, "%s", text);
    error_at(err, line->canonical, line->remote);
    return v;
}

static void
set(struct field *out, const char *text, size_t len)
{
    out->text = text;
    out->len = len;
}

static void
set_copy(const struct side *s, struct field *out, const char *text, size_t len)
{
    set(out, arena_text(s->mem, text, len), len);
}

/* ---- text ---- */

static enum verdict
text_in(const struct side *s, const struct field *value, struct field *out)
{
    return convert_text_in(s->mem, s->line, value, out, s->err);
}

static enum verdict
text_out(const struct side *s, const struct field *value, struct field *out)
{
    return convert_text_out(s->mem, s->line, value, out, s->losses, s->err);
}

/* ---- code ---- */

static enum verdict
code_in(const struct side *s, const struct field *value, struct field *out)
{
    const struct map_code *code =
        codes_from_remote(s->line->codes, value->text, value->len, s->beside->text);

    if (!code)
        return convert_refuse(s->err, s->line, "map.code", "a word that is not in [codes %s]",
                              s->line->codes->name);
    set(out, code->canonical, strlen(code->canonical));
    return V_OK;
}

static enum verdict
code_out(const struct side *s, const struct field *value, struct field *out)
{
    const struct map_code *code =
        codes_to_remote(s->line->codes, value->text, value->len, s->beside->text);

    if (!code)
        return convert_refuse(s->err, s->line, "map.code",
                              "[codes %s] has no word of the peer for it", s->line->codes->name);
    s->beside->row = code;
    set(out, code->remote, strlen(code->remote));
    return V_OK;
}

/* ---- unit ---- */

static enum verdict
unit_in(const struct side *s, const struct field *value, struct field *out)
{
    const struct unit *unit = NULL;

    if (!memchr(value->text, '\0', value->len))
        unit = units_find(s->m->units, s->line->scheme, value->text, s->beside->day);
    if (!unit)
        return convert_refuse(s->err, s->line, "map.unit",
                              "no unit has this code in scheme \"%s\"%s%s", s->line->scheme,
                              s->beside->day ? " on " : "", s->beside->day ? s->beside->day : "");
    set(out, unit->code, strlen(unit->code));
    return V_OK;
}

static enum verdict
unit_out(const struct side *s, const struct field *value, struct field *out)
{
    const char *code = units_code(s->m->units, s->line->scheme, value->text, s->beside->day);

    if (!code)
        return convert_refuse(s->err, s->line, "map.unit",
                              "the unit has no code in scheme \"%s\"%s%s", s->line->scheme,
                              s->beside->day ? " on " : "", s->beside->day ? s->beside->day : "");
    set(out, code, strlen(code));
    return V_OK;
}

/* ---- int, bool ---- */

static enum verdict
int_in(const struct side *s, const struct field *value, struct field *out)
{
    const struct dict_field *field = s->line->field;
    char text[24];
    int64_t number;

    if (!text_int(value->text, value->len, &number))
        return convert_refuse(s->err, s->line, "map.int", "not a whole number");
    if (field->ranged && (number < field->low || number > field->high))
        return convert_refuse(s->err, s->line, "map.int", "not between %" PRId64 " and %" PRId64,
                              field->low, field->high);
    if (value->text[0] >= '1' && value->text[0] <= '9') {
        *out = *value;
        return V_OK;
    }
    (void)snprintf(text, sizeof text, "%" PRId64, number);
    set_copy(s, out, text, strlen(text));
    return V_OK;
}

static enum verdict
int_out(const struct side *s, const struct field *value, struct field *out)
{
    int64_t number;

    if (!text_int(value->text, value->len, &number))
        return convert_refuse(s->err, s->line, "map.int", "not a whole number");
    *out = *value;
    return V_OK;
}

static enum verdict
bool_in(const struct side *s, const struct field *value, struct field *out)
{
    if (text_same(value->text, value->len, "true") || text_same(value->text, value->len, "1"))
        set(out, "true", 4);
    else if (text_same(value->text, value->len, "false") || text_same(value->text, value->len, "0"))
        set(out, "false", 5);
    else
        return convert_refuse(s->err, s->line, "map.bool", "neither true, false, 1 nor 0");
    return V_OK;
}

static enum verdict
bool_out(const struct side *s, const struct field *value, struct field *out)
{
    return bool_in(s, value, out);
}

/* ---- date, time ---- */

static enum verdict
write_time(const struct side *s, const char *format, int zone, int64_t at, struct field *out)
{
    char text[128];
    size_t len = clock_format(format, zone, at, text, sizeof text);

    if (len == 0)
        return convert_refuse(s->err, s->line, "map.time", "longer than %zu characters as \"%s\"",
                              sizeof text - 1, format);
    set_copy(s, out, text, len);
    return V_OK;
}

static enum verdict
date_in(const struct side *s, const struct field *value, struct field *out)
{
    char text[CLOCK_TEXT];
    int64_t at;

    if (!clock_parse(s->line->format, 0, value->text, value->len, &at))
        return convert_refuse(s->err, s->line, "map.date", "not a real date in the form \"%s\"",
                              s->line->format);
    clock_text(at, text);
    set_copy(s, out, text, DAY_LEN);
    return V_OK;
}

static enum verdict
date_out(const struct side *s, const struct field *value, struct field *out)
{
    int64_t at;

    if (!clock_parse(DAY_FORMAT, 0, value->text, value->len, &at))
        return convert_refuse(s->err, s->line, "map.date", "not a real date");
    return write_time(s, s->line->format, 0, at, out);
}

static enum verdict
time_in(const struct side *s, const struct field *value, struct field *out)
{
    char *text;
    int64_t at;

    if (!clock_parse(s->line->format, s->line->zone, value->text, value->len, &at))
        return convert_refuse(s->err, s->line, "map.time", "not a real time in the form \"%s\"",
                              s->line->format);
    text = arena_alloc(s->mem, CLOCK_TEXT);
    clock_text(at, text);
    set(out, text, CLOCK_TEXT - 1);
    return V_OK;
}

static enum verdict
time_out(const struct side *s, const struct field *value, struct field *out)
{
    int64_t at;

    if (!clock_from_text(value->text, value->len, &at))
        return convert_refuse(s->err, s->line, "map.time", "not a real time");
    return write_time(s, s->line->format, s->line->zone, at, out);
}

/* ---- mobile ---- */

static enum verdict
mobile_in(const struct side *s, const struct field *value, struct field *out)
{
    char digits[MOBILE_DIGITS + 1];
    char *text;

    switch (mobile_read(value->text, value->len, digits)) {
    case MOBILE_NONE:
        return V_OK;
    case MOBILE_BAD:
        return convert_refuse(s->err, s->line, "map.mobile", "not an Indian mobile number");
    case MOBILE_GOOD:
        break;
    }
    text = arena_alloc(s->mem, 3 + sizeof digits);
    memcpy(text, "+91", 3);
    memcpy(text + 3, digits, sizeof digits);
    set(out, text, 3 + MOBILE_DIGITS);
    return V_OK;
}

static enum verdict
mobile_out(const struct side *s, const struct field *value, struct field *out)
{
    if (value->len != 3 + MOBILE_DIGITS || memcmp(value->text, "+91", 3) != 0)
        return convert_refuse(s->err, s->line, "map.mobile", "not an Indian mobile number");
    set(out, value->text + 3, MOBILE_DIGITS);
    return V_OK;
}

/* ---- bytes ---- */

/* The name of a content in the store: its bytes never pass here. */
static enum verdict
bytes_in(const struct side *s, const struct field *value, struct field *out)
{
    if (value->len != CONTENT_ID - 1 || strspn(value->text, "0123456789abcdef") != value->len)
        return convert_refuse(s->err, s->line, "map.bytes", "not the name of a stored content");
    *out = *value;
    return V_OK;
}

/* ---- the table ---- */

static const struct kind_row {
    const char *name;
    enum verdict (*in)(const struct side *s, const struct field *value, struct field *out);
    enum verdict (*out)(const struct side *s, const struct field *value, struct field *out);
} kinds[] = {
    [KIND_TEXT] = { "text", text_in, text_out },
    [KIND_CODE] = { "code", code_in, code_out },
    [KIND_UNIT] = { "unit", unit_in, unit_out },
    [KIND_INT] = { "int", int_in, int_out },
    [KIND_BOOL] = { "bool", bool_in, bool_out },
    [KIND_DATE] = { "date", date_in, date_out },
    [KIND_TIME] = { "time", time_in, time_out },
    [KIND_MOBILE] = { "mobile", mobile_in, mobile_out },
    [KIND_BYTES] = { "bytes", bytes_in, bytes_in },
};

#define KINDS (sizeof kinds / sizeof *kinds)

bool
kind_find(const char *name, enum kind *out)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            *out = (enum kind)i;
            return true;
        }
    }
    return false;
}

const char *
kind_name(enum kind kind)
{
    return kinds[kind].name;
}

const char *
kind_nearest(const char *name)
{
    const char *names[KINDS];

    for (size_t i = 0; i < KINDS; i++)
        names[i] = kinds[i].name;
    return text_nearest(name, names, KINDS);
}

bool
kind_fits(enum kind line, enum kind field)
{
    return line == field || (line == KIND_CODE && (field == KIND_TEXT || field == KIND_INT));
}

/* A match is of the whole text: a NUL inside would end it early. */
static enum verdict
check_match(const struct map_line *line, const struct field *value, struct error *err)
{
    const struct line_plan *plan = line->compiled;

    if (!plan->match)
        return V_OK;
    if (memchr(value->text, '\0', value->len) || regexec(plan->match, value->text, 0, NULL, 0) != 0)
        return convert_refuse(err, line, "map.match", "not of the form %s", line->match);
    return V_OK;
}

enum verdict
convert_in(const struct mapper *m, struct arena *mem, const struct map_line *line,
           const struct field *value, const struct beside *beside, struct field *out,
           struct error *err)
{
    struct beside own = beside ? *beside : (struct beside){ NULL, NULL, NULL };
    struct side s = { m, mem, line, NULL, &own, err };
    struct field came = *value;
    enum verdict v;

    set(out, NULL, 0);
    if (came.text && line->flags & MAP_TRIM) {
        text_trim(&came.text, &came.len);
        if (came.text + came.len != value->text + value->len)
            came.text = arena_text(mem, came.text, came.len);
    }
    if (!came.text || came.len == 0) {
        if (!line->fallback)
            return V_OK;
        set(&came, line->fallback, strlen(line->fallback));
    }
    v = check_match(line, &came, err);
    if (v)
        return v;
    return kinds[line->kind].in(&s, &came, out);
}

enum verdict
convert_out(const struct mapper *m, struct arena *mem, const struct map_line *line,
            const struct field *value, struct beside *beside, struct field *out,
            struct mapper_losses *losses, struct error *err)
{
    struct beside none = { NULL, NULL, NULL };
    struct side s = { m, mem, line, losses, beside ? beside : &none, err };
    enum verdict v;

    set(out, NULL, 0);
    if (!value->text || value->len == 0)
        return V_OK;
    v = kinds[line->kind].out(&s, value, out);
    if (v || !out->text)
        return v;
    return check_match(line, out, err);
}
