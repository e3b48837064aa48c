/*
 * step.h - a step of the night alone: a run of its own with the lock of sync, for commands that are
 * about no one system.
 */
#ifndef BRIDGE_STEP_H
#define BRIDGE_STEP_H

#include "commands.h"

/* How such a run is opened; name is what it is called in bridge.run. */
struct session step_opening(const struct cli *cli, const char *name);

/* Opens the run, runs it, prints table() and the lines of every run; returns the exit code. The
 * command's words are those of job->cells when there are any. */
int
step_run(struct cli *cli, const char *name, enum verdict (*run)(struct job *job, struct error *err),
         void (*table)(struct result *r, const struct job *job));

#endif
