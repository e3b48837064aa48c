/*
 * look.h - what a pull would do, for --dry-run: a page is mapped and compared with staging by
 * digest, and nothing is written anywhere.
 */
#ifndef BRIDGE_LOOK_H
#define BRIDGE_LOOK_H

#include "job.h"

/* Makes the whole session of job->pg read-only: the server itself refuses what a mistake would
 * write. */
MUST_CHECK enum verdict look_begin(struct job *job, struct error *err);

/* Counts the page into s->dry. */
MUST_CHECK enum verdict
look_page(struct job *job, struct job_system *s, const struct page *page, struct error *err);

/* Cursor of a call, as staging_cursor(). */
MUST_CHECK enum verdict look_cursor(struct job *job, const char *system, const char *call,
                                    const char **at, const char **key, struct error *err);

#endif
