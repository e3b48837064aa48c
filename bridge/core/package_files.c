/*
 * The manifest is what the numbers of a cell are chained by: each has the digest of the one before.
 */
#include "package_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../base/file.h"
#include "write.h"

const struct package_file package_files[PACKAGE_FILES] = {
    { "letter.html", "text/html; charset=utf-8" },
    { "list.csv", "text/csv; charset=utf-8" },
    { "list.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
    { "package.xml", "application/xml" },
    { "cover.txt", "text/plain; charset=utf-8" },
    { PACKAGE_MANIFEST, "text/plain; charset=utf-8" },
};

enum verdict
package_write(const char *path, const char *bytes, size_t len, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0 && write_all(fd, bytes, len);
    int why = errno;

    if (fd >= 0 && close(fd) != 0 && good) {
        good = false;
        why = errno;
    }
    return good ? V_OK
                : error_set(err, V_FATAL, "package.write", "could not write \"%s\": %s", path,
                            strerror(why));
}

/* Size and digest of a file; false when it cannot be read to its end. */
static bool
look_at(struct arena *mem, const char *path, int64_t *size, unsigned char out[DIGEST_BYTES])
{
    enum { PIECE = 65536 };
    unsigned char *piece = arena_alloc(mem, PIECE);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct digest d;
    ssize_t n = 0;

    *size = 0;
    if (fd < 0)
        return false;
    digest_begin(&d);
    for (;;) {
        n = read(fd, piece, PIECE);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        digest_add(&d, piece, (size_t)n);
        *size += n;
    }
    digest_end(&d, out);
    (void)close(fd);
    return n == 0;
}

/* "DIGEST  NAME" of each file. V_FATAL when one is not there. */
static enum verdict
hash_lines(struct arena *mem, const char *folder, const char **out, struct error *err)
{
    *out = "";
    for (size_t i = 0; i + 1 < PACKAGE_FILES; i++) {
        const char *name = package_files[i].name;
        unsigned char digest[DIGEST_BYTES];
        char hex[DIGEST_HEX];
        int64_t size;

        if (!look_at(mem, arena_format(mem, "%s/%s", folder, name), &size, digest))
            return error_set(err, V_FATAL, "package.write", "could not read back \"%s\"", name);
        digest_hex(digest, hex);
        *out = arena_format(mem, "%s%s  %s\n", *out, hex, name);
    }
    return V_OK;
}

enum verdict
package_manifest(struct arena *mem, struct package *p, const char *folder, struct error *err)
{
    const char *text, *hashes;
    enum verdict v = hash_lines(mem, folder, &hashes, err);

    if (v)
        return v;
    text = arena_format(mem,
                        "# cctns-bridge package 1\n# cell %s\n# unit %s\n# number %lld\n# day %s\n"
                        "# since %s\n# upto %s\n# previous %s\n",
                        p->cell->name, p->cell->options.unit, (long long)p->number, p->day,
                        p->since, p->upto, p->previous ? p->previous : "-");
    for (size_t i = 0; i < PACKAGE_LISTS; i++)
        text = arena_format(mem, "%s# rows %s %ld\n", text, package_list_names[i], p->rows[i]);
    text = arena_format(mem, "%s%s", text, hashes);
    digest_of(text, strlen(text), p->manifest);
    return package_write(arena_format(mem, "%s/" PACKAGE_MANIFEST, folder), text, strlen(text),
                         err);
}

bool
package_is(const char *text, size_t len, const unsigned char manifest[DIGEST_BYTES])
{
    unsigned char digest[DIGEST_BYTES];

    digest_of(text, len, digest);
    return memcmp(digest, manifest, DIGEST_BYTES) == 0;
}

enum verdict
package_prove(struct arena *mem, const char *folder, const unsigned char manifest[DIGEST_BYTES],
              struct error *err)
{
    const char *path = arena_format(mem, "%s/" PACKAGE_MANIFEST, folder), *text, *hashes, *at;
    size_t len;

    if (file_take(mem, path, &text, &len))
        return error_set(err, V_REJECT, "package.lost",
                         "the files of the package are not in \"%s\"", folder);
    at = strstr(text, "# rows open ");
    at = at ? strchr(at, '\n') : NULL;
    if (!package_is(text, len, manifest) || !at || hash_lines(mem, folder, &hashes, err) ||
        strcmp(at + 1, hashes) != 0)
        return error_set(err, V_REJECT, "package.altered",
                         "the files in \"%s\" are not those that were packed", folder);
    return V_OK;
}

enum verdict
package_cover(struct arena *mem, const char *folder, const char **subject, const char **text,
              struct error *err)
{
    const char *path = arena_format(mem, "%s/cover.txt", folder), *whole, *why;
    size_t len, line;

    *subject = *text = "";
    why = file_take(mem, path, &whole, &len);
    if (why)
        return error_set(err, V_REJECT, "package.lost", "could not read \"%s\": %s", path, why);
    line = strcspn(whole, "\n");
    *subject = arena_text(mem, whole, line);
    *text = whole + line + strspn(whole + line, "\n");
    return V_OK;
}
