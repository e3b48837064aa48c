/*
 * reconcile.h - asks every system for its full list and its count, and compares them with staging.
 *
 * Each portal is compared with staging and with the police system. A system that cannot be asked,
 * or whose map has no call "ids", is trouble of its own: what depends on it is not compared, the
 * rest is.
 */
#ifndef BRIDGE_RECONCILE_H
#define BRIDGE_RECONCILE_H

#include "job.h"

/* Fills job->compared. A system whose pull ended at a page that is held is not compared. */
MUST_CHECK enum verdict reconcile_run(struct job *job, struct error *err);

#endif
