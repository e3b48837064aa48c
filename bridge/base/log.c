/*
 * A line is put together in memory, made harmless, and written in one piece, so
 * that lines of several processes in one file do not mix.
 */
#include "log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "clock.h"
#include "text.h"

#define LINE_MAX_BYTES 2000 /* with the newline */
#define CONTEXT_MAX    64
#define INDIA_MINUTES  330
#define CUT            "..."

struct line {
    char text[LINE_MAX_BYTES];
    size_t len;
    bool full;
};

static const char *const level_names[] = {
    [LOG_ERROR] = "error",
    [LOG_WARN] = "warn",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

static FILE *log_file; /* NULL = stderr */
static enum log_level log_level = LOG_INFO;
static char run_context[CONTEXT_MAX], system_context[CONTEXT_MAX];
static void (*before_line)(void);

void
log_begin(FILE *to, enum log_level level)
{
    log_file = to;
    log_level = level;
}

void
log_context(const char *run, const char *system)
{
    if (run)
        (void)snprintf(run_context, sizeof run_context, "%s", run);
    if (system)
        (void)snprintf(system_context, sizeof system_context, "%s", system);
}

void
log_before(void (*hook)(void))
{
    before_line = hook;
}

/* All or nothing, so that no character is cut; room for the mark of a cut line is kept. */
static void
put(struct line *line, const char *text, size_t len)
{
    if (line->full || len > sizeof line->text - line->len - sizeof CUT) {
        line->full = true;
        return;
    }
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

/* Marks that turn the direction of writing, and so what a reader believes to see; and separators
 * that some readers show as a new line. */
static bool
is_deceiving(uint32_t c)
{
    return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

static uint32_t
decode(const unsigned char *p, size_t len)
{
    if (len == 2)
        return (uint32_t)(p[0] & 0x1F) << 6 | (uint32_t)(p[1] & 0x3F);
    if (len == 3)
        return (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 |
               (uint32_t)(p[2] & 0x3F);
    return p[0]; /* four bytes: beyond all that is escaped */
}

static void
put_escaped(struct line *line, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t left = strlen(text);

    while (left && !line->full) {
        size_t len = p[0] < 0xC0 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
        char escape[8] = "";
        uint32_t c;

        if (len > left || !text_is_utf8((const char *)p, len, NULL)) {
            len = 1;
            (void)snprintf(escape, sizeof escape, "\\x%02x", (unsigned)p[0]);
        } else if ((c = decode(p, len)) == '\n') {
            (void)snprintf(escape, sizeof escape, "\\n");
        } else if (c < 0x20 || c == 0x7F) {
            (void)snprintf(escape, sizeof escape, "\\x%02x", (unsigned)c);
        } else if ((c >= 0x80 && c <= 0x9F) || is_deceiving(c)) {
            (void)snprintf(escape, sizeof escape, "\\u%04x", (unsigned)c);
        }
        if (*escape)
            put(line, escape, strlen(escape));
        else
            put(line, (const char *)p, len);
        p += len;
        left -= len;
    }
}

static void
put_head(struct line *line, enum log_level level)
{
    int64_t now = clock_now();
    char india[CLOCK_TEXT], utc[CLOCK_TEXT], head[128];
    int len;

    if (!clock_format("%Y-%m-%dT%H:%M:%S%z", INDIA_MINUTES, now, india, sizeof india))
        india[0] = '\0';
    if (!clock_format("%Y-%m-%dT%H:%M:%SZ", 0, now, utc, sizeof utc))
        utc[0] = '\0';
    len = snprintf(head, sizeof head, "%s %s %s ", india, utc, level_names[level]);
    put(line, head, (size_t)len);
    if (*run_context) {
        put(line, "run=", 4);
        put_escaped(line, run_context);
        put(line, " ", 1);
    }
    if (*system_context) {
        put(line, "system=", 7);
        put_escaped(line, system_context);
        put(line, " ", 1);
    }
}

void
log_line(enum log_level level, const char *fmt, ...)
{
    FILE *to = log_file ? log_file : stderr;
    char text[LINE_MAX_BYTES + 8];
    struct line line = { .len = 0 };
    va_list args;

    if (level > log_level)
        return;
    va_start(args, fmt);
    if (vsnprintf(text, sizeof text, fmt, args) < 0)
        text[0] = '\0';
    va_end(args);
    put_head(&line, level);
    put_escaped(&line, text);
    if (line.full) {
        memcpy(line.text + line.len, CUT, strlen(CUT));
        line.len += strlen(CUT);
    }
    line.text[line.len++] = '\n';
    if (before_line)
        before_line();
    (void)fwrite(line.text, 1, line.len, to);
    (void)fflush(to);
}

void
log_error(enum log_level level, const struct error *err)
{
    const char *open = *err->where ? " (" : "", *shut = *err->where ? ")" : "";

    log_line(level, "error: %s [%s]%s%s%s%s%s", err->text, err->code, open, err->where, shut,
             *err->hint ? "; " : "", err->hint);
}
