/*
 * certificate.h - the certificate that section 63(4)(c) of the Bharatiya Sakshya Adhiniyam, 2023
 * asks for with an electronic record, in the form of its Schedule, for one run.
 *
 * Filled in is what the machine knows: which record, its digests, where and when it was made, by
 * which program. What a person states (name, lawful control, that all worked) is left blank, and so
 * is Part B, the expert's. Nothing is signed: a person signs.
 */
#ifndef BRIDGE_CERTIFICATE_H
#define BRIDGE_CERTIFICATE_H

#include "../link/pg.h"

#define CERTIFICATE_WIDTH 80

/* *text: lines of at most CERTIFICATE_WIDTH characters, the same at each call. The verdicts of
 * ledger_export(). */
MUST_CHECK enum verdict certificate_of_run(struct pg *pg, struct arena *mem, int64_t run_id,
                                           const char **text, struct error *err);

#endif
