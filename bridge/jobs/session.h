/*
 * session.h - the frame of one run: database, lock, run row; and how it ends.
 *
 *   v = session_open(&job, &opening, &err);
 *   if (!v) v = ... steps ...
 *   code = session_close(&job, v, &err);
 */
#ifndef BRIDGE_SESSION_H
#define BRIDGE_SESSION_H

#include "job.h"

struct session {
    const struct conf *conf;
    const char *job;  /* what stands in bridge.run: "sync", "pull igrs" ... */
    const char *lock; /* runs of one lock never overlap, but for those that share it */
    bool shared;
    const char *program;        /* version of the bridge and of its libraries */
    const char *const *systems; /* names ended by NULL; none = all */
    const char *since;          /* clock.h text or NULL */
    bool dry;                   /* the database is opened read-only; no run row */
    void (*watch)(const struct job_progress *now);
};

/* Lock of all runs that stage or send; those that only send share it. */
#define SESSION_LOCK "sync"

/* job needs no filling. After a failure session_close() is still due. */
MUST_CHECK enum verdict
session_open(struct job *job, const struct session *opening, struct error *err);

/* Ends the run: equations and check of the books, what waits, the signed note of the books
 * (core/checkpoint.h), the row. v and err: how the steps ended (err is logged here, once). Returns
 * the exit code. What job holds stays readable until session_free(). */
int session_close(struct job *job, enum verdict v, struct error *err);
void session_free(struct job *job);

/* Opens the database of bridge.conf, also for a command that is no run; not through a pooler. */
MUST_CHECK enum verdict
session_database(const struct conf *conf, struct arena *mem, struct pg **out, struct error *err);

#endif
