/*
 * libmagic, asked about the first bytes of a file. It gets bytes, never a name or
 * a file of its own, and does not look into archives or call other programs.
 */
#include <errno.h>
#include <magic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "content_parts.h"

#define HEAD ((size_t)256 * 1024)

/* When libmagic 5.44 cannot open its compiled table (no file descriptor left), it takes the text
 * table beside it, which Debian ships empty, and says that all is well: then it knows no type. */
static bool
knows_types(magic_t magic)
{
    static const char pdf[] = "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n";
    const char *said = magic_buffer(magic, pdf, sizeof pdf - 1);

    return said && strcmp(said, "application/pdf") == 0;
}

static magic_t
cookie(void)
{
    static magic_t loaded;

    if (!loaded) {
        loaded = magic_open(MAGIC_MIME_TYPE | MAGIC_ERROR | MAGIC_NO_CHECK_COMPRESS |
                            MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_TOKENS);
        if (loaded && (magic_load(loaded, NULL) != 0 || !knows_types(loaded))) {
            magic_close(loaded);
            loaded = NULL;
        }
    }
    return loaded;
}

enum verdict
magic_sniff(struct arena *mem, int file, const char **type, struct error *err)
{
    magic_t magic = cookie();
    const char *said;
    size_t len = 0;
    char *head;

    *type = "application/octet-stream";
    if (!magic)
        return error_set(err, V_FATAL, "content.magic",
                         "libmagic could not load its table of file types");
    head = memory_get(HEAD);
    while (len < HEAD) {
        ssize_t got = pread(file, head + len, HEAD - len, (off_t)len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            free(head);
            return error_set(err, V_FATAL, "content.disk",
                             "could not read a file of the content store: %s", strerror(errno));
        }
        if (got == 0)
            break;
        len += (size_t)got;
    }
    said = magic_buffer(magic, head, len);
    if (said && strchr(said, '/'))
        *type = arena_copy(mem, said);
    free(head);
    return V_OK;
}
