/*
 * Whole small files, with the fault at the line that asked for them.
 */
#include "map_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

bool
file_read(struct arena *mem, const char *path, const char *by, int line, const char **text,
          size_t *len, struct faults *faults)
{
    const char *at = by ? by : path;
    FILE *f = fopen(path, "rbe");
    bool ok = false;
    size_t room = 0, used = 0;
    char *bytes = NULL;
    char chunk[16384];

    *text = "";
    *len = 0;
    if (!f) {
        fault_add(faults, at, line, "could not open \"%s\": %s", path, strerror(errno));
        return false;
    }
    for (;;) {
        size_t n = fread(chunk, 1, sizeof chunk, f);
        if (n == 0)
            break;
        if (used + n > (size_t)FILE_CEILING) {
            fault_add(faults, at, line, "\"%s\" is larger than 4 MiB", path);
            goto out;
        }
        while (used + n + 1 > room) /* arena_grow makes room for one more, by doubling */
            bytes = arena_grow(mem, bytes, room, &room, 1);
        memcpy(bytes + used, chunk, n);
        used += n;
    }
    if (ferror(f)) {
        fault_add(faults, at, line, "could not read \"%s\": %s", path, strerror(errno));
        goto out;
    }
    if (bytes)
        bytes[used] = '\0';
    *text = bytes ? bytes : "";
    *len = used;
    ok = true;
out:
    (void)fclose(f);
    return ok;
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

bool
file_is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}
