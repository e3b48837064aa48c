/*
 * Fixed parts are compared byte by byte; a slot takes as few characters as the rest allows.
 */
#include "sms_text.h"

#include <string.h>

#include "text.h"

#define VAR_LEN (sizeof SMS_VAR - 1)

size_t
sms_text_slots(const char *words)
{
    size_t n = 0;

    for (const char *at = strstr(words, SMS_VAR); at; at = strstr(at + VAR_LEN, SMS_VAR))
        n++;
    return n;
}

static enum verdict
check_value(const char *value, const char *name, struct error *err)
{
    enum verdict v = V_OK;

    for (const char *at = value; !v && *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            v = error_set(err, V_REJECT, "template.var",
                          "the value of a slot holds a control "
                          "character");
    if (!v && text_chars(value, strlen(value)) > SMS_VAR_MAX)
        v = error_set(err, V_REJECT, "template.var",
                      "the value of a slot has more than %d characters", SMS_VAR_MAX);
    if (v)
        error_at(err, name, NULL);
    return v;
}

enum verdict
sms_text_fill(struct arena *mem, const char *words, const char *const *values,
              const char *const *names, size_t count, const char **out, struct error *err)
{
    const char *text = "";

    if (sms_text_slots(words) != count)
        return error_set(err, V_REJECT, "template.slots",
                         "the registered words have %zu slots, %zu values are given",
                         sms_text_slots(words), count);
    for (size_t i = 0; i < count; i++) {
        const char *slot = strstr(words, SMS_VAR);
        enum verdict v = check_value(values[i], names[i], err);

        if (v)
            return v;
        text = arena_format(mem, "%s%.*s%s", text, (int)(slot - words), words, values[i]);
        words = slot + VAR_LEN;
    }
    text = arena_format(mem, "%s%s", text, words);
    if (text_chars(text, strlen(text)) > SMS_MAX)
        return error_set(err, V_REJECT, "template.long", "the message has more than %d characters",
                         SMS_MAX);
    *out = text;
    return V_OK;
}

/* The byte behind the next character. */
static const char *
next(const char *text)
{
    for (text++; ((unsigned char)*text & 0xc0u) == 0x80u; text++)
        ;
    return text;
}

bool
sms_text_matches(const char *words, const char *text)
{
    const char *slot = strstr(words, SMS_VAR);
    size_t fixed = slot ? (size_t)(slot - words) : strlen(words);

    if (strncmp(words, text, fixed) != 0)
        return false;
    text += fixed;
    if (!slot)
        return !*text;
    words = slot + VAR_LEN;
    for (int n = 0; n <= SMS_VAR_MAX; n++) {
        if (sms_text_matches(words, text))
            return true;
        if (!*text || (unsigned char)*text < ' ')
            return false;
        text = next(text);
    }
    return false;
}
