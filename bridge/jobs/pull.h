/*
 * pull.h - the way in: ask the adapter, map, stage, commit with the cursor; page by page.
 *
 * Every call of the map that brings complaints, actions, feedback or attachments and has a cursor
 * is read from its cursor less the look-back up to job->cut. A record that is bad is held and the
 * page goes on; a page that cannot be read is held whole and ends this system's pull. A page that
 * the database refuses is offered in halves until the one record is found; that one is held.
 *
 * Reading ends: the cut stands still while the peer's rows move on, and a peer that does not heed
 * it, or goes round in circles, is noticed.
 *
 * A queue (adapter_ops.queue) has no cursor: it is asked until it brings nothing more. It is told
 * to put a page away once that is committed; one that cannot be read is held and put away as well,
 * and the others go on. A dry run looks at the first page alone: nothing is put away by it.
 */
#ifndef BRIDGE_PULL_H
#define BRIDGE_PULL_H

#include "job.h"

/* All calls of one system, complaints first. Trouble of the peer is said and counted; only a
 * failure of our own is returned. job->dry: nothing is staged, job_system.dry is counted. */
MUST_CHECK enum verdict pull_system(struct job *job, struct job_system *s, struct error *err);

/* A reading besides the ordinary one, which leaves the cursor where it is. */
struct pull_again {
    const char *since, *cut; /* as clock.h writes them */
    long most;               /* it ends after so many records of a call; 0 = at the cut */
};

/* Calls with a cursor, as pull_system(), by other bounds; what comes is taken as what the system
 * holds now (staging_current). */
MUST_CHECK enum verdict pull_once_more(struct job *job, struct job_system *s,
                                       const struct pull_again *again, struct error *err);

/* Maps one remote record and puts it into the open page of staging, or sets it aside. */
MUST_CHECK enum verdict
pull_record(struct job *job, struct job_system *s, const struct record *remote, struct error *err);

#endif
