/*
 * slots.h - when a job is due: the calendar of [job NAME] in bridge.conf. Pure; knows no clock.
 *
 *   at    = 01:30 13:00        times of day, in the job's zone
 *   every = 15m                instead: from midnight on, anew each day; 1s to 1d
 *   on    = daily              (or absent) each day
 *   on    = mon thu            week days; on = 1 15 last: days of the month; both kinds: either
 *   zone  = Asia/Kolkata       else that of [bridge]
 *
 * A day of the month that a month does not have is left out there ("31" in June);
 * "last" is its last day. Zones are those of clock.h: none of them changes its clocks, so every day
 * has each time of day once.
 */
#ifndef BRIDGE_SLOTS_H
#define BRIDGE_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "../core/conf.h"
#include "faults.h"

#define SLOTS_TIMES_MAX 48

struct slots {
    int64_t at[SLOTS_TIMES_MAX]; /* microseconds after midnight, rising */
    int count;                   /* of at; 0: every counts */
    int64_t every;               /* microseconds */
    bool all_days;
    uint32_t week_days;  /* bit 0 = Monday */
    uint32_t month_days; /* bit 1 = the first */
    bool last_day;
    int64_t zone; /* microseconds east of UTC */
};

/* zone is that of [bridge]. False: *fault says what is wrong, in mem, for a line of the list of
 * faults. */
bool slots_read(struct arena *mem, const struct job_options *options, const char *zone,
                struct slots *out, const char **fault);

/* The first slot after an instant, and the last one at or before it (clock.h microseconds). There
 * always is one, for each month has a day that a job can name. */
int64_t slots_next(const struct slots *slots, int64_t after);
int64_t slots_last(const struct slots *slots, int64_t until);

/* Every fault of every [job]: its calendar, and what it runs. For "check" and "daemon". */
void slots_check(const struct conf *conf, struct faults *faults);

#endif
