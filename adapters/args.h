/*
 * args.h - the words of "arg" lines, and the variables that they may name, the same for all kinds.
 */
#ifndef ADAPTERS_ARGS_H
#define ADAPTERS_ARGS_H

#include <stdbool.h>

#include "arena.h"

struct arg_variable {
    const char *name;
    bool pull, push; /* has a value in calls that bring, that carry */
    bool time;       /* takes a format */
};

/* Of a call that carries (push) or brings; NULL when it has none of that name. */
const struct arg_variable *arg_variable_find(const char *name, bool push);
/* What find() looks through, in words. */
const char *arg_variable_names(bool push);

/* The next word of a value, or NULL; quotes around it, or after name=, are taken off, and shield
 * blanks. */
char *arg_word(struct arena *mem, const char **at, bool *quoted);

#endif
