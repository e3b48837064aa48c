/*
 * reconcile.h - asks every system for its full list and its count, and compares them with staging.
 *
 * Each portal is compared with staging and with the police systems, which together are one side. A
 * portal whose map has no call "ids" (a drop folder) is compared between staging and the police
 * alone, and that is said. A system that cannot be asked is trouble of its own: what depends on it
 * is not compared, the rest is. An archive is not compared.
 */
#ifndef BRIDGE_RECONCILE_H
#define BRIDGE_RECONCILE_H

#include "job.h"

/* Fills job->compared. A system whose pull ended at a page that is held is not compared. */
MUST_CHECK enum verdict reconcile_run(struct job *job, struct error *err);

#endif
