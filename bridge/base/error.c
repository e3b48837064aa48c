/*
 * Verdicts and the error that goes up with them. Text that does not fit is cut
 * between characters, so that a cut message is still valid UTF-8.
 */
#include "verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define UTF8_LONGEST 4

static const char *const verdict_names[] = {
    [V_OK] = "ok",       [V_RETRY] = "retry",       [V_REJECT] = "reject",
    [V_FATAL] = "fatal", [V_IN_DOUBT] = "in_doubt",
};

const char *
verdict_name(enum verdict v)
{
    size_t at = (size_t)v;

    return at < sizeof verdict_names / sizeof *verdict_names ? verdict_names[at] : "unknown";
}

/* Takes off the head of a character whose tail was cut off by the end of out. */
static void
mend_end(char *out, size_t len)
{
    for (size_t back = 1; back <= UTF8_LONGEST && back <= len; back++) {
        unsigned char c = (unsigned char)out[len - back];
        size_t needed = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;

        if ((c & 0xC0) == 0x80)
            continue;
        if (needed > back)
            out[len - back] = '\0';
        return;
    }
}

static void
put(char *out, size_t room, const char *text)
{
    size_t len = strlen(text);

    if (len < room) {
        memcpy(out, text, len + 1);
        return;
    }
    memcpy(out, text, room - 1);
    out[room - 1] = '\0';
    mend_end(out, room - 1);
}

static void PRINTF_LIKE(3, 0) put_format(char *out, size_t room, const char *fmt, va_list args)
{
    int len = vsnprintf(out, room, fmt, args);

    if (len < 0)
        out[0] = '\0';
    else if ((size_t)len >= room)
        mend_end(out, room - 1);
}

enum verdict
error_set(struct error *err, enum verdict v, const char *code, const char *fmt, ...)
{
    char text[sizeof err->text];
    char kept[sizeof err->code];
    va_list args;

    /* Arguments may point into *err itself: nothing of it changes before they are used. */
    put(kept, sizeof kept, code);
    va_start(args, fmt);
    put_format(text, sizeof text, fmt, args);
    va_end(args);
    memset(err, 0, sizeof *err);
    put(err->code, sizeof err->code, kept);
    put(err->text, sizeof err->text, text);
    return v;
}

void
error_within(struct error *err, const char *fmt, ...)
{
    char context[sizeof err->text];
    char whole[2 * sizeof err->text + 2];
    va_list args;

    va_start(args, fmt);
    put_format(context, sizeof context, fmt, args);
    va_end(args);
    (void)snprintf(whole, sizeof whole, "%s: %s", context, err->text);
    put(err->text, sizeof err->text, whole);
}

void
error_hint(struct error *err, const char *fmt, ...)
{
    char hint[sizeof err->hint];
    va_list args;

    va_start(args, fmt);
    put_format(hint, sizeof hint, fmt, args);
    va_end(args);
    put(err->hint, sizeof err->hint, hint);
}

void
error_at(struct error *err, const char *field, const char *where)
{
    if (field && field != err->field)
        put(err->field, sizeof err->field, field);
    if (where && where != err->where)
        put(err->where, sizeof err->where, where);
}
