/*
 * opening.h - lets a run in, or says who is there.
 *
 * PostgreSQL holds the lock of a run that was killed until it has seen that the connection is gone:
 * milliseconds when it was idle, about two seconds when it was at a statement. Whoever is started
 * again at once would find the lock held by nobody alive, and a night would be left out. So the
 * lock is asked for again, for 5 s at most, for as long as no process that holds it is seen to
 * live. A process is seen to live when it runs on this host, by its id and its name; that of
 * another host never is.
 */
#ifndef BRIDGE_OPENING_H
#define BRIDGE_OPENING_H

#include "job.h"
#include "../core/run.h"

/* As run_open() with job->pg and job->mem, and fills job->run_id. "run.locked" says who holds the
 * lock and how long it was waited for. */
MUST_CHECK enum verdict
opening_run(struct job *job, const struct run_opening *row, long *lost, struct error *err);

/* Whether the process is there, bears the name of this one, and is neither this one nor a dead one
 * that nobody has taken away. */
bool opening_lives(long pid);

#endif
