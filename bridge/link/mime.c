/*
 * The reader. The delimiter begins with a carriage return and holds no other, so
 * that a match that fails begins anew at the byte that broke it: nothing but the
 * count of bytes matched is kept between two feeds.
 */
#include "mime.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mime_parts.h"

#define HEADER_BYTES ((size_t)16 * 1024) /* of one part; also of what stands before the first */
#define PARTS        1000
#define PADDING      64   /* blanks behind a boundary */
#define SLICE        4096 /* of base64, decoded at a time */

enum state {
    IN_PREAMBLE,
    AT_BOUNDARY, /* the delimiter was met; what follows says which it is */
    IN_HEADERS,
    IN_PART,
    AT_END, /* the last boundary was met */
};

struct mime_reader {
    struct arena *mem;
    const struct mime_events *events;
    void *ctx;
    const char *start; /* id of the root part, or NULL: the first is it */
    char delimiter[MIME_BOUNDARY + 5];
    size_t delimiter_len;
    enum state state, before; /* before: what AT_BOUNDARY came from */
    size_t match;             /* bytes of the delimiter that were met */
    size_t owed;              /* the first of these that are the part's when the match fails */
    char after[PADDING + 2];  /* what stands behind the delimiter */
    size_t after_len, skipped;
    struct buf headers;
    struct mime_part part;
    size_t parts;
    bool rooted, base64;
    struct base64_in decoder;
    const char *code, *why; /* refused, or NULL */
};

static bool
refuse(struct mime_reader *r, const char *code, const char *why)
{
    if (!r->code) {
        r->code = code;
        r->why = why;
    }
    return false;
}

static bool
tell(struct mime_reader *r, const char *bytes, size_t len)
{
    if (len && r->events->bytes && !r->events->bytes(r->ctx, bytes, len))
        return refuse(r, "mime.unwanted", "it was not wanted to its end");
    return true;
}

/* Bytes of a part, as they stand in the body. */
static bool
take_bytes(struct mime_reader *r, const char *bytes, size_t len)
{
    unsigned char plain[3 * (SLICE / 4 + 1)];

    if (r->before == IN_PREAMBLE && r->parts == 0) {
        r->skipped += len;
        return r->skipped <= HEADER_BYTES ||
               refuse(r, "mime.limit", "too much stands before its first boundary");
    }
    if (!r->base64)
        return tell(r, bytes, len);
    while (len > 0) {
        size_t slice = len < SLICE ? len : SLICE;
        long got = base64_decode(&r->decoder, bytes, slice, plain);

        if (got < 0)
            return refuse(r, "mime.malformed", "a part is not base64");
        if (!tell(r, (const char *)plain, (size_t)got))
            return false;
        bytes += slice;
        len -= slice;
    }
    return true;
}

static bool
end_part(struct mime_reader *r)
{
    if (r->parts == 0)
        return true;
    if (r->base64 && !base64_whole(&r->decoder))
        return refuse(r, "mime.malformed", "a part ends within a group of base64");
    if (r->events->end && !r->events->end(r->ctx))
        return refuse(r, "mime.unwanted", "it was not wanted to its end");
    return true;
}

static bool
begin_part(struct mime_reader *r)
{
    struct mime_head head;
    const char *why = mime_read_head(r->mem, r->headers.data, r->headers.len, &head);

    if (why)
        return refuse(r, "mime.malformed", why);
    if (++r->parts > PARTS)
        return refuse(r, "mime.limit", "it has too many parts");
    if (!head.encoding || strcasecmp(head.encoding, "binary") == 0 ||
        strcasecmp(head.encoding, "8bit") == 0 || strcasecmp(head.encoding, "7bit") == 0)
        r->base64 = false;
    else if (strcasecmp(head.encoding, "base64") == 0)
        r->base64 = true;
    else
        return refuse(r, "mime.encoding", "a part has a transfer encoding that is not taken");
    memset(&r->decoder, 0, sizeof r->decoder);
    r->part = head.part;
    r->part.ordinal = r->parts;
    r->part.root = r->start ? strcmp(r->part.id, r->start) == 0 : r->parts == 1;
    if (r->part.root && r->rooted)
        return refuse(r, "mime.malformed", "it has two root parts");
    r->rooted = r->rooted || r->part.root;
    r->state = r->before = IN_PART;
    /* The empty line may be the beginning of the next delimiter. */
    r->match = 2;
    r->owed = 0;
    if (r->events->begin && !r->events->begin(r->ctx, &r->part))
        return refuse(r, "mime.unwanted", "it was not wanted to its end");
    return true;
}

/* A byte that is not the delimiter's: what was taken for one belongs to the part. */
static bool
fail_match(struct mime_reader *r)
{
    size_t from = r->match < 2 ? 0 : 2 - r->owed;
    bool good = r->match <= from || take_bytes(r, r->delimiter + from, r->match - from);

    r->match = 0;
    r->owed = 2;
    return good;
}

/* Looks for the delimiter. Returns how many bytes were passed, 0 after a refusal. */
static size_t
scan_body(struct mime_reader *r, const char *at, size_t len)
{
    size_t run = 0;

    if (r->match == 0) {
        const char *mark = memchr(at, '\r', len);

        run = mark ? (size_t)(mark - at) : len;
        if (run && !take_bytes(r, at, run))
            return 0;
        if (run == len)
            return run;
        r->match = 1;
        r->owed = 2;
        return run + 1;
    }
    if (at[0] != r->delimiter[r->match]) {
        if (!fail_match(r))
            return 0;
        return at[0] == '\r' ? scan_body(r, at, 1) : take_bytes(r, at, 1) ? 1 : 0;
    }
    if (++r->match == r->delimiter_len) {
        r->state = AT_BOUNDARY;
        r->after_len = 0;
    }
    return 1;
}

/* One byte behind the delimiter: "--" ends the body, blanks and a line end begin a part; all else
 * shows that a part holds what looks like the delimiter. */
static bool
scan_after(struct mime_reader *r, char c)
{
    size_t n = r->after_len;
    char last = n ? r->after[n - 1] : '\0';

    if (n + 1 < sizeof r->after) {
        r->after[r->after_len++] = c;
        if (c == '-' && n == 0)
            return true;
        if (c == '-' && n == 1 && last == '-') {
            r->state = AT_END;
            return end_part(r);
        }
        if (c == '\n' && last == '\r') {
            r->state = IN_HEADERS;
            buf_clear(&r->headers);
            return end_part(r);
        }
        if (last != '-' && last != '\r' && (c == ' ' || c == '\t' || c == '\r'))
            return true;
        r->after_len--;
    }
    r->state = r->before;
    if (!fail_match(r) || !take_bytes(r, r->after, r->after_len))
        return false;
    if (c != '\r')
        return take_bytes(r, &c, 1);
    r->match = 1;
    return true;
}

static bool
scan_header(struct mime_reader *r, char c)
{
    const struct buf *b = &r->headers;

    if (!buf_add(&r->headers, &c, 1))
        return refuse(r, "mime.limit", "the headers of a part are too long");
    if (c != '\n')
        return true;
    if ((b->len == 2 && memcmp(b->data, "\r\n", 2) == 0) ||
        (b->len >= 4 && memcmp(b->data + b->len - 4, "\r\n\r\n", 4) == 0))
        return begin_part(r);
    return true;
}

bool
mime_reader_feed(struct mime_reader *r, const char *bytes, size_t len)
{
    const char *at = bytes, *end = bytes + len;

    while (at < end && !r->code && r->state != AT_END) {
        size_t passed = 1;

        if (r->state == AT_BOUNDARY)
            (void)scan_after(r, *at);
        else if (r->state == IN_HEADERS)
            (void)scan_header(r, *at);
        else
            passed = scan_body(r, at, (size_t)(end - at));
        at += passed;
    }
    return !r->code;
}

enum verdict
mime_reader_end(struct mime_reader *r, struct error *err)
{
    if (!r->code && r->state != AT_END)
        (void)refuse(r, "mime.cut", "it ends before its last boundary");
    if (!r->code && r->parts == 0)
        (void)refuse(r, "mime.malformed", "it has no part");
    if (!r->code && !r->rooted)
        (void)refuse(r, "mime.root", "the part that \"start\" names did not come");
    if (r->code)
        return error_set(err, V_REJECT, r->code, "the multipart body is refused: %s", r->why);
    return V_OK;
}

static void
release(void *handle)
{
    struct mime_reader *r = handle;

    buf_release(&r->headers);
}

enum verdict
mime_reader_new(struct arena *mem, const char *content_type, const struct mime_events *events,
                void *ctx, struct mime_reader **out, struct error *err)
{
    struct mime_reader *r = arena_alloc(mem, sizeof *r);
    const char *boundary = mime_parameter(mem, content_type, "boundary");

    *out = NULL;
    if (!mime_is_related(content_type) || !boundary || !mime_boundary_is_good(boundary))
        return error_set(err, V_REJECT, "mime.type",
                         "the reply is not multipart/related with a boundary");
    r->mem = mem;
    r->events = events;
    r->ctx = ctx;
    r->start = mime_bare_id(mem, mime_parameter(mem, content_type, "start"));
    (void)snprintf(r->delimiter, sizeof r->delimiter, "\r\n--%s", boundary);
    r->delimiter_len = strlen(r->delimiter);
    r->state = r->before = IN_PREAMBLE;
    r->match = 2; /* as if a line had ended before the first byte */
    buf_init(&r->headers, HEADER_BYTES);
    arena_defer(mem, release, r);
    *out = r;
    return V_OK;
}
