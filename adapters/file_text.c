/*
 * A file's bytes as UTF-8, piece by piece, by iconv. What it is written in is
 * told by a byte order mark, else by where zero bytes stand (a text in UTF-16 of
 * digits and Latin letters has one in every second place); else it is UTF-8,
 * strictly, or windows-1252 where the map says so.
 */
#include "file.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <unistd.h>

#define PIECE ((size_t)64 * 1024)

struct file_text {
    int fd;
    iconv_t by;
    const char *name; /* of the encoding */
    off_t at;         /* in the file */
    char in[PIECE];
    size_t left; /* bytes of it that are not converted */
    char out[4 * PIECE];
    bool ended;
};

static void
release(void *handle)
{
    struct file_text *text = handle;

    (void)iconv_close(text->by);
}

static enum verdict
fill(struct file_text *text, struct error *err)
{
    while (text->left < sizeof text->in && !text->ended) {
        ssize_t got =
            pread(text->fd, text->in + text->left, sizeof text->in - text->left, text->at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(err, V_RETRY, "file.read", "could not read a file: %s",
                             strerror(errno));
        text->ended = got == 0;
        text->left += (size_t)got;
        text->at += got;
    }
    return V_OK;
}

/* Which of the two UTF-16 it is by its zero bytes, or NULL. */
static const char *
by_zeros(const char *bytes, size_t len)
{
    size_t zeros[2] = { 0, 0 }, pairs = len / 2;

    for (size_t i = 0; i < 2 * pairs; i++)
        zeros[i % 2] += bytes[i] == '\0';
    if (pairs == 0 || zeros[0] + zeros[1] == 0)
        return NULL;
    if (zeros[1] > 8 * zeros[0] && zeros[1] * 8 > pairs)
        return "UTF-16LE";
    if (zeros[0] > 8 * zeros[1] && zeros[0] * 8 > pairs)
        return "UTF-16BE";
    return NULL;
}

/* Names the encoding, and takes its mark off; NULL when it is not one that is taken. */
static const char *
recognise(struct file_text *text, enum file_encoding encoding)
{
    const char *name = NULL;
    size_t mark = 2;

    if (text->left >= 3 && memcmp(text->in, "\xEF\xBB\xBF", 3) == 0) {
        name = "UTF-8";
        mark = 3;
    } else if (text->left >= 2 && memcmp(text->in, "\xFF\xFE", 2) == 0) {
        name = "UTF-16LE";
    } else if (text->left >= 2 && memcmp(text->in, "\xFE\xFF", 2) == 0) {
        name = "UTF-16BE";
    } else {
        mark = 0;
        name = by_zeros(text->in, text->left < 4096 ? text->left : 4096);
    }
    text->left -= mark;
    memmove(text->in, text->in + mark, text->left);
    switch (encoding) {
    case FILE_AUTO:
        return name ? name : "UTF-8";
    case FILE_UTF8:
        return name && strcmp(name, "UTF-8") != 0 ? NULL : "UTF-8";
    case FILE_UTF16:
        return name && strcmp(name, "UTF-8") == 0 ? NULL : name ? name : "UTF-16LE";
    case FILE_WINDOWS:
        return name ? name : "WINDOWS-1252";
    }
    return NULL;
}

enum verdict
file_text_open(struct arena *mem, int fd, enum file_encoding encoding, struct file_text **out,
               struct error *err)
{
    struct file_text *text = arena_alloc(mem, sizeof *text);
    enum verdict v;

    *out = text;
    text->fd = fd;
    v = fill(text, err);
    if (v)
        return v;
    text->name = recognise(text, encoding);
    if (!text->name)
        return error_set(err, V_REJECT, "file.encoding",
                         "the file is not in the encoding that the map says");
    text->by = iconv_open("UTF-8", text->name);
    if (text->by == (iconv_t)-1) /* NOLINT: so iconv says that it failed */
        return error_set(err, V_FATAL, "file.iconv", "iconv does not know %s", text->name);
    arena_defer(mem, release, text);
    return V_OK;
}

enum verdict
file_text_next(struct file_text *text, const char **bytes, size_t *len, struct error *err)
{
    char *in = text->in, *out = text->out;
    size_t left, room = sizeof text->out;
    enum verdict v = fill(text, err);

    *bytes = text->out;
    *len = 0;
    if (v || text->left == 0)
        return v;
    left = text->left;
    errno = 0;
    /* A character that is cut at the piece's end waits for the next one. */
    if (iconv(text->by, &in, &left, &out, &room) == (size_t)-1 &&
        (errno != EINVAL || text->ended) && errno != E2BIG)
        return error_set(err, V_REJECT, "file.encoding",
                         "the file is not %s throughout: byte %lld cannot be read", text->name,
                         (long long)text->at - (long long)left + 1);
    memmove(text->in, in, left);
    text->left = left;
    *len = (size_t)(out - text->out);
    return V_OK;
}
