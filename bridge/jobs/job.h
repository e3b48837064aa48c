/*
 * job.h - one run: what every step of it shares, and how its parts answer.
 *
 * Two kinds of failure are kept apart. A peer that does not answer, or refuses, is *trouble* of
 * that system: job_trouble() logs it once, the system is left for this run and the others go on. A
 * failure of our own database ends the run: only that is what a step returns.
 *
 * Each command of the command line is one run in one process; a run may be killed anywhere, and the
 * next one recovers.
 */
#ifndef BRIDGE_JOB_H
#define BRIDGE_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "../core/audit.h"
#include "../core/books.h"
#include "../core/checkpoint.h"
#include "../core/compare.h"
#include "../core/conf.h"
#include "../core/mapper.h"
#include "../core/staging.h"
#include "../link/pg.h"
#include "breaker.h"
#include "clock.h"

enum job_exit {
    JOB_DONE = 0,
    JOB_INTERNAL = 1,
    JOB_USAGE = 2,
    JOB_WAITS = 3,    /* done, but something waits for a person */
    JOB_DISAGREE = 4, /* books or systems do not agree */
    JOB_CONF = 5,
    JOB_VERIFY = 6,
    JOB_BUSY = 7,     /* another run holds the lock */
    JOB_PEER = 75,    /* a peer could not be reached: run again */
    JOB_STOPPED = 143 /* ended by SIGTERM or SIGINT */
};

struct job_progress {
    long phase, phases; /* from 1 */
    const char *what;   /* "pull", "push", ... */
    const char *system; /* or NULL */
    long done;          /* records in this phase and system */
};

/* What became of the deliveries of one system in this run. */
struct push_figures {
    long planned, confirmed, refused, put_back, in_doubt, dead;
    long cut, replaced; /* what the peer's limits cost; struct mapper_losses */
    long substituted;   /* contents that it does not take: a note went instead */
};

/* What became of confirmed deliveries that were asked for again, and of the duplicate. */
struct prove_figures {
    long proved;
    long denied, twice; /* not there; there more than once */
    long left;          /* for a later night */
    const char *canary; /* "filtered", "taken", "unknown"; NULL = none was sent */
};

/* A dry run's guess at what a pull would do. */
struct dry_figures {
    long added, changed, unchanged, held;
};

/* What a sweep of the system's whole list found; compare.h. */
struct sweep_figures {
    bool done;
    long listed, missed, found, vanished;
    long doubted, known; /* not listed, of so many: too many to be believed, none was marked */
};

struct job_system {
    const struct conf_system *conf;
    struct mapper mapper;
    struct adapter adapter;
    bool opened;              /* the adapter is open */
    bool left;                /* no further call in this run: a person must act first */
    char read_to[CLOCK_TEXT]; /* its complaints were read to their end up to then; "" = not */
    bool page_held;           /* its pull ended at a page that could not be read */
    enum verdict trouble;     /* the worst that happened; V_REJECT: a page is held */
    bool answered;            /* a push was answered in this run: the peer is there */
    struct breaker breaker;
    struct pacer pacer;
    struct tally pulled;
    struct push_figures pushed;
    struct prove_figures proved;
    struct dry_figures dry;
    struct sweep_figures sweep;
    const char *compared_by; /* how its list was read, in a few words; NULL = it was not */
    long rows_read;          /* for that */
    long unsatisfied;        /* disposals that the system does not take yet; counted at the end */
    long pulled_calls, pushed_calls;
};

struct job_comparison {
    const char *portal;
    const char
        *police; /* names of the police systems, parted by blanks; NULL when none was asked */
    bool listed; /* the portal has a list of its own; else only the other two were compared */
    struct compare_result result;
};

/* What the rules of auditors found in this run. */
struct job_audit {
    bool done;                 /* the rules were run */
    bool alone;                /* the run is about nothing else: what was found says how it ends */
    struct audit_found *found; /* rule by rule */
    size_t count;
    long findings, added, ended;
    long failed; /* rules */
};

/* What became of messages to complainants. */
struct notify_figures {
    bool done;              /* bridge.conf has [notify], and the step was come to */
    bool quiet;             /* it ended because quiet hours began, or had */
    long added, suppressed; /* planned in this run; not to be sent */
    long sent, failed, put_back, in_doubt, recovered;
    long unsaid;                 /* refused by us: words or number do not fit */
    long planned, waiting;       /* at the end: to be sent; failed or in doubt, for a person */
    long planned_sms;            /* of the planned */
    long delivered, undelivered; /* as delivery reports say that were read in this run */
    long report_faults;          /* lines of them that are bad, or of no message */
    long wordless;               /* of the planned: no words are registered for them */
    const char *wordless_events; /* "ASSIGN REGD" */
    enum verdict trouble; /* of gateway, mail server or the notifier's login: V_RETRY, or V_REJECT
                             when a person must act */
};

/* What was found of duplicates. */
struct match_figures {
    bool done;            /* the step was come to, with [match] or with something found */
    long compared, pairs; /* in this run: complaints; pairs that hold */
    long linked, repeats; /* of them */
    long open;            /* at the end: suggested, nobody has spoken on them */
};

/* What became of packages to cells. */
struct forward_figures {
    bool done; /* bridge.conf has cells, and the step was come to */
    long made, sent, acknowledged;
    long failed, put_back, in_doubt; /* of what was sent */
    long waiting;                    /* at the end: refused packages of these cells, for a person */
    long silent;                     /* cells */
    enum verdict trouble;            /* V_RETRY: run again; V_REJECT: a person must act */
};

struct job {
    const struct conf *conf;
    struct pg *pg;
    struct arena *mem;   /* lives as long as the run */
    struct arena *batch; /* reset after each page or batch */
    struct staging *staging;
    struct contents *contents; /* what attachments hold */
    struct seal *seal;         /* NULL when bridge.conf names no key */
    int64_t run_id;
    const char *lock;     /* of the job */
    bool shared;          /* other runs may hold it, too, and go on beside this one */
    char cut[CLOCK_TEXT]; /* upper bound of what is read */
    const char *since;    /* as clock.h writes it, or NULL: from the cursor */
    bool dry;
    bool sweep;                  /* lists are read whole besides (sweep.h) */
    bool reads, sends, compares; /* what it came to, for its last line */
    struct job_system *systems;  /* those that this run is about, in the order of bridge.conf */
    size_t count;
    struct job_comparison *compared;
    size_t compared_count;
    struct equation *equations; /* of this run; filled at its end */
    size_t equation_count;
    const char *books_fault;      /* what the books check found, or NULL */
    const char *figures_fault;    /* figures of a period that do not add up, or NULL */
    struct checkpoint checkpoint; /* its note, and what an auditor would miss */
    struct job_audit audit;
    struct match_figures matched;
    struct notify_figures notified;
    struct forward_figures forwarded;
    const char *const *cells; /* units or names that "forward" is about; NULL = all */
    long waiting;             /* open held rows of these systems, at the end */
    long unserved;            /* complaints of units that no police system serves, at the end */
    void (*watch)(const struct job_progress *now); /* or NULL */
    struct job_progress progress;
};

/* Opens the content store and the key that bridge.conf names. */
MUST_CHECK enum verdict job_open(struct job *job, struct error *err);

/* Fills job->systems with the named systems (names ended by NULL; none = all). */
MUST_CHECK enum verdict job_choose(struct job *job, const char *const *names, struct error *err);

/* Opens the adapter at need. False when the system is left, its breaker is open, it cannot be
 * opened (said and counted), or the run is to stop. */
MUST_CHECK bool job_ready(struct job *job, struct job_system *s);

/* Logs err and counts it. V_FATAL leaves the system for this run, V_RETRY and V_IN_DOUBT close the
 * adapter and open the breaker, V_REJECT ends its pull only. */
void job_trouble(struct job_system *s, enum verdict v, const struct error *err);

/* adapter.pull() with pace, and tries with back-off while it says V_RETRY; the page lives in
 * job->batch. */
MUST_CHECK enum verdict
job_ask(struct job *job, struct job_system *s, const struct map_call *call,
        const struct adapter_var *vars, size_t count, struct page *out, struct error *err);

/* Does what the peer asked for by err->retry_after, within reason: no call to it for so long.
 * Returns the ms that are worth waiting for, 0 when it asked for nothing, -1 when the run should go
 * on without it. */
long job_hold_back(struct job_system *s, const struct error *err);
/* Waits until the system's rate allows a call. */
void job_pace(struct job_system *s);
/* Sleeps; ends early when the run is to stop. */
void job_sleep(long ms);
uint32_t job_random(void);
/* Deliveries that a peer said were done and are not, or are twice; duplicates that it took. */
long job_denied(const struct job *job);

void job_cut_now(struct job *job);
/* The time before which a system no longer lists what is over; NULL = it lists all for ever. */
const char *job_kept_from(const struct job *job, const struct job_system *s);
/* How far behind its cursor a system is read, in ms: its own, or the bridge's. */
long job_lookback(const struct job *job, const struct job_system *s);
void job_step(struct job *job, const char *what, const char *system, long done);

/* Closes the adapters. */
void job_leave(struct job *job);

/* Exit code by precedence: stopped, internal, disagree, peer, waits, done. */
int job_exit_code(const struct job *job);
/* Of a run that is an audit alone: internal when a rule failed, waits when any found something. */
int job_audit_code(const struct job_audit *audit);

/* SIGTERM and SIGINT ask the run to stop after its page or batch; a second one ends the process. */
void job_signals(void);
bool job_stopping(void);
/* After so many ms the process ends at once, whatever call hangs, and its children with it, with a
 * line on stderr that tells what it was at, and exit code 1: the next run recovers. 0 = no limit.
 */
void job_deadline(long ms);

#endif
