/*
 * proof.h - what the tests of proof and canary share: deliveries that were confirmed, a peer that
 * shows of each what the test says, and what became of them.
 */
#ifndef TESTS_PROOF_H
#define TESTS_PROOF_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../bridge/jobs/prove.h"
#include "fake_peer.h"
#include "log.h"
#include "with_pg.h"
#include "with_staging.h"

#define UNUSED_OK __attribute__((unused))

/* What the peer shows of a delivery, by the last digit of its reference: "" = nothing, else
 * receipts parted by blanks (BARE: it names none); a word in place of them is an answer of another
 * kind. */
static const char *shown[10];
static char asked[256];       /* last digits, in the order of the questions */
static const char *meanwhile; /* SQL that another process runs while the peer is asked */

static struct fake_peer *peer;
static struct site *site;
static struct error err;

static const char *UNUSED_OK
id_of(int n)
{
    static char id[4][40];
    static int next;

    next = (next + 1) % 4;
    snprintf(id[next], sizeof id[next], "00000000-0000-4000-8000-00000000000%d", n);
    return id[next];
}

static enum verdict UNUSED_OK
find(struct arena *mem, const struct map_call *call, const struct adapter_var *vars, size_t count,
     struct page *out, struct error *why)
{
    const char *id = vars[0].value, *at = shown[id[35] - '0'];
    struct record **last = &out->records;
    size_t len = strlen(asked);

    (void)mem;
    (void)count;
    assert_string_equal(call->name, "find");
    assert_string_equal(vars[0].name, "delivery");
    snprintf(asked + len, sizeof asked - len, "%c", id[35]);
    if (meanwhile)
        with_pg_do(meanwhile);
    if (at && strcmp(at, "RETRY") == 0)
        return error_set(why, V_RETRY, "fake.call", "not now");
    if (at && strcmp(at, "MORE") == 0) {
        out->more = true;
        return V_OK;
    }
    for (; at && *at; at += strcspn(at, " "), at += strspn(at, " ")) {
        bool other = strncmp(at, "OTHER", 5) == 0;
        bool bare = strncmp(at, "BARE", 4) == 0;
        const char *values[] = { other ? id_of(9) : id,
                                 bare ? NULL : arena_text(peer->mem, at, strcspn(at, " ")) };

        *last = fake_record(peer, "receipt", values);
        last = &(*last)->next;
        out->count++;
    }
    return V_OK;
}

static void UNUSED_OK
fresh_job(void)
{
    peer->job.pg = site->pg;
    peer->job.staging = site->staging;
    peer->job.run_id = site->run_id;
    snprintf(peer->job.cut, sizeof peer->job.cut, "2020-06-30T00:00:00.000000Z");
}

/* Deliveries 1 to n of one complaint each, confirmed by this run with receipt R<n>, settled in the
 * order of their numbers; then the next run begins. */
static void UNUSED_OK
confirm(int n)
{
    struct delivery items[10];

    for (int i = 1; i <= n; i++) {
        char sql[2048];

        snprintf(sql, sizeof sql,
                 "INSERT INTO bridge.complaint (bridge_id, source_system, number, number_norm, "
                 "status, first_run, last_run, staged_at, changed_at) OVERRIDING SYSTEM VALUE "
                 "VALUES (%d, 'fake', 'C%d', 'C%d', 'REGD', 1, 1, now(), now());"
                 "INSERT INTO bridge.delivery (delivery_id, target, stream, bridge_id, "
                 "source_system, key, digest, class, state, planned_run, last_run, planned_at) "
                 "VALUES ('%s', 'fake', 'action', %d, 'cctns', '1', '', 'A', 'sending', 1, 1, "
                 "now());"
                 "INSERT INTO bridge.attempt (delivery_id, attempt, run_id, started_at) VALUES "
                 "('%s', 1, 1, now())",
                 i, i, i, id_of(i), i, id_of(i));
        with_pg_do(sql);
    }
    with_pg_do("WITH d AS (SELECT delivery_id::text AS k, sha256(convert_to(delivery_id::text, "
               "'UTF8') || digest) AS g FROM bridge.delivery), e AS (INSERT INTO bridge.ledger "
               "(run_id, hop, system, stream, debit, credit, n, evidence, at) SELECT 1, 'push', "
               "'fake', 'action', 'plan', 'sending', count(*), sha256(string_agg(g, '' ORDER BY "
               "g)), now() FROM d RETURNING entry) INSERT INTO bridge.movement SELECT e.entry, "
               "d.k, d.g FROM d, e");
    for (int i = 0; i < n; i++) {
        struct record *remote;
        struct mapper_losses losses = { 0 };

        items[i] = fake_delivery(peer, arena_copy(peer->mem, id_of(i + 1)), "C1#1", "done");
        items[i].event = E_OK;
        items[i].receipt = arena_format(peer->mem, "R%d", i + 1);
        assert_int_equal(mapper_out(&fake_peer_system(peer)->mapper, peer->mem, items[i].canonical,
                                    &remote, &losses, &err),
                         V_OK);
        remote_pack(peer->mem, &peer->map, remote, &items[i].sent, &items[i].sent_len);
        assert_int_equal(
            delivery_settle(site->pg, peer->mem, site->run_id, &peer->map, &items[i], 1, 0, &err),
            V_OK);
    }
    /* one clock may tell one time for all of them */
    with_pg_do("UPDATE bridge.delivery SET settled_at = '2020-06-01'::timestamptz + "
               "right(delivery_id::text, 1)::int * interval '1 second'");
    site_next_run(site);
    fresh_job();
}

static int UNUSED_OK
set_up(void **state)
{
    static FILE *nowhere;

    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    log_begin(nowhere, LOG_ERROR);
    if (site_begin(state))
        return -1;
    site = *state;
    memset(shown, 0, sizeof shown);
    asked[0] = '\0';
    meanwhile = NULL;
    peer = fake_peer_new(true, true);
    peer->pull = find;
    peer->conf.bridge.prove = 100;
    peer->system.options.prove = -1;
    peer->system.options.canary = true;
    fresh_job();
    return 0;
}

static int UNUSED_OK
tear_down(void **state)
{
    fake_peer_free(peer);
    return site_end(state);
}

static struct prove_figures *UNUSED_OK
prove(void)
{
    struct job_system *s = fake_peer_system(peer);

    asked[0] = '\0';
    s->proved = (struct prove_figures){ 0 };
    if (prove_run(&peer->job, &err) != V_OK)
        fail_msg("%s %s", err.code, err.text);
    site_sound_books(site);
    return &s->proved;
}

/* "1 confirmed proved | 2 held" */
static const char *UNUSED_OK
states(void)
{
    return with_pg_text(
        "SELECT string_agg(concat_ws(' ', right(delivery_id::text, 1), state, CASE "
        "WHEN proved_at IS NOT NULL THEN 'proved' END), ' | ' ORDER BY delivery_id) "
        "FROM bridge.delivery");
}

static const char *UNUSED_OK
held(void)
{
    return with_pg_text("SELECT string_agg(concat_ws(' ', key, kind, reason, right("
                        "delivery_id::text, 1), times), '; ' ORDER BY held_id) FROM bridge.held "
                        "WHERE state = 'open'");
}

#endif
