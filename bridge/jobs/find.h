/*
 * find.h - the question whether a peer has one of our deliveries: its map's call "find", which
 * brings a stream "receipt" whose fields delivery and receipt name our reference and its number for
 * it.
 */
#ifndef BRIDGE_FIND_H
#define BRIDGE_FIND_H

#include "job.h"

/* What a peer shows under one of our references. */
struct find_shown {
    long times;          /* under different numbers of its own; 0 = not there */
    const char *receipt; /* the first of them; "" = it gives none */
};

/* Only where the map has a call "find". V_REJECT: the answer cannot be read, or speaks of others
 * only; *out then holds what was read before the record at fault. */
MUST_CHECK enum verdict find_ask(struct job *job, struct job_system *s, const char *reference,
                                 struct find_shown *out, struct error *why);

#endif
