/*
 * secret.h - who else may read the file of a secret or of a key.
 */
#ifndef BRIDGE_SECRET_H
#define BRIDGE_SECRET_H

#include <stdbool.h>
#include <sys/types.h>

#include "verdict.h"

/* Whether a file of that name and mode is closed to all but its owner: 0600, 0400. In the folder
 * that systemd names in CREDENTIALS_DIRECTORY the group may read, too (0440): that is how the right
 * of the service's own user shows there. */
bool secret_is_closed(const char *path, mode_t mode);

/* Looks at the open file that has that name: V_FATAL code unless it is a regular file of ours or of
 * root's that is closed to all others. what: "the file of a secret"; no word of the file itself is
 * told. */
MUST_CHECK enum verdict
secret_check(int file, const char *path, const char *code, const char *what, struct error *err);

#endif
