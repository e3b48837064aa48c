/* Messages by the government's gateways: encoding, hash, answers; words with values; quiet hours.
 */
#include <stdio.h>
#include <string.h>

#include "with_mem.h"

#include "clock.h"
#include "core/sms_text.h"
#include "jobs/notify.h"
#include "link/sms.h"

static struct sms_gateway *
gateway(const char *name)
{
    const struct sms_options options = { .gateway = name,
                                         .url = "https://127.0.0.1:1/sms",
                                         .user = " test.user ",
                                         .password = "secret",
                                         .key = "0123-abcd\n",
                                         .timeout = 1000 };
    struct sms_gateway *g;
    struct error err;

    if (sms_open(mem, &options, &g, &err))
        fail_msg("%s %s", err.code, err.text);
    return g;
}

static void
texts_by_units(void **state)
{
    (void)state;
    assert_true(sms_is_plain("Hello, {1}~ 7"));
    assert_false(sms_is_plain("caf\xc3\xa9"));
    assert_false(sms_is_plain("a\nb"));
    assert_string_equal(sms_entities(mem, ""), "");
    assert_string_equal(sms_entities(mem, "नमस्ते 1"),
                        "&#2344;&#2350;&#2360;&#2381;&#2340;&#2375;&#32;&#49;");
    assert_string_equal(sms_units(mem, "नमस्ते 1"), "0928092E0938094D0924094700200031");
    assert_string_equal(sms_entities(mem, "\xc3\xa9\xe2\x82\xac"), "&#233;&#8364;");
    /* beyond the first plane: two units */
    assert_string_equal(sms_entities(mem, "\xf0\x9f\x98\x80"), "&#55357;&#56832;");
    assert_string_equal(sms_units(mem, "\xf0\x9f\x98\x80"), "D83DDE00");
    assert_string_equal(sms_quoted(mem, "a b&c=d;#%+~é"), "a%20b%26c%3Dd%3B%23%25%2B~%C3%A9");
}

/* The hashes were taken with sha1sum and sha512sum. */
static void
mobileseva_form(void **state)
{
    const struct sms plain = { "9800000001", " Hello world ", "STPOLC", "1101234500000012345",
                               "1107000000000000101" };
    const struct sms hindi = { "9800000001", "नमस्ते", "STPOLC", "1101234500000012345",
                               "1107000000000000102" };
    const struct sms_gateway *g = gateway("mobileseva");

    (void)state;
    assert_string_equal(
        sms_request(g, mem, &plain),
        "username=test.user&password=e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4&senderid=STPOLC"
        "&content=Hello%20world&smsservicetype=singlemsg&mobileno=9800000001&key="
        "c464534025d99fa1f67227f473fa4dc83864d4c616db771280ebdd1e37dac315"
        "2df70e8e8e9ea68a69aca8478563224363acc6d53fc859a5d04ac2d6bdb5532d"
        "&templateid=1107000000000000101&entityid=1101234500000012345");
    assert_string_equal(
        sms_request(g, mem, &hindi),
        "username=test.user&password=e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4&senderid=STPOLC"
        "&content=%26%232344%3B%26%232350%3B%26%232360%3B%26%232381%3B%26%232340%3B%26%232375%3B"
        "&smsservicetype=unicodemsg&mobileno=9800000001&key="
        "ba21f69c212e02826f0e199579fad4910991f289c0b402a19bf46ac45633aef2"
        "cabbe397026e0b5ffc6f1858829792c3675accf07766ab03d005d7838119cc8f"
        "&templateid=1107000000000000102&entityid=1101234500000012345");
}

static void
nic_query(void **state)
{
    const struct sms plain = { "9800000001", "Hello", "STPOLC", "1101234500000012345",
                               "1107000000000000101" };
    const struct sms hindi = { "9800000001", "नम", "STPOLC", "1101234500000012345",
                               "1107000000000000102" };
    const struct sms_gateway *g = gateway("nic");

    (void)state;
    assert_string_equal(sms_request(g, mem, &plain),
                        "?username=%20test.user%20&pin=secret&message=Hello&mnumber=919800000001"
                        "&signature=STPOLC&dlt_entity_id=1101234500000012345"
                        "&dlt_template_id=1107000000000000101");
    assert_string_equal(sms_request(g, mem, &hindi),
                        "?username=%20test.user%20&pin=secret&message=0928092E&mnumber=919800000001"
                        "&signature=STPOLC&dlt_entity_id=1101234500000012345"
                        "&dlt_template_id=1107000000000000102&msgType=UC");
}

static void
answers(void **state)
{
    static const struct {
        const char *gateway, *text;
        enum verdict verdict;
        const char *said, *receipt;
    } cases[] = {
        { "mobileseva", "402,MsgID = 150620161466003974245msdgsms", V_OK, "402",
          "150620161466003974245msdgsms" },
        { "mobileseva", " 402, MsgID=1msdgsms\r\n", V_OK, "402", "1msdgsms" },
        { "mobileseva", "402", V_OK, "402", NULL },
        { "mobileseva", "409,later", V_OK, "409", NULL },
        { "mobileseva", "401,Credentials Error", V_FATAL, "401", NULL },
        { "mobileseva", "416,Hash doesn't match", V_FATAL, "416", NULL },
        { "mobileseva", "403", V_RETRY, "403", NULL },
        { "mobileseva", "406,Invalid or Duplicate numbers", V_REJECT, "406", NULL },
        { "mobileseva", "408", V_IN_DOUBT, "408", NULL },
        { "mobileseva", "4021,MsgID = 1", V_IN_DOUBT, NULL, NULL },
        { "mobileseva", "999,what", V_IN_DOUBT, NULL, NULL },
        { "mobileseva", "", V_IN_DOUBT, NULL, NULL },
        { "mobileseva", "<html>402</html>", V_IN_DOUBT, NULL, NULL },
        { "mobileseva", "402,MsgID = a b", V_OK, "402", "a" },
        { "nic",
          "Message Accepted for Request ID=12313946898506681731361~code=API000 & info=Platform "
          "accepted & Time =2014/03/13/11/20",
          V_OK, "API000", "12313946898506681731361" },
        { "nic",
          "Message Rejected for Request ID= ~code=API-3& info=REJECTED: Empty mnumber& Time"
          " = 2014/11/27/19/47",
          V_REJECT, "API-3", NULL },
        { "nic",
          "Message Rejected for Request ID= ~code=API-2 & info=REJECTED: Authentication "
          "failed & Time = 1",
          V_FATAL, "API-2", NULL },
        { "nic", "Message Accepted for Request ID=1~code=API001 & info=x", V_IN_DOUBT, "API001",
          NULL },
        { "nic", "Error 500", V_IN_DOUBT, NULL, NULL },
    };
    struct sms_answer said;
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = cases[i].text;
        enum verdict v =
            sms_answered(gateway(cases[i].gateway), mem, text, strlen(text), &said, &err);

        if (v != cases[i].verdict)
            fail_msg("\"%s\": %s", text, verdict_name(v));
        if (cases[i].said)
            assert_string_equal(said.said, cases[i].said);
        else
            assert_null(said.said);
        if (cases[i].receipt)
            assert_string_equal(said.receipt, cases[i].receipt);
        else
            assert_null(said.receipt);
    }
    assert_int_equal(sms_answered(gateway("nic"), mem, "\xff\xfe", 2, &said, &err), V_IN_DOUBT);
    assert_int_equal(sms_answered(gateway("mobileseva"), mem, "402\0x", 5, &said, &err),
                     V_IN_DOUBT);
}

static void
unknown_gateway(void **state)
{
    const struct sms_options options = { .gateway = "carrier", .url = "https://127.0.0.1:1/" };
    struct sms_gateway *g;
    struct error err;

    (void)state;
    assert_int_equal(sms_open(mem, &options, &g, &err), V_FATAL);
    assert_string_equal(err.code, "sms.gateway");
}

/* Nobody listens: surely not sent. */
static void
nobody_there(void **state)
{
    const struct sms sms = { "9800000001", "Hello", "STPOLC", "1101234500000012345",
                             "1107000000000000101" };
    struct sms_answer said;
    struct error err;

    (void)state;
    assert_int_equal(sms_send(gateway("nic"), mem, &sms, &said, &err), V_RETRY);
    assert_null(strstr(err.text, "98000"));
    assert_null(strstr(err.text, "secret"));
}

static enum verdict
fill(const char *words, const char *const *values, size_t count, const char **text,
     struct error *err)
{
    static const char *const names[] = { "number", "date", "officer_name" };

    return sms_text_fill(mem, words, values, names, count, text, err);
}

static void
words_and_values(void **state)
{
    const char *thirty = "कखगघङचछजझञकखगघङचछजझञकखगघङचछजझञ";
    const char *values[] = { "A-1", "01/02/2026" }, *text = NULL;
    struct error err;

    (void)state;
    assert_int_equal(sms_text_slots("a {#var#}{#var#} {#VAR#}"), 2);
    assert_int_equal(fill("No. {#var#} of {#var#}.", values, 2, &text, &err), V_OK);
    assert_string_equal(text, "No. A-1 of 01/02/2026.");
    assert_int_equal(fill("No slot", NULL, 0, &text, &err), V_OK);
    assert_string_equal(text, "No slot");
    assert_int_equal(fill("No. {#var#}", values, 2, &text, &err), V_REJECT);
    assert_string_equal(err.code, "template.slots");
    values[1] = thirty;
    assert_int_equal(fill("{#var#} {#var#}", values, 2, &text, &err), V_OK);
    values[1] = arena_format(mem, "%sक", thirty);
    assert_int_equal(fill("{#var#} {#var#}", values, 2, &text, &err), V_REJECT);
    assert_string_equal(err.code, "template.var");
    assert_string_equal(err.field, "date");
    assert_null(strstr(err.text, thirty));
    values[1] = "two\nlines";
    assert_int_equal(fill("{#var#} {#var#}", values, 2, &text, &err), V_REJECT);
    assert_string_equal(err.code, "template.var");
    /* a value that looks like a slot is a value */
    values[0] = "{#var#}";
    values[1] = "x";
    assert_int_equal(fill("{#var#}-{#var#}", values, 2, &text, &err), V_OK);
    assert_string_equal(text, "{#var#}-x");

    char *long_words = arena_alloc(mem, 800);

    memset(long_words, 'x', 701);
    assert_int_equal(fill(long_words, NULL, 0, &text, &err), V_REJECT);
    assert_string_equal(err.code, "template.long");
}

static void
as_registered(void **state)
{
    static const struct {
        const char *words, *text;
        bool fits;
    } cases[] = {
        { "a {#var#} b", "a x b", true },
        { "a {#var#} b", "a  b", true },
        { "a {#var#} b", "a x b ", false },
        { "a {#var#} b", "A x b", false },
        { "a {#var#} b", "a x  b", true }, /* the blank is the value's */
        { "a {#var#}", "a 123456789012345678901234567890", true },
        { "a {#var#}", "a 1234567890123456789012345678901", false },
        { "{#var#}{#var#}", "1234567890123456789012345678901", true },
        { "{#var#} और {#var#}।", "एक और दो।", true },
        { "{#var#} और {#var#}।", "एक और दो", false },
        { "a", "a", true },
        { "a", "", false },
        { "a {#var#} b", "a x\ny b", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (sms_text_matches(cases[i].words, cases[i].text) != cases[i].fits)
            fail_msg("\"%s\" and \"%s\"", cases[i].words, cases[i].text);
}

static bool
quiet(const char *at, int from, int to)
{
    int64_t time;

    assert_true(clock_from_text(at, strlen(at), &time));
    return notify_is_quiet(time, 330, from, to);
}

static void
quiet_hours(void **state)
{
    const int nine = 21 * 60, eight = 8 * 60;

    (void)state;
    assert_false(quiet("2026-01-01T15:29:59.999999Z", nine, eight)); /* 20:59 in India */
    assert_true(quiet("2026-01-01T15:30:00Z", nine, eight));
    assert_true(quiet("2026-01-01T20:00:00Z", nine, eight));
    assert_true(quiet("2026-01-02T02:29:59Z", nine, eight));
    assert_false(quiet("2026-01-02T02:30:00Z", nine, eight));
    assert_true(quiet("2026-01-01T07:00:00Z", 12 * 60, 13 * 60)); /* not over midnight */
    assert_false(quiet("2026-01-01T07:30:00Z", 12 * 60, 13 * 60));
    assert_false(quiet("2026-01-01T20:00:00Z", 0, 0));
    assert_true(quiet("1969-12-31T20:00:00Z", nine, eight));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(texts_by_units),   TEST(mobileseva_form), TEST(nic_query),
        TEST(answers),          TEST(unknown_gateway), TEST(nobody_there),
        TEST(words_and_values), TEST(as_registered),   TEST(quiet_hours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
