/*
 * progress.h - how far a run is, on stderr, when that is a terminal.
 *
 *   [########------------] 4/10 pull igrs: 12,500 records, 8 s
 *
 * One line, drawn over at most ten times a second; it steps aside for each log line and goes away
 * at the end. Nothing at all is written when stderr is not a terminal, TERM is "dumb" or -q was
 * given. NO_COLOR takes the colour away.
 */
#ifndef BRIDGE_PROGRESS_H
#define BRIDGE_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

#include "../jobs/job.h"

/* to is borrowed. wanted false = never draw. Takes the log's hook. */
void progress_begin(FILE *to, bool wanted);
/* What job.watch calls. */
void progress_show(const struct job_progress *now);
void progress_end(void);

#endif
