/*
 * The folder of migrations against what the database has: numbers without a gap, digests the same.
 */
#include "schema_parts.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "../base/file.h"
#include "text.h"

/* NNNN_name.sql */
static int
is_migration(const struct dirent *entry)
{
    const char *name = entry->d_name;
    size_t len = strlen(name);

    for (int i = 0; i < 4; i++)
        if (!isdigit((unsigned char)name[i]))
            return 0;
    return name[4] == '_' && len > 9 && strcmp(name + len - 4, ".sql") == 0;
}

static enum verdict
read_one(struct arena *mem, const char *folder, const char *name, struct migration *out,
         struct error *err)
{
    struct faults faults = { .mem = mem };
    unsigned char sha256[DIGEST_BYTES];
    int64_t version = 0;
    const char *text = NULL;
    size_t len = 0;

    text_int(name, 4, &version);
    out->version = (long)version;
    out->name = arena_text(mem, name, strlen(name) - 4);
    out->path = arena_format(mem, "%s/%s", folder, name);
    if (!file_read(mem, out->path, NULL, 0, &text, &len, &faults))
        return error_set(err, V_FATAL, "schema.file", "could not read \"%s\": %s", out->path,
                         faults.items[0].text);
    digest_of(text, len, sha256);
    out->sha256 = arena_alloc(mem, DIGEST_BYTES);
    memcpy(out->sha256, sha256, DIGEST_BYTES);
    digest_hex(sha256, out->hex);
    return V_OK;
}

enum verdict
migrations_read(struct arena *mem, const char *folder, struct migration **out, size_t *count,
                struct error *err)
{
    struct dirent **names = NULL;
    int n = scandir(folder, &names, is_migration, alphasort);
    enum verdict v = V_OK;

    *count = 0;
    if (n < 0)
        return error_set(err, V_FATAL, "schema.folder", "could not read the folder \"%s\": %s",
                         folder, strerror(errno));
    *out = arena_alloc(mem, ((size_t)n + 1) * sizeof **out);
    for (int i = 0; i < n; i++) {
        if (!v)
            v = read_one(mem, folder, names[i]->d_name, &(*out)[i], err);
        if (!v && (*out)[i].version != i + 1)
            v = error_set(err, V_FATAL, "schema.gap", "\"%s\" stands where number %d is due",
                          (*out)[i].path, i + 1);
        free(names[i]);
    }
    free(names);
    if (!v && n == 0)
        v = error_set(err, V_FATAL, "schema.folder", "there is no migration in \"%s\"", folder);
    *count = (size_t)n;
    return v;
}

enum verdict
migrations_compare(struct pg *pg, struct arena *mem, const struct migration *files, size_t count,
                   size_t *applied, struct error *err)
{
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "schema_present", NULL, 0, &rows, err);

    *applied = 0;
    if (v || !pg_bool(&rows, 0, "present"))
        return v;
    v = pg_run(pg, mem, "schema_applied", NULL, 0, &rows, err);
    if (v)
        return v;
    if (rows.count > count) {
        v = error_set(err, V_FATAL, "schema.newer",
                      "the database has migration %lld, the folder ends at %zu",
                      (long long)pg_int(&rows, rows.count - 1, "version"), count);
        error_hint(err, "It was set up by a newer cctns-bridge: use that one.");
        return v;
    }
    for (size_t i = 0; i < rows.count; i++)
        if (pg_int(&rows, i, "version") != files[i].version ||
            strcmp(pg_named(&rows, i, "sha256"), files[i].hex) != 0) {
            v = error_set(err, V_FATAL, "schema.altered",
                          "\"%s\" is not the file that was applied as migration %lld",
                          files[i].path, (long long)pg_int(&rows, i, "version"));
            error_hint(err, "Put the file back as it was; a change of the schema is a new file.");
            return v;
        }
    *applied = rows.count;
    return V_OK;
}

const char *
migrations_names(struct arena *mem, const struct migration *files, size_t from, size_t to)
{
    const char *names = "";

    for (size_t i = from; i < to; i++)
        names = arena_format(mem, "%s%s%s", names, *names ? " " : "", files[i].name);
    return names;
}
