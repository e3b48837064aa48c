#include "file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"

const char *
file_take(struct arena *mem, const char *path, const char **text, size_t *len)
{
    FILE *file = fopen(path, "re");
    const char *why = NULL;
    char chunk[16384];
    struct buf buf;
    size_t got;

    *text = "";
    *len = 0;
    if (!file)
        return arena_format(mem, "could not open the file: %s", strerror(errno));
    buf_init(&buf, FILE_CEILING);
    while (!why && (got = fread(chunk, 1, sizeof chunk, file)) > 0)
        if (!buf_add(&buf, chunk, got))
            why = arena_format(mem, "the file is larger than %zu bytes", FILE_CEILING);
    if (ferror(file))
        why = arena_format(mem, "could not read the file: %s", strerror(errno));
    if (!why && buf.len) {
        *text = arena_text(mem, buf.data, buf.len);
        *len = buf.len;
    }
    buf_release(&buf);
    (void)fclose(file);
    return why;
}

bool
file_read(struct arena *mem, const char *path, const char *by, int line, const char **text,
          size_t *len, struct faults *faults)
{
    const char *why = file_take(mem, path, text, len);

    if (why && by)
        fault_add(faults, by, line, "\"%s\": %s", path, why);
    else if (why)
        fault_add(faults, path, line, "%s", why);
    return !why;
}

const char *
file_folder(struct arena *mem, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return ".";
    if (slash == path)
        return "/";
    return arena_text(mem, path, (size_t)(slash - path));
}

const char *
file_in(struct arena *mem, const char *folder, const char *name)
{
    if (name[0] == '/' || strcmp(folder, ".") == 0)
        return name;
    return arena_format(mem, "%s/%s", folder, name);
}

const char *
file_installed(struct arena *mem, const char *name)
{
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program);
    const char *bin = file_folder(mem, arena_text(mem, program, len > 0 ? (size_t)len : 0));

    return arena_format(mem, "%s/share/cctns-bridge/%s", file_folder(mem, bin), name);
}

bool
file_is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}
