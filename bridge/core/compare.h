/*
 * compare.h - three-way reconciliation: what the portal says, what the police system says, what
 * staging says; counts by unit, status and day, and the key sets behind them.
 *
 * The jobs ask the peers (calls "ids" and "count") and hand the canonical records in; they are
 * copied into temporary tables and compared by SQL (sql/queries/compare.sql). Statuses are compared as
 * the portal can say them (mapper_status_there).
 */
#ifndef BRIDGE_COMPARE_H
#define BRIDGE_COMPARE_H

#include "../link/pg.h"
#include "mapper.h"

struct compare;

MUST_CHECK enum verdict compare_open(struct arena *mem, struct pg *pg, int64_t run_id,
                                     const char *cut, struct compare **out, struct error *err);
/* A page of stream "ids" from a system; canonical records chained by next. */
MUST_CHECK enum verdict compare_ids(struct compare *c, const struct mapper *m,
                                    const struct record *canonical, struct error *err);
/* A page of stream "count" (a portal's own count operation). */
MUST_CHECK enum verdict compare_counts(struct compare *c, const struct mapper *m,
                                       const struct record *canonical, struct error *err);

struct compare_result {
    long portal, police, staging;   /* complaints of that portal */
    long differences, unexplained;
    bool counted;                   /* the portal's own count agrees with its list */
};

/* Compares one portal with staging and with a police system (NULL = none asked); writes control_total and difference rows; one
 * transaction (rolled back when dry). */
MUST_CHECK enum verdict compare_run(struct compare *c, struct arena *mem, const struct mapper *portal,
                                    const char *police_system, bool dry,
                                    struct compare_result *out, struct error *err);

#endif
