/*
 * What a driver can really do. One connection row by row for everything that deliveries and reading
 * stand on; a second one for fetching in blocks. The lines of the report are rows of a table: a new
 * doubt about drivers is one more function.
 */
#include <ftw.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/file.h"
#include "buf.h"
#include "digest.h"
#include "odbc_internal.h"

#define SERIES      120L  /* rows of the block test: not a multiple of the block */
#define SERIES_FROM 1000L /* their first id */
#define BLOCK       50L
#define LONG_ROW    77L /* one row in mid-block whose text does not fit its slot */

enum wanted { MAKE, PUT, GET, LENGTH, PUT_BYTES, GET_BYTES, CHANGE, TWICE, DROP, WANTED };

static const char *const names[WANTED] = {
    "make", "put", "get", "length", "putbytes", "getbytes", "change", "twice", "drop",
};

struct probe {
    struct arena *mem;
    struct odbc *db;
    const char *file; /* the statements of the dialect */
    struct odbc_statement *st[WANTED];
    struct odbc_named sql[WANTED];
    struct buf report;
    struct contents *contents; /* in a folder that goes with the probe */
    bool good;
    struct error err; /* of the last failure */
};

static void say(struct probe *p, bool ok, bool needed, const char *name, const char *fmt, ...)
    PRINTF_LIKE(5, 6);

static void
say(struct probe *p, bool ok, bool needed, const char *name, const char *fmt, ...)
{
    char text[400];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (!buf_format(&p->report, "%s %s: %s\n", ok ? "ok" : "NO", name, text) || (!ok && needed))
        p->good = false;
}

/* Statement of a name: from its line "-- name: x" to the semicolon. */
static char *
find_sql(struct probe *p, const char *name)
{
    char *mark = arena_format(p->mem, "-- name: %s\n", name);
    const char *start = strstr(p->file, mark), *end;

    if (!start)
        return NULL;
    start += strlen(mark);
    end = strchr(start, ';');
    return end ? arena_text(p->mem, start, (size_t)(end - start)) : NULL;
}

/* Values by the names that the statement has; at and txt may be NULL. */
static enum verdict
run(struct probe *p, enum wanted what, const char *id, const char *txt, const char *num,
    const char *at, struct odbc_rows *rows)
{
    struct odbc_value values[8];
    const struct odbc_named *sql = &p->sql[what];
    enum verdict v = V_OK;

    for (size_t i = 0; i < sql->count && i < 8; i++) {
        const char *name = sql->names[i];
        const char *text = !strcmp(name, "txt") || !strcmp(name, "bin") ? txt
                           : !strcmp(name, "at")                        ? at
                           : !strcmp(name, "id")                        ? id
                                                                        : num; /* num, rows */

        values[i] = (struct odbc_value){
            .text = text,
            .len = text ? strlen(text) : 0,
            .number = !strcmp(name, "id") || !strcmp(name, "num") || !strcmp(name, "rows"),
            .bytes = !strcmp(name, "bin"),
        };
    }
    if (!p->st[what])
        v = odbc_prepare(p->db, sql->text, sql->count, &p->st[what], &p->err);
    return v ? v : odbc_run(p->st[what], p->mem, values, 0, rows, &p->err);
}

static const char *
number(struct probe *p, long n)
{
    return arena_format(p->mem, "%ld", n);
}

static const char *
repeated(struct probe *p, const char *piece, long times)
{
    struct buf b;
    const char *out;

    buf_init(&b, ODBC_VALUE_MOST);
    for (long n = 0; n < times; n++)
        if (!buf_add_text(&b, piece))
            break;
    out = arena_text(p->mem, b.data ? b.data : "", b.len);
    buf_release(&b);
    return out;
}

static bool
same(const struct field *field, const char *text)
{
    if (!text || !field->text)
        return !text && !field->text;
    return field->len == strlen(text) && !memcmp(field->text, text, field->len);
}

/* ---- abilities, on a connection that reads row by row ---- */

static void
try_rollback(struct probe *p)
{
    struct odbc_rows rows = { .count = 1 };
    enum verdict v = run(p, PUT, "1", "x", "1", NULL, NULL);

    odbc_rollback(p->db);
    if (!v)
        v = run(p, GET, "0", NULL, "10", NULL, &rows);
    say(p, !v && rows.count == 0, true, "transactions", "%s",
        v            ? p->err.text
        : rows.count ? "a row stayed after a rollback"
                     : "a rollback undoes");
}

static void
try_texts(struct probe *p)
{
    static const struct {
        const char *name, *text;
        long times; /* the text so often */
    } rows[] = {
        { "text, plain", "plain", 1 },
        { "text, empty", "", 1 },
        { "text, absent", NULL, 1 },
        { "text, Devanagari with ZWJ and ZWNJ",
          "क्‍ष श्‌र ज़मीन की शिकायत", 1 },
        { "text, beyond the BMP", "\xF0\x9F\x98\x80 \xF0\x90\xA4\x80", 1 },
        { "text, lines, tabs and outer blanks", "  a\nb\tc\r\n ", 1 },
        { "text, quotes and backslashes", "'\"`\\%_{}?:x--/*;", 1 },
        { "text, 12,000 characters", "शिकायत की जाँच की गई", 600 },
        { "text, 70,000 characters", "शिकायत 😀 ", 7778 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *id = number(p, 10 + (long)i), *text = rows[i].text;
        size_t len = text ? strlen(text) : 0;
        struct odbc_rows got = { .count = 0 }, told = { .count = 0 };
        enum verdict v;

        if (rows[i].times > 1) {
            text = repeated(p, text, rows[i].times);
            len = strlen(text);
        }
        v = run(p, PUT, id, text, "0", NULL, NULL);
        if (!v)
            v = run(p, GET, id, NULL, "1", NULL, &got);
        if (!v)
            v = run(p, LENGTH, id, NULL, NULL, NULL, &told);
        if (v || got.count != 1 || told.count != 1) {
            say(p, false, true, rows[i].name, "%s", v ? p->err.text : "the row did not come back");
            continue;
        }
        if (got.items[0].fault)
            say(p, false, true, rows[i].name, "%s", got.items[0].fault->text);
        else if (!same(&got.items[0].fields[1], text))
            say(p, false, true, rows[i].name, "came back changed: %zu bytes of %zu",
                got.items[0].fields[1].len, len);
        else if (p->db->about.dialect != ODBC_MSSQL && text &&
                 !same(&told.items[0].fields[0], number(p, (long)len)))
            say(p, false, true, rows[i].name, "the server holds another number of bytes than %zu",
                len);
        else
            say(p, true, true, rows[i].name, "%zu bytes came back as they went", len);
    }
}

static void
try_values(struct probe *p)
{
    static const struct {
        const char *name, *num, *at, *back;
    } rows[] = {
        { "number, mobile", "9876543210", NULL, NULL },
        { "number, largest", "9223372036854775807", NULL, NULL },
        { "number, smallest", "-9223372036854775808", NULL, NULL },
        { "number, absent", NULL, NULL, NULL },
        { "time, leap day", "0", "2020-02-29 23:59:59", "2020-02-29 23:59:59" },
        { "time, fractions", "0", "2020-06-01 00:00:00.123456", "2020-06-01 00:00:00.123456" },
        { "time, early", "0", "1900-01-01 00:00:00", "1900-01-01 00:00:00" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *id = number(p, 100 + (long)i);
        struct odbc_rows got = { .count = 0 };
        enum verdict v = run(p, PUT, id, NULL, rows[i].num, rows[i].at, NULL);
        bool ok;

        if (!v)
            v = run(p, GET, id, NULL, "1", NULL, &got);
        ok = !v && got.count == 1 && same(&got.items[0].fields[2], rows[i].num) &&
             same(&got.items[0].fields[3], rows[i].back);
        say(p, ok, true, rows[i].name, "%s",
            ok  ? "came back as it went"
            : v ? p->err.text
                : "came back changed");
    }
}

static void
try_counts(struct probe *p)
{
    struct odbc_rows some = { .affected = -2 }, none = { .affected = -2 }, few = { .count = 0 };
    enum verdict v = run(p, CHANGE, "12", NULL, NULL, NULL, &some);

    if (!v)
        v = run(p, CHANGE, "-5", NULL, NULL, NULL, &none);
    if (v)
        say(p, false, true, "row counts", "%s", p->err.text);
    else
        say(p, some.affected == 3 && none.affected == 0, true, "row counts",
            "%ld of 3 and %ld of 0 rows told", some.affected, none.affected);
    v = run(p, GET, "0", NULL, "5", NULL, &few);
    if (v)
        say(p, false, true, "limit as a parameter", "%s", p->err.text);
    else
        say(p, few.count == 5, true, "limit as a parameter", "%zu of 5 rows came", few.count);
}

/* Every byte value, in an order that no piece's length divides. */
static enum verdict
make_bytes(struct probe *p, long size, struct content_facts *facts)
{
    struct content_writer *writer;
    unsigned char part[4096];
    uint64_t n = 1;
    enum verdict v = content_begin(p->contents, p->mem, &writer, &p->err);

    for (long done = 0; !v && done < size;) {
        size_t len = size - done < (long)sizeof part ? (size_t)(size - done) : sizeof part;

        for (size_t i = 0; i < len; i++) {
            n = n * 6364136223846793005u + 1442695040888963407u;
            part[i] = (unsigned char)(n >> 56);
        }
        v = content_add(writer, part, len, &p->err);
        done += (long)len;
    }
    return v ? v : content_end(writer, facts, &p->err);
}

static enum verdict
take_bytes(struct probe *p, const char *id, struct content_facts *facts)
{
    struct odbc_value value = { .text = id, .len = strlen(id), .number = true };
    struct content_writer *writer = NULL;
    int64_t got = -1;
    enum verdict v = V_OK;

    if (!p->st[GET_BYTES])
        v = odbc_prepare(p->db, p->sql[GET_BYTES].text, p->sql[GET_BYTES].count, &p->st[GET_BYTES],
                         &p->err);
    if (!v)
        v = content_begin(p->contents, p->mem, &writer, &p->err);
    if (!v)
        v = odbc_run_bytes(p->st[GET_BYTES], &value, writer, &got, &p->err);
    return v ? v : content_end(writer, facts, &p->err);
}

static void
try_bytes(struct probe *p)
{
    static const long sizes[] = { 1, 65535, 65536, 65537, 1000000 };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const char *id = number(p, 200 + (long)i);
        const char *name = arena_format(p->mem, "bytes, %ld", sizes[i]);
        struct content_facts in, out;
        enum verdict v = make_bytes(p, sizes[i], &in);

        if (!v)
            v = run(p, PUT, id, NULL, "0", NULL, NULL);
        if (!v)
            v = run(p, PUT_BYTES, id, in.id, NULL, NULL, NULL);
        if (!v)
            v = take_bytes(p, id, &out);
        say(p, !v && !strcmp(in.id, out.id), false, name, "%s",
            v                       ? p->err.text
            : strcmp(in.id, out.id) ? "came back changed: carry no files over this driver"
                                    : "came back as they went");
    }
}

/* Last of the row-by-row tests: some servers end the transaction with it. */
static void
try_duplicate(struct probe *p)
{
    enum verdict v = run(p, TWICE, "10", NULL, NULL, NULL, NULL);

    say(p, v == V_REJECT, true, "a key twice", "%s",
        v == V_REJECT ? p->err.code
        : v           ? p->err.text
                      : "was taken");
}

/* ---- and in blocks ---- */

static void
try_blocks(struct probe *p)
{
    static const char piece[] = "ब्लॉक में लंबा पाठ ";
    const char *text = repeated(p, piece, 400);
    struct odbc_rows rows = { .count = 0 };
    enum verdict v = V_OK;
    long bad = -1;

    for (long i = 0; !v && i < SERIES; i++)
        v = run(p, PUT, number(p, SERIES_FROM + i),
                i == LONG_ROW ? text
                : i % 3       ? number(p, i)
                              : NULL,
                i % 2 ? number(p, i * 7) : NULL, NULL, NULL);
    if (!v)
        v = run(p, GET, number(p, SERIES_FROM), NULL, "1000", NULL, &rows);
    if (v) {
        say(p, false, false, "blocks", "%s", p->err.text);
        return;
    }
    if (rows.count != (size_t)SERIES) {
        say(p, false, false, "blocks", "%zu of %ld rows came", rows.count, SERIES);
        return;
    }
    for (long i = 0; i < SERIES && bad < 0; i++) {
        const struct field *f = rows.items[i].fields;

        if (rows.items[i].fault || !same(&f[0], number(p, SERIES_FROM + i)) ||
            !same(&f[1], i == LONG_ROW ? text
                         : i % 3       ? number(p, i)
                                       : NULL) ||
            !same(&f[2], i % 2 ? number(p, i * 7) : NULL) || f[3].text)
            bad = i;
    }
    if (bad >= 0)
        say(p, false, false, "blocks", "row %ld is wrong: read row by row (block = 1)", bad + 1);
    else
        say(p, true, false, "blocks",
            "%ld rows a fetch, absent values and a long text in "
            "mid-block right",
            BLOCK);
}

/* ---- the run ---- */

static enum verdict
read_statements(struct probe *p, const char *sql_folder, struct error *err)
{
    const char *word = odbc_dialect_word(p->db->about.dialect);
    char *path = arena_format(p->mem, "%s/probe/%s.sql", sql_folder, word);
    size_t len;
    const char *why = *word ? file_take(p->mem, path, &p->file, &len) : "it is not known";

    if (why)
        return error_set(err, V_FATAL, "odbc.probe", "there is no battery for \"%s\": \"%s\": %s",
                         p->db->about.dbms, path, why);
    for (size_t i = 0; i < WANTED; i++) {
        char *sql = find_sql(p, names[i]);
        const char *wrong = sql ? odbc_named_read(p->mem, sql, &p->sql[i]) : "is missing";

        if (wrong)
            return error_set(err, V_FATAL, "odbc.probe", "\"%s\": statement \"%s\": %s", path,
                             names[i], wrong);
    }
    return V_OK;
}

static void
pin(struct probe *p)
{
    const struct odbc_about *about = &p->db->about;
    unsigned char sum[DIGEST_BYTES];
    char hex[DIGEST_HEX] = "", part[16384];
    FILE *file = *about->driver_path ? fopen(about->driver_path, "re") : NULL;
    struct digest digest;
    size_t n;

    if (file) {
        digest_begin(&digest);
        while ((n = fread(part, 1, sizeof part, file)) > 0)
            digest_add(&digest, part, n);
        digest_end(&digest, sum);
        digest_hex(sum, hex);
        fclose(file);
    }
    if (!buf_format(&p->report, "driver %s %s\nfile %s\nsha256 %s\ndbms %s %s\nproved %s\n",
                    about->driver, about->driver_version, about->driver_path, hex, about->dbms,
                    about->dbms_version, about->proved ? "yes" : "no"))
        p->good = false;
}

static enum verdict
battery(struct probe *p, const struct odbc_options *options, const char *sql_folder, long block,
        struct error *err)
{
    struct odbc_options own = *options;
    enum verdict v;

    own.block = block;
    own.contents = p->contents;
    memset(p->st, 0, sizeof p->st);
    v = odbc_open(p->mem, &own, &p->db, err);
    if (!v)
        v = read_statements(p, sql_folder, err);
    if (v)
        goto out;
    if (block == 1)
        pin(p);
    if (run(p, MAKE, NULL, NULL, NULL, NULL, NULL) || odbc_commit(p->db, &p->err)) {
        say(p, false, true, "temporary table", "%s: the rest was not tried", p->err.text);
        goto out;
    }
    if (block == 1) {
        try_rollback(p);
        try_texts(p);
        try_values(p);
        try_counts(p);
        try_bytes(p);
        try_duplicate(p);
    } else {
        try_blocks(p);
    }
    odbc_rollback(p->db);
    if (run(p, DROP, NULL, NULL, NULL, NULL, NULL) || odbc_commit(p->db, &p->err))
        say(p, false, false, "clean up", "%s", p->err.text);
out:
    odbc_close(p->db);
    p->db = NULL;
    return v;
}

static int
remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

enum verdict
odbc_probe(struct arena *mem, const struct odbc_options *options, const char *sql_folder,
           const char **report, bool *good, struct error *err)
{
    const char *temp = getenv("TMPDIR");
    char *folder = arena_format(mem, "%s/bridge-probe-XXXXXX", temp && *temp ? temp : "/tmp");
    struct probe p = { .mem = mem, .good = true };
    enum verdict v;

    *report = "";
    *good = false;
    buf_init(&p.report, 65536);
    if (!mkdtemp(folder))
        return error_set(err, V_FATAL, "odbc.probe", "could not make the folder \"%s\"", folder);
    v = contents_open(mem, folder, 1 << 24, &p.contents, err);
    if (!v)
        v = battery(&p, options, sql_folder, 1, err);
    if (!v)
        v = battery(&p, options, sql_folder, BLOCK, err);
    (void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    if (p.report.data)
        *report = arena_text(mem, p.report.data, p.report.len);
    *good = !v && p.good;
    buf_release(&p.report);
    return v;
}
