/*
 * policy.h - what is taken away again: bytes that were kept long enough, movements of old runs, and
 * one person's data on order.
 *
 * Each is an entry of the books ("kept" -> "purged" or "erased"); digests, numbers, dates and
 * figures stay, so that the chain and every equation stay as they are. Only database functions of
 * the owner may do it (sql/0008_policy.sql), in batches: a run that is killed leaves whole ones.
 */
#ifndef BRIDGE_POLICY_H
#define BRIDGE_POLICY_H

#include "../link/pg.h"
#include "content.h"

struct policy {
    long keep_bodies, keep_movements; /* ms; 0 = for ever */
};

/* What went: "arrival", "held", "attempt" ... and how many rows of each. */
struct policy_tally {
    struct {
        const char *kind;
        int64_t n;
    } items[16];
    size_t count;
};

/* What a purge would take away now; nothing is changed. */
MUST_CHECK enum verdict policy_look(struct pg *pg, struct arena *mem, const struct policy *policy,
                                    struct policy_tally *out, struct error *err);
/* Also takes away anew what came of people who were erased. */
MUST_CHECK enum verdict
policy_purge(struct pg *pg, struct arena *mem, struct contents *contents, int64_t run_id,
             const struct policy *policy, struct policy_tally *out, struct error *err);

/* The complaint of a number; system may be NULL. V_REJECT "erase.number" when there is none,
 * "erase.several" when it is that of more than one. */
MUST_CHECK enum verdict policy_find(struct pg *pg, struct arena *mem, const char *number,
                                    const char *system, int64_t *bridge_id, struct error *err);
/* Files that hold its attachments go first, those that no other complaint has. */
MUST_CHECK enum verdict policy_erase(struct pg *pg, struct arena *mem, struct contents *contents,
                                     int64_t run_id, int64_t bridge_id, const char *officer,
                                     const char *why, struct policy_tally *out, struct error *err);
/* What is held of the systems that have a number of the complaint, bears none that could be read,
 * and cannot be searched for one: rows of system n. The person may be in it. */
MUST_CHECK enum verdict policy_unsearched(struct pg *pg, struct arena *mem, int64_t bridge_id,
                                          struct pg_rows *out, struct error *err);

#endif
