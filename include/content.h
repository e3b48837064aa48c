/*
 * content.h - what files hold: streamed into a store and out of it, named by
 * SHA-256, never in memory whole.
 *
 * The store is a folder of plain files (mode 0600, folders 0700): ab/abcdef...,
 * written as tmp/RANDOM, synced, and renamed once the last byte is there. Equal
 * contents are one file. What a peer calls a file never becomes a path. A crash
 * leaves a file in tmp, which contents_open() removes: whoever writes a file has
 * it locked, so several processes may share the store.
 */
#ifndef BRIDGE_CONTENT_H
#define BRIDGE_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "verdict.h"

#define CONTENT_ID 65 /* SHA-256 in small hexadecimal digits, with the NUL */

struct contents;

struct content_facts {
    char id[CONTENT_ID];
    int64_t size; /* bytes */
    const char
        *type; /* MIME type by what is in it (libmagic): "application/pdf", "video/mp4" ... */
};

/* Makes the folder when it is not there. max is the largest content that is taken, in bytes. */
MUST_CHECK enum verdict contents_open(struct arena *mem, const char *folder, int64_t max,
                                      struct contents **out, struct error *err);

/* Files that contents_open() found in tmp and nobody wrote any more; it removed them. */
long contents_swept(const struct contents *contents);
/* How many of them a folder has now; 0 when there is no such folder. */
long contents_left(const char *folder);

/* From now on the bytes that pass in and out are added to *moved, by which another process may see
 * that they move; NULL ends it. */
void contents_count(struct contents *contents, volatile int64_t *moved);

/* ---- in ---- */

struct content_writer;

/* The writer goes with mem; when that happens before content_end(), nothing stays. */
MUST_CHECK enum verdict content_begin(struct contents *contents, struct arena *mem,
                                      struct content_writer **out, struct error *err);
/* V_REJECT "content.large" beyond max; V_FATAL "content.disk" when the disk takes no more. */
MUST_CHECK enum verdict
content_add(struct content_writer *writer, const void *bytes, size_t len, struct error *err);
/* On disk and named once this is V_OK. V_REJECT "content.empty": a file of no bytes is an error. */
MUST_CHECK enum verdict
content_end(struct content_writer *writer, struct content_facts *out, struct error *err);
void content_drop(struct content_writer *writer);

/* ---- out ---- */

/* V_REJECT "content.absent": the store does not have it. */
MUST_CHECK enum verdict content_look(struct contents *contents, struct arena *mem, const char *id,
                                     struct content_facts *out, struct error *err);

struct content_reader;

/* Its size was checked; the reader goes with mem. V_REJECT "content.absent". */
MUST_CHECK enum verdict content_open(struct contents *contents, struct arena *mem, const char *id,
                                     struct content_reader **out, struct error *err);
/* *got 0 = the end; then the digest was compared: V_FATAL "content.altered" when the file is not
 * what its name says. */
MUST_CHECK enum verdict content_read(struct content_reader *reader, void *bytes, size_t room,
                                     size_t *got, struct error *err);
void content_close(struct content_reader *reader);
/* Path of the file, for a library that reads files itself; NULL when id is none. */
const char *content_path(struct contents *contents, struct arena *mem, const char *id);

/* ---- base64, in pieces ---- */

/* Decodes what comes in pieces of any size; blanks and line ends are skipped. Zeroed to begin. */
struct base64_in {
    unsigned char quad[4];
    unsigned have;
    bool ended;
};

/* out must hold 3 * (len / 4 + 1) bytes; returns how many were written, or -1 for what base64
 * cannot hold. */
long base64_decode(struct base64_in *state, const char *text, size_t len, unsigned char *out);
/* False when the text ended within a group of four. */
bool base64_whole(const struct base64_in *state);
/* Bytes that len bytes take as base64 without line ends. */
int64_t base64_length(int64_t len);

#endif
