/*
 * note.h - what a run signs of the books: a C2SP signed note.
 *
 *     ORIGIN
 *     SIZE                             entries in the chain
 *     BASE64                           the link of the last of them
 *     run RUN prev BASE64 totals BASE64 at 2026-11-22T20:30:00Z
 *
 *     — ORIGIN BASE64                  4 bytes of the key's id, 64 of the signature
 *
 * prev is the SHA-256 of the note before, totals that of the run's lines of control totals as they
 * stand in an export; "-" where there are none. Signed is all up to the line end before the empty
 * line.
 */
#ifndef BRIDGE_NOTE_H
#define BRIDGE_NOTE_H

#include <stdint.h>

#include "../base/sign.h"
#include "digest.h"

struct note {
    const char *origin;
    int64_t size;
    const unsigned char *h; /* DIGEST_BYTES, as the next two */
    int64_t run_id;
    const unsigned char *prev, *totals; /* or NULL */
    int64_t at;                         /* clock.h */
};

/* The note, signed; *len is its length. */
const char *
note_make(struct arena *mem, const struct note *note, const struct sign_key *key, size_t *len);

enum note_word {
    NOTE_GOOD,
    NOTE_STRANGE, /* signed with another key */
    NOTE_FORGED   /* not a note, another place in the chain, or a signature that is none */
};

/* What a note is that should say that the chain of origin had this size and link. */
enum note_word
note_look(struct arena *mem, const char *text, size_t len, const char *origin, int64_t size,
          const unsigned char h[DIGEST_BYTES], const struct sign_key *key);

#endif
