/*
 * Which packages a person is in their files say: list.csv has every row of every list.
 */
#include "package_kept.h"

#include <csv.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "../base/folder.h"
#include "clock.h"
#include "run.h"
#include "text.h"

#define PIECE ((size_t)65536)

/* ---- what lies there ---- */

/* "000012" or "000012.part": a name that package_folder() gives. */
static bool
is_ours(const char *name, int64_t *number, bool *part)
{
    size_t len = strspn(name, "0123456789");

    *part = strcmp(name + len, ".part") == 0;
    return len >= 6 && len < 18 && (!name[len] || *part) && text_int(name, len, number);
}

static bool
is_live(const struct pg_rows *live, const char *cell, int64_t number)
{
    for (size_t i = 0; i < live->count; i++)
        if (pg_int(live, i, "number") == number && strcmp(pg_named(live, i, "cell"), cell) == 0)
            return true;
    return false;
}

static enum verdict
sweep_cell(struct arena *mem, const char *place, const char *cell, const struct pg_rows *live,
           struct error *err)
{
    const char *path = arena_format(mem, "%s/%s", place, cell);
    const struct dirent *entry;
    DIR *folder = opendir(path);
    enum verdict v = V_OK;

    while (folder && !v && (entry = readdir(folder))) {
        int64_t number = 0;
        bool part;

        if (is_ours(entry->d_name, &number, &part) && (part || !is_live(live, cell, number)))
            v = folder_remove(mem, arena_format(mem, "%s/%s", path, entry->d_name), err);
    }
    if (folder)
        (void)closedir(folder);
    return v;
}

/* Folders that no row stands for: whoever holds the lock makes none. */
static enum verdict
sweep(struct pg *pg, struct arena *mem, const struct conf *conf, struct error *err)
{
    const char *place = arena_format(mem, "%s/packages", conf->bridge.state);
    const struct dirent *entry;
    struct pg_rows live;
    enum verdict v = pg_run(pg, mem, "forward_live", NULL, 0, &live, err);
    DIR *folder = v ? NULL : opendir(place);

    while (folder && !v && (entry = readdir(folder)))
        if (entry->d_name[0] != '.')
            v = sweep_cell(mem, place, entry->d_name, &live, err);
    if (folder)
        (void)closedir(folder);
    return v;
}

static enum verdict
take_away(struct pg *pg, struct arena *mem, const struct conf *conf, const char *cell,
          int64_t number, struct error *err)
{
    enum verdict v = folder_remove(mem, package_folder(mem, conf, cell, number), err);

    return v ? v : package_purged(pg, mem, cell, number, err);
}

enum verdict
package_purge(struct pg *pg, struct arena *mem, const struct conf *conf, bool look, int64_t *n,
              struct error *err)
{
    const char **cells = arena_alloc(mem, (conf->cell_count + 1) * sizeof *cells);
    char before[CLOCK_TEXT];
    struct pg_rows rows;
    enum verdict v;

    *n = 0;
    for (size_t i = 0; i < conf->cell_count; i++)
        cells[i] = conf->cells[i].name;
    clock_text(clock_now() - (int64_t)conf->bridge.keep_bodies * 1000, before);
    const char *const values[] = { conf->bridge.keep_bodies ? before : NULL,
                                   pg_of_texts(mem, cells, conf->cell_count) };

    v = pg_run(pg, mem, "forward_kept", values, 2, &rows, err);
    if (!v && look)
        *n = (int64_t)rows.count;
    for (size_t i = 0; !v && !look && i < rows.count; i++) {
        v = take_away(pg, mem, conf, pg_named(&rows, i, "cell"), pg_int(&rows, i, "number"), err);
        *n += !v;
    }
    return v || look ? v : sweep(pg, mem, conf, err);
}

/* ---- one person ---- */

#define COLUMNS 96

enum { OTHER, NUMBER, PERSON };

/* A list.csv as it is read: its head says which columns are which. */
struct looking {
    const char *const *numbers;
    size_t column;
    char kinds[COLUMNS];
    bool past_head, his, told,
        found; /* his, told: the row bears a number, and words, of a person */
};

static char
kind_of(const char *name, size_t len)
{
    static const struct {
        const char *name;
        char kind;
    } kinds[] = { { "number", NUMBER },
                  { "police_number", NUMBER },
                  { "complainant", PERSON },
                  { "subject", PERSON },
                  { "text", PERSON } };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_same(name, len, kinds[i].name))
            return kinds[i].kind;
    return OTHER;
}

/* A text that might be a formula stands behind an apostrophe there. */
static bool
is_one_of(const char *const *numbers, const char *text, size_t len)
{
    for (; *numbers; numbers++)
        if (text_same(text, len, *numbers) ||
            (len && *text == '\'' && text_same(text + 1, len - 1, *numbers)))
            return true;
    return false;
}

static void
take_cell(void *cell, size_t len, void *ctx)
{
    struct looking *l = ctx;
    size_t at = l->column++;

    if (at >= COLUMNS)
        return;
    if (!l->past_head)
        l->kinds[at] = kind_of(cell, len);
    else if (l->kinds[at] == NUMBER)
        l->his = l->his || is_one_of(l->numbers, cell, len);
    else if (l->kinds[at] == PERSON)
        l->told = l->told || len > 0;
}

static void
take_end(int mark, void *ctx)
{
    struct looking *l = ctx;

    (void)mark;
    l->found = l->found || (l->his && l->told);
    l->past_head = true;
    l->column = 0;
    l->his = l->told = false;
}

/* True also of what cannot be read to its end. */
static bool
search(FILE *file, char *piece, const char *const *numbers)
{
    struct looking l = { .numbers = numbers };
    struct csv_parser csv;
    bool good = csv_init(&csv, CSV_APPEND_NULL) == 0;
    size_t n;

    while (good && !l.found && (n = fread(piece, 1, PIECE, file)) > 0)
        good = csv_parse(&csv, piece, n, take_cell, take_end, &l) == n;
    if (good)
        good = csv_fini(&csv, take_cell, take_end, &l) == 0;
    csv_free(&csv);
    return l.found || !good || ferror(file);
}

/* Whether that package tells something of the person. */
static bool
has_person(struct arena *mem, const char *folder, const char *const *numbers, bool *absent)
{
    FILE *file = fopen(arena_format(mem, "%s/list.csv", folder), "re");
    bool found;

    *absent = !file && errno == ENOENT;
    if (!file)
        return !*absent;
    found = search(file, arena_alloc(mem, PIECE), numbers);
    (void)fclose(file);
    return found;
}

static enum verdict
numbers_of(struct pg *pg, struct arena *mem, const char *id, const char *const **out,
           struct error *err)
{
    const char *const values[] = { id };
    const char **numbers;
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "forward_numbers", values, 1, &rows, err);

    if (v)
        return v;
    numbers = arena_alloc(mem, (rows.count + 1) * sizeof *numbers);
    for (size_t i = 0; i < rows.count; i++)
        numbers[i] = pg_named(&rows, i, "number");
    *out = numbers;
    return V_OK;
}

/* The row first: files of which it says that they went are taken away by whoever comes next. */
static enum verdict
erase_one(struct pg *pg, struct arena *mem, const struct conf *conf, const char *const *values,
          int64_t number, struct error *err)
{
    enum verdict v = run_write(pg, mem, "forward_erase", values, 5, NULL, err);

    return v ? v : take_away(pg, mem, conf, values[0], number, err);
}

static enum verdict
erase_all(struct pg *pg, struct arena *mem, const struct conf *conf, int64_t run_id, const char *id,
          struct package_erasure *out, struct error *err)
{
    const char *const *numbers = NULL;
    struct arena *each = arena_new("packages of a person");
    struct pg_rows live;
    enum verdict v = numbers_of(pg, mem, id, &numbers, err);

    if (!v)
        v = pg_run(pg, mem, "forward_live", NULL, 0, &live, err);
    for (size_t i = 0; !v && i < live.count; i++) {
        const char *cell = pg_named(&live, i, "cell");
        int64_t number = pg_int(&live, i, "number");
        const char *const values[] = { cell, pg_named(&live, i, "number"), pg_of_int(each, run_id),
                                       pg_of_now(each), id };
        bool absent, found;

        found = has_person(each, package_folder(each, conf, cell, number), numbers, &absent);
        out->absent += absent;
        if (found)
            v = erase_one(pg, each, conf, values, number, err);
        out->gone += found && !v;
        arena_reset(each);
    }
    arena_free(each);
    return v;
}

enum verdict
package_erase(struct pg *pg, struct arena *mem, const struct conf *conf, int64_t run_id,
              int64_t bridge_id, struct package_erasure *out, struct error *err)
{
    const char *const values[] = { pg_of_int(mem, bridge_id) };
    int64_t left = 0;
    enum verdict v;

    *out = (struct package_erasure){ 0 };
    v = erase_all(pg, mem, conf, run_id, values[0], out, err);
    if (!v)
        v = package_purge(pg, mem, conf, false, &left, err);
    if (!v)
        v = pg_run(pg, mem, "forward_erased", values, 1, &out->delivered, err);
    return v ? v : pg_run(pg, mem, "forward_unseen", values, 1, &out->unseen, err);
}
