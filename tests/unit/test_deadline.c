/*
 * sla.csv and holidays/: what is read, in the old form too, and which faults name file and line.
 */
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

#include "arena.h"
#include "core/schema.h"
#include "with_pg.h"
#include "with_staging.h"

#define OLD "system,ref_type,days,start_event,source\n"
#define NEW                                                                                        \
    "system,ref_type,valid_from,valid_to,days,count_by,start_event,stop_on,weekly_off,"            \
    "restart_on_transfer,source\n"
#define DAYS "unit,day,name_en,name_hi,source\n"

static void
put_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* What "schema apply" says of these two tables; err tells the fault. */
static enum verdict
apply(struct site *s, const char *rules, const char *days, struct error *err)
{
    static const struct unit root = { .code = "UP", .level = "STATE", .name_en = "UP" };
    struct units units = { .items = &root, .count = 1 };
    char folder[] = "/tmp/bridge-rules-XXXXXX";
    struct schema_state now;
    enum verdict v;

    assert_non_null(mkdtemp(folder));
    const char *sla = arena_format(s->mem, "%s/sla.csv", folder);
    const char *holidays = arena_format(s->mem, "%s/holidays", folder);
    const char *up = arena_format(s->mem, "%s/up.csv", holidays);

    assert_int_equal(mkdir(holidays, 0700), 0);
    put_file(sla, rules);
    put_file(up, days);
    v = schema_apply(s->pg, s->mem, "sql", folder, &units, &now, err);
    unlink(sla);
    unlink(up);
    rmdir(holidays);
    rmdir(folder);
    return v;
}

static void
both_forms_are_read(void **state)
{
    struct site *s = *state;
    struct error err = { .code = "" };

    if (apply(s, OLD "igrs,*,30,marked_at,old\n", DAYS "*,2024-08-15,Independence Day,,x\n", &err))
        fail_msg("%s", err.text);
    assert_string_equal(
        with_pg_text("SELECT concat_ws(' ', count_by, valid_from, valid_to, stop_on,"
                     " weekly_off, restart_on_transfer) FROM bridge.sla_rule"),
        "calendar -infinity infinity {} {sun} t");
    if (apply(s,
              NEW "igrs,*,,2023-12-31,30,,marked_at,,,,a\n"
                  "igrs,*,2024-01-01,,7,working,marked_at,INFO APPL,sun sat2,no,b\n"
                  "igrs,CM,,,3,months,received_at,,none,yes,c\n",
              DAYS "UP,2024-11-01,A day,एक दिन,x\n", &err))
        fail_msg("%s", err.text);
    assert_string_equal(
        with_pg_text("SELECT string_agg(concat_ws(' ', days, count_by, valid_from, stop_on, "
                     "weekly_off, restart_on_transfer), '; ' ORDER BY source) FROM "
                     "bridge.sla_rule"),
        "30 calendar -infinity {} {sun} t; 7 working 2024-01-01 {INFO,APPL} {sun,sat2} f; "
        "3 months -infinity {} {} t");
    assert_string_equal(with_pg_text("SELECT string_agg(concat_ws(' ', unit, day, name_hi), ';') "
                                     "FROM bridge.holiday"),
                        "UP 2024-11-01 एक दिन");
}

static void
faults_name_file_and_line(void **state)
{
    static const struct {
        const char *rules, *days, *says;
    } cases[] = {
        { NEW "igrs,*,,,0,,marked_at,,,,x\n", DAYS, "sla.csv:2: days must be" },
        { NEW "igrs,*,,,many,,marked_at,,,,x\n", DAYS, "sla.csv:2: days must be" },
        { NEW "igrs,*,,,121,months,marked_at,,,,x\n", DAYS, "sla.csv:2: more than 120 months" },
        { NEW "igrs,*,,,30,weeks,marked_at,,,,x\n", DAYS, "sla.csv:2: count_by must be" },
        { NEW "igrs,*,,,30,,due_at,,,,x\n", DAYS, "sla.csv:2: start_event must be" },
        { NEW "igrs,*,,,30,,marked_at,,,,\n", DAYS, "sla.csv:2: system, ref_type and source" },
        { NEW "igrs,*,2024-02-30,,30,,marked_at,,,,x\n", DAYS, "sla.csv:2: \"2024-02-30\" is not" },
        { NEW "igrs,*,2024-03-01,2024-02-01,30,,marked_at,,,,x\n", DAYS, "sla.csv:2: ends on" },
        { NEW "igrs,*,,,30,,marked_at,ASKED,,,x\n", DAYS, "sla.csv:2: stop_on: \"ASKED\"" },
        { NEW "igrs,*,,,30,,marked_at,,sat6,,x\n", DAYS, "sla.csv:2: weekly_off: \"sat6\"" },
        { NEW "igrs,*,,,30,,marked_at,,sun mon tue wed thu fri sat,,x\n", DAYS, "no day to work" },
        { NEW "igrs,*,,,30,,marked_at,,,maybe,x\n", DAYS, "sla.csv:2: restart_on_transfer" },
        { NEW "igrs,*,,,30,,marked_at,,,,x\nigrs,*,2024-01-01,,21,,marked_at,,,,y\n", DAYS,
          "sla.csv:3: the rule of line 2 for igrs * holds on the same days" },
        { OLD, DAYS "UP,15-08-2024,A day,,x\n", "holidays/up.csv:2: \"15-08-2024\" is not" },
        { OLD, DAYS "UP,2024-08-15,,,x\n", "holidays/up.csv:2: unit (or *), name_en" },
        { OLD, DAYS "UP,2024-08-15,A,,x\nUP,2024-08-15,B,,x\n", "holidays/up.csv:3: 2024-08-15" },
    };
    struct site *s = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = { .code = "" };

        assert_int_equal(apply(s, cases[i].rules, cases[i].days, &err), V_FATAL);
        if (!strstr(err.text, cases[i].says))
            fail_msg("%s: not %s", err.text, cases[i].says);
    }
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, site_begin, site_end)
    const struct CMUnitTest tests[] = { TEST(both_forms_are_read),
                                        TEST(faults_name_file_and_line) };

    return cmocka_run_group_tests(tests, site_group_begin, site_group_end);
}
