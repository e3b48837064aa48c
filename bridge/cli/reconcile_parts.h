/*
 * reconcile_parts.h - what the files of the command "reconcile" share among themselves.
 */
#ifndef BRIDGE_RECONCILE_PARTS_H
#define BRIDGE_RECONCILE_PARTS_H

#include "commands.h"

/* What the command line asks to see, and the figures of it. */
struct reconcile_view {
    struct compare_view counts;
    bool counted;               /* the counts are asked for */
    struct compare_asked asked; /* systems, each with the day by which it counts, and the period */
    const char *from, *to;      /* that period, as days */
    char since[CLOCK_TEXT], upto[CLOCK_TEXT], asof[CLOCK_TEXT];
    struct pg_rows figures, places;
};

/* Reads --by, --basis and --period; without a period the figures are of this month. */
MUST_CHECK enum verdict
reconcile_view_read(const struct cli *cli, struct reconcile_view *view, struct error *err);
/* Which systems; names NULL or empty = all of bridge.conf. */
void reconcile_view_of(const struct cli *cli, struct reconcile_view *view, const char *const *names,
                       size_t count);
/* Asks staging. *fault, in words, when brought forward + received - disposed is not pending. */
MUST_CHECK enum verdict
reconcile_figures(struct pg *pg, struct arena *mem, struct reconcile_view *view, const char **fault,
                  struct error *err);

/* The page: tables and lines; job->compared says what was compared, by which run. */
MUST_CHECK enum verdict
reconcile_show(const struct cli *cli, struct job *job, const struct reconcile_view *view,
               struct result *r, struct error *err);
/* The last line: whether the sides agree. */
void reconcile_verdict(const struct cli *cli, struct result *r, const struct job *job,
                       const struct reconcile_view *view);

/* Words behind "reconcile". */
int reconcile_sign(struct cli *cli);
int reconcile_signed(struct cli *cli);
int reconcile_members(struct cli *cli);

#endif
