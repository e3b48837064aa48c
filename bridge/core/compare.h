/*
 * compare.h - three-way reconciliation: what the portal says, what the police systems say, what
 * staging says; counts by unit, status, category and day, and the members behind them.
 *
 * The jobs ask the peers (calls "ids" and "count") and hand the canonical records in; they are
 * copied into temporary tables and compared by SQL (sql/queries/compare.sql). Statuses are compared
 * as the portal can say them, categories as the police system that has the complaint can
 * (mapper_code_there). What a list does not bring (category, the days received and registered,
 * subject and body) is not compared. Texts are compared by SHA-256 over subject, 0x1F, body in
 * UTF-8, as they mean the same everywhere: after the mapper.
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
/* Makes known how a police system tells categories; compare_ids() does so by itself. */
void compare_hear(struct compare *c, const struct mapper *m);
/* A page of stream "count" (a portal's own count operation). */
MUST_CHECK enum verdict compare_counts(struct compare *c, const struct mapper *m,
                                       const struct record *canonical, struct error *err);

struct compare_result {
    long portal, police, staging; /* complaints of that portal */
    long differences, unexplained, signed_off;
    int64_t run_id;   /* that found it */
    bool count_asked; /* it has a count of its own, and brought it */
    bool counted;     /* and that count agrees with its list; false when none was asked */
};

/* What was asked besides the portal's list. */
struct compare_sides {
    const char *const *police; /* systems whose lists were read; together they are one side */
    size_t police_count;       /* 0 = none was asked */
    bool count_only;           /* its count was read, and it has no list: sums are compared */
    bool listed;               /* the portal's list was read; else two sides are compared */
    const char *read_to;       /* until when this run has read the portal, or NULL */
    long lookback;             /* ms before the portal's cursor that the next pull reads again */
    const char *const *unsure; /* systems whose lists had rows without a number that could be read:
                                  nothing has vanished by them */
    size_t unsure_count;
};

/* Compares one portal with staging and with the police systems; writes control_total, difference
 * and the members (compared, comparison); one transaction (rolled back when dry). */
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
/* Marks what the system has let go by its rule: over, last changed before kept_from, and not in the
 * list; and clears the mark of what is back. A mark that it vanished goes. kept_from NULL: it has
 * no such rule. Only after a list of which every row had a number, too. */
MUST_CHECK enum verdict compare_release(struct compare *c, struct arena *mem, const char *system,
                                        const char *kept_from, struct error *err);
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

/* ---- what the last comparison found, read back from comparison, compared and difference ---- */

/* How complaints are counted. */
struct compare_view {
    const char *by;        /* any of unit, status, category, day, month, parted by commas or blanks;
                              "" or NULL = one row */
    const char *basis;     /* whose day: "marked" (also NULL), "received" or "registered" */
    const char *from, *to; /* only those of these days, both included; NULL = all */
};

struct compare_row {
    const char *unit, *unit_name, *status, *category, *day, *month; /* "" = not asked for by it */
    long portal, police, staging;                                   /* complaints on each side */
    bool same; /* every one of them is on each side that was asked, in the same unit, status,
                  category and day: the same members, not only as many */
};

/* V_REJECT: an unknown word in by or basis. */
MUST_CHECK enum verdict
compare_view_check(struct arena *mem, const struct compare_view *view, struct error *err);
MUST_CHECK enum verdict
compare_rows(struct pg *pg, struct arena *mem, const char *portal, const struct compare_view *view,
             struct compare_row **out, size_t *count, struct error *err);

/* The last comparison of each portal: rows of system run_id cut police listed portal police_n
 * staging differences unexplained signed_off counted. */
MUST_CHECK enum verdict
compare_comparisons(struct pg *pg, struct arena *mem, struct pg_rows *out, struct error *err);

struct compare_difference {
    const char *number, *police_number; /* police_number NULL when there is none */
    const char *what; /* "missing at police", "missing in staging", "missing at portal",
                         "twice at police", "link", "status", "unit", "category", "text", "day",
                         "count" */
    const char *portal_says, *police_says, *staging_says; /* NULL = that side does not have it */
    const char *reason;
    const char *since;  /* clock.h text, or NULL */
    const char *unit;   /* as staging has it, or NULL */
    const char *remedy; /* what to do: compare_remedy() */
};

/* run_id 0 = the last that compared this portal. reason NULL = all; at most limit, in order of
 * reason ("unexplained" first), number. */
MUST_CHECK enum verdict
compare_differences(struct pg *pg, struct arena *mem, int64_t run_id, const char *portal,
                    const char *reason, long limit, struct compare_difference **out, size_t *count,
                    struct error *err);
/* One plain sentence: what a person does about such a difference. Never NULL. */
const char *compare_remedy(const char *what, const char *reason);

struct compare_reason {
    const char *reason, *what;
    long n;
};

MUST_CHECK enum verdict
compare_reasons(struct pg *pg, struct arena *mem, int64_t run_id, const char *portal,
                struct compare_reason **out, size_t *count, struct error *err);

/* ---- figures from staging ---- */

/* Of which systems, by which day, in which period. */
struct compare_asked {
    const char *const *systems;
    const char *const *basis; /* of each: "marked_at", "received_at" ... */
    size_t count;
    bool strict;                     /* one without that day is not counted, but as undated */
    const char *since, *upto, *asof; /* clock.h texts; upto is the first instant after it */
};

/* figure NULL: a row a system: system counts_by brought_forward received disposed pending overdue
 * undated balanced. Else the complaints of that figure (the name of its column): system number
 * police_number unit status came went due_at. V_REJECT: there is no such figure. */
MUST_CHECK enum verdict
compare_figures(struct pg *pg, struct arena *mem, const struct compare_asked *asked,
                const char *figure, struct pg_rows *out, struct error *err);
/* Where everything that ever came in is now. place NULL: a row a system: system came_in with_police
 * disposed in_flight refused held. Else the records there: system number police_number unit status.
 */
MUST_CHECK enum verdict
compare_places(struct pg *pg, struct arena *mem, const struct compare_asked *asked,
               const char *place, struct pg_rows *out, struct error *err);
/* Whether there is a figure, or a place, of that name. */
bool compare_is_figure(const char *name);
bool compare_is_place(const char *name);

/* ---- an officer answers for a difference ---- */

struct compare_signature {
    const char *system, *number, *what; /* the line, as the last comparison has it */
    const char *officer, *why;
    const char *typed_by; /* operating-system user */
};

/* Signs exactly what differs now, and books it; one transaction. V_REJECT: there is no such line,
 * it is signed already, or officer or reason is empty. */
MUST_CHECK enum verdict compare_sign(struct pg *pg, struct arena *mem, int64_t run_id,
                                     const struct compare_signature *what, struct error *err);
/* systems NULL = all: rows of signoff system number what officer why typed_by at digest stands. */
MUST_CHECK enum verdict
compare_signatures(struct pg *pg, struct arena *mem, const char *const *systems, size_t count,
                   struct pg_rows *out, struct error *err);

#endif
