/*
 * write.h - bytes into a file descriptor, all of them.
 */
#ifndef BRIDGE_WRITE_H
#define BRIDGE_WRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "verdict.h"

/* write(2), again after a signal and after a short write. false: errno says why; how much of the
 * bytes went out is not known. */
MUST_CHECK bool write_all(int fd, const void *bytes, size_t len);

#endif
