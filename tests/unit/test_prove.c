/* Proof: what is asked for, and what becomes of each answer. */
#include "proof.h"

static const char *
differences(void)
{
    return with_pg_text("SELECT string_agg(concat_ws(' ', number, what, portal_says, staging_says, "
                        "reason), '; ' ORDER BY number, what) FROM bridge.difference");
}

static void
what_is_there_is_proved_once(void **state)
{
    (void)state;
    confirm(3);
    shown[1] = "R1", shown[2] = "R2", shown[3] = "R3 R3"; /* named twice, and yet one */
    assert_int_equal(prove()->proved, 3);
    assert_string_equal(asked, "123");
    assert_string_equal(states(), "1 confirmed proved | 2 confirmed proved | 3 confirmed proved");
    assert_string_equal(held(), "");
    assert_int_equal(job_denied(&peer->job), 0);
    (void)prove();
    assert_string_equal(asked, "");
}

static void
what_this_run_confirmed_is_not_asked_for(void **state)
{
    (void)state;
    confirm(2);
    with_pg_do("UPDATE bridge.delivery SET last_run = 2 WHERE right(delivery_id::text, 1) = '1'");
    shown[1] = "R1", shown[2] = "R2";
    assert_int_equal(site->run_id, 2);
    (void)prove();
    assert_string_equal(asked, "2");
    assert_int_equal(fake_peer_system(peer)->proved.left, 0);
}

static void
what_is_not_there_is_held(void **state)
{
    (void)state;
    confirm(3);
    with_pg_do("UPDATE bridge.delivery SET substituted = 'file.size'");
    shown[1] = "R1", shown[3] = "R3";
    assert_int_equal(prove()->denied, 1);
    assert_string_equal(states(), "1 confirmed proved | 2 held | 3 confirmed proved");
    assert_string_equal(held(), "C2#1 in_doubt proof.absent 2 1");
    assert_string_equal(differences(), "C2 delivery not there confirmed unexplained");
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.difference WHERE since = "
                                    "'2020-06-01 00:00:02'"),
                     1);
    assert_string_equal(with_pg_text("SELECT string_agg(concat_ws(' ', debit, credit, n, reason), "
                                     "'; ') FROM bridge.ledger WHERE run_id = 2"),
                        "delivered in_doubt 1 proof.absent");
    assert_string_equal(
        with_pg_text("SELECT string_agg(concat_ws(' ', attempt, outcome, said), '; ' ORDER BY "
                     "attempt) FROM bridge.attempt WHERE right(delivery_id::text, 1) = '2'"),
        "1 ok; 2 absent proof.absent");
    /* what it had said, and what it was sent, stays on record */
    assert_string_equal(with_pg_text("SELECT concat_ws(' ', receipt, substituted) FROM "
                                     "bridge.delivery WHERE state = 'held'"),
                        "R2 file.size");
    assert_int_equal(job_denied(&peer->job), 1);
    assert_int_equal(job_exit_code(&peer->job), JOB_DISAGREE);
    (void)prove(); /* it waits for a person now */
    assert_string_equal(asked, "");
}

/* A peer that keeps the newest version alone has lost nothing. */
static void
what_a_newer_version_went_after_is_not_asked_for(void **state)
{
    (void)state;
    confirm(2);
    with_pg_do("INSERT INTO bridge.delivery (target, stream, bridge_id, source_system, key, "
               "version, digest, class, state, planned_run, last_run, planned_at) VALUES ('fake', "
               "'action', 1, 'cctns', '1', 2, '', 'A', 'planned', 1, 1, now())");
    shown[1] = "R1", shown[2] = "R2";
    peer->conf.bridge.prove = 1;
    assert_int_equal(prove_run(&peer->job, &err), V_OK); /* its books are not looked at */
    assert_string_equal(asked, "1");                     /* it has not gone yet */
    with_pg_do("UPDATE bridge.delivery SET proved_at = NULL, state = 'confirmed', settled_at = "
               "COALESCE(settled_at, '2020-07-01'), last_run = CASE version WHEN 2 THEN 2 ELSE "
               "last_run END");
    shown[1] = "", asked[0] = '\0';
    assert_int_equal(prove_run(&peer->job, &err), V_OK);
    assert_string_equal(asked, "2");
    assert_int_equal(fake_peer_system(peer)->proved.left, 0);
    assert_string_equal(held(), "");
}

/* Put back, or settled by a person, who is believed. */
static void
a_person_decides(void **state)
{
    (void)state;
    confirm(3);
    assert_int_equal(prove()->denied, 3);
    assert_int_equal(
        delivery_order(site->pg, peer->mem, site->run_id, id_of(1), E_REPLAY, "me", "", &err),
        V_OK);
    assert_int_equal(
        delivery_order(site->pg, peer->mem, site->run_id, id_of(2), E_SETTLE, "me", "", &err),
        V_OK);
    assert_int_equal(
        delivery_order(site->pg, peer->mem, site->run_id, id_of(3), E_DROP, "me", "", &err), V_OK);
    assert_string_equal(states(), "1 planned | 2 confirmed proved | 3 void");
    assert_string_equal(held(), "");
    site_sound_books(site);
    site_next_run(site);
    fresh_job();
    (void)prove();
    assert_string_equal(asked, "");
}

static void
what_is_there_twice_is_a_conflict(void **state)
{
    (void)state;
    confirm(2);
    shown[1] = "R1 R7 R1 R8", shown[2] = "R2";
    assert_int_equal(prove()->twice, 1);
    assert_int_equal(fake_peer_system(peer)->proved.proved, 1);
    assert_string_equal(states(), "1 confirmed proved | 2 confirmed proved");
    assert_string_equal(held(), "C1#1 conflict proof.twice 1");
    assert_string_equal(differences(), "C1 twice at peer 3 confirmed unexplained");
    assert_int_equal(job_exit_code(&peer->job), JOB_DISAGREE);
}

/* An answer that speaks of others, or that goes on: no answer. Nothing is denied by it. */
static void
an_answer_of_another_proves_nothing(void **state)
{
    static const char *const odd[] = { "OTHER", "MORE" };

    (void)state;
    confirm(3);
    shown[1] = "R1", shown[3] = "R3";
    for (size_t i = 0; i < 2; i++) {
        struct job_system *s = fake_peer_system(peer);

        shown[2] = odd[i];
        s->trouble = V_OK;
        (void)prove();
        assert_int_equal(s->trouble, V_REJECT);
        assert_int_equal(s->proved.denied, 0);
        assert_string_equal(states(), "1 confirmed proved | 2 confirmed | 3 confirmed");
        assert_true(job_ready(&peer->job, s));
    }
    shown[2] = "OTHER R2";
    assert_int_equal(prove()->proved, 2);
}

static void
trouble_leaves_the_rest_for_later(void **state)
{
    (void)state;
    confirm(4);
    shown[1] = "R1", shown[3] = "RETRY", shown[4] = "R4";
    (void)prove();
    assert_string_equal(asked, "12333"); /* with its tries */
    assert_string_equal(states(), "1 confirmed proved | 2 held | 3 confirmed | 4 confirmed");
    assert_int_equal(fake_peer_system(peer)->trouble, V_RETRY);
    assert_int_equal(fake_peer_system(peer)->proved.left, 2);
}

static void
as_many_as_conf_says(void **state)
{
    (void)state;
    confirm(5);
    for (int i = 1; i <= 5; i++)
        shown[i] = "R";
    with_pg_do(
        "UPDATE bridge.delivery SET settled_at = '2019-01-01' WHERE right(delivery_id::text, "
        "1) = '4'");
    peer->conf.bridge.prove = 2;
    assert_int_equal(prove()->left, 3);
    assert_string_equal(asked, "41"); /* oldest first */
    peer->system.options.prove = 0;
    assert_int_equal(prove()->left, 0);
    assert_string_equal(asked, "");
    peer->system.options.prove = 1;
    assert_int_equal(prove()->left, 2);
    assert_string_equal(asked, "2");
    peer->job.dry = true;
    (void)prove();
    assert_string_equal(asked, "");
}

/* Another process asked for the same and settled first: its word stands. */
static void
what_another_run_proved_is_left_to_it(void **state)
{
    (void)state;
    confirm(2);
    meanwhile = "UPDATE bridge.delivery SET proved_at = now() WHERE right(delivery_id::text, 1) = "
                "'1'";
    assert_int_equal(prove()->denied, 1);
    assert_string_equal(states(), "1 confirmed proved | 2 held");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_there_is_proved_once),
        TEST(what_this_run_confirmed_is_not_asked_for),
        TEST(what_is_not_there_is_held),
        TEST(what_a_newer_version_went_after_is_not_asked_for),
        TEST(a_person_decides),
        TEST(what_is_there_twice_is_a_conflict),
        TEST(an_answer_of_another_proves_nothing),
        TEST(trouble_leaves_the_rest_for_later),
        TEST(as_many_as_conf_says),
        TEST(what_another_run_proved_is_left_to_it),
    };
    return cmocka_run_group_tests(tests, site_group_begin, site_group_end);
}
