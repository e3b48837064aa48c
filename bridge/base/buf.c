/*
 * Grows by doubling up to its ceiling; one byte more than that is kept for the
 * closing NUL.
 */
#include "buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

#define FIRST_ROOM ((size_t)256)

void
buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){ .max = max < SIZE_MAX ? max : SIZE_MAX - 1 };
}

/* Room for len more bytes and the NUL; false when the ceiling is in the way. */
static bool
make_room(struct buf *b, size_t len)
{
    size_t needed, room;

    if (b->len > b->max || len > b->max - b->len)
        return false;
    needed = b->len + len + 1;
    if (needed <= b->room)
        return true;
    room = b->room ? b->room : FIRST_ROOM;
    while (room < needed)
        room = room > SIZE_MAX / 2 ? needed : room * 2;
    if (room > b->max + 1)
        room = b->max + 1;
    b->data = memory_resize(b->data, room);
    b->room = room;
    return true;
}

bool
buf_add(struct buf *b, const void *bytes, size_t len)
{
    if (!make_room(b, len))
        return false;
    if (len)
        memcpy(b->data + b->len, bytes, len);
    b->len += len;
    b->data[b->len] = '\0';
    return true;
}

bool
buf_add_text(struct buf *b, const char *text)
{
    return buf_add(b, text, strlen(text));
}

bool
buf_format(struct buf *b, const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len < 0 || !make_room(b, (size_t)len))
        return false;
    va_start(args, fmt);
    (void)vsnprintf(b->data + b->len, (size_t)len + 1, fmt, args);
    va_end(args);
    b->len += (size_t)len;
    return true;
}

void
buf_clear(struct buf *b)
{
    b->len = 0;
    if (b->data)
        b->data[0] = '\0';
}

void
buf_release(struct buf *b)
{
    free(b->data);
    *b = (struct buf){ .max = b->max };
}
