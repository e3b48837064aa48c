/* What the tests of ODBC share. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "odbc_aid.h"

#include "clock.h"
#include "core/mapping_load.h"
#include "core/units.h"
#include "digest.h"

struct arena *aid_mem;
struct mapping aid_map;
struct contents *aid_contents;
static char content_folder[] = "/tmp/test_contents_XXXXXX";
static char sqlite_path[] = "/tmp/test_odbc_XXXXXX";
static char sqlite_text[200];

static void
load_map(struct faults *faults)
{
    static const struct adapter_ops *const kinds[] = { &adapter_odbc, NULL };
    static struct dict dict;
    static struct units units;
    const struct adapter_ops *ops = NULL;

    dict_load(aid_mem, "mappings/canonical.fields", &dict, faults);
    units_load(aid_mem, "mappings/units", &units, faults);
    mapping_load(aid_mem, "mappings/cctns.map", &dict, &units, kinds, NULL, &aid_map, &ops, faults);
}

int
aid_set_up(void **state)
{
    struct faults faults = { 0 };
    int file = mkstemp(sqlite_path);
    struct error err;

    (void)state;
    if (file < 0)
        return -1;
    close(file);
    if (!mkdtemp(content_folder))
        return -1;
    snprintf(sqlite_text, sizeof sqlite_text, "Driver=SQLite3;Database=%s", sqlite_path);
    aid_mem = arena_new("test");
    faults.mem = aid_mem;
    load_map(&faults);
    for (size_t i = 0; i < faults.count; i++)
        fprintf(stderr, "%s:%d: %s\n", faults.items[i].path, faults.items[i].line,
                faults.items[i].text);
    if (contents_open(aid_mem, content_folder, 1 << 30, &aid_contents, &err))
        return -1;
    return faults.count > 0 || clock_begin(&err) ? -1 : 0;
}

static int
remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

void
aid_remove(const char *folder)
{
    (void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int
aid_tear_down(void **state)
{
    (void)state;
    arena_free(aid_mem);
    aid_remove(content_folder);
    return unlink(sqlite_path);
}

/* Connection text of a dialect, or NULL. */
const char *
aid_connection(size_t dialect)
{
    return dialect == 0   ? sqlite_text
           : dialect == 1 ? getenv("BRIDGE_TEST_MARIADB")
                          : getenv("BRIDGE_TEST_PGODBC");
}

struct odbc_settings
aid_settings(size_t dialect)
{
    return (struct odbc_settings){
        .connection = aid_connection(dialect),
        .user = dialect ? getenv("BRIDGE_TEST_ODBC_USER") : NULL,
        .password = dialect ? getenv("BRIDGE_TEST_ODBC_SECRET") : NULL,
        .timeout = 20000,
        .login_timeout = 5000,
    };
}

struct odbc_options
aid_options(size_t dialect)
{
    struct odbc_settings s = aid_settings(dialect);
    struct odbc_options out = { .connection = s.connection,
                                .user = s.user,
                                .timeout = s.timeout,
                                .login_timeout = s.login_timeout };
    struct error err;

    assert_int_equal(conf_secret(aid_mem, s.password, &out.password, &err), V_OK);
    return out;
}

struct adapter
aid_adapter(const struct odbc_settings *s)
{
    return (struct adapter){ .ops = &adapter_odbc,
                             .system = "cctns",
                             .map = &aid_map,
                             .options = s,
                             .state = arena_alloc(aid_mem, adapter_odbc.state_size),
                             .mem = aid_mem,
                             .contents = aid_contents };
}

void
aid_ok(enum verdict v, const struct error *err)
{
    if (v)
        fprintf(stderr, "%s: %s: %s (%s)\n", verdict_name(v), err->code, err->text, err->where);
    assert_int_equal(v, V_OK);
}

struct record *
aid_record(const char *stream)
{
    const struct map_stream *s = mapping_stream(&aid_map, stream);
    struct record *r = arena_alloc(aid_mem, sizeof *r);

    r->stream = s->name;
    r->count = s->count;
    r->fields = arena_alloc(aid_mem, s->count * sizeof *r->fields);
    return r;
}

struct field *
aid_field(const struct record *r, const char *remote)
{
    const struct map_stream *s = mapping_stream(&aid_map, r->stream);

    for (size_t i = 0; i < s->count; i++)
        if (!strcasecmp(s->lines[i].remote, remote))
            return &r->fields[i];
    fail_msg("no line for %s", remote);
    return NULL;
}

void
aid_put(struct record *r, const char *remote, const char *text)
{
    *aid_field(r, remote) = (struct field){ text, strlen(text) };
}

const char *
aid_get(const struct record *r, const char *remote)
{
    return aid_field(r, remote)->text;
}

char *
aid_repeated(const char *piece, size_t times)
{
    size_t len = strlen(piece);
    char *out = arena_alloc(aid_mem, len * times + 1);

    for (size_t i = 0; i < times; i++)
        memcpy(out + i * len, piece, len);
    return out;
}

struct push_item
aid_item(struct record *r)
{
    char *id = arena_alloc(aid_mem, 37);

    digest_uuid(id);
    return (struct push_item){ .delivery = id, .record = r };
}

/* A complaint as the mapper writes it for this system. */
struct record *
aid_complaint(const char *district, const char *text)
{
    struct record *r = aid_record("complaint");
    char *number = arena_alloc(aid_mem, 37);

    digest_uuid(number);
    aid_put(r, "ORIGIN_SYSTEM", "igrs");
    aid_put(r, "ORIGIN_NO", number);
    aid_put(r, "REF_TYPE_CD", "CM");
    aid_put(r, "PRIORITY_CD", "2");
    aid_put(r, "SUBJECT", "जमीन का विवाद");
    aid_put(r, "COMPLAINT_DESC", text);
    aid_put(r, "FULL_NAME", "राम कुमार");
    aid_put(r, "GENDER_CD", "1");
    aid_put(r, "MOBILE_1", "9876543210");
    aid_put(r, "UNIT_CD", district);
    aid_put(r, "MARKED_DT", "2020-06-01 10:00:00");
    return r;
}

struct page
aid_pull(struct adapter *a, const char *call, const char *after, const char *rows)
{
    const struct adapter_var vars[] = {
        { "since", "1970-01-01T00:00:00.000000Z" }, { "after", after },
        { "cut", "2190-01-01T00:00:00.000000Z" },   { "rows", rows },
        { "from", "2020-06-01T00:00:00.000000Z" },  { "to", "2020-06-02T00:00:00.000000Z" },
    };
    struct error err;
    struct page page;

    aid_ok(adapter_odbc.pull(a, aid_mem, mapping_call(&aid_map, call), vars, 6, &page, &err), &err);
    return page;
}

const struct record *
aid_find(const struct page *page, const char *remote, const char *value)
{
    for (const struct record *r = page->records; r; r = r->next)
        if (aid_get(r, remote) && !strcmp(aid_get(r, remote), value))
            return r;
    return NULL;
}

void
aid_push(struct adapter *a, const char *call, struct push_item *item)
{
    struct error err;

    aid_ok(adapter_odbc.push(a, aid_mem, mapping_call(&aid_map, call), item, 1, &err), &err);
}
