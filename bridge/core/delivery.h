/*
 * delivery.h - the outbox: plan, claim, settle.
 *
 * What is to be sent follows from staging, by these rules (sql/queries/plan.sql), and only where
 * the target's map carries that stream:
 *
 * - complaint that a portal brought, in no police system yet -> the police system that serves its
 *   unit (systems.h), to be registered
 * - action done in a police system on a portal's complaint -> the portal
 * - action RMND (a reminder) of a portal on a complaint in police hands -> the police
 * - feedback taken by a portal on a complaint in police hands -> the police
 * - attachment of a portal, with its content, on a complaint in police hands -> the police, unless
 *   it is what the portal itself was sent
 * - attachment of the police with role ATR, ORDER or REPLY, with its content -> the portal
 *
 * A complaint that is marked to the office that it is against (bridge.marked_to_accused) is not
 * registered there: "route.accused", refused and held for a person. It goes when it is marked
 * elsewhere, or when a person puts it back. Complaints of an archive are told of to nobody. A
 * "dispose = satisfied" portal gets a DISP action only after a satisfied feedback. Actions of one
 * complaint go in their order; one that waits, is refused or in doubt keeps the later ones of that
 * complaint back. A disposal waits until the files of its complaint that are still to go there are
 * through; files wait for nothing.
 *
 * Protocol: claim() commits intent, key and digest (planned -> sending); then the peer is called;
 * then settle() commits what it said, with the books, in one transaction. A crash in between
 * leaves "sending", which another run's delivery_recover() turns into in_doubt.
 *
 * Several processes may plan, claim and settle at once, from several hosts. What is "sending"
 * belongs to the run that claimed it, as long as that run lives (run.h); a later answer of one that
 * does not is refused with "run.fenced". Nobody waits for a row while it holds another, so they
 * cannot deadlock: a claim passes over what is locked, a settlement has rows that are its own.
 */
#ifndef BRIDGE_DELIVERY_H
#define BRIDGE_DELIVERY_H

#include "../link/pg.h"
#include "adapter.h"
#include "lifecycle.h"
#include "mapper.h"

struct delivery {
    const char *id; /* UUID, our reference at the peer */
    const char *stream;
    const char *key;          /* complaint number at its source, "number#key" for nested */
    long attempt;             /* this one, from 1 */
    struct record *canonical; /* number = the target's own number of the complaint */
    /* the answer, for delivery_settle() */
    enum delivery_event event;
    const char *receipt, *said, *detail;
    const char *sent; /* remote_pack() of what went out; NULL when nothing did */
    size_t sent_len;
    bool sealed;             /* sent is encrypted (delivery_seal) */
    const char *substituted; /* why a note goes instead of the content (content_fit.h), or NULL */
    const char *barred;      /* why it may not be sent, a stable word; or NULL */
};

/* Class of an operation: 'A' keyed, 'B' can be asked (call "find"), 'C' neither. */
char delivery_class(const struct mapping *map, const struct map_call *call);

/* Adds what staging calls for to the outbox of this system, each version of a nested record once;
 * one transaction, and one such at a time. */
MUST_CHECK enum verdict
delivery_plan(struct pg *pg, struct arena *mem, int64_t run_id, const struct mapping *target,
              long *planned, struct error *err);

/* Takes up to count due deliveries of a stream, in order, and passes over rows that are locked;
 * commits. One claim at a time for a target: what another took is seen, and its order kept. */
MUST_CHECK enum verdict
delivery_claim(struct pg *pg, struct arena *mem, int64_t run_id, const struct mapping *target,
               const struct map_call *call, long count, struct delivery **out, size_t *out_count,
               struct error *err);

/* Those in doubt, to be asked; at most count, after the given id (NULL = from the first). */
MUST_CHECK enum verdict
delivery_doubts(struct pg *pg, struct arena *mem, int64_t run_id, const struct mapping *target,
                const char *after, long count, struct delivery **out, size_t *out_count,
                struct error *err);

/* Additional data of what was sent in a delivery to a system whose map seals. */
const char *delivery_aad(struct arena *mem, const char *system, const char *id);
/* Encrypts what was sent and drops the peer's text, where the target's map seals. */
void delivery_seal(const struct mapper *target, struct arena *mem, struct delivery *d);

/* Records the answers by lifecycle rules, with attempts, links (a registered complaint's receipt
 * is its number in the police system), held rows and books; in the open transaction, or in one of
 * its own. An event that the
 * table does not allow is V_FATAL: a mistake of ours. backoff_ms is the wait after E_RETRY. */
MUST_CHECK enum verdict
delivery_settle(struct pg *pg, struct arena *mem, int64_t run_id, const struct mapping *target,
                struct delivery *items, size_t count, long backoff_ms, struct error *err);

/* Every "sending" of a run that does not live becomes in_doubt; the rows of recovery say so. */
MUST_CHECK enum verdict delivery_recover(struct pg *pg, struct arena *mem, int64_t run_id,
                                         long *recovered, struct error *err);

/* An operator's word on one held or doubtful delivery (E_REPLAY, E_SETTLE, E_DROP). */
MUST_CHECK enum verdict
delivery_order(struct pg *pg, struct arena *mem, int64_t run_id, const char *delivery_id,
               enum delivery_event event, const char *who, const char *why, struct error *err);

#endif
