/*
 * run.h - one run of a job: its row, and the lock that keeps a second one out.
 *
 * The lock is an advisory lock of the session that also does the writing, by name: it goes with
 * the connection, however the process ends. A run that is found "running" while nobody holds its
 * lock becomes "lost".
 */
#ifndef BRIDGE_RUN_H
#define BRIDGE_RUN_H

#include "../link/pg.h"

struct run_opening {
    const char *job;     /* what stands in bridge.run: "sync", "sync igrs", "job nightly" ... */
    const char *lock;    /* name of the lock; all jobs that write to peers share one ("sync") */
    const char *program; /* version of the bridge and of its libraries; the server's is added */
    const char *maps;    /* "system sha256" by line, or "" */
};

/* Takes the lock, closes lost runs, writes the row. V_RETRY with code "run.locked": another run
 * holds the lock (exit code 7), nothing was written. *lost counts the runs found lost. */
MUST_CHECK enum verdict
run_open(struct pg *pg, struct arena *mem, const struct run_opening *opening, int64_t *run_id,
         long *lost, struct error *err);

/* Writes how it ended (state done, or failed for exit codes 1, 5, 75 ...) and lets the lock go.
 * said is one line without personal data. Rolls back what is open first. */
MUST_CHECK enum verdict run_close(struct pg *pg, struct arena *mem, int64_t run_id, int exit_code,
                                  const char *said, struct error *err);

#endif
