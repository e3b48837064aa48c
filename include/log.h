/*
 * log.h - one line an event, on stderr (or the log file of bridge.conf).
 *
 *   2026-01-02T01:30:00+05:30 2026-01-01T20:00:00Z info run=12 system=igrs pulled 120 records ...
 *
 * Lower case, no full stop, names in double quotes, counts and spans with units.
 * No field value is ever logged: a key and a path are enough to find the record
 * with "cctns-bridge show". Control characters, U+2028/9 and bidi marks are
 * escaped; a line is at most 2,000 bytes. Only jobs/ and cli/ log.
 */
#ifndef BRIDGE_LOG_H
#define BRIDGE_LOG_H

#include <stdio.h>

#include "verdict.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_begin(FILE *to, enum log_level level); /* to is borrowed */
/* Set on all following lines; "" takes it away, NULL leaves it as it is. Copied. */
void log_context(const char *run, const char *system);
void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* "error: TEXT [CODE] (WHERE); HINT", once, by the job or the command that ends with it. */
void log_error(enum log_level level, const struct error *err);
/* Called before each line is written, so that a progress bar can step aside; may be NULL. */
void log_before(void (*hook)(void));

#endif
