/*
 * breaker.h - when to leave a peer alone: back-off, breaker, and calls per second. Pure arithmetic
 * on clock_tick() milliseconds that the caller hands in; nothing here sleeps.
 *
 * A breaker opens after so many failed calls in a row. While open no call is made. After its rest
 * it is half open: one call may try; when that succeeds the breaker closes, else it is open again.
 */
#ifndef BRIDGE_BREAKER_H
#define BRIDGE_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };

struct breaker {
    enum breaker_state state;
    long limit;        /* failed calls in a row that open it */
    long rest;         /* ms */
    long failures;     /* in a row */
    int64_t opened_at; /* ms */
    int64_t held_to;   /* ms: no call before, whatever the state */
};

void breaker_init(struct breaker *b, long limit, long rest);
/* True when a call may be made now; an open one whose rest is over becomes half open. */
bool breaker_allows(struct breaker *b, int64_t now);
void breaker_succeeded(struct breaker *b);
/* True when this failure opened it. */
bool breaker_failed(struct breaker *b, int64_t now);
/* Opens it at once. */
void breaker_trip(struct breaker *b, int64_t now);
/* No call for so many ms: the peer asked for that. */
void breaker_hold(struct breaker *b, int64_t now, long ms);

/* Wait before try n + 1 after n tries that failed (n from 1): base doubled each time, at most
 * ceiling, and of that a part between half and all, by random (any number). base 0 gives 0. */
long backoff_wait(long base, long ceiling, long n, uint32_t random);

/* Calls at most rate a second; rate 0 = no limit. */
struct pacer {
    long rate;
    int64_t next; /* ms: no call before */
};

/* ms to wait before the call that is to be made now; the call is counted as made after the wait. */
long pacer_wait(struct pacer *p, int64_t now);

#endif
