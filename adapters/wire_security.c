/*
 * WS-Security: UsernameToken Profile 1.0 with a Timestamp, fresh for each request.
 *
 *   Password_Digest = Base64(SHA-1(nonce + created + password))
 *
 * where nonce are the bytes themselves, not their Base64. SHA-1 is the profile's; what keeps the
 * password is TLS.
 */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "clock.h"

#define PROFILE "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
#define BASE64  PROFILE "soap-message-security-1.0#Base64Binary"
#define DIGEST  PROFILE "username-token-profile-1.0#PasswordDigest"
#define TEXT    PROFILE "username-token-profile-1.0#PasswordText"
#define SECOND  INT64_C(1000000)
#define LIFE    (300 * SECOND)
#define FORM    "%Y-%m-%dT%H:%M:%SZ"
#define ROOM    32

char *
wire_base64(struct arena *mem, const unsigned char *bytes, size_t len)
{
    char *out = arena_alloc(mem, 4 * ((len + 2) / 3) + 1);

    (void)EVP_EncodeBlock((unsigned char *)out, bytes, (int)len);
    return out;
}

static const char *
digest_of_password(struct arena *mem, const unsigned char *nonce, size_t nonce_len,
                   const char *created, const char *password)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) == 1 &&
              EVP_DigestUpdate(ctx, nonce, nonce_len) == 1 &&
              EVP_DigestUpdate(ctx, created, strlen(created)) == 1 &&
              EVP_DigestUpdate(ctx, password, strlen(password)) == 1 &&
              EVP_DigestFinal_ex(ctx, sum, &len) == 1;

    EVP_MD_CTX_free(ctx);
    return ok ? wire_base64(mem, sum, len) : NULL;
}

/* Puts a text at "a:A/b:B/@c" below node. */
static void
put(struct arena *mem, struct xml_node *node, const char *prefix, const char *name,
    const char *attribute, const char *text, enum verdict *v, struct error *err)
{
    const char *path = attribute ? arena_format(mem, "%s:%s/@%s", prefix, name, attribute)
                                 : arena_format(mem, "%s:%s", prefix, name);

    if (!*v)
        *v = xml_tree_put(node, path, text, strlen(text), err);
}

enum verdict
wire_secure(const struct wire *w, struct arena *mem, struct xml_node *header, struct error *err)
{
    struct xml_node *security, *stamp, *token;
    const char *wsse = w->wsse_prefix, *wsu = w->wsu_prefix, *password = w->password;
    char created[ROOM], expires[ROOM];
    unsigned char nonce[16];
    int64_t now = clock_now();
    enum verdict v = V_OK;

    security = xml_tree_element(header, arena_format(mem, "%s:Security", wsse));
    if (!security || RAND_bytes(nonce, sizeof nonce) != 1)
        return error_set(err, V_FATAL, "soap.security", "the security header cannot be made");
    (void)clock_format(FORM, 0, now, created, sizeof created);
    (void)clock_format(FORM, 0, now + LIFE, expires, sizeof expires);
    v = xml_tree_put(security, arena_format(mem, "@%s:mustUnderstand", w->soap_prefix),
                     w->version == 11 ? "1" : "true", w->version == 11 ? 1 : 4, err);
    stamp = xml_tree_element(security, arena_format(mem, "%s:Timestamp", wsu));
    token = xml_tree_element(security, arena_format(mem, "%s:UsernameToken", wsse));
    put(mem, stamp, wsu, "Created", NULL, created, &v, err);
    put(mem, stamp, wsu, "Expires", NULL, expires, &v, err);
    put(mem, token, wsse, "Username", NULL, w->options->user, &v, err);
    if (w->security == WIRE_DIGEST)
        password = digest_of_password(mem, nonce, sizeof nonce, created, w->password);
    if (!password)
        return error_set(err, V_FATAL, "soap.security", "OpenSSL makes no SHA-1");
    put(mem, token, wsse, "Password", "Type", w->security == WIRE_DIGEST ? DIGEST : TEXT, &v, err);
    put(mem, token, wsse, "Password", NULL, password, &v, err);
    put(mem, token, wsse, "Nonce", "EncodingType", BASE64, &v, err);
    put(mem, token, wsse, "Nonce", NULL, wire_base64(mem, nonce, sizeof nonce), &v, err);
    put(mem, token, wsu, "Created", NULL, created, &v, err);
    OPENSSL_cleanse(nonce, sizeof nonce);
    return v;
}
