/*
 * match.h - the step of a run that finds the same grievance through several doors.
 */
#ifndef BRIDGE_JOBS_MATCH_H
#define BRIDGE_JOBS_MATCH_H

#include "job.h"

/* Compares all that is new or changed with everything else, batch by batch, each committed. Where
 * bridge.conf has no [match], only who names the number of another complaint is linked to it;
 * nothing where it has no seal_key. Tables that cannot be read are said and leave the step out. */
MUST_CHECK enum verdict match_run(struct job *job, struct error *err);

#endif
