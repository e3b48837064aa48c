/* Buffers keep their ceiling and their closing NUL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"

static void
grows_and_terminates(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 1 << 20);
    assert_null(b.data);
    for (size_t i = 0; i < 10000; i++) {
        assert_true(buf_add(&b, "abc", 3));
        assert_int_equal(b.len, 3 * (i + 1));
        assert_int_equal(b.data[b.len], '\0');
    }
    assert_int_equal(strlen(b.data), 30000);
    buf_clear(&b);
    assert_int_equal(b.len, 0);
    assert_string_equal(b.data, "");
    assert_true(buf_add(&b, "a\0b", 3));
    assert_memory_equal(b.data, "a\0b", 4);
    buf_release(&b);
    assert_null(b.data);
    assert_int_equal(b.len, 0);
    buf_release(&b);
}

static void
ceiling_is_exact(void **state)
{
    static const size_t ceilings[] = { 0, 1, 5, 255, 256, 257, 1000 };

    (void)state;
    for (size_t i = 0; i < sizeof ceilings / sizeof *ceilings; i++) {
        struct buf b;

        buf_init(&b, ceilings[i]);
        for (size_t j = 0; j < ceilings[i]; j++)
            assert_true(buf_add(&b, "x", 1));
        assert_false(buf_add(&b, "x", 1));
        assert_false(buf_add_text(&b, "yy"));
        assert_false(buf_format(&b, "%d", 1));
        assert_false(buf_add(&b, "x", SIZE_MAX));
        assert_int_equal(b.len, ceilings[i]);
        assert_true(buf_add(&b, NULL, 0));
        assert_true(b.room <= ceilings[i] + 1);
        assert_int_equal(b.data[b.len], '\0');
        buf_release(&b);
    }
}

static void
formats(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 12);
    assert_true(buf_format(&b, "%s=%d", "a", 5));
    assert_true(buf_add_text(&b, ";"));
    assert_false(buf_format(&b, "%s", "123456789"));
    assert_string_equal(b.data, "a=5;");
    assert_true(buf_format(&b, "%s", "12345678"));
    assert_string_equal(b.data, "a=5;12345678");
    buf_release(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_terminates),
        cmocka_unit_test(ceiling_is_exact),
        cmocka_unit_test(formats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
