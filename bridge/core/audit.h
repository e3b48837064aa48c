/*
 * audit.h - the rules of auditors: what a person must look at, though every record arrived.
 *
 * A rule is one SELECT in SQL_FOLDER/audit/NAME.sql, which an auditor may run by himself, too. Its
 * head is comments "-- KEY: text", gone on with in lines that begin with "--   ":
 *
 *   title   English | Hindi
 *   finds   what is found: English | Hindi
 *   source  whose finding it is
 *   limits  what it does not see
 *
 * Its columns: system, number (of the complaint; '' for what is of a unit), unit, item (which one,
 * where a number has several; stays the same from run to run) and detail (one line, no personal
 * data). Names are schema-qualified; now is bridge.audit_now(); what it goes by stands in
 * bridge.rule_parameter. It runs in a transaction that reads only.
 *
 * To add a rule: a file, its parameters in a migration, a test that plants what it finds. A rule
 * that fails is said by name, and the others run.
 */
#ifndef BRIDGE_AUDIT_H
#define BRIDGE_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "../link/pg.h"

struct audit_rule {
    const char *name, *path;
    const char *title;                   /* as it stands: "English | Hindi" */
    const char *finds, *source, *limits; /* "" where the head is silent */
    const char *text;                    /* the statement */
    const char *fault;                   /* why it cannot be run, or NULL */
};

struct audit_finding {
    const char *system, *number, *unit, *item, *detail;
    const char *since; /* when a run first kept it: RFC 3339; NULL = it is new */
};

struct audit_found {
    const struct audit_rule *rule;
    const char *fault; /* why it failed, or NULL; then nothing else is told */
    struct audit_finding *items;
    size_t count;
    long added, ended; /* against what the last run kept */
};

/* Every rule, by name. A file that is no rule is one with a fault. */
MUST_CHECK enum verdict audit_rules(struct arena *mem, const char *sql_folder,
                                    struct audit_rule **out, size_t *count, struct error *err);
const struct audit_rule *
audit_rule_find(const struct audit_rule *rules, size_t count, const char *name);
/* The names, parted by commas. */
const char *audit_rule_names(struct arena *mem, const struct audit_rule *rules, size_t count);

/* Whether this login may keep findings: an auditor only reads. */
MUST_CHECK enum verdict
audit_may_keep(struct pg *pg, struct arena *mem, bool *may, struct error *err);

/* Runs one rule; writes nothing. What lives in *out lives in mem. */
void audit_look(struct pg *pg, struct arena *mem, const struct audit_rule *rule,
                struct audit_found *out);
/* Keeps what it found, in one transaction; a failure is the rule's fault. */
void audit_keep(struct pg *pg, struct arena *mem, int64_t run_id, struct audit_found *found);

#endif
