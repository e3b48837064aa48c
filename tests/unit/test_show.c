/* The life of a complaint: found by any number, whole, in order, and nothing personal in the open
 * part. */
#include "seed.h"

#include "core/show.h"

static struct show_life *
show(const char *number, size_t want)
{
    struct show_life *lives;
    size_t count = 99;

    assert_ok(show_number(seed.pg, seed.mem, &seed.dict, number, &lives, &count, &seed.err));
    assert_int_equal(count, want);
    return lives;
}

/* "what@system what@system ..." in order */
static const char *
outline(const struct show_life *life)
{
    const char *text = "";

    for (size_t i = 0; i < life->event_count; i++) {
        if (i)
            assert_true(life->events[i - 1].at <= life->events[i].at);
        text = arena_format(seed.mem, "%s%s%s@%s", text, i ? " " : "", life->events[i].what,
                            life->events[i].system);
    }
    return text;
}

static const struct show_event *
event_find(const struct show_life *life, const char *what, size_t nth)
{
    for (size_t i = 0; i < life->event_count; i++)
        if (!strcmp(life->events[i].what, what) && !nth--)
            return &life->events[i];
    fail_msg("no event \"%s\"", what);
    return NULL;
}

/* Registered through the outbox, then an action told to the portal after one refusal. */
static void
seed_life(void)
{
    const struct mapping *police = seed_police(), *portal = seed_portal(true);
    struct delivery *d;
    long planned;
    size_t n;

    seed_complaint(1, "UP-147", "FWDD", "2020-06-01T05:00:00Z");
    assert_ok(delivery_plan(seed.pg, seed.mem, 1, police, &planned, &seed.err));
    assert_ok(
        delivery_claim(seed.pg, seed.mem, 1, police, &seed_police_calls[0], 5, &d, &n, &seed.err));
    assert_int_equal(n, 1);
    seed_clock("2020-06-02T20:00:01Z");
    d->event = E_OK;
    d->receipt = "3111820 0000001";
    assert_ok(delivery_settle(seed.pg, seed.mem, 1, police, d, 1, 0, &seed.err));
    seed_action(1, "9", "2020-06-02T20:10:00Z", "ASGN", "उप निरीक्षक नियुक्त");
    seed_clock("2020-06-02T20:20:00Z");
    assert_ok(delivery_plan(seed.pg, seed.mem, 2, portal, &planned, &seed.err));
    assert_ok(
        delivery_claim(seed.pg, seed.mem, 2, portal, &seed_portal_calls[1], 5, &d, &n, &seed.err));
    d->event = E_REJECT;
    d->said = "NOT_YOURS";
    d->detail = "राम सिंह is not of this office";
    seed_clock("2020-06-02T20:20:01Z");
    assert_ok(delivery_settle(seed.pg, seed.mem, 2, portal, d, 1, 0, &seed.err));
    seed_feedback(1, "f1", "2020-06-03T05:00:00Z", "Y");
    seed_sql("INSERT INTO bridge.arrival (arrived_at, run_id, system, stream, key, sha256, body) "
             "VALUES ('2020-06-02T00:00:00Z', 1, 'igrs', 'complaint', '40000000000001', "
             "sha256('x'), 'x')");
    seed_sql("UPDATE bridge.complaint SET unit = 'UP-118', complainant = 'गीता', "
             "marked_at = '2020-06-02T06:00:00Z', version = 3 WHERE bridge_id = 1");
    seed_sql("INSERT INTO bridge.complaint_version SELECT bridge_id, 2, was || "
             "'{\"police_system\": \"cctns\", \"police_number\": \"3111820 0000001\"}', 'igrs', 4, "
             "'2020-06-04T00:00:00Z' FROM bridge.complaint_version");
}

static void
test_whole(void **state)
{
    const struct show_life *life;

    (void)state;
    seed_life();
    life = show("4000-0000 000001", 1);
    assert_int_equal(life->bridge_id, 1);
    assert_string_equal(life->police_number, "3111820 0000001");
    assert_string_equal(life->unit_name, "Agra | आगरा");
    assert_string_equal(life->received, "2020-06-01 10:30:00 IST");
    assert_int_equal(life->number_count, 2);
    assert_string_equal(outline(life),
                        "received@igrs arrived@igrs staged@bridge linked@bridge marked@igrs "
                        "planned@cctns sent@cctns linked@bridge answered@cctns "
                        "settled@cctns changed@bridge action@cctns planned@igrs sent@igrs "
                        "answered@igrs settled@igrs held@igrs feedback@igrs changed@bridge "
                        "due@igrs");
}

static void
test_times(void **state)
{
    const struct show_event *sent;

    (void)state;
    seed_life();
    sent = event_find(show("40000000000001", 1), "sent", 0);
    assert_string_equal(sent->utc, "2020-06-02 20:00:00 UTC");
    assert_string_equal(sent->ist, "2020-06-03 01:30:00 IST");
}

static void
test_answers(void **state)
{
    const struct show_life *life;
    const struct show_event *event;

    (void)state;
    seed_life();
    life = show("31118200000001", 1);
    event = event_find(life, "answered", 0);
    assert_string_equal(event->detail, "done, receipt 3111820 0000001");
    event = event_find(life, "answered", 1);
    assert_string_equal(event->detail, "refused, said NOT_YOURS");
    assert_string_equal(event->personal, "राम सिंह is not of this office");
    assert_non_null(event->delivery);
    event = event_find(life, "settled", 1);
    assert_string_equal(event->detail, "action 9 is refused");
    event = event_find(life, "feedback", 0);
    assert_string_equal(event->detail, "f1, satisfied, rating 4, by CALL");
    event = event_find(life, "held", 0);
    assert_non_null(strstr(event->detail, "refused NOT_YOURS"));
}

static void
test_changes(void **state)
{
    const struct show_event *event;

    (void)state;
    seed_life();
    event = event_find(show("40000000000001", 1), "changed", 1);
    assert_string_equal(event->detail,
                        "by igrs, run 4, now version 3; complainant; "
                        "marked_at: 2020-06-01 10:30:00 IST -> 2020-06-02 11:30:00 IST; "
                        "unit: UP-147 -> UP-118");
    assert_string_equal(event->personal, "complainant: सीता देवी 1 -> गीता");
    event = event_find(show("40000000000001", 1), "changed", 0);
    assert_string_equal(event->detail, "by cctns, run 1, now version 2; police_number: - -> "
                                       "3111820 0000001; police_system: - -> cctns");
    assert_null(event->personal);
}

/* What the open part may never hold: names, telephone numbers, texts. */
static void
test_nothing_personal(void **state)
{
    static const char *const secrets[] = { "सीता",  "गीता",  "राम",   "+91980",
                                           "बिजली", "नियुक्त", "धन्यवाद" };
    const struct show_life *life;

    (void)state;
    seed_life();
    life = show("40000000000001", 1);
    for (size_t i = 0; i < life->event_count; i++)
        for (size_t s = 0; s < COUNT(secrets); s++)
            assert_null(strstr(life->events[i].detail, secrets[s]));
    assert_non_null(strstr(event_find(life, "staged", 0)->personal, "complainant: गीता"));
    assert_non_null(strstr(event_find(life, "action", 0)->personal, "नियुक्त"));
}

static void
test_by_reference(void **state)
{
    (void)state;
    seed_life();
    assert_int_equal(
        show(seed_ask("SELECT delivery_id FROM bridge.delivery WHERE target = 'igrs'"), 1)
            ->bridge_id,
        1);
    show("00000000-0000-4000-8000-000000000000", 0);
    show("40000000000009", 0);
    show("", 0);
}

/* Two systems may issue the same number: both are shown. */
static void
test_same_number(void **state)
{
    struct show_life *lives;

    (void)state;
    seed_complaint(1, "UP-147", "FWDD", "2020-06-01T05:00:00Z");
    seed_complaint(2, "UP-118", "FWDD", "2020-06-01T05:00:00Z");
    seed_sql("INSERT INTO bridge.link VALUES ('pgms', '4000/0000000001', '4000/0000000001', 2, 1, "
             "now()), ('nhrc', '40000000000001', '40000000000001', 2, 1, now())");
    lives = show("40000000000001", 2);
    assert_int_equal(lives[0].bridge_id, 1);
    assert_int_equal(lives[1].bridge_id, 2);
    assert_int_equal(show("4000\\0000000001", 1)->bridge_id, 2);
}

static void
test_held_only(void **state)
{
    const struct show_life *life;

    (void)state;
    seed_sql("INSERT INTO bridge.held (system, stream, call, key, kind, reason, field, place, "
             "first_run, last_run, held_at, state, ended_at, ended_by, ended_why) VALUES ('igrs', "
             "'complaint', 'list', '4000-77', 'set_aside', 'map.code', 'status', 'g:Status', 1, 1, "
             "'2020-06-02T20:00:00Z', 'dropped', '2020-06-03T20:00:00Z', 'root', 'a trial')");
    life = show("400077", 1);
    assert_int_equal(life->bridge_id, 0);
    assert_string_equal(life->source_system, "igrs");
    assert_string_equal(outline(life), "held@igrs released@igrs");
    assert_non_null(
        strstr(life->events[0].detail, "set_aside map.code, field status, at g:Status"));
    assert_string_equal(life->events[1].detail, "dropped by root, a trial");
}

/* What is sealed is named and never shown, not even to whoever may see what is personal. */
static void
test_sealed(void **state)
{
    const struct show_life *life;

    (void)state;
    seed_life();
    seed_run("UPDATE bridge.source_record SET sealed = 'complainant mobile' WHERE system = 'igrs'");
    seed_run("SET session_replication_role = replica");
    seed_run("UPDATE bridge.attempt SET sealed = true, sent = 'cipher'");
    seed_run("RESET session_replication_role");
    seed_run("UPDATE bridge.arrival SET sealed = true");
    seed_run("UPDATE bridge.delivery SET substituted = 'type video/mp4 is not taken there' WHERE "
             "target = 'igrs'");
    life = show("40000000000001", 1);
    assert_non_null(strstr(event_find(life, "staged", 0)->personal,
                           "sealed, for the notifier alone: complainant mobile"));
    assert_string_equal(event_find(life, "sent", 0)->personal,
                        "sealed: what was sent is not shown");
    assert_non_null(strstr(event_find(life, "arrived", 0)->detail, "1 bytes sealed, HMAC "));
    assert_non_null(strstr(event_find(life, "settled", 1)->detail,
                           "a note instead of the content: type video/mp4"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whole, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_times, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_answers, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_changes, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_nothing_personal, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_by_reference, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_same_number, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_held_only, seed_setup, seed_teardown),
        cmocka_unit_test_setup_teardown(test_sealed, seed_setup, seed_teardown),
    };

    return cmocka_run_group_tests(tests, seed_group, seed_group_end);
}
