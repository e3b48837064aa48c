/*
 * run.h - one run of a job: its row, its locks, and the fence around what it writes.
 *
 * The lock of a job keeps a second run out, or is shared by runs that may go side by side (several
 * "push" at once, also from several hosts). Beside it each run holds a lock of its own: a run that
 * is "running" while nobody holds that lock is dead, and becomes "lost". Both are advisory locks of
 * the session that also does the writing: they go with the connection, however the process ends.
 *
 * The fence: from run_open() on, each transaction of the connection asks before it commits whether
 * its run is still "running" (pg_fence), and whether this session is the one that holds the run's
 * own lock: a pooler may bring a transaction to another. So whoever was declared lost changes
 * nothing any more, and what it had under its hand can be taken over.
 */
#ifndef BRIDGE_RUN_H
#define BRIDGE_RUN_H

#include "../link/pg.h"

struct run_opening {
    const char *job;     /* what stands in bridge.run: "sync", "sync igrs" ... */
    const char *lock;    /* name of the lock; all jobs that write to peers share one ("sync") */
    const char *program; /* version of the bridge and of its libraries; the server's is added */
    const char *maps;    /* "system sha256" by line, or "" */
    bool shared;         /* other runs that share the lock may go on beside this one */
};

/* Takes the locks, closes lost runs, writes the row, sets the fence. Never waits for the lock of
 * the job: V_RETRY with code "run.locked": another run holds it, nothing was written. *lost counts
 * the runs found lost. */
MUST_CHECK enum verdict
run_open(struct pg *pg, struct arena *mem, const struct run_opening *opening, int64_t *run_id,
         long *lost, struct error *err);

/* Who holds the lock of a job now, oldest first: rows of run_id job host pid started_at. No row:
 * nobody does, or it opens or closes at this moment. Whether its process still lives, only its own
 * host can say: the server holds the lock until it has seen that a killed one is gone. */
MUST_CHECK enum verdict run_holders(struct pg *pg, struct arena *mem, const char *lock,
                                    struct pg_rows *rows, struct error *err);

/* Closes runs that do not live, as run_open() does; for a run that goes on. */
MUST_CHECK enum verdict
run_close_lost(struct pg *pg, struct arena *mem, int64_t run_id, long *lost, struct error *err);

/* Writes how it ended (state done, or failed for exit codes 1, 5, 75 ...) and lets the locks go.
 * said is one line without personal data. Rolls back what is open first. */
MUST_CHECK enum verdict run_close(struct pg *pg, struct arena *mem, int64_t run_id, int exit_code,
                                  const char *said, struct error *err);

/* A lock beside those of the run, by name, until run_let_go() or the end of the session. With the
 * name of the run's own shared lock: whether it is alone. Never waits. */
MUST_CHECK enum verdict
run_take(struct pg *pg, struct arena *mem, const char *lock, bool *taken, struct error *err);
MUST_CHECK enum verdict
run_let_go(struct pg *pg, struct arena *mem, const char *lock, struct error *err);

/* One statement that writes: in the open transaction, else in one of its own, for only a
 * transaction has the fence. */
MUST_CHECK enum verdict
run_write(struct pg *pg, struct arena *mem, const char *statement, const char *const *values,
          size_t count, struct pg_rows *rows, struct error *err);

/* V_FATAL "run.fenced" when the run is no longer "running": for a step that finds its work taken
 * over, before it calls that a mistake. */
MUST_CHECK enum verdict
run_fenced(struct pg *pg, struct arena *mem, int64_t run_id, struct error *err);

/* Adds to what the run found left behind by others: what is a word of bridge.recovery, systems[i]
 * may stand there more than once. In the open transaction, or one of its own. */
MUST_CHECK enum verdict
run_recovered(struct pg *pg, struct arena *mem, int64_t run_id, const char *what,
              const char *const *systems, const long *n, size_t count, struct error *err);
MUST_CHECK enum verdict
run_recovered_one(struct pg *pg, struct arena *mem, int64_t run_id, const char *what,
                  const char *system, long n, struct error *err);

#endif
