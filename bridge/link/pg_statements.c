/*
 * Named statements. A file is cut at its "-- name:" lines; what stands between two of them is one
 * statement, its last semicolon taken off. Comments stay: the server skips them, and its log
 * shows where a statement came from.
 */
#include "pg_parts.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/file.h"

/* OIDs of built-in types are fixed by PostgreSQL for good (pg_type.dat). */
static const struct {
    const char *name;
    Oid oid;
} types[] = {
    { "boolean", 16 },       { "bytea", 17 },       { "bigint", 20 },
    { "smallint", 21 },      { "int", 23 },         { "text", 25 },
    { "json", 114 },         { "date", 1082 },      { "interval", 1186 },
    { "timestamptz", 1184 }, { "numeric", 1700 },   { "uuid", 2950 },
    { "jsonb", 3802 },       { "boolean[]", 1000 }, { "bytea[]", 1001 },
    { "smallint[]", 1005 },  { "int[]", 1007 },     { "text[]", 1009 },
    { "bigint[]", 1016 },    { "date[]", 1182 },    { "timestamptz[]", 1185 },
    { "uuid[]", 2951 },      { "numeric[]", 1231 },
};

struct reader {
    struct arena *mem;
    struct pg_statement *items;
    size_t count, room;
};

enum verdict
pg_file_read(struct arena *mem, const char *path, const char **text, size_t *len, struct error *err)
{
    const char *why = file_take(mem, path, text, len);

    return why ? error_set(err, V_FATAL, "sql.file", "\"%s\": %s", path, why) : V_OK;
}

static bool
find_type(const char *name, size_t len, Oid *oid)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strlen(types[i].name) == len && strncmp(types[i].name, name, len) == 0) {
            *oid = types[i].oid;
            return true;
        }
    return false;
}

static enum verdict
fault_at(const char *path, int line, const char *what, struct error *err)
{
    enum verdict v = error_set(err, V_FATAL, "sql.name", "%s", what);
    char where[256];

    snprintf(where, sizeof where, "%s:%d", path, line);
    error_at(err, NULL, where);
    return v;
}

/* "NAME (ARG TYPE, ...)" up to the end of the line; the list may be left out. */
static enum verdict
read_head(struct reader *r, const char *path, int line, const char *head, size_t len,
          struct error *err)
{
    struct pg_statement *s;
    const char *end = head + len, *at = head, *word;

    r->items = arena_grow(r->mem, r->items, r->count, &r->room, sizeof *r->items);
    s = &r->items[r->count++];
    *s = (struct pg_statement){ .path = arena_copy(r->mem, path), .line = line };
    while (at < end && (isalnum((unsigned char)*at) || *at == '_'))
        at++;
    if (at == head)
        return fault_at(path, line, "a statement needs a name", err);
    s->name = arena_text(r->mem, head, (size_t)(at - head));
    while (at < end && *at == ' ')
        at++;
    if (at == end)
        return V_OK;
    if (*at != '(' || end[-1] != ')')
        return fault_at(path, line, "arguments stand in brackets: (NAME TYPE, ...)", err);
    for (at++; at < end && *at != ')';) {
        while (*at == ' ' || *at == ',')
            at++;
        while (at < end && *at != ' ' && *at != ')')
            at++;
        while (*at == ' ')
            at++;
        for (word = at; at < end && *at != ',' && *at != ')';)
            at++;
        if (s->count == PG_PARAMETERS)
            return fault_at(path, line, "too many arguments", err);
        if (!find_type(word, (size_t)(at - word), &s->types[s->count++]))
            return fault_at(path, line, "unknown type of an argument", err);
    }
    return V_OK;
}

static void
end_statement(struct reader *r, const char *from, const char *to)
{
    while (to > from && (isspace((unsigned char)to[-1]) || to[-1] == ';'))
        to--;
    r->items[r->count - 1].text = arena_text(r->mem, from, (size_t)(to - from));
}

static enum verdict
read_file(struct reader *r, const char *path, struct error *err)
{
    static const char mark[] = "-- name: ";
    const char *text = NULL, *at, *from = NULL;
    size_t len = 0;
    int line = 1;
    enum verdict v = pg_file_read(r->mem, path, &text, &len, err);

    if (v)
        return v;
    for (at = text; *at; line++) {
        const char *end = strchr(at, '\n');

        end = end ? end : at + strlen(at);
        if (strncmp(at, mark, sizeof mark - 1) == 0) {
            if (from)
                end_statement(r, from, at);
            at += sizeof mark - 1;
            v = read_head(r, path, line, at, (size_t)(end - at), err);
            if (v)
                return v;
            from = *end ? end + 1 : end;
        }
        at = *end ? end + 1 : end;
    }
    if (from)
        end_statement(r, from, at);
    return V_OK;
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(((const struct pg_statement *)a)->name, ((const struct pg_statement *)b)->name);
}

static int
is_sql(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 4 && entry->d_name[0] != '.' && strcmp(entry->d_name + len - 4, ".sql") == 0;
}

/* Every file of a folder; one that is optional may not be there. */
static enum verdict
read_folder(struct reader *r, const char *folder, bool optional, struct error *err)
{
    struct dirent **names = NULL;
    enum verdict v = V_OK;
    int n = scandir(folder, &names, is_sql, alphasort);

    if (n < 0 && optional && errno == ENOENT)
        return V_OK;
    if (n < 0)
        return error_set(err, V_FATAL, "sql.folder", "could not read the folder \"%s\": %s", folder,
                         strerror(errno));
    for (int i = 0; i < n; i++) {
        if (!v)
            v = read_file(r, arena_format(r->mem, "%s/%s", folder, names[i]->d_name), err);
        free(names[i]);
    }
    free(names);
    return v;
}

enum verdict
pg_statements_load(struct arena *mem, const char *sql_folder, struct pg_statement **out,
                   size_t *count, struct error *err)
{
    struct reader r = { .mem = mem };
    enum verdict v = read_folder(&r, arena_format(mem, "%s/queries", sql_folder), false, err);

    if (!v)
        v = read_folder(&r, arena_format(mem, "%s/report", sql_folder), true, err);
    if (v)
        return v;
    if (r.count)
        qsort(r.items, r.count, sizeof *r.items, compare_names);
    for (size_t i = 1; i < r.count; i++)
        if (strcmp(r.items[i - 1].name, r.items[i].name) == 0)
            return error_set(err, V_FATAL, "sql.name",
                             "statement \"%s\" stands twice: %s:%d, %s:%d", r.items[i].name,
                             r.items[i - 1].path, r.items[i - 1].line, r.items[i].path,
                             r.items[i].line);
    *out = r.items;
    *count = r.count;
    return V_OK;
}

struct pg_statement *
pg_statement_find(struct pg *pg, const char *name)
{
    struct pg_statement key = { .name = name };

    if (!pg->count)
        return NULL;
    return bsearch(&key, pg->statements, pg->count, sizeof *pg->statements, compare_names);
}
