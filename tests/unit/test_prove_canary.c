/* The duplicate that is sent on purpose: which, and what its answer means. */
#include "proof.h"

static const char *
canary(const struct fake_answer *answer)
{
    struct job_system *s = fake_peer_system(peer);

    peer->answers = answer;
    peer->answer_count = answer ? 1 : 0;
    peer->order[0] = '\0';
    s->proved = (struct prove_figures){ 0 };
    if (prove_canaries(&peer->job, &err) != V_OK)
        fail_msg("%s %s", err.code, err.text);
    site_sound_books(site);
    return s->proved.canary ? s->proved.canary : "none";
}

static void
next_night(void)
{
    with_pg_do("UPDATE bridge.canary SET at = at - interval '1 day'");
    site_next_run(site);
    fresh_job();
}

static void
proved(int n)
{
    confirm(n);
    for (int i = 1; i <= n; i++)
        shown[i] = arena_format(peer->mem, "R%d", i);
    (void)prove();
    with_pg_do("UPDATE bridge.delivery SET proved_at = settled_at"); /* the last is the newest */
}

static void
a_duplicate_that_is_filtered(void **state)
{
    static const struct fake_answer same = { NULL, V_OK, "DUPLICATE", "R2" };

    (void)state;
    proved(2);
    assert_string_equal(canary(&same), "filtered");
    assert_string_equal(peer->order, id_of(2));
    assert_string_equal(with_pg_text("SELECT concat_ws(' ', system, right(delivery_id::text, 1), "
                                     "outcome, said) FROM bridge.canary"),
                        "fake 2 filtered DUPLICATE");
    assert_string_equal(held(), "");
    assert_int_equal(job_denied(&peer->job), 0);
    /* it is no try of the delivery, and moves nothing */
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.attempt"), 2);
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.ledger WHERE run_id = 2"), 0);
}

static void
a_duplicate_that_is_taken(void **state)
{
    static const struct fake_answer new_one = { NULL, V_OK, "OK", "R7" };
    static const struct fake_answer same = { NULL, V_OK, "OK", "R1" };

    (void)state;
    proved(2);
    assert_string_equal(canary(&new_one), "taken"); /* by its answer */
    assert_string_equal(held(), "C2#1 conflict canary.taken 1");
    assert_int_equal(job_exit_code(&peer->job), JOB_DISAGREE);
    /* one duplicate is enough while a person has not looked */
    next_night();
    assert_string_equal(canary(&new_one), "none");
    assert_string_equal(peer->order, "");
    /* then another delivery, and what the peer shows counts more than what it says */
    with_pg_do("UPDATE bridge.held SET state = 'dropped'");
    shown[1] = "R1 R8";
    next_night();
    assert_string_equal(canary(&same), "taken");
    assert_string_equal(peer->order, id_of(1));
    with_pg_do("UPDATE bridge.held SET state = 'dropped'");
    next_night();
    assert_string_equal(canary(&same), "none"); /* both were found out */
}

static void
an_answer_that_proves_nothing(void **state)
{
    static const struct fake_answer odd[] = { { NULL, V_REJECT, "CLOSED", NULL },
                                              { NULL, V_OK, "OK", NULL } };

    (void)state;
    proved(3);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(canary(&odd[i]), "unknown");
        assert_string_equal(with_pg_text("SELECT string_agg(reason, ' ') FROM bridge.held WHERE "
                                         "state = 'open'"),
                            "canary.unknown");
        assert_int_equal(job_exit_code(&peer->job), JOB_DISAGREE);
        with_pg_do("UPDATE bridge.held SET state = 'dropped'");
        next_night();
    }
    /* said done as before, and now it is not there: nor is it proved */
    shown[1] = "";
    static const struct fake_answer same = { NULL, V_OK, "DUPLICATE", "R1" };

    assert_string_equal(canary(&same), "unknown");
}

/* No answer is trouble of the peer, and no word about its filter. */
static void
no_answer(void **state)
{
    static const struct fake_answer doubt = { NULL, V_IN_DOUBT, "missing", NULL };

    (void)state;
    proved(1);
    peer->calls[0] = V_RETRY;
    assert_string_equal(canary(NULL), "none");
    assert_int_equal(fake_peer_system(peer)->trouble, V_RETRY);
    peer->job.systems[0].breaker.state = BREAKER_CLOSED;
    next_night();
    assert_string_equal(canary(&doubt), "none");
    assert_string_equal(peer->order, id_of(1));
    peer->job.systems[0].breaker.state = BREAKER_CLOSED;
    next_night();
    shown[1] = "RETRY";
    assert_string_equal(canary(NULL), "none");
    assert_string_equal(with_pg_text("SELECT string_agg(outcome, ' ' ORDER BY run_id) FROM "
                                     "bridge.canary"),
                        "unknown sent");
    assert_string_equal(held(), "");
    assert_string_equal(states(), "1 confirmed proved");
}

/* The peer took it and its answer was lost, or the run was ended: the next one asks for it before
 * it sends another, also where bridge.conf has none sent any more. */
static void
one_without_an_answer_is_asked_for(void **state)
{
    static const struct fake_answer same = { NULL, V_OK, "DUPLICATE", "R2" };

    (void)state;
    proved(2);
    peer->calls[0] = V_RETRY;
    assert_string_equal(canary(NULL), "none");
    assert_string_equal(with_pg_text("SELECT concat_ws(' ', right(delivery_id::text, 1), outcome) "
                                     "FROM bridge.canary"),
                        "2 sent");
    /* it cannot be asked: no other is sent */
    next_night();
    peer->job.systems[0].breaker.state = BREAKER_CLOSED;
    shown[2] = "RETRY";
    assert_string_equal(canary(&same), "none");
    assert_string_equal(peer->order, "");
    /* it is there once: nothing is known of the filter, and tonight's may go */
    next_night();
    peer->job.systems[0].breaker.state = BREAKER_CLOSED;
    shown[2] = "R2";
    assert_string_equal(canary(&same), "filtered");
    assert_string_equal(peer->order, id_of(2));
    assert_string_equal(with_pg_text("SELECT string_agg(outcome || ' ' || said, ', ' ORDER BY "
                                     "run_id) FROM bridge.canary"),
                        "unknown no answer; there once, filtered DUPLICATE");
    assert_string_equal(held(), "");
    /* it is there twice */
    next_night();
    peer->calls[peer->pushes] = V_RETRY;
    assert_string_equal(canary(NULL), "none");
    next_night();
    peer->job.systems[0].breaker.state = BREAKER_CLOSED;
    peer->system.options.canary = false;
    shown[2] = "R2 R5";
    assert_string_equal(canary(&same), "taken");
    assert_string_equal(peer->order, "");
    assert_string_equal(held(), "C2#1 conflict canary.taken 1");
    assert_int_equal(job_exit_code(&peer->job), JOB_DISAGREE);
}

static void
once_a_night(void **state)
{
    static const struct fake_answer same = { NULL, V_OK, "DUPLICATE", "R1" };

    (void)state;
    proved(1);
    assert_string_equal(canary(&same), "filtered");
    site_next_run(site);
    fresh_job();
    assert_string_equal(canary(&same), "none");
    assert_string_equal(peer->order, "");
    next_night();
    assert_string_equal(canary(&same), "filtered");
    /* a clock that went back does not end them */
    with_pg_do("UPDATE bridge.canary SET at = at + interval '1 year'");
    site_next_run(site);
    fresh_job();
    assert_string_equal(canary(&same), "filtered");
}

/* A peer that names no receipts when it is asked still shows whether it has it once. */
static void
a_peer_that_names_no_receipts(void **state)
{
    static const struct fake_answer same = { NULL, V_OK, "DUPLICATE", "R1" };

    (void)state;
    proved(1);
    shown[1] = "BARE";
    assert_string_equal(canary(&same), "filtered");
    assert_string_equal(held(), "");
}

/* What is registered twice is opened twice: only where bridge.conf says so. */
static void
a_complaint_only_by_conf(void **state)
{
    static const struct fake_answer same = { NULL, V_OK, "DUPLICATE", "R1" };

    (void)state;
    proved(1);
    with_pg_do("UPDATE bridge.delivery SET stream = 'complaint', key = ''");
    struct map_call *calls = arena_alloc(peer->mem, peer->map.call_count * sizeof *calls);

    memcpy(calls, peer->map.calls, peer->map.call_count * sizeof *calls);
    peer->map.calls = calls;
    for (size_t i = 0; i < peer->map.call_count; i++)
        if (calls[i].carries)
            calls[i].carries = "complaint";
    assert_string_equal(canary(&same), "none");
    assert_string_equal(peer->order, "");
    peer->system.options.canary_complaints = true;
    assert_string_equal(canary(&same), "filtered");
}

/* Attempts are only added to, save by a test. */
static void
change(const char *sql)
{
    with_pg_do(arena_format(peer->mem,
                            "SET session_replication_role = replica; %s; RESET "
                            "session_replication_role",
                            sql));
}

static void
what_is_never_sent_twice(void **state)
{
    static const struct {
        const char *make, *undo;
    } rows[] = {
        { "UPDATE bridge.delivery SET proved_at = NULL",
          "UPDATE bridge.delivery SET proved_at = settled_at" },
        { "UPDATE bridge.delivery SET proved_at = '-infinity'",
          "UPDATE bridge.delivery SET proved_at = settled_at" },
        { "UPDATE bridge.delivery SET class = 'B'", "UPDATE bridge.delivery SET class = 'A'" },
        { "UPDATE bridge.delivery SET receipt = NULL",
          "UPDATE bridge.delivery SET receipt = 'R1'" },
        { "UPDATE bridge.delivery SET state = 'held'",
          "UPDATE bridge.delivery SET state = 'confirmed'" },
        /* settled by a person, or by a question: what was taken then is not known */
        { "UPDATE bridge.attempt SET outcome = 'reject'",
          "UPDATE bridge.attempt SET outcome = 'ok'" },
        { "INSERT INTO bridge.attempt SELECT delivery_id, 2, 1, now(), now(), 'found' FROM "
          "bridge.attempt",
          "DELETE FROM bridge.attempt WHERE attempt = 2" },
        { "INSERT INTO bridge.delivery (target, stream, bridge_id, source_system, key, version, "
          "digest, class, state, planned_run, last_run, planned_at) VALUES ('fake', 'action', 1, "
          "'cctns', '1', 2, '', 'A', 'planned', 1, 1, now())",
          "DELETE FROM bridge.delivery WHERE version = 2" },
    };

    (void)state;
    proved(1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct job_system *s = fake_peer_system(peer);

        change(rows[i].make);
        peer->order[0] = '\0';
        assert_int_equal(prove_canaries(&peer->job, &err), V_OK);
        assert_null(s->proved.canary);
        assert_string_equal(peer->order, "");
        change(rows[i].undo);
    }
    peer->system.options.canary = false;
    assert_string_equal(canary(NULL), "none");
    assert_string_equal(peer->order, "");
    peer->system.options.canary = true;
    static const struct fake_answer same = { NULL, V_OK, "DUPLICATE", "R1" };

    assert_string_equal(canary(&same), "filtered");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_duplicate_that_is_filtered),
        TEST(a_duplicate_that_is_taken),
        TEST(an_answer_that_proves_nothing),
        TEST(no_answer),
        TEST(what_is_never_sent_twice),
        TEST(one_without_an_answer_is_asked_for),
        TEST(once_a_night),
        TEST(a_peer_that_names_no_receipts),
        TEST(a_complaint_only_by_conf),
    };
    return cmocka_run_group_tests(tests, site_group_begin, site_group_end);
}
