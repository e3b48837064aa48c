/*
 * digest.h - SHA-256 (OpenSSL EVP), and the digest of a canonical record.
 */
#ifndef BRIDGE_DIGEST_H
#define BRIDGE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES  32
#define DIGEST_HEX    65 /* with the NUL */
#define DIGEST_BASE64 45 /* likewise */

struct digest {
    void *state; /* EVP_MD_CTX, owned; released by digest_end() */
};

void digest_begin(struct digest *d);
void digest_add(struct digest *d, const void *bytes, size_t len);
/* Length-prefixed (4 bytes, big-endian), so that joins are never ambiguous; a
 * NULL text is told apart from an empty one (length 0xffffffff). */
void digest_add_item(struct digest *d, const char *text, size_t len);
void digest_end(struct digest *d, unsigned char out[DIGEST_BYTES]);

void digest_of(const void *bytes, size_t len, unsigned char out[DIGEST_BYTES]);
void digest_hex(const unsigned char in[DIGEST_BYTES], char out[DIGEST_HEX]);
void digest_base64(const unsigned char in[DIGEST_BYTES], char out[DIGEST_BASE64]);

/* A random (version 4) UUID, 36 characters and a NUL. */
void digest_uuid(char out[37]);

#endif
