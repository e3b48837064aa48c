#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "write.h"

static enum verdict
say(const char *what, const char *path, struct error *err)
{
    return error_set(err, V_FATAL, "folder.write", "could not %s \"%s\": %s", what, path,
                     strerror(errno));
}

enum verdict
folder_make(struct arena *mem, const char *path, struct error *err)
{
    char *part = arena_copy(mem, path);

    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return say("make", part, err);
        *slash = '/';
    }
    if (mkdir(part, 0700) != 0 && errno != EEXIST)
        return say("make", part, err);
    return V_OK;
}

/* Calls act for each name but "." and ".."; its answer ends the walk when it is no V_OK. */
static enum verdict
walk(struct arena *mem, const char *path, enum verdict (*act)(const char *name, struct error *err),
     struct error *err)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    enum verdict v = V_OK;

    if (!folder)
        return say("read", path, err);
    while (!v && (entry = readdir(folder)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            v = act(arena_format(mem, "%s/%s", path, entry->d_name), err);
    (void)closedir(folder);
    return v;
}

static enum verdict
sync_name(const char *name, int flags, struct error *err)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | flags);
    enum verdict v = fd >= 0 && fsync(fd) == 0 ? V_OK : say("sync", name, err);

    if (fd >= 0)
        (void)close(fd);
    return v;
}

static enum verdict
sync_file(const char *name, struct error *err)
{
    return sync_name(name, 0, err);
}

/* A link in its place is not followed: others may be able to put one there. */
enum verdict
folder_remove(struct arena *mem, const char *path, struct error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    enum verdict v = V_OK;

    if (fd < 0 && errno == ENOENT)
        return V_OK;
    if (!folder)
        return say("read", path, err);
    while (!v && (entry = readdir(folder)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            unlinkat(fd, entry->d_name, 0) != 0)
            v = say("empty", path, err);
    (void)closedir(folder);
    if (!v && rmdir(path) != 0)
        v = say("remove", path, err);
    return v ? v : sync_name(file_folder(mem, path), O_DIRECTORY, err);
}

enum verdict
folder_sync(struct arena *mem, const char *path, struct error *err)
{
    enum verdict v = walk(mem, path, sync_file, err);

    return v ? v : sync_name(path, O_DIRECTORY, err);
}

enum verdict
folder_rename(struct arena *mem, const char *from, const char *to, struct error *err)
{
    enum verdict v = folder_sync(mem, from, err);

    if (!v && renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) != 0 && errno != EINVAL)
        return say("rename", from, err);
    /* a file system that does not know the flag: an empty folder at most would be replaced */
    if (!v && access(from, F_OK) == 0 && rename(from, to) != 0)
        v = say("rename", from, err);
    return v ? v : sync_name(file_folder(mem, to), O_DIRECTORY, err);
}

enum verdict
folder_new(const char *path, int *fd, struct error *err)
{
    *fd = -1;
    if (mkdir(path, 0700) != 0)
        return say("make", path, err);
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *fd < 0 ? say("read", path, err) : V_OK;
}

enum verdict
folder_copy(struct arena *mem, const char *from, int folder, const char *name, unsigned mode,
            struct error *err)
{
    enum { PIECE = 65536 };
    char *piece = arena_alloc(mem, PIECE);
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), out = -1;
    enum verdict v = in < 0 ? say("read", from, err) : V_OK;
    ssize_t n = 1;

    if (!v) {
        out = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                     (mode_t)mode);
        if (out < 0)
            v = say("write", name, err);
    }
    while (!v && n > 0) {
        do
            n = read(in, piece, PIECE);
        while (n < 0 && errno == EINTR);
        if (n < 0)
            v = say("read", from, err);
        else if (!write_all(out, piece, (size_t)n))
            v = say("write", name, err);
    }
    if (out >= 0 && close(out) != 0 && !v)
        v = say("write", name, err);
    if (in >= 0)
        (void)close(in);
    return v;
}
