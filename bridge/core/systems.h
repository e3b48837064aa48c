/*
 * systems.h - bridge.system: which systems there are, what each is to the bridge, and which units a
 * police system serves.
 *
 * A complaint goes to the one police system whose units hold its unit; where several do, to that
 * which names the nearest unit above it; a system that names none serves all.
 */
#ifndef BRIDGE_SYSTEMS_H
#define BRIDGE_SYSTEMS_H

#include "../link/pg.h"
#include "conf.h"

/* "portal", "police" or "archive": the words of maps and of bridge.system.role. */
const char *systems_role(enum map_role role);

/* Writes what bridge.conf and the maps say; a system that they no longer name is not listed. */
MUST_CHECK enum verdict
systems_refresh(struct pg *pg, struct arena *mem, const struct conf *conf, struct error *err);

#endif
