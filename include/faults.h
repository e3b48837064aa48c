/*
 * faults.h - every fault of a file, not just the first.
 *
 * Readers of bridge.conf, .map, code tables and unit lists add to a list and go
 * on; the command prints it whole ("FILE:LINE: TEXT") and ends with exit code 5.
 */
#ifndef BRIDGE_FAULTS_H
#define BRIDGE_FAULTS_H

#include <stddef.h>

#include "arena.h"

struct fault {
    const char *path; /* file, as the user would name it */
    int line;         /* from 1; 0 when the fault is of the file as a whole */
    const char *text; /* one line, lower-case start, no full stop */
};

struct faults {
    struct arena *mem; /* owns all text; borrowed */
    struct fault *items;
    size_t count, room;
};

void fault_add(struct faults *faults, const char *path, int line, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* Once for each line and text, however many that read it find so; not at all when faults is NULL.
 */
void fault_add_once(struct faults *faults, const char *path, int line, const char *text);

#endif
