/*
 * The drop folder at an SFTP server. A table or document is fetched into a file
 * of the work folder that has no name, so that nothing of it stays when the
 * program ends; what a record names goes straight into the content store.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "write.h"

enum verdict
remote_open(struct arena *mem, const struct file_options *options, struct drop *drop,
            struct error *err)
{
    struct sftp_options o = {
        .url = options->url,
        .user = options->user,
        .key = options->key,
        .known_hosts = options->known_hosts,
        .timeout = options->timeout,
        .connect_timeout = options->connect_timeout,
        .stall = options->stall,
    };
    enum verdict v = conf_secret(mem, options->password, &o.password, err);

    return v ? v : sftp_open(mem, &o, &drop->sftp, err);
}

/* A folder that is not there is a matter of the conf, not of one file. */
static enum verdict
of_folder(enum verdict v, const struct drop *drop, struct error *err)
{
    if (v != V_REJECT)
        return v;
    error_within(err, "drop folder");
    error_at(err, NULL, drop->path);
    return V_FATAL;
}

enum verdict
remote_list(struct drop *drop, struct arena *mem, const char *pattern, struct drop_name **out,
            size_t *count, struct error *err)
{
    struct sftp_entry *entries;
    size_t all;
    enum verdict v = sftp_list(drop->sftp, mem, "", &entries, &all, err);

    *out = NULL;
    *count = 0;
    if (v)
        return of_folder(v, drop, err);
    *out = arena_alloc(mem, (all + 1) * sizeof **out);
    for (size_t i = 0; i < all; i++)
        if (drop_wants(pattern, entries[i].name))
            (*out)[(*count)++] =
                (struct drop_name){ .name = entries[i].name, .size = entries[i].size };
    return V_OK;
}

/* ---- files in ---- */

struct copy {
    int fd;
    long left;
};

static enum verdict
take_copy(void *ctx, const char *bytes, size_t len, struct error *err)
{
    struct copy *copy = ctx;

    if ((long)len > copy->left)
        return error_set(err, V_REJECT, "file.large", "the file is larger than max_file");
    copy->left -= (long)len;
    if (write_all(copy->fd, bytes, len))
        return V_OK;
    return error_set(err, V_FATAL, "file.work", "could not write into the work folder: %s",
                     strerror(errno));
}

/* A file without a name. */
static int
nameless(const char *folder, struct arena *mem)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    char *path;

    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    path = arena_format(mem, "%s/bridge-XXXXXX", folder); /* a file system without such files */
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

/* A file that came under the name during the transfer, or that grew, is another one. */
static enum verdict
get_whole(struct drop *drop, struct arena *mem, const char *name, int64_t changed,
          const struct sftp_sink *sink, struct error *err)
{
    int64_t after;
    enum verdict v = sftp_get(drop->sftp, mem, name, sink, err);

    if (!v)
        v = sftp_changed(drop->sftp, mem, name, &after, err);
    if (!v && after != changed)
        v = error_set(err, V_RETRY, "file.changed", "a file was changed while it was read");
    return v;
}

enum verdict
remote_read(struct drop *drop, struct arena *mem, const char *name, int *fd,
            struct drop_stamp *stamp, struct error *err)
{
    struct copy copy = { .left = drop->max_file };
    const struct sftp_sink sink = { take_copy, &copy };
    int64_t changed;
    enum verdict v = sftp_changed(drop->sftp, mem, name, &changed, err);

    *fd = -1;
    if (!v && changed >= 0 && drop_is_fresh(drop, changed * 1000))
        return V_OK;
    *stamp = (struct drop_stamp){ .changed = changed };
    if (v)
        return v == V_REJECT ? V_RETRY : v; /* it was listed a moment ago */
    copy.fd = nameless(drop->work, mem);
    if (copy.fd < 0) {
        v = error_set(err, V_FATAL, "file.work", "could not write into the work folder: %s",
                      strerror(errno));
        error_at(err, NULL, drop->work);
        return v;
    }
    v = get_whole(drop, mem, name, changed, &sink, err);
    if (v == V_REJECT && strncmp(err->code, "sftp.", 5) == 0)
        v = V_RETRY;
    if (v)
        (void)close(copy.fd);
    else
        *fd = copy.fd;
    return v;
}

enum verdict
remote_look(struct drop *drop, struct arena *mem, const char *name, const struct drop_stamp *stamp,
            enum drop_still *still, struct error *err)
{
    int64_t changed;
    enum verdict v = sftp_changed(drop->sftp, mem, name, &changed, err);

    if (v == V_REJECT && strcmp(err->code, "sftp.absent") == 0) {
        *still = DROP_GONE;
        return V_OK;
    }
    if (!v)
        *still = changed == stamp->changed ? DROP_SAME : DROP_OTHER;
    return v == V_REJECT ? V_RETRY : v;
}

static int
by_name(const void *a, const void *b)
{
    const struct sftp_entry *x = a, *y = b;

    return strcmp(x->name, y->name);
}

static enum verdict
take_content(void *ctx, const char *bytes, size_t len, struct error *err)
{
    return content_add(ctx, bytes, len, err);
}

enum verdict
remote_take(struct drop *drop, struct arena *mem, const char *name, struct content_writer *writer,
            struct error *err)
{
    const struct sftp_sink sink = { take_content, writer };
    const struct sftp_entry key = { .name = name };
    int64_t changed;
    enum verdict v;

    /* The list leaves out links and folders, which a transfer would follow. */
    if (!drop->listed) {
        v = sftp_list(drop->sftp, mem, "", &drop->plain, &drop->plain_count, err);
        if (v)
            return of_folder(v, drop, err);
        drop->listed = true;
    }
    if (drop->plain_count == 0 ||
        !bsearch(&key, drop->plain, drop->plain_count, sizeof key, by_name))
        return error_set(err, V_REJECT, "content.absent",
                         "the file that is named is not in the drop folder");
    v = sftp_changed(drop->sftp, mem, name, &changed, err);
    if (!v && changed >= 0 && drop_is_fresh(drop, changed * 1000))
        v = error_set(err, V_RETRY, "file.fresh", "a file that is named is still being written");
    return v ? v : get_whole(drop, mem, name, changed, &sink, err);
}

/* ---- files put away ---- */

enum verdict
remote_move(struct drop *drop, struct arena *mem, const char *name, const char *to, const char **as,
            struct error *err)
{
    enum verdict v = sftp_make_folder(drop->sftp, mem, to, err);

    /* Some servers put the new file in the place of the old one, so that is looked for first. */
    for (int n = 2; !v; n++) {
        int64_t at;

        v = sftp_changed(drop->sftp, mem, arena_format(mem, "%s/%s", to, *as), &at, err);
        if (v)
            break;
        *as = arena_format(mem, "%s.%d", name, n);
    }
    if (v == V_REJECT && strcmp(err->code, "sftp.absent") == 0)
        v = sftp_rename(drop->sftp, mem, name, arena_format(mem, "%s/%s", to, *as), err);
    return v == V_REJECT ? V_RETRY : v;
}
