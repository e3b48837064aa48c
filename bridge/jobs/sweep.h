/*
 * sweep.h - what the cursors missed: the whole list of each system against what staging has of it.
 *
 * A cursor with a look-back finds every record that becomes visible within the look-back of its
 * time. One that a station writes a week late, with the time of that week, lies behind the cursor;
 * one whose time is wrong by years lies before the cut; one that was deleted comes no more. A sweep
 * reads the list (call "ids") without an upper cut. When it names a record that staging does not
 * have, or has in another state, the system is read again from the beginning, and what it brings is
 * taken for what it holds now. The cursor stays where it is. Actions and feedback, of which there
 * is no list, are read again in any case.
 *
 * A record that is not listed is marked (source_record.vanished_at), and one that is back is not. A
 * list that lacks more than half of what there was is not believed: it marks nothing, and the run
 * ends as one that does not agree.
 */
#ifndef BRIDGE_SWEEP_H
#define BRIDGE_SWEEP_H

#include "job.h"

/* Every system of the run that has a list, each by itself; fills job_system.sweep. */
MUST_CHECK enum verdict sweep_run(struct job *job, struct error *err);

#endif
