/*
 * compare.h - three-way reconciliation: what the portal says, what the police systems say, what
 * staging says; counts by unit, status and day, and the key sets behind them.
 *
 * The jobs ask the peers (calls "ids" and "count") and hand the canonical records in; they are
 * copied into temporary tables and compared by SQL (sql/queries/compare.sql). Statuses are compared
 * as the portal can say them (mapper_status_there).
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
    long portal, police, staging; /* complaints of that portal */
    long differences, unexplained;
    bool count_asked; /* it has a count of its own, and brought it */
    bool counted;     /* and that count agrees with its list; false when none was asked */
};

/* What was asked besides the portal's list. */
struct compare_sides {
    const char *const *police; /* systems whose lists were read; together they are one side */
    size_t police_count;       /* 0 = none was asked */
    bool listed;               /* the portal's list was read; else two sides are compared */
    const char *read_to;       /* until when this run has read the portal, or NULL */
    const char *const *unsure; /* systems whose lists had rows without a number that could be read:
                                  nothing has vanished by them */
    size_t unsure_count;
};

/* Compares one portal with staging and with the police systems; writes control_total and difference
 * rows; one transaction (rolled back when dry). */
MUST_CHECK enum verdict compare_run(struct compare *c, struct arena *mem,
                                    const struct mapper *portal, const struct compare_sides *sides,
                                    bool dry, struct compare_result *out, struct error *err);

/* ---- a sweep: one system's whole list of numbers against what staging has of that system ---- */

struct compare_swept {
    long listed;
    long missed;   /* of these, not in staging, or there in another state or of another time; not
                      those that are held, were dropped by a person, or changed after the cut */
    long ahead;    /* of the missed, whose time is still to come */
    long unsure;   /* held, or of another time within the same second: a reason to look further */
    long vanished; /* in staging, not listed: they are marked */
    long doubted;  /* not listed, and too many at once to be believed: none is marked ... */
    long known;    /* ... of so many */
};

/* The list is what compare_ids() has taken since compare_open(). It is compared with now: what
 * changed between the cut and now is no finding, what is to change after it is one. */
MUST_CHECK enum verdict
compare_sweep(struct compare *c, struct arena *mem, const char *system, const char *now,
              struct compare_swept *out, struct error *err);
/* Marks what has vanished and clears the mark of what is back, and fills out->vanished. Only after
 * a list of which every row had a number that could be read. A list that lacks more than half of
 * what there was, and more than ten, marks nothing: out->doubted. */
MUST_CHECK enum verdict
compare_sweep_vanished(struct compare *c, struct arena *mem, const char *system,
                       struct compare_swept *out, struct error *err);
/* Writes the row; found: of the missed, in staging now. */
MUST_CHECK enum verdict
compare_sweep_keep(struct compare *c, struct arena *mem, const char *system,
                   const struct compare_swept *swept, long found, struct error *err);

/* ---- what the comparison found, read back from control_total and difference ---- */

struct compare_row {
    const char *unit, *unit_name, *status, *day; /* "" where it was not asked for by that field */
    long portal, police, staging;                /* complaints on each side */
    bool same;                                   /* the same members everywhere, not only as many */
};

/* by: any of "unit", "status", "day", parted by commas or blanks; "" or NULL = one row. run_id 0 =
 * the last run that compared this portal. V_REJECT: an unknown word in by. */
MUST_CHECK enum verdict
compare_rows(struct pg *pg, struct arena *mem, int64_t run_id, const char *portal, const char *by,
             struct compare_row **out, size_t *count, struct error *err);

struct compare_difference {
    const char *number, *police_number; /* police_number NULL when there is none */
    const char *what; /* "missing at police", "missing in staging", "missing at portal",
                         "twice at police", "link", "status", "unit", "day", "count" */
    const char *portal_says, *police_says, *staging_says; /* NULL = that side does not have it */
    const char *reason;
    const char *since; /* clock.h text, or NULL */
    const char *unit;  /* as staging has it, or NULL */
};

/* reason NULL = all; at most limit, in order of reason ("unexplained" first), number. */
MUST_CHECK enum verdict
compare_differences(struct pg *pg, struct arena *mem, int64_t run_id, const char *portal,
                    const char *reason, long limit, struct compare_difference **out, size_t *count,
                    struct error *err);

struct compare_reason {
    const char *reason, *what;
    long n;
};

MUST_CHECK enum verdict
compare_reasons(struct pg *pg, struct arena *mem, int64_t run_id, const char *portal,
                struct compare_reason **out, size_t *count, struct error *err);

#endif
