/*
 * Rows that came, and values that go: text form both ways.
 */
#include "pg_parts.h"

#include <string.h>

#include "clock.h"
#include "text.h"

const char *
pg_text(const struct pg_rows *rows, size_t row, size_t column)
{
    const PGresult *result = rows->result;

    if (row >= rows->count || column >= rows->columns || PQgetisnull(result, (int)row, (int)column))
        return NULL;
    return PQgetvalue(result, (int)row, (int)column);
}

long
pg_column(const struct pg_rows *rows, const char *name)
{
    for (size_t i = 0; i < rows->columns; i++)
        if (strcmp(PQfname(rows->result, (int)i), name) == 0)
            return (long)i;
    return -1;
}

const char *
pg_named(const struct pg_rows *rows, size_t row, const char *column)
{
    long at = pg_column(rows, column);

    return at < 0 ? NULL : pg_text(rows, row, (size_t)at);
}

int64_t
pg_int(const struct pg_rows *rows, size_t row, const char *column)
{
    const char *text = pg_named(rows, row, column);
    int64_t value = 0;

    return text && text_int(text, strlen(text), &value) ? value : 0;
}

bool
pg_bool(const struct pg_rows *rows, size_t row, const char *column)
{
    const char *text = pg_named(rows, row, column);

    return text && text[0] == 't';
}

static unsigned
nibble(char c)
{
    return (unsigned)(c >= 'a' ? c - 'a' + 10 : c >= 'A' ? c - 'A' + 10 : c - '0');
}

const char *
pg_bytes(struct arena *mem, const struct pg_rows *rows, size_t row, const char *column, size_t *len)
{
    const char *text = pg_named(rows, row, column);
    char *out;

    *len = 0;
    if (!text || strncmp(text, "\\x", 2) != 0)
        return NULL;
    *len = strlen(text + 2) / 2;
    out = arena_alloc(mem, *len + 1);
    for (size_t i = 0; i < *len; i++)
        out[i] = (char)(nibble(text[2 + 2 * i]) << 4 | nibble(text[3 + 2 * i]));
    return out;
}

const char *
pg_of_now(struct arena *mem)
{
    char text[CLOCK_TEXT];

    clock_text(clock_now(), text);
    return arena_copy(mem, text);
}

const char *
pg_of_int(struct arena *mem, int64_t value)
{
    return arena_format(mem, "%lld", (long long)value);
}

const char *
pg_of_bytes(struct arena *mem, const void *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *in = bytes;
    char *out;

    if (!bytes)
        return NULL;
    out = arena_alloc(mem, 2 * len + 3);
    out[0] = '\\';
    out[1] = 'x';
    for (size_t i = 0; i < len; i++) {
        out[2 + 2 * i] = digits[in[i] >> 4];
        out[3 + 2 * i] = digits[in[i] & 15];
    }
    return out;
}

const char *
pg_of_texts(struct arena *mem, const char *const *texts, size_t count)
{
    size_t room = 3;
    char *out, *at;

    for (size_t i = 0; i < count; i++)
        room += texts[i] ? 2 * strlen(texts[i]) + 3 : 5;
    out = at = arena_alloc(mem, room);
    *at++ = '{';
    for (size_t i = 0; i < count; i++) {
        if (i)
            *at++ = ',';
        if (!texts[i]) {
            at = stpcpy(at, "NULL");
            continue;
        }
        *at++ = '"';
        for (const char *c = texts[i]; *c; c++) {
            if (*c == '"' || *c == '\\')
                *at++ = '\\';
            *at++ = *c;
        }
        *at++ = '"';
    }
    *at++ = '}';
    return out;
}
