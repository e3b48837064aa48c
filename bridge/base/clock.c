/*
 * The program's clock and the text of an instant. Days are counted by
 * arithmetic (calendar.h), so that neither TZ nor the C library's idea of a
 * zone has a say. Peers' forms are read and written in clock_form.c.
 */
#include "clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "calendar.h"

#define SET_TEXT_MAX 64
#define CODE         "clock.set"

enum clock_mode { CLOCK_REAL, CLOCK_STARTED, CLOCK_FILE };

static struct {
    enum clock_mode mode;
    int64_t base;     /* STARTED: instant at begin; FILE: what was read last */
    int64_t began_ms; /* STARTED: tick at begin */
    char path[4096];  /* FILE */
} set;

int64_t
clock_tick(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool
instant_of(const char *text, int64_t *at)
{
    size_t len = strcspn(text, "\r\n");

    while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    return clock_parse("iso", 0, text, len, at);
}

static bool
read_file(int64_t *at)
{
    int file = open(set.path, O_RDONLY | O_CLOEXEC);
    char text[SET_TEXT_MAX];
    ssize_t len;

    if (file < 0)
        return false;
    do
        len = read(file, text, sizeof text - 1);
    while (len < 0 && errno == EINTR);
    (void)close(file);
    if (len <= 0)
        return false;
    text[len] = '\0';
    return instant_of(text, at);
}

enum verdict
clock_begin(struct error *err)
{
    const char *text = getenv("BRIDGE_NOW");

    set.mode = CLOCK_REAL;
    if (!text || !*text)
        return V_OK;
    if (text[0] == '@') {
        if (strlen(text + 1) >= sizeof set.path)
            return error_set(err, V_FATAL, CODE, "the path in BRIDGE_NOW is too long");
        (void)snprintf(set.path, sizeof set.path, "%s", text + 1);
        if (!read_file(&set.base)) {
            (void)error_set(err, V_FATAL, CODE,
                            "could not read a time from the file of BRIDGE_NOW");
            error_at(err, NULL, set.path);
            error_hint(err, "Its first line is a time such as 2020-06-01T20:00:00Z.");
            return V_FATAL;
        }
        set.mode = CLOCK_FILE;
        return V_OK;
    }
    if (!instant_of(text, &set.base)) {
        (void)error_set(err, V_FATAL, CODE, "BRIDGE_NOW is not a time");
        error_hint(err, "Write it like 2020-06-01T20:00:00Z, or @FILE.");
        return V_FATAL;
    }
    set.began_ms = clock_tick();
    set.mode = CLOCK_STARTED;
    return V_OK;
}

bool
clock_is_set(void)
{
    return set.mode != CLOCK_REAL;
}

int64_t
clock_now(void)
{
    struct timespec ts;

    switch (set.mode) {
    case CLOCK_FILE:
        /* A file caught in the middle of a change: the clock stands still a moment longer. */
        (void)read_file(&set.base);
        return set.base;
    case CLOCK_STARTED:
        return set.base + (clock_tick() - set.began_ms) * 1000;
    case CLOCK_REAL:
        break;
    }
    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * SECOND_US + ts.tv_nsec / 1000;
}

/* Writes value in count digits and the mark behind it; returns the place after both. */
static char *
put_digits(char *p, int value, int count, char mark)
{
    for (int i = count - 1; i >= 0; i--) {
        p[i] = (char)('0' + value % 10);
        value /= 10;
    }
    p[count] = mark;
    return p + count + 1;
}

/* Written digit by digit, since this stands in the way of every record; every instant that int64_t
 * can say to the microsecond and that a peer may send has a year of four digits. */
void
clock_text(int64_t at, char out[CLOCK_TEXT])
{
    struct civil c;
    char *p = out;

    calendar_split(at, &c);
    p = put_digits(p, c.year, 4, '-');
    p = put_digits(p, c.month, 2, '-');
    p = put_digits(p, c.day, 2, 'T');
    p = put_digits(p, c.hour, 2, ':');
    p = put_digits(p, c.minute, 2, ':');
    p = put_digits(p, c.second, 2, '.');
    p = put_digits(p, c.micro, 6, 'Z');
    *p = '\0';
}

/* count digits at p; -1 when there is anything else. */
static int
digits(const char *p, int count)
{
    int value = 0;

    for (int i = 0; i < count; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        value = value * 10 + (p[i] - '0');
    }
    return value;
}

bool
clock_from_text(const char *text, size_t len, int64_t *at)
{
    struct civil c = { 0 };
    int fraction_digits;

    if (!text || len < sizeof "YYYY-MM-DDTHH:MM:SSZ" - 1 || len > CLOCK_TEXT - 1)
        return false;
    if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
        text[len - 1] != 'Z')
        return false;
    c.year = digits(text, 4);
    c.month = digits(text + 5, 2);
    c.day = digits(text + 8, 2);
    c.hour = digits(text + 11, 2);
    c.minute = digits(text + 14, 2);
    c.second = digits(text + 17, 2);
    if (len > 20) {
        fraction_digits = (int)len - 21;
        if (text[19] != '.' || fraction_digits < 1)
            return false;
        c.micro = digits(text + 20, fraction_digits);
        for (int i = fraction_digits; i < 6 && c.micro > 0; i++)
            c.micro *= 10;
    }
    if (!calendar_is_real(&c))
        return false;
    *at = calendar_join(&c);
    return true;
}

bool
clock_zone(const char *zone, int *minutes)
{
    int hours, rest;

    if (!zone)
        return false;
    if (strcmp(zone, "UTC") == 0) {
        *minutes = 0;
        return true;
    }
    if (strcmp(zone, "Asia/Kolkata") == 0) {
        *minutes = 330;
        return true;
    }
    if (strlen(zone) != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':')
        return false;
    hours = digits(zone + 1, 2);
    rest = digits(zone + 4, 2);
    if (hours < 0 || rest < 0 || rest > 59 || hours * 60 + rest > ZONE_MINUTES_MAX)
        return false;
    *minutes = (hours * 60 + rest) * (zone[0] == '-' ? -1 : 1);
    return true;
}
