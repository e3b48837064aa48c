/*
 * fuzz_aid.h - samples spoiled by chance, given to readers. The seed is fixed and printed;
 * FUZZ_SEED and FUZZ_SECONDS make a longer run of it.
 */
#ifndef TESTS_FUZZ_AID_H
#define TESTS_FUZZ_AID_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"

#define FUZZ_SAMPLE 65536 /* bytes of a sample that are used */
#define FUZZ_SEEDS  16

struct fuzz_reader {
    const char *name;
    void (*read)(struct arena *mem, const char *bytes, size_t len);
    const char *seeds[FUZZ_SEEDS]; /* a file, or, where it begins with "=", the text behind that */
};

uint32_t fuzz_throw(uint32_t sides);

/* Every reader in turn; one that takes longer than three seconds for a sample fails. With
 * FUZZ_SECONDS the sample at work stands in folder/last. */
void fuzz_run(const struct fuzz_reader *readers, size_t count, const char *folder);

#endif
