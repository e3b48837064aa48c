/*
 * A body in pieces, handed to libcurl as it asks for bytes: nothing of a content
 * is in memory but the part on its way. The digest of a content is compared
 * before its last bytes are handed over, so that an altered one never arrives whole.
 */
#include <string.h>

#include "content_parts.h"
#include "http_parts.h"

#define GROUPS ((size_t)8 * 1024) /* of three bytes, encoded at a time */

enum verdict
http_body_begin(struct http_body *body, const struct http_request *request, struct arena *mem,
                struct error *err)
{
    body->request = request;
    body->mem = mem;
    body->length = 0;
    for (size_t i = 0; i < request->piece_count; i++) {
        const struct http_piece *p = &request->pieces[i];
        struct content_reader *reader;
        enum verdict v;
        int64_t size;

        if (!p->content) {
            body->length += (int64_t)p->len;
            continue;
        }
        if (!request->contents)
            return error_set(err, V_FATAL, "content.absent", "there is no content store");
        v = content_open(request->contents, mem, p->content, &reader, err);
        if (v)
            return v;
        size = content_reader_size(reader);
        content_close(reader);
        body->length += p->base64 ? base64_length(size) : size;
        if (p->base64 && !body->ready)
            body->ready = arena_alloc(mem, GROUPS * 4);
    }
    return V_OK;
}

static bool
fail(struct http_body *body)
{
    body->broken = true;
    return false;
}

/* Up to room bytes of the content; *got is less only at its end. False when that failed. */
static bool
read_content(struct http_body *body, char *to, size_t room, size_t *got)
{
    const struct http_piece *p = &body->request->pieces[body->piece];
    char none;
    size_t len;

    *got = 0;
    if (!body->reader) {
        if (content_open(body->request->contents, body->mem, p->content, &body->reader, &body->err))
            return fail(body);
        body->left = content_reader_size(body->reader);
    }
    while (*got < room && body->left > 0) {
        if (content_read(body->reader, to + *got, room - *got, &len, &body->err))
            return fail(body);
        *got += len;
        body->left -= (int64_t)len;
        if (len == 0) /* shorter than it was: content_read() has told of it, or the next one will */
            body->left = 0;
    }
    if (body->left == 0) {
        if (content_read(body->reader, &none, 1, &len, &body->err))
            return fail(body);
        if (len) {
            (void)error_set(&body->err, V_FATAL, "content.altered",
                            "a stored file has grown while it was read");
            return fail(body);
        }
    }
    return true;
}

/* The same as base64, by way of body->ready. */
static bool
read_base64(struct http_body *body, char *to, size_t room, size_t *got)
{
    unsigned char raw[GROUPS * 3];

    *got = 0;
    if (body->ready_at == body->ready_len && !(body->reader && body->left == 0)) {
        size_t len;

        if (!read_content(body, (char *)raw, sizeof raw, &len))
            return false;
        body->ready_len = base64_encode(raw, len, body->ready);
        body->ready_at = 0;
    }
    *got = body->ready_len - body->ready_at < room ? body->ready_len - body->ready_at : room;
    memcpy(to, body->ready + body->ready_at, *got);
    body->ready_at += *got;
    return true;
}

/* Some bytes of the piece at which it stands; 0 = it is at its end. */
static bool
read_piece(struct http_body *body, char *to, size_t room, size_t *got)
{
    const struct http_piece *p = &body->request->pieces[body->piece];

    if (p->content && p->base64)
        return read_base64(body, to, room, got);
    if (p->content) {
        if (body->reader && body->left == 0) {
            *got = 0;
            return true;
        }
        return read_content(body, to, room, got);
    }
    *got = p->len - body->at < room ? p->len - body->at : room;
    if (*got)
        memcpy(to, p->bytes + body->at, *got);
    body->at += *got;
    return true;
}

static void
leave_piece(struct http_body *body)
{
    if (body->reader)
        content_close(body->reader);
    body->reader = NULL;
    body->at = body->ready_at = body->ready_len = 0;
    body->left = 0;
}

size_t
http_body_read(char *to, size_t size, size_t count, void *ctx)
{
    struct http_body *body = ctx;
    size_t room = size * count, done = 0;

    body->begun = true;
    while (done < room && body->piece < body->request->piece_count) {
        size_t got;

        if (!read_piece(body, to + done, room - done, &got))
            return CURL_READFUNC_ABORT;
        done += got;
        if (got == 0) {
            leave_piece(body);
            body->piece++;
        }
    }
    return done;
}

int
http_body_seek(void *ctx, curl_off_t offset, int origin)
{
    struct http_body *body = ctx;

    if (offset != 0 || origin != SEEK_SET || (body->request->once && body->begun))
        return CURL_SEEKFUNC_FAIL;
    leave_piece(body);
    body->piece = 0;
    return CURL_SEEKFUNC_OK;
}

void
http_body_end(struct http_body *body)
{
    leave_piece(body);
}
