/*
 * The store as a folder, and the way in. A content is written under a name that
 * nobody knows, made durable, and only then given its own name: whoever finds
 * the name finds the whole content, whatever was cut off before. The file is
 * given its name also when the store has it: a fresh copy heals an altered one.
 */
#include "content.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "content_parts.h"
#include "digest.h"
#include "write.h"

#define ROOM           ((size_t)64 * 1024) /* bytes gathered before they are written */
#define STALE_S        86400               /* a crash's by its age, where files cannot be locked */
#define LOCK_TRIES     100
#define NAME_MAX_BYTES 80

struct contents {
    const char *folder;
    int64_t max;
    int root, tmp;           /* open folders */
    volatile int64_t *moved; /* bytes that passed, for whoever watches; or NULL */
    long swept;
};

struct content_writer {
    struct contents *contents;
    struct arena *mem;
    struct digest digest;
    unsigned char *room; /* owned */
    size_t waiting;
    int64_t size;
    int file;                  /* -1 = ended */
    char name[NAME_MAX_BYTES]; /* in tmp */
};

static enum verdict
disk(struct error *err, const char *what)
{
    (void)error_set(err, V_FATAL, "content.disk", "could not %s in the content store: %s", what,
                    strerror(errno));
    if (errno == ENOSPC || errno == EDQUOT)
        error_hint(err, "The disk is full. Nothing was lost: what was begun is fetched again.");
    return V_FATAL;
}

/* ---- the store ---- */

static void
release_contents(void *handle)
{
    struct contents *contents = handle;

    if (contents->tmp >= 0)
        (void)close(contents->tmp);
    if (contents->root >= 0)
        (void)close(contents->root);
}

/* Opens a folder that is ours alone, made when it is not there; at is that in which it stands. */
static enum verdict
open_folder(int at, const char *name, int *out, struct error *err)
{
    struct stat st;

    *out = -1;
    if (mkdirat(at, name, 0700) != 0 && errno != EEXIST)
        return error_set(err, V_FATAL, "content.folder", "could not make the folder \"%s\": %s",
                         name, strerror(errno));
    *out = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (at == AT_FDCWD ? 0 : O_NOFOLLOW));
    if (*out < 0 || fstat(*out, &st) != 0)
        return error_set(
            err, V_FATAL, "content.folder", "could not open the folder \"%s\": %s", name,
            errno == ELOOP || errno == ENOTDIR ? "it is not a folder of its own" : strerror(errno));
    if (st.st_uid != geteuid())
        return error_set(err, V_FATAL, "content.folder",
                         "the folder \"%s\" of the content store belongs to another user", name);
    if (st.st_mode & 077) {
        (void)error_set(err, V_FATAL, "content.folder",
                        "others may look into the folder \"%s\" of the content store", name);
        error_hint(err, "Give it mode 0700.");
        return V_FATAL;
    }
    return V_OK;
}

/* Whether nobody writes it: what is locked has a writer. *file is open and locked when it is a
 * file. */
static bool
is_left(int tmp, const char *name, int *file)
{
    struct timespec now;
    struct stat st;

    *file = -1;
    if (fstatat(tmp, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || S_ISDIR(st.st_mode))
        return false;
    if (!S_ISREG(st.st_mode))
        return true; /* not ours: a link, say */
    *file = openat(tmp, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (*file >= 0 && flock(*file, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (*file >= 0 && errno == EWOULDBLOCK)
        return false;
    (void)clock_gettime(CLOCK_REALTIME, &now); /* of the files: not the clock of the records */
    return now.tv_sec - st.st_mtime >= STALE_S;
}

/* What a crash left in tmp, counted and, when asked to, removed. */
static long
sweep(int tmp, bool removes)
{
    int again = openat(tmp, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = again >= 0 ? fdopendir(again) : NULL;
    struct dirent *e;
    long left = 0;

    if (!dir) {
        if (again >= 0)
            (void)close(again);
        return 0;
    }
    while ((e = readdir(dir))) {
        int file;

        if (is_left(tmp, e->d_name, &file))
            left += !removes || unlinkat(tmp, e->d_name, 0) == 0;
        if (file >= 0)
            (void)close(file); /* its lock goes with it */
    }
    (void)closedir(dir);
    return left;
}

long
contents_swept(const struct contents *contents)
{
    return contents->swept;
}

long
contents_left(const char *folder)
{
    int root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int tmp = root < 0 ? -1 : openat(root, "tmp", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    long left = tmp < 0 ? 0 : sweep(tmp, false);

    if (tmp >= 0)
        (void)close(tmp);
    if (root >= 0)
        (void)close(root);
    return left;
}

enum verdict
contents_open(struct arena *mem, const char *folder, int64_t max, struct contents **out,
              struct error *err)
{
    struct contents *contents = arena_alloc(mem, sizeof *contents);
    enum verdict v;

    *out = NULL;
    contents->folder = arena_copy(mem, folder);
    contents->max = max;
    contents->root = contents->tmp = -1;
    arena_defer(mem, release_contents, contents);
    v = open_folder(AT_FDCWD, folder, &contents->root, err);
    if (!v)
        v = open_folder(contents->root, "tmp", &contents->tmp, err);
    if (v)
        return v;
    contents->swept = sweep(contents->tmp, true);
    *out = contents;
    return V_OK;
}

void
contents_count(struct contents *contents, volatile int64_t *moved)
{
    contents->moved = moved;
}

void
content_moved(const struct contents *contents, size_t bytes)
{
    if (contents->moved)
        *contents->moved += (int64_t)bytes;
}

bool
content_id_is_good(const char *id)
{
    return id && strlen(id) == CONTENT_ID - 1 && id[strspn(id, "0123456789abcdef")] == '\0';
}

int
content_file(const struct contents *contents, const char *id)
{
    char name[NAME_MAX_BYTES];

    (void)snprintf(name, sizeof name, "%.2s/%s", id, id);
    return openat(contents->root, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

const char *
content_path(struct contents *contents, struct arena *mem, const char *id)
{
    return content_id_is_good(id) ? arena_format(mem, "%s/%.2s/%s", contents->folder, id, id)
                                  : NULL;
}

/* ---- in ---- */

void
content_drop(struct content_writer *writer)
{
    unsigned char none[DIGEST_BYTES];

    if (writer->file < 0)
        return;
    (void)close(writer->file);
    writer->file = -1;
    if (*writer->name)
        (void)unlinkat(writer->contents->tmp, writer->name, 0);
    digest_end(&writer->digest, none);
    free(writer->room);
    writer->room = NULL;
}

static void
release_writer(void *handle)
{
    content_drop(handle);
}

/* A new file in tmp, locked as long as it is open. One that a sweep of another process took for
 * left, before it was locked, has no name any more: then another one. */
static int
new_file(const struct contents *contents, char *name)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        struct stat st;
        int file;

        digest_uuid(name);
        file =
            openat(contents->tmp, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (file < 0)
            return -1;
        if ((flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) &&
            fstat(file, &st) == 0 && st.st_nlink > 0)
            return file;
        (void)close(file);
        (void)unlinkat(contents->tmp, name, 0);
    }
    errno = EBUSY;
    return -1;
}

enum verdict
content_begin(struct contents *contents, struct arena *mem, struct content_writer **out,
              struct error *err)
{
    struct content_writer *writer = arena_alloc(mem, sizeof *writer);

    *out = NULL;
    writer->contents = contents;
    writer->mem = mem;
    writer->file = new_file(contents, writer->name);
    if (writer->file < 0)
        return disk(err, "make a file");
    digest_begin(&writer->digest);
    writer->room = memory_get(ROOM);
    arena_defer(mem, release_writer, writer);
    *out = writer;
    return V_OK;
}

static enum verdict
write_out(struct content_writer *writer, const unsigned char *bytes, size_t len, struct error *err)
{
    return write_all(writer->file, bytes, len) ? V_OK : disk(err, "write a file");
}

enum verdict
content_add(struct content_writer *writer, const void *bytes, size_t len, struct error *err)
{
    enum verdict v = V_OK;

    if (writer->file < 0)
        return error_set(err, V_FATAL, "content.ended", "the content was ended before");
    if ((uint64_t)len > (uint64_t)(writer->contents->max - writer->size)) {
        v = error_set(err, V_REJECT, "content.large", "the file is larger than %lld bytes",
                      (long long)writer->contents->max);
        content_drop(writer);
        return v;
    }
    content_moved(writer->contents, len);
    digest_add(&writer->digest, bytes, len);
    writer->size += (int64_t)len;
    if (writer->waiting + len > ROOM) {
        v = write_out(writer, writer->room, writer->waiting, err);
        writer->waiting = 0;
    }
    if (!v && len > ROOM) {
        v = write_out(writer, bytes, len, err);
    } else if (!v && len) {
        memcpy(writer->room + writer->waiting, bytes, len);
        writer->waiting += len;
    }
    if (v)
        content_drop(writer);
    return v;
}

/* Gives the file its name, durably: the file, then the folder that names it. */
static enum verdict
settle(struct content_writer *writer, const char *id, struct error *err)
{
    const struct contents *contents = writer->contents;
    char folder[3] = { id[0], id[1], '\0' };
    enum verdict v;
    int to;

    if (fsync(writer->file) != 0)
        return disk(err, "keep a file");
    v = open_folder(contents->root, folder, &to, err);
    if (!v && renameat(contents->tmp, writer->name, to, id) != 0)
        v = disk(err, "name a file");
    if (!v)
        *writer->name = '\0';
    if (!v && (fsync(to) != 0 || fsync(contents->root) != 0))
        v = disk(err, "keep a file's name");
    if (to >= 0)
        (void)close(to);
    return v;
}

enum verdict
content_end(struct content_writer *writer, struct content_facts *out, struct error *err)
{
    unsigned char sum[DIGEST_BYTES];
    enum verdict v;

    memset(out, 0, sizeof *out);
    if (writer->file < 0)
        return error_set(err, V_FATAL, "content.ended", "the content was ended before");
    if (writer->size == 0) {
        content_drop(writer);
        return error_set(err, V_REJECT, "content.empty", "the file holds no byte");
    }
    v = write_out(writer, writer->room, writer->waiting, err);
    if (!v)
        v = magic_sniff(writer->mem, writer->file, &out->type, err);
    if (!v) {
        digest_end(&writer->digest, sum);
        digest_begin(&writer->digest); /* for content_drop() to end */
        digest_hex(sum, out->id);
        out->size = writer->size;
        v = settle(writer, out->id, err);
    }
    content_drop(writer);
    return v;
}
