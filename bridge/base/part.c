#include "part.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

static enum verdict
say(const char *what, const char *path, struct error *err)
{
    return error_set(err, V_FATAL, "out.write", "could not %s \"%s\": %s", what, path,
                     strerror(errno));
}

/* That the name still is of the file that was opened: it may have been renamed before the lock. */
static bool
is_still(const struct part *part)
{
    struct stat named, opened;

    return lstat(part->name, &named) == 0 && fstat(part->fd, &opened) == 0 &&
           named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

static enum verdict
open_locked(struct part *part, struct error *err)
{
    part->fd = open(part->name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (part->fd < 0)
        return say("write", part->name, err);
    if (flock(part->fd, LOCK_EX | LOCK_NB) != 0 || !is_still(part))
        return error_set(err, V_RETRY, "out.busy", "another program writes \"%s\"", part->name);
    if (fchmod(part->fd, 0600) != 0 || ftruncate(part->fd, 0) != 0)
        return say("write", part->name, err);
    return V_OK;
}

enum verdict
part_begin(struct arena *mem, const char *path, struct part *out, struct error *err)
{
    struct stat there;

    *out = (struct part){ path, arena_format(mem, "%s.part", path), -1 };
    if (lstat(path, &there) == 0 && !S_ISREG(there.st_mode))
        return error_set(err, V_REJECT, "out.file", "\"%s\" is there and is not a plain file",
                         path);
    enum verdict v = open_locked(out, err);

    if (v && out->fd >= 0)
        (void)close(out->fd);
    if (v)
        out->fd = -1;
    return v;
}

static enum verdict
sync_folder(struct arena *mem, const char *path, struct error *err)
{
    const char *folder = file_folder(mem, path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum verdict v = fd >= 0 && fsync(fd) == 0 ? V_OK : say("sync", folder, err);

    if (fd >= 0)
        (void)close(fd);
    return v;
}

enum verdict
part_keep(struct arena *mem, struct part *part, struct error *err)
{
    enum verdict v = V_OK;

    if (fsync(part->fd) != 0)
        v = say("sync", part->name, err);
    if (!v && rename(part->name, part->path) != 0)
        v = say("rename", part->name, err);
    if (v) {
        part_drop(part);
        return v;
    }
    if (close(part->fd) != 0)
        v = say("close", part->path, err);
    part->fd = -1;
    return v ? v : sync_folder(mem, part->path, err);
}

void
part_drop(struct part *part)
{
    if (part->fd < 0)
        return;
    (void)unlink(part->name);
    (void)close(part->fd);
    part->fd = -1;
}
