/* The calendar of jobs: next and last slots over midnight, month ends, week days, zones. */
#include <stdio.h>
#include <string.h>

#include "with_mem.h"

#include "base/calendar.h"
#include "clock.h"
#include "jobs/slots.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static int64_t
instant(const char *text)
{
    int64_t at = 0;

    if (!clock_parse("iso", 330, text, strlen(text), &at))
        fail_msg("%s", text);
    return at;
}

/* All instants are written as in the zone Asia/Kolkata, where they have no offset. */
static const struct {
    struct job_options options;
    const char *after, *next, *then, *last; /* last at or before "after" */
} rows[] = {
    /* a time each day, over midnight, month end and year end */
    { { .at = "01:30" },
      "2020-06-01T00:00:00",
      "2020-06-01T01:30:00",
      "2020-06-02T01:30:00",
      "2020-05-31T01:30:00" },
    { { .at = "01:30" },
      "2020-06-01T01:29:59.999999",
      "2020-06-01T01:30:00",
      "2020-06-02T01:30:00",
      "2020-05-31T01:30:00" },
    { { .at = "01:30" },
      "2020-06-01T01:30:00",
      "2020-06-02T01:30:00",
      "2020-06-03T01:30:00",
      "2020-06-01T01:30:00" },
    { { .at = "01:30" },
      "2020-06-30T01:30:01",
      "2020-07-01T01:30:00",
      "2020-07-02T01:30:00",
      "2020-06-30T01:30:00" },
    { { .at = "01:30" },
      "2020-12-31T23:59:59",
      "2021-01-01T01:30:00",
      "2021-01-02T01:30:00",
      "2020-12-31T01:30:00" },
    { { .at = "01:30" },
      "2020-02-28T05:00:00",
      "2020-02-29T01:30:00",
      "2020-03-01T01:30:00",
      "2020-02-28T01:30:00" },
    { { .at = "01:30" },
      "2021-02-28T05:00:00",
      "2021-03-01T01:30:00",
      "2021-03-02T01:30:00",
      "2021-02-28T01:30:00" },
    { { .at = "00:00" },
      "2020-06-01T23:59:59.999999",
      "2020-06-02T00:00:00",
      "2020-06-03T00:00:00",
      "2020-06-01T00:00:00" },
    { { .at = "00:00" },
      "2020-06-02T00:00:00",
      "2020-06-03T00:00:00",
      "2020-06-04T00:00:00",
      "2020-06-02T00:00:00" },
    { { .at = "23:59" },
      "2020-06-01T23:59:00",
      "2020-06-02T23:59:00",
      "2020-06-03T23:59:00",
      "2020-06-01T23:59:00" },
    /* several, in any order */
    { { .at = "13:00 01:30" },
      "2020-06-01T01:30:00",
      "2020-06-01T13:00:00",
      "2020-06-02T01:30:00",
      "2020-06-01T01:30:00" },
    { { .at = "13:00\t01:30 20:15" },
      "2020-06-30T19:00:00",
      "2020-06-30T20:15:00",
      "2020-07-01T01:30:00",
      "2020-06-30T13:00:00" },
    { { .at = "01:30", .on = "daily" },
      "2020-06-01T02:00:00",
      "2020-06-02T01:30:00",
      "2020-06-03T01:30:00",
      "2020-06-01T01:30:00" },
    /* week days; 2020-06-01 was a Monday */
    { { .at = "01:30", .on = "mon" },
      "2020-06-01T01:30:00",
      "2020-06-08T01:30:00",
      "2020-06-15T01:30:00",
      "2020-06-01T01:30:00" },
    { { .at = "01:30", .on = "mon" },
      "2020-06-01T01:29:00",
      "2020-06-01T01:30:00",
      "2020-06-08T01:30:00",
      "2020-05-25T01:30:00" },
    { { .at = "01:30", .on = "sat sun" },
      "2020-06-03T12:00:00",
      "2020-06-06T01:30:00",
      "2020-06-07T01:30:00",
      "2020-05-31T01:30:00" },
    { { .at = "01:30", .on = "sun" },
      "2020-06-27T12:00:00",
      "2020-06-28T01:30:00",
      "2020-07-05T01:30:00",
      "2020-06-21T01:30:00" },
    { { .at = "01:30", .on = "tue wed thu fri" },
      "2020-06-05T12:00:00",
      "2020-06-09T01:30:00",
      "2020-06-10T01:30:00",
      "2020-06-05T01:30:00" },
    /* days of the month */
    { { .at = "01:30", .on = "1" },
      "2020-06-01T02:00:00",
      "2020-07-01T01:30:00",
      "2020-08-01T01:30:00",
      "2020-06-01T01:30:00" },
    { { .at = "01:30", .on = "31" },
      "2020-05-31T02:00:00",
      "2020-07-31T01:30:00",
      "2020-08-31T01:30:00",
      "2020-05-31T01:30:00" },
    { { .at = "01:30", .on = "31" },
      "2020-12-31T02:00:00",
      "2021-01-31T01:30:00",
      "2021-03-31T01:30:00",
      "2020-12-31T01:30:00" },
    { { .at = "01:30", .on = "29" },
      "2021-01-29T02:00:00",
      "2021-03-29T01:30:00",
      "2021-04-29T01:30:00",
      "2021-01-29T01:30:00" },
    { { .at = "01:30", .on = "29" },
      "2020-01-29T02:00:00",
      "2020-02-29T01:30:00",
      "2020-03-29T01:30:00",
      "2020-01-29T01:30:00" },
    { { .at = "23:30", .on = "last" },
      "2020-01-31T23:30:00",
      "2020-02-29T23:30:00",
      "2020-03-31T23:30:00",
      "2020-01-31T23:30:00" },
    { { .at = "23:30", .on = "last" },
      "2021-02-01T00:00:00",
      "2021-02-28T23:30:00",
      "2021-03-31T23:30:00",
      "2021-01-31T23:30:00" },
    { { .at = "23:30", .on = "last" },
      "1900-02-01T00:00:00",
      "1900-02-28T23:30:00",
      "1900-03-31T23:30:00",
      "1900-01-31T23:30:00" },
    { { .at = "01:30", .on = "1 15 last" },
      "2020-06-15T01:30:00",
      "2020-06-30T01:30:00",
      "2020-07-01T01:30:00",
      "2020-06-15T01:30:00" },
    /* either */
    { { .at = "01:30", .on = "mon 15" },
      "2020-06-08T02:00:00",
      "2020-06-15T01:30:00",
      "2020-06-22T01:30:00",
      "2020-06-08T01:30:00" },
    { { .at = "01:30", .on = "tue 15" },
      "2020-06-09T02:00:00",
      "2020-06-15T01:30:00",
      "2020-06-16T01:30:00",
      "2020-06-09T01:30:00" },
    /* every */
    { { .every = 15 * 60000 },
      "2020-06-01T00:00:00",
      "2020-06-01T00:15:00",
      "2020-06-01T00:30:00",
      "2020-06-01T00:00:00" },
    { { .every = 15 * 60000 },
      "2020-06-30T23:46:00",
      "2020-07-01T00:00:00",
      "2020-07-01T00:15:00",
      "2020-06-30T23:45:00" },
    { { .every = 7 * 3600000 },
      "2020-06-01T20:59:59",
      "2020-06-01T21:00:00",
      "2020-06-02T00:00:00",
      "2020-06-01T14:00:00" },
    { { .every = 86400000 },
      "2020-06-01T00:00:01",
      "2020-06-02T00:00:00",
      "2020-06-03T00:00:00",
      "2020-06-01T00:00:00" },
    { { .every = 12 * 3600000, .on = "mon" },
      "2020-06-01T12:00:00",
      "2020-06-08T00:00:00",
      "2020-06-08T12:00:00",
      "2020-06-01T12:00:00" },
    { { .every = 1000 },
      "2020-06-01T23:59:58.5",
      "2020-06-01T23:59:59",
      "2020-06-02T00:00:00",
      "2020-06-01T23:59:58" },
    /* zones: 01:30 in Delhi is 20:00 of the day before in UTC; days are the zone's own */
    { { .at = "20:00", .zone = "UTC" },
      "2020-06-01T01:30:00",
      "2020-06-02T01:30:00",
      "2020-06-03T01:30:00",
      "2020-06-01T01:30:00" },
    { { .at = "20:00", .zone = "UTC", .on = "mon" },
      "2020-06-01T12:00:00",
      "2020-06-02T01:30:00",
      "2020-06-09T01:30:00",
      "2020-05-26T01:30:00" },
    { { .at = "20:00", .zone = "UTC", .on = "last" },
      "2020-06-30T12:00:00",
      "2020-07-01T01:30:00",
      "2020-08-01T01:30:00",
      "2020-06-01T01:30:00" },
    { { .at = "00:00", .zone = "+05:30" },
      "2020-06-01T12:00:00",
      "2020-06-02T00:00:00",
      "2020-06-03T00:00:00",
      "2020-06-01T00:00:00" },
    { { .at = "00:00", .zone = "-08:00" },
      "2020-06-01T12:00:00",
      "2020-06-01T13:30:00",
      "2020-06-02T13:30:00",
      "2020-05-31T13:30:00" },
    /* before 1970 */
    { { .at = "01:30", .on = "wed" },
      "1969-12-31T02:00:00",
      "1970-01-07T01:30:00",
      "1970-01-14T01:30:00",
      "1969-12-31T01:30:00" },
};

static void
assert_same_instant(size_t row, const char *which, int64_t found, const char *expected)
{
    char text[CLOCK_TEXT];

    if (found == instant(expected))
        return;
    (void)clock_format("iso", 330, found, text, sizeof text);
    fail_msg("row %zu: %s is %s, not %s", row, which, text, expected);
}

static void
slots_follow_the_calendar(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct slots slots;
        const char *fault;
        int64_t next;

        if (!slots_read(mem, &rows[i].options, "Asia/Kolkata", &slots, &fault))
            fail_msg("row %zu: %s", i, fault);
        next = slots_next(&slots, instant(rows[i].after));
        assert_same_instant(i, "next", next, rows[i].next);
        assert_same_instant(i, "then", slots_next(&slots, next), rows[i].then);
        assert_same_instant(i, "last", slots_last(&slots, instant(rows[i].after)), rows[i].last);
    }
}

static void
next_and_last_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct slots slots;
        const char *fault;
        int64_t at = instant("2019-12-30T12:34:56.789");

        assert_true(slots_read(mem, &rows[i].options, "Asia/Kolkata", &slots, &fault));
        for (int n = 0; n < 500; n++) {
            int64_t next = slots_next(&slots, at);

            assert_true(next > at);
            assert_true(slots_last(&slots, next) == next);
            assert_true(slots_last(&slots, next - 1) <= at);
            assert_true(slots_next(&slots, next - 1) == next);
            at = next;
        }
    }
}

static void
faults_are_told(void **state)
{
    static const struct {
        struct job_options options;
        const char *part;
    } cases[] = {
        { { .on = "daily" }, "needs at = or every =" },
        { { .at = "01:30", .every = 60000 }, "both" },
        { { .at = "" }, "empty" },
        { { .at = " " }, "empty" },
        { { .at = "24:00" }, "\"24:00\"" },
        { { .at = "01:60" }, "\"01:60\"" },
        { { .at = "1:30" }, "\"1:30\"" },
        { { .at = "0130" }, "\"0130\"" },
        { { .at = "01:30:00" }, "\"01:30:00\"" },
        { { .at = "01.30" }, "\"01.30\"" },
        { { .at = "01:30 0a:30" }, "\"0a:30\"" },
        { { .at = "01:30 -1:30" }, "\"-1:30\"" },
        { { .at = "13:00 01:30 13:00" }, "twice" },
        { { .every = 999 }, "1s to 1d" },
        { { .every = 86400001 }, "1s to 1d" },
        { { .every = -1000 }, "1s to 1d" },
        { { .at = "01:30", .on = "" }, "empty" },
        { { .at = "01:30", .on = "monday" }, "\"monday\"" },
        { { .at = "01:30", .on = "0" }, "\"0\"" },
        { { .at = "01:30", .on = "32" }, "\"32\"" },
        { { .at = "01:30", .on = "-1" }, "\"-1\"" },
        { { .at = "01:30", .on = "1,15" }, "\"1,15\"" },
        { { .at = "01:30", .on = "daily mon" }, "other days" },
        { { .at = "01:30", .zone = "IST" }, "\"IST\"" },
    };
    char many[8 * 60] = "";

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct slots slots;
        const char *fault = NULL;

        assert_false(slots_read(mem, &cases[i].options, "Asia/Kolkata", &slots, &fault));
        if (!strstr(fault, cases[i].part))
            fail_msg("\"%s\" lacks \"%s\"", fault, cases[i].part);
    }
    for (int i = 0; i < 60; i++)
        (void)snprintf(many + 6 * i, sizeof many - 6 * (size_t)i, "00:%02d ", i);
    {
        struct job_options options = { .at = many };
        struct slots slots;
        const char *fault = NULL;

        assert_false(slots_read(mem, &options, "UTC", &slots, &fault));
        assert_non_null(strstr(fault, "more than 48"));
        options.at = "01:30";
        assert_false(slots_read(mem, &options, NULL, &slots, &fault));
        assert_false(slots_read(mem, &options, "Mars", &slots, &fault));
    }
}

static void
jobs_of_a_conf_are_checked(void **state)
{
    struct conf_job jobs[] = {
        { .name = "nightly", .options = { .run = "sync", .at = "01:30" }, .line = 3 },
        { .name = "wrong", .options = { .run = " ", .at = "25:00" }, .line = 8 },
        { .name = "loop", .options = { .run = "daemon", .every = 60000, .grace = -1 }, .line = 12 },
        { .name = "nightly", .options = { .run = "pull igrs", .every = 60000 }, .line = 16 },
    };
    struct conf conf = {
        .path = "bridge.conf",
        .bridge = { .zone = "UTC" },
        .jobs = jobs,
        .job_count = COUNT(jobs),
    };
    static const int lines[] = { 8, 8, 12, 12, 16 };

    (void)state;
    slots_check(&conf, &faults);
    assert_int_equal(faults.count, COUNT(lines));
    for (size_t i = 0; i < COUNT(lines); i++) {
        assert_string_equal(faults.items[i].path, "bridge.conf");
        assert_int_equal(faults.items[i].line, lines[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_follow_the_calendar),
        cmocka_unit_test(next_and_last_agree),
        cmocka_unit_test(faults_are_told),
        cmocka_unit_test(jobs_of_a_conf_are_checked),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
