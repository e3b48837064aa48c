/*
 * prove_parts.h - what proof and canary share: the question, and how its answer is noted.
 */
#ifndef BRIDGE_PROVE_PARTS_H
#define BRIDGE_PROVE_PARTS_H

#include "../core/delivery.h"
#include "prove.h"

/* What a peer shows under one of our references. */
struct prove_shown {
    long times;          /* under different numbers of its own; 0 = not there */
    const char *receipt; /* the first of them; "" = it gives none */
};

/* Asks by call "find". V_REJECT: the answer cannot be read, or speaks of others only. */
MUST_CHECK enum verdict prove_ask(struct job *job, struct job_system *s, const char *reference,
                                  struct prove_shown *out, struct error *why);

/* Trouble of a question: one that cannot be read ends the asking, not the system. */
void prove_trouble(struct job_system *s, enum verdict v, const struct error *why);

/* Held rows of kind "conflict" for deliveries that stay where they are; a detail for each. */
MUST_CHECK enum verdict prove_conflicts(struct job *job, struct job_system *s, const char *reason,
                                        const struct delivery *items, const char **details,
                                        size_t count, struct error *err);

const char *prove_now(struct arena *mem);

#endif
