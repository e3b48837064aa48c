/* Arenas, the memory family, errors and fault lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "faults.h"
#include "text.h"
#include "verdict.h"

static void
pieces_are_zeroed_aligned_and_apart(void **state)
{
    struct arena *mem = arena_new("test");
    unsigned char *pieces[2000];

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 2000; i++) {
            size_t bytes = i % 300;

            pieces[i] = arena_alloc(mem, bytes);
            assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
            for (size_t j = 0; j < bytes; j++)
                assert_int_equal(pieces[i][j], 0);
            memset(pieces[i], (int)(i & 0xff), bytes);
        }
        for (size_t i = 0; i < 2000; i++)
            for (size_t j = 0; j < i % 300; j++)
                assert_int_equal(pieces[i][j], i & 0xff);
        assert_true(arena_used(mem) >= 2000 * 149);
        arena_reset(mem);
        assert_int_equal(arena_used(mem), 0);
    }
    arena_free(mem);
}

static void
large_pieces_stand_alone(void **state)
{
    struct arena *mem = arena_new("test");
    size_t bytes = 10 * 1024 * 1024;
    char *small = arena_copy(mem, "before"), *large = arena_alloc(mem, bytes);

    (void)state;
    assert_int_equal(large[0], 0);
    assert_int_equal(large[bytes - 1], 0);
    memset(large, 'x', bytes);
    assert_string_equal(small, "before");
    assert_string_equal(arena_copy(mem, "after"), "after");
    arena_reset(mem);
    assert_string_equal(arena_copy(mem, "again"), "again");
    arena_free(mem);
    arena_free(NULL);
}

static void
texts(void **state)
{
    struct arena *mem = arena_new("test");
    char longer[100000];

    (void)state;
    assert_string_equal(arena_text(mem, "abcdef", 3), "abc");
    assert_string_equal(arena_text(mem, NULL, 0), "");
    assert_null(arena_copy(mem, NULL));
    assert_string_equal(arena_format(mem, "%s-%d", "a", 7), "a-7");
    memset(longer, 'y', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(strlen(arena_format(mem, "<%s>", longer)), sizeof longer + 1);
    arena_free(mem);
}

static void
arrays_grow(void **state)
{
    struct arena *mem = arena_new("test");
    int *items = NULL;
    size_t count = 0, room = 0;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        items = arena_grow(mem, items, count, &room, sizeof *items);
        assert_true(room > count);
        assert_int_equal(items[count], 0);
        items[count++] = i;
    }
    for (int i = 0; i < 100000; i++)
        assert_int_equal(items[i], i);
    arena_free(mem);
}

static char undone[16];

static void
undo(void *handle)
{
    size_t len = strlen(undone);

    undone[len] = *(const char *)handle;
    undone[len + 1] = '\0';
}

static void
deferred_run_newest_first_and_once(void **state)
{
    static char names[] = "abc";
    struct arena *mem = arena_new("test");

    (void)state;
    undone[0] = '\0';
    for (size_t i = 0; i < 3; i++)
        arena_defer(mem, undo, &names[i]);
    arena_reset(mem);
    assert_string_equal(undone, "cba");
    arena_reset(mem);
    assert_string_equal(undone, "cba");
    arena_defer(mem, undo, &names[1]);
    arena_free(mem);
    assert_string_equal(undone, "cbab");
}

static void
errors_fit_and_stay_utf8(void **state)
{
    struct error err;
    char text[2000];

    (void)state;
    assert_int_equal(error_set(&err, V_RETRY, "http.503", "could not %s", "read"), V_RETRY);
    error_at(&err, "status", "g:Status");
    error_hint(&err, "Wait %d s.", 3);
    error_within(&err, "system \"%s\"", "igrs");
    assert_string_equal(err.text, "system \"igrs\": could not read");
    assert_string_equal(err.code, "http.503");
    assert_string_equal(err.field, "status");
    assert_string_equal(err.where, "g:Status");
    assert_string_equal(err.hint, "Wait 3 s.");
    error_at(&err, NULL, "elsewhere");
    assert_string_equal(err.field, "status");
    assert_string_equal(err.where, "elsewhere");

    assert_int_equal(error_set(&err, V_FATAL, "x", "again: %s [%s]", err.text, err.code), V_FATAL);
    assert_string_equal(err.text, "again: system \"igrs\": could not read [http.503]");
    assert_string_equal(err.field, "");
    assert_string_equal(err.hint, "");
    assert_string_equal(err.where, "");

    /* Three-byte characters: whatever the ceiling, none is cut in two. */
    for (size_t shift = 0; shift < 3; shift++) {
        memset(text, 'a', shift);
        for (size_t at = shift; at + 3 < sizeof text; at += 3)
            memcpy(text + at, "\xE0\xA4\x95", 4);
        (void)error_set(&err, V_REJECT, text, "%s", text);
        error_hint(&err, "%s", text);
        error_at(&err, text, text);
        error_within(&err, "%s", "a");
        assert_true(strlen(err.text) > sizeof err.text - 4);
        assert_true(text_is_utf8(err.text, strlen(err.text), NULL));
        assert_true(text_is_utf8(err.code, strlen(err.code), NULL));
        assert_true(text_is_utf8(err.hint, strlen(err.hint), NULL));
        assert_true(text_is_utf8(err.field, strlen(err.field), NULL));
        assert_true(text_is_utf8(err.where, strlen(err.where), NULL));
    }
}

static void
verdicts_have_names(void **state)
{
    (void)state;
    assert_string_equal(verdict_name(V_OK), "ok");
    assert_string_equal(verdict_name(V_RETRY), "retry");
    assert_string_equal(verdict_name(V_REJECT), "reject");
    assert_string_equal(verdict_name(V_FATAL), "fatal");
    assert_string_equal(verdict_name(V_IN_DOUBT), "in_doubt");
    assert_string_equal(verdict_name((enum verdict)99), "unknown");
}

static void
faults_keep_their_order(void **state)
{
    struct arena *mem = arena_new("test");
    struct faults faults = { .mem = mem };

    (void)state;
    for (int i = 1; i <= 50; i++)
        fault_add(&faults, "a.map", i, "fault %d", i);
    assert_int_equal(faults.count, 50);
    assert_string_equal(faults.items[49].text, "fault 50");
    assert_int_equal(faults.items[49].line, 50);
    assert_string_equal(faults.items[0].path, "a.map");
    arena_free(mem);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(large_pieces_stand_alone),
        cmocka_unit_test(texts),
        cmocka_unit_test(arrays_grow),
        cmocka_unit_test(deferred_run_newest_first_and_once),
        cmocka_unit_test(errors_fit_and_stay_utf8),
        cmocka_unit_test(verdicts_have_names),
        cmocka_unit_test(faults_keep_their_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
