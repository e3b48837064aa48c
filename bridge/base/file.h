/*
 * file.h - small files that people write (conf, maps, tables, SQL), read whole; names of files.
 */
#ifndef BRIDGE_FILE_H
#define BRIDGE_FILE_H

#include <stdbool.h>

#include "faults.h"

#define FILE_CEILING ((size_t)4 << 20) /* bytes; what is larger was not written by a person */

/* The whole file into mem, NUL-terminated; an empty one is "". Returns NULL, or what went wrong, in
 * words without the path; *text is then "". */
MUST_CHECK const char *
file_take(struct arena *mem, const char *path, const char **text, size_t *len);

/* The same with a fault: at path:line of the file that names it, or of the file itself when by is
 * NULL. */
MUST_CHECK bool file_read(struct arena *mem, const char *path, const char *by, int line,
                          const char **text, size_t *len, struct faults *faults);

/* The folder of a file, without the last slash; "." when it names none. */
const char *file_folder(struct arena *mem, const char *path);
/* name as counted from folder; an absolute name stays as it is. */
const char *file_in(struct arena *mem, const char *folder, const char *name);
/* What was installed with this program: PREFIX/share/cctns-bridge/NAME when it is PREFIX/bin/... */
const char *file_installed(struct arena *mem, const char *name);
bool file_is_folder(const char *path);

#endif
