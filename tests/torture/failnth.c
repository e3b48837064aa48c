/*
 * failnth.c - LD_PRELOAD: the n-th allocation of the program fails.
 *
 *   FAIL_N=n           which one, from 1; 0 or unset = none
 *   FAIL_MODE=once     that one alone; "after" = that one and all that follow
 *   FAIL_PROGRAM=name  only in processes of this name, not in what runs before it
 *   FAIL_LOG=file      with FAIL_N: a line "met STACK" when it failed, and who called, and a line
 *                      "crash MODULE" when the program then crashed within that library, or within
 *                      itself; without: a line "n STACK" for each allocation from a place not seen
 *                      before
 *
 * A process that was forked goes on counting from where its parent was. Addresses are told as
 * they are: run with setarch -R, so that they are the same in each run.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEPTH  24
#define PLACES 65536 /* a power of two */

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_long counter;
static long fail_at;
static bool fail_after, on, met_once;
static int log_fd = -1;
static uint64_t places[PLACES];
static __thread bool inside;

static uint64_t
stack_of(void)
{
    void *frames[DEPTH];
    int n = backtrace(frames, DEPTH);
    uint64_t hash = 1469598103934665603u;
    for (int i = 2; i < n; i++)
        hash = (hash ^ (uint64_t)(uintptr_t)frames[i]) * 1099511628211u;
    return hash ? hash : 1;
}

static bool
seen(uint64_t place)
{
    size_t i = place & (PLACES - 1);
    for (size_t tries = 0; tries < PLACES; tries++, i = (i + 1) & (PLACES - 1)) {
        if (places[i] == place)
            return true;
        if (!places[i]) {
            places[i] = place;
            return false;
        }
    }
    return true;
}

static void
say(const char *word, long n, uint64_t place)
{
    char line[64];
    int len = word ? snprintf(line, sizeof line, "%s %016llx\n", word, (unsigned long long)place)
                   : snprintf(line, sizeof line, "%ld %016llx\n", n, (unsigned long long)place);
    if (len > 0 && write(log_fd, line, (size_t)len) < 0)
        _exit(99);
}

/* Whether this allocation fails. */
static bool
fails(void)
{
    if (!on || inside)
        return false;
    long n = atomic_fetch_add(&counter, 1) + 1;
    if (fail_at == 0 && log_fd >= 0) {
        inside = true;
        uint64_t place = stack_of();
        if (!seen(place))
            say(NULL, n, place);
        inside = false;
        return false;
    }
    if (fail_at == 0 || (fail_after ? n < fail_at : n != fail_at))
        return false;
    if (log_fd >= 0 && !met_once) {
        met_once = inside = true;
        say("met", n, stack_of());
        void *frames[DEPTH];
        backtrace_symbols_fd(frames, backtrace(frames, DEPTH), log_fd);
        inside = false;
    }
    errno = ENOMEM;
    return true;
}

/* Names the module whose code was at work: the first that is neither this file nor the C library.
 */
static void
crashed(int number)
{
    void *frames[DEPTH];
    int n = backtrace(frames, DEPTH);

    inside = true;
    for (int i = 1; i < n; i++) {
        Dl_info at;
        const char *name;
        char line[256];
        int len;

        if (!dladdr(frames[i], &at) || !at.dli_fname)
            continue;
        name = strrchr(at.dli_fname, '/') ? strrchr(at.dli_fname, '/') + 1 : at.dli_fname;
        if (strncmp(name, "failnth", 7) == 0 || strncmp(name, "libc.so", 7) == 0)
            continue;
        len = snprintf(line, sizeof line, "crash %s\n", name);
        if (len > 0 && log_fd >= 0 && write(log_fd, line, (size_t)len) < 0)
            _exit(99);
        break;
    }
    if (log_fd >= 0)
        backtrace_symbols_fd(frames, n, log_fd);
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

__attribute__((constructor)) static void
begin(void)
{
    const char *program = getenv("FAIL_PROGRAM"), *n = getenv("FAIL_N"),
               *mode = getenv("FAIL_MODE");
    const char *log = getenv("FAIL_LOG");
    if (!program || strcmp(program, program_invocation_short_name) != 0)
        return;
    void *frames[4];
    (void)backtrace(frames, 4); /* loads what it needs, before anything is counted */
    fail_at = n ? strtol(n, NULL, 10) : 0;
    fail_after = mode && strcmp(mode, "after") == 0;
    if (log) {
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        log_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 200);
        if (fd >= 0)
            close(fd);
    }
    if (fail_at > 0) {
        (void)signal(SIGSEGV, crashed);
        (void)signal(SIGABRT, crashed);
    }
    on = true;
}

void *
malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
    return fails() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *old, size_t size)
{
    return (size || !old) && fails() ? NULL : __libc_realloc(old, size);
}

void *
reallocarray(void *old, size_t n, size_t size)
{
    size_t all;
    if (__builtin_mul_overflow(n, size, &all)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, all);
}

void *
memalign(size_t align, size_t size)
{
    return fails() ? NULL : __libc_memalign(align, size);
}

void *
aligned_alloc(size_t align, size_t size)
{
    return memalign(align, size);
}

int
posix_memalign(void **out, size_t align, size_t size)
{
    void *p = memalign(align, size);
    if (!p)
        return ENOMEM;
    *out = p;
    return 0;
}

/* strdup and others of the C library call its own malloc through the table, so they come here too.
 */
