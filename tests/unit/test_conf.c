/* bridge.conf: what it fills, every fault with its line, plug-ins. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <spawn.h>

#include "map_fixture.h"

#include "core/conf.h"
#include "text.h"
#include "with_mem.h"

extern char **environ;

static char folder[] = "/tmp/test_conf_XXXXXX";
static struct conf conf;

static const char *
in_folder(const char *name)
{
    return arena_format(mem, "%s/%s", folder, name);
}

static void
write_file(const char *name, const char *text)
{
    FILE *file = fopen(in_folder(name), "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void
load(const char *text)
{
    write_file("bridge.conf", text);
    faults.count = 0;
    conf_load(mem, in_folder("bridge.conf"), probe_kinds, &conf, &faults);
}

static void
print_all(void)
{
    for (size_t i = 0; i < faults.count; i++)
        print_error("%s:%d: %s\n", faults.items[i].path, faults.items[i].line,
                    faults.items[i].text);
}

static void
good_conf(void **state)
{
    const struct conf_system *system;
    const struct probe_options *options;

    (void)state;
    load("[bridge]\n"
         "database = host=/run/postgresql dbname=bridge\n"
         "log = logs/bridge.log\n"
         "deadline = 2h\n"
         "[system good]\n"
         "mapping = sub/good.map\n"
         "place = here\n"
         "secret = file:word.secret\n"
         "depth = 64k\n"
         "open = no\n"
         "rate = 5\n"
         "rows = 100\n"
         "[system t]\n"
         "place = /abs/there\n"
         "secret = env:WORD\n"
         "[job night]\n"
         "run = sync\n"
         "at = 01:30 13:00\n"
         "on = mon 1 last\n"
         "[job often]\n"
         "run = pull good\n"
         "every = 10m\n"
         "zone = UTC\n");
    print_all();
    assert_int_equal(faults.count, 0);
    assert_string_equal(conf.folder, folder);
    assert_string_equal(conf.bridge.database, "host=/run/postgresql dbname=bridge");
    assert_string_equal(conf.bridge.log, in_folder("logs/bridge.log"));
    assert_string_equal(conf.bridge.mappings, in_folder("mappings"));
    assert_string_equal(conf.bridge.zone, "Asia/Kolkata");
    assert_int_equal(conf.bridge.deadline, 7200000);
    assert_int_equal(conf.bridge.rows, 500);
    assert_int_equal(conf.bridge.tries, 8);
    assert_int_equal(conf.system_count, 2);
    assert_null(conf_system_find(&conf, "none"));

    system = conf_system_find(&conf, "good");
    options = system->kind_options;
    assert_string_equal(system->map->system, "good");
    assert_ptr_equal(system->ops, &probe_ops);
    assert_int_equal(system->options.rate, 5);
    assert_int_equal(system->options.rows, 100);
    assert_int_equal(system->options.lookback, -1);
    assert_string_equal(options->place, in_folder("here"));
    assert_string_equal(options->secret, arena_format(mem, "file:%s", in_folder("word.secret")));
    assert_int_equal(options->depth, 65536);
    assert_false(options->open);

    system = conf_system_find(&conf, "t");
    options = system->kind_options;
    assert_string_equal(system->options.mapping, "t.map");
    assert_string_equal(options->place, "/abs/there");
    assert_string_equal(options->secret, "env:WORD");
    assert_int_equal(options->depth, 8 << 20);
    assert_true(options->open);

    assert_int_equal(conf.job_count, 2);
    assert_string_equal(conf.jobs[0].options.at, "01:30 13:00");
    assert_string_equal(conf.jobs[1].options.on, "daily");
    assert_string_equal(conf.jobs[1].options.zone, "UTC");
    assert_int_equal(conf.jobs[1].options.every, 600000);
    assert_int_equal(conf.jobs[1].options.grace, 1800000);
}

#define BRIDGE "[bridge]\ndatabase = dbname=b\n"

static void
every_fault(void **state)
{
    static const struct {
        const char *text;
        int line;
        const char *fault;
    } cases[] = {
        { "", 0, "has no [bridge]" },
        { "[bridge]\n", 1, "[bridge] needs \"database\"" },
        { BRIDGE "[bridge]\n", 3, "[bridge] stands twice" },
        { BRIDGE "deadlin = 1h\n", 3,
          "unknown option \"deadlin\" in [bridge], did you mean "
          "\"deadline\"?" },
        { BRIDGE "deadline = 1 hour\n", 3, "\"deadline\" must be a span" },
        { BRIDGE "rows = many\n", 3, "\"rows\" must be a whole number" },
        { BRIDGE "rows = -1\n", 3, "\"rows\" must be a whole number" },
        { BRIDGE "rows = 0\n", 1, "1 at least" },
        { BRIDGE "rows =\n", 3, "\"rows\" has no value" },
        { BRIDGE "rows = 5\nrows = 6\n", 4, "option \"rows\" stands twice" },
        { BRIDGE "words\n", 3, "an option is written NAME = VALUE" },
        { BRIDGE "zone = Europe/Paris\n", 3, "\"zone\" must be" },
        { "[bridge]\ndatabase = dbname=b password=x\n", 2, "holds a password" },
        { "[bridge]\ndatabase = postgresql://u:x@h/b\n", 2, "holds a password" },
        { "[bridge]\ndatabase = password\n", 2, "holds a password" },
        { BRIDGE "[sytem t]\n", 3, "unknown section \"sytem\", did you mean \"system\"?" },
        { BRIDGE "[system]\n", 3, "a system is written [system NAME]" },
        { BRIDGE "[system t]\n", 3, "[system t] needs \"place\"" },
        { BRIDGE "[system t]\nplace = x\n[system t]\nplace = x\n", 5, "[system t] stands twice" },
        { BRIDGE "[system t]\nplace = x\nplac = y\n", 5,
          "unknown option \"plac\" in [system], did "
          "you mean \"place\"?" },
        { BRIDGE "[system t]\nplace = x\nsecret = abc\n", 5, "\"secret\" is a secret" },
        { BRIDGE "[system t]\nplace = x\ndepth = deep\n", 5, "\"depth\" must be a size" },
        { BRIDGE "[system t]\nplace = x\nopen = true\n", 5, "\"open\" must be yes or no" },
        { BRIDGE "[system u]\nmapping = t.map\nplace = x\n", 3,
          "[system u] names the map of \"t\"" },
        { BRIDGE "[system t]\nplace = x\nplugin = none.so\n", 5, "could not load the plug-in" },
        { BRIDGE "[job]\nrun = sync\nat = 01:30\n", 3, "a job is written [job NAME]" },
        { BRIDGE "[job n]\nat = 01:30\n", 3, "[job n] needs \"run\"" },
        { BRIDGE "[job n]\nrun = sync\n", 3, "[job n] needs \"at\" or \"every\"" },
        { BRIDGE "[job n]\nrun = sync\nat = 24:00\n", 5, "\"at\" lists times" },
        { BRIDGE "[job n]\nrun = sync\nat = 01:30 1:30\n", 5, "\"at\" lists times" },
        { BRIDGE "[job n]\nrun = sync\nat = 01:30\nevery = 1h\n", 3, "both" },
        { BRIDGE "[job n]\nrun = sync\nat = 01:30\non = monday\n", 6, "\"on\" is daily" },
        { BRIDGE "[job n]\nrun = sync\nat = 01:30\non = 32\n", 6, "\"on\" is daily" },
        { BRIDGE "[job n]\nrun = sync\nat = 01:30\nzone = IST\n", 6, "\"zone\" must be" },
        { BRIDGE "[job n]\nrun = sync\nevery = 5ms\n", 5, "1s at least" },
        { BRIDGE "[job n]\nrun = sync\nat = 01:30\n[job n]\nrun = sync\nat = 02:30\n", 6,
          "[job n] stands twice" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool found = false;

        load(cases[i].text);
        for (size_t j = 0; j < faults.count && !found; j++)
            found = faults.items[j].line == cases[i].line &&
                    strcmp(faults.items[j].path, in_folder("bridge.conf")) == 0 &&
                    strstr(faults.items[j].text, cases[i].fault);
        if (!found || faults.count > 2) {
            print_all();
            fail_msg("case %zu: %s", i, cases[i].fault);
        }
        for (size_t j = 0; j < faults.count; j++)
            assert_null(strstr(faults.items[j].text, "abc"));
    }
}

#define SEALS BRIDGE "[system s]\nplace = x\n"

/* Faults of the one load; none wanted when fault is NULL. */
static void
check_one(const char *text, int line, const char *fault)
{
    load(text);
    if (fault ? faults.count != 1 || faults.items[0].line != line ||
                    !strstr(faults.items[0].text, fault)
              : faults.count != 0) {
        print_all();
        fail_msg("%s", fault ? fault : text);
    }
}

static void
sealing(void **state)
{
    (void)state;
    check_one(SEALS, 1, "[bridge] needs \"seal_key\": the map of \"s\" seals values");
    check_one(BRIDGE "seal_key = 00\n", 3, "\"seal_key\" is a secret");
    check_one(BRIDGE "seal_key = file:none.key\n[system s]\nplace = x\n", 0, NULL);
    check_one(BRIDGE "seal_key = env:NO_SUCH_KEY\n[system s]\nplace = x\n", 0, NULL);
    write_file("seal.key", "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308\n");
    assert_int_equal(chmod(in_folder("seal.key"), 0640), 0);
    check_one(BRIDGE "seal_key = file:seal.key\n[system s]\nplace = x\n", 3,
              "\"seal_key\": the file of a secret may be read by others (mode 0640)");
    assert_int_equal(chmod(in_folder("seal.key"), 0600), 0);
    check_one(BRIDGE "seal_key = file:seal.key\n[system s]\nplace = x\n", 0, NULL);
    assert_string_equal(conf.bridge.seal_key, arena_format(mem, "file:%s", in_folder("seal.key")));
    write_file("seal.key", "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f946730830\n");
    check_one(BRIDGE "seal_key = file:seal.key\n[system s]\nplace = x\n", 3,
              "\"seal_key\": the key of seals is not 64 hexadecimal digits");
    for (size_t i = 0; i < faults.count; i++)
        assert_null(strstr(faults.items[i].text, "feffe"));
}

static void
contents_and_units(void **state)
{
    (void)state;
    check_one(BRIDGE, 0, NULL);
    assert_null(conf.bridge.contents);
    assert_int_equal(conf.bridge.max_file, 2L << 30);
    check_one(BRIDGE "contents = files\nmax_file = 10m\n", 0, NULL);
    assert_string_equal(conf.bridge.contents, in_folder("files"));
    assert_int_equal(conf.bridge.max_file, 10 << 20);
    check_one(BRIDGE "max_file = 0\n", 3, "\"max_file\" is 1 at least");
    check_one(BRIDGE "max_file = big\n", 3, "\"max_file\" must be a size");
    check_one(BRIDGE "[system t]\nplace = x\nunits = T-1 T-2\n", 0, NULL);
    assert_string_equal(conf.systems[0].options.units, "T-1 T-2");
    check_one(BRIDGE "[system t]\nplace = x\n", 0, NULL);
    assert_null(conf.systems[0].options.units);
    check_one(BRIDGE "[system t]\nplace = x\nunits = T-1 T-1-02\n", 5,
              "unknown unit \"T-1-02\", did you mean \"T-1-01\"?");
    check_one(BRIDGE "[system t]\nplace = x\nunits = t-1\n", 5, "unknown unit \"t-1\"");
    check_one(BRIDGE "[system good]\nmapping = sub/good.map\nplace = x\nunits = T-1\n", 6,
              "\"units\" is for a police system");
}

static void
all_together(void **state)
{
    size_t files = 0;

    (void)state;
    load("[bridge]\n[system bad]\nplace = x\n[system gone]\nplace = y\nplacee = z\n[job x]\n");
    for (size_t i = 0; i < faults.count; i++)
        files += strstr(faults.items[i].path, "bad.map") != NULL;
    assert_true(files > 50);
    assert_true(faults.count > files + 4);
    conf_load(mem, in_folder("none.conf"), probe_kinds, &conf, &faults);
    assert_string_equal(faults.items[faults.count - 1].path, in_folder("none.conf"));
}

/* Runs a program with words parted by blanks; its exit code, -1 when it did not end by itself. */
static int
run(const char *command)
{
    char *words[16] = { NULL };
    const char *word;
    size_t n = 0, len;
    pid_t pid;
    int code = -1;

    while (n < 15 && text_word(&command, &word, &len))
        words[n++] = arena_text(mem, word, len);
    if (posix_spawnp(&pid, words[0], NULL, NULL, words, environ) || waitpid(pid, &code, 0) != pid)
        return -1;
    return WIFEXITED(code) ? WEXITSTATUS(code) : -1;
}

static void
build_plugin(const char *name, int abi)
{
    const char *source = arena_format(mem, "%s.c", name);

    write_file(
        source,
        arena_format(
            mem,
            "#include \"adapter.h\"\n"
            "static const struct conf_key keys[] = { CONF_END };\n"
            "static const struct map_key none[] = { { 0 } };\n"
            "static void check(const struct mapping *m, struct faults *f) { (void)m; (void)f; }\n"
            "static enum verdict open_(struct adapter *a, struct error *e)\n"
            "{ (void)a; (void)e; return V_OK; }\n"
            "static enum verdict probe(struct adapter *a, struct arena *m, const char **s,\n"
            "struct error *e) { (void)a; (void)m; (void)e; *s = \"x\"; return V_OK; }\n"
            "static void close_(struct adapter *a) { (void)a; }\n"
            "static enum verdict pull(struct adapter *a, struct arena *m, const struct map_call "
            "*c,\n"
            "const struct adapter_var *v, size_t n, struct page *o, struct error *e)\n"
            "{ (void)a; (void)m; (void)c; (void)v; (void)n; (void)o; (void)e; return V_OK; }\n"
            "static enum verdict push(struct adapter *a, struct arena *m, const struct map_call "
            "*c,\n"
            "struct push_item *i, size_t n, struct error *e)\n"
            "{ (void)a; (void)m; (void)c; (void)i; (void)n; (void)e; return V_OK; }\n"
            "const struct adapter_ops %s = { .abi = %d, .name = \"vendor\", .keys = keys,\n"
            ".map_keys = none, .call_keys = none, .check = check, .open = open_, .probe = probe,\n"
            ".close = close_, .pull = pull, .push = push };\n",
            abi < 0 ? "other_name" : "adapter_plugin", abi));
    assert_int_equal(
        run(arena_format(mem, "cc -shared -fPIC -D_GNU_SOURCE -Iinclude -o %s %s",
                         in_folder(arena_format(mem, "%s.so", name)), in_folder(source))),
        0);
}

static void
plugins(void **state)
{
    (void)state;
    build_plugin("fit", ADAPTER_ABI);
    build_plugin("old", ADAPTER_ABI + 1);
    build_plugin("other", -1);
    load(BRIDGE "[system v]\nplugin = fit.so\n");
    print_all();
    assert_int_equal(faults.count, 0);
    assert_string_equal(conf.systems[0].ops->name, "vendor");
    load(BRIDGE "[system v]\nplugin = old.so\n");
    assert_int_equal(faults.items[0].line, 4);
    assert_non_null(
        strstr(faults.items[0].text, arena_format(mem, "was built for ABI %d, this program has %d",
                                                  ADAPTER_ABI + 1, ADAPTER_ABI)));
    load(BRIDGE "[system v]\nplugin = other.so\n");
    assert_non_null(strstr(faults.items[0].text, "exports no adapter_plugin"));
}

/* The conf of the project itself, as it is installed. */
static void
shipped_conf(void **state)
{
    (void)state;
    conf_load(mem, "bridge.conf", adapter_registry, &conf, &faults);
    print_all();
    assert_int_equal(faults.count, 0);
    assert_non_null(conf_system_find(&conf, "igrs"));
    assert_non_null(conf_system_find(&conf, "cctns"));
}

static void
link_to(const char *target, const char *name)
{
    char here[512];

    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(symlink(arena_format(mem, "%s/%s", here, target), in_folder(name)), 0);
}

static int
make_folder(void **state)
{
    (void)begin(state);
    if (!mkdtemp(folder) || mkdir(in_folder("mappings"), 0700) ||
        mkdir(in_folder("mappings/sub"), 0700))
        return 1;
    link_to(FIXTURES "units", "mappings/units");
    link_to(FIXTURES "codes", "mappings/sub/codes");
    link_to("mappings/canonical.fields", "mappings/canonical.fields");
    link_to(FIXTURES "good.map", "mappings/sub/good.map");
    link_to(FIXTURES "bad.map", "mappings/bad.map");
    write_file("mappings/t.map", "[map]\nsystem=t\nkind=probe\nrole=police\nzone=UTC\n");
    write_file("mappings/s.map", "[map]\nsystem=s\nkind=probe\nrole=portal\nzone=UTC\n"
                                 "[complaint]\nnumber in a text key\nmobile in b mobile seal\n");
    write_file("mappings/v.map", "[map]\nsystem=v\nkind=vendor\nrole=police\nzone=UTC\n");
    return end(state);
}

static int
remove_folder(void **state)
{
    int code;

    (void)begin(state);
    code = run(arena_format(mem, "rm -r %s", folder));
    (void)end(state);
    return code;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(good_conf, begin, end),
        cmocka_unit_test_setup_teardown(every_fault, begin, end),
        cmocka_unit_test_setup_teardown(sealing, begin, end),
        cmocka_unit_test_setup_teardown(contents_and_units, begin, end),
        cmocka_unit_test_setup_teardown(all_together, begin, end),
        cmocka_unit_test_setup_teardown(plugins, begin, end),
        cmocka_unit_test_setup_teardown(shipped_conf, begin, end),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
