/*
 * Peers' forms of a time. A format is read letter by letter, for reading, for
 * writing and for its own check alike; nothing is guessed, and what does not
 * match to the last byte is not a time.
 */
#include <stdio.h>
#include <string.h>

#include "calendar.h"
#include "clock.h"

#define YEAR_FIRST       1900
#define YEAR_LAST        2200
#define FRACTION_MAX     6
#define ISO_FRACTION_MAX 12 /* .NET writes 7; what is beyond microseconds is cut off */
#define ISO              "iso"

static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

struct reader {
    const char *p, *end;
    struct civil at;
    bool afternoon, twelve;
    int zone; /* minutes */
};

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
same_letter(char a, char b)
{
    return (a | 0x20) == (b | 0x20) && (a | 0x20) >= 'a' && (a | 0x20) <= 'z';
}

static bool
read_number(struct reader *r, int count, int *out)
{
    int value = 0;

    if (r->end - r->p < count)
        return false;
    for (int i = 0; i < count; i++, r->p++) {
        if (!is_digit(*r->p))
            return false;
        value = value * 10 + (*r->p - '0');
    }
    *out = value;
    return true;
}

/* Two digits, or one where the form has no padding. */
static bool
read_digits(struct reader *r, int least, int *out)
{
    int count = r->end - r->p > 1 && is_digit(r->p[1]) ? 2 : least;

    return read_number(r, count, out);
}

/* At most max digits; what is beyond microseconds is cut off. */
static bool
read_fraction(struct reader *r, int max)
{
    int micro = 0, count = 0;

    for (; r->p < r->end && is_digit(*r->p); r->p++, count++) {
        if (count == max)
            return false;
        if (count < 6)
            micro = micro * 10 + (*r->p - '0');
    }
    for (; count < 6; count++)
        micro *= 10;
    r->at.micro = micro;
    return true;
}

static bool
read_month(struct reader *r)
{
    if (r->end - r->p < 3)
        return false;
    for (int i = 0; i < 12; i++) {
        if (same_letter(r->p[0], months[i][0]) && same_letter(r->p[1], months[i][1]) &&
            same_letter(r->p[2], months[i][2])) {
            r->at.month = i + 1;
            r->p += 3;
            return true;
        }
    }
    return false;
}

static bool
read_half(struct reader *r)
{
    if (r->end - r->p < 2 || !same_letter(r->p[1], 'm') ||
        !(same_letter(r->p[0], 'a') || same_letter(r->p[0], 'p')))
        return false;
    r->afternoon = same_letter(r->p[0], 'p');
    r->twelve = true;
    r->p += 2;
    return true;
}

static bool
read_zone(struct reader *r)
{
    int hours, minutes, sign;

    if (r->p == r->end)
        return false;
    if (*r->p == 'Z') {
        r->p++;
        r->zone = 0;
        return true;
    }
    if (*r->p != '+' && *r->p != '-')
        return false;
    sign = *r->p++ == '-' ? -1 : 1;
    if (!read_number(r, 2, &hours))
        return false;
    if (r->p < r->end && *r->p == ':')
        r->p++;
    if (!read_number(r, 2, &minutes) || minutes > 59 || hours * 60 + minutes > ZONE_MINUTES_MAX)
        return false;
    r->zone = sign * (hours * 60 + minutes);
    return true;
}

static bool
read_letter(struct reader *r, char letter, bool padded)
{
    int least = padded ? 2 : 1;

    switch (letter) {
    case 'Y':
        return read_number(r, 4, &r->at.year);
    case 'm':
        return read_digits(r, least, &r->at.month);
    case 'd':
        return read_digits(r, least, &r->at.day);
    case 'H':
        return read_digits(r, least, &r->at.hour);
    case 'I':
        return read_digits(r, least, &r->at.hour) && r->at.hour >= 1 && r->at.hour <= 12;
    case 'M':
        return read_number(r, 2, &r->at.minute);
    case 'S':
        return read_number(r, 2, &r->at.second);
    case 'f':
        return read_fraction(r, FRACTION_MAX);
    case 'b':
        return read_month(r);
    case 'p':
        return read_half(r);
    case 'z':
        return read_zone(r);
    default:
        return false;
    }
}

static bool
read_literal(struct reader *r, char c)
{
    if (r->p == r->end || *r->p != c)
        return false;
    r->p++;
    return true;
}

static bool
finish(struct reader *r, int64_t *at)
{
    if (r->p != r->end)
        return false;
    if (r->twelve)
        r->at.hour = r->at.hour % 12 + (r->afternoon ? 12 : 0);
    if (!calendar_is_real(&r->at) || r->at.year < YEAR_FIRST || r->at.year > YEAR_LAST)
        return false;
    *at = calendar_join(&r->at) - r->zone * MINUTE_US;
    return true;
}

/* RFC 3339: full-date, or full-date, "T" or blank, and full-time; the zone may be absent. */
static bool
parse_iso(struct reader *r, int64_t *at)
{
    if (!(read_letter(r, 'Y', true) && read_literal(r, '-') && read_letter(r, 'm', true) &&
          read_literal(r, '-') && read_letter(r, 'd', true)))
        return false;
    if (r->p == r->end)
        return finish(r, at);
    if (*r->p != 'T' && *r->p != 't' && *r->p != ' ')
        return false;
    r->p++;
    if (!(read_letter(r, 'H', true) && read_literal(r, ':') && read_letter(r, 'M', true) &&
          read_literal(r, ':') && read_letter(r, 'S', true)))
        return false;
    if (r->p < r->end && *r->p == '.') {
        r->p++;
        if (r->p == r->end || !is_digit(*r->p) || !read_fraction(r, ISO_FRACTION_MAX))
            return false;
    }
    if (r->p == r->end)
        return finish(r, at);
    if (*r->p == 'z') {
        r->p++;
        r->zone = 0;
        return finish(r, at);
    }
    /* RFC 3339 has its offsets with a colon only. */
    if (*r->p != 'Z' && (r->end - r->p != 6 || r->p[3] != ':'))
        return false;
    return read_zone(r) && finish(r, at);
}

/* A point before %f goes when the fraction goes: "12:00:00" and "12:00:00.5" are both "%S.%f". */
static bool
fraction_absent(const struct reader *r, const char *format)
{
    return format[0] == '.' && format[1] == '%' && format[2] == 'f' &&
           (r->p == r->end || *r->p != '.');
}

bool
clock_parse(const char *format, int zone_minutes, const char *text, size_t len, int64_t *at)
{
    struct reader r = { .p = text, .end = text ? text + len : NULL, .zone = zone_minutes };

    if (!text || len == 0)
        return false;
    if (strcmp(format, ISO) == 0)
        return parse_iso(&r, at);
    if (clock_format_fault(format))
        return false;
    for (const char *f = format; *f; f++) {
        if (fraction_absent(&r, f)) {
            f += 2;
            continue;
        }
        if (*f == '.' && f[1] == '%' && f[2] == 'f' && (r.end - r.p < 2 || !is_digit(r.p[1])))
            return false;
        if (*f != '%') {
            if (!read_literal(&r, *f))
                return false;
            continue;
        }
        f += f[1] == '-' ? 2 : 1;
        if (*f == '%' ? !read_literal(&r, '%') : !read_letter(&r, *f, f[-1] != '-'))
            return false;
    }
    return finish(&r, at);
}

struct writer {
    char *out;
    size_t room, len;
    bool full;
};

static void
put(struct writer *w, const char *text)
{
    size_t len = strlen(text);

    if (w->full || len >= w->room - w->len) {
        w->full = true;
        return;
    }
    memcpy(w->out + w->len, text, len + 1);
    w->len += len;
}

static void
put_number(struct writer *w, int width, int value)
{
    char digits[16];

    (void)snprintf(digits, sizeof digits, "%0*d", width, value);
    put(w, digits);
}

static void
put_zone(struct writer *w, int minutes)
{
    int size = minutes < 0 ? -minutes : minutes;

    if (minutes == 0) {
        put(w, "Z");
        return;
    }
    put(w, minutes < 0 ? "-" : "+");
    put_number(w, 2, size / 60);
    put(w, ":");
    put_number(w, 2, size % 60);
}

static void
put_letter(struct writer *w, char letter, bool padded, const struct civil *c, int zone_minutes)
{
    int width = padded ? 2 : 1;

    switch (letter) {
    case 'Y':
        put_number(w, 4, c->year);
        break;
    case 'm':
        put_number(w, width, c->month);
        break;
    case 'd':
        put_number(w, width, c->day);
        break;
    case 'H':
        put_number(w, width, c->hour);
        break;
    case 'I':
        put_number(w, width, c->hour % 12 ? c->hour % 12 : 12);
        break;
    case 'M':
        put_number(w, 2, c->minute);
        break;
    case 'S':
        put_number(w, 2, c->second);
        break;
    case 'f':
        put_number(w, 6, c->micro);
        break;
    case 'b':
        put(w, months[c->month - 1]);
        break;
    case 'p':
        put(w, c->hour < 12 ? "AM" : "PM");
        break;
    case 'z':
        put_zone(w, zone_minutes);
        break;
    default: /* '%' */
        put(w, "%");
        break;
    }
}

size_t
clock_format(const char *format, int zone_minutes, int64_t at, char *out, size_t room)
{
    struct writer w = { .out = out, .room = room };
    struct civil c;

    if (room == 0)
        return 0;
    out[0] = '\0';
    if (at < INT64_MIN / 2 || at > INT64_MAX / 2)
        return 0;
    calendar_split(at + zone_minutes * MINUTE_US, &c);
    if (c.year < 1 || c.year > 9999)
        return 0;
    if (strcmp(format, ISO) == 0)
        format = c.micro ? "%Y-%m-%dT%H:%M:%S.%f%z" : "%Y-%m-%dT%H:%M:%S%z";
    else if (clock_format_fault(format))
        return 0;
    for (const char *f = format; *f; f++) {
        if (*f != '%') {
            put(&w, (const char[]){ *f, '\0' });
            continue;
        }
        f += f[1] == '-' ? 2 : 1;
        put_letter(&w, *f, f[-1] != '-', &c, zone_minutes);
    }
    if (w.full) {
        out[0] = '\0';
        return 0;
    }
    return w.len;
}

const char *
clock_format_fault(const char *format)
{
    static const char letters[] = "YmdHMSfbIpz";
    bool has[sizeof letters] = { false }, bare;
    const char *found;

    if (strcmp(format, ISO) == 0)
        return NULL;
    for (const char *f = format; *f; f++) {
        if (*f != '%')
            continue;
        f++;
        if (*f == '%')
            continue;
        if (*f == '\0')
            return "ends with a single %";
        if (*f == 'y')
            return "%y is not taken: a year of two digits is a guess";
        bare = *f == '-';
        f += bare;
        found = *f ? strchr(letters, *f) : NULL;
        if (!found)
            return "has a letter after % that is not one of Y m d H M S f b I p z";
        if (bare && !strchr("mdHI", *f))
            return "has %- before a letter that is not one of m d H I";
        if (bare && (is_digit(f[1]) || (f[1] == '%' && f[2] && strchr("-YmdHMSfI", f[2]))))
            return "has %- before digits: where the number ends could not be told";
        if (has[found - letters])
            return "has a letter twice";
        has[found - letters] = true;
    }
#define HAS(letter) has[strchr(letters, letter) - letters]
    if (HAS('m') && HAS('b'))
        return "has two months, %m and %b";
    if (!HAS('Y') || !HAS('d') || !(HAS('m') || HAS('b')))
        return "needs %Y, %d, and %m or %b";
    if (HAS('H') && HAS('I'))
        return "has two hours, %H and %I";
    if (HAS('I') != HAS('p'))
        return "needs %I and %p together";
    if (HAS('M') && !HAS('H') && !HAS('I'))
        return "has minutes without an hour";
    if (HAS('S') && !HAS('M'))
        return "has seconds without minutes";
    if (HAS('f') && !HAS('S'))
        return "has a fraction without seconds";
#undef HAS
    return NULL;
}
