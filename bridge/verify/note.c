/*
 * Small readers, keys and notes. What a library reads too kindly is written again from what was
 * read, and must come out the same.
 */
#include "verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BAD_FORM "it has not the form of a note"

void
fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "error: could not verify: %s: %s\n", what, why);
    exit(3);
}

EVP_MD_CTX *
digest_new(EVP_MD_CTX *again)
{
    static EVP_MD *algorithm; /* to search for it costs more than a hash */

    if (!algorithm)
        algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!again)
        again = EVP_MD_CTX_new();
    if (!algorithm || !again || EVP_DigestInit_ex2(again, algorithm, NULL) != 1)
        fail("SHA-256", "OpenSSL does not give it");
    return again;
}

void
sha256(const void *bytes, size_t len, unsigned char out[HASH])
{
    static EVP_MD_CTX *context;

    context = digest_new(context);
    if (EVP_DigestUpdate(context, bytes, len) != 1 || EVP_DigestFinal_ex(context, out, NULL) != 1)
        fail("SHA-256", "OpenSSL does not give it");
}

bool
number(const char *text, int64_t *out)
{
    char again[24];

    *out = strtoll(text, NULL, 10);
    (void)snprintf(again, sizeof again, "%" PRId64, *out);
    return strcmp(again, text) == 0;
}

bool
unhex(const char *text, unsigned char out[HASH])
{
    static const char digits[] = "0123456789abcdef";
    size_t i;

    for (i = 0; i < (size_t)2 * HASH; i++) {
        const char *at = text[i] ? strchr(digits, text[i]) : NULL;

        if (!at)
            return false;
        out[i / 2] = (unsigned char)((out[i / 2] << 4 & 0xf0) | (at - digits));
    }
    return text[i] == '\0';
}

long
unbase64(const char *text, unsigned char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(text), used = strcspn(text, "=");
    unsigned bits = 0;
    long n = 0;

    if (len % 4 || len - used > 2 || strspn(text + used, "=") != len - used)
        return -1;
    for (size_t i = 0; i < used; i++) {
        const char *at = strchr(digits, text[i]);

        if (!at)
            return -1;
        bits = (bits << 6 | (unsigned)(at - digits)) & 0x3fff;
        if (i % 4)
            out[n++] = (unsigned char)(bits >> (6 - 2 * (i % 4)) & 0xff);
    }
    return bits & (used % 4 == 2 ? 0xfU : used % 4 == 3 ? 3U : 0U) ? -1 : n;
}

size_t
split(char *line, char *field[], size_t max)
{
    size_t n = 1;
    char *to = field[0] = line;

    for (const char *at = line; *at; at++) {
        if (*at == '\t' && n == max)
            return 0;
        if (*at == '\t') {
            *to++ = '\0';
            field[n++] = to;
        } else if (*at != '\\') {
            *to++ = *at;
        } else if (*++at == 't' || *at == 'n' || *at == '\\') {
            *to++ = (char)(*at == 't' ? '\t' : *at == 'n' ? '\n' : '\\');
        } else {
            return 0;
        }
    }
    *to = '\0';
    return n;
}

bool
is_name(const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~' || text[i] == '+')
            return false;
    return len > 0 && len <= NAME;
}

static bool
hash_read(const char *text, bool may_miss, unsigned char out[HASH])
{
    unsigned char bytes[HASH + 1];

    if (may_miss && strcmp(text, "-") == 0)
        return true;
    if (strlen(text) != 44 || unbase64(text, bytes) != HASH)
        return false;
    memcpy(out, bytes, HASH);
    return true;
}

/* ---- keys ---- */

static bool
key_read(const char *line, struct key *key)
{
    char id[9], coded[45], again[512], bytes[NAME + 40];
    unsigned char raw[33], hash[HASH];
    int len;

    if (sscanf(line, "%200[^+]+%8[^+]+%44s", key->name, id, coded) != 3 || !is_name(key->name) ||
        snprintf(again, sizeof again, "%s+%s+%s", key->name, id, coded) < 0 ||
        strcmp(again, line) != 0 || unbase64(coded, raw) != 33 || raw[0] != 1)
        return false;
    len = snprintf(bytes, sizeof bytes, "%s\n", key->name);
    memcpy(bytes + len, raw, sizeof raw);
    sha256(bytes, (size_t)len + sizeof raw, hash);
    memcpy(key->id, hash, sizeof key->id);
    (void)snprintf(again, sizeof again, "%02x%02x%02x%02x", hash[0], hash[1], hash[2], hash[3]);
    key->pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw + 1, HASH);
    return key->pkey && strcmp(again, id) == 0;
}

void
keys_load(struct keys *keys, const char *path)
{
    FILE *file = fopen(path, "re");
    size_t before = keys->n;
    char line[512];

    if (!file)
        fail(path, strerror(errno));
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\r\n")] = '\0';
        if (*line == '#' || *line == '\0')
            continue;
        if (keys->n == KEYS || !key_read(line, &keys->key[keys->n++]))
            fail(path, "a line is not a key, NAME+ID+BASE64, of Ed25519");
    }
    if (ferror(file) || keys->n == before)
        fail(path, "it holds no key");
    (void)fclose(file);
}

static bool
signed_by(const struct key *key, const unsigned char *sig, const char *text, size_t len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key->pkey) == 1 &&
                EVP_DigestVerify(context, sig, 64, (const unsigned char *)text, len) == 1;

    EVP_MD_CTX_free(context);
    return good;
}

/* ---- notes ---- */

static bool
time_read(const char *at)
{
    static const char form[] = "0000-00-00T00:00:00Z";

    for (size_t i = 0; i < sizeof form; i++)
        if (form[i] == '0' ? at[i] < '0' || at[i] > '9' : at[i] != form[i])
            return false;
    return true;
}

const char *
note_read(const struct keys *keys, const char *bytes, size_t len, struct note *out)
{
    char again[1024], h[45], prev[45], totals[45], coded[93] = "";
    unsigned char sig[69];
    int body, all;

    *out = (struct note){ .size = -1 };
    sha256(bytes, len, out->digest);
    if (len >= NOTE || strlen(bytes) != len ||
        sscanf(bytes, "%200s %" SCNd64 " %44s run %" SCNd64 " prev %44s totals %44s at %20s",
               out->origin, &out->size, h, &out->run, prev, totals, out->at) != 7)
        return BAD_FORM;
    body = snprintf(again, sizeof again,
                    "%s\n%" PRId64 "\n%s\nrun %" PRId64 " prev %s totals %s at %s\n", out->origin,
                    out->size, h, out->run, prev, totals, out->at);
    all = body +
          snprintf(again + body, sizeof again - (size_t)body, "\n\xe2\x80\x94 %s ", out->origin);
    if (strncmp(bytes, again, (size_t)all) != 0 || len != (size_t)all + 93 ||
        bytes[len - 1] != '\n' || out->size < 0 || !is_name(out->origin) || !time_read(out->at) ||
        !hash_read(h, false, out->h) || !hash_read(prev, true, out->prev) ||
        !hash_read(totals, true, out->totals))
        return BAD_FORM;
    memcpy(coded, bytes + all, 92);
    if (unbase64(coded, sig) != 68)
        return BAD_FORM;
    out->formed = true;
    for (size_t i = 0; i < keys->n; i++)
        if (strcmp(keys->key[i].name, out->origin) == 0 && memcmp(keys->key[i].id, sig, 4) == 0 &&
            signed_by(&keys->key[i], sig + 4, bytes, (size_t)body))
            return NULL;
    return keys->n == 0 ? NULL : "no trusted key signed it";
}
