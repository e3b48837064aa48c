/* The grammar of maps: what is read, every fault with its line, and the maps that are shipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/codes.h"
#include "core/map_tools.h"
#include "map_fixture.h"

static struct map_fixture f;

static void
good_map(void **state)
{
    const struct map_stream *stream;
    const struct map_line *line;
    const struct map_call *call;

    (void)state;
    map_fixture_open(&f, FIXTURES "units", FIXTURES "good.map", probe_kinds);
    map_fixture_print(&f);
    assert_int_equal(f.faults.count, 0);
    assert_ptr_equal(f.ops, &probe_ops);
    assert_string_equal(f.map.system, "good");
    assert_int_equal(f.map.role, ROLE_PORTAL);
    assert_int_equal(f.map.zone, 330);
    assert_string_equal(f.map.received, "marked_at");
    assert_true(f.map.dispose_satisfied);
    assert_int_equal(f.map.pair_count, 1);
    assert_string_equal(map_get(f.map.pairs, f.map.pair_count, "flavour"), "sweet");
    assert_int_equal(strlen(f.map.sha256), 64);

    call = mapping_call(&f.map, "list");
    assert_non_null(call);
    assert_string_equal(call->brings, "complaint");
    assert_string_equal(call->cursor_time, "changed_at");
    assert_string_equal(call->cursor_key, "number");
    assert_false(call->keyed);
    assert_string_equal(map_pair_at(call->pairs, call->count, "where", 1)->value, "two");
    assert_null(map_pair_at(call->pairs, call->count, "where", 2));
    call = mapping_carrier(&f.map, "action");
    assert_string_equal(call->name, "act");
    assert_true(call->keyed);
    assert_int_equal(call->batch, 20);
    assert_null(mapping_carrier(&f.map, "complaint"));
    assert_null(mapping_call(&f.map, "none"));

    stream = mapping_stream(&f.map, "complaint");
    line = &stream->lines[0];
    assert_string_equal(line->canonical, "number");
    assert_int_equal(line->direction, MAP_BOTH);
    assert_int_equal(line->flags, MAP_KEY | MAP_REQUIRED);
    assert_string_equal(stream->lines[9].remote, "odd name");
    assert_int_equal(stream->lines[12].zone, 330);
    assert_int_equal(stream->lines[15].zone, 0);
    assert_int_equal(stream->lines[16].flags, MAP_REQUIRED);
    stream = mapping_stream(&f.map, "action");
    assert_string_equal(stream->parent, "complaint");
    assert_string_equal(stream->at, "g:Actions/g:Action");
    assert_int_equal(mapping_stream_index(&f.map, "count"), 2);
    assert_int_equal(mapping_stream_index(&f.map, "none"), -1);

    assert_int_equal(mapping_fault(&f.map, "Client.Auth", V_OK), V_FATAL);
    assert_int_equal(mapping_fault(&f.map, "Client.Else", V_OK), V_REJECT);
    assert_int_equal(mapping_fault(&f.map, "GONE", V_REJECT), V_OK);
    assert_int_equal(mapping_fault(&f.map, "GONE2", V_REJECT), V_RETRY);
    map_fixture_close(&f);
}

static const struct codes *
find_codes(const char *name)
{
    for (size_t i = 0; i < f.map.codes_count; i++)
        if (strcmp(f.map.codes[i].name, name) == 0)
            return &f.map.codes[i];
    fail_msg("no codes %s", name);
    return f.map.codes;
}

static void
codes_both_ways(void **state)
{
    const struct codes *codes;

    (void)state;
    map_fixture_open(&f, FIXTURES "units", FIXTURES "good.map", probe_kinds);
    codes = find_codes("status");
    assert_string_equal(codes->path, FIXTURES "codes/status.csv");
    assert_string_equal(codes_to_remote(codes, "CLSD", 4, NULL)->remote, "DISPOSED");
    assert_string_equal(codes_from_remote(codes, "DISPOSED", 8, NULL)->canonical, "DISP");
    assert_null(codes_from_remote(codes, "disposed", 8, NULL));
    assert_null(codes_from_remote(codes, "DISPOSED ", 9, NULL));
    assert_null(codes_to_remote(codes, "TRNO", 4, NULL));
    assert_null(codes_to_remote(codes, "", 0, NULL));
    codes = find_codes("origin");
    assert_string_equal(codes_to_remote(codes, "igrs", 4, NULL)->remote, "IGRS Portal");
    assert_string_equal(codes_to_remote(codes, "cpgrams", 7, NULL)->remote, "CPGRAMS");
    assert_string_equal(codes->items[1].loss, "no other word");
    map_fixture_close(&f);
}

/* ---- faults: every one that the fixture promises, and no other ---- */

struct promise {
    int line;
    char text[128];
    bool kept;
};

static size_t
read_promises(const char *path, struct promise *out, size_t most)
{
    FILE *file = fopen(path, "re");
    char text[512];
    size_t n = 0;
    int line = 0;

    assert_non_null(file);
    while (fgets(text, sizeof text, file)) {
        char *mark = strstr(text, "# !");

        line++;
        for (mark = mark ? mark + 2 : NULL; mark;) {
            char *next = strstr(mark + 1, " ! ");
            size_t len;

            mark += 2;
            len = next ? (size_t)(next - mark) : strcspn(mark, "\n");
            assert_true(n < most && len < sizeof out[n].text);
            memcpy(out[n].text, mark, len);
            out[n].text[len] = '\0';
            out[n].line = line;
            out[n++].kept = false;
            mark = next ? next + 1 : NULL;
        }
    }
    (void)fclose(file);
    return n;
}

static void
every_fault(void **state)
{
    static struct promise promises[200];
    size_t count = read_promises(FIXTURES "bad.map", promises, 200);
    size_t wrong = 0;

    (void)state;
    map_fixture_open(&f, FIXTURES "units", FIXTURES "bad.map", probe_kinds);
    assert_true(count > 60);
    for (size_t i = 0; i < f.faults.count; i++) {
        const struct fault *fault = &f.faults.items[i];
        bool promised = false;

        assert_string_equal(fault->path, FIXTURES "bad.map");
        for (size_t j = 0; j < count && !promised; j++) {
            promised = !promises[j].kept && promises[j].line == fault->line &&
                       strstr(fault->text, promises[j].text);
            promises[j].kept = promises[j].kept || promised;
        }
        if (!promised) {
            wrong++;
            print_error("not promised: %d: %s\n", fault->line, fault->text);
        }
    }
    for (size_t j = 0; j < count; j++) {
        if (!promises[j].kept) {
            wrong++;
            print_error("not reported: %d: %s\n", promises[j].line, promises[j].text);
        }
    }
    assert_int_equal(wrong, 0);
    map_fixture_close(&f);
}

/* ---- small maps, written on the way ---- */

static char folder[] = "/tmp/test_mapping_XXXXXX";

static const char *
write_file(const char *name, const char *text)
{
    static char path[128];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

static bool
has_fault(const char *part)
{
    for (size_t i = 0; i < f.faults.count; i++)
        if (strstr(f.faults.items[i].text, part))
            return true;
    return false;
}

#define HEAD "[map]\nsystem=t\nkind=probe\nrole=police\nzone=UTC\n"

static void
small_maps(void **state)
{
    static const struct {
        const char *text, *fault; /* NULL: good */
    } cases[] = {
        { HEAD, NULL },
        { "", "has no [map]" },
        { "[map]\nsystem=t\nkind=prob\nrole=police\nzone=UTC\n",
          "unknown kind \"prob\", did you mean \"probe\"?" },
        { "[map]\nsystem=t\nkind=probe\nrole=police\n", "[map] has no \"zone\"" },
        { HEAD "[map]\nsystem=u\n", "[map] stands twice" },
        { HEAD "[not known]\n", "unknown section \"not\"" },
        { HEAD "[complaint]\n", "[complaint] has no lines" },
        { HEAD "[call list]\nbrings=complaint\nwhere=x\n[complaint]\nnumber in a text key\n",
          NULL },
        { HEAD "[call list]\nbrings=complaint\n[complaint]\nnumber in a text key\n",
          "list needs where" },
        { HEAD "[call x]\nbrings=complaint\n[complaint]\nnumber in a text key\n"
               "[action in complaint at b]\nat in c time format=iso\n",
          "no line of [action] that is read has the rule key" },
        { HEAD "[action in complaint at b]\nkey in c text key\n",
          "the map has no [complaint] to hold [action]" },
        { HEAD "[call x]\nbrings=count\n[count]\nn in a int\n", NULL },
        { HEAD "[complaint]\nage both a int\nage both b int\n", "\"age\" is read by line 7" },
        { HEAD "[complaint]\nage in a int\nage out a int\nage out b int\n", NULL },
        { HEAD "[complaint]\nage in \"a int\n", "a quote is not closed" },
        { HEAD "[complaint]\nmarked_at in a time format=\"%d/%m/%Y\"\n", NULL },
        { HEAD "[complaint]\nmarked_at in a int\n", "is a time in the dictionary, not a int" },
        { HEAD "[limits]\ntext.max=5\ntext.max=6\n", "\"text.max\" stands twice" },
        { HEAD "[not carried]\ncomplaint.age=x\ncomplaint.age=y\n", "stands twice" },
        { HEAD "[namespaces]\ng\n", "a line is KEY = VALUE" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        map_fixture_open(&f, FIXTURES "units", write_file("t.map", cases[i].text), probe_kinds);
        if (cases[i].fault ? !has_fault(cases[i].fault) : f.faults.count > 0) {
            map_fixture_print(&f);
            fail_msg("case %zu: %s", i, cases[i].fault ? cases[i].fault : "has faults");
        }
        map_fixture_close(&f);
    }
}

static void
sha_covers_code_tables(void **state)
{
    char first[65], second[65];
    const char *map = HEAD "[codes c]\nfile = c.csv\n";

    (void)state;
    (void)write_file("c.csv", "canonical,remote\nM,1\n");
    map_fixture_open(&f, FIXTURES "units", write_file("t.map", map), probe_kinds);
    assert_int_equal(f.faults.count, 0);
    memcpy(first, f.map.sha256, sizeof first);
    map_fixture_close(&f);
    (void)write_file("c.csv", "canonical,remote\nM,2\n");
    map_fixture_open(&f, FIXTURES "units", write_file("t.map", map), probe_kinds);
    memcpy(second, f.map.sha256, sizeof second);
    map_fixture_close(&f);
    assert_string_not_equal(first, second);
    (void)write_file("c.csv", "canonical,remote\nM,1,2\n\"F,3\nT,,\n");
    map_fixture_open(&f, FIXTURES "units", write_file("t.map", map), probe_kinds);
    assert_true(has_fault("has 3 cells, the header 2"));
    assert_true(has_fault("a quote is not closed"));
    map_fixture_close(&f);
    (void)write_file("c.csv", "canonical,other\nM,1\n");
    map_fixture_open(&f, FIXTURES "units", write_file("t.map", map), probe_kinds);
    assert_true(has_fault("unknown column \"other\""));
    assert_true(has_fault("no column \"remote\""));
    map_fixture_close(&f);
}

static void
forced_kind(void **state)
{
    static const struct adapter_ops *const none[] = { NULL };
    const char *path;

    (void)state;
    path = write_file("t.map", "[map]\nsystem=t\nkind=vendor\nrole=police\nzone=UTC\nflavour=x\n");
    map_fixture_open(&f, FIXTURES "units", path, none);
    assert_true(has_fault("unknown kind \"vendor\""));
    f.faults.count = 0;
    mapping_load(f.mem, path, &f.dict, &f.units, none, &probe_ops, &f.map, &f.ops, &f.faults);
    assert_int_equal(f.faults.count, 0);
    assert_ptr_equal(f.ops, &probe_ops);
    map_fixture_close(&f);
    map_fixture_open(&f, FIXTURES "units", "/tmp/no such.map", none);
    assert_true(has_fault("could not open"));
    map_fixture_close(&f);
}

static void
dictionary(void **state)
{
    struct arena *mem = arena_new("test");
    struct faults faults = { .mem = mem };
    struct dict dict;
    const struct dict_stream *stream;
    const char *path;

    (void)state;
    dict_load(mem, "mappings/canonical.fields", &dict, &faults);
    assert_int_equal(faults.count, 0);
    stream = dict_stream_find(&dict, "complaint");
    assert_non_null(stream);
    assert_null(dict_stream_find(&dict, "nothing"));
    assert_int_equal(dict_slot(stream, "number"), 0);
    assert_int_equal(dict_slot(stream, "nothing"), -1);
    assert_int_equal(stream->fields[dict_slot(stream, "body")].max, 20000);
    assert_int_equal(stream->fields[dict_slot(stream, "officer_name")].flags,
                     DICT_PERSONAL | DICT_POLICE | DICT_NAME);
    path = write_file("d.fields",
                      "[a]\nx text max=5 | help\nx int\ny code\nz tim\nage int range=0..150\n"
                      "b int range=9..1\nc int max=4\nd text max=0\ne\n[a]\n");
    dict_load(mem, path, &dict, &faults);
    assert_int_equal(faults.count, 8);
    stream = dict_stream_find(&dict, "a");
    assert_string_equal(stream->fields[0].help, "help");
    assert_true(stream->fields[dict_slot(stream, "age")].ranged);
    assert_int_equal(stream->fields[dict_slot(stream, "age")].high, 150);
    arena_free(mem);
}

/* ---- the tools ---- */

static char *
run(int (*tool)(const struct map_tools *t, const char *file), const char *file, int code)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    struct arena *mem = arena_new("test");
    struct map_tools t = { .out = out, .mem = mem, .mappings = folder, .kinds = probe_kinds };

    assert_int_equal(tool(&t, file), code);
    (void)fclose(out);
    arena_free(mem);
    return text;
}

static int
test_sample(const struct map_tools *t, const char *file)
{
    return map_test(t, file, FIXTURES "sample.txt");
}

static int
test_no_sample(const struct map_tools *t, const char *file)
{
    return map_test(t, file, FIXTURES "none.txt");
}

static void
tools(void **state)
{
    static const char *const shown[] = {
        "[complaint]\nnumber = A/1\n",
        "subject = two lines\\nhere",
        "mobile = +919876543210",
        "unit = T-1\n",
        "marked_at = 2020-06-01T04:30:00.000000Z",
        "# key A/1",
        "    [action]\n    key = 1\n    at = 2020-06-01T05:30:00.000000Z",
        "    key = 2\n",
        "# record 2 would be held: map.code",
        "# record 3 would be held: text.utf8",
        "# 4 records, 2 would be held"
    };
    char *text, path[160];

    (void)state;
    (void)snprintf(path, sizeof path, "%s/units", folder);
    assert_int_equal(symlink("/proc/self/cwd/" FIXTURES "units", path), 0);
    (void)snprintf(path, sizeof path, "%s/canonical.fields", folder);
    assert_int_equal(symlink("/proc/self/cwd/mappings/canonical.fields", path), 0);

    text = run(map_check, FIXTURES "good.map", 5);
    assert_non_null(strstr(text, "good.map:57: \"changed_at\" of [action] has no line"));
    assert_non_null(strstr(text, "has no [ids]"));
    assert_null(strstr(text, "\"office\""));
    assert_null(strstr(text, "[complaint]"));
    free(text);
    text = run(map_explain, FIXTURES "good.map", 0);
    assert_non_null(strstr(text, "Good portal | अच्छा"));
    assert_non_null(strstr(text, "<-->  g:Subject"));
    assert_non_null(strstr(text, "LOSS: two kinds of urgent"));
    assert_non_null(strstr(text, "class A"));
    free(text);
    free(run(map_explain, FIXTURES "bad.map", 5));
    free(run(test_sample, FIXTURES "bad.map", 5));
    free(run(test_no_sample, FIXTURES "good.map", 2));
    text = run(test_sample, FIXTURES "good.map", 3);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (!strstr(text, shown[i]))
            fail_msg("lacks \"%s\":\n%s", shown[i], text);
    free(text);
}

static void
remove_folder(void)
{
    static const char *const names[] = { "t.map", "c.csv", "d.fields", "units", "canonical.fields",
                                         "" };
    char path[160];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (*names[i])
            (void)unlink(path);
        else
            (void)rmdir(folder);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_map),
        cmocka_unit_test(codes_both_ways),
        cmocka_unit_test(every_fault),
        cmocka_unit_test(small_maps),
        cmocka_unit_test(sha_covers_code_tables),
        cmocka_unit_test(forced_kind),
        cmocka_unit_test(dictionary),
        cmocka_unit_test(tools),
    };
    int failed;

    if (!mkdtemp(folder))
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder();
    return failed;
}
