/*
 * The key is read through a file descriptor whose owner and mode were looked at, so that it cannot
 * be another file than the one that was checked.
 */
#include "sign.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digest.h"
#include "file.h"
#include "secret.h"

#define CODE "sign.key"
#define KIND 0x01 /* Ed25519, in ids and key lines */

struct sign_key {
    EVP_PKEY *pkey;
};

static void __attribute__((noreturn)) die(void)
{
    (void)fprintf(stderr, "error: could not sign by OpenSSL\n");
    _exit(1);
}

/* What cannot fail but for want of memory: a signature that is not made must not pass for one. */
static void
must(int ok)
{
    if (ok != 1)
        die();
}

/* ---- the file ---- */

/* Bytes and folder reach the disk: a key that is lost after its line was given to an auditor would
 * make every later note a stranger's. */
static bool
keep(FILE *file, const char *path, EVP_PKEY *pkey)
{
    struct arena *mem = arena_new("key");
    int folder = open(file_folder(mem, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool kept = folder >= 0 && PEM_write_PrivateKey(file, pkey, NULL, NULL, 0, NULL, NULL) == 1 &&
                fflush(file) == 0 && fsync(fileno(file)) == 0 && fsync(folder) == 0;

    if (folder >= 0)
        (void)close(folder);
    arena_free(mem);
    return kept;
}

enum verdict
sign_make(const char *path, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    EVP_PKEY *pkey;
    FILE *file;
    bool kept;

    if (fd < 0 && errno == EEXIST) {
        (void)error_set(err, V_REJECT, "sign.exists", "there is a key already in \"%s\"", path);
        error_hint(err, "It is not replaced: every note so far was signed with it.");
        return V_REJECT;
    }
    if (fd < 0)
        return error_set(err, V_FATAL, CODE, "could not make \"%s\": %s", path, strerror(errno));
    pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    must(pkey != NULL);
    file = fdopen(fd, "w");
    must(file != NULL);
    kept = keep(file, path, pkey);
    if (fclose(file) != 0)
        kept = false;
    EVP_PKEY_free(pkey);
    if (kept)
        return V_OK;
    (void)unlink(path);
    return error_set(err, V_FATAL, CODE, "could not write \"%s\"", path);
}

static void
let_go(void *handle)
{
    EVP_PKEY_free(((struct sign_key *)handle)->pkey);
}

/* There is no password, and none is asked for on a terminal. */
static int
no_password(char *room, int size, int writes, void *unused)
{
    (void)room;
    (void)size;
    (void)writes;
    (void)unused;
    return -1;
}

static enum verdict
read_key(int fd, EVP_PKEY **out, struct error *err)
{
    FILE *file = fdopen(fd, "r");

    must(file != NULL);
    *out = PEM_read_PrivateKey(file, NULL, no_password, NULL);
    (void)fclose(file);
    if (*out && EVP_PKEY_is_a(*out, "ED25519"))
        return V_OK;
    EVP_PKEY_free(*out);
    *out = NULL;
    return error_set(err, V_FATAL, CODE, "the key of the books is not an Ed25519 key in PEM");
}

enum verdict
sign_load(struct arena *mem, const char *path, struct sign_key **out, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    EVP_PKEY *pkey = NULL;
    enum verdict v;

    *out = NULL;
    if (fd < 0)
        v = error_set(err, V_FATAL, CODE, "could not open the key of the books: %s",
                      strerror(errno));
    else
        v = secret_check(fd, path, CODE, "the key of the books", err);
    if (!v)
        v = read_key(fd, &pkey, err);
    else if (fd >= 0)
        (void)close(fd);
    if (v) {
        error_at(err, NULL, path);
        return v;
    }
    *out = arena_alloc(mem, sizeof **out);
    (*out)->pkey = pkey;
    arena_defer(mem, let_go, *out);
    return V_OK;
}

/* ---- signatures ---- */

void
sign_public(const struct sign_key *key, unsigned char out[SIGN_PUBLIC])
{
    size_t len = SIGN_PUBLIC;

    must(EVP_PKEY_get_raw_public_key(key->pkey, out, &len));
}

void
sign_bytes(const struct sign_key *key, const void *bytes, size_t len, unsigned char out[SIGN_BYTES])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t room = SIGN_BYTES;

    must(ctx != NULL);
    must(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->pkey));
    must(EVP_DigestSign(ctx, out, &room, bytes, len));
    EVP_MD_CTX_free(ctx);
}

bool
sign_verify(const unsigned char public_key[SIGN_PUBLIC], const void *bytes, size_t len,
            const unsigned char signature[SIGN_BYTES])
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, SIGN_PUBLIC);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good;

    must(ctx != NULL);
    good = pkey && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
           EVP_DigestVerify(ctx, signature, SIGN_BYTES, bytes, len) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return good;
}

/* ---- names of keys ---- */

void
sign_id(const char *name, const unsigned char public_key[SIGN_PUBLIC], unsigned char out[SIGN_ID])
{
    static const unsigned char between[] = { '\n', KIND };
    unsigned char sum[DIGEST_BYTES];
    struct digest d;

    digest_begin(&d);
    digest_add(&d, name, strlen(name));
    digest_add(&d, between, sizeof between);
    digest_add(&d, public_key, SIGN_PUBLIC);
    digest_end(&d, sum);
    memcpy(out, sum, SIGN_ID);
}

const char *
sign_line(struct arena *mem, const char *name, const unsigned char public_key[SIGN_PUBLIC])
{
    unsigned char both[1 + SIGN_PUBLIC] = { KIND }, id[SIGN_ID];

    memcpy(both + 1, public_key, SIGN_PUBLIC);
    sign_id(name, public_key, id);
    return arena_format(mem, "%s+%02x%02x%02x%02x+%s", name, id[0], id[1], id[2], id[3],
                        sign_base64(mem, both, sizeof both));
}

const char *
sign_base64(struct arena *mem, const void *bytes, size_t len)
{
    unsigned char *out = arena_alloc(mem, (len + 2) / 3 * 4 + 1);

    EVP_EncodeBlock(out, bytes, (int)len);
    return (const char *)out;
}
