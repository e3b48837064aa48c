/* Signatures: a published vector, the key's file, and notes there and back and altered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sign.h"
#include "clock.h"
#include "core/note.h"

#define ORIGIN "cctns-bridge/00000000-0000-4000-8000-000000000000"

static struct arena *mem;
static char folder[] = "/tmp/bridge-sign-XXXXXX";
static const char *path;

/* The secret key of RFC 8032, 7.1, test 2, as PKCS#8. */
static const char known[] = "-----BEGIN PRIVATE KEY-----\n"
                            "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
                            "-----END PRIVATE KEY-----\n";

static int
begin(void **state)
{
    (void)state;
    mem = arena_new("test");
    if (!mkdtemp(folder))
        return 1;
    path = arena_format(mem, "%s/key.pem", folder);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)rmdir(folder);
    arena_free(mem);
    return 0;
}

static void
put_file(const char *text, mode_t mode)
{
    (void)unlink(path);

    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static struct sign_key *
load(void)
{
    struct sign_key *key = NULL;
    struct error err = { .code = "" };

    if (sign_load(mem, path, &key, &err))
        fail_msg("%s", err.text);
    return key;
}

/* RFC 8032, 7.1, test 2: the message is the one byte 72. */
static void
published_vector(void **state)
{
    static const unsigned char public_key[] = { 0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a,
                                                0x92, 0xb7, 0x0a, 0xa7, 0x4d, 0x1b, 0x7e, 0xbc,
                                                0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c,
                                                0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c };
    static const unsigned char signature[] = {
        0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f,
        0x64, 0x25, 0x40, 0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76,
        0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda, 0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99,
        0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c, 0x38, 0x7b, 0x2e, 0xae,
        0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00
    };
    unsigned char mine[SIGN_PUBLIC], made[SIGN_BYTES];

    (void)state;
    put_file(known, 0600);
    const struct sign_key *key = load();

    sign_public(key, mine);
    assert_memory_equal(mine, public_key, sizeof mine);
    sign_bytes(key, "\x72", 1, made);
    assert_memory_equal(made, signature, sizeof made);
    assert_true(sign_verify(public_key, "\x72", 1, signature));
    assert_false(sign_verify(public_key, "\x73", 1, signature));
    assert_false(sign_verify(public_key, "\x72", 0, signature));
    made[10] ^= 1;
    assert_false(sign_verify(public_key, "\x72", 1, made));
    assert_string_equal(sign_line(mem, ORIGIN, public_key),
                        ORIGIN "+e298b930+AT1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM");
    unlink(path);
}

static void
the_file(void **state)
{
    static const struct {
        const char *text;
        mode_t mode;
        const char *word;
    } cases[] = {
        { known, 0644, "may be read by others (mode 0644)" },
        { known, 0660, "may be read by others (mode 0660)" },
        { "", 0600, "not an Ed25519 key" },
        { "no key\n", 0600, "not an Ed25519 key" },
        { "-----BEGIN EC PRIVATE KEY-----\n"
          "MHcCAQEEIK5j9YjYkQm5ZqZ4kqvJm7w0m3Jp1zq3C8q2n5sJf1oQoAoGCCqGSM49\n"
          "-----END EC PRIVATE KEY-----\n",
          0600, "not an Ed25519 key" },
    };
    struct sign_key *key = NULL;
    struct error err = { .code = "" };
    struct stat st;

    (void)state;
    assert_int_equal(sign_load(mem, path, &key, &err), V_FATAL);
    assert_non_null(strstr(err.text, "could not open"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_file(cases[i].text, cases[i].mode);
        assert_int_equal(sign_load(mem, path, &key, &err), V_FATAL);
        assert_string_equal(err.code, "sign.key");
        assert_non_null(strstr(err.text, cases[i].word));
        assert_string_equal(err.where, path);
        assert_null(key);
    }
    /* what systemd hands over: in its folder the group's right to read is the service's own */
    put_file(known, 0440);
    assert_int_equal(sign_load(mem, path, &key, &err), V_FATAL);
    assert_non_null(strstr(err.text, "may be read by others (mode 0440)"));
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
    assert_non_null(load());
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(sign_load(mem, path, &key, &err), V_FATAL);
    assert_non_null(strstr(err.text, "may be read by others (mode 0444)"));
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    put_file("", 0600);
    /* what is there is not replaced, whatever it is */
    assert_int_equal(sign_make(path, &err), V_REJECT);
    assert_string_equal(err.code, "sign.exists");
    unlink(path);
    umask(0);
    assert_int_equal(sign_make(path, &err), V_OK);
    umask(022);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_non_null(load());
    assert_int_equal(sign_make(arena_format(mem, "%s/no/key", folder), &err), V_FATAL);
    unlink(path);
}

/* ---- notes ---- */

static void
a_note(void **state)
{
    unsigned char h[DIGEST_BYTES], other[DIGEST_BYTES];
    struct note note = { .origin = ORIGIN, .size = 42, .h = h, .run_id = 7 };
    size_t len;

    (void)state;
    digest_of("a", 1, h);
    digest_of("b", 1, other);
    assert_true(clock_from_text("2020-06-01T20:00:00.999999Z", 27, &note.at));
    put_file(known, 0600);
    const struct sign_key *key = load();
    const char *text = note_make(mem, &note, key, &len);

    assert_int_equal(strlen(text), len);
    assert_int_equal(
        strncmp(text,
                ORIGIN "\n42\nypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=\n"
                       "run 7 prev - totals - at 2020-06-01T20:00:00Z\n\n\xe2\x80\x94 " ORIGIN " ",
                170),
        0);
    assert_int_equal(note_look(mem, text, len, ORIGIN, 42, h, key), NOTE_GOOD);
    assert_int_equal(note_look(mem, text, len, ORIGIN, 43, h, key), NOTE_FORGED);
    assert_int_equal(note_look(mem, text, len, ORIGIN, 42, other, key), NOTE_FORGED);
    assert_int_equal(note_look(mem, text, len, ORIGIN "0", 42, h, key), NOTE_FORGED);
    assert_int_equal(note_look(mem, "", 0, ORIGIN, 42, h, key), NOTE_FORGED);
    note.prev = other;
    note.totals = h;
    text = note_make(mem, &note, key, &len);
    assert_non_null(strstr(text, "run 7 prev PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0= totals "
                                 "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs= at "));
    assert_int_equal(note_look(mem, text, len, ORIGIN, 42, h, key), NOTE_GOOD);
    unlink(path);
}

/* Whichever byte is another one, left out or put in: never good. */
static void
an_altered_note(void **state)
{
    unsigned char h[DIGEST_BYTES];
    struct note note = { .origin = ORIGIN, .size = 42, .h = h, .run_id = 7, .prev = h };
    size_t len;

    (void)state;
    digest_of("a", 1, h);
    put_file(known, 0600);
    const struct sign_key *key = load();
    const char *text = note_make(mem, &note, key, &len);

    for (size_t i = 0; i < len; i++) {
        char *flipped = arena_text(mem, text, len);
        char *shorter = arena_text(mem, text, len);
        char *longer = arena_format(mem, "%.*sA%s", (int)i, text, text + i);

        flipped[i] = (char)(flipped[i] ^ 1);
        memmove(shorter + i, shorter + i + 1, len - i);
        assert_int_not_equal(note_look(mem, flipped, len, ORIGIN, 42, h, key), NOTE_GOOD);
        assert_int_not_equal(note_look(mem, shorter, len - 1, ORIGIN, 42, h, key), NOTE_GOOD);
        assert_int_not_equal(note_look(mem, longer, len + 1, ORIGIN, 42, h, key), NOTE_GOOD);
        assert_int_equal(note_look(mem, arena_text(mem, text, i), i, ORIGIN, 42, h, key),
                         NOTE_FORGED);
    }
    unlink(path);
}

static void
another_key(void **state)
{
    unsigned char h[DIGEST_BYTES];
    struct note note = { .origin = ORIGIN, .size = 42, .h = h, .run_id = 7 };
    struct error err;
    size_t len;

    (void)state;
    digest_of("a", 1, h);
    put_file(known, 0600);
    const char *text = note_make(mem, &note, load(), &len);

    unlink(path);
    assert_int_equal(sign_make(path, &err), V_OK);
    assert_int_equal(note_look(mem, text, len, ORIGIN, 42, h, load()), NOTE_STRANGE);
    unlink(path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vector), cmocka_unit_test(the_file),    cmocka_unit_test(a_note),
        cmocka_unit_test(an_altered_note),  cmocka_unit_test(another_key),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
