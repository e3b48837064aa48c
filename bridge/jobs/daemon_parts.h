/*
 * daemon_parts.h - what daemon.c (when), daemon_child.c (processes) and daemon_slots.c (the record
 * in the database) share.
 */
#ifndef BRIDGE_DAEMON_PARTS_H
#define BRIDGE_DAEMON_PARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon.h"
#include "slots.h"

/* How the process of a slot ended. */
struct child_end {
    const char *state; /* of bridge.slot */
    char said[96];     /* one line */
};

struct timed_job {
    const struct conf_job *conf;
    struct slots slots;
    bool known;   /* last was read from the database */
    int64_t last; /* newest slot that is settled: run, busy, missed or somebody else's */
    int64_t due;  /* slot of the process below */
    pid_t pid;    /* 0 = none was started, or its end is recorded */
    bool ended;   /* the process is gone; its end waits to be recorded */
    struct child_end end;
};

struct daemon {
    const struct conf *conf;
    const char *program;
    struct arena *mem;   /* lives as long as the daemon */
    struct arena *batch; /* reset at each round */
    struct timed_job *jobs;
    size_t count;
    int64_t started;      /* instant */
    int signals;          /* signalfd */
    int alive;            /* locked file, or -1 */
    int64_t beaten;       /* tick of the last beat */
    int stops;            /* signals that asked it to stop */
    int64_t kill_at;      /* tick at which what still runs is killed */
    struct pg *pg;        /* NULL while the database is away */
    struct arena *pg_mem; /* of an own connection, else NULL */
    int64_t ask_again;    /* tick before which no connection is tried */
    char started_by[96];  /* bridge.slot.said of what this daemon has running */
};

/* ---- processes (daemon_child.c) ---- */

/* Starts the words of job->run; the parent's signals are not inherited. */
MUST_CHECK enum verdict
child_start(const struct daemon *d, struct timed_job *job, struct error *err);
/* Looks which processes have ended, without waiting. */
void child_reap(struct daemon *d);
void child_signal(const struct daemon *d, int signal);
size_t child_count(const struct daemon *d);
/* What an end (of waitpid) means. */
void child_meaning(int status, struct child_end *out);

/* ---- the record (daemon_slots.c); each is V_RETRY when the database is away ---- */

/* Opens a connection when there is none and it is time to try. */
MUST_CHECK enum verdict record_ready(struct daemon *d, struct error *err);
/* Closes the connection, so that the next record_ready() opens another one. */
void record_lost(struct daemon *d);
/* At start: slots that a dead daemon of this host left as started. */
MUST_CHECK enum verdict record_abandoned(struct daemon *d, struct error *err);
MUST_CHECK enum verdict record_newest(struct daemon *d, struct timed_job *job, struct error *err);
MUST_CHECK enum verdict record_end(struct daemon *d, struct timed_job *job, struct error *err);
/* *ours: the slot was not recorded before. */
MUST_CHECK enum verdict
record_add(struct daemon *d, const struct timed_job *job, int64_t due, const char *state,
           const char *said, bool *ours, struct error *err);
/* Records all slots after job->last and before newest as missed, and newest too when late is true;
 * *missed counts those that nobody had recorded. */
MUST_CHECK enum verdict record_missed(struct daemon *d, struct timed_job *job, int64_t newest,
                                      bool late, long *missed, struct error *err);

/* "2020-06-02 01:30:00 +05:30" in the job's zone, in d->batch. */
const char *slot_text(const struct daemon *d, const struct timed_job *job, int64_t at);

#endif
