/*
 * Frames: how bytes pass. The parent's end never blocks: it waits with a limit, and looks every
 * quarter of a second whether the run is to stop. The child's end blocks: its parent ends it.
 */
#include "worker_parts.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "buf.h"
#include "clock.h"
#include "job.h"

#define HEAD      4
#define MORE      UINT32_C(0x80000000)
#define HEARD_MAX ((size_t)1 << 30) /* bytes of a message */
#define AT_ONCE   ((size_t)1 << 20) /* room that is made before the bytes are there */
#define SLICE_MS  250
#define GRACE_MS  10000 /* for a call that is under way when the run is told to stop */

void
tube_open(struct tube *t, struct arena *mem, int fd)
{
    *t = (struct tube){ .fd = fd };
    t->in = arena_alloc(mem, TUBE_FRAME + HEAD);
    t->out = arena_alloc(mem, TUBE_FRAME + HEAD);
}

void
tube_wrong(struct tube *t)
{
    if (t->state == TUBE_GOOD)
        t->state = TUBE_WRONG;
}

void
tube_limit(struct tube *t, long ms)
{
    t->waits = true;
    t->limit_ms = ms;
    t->end = clock_tick() + ms;
    t->stop_end = 0;
}

/* False when the time is over. */
static bool
wait_for(struct tube *t, short events)
{
    struct pollfd at = { .fd = t->fd, .events = events };

    for (;;) {
        int64_t now = clock_tick(), end = t->end;
        int got;

        if (t->moved && *t->moved != t->seen) {
            t->seen = *t->moved;
            end = t->end = now + t->limit_ms;
        }
        if (!t->stop_end && job_stopping())
            t->stop_end = now + GRACE_MS;
        if (t->stop_end && t->stop_end < end)
            end = t->stop_end;
        if (now >= end) {
            t->state = end == t->stop_end ? TUBE_STOPPED : TUBE_LATE;
            return false;
        }
        got = poll(&at, 1, (int)(end - now < SLICE_MS ? end - now : SLICE_MS));
        if (got > 0)
            return true;
        if (got < 0 && errno != EINTR) {
            t->state = TUBE_CUT;
            return false;
        }
    }
}

/* Whether a call that did not go through is worth another try. */
static bool
again(struct tube *t, short events)
{
    if (errno == EINTR)
        return true;
    if (errno == EAGAIN && t->waits)
        return wait_for(t, events);
    t->state = TUBE_CUT;
    return false;
}

/* ---- out ---- */

static void
send_frame(struct tube *t, bool more)
{
    uint32_t head = (uint32_t)t->out_len | (more ? MORE : 0);
    size_t at = 0, len = t->out_len + HEAD;

    memcpy(t->out, &head, HEAD);
    while (t->state == TUBE_GOOD && at < len) {
        ssize_t sent =
            send(t->fd, t->out + at, len - at, MSG_NOSIGNAL | (t->waits ? MSG_DONTWAIT : 0));

        if (sent >= 0)
            at += (size_t)sent;
        else if (!again(t, POLLOUT))
            break;
    }
    t->out_len = 0;
}

void
tube_put(struct tube *t, const void *bytes, size_t len)
{
    const unsigned char *from = bytes;

    while (len > 0 && t->state == TUBE_GOOD) {
        size_t n = TUBE_FRAME - t->out_len;

        n = n < len ? n : len;
        memcpy(t->out + HEAD + t->out_len, from, n);
        t->out_len += n;
        from += n;
        len -= n;
        if (t->out_len == TUBE_FRAME)
            send_frame(t, true);
    }
}

void
tube_put_number(struct tube *t, int64_t value)
{
    tube_put(t, &value, sizeof value);
}

void
tube_put_text(struct tube *t, const char *text, size_t len)
{
    tube_put_number(t, text ? (int64_t)len : -1);
    if (text)
        tube_put(t, text, len);
}

void
tube_put_word(struct tube *t, const char *text)
{
    tube_put_text(t, text, text ? strlen(text) : 0);
}

void
tube_end(struct tube *t)
{
    if (t->state == TUBE_GOOD)
        send_frame(t, false);
}

/* ---- in ---- */

static bool
read_more(struct tube *t)
{
    while (t->state == TUBE_GOOD) {
        ssize_t got = recv(t->fd, t->in, TUBE_FRAME, t->waits ? MSG_DONTWAIT : 0);

        if (got > 0) {
            t->in_at = 0;
            t->in_len = (size_t)got;
            return true;
        }
        if (got == 0)
            t->state = TUBE_CUT;
        else if (!again(t, POLLIN))
            break;
    }
    return false;
}

static bool
take(struct tube *t, void *bytes, size_t len)
{
    unsigned char *to = bytes;

    while (len > 0) {
        size_t n;

        if (t->in_at == t->in_len && !read_more(t))
            return false;
        n = t->in_len - t->in_at < len ? t->in_len - t->in_at : len;
        memcpy(to, t->in + t->in_at, n);
        t->in_at += n;
        to += n;
        len -= n;
    }
    return true;
}

/* The head of the next frame. */
static bool
next_frame(struct tube *t)
{
    uint32_t head = 0;

    if (t->state != TUBE_GOOD || !take(t, &head, HEAD))
        return false;
    t->frame_last = !(head & MORE);
    t->frame_left = head & ~MORE;
    t->heard += t->frame_left;
    if (t->frame_left > TUBE_FRAME || (!t->frame_left && !t->frame_last) || t->heard > HEARD_MAX) {
        tube_wrong(t);
        return false;
    }
    return true;
}

bool
tube_next(struct tube *t)
{
    t->heard = 0;
    return next_frame(t);
}

void
tube_get(struct tube *t, void *bytes, size_t len)
{
    unsigned char *to = bytes;
    size_t left = len;

    while (left > 0 && t->state == TUBE_GOOD) {
        size_t n = t->frame_left < left ? t->frame_left : left;

        if (n == 0 && t->frame_last)
            tube_wrong(t);
        if (n == 0 ? !next_frame(t) : !take(t, to, n))
            break;
        t->frame_left -= n;
        to += n;
        left -= n;
    }
    if (left)
        memset(bytes, 0, len);
}

int64_t
tube_number(struct tube *t)
{
    int64_t value = 0;

    tube_get(t, &value, sizeof value);
    return value;
}

/* A length is only believed as far as bytes come. */
static char *
get_long(struct tube *t, struct arena *mem, size_t size)
{
    char piece[4096], *text = NULL;
    struct buf b;

    buf_init(&b, size);
    while (b.len < size && t->state == TUBE_GOOD) {
        size_t n = size - b.len < sizeof piece ? size - b.len : sizeof piece;

        tube_get(t, piece, n);
        if (!buf_add(&b, piece, n))
            tube_wrong(t);
    }
    if (t->state == TUBE_GOOD)
        text = arena_text(mem, b.data, size);
    buf_release(&b);
    return text;
}

const char *
tube_text(struct tube *t, struct arena *mem, size_t *len)
{
    int64_t size = tube_number(t);
    char *text;

    if (len)
        *len = 0;
    if (size > (int64_t)HEARD_MAX || size < -1)
        tube_wrong(t);
    if (size < 0 || t->state != TUBE_GOOD)
        return NULL;
    if ((size_t)size > AT_ONCE) {
        text = get_long(t, mem, (size_t)size);
    } else {
        text = arena_alloc(mem, (size_t)size + 1);
        tube_get(t, text, (size_t)size);
    }
    if (len && text)
        *len = (size_t)size;
    return text;
}

void
tube_done(struct tube *t)
{
    /* A message that fills its frames ends with an empty one. */
    if (!t->frame_left && !t->frame_last && !next_frame(t))
        return;
    if (t->frame_left || !t->frame_last)
        tube_wrong(t);
}
