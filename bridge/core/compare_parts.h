/*
 * compare_parts.h - what the files of the comparison share among themselves.
 */
#ifndef BRIDGE_COMPARE_PARTS_H
#define BRIDGE_COMPARE_PARTS_H

#include "compare.h"

struct compare {
    struct pg *pg;
    struct arena *scratch; /* of one page */
    int64_t run_id;
    const char *cut;
};

#endif
