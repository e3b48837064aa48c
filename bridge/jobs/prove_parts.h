/*
 * prove_parts.h - what proof and canary share: how the answer to a question is noted.
 */
#ifndef BRIDGE_PROVE_PARTS_H
#define BRIDGE_PROVE_PARTS_H

#include "../core/delivery.h"
#include "find.h"
#include "prove.h"

/* Trouble of a question: one that cannot be read ends the asking, not the system. */
void prove_trouble(struct job_system *s, enum verdict v, const struct error *why);

/* Held rows of kind "conflict" for deliveries that stay where they are; a detail for each. */
MUST_CHECK enum verdict prove_conflicts(struct job *job, struct job_system *s, const char *reason,
                                        const struct delivery *items, const char **details,
                                        size_t count, struct error *err);

#endif
