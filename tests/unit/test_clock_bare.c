/* Forms of a time without zeros before days, months and hours: "%-d/%-m/%Y %-H:%M". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "map_draw.h"

static void
there_and_back(void **state)
{
    static const char *const forms[] = {
        "%-d/%-m/%Y %-H:%M:%S", "%-m/%-d/%Y %-I:%M:%S %p", "%Y-%-m-%-d %H:%M:%S",
        "%-d%b%Y %-H.%M.%S",    "%-H:%M:%S on %-d.%-m.%Y",
    };

    (void)state;
    draw_begin(20201122);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        assert_null(clock_format_fault(forms[i]));
        for (int n = 0; n < 1000; n++) {
            int64_t at = (int64_t)draw(4102444800U) * 1000000, back;
            char text[64];
            size_t len = clock_format(forms[i], 330, at, text, sizeof text);

            assert_true(len > 0);
            assert_true(clock_parse(forms[i], 330, text, len, &back));
            assert_true(at == back);
            assert_non_null(text);
            if (text[0] == '0' && text[1] != ':') /* only midnight begins with a zero */
                fail_msg("\"%s\" by %s", text, forms[i]);
        }
    }
}

static void
cases(void **state)
{
    static const struct {
        const char *form, *text, *out; /* out NULL: not a time */
    } cases[] = {
        { "%-d/%-m/%Y", "5/6/2020", "5/6/2020" },
        { "%-d/%-m/%Y", "05/06/2020", "5/6/2020" },
        { "%-d/%-m/%Y", "15/12/2020", "15/12/2020" },
        { "%-d/%-m/%Y", "005/6/2020", NULL },
        { "%-d/%-m/%Y", "5/006/2020", NULL },
        { "%-d/%-m/%Y", "0/6/2020", NULL },
        { "%-d/%-m/%Y", "31/2/2020", NULL },
        { "%-d/%-m/%Y", "29/2/2019", NULL },
        { "%-d/%-m/%Y", "5/13/2020", NULL },
        { "%-d/%-m/%Y", "/6/2020", NULL },
        { "%-d/%-m/%Y", "5//2020", NULL },
        { "%-d/%-m/%Y", "5/6/20", NULL },
        { "%-d/%-m/%Y", " 5/6/2020", NULL },
        { "%-d/%-m/%Y", "5/6/2020 ", NULL },
        { "%d/%m/%Y", "5/6/2020", NULL },
        { "%-d/%-m/%Y %-H:%M", "5/6/2020 9:05", "5/6/2020 9:05" },
        { "%-d/%-m/%Y %-H:%M", "5/6/2020 9:5", NULL },
        { "%-d/%-m/%Y %-H:%M", "5/6/2020 24:05", NULL },
        { "%-d/%-m/%Y %-I:%M %p", "5/6/2020 12:05 am", "5/6/2020 12:05 AM" },
        { "%-d/%-m/%Y %-I:%M %p", "5/6/2020 0:05 am", NULL },
        { "%-d/%-m/%Y %-I:%M %p", "5/6/2020 1:05 pm", "5/6/2020 1:05 PM" },
        { "-%-d/%m/%Y", "-5/06/2020", "-5/06/2020" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        int64_t at;
        bool good = clock_parse(cases[i].form, 330, cases[i].text, strlen(cases[i].text), &at);

        if (good != (cases[i].out != NULL))
            fail_msg("case %zu", i);
        if (!good)
            continue;
        assert_true(clock_format(cases[i].form, 330, at, text, sizeof text) > 0);
        assert_string_equal(text, cases[i].out);
    }
}

static void
faults(void **state)
{
    static const struct {
        const char *form, *fault;
    } cases[] = {
        { "%-d%-m%Y", "before digits" },       { "%-d1/%m/%Y", "before digits" },
        { "%-d%m/%Y", "before digits" },       { "%-H%M %d/%m/%Y", "before digits" },
        { "%-Y/%m/%d", "not one of m d H I" }, { "%-M", "not one of m d H I" },
        { "%d/%m/%Y %-", "letter after %" },   { "%-d/%d/%m/%Y", "twice" },
        { "%-%d/%m/%Y", "letter after %" },    { "%d/%m/%-", "letter after %" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *fault = clock_format_fault(cases[i].form);

        if (!fault || !strstr(fault, cases[i].fault))
            fail_msg("%s: %s", cases[i].form, fault ? fault : "good");
    }
    assert_null(clock_format_fault("%-d%b%Y"));
    assert_null(clock_format_fault("%Y%m%-d"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(cases),
        cmocka_unit_test(faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
