/*
 * Staging on a real PostgreSQL: what a page does to the tables, the books, and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "core/ask.h"
#include "core/books.h"
#include "core/staging_parts.h"
#include "with_pg.h"
#include "with_staging.h"

#define T(hour)           "2020-06-01T" hour ":00:00.000000Z"
#define WHAT_A_RUN_WRITES "run ledger movement ledger_link ledger_head"

/* ---- the COPY ---- */

static void
columns_follow_the_dictionary(void **state)
{
    static const char *const tables[] = { "complaint", "action", "attachment", "feedback" };
    struct site *s = *state;

    for (size_t t = 0; t < 4; t++) {
        const struct dict_stream *dict = dict_stream_find(&site_dict, tables[t]);
        const char *text = NULL, *at;
        char head[64];
        size_t len = 0;
        FILE *file = fopen("sql/queries/stage.sql", "rb");
        char *all = arena_alloc(s->mem, 1 << 20);

        assert_non_null(file);
        len = fread(all, 1, (1 << 20) - 1, file);
        fclose(file);
        assert_true(len > 1000);
        snprintf(head, sizeof head, "COPY pg_temp.batch_%s (", tables[t]);
        text = strstr(all, head);
        assert_non_null(text);
        at = text + strlen(head);
        for (size_t f = 0; f < dict->count; f++) {
            size_t n = strlen(dict->fields[f].name);

            at += strspn(at, " \n,");
            if (strncmp(at, dict->fields[f].name, n) != 0 || at[n] != ',')
                fail_msg("COPY of %s: column %zu is not %s", tables[t], f, dict->fields[f].name);
            at += n;
        }
        assert_null(strpbrk(all, "\r"));
    }
}

static void
values_arrive_whole(void **state)
{
    struct site *s = *state;
    struct record *r = site_complaint(s, "10", "FWDD", "2020-06-01T05:00:00.123456Z");
    const struct dict_stream *dict = dict_stream_find(&site_dict, "complaint");
    static char body[60001];

    memset(body, 'x', 60000);
    memcpy(body, "\xF0\x9F\x9A\xA8 \u0915\u093C", 11);
    r->fields[dict_slot(dict, "body")] = (struct field){ body, 60000 };
    r->fields[dict_slot(dict, "age")] = (struct field){ "41", 2 };
    r->fields[dict_slot(dict, "email")] = (struct field){ "", 0 };
    r->raw = "<a>\0</a>";
    r->raw_len = 8;
    site_page(s, site_portal, "list", r, NULL);
    assert_string_equal(with_pg_text("SELECT octet_length(body) || ' ' || age || ' ' || email || "
                                     "'|' || (mobile IS NULL) || ' ' || subject || ' ' || "
                                     "to_char(marked_at AT TIME ZONE 'UTC', 'HH24:MI') "
                                     "FROM bridge.complaint"),
                        "60000 41 |true नहर का विवाद 04:00");
    assert_string_equal(with_pg_text("SELECT encode(body, 'hex') FROM bridge.arrival"),
                        "3c613e003c2f613e");
    assert_string_equal(with_pg_text("SELECT as_received->>'changed_at' FROM bridge.source_record"),
                        "2020-06-01T05:00:00.123456Z");
    assert_string_equal(with_pg_text("SELECT to_char(changed_at AT TIME ZONE 'UTC', 'US') FROM "
                                     "bridge.source_record"),
                        "123456");
}

/* ---- one system ---- */

static void
the_same_again_writes_nothing(void **state)
{
    struct site *s = *state;
    char before[64];

    for (int i = 0; i < 3; i++) {
        struct record *one = site_complaint(s, "1", "FWDD", T("05"));

        site_nest(one, site_record(s, site_portal, "action", "key", "1", "at", T("05"), "action",
                                   "FWDD", NULL));
        site_nest(one, site_record(s, site_portal, "feedback", "key", "1", "at", T("06"),
                                   "satisfied", "Y", NULL));
        site_nest(one,
                  site_record(s, site_portal, "attachment", "key", "1", "name", "a.pdf", NULL));
        site_page(s, site_portal, "list", one, site_complaint(s, "2", "FWDD", T("05")), NULL);
        assert_int_equal(s->tally.offered, 2);
        assert_int_equal(s->tally.applied, i == 0 ? 2 : 0);
        assert_int_equal(s->tally.unchanged, i == 0 ? 0 : 2);
        assert_int_equal(site_equation(s, "igrs", "feedback")->applied, i == 0);
        assert_int_equal(site_equation(s, "igrs", "attachment")->unchanged, i != 0);
        if (i == 0)
            snprintf(before, sizeof before, "%s", site_print(WHAT_A_RUN_WRITES));
        else
            assert_string_equal(site_print(WHAT_A_RUN_WRITES), before);
        site_sound_books(s);
        site_next_run(s);
    }
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.arrival"), 2);
    assert_int_equal(with_pg_number("SELECT version FROM bridge.complaint WHERE number = '1'"), 1);
    assert_string_equal(with_pg_text("SELECT satisfied FROM bridge.complaint WHERE number = '1'"),
                        "Y");
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.complaint_version"), 0);
}

static void
a_change_keeps_what_was(void **state)
{
    struct site *s = *state;
    struct record *r;

    site_page(s, site_portal, "list", site_complaint(s, "1", "FWDD", T("05")), NULL);
    r = site_complaint(s, "1", "FWDD", T("07"));
    r->fields[dict_slot(dict_stream_find(&site_dict, "complaint"), "subject")] =
        (struct field){ "other", 5 };
    site_page(s, site_portal, "list", r, NULL);
    assert_int_equal(s->tally.applied, 1);
    assert_string_equal(with_pg_text("SELECT c.version || ' ' || c.subject || ' ' || "
                                     "(v.was->>'subject') FROM bridge.complaint c JOIN "
                                     "bridge.complaint_version v USING (bridge_id)"),
                        "2 other नहर का विवाद");
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.arrival"), 2);
    site_sound_books(s);
}

/* The unit that a transfer went to and its number there; told later, they make a new version. */
static void
a_transfer_is_merged(void **state)
{
    struct site *s = *state;
    const char *q = "SELECT version || ' ' || coalesce(to_unit, '-') || ' ' || "
                    "coalesce(to_number, '-') || ' ' || office FROM bridge.action";

    site_page(s, site_portal, "list", site_complaint(s, "1", "FWDD", T("05")), NULL);
    site_page(s, site_portal, "actions",
              site_record(s, site_portal, "action", "key", "1", "number", "1", "at", T("06"),
                          "changed_at", T("06"), "action", "TRNO", "office", "o", NULL),
              NULL);
    assert_string_equal(with_pg_text(q), "1 - - o");
    site_page(s, site_portal, "actions",
              site_record(s, site_portal, "action", "key", "1", "number", "1", "at", T("06"),
                          "changed_at", T("07"), "action", "TRNO", "office", "o", "to_unit",
                          "UP-141", "to_number", "N-7/1", NULL),
              NULL);
    assert_string_equal(with_pg_text(q), "2 UP-141 N-7/1 o");
    site_sound_books(s);
}

static void
an_older_page_does_not_go_back(void **state)
{
    struct site *s = *state;
    struct record *newer = site_complaint(s, "1", "ENQR", T("09"));
    struct record *older = site_complaint(s, "1", "FWDD", T("05"));

    site_nest(newer, site_record(s, site_portal, "feedback", "key", "1", "at", T("08"), "satisfied",
                                 "N", NULL));
    site_nest(older, site_record(s, site_portal, "feedback", "key", "1", "at", T("08"), "satisfied",
                                 "Y", NULL));
    site_nest(older, site_record(s, site_portal, "action", "key", "1", "at", T("05"), "action",
                                 "RECV", NULL));
    site_page(s, site_portal, "list", newer, NULL);
    site_page(s, site_portal, "list", older, NULL);
    assert_int_equal(s->tally.out_of_window, 1);
    assert_string_equal(with_pg_text("SELECT status || satisfied FROM bridge.complaint"), "ENQRN");
    assert_int_equal(site_equation(s, "igrs", "feedback")->out_of_window, 1);
    assert_int_equal(site_equation(s, "igrs", "action")->applied, 1); /* a fact that was missed */
    site_sound_books(s);
}

static void
a_touch_moves_the_time_on(void **state)
{
    struct site *s = *state;

    site_page(s, site_portal, "list", site_complaint(s, "1", "FWDD", T("05")), NULL);
    site_page(s, site_portal, "list", site_complaint(s, "1", "FWDD", T("09")), NULL);
    assert_int_equal(s->tally.unchanged, 1);
    site_page(s, site_portal, "list", site_complaint(s, "1", "RECV", T("07")), NULL);
    assert_int_equal(s->tally.out_of_window, 1);
    assert_string_equal(with_pg_text("SELECT status FROM bridge.complaint"), "FWDD");
}

static void
twice_in_a_page_counts_once(void **state)
{
    struct site *s = *state;

    site_page(s, site_portal, "list", site_complaint(s, "1", "ENQR", T("09")),
              site_complaint(s, "1", "FWDD", T("05")), site_complaint(s, "2", "FWDD", T("05")),
              site_complaint(s, "2", "FWDD", T("05")), NULL);
    assert_int_equal(s->tally.applied, 2);
    assert_int_equal(s->tally.duplicate, 2);
    assert_string_equal(with_pg_text("SELECT status FROM bridge.complaint WHERE number = '1'"),
                        "ENQR");
    site_sound_books(s);
}

static void
a_due_day_follows_the_rule(void **state)
{
    struct site *s = *state;

    site_page(s, site_portal, "list", site_complaint(s, "1", "FWDD", T("05")),
              site_record(s, site_portal, "complaint", "number", "2", "status", "FWDD", "marked_at",
                          T("04"), "due_at", "2020-06-05T04:00:00.000000Z", NULL),
              NULL);
    assert_string_equal(with_pg_text("SELECT string_agg(to_char(due_at, 'DD.MM'), ' ' ORDER BY "
                                     "number) FROM bridge.complaint"),
                        "01.07 05.06");
    with_pg_do("UPDATE bridge.sla_rule SET days = 60 WHERE system = 'igrs'");
    with_pg_do("INSERT INTO bridge.sla_rule VALUES ('igrs', 'CM', 10, 'marked_at', 'test')");
    site_page(s, site_portal, "list", site_complaint(s, "3", "FWDD", T("05")), NULL);
    assert_string_equal(with_pg_text("SELECT to_char(due_at, 'DD.MM') FROM bridge.complaint "
                                     "WHERE number = '3'"),
                        "11.06");
}

/* ---- what is held ---- */

static void
poison_is_held_alone(void **state)
{
    static const struct {
        const char *field, *value, *reason;
    } cases[] = {
        { "age", "151", "stage.range" },         { "age", "-1", "stage.range" },
        { "age", "99999999999", "stage.range" }, { "priority", "0", "stage.range" },
        { "status", "", "stage.required" },      { "number", "", "stage.required" },
    };
    const struct dict_stream *dict = dict_stream_find(&site_dict, "complaint");
    struct site *s = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char number[8], sql[128];
        struct record *bad, *good;

        snprintf(number, sizeof number, "%zu", i);
        bad = site_complaint(s, arena_format(s->mem, "b%zu", i), "FWDD", T("05"));
        bad->fields[dict_slot(dict, cases[i].field)] =
            (struct field){ cases[i].value, strlen(cases[i].value) };
        good = site_complaint(s, arena_copy(s->mem, number), "FWDD", T("05"));
        site_page(s, site_portal, "list", bad, good, NULL);
        assert_int_equal(s->tally.applied, 1);
        assert_int_equal(s->tally.set_aside, 1);
        snprintf(sql, sizeof sql,
                 "SELECT reason || ' ' || field FROM bridge.held ORDER BY held_id "
                 "DESC LIMIT 1");
        assert_string_equal(with_pg_text(sql),
                            arena_format(s->mem, "%s %s", cases[i].reason, cases[i].field));
    }
    site_sound_books(s);
}

static void
held_once_settled_by_itself_or_dropped(void **state)
{
    const struct mapper mapper = { .map = site_portal };
    const struct map_call *call = mapping_call(site_portal, "list");
    struct site *s = *state;
    struct record *bad = site_complaint(s, "1", "FWDD", T("05"));
    struct error why = {
        .code = "map.code", .text = "unknown code", .field = "category", .where = "g:Category"
    };
    struct error err = { .code = "" };
    struct pg_rows rows;

    bad->raw = "<bad/>";
    bad->raw_len = 6;
    bad->ordinal = 7;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(staging_begin(s->staging, &mapper, call, &err), V_OK);
        assert_int_equal(staging_set_aside(s->staging, s->mem, bad, &why, &err), V_OK);
        assert_int_equal(staging_set_aside(s->staging, s->mem, bad, &why, &err), V_OK);
        if (staging_commit(s->staging, s->mem, T("05"), "1", &s->tally, &err))
            fail_msg("%s %s", err.code, err.text);
        assert_int_equal(s->tally.set_aside, 2);
    }
    assert_string_equal(with_pg_text("SELECT concat_ws(' ', key, kind, reason, field, place, "
                                     "times, encode(body, 'escape')) FROM bridge.held"),
                        "1 set_aside map.code category record 7: g:Category 6 <bad/>");
    assert_int_equal(ask_held_list(s->pg, s->mem, "igrs", NULL, 0, 10, &rows, &err), V_OK);
    assert_int_equal(rows.count, 1);
    site_page(s, site_portal, "list", site_complaint(s, "1", "FWDD", T("06")), NULL);
    assert_string_equal(with_pg_text("SELECT state FROM bridge.held"), "settled");
    assert_int_equal(ask_held_drop(s->pg, s->mem, 1, "me", "why", &err), V_REJECT);
    assert_string_equal(err.code, "held.ended");
    assert_int_equal(ask_held_drop(s->pg, s->mem, 99, "me", "why", &err), V_REJECT);
    assert_string_equal(err.code, "held.unknown");

    bad->raw = "<worse/>";
    bad->raw_len = 8;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(staging_begin(s->staging, &mapper, call, &err), V_OK);
        assert_int_equal(staging_set_aside(s->staging, s->mem, bad, &why, &err), V_OK);
        assert_int_equal(staging_commit(s->staging, s->mem, NULL, NULL, &s->tally, &err), V_OK);
        if (i == 0) {
            char id[32];

            snprintf(id, sizeof id, "%s",
                     with_pg_text("SELECT held_id FROM bridge.held WHERE state = 'open'"));
            assert_int_equal(ask_held_drop(s->pg, s->mem, strtol(id, NULL, 10), "me", "why", &err),
                             V_OK);
        }
    }
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.held WHERE state = 'open'"), 0);
    site_sound_books(s);
}

static void
a_page_is_held_whole(void **state)
{
    const struct mapper mapper = { .map = site_portal };
    const struct map_call *call = mapping_call(site_portal, "list");
    struct site *s = *state;
    struct error why = { .code = "http.html", .text = "the answer is a page for people" };
    struct error err = { .code = "" };

    for (int i = 0; i < 2; i++)
        if (staging_hold_page(s->staging, s->mem, &mapper, call, NULL, "<html>\0", 7, &why, &err))
            fail_msg("%s %s", err.code, err.text);
    assert_string_equal(with_pg_text("SELECT kind || ' ' || reason || ' ' || times || ' ' || "
                                     "octet_length(body) FROM bridge.held"),
                        "page http.html 2 7");
}

/* ---- the transaction ---- */

static void
all_or_nothing(void **state)
{
    const struct mapper mapper = { .map = site_portal };
    const struct map_call *call = mapping_call(site_portal, "list");
    struct site *s = *state;
    struct record *r = site_complaint(s, "1", "FWDD", T("05"));
    const char *at = NULL, *key = NULL;
    struct error err = { .code = "" };
    char before[64];

    snprintf(before, sizeof before, "%s", site_print(""));
    r->fields[dict_slot(dict_stream_find(&site_dict, "complaint"), "unit")] =
        (struct field){ "XX-1", 4 };
    assert_int_equal(staging_begin(s->staging, &mapper, call, &err), V_OK);
    assert_int_equal(staging_put(s->staging, s->mem, r, r, &err), V_OK);
    assert_int_equal(staging_commit(s->staging, s->mem, T("05"), "1", &s->tally, &err), V_REJECT);
    assert_string_equal(err.code, "pg.23503");
    assert_null(strstr(err.text, "XX-1"));
    assert_string_equal(site_print(""), before);
    assert_int_equal(staging_begin(s->staging, &mapper, call, &err), V_OK);
    r = site_complaint(s, "1", "FWDD", T("05"));
    assert_int_equal(staging_put(s->staging, s->mem, r, r, &err), V_OK);
    staging_rollback(s->staging);
    assert_string_equal(site_print(""), before);
    assert_int_equal(staging_cursor(s->staging, s->mem, "igrs", "list", &at, &key, &err), V_OK);
    assert_null(at);
}

static void
the_cursor_goes_forward(void **state)
{
    static const struct {
        const char *at, *key, *want;
    } cases[] = {
        { T("05"), "b", T("05") " b" }, { T("05"), "a", T("05") " b" },
        { T("04"), "z", T("05") " b" }, { T("05"), "c", T("05") " c" },
        { T("06"), "a", T("06") " a" },
    };
    const struct mapper mapper = { .map = site_portal };
    struct site *s = *state;
    const char *at = NULL, *key = NULL;
    struct error err = { .code = "" };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(
            staging_begin(s->staging, &mapper, mapping_call(site_portal, "list"), &err), V_OK);
        assert_int_equal(
            staging_commit(s->staging, s->mem, cases[i].at, cases[i].key, &s->tally, &err), V_OK);
        assert_int_equal(staging_cursor(s->staging, s->mem, "igrs", "list", &at, &key, &err), V_OK);
        assert_string_equal(arena_format(s->mem, "%s %s", at, key), cases[i].want);
    }
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, site_begin, site_end)
    const struct CMUnitTest tests[] = {
        TEST(columns_follow_the_dictionary),  TEST(values_arrive_whole),
        TEST(the_same_again_writes_nothing),  TEST(a_change_keeps_what_was),
        TEST(an_older_page_does_not_go_back), TEST(a_touch_moves_the_time_on),
        TEST(twice_in_a_page_counts_once),    TEST(a_due_day_follows_the_rule),
        TEST(poison_is_held_alone),           TEST(held_once_settled_by_itself_or_dropped),
        TEST(a_page_is_held_whole),           TEST(all_or_nothing),
        TEST(the_cursor_goes_forward),        TEST(a_transfer_is_merged),
    };
    return cmocka_run_group_tests(tests, site_group_begin, site_group_end);
}
