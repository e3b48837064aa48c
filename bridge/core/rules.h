/*
 * rules.h - what may stand after the kind of a line in a map: one row a rule.
 *
 * There is no expression language. To add a rule: a row in rules.c and a line in
 * mappings/README.md.
 */
#ifndef BRIDGE_RULES_H
#define BRIDGE_RULES_H

#include "faults.h"
#include "map_words.h"
#include "mapping.h"

/* What rules refer to while a map is read. */
struct rule_context {
    struct arena *mem;
    const char *path;
    const struct mapping *map; /* codes and namespaces are there already */
    struct faults *faults;
};

/* Applies one rule to a line; what is wrong with it is added to the faults. */
void rule_apply(const struct rule_context *ctx, const struct word *word, struct map_line *line);

#endif
