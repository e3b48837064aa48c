/*
 * One matter in two systems, in whatever order it comes; and nested records that come by a call of
 * their own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "core/ask.h"
#include "with_pg.h"
#include "with_staging.h"

#define T(hour)           "2020-06-01T" hour ":00:00.000000Z"
#define WHAT_A_RUN_WRITES "run ledger movement ledger_link ledger_head"

/* ---- one matter in two systems ---- */

static struct record *
police(struct site *s, const char *number, const char *origin_number, const char *status,
       const char *changed)
{
    return site_record(s, site_police, "complaint", "number", number, "origin", "igrs",
                       "origin_number", origin_number, "status", status, "changed_at", changed,
                       "subject", "police words", "unit", "UP-141", "station", "UP-118-01",
                       "officer_name", "SI", NULL);
}

static const char *
owners(void)
{
    return with_pg_text("SELECT string_agg(concat_ws(' ', source_system, number, police_system, "
                        "police_number, status, subject, officer_name, unit), '; ' ORDER BY "
                        "bridge_id) FROM bridge.complaint");
}

static void
the_portal_first(void **state)
{
    struct site *s = *state;

    site_page(s, site_portal, "list", site_complaint(s, "1 2", "FWDD", T("05")), NULL);
    site_page(s, site_police, "list", police(s, "P1", "12", "REGD", T("06")), NULL);
    assert_string_equal(owners(), "igrs 1 2 cctns P1 REGD नहर का विवाद SI UP-118");
    site_page(s, site_portal, "list", site_complaint(s, "1 2", "RECV", T("07")), NULL);
    site_page(s, site_police, "list", police(s, "P1", "12", "ENQR", T("08")), NULL);
    assert_string_equal(owners(), "igrs 1 2 cctns P1 ENQR नहर का विवाद SI UP-118");
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.complaint_version"), 2);
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.link"), 2);
    site_sound_books(s);
}

static void
the_police_first(void **state)
{
    struct site *s = *state;

    site_page(s, site_police, "list", police(s, "P1", "12", "REGD", T("06")), NULL);
    assert_string_equal(owners(), "cctns P1 cctns P1 REGD police words SI UP-141");
    site_page(s, site_portal, "list", site_complaint(s, "12", "FWDD", T("05")), NULL);
    assert_string_equal(owners(), "igrs 12 cctns P1 REGD नहर का विवाद SI UP-118");
    site_page(s, site_police, "list", police(s, "P1", "12", "DISP", T("08")), NULL);
    assert_string_equal(owners(), "igrs 12 cctns P1 DISP नहर का विवाद SI UP-118");
    site_page(s, site_portal, "list", site_complaint(s, "12", "RECV", T("09")), NULL);
    assert_string_equal(owners(), "igrs 12 cctns P1 DISP नहर का विवाद SI UP-118");
    site_sound_books(s);
}

static void
lodged_at_the_police(void **state)
{
    struct site *s = *state;
    struct record *named;

    site_page(s, site_police, "list",
              site_record(s, site_police, "complaint", "number", "P1", "status", "REGD",
                          "changed_at", T("05"), "subject", "a", NULL),
              NULL);
    assert_string_equal(owners(), "cctns P1 cctns P1 REGD a");
    named = site_record(s, site_portal, "complaint", "number", "9", "police_number", "P1", "status",
                        "FWDD", "changed_at", T("06"), "subject", "b", NULL);
    site_page(s, site_portal, "list", named, NULL);
    assert_string_equal(owners(), "cctns P1 cctns P1 REGD a"); /* one matter, still the police's */
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.link"), 2);
    site_page(s, site_police, "list",
              site_record(s, site_police, "complaint", "number", "P1", "status", "ENQR",
                          "changed_at", T("07"), "subject", "c", NULL),
              NULL);
    assert_string_equal(owners(), "cctns P1 cctns P1 ENQR c");
    site_sound_books(s);
}

static void
two_police_records_of_one_origin(void **state)
{
    struct site *s = *state;

    site_page(s, site_portal, "list", site_complaint(s, "1", "FWDD", T("05")), NULL);
    site_page(s, site_police, "list", police(s, "P1", "1", "REGD", T("06")),
              police(s, "P2", "1", "REGD", T("06")), police(s, "P3", "77", "REGD", T("06")),
              police(s, "P4", "77", "REGD", T("06")), NULL);
    assert_int_equal(s->tally.applied, 2);
    assert_int_equal(s->tally.conflict, 2);
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.held WHERE kind = 'conflict' AND "
                                    "reason = 'link.taken' AND state = 'open'"),
                     2);
    site_page(s, site_police, "list", police(s, "P2", "1", "REGD", T("06")), NULL);
    assert_int_equal(s->tally.conflict, 1);
    assert_int_equal(with_pg_number("SELECT times FROM bridge.held WHERE key = 'P2'"), 2);
    site_sound_books(s);
}

/* What is nested in a record that waits for a person waits with it, however often the record comes.
 */
static void
nested_in_a_conflict(void **state)
{
    struct site *s = *state;
    struct record *twice[2];

    site_page(s, site_portal, "list", site_complaint(s, "1", "FWDD", T("05")), NULL);
    site_page(s, site_police, "list", police(s, "P1", "1", "REGD", T("06")), NULL);
    for (size_t i = 0; i < 2; i++) {
        twice[i] = police(s, "P2", "1", "REGD", i ? T("07") : T("08"));
        site_nest(twice[i], site_record(s, site_police, "action", "key", "1", "at", T("06"),
                                        "action", "REGD", NULL));
    }
    site_page(s, site_police, "list", twice[0], twice[1], NULL);
    assert_int_equal(with_pg_number("SELECT COALESCE(sum(n), 0) FROM bridge.ledger WHERE credit = "
                                    "'set_aside'"),
                     0); /* nothing is held by that name */
    assert_int_equal(with_pg_number("SELECT sum(n) FROM bridge.ledger WHERE credit = 'conflict' "
                                    "AND stream = 'action'"),
                     2);
    site_sound_books(s);
}

/* ---- nested records that come alone ---- */

static struct record *
action(struct site *s, const char *number, const char *key, const char *word, const char *at)
{
    return site_record(s, site_police, "action", "number", number, "key", key, "at", at, "action",
                       word, "changed_at", at, "text", "report", NULL);
}

static void
an_action_waits_for_its_complaint(void **state)
{
    struct site *s = *state;
    struct pg_rows rows;
    struct error err = { .code = "" };

    site_page(s, site_police, "actions", action(s, "P1", "1", "REGD", T("05")), NULL);
    assert_int_equal(s->tally.set_aside, 1);
    assert_string_equal(with_pg_text("SELECT concat_ws(' ', stream, call, key, parent, reason, "
                                     "kind) FROM bridge.held"),
                        "action actions P1#1 P1 parent.unknown set_aside");
    assert_int_equal(ask_held_ready(s->pg, s->mem, "cctns", 0, INT32_MAX, 10, &rows, &err), V_OK);
    assert_int_equal(rows.count, 0);
    site_page(s, site_police, "list", police(s, "P1", "1", "REGD", T("06")), NULL);
    assert_int_equal(ask_held_ready(s->pg, s->mem, "cctns", 0, INT32_MAX, 10, &rows, &err), V_OK);
    assert_int_equal(rows.count, 1);
    assert_non_null(pg_named(&rows, 0, "remote"));
    site_page(s, site_police, "actions", action(s, "P1", "1", "REGD", T("05")), NULL);
    assert_int_equal(s->tally.applied, 1);
    assert_string_equal(with_pg_text("SELECT state FROM bridge.held"), "settled");
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.action"), 1);
    site_sound_books(s);
}

static void
a_disposal_takes_the_time_of_its_action(void **state)
{
    struct site *s = *state;
    char before[64];

    site_page(s, site_portal, "list", site_complaint(s, "1", "FWDD", T("05")), NULL);
    site_page(s, site_police, "list", police(s, "P1", "1", "DISP", T("09")), NULL);
    site_page(s, site_police, "actions", action(s, "P1", "1", "ENQR", T("07")),
              action(s, "P1", "2", "DISP", T("08")), NULL);
    assert_string_equal(with_pg_text("SELECT to_char(disposed_at, 'HH24') FROM bridge.complaint"),
                        "08");
    snprintf(before, sizeof before, "%s", site_print(WHAT_A_RUN_WRITES));
    site_page(s, site_police, "list", police(s, "P1", "1", "DISP", T("09")), NULL);
    site_page(s, site_police, "actions", action(s, "P1", "1", "ENQR", T("07")),
              action(s, "P1", "2", "DISP", T("08")), NULL);
    assert_string_equal(site_print(WHAT_A_RUN_WRITES), before);
    site_page(s, site_police, "list", police(s, "P1", "1", "CLSD", T("10")), NULL);
    assert_string_equal(with_pg_text("SELECT to_char(disposed_at, 'HH24') FROM bridge.complaint"),
                        "08");
    site_page(s, site_police, "list", police(s, "P1", "1", "REOP", T("11")), NULL);
    assert_string_equal(with_pg_text("SELECT disposed_at FROM bridge.complaint"), "");
    site_sound_books(s);
}

/* Disposed, reopened, disposed again: the first disposal is history, also where its record does not
 * say when it was. */
static void
a_second_disposal_has_its_own_time(void **state)
{
    struct site *s = *state;

    site_page(s, site_portal, "list", site_complaint(s, "1", "FWDD", T("05")), NULL);
    site_page(s, site_police, "list", police(s, "P1", "1", "DISP", T("08")), NULL);
    site_page(s, site_police, "actions", action(s, "P1", "1", "DISP", T("08")), NULL);
    site_page(s, site_police, "list", police(s, "P1", "1", "REOP", T("09")), NULL);
    site_page(s, site_police, "actions", action(s, "P1", "2", "REOP", T("09")), NULL);
    site_page(s, site_police, "list", police(s, "P1", "1", "DISP", T("12")), NULL);
    assert_string_equal(with_pg_text("SELECT disposed_at FROM bridge.complaint"), "");
    site_page(s, site_police, "actions", action(s, "P1", "3", "DISP", T("11")), NULL);
    assert_string_equal(with_pg_text("SELECT to_char(disposed_at, 'HH24') FROM bridge.complaint"),
                        "11");
    site_sound_books(s);
}

/* Reopened and disposed between two pulls: the record comes before the actions that tell it. */
static void
a_second_disposal_read_at_once(void **state)
{
    struct site *s = *state;

    site_page(s, site_portal, "list", site_complaint(s, "1", "FWDD", T("05")), NULL);
    site_page(s, site_police, "list", police(s, "P1", "1", "DISP", T("08")), NULL);
    site_page(s, site_police, "actions", action(s, "P1", "1", "DISP", T("08")), NULL);
    site_page(s, site_police, "list", police(s, "P1", "1", "DISP", T("12")), NULL);
    site_page(s, site_police, "actions", action(s, "P1", "2", "REOP", T("09")),
              action(s, "P1", "3", "DISP", T("11")), NULL);
    assert_string_equal(with_pg_text("SELECT to_char(disposed_at, 'HH24') FROM bridge.complaint"),
                        "11");
    site_sound_books(s);
}

/* Numbers that differ only in how they are spelled may be two complaints: each is kept. */
static void
alike_numbers_are_two_complaints(void **state)
{
    struct site *s = *state;

    site_page(s, site_police, "list", police(s, "P1", "1-2", "REGD", T("06")), NULL);
    site_page(s, site_portal, "list", site_complaint(s, "12", "FWDD", T("05")),
              site_complaint(s, "1 2", "FWDD", T("05")), site_complaint(s, "1/2", "FWDD", T("05")),
              NULL);
    assert_int_equal(s->tally.applied, 3);
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.complaint"), 3);
    assert_string_equal(with_pg_text("SELECT string_agg(number || ' ' || coalesce(police_number, "
                                     "'-'), ', ' ORDER BY bridge_id) FROM bridge.complaint"),
                        "12 P1, 1 2 -, 1/2 -");
    site_page(s, site_portal, "list", site_complaint(s, "1-2", "FWDD", T("07")), NULL);
    assert_int_equal(s->tally.conflict, 1); /* its link is that of "12": a person must look */
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.held WHERE key = '1-2' AND "
                                    "reason = 'link.taken'"),
                     1);
    site_sound_books(s);
}

static void
police_edit(struct site *s, const char *subject, const char *unit, const char *officer,
            const char *changed)
{
    site_page(s, site_police, "list",
              site_record(s, site_police, "complaint", "number", "P1", "origin", "igrs",
                          "origin_number", "1", "status", "ENQR", "changed_at", changed, "subject",
                          subject, "unit", unit, "officer_name", officer, NULL),
              NULL);
    assert_int_equal(s->tally.conflict, 0); /* the rest of the record is taken */
    site_sound_books(s);
}

#define OWNER                                                                                      \
    "SELECT string_agg(concat_ws(' ', key, field, state), ', ' ORDER BY held_id) FROM "            \
    "bridge.held WHERE kind = 'conflict' AND reason = 'owner.other'"

/* What the police change of the citizen's words is not taken over, and does not pass in silence. */
static void
another_changes_what_the_portal_owns(void **state)
{
    struct site *s = *state;

    site_page(s, site_portal, "list", site_complaint(s, "1", "FWDD", T("05")), NULL);
    police_edit(s, "नहर का", "UP-118", "SI", T("06")); /* its copy, cut: no change of its own */
    police_edit(s, "नहर का", "UP-118", "Inspector", T("07"));
    site_page(s, site_portal, "list", site_complaint(s, "1", "RECV", T("07")), NULL);
    assert_string_equal(with_pg_text(OWNER), "");
    police_edit(s, "something else", "UP-141", "Inspector", T("08"));
    assert_string_equal(with_pg_text(OWNER), "P1 subject unit open");
    assert_string_equal(with_pg_text("SELECT (convert_from(body, 'UTF8')::jsonb -> 'unit')::text "
                                     "FROM bridge.held"),
                        "{\"cctns\": \"UP-141\", \"owner\": \"UP-118\"}");
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.held WHERE detail LIKE "
                                    "'%something%' OR place LIKE '%something%'"),
                     0);
    assert_string_equal(with_pg_text("SELECT concat_ws(' ', unit, officer_name) FROM "
                                     "bridge.complaint"),
                        "UP-118 Inspector");
    police_edit(s, "something else", "UP-141", "Inspector", T("08")); /* read again: as it is */
    police_edit(s, "something else", "UP-141", "SI", T("09"));        /* another change: stays */
    assert_string_equal(with_pg_text(OWNER), "P1 subject unit open");
    police_edit(s, "a third", "UP-114", "SI", T("10"));
    assert_string_equal(with_pg_text(OWNER), "P1 subject unit settled, P1 subject unit open");
    police_edit(s, "नहर का विवाद", "UP-118", "SI", T("11"));
    assert_string_equal(with_pg_text(OWNER), "P1 subject unit settled, P1 subject unit settled");
}

static void
a_portal_changes_what_the_police_own(void **state)
{
    struct site *s = *state;
    static const char *const officers[] = { NULL, "X", "Y" };

    site_page(s, site_portal, "list", site_complaint(s, "1", "FWDD", T("05")), NULL);
    police_edit(s, "x", "UP-118", "SI", T("06"));
    for (size_t i = 0; i < 3; i++) {
        struct record *r = site_record(
            s, site_portal, "complaint", "number", "1", "status", i ? "REGD" : "RECV", "changed_at",
            i ? T("08") : T("07"), "subject", "y", i ? "officer_name" : NULL, officers[i], NULL);

        site_page(s, site_portal, "list", r, NULL);
        site_sound_books(s);
    }
    assert_string_equal(with_pg_text(OWNER), "1 officer_name settled, 1 officer_name open");
    assert_string_equal(with_pg_text("SELECT concat_ws(' ', status, officer_name, subject) FROM "
                                     "bridge.complaint"),
                        "ENQR SI y");
}

static void
the_newest_feedback_counts(void **state)
{
    struct site *s = *state;

    site_page(s, site_portal, "list", site_complaint(s, "1", "FWDD", T("05")), NULL);
    site_page(s, site_portal, "feedbacks",
              site_record(s, site_portal, "feedback", "number", "1", "key", "b", "at", T("08"),
                          "satisfied", "N", "rating", "1", NULL),
              site_record(s, site_portal, "feedback", "number", "1", "key", "a", "at", T("06"),
                          "satisfied", "Y", "rating", "5", NULL),
              NULL);
    assert_string_equal(with_pg_text("SELECT satisfied || version FROM bridge.complaint"), "N2");
    site_page(s, site_portal, "feedbacks",
              site_record(s, site_portal, "feedback", "number", "1", "key", "c", "at", T("09"),
                          "satisfied", "Y", NULL),
              NULL);
    assert_string_equal(with_pg_text("SELECT satisfied || version FROM bridge.complaint"), "Y3");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, site_begin, site_end)
    const struct CMUnitTest tests[] = {
        TEST(the_portal_first),
        TEST(the_police_first),
        TEST(lodged_at_the_police),
        TEST(two_police_records_of_one_origin),
        TEST(nested_in_a_conflict),
        TEST(an_action_waits_for_its_complaint),
        TEST(a_disposal_takes_the_time_of_its_action),
        TEST(a_second_disposal_has_its_own_time),
        TEST(a_second_disposal_read_at_once),
        TEST(alike_numbers_are_two_complaints),
        TEST(another_changes_what_the_portal_owns),
        TEST(a_portal_changes_what_the_police_own),
        TEST(the_newest_feedback_counts),
    };
    return cmocka_run_group_tests(tests, site_group_begin, site_group_end);
}
