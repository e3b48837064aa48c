/*
 * "Surely not done" is sure: SQLite tells of a lock that it could not give back when the rows are
 * on the disk already. Every call by which it locks its file fails once, and the answer is held
 * against what is in the file then.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "odbc_aid.h"

static long locks;   /* calls since it was set to 0 */
static long fails;   /* the one that fails; 0 = none */
static int fails_by; /* errno */

/* Takes the place of libc's in libraries, too. */
int fcntl64(int fd, int cmd, ...);

int
fcntl64(int fd, int cmd, ...)
{
    va_list args;
    void *arg;

    va_start(args, cmd);
    arg = va_arg(args, void *);
    va_end(args);
    if (cmd == F_SETLK && ++locks == fails) {
        errno = fails_by;
        return -1;
    }
    return (int)syscall(SYS_fcntl, fd, cmd, arg);
}

static bool
is_there(const char *delivery)
{
    struct odbc_options o = aid_options(0);
    struct odbc_statement *st;
    struct odbc_rows rows;
    struct odbc *db;
    struct error err;
    bool there;

    aid_ok(odbc_open(aid_mem, &o, &db, &err), &err);
    aid_ok(odbc_prepare(db,
                        arena_format(aid_mem,
                                     "SELECT COUNT(*) FROM bridge_applied WHERE delivery_id = '%s'",
                                     delivery),
                        0, &st, &err),
           &err);
    aid_ok(odbc_run(st, aid_mem, NULL, 0, &rows, &err), &err);
    there = strcmp(rows.items[0].fields[0].text, "1") == 0;
    odbc_close(db);
    return there;
}

/* One push whose n-th lock fails; false when it has no n-th. */
static bool
push_failing(long n, int by, size_t *doubts)
{
    struct odbc_settings s = aid_settings(0);
    struct adapter a = aid_adapter(&s);
    struct push_item item = aid_item(aid_complaint("31120", "x"));
    enum verdict v;
    struct error err;
    bool failed, there;

    locks = 0;
    fails = n;
    fails_by = by;
    v = adapter_odbc.push(&a, aid_mem, mapping_call(&aid_map, "register"), &item, 1, &err);
    failed = locks >= n;
    fails = 0;
    adapter_odbc.close(&a);
    there = is_there(item.delivery);
    if (item.verdict == V_OK)
        assert_true(there);
    else if (item.verdict != V_IN_DOUBT)
        assert_false(there);
    if (v == V_OK)
        assert_int_equal(item.verdict, V_OK);
    *doubts += item.verdict == V_IN_DOUBT && there;
    return failed;
}

static void
test_locks(void **state)
{
    static const int by[] = { EAGAIN, EINTR, EIO };
    struct odbc_options o = aid_options(0);
    struct odbc_settings s = aid_settings(0);
    struct adapter a = aid_adapter(&s);
    struct push_item item = aid_item(aid_complaint("31120", "x"));
    struct odbc *db;
    struct error err;

    (void)state;
    aid_ok(odbc_open(aid_mem, &o, &db, &err), &err);
    aid_ok(odbc_script(db, "sql/cctns/sqlite.sql", &err), &err);
    odbc_close(db);
    aid_push(&a, "register", &item);
    assert_int_equal(item.verdict, V_OK);
    adapter_odbc.close(&a);
    for (size_t i = 0; i < sizeof by / sizeof *by; i++) {
        size_t doubts = 0;
        long n = 1;

        while (n < 500 && push_failing(n, by[i], &doubts))
            n++;
        assert_in_range(n, 5, 499);
        assert_true(doubts > 0); /* else no failure came after the rows were there */
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_locks),
    };

    return cmocka_run_group_tests(tests, aid_set_up, aid_tear_down);
}
