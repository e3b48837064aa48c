/*
 * The one place with state of its own: there is one terminal. A line is taken away before anything
 * else is written to it and drawn again at the next sign of progress.
 */
#include "progress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

#define BAR     20
#define DRAW_MS 100

static FILE *terminal; /* NULL = nothing is drawn */
static bool colour, drawn;
static int64_t begun, last;
static struct job_progress shown;

static void
take_away(void)
{
    if (!terminal || !drawn)
        return;
    fputs("\r\033[K", terminal);
    fflush(terminal);
    drawn = false;
    last = 0;
}

void
progress_begin(FILE *to, bool wanted)
{
    const char *term = getenv("TERM");
    const char *no_color = getenv("NO_COLOR");

    terminal = NULL;
    if (!wanted || !isatty(fileno(to)) || !term || strcmp(term, "dumb") == 0)
        return;
    terminal = to;
    colour = !(no_color && *no_color);
    begun = clock_tick();
    last = 0;
    log_before(take_away);
}

/* 12500 -> "12,500" */
static const char *
group(long n, char out[32])
{
    char digits[24];
    size_t len = (size_t)snprintf(digits, sizeof digits, "%ld", n < 0 ? 0 : n), at = 0;

    for (size_t i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

/* What begins may last: it is drawn at once. */
static bool
is_new(const struct job_progress *now)
{
    return now->phase != shown.phase || now->what != shown.what || now->system != shown.system;
}

void
progress_show(const struct job_progress *now)
{
    int64_t tick = terminal ? clock_tick() : 0;
    char bar[BAR + 1], count[32];

    if (!terminal || (last && tick - last < DRAW_MS && !is_new(now)))
        return;
    shown = *now;
    size_t filled = now->phases > 0 ? (size_t)(now->phase * BAR / now->phases) : 0;

    memset(bar, '-', BAR);
    memset(bar, '#', filled > BAR ? BAR : filled);
    bar[BAR] = '\0';
    fprintf(terminal, "\r\033[K%s[%s]%s %ld/%ld %s%s%s: %s records, %" PRId64 " s",
            colour ? "\033[36m" : "", bar, colour ? "\033[0m" : "", now->phase, now->phases,
            now->what, now->system ? " " : "", now->system ? now->system : "",
            group(now->done, count), (tick - begun) / 1000);
    fflush(terminal);
    drawn = true;
    last = tick;
}

void
progress_end(void)
{
    take_away();
    if (terminal)
        log_before(NULL);
    terminal = NULL;
}
