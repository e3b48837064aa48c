/*
 * sync.h - the nightly run: the steps of pull.h, push.h, recover.h and reconcile.h in their order.
 *
 * One table of phases says the order; a system in trouble drops out of what follows and the others
 * go on. To add a step: a function and a row.
 */
#ifndef BRIDGE_SYNC_H
#define BRIDGE_SYNC_H

#include "job.h"

/* All of it; job->dry runs the phases that only read. */
MUST_CHECK enum verdict sync_run(struct job *job, struct error *err);

/* A sweep and the comparison, without the rest; job->sweep adds a sweep to sync_run(). */
MUST_CHECK enum verdict sync_sweep(struct job *job, struct error *err);

/* The way in alone, and the way out alone, each behind a recovery. */
MUST_CHECK enum verdict sync_pull(struct job *job, struct error *err);
MUST_CHECK enum verdict sync_push(struct job *job, struct error *err);

#endif
