/*
 * part.h - a file that a person asked for: written beside its place as FILE.part, then renamed, so
 * that FILE is always whole. Whoever writes has FILE.part locked; what a killed program left of one
 * is written over. Only its owner can read it (0600): a result may name people.
 */
#ifndef BRIDGE_PART_H
#define BRIDGE_PART_H

#include "arena.h"
#include "verdict.h"

struct part {
    const char *path; /* FILE */
    const char *name; /* FILE.part */
    int fd;           /* for writing; -1 = none */
};

/* V_REJECT "out.file" when FILE is there and is no plain file, V_RETRY "out.busy" when another
 * program writes it, V_FATAL "out.write" for what the system says. After a failure nothing is due.
 */
MUST_CHECK enum verdict
part_begin(struct arena *mem, const char *path, struct part *out, struct error *err);
/* To the disk and under its name; one of these two is due after part_begin(). */
MUST_CHECK enum verdict part_keep(struct arena *mem, struct part *part, struct error *err);
void part_drop(struct part *part); /* FILE stays as it was */

#endif
