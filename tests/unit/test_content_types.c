/*
 * A table of file types that holds none is a fault: else each file were one that no portal takes.
 * A program of its own: the table is read once in a process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "content.h"

static void
test_no_types(void **state)
{
    char base[] = "/tmp/bridge-types-XXXXXX";
    struct arena *mem = arena_new("test");
    struct contents *contents;
    struct content_writer *writer;
    struct content_facts facts;
    struct error err;
    const char *table, *folder;
    FILE *made;

    (void)state;
    assert_non_null(mkdtemp(base));
    table = arena_format(mem, "%s/magic", base);
    folder = arena_format(mem, "%s/store", base);
    made = fopen(table, "we");
    assert_non_null(made);
    assert_true(fputs("# none\n", made) > 0);
    assert_int_equal(fclose(made), 0);
    assert_int_equal(setenv("MAGIC", table, 1), 0);
    assert_int_equal(contents_open(mem, folder, 1 << 20, &contents, &err), V_OK);
    assert_int_equal(content_begin(contents, mem, &writer, &err), V_OK);
    assert_int_equal(content_add(writer, "%PDF-1.4\n", 9, &err), V_OK);
    assert_int_equal(content_end(writer, &facts, &err), V_FATAL);
    assert_string_equal(err.code, "content.magic");
    assert_int_equal(unlink(table), 0);
    assert_int_equal(rmdir(arena_format(mem, "%s/tmp", folder)), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(rmdir(base), 0);
    arena_free(mem);
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_no_types) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
