/*
 * Only what is certain is read: digits of one script, with blanks and single dashes between them.
 * Marks that cannot be seen, digits of full width and two numbers in one field are refused.
 */
#include "convert_mobile.h"

#include <string.h>

#include "text.h"

enum sort { OTHER, BLANK, DASH, ASCII_DIGIT, HINDI_DIGIT };

/* What stands at the text: blanks that do not break a line, dashes, digits of ASCII and of
 * Devanagari. *step is its length, *digit its value. */
static enum sort
sort_of(const char *text, size_t len, size_t *step, int *digit)
{
    static const struct {
        const char *bytes;
        enum sort sort;
    } others[] = { { "\u00A0", BLANK }, { "\u2009", BLANK }, { "\u202F", BLANK },
                   { "\u2010", DASH },  { "\u2011", DASH },  { "\u2013", DASH } };
    const unsigned char *p = (const unsigned char *)text;

    *step = 1;
    *digit = p[0] - '0';
    if (p[0] == ' ')
        return BLANK;
    if (p[0] == '-')
        return DASH;
    if (*digit >= 0 && *digit <= 9)
        return ASCII_DIGIT;
    if (len >= 3 && p[0] == 0xE0 && p[1] == 0xA5 && p[2] >= 0xA6 && p[2] <= 0xAF) {
        *step = 3;
        *digit = p[2] - 0xA6;
        return HINDI_DIGIT;
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        *step = strlen(others[i].bytes);
        if (len >= *step && memcmp(text, others[i].bytes, *step) == 0)
            return others[i].sort;
    }
    return OTHER;
}

/* The digits of one script, with blanks and dashes between them: how many, or -1. */
static int
read_digits(const char *text, size_t len, char *digits, size_t room)
{
    enum sort script = OTHER, last = DASH;
    size_t n = 0;

    for (size_t at = 0, step; at < len; at += step) {
        int digit;
        enum sort sort = sort_of(text + at, len - at, &step, &digit);

        if (sort == BLANK)
            continue;
        if (sort == OTHER || (sort == DASH && last == DASH))
            return -1;
        last = sort;
        if (sort == DASH)
            continue;
        if (n == room || (script && script != sort))
            return -1;
        script = sort;
        digits[n++] = (char)('0' + digit);
    }
    return last == DASH ? -1 : (int)n;
}

enum mobile
mobile_read(const char *text, size_t len, char out[MOBILE_DIGITS + 1])
{
    char digits[MOBILE_DIGITS + 2];
    const char *ten = digits;
    size_t plus;
    int n;

    text_trim(&text, &len);
    if (len == 0 || strspn(text, "- ") >= len)
        return MOBILE_NONE;
    plus = *text == '+';
    n = read_digits(text + plus, len - plus, digits, sizeof digits);
    if (n == MOBILE_DIGITS + 2 && digits[0] == '9' && digits[1] == '1')
        ten = digits + 2;
    else if (n == MOBILE_DIGITS + 1 && digits[0] == '0' && !plus)
        ten = digits + 1;
    else if (n != MOBILE_DIGITS || plus)
        return MOBILE_BAD;
    if (ten[0] < '5')
        return MOBILE_BAD;
    memcpy(out, ten, MOBILE_DIGITS);
    out[MOBILE_DIGITS] = '\0';
    return MOBILE_GOOD;
}
