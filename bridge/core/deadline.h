/*
 * deadline.h - by when complaints are due, and by which rule: what staging says of it. The rules
 * are mappings/sla.csv and mappings/holidays/ (their README.md); how they are reckoned with stands
 * in sql/0011_deadline.sql. Only reads; no personal data.
 *
 * Instants are RFC 3339 in UTC, days those of India, "why" a word: portal (it says itself what is
 * due), rule, stands (the clock does, no day is due), none.
 */
#ifndef BRIDGE_DEADLINE_H
#define BRIDGE_DEADLINE_H

#include "../link/pg.h"

/* One complaint. */
struct deadline {
    struct pg_rows head;    /* one row: system number police_number unit status ref_type why rule
                               source start_event started_at started_on due_at due_on days_left
                               overdue expected_on */
    struct pg_rows days;    /* complaint day why: not counted */
    struct pg_rows stops;   /* complaint from_at to_at: when the clock stood; no to_at: it does */
    struct pg_rows history; /* complaint at run why due_at due_on started_at rule source */
};

/* Which page of a list. */
struct deadline_page {
    const char *unit;  /* with all below it; NULL = all */
    bool overdue;      /* only what is */
    const char *zone;  /* of days_left: a name, or "+05:30" */
    const char *after; /* "place" of the last row that was read; NULL = from the first */
    int64_t after_id;  /* its bridge_id */
    int most;
};

/* By any of a complaint's numbers: all that it stands for. V_REJECT "deadline.unknown". */
MUST_CHECK enum verdict
deadline_explain(struct pg *pg, struct arena *mem, const char *number, const char *zone,
                 struct deadline **out, size_t *count, struct error *err);

/* Open complaints with a due date or a clock that stands, soonest first; columns: bridge_id:int
 * system number police_number unit station status due_at due_on days_left:int overdue:bool
 * expected_on why rule place. V_REJECT "deadline.unit": there is no such unit. */
MUST_CHECK enum verdict
deadline_list(struct pg *pg, struct arena *mem, const struct deadline_page *page,
              struct pg_rows *rows, struct error *err);

#endif
