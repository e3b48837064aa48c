/*
 * notify.h - tells complainants: plans what has happened, sends what is due, one message after the
 * other. Skipped where bridge.conf has no [notify].
 *
 * In quiet hours no SMS is sent: what waits goes with the next run outside of them; a mail wakes
 * nobody. A gateway or a mail server that fails three times in a row, or refuses us for good, is
 * left for this run; its trouble is trouble of this step, never of those before it.
 */
#ifndef BRIDGE_NOTIFY_H
#define BRIDGE_NOTIFY_H

#include "job.h"

/* A step of "sync", and the whole of "notify". Only a failure of our own database comes back. */
MUST_CHECK enum verdict notify_run(struct job *job, struct error *err);

/* Whether it is quiet at that time: minutes of the day, from (in) to (out), over midnight or not;
 * alike = never. */
bool notify_is_quiet(int64_t at, int zone_minutes, int from, int to);

#endif
