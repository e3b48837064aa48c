/*
 * The content store: what goes in comes out, nothing stays of what was cut off, and what was
 * altered is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "content.h"
#include "core/content_note.h"
#include "digest.h"

static char base[64]; /* the tests' own folder */

static char *
path_of(struct arena *mem, const char *name)
{
    return arena_format(mem, "%s/%s", base, name);
}

static struct contents *
store(struct arena *mem, int64_t max)
{
    struct contents *contents = NULL;
    struct error err = { .text = "" };

    if (contents_open(mem, path_of(mem, "store"), max, &contents, &err))
        print_error("%s: %s\n", err.code, err.text);
    assert_non_null(contents);
    return contents;
}

/* Files below a folder. */
static int
count(const char *folder)
{
    DIR *dir = opendir(folder);
    int files = 0;

    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        char path[512];
        struct stat st;

        if (e->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        assert_int_equal(lstat(path, &st), 0);
        files += S_ISDIR(st.st_mode) ? count(path) : 1;
    }
    (void)closedir(dir);
    return files;
}

static void
clear(const char *folder)
{
    DIR *dir = opendir(folder);

    if (!dir)
        return;
    for (struct dirent *e; (e = readdir(dir));) {
        char path[512];

        (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] == '.')
            continue;
        if (unlink(path) != 0)
            clear(path);
    }
    (void)closedir(dir);
    (void)rmdir(folder);
}

/* Bytes in pieces of one size. */
static enum verdict
put(struct contents *contents, struct arena *mem, const char *bytes, size_t len, size_t piece,
    struct content_facts *out, struct error *err)
{
    struct content_writer *writer;
    enum verdict v = content_begin(contents, mem, &writer, err);

    for (size_t at = 0; !v && at < len; at += piece)
        v = content_add(writer, bytes + at, piece < len - at ? piece : len - at, err);
    return v ? v : content_end(writer, out, err);
}

static char *
noise(struct arena *mem, size_t len)
{
    char *bytes = arena_alloc(mem, len);
    uint32_t x = 1;

    for (size_t i = 0; i < len; i++) {
        x = x * 1664525 + 1013904223;
        bytes[i] = (char)(x >> 24);
    }
    return bytes;
}

static void
test_in_and_out(void **state)
{
    static const size_t pieces[] = { 1, 77, 65536, 65537, 300000 };
    struct arena *mem = arena_new("test");
    struct contents *contents = store(mem, 1 << 20);
    const size_t len = 200001;
    char *bytes = noise(mem, len), *back = arena_alloc(mem, len + 1);
    unsigned char sum[DIGEST_BYTES];
    char id[DIGEST_HEX];
    struct content_facts facts;
    struct error err;
    struct stat st;

    (void)state;
    digest_of(bytes, len, sum);
    digest_hex(sum, id);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct content_reader *reader;
        size_t done = 0, got = 1;

        assert_int_equal(put(contents, mem, bytes, len, pieces[i], &facts, &err), V_OK);
        assert_string_equal(facts.id, id);
        assert_int_equal(facts.size, len);
        assert_string_equal(facts.type, "application/octet-stream");
        assert_int_equal(content_open(contents, mem, id, &reader, &err), V_OK);
        while (got) {
            size_t room = pieces[i] < len + 1 - done ? pieces[i] : len + 1 - done;

            assert_int_equal(content_read(reader, back + done, room, &got, &err), V_OK);
            done += got;
        }
        assert_int_equal(done, len);
        assert_memory_equal(back, bytes, len);
        content_close(reader);
    }
    /* equal contents are one file, closed to all others */
    assert_int_equal(count(path_of(mem, "store")), 1);
    assert_int_equal(stat(content_path(contents, mem, id), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(stat(path_of(mem, arena_format(mem, "store/%.2s", id)), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(stat(path_of(mem, "store/tmp"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(content_look(contents, mem, id, &facts, &err), V_OK);
    assert_int_equal(facts.size, len);
    assert_string_equal(facts.id, id);
    arena_free(mem);
}

static void
test_types(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *type;
    } rows[] = {
        { "%PDF-1.4\n%\xE2\xE3\xCF\xD3\n1 0 obj\n", 24, "application/pdf" },
        { "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\b\2\0\0\0", 29, "image/png" },
        { "\xFF\xD8\xFF\xE0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0", 20, "image/jpeg" },
        { "\0\0\0\x18"
          "ftypmp42\0\0\0\0mp42isom",
          24, "video/mp4" },
        { "a plain letter\n", 15, "text/plain" },
    };
    struct arena *mem = arena_new("test");
    struct contents *contents = store(mem, 1 << 20);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct content_facts facts, again;
        struct error err;

        assert_int_equal(put(contents, mem, rows[i].bytes, rows[i].len, 7, &facts, &err), V_OK);
        assert_string_equal(facts.type, rows[i].type);
        assert_int_equal(content_look(contents, mem, facts.id, &again, &err), V_OK);
        assert_string_equal(again.type, rows[i].type);
    }
    arena_free(mem);
}

static void
test_refused(void **state)
{
    struct arena *mem = arena_new("test");
    struct contents *contents = store(mem, 100);
    char *bytes = noise(mem, 200);
    struct content_writer *writer;
    struct content_reader *reader;
    struct content_facts facts;
    struct error err;
    int before = count(path_of(mem, "store"));

    (void)state;
    assert_int_equal(put(contents, mem, "", 0, 1, &facts, &err), V_REJECT);
    assert_string_equal(err.code, "content.empty");
    assert_int_equal(put(contents, mem, bytes, 101, 10, &facts, &err), V_REJECT);
    assert_string_equal(err.code, "content.large");
    assert_int_equal(put(contents, mem, bytes, 200, 200, &facts, &err), V_REJECT);
    assert_string_equal(err.code, "content.large");
    assert_int_equal(put(contents, mem, bytes, 100, 33, &facts, &err), V_OK);
    assert_int_equal(count(path_of(mem, "store")), before + 1);
    /* what was dropped or forgotten leaves nothing, and takes nothing more */
    assert_int_equal(content_begin(contents, mem, &writer, &err), V_OK);
    assert_int_equal(content_add(writer, bytes, 10, &err), V_OK);
    content_drop(writer);
    assert_int_equal(content_add(writer, bytes, 10, &err), V_FATAL);
    assert_int_equal(content_end(writer, &facts, &err), V_FATAL);
    assert_int_equal(content_begin(contents, mem, &writer, &err), V_OK);
    assert_int_equal(content_add(writer, bytes, 10, &err), V_OK);
    arena_free(mem);
    mem = arena_new("test");
    assert_int_equal(count(path_of(mem, "store/tmp")), 0);
    contents = store(mem, 100);
    /* ids that name nothing, or something else */
    for (int i = 0; i < 4; i++) {
        static const char *const ids[] = {
            "0000000000000000000000000000000000000000000000000000000000000000",
            "../../../../../../../../../../../../../../../../../../etc/passwd", "",
            "AB00000000000000000000000000000000000000000000000000000000000000"
        };

        assert_int_equal(content_open(contents, mem, ids[i], &reader, &err), V_REJECT);
        assert_string_equal(err.code, "content.absent");
        assert_int_equal(content_look(contents, mem, ids[i], &facts, &err), V_REJECT);
        assert_string_equal(err.code, "content.absent");
        assert_true(i == 0 || content_path(contents, mem, ids[i]) == NULL);
    }
    arena_free(mem);
}

static enum verdict
read_through(struct contents *contents, struct arena *mem, const char *id, struct error *err)
{
    struct content_reader *reader;
    enum verdict v = content_open(contents, mem, id, &reader, err);
    char bytes[4096];
    size_t got = 1;

    while (!v && got)
        v = content_read(reader, bytes, sizeof bytes, &got, err);
    return v;
}

static void
test_altered(void **state)
{
    struct arena *mem = arena_new("test");
    struct contents *contents = store(mem, 1 << 20);
    char *bytes = noise(mem, 50000);
    struct content_facts facts;
    struct error err;
    const char *path;
    int file;

    (void)state;
    assert_int_equal(put(contents, mem, bytes, 50000, 50000, &facts, &err), V_OK);
    path = content_path(contents, mem, facts.id);
    file = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(file, "x", 1, 40000), 1);
    assert_int_equal(read_through(contents, mem, facts.id, &err), V_FATAL);
    assert_string_equal(err.code, "content.altered");
    assert_int_equal(ftruncate(file, 49999), 0);
    assert_int_equal(read_through(contents, mem, facts.id, &err), V_FATAL);
    assert_string_equal(err.code, "content.altered");
    assert_int_equal(ftruncate(file, 0), 0);
    assert_int_equal(read_through(contents, mem, facts.id, &err), V_FATAL);
    assert_string_equal(err.code, "content.altered");
    (void)close(file);
    /* a link is no content, wherever it leads */
    assert_int_equal(rename(path, path_of(mem, "elsewhere")), 0);
    assert_int_equal(symlink(path_of(mem, "elsewhere"), path), 0);
    assert_int_equal(read_through(contents, mem, facts.id, &err), V_FATAL);
    assert_string_equal(err.code, "content.altered");
    /* a fresh copy heals it */
    assert_int_equal(put(contents, mem, bytes, 50000, 999, &facts, &err), V_OK);
    assert_int_equal(read_through(contents, mem, facts.id, &err), V_OK);
    assert_int_equal(unlink(path_of(mem, "elsewhere")), 0);
    arena_free(mem);
}

/* What a crash left is taken away by the next process; a link in tmp is taken away itself, not what
 * it leads to; what another process is writing stays. */
static void
test_crash(void **state)
{
    struct arena *mem = arena_new("test");
    struct contents *contents = store(mem, 1 << 20);
    const char *stale = path_of(mem, "store/tmp/stale"), *link = path_of(mem, "store/tmp/link"),
               *other = path_of(mem, "other");
    struct content_writer *writer;
    struct content_facts facts;
    struct error err;
    int status;
    pid_t child;

    (void)state;
    (void)fclose(fopen(stale, "we"));
    (void)fclose(fopen(other, "we"));
    assert_int_equal(symlink(other, link), 0);
    child = fork();
    if (child == 0) {
        if (content_begin(contents, mem, &writer, &err) == V_OK &&
            content_add(writer, base, 10, &err) == V_OK)
            (void)kill(getpid(), SIGKILL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(content_begin(contents, mem, &writer, &err), V_OK);
    assert_int_equal(content_add(writer, base, 10, &err), V_OK);
    assert_int_equal(count(path_of(mem, "store/tmp")), 4);
    assert_int_equal(contents_left(path_of(mem, "store")), 3);
    assert_int_equal(contents_left(path_of(mem, "no such store")), 0);
    assert_int_equal(contents_swept(store(mem, 1 << 20)), 3);
    assert_int_equal(access(stale, F_OK), -1);
    assert_int_equal(access(link, F_OK), -1);
    assert_int_equal(access(other, F_OK), 0);
    assert_int_equal(count(path_of(mem, "store/tmp")), 1);
    assert_int_equal(content_end(writer, &facts, &err), V_OK);
    assert_int_equal(count(path_of(mem, "store/tmp")), 0);
    assert_int_equal(contents_left(path_of(mem, "store")), 0);
    arena_free(mem);
}

/* Processes that write the same at the same time: each succeeds, one file stays. */
static void
test_two_writers(void **state)
{
    struct arena *mem = arena_new("test");
    struct contents *contents = store(mem, 1 << 20);
    char *bytes = noise(mem, 150000);
    int before = count(path_of(mem, "store")), status;
    struct content_writer *one, *two;
    struct content_facts first, second;
    struct error err;

    (void)state;
    assert_int_equal(content_begin(contents, mem, &one, &err), V_OK);
    assert_int_equal(content_begin(contents, mem, &two, &err), V_OK);
    assert_int_equal(content_add(one, bytes, 150000, &err), V_OK);
    assert_int_equal(content_add(two, bytes, 75000, &err), V_OK);
    assert_int_equal(content_end(one, &first, &err), V_OK);
    assert_int_equal(content_add(two, bytes + 75000, 75000, &err), V_OK);
    assert_int_equal(content_end(two, &second, &err), V_OK);
    assert_string_equal(first.id, second.id);
    for (int i = 0; i < 4; i++)
        if (fork() == 0) {
            struct content_facts facts;

            for (int n = 0; n < 20; n++)
                if (put(contents, mem, bytes, 150000, 10000, &facts, &err) ||
                    read_through(contents, mem, facts.id, &err))
                    _exit(1);
            _exit(0);
        }
    for (int i = 0; i < 4; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(count(path_of(mem, "store")), before + 1);
    arena_free(mem);
}

/* A disk that takes no more, by a limit on the size of files. */
static void
test_disk_is_full(void **state)
{
    struct arena *mem = arena_new("test");
    struct contents *contents = store(mem, 1 << 20);
    char *bytes = noise(mem, 400000);
    struct rlimit limit, small;
    struct content_facts facts;
    struct error err;
    int before = count(path_of(mem, "store"));
    enum verdict v;

    (void)state;
    bytes[0] = 'd'; /* a content of its own */
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 100000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    v = put(contents, mem, bytes, 400000, 5000, &facts, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(v, V_FATAL);
    assert_string_equal(err.code, "content.disk");
    assert_int_equal(count(path_of(mem, "store")), before);
    assert_int_equal(put(contents, mem, bytes, 400000, 5000, &facts, &err), V_OK);
    arena_free(mem);
}

static void
test_folders(void **state)
{
    struct arena *mem = arena_new("test");
    struct contents *contents;
    const char *open_one = path_of(mem, "open"), *real = path_of(mem, "real");
    struct error err;

    (void)state;
    assert_int_equal(mkdir(open_one, 0700), 0);
    assert_int_equal(chmod(open_one, 0750), 0);
    assert_int_equal(contents_open(mem, open_one, 1, &contents, &err), V_FATAL);
    assert_string_equal(err.code, "content.folder");
    assert_non_null(strstr(err.hint, "0700"));
    assert_int_equal(chmod(open_one, 0700), 0);
    assert_int_equal(mkdir(real, 0700), 0);
    assert_int_equal(symlink(real, path_of(mem, "open/tmp")), 0);
    assert_int_equal(contents_open(mem, open_one, 1, &contents, &err), V_FATAL);
    assert_string_equal(err.code, "content.folder");
    assert_int_equal(contents_open(mem, path_of(mem, "no/such"), 1, &contents, &err), V_FATAL);
    assert_string_equal(err.code, "content.folder");
    arena_free(mem);
}

static void
test_note(void **state)
{
    struct arena *mem = arena_new("test");
    struct contents *contents = store(mem, 1 << 20);
    struct content_facts of = { .size = 123456789, .type = "video/mp4" }, one, two, other;
    struct error err;

    (void)state;
    memset(of.id, 'a', CONTENT_ID - 1);
    assert_int_equal(
        content_note(contents, mem, &of, "DL/2020/1", "it is larger than 2 MB", &one, &err), V_OK);
    assert_string_equal(one.type, "application/pdf");
    assert_in_range(one.size, 500, 20000);
    assert_int_equal(
        content_note(contents, mem, &of, "DL/2020/1", "it is larger than 2 MB", &two, &err), V_OK);
    assert_string_equal(one.id, two.id);
    assert_int_equal(content_note(contents, mem, &of, "\xE0\xA4\x95()\\ 2",
                                  "no type of it is taken", &other, &err),
                     V_OK);
    assert_string_not_equal(one.id, other.id);
    assert_int_equal(read_through(contents, mem, other.id, &err), V_OK);
    arena_free(mem);
}

static int
make_folder(void **state)
{
    (void)state;
    (void)snprintf(base, sizeof base, "/tmp/content-test-XXXXXX");
    return mkdtemp(base) ? 0 : -1;
}

static int
drop_folder(void **state)
{
    (void)state;
    clear(base);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_and_out),   cmocka_unit_test(test_types),
        cmocka_unit_test(test_refused),      cmocka_unit_test(test_altered),
        cmocka_unit_test(test_crash),        cmocka_unit_test(test_two_writers),
        cmocka_unit_test(test_disk_is_full), cmocka_unit_test(test_folders),
        cmocka_unit_test(test_note),
    };

    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
