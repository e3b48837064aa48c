/*
 * What a mail says of itself in ASCII whatever its words are, which addresses are taken, and what a
 * receiver's file acknowledges. The way there is tests/live/test_forward.py's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "content.h"
#include "jobs/forward_parts.h"
#include "link/mail.h"
#include "text.h"

#define WORD "=?UTF-8?B?"

static bool
is_header(const char *header)
{
    for (const char *line = header; *line;) {
        size_t len = strcspn(line, "\r\n");

        if (len > 998 || (line != header && *line != ' '))
            return false;
        for (size_t i = 0; i < len; i++)
            if (line[i] < ' ' || line[i] > '~')
                return false;
        line += len;
        if (*line && strncmp(line, "\r\n", 2) != 0)
            return false;
        line += *line ? 2 : 0;
    }
    return true;
}

/* The text of the encoded words of a header, one behind the other; each is a whole text. */
static const char *
decoded(struct arena *mem, const char *header)
{
    char *out = arena_alloc(mem, strlen(header) + 1);
    size_t n = 0;

    for (const char *word = strstr(header, WORD); word; word = strstr(word + 1, WORD)) {
        struct base64_in state = { 0 };
        const char *text = word + strlen(WORD);
        size_t len = strcspn(text, "?");
        size_t before = n;

        assert_in_range(len + strlen(WORD) + 2, 1, 75);
        n += (size_t)base64_decode(&state, text, len, (unsigned char *)out + n);
        assert_true(text_is_utf8(out + before, n - before, NULL));
    }
    return out;
}

static void
test_subjects(void **state)
{
    static const char *const texts[] = {
        "पैकेज 12: मुरादाबाद जनपद में प्राप्त नए सन्दर्भ, समय-सीमा पार और लम्बित सूची",
        "\xf0\x9f\x9a\xa8\xf0\x9f\x9a\xa8\xf0\x9f\x9a\xa8\xf0\x9f\x9a\xa8\xf0\x9f\x9a\xa8\xf0\x9f"
        "\x9a"
        "\xa8\xf0\x9f\x9a\xa8\xf0\x9f\x9a\xa8\xf0\x9f\x9a\xa8\xf0\x9f\x9a\xa8\xf0\x9f\x9a\xa8xं",
        "=?UTF-8?B?Zm9yZ2Vk?= a subject that looks like an encoded word",
        "a line that is much longer than seventy-six characters, of which a header line would be "
        "made that nobody likes",
    };
    struct arena *mem = arena_new("test");

    (void)state;
    assert_string_equal(mail_header(mem, "Subject", "Package 12 of UP-155"),
                        "Subject: Package 12 of UP-155");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *header = mail_header(mem, "Subject", texts[i]);

        assert_true(is_header(header));
        assert_string_equal(decoded(mem, header), texts[i]);
    }
    /* what would begin another header does not */
    assert_true(is_header(mail_header(mem, "Subject", "a\r\nBcc: x@y.example")));
    assert_null(strstr(mail_header(mem, "Subject", "a\r\nBcc: x@y.example"), "\n"));
    arena_free(mem);
}

static void
test_names_of_files(void **state)
{
    struct arena *mem = arena_new("test");

    (void)state;
    assert_string_equal(mail_disposition(mem, "kannauj-000001-list.csv"),
                        "Content-Disposition: attachment; filename=\"kannauj-000001-list.csv\"");
    assert_string_equal(mail_disposition(mem, "सूची.csv"),
                        "Content-Disposition: attachment;\r\n filename*=UTF-8''"
                        "%E0%A4%B8%E0%A5%82%E0%A4%9A%E0%A5%80.csv");
    assert_string_equal(mail_disposition(mem, "a\"; x=\r\nb"),
                        "Content-Disposition: attachment;\r\n filename*=UTF-8''"
                        "a%22%3B%20x%3D%20%20b");
    arena_free(mem);
}

static void
test_addresses(void **state)
{
    static const char *const good[] = { "a@b", "cell.155+x@up.police.example",
                                        "a_b-c@d-e.example" };
    static const char *const bad[] = {
        "",      "@",       "a@",          "@b",      "a",           "a@b@c", "a b@c",   "a@b>",
        "<a@b>", "a@b,c@d", "a@b\r\nRCPT", "\"a\"@b", "अ@b.example", "a@b;",  "a\x7f@b", "(x)a@b",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_null(mail_address_fault(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!mail_address_fault(bad[i], strlen(bad[i])))
            fail_msg("\"%s\" is taken", bad[i]);
}

static void
test_servers(void **state)
{
    static const char *const urls[] = { "http://h", "smtp:/h", "smtp://u:p@h", "", "ldap://h" };
    struct arena *mem = arena_new("test");
    struct error err;
    struct mail *mail;

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        const struct mail_options o = { .url = urls[i] };

        assert_int_equal(mail_open(mem, &o, &mail, &err), V_FATAL);
        assert_string_equal(err.code, "mail.url");
    }
    arena_free(mem);
}

static void
test_acknowledgements(void **state)
{
    static const struct {
        const char *name;
        int64_t number;
    } names[] = {
        { "ack-1", 1 },          { "ack-000012", 12 },    { "ACK-7.txt", 7 },
        { "Ack-7.TXT", 7 },      { "ack-", 0 },           { "ack-x", 0 },
        { "ack-1.doc", 0 },      { "ack-1x", 0 },         { "back-1", 0 },
        { "ack--1", 0 },         { "ack-0", 0 },          { "ack 1", 0 },
        { "ack-9999999999", 0 }, { "ack-1.txt.part", 0 }, { "ack-\xe0\xa5\xa7", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(forward_ack_number(names[i].name), names[i].number);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subjects),         cmocka_unit_test(test_names_of_files),
        cmocka_unit_test(test_addresses),        cmocka_unit_test(test_servers),
        cmocka_unit_test(test_acknowledgements),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
