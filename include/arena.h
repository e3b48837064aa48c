/*
 * arena.h - memory that lives and dies with a scope.
 *
 * A job owns one arena and resets it after every batch. Everything reached
 * from a batch (records, fields, their text, scratch) is allocated there and
 * nobody frees it one by one. arena_alloc() never returns NULL: a machine out
 * of memory ends the process with a message and exit code 1 (crash-only: the
 * next run recovers). Limits on what a peer may send are not kept here but in
 * buf.h, xml.h and http.h.
 */
#ifndef BRIDGE_ARENA_H
#define BRIDGE_ARENA_H

#include <stddef.h>

#include "verdict.h"

struct arena;

struct arena *arena_new(const char *name);          /* name is borrowed, for messages */
void *arena_alloc(struct arena *mem, size_t bytes); /* zeroed, max-aligned */
char *arena_text(struct arena *mem, const char *text, size_t len); /* copy + NUL */
char *arena_copy(struct arena *mem, const char *text);             /* NULL gives NULL */
char *arena_format(struct arena *mem, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* An array grown by doubling: returns items or its moved copy, with room for
 * at least count + 1 elements of the given size; *room is kept by the callee. */
void *arena_grow(struct arena *mem, void *items, size_t count, size_t *room, size_t size);

/* Run undo(handle) at the next reset or free, newest first. This is how a
 * PGresult or a statement handle gets the life of its batch. */
void arena_defer(struct arena *mem, void (*undo)(void *handle), void *handle);

void arena_reset(struct arena *mem); /* forget all, keep a bounded number of blocks */
void arena_free(struct arena *mem);  /* NULL is fine */
size_t arena_used(const struct arena *mem);

/* malloc family that ends the process when memory fails; for foreign
 * libraries' hooks (libxml2, libcurl) and the few things that outlive arenas. */
void *memory_get(size_t bytes);
void *memory_resize(void *old, size_t bytes);
char *memory_text(const char *text);
void *memory_zeroed(size_t count, size_t size);

#endif
