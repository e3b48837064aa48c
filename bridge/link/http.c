/*
 * libcurl, kept to one narrow road: every option that could lead elsewhere is
 * set, not left at its default.
 */
#include "http.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <curl/curl.h>
#include <openssl/ssl.h>

#include "clock.h"

#define STALL_BYTES  10L /* per second; below it a connection counts as standing still */
#define SERVER_CHARS 60
#define TYPE_CHARS   120
#define SKEW_MAX_S   315360000 /* ten years: beyond it a Date header is nonsense */

static bool (*stop_asked)(void);

struct http {
    const struct http_options *options;
    CURL *curl;
    char error[CURL_ERROR_SIZE];
};

/* One request on its way. */
struct call {
    struct http_reply *reply;
    const struct http_sink *sink;
    struct arena *mem;
    CURL *curl;
    bool once, too_large;
};

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
begin(void)
{
    static bool done;

    if (done)
        return;
    done = true;
    (void)unsetenv("SSLKEYLOGFILE");
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, memory_get, free, memory_resize, memory_text,
                             memory_zeroed) != CURLE_OK) {
        (void)fprintf(stderr, "error: libcurl could not be set up\n");
        exit(1);
    }
}

static void
release(void *handle)
{
    struct http *http = handle;

    curl_easy_cleanup(http->curl);
}

static void
release_buf(void *handle)
{
    buf_release(handle);
}

void
http_stop_when(bool (*asked)(void))
{
    stop_asked = asked;
}

/* Not 0 ends the request. */
static int
go_on(void *ctx, curl_off_t in_all, curl_off_t in, curl_off_t out_all, curl_off_t out)
{
    const struct call *call = ctx;

    (void)in_all;
    (void)in;
    (void)out_all;
    (void)out;
    return stop_asked && stop_asked() && !(call->once && call->reply->sent);
}

/* Called when the connection stands, TLS included, just before the request leaves. */
static int
about_to_send(void *ctx, char *ip, char *own_ip, int port, int own_port)
{
    struct call *call = ctx;
    struct curl_tlssessioninfo *tls = NULL;

    (void)ip;
    (void)own_ip;
    (void)port;
    (void)own_port;
    call->reply->sent = true;
    if (curl_easy_getinfo(call->curl, CURLINFO_TLS_SSL_PTR, &tls) == CURLE_OK && tls &&
        tls->backend == CURLSSLBACKEND_OPENSSL && tls->internals)
        call->reply->tls = arena_copy(call->mem, SSL_get_version(tls->internals));
    return CURL_PREREQFUNC_OK;
}

static size_t
take_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct call *call = ctx;
    size_t len = size * count;

    if (!buf_add(call->reply->body, bytes, len)) {
        call->too_large = true;
        return 0;
    }
    if (call->sink)
        call->sink->take(call->sink->ctx, bytes, len);
    return len;
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
    char *type = arena_copy(call->mem, value), *mark;

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

static size_t
take_header(char *line, size_t size, size_t count, void *ctx)
{
    struct call *call = ctx;
    size_t len = size * count;
    const char *value;

    if ((value = header_value(call->mem, line, len, "Content-Type", TYPE_CHARS)))
        read_type(call, value);
    else if ((value = header_value(call->mem, line, len, "Server", SERVER_CHARS)))
        call->reply->server = value;
    else if ((value = header_value(call->mem, line, len, "Date", SERVER_CHARS)))
        read_date(call, value);
    return len;
}

static enum verdict
check_files(const struct http_options *o, struct error *err)
{
    const char *const files[] = { o->ca, o->cert, o->key };
    struct stat st;

    if (strncasecmp(o->url, "https://", 8) != 0)
        return error_set(err, V_FATAL, "http.url", "the address is not https");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i] && stat(files[i], &st) != 0)
            return error_set(err, V_FATAL, "http.file", "could not find \"%s\"", files[i]);
    if (o->key && stat(o->key, &st) == 0 && (st.st_mode & 077) != 0) {
        enum verdict v =
            error_set(err, V_FATAL, "http.file", "others may read the key \"%s\"", o->key);

        error_hint(err, "Take the rights of group and others away: chmod 0400.");
        return v;
    }
    return V_OK;
}

#define SET(option, value)                                                                         \
    do {                                                                                           \
        if (!bad && curl_easy_setopt(curl, (option), (value)) != CURLE_OK)                         \
            bad = #option;                                                                         \
    } while (0)

/* Everything that does not change from request to request. Returns the option that libcurl did
 * not take, or NULL. */
static const char *
set_road(CURL *curl, const struct http_options *o, char *error)
{
    const char *bad = NULL;

    SET(CURLOPT_URL, o->url);
    SET(CURLOPT_ERRORBUFFER, error);
    SET(CURLOPT_PROTOCOLS_STR, "https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_MAXREDIRS, 0L);
    SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_UNRESTRICTED_AUTH, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_ACCEPT_ENCODING, NULL);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_HTTP09_ALLOWED, 0L);
    SET(CURLOPT_USERAGENT, "cctns-bridge");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, go_on);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_MAXLIFETIME_CONN, 600L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, o->connect_timeout);
    SET(CURLOPT_TIMEOUT_MS, o->timeout);
    if (o->stall > 0) {
        SET(CURLOPT_LOW_SPEED_LIMIT, STALL_BYTES);
        SET(CURLOPT_LOW_SPEED_TIME, (o->stall + 999) / 1000);
    }
    if (o->ca) {
        SET(CURLOPT_CAINFO, o->ca);
        SET(CURLOPT_CAPATH, NULL);
    }
    if (o->cert)
        SET(CURLOPT_SSLCERT, o->cert);
    if (o->key)
        SET(CURLOPT_SSLKEY, o->key);
    if (o->user) {
        SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        SET(CURLOPT_USERNAME, o->user);
        SET(CURLOPT_PASSWORD, o->password ? o->password : "");
    }
    return bad;
}

enum verdict
http_open(struct arena *mem, const struct http_options *options, struct http **out,
          struct error *err)
{
    struct http *http = arena_alloc(mem, sizeof *http);
    enum verdict v = check_files(options, err);
    const char *bad;

    *out = NULL;
    if (v)
        return v;
    begin();
    http->options = options;
    http->curl = curl_easy_init();
    if (!http->curl)
        return error_set(err, V_FATAL, "http.curl", "libcurl gave no handle");
    arena_defer(mem, release, http);
    bad = set_road(http->curl, options, http->error);
    if (bad)
        return error_set(err, V_FATAL, "http.curl", "libcurl does not take %s", bad);
    *out = http;
    return V_OK;
}

/* A handshake that failed for a reason that OpenSSL names will fail again; one that was cut off
 * may not. */
static enum verdict
judge_handshake(const char *said)
{
    return strstr(said, "error:0A") && !strstr(said, "unexpected eof") ? V_FATAL : V_RETRY;
}

static enum verdict
judge(const struct http *http, CURLcode done, const struct call *call, struct error *err)
{
    const char *said = http->error[0] ? http->error : curl_easy_strerror(done);
    enum verdict v;

    if (call->too_large)
        return error_set(err, V_REJECT, "http.large", "the reply is larger than %ld bytes",
                         http->options->max_reply);
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

static void
begin_reply(struct call *call, struct http *http, const struct http_options *o)
{
    struct http_reply *reply = call->reply;

    memset(reply, 0, sizeof *reply);
    reply->type = reply->charset = reply->server = reply->tls = "";
    reply->body = arena_alloc(call->mem, sizeof *reply->body);
    buf_init(reply->body, (size_t)o->max_reply);
    arena_defer(call->mem, release_buf, reply->body);
    call->curl = http->curl;
    http->error[0] = '\0';
}

static const char *
set_call(CURL *curl, struct call *call, const struct http_request *request,
         struct curl_slist *headers)
{
    const char *bad = NULL;

    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->len);
    SET(CURLOPT_POSTFIELDS, request->body);
    SET(CURLOPT_FRESH_CONNECT, request->once ? 1L : 0L);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, call);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, call);
    SET(CURLOPT_PREREQFUNCTION, about_to_send);
    SET(CURLOPT_PREREQDATA, call);
    SET(CURLOPT_XFERINFODATA, call);
    return bad;
}

/* A line break in a header would begin another one. */
static bool
headers_are_clean(const struct http_request *request)
{
    for (const char *const *h = request->headers; h && *h; h++)
        for (const char *c = *h; *c; c++)
            if ((unsigned char)*c < 0x20 || *c == 0x7F)
                return false;
    return true;
}

static struct curl_slist *
make_headers(const struct http_request *request)
{
    /* Without "Expect:" libcurl waits a second for a peer that does not know 100-continue. */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");

    for (const char *const *h = request->headers; h && *h; h++)
        list = curl_slist_append(list, *h);
    return list;
}

enum verdict
http_post(struct http *http, struct arena *mem, const struct http_request *request,
          const struct http_sink *sink, struct http_reply *out, struct error *err)
{
    struct call call = { .reply = out, .sink = sink, .mem = mem, .once = request->once };
    struct curl_slist *headers = make_headers(request);
    int64_t start = clock_tick();
    const char *bad;
    CURLcode done;
    curl_off_t wait = 0;
    enum verdict v;

    begin_reply(&call, http, http->options);
    if (!headers_are_clean(request)) {
        v = error_set(err, V_FATAL, "http.header", "a header holds a control character");
        goto out;
    }
    bad = set_call(http->curl, &call, request, headers);
    if (bad) {
        v = error_set(err, V_FATAL, "http.curl", "libcurl does not take %s", bad);
        goto out;
    }
    done = curl_easy_perform(http->curl);
    out->took = (long)(clock_tick() - start);
    (void)curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &out->status);
    if (curl_easy_getinfo(http->curl, CURLINFO_RETRY_AFTER, &wait) == CURLE_OK && wait > 0)
        out->retry_after = wait > 86400 ? 86400000L : (long)wait * 1000;
    if (done != CURLE_OK) {
        v = judge(http, done, &call, err);
        goto out;
    }
    v = http_verdict(out->status);
    if (v) {
        char code[16];

        (void)snprintf(code, sizeof code, "http.%ld", out->status);
        v = error_set(err, v, code, "the peer answered with HTTP status %ld", out->status);
        err->retry_after = out->retry_after;
        if (out->retry_after)
            error_hint(err, "The peer asks to wait %ld s.", out->retry_after / 1000);
    }
out:
    curl_slist_free_all(headers);
    return v;
}

enum verdict
http_touch(struct http *http, struct arena *mem, struct http_reply *out, struct error *err)
{
    struct call call = { .reply = out, .mem = mem };
    int64_t start = clock_tick();
    CURL *curl = curl_easy_init(); /* a connection that was only opened cannot be used to send */
    const char *bad;
    CURLcode done;
    enum verdict v = V_OK;

    begin_reply(&call, http, http->options);
    call.curl = curl;
    if (!curl)
        return error_set(err, V_FATAL, "http.curl", "libcurl gave no handle");
    bad = set_road(curl, http->options, http->error);
    SET(CURLOPT_CONNECT_ONLY, 1L);
    SET(CURLOPT_PREREQFUNCTION, about_to_send);
    SET(CURLOPT_PREREQDATA, &call);
    SET(CURLOPT_XFERINFODATA, &call);
    if (bad) {
        v = error_set(err, V_FATAL, "http.curl", "libcurl does not take %s", bad);
        goto out;
    }
    done = curl_easy_perform(curl);
    out->took = (long)(clock_tick() - start);
    out->sent = false;
    if (done != CURLE_OK)
        v = judge(http, done, &call, err);
out:
    curl_easy_cleanup(curl);
    return v;
}
