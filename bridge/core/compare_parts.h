/*
 * compare_parts.h - what the files of the comparison share among themselves.
 */
#ifndef BRIDGE_COMPARE_PARTS_H
#define BRIDGE_COMPARE_PARTS_H

#include "compare.h"

struct compare {
    struct pg *pg;
    struct arena *mem;     /* as long as the comparison */
    struct arena *scratch; /* of one page */
    int64_t run_id;
    const char *cut;
    const struct mapper **heard; /* of police systems whose lists came */
    size_t heard_count, heard_room;
};

#endif
