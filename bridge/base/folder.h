/*
 * folder.h - folders of a few plain files that come and go as a whole.
 */
#ifndef BRIDGE_FOLDER_H
#define BRIDGE_FOLDER_H

#include "arena.h"
#include "verdict.h"

/* Makes the folder, and those above it, for nobody else (0700); one that is there is fine. */
MUST_CHECK enum verdict folder_make(struct arena *mem, const char *path, struct error *err);
/* Removes a folder and the plain files in it; one that is not there is fine. V_FATAL "folder.write"
 * also when there are folders in it. */
MUST_CHECK enum verdict folder_remove(struct arena *mem, const char *path, struct error *err);
/* Every file in it, and its own list of names, to the disk. */
MUST_CHECK enum verdict folder_sync(struct arena *mem, const char *path, struct error *err);
/* folder_sync(), then the new name, which must not be there, to the disk. */
MUST_CHECK enum verdict
folder_rename(struct arena *mem, const char *from, const char *to, struct error *err);
/* A folder that is not there yet, open at *fd, for nobody else (0700). */
MUST_CHECK enum verdict folder_new(const char *path, int *fd, struct error *err);
/* A further file of an open folder, of that mode (less the umask). */
MUST_CHECK enum verdict folder_copy(struct arena *mem, const char *from, int folder,
                                    const char *name, unsigned mode, struct error *err);

#endif
