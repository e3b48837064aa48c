/*
 * reconcile.h - asks every system what it has, and compares that with staging.
 *
 * Each portal is compared with staging and with the police systems, which together are one side. A
 * system is asked for the digests of its buckets (call "digest"), and then for the rows of those
 * that differ (call "members"); or for its whole list (call "ids"); a portal that has neither for
 * its count (call "count"), of which only sums are compared. One without any (a drop folder) is
 * compared between staging and the police alone. How it was is said of each:
 * job_system.compared_by. A system that cannot be asked is trouble of its own: what depends on it
 * is not compared, the rest is. An archive is not compared.
 */
#ifndef BRIDGE_RECONCILE_H
#define BRIDGE_RECONCILE_H

#include "job.h"

/* Fills job->compared. A system whose pull ended at a page that is held is not compared. */
MUST_CHECK enum verdict reconcile_run(struct job *job, struct error *err);

#endif
