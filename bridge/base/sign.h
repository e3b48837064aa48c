/*
 * sign.h - Ed25519 (OpenSSL EVP): a key in a PEM file, signatures, and the public key as the line
 * that a verifier keeps.
 *
 * The file is PKCS#8 without a password, closed to all others as that of a secret (secret.h). What
 * a key signs under a name has an id: the first 4 bytes of SHA-256(name || 0x0A || 0x01 || public
 * key).
 */
#ifndef BRIDGE_SIGN_H
#define BRIDGE_SIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "verdict.h"

#define SIGN_PUBLIC 32
#define SIGN_BYTES  64
#define SIGN_ID     4

struct sign_key;

/* Makes a key and writes it to path, mode 0600. V_REJECT "sign.exists": there is a file already,
 * which stays as it is. */
MUST_CHECK enum verdict sign_make(const char *path, struct error *err);
/* V_FATAL "sign.key": the file cannot be read, may be read by others, or is no Ed25519 key. The key
 * goes with mem. */
MUST_CHECK enum verdict
sign_load(struct arena *mem, const char *path, struct sign_key **out, struct error *err);

void sign_public(const struct sign_key *key, unsigned char out[SIGN_PUBLIC]);
void sign_bytes(const struct sign_key *key, const void *bytes, size_t len,
                unsigned char out[SIGN_BYTES]);
bool sign_verify(const unsigned char public_key[SIGN_PUBLIC], const void *bytes, size_t len,
                 const unsigned char signature[SIGN_BYTES]);

void
sign_id(const char *name, const unsigned char public_key[SIGN_PUBLIC], unsigned char out[SIGN_ID]);
/* "NAME+8 hexadecimal digits of the id+base64(0x01 || public key)", no line end. */
const char *
sign_line(struct arena *mem, const char *name, const unsigned char public_key[SIGN_PUBLIC]);

/* Base64 with padding, in one line. */
const char *sign_base64(struct arena *mem, const void *bytes, size_t len);

#endif
