/*
 * seal.h - encryption of what nobody but the notifier may read, in the program:
 * AES-256-GCM (OpenSSL), key from a file outside the database.
 *
 * A sealed text is  version (1 byte, 1) | key name (8 bytes: the first of SHA-256
 * over "cctns-bridge seal" and the key) | nonce (12, random) | tag (16) | cipher
 * text. The additional data ties it to its record: moved to another record it does
 * not open. Digests of sealed values are HMAC-SHA-256 by a key derived from the
 * same (HKDF, label "digest"), for a plain digest of a mobile number is no secret.
 */
#ifndef BRIDGE_SEAL_H
#define BRIDGE_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "digest.h"
#include "verdict.h"

#define SEAL_OVERHEAD 37

struct seal;

/* key is 64 hexadecimal digits (openssl rand -hex 32). V_FATAL "seal.key" else. Wiped when mem
 * goes. */
MUST_CHECK enum verdict
seal_new(struct arena *mem, const char *key, struct seal **out, struct error *err);

/* Returns len + SEAL_OVERHEAD bytes. aad: "system|stream|key" of the record. */
unsigned char *seal_bytes(const struct seal *seal, struct arena *mem, const char *aad,
                          const void *bytes, size_t len, size_t *out_len);
/* V_REJECT "seal.key" for another key, "seal.broken" when it was altered or is another record's. */
MUST_CHECK enum verdict
unseal_bytes(const struct seal *seal, struct arena *mem, const char *aad, const void *bytes,
             size_t len, char **out, size_t *out_len, struct error *err);
/* HMAC-SHA-256. */
void seal_digest(const struct seal *seal, const void *bytes, size_t len,
                 unsigned char out[DIGEST_BYTES]);

#endif
