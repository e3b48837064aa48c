/*
 * worker.h - calls that may hang where no limit reaches them, made in a process of its own.
 *
 * A driver that waits for a dead server ignores its own time limits, holds no lock that others see
 * and cannot be ended from within its process. So the calls of an adapter whose kind says "apart"
 * are carried to a child over a socket pair, and what they bring is carried back; what files hold
 * goes by the content store, as always. To the engine it is an adapter like any other.
 *
 * Each call has a limit, counted from its begin or from when its files moved last. When it is over,
 * or the run was told to stop and the call went on for 10 s more, the child is killed. It may also
 * die by itself, and does so when an allocation fails in it, a driver's included. Then the call is
 * V_RETRY, and of a push that the child had heard whole each item is V_IN_DOUBT. The codes:
 *
 *   worker.hung      the limit is over; so is every later call of this adapter, at once, and
 *                    job_trouble() leaves the system for this run
 *   worker.stopped   the run is to stop
 *   worker.died      a crash in the driver, or no memory for it; the next call gets a new child
 *
 * A child never outlives its parent. It does not log and holds no connection of the parent's.
 */
#ifndef BRIDGE_WORKER_H
#define BRIDGE_WORKER_H

#include "adapter.h"

/* Makes a, which is filled but not opened, one whose calls are made in a child; its close() ends
 * the child. limit_ms is for each call. The child begins with open(), or with the next call after
 * one has ended. */
void worker_apart(struct adapter *a, long limit_ms);

/* Runs one job in a child, with the same limits. text may be left NULL by it. */
struct worker_job {
    MUST_CHECK enum verdict (*run)(void *ctx, struct arena *mem, const char **text,
                                   struct error *err);
    void *ctx;        /* what the job writes there stays in the child */
    const char *what; /* for messages: "the driver" */
    long limit_ms;
};
MUST_CHECK enum verdict
worker_once(const struct worker_job *job, struct arena *mem, const char **text, struct error *err);

#endif
