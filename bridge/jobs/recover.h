/*
 * recover.h - what a run that was ended, or an answer that never came, has left behind.
 *
 * First every delivery that a run which does not live left "sending" becomes in_doubt; then the
 * peers are asked, by one run at a time:
 *
 *   the map has a call "find": there is our reference -> found
 *                              there is none          -> absent, planned anew
 *   no such call, but the peer refuses a repeat of our key (class A) -> sent again, which is safe
 *   neither (class C)                                                -> held: a person must say
 *
 * A doubt is never settled by sending again and hoping.
 */
#ifndef BRIDGE_RECOVER_H
#define BRIDGE_RECOVER_H

#include "../core/delivery.h"
#include "job.h"

MUST_CHECK enum verdict recover_sending(struct job *job, struct error *err);
/* The same in the middle of a run; *n = deliveries that are in doubt by it. */
MUST_CHECK enum verdict recover_lost(struct job *job, long *n, struct error *err);

/* Settles the doubts of one system; trouble of the peer is said and counted, its doubts stay. */
MUST_CHECK enum verdict recover_system(struct job *job, struct job_system *s, struct error *err);

/* The event for one doubtful delivery; V_OK, or the verdict of the question. */
MUST_CHECK enum verdict
recover_ask(struct job *job, struct job_system *s, struct delivery *d, struct error *why);

/* Stages all held records again whose parent has come since; each in a page of its own, without
 * cursor. */
MUST_CHECK enum verdict recover_orphans(struct job *job, struct job_system *s, struct error *err);

/* Stages one held record again by today's map, and ends its held row. A record that is still bad is
 * held anew. who and why stand in the row. V_REJECT when its bytes fit no stream of the map. */
MUST_CHECK enum verdict
recover_held(struct job *job, struct job_system *s, const struct pg_rows *held, size_t row,
             const char *who, const char *why, struct error *err);

#endif
