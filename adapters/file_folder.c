/*
 * The drop folder on this machine. Every name is opened below the folder's own
 * descriptor and without following links, so that nothing outside it is read or
 * moved. What is written appears under its name only when it is whole and on disk.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "write.h"

#define PIECE ((size_t)64 * 1024)

static enum verdict
trouble(const struct drop *drop, enum verdict v, const char *code, const char *what,
        struct error *err)
{
    (void)error_set(err, v, code, "could not %s: %s", what, strerror(errno));
    error_at(err, NULL, drop->path);
    return v;
}

/* ---- open ---- */

static void
release(void *handle)
{
    struct drop *drop = handle;

    if (drop->folder >= 0)
        (void)close(drop->folder);
}

enum verdict
drop_open(struct arena *mem, const struct file_options *options, struct drop **out,
          struct error *err)
{
    struct drop *drop = arena_alloc(mem, sizeof *drop);
    enum verdict v = V_OK;

    *out = drop;
    drop->folder = -1;
    drop->settle = options->settle;
    drop->max_file = options->max_file;
    drop->work = options->work ? options->work : "/var/tmp";
    drop->path = options->folder ? options->folder : options->url;
    arena_defer(mem, release, drop);
    if (!options->folder == !options->url)
        return error_set(err, V_FATAL, "file.folder", "one of folder and url must be set");
    if (options->url)
        return remote_open(mem, options, drop, err);
    drop->folder = open(options->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (drop->folder < 0)
        v = trouble(drop, V_FATAL, "file.folder", "open the drop folder", err);
    return v;
}

/* Makes a folder below the drop folder; one that is there is fine, a link is not. */
static enum verdict
make_folder(struct drop *drop, const char *name, struct error *err)
{
    struct stat st;

    if (mkdirat(drop->folder, name, 0770) && errno != EEXIST)
        return trouble(drop, V_FATAL, "file.folder", "make a folder in the drop folder", err);
    if (fstatat(drop->folder, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(st.st_mode)) {
        (void)error_set(err, V_FATAL, "file.folder", "\"%s\" is not a folder", name);
        error_at(err, NULL, drop->path);
        return V_FATAL;
    }
    return V_OK;
}

static enum verdict
probe_folder(struct drop *drop, const char *name, struct error *err)
{
    if (faccessat(drop->folder, name, R_OK | W_OK | X_OK, AT_EACCESS) == 0)
        return V_OK;
    if (errno == ENOENT) /* is made when something is put away */
        return V_OK;
    return trouble(drop, V_FATAL, "file.folder",
                   *name == '.' ? "write into the drop folder"
                                : "write into \"" DROP_DONE "\" or \"" DROP_BAD "\"",
                   err);
}

enum verdict
drop_probe(struct drop *drop, struct arena *mem, struct error *err)
{
    struct drop_name *names;
    size_t count;
    enum verdict v;

    if (drop->sftp)
        return remote_list(drop, mem, "*", &names, &count, err);
    v = probe_folder(drop, ".", err);
    if (!v)
        v = probe_folder(drop, DROP_DONE, err);
    return v ? v : probe_folder(drop, DROP_BAD, err);
}

/* ---- what is there ---- */

bool
drop_is_fresh(const struct drop *drop, int64_t changed_ms)
{
    struct timespec now;
    int64_t ms;

    (void)clock_gettime(CLOCK_REALTIME, &now); /* as files are dated, whatever BRIDGE_NOW says */
    ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - changed_ms;
    return ms < drop->settle && -ms < drop->settle; /* a time ahead by more is a wrong clock's */
}

static bool
ends_with(const char *name, const char *ending)
{
    size_t len = strlen(name), n = strlen(ending);

    return len >= n && strcmp(name + len - n, ending) == 0;
}

bool
drop_wants(const char *pattern, const char *name)
{
    return sftp_name_good(name, strlen(name)) && !ends_with(name, ".part") &&
           !ends_with(name, ".tmp") && file_fits(pattern, name);
}

static int
by_name(const void *a, const void *b)
{
    const struct drop_name *x = a, *y = b;

    return strcmp(x->name, y->name);
}

enum verdict
drop_list(struct drop *drop, struct arena *mem, const char *pattern, struct drop_name **out,
          size_t *count, struct error *err)
{
    const struct dirent *entry;
    size_t room = 0;
    DIR *dir;
    int fd;

    *out = NULL;
    *count = 0;
    if (drop->sftp)
        return remote_list(drop, mem, pattern, out, count, err);
    fd = openat(drop->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        enum verdict v = trouble(drop, V_RETRY, "file.folder", "list the drop folder", err);

        if (fd >= 0)
            (void)close(fd);
        return v;
    }
    while ((entry = readdir(dir)) != NULL) {
        struct stat st;

        if (!drop_wants(pattern, entry->d_name) ||
            fstatat(drop->folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) ||
            !S_ISREG(st.st_mode) ||
            drop_is_fresh(drop, (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000))
            continue;
        *out = arena_grow(mem, *out, *count, &room, sizeof **out);
        (*out)[(*count)++] =
            (struct drop_name){ .name = arena_copy(mem, entry->d_name), .size = st.st_size };
    }
    (void)closedir(dir);
    if (*count > 1)
        qsort(*out, *count, sizeof **out, by_name);
    return V_OK;
}

/* ---- files in ---- */

static struct drop_stamp
stamp_of(const struct stat *st)
{
    return (struct drop_stamp){
        .changed = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
        .size = st->st_size,
        .device = st->st_dev,
        .inode = st->st_ino,
    };
}

static bool
is_same(const struct drop_stamp *a, const struct drop_stamp *b)
{
    return a->changed == b->changed && a->size == b->size && a->device == b->device &&
           a->inode == b->inode;
}

enum verdict
drop_read(struct drop *drop, struct arena *mem, const char *name, int *fd, struct drop_stamp *stamp,
          struct error *err)
{
    struct stat st;

    *fd = -1;
    if (drop->sftp)
        return remote_read(drop, mem, name, fd, stamp, err);
    *fd = openat(drop->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (*fd < 0 && errno == ENOENT)
        return V_OK;
    if (*fd < 0 || fstat(*fd, &st))
        return trouble(drop, V_RETRY, "file.read", "open a file of the drop folder", err);
    if (!S_ISREG(st.st_mode))
        return error_set(err, V_RETRY, "file.read", "a file of the drop folder changed");
    *stamp = stamp_of(&st);
    if (st.st_size > drop->max_file)
        return error_set(err, V_REJECT, "file.large",
                         "the file is larger than max_file (%ld bytes)", drop->max_file);
    return V_OK;
}

enum verdict
drop_look(struct drop *drop, struct arena *mem, const char *name, const struct drop_stamp *stamp,
          enum drop_still *still, struct error *err)
{
    struct drop_stamp now;
    struct stat st;

    if (drop->sftp)
        return remote_look(drop, mem, name, stamp, still, err);
    *still = DROP_GONE;
    if (fstatat(drop->folder, name, &st, AT_SYMLINK_NOFOLLOW)) {
        if (errno == ENOENT)
            return V_OK;
        return trouble(drop, V_RETRY, "file.move", "look at a file that is done with", err);
    }
    now = stamp_of(&st);
    *still = is_same(&now, stamp) ? DROP_SAME : DROP_OTHER;
    return V_OK;
}

static enum verdict
take_from(int fd, struct content_writer *writer, struct error *err)
{
    char piece[PIECE];
    enum verdict v = V_OK;

    while (!v) {
        ssize_t got = read(fd, piece, sizeof piece);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(err, V_RETRY, "file.read", "could not read a file: %s",
                             strerror(errno));
        if (got == 0)
            break;
        v = content_add(writer, piece, (size_t)got, err);
    }
    return v;
}

static enum verdict
take_local(struct drop *drop, const char *name, struct content_writer *writer, struct error *err)
{
    int fd = openat(drop->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st, after;
    enum verdict v = V_OK;

    if (fd < 0 && errno == ELOOP)
        return error_set(err, V_REJECT, "content.name", "the file that is named is a link");
    if (fd < 0 && errno == ENOENT)
        return error_set(err, V_REJECT, "content.absent",
                         "the file that is named is not in the drop folder");
    if (fd < 0 || fstat(fd, &st))
        v = trouble(drop, V_RETRY, "file.read", "open a file of the drop folder", err);
    else if (!S_ISREG(st.st_mode))
        v = error_set(err, V_REJECT, "content.name", "what is named is not a plain file");
    else if (drop_is_fresh(drop, (int64_t)st.st_mtim.tv_sec * 1000))
        v = error_set(err, V_RETRY, "file.fresh", "a file that is named is still being written");
    if (!v)
        v = take_from(fd, writer, err);
    if (!v && fstat(fd, &after))
        v = trouble(drop, V_RETRY, "file.read", "look at a file of the drop folder", err);
    if (!v) {
        const struct drop_stamp was = stamp_of(&st), now = stamp_of(&after);

        if (!is_same(&was, &now))
            v = error_set(err, V_RETRY, "file.changed", "a file was changed while it was read");
    }
    if (fd >= 0)
        (void)close(fd);
    return v;
}

enum verdict
drop_take(struct drop *drop, struct arena *mem, struct contents *contents, const char *name,
          struct content_facts *out, struct error *err)
{
    struct content_writer *writer;
    enum verdict v;

    if (!sftp_name_good(name, strlen(name)))
        return error_set(err, V_REJECT, "content.name",
                         "what is named is no plain name of a file beside this one");
    v = content_begin(contents, mem, &writer, err);
    if (v)
        return v;
    v = drop->sftp ? remote_take(drop, mem, name, writer, err)
                   : take_local(drop, name, writer, err);
    if (!v)
        return content_end(writer, out, err);
    content_drop(writer);
    return v;
}

/* ---- files put away ---- */

enum verdict
drop_move(struct drop *drop, struct arena *mem, const char *name, const char *to, const char **as,
          struct error *err)
{
    enum verdict v;

    *as = name;
    if (drop->sftp)
        return remote_move(drop, mem, name, to, as, err);
    v = make_folder(drop, to, err);
    for (int n = 2; !v; n++) {
        const char *path = arena_format(mem, "%s/%s", to, *as);
        struct stat st;
        int failed = renameat2(drop->folder, name, drop->folder, path, RENAME_NOREPLACE);

        /* not every file system knows how to refuse */
        if (failed && (errno == EINVAL || errno == ENOSYS)) {
            errno = EEXIST;
            if (fstatat(drop->folder, path, &st, AT_SYMLINK_NOFOLLOW))
                failed = renameat(drop->folder, name, drop->folder, path);
        }
        if (!failed)
            break;
        if (errno != EEXIST)
            return trouble(drop, V_RETRY, "file.move", "move a file that is done with", err);
        *as = arena_format(mem, "%s.%d", name, n);
    }
    if (!v && fsync(drop->folder))
        v = trouble(drop, V_RETRY, "file.move", "move a file that is done with", err);
    return v;
}

/* ---- files out ---- */

static enum verdict
write_bytes(int fd, const char *bytes, size_t len, struct error *err)
{
    if (write_all(fd, bytes, len))
        return V_OK;
    return error_set(err, V_RETRY, "file.write", "could not write a file: %s", strerror(errno));
}

static enum verdict
write_content(int fd, struct arena *mem, struct contents *contents, const char *id,
              struct error *err)
{
    struct content_reader *reader;
    char piece[PIECE];
    size_t got = 0;
    enum verdict v = content_open(contents, mem, id, &reader, err);

    if (v)
        return v;
    do {
        v = content_read(reader, piece, sizeof piece, &got, err);
        if (!v)
            v = write_bytes(fd, piece, got, err);
    } while (!v && got > 0);
    content_close(reader);
    return v;
}

/* The folder that a name stands in: without this its new entry may not outlive a loss of power. */
static bool
sync_folder(const struct drop *drop, struct arena *mem, const char *name)
{
    const char *folder = arena_text(mem, name, (size_t)(strchr(name, '/') - name));
    int fd = openat(drop->folder, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        (void)close(fd);
    return good;
}

/* The bytes, or the content when contents is not NULL: NAME.part, synced, renamed. */
static enum verdict
put(struct drop *drop, struct arena *mem, const char *name, const void *bytes, size_t len,
    struct contents *contents, const char *id, struct error *err)
{
    const char *part = arena_format(mem, "%s.part", name);
    const char *slash = strchr(name, '/');
    enum verdict v = V_OK;
    int fd;

    if (slash)
        v = make_folder(drop, arena_text(mem, name, (size_t)(slash - name)), err);
    if (v)
        return v;
    if (unlinkat(drop->folder, part, 0) && errno != ENOENT)
        return trouble(drop, V_RETRY, "file.write", "write into the drop folder", err);
    fd = openat(drop->folder, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd < 0)
        return trouble(drop, V_RETRY, "file.write", "write into the drop folder", err);
    v = contents ? write_content(fd, mem, contents, id, err) : write_bytes(fd, bytes, len, err);
    if (!v && fsync(fd))
        v = trouble(drop, V_RETRY, "file.write", "write into the drop folder", err);
    if (close(fd) && !v)
        v = trouble(drop, V_RETRY, "file.write", "write into the drop folder", err);
    if (!v && (renameat(drop->folder, part, drop->folder, name) ||
               (slash && !sync_folder(drop, mem, name)) || fsync(drop->folder)))
        v = trouble(drop, V_RETRY, "file.write", "write into the drop folder", err);
    if (v)
        (void)unlinkat(drop->folder, part, 0);
    return v;
}

/* Makes the folder before the name at the server. */
static enum verdict
remote_folder(struct drop *drop, struct arena *mem, const char *name, struct error *err)
{
    const char *slash = strchr(name, '/');

    return slash ? sftp_make_folder(drop->sftp, mem, arena_text(mem, name, (size_t)(slash - name)),
                                    err)
                 : V_OK;
}

enum verdict
drop_put(struct drop *drop, struct arena *mem, const char *name, const void *bytes, size_t len,
         struct error *err)
{
    enum verdict v;

    if (!drop->sftp)
        return put(drop, mem, name, bytes, len, NULL, NULL, err);
    v = remote_folder(drop, mem, name, err);
    return v ? v : sftp_put(drop->sftp, mem, name, bytes, len, err);
}

enum verdict
drop_put_content(struct drop *drop, struct arena *mem, const char *name, struct contents *contents,
                 const char *id, struct error *err)
{
    enum verdict v;

    if (!drop->sftp)
        return put(drop, mem, name, NULL, 0, contents, id, err);
    v = remote_folder(drop, mem, name, err);
    return v ? v : sftp_put_content(drop->sftp, mem, name, contents, id, err);
}
