/* Sending a batch: what each answer of the peer makes of each delivery, and how often it is called.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../bridge/jobs/push.h"
#include "../../bridge/jobs/recover.h"
#include "fake_peer.h"
#include "log.h"

static struct fake_peer *peer;
static struct delivery items[12];
static struct error why;

static int
set_up(void **state)
{
    static FILE *nowhere;

    (void)state;
    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    log_begin(nowhere, LOG_ERROR);
    peer = fake_peer_new(true, true);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    fake_peer_free(peer);
    return 0;
}

/* Deliveries d0, d1 ... of complaints c0, c1 ... */
static size_t
make_items(size_t count)
{
    for (size_t i = 0; i < count; i++)
        items[i] = fake_delivery(peer, arena_format(peer->mem, "d%zu", i),
                                 arena_format(peer->mem, "c%zu#1", i), "a report");
    return count;
}

static enum verdict
send(size_t count)
{
    struct job_system *s = fake_peer_system(peer);

    assert_true(job_ready(&peer->job, s));
    return push_send(&peer->job, s, mapping_call(&peer->map, "act"), items, count, &why);
}

static void
answer(const struct fake_answer *rows, size_t count)
{
    peer->answers = rows;
    peer->answer_count = count;
}

static void
test_done(void **state)
{
    static const struct fake_answer rows[] = { { "d1", V_OK, "DUPLICATE", "R-1" } };

    (void)state;
    answer(rows, 1);
    assert_int_equal(send(make_items(3)), V_OK);
    assert_int_equal(peer->pushes, 1);
    assert_string_equal(peer->order, "d0 d1 d2");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(items[i].event, E_OK);
        assert_non_null(items[i].sent);
    }
    assert_string_equal(items[1].receipt, "R-1");
    assert_string_equal(items[1].said, "DUPLICATE");
    assert_true(fake_peer_system(peer)->answered);
}

static void
test_each_item_by_its_own_verdict(void **state)
{
    static const struct fake_answer rows[] = {
        { "d0", V_REJECT, "NOT_SATISFIED", NULL },
        { "d1", V_RETRY, "BUSY", NULL },
        { "d2", V_IN_DOUBT, NULL, NULL },
        { "d3", V_FATAL, NULL, NULL },
    };
    static const enum delivery_event events[] = { E_REJECT, E_RETRY, E_DOUBT, E_RETRY, E_OK };

    (void)state;
    answer(rows, 4);
    assert_int_equal(send(make_items(5)), V_OK);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(items[i].event, events[i]);
}

static void
test_what_cannot_be_said_is_refused_unsent(void **state)
{
    (void)state;
    make_items(3);
    items[1] = fake_delivery(peer, "d1", "c1#1", NULL); /* "text" is required there */
    assert_int_equal(send(3), V_OK);
    assert_string_equal(peer->order, "d0 d2");
    assert_int_equal(items[1].event, E_REJECT);
    assert_string_equal(items[1].said, "map.required");
    assert_null(items[1].sent);
    assert_int_equal(items[0].event, E_OK);
    assert_int_equal(items[2].event, E_OK);
}

static void
test_nothing_to_send_makes_no_call(void **state)
{
    (void)state;
    items[0] = fake_delivery(peer, "d0", "c0#1", NULL);
    assert_int_equal(send(1), V_OK);
    assert_int_equal(peer->pushes, 0);
    assert_int_equal(items[0].event, E_REJECT);
}

static void
test_call_that_failed(void **state)
{
    static const struct {
        enum verdict call;
        enum delivery_event event;
    } cases[] = { { V_RETRY, E_RETRY }, { V_IN_DOUBT, E_DOUBT }, { V_FATAL, E_RETRY } };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        peer->calls[peer->pushes] = cases[i].call;
        assert_int_equal(send(make_items(2)), cases[i].call);
        assert_int_equal(items[0].event, cases[i].event);
        assert_int_equal(items[1].event, cases[i].event);
        assert_string_equal(why.code, "fake.call");
        breaker_succeeded(&fake_peer_system(peer)->breaker);
    }
    assert_false(fake_peer_system(peer)->answered);
}

static void
test_unrolled(void **state)
{
    static const struct fake_answer rows[] = {
        { "d1", V_RETRY, "unroll", NULL }, /* the one at fault: refused when it is alone */
    };

    (void)state;
    answer(rows, 1);
    assert_int_equal(send(make_items(3)), V_OK);
    assert_string_equal(peer->order, "d0 d1 d2 | d1");
    assert_int_equal(items[0].event, E_OK);
    assert_int_equal(items[1].event, E_REJECT);
    assert_string_equal(items[1].said, "alone");
    assert_int_equal(items[2].event, E_OK);
}

static void
test_often_failed_go_alone(void **state)
{
    (void)state;
    make_items(3);
    items[2].attempt = 3;
    assert_int_equal(send(3), V_OK);
    assert_string_equal(peer->order, "d0 | d1 | d2");
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(items[i].event, E_OK);
}

static void
test_alone_keeps_the_order_of_a_complaint(void **state)
{
    static const struct fake_answer rows[] = { { "d0", V_REJECT, "WRONG_CODE", NULL } };

    (void)state;
    answer(rows, 1);
    make_items(3);
    items[0] = fake_delivery(peer, "d0", "c0#1", "a report");
    items[1] = fake_delivery(peer, "d1", "c0#2", "a report");
    items[2] = fake_delivery(peer, "d2", "c01#1", "a report"); /* not the same complaint */
    items[0].attempt = 5;
    assert_int_equal(send(3), V_OK);
    assert_string_equal(peer->order, "d0 | d2");
    assert_int_equal(items[0].event, E_REJECT);
    assert_int_equal(items[1].event, E_RETRY);
    assert_null(items[1].sent);
    assert_int_equal(items[2].event, E_OK);
}

static void
test_one_poison_fails_alone(void **state)
{
    (void)state;
    make_items(4);
    items[0].attempt = 3; /* out of tries, too: conf says 3 */
    peer->calls[0] = V_RETRY;
    assert_int_equal(send(4), V_RETRY);
    assert_string_equal(peer->order, "d0 | d1 | d2 | d3");
    assert_int_equal(items[0].event, E_EXHAUST); /* the others went: the peer is there */
    for (size_t i = 1; i < 4; i++)
        assert_int_equal(items[i].event, E_OK);
}

static void
test_an_outage_kills_nothing(void **state)
{
    (void)state;
    make_items(6);
    for (size_t i = 0; i < 6; i++) {
        items[i].attempt = 9;
        peer->calls[i] = V_RETRY;
    }
    assert_int_equal(send(6), V_RETRY);
    assert_string_equal(peer->order, "d0 | d1 | d2"); /* then the breaker is open */
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(items[i].event, E_RETRY);
        assert_true((items[i].sent != NULL) == (i < 3));
    }
    assert_false(job_ready(&peer->job, fake_peer_system(peer)));
}

static void
test_tries_run_out_while_it_answers(void **state)
{
    static const struct fake_answer rows[] = { { "d1", V_RETRY, "BUSY", NULL } };

    (void)state;
    answer(rows, 1);
    make_items(2);
    items[1].attempt = 2;
    assert_int_equal(send(2), V_OK);
    assert_int_equal(items[1].event, E_RETRY);
    items[1].attempt = 3;
    assert_int_equal(send(2), V_OK);
    assert_int_equal(items[1].event, E_EXHAUST);
}

/* ---- doubts ---- */

static void
ask(struct delivery *d, enum verdict expected)
{
    assert_true(job_ready(&peer->job, fake_peer_system(peer)));
    assert_int_equal(recover_ask(&peer->job, fake_peer_system(peer), d, &why), expected);
}

static void
test_doubt_is_found(void **state)
{
    static const char *const other[] = { "d9", "R-9" }, *const ours[] = { "d0", "R-0" };

    (void)state;
    make_items(1);
    peer->pages[0].records = fake_record(peer, "receipt", other);
    peer->pages[0].records->next = fake_record(peer, "receipt", ours);
    peer->pages[0].count = 2;
    ask(&items[0], V_OK);
    assert_int_equal(items[0].event, E_FOUND);
    assert_string_equal(items[0].receipt, "R-0");
}

static void
test_doubt_is_absent(void **state)
{
    static const char *const other[] = { "d9", "R-9" };

    (void)state;
    make_items(1);
    ask(&items[0], V_OK);
    assert_int_equal(items[0].event, E_ABSENT);
    items[0].event = E_CLAIM;
    peer->pages[1].records =
        fake_record(peer, "receipt", other); /* an answer to another question */
    peer->pages[1].count = 1;
    ask(&items[0], V_REJECT);
    peer->pages[2].more = true; /* it may stand on the next page */
    ask(&items[0], V_REJECT);
    assert_int_equal(items[0].event, E_CLAIM);
}

static void
test_doubt_stays_when_the_peer_is_away(void **state)
{
    static const char *const bad[] = { NULL, "R-0" };

    (void)state;
    make_items(1);
    items[0].event = E_CLAIM;
    for (int i = 0; i < 3; i++)
        peer->calls[i] = V_RETRY;
    ask(&items[0], V_RETRY);
    assert_int_equal(peer->pulls, 3); /* tried again within the run */
    assert_int_equal(items[0].event, E_CLAIM);
    peer->pages[3].records = fake_record(peer, "receipt", bad);
    peer->pages[3].count = 1;
    ask(&items[0], V_REJECT);
    assert_int_equal(items[0].event, E_CLAIM);
}

static void
test_doubt_without_a_question(void **state)
{
    static const struct {
        bool keyed;
        enum delivery_event event;
    } cases[] = { { true, E_ABSENT }, { false, E_UNKNOWN } };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        fake_peer_free(peer);
        peer = fake_peer_new(cases[i].keyed, false);
        make_items(1);
        ask(&items[0], V_OK);
        assert_int_equal(items[0].event, cases[i].event);
        assert_int_equal(peer->pulls, 0);
    }
}

/* ---- trouble and exit codes ---- */

static void
test_trouble(void **state)
{
    struct job_system *s = fake_peer_system(peer);

    (void)state;
    error_set(&why, V_RETRY, "fake", "text");
    assert_int_equal(job_exit_code(&peer->job), JOB_DONE);
    peer->job.waiting = 1;
    assert_int_equal(job_exit_code(&peer->job), JOB_WAITS);
    assert_true(job_ready(&peer->job, s));
    job_trouble(s, V_REJECT, &why);
    assert_true(s->page_held && job_ready(&peer->job, s));
    assert_int_equal(job_exit_code(&peer->job), JOB_WAITS);
    job_trouble(s, V_RETRY, &why);
    assert_false(job_ready(&peer->job, s));
    assert_int_equal(peer->closes, 1);
    assert_int_equal(job_exit_code(&peer->job), JOB_PEER);
    peer->job.books_fault = "off by one";
    assert_int_equal(job_exit_code(&peer->job), JOB_DISAGREE);
    s->breaker.opened_at -= s->breaker.rest; /* it rests for a while, then may be tried once */
    assert_true(job_ready(&peer->job, s));
    assert_int_equal(peer->opens, 2);
    job_trouble(s, V_FATAL, &why);
    s->breaker.opened_at -= s->breaker.rest;
    assert_false(job_ready(&peer->job, s));
    assert_int_equal(job_exit_code(&peer->job), JOB_INTERNAL);
}

static void
test_exit_code_by_equations_and_comparison(void **state)
{
    struct equation good = { .balanced = true }, bad = { .balanced = false };
    struct job_comparison unexplained = { .result = { .differences = 2, .unexplained = 1 } };
    struct job_comparison explained = { .result = { .differences = 2 } };

    (void)state;
    peer->job.equations = &good;
    peer->job.equation_count = 1;
    peer->job.compared = &explained;
    peer->job.compared_count = 1;
    assert_int_equal(job_exit_code(&peer->job), JOB_DONE);
    peer->job.compared = &unexplained;
    assert_int_equal(job_exit_code(&peer->job), JOB_DISAGREE);
    peer->job.compared_count = 0;
    peer->job.equations = &bad;
    assert_int_equal(job_exit_code(&peer->job), JOB_DISAGREE);
}

static void
test_choice_of_systems(void **state)
{
    static const char *const wrong[] = { "fakr", NULL }, *const right[] = { "fake", NULL };
    struct job job = { .conf = &peer->conf, .mem = peer->mem };

    (void)state;
    assert_int_equal(job_choose(&job, wrong, &why), V_FATAL);
    assert_string_equal(why.code, "usage");
    assert_non_null(strstr(why.hint, "\"fake\""));
    assert_int_equal(job_choose(&job, right, &why), V_OK);
    assert_int_equal(job.count, 1);
}

/* A peer that asks for an hour is left alone for the most that is allowed, and nobody waits. */
static void
test_a_peer_that_asks_to_be_left_alone(void **state)
{
    struct job_system *s = fake_peer_system(peer);
    int64_t begun = clock_tick();
    struct page page;

    (void)state;
    peer->retry_after = 3600000;
    peer->calls[0] = V_RETRY;
    assert_true(job_ready(&peer->job, s));
    assert_int_equal(job_ask(&peer->job, s, mapping_call(&peer->map, "find"), NULL, 0, &page, &why),
                     V_RETRY);
    assert_int_equal(peer->pulls, 1);
    assert_false(job_ready(&peer->job, s));
    assert_true(breaker_allows(&s->breaker, begun + 610000));
    assert_false(breaker_allows(&s->breaker, begun + 590000));
    s->breaker.held_to = 0;
    peer->calls[0] = V_RETRY; /* the same of a push: the rest of the batch stays, too */
    make_items(2);
    items[0].attempt = items[1].attempt = 3;
    assert_true(job_ready(&peer->job, s));
    assert_int_equal(send(2), V_RETRY);
    assert_int_equal(peer->pushes, 1);
    assert_null(items[1].sent);
    assert_false(job_ready(&peer->job, s));
    assert_true(clock_tick() - begun < 5000);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_done),
        TEST(test_each_item_by_its_own_verdict),
        TEST(test_what_cannot_be_said_is_refused_unsent),
        TEST(test_nothing_to_send_makes_no_call),
        TEST(test_call_that_failed),
        TEST(test_unrolled),
        TEST(test_often_failed_go_alone),
        TEST(test_alone_keeps_the_order_of_a_complaint),
        TEST(test_one_poison_fails_alone),
        TEST(test_an_outage_kills_nothing),
        TEST(test_tries_run_out_while_it_answers),
        TEST(test_doubt_is_found),
        TEST(test_doubt_is_absent),
        TEST(test_doubt_stays_when_the_peer_is_away),
        TEST(test_doubt_without_a_question),
        TEST(test_trouble),
        TEST(test_exit_code_by_equations_and_comparison),
        TEST(test_choice_of_systems),
        TEST(test_a_peer_that_asks_to_be_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
