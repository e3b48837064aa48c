/* Instants, zones, and peers' forms of a time: what is read, what is refused, what is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/calendar.h"
#include "clock.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define IST      330

static void
instants_as_text(void **state)
{
    static const struct {
        int64_t at;
        const char *text;
    } cases[] = {
        { 0, "1970-01-01T00:00:00.000000Z" },
        { -1, "1969-12-31T23:59:59.999999Z" },
        { INT64_C(951782400) * SECOND_US, "2000-02-29T00:00:00.000000Z" },
        { INT64_C(1591041600) * SECOND_US + 5, "2020-06-01T20:00:00.000005Z" },
        { INT64_C(-2208988800) * SECOND_US, "1900-01-01T00:00:00.000000Z" },
        { INT64_C(4107542399) * SECOND_US, "2100-02-28T23:59:59.000000Z" },
        { INT64_C(4107542400) * SECOND_US, "2100-03-01T00:00:00.000000Z" },
        { INT64_C(253402300799) * SECOND_US + 999999, "9999-12-31T23:59:59.999999Z" },
    };
    char text[CLOCK_TEXT];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t at = 1;

        clock_text(cases[i].at, text);
        assert_string_equal(text, cases[i].text);
        assert_true(clock_from_text(text, strlen(text), &at));
        assert_true(at == cases[i].at);
    }
    /* Whatever the instant, the text ends within its bounds. */
    clock_text(INT64_MAX, text);
    assert_int_equal(text[CLOCK_TEXT - 1], '\0');
    clock_text(INT64_MIN, text);
    assert_int_equal(text[CLOCK_TEXT - 1], '\0');
}

static void
text_as_instants(void **state)
{
    static const struct {
        const char *text;
        int64_t micro; /* of 1970-01-01; -1: refused */
    } cases[] = {
        { "1970-01-01T00:00:00Z", 0 },        { "1970-01-01T00:00:01.5Z", 1500000 },
        { "1970-01-01T00:00:00.000001Z", 1 }, { "1970-01-01T00:00:00.12Z", 120000 },
        { "1970-01-01T00:00:00.Z", -1 },      { "1970-01-01T00:00:00.0000001Z", -1 },
        { "1970-01-01T00:00:00", -1 },        { "1970-01-01T00:00:00z", -1 },
        { "1970-01-01t00:00:00Z", -1 },       { "1970-01-01 00:00:00Z", -1 },
        { "1970-01-01T00:00:00+00:00", -1 },  { "1970-1-01T00:00:000Z", -1 },
        { "1970-02-30T00:00:00Z", -1 },       { "1970-01-01T24:00:00Z", -1 },
        { "1970-01-01T00:60:00Z", -1 },       { "1970-01-01T00:00:60Z", -1 },
        { "0000-01-01T00:00:00Z", -1 },       { "1970-01-01T00:00:00Zx", -1 },
        { " 1970-01-01T00:00:00Z", -1 },      { "+970-01-01T00:00:00Z", -1 },
        { "1970-01-01T00:00:0 Z", -1 },       { "", -1 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t at = 0;
        bool good = clock_from_text(cases[i].text, strlen(cases[i].text), &at);

        assert_int_equal(good, cases[i].micro >= 0);
        if (good)
            assert_true(at == cases[i].micro);
    }
    assert_false(clock_from_text(NULL, 0, &(int64_t){ 0 }));
}

static void
every_day_of_400_years(void **state)
{
    int64_t days = calendar_days(1900, 1, 1);
    int week_day = 0; /* 1900-01-01 was a Monday */

    (void)state;
    assert_int_equal(days, -25567);
    for (int year = 1900; year < 2300; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; day <= calendar_month_days(year, month); day++) {
                struct civil c;

                assert_int_equal(calendar_days(year, month, day), days);
                assert_int_equal(calendar_week_day(days), week_day);
                calendar_split(days * DAY_US + DAY_US - 1, &c);
                if (c.year != year || c.month != month || c.day != day || c.hour != 23 ||
                    c.micro != 999999)
                    fail_msg("%d-%d-%d", year, month, day);
                days++;
                week_day = (week_day + 1) % 7;
            }
        }
    }
}

static void
zones(void **state)
{
    static const struct {
        const char *zone;
        int minutes; /* 9999: refused */
    } cases[] = {
        { "UTC", 0 },
        { "Asia/Kolkata", 330 },
        { "+05:30", 330 },
        { "-03:00", -180 },
        { "+00:00", 0 },
        { "+14:00", 840 },
        { "+14:01", 9999 },
        { "-15:00", 9999 },
        { "+05:60", 9999 },
        { "+5:30", 9999 },
        { "05:30", 9999 },
        { "+0530", 9999 },
        { "+05:3", 9999 },
        { "+05:300", 9999 },
        { "IST", 9999 },
        { "utc", 9999 },
        { "Z", 9999 },
        { "", 9999 },
        { "Asia/Calcutta", 9999 },
        { "Europe/London", 9999 },
        { "+ 5:30", 9999 },
        { NULL, 9999 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int minutes = 1;

        assert_int_equal(clock_zone(cases[i].zone, &minutes), cases[i].minutes != 9999);
        if (cases[i].minutes != 9999)
            assert_int_equal(minutes, cases[i].minutes);
    }
}

static const struct {
    const char *format, *text, *utc; /* utc NULL: refused */
} readings[] = {
    { "%d/%m/%Y %H:%M:%S", "01/06/2020 01:30:00", "2020-05-31T20:00:00.000000Z" },
    { "%d/%m/%Y %H:%M", "01/06/2020 05:30", "2020-06-01T00:00:00.000000Z" },
    { "%d/%m/%Y", "01/06/2020", "2020-05-31T18:30:00.000000Z" },
    { "%Y%m%d%H%M%S", "20200601013000", "2020-05-31T20:00:00.000000Z" },
    { "%Y%m%d%H%M%S", "2020060101300", NULL },
    { "%Y%m%d%H%M%S", "202006010130000", NULL },
    { "%d-%b-%Y %H:%M", "29-Feb-2020 12:00", "2020-02-29T06:30:00.000000Z" },
    { "%d-%b-%Y", "01-JUN-2020", "2020-05-31T18:30:00.000000Z" },
    { "%d-%b-%Y", "01-jun-2020", "2020-05-31T18:30:00.000000Z" },
    { "%d-%b-%Y", "01-June-2020", NULL },
    { "%d-%b-%Y", "01-Juu-2020", NULL },
    { "%d-%b-%Y", "01-Ju", NULL },
    { "%d/%m/%Y %I:%M %p", "01/06/2020 12:00 AM", "2020-05-31T18:30:00.000000Z" },
    { "%d/%m/%Y %I:%M %p", "01/06/2020 12:00 PM", "2020-06-01T06:30:00.000000Z" },
    { "%d/%m/%Y %I:%M %p", "01/06/2020 11:59 pm", "2020-06-01T18:29:00.000000Z" },
    { "%d/%m/%Y %I:%M %p", "01/06/2020 00:10 AM", NULL },
    { "%d/%m/%Y %I:%M %p", "01/06/2020 13:10 PM", NULL },
    { "%d/%m/%Y %I:%M %p", "01/06/2020 11:10 XM", NULL },
    { "%d/%m/%Y %I:%M %p", "01/06/2020 11:10 P", NULL },
    /* real dates only */
    { "%d/%m/%Y", "31/02/2020", NULL },
    { "%d/%m/%Y", "29/02/2019", NULL },
    { "%d/%m/%Y", "29/02/2100", NULL },
    { "%d/%m/%Y", "29/02/2000", "2000-02-28T18:30:00.000000Z" },
    { "%d/%m/%Y", "31/04/2020", NULL },
    { "%d/%m/%Y", "00/06/2020", NULL },
    { "%d/%m/%Y", "01/00/2020", NULL },
    { "%d/%m/%Y", "01/13/2020", NULL },
    { "%d/%m/%Y", "06/15/2020", NULL },
    { "%d/%m/%Y %H:%M", "01/06/2020 24:00", NULL },
    { "%d/%m/%Y %H:%M", "01/06/2020 23:60", NULL },
    { "%d/%m/%Y %H:%M:%S", "01/06/2020 23:59:60", NULL },
    /* the whole text, two digits each */
    { "%d/%m/%Y", "1/6/2020", NULL },
    { "%d/%m/%Y", "01/06/20", NULL },
    { "%d/%m/%Y", "01/06/2020 ", NULL },
    { "%d/%m/%Y", " 01/06/2020", NULL },
    { "%d/%m/%Y", "01-06-2020", NULL },
    { "%d/%m/%Y", "01/06/2020 00:00", NULL },
    { "%d/%m/%Y %H:%M", "01/06/2020", NULL },
    { "%d/%m/%Y", "+1/06/2020", NULL },
    { "%d/%m/%Y", " 1/06/2020", NULL },
    { "%d/%m/%Y", "0x/06/2020", NULL },
    { "%d/%m/%Y", "", NULL },
    { "%d/%m/%Y", "०१/०६/२०२०", NULL },
    { "%d/%m/%Y", "00/00/0000", NULL },
    /* years 1900 to 2200 */
    { "%d/%m/%Y", "01/01/1900", "1899-12-31T18:30:00.000000Z" },
    { "%d/%m/%Y", "31/12/1899", NULL },
    { "%d/%m/%Y", "31/12/2200", "2200-12-30T18:30:00.000000Z" },
    { "%d/%m/%Y", "01/01/2201", NULL },
    { "%d/%m/%Y", "01/06/0202", NULL },
    /* fractions */
    { "%Y-%m-%d %H:%M:%S.%f", "2020-06-01 05:30:00.5", "2020-06-01T00:00:00.500000Z" },
    { "%Y-%m-%d %H:%M:%S.%f", "2020-06-01 05:30:00.123456", "2020-06-01T00:00:00.123456Z" },
    { "%Y-%m-%d %H:%M:%S.%f", "2020-06-01 05:30:00", "2020-06-01T00:00:00.000000Z" },
    { "%Y-%m-%d %H:%M:%S.%f", "2020-06-01 05:30:00.", NULL },
    { "%Y-%m-%d %H:%M:%S.%f", "2020-06-01 05:30:00.1234567", NULL },
    { "%Y-%m-%d %H:%M:%S.%f%z", "2020-06-01 05:30:00Z", "2020-06-01T05:30:00.000000Z" },
    { "%Y%m%d%H%M%S%f", "20200601053000", "2020-06-01T00:00:00.000000Z" },
    { "%Y%m%d%H%M%S%f", "20200601053000007", "2020-06-01T00:00:00.007000Z" },
    /* an offset in the text rules */
    { "%Y-%m-%dT%H:%M:%S%z", "2020-06-01T00:00:00Z", "2020-06-01T00:00:00.000000Z" },
    { "%Y-%m-%dT%H:%M:%S%z", "2020-06-01T00:00:00+05:30", "2020-05-31T18:30:00.000000Z" },
    { "%Y-%m-%dT%H:%M:%S%z", "2020-06-01T00:00:00+0530", "2020-05-31T18:30:00.000000Z" },
    { "%Y-%m-%dT%H:%M:%S%z", "2020-06-01T00:00:00-08:00", "2020-06-01T08:00:00.000000Z" },
    { "%Y-%m-%dT%H:%M:%S%z", "2020-06-01T00:00:00", NULL },
    { "%Y-%m-%dT%H:%M:%S%z", "2020-06-01T00:00:00+05", NULL },
    { "%Y-%m-%dT%H:%M:%S%z", "2020-06-01T00:00:00+05:60", NULL },
    { "%Y-%m-%dT%H:%M:%S%z", "2020-06-01T00:00:00+15:00", NULL },
    { "%Y-%m-%dT%H:%M:%S%z", "2020-06-01T00:00:00IST", NULL },
    { "%d/%m/%Y at %%%H:%M", "01/06/2020 at %05:30", "2020-06-01T00:00:00.000000Z" },
    /* RFC 3339 */
    { "iso", "2020-06-01T05:30:00", "2020-06-01T00:00:00.000000Z" },
    { "iso", "2020-06-01 05:30:00", "2020-06-01T00:00:00.000000Z" },
    { "iso", "2020-06-01t05:30:00z", "2020-06-01T05:30:00.000000Z" },
    { "iso", "2020-06-01T05:30:00.25Z", "2020-06-01T05:30:00.250000Z" },
    { "iso", "2020-06-01T05:30:00.1234567+05:30", "2020-06-01T00:00:00.123456Z" },
    { "iso", "2020-06-01T05:30:00.9999999Z", "2020-06-01T05:30:00.999999Z" },
    { "iso", "2020-06-01T05:30:00-00:00", "2020-06-01T05:30:00.000000Z" },
    { "iso", "2020-06-01", "2020-05-31T18:30:00.000000Z" },
    { "iso", "2020-06-01T05:30:00+0530", NULL },
    { "iso", "2020-06-01T05:30", NULL },
    { "iso", "2020-06-01T05", NULL },
    { "iso", "2020-06-01T", NULL },
    { "iso", "2020-06-01Z", NULL },
    { "iso", "2020-06-01T05:30:00.", NULL },
    { "iso", "2020-06-01T05:30:00.Z", NULL },
    { "iso", "2020-06-01T05:30:00.5555555555555Z", NULL },
    { "iso", "2020-06-01T05:30:00 Z", NULL },
    { "iso", "2020-06-01T05:30:00ZZ", NULL },
    { "iso", "2020-06-01T05:30:60Z", NULL },
    { "iso", "2020-02-30T05:30:00Z", NULL },
    { "iso", "20200601T053000Z", NULL },
    { "iso", "2020-W23-1", NULL },
    { "iso", "0001-01-01T00:00:00", NULL }, /* .NET's DateTime.MinValue */
    { "iso", "", NULL },
    /* a format that is not good reads nothing */
    { "%d/%m/%y", "01/06/20", NULL },
};

static void
peers_times_are_read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(readings); i++) {
        int64_t at = 0;
        char text[CLOCK_TEXT];
        bool good =
            clock_parse(readings[i].format, IST, readings[i].text, strlen(readings[i].text), &at);

        if (good != (readings[i].utc != NULL))
            fail_msg("row %zu: %s", i, readings[i].text);
        if (!good)
            continue;
        clock_text(at, text);
        assert_string_equal(text, readings[i].utc);
    }
    assert_false(clock_parse("iso", 0, NULL, 0, &(int64_t){ 0 }));
    /* Never reads beyond len. */
    assert_true(clock_parse("%d/%m/%Y", 0, "01/06/2020x", 10, &(int64_t){ 0 }));
    assert_true(clock_parse("iso", 0, "2020-06-01T00:00:00Zx", 20, &(int64_t){ 0 }));
}

static void
every_cut_of_a_good_time_is_refused(void **state)
{
    static const struct {
        const char *format, *text;
    } cases[] = {
        { "%d/%m/%Y %H:%M:%S", "01/06/2020 01:30:00" },
        { "%d-%b-%Y %I:%M:%S %p", "01-Jun-2020 01:30:00 PM" },
        { "%Y-%m-%dT%H:%M:%S%z", "2020-06-01T00:00:00+05:30" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t len = strlen(cases[i].text);
        int64_t at;

        assert_true(clock_parse(cases[i].format, 0, cases[i].text, len, &at));
        for (size_t cut = 0; cut < len; cut++) {
            char *copy = malloc(cut ? cut : 1); /* so that a sanitizer sees any byte too many */

            memcpy(copy, cases[i].text, cut);
            assert_false(clock_parse(cases[i].format, 0, copy, cut, &at));
            free(copy);
        }
    }
}

static void
peers_times_are_written_rounded_down(void **state)
{
    static const struct {
        const char *format;
        int zone;
        const char *utc, *text;
    } cases[] = {
        { "%d/%m/%Y %H:%M:%S", IST, "2020-05-31T20:00:00.999999Z", "01/06/2020 01:30:00" },
        { "%d/%m/%Y %H:%M", IST, "2020-05-31T20:00:59.999999Z", "01/06/2020 01:30" },
        { "%d/%m/%Y", IST, "2020-06-01T18:29:59.999999Z", "01/06/2020" },
        { "%d/%m/%Y", IST, "2020-06-01T18:30:00Z", "02/06/2020" },
        { "%Y-%m-%d %H:%M:%S.%f", 0, "2020-06-01T00:00:00.000007Z", "2020-06-01 00:00:00.000007" },
        { "%d-%b-%Y %I:%M %p", IST, "2020-02-28T18:30:00Z", "29-Feb-2020 12:00 AM" },
        { "%d-%b-%Y %I:%M %p", IST, "2020-02-29T06:30:00Z", "29-Feb-2020 12:00 PM" },
        { "%d-%b-%Y %I:%M %p", 0, "2020-12-31T23:59:59Z", "31-Dec-2020 11:59 PM" },
        { "%Y-%m-%dT%H:%M:%S%z", IST, "2020-06-01T00:00:00Z", "2020-06-01T05:30:00+05:30" },
        { "%Y-%m-%dT%H:%M:%S%z", 0, "2020-06-01T00:00:00Z", "2020-06-01T00:00:00Z" },
        { "%Y-%m-%dT%H:%M:%S%z", -210, "2020-06-01T00:00:00Z", "2020-05-31T20:30:00-03:30" },
        { "iso", IST, "2020-06-01T00:00:00Z", "2020-06-01T05:30:00+05:30" },
        { "iso", 0, "2020-06-01T00:00:00.5Z", "2020-06-01T00:00:00.500000Z" },
        { "%d/%m/%Y at %%%H:%M", 0, "2020-06-01T00:00:00Z", "01/06/2020 at %00:00" },
        { "%d/%m/%Y", 0, "1899-12-31T23:59:59.999999Z", "31/12/1899" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t at;
        char out[64];
        size_t len = strlen(cases[i].text);

        assert_true(clock_from_text(cases[i].utc, strlen(cases[i].utc), &at));
        assert_int_equal(clock_format(cases[i].format, cases[i].zone, at, out, sizeof out), len);
        assert_string_equal(out, cases[i].text);
        assert_int_equal(clock_format(cases[i].format, cases[i].zone, at, out, len + 1), len);
        for (size_t room = 0; room <= len; room++)
            assert_int_equal(clock_format(cases[i].format, cases[i].zone, at, out, room), 0);
    }
    assert_int_equal(clock_format("%y", 0, 0, (char[8]){ 0 }, 8), 0);
    assert_int_equal(clock_format("iso", 0, INT64_MAX, (char[64]){ 0 }, 64), 0);
}

static void
what_is_written_reads_back(void **state)
{
    static const char *const formats[] = {
        "iso",
        "%Y-%m-%dT%H:%M:%S.%f%z",
        "%d/%m/%Y %H:%M:%S.%f",
        "%b %d %Y %I:%M:%S%f %p",
    };
    int64_t at = INT64_C(-2208988800) * SECOND_US + DAY_US;

    (void)state;
    for (int n = 0; n < 5000; n++, at += INT64_C(1886400123457)) {
        for (size_t i = 0; i < COUNT(formats); i++) {
            char out[64];
            size_t len = clock_format(formats[i], IST, at, out, sizeof out);
            int64_t back = 0;

            assert_true(len > 0);
            assert_true(clock_parse(formats[i], IST, out, len, &back));
            assert_true(back == at);
        }
    }
}

static void
bad_formats_are_told(void **state)
{
    static const char *const good[] = {
        "iso",           "%d/%m/%Y",    "%Y%m%d", "%d-%b-%Y %I:%M %p", "%d/%m/%Y %H:%M:%S.%f%z",
        "%d.%m.%Y %H%%", "%d/%m/%Y %H",
    };
    static const char *const bad[] = {
        "",
        "x",
        "%",
        "%d/%m/%Y %",
        "%d/%m/%y",
        "%d/%m",
        "%Y-%m",
        "%d/%Y",
        "%H:%M",
        "%d/%m/%Y %Q",
        "%d/%d/%m/%Y",
        "%d/%m/%b/%Y",
        "%d/%m/%Y %H %I %p",
        "%d/%m/%Y %I:%M",
        "%d/%m/%Y %H:%M %p",
        "%d/%m/%Y %M",
        "%d/%m/%Y %H:%S",
        "%d/%m/%Y %H:%M.%f",
        "ISO",
        "%d/%m/%Y %s",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_null(clock_format_fault(good[i]));
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_non_null(clock_format_fault(bad[i]));
        assert_false(clock_parse(bad[i], 0, bad[i], strlen(bad[i]), &(int64_t){ 0 }));
    }
}

static void
write_clock(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void
the_clock_can_be_set(void **state)
{
    char path[] = "/tmp/test_clock_XXXXXX", option[64];
    struct error err;
    int64_t at, started;
    int file;

    (void)state;
    assert_int_equal(unsetenv("BRIDGE_NOW"), 0);
    assert_int_equal(clock_begin(&err), V_OK);
    assert_false(clock_is_set());
    assert_true(clock_now() > INT64_C(1600000000) * SECOND_US);

    assert_int_equal(setenv("BRIDGE_NOW", "2020-06-01T20:00:00Z", 1), 0);
    assert_int_equal(clock_begin(&err), V_OK);
    assert_true(clock_is_set());
    started = INT64_C(1591041600) * SECOND_US;
    at = clock_now();
    assert_true(at >= started && at < started + 60 * SECOND_US);
    for (int64_t tick = clock_tick(); clock_tick() < tick + 3;)
        ;
    assert_true(clock_now() > at);

    file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(close(file), 0);
    (void)snprintf(option, sizeof option, "@%s", path);
    assert_int_equal(setenv("BRIDGE_NOW", option, 1), 0);
    assert_int_equal(clock_begin(&err), V_FATAL);
    assert_string_equal(err.code, "clock.set");
    write_clock(path, "2020-06-02T01:30:00+05:30\nnot read\n");
    assert_int_equal(clock_begin(&err), V_OK);
    assert_true(clock_is_set());
    assert_true(clock_now() == started);
    assert_true(clock_now() == started);
    write_clock(path, "2020-06-01T20:00:01Z\n");
    assert_true(clock_now() == started + SECOND_US);
    write_clock(path, "2020-06-0");
    assert_true(clock_now() == started + SECOND_US);
    assert_int_equal(unlink(path), 0);
    assert_true(clock_now() == started + SECOND_US);

    assert_int_equal(setenv("BRIDGE_NOW", "yesterday", 1), 0);
    assert_int_equal(clock_begin(&err), V_FATAL);
    assert_string_equal(err.code, "clock.set");
    assert_int_equal(unsetenv("BRIDGE_NOW"), 0);
    assert_int_equal(clock_begin(&err), V_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instants_as_text),
        cmocka_unit_test(text_as_instants),
        cmocka_unit_test(every_day_of_400_years),
        cmocka_unit_test(zones),
        cmocka_unit_test(peers_times_are_read_strictly),
        cmocka_unit_test(every_cut_of_a_good_time_is_refused),
        cmocka_unit_test(peers_times_are_written_rounded_down),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(bad_formats_are_told),
        cmocka_unit_test(the_clock_can_be_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
