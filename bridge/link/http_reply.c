/*
 * What comes back: headers and body as libcurl hands them over, and what a
 * failure means.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "http_parts.h"

#define SERVER_CHARS 60
#define TYPE_CHARS   120
#define WHOLE_CHARS  1000      /* of a Content-Type with its parameters */
#define SKEW_MAX_S   315360000 /* ten years: beyond it a Date header is nonsense */

static const struct {
    CURLcode curl;
    enum verdict verdict;
    const char *code, *say;
} failures[] = {
    { CURLE_UNSUPPORTED_PROTOCOL, V_FATAL, "http.url", "the address is not https" },
    { CURLE_URL_MALFORMAT, V_FATAL, "http.url", "the address cannot be read" },
    { CURLE_LOGIN_DENIED, V_FATAL, "http.url", "the address must not hold a user name" },
    { CURLE_COULDNT_RESOLVE_HOST, V_RETRY, "http.dns", "the host name was not found" },
    { CURLE_COULDNT_CONNECT, V_RETRY, "http.connect", "the connection was not made" },
    { CURLE_OPERATION_TIMEDOUT, V_RETRY, "http.timeout", "no whole answer came in time" },
    { CURLE_ABORTED_BY_CALLBACK, V_RETRY, "http.stopped", "the run was asked to stop" },
    { CURLE_GOT_NOTHING, V_RETRY, "http.cut", "the connection ended without an answer" },
    { CURLE_PARTIAL_FILE, V_RETRY, "http.cut", "the answer was cut off" },
    { CURLE_RECV_ERROR, V_RETRY, "http.cut", "the answer was cut off" },
    { CURLE_SEND_ERROR, V_RETRY, "http.cut", "the request was cut off" },
    { CURLE_SEND_FAIL_REWIND, V_RETRY, "http.cut", "the request was cut off" },
    { CURLE_WEIRD_SERVER_REPLY, V_RETRY, "http.cut", "the answer is not HTTP" },
    { CURLE_PEER_FAILED_VERIFICATION, V_FATAL, "tls.verify", "the certificate is not trusted" },
    { CURLE_SSL_ISSUER_ERROR, V_FATAL, "tls.verify", "the certificate is not trusted" },
    { CURLE_SSL_CACERT_BADFILE, V_FATAL, "tls.verify", "the file of option ca cannot be read" },
    { CURLE_SSL_CERTPROBLEM, V_FATAL, "tls.client", "our client certificate cannot be used" },
    { CURLE_SSL_CIPHER, V_FATAL, "tls.handshake", "no common cipher" },
    { CURLE_SSL_CONNECT_ERROR, V_RETRY, "tls.handshake", "the TLS handshake failed" },
};

enum verdict
http_verdict(long status)
{
    static const short retry[] = { 408, 425, 429 }, reject[] = { 400, 409, 413, 422 };

    if (status >= 200 && status < 300)
        return V_OK;
    if (status >= 500)
        return V_RETRY;
    for (size_t i = 0; i < sizeof retry / sizeof *retry; i++)
        if (status == retry[i])
            return V_RETRY;
    for (size_t i = 0; i < sizeof reject / sizeof *reject; i++)
        if (status == reject[i])
            return V_REJECT;
    return V_FATAL;
}

static void
release_buf(void *handle)
{
    buf_release(handle);
}

void
http_reply_begin(struct call *call, struct http *http)
{
    struct http_reply *reply = call->reply;

    memset(reply, 0, sizeof *reply);
    reply->type = reply->charset = reply->server = reply->tls = "";
    reply->body = arena_alloc(call->mem, sizeof *reply->body);
    buf_init(reply->body, (size_t)http->options->max_reply);
    arena_defer(call->mem, release_buf, reply->body);
    call->curl = http->curl;
    call->type = "";
    http->error[0] = '\0';
}

size_t
http_take_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct call *call = ctx;
    const struct http_sink *sink = call->sink;
    size_t len = size * count;
    long status = 0;

    (void)curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &status);
    if (!(sink && sink->keeps && http_verdict(status) == V_OK) &&
        !buf_add(call->reply->body, bytes, len)) {
        call->too_large = true;
        return 0;
    }
    if (!sink)
        return len;
    if (!call->begun && sink->begin)
        sink->begin(sink->ctx, status, call->type);
    call->begun = true;
    call->unwanted = !sink->take(sink->ctx, bytes, len);
    return call->unwanted ? 0 : len;
}

/* The value of a header when it has that name, trimmed and made printable; else NULL. */
static const char *
header_value(struct arena *mem, const char *line, size_t len, const char *name, size_t max)
{
    size_t name_len = strlen(name);
    char *out;

    if (len <= name_len || line[name_len] != ':' || strncasecmp(line, name, name_len) != 0)
        return NULL;
    line += name_len + 1;
    len -= name_len + 1;
    while (len && isspace((unsigned char)line[len - 1]))
        len--;
    while (len && isspace((unsigned char)*line)) {
        line++;
        len--;
    }
    out = arena_text(mem, line, len < max ? len : max);
    for (char *c = out; *c; c++)
        if (*c < 0x20 || *c > 0x7E)
            *c = '?';
    return out;
}

static void
read_type(struct call *call, const char *value)
{
    size_t len = strlen(value);
    char *type = arena_text(call->mem, value, len < TYPE_CHARS ? len : TYPE_CHARS), *mark;

    call->type = value;
    for (char *c = type; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    mark = strstr(type, "charset=");
    if (mark) {
        mark += strlen("charset=");
        mark += strspn(mark, "\"' ");
        call->reply->charset = arena_text(call->mem, mark, strcspn(mark, "\"'; "));
    }
    type[strcspn(type, "; ")] = '\0';
    call->reply->type = type;
}

static void
read_date(struct call *call, const char *value)
{
    time_t theirs = curl_getdate(value, NULL);
    long long ahead = (long long)theirs - (long long)(clock_now() / 1000000);

    /* A clock that was set by hand has no skew to speak of. */
    if (theirs < 0 || clock_is_set() || ahead > SKEW_MAX_S || ahead < -SKEW_MAX_S)
        return;
    call->reply->dated = true;
    call->reply->skew = (long)ahead * 1000;
}

size_t
http_take_header(char *line, size_t size, size_t count, void *ctx)
{
    struct call *call = ctx;
    size_t len = size * count;
    const char *value;

    if ((value = header_value(call->mem, line, len, "Content-Type", WHOLE_CHARS)))
        read_type(call, value);
    else if ((value = header_value(call->mem, line, len, "Server", SERVER_CHARS)))
        call->reply->server = value;
    else if ((value = header_value(call->mem, line, len, "Date", SERVER_CHARS)))
        read_date(call, value);
    return len;
}

/* A handshake that failed for a reason that OpenSSL names will fail again; one that was cut off
 * may not. */
static enum verdict
judge_handshake(const char *said)
{
    return strstr(said, "error:0A") && !strstr(said, "unexpected eof") ? V_FATAL : V_RETRY;
}

enum verdict
http_judge(const struct http *http, CURLcode done, const struct call *call, struct error *err)
{
    const char *said = http->error[0] ? http->error : curl_easy_strerror(done);
    enum verdict v;

    if (call->body.broken) {
        *err = call->body.err;
        return V_FATAL;
    }
    if (call->too_large)
        return error_set(err, V_REJECT, "http.large", "the reply is larger than %ld bytes",
                         http->options->max_reply);
    if (call->unwanted)
        return error_set(err, V_REJECT, "http.unwanted", "the reply was not read to its end");
    if (call->slow)
        return error_set(err, V_RETRY, "http.timeout", "the bytes come or go too slowly");
    if (done == CURLE_UNSUPPORTED_PROTOCOL && call->reply->sent)
        done = CURLE_WEIRD_SERVER_REPLY; /* HTTP/0.9: bytes without a status */
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        if (failures[i].curl != done)
            continue;
        v = done == CURLE_SSL_CONNECT_ERROR ? judge_handshake(said) : failures[i].verdict;
        return error_set(err, v, failures[i].code, "%s: %s", failures[i].say, said);
    }
    return error_set(err, V_RETRY, "http.failed", "the request failed: %s", said);
}
