/*
 * OpenSSL's EVP only; nothing of its own making. Texts are encrypted by the key itself; digests are
 * made by one that HKDF (RFC 5869) derives from it, so that they say nothing of it.
 */
#include "seal.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

#define VERSION     1
#define KEY_BYTES   32
#define NAME_BYTES  8
#define NONCE_BYTES 12
#define TAG_BYTES   16
#define NAME_AT     1
#define NONCE_AT    (NAME_AT + NAME_BYTES)
#define TAG_AT      (NONCE_AT + NONCE_BYTES)
#define TEXT_MAX    ((size_t)1 << 30)

_Static_assert(TAG_AT + TAG_BYTES == SEAL_OVERHEAD, "the parts before the cipher text");

struct seal {
    unsigned char text_key[KEY_BYTES], digest_key[KEY_BYTES], name[NAME_BYTES];
};

static void
wipe(void *handle)
{
    OPENSSL_cleanse(handle, sizeof(struct seal));
}

static void __attribute__((noreturn)) die(void)
{
    (void)fprintf(stderr, "error: could not use a cipher of OpenSSL\n");
    _exit(1);
}

/* What cannot fail but for want of memory or of random numbers: nothing can be sealed without. */
static void
must(int ok)
{
    if (ok != 1)
        die();
}

static bool
read_key(const char *hex, unsigned char key[KEY_BYTES])
{
    if (!hex || strlen(hex) != (size_t)2 * KEY_BYTES)
        return false;
    for (size_t i = 0; i < KEY_BYTES; i++) {
        int high = text_hex(hex[2 * i]), low = text_hex(hex[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        key[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

static void
derive(const unsigned char key[KEY_BYTES], const char *label, unsigned char out[KEY_BYTES])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
    size_t len = KEY_BYTES;

    must(ctx != NULL);
    must(EVP_PKEY_derive_init(ctx));
    must(EVP_PKEY_CTX_set_hkdf_md(ctx, EVP_sha256()));
    must(EVP_PKEY_CTX_set1_hkdf_key(ctx, key, KEY_BYTES));
    must(EVP_PKEY_CTX_add1_hkdf_info(ctx, (const unsigned char *)label, (int)strlen(label)));
    must(EVP_PKEY_derive(ctx, out, &len));
    EVP_PKEY_CTX_free(ctx);
}

static void
name_key(const unsigned char key[KEY_BYTES], unsigned char name[NAME_BYTES])
{
    static const char label[] = "cctns-bridge seal";
    unsigned char both[sizeof label - 1 + KEY_BYTES], sum[DIGEST_BYTES];

    memcpy(both, label, sizeof label - 1);
    memcpy(both + sizeof label - 1, key, KEY_BYTES);
    digest_of(both, sizeof both, sum);
    memcpy(name, sum, NAME_BYTES);
    OPENSSL_cleanse(both, sizeof both);
}

enum verdict
seal_new(struct arena *mem, const char *key, struct seal **out, struct error *err)
{
    unsigned char bytes[KEY_BYTES];
    struct seal *seal;

    *out = NULL;
    if (!read_key(key, bytes)) {
        OPENSSL_cleanse(bytes, sizeof bytes);
        (void)error_set(err, V_FATAL, "seal.key", "the key of seals is not 64 hexadecimal digits");
        error_hint(err, "Make one with: openssl rand -hex 32");
        return V_FATAL;
    }
    seal = arena_alloc(mem, sizeof *seal);
    arena_defer(mem, wipe, seal);
    memcpy(seal->text_key, bytes, KEY_BYTES);
    derive(bytes, "digest", seal->digest_key);
    name_key(bytes, seal->name);
    OPENSSL_cleanse(bytes, sizeof bytes);
    *out = seal;
    return V_OK;
}

/* One run of the cipher over what stands behind the header; true unless the tag is another. */
static bool
run(const struct seal *seal, bool encrypt, const unsigned char *nonce, unsigned char *tag,
    const char *aad, const unsigned char *from, size_t len, unsigned char *to)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0, mode = encrypt ? 1 : 0;
    bool same;

    must(ctx != NULL);
    must(EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, NULL, NULL, mode));
    must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_IVLEN, NONCE_BYTES, NULL));
    must(EVP_CipherInit_ex(ctx, NULL, NULL, seal->text_key, nonce, mode));
    must(EVP_CipherUpdate(ctx, NULL, &n, (const unsigned char *)aad, (int)strlen(aad)));
    if (len)
        must(EVP_CipherUpdate(ctx, to, &n, from, (int)len));
    if (!encrypt)
        must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag));
    same = EVP_CipherFinal_ex(ctx, to + len, &n) == 1;
    if (encrypt)
        must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, tag));
    EVP_CIPHER_CTX_free(ctx);
    return same;
}

unsigned char *
seal_bytes(const struct seal *seal, struct arena *mem, const char *aad, const void *bytes,
           size_t len, size_t *out_len)
{
    unsigned char *out = arena_alloc(mem, len + SEAL_OVERHEAD + 1);

    must(len <= TEXT_MAX);
    out[0] = VERSION;
    memcpy(out + NAME_AT, seal->name, NAME_BYTES);
    must(RAND_bytes(out + NONCE_AT, NONCE_BYTES));
    must(run(seal, true, out + NONCE_AT, out + TAG_AT, aad, bytes, len, out + SEAL_OVERHEAD));
    *out_len = len + SEAL_OVERHEAD;
    return out;
}

static enum verdict
broken(struct error *err)
{
    return error_set(err, V_REJECT, "seal.broken",
                     "a sealed text was altered, or belongs to another record");
}

struct opened {
    char *text;
    size_t len;
};

static void
wipe_opened(void *handle)
{
    struct opened *opened = handle;

    OPENSSL_cleanse(opened->text, opened->len);
}

enum verdict
unseal_bytes(const struct seal *seal, struct arena *mem, const char *aad, const void *bytes,
             size_t len, char **out, size_t *out_len, struct error *err)
{
    const unsigned char *from = bytes;
    unsigned char tag[TAG_BYTES];
    struct opened *opened;

    *out = NULL;
    *out_len = 0;
    if (len < SEAL_OVERHEAD || len - SEAL_OVERHEAD > TEXT_MAX || from[0] != VERSION)
        return broken(err);
    if (memcmp(from + NAME_AT, seal->name, NAME_BYTES) != 0)
        return error_set(err, V_REJECT, "seal.key", "sealed with another key");
    opened = arena_alloc(mem, sizeof *opened);
    opened->len = len - SEAL_OVERHEAD;
    opened->text = arena_alloc(mem, opened->len + 1);
    arena_defer(mem, wipe_opened, opened);
    memcpy(tag, from + TAG_AT, TAG_BYTES);
    if (!run(seal, false, from + NONCE_AT, tag, aad, from + SEAL_OVERHEAD, opened->len,
             (unsigned char *)opened->text)) {
        OPENSSL_cleanse(opened->text, opened->len);
        return broken(err);
    }
    opened->text[opened->len] = '\0';
    *out = opened->text;
    *out_len = opened->len;
    return V_OK;
}

void
seal_digest(const struct seal *seal, const void *bytes, size_t len, unsigned char out[DIGEST_BYTES])
{
    unsigned int n = DIGEST_BYTES;

    must(HMAC(EVP_sha256(), seal->digest_key, KEY_BYTES, bytes, len, out, &n) != NULL);
}
