/*
 * The bytes of a document as they are kept: all but the inside of long contents, and of those that
 * refer to a part, whose ids are other ones in each reply. What stays of such a content is its tags
 * alone, wherever the network parted it, so that the same record is kept as the same bytes every
 * time.
 */
#include "wire_reply.h"

#include <string.h>

/* From here on, so many bytes of the document have been left out. */
struct cut {
    size_t at, gone;
};

struct span {
    size_t start, end;
};

static void
release(void *handle)
{
    buf_release(handle);
}

void
kept_begin(struct kept *k, struct arena *mem, size_t max)
{
    memset(k, 0, sizeof *k);
    k->mem = mem;
    buf_init(&k->buf, max);
    arena_defer(mem, release, &k->buf);
}

/* The number of cuts at or before a place. */
static size_t
cuts_before(const struct kept *k, size_t offset)
{
    size_t low = 0, high = k->cut_count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (k->cuts[mid].at <= offset)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

size_t
kept_at(const struct kept *k, size_t offset)
{
    size_t n = cuts_before(k, offset);
    size_t at = offset - (n ? k->cuts[n - 1].gone : 0);

    return at < k->buf.len ? at : k->buf.len;
}

static void
leave(struct kept *k, size_t len)
{
    struct cut *last = k->cut_count ? &k->cuts[k->cut_count - 1] : NULL;
    size_t gone = (last ? last->gone : 0) + len;

    if (!last || last->at != k->seen) {
        k->cuts = arena_grow(k->mem, k->cuts, k->cut_count, &k->cut_room, sizeof *k->cuts);
        last = &k->cuts[k->cut_count++];
    }
    last->at = k->seen + len;
    last->gone = gone;
}

/* Behind the '>' of the tag that begins there; 0 when it does not end. */
static size_t
tag_end(const char *at, size_t len)
{
    char quote = '\0';

    for (size_t i = 0; i < len; i++) {
        if (quote)
            quote = at[i] == quote ? '\0' : quote;
        else if (at[i] == '"' || at[i] == '\'')
            quote = at[i];
        else if (at[i] == '>')
            return i + 1;
    }
    return 0;
}

/* What stays of an element: its start tag, and an end tag of the same name. */
static void
empty_element(struct kept *k, const struct span *s)
{
    size_t from = kept_at(k, s->start), to = kept_at(k, s->end), tag, name, now, first, after;
    char *at = k->buf.data + from;

    tag = to > from ? tag_end(at, to - from) : 0;
    name = tag ? strcspn(at + 1, " \t\r\n/>") : 0;
    now = tag + name + 3;
    if (!tag || now > to - from)
        return;
    at[tag] = '<';
    at[tag + 1] = '/';
    memcpy(at + tag + 2, at + 1, name);
    at[now - 1] = '>';
    memmove(at + now, at + (to - from), k->buf.len - to);
    k->buf.len -= to - from - now;
    k->buf.data[k->buf.len] = '\0';
    /* The cuts within become one at its end; later ones have that much more gone. */
    first = cuts_before(k, s->start);
    after = cuts_before(k, s->end);
    for (size_t i = after; i < k->cut_count; i++)
        k->cuts[i].gone += to - from - now;
    if (first == after) {
        k->cuts = arena_grow(k->mem, k->cuts, k->cut_count, &k->cut_room, sizeof *k->cuts);
        memmove(k->cuts + first + 1, k->cuts + first, (k->cut_count - first) * sizeof *k->cuts);
        k->cut_count++;
    } else {
        memmove(k->cuts + first + 1, k->cuts + after, (k->cut_count - after) * sizeof *k->cuts);
        k->cut_count -= after - first - 1;
    }
    k->cuts[first].at = s->end;
    k->cuts[first].gone = s->end - (from + now);
}

bool
kept_add(struct kept *k, const char *bytes, size_t len, bool leave_out)
{
    if (leave_out)
        leave(k, len);
    else if (!buf_add(&k->buf, bytes, len))
        return false;
    k->seen += len;
    for (size_t i = 0; i < k->shut_count; i++)
        empty_element(k, &k->shut[i]);
    k->shut_count = 0;
    return true;
}

void
kept_shut(struct kept *k, size_t start, size_t end, bool always)
{
    if (!always && end - start <= KEPT_LONG)
        return;
    k->shut = arena_grow(k->mem, k->shut, k->shut_count, &k->shut_room, sizeof *k->shut);
    k->shut[k->shut_count].start = start;
    k->shut[k->shut_count++].end = end;
}
