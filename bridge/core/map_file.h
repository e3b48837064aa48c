/*
 * map_file.h - small files that people write (maps, tables, lists), read whole.
 */
#ifndef BRIDGE_MAP_FILE_H
#define BRIDGE_MAP_FILE_H

#include <stdbool.h>

#include "faults.h"

#define FILE_CEILING (4L << 20) /* bytes; what is larger was not written by a person */

/* Reads the whole file; len may be 0. False and one fault (at path:line of the file that names
 * it, or of the file itself when by is NULL) when it cannot be read or is too large. */
MUST_CHECK bool file_read(struct arena *mem, const char *path, const char *by, int line,
                          const char **text, size_t *len, struct faults *faults);

/* The folder of a file, without the last slash; "." when it names none. */
const char *file_folder(struct arena *mem, const char *path);
/* name as counted from folder; an absolute name stays as it is. */
const char *file_in(struct arena *mem, const char *folder, const char *name);
bool file_is_folder(const char *path);

#endif
