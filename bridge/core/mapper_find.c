/*
 * Letters and signs are counted by their blocks; digits and punctuation are of no script.
 */
#include "mapper_find.h"

#include <string.h>
#include <utf8proc.h>

#include "krutidev.h"
#include "text.h"

#define MINOR 10 /* one in so many letters is a word, less is a slip */

static bool
is_devanagari(utf8proc_int32_t c)
{
    if (c == 0x0964 || c == 0x0965 || (c >= 0x0966 && c <= 0x0970))
        return false;
    return (c >= 0x0900 && c <= 0x097F) || (c >= 0xA8E0 && c <= 0xA8FF) ||
           (c >= 0x1CD0 && c <= 0x1CFF);
}

static bool
is_latin(utf8proc_int32_t c)
{
    if (c < 0x80)
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (c > 0x024F && (c < 0x1E00 || c > 0x1EFF))
        return false;
    return utf8proc_category(c) >= UTF8PROC_CATEGORY_LU &&
           utf8proc_category(c) <= UTF8PROC_CATEGORY_LO;
}

const char *
mapper_script(const char *text, size_t len)
{
    size_t devanagari = 0, latin = 0;

    for (size_t at = 0; at < len;) {
        utf8proc_int32_t c = (unsigned char)text[at];
        utf8proc_ssize_t step = 1;

        /* nearly all that is not ASCII is in the block U+0900 to U+097F */
        if (c == 0xE0 && len - at >= 3 && ((unsigned char)text[at + 1] & 0xFE) == 0xA4) {
            c = 0x0900 | ((unsigned char)text[at + 1] & 1) << 6 |
                ((unsigned char)text[at + 2] & 0x3F);
            step = 3;
        } else if (c >= 0x80) {
            step = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                    (utf8proc_ssize_t)(len - at), &c);
        }
        if (step <= 0)
            break;
        at += (size_t)step;
        if (is_latin(c))
            latin++;
        else if (c >= 0x80 && is_devanagari(c))
            devanagari++;
    }
    if (latin * MINOR < devanagari)
        return "D";
    if (devanagari * MINOR < latin)
        return "L";
    return "M";
}

static void
set(struct record *record, long slot, const char *text, size_t len)
{
    if (slot >= 0 && len)
        record->fields[slot] = (struct field){ text, len };
}

/* Converts a text in a legacy font into the field beside it; false when it is in none. */
static bool
convert_font(struct arena *mem, const struct map_stream *stream, const struct map_line *line,
             long beside, struct record *record)
{
    const struct field *field = line ? &record->fields[line->slot] : NULL;
    const char *text;
    struct error err;
    size_t len;

    if (!field || !field->text || !line->legacy || !krutidev_is(field->text, field->len))
        return false;
    text = krutidev_unicode(mem, field->text, field->len);
    /* a conversion that is no text, or has no room, is left out: the original is there */
    if (beside >= 0 && text && text_clean(mem, text, strlen(text), &text, &len, &err) == V_OK &&
        (!stream->dict->fields[beside].max ||
         text_chars(text, len) <= stream->dict->fields[beside].max))
        set(record, beside, text, len);
    return true;
}

void
mapper_find(struct arena *mem, const struct map_stream *stream, struct record *record)
{
    const struct stream_plan *plan = stream->compiled;
    const struct field *body = plan->body ? &record->fields[plan->body->slot] : NULL;
    bool legacy;

    (void)convert_font(mem, stream, plan->subject, plan->subject_unicode, record);
    legacy = convert_font(mem, stream, plan->body, plan->body_unicode, record);
    if (body && body->text)
        set(record, plan->script, legacy ? "K" : mapper_script(body->text, body->len), 1);
}
