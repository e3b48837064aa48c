/*
 * The equation of a push, and what the check of the whole books finds: deliveries are moved here by
 * hand, as the statements of the outbox move them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "core/books.h"
#include "with_pg.h"
#include "with_staging.h"

static void
book(struct site *s, const char *hop, const char *debit, const char *credit, int n)
{
    with_pg_do(arena_format(s->mem,
                            "WITH e AS (INSERT INTO bridge.ledger (run_id, hop, system, stream, "
                            "debit, credit, n, evidence, at) VALUES (%lld, '%s', 'cctns', "
                            "'complaint', '%s', '%s', %d, sha256(convert_to(repeat('x', %d), "
                            "'UTF8')), now()) RETURNING entry) INSERT INTO bridge.movement "
                            "(entry, key, digest) SELECT entry, k, 'x' FROM e, "
                            "generate_series(1, %d) k",
                            (long long)s->run_id, hop, debit, credit, n, n, n));
}

static const char *
check(struct site *s)
{
    struct error err = { .code = "" };
    const char *said = NULL;

    if (books_check(s->pg, s->mem, &said, &err))
        fail_msg("%s %s", err.code, err.text);
    return said ? said : "";
}

static void
push_equations(void **state)
{
    static const struct {
        const char *moves[6][2]; /* debit, credit; each of 10 */
        long offered, applied, set_aside, dead, in_doubt;
    } cases[] = {
        { { { "plan", "outbox" } }, 0, 0, 0, 0, 0 },
        { { { "plan", "outbox" }, { "outbox", "sending" }, { "sending", "delivered" } },
          10,
          10,
          0,
          0,
          0 },
        { { { "outbox", "sending" }, { "sending", "outbox" } }, 0, 0, 0, 0, 0 },
        { { { "outbox", "sending" }, { "sending", "refused" } }, 10, 0, 10, 0, 0 },
        { { { "outbox", "sending" }, { "sending", "dead" } }, 10, 0, 0, 10, 0 },
        { { { "outbox", "sending" }, { "sending", "in_doubt" } }, 10, 0, 0, 0, 10 },
        { { { "sending", "in_doubt" }, { "in_doubt", "delivered" } }, 10, 10, 0, 0, 0 },
        { { { "in_doubt", "delivered" } }, 10, 10, 0, 0, 0 },
        { { { "in_doubt", "outbox" } }, 0, 0, 0, 0, 0 },
        { { { "in_doubt", "outbox" }, { "outbox", "sending" }, { "sending", "delivered" } },
          10,
          10,
          0,
          0,
          0 },
        { { { "outbox", "superseded" }, { "plan", "outbox" } }, 0, 0, 0, 0, 0 },
        { { { "refused", "void" } }, 0, 0, 0, 0, 0 },
        { { { "refused", "outbox" }, { "outbox", "sending" }, { "sending", "refused" } },
          0,
          0,
          0,
          0,
          0 },
    };
    struct site *s = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct equation *e = NULL;
        struct error err = { .code = "" };
        size_t count = 0;

        for (size_t m = 0; m < 6 && cases[i].moves[m][0]; m++)
            book(s, "push", cases[i].moves[m][0], cases[i].moves[m][1], 10);
        if (books_equations(s->pg, s->mem, s->run_id, &e, &count, &err))
            fail_msg("%s %s", err.code, err.text);
        if (count == 0) {
            assert_int_equal(cases[i].offered, 0);
        } else {
            assert_int_equal(count, 1);
            assert_true(e->balanced);
            assert_int_equal(e->offered, cases[i].offered);
            assert_int_equal(e->applied, cases[i].applied);
            assert_int_equal(e->set_aside, cases[i].set_aside);
            assert_int_equal(e->dead, cases[i].dead);
            assert_int_equal(e->in_doubt, cases[i].in_doubt);
        }
        site_next_run(s);
    }
}

static void
deliver(struct site *s, const char *state)
{
    with_pg_do(arena_format(s->mem,
                            "INSERT INTO bridge.delivery (target, stream, bridge_id, "
                            "source_system, key, digest, class, state, planned_run, last_run, "
                            "planned_at) SELECT 'cctns', 'complaint', bridge_id, 'igrs', "
                            "'%s', '', 'A', '%s', %lld, %lld, now() FROM bridge.complaint LIMIT 1",
                            state, state, (long long)s->run_id, (long long)s->run_id));
}

static void
states_equal_balances(void **state)
{
    static const struct {
        const char *state, *account;
    } states[] = {
        { "planned", "outbox" },    { "sending", "sending" }, { "confirmed", "delivered" },
        { "refused", "refused" },   { "dead", "dead" },       { "superseded", "superseded" },
        { "in_doubt", "in_doubt" }, { "held", "in_doubt" },   { "void", "void" },
    };
    struct site *s = *state;

    site_page(s, site_portal, "list",
              site_record(s, site_portal, "complaint", "number", "1", "status", "FWDD", NULL),
              NULL);
    assert_string_equal(check(s), "");
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        char want[64];

        deliver(s, states[i].state);
        snprintf(want, sizeof want, "account \"%s\" holds ", states[i].account);
        assert_non_null(strstr(check(s), want));
        book(s, "push", "plan", states[i].account, 1);
        assert_string_equal(check(s), "");
    }
}

static void
a_negative_account_is_found(void **state)
{
    struct site *s = *state;

    book(s, "push", "delivered", "void", 3);
    assert_string_equal(check(s), "account \"delivered\" is negative: -3");
}

/* An entry of a pull that nothing else speaks against: records booked that never came, and others
 * than those that came. */
static void
entries_equal_their_records(void **state)
{
    struct site *s = *state;

    site_page(s, site_portal, "list",
              site_record(s, site_portal, "complaint", "number", "1", "status", "FWDD", NULL),
              NULL);
    assert_string_equal(check(s), "");
    with_pg_do("INSERT INTO bridge.ledger (run_id, hop, system, stream, debit, credit, n, reason, "
               "evidence, at) SELECT run_id, hop, system, stream, debit, credit, 3, 'changed', "
               "evidence, at FROM bridge.ledger LIMIT 1");
    assert_string_equal(check(s), "entry 2 says 3 records, its movements are 0 or other ones");
    site_next_run(s);
    book(s, "pull", "source", "unchanged", 2);
    assert_string_equal(check(s), ""); /* only the newest run: older movements may be purged */
    with_pg_do("INSERT INTO bridge.movement (entry, key, digest) SELECT max(entry), 'y', 'x' FROM "
               "bridge.ledger");
    assert_string_equal(check(s), "entry 3 says 2 records, its movements are 3 or other ones");
}

static void
a_row_too_many_is_found(void **state)
{
    struct site *s = *state;

    site_page(s, site_portal, "list",
              site_record(s, site_portal, "complaint", "number", "1", "status", "FWDD", NULL),
              NULL);
    with_pg_do("INSERT INTO bridge.action (bridge_id, system, key, at, action, digest, "
               "as_received, first_run, last_run, staged_at) SELECT bridge_id, 'igrs', 'x', now(), "
               "'FWDD', sha256('x'), '{}', 1, 1, now() FROM bridge.complaint");
    assert_string_equal(check(s),
                        "0 records of stream \"action\" were booked as new, staging has 1");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, site_begin, site_end)
    const struct CMUnitTest tests[] = {
        TEST(push_equations),
        TEST(states_equal_balances),
        TEST(a_negative_account_is_found),
        TEST(entries_equal_their_records),
        TEST(a_row_too_many_is_found),
    };
    return cmocka_run_group_tests(tests, site_group_begin, site_group_end);
}
