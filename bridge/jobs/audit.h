/*
 * audit.h - the rules of auditors (core/audit.h) as a step of a run: it reads staging, keeps what
 * it finds in bridge.finding, and changes nothing of how the run ends.
 */
#ifndef BRIDGE_JOBS_AUDIT_H
#define BRIDGE_JOBS_AUDIT_H

#include "job.h"

/* All rules; fills job->audit. A rule that fails is logged and counted: always V_OK. */
MUST_CHECK enum verdict audit_run(struct job *job, struct error *err);

/* The rules that are given. */
void audit_run_rules(struct job *job, const struct audit_rule *const *rules, size_t count);

#endif
