/*
 * calendar.h - days and instants in the proleptic Gregorian calendar, by arithmetic.
 *
 * Knows no zone: a zone's minutes are added to an instant before it is split,
 * and taken off after it is joined.
 */
#ifndef BRIDGE_CALENDAR_H
#define BRIDGE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define SECOND_US        INT64_C(1000000)
#define MINUTE_US        (60 * SECOND_US)
#define DAY_US           (86400 * SECOND_US)
#define ZONE_MINUTES_MAX (14 * 60)

struct civil {
    int year, month, day;            /* from 1 */
    int hour, minute, second, micro; /* from 0 */
};

/* Days since 1970-01-01; any month from 1 to 12, any day. */
int64_t calendar_days(int year, int month, int day);
int calendar_month_days(int year, int month);
/* 0 = Monday ... 6 = Sunday. */
int calendar_week_day(int64_t days);

void calendar_split(int64_t at, struct civil *out);
int64_t calendar_join(const struct civil *in);
/* True if there is such a day and such a time of day; years 1 to 9999; no leap second. */
bool calendar_is_real(const struct civil *in);

#endif
