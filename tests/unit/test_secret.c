/* Secrets: from where they are taken, which files are refused, and that nothing of them is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define CANARY   "s3cret-canary"

static struct arena *mem;
static char folder[] = "/tmp/test_secret_XXXXXX";
static char path[64], option[80];

static int
begin(void **state)
{
    (void)state;
    mem = arena_new("test");
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(path, sizeof path, "%s/key", folder);
    (void)snprintf(option, sizeof option, "file:%s", path);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    arena_free(mem);
    (void)unlink(path);
    return rmdir(folder);
}

static void
write_key(const char *bytes, size_t len, mode_t mode)
{
    FILE *file;

    (void)unlink(path);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void
assert_refused(const char *asked, const char *part)
{
    const char *out = CANARY;
    struct error err;

    assert_int_equal(conf_secret(mem, asked, &out, &err), V_FATAL);
    assert_null(out);
    assert_string_equal(err.code, "conf.secret");
    if (!strstr(err.text, part))
        fail_msg("\"%s\" lacks \"%s\"", err.text, part);
    assert_null(strstr(err.text, CANARY));
    assert_null(strstr(err.hint, CANARY));
    assert_null(strstr(err.where, CANARY));
}

static void
from_the_environment(void **state)
{
    const char *out;
    struct error err;

    (void)state;
    assert_int_equal(setenv("TEST_SECRET", CANARY, 1), 0);
    assert_int_equal(conf_secret(mem, "env:TEST_SECRET", &out, &err), V_OK);
    assert_string_equal(out, CANARY);
    assert_int_equal(unsetenv("TEST_SECRET"), 0);
    assert_string_equal(out, CANARY);
    assert_refused("env:TEST_SECRET", "not set");
    assert_refused("env:", "not set");
    assert_int_equal(conf_secret(mem, NULL, &out, &err), V_OK);
    assert_null(out);
}

static void
a_secret_in_the_conf_is_refused_unseen(void **state)
{
    (void)state;
    assert_refused(CANARY, "does not stand in");
    assert_refused("", "does not stand in");
    assert_refused("ENV:" CANARY, "does not stand in");
}

static void
from_files(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *out; /* NULL: refused */
        const char *part;
    } cases[] = {
        { CANARY, sizeof CANARY - 1, CANARY, NULL },
        { CANARY "\n", sizeof CANARY, CANARY, NULL },
        { CANARY "\r\n", sizeof CANARY + 1, CANARY, NULL },
        { " a b ", 5, " a b ", NULL },
        { "", 0, NULL, "empty" },
        { "\n", 1, NULL, "empty" },
        { CANARY "\n\n", sizeof CANARY + 1, NULL, "more than one line" },
        { CANARY "\0x", sizeof CANARY + 1, NULL, "more than one line" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *out;
        struct error err;

        write_key(cases[i].bytes, cases[i].len, 0600);
        if (!cases[i].out) {
            assert_refused(option, cases[i].part);
            continue;
        }
        assert_int_equal(conf_secret(mem, option, &out, &err), V_OK);
        assert_string_equal(out, cases[i].out);
    }
}

static void
files_that_others_read_are_refused(void **state)
{
    static const struct {
        mode_t mode;
        bool good;
    } cases[] = {
        { 0600, true },  { 0400, true },  { 0640, false }, { 0604, false }, { 0644, false },
        { 0660, false }, { 0610, false }, { 0601, false }, { 0602, false }, { 0777, false },
    };
    const char *out;
    struct error err;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        write_key(CANARY, strlen(CANARY), cases[i].mode);
        if (cases[i].good)
            assert_int_equal(conf_secret(mem, option, &out, &err), V_OK);
        else
            assert_refused(option, "may be read by others");
    }
    /* What systemd hands over: in its folder the group's right to read is the service's own. */
    write_key(CANARY, strlen(CANARY), 0440);
    assert_refused(option, "may be read by others");
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
    assert_int_equal(conf_secret(mem, option, &out, &err), V_OK);
    write_key(CANARY, strlen(CANARY), 0444);
    assert_refused(option, "may be read by others");
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "/tmp/test_secret", 1), 0);
    write_key(CANARY, strlen(CANARY), 0440);
    assert_refused(option, "may be read by others");
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

static void
what_is_no_file_of_a_secret(void **state)
{
    static char large[17 * 1024];
    char asked[80];

    (void)state;
    memset(large, 'x', sizeof large);
    write_key(large, sizeof large, 0600);
    assert_refused(option, "larger than");
    assert_int_equal(unlink(path), 0);
    assert_refused(option, "could not open");
    (void)snprintf(asked, sizeof asked, "file:%s", folder);
    assert_refused(asked, "not a regular file");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(option, "not a regular file");
}

static void
a_secret_is_wiped_when_its_arena_goes(void **state)
{
    struct arena *own = arena_new("test");
    const char *out;
    struct error err;

    (void)state;
    assert_int_equal(setenv("TEST_SECRET", CANARY, 1), 0);
    assert_int_equal(conf_secret(own, "env:TEST_SECRET", &out, &err), V_OK);
    arena_reset(own);
#if !defined(__SANITIZE_ADDRESS__) /* which would rightly not let it be read */
    /* The block that held it is kept for the next batch. */
    assert_null(memmem(out, strlen(CANARY), "canary", 6));
#endif
    arena_free(own);
    assert_int_equal(unsetenv("TEST_SECRET"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_the_environment),
        cmocka_unit_test(a_secret_in_the_conf_is_refused_unseen),
        cmocka_unit_test(from_files),
        cmocka_unit_test(files_that_others_read_are_refused),
        cmocka_unit_test(what_is_no_file_of_a_secret),
        cmocka_unit_test(a_secret_is_wiped_when_its_arena_goes),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
