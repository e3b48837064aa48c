#include "args.h"

#include <string.h>

static const struct arg_variable variables[] = {
    { "since", true, false, true },    { "after", true, false, false },
    { "cut", true, false, true },      { "rows", true, false, false },
    { "delivery", true, true, false }, { "from", true, false, true },
    { "to", true, false, true },       { "now", true, true, true },
    { "buckets", true, false, false },
};

const struct arg_variable *
arg_variable_find(const char *name, bool push)
{
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        if (!strcmp(variables[i].name, name) && (push ? variables[i].push : variables[i].pull))
            return &variables[i];
    return NULL;
}

const char *
arg_variable_names(bool push)
{
    return push ? "a call that carries has $delivery and $now"
                : "a call that brings has $since $after $cut $rows $delivery $from $to $now "
                  "$buckets";
}

char *
arg_word(struct arena *mem, const char **at, bool *quoted)
{
    const char *from = *at + strspn(*at, " \t");
    size_t len = 0;
    char *word;

    *quoted = *from == '"';
    for (bool inside = false; from[len] && (inside || !strchr(" \t", from[len])); len++)
        if (from[len] == '"')
            inside = !inside;
    *at = from + len;
    if (len == 0)
        return NULL;
    word = arena_alloc(mem, len + 1);
    for (size_t i = 0, n = 0; i < len; i++)
        if (from[i] != '"')
            word[n++] = from[i];
    return word;
}
