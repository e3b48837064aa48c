/*
 * convert_mobile.h - mobile numbers of India, as people write them.
 */
#ifndef BRIDGE_CONVERT_MOBILE_H
#define BRIDGE_CONVERT_MOBILE_H

#include <stddef.h>

#define MOBILE_DIGITS 10

enum mobile {
    MOBILE_NONE, /* nothing but blanks and dashes */
    MOBILE_GOOD,
    MOBILE_BAD,
};

/* "+91 98765-43210", "098765 43210", "9876543210", in digits of ASCII or of Devanagari: ten digits,
 * the first of them 5 to 9, with +91, 91 or 0 before them or not. */
enum mobile mobile_read(const char *text, size_t len, char out[MOBILE_DIGITS + 1]);

#endif
