/*
 * sealed.h - reads back what is sealed of a complaint: for whoever sends the sender a message, and
 * nobody else. The database lets only the role bridge_notifier read it, and only the key of
 * bridge.conf opens it.
 */
#ifndef BRIDGE_SEALED_H
#define BRIDGE_SEALED_H

#include "../base/seal.h"
#include "../link/pg.h"
#include "mapping.h"

/*
 * The sealed fields of the complaint that a system knows by this number, as a canonical record of
 * stream "complaint": all else is absent. V_REJECT "sealed.none": nothing of it is sealed;
 * "seal.key", "seal.broken" as unseal_bytes().
 */
MUST_CHECK enum verdict
sealed_read(struct pg *pg, struct arena *mem, const struct seal *seal, const struct dict *dict,
            const char *system, const char *number, struct record **out, struct error *err);

#endif
