/* A result as a workbook, and results in files: nothing is cut, lost or left without a word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../bridge/base/file.h"
#include "../../bridge/cli/output_parts.h"
#include "../../bridge/link/sheet.h"

static struct arena *mem;
static char folder[] = "/tmp/bridge-sheet-XXXXXX";

static int
set_up(void **state)
{
    (void)state;
    mem = arena_new("test");
    return mkdtemp(folder) ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    arena_free(mem);
    return rmdir(folder);
}

static const char *
place(const char *name)
{
    return arena_format(mem, "%s/%s", folder, name);
}

static struct result *
some_rows(long rows)
{
    struct result *r = result_new(mem, "test");
    struct result_table *t = result_table(r, "rows", "the rows", "name n:int");

    for (long i = 0; i < rows; i++) {
        result_row(t);
        result_text(t, "=1+1");
        result_int(t, i);
    }
    return r;
}

static long
cells_of(const char *path)
{
    struct error err;
    long cells = -1;

    if (sheet_count(path, &cells, &err))
        fail_msg("%s", err.text);
    return cells;
}

static void
test_cells(void **state)
{
    const char *path = place("a.xlsx");
    struct result *r = some_rows(10);
    struct error err;
    struct stat st;

    (void)state;
    result_line(r, "a line");
    result_row(result_table(r, "empty", NULL, "a b c")); /* a row of nothing */
    assert_int_equal(result_write(r, OUTPUT_XLSX, path, &err), V_OK);
    assert_int_equal(cells_of(path), 2 + 20 + 3 + 2);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(access(place("a.xlsx.part"), F_OK), -1);
    assert_int_equal(unlink(path), 0);
}

static void
test_nothing_at_all(void **state)
{
    const char *path = place("a.xlsx");
    struct error err;

    (void)state;
    assert_int_equal(result_write(result_new(mem, "test"), OUTPUT_XLSX, path, &err), V_OK);
    assert_int_equal(cells_of(path), 1); /* the head of "lines" */
    assert_int_equal(unlink(path), 0);
}

/* More rows than a sheet has: they go on in a further one, with its head. */
static void
test_a_long_table_goes_on(void **state)
{
    const char *path = place("a.xlsx");
    struct error err;
    long cut = 0;

    (void)state;
    assert_int_equal(output_sheets(some_rows(25), path, 10, &cut, &err), V_OK);
    assert_int_equal(cells_of(path), 3 * 2 + 50);
    assert_int_equal(output_sheets(some_rows(20), path, 10, &cut, &err), V_OK);
    assert_int_equal(cells_of(path), 2 * 2 + 40);
    assert_int_equal(unlink(path), 0);
}

static void
test_long_texts(void **state)
{
    static const struct {
        const char *piece;
        long pieces;
        long cut;
    } cases[] = {
        { "x", SHEET_TEXT, 0 },
        { "x", SHEET_TEXT + 1, 1 },
        { "\xe0\xa4\x86", SHEET_TEXT, 0 },
        { "\xe0\xa4\x86", 40000, 1 },
        { "\xf0\x9f\x9a\xa8", SHEET_TEXT / 2, 0 }, /* two units each */
        { "\xf0\x9f\x9a\xa8", SHEET_TEXT / 2 + 1, 1 },
        { "_x000D_", SHEET_TEXT / 13, 0 }, /* written with six more */
        { "_x000D_", SHEET_TEXT / 7, 1 },
        { "\r\n", SHEET_TEXT, 0 },
    };
    const char *path = place("a.xlsx");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct result *r = result_new(mem, "test");
        struct result_table *t = result_table(r, "rows", NULL, "a");
        size_t len = strlen(cases[i].piece);
        char *text = arena_alloc(mem, len * (size_t)cases[i].pieces + 1);
        struct error err;
        long cut = 0;

        for (long k = 0; k < cases[i].pieces; k++)
            memcpy(text + (size_t)k * len, cases[i].piece, len);
        result_row(t);
        result_text(t, text);
        assert_int_equal(output_sheets(r, path, SHEET_ROWS, &cut, &err), V_OK);
        assert_int_equal(cut, cases[i].cut);
        assert_int_equal(cells_of(path), cut ? 4 : 2); /* it is said in "lines" */
    }
    assert_int_equal(unlink(path), 0);
}

/* Names that no sheet may have, one that is too long, and the same one three times. */
static void
test_names(void **state)
{
    static const char *const names[] = { "a/b",
                                         "A_B",
                                         "it's",
                                         "[x]:*?\\",
                                         "rows",
                                         "ROWS",
                                         "Rows",
                                         "a name that is longer than thirty-one characters",
                                         "a name that is longer than thirty-one letters",
                                         "" };
    struct result *r = result_new(mem, "test");
    const char *path = place("a.xlsx");
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        result_table(r, names[i], NULL, "a");
    assert_int_equal(result_write(r, OUTPUT_XLSX, path, &err), V_OK);
    assert_int_equal(cells_of(path), sizeof names / sizeof names[0]);
    assert_int_equal(unlink(path), 0);
}

/* ---- a full disk ---- */

enum { ROWS = 2000, UNSEEN = 100 }; /* UNSEEN: libxlsxwriter said that all was well */

/* In a child, for the limit of a file's size does not come back. Returns its exit code: the
 * verdict, or UNSEEN when only the reading back found it. */
static int
write_with_room(enum output_form form, const char *path, rlim_t room)
{
    int status = -1;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit limit = { room, room };
        struct error err = { .text = "" };

        (void)signal(SIGXFSZ, SIG_IGN);
        (void)setrlimit(RLIMIT_FSIZE, &limit);
        enum verdict v = result_write(some_rows(ROWS), form, path, &err);

        _exit(strstr(err.text, "not whole") || strstr(err.text, " cells") ? UNSEEN : (int)v);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* The least room in which it can be written. */
static rlim_t
least_room(enum output_form form, const char *path)
{
    rlim_t no = 0, yes = 4 << 20;

    while (yes - no > 1) {
        rlim_t room = no + (yes - no) / 2;

        if (write_with_room(form, path, room))
            no = room;
        else
            yes = room;
    }
    assert_int_equal(unlink(path), 0);
    return yes;
}

static void
test_full_disk(void **state)
{
    static const enum output_form forms[] = { OUTPUT_XLSX, OUTPUT_CSV, OUTPUT_JSON, OUTPUT_TABLE };
    const char *path = place("a");
    long unseen = 0;

    (void)state;
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
        rlim_t least = least_room(forms[f], path);

        assert_in_range(least, 10000, 1 << 20);
        for (rlim_t room = 0; room < least; room += room < least - 2000 ? 5000 : 40) {
            int said = write_with_room(forms[f], path, room);

            assert_int_not_equal(said, V_OK);
            unseen += said == UNSEEN;
            assert_int_equal(access(path, F_OK), -1);
            assert_int_equal(access(place("a.part"), F_OK), -1);
        }
    }
    assert_in_range(unseen, 5, 1000);
    assert_int_equal(write_with_room(OUTPUT_XLSX, path, 4 << 20), V_OK);
    assert_int_equal(cells_of(path), 2 + 2 * ROWS);
    assert_int_equal(unlink(path), 0);
}

/* What was there stays when the new one cannot be written. */
static void
test_the_old_file_stays(void **state)
{
    const char *path = place("a"), *text;
    struct error err;
    size_t len;

    (void)state;
    assert_int_equal(result_write(some_rows(1), OUTPUT_CSV, path, &err), V_OK);
    assert_int_not_equal(write_with_room(OUTPUT_XLSX, path, 5000), 0);
    assert_int_not_equal(write_with_room(OUTPUT_JSON, path, 5000), 0);
    assert_null(file_take(mem, path, &text, &len));
    assert_string_equal(text, "name,n\n\"'=1+1\",0\n");
    assert_int_equal(unlink(path), 0);
}

/* ---- whose the name is ---- */

static void
test_names_that_are_no_files(void **state)
{
    const char *path = place("a"), *part = place("a.part");
    struct result *r = some_rows(1);
    struct error err;
    struct stat st;

    (void)state;
    assert_int_equal(result_write(r, OUTPUT_CSV, folder, &err), V_REJECT);
    assert_int_equal(result_write(r, OUTPUT_CSV, "/dev/null", &err), V_REJECT);
    assert_int_equal(result_write(r, OUTPUT_CSV, place("none/a"), &err), V_FATAL);
    assert_int_equal(symlink("/etc/hostname", part), 0);
    assert_int_equal(result_write(r, OUTPUT_CSV, path, &err), V_FATAL);
    assert_int_equal(unlink(part), 0);
    assert_int_equal(symlink("b", path), 0); /* a link is not followed, nor replaced */
    assert_int_equal(result_write(r, OUTPUT_CSV, path, &err), V_REJECT);
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(unlink(path), 0);
}

static void
test_what_a_killed_one_left(void **state)
{
    const char *path = place("a"), *part = place("a.part");
    struct result *r = some_rows(1);
    struct error err;
    int fd = open(part, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    (void)state;
    assert_int_equal(write(fd, "half", 4), 4);
    assert_int_equal(flock(fd, LOCK_EX), 0); /* its writer still lives */
    assert_int_equal(result_write(r, OUTPUT_XLSX, path, &err), V_RETRY);
    assert_string_equal(err.code, "out.busy");
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(close(fd), 0);
    assert_int_equal(result_write(r, OUTPUT_XLSX, path, &err), V_OK);
    assert_int_equal(cells_of(path), 4);
    assert_int_equal(access(part, F_OK), -1);
    assert_int_equal(unlink(path), 0);
}

/* Each byte of a workbook that is lost, and some that are altered, are seen. */
static void
test_reading_back(void **state)
{
    const char *path = place("a.xlsx");
    struct result *r = some_rows(3);
    struct error err;
    char bytes[32768];
    long cells;

    (void)state;
    assert_int_equal(result_write(r, OUTPUT_XLSX, path, &err), V_OK);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ssize_t len = read(fd, bytes, sizeof bytes);

    assert_in_range(len, 1000, sizeof bytes - 1);
    for (ssize_t cut = 1; cut < len; cut += cut < 40 ? 1 : 97) {
        assert_int_equal(ftruncate(fd, len - cut), 0);
        assert_int_equal(sheet_count(path, &cells, &err), V_FATAL);
    }
    for (ssize_t at = 0; at < len; at += 7) { /* no byte makes it crash */
        bytes[at] ^= 0x55;
        assert_int_equal(pwrite(fd, bytes, (size_t)len, 0), len);
        assert_in_range(sheet_count(path, &cells, &err), V_OK, V_FATAL);
        bytes[at] ^= 0x55;
    }
    assert_int_equal(close(fd), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(sheet_count(path, &cells, &err), V_FATAL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_nothing_at_all),
        cmocka_unit_test(test_a_long_table_goes_on),
        cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_the_old_file_stays),
        cmocka_unit_test(test_names_that_are_no_files),
        cmocka_unit_test(test_what_a_killed_one_left),
        cmocka_unit_test(test_reading_back),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
