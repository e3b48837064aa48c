/*
 * house.h - a folder of pages that is made anew as a whole.
 *
 * What is made lies in FOLDER/.next until all of it is on the disk; then each file is renamed into
 * its place, FOLDER/manifest.txt is written (sha256sum's form: "sha256sum -c manifest.txt" proves
 * the folder), and what the manifest before named and this one does not is removed. A reader so
 * always opens whole files; one who looks while the files are renamed, or after the program was
 * killed there, sees it by the manifest, and the next time mends it.
 *
 * FOLDER/.report says that the folder is ours, and is locked by whoever writes. A folder that has
 * other things in it, and is not ours, is not touched. Files are 0640 and folders 0750: who may
 * read them is a matter of the folder's group.
 */
#ifndef BRIDGE_HOUSE_H
#define BRIDGE_HOUSE_H

#include <stdio.h>

#include "arena.h"
#include "verdict.h"

struct house;

/* Makes the folder when its parent is there. V_REJECT "house.folder": it is no folder, or is
 * somebody else's; V_RETRY "house.busy": another program writes it; V_FATAL "house.write" for what
 * the system says. */
MUST_CHECK enum verdict
house_open(struct arena *mem, const char *folder, struct house **out, struct error *err);

/* A further file, "en/cell/UP-171.html": names of letters, digits, '-', '_' and '.', at most two
 * folders deep. *to is written to until house_end(). */
MUST_CHECK enum verdict
house_begin(struct house *h, const char *name, FILE **to, struct error *err);
MUST_CHECK enum verdict house_end(struct house *h, struct error *err);

/* Everything into its place. */
MUST_CHECK enum verdict house_keep(struct house *h, struct error *err);
long house_files(const struct house *h);
/* Due in the end, whatever happened; what was not kept is gone. */
void house_close(struct house *h);

#endif
