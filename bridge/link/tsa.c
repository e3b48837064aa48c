/*
 * The question bears a nonce, so that an old answer is not taken for a new one; OpenSSL compares
 * it, and the digest, with those in the answer. The question holds nothing but these, and the
 * answer is signed: many authorities are asked over plain http, and nobody on the way can do more
 * than keep the stamp away, which is said.
 */
#include "tsa.h"

#include <openssl/rand.h>
#include <openssl/ts.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#include "clock.h"
#include "digest.h"
#include "http_parts.h"

#define REPLY_MAX ((long)1 << 20)
#define LONGEST   20000 /* ms */

/* What lives during one question. */
struct asking {
    TS_REQ *request;
    TS_RESP *reply;
    X509_STORE *trusted;
};

static bool
set_imprint(TS_REQ *request, const unsigned char digest[DIGEST_BYTES])
{
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    unsigned char sum[DIGEST_BYTES];
    bool good;

    memcpy(sum, digest, sizeof sum);
    good = imprint && algorithm &&
           X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
           TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 &&
           TS_MSG_IMPRINT_set_msg(imprint, sum, sizeof sum) == 1 &&
           TS_REQ_set_msg_imprint(request, imprint) == 1;
    X509_ALGOR_free(algorithm);
    TS_MSG_IMPRINT_free(imprint);
    return good;
}

static bool
set_nonce(TS_REQ *request)
{
    unsigned char random[8] = { 0 };
    ASN1_INTEGER *nonce = ASN1_INTEGER_new();
    uint64_t number = 0;
    bool good = nonce && RAND_bytes(random, sizeof random) == 1;

    for (size_t i = 0; i < sizeof random; i++)
        number = number << 8 | random[i];
    good = good && ASN1_INTEGER_set_uint64(nonce, number >> 1 | 1) == 1 &&
           TS_REQ_set_nonce(request, nonce) == 1;
    ASN1_INTEGER_free(nonce);
    return good;
}

static bool
make_request(struct asking *a, const unsigned char digest[DIGEST_BYTES])
{
    a->request = TS_REQ_new();
    return a->request && TS_REQ_set_version(a->request, 1) == 1 &&
           set_imprint(a->request, digest) && set_nonce(a->request) &&
           TS_REQ_set_cert_req(a->request, 1) == 1;
}

static enum verdict
send_request(const struct asking *a, struct arena *mem, const char *url, const char *ca,
             struct http_reply *reply, struct error *err)
{
    static const char *const headers[] = { "Content-Type: application/timestamp-query",
                                           "Accept: application/timestamp-reply", NULL };
    const struct http_options options = { .url = url,
                                          .ca = ca,
                                          .timeout = LONGEST,
                                          .connect_timeout = LONGEST / 2,
                                          .max_reply = REPLY_MAX };
    unsigned char *der = NULL;
    int len = i2d_TS_REQ(a->request, &der);
    struct http_request request = { .headers = headers };
    struct http *http = NULL;
    enum verdict v;

    if (len <= 0)
        return error_set(err, V_FATAL, "tsa.query", "could not write the question");
    request.body = arena_text(mem, (const char *)der, (size_t)len);
    request.len = (size_t)len;
    OPENSSL_free(der);
    v = http_open_plain(mem, &options, &http, err);
    return v ? v : http_post(http, mem, &request, NULL, reply, err);
}

static enum verdict
load_trusted(struct asking *a, const char *ca, struct error *err)
{
    a->trusted = X509_STORE_new();
    if (ca && a->trusted && X509_STORE_load_file(a->trusted, ca) == 1)
        return V_OK;
    (void)error_set(err, V_FATAL, "tsa.ca",
                    "could not read the certificates that a timestamp must "
                    "lead to");
    error_hint(err, "Name a PEM file by \"tsa_ca\" in bridge.conf.");
    return V_FATAL;
}

/* The context takes the certificates with it. */
static bool
is_genuine(struct asking *a)
{
    TS_VERIFY_CTX *ctx = TS_REQ_to_TS_VERIFY_CTX(a->request, NULL);
    bool good;

    if (!ctx)
        return false;
    TS_VERIFY_CTX_add_flags(ctx, TS_VFY_SIGNATURE);
    TS_VERIFY_CTX_set_store(ctx, a->trusted);
    a->trusted = NULL;
    good = TS_RESP_verify_response(ctx, a->reply) == 1;
    TS_VERIFY_CTX_free(ctx);
    return good;
}

static bool
read_time(const struct asking *a, int64_t *at)
{
    TS_TST_INFO *info = TS_RESP_get_tst_info(a->reply);
    const ASN1_GENERALIZEDTIME *time = info ? TS_TST_INFO_get_time(info) : NULL;
    struct tm parts;
    char text[CLOCK_TEXT];

    if (!time || ASN1_TIME_to_tm(time, &parts) != 1)
        return false;
    return strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) &&
           clock_from_text(text, strlen(text), at);
}

static enum verdict
read_reply(struct asking *a, const char *ca, const struct buf *body, int64_t *at, struct error *err)
{
    const unsigned char *der = (const unsigned char *)body->data, *end = der + body->len;
    enum verdict v;

    a->reply = body->len ? d2i_TS_RESP(NULL, &der, (long)body->len) : NULL;
    if (!a->reply || der != end)
        return error_set(err, V_FATAL, "tsa.reply",
                         "the answer is not that of a timestamp "
                         "authority");
    long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(a->reply)));

    if (status != TS_STATUS_GRANTED && status != TS_STATUS_GRANTED_WITH_MODS)
        return error_set(err, V_FATAL, "tsa.refused", "the timestamp was refused, status %ld",
                         status);
    v = load_trusted(a, ca, err);
    if (v)
        return v;
    if (!is_genuine(a) || !read_time(a, at))
        return error_set(err, V_FATAL, "tsa.reply",
                         "the timestamp is not of these bytes, or not by "
                         "an authority that is trusted");
    return V_OK;
}

enum verdict
tsa_ask(struct arena *mem, const char *url, const char *ca, const void *bytes, size_t len,
        struct tsa_stamp *out, struct error *err)
{
    struct asking a = { 0 };
    struct http_reply reply = { 0 };
    unsigned char digest[DIGEST_BYTES];
    enum verdict v = V_OK;

    digest_of(bytes, len, digest);
    if (!make_request(&a, digest))
        v = error_set(err, V_FATAL, "tsa.query", "could not write the question");
    if (!v)
        v = send_request(&a, mem, url, ca, &reply, err);
    if (!v)
        v = read_reply(&a, ca, reply.body, &out->at, err);
    if (!v) {
        out->len = reply.body->len;
        out->bytes = arena_text(mem, reply.body->data, out->len);
    }
    TS_REQ_free(a.request);
    TS_RESP_free(a.reply);
    X509_STORE_free(a.trusted);
    return v;
}
