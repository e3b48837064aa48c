/* The command line: every form of an option, and every way to get it wrong. */
#include <string.h>

#include "with_mem.h"

#include "../../bridge/cli/options.h"

static struct options got;
static struct error err;

/* words: one string, parted by blanks. */
static enum verdict
read_words(const char *words)
{
    char *argv[32];
    int argc = 0;
    char *at = arena_copy(mem, words);

    argv[argc++] = arena_copy(mem, "cctns-bridge");
    while (*at) {
        argv[argc++] = at;
        at += strcspn(at, " ");
        if (*at)
            *at++ = '\0';
    }
    argv[argc] = NULL;
    return options_read(mem, argc, argv, &got, &err);
}

static void
test_forms_of_a_value(void **state)
{
    static const char *const forms[] = { "-c x sync",     "-cx sync",  "--conf x sync",
                                         "--conf=x sync", "sync -c x", "sync --conf=x",
                                         "-vc x sync",    "-vcx sync" };

    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        assert_int_equal(read_words(forms[i]), V_OK);
        assert_string_equal(got.conf, "x");
        assert_int_equal(got.word_count, 1);
        assert_string_equal(got.words[0], "sync");
        assert_null(got.words[1]);
        assert_true(got.given & OPT_CONF);
    }
    assert_int_equal(read_words("--since= x"), V_OK);
    assert_string_equal(got.since, "");
}

static void
test_words_and_flags(void **state)
{
    (void)state;
    assert_int_equal(read_words("reconcile igrs -v --json cctns --list"), V_OK);
    assert_int_equal(got.word_count, 3);
    assert_string_equal(got.words[2], "cctns");
    assert_true(got.verbose && got.json && got.list);
    assert_false(got.quiet || got.dry_run || got.help);
    assert_int_equal(read_words("show -- -v --json"), V_OK);
    assert_int_equal(got.word_count, 3);
    assert_string_equal(got.words[1], "-v");
    assert_false(got.verbose);
    assert_int_equal(read_words("show -"), V_OK);
    assert_string_equal(got.words[1], "-");
    assert_int_equal(read_words(""), V_OK);
    assert_int_equal(got.word_count, 0);
}

static void
test_refused(void **state)
{
    static const struct {
        const char *words, *text, *hint;
    } cases[] = {
        { "--dry-rnu", "no option \"--dry-rnu\"", "\"--dry-run\"" },
        { "--zzzzzzzzz", "no option", "help" },
        { "--zzzzzzzzz=x", "\"--zzzzzzzzz\"", "help" },
        { "-z", "no option \"-z\"", "help" },
        { "-c", "needs a value", "" },
        { "sync --since", "needs a value: --since TIME", "" },
        { "--json=yes", "takes no value", "" },
        { "-v -v", "given twice", "" },
        { "-c a --conf=b", "given twice", "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(read_words(cases[i].words), V_FATAL);
        assert_string_equal(err.code, "usage");
        assert_non_null(strstr(err.text, cases[i].text));
        assert_non_null(strstr(err.hint, cases[i].hint));
    }
}

static void
test_only_what_the_command_takes(void **state)
{
    (void)state;
    assert_int_equal(read_words("status --json -q"), V_OK);
    assert_int_equal(options_allow(&got, 0, "status", &err), V_OK);
    assert_int_equal(read_words("status --dry-run"), V_OK);
    assert_int_equal(options_allow(&got, OPT_SINCE, "status", &err), V_FATAL);
    assert_non_null(strstr(err.text, "\"status\" takes no option \"--dry-run\""));
    assert_int_equal(options_allow(&got, OPT_DRY_RUN, "sync", &err), V_OK);
}

static void
test_rows_are_sound(void **state)
{
    unsigned bits = 0;

    (void)state;
    for (const struct option_row *row = option_rows; row->name; row++) {
        assert_false(bits & row->bit);
        bits |= row->bit;
        assert_true(row->help && *row->help);
        assert_true(row->offset < sizeof(struct options));
        for (const struct option_row *other = row + 1; other->name; other++) {
            assert_string_not_equal(row->name, other->name);
            assert_int_not_equal(row->offset, other->offset);
            assert_true(!row->letter || row->letter != other->letter);
        }
    }
    assert_int_equal(bits & OPT_GLOBAL, OPT_GLOBAL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms_of_a_value), cmocka_unit_test(test_words_and_flags),
        cmocka_unit_test(test_refused),          cmocka_unit_test(test_only_what_the_command_takes),
        cmocka_unit_test(test_rows_are_sound),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
