/*
 * zip.h - a few files of the disk as one .zip in memory, by libzip: what a mail carries in the
 * place of files that would be too big for it.
 *
 * The same files, names and time give the same bytes: an entry tells that time (UTC) and no owner.
 */
#ifndef BRIDGE_ZIP_H
#define BRIDGE_ZIP_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "buf.h"
#include "verdict.h"

struct zip_entry {
    const char *path; /* on the disk */
    const char *name; /* in the archive: UTF-8, without a folder */
};

/* Appends the archive to out. at: microseconds. V_FATAL "zip.write": a file cannot be read, or
 * what libzip says of it; V_REJECT "zip.size": it is more than out may hold. */
MUST_CHECK enum verdict zip_files(struct arena *mem, const struct zip_entry *entries, size_t count,
                                  int64_t at, struct buf *out, struct error *err);

#endif
