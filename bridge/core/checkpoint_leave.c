/*
 * A note is a file of its own, written beside its place, brought to the disk and renamed. The
 * folder is locked meanwhile, for two runs may end at once.
 */
#include "checkpoint_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/file.h"
#include "../link/tsa.h"
#include "clock.h"
#include "log.h"
#include "run.h"
#include "text.h"
#include "write.h"

#define PAGE   1000
#define DIGITS 10
#define ENDING ".note"

const char *
checkpoint_file_place(struct arena *mem, const char *folder)
{
    return arena_format(mem, "file:%s", folder);
}

const char *
checkpoint_tsa_place(struct arena *mem, const struct conf *conf)
{
    return arena_format(mem, "tsa:%s", conf->bridge.tsa);
}

const char *const *
checkpoint_folders(struct arena *mem, const struct conf *conf)
{
    const char *at = conf->bridge.notes ? conf->bridge.notes : "";
    const char **folders = arena_alloc(mem, sizeof *folders * (strlen(at) / 2 + 2));
    size_t n = 0;

    for (at += strspn(at, " \t"); *at; at += strspn(at, " \t")) {
        size_t len = strcspn(at, " \t");

        folders[n++] = file_in(mem, conf->folder, arena_text(mem, at, len));
        at += len;
    }
    return folders;
}

/* ---- one file ---- */

/* No secret is in a note: whoever may open the folder may read it. */
static bool
write_file(int folder, struct arena *mem, const char *name, const char *text, size_t len)
{
    const char *part = arena_format(mem, ".%s.part", name);
    int fd = openat(folder, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    bool good = fd >= 0 && write_all(fd, text, len) && fsync(fd) == 0;
    int why = errno;

    if (fd >= 0 && close(fd) != 0 && good) {
        good = false;
        why = errno;
    }
    if (good && renameat(folder, part, folder, name) == 0)
        return true;
    if (good)
        why = errno;
    if (fd >= 0)
        (void)unlinkat(folder, part, 0);
    errno = why;
    return false;
}

enum kept { KEPT_NOT, KEPT_SAME, KEPT_OTHER };

/* errno says why it could not be told. */
static bool
look_at_file(int folder, const char *name, const char *text, size_t len, enum kept *out)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    char bytes[4096];
    ssize_t got = 0;
    size_t at = 0;

    *out = KEPT_NOT;
    if (fd < 0)
        return errno == ENOENT;
    *out = KEPT_SAME;
    while (*out == KEPT_SAME && (got = read(fd, bytes, sizeof bytes)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        if ((size_t)got > len - at || memcmp(bytes, text + at, (size_t)got) != 0)
            *out = KEPT_OTHER;
        else
            at += (size_t)got;
    }
    int why = errno;

    if (*out == KEPT_SAME && got == 0 && at < len)
        *out = KEPT_OTHER;
    (void)close(fd);
    errno = why;
    return got >= 0;
}

/* ---- one folder ---- */

struct folder {
    const char *path, *place;
    int fd;
    int64_t newest; /* note of the database */
};

static int64_t
number_of(const char *name)
{
    int64_t number;

    return strlen(name) == DIGITS + strlen(ENDING) && strcmp(name + DIGITS, ENDING) == 0 &&
                   text_int(name, DIGITS, &number)
               ? number
               : 0;
}

/* A note that the database does not know was signed by books that are no longer these: an older
 * copy of the database was put back, or another history was written. */
static void
look_for_strangers(const struct closing *c, const struct folder *f)
{
    DIR *dir = fdopendir(dup(f->fd));
    const struct dirent *entry;

    while (dir && !c->out->altered && (entry = readdir(dir)) != NULL)
        if (number_of(entry->d_name) > f->newest)
            c->out->altered =
                arena_format(c->mem, "\"%s\" has note %lld, the database ends at note %lld",
                             f->path, (long long)number_of(entry->d_name), (long long)f->newest);
    c->out->older = c->out->altered != NULL;
    if (dir)
        (void)closedir(dir);
}

static bool
leave_one(const struct closing *c, const struct folder *f, const struct pg_rows *notes, size_t row,
          bool *wrote)
{
    long long number = (long long)pg_int(notes, row, "checkpoint");
    const char *name = arena_format(c->mem, "%0*lld" ENDING, DIGITS, number);
    enum kept kept;
    size_t len = 0;
    const char *text = pg_bytes(c->mem, notes, row, "note", &len);

    if (!look_at_file(f->fd, name, text, len, &kept))
        return false;
    if (kept == KEPT_OTHER && !c->out->altered)
        c->out->altered =
            arena_format(c->mem, "note %lld is another one in \"%s\"", number, f->path);
    if (kept != KEPT_NOT)
        return true;
    *wrote = true;
    return write_file(f->fd, c->mem, name, text, len);
}

static enum verdict
say_left(const struct closing *c, const struct folder *f, const struct pg_rows *notes, size_t count,
         struct error *err)
{
    char at[CLOCK_TEXT];
    bool begun = false;
    enum verdict v = V_OK;

    clock_text(clock_now(), at);
    for (size_t i = 0; !v && i < count; i++) {
        const char *const values[] = { pg_named(notes, i, "checkpoint"), f->place, at, NULL };

        if (pg_bool(notes, i, "left"))
            continue;
        v = begun ? V_OK : pg_begin(c->pg, err);
        begun = true;
        if (!v)
            v = pg_run(c->pg, c->mem, "chain_anchor", values, 4, NULL, err);
    }
    if (!v && begun)
        v = pg_commit(c->pg, err);
    if (v)
        pg_rollback(c->pg);
    return v;
}

/* A page of notes. *good tells whether the folder took them. */
static enum verdict
leave_page(const struct closing *c, const struct folder *f, const struct pg_rows *notes, bool *good,
           struct error *err)
{
    bool wrote = false;
    size_t n = 0;

    while (n < notes->count && leave_one(c, f, notes, n, &wrote))
        n++;
    *good = n == notes->count && !c->out->altered;
    if (*good && wrote && fsync(f->fd) != 0)
        *good = false;
    return *good ? say_left(c, f, notes, n, err) : V_OK;
}

static enum verdict
leave_all(const struct closing *c, const struct folder *f, int64_t after, bool *good,
          struct error *err)
{
    struct pg_rows notes = { 0 };
    enum verdict v;

    do {
        const char *const values[] = { f->place, pg_of_int(c->mem, after),
                                       pg_of_int(c->mem, PAGE) };

        v = pg_run(c->pg, c->mem, "chain_notes", values, 3, &notes, err);
        if (!v && notes.count) {
            after = pg_int(&notes, notes.count - 1, "checkpoint");
            v = leave_page(c, f, &notes, good, err);
        }
    } while (!v && *good && notes.count == PAGE);
    return v;
}

static enum verdict
leave_in(struct closing *c, struct folder *f, int64_t after, struct error *err)
{
    bool good = true;
    enum verdict v = V_OK;

    f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f->fd >= 0) {
        (void)flock(f->fd, LOCK_EX); /* not every network has it: then one host writes alone */
        look_for_strangers(c, f);
        if (!c->out->altered)
            v = leave_all(c, f, after, &good, err);
    }
    if (f->fd < 0 || (!good && !c->out->altered))
        log_line(LOG_WARN, "could not leave notes of the books in \"%s\": %s [books.folder]",
                 f->path, strerror(errno));
    if (f->fd >= 0)
        (void)close(f->fd);
    return v;
}

enum verdict
checkpoint_leave(struct closing *c, int64_t after, struct error *err)
{
    const char *const *folders = checkpoint_folders(c->mem, c->conf);
    struct last_note last;
    enum verdict v = last_note_read(c, &last, err);

    for (; !v && *folders && !c->out->altered; folders++) {
        struct folder f = { .path = *folders,
                            .place = checkpoint_file_place(c->mem, *folders),
                            .fd = -1,
                            .newest = last.number };

        v = leave_in(c, &f, after, err);
    }
    return v;
}

enum verdict
checkpoint_look_behind(struct closing *c, struct error *err)
{
    const char *const *folders = checkpoint_folders(c->mem, c->conf);
    struct last_note last;
    enum verdict v = last_note_read(c, &last, err);

    for (; !v && *folders && !c->out->altered; folders++) {
        struct folder f = { .path = *folders,
                            .fd = open(*folders, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                            .newest = last.number };

        if (f.fd < 0)
            continue; /* whoever only looks may not open every folder */
        look_for_strangers(c, &f);
        (void)close(f.fd);
    }
    return v;
}

/* ---- the stamp ---- */

enum verdict
checkpoint_stamp(struct closing *c, struct error *err)
{
    const struct bridge_options *o = &c->conf->bridge;
    const char *place = o->tsa ? checkpoint_tsa_place(c->mem, c->conf) : NULL;
    const char *const values[] = { place };
    char at[CLOCK_TEXT];
    struct last_note last;
    struct tsa_stamp stamp;
    struct pg_rows rows;
    struct error said;
    enum verdict v;

    if (!place)
        return V_OK;
    v = last_note_read(c, &last, err);
    if (!v && last.number)
        v = pg_run(c->pg, c->mem, "chain_missing", values, 1, &rows, err);
    if (v || !last.number || pg_int(&rows, 0, "newest") != last.number)
        return v;
    if (tsa_ask(c->mem, o->tsa, o->tsa_ca, last.text, last.len, &stamp, &said)) {
        error_within(&said, "no timestamp for note %lld", (long long)last.number);
        log_error(LOG_WARN, &said);
        return V_OK;
    }
    clock_text(stamp.at, at);
    const char *const row[] = { pg_of_int(c->mem, last.number), place, at,
                                pg_of_bytes(c->mem, stamp.bytes, stamp.len) };

    return run_write(c->pg, c->mem, "chain_anchor", row, 4, NULL, err);
}
