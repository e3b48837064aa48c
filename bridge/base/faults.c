/* The list of faults of a file, in the order in which they were found. */
#include "faults.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_FAULT 1024

void
fault_add(struct faults *faults, const char *path, int line, const char *fmt, ...)
{
    char text[LONGEST_FAULT];
    struct fault *fault;
    va_list args;

    va_start(args, fmt);
    if (vsnprintf(text, sizeof text, fmt, args) < 0)
        text[0] = '\0';
    va_end(args);
    faults->items =
        arena_grow(faults->mem, faults->items, faults->count, &faults->room, sizeof *faults->items);
    fault = &faults->items[faults->count++];
    fault->path = arena_copy(faults->mem, path);
    fault->line = line;
    fault->text = arena_copy(faults->mem, text);
}

void
fault_add_once(struct faults *faults, const char *path, int line, const char *text)
{
    for (size_t i = 0; faults && i < faults->count; i++)
        if (faults->items[i].line == line && strcmp(faults->items[i].text, text) == 0 &&
            strcmp(faults->items[i].path, path) == 0)
            return;
    if (faults)
        fault_add(faults, path, line, "%s", text);
}
