/*
 * ask.h - what the commands show of runs, cursors and held records, and an operator's word on one.
 *
 * Read models: rows as they are printed. Nothing here holds a field value of a complaint: bodies
 * come only by ask_held_show().
 */
#ifndef BRIDGE_ASK_H
#define BRIDGE_ASK_H

#include "../link/pg.h"

struct ask_status {
    /* system, role, last_success, waiting_out, in_doubt, refused, dead, oldest_waiting, held,
     * complaints, substituted */
    struct pg_rows systems;
    struct pg_rows cursors; /* system, call, at, key, lag_seconds */
    struct pg_rows backlog; /* system, stream, state, n, oldest: deliveries not yet settled */
    struct pg_rows held;    /* system, kind, reason, n, oldest, newest: open ones */
    struct pg_rows runs;    /* run_id, job, state, started_at, ended_at, exit_code, said: last 10 */
    struct pg_rows fed;     /* of archives, by unit: system, unit, unit_name, complaints, last_fed,
                             * days,     silent (nothing for more than 7 days) */
    struct pg_rows missed;  /* job, due_at, state, said: slots missed or failed in 7 days */
    /* what, system, class, n: what the next run will find, by the words of bridge.recovery, and
     * "in_doubt", "duplicate" (sent on purpose, no answer); of deliveries the class says what can
     * be done (delivery.h) */
    struct pg_rows left;
    struct pg_rows messages;  /* state, reason, n, oldest: of messages to complainants */
    struct pg_rows recovered; /* run_id, job, what, system, n: of the runs above */
};

MUST_CHECK enum verdict
ask_status(struct pg *pg, struct arena *mem, struct ask_status *out, struct error *err);

/* Open ones, oldest first: held_id, system, stream, call, key, kind, reason, field, place, detail,
 * times, held_at, state, delivery_id. system and reason NULL = any; after = last held_id seen, 0 =
 * from the first. */
MUST_CHECK enum verdict
ask_held_list(struct pg *pg, struct arena *mem, const char *system, const char *reason,
              int64_t after, long limit, struct pg_rows *out, struct error *err);

/* All columns of one, with body and remote (bytea; encrypted where "sealed" is true); V_REJECT
 * "held.unknown" when there is none. */
MUST_CHECK enum verdict ask_held_show(struct pg *pg, struct arena *mem, int64_t held_id,
                                      struct pg_rows *out, struct error *err);

/* Number of the newest held row, 0 when there is none. */
MUST_CHECK enum verdict
ask_held_newest(struct pg *pg, struct arena *mem, int64_t *newest, struct error *err);

/* Records that wait for a parent which has come since (reason "parent.unknown"), of one system, by
 * number, from after (not included) to upto: held_id, system, stream, call, key, remote, sealed. To
 * be mapped and staged again, then marked. One that stays is passed by; one that is held anew has a
 * number above upto. */
MUST_CHECK enum verdict
ask_held_ready(struct pg *pg, struct arena *mem, const char *system, int64_t after, int64_t upto,
               long limit, struct pg_rows *out, struct error *err);

/* Ends an open one. ask_held_settled() is for what a person put right at the peer: a conflict that
 * has no record of its own. It and ask_held_drop() refuse rows of a delivery (delivery_order() is
 * their door) with V_REJECT "held.delivery"; both refuse what is not open with V_REJECT
 * "held.ended". An identical record that comes again after a drop is counted and not held anew. */
MUST_CHECK enum verdict ask_held_replayed(struct pg *pg, struct arena *mem, int64_t held_id,
                                          const char *who, const char *why, struct error *err);
MUST_CHECK enum verdict ask_held_settled(struct pg *pg, struct arena *mem, int64_t held_id,
                                         const char *who, const char *why, struct error *err);
MUST_CHECK enum verdict ask_held_drop(struct pg *pg, struct arena *mem, int64_t held_id,
                                      const char *who, const char *why, struct error *err);

#endif
