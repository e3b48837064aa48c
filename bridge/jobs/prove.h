/*
 * prove.h - whether "done" was true: confirmed deliveries are asked for again on a later night, and
 * one duplicate a night is sent on purpose.
 *
 * A peer may say done and have done nothing, or lose it afterwards. What the peer does not have is
 * held (E_DENIED) for a person, with a difference; "held replay" sends it again. What the peer
 * shows under more than one number of its own is a difference and a conflict.
 *
 * The canary: a delivery that is proved is sent once more, under its own reference and byte for
 * byte as it went, to each system that promises to refuse a repeat. The old receipt must come back,
 * and "find" must know it once; else the promise on which every retry rests does not hold. Once a
 * night, however often a sync runs; never a complaint, save where bridge.conf says
 * "canary_complaints = yes": an officer who is handed the same complaint twice opens it twice.
 */
#ifndef BRIDGE_PROVE_H
#define BRIDGE_PROVE_H

#include "job.h"

/* Asks each system whose map has a call "find" for what an earlier run confirmed, oldest first, at
 * most "prove" of them; trouble of the peer is said and counted. Part of reconcile. */
MUST_CHECK enum verdict prove_run(struct job *job, struct error *err);

/* The duplicate of this night to each system with a keyed call and a call "find". */
MUST_CHECK enum verdict prove_canaries(struct job *job, struct error *err);

#endif
