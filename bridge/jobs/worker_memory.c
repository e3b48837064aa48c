/*
 * A child that gets no memory ends. A driver that gets none may swallow it: libsqliteodbc then
 * brings fewer rows and says that all is well, and what is silently short looks like what was
 * deleted. So in the child every allocation that fails, whoever asked for it, ends the process;
 * its parent tells it as it tells a crash.
 *
 * The program's own malloc() and its kin come before those of the C library for every library that
 * is loaded, a driver included. They pass the call on to the next ones: those of a library that was
 * preloaded, or the C library's. Where the sanitizer has its own, there are none here.
 */
#include "worker_parts.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile bool ends;

void
worker_needs_memory(void)
{
    ends = true;
}

#ifndef __SANITIZE_ADDRESS__

/* Until the constructor has run: the loader and libraries allocate before it. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t align, size_t size);

static void *(*next_malloc)(size_t) = __libc_malloc;
static void *(*next_calloc)(size_t, size_t) = __libc_calloc;
static void *(*next_realloc)(void *, size_t) = __libc_realloc;
static void *(*next_memalign)(size_t, size_t) = __libc_memalign;

static void
find(const char *name, void *to)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (found)
        memcpy(to, &found, sizeof found);
}

static void __attribute__((constructor)) find_next(void)
{
    find("malloc", (void *)&next_malloc);
    find("calloc", (void *)&next_calloc);
    find("realloc", (void *)&next_realloc);
    find("memalign", (void *)&next_memalign);
}

static void *
checked(void *got)
{
    if (!got && ends)
        _exit(WORKER_NO_MEMORY);
    return got;
}

void *
malloc(size_t size)
{
    return checked(next_malloc(size));
}

void *
calloc(size_t count, size_t size)
{
    return checked(next_calloc(count, size));
}

void *
realloc(void *old, size_t size)
{
    void *got = next_realloc(old, size);

    return old && !size ? got : checked(got); /* that one frees */
}

void *
reallocarray(void *old, size_t count, size_t size)
{
    size_t all;

    if (__builtin_mul_overflow(count, size, &all)) {
        errno = ENOMEM;
        return checked(NULL);
    }
    return realloc(old, all);
}

void *
memalign(size_t align, size_t size)
{
    return checked(next_memalign(align, size));
}

void *
aligned_alloc(size_t align, size_t size)
{
    return checked(next_memalign(align, size));
}

int
posix_memalign(void **out, size_t align, size_t size)
{
    void *got;

    if (align < sizeof(void *) || align & (align - 1))
        return EINVAL;
    got = checked(next_memalign(align, size));
    if (!got)
        return ENOMEM;
    *out = got;
    return 0;
}

#endif
