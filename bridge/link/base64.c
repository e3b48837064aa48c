/*
 * Base64 (RFC 4648, with padding), decoded as it comes and encoded in pieces.
 */
#include "content_parts.h"

#define PAD   64
#define BLANK 65
#define BAD   66

static unsigned char
value_of(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned char)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned char)(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return (unsigned char)(c - '0' + 52);
    switch (c) {
    case '+':
        return 62;
    case '/':
        return 63;
    case '=':
        return PAD;
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return BLANK;
    default:
        return BAD;
    }
}

static const unsigned char *
table(void)
{
    static unsigned char values[256];
    static bool done;

    if (!done)
        for (unsigned i = 0; i < sizeof values; i++)
            values[i] = value_of((unsigned char)i);
    done = true;
    return values;
}

/* A group that holds padding: one or two bytes, and the text is at its end. */
static int
end_group(struct base64_in *state, unsigned char *out)
{
    const unsigned char *q = state->quad;

    if (q[0] == PAD || q[1] == PAD || (q[2] == PAD && q[3] != PAD))
        return -1;
    state->ended = true;
    out[0] = (unsigned char)(q[0] << 2 | q[1] >> 4);
    if (q[2] == PAD)
        return 1;
    out[1] = (unsigned char)(q[1] << 4 | q[2] >> 2);
    return 2;
}

static void
put_group(const unsigned char q[4], unsigned char *out)
{
    out[0] = (unsigned char)(q[0] << 2 | q[1] >> 4);
    out[1] = (unsigned char)(q[1] << 4 | q[2] >> 2);
    out[2] = (unsigned char)(q[2] << 6 | q[3]);
}

long
base64_decode(struct base64_in *state, const char *text, size_t len, unsigned char *out)
{
    const unsigned char *values = table(), *at = (const unsigned char *)text, *end = at + len;
    unsigned char *to = out;

    while (at < end) {
        unsigned char v;

        while (state->have == 0 && end - at >= 4 && !state->ended) {
            unsigned char q[4] = { values[at[0]], values[at[1]], values[at[2]], values[at[3]] };

            if ((q[0] | q[1] | q[2] | q[3]) >= PAD)
                break;
            put_group(q, to);
            to += 3;
            at += 4;
        }
        if (at == end)
            break;
        v = values[*at++];
        if (v == BLANK)
            continue;
        if (v == BAD || state->ended)
            return -1;
        state->quad[state->have++] = v;
        if (state->have < 4)
            continue;
        state->have = 0;
        if (state->quad[2] == PAD || state->quad[3] == PAD) {
            int got = end_group(state, to);

            if (got < 0)
                return -1;
            to += got;
        } else if (state->quad[0] == PAD || state->quad[1] == PAD) {
            return -1;
        } else {
            put_group(state->quad, to);
            to += 3;
        }
    }
    return (long)(to - out);
}

bool
base64_whole(const struct base64_in *state)
{
    return state->have == 0;
}

int64_t
base64_length(int64_t len)
{
    return (len + 2) / 3 * 4;
}

size_t
base64_encode(const unsigned char *bytes, size_t len, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *to = out;
    size_t i;

    for (i = 0; i + 2 < len; i += 3) {
        *to++ = digits[bytes[i] >> 2];
        *to++ = digits[(bytes[i] & 3) << 4 | bytes[i + 1] >> 4];
        *to++ = digits[(bytes[i + 1] & 15) << 2 | bytes[i + 2] >> 6];
        *to++ = digits[bytes[i + 2] & 63];
    }
    if (i < len) {
        unsigned char second = i + 1 < len ? bytes[i + 1] : 0;

        *to++ = digits[bytes[i] >> 2];
        *to++ = digits[(bytes[i] & 3) << 4 | second >> 4];
        *to++ = i + 1 < len ? digits[(second & 15) << 2] : '=';
        *to++ = '=';
    }
    return (size_t)(to - out);
}
