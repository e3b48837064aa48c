/*
 * SFTP and folder: how a package gets to its cell, and how it is told that it came. The manifest
 * goes last and the folder's name after it, so that whoever sees the folder sees all of it.
 */
#include "forward_parts.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/folder.h"
#include "buf.h"
#include "sftp.h"
#include "text.h"

#define FOLDER_MODE 0750 /* of what the receiver's group may read */
#define FILE_MODE   0640
#define NAMES_MAX   100000

int64_t
forward_ack_number(const char *name)
{
    size_t len;
    int64_t number;

    if (strncasecmp(name, "ack-", 4) != 0)
        return 0;
    len = strspn(name + 4, "0123456789");
    if (name[4 + len] && strcasecmp(name + 4 + len, ".txt") != 0)
        return 0;
    return len && len < 10 && text_int(name + 4, len, &number) ? number : 0;
}

/* ---- SFTP ---- */

static enum verdict
open_sftp(struct arena *mem, const struct conf_cell *cell, struct sftp **out, struct error *err)
{
    const struct cell_options *c = &cell->options;
    struct sftp_options o = {
        .url = c->sftp,
        .user = c->user,
        .key = c->key,
        .known_hosts = c->known_hosts,
        .timeout = c->timeout,
        .connect_timeout = c->connect_timeout,
        .stall = c->timeout,
    };
    enum verdict v = conf_secret(mem, c->password, &o.password, err);

    return v ? v : sftp_open(mem, &o, out, err);
}

/* The cell's own folder has to be there: that is a matter of bridge.conf, not of one package. */
static enum verdict
list_sftp(struct sftp *sftp, struct arena *mem, struct sftp_entry **entries, size_t *count,
          struct error *err)
{
    enum verdict v = sftp_list(sftp, mem, "", entries, count, err);

    return v == V_REJECT ? V_FATAL : v;
}

static enum verdict
take_text(void *ctx, const char *bytes, size_t len, struct error *err)
{
    return buf_add(ctx, bytes, len)
               ? V_OK
               : error_set(err, V_REJECT, "package.other", "what lies there is no manifest");
}

/* A folder of that name is there: this package, or another one. */
static enum verdict
compare_sftp(struct sftp *sftp, struct arena *mem, const struct parcel *p, struct error *err)
{
    struct buf text;
    const struct sftp_sink sink = { take_text, &text };
    enum verdict v;

    buf_init(&text, FILE_CEILING);
    v = sftp_get(sftp, mem, arena_format(mem, "%s/" PACKAGE_MANIFEST, p->name), &sink, err);
    if (v == V_REJECT || (!v && !package_is(text.data, text.len, p->due->manifest)))
        v = error_set(err, V_REJECT, "package.other", "there is another \"%s\" at the receiver",
                      p->name);
    buf_release(&text);
    return v;
}

static enum verdict
put_sftp(struct sftp *sftp, struct arena *mem, const struct parcel *p, struct error *err)
{
    const char *part = arena_format(mem, "%s.part", p->name);
    enum verdict v = sftp_make_folder(sftp, mem, part, err);

    for (size_t i = 0; !v && i < PACKAGE_FILES; i++) {
        const char *name = package_files[i].name;

        v = sftp_put_file(sftp, mem, arena_format(mem, "%s/%s", part, name),
                          arena_format(mem, "%s/%s", p->folder, name), err);
    }
    return v ? v : sftp_rename(sftp, mem, part, p->name, err);
}

static enum verdict
send_sftp(struct arena *mem, const struct parcel *p, struct error *err)
{
    struct sftp *sftp;
    struct sftp_entry *entries;
    size_t count;
    enum verdict v = open_sftp(mem, p->cell, &sftp, err);

    if (!v)
        v = list_sftp(sftp, mem, &entries, &count, err);
    if (v)
        return v;
    v = sftp_list(sftp, mem, p->name, &entries, &count, err);
    if (!v)
        return compare_sftp(sftp, mem, p, err);
    return v == V_REJECT ? put_sftp(sftp, mem, p, err) : v;
}

static enum verdict
names_sftp(struct arena *mem, const struct conf_cell *cell, const char ***out, size_t *count,
           struct error *err)
{
    struct sftp *sftp;
    struct sftp_entry *entries;
    enum verdict v = open_sftp(mem, cell, &sftp, err);

    if (!v)
        v = list_sftp(sftp, mem, &entries, count, err);
    if (v)
        return v;
    *out = arena_alloc(mem, (*count + 1) * sizeof **out);
    for (size_t i = 0; i < *count; i++)
        (*out)[i] = entries[i].name;
    return V_OK;
}

static enum verdict
touch_sftp(struct arena *mem, const struct conf_cell *cell, struct error *err)
{
    const char **names;
    size_t count;

    return names_sftp(mem, cell, &names, &count, err);
}

/* ---- folder ---- */

static enum verdict
names_folder(struct arena *mem, const struct conf_cell *cell, const char ***out, size_t *count,
             struct error *err)
{
    DIR *folder = opendir(cell->options.folder);
    const struct dirent *entry;
    size_t room = 0;

    *out = NULL;
    *count = 0;
    if (!folder)
        return error_set(err, V_FATAL, "folder.read", "could not read \"%s\": %s",
                         cell->options.folder, strerror(errno));
    while (*count < NAMES_MAX && (entry = readdir(folder))) {
        *out = arena_grow(mem, *out, *count, &room, sizeof **out);
        (*out)[(*count)++] = arena_copy(mem, entry->d_name);
    }
    (void)closedir(folder);
    return V_OK;
}

static enum verdict
compare_folder(struct arena *mem, const struct parcel *p, const char *there, struct error *err)
{
    const char *text = "";
    size_t len = 0;

    if (!file_take(mem, arena_format(mem, "%s/" PACKAGE_MANIFEST, there), &text, &len) &&
        package_is(text, len, p->due->manifest))
        return V_OK;
    return error_set(err, V_REJECT, "package.other", "there is another \"%s\" at the receiver",
                     p->name);
}

/* By the open folder, not by its name: whoever may leave acknowledgements beside it may also put
 * something else in the place of that name. */
static enum verdict
fill_folder(struct arena *mem, const struct parcel *p, const char *part, struct error *err)
{
    int fd = -1;
    enum verdict v = folder_new(part, &fd, err);

    for (size_t i = 0; !v && i < PACKAGE_FILES; i++) {
        const char *name = package_files[i].name;

        v = folder_copy(mem, arena_format(mem, "%s/%s", p->folder, name), fd, name, FILE_MODE, err);
    }
    if (!v && fchmod(fd, FOLDER_MODE) != 0)
        v = error_set(err, V_FATAL, "folder.write", "could not open \"%s\" to its group: %s", part,
                      strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return v;
}

static enum verdict
send_folder(struct arena *mem, const struct parcel *p, struct error *err)
{
    const char *place = p->cell->options.folder;
    const char *there = arena_format(mem, "%s/%s", place, p->name);
    const char *part = arena_format(mem, "%s/.%s.part", place, p->name);
    struct stat st;
    enum verdict v;

    if (lstat(there, &st) == 0)
        return compare_folder(mem, p, there, err);
    if (!file_is_folder(place))
        return error_set(err, V_FATAL, "folder.absent", "there is no folder \"%s\"", place);
    v = folder_remove(mem, part, err);
    if (!v)
        v = fill_folder(mem, p, part, err);
    return v ? v : folder_rename(mem, part, there, err);
}

static enum verdict
touch_folder(struct arena *mem, const struct conf_cell *cell, struct error *err)
{
    (void)mem;
    if (access(cell->options.folder, R_OK | W_OK | X_OK) == 0)
        return V_OK;
    return error_set(err, V_FATAL, "folder.absent", "cannot write into \"%s\": %s",
                     cell->options.folder, strerror(errno));
}

const struct forward_way *
forward_way(const struct conf_cell *cell)
{
    static const struct forward_way sftp = { send_sftp, names_sftp, touch_sftp },
                                    folder = { send_folder, names_folder, touch_folder };

    return cell->options.mail ? &forward_by_mail : cell->options.sftp ? &sftp : &folder;
}

enum verdict
forward_touch(struct arena *mem, const struct conf_cell *cell, struct error *err)
{
    return forward_way(cell)->touch(mem, cell, err);
}
