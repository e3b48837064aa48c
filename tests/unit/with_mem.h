/*
 * with_mem.h - cmocka, and what a test of text in memory begins and ends with: an arena, and a list
 * for the faults of what it reads.
 */
#ifndef TESTS_WITH_MEM_H
#define TESTS_WITH_MEM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arena.h"
#include "faults.h"

static struct arena *mem;
static __attribute__((unused)) struct faults faults;

static int
begin(void **state)
{
    (void)state;
    mem = arena_new("test");
    faults = (struct faults){ .mem = mem };
    return 0;
}

static int
end(void **state)
{
    (void)state;
    arena_free(mem);
    return 0;
}

#endif
