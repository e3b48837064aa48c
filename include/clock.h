/*
 * clock.h - one clock for the whole program, and times in their zones.
 *
 * An instant is int64_t microseconds since 1970-01-01T00:00:00Z. As text it is
 * "YYYY-MM-DDTHH:MM:SS.uuuuuuZ" (CLOCK_TEXT bytes with the NUL), always UTC.
 *
 * Zones: "UTC", "Asia/Kolkata" (+05:30, no change of clocks since 1945) and
 * fixed offsets "+HH:MM" / "-HH:MM". Others are refused: a peer of an Indian
 * police force has no other, and a guess would be 5:30 h wrong.
 */
#ifndef BRIDGE_CLOCK_H
#define BRIDGE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verdict.h"

#define CLOCK_TEXT 28

/*
 * Now. Tests and rehearsals set it through the environment: BRIDGE_NOW =
 * "2020-06-01T20:00:00Z" starts the program's clock at that instant (it runs on
 * from there); BRIDGE_NOW = "@FILE" takes the first line of FILE at each call as
 * a clock that stands still until FILE is changed. Read once at clock_begin().
 */
MUST_CHECK enum verdict clock_begin(struct error *err);
bool clock_is_set(void);  /* true when BRIDGE_NOW rules: said at the start of each run */
int64_t clock_now(void);  /* microseconds */
int64_t clock_tick(void); /* monotonic milliseconds, for spans and deadlines */

void clock_text(int64_t at, char out[CLOCK_TEXT]);
/* Parses what clock_text() writes; fraction of 0 to 6 digits. */
bool clock_from_text(const char *text, size_t len, int64_t *at);

/* Offset of a zone in minutes east of UTC; false when the zone is not known. */
bool clock_zone(const char *zone, int *minutes);

/*
 * A peer's form of a time. Format letters: %Y %m %d %H %M %S %f (fraction, 0-6
 * digits on reading, 6 on writing), %b (Jan..Dec), %I %p (12-hour clock); all else literal.
 * %-d %-m %-H %-I are read with one or two digits and written without a zero before them. %z
 * reads/writes +05:30, +0530 or Z and then rules instead of the zone. A format without time of day
 * gives midnight of the zone. Reading is strict: the whole text, real dates only (no 31/02, no hour
 * 24), years 1900..2200. "iso" is a format word: any RFC 3339 form, zone optional.
 */
bool clock_parse(const char *format, int zone_minutes, const char *text, size_t len, int64_t *at);
/* Rounds down to what the format can say. Returns the length, 0 when out is too small. */
size_t clock_format(const char *format, int zone_minutes, int64_t at, char *out, size_t room);
/* NULL when the format is good, else what is wrong with it, in words. */
const char *clock_format_fault(const char *format);

#endif
