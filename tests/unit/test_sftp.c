/*
 * The SFTP endpoint against a private OpenSSH server: what is listed, fetched, put and moved; who
 * is trusted; what a failure is called.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "http.h"
#include "sftp.h"

static struct {
    char folder[64], url[200], user[64];
    pid_t pid;
    FILE *to, *from;
} server;

static struct arena *mem;

static const char *
path_in(const char *name)
{
    return arena_format(mem, "%s/%s", server.folder, name);
}

static void
save(const char *name, const char *text)
{
    FILE *f = fopen(path_in(name), "w");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

static const char *
load(const char *name)
{
    char text[2000] = "";
    FILE *f = fopen(path_in(name), "r");

    if (!f)
        return NULL;
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    (void)fclose(f);
    return arena_copy(mem, text);
}

static void
tell(const char *word)
{
    char line[100];

    fprintf(server.to, "%s\n", word);
    fflush(server.to);
    assert_non_null(fgets(line, sizeof line, server.from));
    assert_string_equal(line, "done\n");
}

static int
start(void **state)
{
    int in[2], out[2];
    char line[300];

    (void)state;
    snprintf(server.folder, sizeof server.folder, "/tmp/bridge-sftp-XXXXXX");
    if (!mkdtemp(server.folder) || pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
        return -1;
    mem = arena_new("test");
    server.pid = fork();
    if (server.pid == 0) {
        (void)dup2(in[0], 0);
        (void)dup2(out[1], 1);
        (void)execl("/usr/bin/python3", "python3", "tests/portals/sftpd.py", path_in("server"),
                    path_in("drop"), (char *)NULL);
        _exit(127);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    server.to = fdopen(in[1], "w");
    server.from = fdopen(out[0], "r");
    if (!fgets(line, sizeof line, server.from) ||
        sscanf(line, "%199s %63s", server.url, server.user) != 2)
        return -1;
    return 0;
}

static int
remove_one(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
    (void)st;
    (void)what;
    (void)ftw;
    return remove(path);
}

static int
stop(void **state)
{
    int status;

    (void)state;
    (void)fclose(server.to);
    (void)waitpid(server.pid, &status, 0);
    (void)fclose(server.from);
    (void)nftw(server.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    arena_free(mem);
    return 0;
}

static struct sftp_options
options(void)
{
    return (struct sftp_options){
        .url = server.url,
        .user = server.user,
        .key = path_in("server/client"),
        .known_hosts = path_in("server/known_hosts"),
        .timeout = 20000,
        .connect_timeout = 10000,
        .stall = 5000,
    };
}

static struct sftp *
open_sftp(void)
{
    const struct sftp_options o = options();
    struct sftp *sftp;
    struct error err;

    assert_int_equal(sftp_open(mem, &o, &sftp, &err), V_OK);
    return sftp;
}

struct taken {
    struct buf bytes;
    size_t most; /* then it refuses */
};

static enum verdict
take(void *ctx, const char *bytes, size_t len, struct error *err)
{
    struct taken *t = ctx;

    if (t->bytes.len + len > t->most)
        return error_set(err, V_REJECT, "test.enough", "enough");
    assert_true(buf_add(&t->bytes, bytes, len));
    return V_OK;
}

static enum verdict
get(struct sftp *sftp, const char *path, struct taken *t, size_t most, struct error *err)
{
    const struct sftp_sink sink = { take, t };

    buf_init(&t->bytes, 1 << 20);
    t->most = most;
    return sftp_get(sftp, mem, path, &sink, err);
}

#define HINDI   "\xE0\xA4\xB9\xE0\xA4\xBF\xE0\xA4\xA8\xE0\xA5\x8D\xE0\xA4\xA6\xE0\xA5\x80.csv"
#define STRANGE "a \"b\" 'c' 100% #1 [x]?.csv"

static void
test_list(void **state)
{
    struct sftp *sftp = open_sftp();
    struct sftp_entry *entries;
    struct error err;
    size_t count;

    (void)state;
    assert_int_equal(sftp_list(sftp, mem, "", &entries, &count, &err), V_OK);
    assert_int_equal(count, 0);
    save("drop/b.csv", "12345");
    save("drop/" HINDI, "");
    save("drop/" STRANGE, "1");
    save("drop/.hidden.csv", "1");
    save("drop/back\\slash.csv", "1");
    save("drop/two\nlines.csv", "1");
    save("drop/control\x01.csv", "1");
    save("drop/c1\xC2\x85.csv", "1");
    save("drop/bad\xFF.csv", "1");
    assert_int_equal(symlink("/etc/passwd", path_in("drop/link.csv")), 0);
    assert_int_equal(mkdir(path_in("drop/folder.csv"), 0700), 0);
    save("drop/two\n-rw-r--r-- 1 a b 1 Jan 1 00:00 lines.csv", "1");
    assert_int_equal(sftp_list(sftp, mem, "", &entries, &count, &err), V_OK);
    assert_int_equal(count, 3);
    assert_string_equal(entries[0].name, STRANGE);
    assert_string_equal(entries[1].name, "b.csv");
    assert_int_equal(entries[1].size, 5);
    assert_string_equal(entries[2].name, HINDI);
    assert_int_equal(entries[2].size, 0);
    assert_int_equal(sftp_list(sftp, mem, "none", &entries, &count, &err), V_REJECT);
    assert_string_equal(err.code, "sftp.absent");
}

static void
test_files(void **state)
{
    struct sftp *sftp = open_sftp();
    struct timespec old[2] = { { .tv_sec = 1604188800 }, { .tv_sec = 1604188800 } };
    struct taken t;
    struct error err;
    int64_t at;

    (void)state;
    save("drop/" STRANGE, "some text");
    assert_int_equal(utimensat(AT_FDCWD, path_in("drop/" STRANGE), old, 0), 0);
    assert_int_equal(get(sftp, STRANGE, &t, 100, &err), V_OK);
    assert_int_equal(t.bytes.len, 9);
    assert_memory_equal(t.bytes.data, "some text", 9);
    buf_release(&t.bytes);
    assert_int_equal(sftp_changed(sftp, mem, STRANGE, &at, &err), V_OK);
    assert_int_equal(at, 1604188800);
    /* the sink's word counts */
    assert_int_equal(get(sftp, STRANGE, &t, 3, &err), V_REJECT);
    assert_string_equal(err.code, "test.enough");
    buf_release(&t.bytes);
    assert_int_equal(get(sftp, "none", &t, 3, &err), V_REJECT);
    assert_string_equal(err.code, "sftp.absent");
    /* the connection is good after each of these */
    assert_int_equal(sftp_make_folder(sftp, mem, "done", &err), V_OK);
    assert_int_equal(sftp_make_folder(sftp, mem, "done", &err), V_OK);
    assert_int_equal(sftp_rename(sftp, mem, STRANGE, "done/" STRANGE, &err), V_OK);
    assert_string_equal(load("drop/done/" STRANGE), "some text");
    assert_int_equal(sftp_rename(sftp, mem, STRANGE, "done/x", &err), V_REJECT);
    assert_string_equal(err.code, "sftp.refused");
    save("drop/second", "2");
    assert_int_equal(sftp_rename(sftp, mem, "second", "done/" STRANGE, &err), V_REJECT);
    assert_string_equal(load("drop/done/" STRANGE), "some text");
    assert_int_equal(sftp_remove(sftp, mem, "second", &err), V_OK);
    assert_null(load("drop/second"));
}

static void
test_put(void **state)
{
    struct sftp *sftp = open_sftp();
    struct contents *contents;
    struct content_writer *writer;
    struct content_facts facts;
    struct error err;
    struct stat st;
    char *piece = arena_alloc(mem, 1 << 20);

    (void)state;
    assert_int_equal(sftp_put(sftp, mem, "out.csv", "first", 5, &err), V_OK);
    assert_int_equal(sftp_put(sftp, mem, "out.csv", "again", 5, &err), V_OK);
    assert_string_equal(load("drop/out.csv"), "again");
    assert_null(load("drop/out.csv.part"));
    assert_int_equal(sftp_put(sftp, mem, HINDI, "x", 1, &err), V_OK);
    assert_string_equal(load("drop/" HINDI), "x");
    assert_int_equal(sftp_put(sftp, mem, "none/out.csv", "x", 1, &err), V_REJECT);
    /* a content goes out as it is, by the piece */
    assert_int_equal(contents_open(mem, path_in("contents"), INT64_C(1) << 30, &contents, &err),
                     V_OK);
    assert_int_equal(content_begin(contents, mem, &writer, &err), V_OK);
    for (int i = 0; i < 20; i++) {
        memset(piece, i, 1 << 20);
        assert_int_equal(content_add(writer, piece, 1 << 20, &err), V_OK);
    }
    assert_int_equal(content_end(writer, &facts, &err), V_OK);
    assert_int_equal(sftp_put_content(sftp, mem, "video.bin", contents, facts.id, &err), V_OK);
    assert_int_equal(stat(path_in("drop/video.bin"), &st), 0);
    assert_int_equal(st.st_size, 20 << 20);
    piece[0] = facts.id[0] == '0' ? '1' : '0';
    memcpy(piece + 1, facts.id + 1, sizeof facts.id - 1);
    assert_int_equal(sftp_put_content(sftp, mem, "other.bin", contents, piece, &err), V_REJECT);
    assert_string_equal(err.code, "content.absent");
}

/* What does not stand in known_hosts is never talked to. */
static void
test_trust(void **state)
{
    struct sftp_options o = options();
    struct sftp_entry *entries;
    struct sftp *sftp;
    struct error err;
    size_t count;

    (void)state;
    o.known_hosts = NULL;
    assert_int_equal(sftp_open(mem, &o, &sftp, &err), V_FATAL);
    assert_string_equal(err.code, "sftp.host");
    o.known_hosts = path_in("server/none");
    assert_int_equal(sftp_open(mem, &o, &sftp, &err), V_FATAL);
    assert_string_equal(err.code, "sftp.host");
    save("empty", "");
    o.known_hosts = path_in("empty");
    assert_int_equal(sftp_open(mem, &o, &sftp, &err), V_OK);
    for (int i = 0; i < 2; i++) { /* a second try has no other outcome */
        assert_int_equal(sftp_list(sftp, mem, "", &entries, &count, &err), V_FATAL);
        assert_string_equal(err.code, "sftp.host");
    }
    o = options();
    assert_int_equal(sftp_open(mem, &o, &sftp, &err), V_OK);
    assert_int_equal(sftp_list(sftp, mem, "", &entries, &count, &err), V_OK);
    tell("new-host-key");
    o = options();
    assert_int_equal(sftp_open(mem, &o, &sftp, &err), V_OK);
    assert_int_equal(sftp_list(sftp, mem, "", &entries, &count, &err), V_FATAL);
    assert_string_equal(err.code, "sftp.host");
}

static void
test_log_in(void **state)
{
    struct sftp_options o = options();
    struct sftp_entry *entries;
    struct sftp *sftp;
    struct error err;
    size_t count;

    (void)state;
    assert_int_equal(chmod(o.key, 0640), 0);
    assert_int_equal(sftp_open(mem, &o, &sftp, &err), V_FATAL);
    assert_string_equal(err.code, "sftp.key");
    /* a credential of systemd's: the group is the service itself */
    char *own = arena_copy(mem, o.key);

    *strrchr(own, '/') = '\0';
    assert_int_equal(chmod(o.key, 0440), 0);
    assert_int_equal(sftp_open(mem, &o, &sftp, &err), V_FATAL);
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", own, 1), 0);
    assert_int_equal(sftp_open(mem, &o, &sftp, &err), V_OK);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    assert_int_equal(chmod(o.key, 0600), 0);
    o.user = "nobody";
    assert_int_equal(sftp_open(mem, &o, &sftp, &err), V_OK);
    assert_int_equal(sftp_list(sftp, mem, "", &entries, &count, &err), V_FATAL);
    assert_string_equal(err.code, "sftp.auth");
    o = options();
    o.key = NULL;
    assert_int_equal(sftp_open(mem, &o, &sftp, &err), V_FATAL);
    assert_string_equal(err.code, "sftp.auth");
    o.password = "wrong";
    assert_int_equal(sftp_open(mem, &o, &sftp, &err), V_OK);
    assert_int_equal(sftp_list(sftp, mem, "", &entries, &count, &err), V_FATAL);
    assert_string_equal(err.code, "sftp.auth");
    o = options();
    o.url = "https://127.0.0.1/";
    assert_int_equal(sftp_open(mem, &o, &sftp, &err), V_FATAL);
    assert_string_equal(err.code, "sftp.url");
    o.url = "sftp://user@127.0.0.1/x/";
    assert_int_equal(sftp_open(mem, &o, &sftp, &err), V_FATAL);
    assert_string_equal(err.code, "sftp.url");
}

static void
test_gone(void **state)
{
    struct sftp *sftp = open_sftp();
    struct sftp_entry *entries;
    struct error err;
    size_t count;

    (void)state;
    assert_int_equal(sftp_list(sftp, mem, "", &entries, &count, &err), V_OK);
    tell("stop");
    assert_int_equal(sftp_list(sftp, mem, "", &entries, &count, &err), V_RETRY);
    sftp = open_sftp();
    assert_int_equal(sftp_list(sftp, mem, "", &entries, &count, &err), V_RETRY);
    assert_string_equal(err.code, "sftp.connect");
    tell("start");
    assert_int_equal(sftp_list(sftp, mem, "", &entries, &count, &err), V_OK);
}

static bool
always(void)
{
    return true;
}

static void
test_stop(void **state)
{
    struct sftp *sftp = open_sftp();
    struct sftp_entry *entries;
    struct error err;
    size_t count;

    (void)state;
    http_stop_when(always);
    assert_int_equal(sftp_list(sftp, mem, "", &entries, &count, &err), V_RETRY);
    assert_string_equal(err.code, "sftp.stopped");
    http_stop_when(NULL);
    assert_int_equal(sftp_list(sftp, mem, "", &entries, &count, &err), V_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),  cmocka_unit_test(test_files), cmocka_unit_test(test_put),
        cmocka_unit_test(test_gone),  cmocka_unit_test(test_stop),  cmocka_unit_test(test_log_in),
        cmocka_unit_test(test_trust), /* the last: the host key is another one behind it */
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("sftp", tests, start, stop);
}
