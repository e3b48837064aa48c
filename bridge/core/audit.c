/*
 * Rules are read from their files and run one by one. What a rule finds is laid beside what the
 * last run kept: figures are the same whether this login may keep them or not.
 */
#include "audit.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/file.h"
#include "clock.h"
#include "run.h"

/* ---- files ---- */

static const char mark[] = "-- ", more[] = "--   ";

static bool
begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* The text of "-- KEY: text" with the lines that go on with it; "" when there is no such line. */
static const char *
head_of(struct arena *mem, const char *text, const char *key)
{
    const char *found = "";

    for (const char *at = text; begins(at, "--"); at += strcspn(at, "\n"), at += *at == '\n') {
        size_t len = strcspn(at, "\n");

        if (begins(at, mark) && begins(at + strlen(mark), key) &&
            at[strlen(mark) + strlen(key)] == ':') {
            size_t skip = strlen(mark) + strlen(key) + 1;

            skip += strspn(at + skip, " ");
            found = arena_text(mem, at + skip, len - skip);
        } else if (*found && begins(at, more)) {
            found =
                arena_format(mem, "%s %.*s", found, (int)(len - strlen(more)), at + strlen(more));
        } else if (*found) {
            break;
        }
    }
    return found;
}

static void
read_rule(struct arena *mem, const char *folder, const char *file, struct audit_rule *rule)
{
    size_t len = 0;

    rule->name = arena_text(mem, file, strlen(file) - strlen(".sql"));
    rule->path = arena_format(mem, "%s/%s", folder, file);
    rule->fault = file_take(mem, rule->path, &rule->text, &len);
    rule->title = head_of(mem, rule->text, "title");
    rule->finds = head_of(mem, rule->text, "finds");
    rule->source = head_of(mem, rule->text, "source");
    rule->limits = head_of(mem, rule->text, "limits");
    if (!rule->fault && !strstr(rule->title, " | "))
        rule->fault = "its file has no line \"-- title: English | Hindi\"";
}

static int
is_rule(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 4 && entry->d_name[0] != '.' && strcmp(entry->d_name + len - 4, ".sql") == 0;
}

enum verdict
audit_rules(struct arena *mem, const char *sql_folder, struct audit_rule **out, size_t *count,
            struct error *err)
{
    const char *folder = arena_format(mem, "%s/audit", sql_folder);
    struct dirent **names = NULL;
    int n = scandir(folder, &names, is_rule, alphasort);

    *out = NULL;
    *count = 0;
    if (n < 0)
        return error_set(err, V_FATAL, "audit.folder", "could not read the folder \"%s\": %s",
                         folder, strerror(errno));
    *out = arena_alloc(mem, ((size_t)n + 1) * sizeof **out);
    for (int i = 0; i < n; i++) {
        read_rule(mem, folder, names[i]->d_name, &(*out)[(*count)++]);
        free(names[i]);
    }
    free(names);
    return V_OK;
}

const struct audit_rule *
audit_rule_find(const struct audit_rule *rules, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(rules[i].name, name) == 0)
            return &rules[i];
    return NULL;
}

const char *
audit_rule_names(struct arena *mem, const struct audit_rule *rules, size_t count)
{
    const char *names = "";

    for (size_t i = 0; i < count; i++)
        names = arena_format(mem, "%s%s%s", names, i ? ", " : "", rules[i].name);
    return names;
}

enum verdict
audit_may_keep(struct pg *pg, struct arena *mem, bool *may, struct error *err)
{
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "audit_may_keep", NULL, 0, &rows, err);

    *may = !v && pg_bool(&rows, 0, "may");
    return v;
}

/* ---- findings ---- */

enum { C_SYSTEM, C_NUMBER, C_UNIT, C_ITEM, C_DETAIL, C_COUNT };

/* Findings as text[] parameters, column by column. */
struct columns {
    const char *of[C_COUNT];
};

static const char *const column_names[C_COUNT] = { "system", "number", "unit", "item", "detail" };

static enum verdict
gather_rows(struct arena *mem, const struct pg_rows *rows, struct columns *out, struct error *err)
{
    const char **texts = arena_alloc(mem, sizeof *texts * (rows->count + 1));

    for (size_t c = 0; c < C_COUNT; c++) {
        long column = pg_column(rows, column_names[c]);

        if (column < 0)
            return error_set(err, V_FATAL, "audit.columns", "it brings no column \"%s\"",
                             column_names[c]);
        for (size_t i = 0; i < rows->count; i++) {
            texts[i] = pg_text(rows, i, (size_t)column);
            if (!texts[i] && c != C_UNIT)
                texts[i] = "";
        }
        out->of[c] = pg_of_texts(mem, texts, rows->count);
    }
    return V_OK;
}

static void
gather_items(struct arena *mem, const struct audit_found *found, struct columns *out)
{
    const char **texts = arena_alloc(mem, sizeof *texts * (found->count + 1));

    for (size_t c = 0; c < C_COUNT; c++) {
        for (size_t i = 0; i < found->count; i++) {
            const struct audit_finding *f = &found->items[i];
            const char *const cells[C_COUNT] = { f->system, f->number, f->unit, f->item,
                                                 f->detail };

            texts[i] = cells[c];
        }
        out->of[c] = pg_of_texts(mem, texts, found->count);
    }
}

/* What was found, each once, with what was known of it before. */
static enum verdict
fill(struct pg *pg, struct arena *mem, const struct columns *cells, struct audit_found *out,
     struct error *err)
{
    const char *const values[] = { out->rule->name, cells->of[0], cells->of[1],
                                   cells->of[2],    cells->of[3], cells->of[4] };
    struct pg_rows rows, open;
    long known = 0;
    enum verdict v = pg_run(pg, mem, "audit_known", values, 6, &rows, err);

    if (!v)
        v = pg_run(pg, mem, "audit_open", values, 1, &open, err);
    if (v)
        return v;
    out->items = arena_alloc(mem, sizeof *out->items * (rows.count + 1));
    for (size_t i = 0; i < rows.count; i++) {
        out->items[i] = (struct audit_finding){
            .system = pg_named(&rows, i, "system"),
            .number = pg_named(&rows, i, "number"),
            .unit = pg_named(&rows, i, "unit"),
            .item = pg_named(&rows, i, "item"),
            .detail = pg_named(&rows, i, "detail"),
            .since = pg_named(&rows, i, "since"),
        };
        known += out->items[i].since != NULL;
    }
    out->count = rows.count;
    out->added = (long)rows.count - known;
    out->ended = (long)pg_int(&open, 0, "n") - known;
    return V_OK;
}

static void
set_fault(struct arena *mem, struct audit_found *found, const struct error *err)
{
    found->fault = arena_format(mem, "%s [%s]", err->text, err->code);
    found->items = NULL;
    found->count = 0;
    found->added = found->ended = 0;
}

void
audit_look(struct pg *pg, struct arena *mem, const struct audit_rule *rule, struct audit_found *out)
{
    char now[CLOCK_TEXT];
    const char *const values[] = { now };
    struct columns cells;
    struct pg_rows rows;
    struct error err;
    enum verdict v;

    *out = (struct audit_found){ .rule = rule, .fault = rule->fault };
    if (rule->fault)
        return;
    clock_text(clock_now(), now);
    v = pg_begin(pg, &err);
    if (!v)
        v = pg_run(pg, mem, "audit_begin", values, 1, NULL, &err);
    if (!v)
        v = pg_query(pg, mem, rule->name, rule->text, &rows, &err);
    if (!v)
        v = gather_rows(mem, &rows, &cells, &err);
    if (!v)
        v = fill(pg, mem, &cells, out, &err);
    pg_rollback(pg);
    if (v)
        set_fault(mem, out, &err);
}

void
audit_keep(struct pg *pg, struct arena *mem, int64_t run_id, struct audit_found *found)
{
    struct columns cells;
    struct error err;

    if (found->fault)
        return;
    gather_items(mem, found, &cells);
    const char *const values[] = { found->rule->name, pg_of_int(mem, run_id),
                                   cells.of[0],       cells.of[1],
                                   cells.of[2],       cells.of[3],
                                   cells.of[4] };

    if (run_write(pg, mem, "audit_keep", values, 7, NULL, &err))
        set_fault(mem, found, &err);
}
