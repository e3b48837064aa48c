#include "house.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/part.h"
#include "digest.h"
#include "write.h"

#define MARK     ".report"
#define NEXT     ".next"
#define MANIFEST "manifest.txt"

enum { FILE_MODE = 0640, FOLDER_MODE = 0750, WALK_FILES = 16 };

struct entry {
    const char *name;
    char sha256[DIGEST_HEX];
};

struct house {
    struct arena *mem;
    const char *folder, *next;
    int mark; /* locked */
    struct entry *entries;
    size_t count, room;
    FILE *file; /* between begin and end */
};

static enum verdict
say(const char *what, const char *path, struct error *err)
{
    return error_set(err, V_FATAL, "house.write", "could not %s \"%s\": %s", what, path,
                     strerror(errno));
}

/* ---- the folder ---- */

/* False: something is in it. */
static bool
is_empty(const char *folder)
{
    DIR *dir = opendir(folder);
    bool empty = dir != NULL;
    struct dirent *entry;

    while (empty && (entry = readdir(dir)))
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    if (dir)
        closedir(dir);
    return empty;
}

static enum verdict
make_folder(const char *path, struct error *err)
{
    struct stat there;

    if (mkdir(path, FOLDER_MODE) == 0)
        return chmod(path, FOLDER_MODE) == 0 ? V_OK : say("open", path, err);
    if (errno != EEXIST)
        return say("make", path, err);
    if (lstat(path, &there) == 0 && S_ISDIR(there.st_mode))
        return V_OK;
    return error_set(err, V_REJECT, "house.folder", "\"%s\" is there and is no folder", path);
}

static int
remove_one(const char *path, const struct stat *at, int kind, struct FTW *walk)
{
    (void)at;
    (void)kind;
    (void)walk;
    return remove(path) == 0 ? 0 : -1;
}

static enum verdict
remove_next(const struct house *h, struct error *err)
{
    struct stat there;

    if (lstat(h->next, &there) != 0 && errno == ENOENT)
        return V_OK;
    return nftw(h->next, remove_one, WALK_FILES, FTW_DEPTH | FTW_PHYS) == 0
               ? V_OK
               : say("remove", h->next, err);
}

static enum verdict
take_folder(struct house *h, struct error *err)
{
    const char *mark = arena_format(h->mem, "%s/" MARK, h->folder);
    struct stat there;

    if (lstat(mark, &there) != 0 && !is_empty(h->folder)) {
        error_set(err, V_REJECT, "house.folder",
                  "\"%s\" has other things in it: pages are not put among them", h->folder);
        error_hint(err, "Name a folder that is empty or not there yet.");
        return V_REJECT;
    }
    h->mark = open(mark, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (h->mark < 0)
        return say("open", mark, err);
    if (flock(h->mark, LOCK_EX | LOCK_NB) != 0)
        return error_set(err, V_RETRY, "house.busy", "another program writes \"%s\"", h->folder);
    return V_OK;
}

enum verdict
house_open(struct arena *mem, const char *folder, struct house **out, struct error *err)
{
    struct house *h = arena_alloc(mem, sizeof *h);
    size_t len = strlen(folder);

    while (len > 1 && folder[len - 1] == '/')
        len--;
    h->mem = mem;
    h->folder = arena_text(mem, folder, len);
    h->next = arena_format(mem, "%s/" NEXT, h->folder);
    h->mark = -1;
    *out = h;
    struct stat there;
    enum verdict v =
        stat(h->folder, &there) == 0 && S_ISDIR(there.st_mode) ? V_OK : make_folder(h->folder, err);

    if (!v)
        v = take_folder(h, err);
    if (!v)
        v = remove_next(h, err);
    if (!v)
        v = make_folder(h->next, err);
    return v;
}

void
house_close(struct house *h)
{
    struct error err;

    if (!h)
        return;
    if (h->file)
        (void)fclose(h->file);
    h->file = NULL;
    if (h->mark < 0)
        return;
    if (remove_next(h, &err))
        (void)err; /* the next one removes it */
    (void)close(h->mark);
    h->mark = -1;
}

long
house_files(const struct house *h)
{
    return (long)h->count;
}

/* ---- files ---- */

/* Names that can be in a manifest and leave the folder by no road. */
static bool
is_name(const char *name)
{
    int folders = 0;

    if (!*name || *name == '.' || *name == '/')
        return false;
    for (const char *at = name; *at; at++) {
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                      (*at >= '0' && *at <= '9') || strchr("-_.", *at);

        folders += *at == '/';
        if ((!letter && *at != '/') || (*at == '/' && (at[1] == '.' || at[1] == '/' || !at[1])))
            return false;
    }
    return folders <= 2;
}

/* The folders that a name goes through, below root. */
static enum verdict
make_folders(const struct house *h, const char *root, const char *name, struct error *err)
{
    enum verdict v = V_OK;

    for (const char *slash = strchr(name, '/'); slash && !v; slash = strchr(slash + 1, '/'))
        v = make_folder(arena_format(h->mem, "%s/%.*s", root, (int)(slash - name), name), err);
    return v;
}

enum verdict
house_begin(struct house *h, const char *name, FILE **to, struct error *err)
{
    const char *path = arena_format(h->mem, "%s/%s", h->next, name);

    *to = NULL;
    if (!is_name(name))
        return error_set(err, V_REJECT, "house.name", "\"%s\" is no name for a page", name);
    enum verdict v = make_folders(h, h->next, name, err);

    if (v)
        return v;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);

    if (fd < 0 || fchmod(fd, FILE_MODE) != 0 || !(h->file = fdopen(fd, "w+")))
        v = say("write", path, err);
    if (v && fd >= 0)
        (void)close(fd);
    if (v)
        return v;
    h->entries = arena_grow(h->mem, h->entries, h->count, &h->room, sizeof *h->entries);
    h->entries[h->count++] = (struct entry){ .name = arena_copy(h->mem, name) };
    *to = h->file;
    return V_OK;
}

/* What is on the disk, not what was meant to be. */
static bool
digest_file(FILE *file, char out[DIGEST_HEX])
{
    unsigned char bytes[DIGEST_BYTES], room[16384];
    struct digest d;
    size_t n;

    rewind(file);
    digest_begin(&d);
    while ((n = fread(room, 1, sizeof room, file)) > 0)
        digest_add(&d, room, n);
    digest_end(&d, bytes);
    digest_hex(bytes, out);
    return !ferror(file);
}

enum verdict
house_end(struct house *h, struct error *err)
{
    struct entry *e = &h->entries[h->count - 1];
    bool good = fflush(h->file) == 0 && !ferror(h->file) && fsync(fileno(h->file)) == 0 &&
                digest_file(h->file, e->sha256);
    enum verdict v = good ? V_OK : say("write", e->name, err);

    if (fclose(h->file) != 0 && !v)
        v = say("write", e->name, err);
    h->file = NULL;
    return v;
}

/* ---- into their places ---- */

static enum verdict
sync_folder(const char *path, struct error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum verdict v = fd >= 0 && fsync(fd) == 0 ? V_OK : say("sync", path, err);

    if (fd >= 0)
        (void)close(fd);
    return v;
}

static enum verdict
place(const struct house *h, const struct entry *e, struct error *err)
{
    const char *from = arena_format(h->mem, "%s/%s", h->next, e->name);
    const char *to = arena_format(h->mem, "%s/%s", h->folder, e->name);
    enum verdict v = make_folders(h, h->folder, e->name, err);

    if (!v && rename(from, to) != 0)
        v = say("rename", from, err);
    return v ? v : sync_folder(file_folder(h->mem, to), err);
}

static bool
has_entry(const struct house *h, const char *name)
{
    for (size_t i = 0; i < h->count; i++)
        if (strcmp(h->entries[i].name, name) == 0)
            return true;
    return false;
}

/* Files that the manifest before named, and nobody makes any more. */
static void
remove_old(const struct house *h, const char *before)
{
    const char *line = before, *end;

    for (; (end = strchr(line, '\n')); line = end + 1) {
        const char *name;

        if ((size_t)(end - line) <= DIGEST_HEX + 1)
            continue;
        name = arena_text(h->mem, line + DIGEST_HEX + 1, (size_t)(end - line) - DIGEST_HEX - 1);
        if (is_name(name) && !has_entry(h, name))
            (void)unlink(arena_format(h->mem, "%s/%s", h->folder, name));
    }
}

static enum verdict
write_manifest(const struct house *h, const char *path, struct error *err)
{
    struct part part;
    enum verdict v = part_begin(h->mem, path, &part, err);

    if (v)
        return v;
    for (size_t i = 0; i < h->count && !v; i++) {
        const char *line =
            arena_format(h->mem, "%s  %s\n", h->entries[i].sha256, h->entries[i].name);

        if (!write_all(part.fd, line, strlen(line)))
            v = say("write", path, err);
    }
    if (!v && fchmod(part.fd, FILE_MODE) != 0)
        v = say("write", path, err);
    if (v)
        part_drop(&part);
    else
        v = part_keep(h->mem, &part, err);
    return v;
}

enum verdict
house_keep(struct house *h, struct error *err)
{
    const char *path = arena_format(h->mem, "%s/" MANIFEST, h->folder), *before = "";
    enum verdict v = V_OK;
    size_t len = 0;

    if (access(path, F_OK) == 0 && file_take(h->mem, path, &before, &len))
        before = ""; /* what it named stays where it is */
    for (size_t i = 0; i < h->count && !v; i++)
        v = place(h, &h->entries[i], err);
    if (!v)
        v = write_manifest(h, path, err);
    if (!v)
        remove_old(h, before);
    return v;
}
