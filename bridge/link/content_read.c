/*
 * The way out of the store: read once from its first byte to its last, and
 * compared with its name at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "content_parts.h"
#include "digest.h"

struct content_reader {
    const struct contents *contents;
    struct digest digest;
    char id[CONTENT_ID];
    int64_t size, done;
    int file; /* -1 = closed */
    bool checked;
};

static enum verdict
altered(struct error *err, const char *how)
{
    (void)error_set(err, V_FATAL, "content.altered",
                    "a file of the content store is not what its name says: %s", how);
    error_hint(err, "Take the file away, or put it back from a backup; the folder is written by "
                    "the bridge alone.");
    return V_FATAL;
}

/* Opens the file of a content and says how large it is. */
static enum verdict
find(struct contents *contents, const char *id, int *file, int64_t *size, struct error *err)
{
    struct stat st;

    *file = -1;
    if (!content_id_is_good(id))
        return error_set(err, V_REJECT, "content.absent", "what should name a content is no id");
    *file = content_file(contents, id);
    if (*file < 0 && errno == ENOENT)
        return error_set(err, V_REJECT, "content.absent", "the content store does not have %s", id);
    if (*file < 0 && errno == ELOOP)
        return altered(err, "it is a link");
    if (*file < 0)
        return error_set(err, V_FATAL, "content.disk", "could not open %s in the content store: %s",
                         id, strerror(errno));
    if (fstat(*file, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
        (void)close(*file);
        *file = -1;
        return altered(err, "it is empty or not a regular file");
    }
    *size = (int64_t)st.st_size;
    return V_OK;
}

enum verdict
content_look(struct contents *contents, struct arena *mem, const char *id,
             struct content_facts *out, struct error *err)
{
    enum verdict v;
    int file;

    memset(out, 0, sizeof *out);
    v = find(contents, id, &file, &out->size, err);
    if (v)
        return v;
    memcpy(out->id, id, CONTENT_ID);
    v = magic_sniff(mem, file, &out->type, err);
    (void)close(file);
    return v;
}

void
content_close(struct content_reader *reader)
{
    unsigned char none[DIGEST_BYTES];

    if (reader->file < 0)
        return;
    (void)close(reader->file);
    reader->file = -1;
    digest_end(&reader->digest, none);
}

static void
release_reader(void *handle)
{
    content_close(handle);
}

enum verdict
content_open(struct contents *contents, struct arena *mem, const char *id,
             struct content_reader **out, struct error *err)
{
    struct content_reader *reader = arena_alloc(mem, sizeof *reader);
    enum verdict v = find(contents, id, &reader->file, &reader->size, err);

    *out = NULL;
    if (v)
        return v;
    reader->contents = contents;
    memcpy(reader->id, id, CONTENT_ID);
    digest_begin(&reader->digest);
    arena_defer(mem, release_reader, reader);
    (void)posix_fadvise(reader->file, 0, 0, POSIX_FADV_SEQUENTIAL);
    *out = reader;
    return V_OK;
}

int64_t
content_reader_size(const struct content_reader *reader)
{
    return reader->size;
}

static enum verdict
check(struct content_reader *reader, struct error *err)
{
    unsigned char sum[DIGEST_BYTES];
    char id[CONTENT_ID];

    if (reader->checked)
        return V_OK;
    digest_end(&reader->digest, sum);
    digest_begin(&reader->digest); /* for content_close() to end */
    digest_hex(sum, id);
    if (reader->done != reader->size || strcmp(id, reader->id) != 0)
        return altered(err, reader->done != reader->size ? "its size changed while it was read"
                                                         : "its SHA-256 is another");
    reader->checked = true;
    return V_OK;
}

enum verdict
content_read(struct content_reader *reader, void *bytes, size_t room, size_t *got,
             struct error *err)
{
    ssize_t len;

    *got = 0;
    if (reader->file < 0)
        return error_set(err, V_FATAL, "content.ended", "the content was closed before");
    do
        len = read(reader->file, bytes, room);
    while (len < 0 && errno == EINTR);
    if (len < 0)
        return error_set(err, V_FATAL, "content.disk",
                         "could not read a file of the content store: %s", strerror(errno));
    if (len == 0)
        return check(reader, err);
    content_moved(reader->contents, (size_t)len);
    digest_add(&reader->digest, bytes, (size_t)len);
    reader->done += len;
    *got = (size_t)len;
    return V_OK;
}
