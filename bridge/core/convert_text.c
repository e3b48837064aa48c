/*
 * Inward nothing is cut: a text that is too long holds its record. Outward [limits] say what the
 * peer cannot take; a key is never touched, for a changed key is another record.
 */
#include "convert_text.h"

#include <string.h>

#include "convert_name.h"
#include "text.h"

/* Printable ASCII, tab and newline: already as text_clean() would leave it. */
static bool
is_plain(const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;

    for (size_t i = 0; i < len; i++)
        if ((p[i] < 0x20 && p[i] != '\n' && p[i] != '\t') || p[i] > 0x7E)
            return false;
    return true;
}

enum verdict
convert_text_in(struct arena *mem, const struct map_line *line, const struct field *value,
                struct field *out, struct error *err)
{
    const struct line_plan *plan = line->compiled;
    size_t chars;

    if (is_plain(value->text, value->len)) {
        *out = *value;
    } else {
        enum verdict v = text_clean(mem, value->text, value->len, &out->text, &out->len, err);

        if (v) {
            error_at(err, line->canonical, line->remote);
            return v;
        }
    }
    if (line->field->flags & DICT_NAME) {
        struct field name;
        enum verdict v = convert_name(mem, line, out, &name, err);

        if (v)
            return v;
        *out = name;
    }
    if (!plan->most || out->len <= plan->most)
        return V_OK;
    chars = text_chars(out->text, out->len);
    if (chars > plan->most)
        return convert_refuse(err, line, "map.long", "%zu characters, at most %zu are taken", chars,
                              plan->most);
    return V_OK;
}

static const char *
find_forbidden(const struct text_limits *limits, const char *at)
{
    for (size_t i = 0; limits->forbid[i]; i++)
        if (strncmp(at, limits->forbid[i], strlen(limits->forbid[i])) == 0)
            return limits->forbid[i];
    return NULL;
}

/* Each forbidden character becomes a blank; the text is copied at the first of them. */
static enum verdict
replace(struct arena *mem, const struct map_line *line, const struct text_limits *limits,
        struct field *text, struct mapper_losses *losses, struct error *err)
{
    char *into = NULL;
    size_t n = 0;

    for (size_t i = 0; i < text->len;) {
        const char *found = find_forbidden(limits, text->text + i);

        if (found && line->flags & MAP_KEY)
            return convert_refuse(err, line, "map.forbid",
                                  "a key holds a character that the peer does not take");
        if (found && !into) {
            into = arena_alloc(mem, text->len + 1);
            memcpy(into, text->text, i);
            n = i;
        }
        if (found) {
            into[n++] = ' ';
            losses->replaced++;
            i += strlen(found);
        } else {
            if (into)
                into[n++] = text->text[i];
            i++;
        }
    }
    if (into) {
        text->text = into;
        text->len = n;
    }
    return V_OK;
}

/* Bytes of the first n characters. */
static size_t
first_chars(const struct field *text, size_t n)
{
    size_t i = 0;

    while (i < text->len) {
        if (((unsigned char)text->text[i] & 0xC0) != 0x80 && n-- == 0)
            break;
        i++;
    }
    return i;
}

enum verdict
convert_text_out(struct arena *mem, const struct map_line *line, const struct field *value,
                 struct field *out, struct mapper_losses *losses, struct error *err)
{
    const struct line_plan *plan = line->compiled;
    enum verdict v = V_OK;

    *out = *value;
    if (plan->limits->forbid)
        v = replace(mem, line, plan->limits, out, losses, err);
    if (v || !plan->most_out || text_chars(out->text, out->len) <= plan->most_out)
        return v;
    if (!plan->may_cut)
        return convert_refuse(err, line, "map.long",
                              "longer than the %zu characters that the "
                              "peer takes",
                              plan->most_out);
    out->len = first_chars(out, plan->most_out);
    out->text = arena_text(mem, out->text, out->len);
    losses->cut++;
    return V_OK;
}
