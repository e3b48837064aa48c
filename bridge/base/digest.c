/*
 * SHA-256 by OpenSSL's EVP. The algorithm is fetched once: OpenSSL 3 searches
 * its providers at each use of EVP_sha256(), which costs more than hashing a
 * short record. The default provider always has SHA-256, so a failure here is
 * a broken installation and ends the process.
 */
#include "digest.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define NO_TEXT 0xffffffffU

static void __attribute__((noreturn)) die(const char *what)
{
    (void)fprintf(stderr, "error: could not %s\n", what);
    _exit(1);
}

static const EVP_MD *
algorithm(void)
{
    static EVP_MD *sha256;

    if (!sha256)
        sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!sha256)
        die("get SHA-256 from OpenSSL");
    return sha256;
}

void
digest_begin(struct digest *d)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (!context || EVP_DigestInit_ex2(context, algorithm(), NULL) != 1)
        die("start a SHA-256 digest");
    d->state = context;
}

void
digest_add(struct digest *d, const void *bytes, size_t len)
{
    if (len && EVP_DigestUpdate(d->state, bytes, len) != 1)
        die("go on with a SHA-256 digest");
}

void
digest_add_item(struct digest *d, const char *text, size_t len)
{
    uint32_t prefix = text ? (uint32_t)len : NO_TEXT;
    unsigned char bytes[4] = {
        (unsigned char)(prefix >> 24),
        (unsigned char)(prefix >> 16 & 0xff),
        (unsigned char)(prefix >> 8 & 0xff),
        (unsigned char)(prefix & 0xff),
    };

    if (text && len >= NO_TEXT)
        die("digest a text of 4 GiB");
    digest_add(d, bytes, sizeof bytes);
    if (text)
        digest_add(d, text, len);
}

void
digest_end(struct digest *d, unsigned char out[DIGEST_BYTES])
{
    unsigned len = 0;

    if (EVP_DigestFinal_ex(d->state, out, &len) != 1 || len != DIGEST_BYTES)
        die("end a SHA-256 digest");
    EVP_MD_CTX_free(d->state);
    d->state = NULL;
}

void
digest_of(const void *bytes, size_t len, unsigned char out[DIGEST_BYTES])
{
    struct digest d;

    digest_begin(&d);
    digest_add(&d, bytes, len);
    digest_end(&d, out);
}

void
digest_hex(const unsigned char in[DIGEST_BYTES], char out[DIGEST_HEX])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        out[2 * i] = digits[in[i] >> 4];
        out[2 * i + 1] = digits[in[i] & 0xf];
    }
    out[DIGEST_HEX - 1] = '\0';
}

void
digest_base64(const unsigned char in[DIGEST_BYTES], char out[DIGEST_BASE64])
{
    (void)EVP_EncodeBlock((unsigned char *)out, in, DIGEST_BYTES);
}

void
digest_uuid(char out[37])
{
    unsigned char r[16];

    if (getrandom(r, sizeof r, 0) != (ssize_t)sizeof r)
        die("get random bytes");
    r[6] = (unsigned char)((r[6] & 0x0f) | 0x40); /* version 4 */
    r[8] = (unsigned char)((r[8] & 0x3f) | 0x80); /* variant of RFC 9562 */
    (void)snprintf(out, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                   r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12],
                   r[13], r[14], r[15]);
}
