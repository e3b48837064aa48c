/* The table of moves: whole, without contradiction, and in step with the accounts of the books. */
#include "core/lifecycle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

/* The account in which a delivery of each state stands. */
static const char *const accounts[] = {
    [S_PLANNED] = "outbox",  [S_SENDING] = "sending",       [S_CONFIRMED] = "delivered",
    [S_REFUSED] = "refused", [S_IN_DOUBT] = "in_doubt",     [S_HELD] = "in_doubt",
    [S_DEAD] = "dead",       [S_SUPERSEDED] = "superseded", [S_VOID] = "void",
};

static void
test_accounts(void **state)
{
    (void)state;
    for (const struct lifecycle_rule *r = lifecycle; r->say; r++) {
        assert_string_equal(r->debit, accounts[r->from]);
        assert_string_equal(r->credit, accounts[r->to]);
        assert_int_not_equal(r->from, r->to);
        assert_true(r->say[0] >= 'a' && r->say[0] <= 'z');
        assert_null(strchr(r->say, '.'));
    }
}

static void
test_one_rule_a_move(void **state)
{
    (void)state;
    for (const struct lifecycle_rule *r = lifecycle; r->say; r++)
        assert_ptr_equal(lifecycle_find(r->from, r->event), r);
}

static void
test_moves(void **state)
{
    static const struct {
        enum delivery_state from;
        enum delivery_event event;
        int to; /* -1 = not allowed */
    } rows[] = {
        { S_PLANNED, E_CLAIM, S_SENDING },
        { S_PLANNED, E_OK, -1 }, /* nothing is confirmed that was not sent */
        { S_SENDING, E_OK, S_CONFIRMED },
        { S_SENDING, E_RETRY, S_PLANNED },
        { S_SENDING, E_REJECT, S_REFUSED },
        { S_SENDING, E_EXHAUST, S_DEAD },
        { S_SENDING, E_DOUBT, S_IN_DOUBT },
        { S_SENDING, E_CLAIM, -1 },
        { S_SENDING, E_NEWER, -1 }, /* it may be at the peer already */
        { S_SENDING, E_DROP, -1 },
        { S_IN_DOUBT, E_CLAIM, -1 }, /* asked, never sent again */
        { S_IN_DOUBT, E_RETRY, -1 },
        { S_IN_DOUBT, E_NEWER, -1 },
        { S_IN_DOUBT, E_FOUND, S_CONFIRMED },
        { S_IN_DOUBT, E_ABSENT, S_PLANNED },
        { S_IN_DOUBT, E_UNKNOWN, S_HELD },
        { S_HELD, E_SETTLE, S_CONFIRMED },
        { S_HELD, E_REPLAY, S_PLANNED },
        { S_HELD, E_DROP, S_VOID },
        { S_HELD, E_CLAIM, -1 },
        { S_REFUSED, E_REPLAY, S_PLANNED },
        { S_REFUSED, E_NEWER, S_SUPERSEDED },
        { S_DEAD, E_REPLAY, S_PLANNED },
        { S_CONFIRMED, E_DENIED, S_HELD }, /* a person, never a repeat by itself */
        { S_SENDING, E_DENIED, -1 },
        { S_IN_DOUBT, E_DENIED, -1 },
        { S_HELD, E_DENIED, -1 },
        { S_CONFIRMED, E_ABSENT, -1 },
        { S_CONFIRMED, E_REPLAY, -1 },
        /* an answer that comes late, or twice, finds its delivery moved on: nothing takes it */
        { S_CONFIRMED, E_OK, -1 },
        { S_CONFIRMED, E_REJECT, -1 },
        { S_CONFIRMED, E_DOUBT, -1 },
        { S_PLANNED, E_REJECT, -1 },
        { S_IN_DOUBT, E_OK, -1 },
        { S_IN_DOUBT, E_REJECT, -1 },
        { S_REFUSED, E_OK, -1 },
        { S_HELD, E_OK, -1 },
        { S_HELD, E_FOUND, -1 },
        { S_VOID, E_OK, -1 },
        { S_SUPERSEDED, E_OK, -1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct lifecycle_rule *r = lifecycle_find(rows[i].from, rows[i].event);

        if (rows[i].to < 0)
            assert_null(r);
        else
            assert_int_equal(r->to, rows[i].to);
    }
}

static void
test_ends_are_final(void **state)
{
    static const enum delivery_state ends[] = { S_CONFIRMED, S_SUPERSEDED, S_VOID };

    (void)state;
    for (size_t i = 0; i < 3; i++)
        for (int e = E_CLAIM; e <= E_DROP; e++)
            if (ends[i] != S_CONFIRMED || e != E_DENIED) /* what the peer said was not so */
                assert_null(lifecycle_find(ends[i], (enum delivery_event)e));
}

/* From every state that is not an end, an end can be reached. */
static void
test_no_dead_end(void **state)
{
    bool ends[S_VOID + 1] = { [S_CONFIRMED] = true, [S_SUPERSEDED] = true, [S_VOID] = true };

    (void)state;
    for (int round = 0; round <= S_VOID; round++)
        for (const struct lifecycle_rule *r = lifecycle; r->say; r++)
            ends[r->from] = ends[r->from] || ends[r->to];
    for (int s = 0; s <= S_VOID; s++)
        assert_true(ends[s]);
}

static void
test_names(void **state)
{
    (void)state;
    assert_string_equal(delivery_state_name(S_PLANNED), "planned");
    assert_string_equal(delivery_state_name(S_IN_DOUBT), "in_doubt");
    assert_string_equal(delivery_state_name(S_VOID), "void");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accounts),    cmocka_unit_test(test_one_rule_a_move),
        cmocka_unit_test(test_moves),       cmocka_unit_test(test_ends_are_final),
        cmocka_unit_test(test_no_dead_end), cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
