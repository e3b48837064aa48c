/*
 * report.h - what one run did, as tables: for sync, pull, push and reconcile.
 */
#ifndef BRIDGE_REPORT_H
#define BRIDGE_REPORT_H

#include "../jobs/job.h"
#include "output.h"

/* The equation of each hop, system and stream of the run. */
void report_equations(struct result *r, const struct job *job);
/* Deliveries by system. */
void report_deliveries(struct result *r, const struct job *job);
/* What a dry run would have done. */
void report_dry(struct result *r, const struct job *job);
/* What a sweep found, by system. */
void report_swept(struct result *r, const struct job *job);
/* The reconcile line of each portal. */
void report_compared(struct result *r, const struct job *job);
/* How each system that was compared said what it has, and how many rows were read for it. */
void report_lists(struct result *r, const struct job *job);
/* Complaints that belong together; nothing where there is no [match]. */
void report_duplicates(struct result *r, const struct job *job);
/* Messages to complainants; nothing where there is no [notify]. */
void report_messages(struct result *r, const struct job *job);
/* Packages to cells; nothing where there is no [cell NAME]. */
void report_packages(struct result *r, const struct job *job);
/* Lines: trouble, losses, books, what waits and what to do next. */
void report_lines(struct result *r, const struct job *job);

#endif
