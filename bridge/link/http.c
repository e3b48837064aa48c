/*
 * libcurl, kept to one narrow road: every option that could lead elsewhere is
 * set, not left at its default.
 */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <curl/curl.h>
#include <openssl/ssl.h>

#include "../base/secret.h"
#include "clock.h"
#include "curl_parts.h"
#include "http_parts.h"

#define STALL_BYTES  10L   /* per second; below it a connection counts as standing still */
#define STREAM_BYTES 8     /* per ms, on the whole; a streamed call that moves less is ended */
#define WORD_MAX     16    /* of a method */
#define GRACE_MS     10000 /* for a request that must be sent once only, when the run is to stop */

static bool (*stop_asked)(void);

static void
release(void *handle)
{
    struct http *http = handle;

    curl_easy_cleanup(http->curl);
}

void
http_stop_when(bool (*asked)(void))
{
    stop_asked = asked;
}

/* A streamed call may take as long as it moves: it must move something within its patience, and not
 * so little at a time that it would never end. */
static bool
is_slow(struct call *call, int64_t moved)
{
    int64_t now = clock_tick();

    if (moved != call->moved) {
        call->moved = moved;
        call->moved_at = now;
    }
    return now - call->moved_at > call->patience ||
           now - call->start > call->patience + moved / STREAM_BYTES;
}

/* What has left and must not be sent again gets its grace: its answer tells what became of it. */
static bool
must_stop(struct call *call)
{
    if (!stop_asked || !stop_asked())
        return false;
    if (!call->once || !call->reply->sent)
        return true;
    if (!call->stop_end)
        call->stop_end = clock_tick() + GRACE_MS;
    return clock_tick() >= call->stop_end;
}

bool
http_must_stop(void)
{
    return stop_asked && stop_asked();
}

/* Not 0 ends the request. */
static int
go_on(void *ctx, curl_off_t in_all, curl_off_t in, curl_off_t out_all, curl_off_t out)
{
    struct call *call = ctx;

    (void)in_all;
    (void)out_all;
    call->slow = call->patience && is_slow(call, (int64_t)(in + out));
    return call->slow || must_stop(call);
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

static bool
is_allowed(const char *url, bool plain)
{
    return strncasecmp(url, "https://", 8) == 0 || (plain && strncasecmp(url, "http://", 7) == 0);
}

static enum verdict
check_files(const struct http_options *o, bool plain, struct error *err)
{
    const char *const files[] = { o->ca, o->cert, o->key };
    struct stat st;

    if (!is_allowed(o->url, plain))
        return error_set(err, V_FATAL, "http.url", "the address is not https");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i] && stat(files[i], &st) != 0)
            return error_set(err, V_FATAL, "http.file", "could not find \"%s\"", files[i]);
    if (o->key && stat(o->key, &st) == 0 && !secret_is_closed(o->key, st.st_mode)) {
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
set_road(CURL *curl, const struct http_options *o, bool plain, char *error)
{
    const char *bad = NULL;

    SET(CURLOPT_URL, o->url);
    SET(CURLOPT_ERRORBUFFER, error);
    SET(CURLOPT_PROTOCOLS_STR, plain ? "http,https" : "https");
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
    SET(CURLOPT_QUICK_EXIT, 1L); /* a name server that hangs does not hold up the end */
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

static enum verdict
open_road(struct arena *mem, const struct http_options *options, bool plain, struct http **out,
          struct error *err)
{
    struct http *http = arena_alloc(mem, sizeof *http);
    enum verdict v = check_files(options, plain, err);
    const char *bad;

    *out = NULL;
    if (v)
        return v;
    curl_set_up();
    http->options = options;
    http->plain = plain;
    http->curl = curl_easy_init();
    if (!http->curl)
        return error_set(err, V_FATAL, "http.curl", "libcurl gave no handle");
    arena_defer(mem, release, http);
    bad = set_road(http->curl, options, plain, http->error);
    if (bad)
        return error_set(err, V_FATAL, "http.curl", "libcurl does not take %s", bad);
    *out = http;
    return V_OK;
}

enum verdict
http_open(struct arena *mem, const struct http_options *options, struct http **out,
          struct error *err)
{
    return open_road(mem, options, false, out, err);
}

enum verdict
http_open_plain(struct arena *mem, const struct http_options *options, struct http **out,
                struct error *err)
{
    return open_road(mem, options, true, out, err);
}

/* What this request sends: one body, pieces of it, or none. */
static const char *
set_body(CURL *curl, struct call *call, const struct http_request *request)
{
    const char *method = request->method ? request->method : "POST", *bad = NULL;
    bool pieces = request->piece_count > 0;

    SET(CURLOPT_CUSTOMREQUEST, NULL);
    SET(CURLOPT_READFUNCTION, http_body_read);
    SET(CURLOPT_READDATA, &call->body);
    SET(CURLOPT_SEEKFUNCTION, http_body_seek);
    SET(CURLOPT_SEEKDATA, &call->body);
    if (strcmp(method, "GET") == 0) {
        SET(CURLOPT_HTTPGET, 1L);
        return bad;
    }
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDS, pieces ? NULL : request->body ? request->body : "");
    SET(CURLOPT_POSTFIELDSIZE_LARGE,
        pieces ? (curl_off_t)call->body.length : (curl_off_t)request->len);
    if (strcmp(method, "POST") != 0)
        SET(CURLOPT_CUSTOMREQUEST, method);
    return bad;
}

static const char *
set_call(CURL *curl, struct call *call, const struct http_request *request,
         const struct http_options *o, struct curl_slist *headers)
{
    const char *bad = set_body(curl, call, request);

    SET(CURLOPT_URL,
        request->target ? arena_format(call->mem, "%s%s", o->url, request->target) : o->url);
    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_FRESH_CONNECT, request->once ? 1L : 0L);
    SET(CURLOPT_TIMEOUT_MS, call->patience ? 0L : o->timeout);
    SET(CURLOPT_WRITEFUNCTION, http_take_body);
    SET(CURLOPT_WRITEDATA, call);
    SET(CURLOPT_HEADERFUNCTION, http_take_header);
    SET(CURLOPT_HEADERDATA, call);
    SET(CURLOPT_PREREQFUNCTION, about_to_send);
    SET(CURLOPT_PREREQDATA, call);
    SET(CURLOPT_XFERINFODATA, call);
    return bad;
}

static bool
is_printable(const char *text, unsigned char least)
{
    for (; *text; text++)
        if ((unsigned char)*text < least || *text == 0x7F)
            return false;
    return true;
}

/* A line break in a header would begin another one; a target that does not begin with a slash or a
 * question mark would go on with the name of the host. */
static enum verdict
check_request(const struct http_request *request, struct error *err)
{
    const char *method = request->method ? request->method : "POST";

    for (const char *const *h = request->headers; h && *h; h++)
        if (!is_printable(*h, ' '))
            return error_set(err, V_FATAL, "http.header", "a header holds a control character");
    if (strlen(method) > WORD_MAX || method[strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] ||
        !*method)
        return error_set(err, V_FATAL, "http.url", "the method is not a word in capitals");
    if (request->target && ((*request->target != '/' && *request->target != '?') ||
                            !is_printable(request->target, '!')))
        return error_set(err, V_FATAL, "http.url", "the target is not a path");
    return V_OK;
}

static struct curl_slist *
make_headers(const struct http_request *request)
{
    /* Without "Expect:" libcurl waits a second for a peer that does not know 100-continue. */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    bool typed = false;

    for (const char *const *h = request->headers; h && *h; h++) {
        list = curl_slist_append(list, *h);
        typed = typed || strncasecmp(*h, "Content-Type:", 13) == 0;
    }
    if (!typed) /* libcurl would take the body for a form */
        list = curl_slist_append(list, "Content-Type:");
    return list;
}

/* The verdict of a call that libcurl has brought to its end. */
static enum verdict
judge_status(const struct http_reply *reply, struct error *err)
{
    enum verdict v = http_verdict(reply->status);
    char code[16];

    if (!v)
        return V_OK;
    (void)snprintf(code, sizeof code, "http.%ld", reply->status);
    v = error_set(err, v, code, "the peer answered with HTTP status %ld", reply->status);
    err->retry_after = reply->retry_after;
    if (reply->retry_after)
        error_hint(err, "The peer asks to wait %ld s.", reply->retry_after / 1000);
    return v;
}

enum verdict
http_post(struct http *http, struct arena *mem, const struct http_request *request,
          const struct http_sink *sink, struct http_reply *out, struct error *err)
{
    const struct http_options *o = http->options;
    struct call call = { .reply = out, .sink = sink, .mem = mem, .once = request->once };
    struct curl_slist *headers = make_headers(request);
    const char *bad;
    CURLcode done;
    curl_off_t wait = 0;
    enum verdict v;

    http_reply_begin(&call, http);
    call.start = call.moved_at = clock_tick();
    if (request->piece_count || (sink && sink->keeps))
        call.patience = o->timeout;
    v = check_request(request, err);
    if (!v)
        v = http_body_begin(&call.body, request, mem, err);
    if (v)
        goto out;
    bad = set_call(http->curl, &call, request, o, headers);
    if (bad) {
        v = error_set(err, V_FATAL, "http.curl", "libcurl does not take %s", bad);
        goto out;
    }
    done = curl_easy_perform(http->curl);
    out->took = (long)(clock_tick() - call.start);
    (void)curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &out->status);
    if (curl_easy_getinfo(http->curl, CURLINFO_RETRY_AFTER, &wait) == CURLE_OK && wait > 0)
        out->retry_after = wait > 86400 ? 86400000L : (long)wait * 1000;
    v = done == CURLE_OK ? judge_status(out, err) : http_judge(http, done, &call, err);
out:
    http_body_end(&call.body);
    curl_slist_free_all(headers);
    return v;
}

enum verdict
http_touch(struct http *http, struct arena *mem, struct http_reply *out, struct error *err)
{
    struct call call = { .reply = out, .mem = mem };
    CURL *curl = curl_easy_init(); /* a connection that was only opened cannot be used to send */
    const char *bad;
    CURLcode done;
    enum verdict v = V_OK;

    http_reply_begin(&call, http);
    call.curl = curl;
    call.start = clock_tick();
    if (!curl)
        return error_set(err, V_FATAL, "http.curl", "libcurl gave no handle");
    bad = set_road(curl, http->options, http->plain, http->error);
    SET(CURLOPT_CONNECT_ONLY, 1L);
    SET(CURLOPT_PREREQFUNCTION, about_to_send);
    SET(CURLOPT_PREREQDATA, &call);
    SET(CURLOPT_XFERINFODATA, &call);
    if (bad) {
        v = error_set(err, V_FATAL, "http.curl", "libcurl does not take %s", bad);
        goto out;
    }
    done = curl_easy_perform(curl);
    out->took = (long)(clock_tick() - call.start);
    out->sent = false;
    if (done != CURLE_OK)
        v = http_judge(http, done, &call, err);
out:
    curl_easy_cleanup(curl);
    return v;
}
