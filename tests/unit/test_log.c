/* Log lines: one line an event, both times, nothing that deceives a reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "log.h"
#include "text.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define HEAD     "2020-06-02T01:30:00+05:30 2020-06-01T20:00:00Z "

static char written[8192];

/* What one call wrote. */
#define WRITTEN(call)                                                                              \
    do {                                                                                           \
        FILE *to = fmemopen(written, sizeof written, "w");                                         \
        assert_non_null(to);                                                                       \
        memset(written, 0, sizeof written);                                                        \
        log_begin(to, LOG_INFO);                                                                   \
        call;                                                                                      \
        log_begin(NULL, LOG_INFO);                                                                 \
        assert_int_equal(fclose(to), 0);                                                           \
    } while (0)

static void
lines_have_both_times_and_their_context(void **state)
{
    (void)state;
    WRITTEN(log_line(LOG_INFO, "pulled %d records", 120));
    assert_string_equal(written, HEAD "info pulled 120 records\n");
    log_context("12", "igrs");
    WRITTEN(log_line(LOG_WARN, "x"));
    assert_string_equal(written, HEAD "warn run=12 system=igrs x\n");
    log_context("12", "");
    WRITTEN(log_line(LOG_ERROR, "x"));
    assert_string_equal(written, HEAD "error run=12 x\n");
    log_context("", "");
    WRITTEN(log_line(LOG_DEBUG, "x"));
    assert_string_equal(written, "");
}

static void
deceiving_characters_are_escaped(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        { "two\nlines", "two\\nlines" },
        { "a\rb", "a\\x0db" },
        { "tab\t", "tab\\x09" },
        { "\x1b[31mred", "\\x1b[31mred" },
        { "del\x7f", "del\\x7f" },
        { "\xC2\x85\xC2\x9B", "\\u0085\\u009b" },
        { "\xE2\x80\xA8\xE2\x80\xA9", "\\u2028\\u2029" },
        { "\xE2\x80\xAE"
          "abc"
          "\xE2\x80\xAC",
          "\\u202eabc\\u202c" },
        { "\xE2\x81\xA6\xE2\x81\xA9\xE2\x80\x8E\xE2\x80\x8F", "\\u2066\\u2069\\u200e\\u200f" },
        { "\xD8\x9C", "\\u061c" },
        { "bad\xFF\xC3", "bad\\xff\\xc3" },
        { "\xED\xA0\x80", "\\xed\\xa0\\x80" },
        { "कन्नौज \xE2\x80\x8D 😀 ÿ", "कन्नौज \xE2\x80\x8D 😀 ÿ" },
        { "100% \\n", "100% \\n" },
    };
    char expected[256];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        WRITTEN(log_line(LOG_INFO, "%s", cases[i].in));
        (void)snprintf(expected, sizeof expected, HEAD "info %s\n", cases[i].out);
        assert_string_equal(written, expected);
    }
    log_context("1\n2", "a\x1b");
    WRITTEN(log_line(LOG_INFO, "x"));
    assert_string_equal(written, HEAD "info run=1\\n2 system=a\\x1b x\n");
    log_context("", "");
}

static void
lines_have_a_ceiling(void **state)
{
    static const char *const fillers[] = { "a", "\n", "\xE0\xA4\x95", "\xF0\x9F\x98\x80", "\xFF" };
    static char text[6000];

    (void)state;
    for (size_t i = 0; i < COUNT(fillers); i++) {
        for (size_t shift = 0; shift < 5; shift++) {
            size_t len, at = shift;

            memset(text, 'x', shift);
            while (at + 5 < sizeof text) {
                memcpy(text + at, fillers[i], strlen(fillers[i]) + 1);
                at += strlen(fillers[i]);
            }
            WRITTEN(log_line(LOG_INFO, "%s", text));
            len = strlen(written);
            assert_true(len > 1980 && len <= 2000);
            assert_string_equal(written + len - 4, "...\n");
            assert_ptr_equal(strchr(written, '\n'), written + len - 1);
            assert_true(text_is_utf8(written, len, NULL));
        }
    }
}

static void
errors_are_one_line(void **state)
{
    struct error err;

    (void)state;
    (void)error_set(&err, V_RETRY, "http.503", "could not reach \"igrs\"");
    WRITTEN(log_error(LOG_WARN, &err));
    assert_string_equal(written, HEAD "warn error: could not reach \"igrs\" [http.503]\n");
    error_at(&err, NULL, "igrs.map:12");
    error_hint(&err, "Run it again.");
    WRITTEN(log_error(LOG_ERROR, &err));
    assert_string_equal(written, HEAD "error error: could not reach \"igrs\" [http.503] "
                                      "(igrs.map:12); Run it again.\n");
}

static int hooked;

static void
hook(void)
{
    hooked++;
}

static void
a_hook_runs_before_each_line(void **state)
{
    (void)state;
    log_before(hook);
    WRITTEN(log_line(LOG_INFO, "x"));
    WRITTEN(log_line(LOG_DEBUG, "x"));
    log_before(NULL);
    WRITTEN(log_line(LOG_INFO, "x"));
    assert_int_equal(hooked, 1);
}

static int
begin(void **state)
{
    struct error err;

    (void)state;
    if (setenv("BRIDGE_NOW", "2020-06-01T20:00:00Z", 1))
        return -1;
    return clock_begin(&err) ? -1 : 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_have_both_times_and_their_context),
        cmocka_unit_test(deceiving_characters_are_escaped),
        cmocka_unit_test(lines_have_a_ceiling),
        cmocka_unit_test(errors_are_one_line),
        cmocka_unit_test(a_hook_runs_before_each_line),
    };

    return cmocka_run_group_tests(tests, begin, NULL);
}
