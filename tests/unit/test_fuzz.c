/*
 * Readers of what others wrote, on samples spoiled by chance: none may crash, hang, or hand out
 * what it should have refused. The seed is fixed and printed; FUZZ_SEED and FUZZ_SECONDS make a
 * longer run of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../bridge/base/ini.h"
#include "../../bridge/core/conf.h"
#include "../../bridge/core/csv.h"
#include "fuzz_aid.h"
#include "map_fixture.h"
#include "clock.h"
#include "text.h"
#include "xml.h"

extern const struct adapter_ops adapter_soap, adapter_odbc;

static const struct adapter_ops *const kinds[] = { &adapter_soap, &adapter_odbc, NULL };
static char folder[] = "/tmp/bridge-fuzz-XXXXXX";
static struct map_fixture igrs;        /* for packed records */
static char packed[FUZZ_SAMPLE] = "="; /* a record of that map, as it is held */

static const char *
in_folder(struct arena *mem, const char *name)
{
    return arena_format(mem, "%s/%s", folder, name);
}

static const char *
save(struct arena *mem, const char *name, const char *bytes, size_t len)
{
    const char *path = in_folder(mem, name);
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* ---- the readers ---- */

static void
read_ini(struct arena *mem, const char *bytes, size_t len)
{
    struct faults faults = { .mem = mem };
    struct ini ini;

    (void)!ini_read(mem, "x", bytes, len, &ini, &faults);
}

static void
read_map(struct arena *mem, const char *bytes, size_t len)
{
    struct faults faults = { .mem = mem };
    const struct adapter_ops *ops;
    struct mapping map;

    mapping_load(mem, save(mem, "x.map", bytes, len), &igrs.dict, &igrs.units, kinds, NULL, &map,
                 &ops, &faults);
    if (faults.count == 0)
        assert_non_null(ops);
}

static void
read_conf(struct arena *mem, const char *bytes, size_t len)
{
    struct faults faults = { .mem = mem };
    struct conf conf;

    conf_load(mem, save(mem, "x.conf", bytes, len), kinds, &conf, &faults);
}

static void
read_xml(struct arena *mem, const char *bytes, size_t len)
{
    static const struct xml_prefix prefixes[] = { { "g", "urn:up:igrs:grievance:1" } };
    static const struct xml_events none = { .open = NULL };
    struct xml_paths *paths = xml_paths_new(mem, prefixes, 1);
    struct xml_reader *reader = xml_reader_new(mem, paths, &xml_limits_default, &none, NULL);
    struct error err;

    for (size_t at = 0; at < len;) {
        size_t part = 1 + fuzz_throw(4000);

        part = part < len - at ? part : len - at;
        xml_reader_feed(reader, bytes + at, part);
        at += part;
    }
    (void)!xml_reader_end(reader, &err);
}

static void
read_time(struct arena *mem, const char *bytes, size_t len)
{
    static const char *const forms[] = { "iso", "%d/%m/%Y %H:%M:%S", "%d-%b-%Y %I:%M %p",
                                         "%Y-%m-%dT%H:%M:%S.%f%z", "%Y%m%d" };
    const char *form = forms[fuzz_throw(5)];
    char text[64], again[64];
    int64_t at, back;

    if (clock_parse(form, 330, bytes, len, &at)) {
        assert_true(clock_format(form, 330, at, text, sizeof text) > 0);
        assert_true(clock_parse(form, 330, text, strlen(text), &back));
        assert_true(clock_format(form, 330, back, again, sizeof again) > 0);
        assert_string_equal(text, again);
    }
    (void)clock_format_fault(arena_text(mem, bytes, len));
}

static void
read_text(struct arena *mem, const char *bytes, size_t len)
{
    const char *clean, *again;
    size_t clean_len, again_len;
    struct error err;

    if (text_clean(mem, bytes, len, &clean, &clean_len, &err))
        return;
    assert_int_equal(text_clean(mem, clean, clean_len, &again, &again_len, &err), V_OK);
    assert_int_equal(again_len, clean_len);
    assert_memory_equal(again, clean, clean_len);
}

static void
read_packed(struct arena *mem, const char *bytes, size_t len)
{
    struct record *remote, *canonical;
    struct error err;

    (void)remote_text(mem, bytes, len);
    if (remote_unpack(mem, &igrs.map, bytes, len, &remote, &err) == V_OK)
        (void)!mapper_in(&igrs.mapper, mem, remote, &canonical, &err);
}

static void
read_csv(struct arena *mem, const char *bytes, size_t len)
{
    static const char *const columns[] = { "remote", "canonical", "unit" };
    struct faults faults = { .mem = mem };
    struct csv csv;

    csv_read(mem, "x", bytes, len, columns, 3, 1 + fuzz_throw(3), &csv, &faults);
}

static const struct fuzz_reader readers[] = {
    { "ini", read_ini, { "bridge.conf", "mappings/igrs.map", "tests/fixtures/map/bad.map" } },
    { "map",
      read_map,
      { "mappings/igrs.map", "mappings/cctns.map", "tests/fixtures/second/setu.map",
        "tests/fixtures/map/good.map" } },
    { "conf",
      read_conf,
      { "bridge.conf",
        "=[bridge]\ndatabase = host=x\nstate = .\nmappings = .\nsql = .\n[system igrs]\n"
        "mapping = x.map\nurl = https://h/\npassword = env:X\n[job a]\nrun = sync\n"
        "at = 01:30\non = mon last\n" } },
    { "xml",
      read_xml,
      { "tests/fixtures/xml/good-soap11.xml", "tests/fixtures/xml/good-bom.xml",
        "tests/fixtures/xml/bad-dtd.xml", "tests/fixtures/xml/bad-instruction.xml",
        "mappings/igrs.xsd" } },
    { "time",
      read_time,
      { "=01/06/2020 10:00:00", "=2020-06-01T10:00:00.123456+05:30", "=01-Jun-2020 10:00 PM",
        "=2020-02-29T23:59:59Z", "=20200601", "=%d/%m/%Y %H:%M:%S" } },
    { "text",
      read_text,
      { "=\xE0\xA4\x9C\xE0\xA4\xBC\xE0\xA4\xAE\xE0\xA5\x80\xE0\xA4\xA8 \xF0\x9F\x93\x9C a\r\nb\t",
        "=\xE0\xA5\x9B\xE0\xA4\xAE\xE2\x80\x8D\xE2\x80\x8C-e\xCC\x81\xCC\x81" } },
    { "packed", read_packed, { packed } },
    { "csv",
      read_csv,
      { "mappings/units/up.csv",
        "=remote,canonical,unit\n\"a \"\"b\"\"\",REGD,UP\n# c\n\xE0\xA4\x95,,x\n" } },
};

static void
test_readers(void **state)
{
    (void)state;
    fuzz_run(readers, sizeof readers / sizeof *readers, folder);
}

/* ---- the place ---- */

/* The first three are links to the shipped ones. */
static const char *const names[] = {
    "codes", "units", "canonical.fields", "x.map", "x.conf", "last"
};

static void
pack_sample(void)
{
    struct record child = { .stream = "action" }, parent = { .stream = "complaint" };
    struct record *const both[] = { &child, &parent };
    const char *bytes;
    size_t len;

    parent.child = &child;
    for (size_t i = 0; i < 2; i++) {
        both[i]->count = mapping_stream(&igrs.map, both[i]->stream)->count;
        both[i]->fields = arena_alloc(igrs.mem, both[i]->count * sizeof *both[i]->fields);
        for (size_t f = 0; f < both[i]->count; f++) {
            both[i]->fields[f].text = f ? "\xE0\xA4\x95 = 1" : "40020000000001";
            both[i]->fields[f].len = strlen(both[i]->fields[f].text);
        }
    }
    remote_pack(igrs.mem, &igrs.map, &parent, &bytes, &len);
    assert_true(len < sizeof packed - 2);
    memcpy(packed + 1, bytes, len);
}

static int
begin(void **state)
{
    char here[400];

    (void)state;
    if (!mkdtemp(folder))
        return 1;
    map_fixture_open(&igrs, "mappings/units", "mappings/igrs.map", kinds);
    map_fixture_print(&igrs);
    if (igrs.faults.count > 0)
        return 1;
    assert_non_null(getcwd(here, sizeof here));
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(symlink(arena_format(igrs.mem, "%s/mappings/%s", here, names[i]),
                                 in_folder(igrs.mem, names[i])),
                         0);
    pack_sample();
    return 0;
}

static int
end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)unlink(in_folder(igrs.mem, names[i]));
    map_fixture_close(&igrs);
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_readers) };

    return cmocka_run_group_tests(tests, begin, end);
}
