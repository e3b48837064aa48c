/*
 * Blocks of one size in a chain, filled from the front; what is too large for a
 * block gets one of its own, which a reset gives back. Under AddressSanitizer
 * all that was not handed out is poisoned, with a gap after each piece, so that
 * overruns and uses after a reset are found as they are with malloc().
 */
#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(at, len)   ASAN_POISON_MEMORY_REGION((at), (len))
#define UNPOISON(at, len) ASAN_UNPOISON_MEMORY_REGION((at), (len))
#define GAP               ((size_t)16)
#else
#define POISON(at, len)   ((void)(at), (void)(len))
#define UNPOISON(at, len) ((void)(at), (void)(len))
#define GAP               ((size_t)0)
#endif

#define BLOCK_BYTES ((size_t)64 * 1024)
#define LARGE_BYTES (BLOCK_BYTES / 4) /* from here on a piece gets a block of its own */
#define BLOCKS_KEPT 16
#define ALIGN       (_Alignof(max_align_t))

struct block {
    struct block *next;
    size_t size, used; /* of data */
    _Alignas(max_align_t) char data[];
};

struct deferred {
    struct deferred *next;
    void (*undo)(void *handle);
    void *handle;
};

struct arena {
    const char *name;
    struct block *current; /* being filled; those already full follow */
    struct block *spare;   /* emptied by a reset */
    struct block *large;   /* one piece each */
    struct deferred *deferred;
    size_t used;
};

static void __attribute__((noreturn)) die(const char *name, size_t bytes)
{
    (void)fprintf(stderr, "error: out of memory: %zu bytes for \"%s\"\n", bytes, name);
    _exit(1);
}

void *
memory_get(size_t bytes)
{
    void *got = malloc(bytes ? bytes : 1);

    if (!got)
        die("process", bytes);
    return got;
}

void *
memory_resize(void *old, size_t bytes)
{
    void *got = realloc(old, bytes ? bytes : 1);

    if (!got)
        die("process", bytes);
    return got;
}

char *
memory_text(const char *text)
{
    size_t bytes = strlen(text) + 1;

    return memcpy(memory_get(bytes), text, bytes);
}

void *
memory_zeroed(size_t count, size_t size)
{
    void *got = calloc(count ? count : 1, size ? size : 1);

    if (!got)
        die("process", size && count > SIZE_MAX / size ? SIZE_MAX : count * size);
    return got;
}

struct arena *
arena_new(const char *name)
{
    struct arena *mem = memory_zeroed(1, sizeof *mem);

    mem->name = name;
    return mem;
}

static struct block *
block_new(struct arena *mem, size_t size)
{
    struct block *block = NULL;

    if (size <= SIZE_MAX - sizeof *block)
        block = malloc(sizeof *block + size);
    if (!block)
        die(mem->name, size);
    block->next = NULL;
    block->size = size;
    block->used = 0;
    POISON(block->data, size);
    return block;
}

static void
block_free(struct block *block)
{
    UNPOISON(block->data, block->size);
    free(block);
}

static void
next_block(struct arena *mem)
{
    struct block *block = mem->spare;

    if (block)
        mem->spare = block->next;
    else
        block = block_new(mem, BLOCK_BYTES);
    block->next = mem->current;
    mem->current = block;
}

/* bytes of memory, not zeroed. */
static void *
take(struct arena *mem, size_t bytes)
{
    size_t step = bytes ? bytes : 1;
    struct block *block;
    char *piece;

    if (step > SIZE_MAX / 2)
        die(mem->name, bytes);
    step = (step + ALIGN - 1) / ALIGN * ALIGN + GAP;
    mem->used += step;
    if (step >= LARGE_BYTES) {
        block = block_new(mem, step);
        block->next = mem->large;
        mem->large = block;
        UNPOISON(block->data, bytes);
        return block->data;
    }
    if (!mem->current || mem->current->size - mem->current->used < step)
        next_block(mem);
    block = mem->current;
    piece = block->data + block->used;
    block->used += step;
    UNPOISON(piece, bytes);
    return piece;
}

void *
arena_alloc(struct arena *mem, size_t bytes)
{
    return memset(take(mem, bytes), 0, bytes);
}

char *
arena_text(struct arena *mem, const char *text, size_t len)
{
    char *copy = take(mem, len + 1);

    if (len)
        memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *
arena_copy(struct arena *mem, const char *text)
{
    return text ? arena_text(mem, text, strlen(text)) : NULL;
}

char *
arena_format(struct arena *mem, const char *fmt, ...)
{
    va_list args;
    char none[1];
    int len;
    char *text;

    va_start(args, fmt);
    len = vsnprintf(none, 0, fmt, args);
    va_end(args);
    if (len < 0)
        return arena_text(mem, "", 0);
    text = take(mem, (size_t)len + 1);
    va_start(args, fmt);
    (void)vsnprintf(text, (size_t)len + 1, fmt, args);
    va_end(args);
    return text;
}

void *
arena_grow(struct arena *mem, void *items, size_t count, size_t *room, size_t size)
{
    size_t more = *room ? *room : 4;
    void *moved;

    if (count < *room)
        return items;
    while (more <= count) {
        if (more > SIZE_MAX / 2)
            die(mem->name, SIZE_MAX);
        more *= 2;
    }
    if (size && more > SIZE_MAX / size)
        die(mem->name, SIZE_MAX);
    moved = arena_alloc(mem, more * size);
    if (items && count)
        memcpy(moved, items, count * size);
    *room = more;
    return moved;
}

void
arena_defer(struct arena *mem, void (*undo)(void *handle), void *handle)
{
    struct deferred *deferred = arena_alloc(mem, sizeof *deferred);

    deferred->undo = undo;
    deferred->handle = handle;
    deferred->next = mem->deferred;
    mem->deferred = deferred;
}

static void
run_deferred(struct arena *mem)
{
    while (mem->deferred) {
        struct deferred *deferred = mem->deferred;

        mem->deferred = deferred->next;
        deferred->undo(deferred->handle);
    }
}

static void
free_chain(struct block **chain)
{
    while (*chain) {
        struct block *block = *chain;

        *chain = block->next;
        block_free(block);
    }
}

void
arena_reset(struct arena *mem)
{
    size_t kept = 0;

    run_deferred(mem);
    free_chain(&mem->large);
    for (struct block *block = mem->spare; block; block = block->next)
        kept++;
    while (mem->current) {
        struct block *block = mem->current;

        mem->current = block->next;
        if (kept == BLOCKS_KEPT) {
            block_free(block);
            continue;
        }
        POISON(block->data, block->size);
        block->used = 0;
        block->next = mem->spare;
        mem->spare = block;
        kept++;
    }
    mem->used = 0;
}

void
arena_free(struct arena *mem)
{
    if (!mem)
        return;
    run_deferred(mem);
    free_chain(&mem->large);
    free_chain(&mem->current);
    free_chain(&mem->spare);
    free(mem);
}

size_t
arena_used(const struct arena *mem)
{
    return mem->used;
}
