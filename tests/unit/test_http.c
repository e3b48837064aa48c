/*
 * HTTPS against a real TLS peer on loopback: what is trusted, what is sent, how failures are
 * judged, and whether anything was sent at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <sys/stat.h>

#include <netinet/in.h>

#include "../fixtures/tls_peer.h"
#include "clock.h"
#include "http.h"

static struct http_options
options_for(struct arena *mem, int port)
{
    struct http_options o = { .timeout = 5000, .connect_timeout = 2000, .max_reply = 1 << 20 };

    o.url = arena_format(mem, "https://localhost:%d/service", port);
    o.ca = peer_path(mem, "good.pem");
    return o;
}

static enum verdict
post(struct http *http, struct arena *mem, const char *body, bool once, struct http_reply *reply,
     struct error *err)
{
    static const char *const headers[] = { "Content-Type: text/xml; charset=utf-8", NULL };
    const struct http_request request = {
        .headers = headers, .body = body, .len = strlen(body), .once = once
    };

    memset(err, 0, sizeof *err);
    return http_post(http, mem, &request, NULL, reply, err);
}

/* One request on a new handle. */
static enum verdict
post_to(struct arena *mem, const struct http_options *o, struct http_reply *reply,
        struct error *err)
{
    struct http *http;
    enum verdict v = http_open(mem, o, &http, err);

    memset(reply, 0, sizeof *reply);
    return v ? v : post(http, mem, "<q/>", false, reply, err);
}

static void
test_request(void **state)
{
    struct arena *mem = arena_new("test");
    struct http_options o = options_for(mem, peer.port[PEER_GOOD]);
    struct http_reply reply;
    struct error err;
    const char *request;

    (void)state;
    o.user = "bridge";
    o.password = "s3cret:x";
    peer_do("200\tText/XML; Charset=\"UTF-8\"\tServer: Portal/1\tRetry-After: 7"
            "\tDate: Mon, 01 Jun 2020 00:00:00 GMT",
            "<a/>");
    assert_int_equal(post_to(mem, &o, &reply, &err), V_OK);
    assert_int_equal(reply.status, 200);
    assert_true(reply.sent);
    assert_string_equal(reply.body->data, "<a/>");
    assert_string_equal(reply.type, "text/xml");
    assert_string_equal(reply.charset, "utf-8");
    assert_string_equal(reply.server, "Portal/1");
    assert_string_equal(reply.tls, "TLSv1.3");
    assert_int_equal(reply.retry_after, 7000);
    assert_true(reply.dated);
    assert_true(reply.skew < 0);
    request = peer_load(mem, "request");
    assert_ptr_equal(strstr(request, "POST /service HTTP/1.1\r\n"), request);
    assert_non_null(strstr(request, "\r\nAuthorization: Basic YnJpZGdlOnMzY3JldDp4\r\n"));
    assert_non_null(strstr(request, "\r\nContent-Type: text/xml; charset=utf-8\r\n"));
    assert_non_null(strstr(request, "\r\nContent-Length: 4\r\n"));
    assert_non_null(strstr(request, "\r\n\r\n<q/>"));
    assert_null(strstr(request, "Expect"));
    assert_null(strstr(request, "Accept-Encoding"));
    assert_null(strstr(request, "Cookie"));
    arena_free(mem);
}

static void
test_trust(void **state)
{
    static const struct {
        int port;
        const char *ca;
        enum verdict verdict;
        const char *code;
    } rows[] = {
        { PEER_GOOD, "good.pem", V_OK, "" },
        { PEER_GOOD, NULL, V_FATAL, "tls.verify" },
        { PEER_GOOD, "other.pem", V_FATAL, "tls.verify" },
        { PEER_OTHER, "good.pem", V_FATAL, "tls.verify" },
        { PEER_HOST, "host.pem", V_FATAL, "tls.verify" },
        { PEER_GOOD, "act", V_FATAL, "tls.verify" },
        { PEER_OLD, "good.pem", V_FATAL, "tls.handshake" },
        { PEER_PLAIN, "good.pem", V_FATAL, "tls.handshake" },
        { PEER_GOOD, "missing.pem", V_FATAL, "http.file" },
    };

    (void)state;
    peer_do("200\ttext/xml", "<a/>");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *mem = arena_new("test");
        struct http_options o = options_for(mem, peer.port[rows[i].port]);
        struct http_reply reply;
        struct error err = { .code = "" };
        long before = peer_number(mem, "count");
        enum verdict v;

        o.ca = rows[i].ca ? peer_path(mem, rows[i].ca) : NULL;
        v = post_to(mem, &o, &reply, &err);
        if (v != rows[i].verdict)
            print_error("row %zu: %s %s\n", i, err.code, err.text);
        assert_int_equal(v, rows[i].verdict);
        assert_string_equal(v ? err.code : "", rows[i].code);
        assert_int_equal(reply.sent, v == V_OK);
        assert_int_equal(peer_number(mem, "count") - before, v == V_OK);
        arena_free(mem);
    }
}

static void
test_mutual(void **state)
{
    struct arena *mem = arena_new("test");
    struct http_options o = options_for(mem, peer.port[PEER_MUTUAL]);
    struct http_reply reply;
    struct error err;

    (void)state;
    peer_do("200\ttext/xml", "<a/>");
    assert_int_not_equal(post_to(mem, &o, &reply, &err), V_OK);
    assert_int_equal(reply.status, 0);
    o.cert = peer_path(mem, "client.pem");
    o.key = peer_path(mem, "client.key");
    assert_int_equal(post_to(mem, &o, &reply, &err), V_OK);
    assert_int_equal(chmod(o.key, 0644), 0);
    assert_int_equal(post_to(mem, &o, &reply, &err), V_FATAL);
    assert_string_equal(err.code, "http.file");
    /* a credential of systemd's: the group is the service itself */
    assert_int_equal(chmod(o.key, 0440), 0);
    assert_int_equal(post_to(mem, &o, &reply, &err), V_FATAL);
    char *own = arena_copy(mem, o.key);

    *strrchr(own, '/') = '\0';
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", own, 1), 0);
    assert_int_equal(post_to(mem, &o, &reply, &err), V_OK);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    assert_int_equal(chmod(o.key, 0600), 0);
    arena_free(mem);
}

static void
test_addresses(void **state)
{
    static const struct {
        const char *url;
        enum verdict verdict;
        const char *code;
    } rows[] = {
        { "http://localhost/", V_FATAL, "http.url" },
        { "file:///etc/passwd", V_FATAL, "http.url" },
        { "https://user:word@localhost/", V_FATAL, "http.url" },
        { "https://", V_FATAL, "http.url" },
        { "https://no-such-host.invalid/", V_RETRY, "http.dns" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *mem = arena_new("test");
        struct http_options o = options_for(mem, 1);
        struct http_reply reply;
        struct error err;

        o.url = rows[i].url;
        assert_int_equal(post_to(mem, &o, &reply, &err), rows[i].verdict);
        assert_string_equal(err.code, rows[i].code);
        assert_false(reply.sent);
        arena_free(mem);
    }
}

static void
test_statuses(void **state)
{
    static const struct {
        int status;
        enum verdict verdict;
    } rows[] = {
        { 200, V_OK },     { 202, V_OK },    { 301, V_FATAL },  { 302, V_FATAL }, { 400, V_REJECT },
        { 401, V_FATAL },  { 403, V_FATAL }, { 404, V_FATAL },  { 405, V_FATAL }, { 408, V_RETRY },
        { 409, V_REJECT }, { 410, V_FATAL }, { 413, V_REJECT }, { 415, V_FATAL }, { 422, V_REJECT },
        { 425, V_RETRY },  { 429, V_RETRY }, { 500, V_RETRY },  { 502, V_RETRY }, { 503, V_RETRY },
        { 504, V_RETRY },
    };
    struct arena *mem = arena_new("test");
    struct http_options o = options_for(mem, peer.port[PEER_GOOD]);
    struct http *http;
    struct http_reply reply;
    struct error err;

    (void)state;
    assert_int_equal(http_open(mem, &o, &http, &err), V_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        peer_do(arena_format(mem, "%d\ttext/xml\tLocation: http://127.0.0.1:1/", rows[i].status),
                "<body/>");
        assert_int_equal(post(http, mem, "<q/>", false, &reply, &err), rows[i].verdict);
        assert_int_equal(reply.status, rows[i].status);
        assert_string_equal(reply.body->data, "<body/>");
        assert_true(reply.sent);
        if (rows[i].verdict)
            assert_string_equal(err.code, arena_format(mem, "http.%d", rows[i].status));
    }
    peer_do("503\ttext/xml\tRetry-After: 90", "");
    assert_int_equal(post(http, mem, "<q/>", false, &reply, &err), V_RETRY);
    assert_int_equal(reply.retry_after, 90000);
    assert_int_equal(err.retry_after, 90000);
    assert_non_null(strstr(err.hint, "90 s"));
    arena_free(mem);
}

static void
test_wire_faults(void **state)
{
    static const struct {
        const char *act;
        enum verdict verdict;
        const char *code;
    } rows[] = {
        { "close", V_RETRY, "http.cut" },      { "cut", V_RETRY, "http.cut" },
        { "hang", V_RETRY, "http.timeout" },   { "dribble", V_RETRY, "http.timeout" },
        { "endless", V_REJECT, "http.large" }, { "garbage", V_RETRY, "http.cut" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *mem = arena_new("test");
        struct http_options o = options_for(mem, peer.port[PEER_GOOD]);
        struct http_reply reply;
        struct error err = { .code = "" };
        int64_t start = clock_tick();

        o.timeout = 700;
        peer_do(rows[i].act, "<a/>");
        assert_int_equal(post_to(mem, &o, &reply, &err), rows[i].verdict);
        assert_string_equal(err.code, rows[i].code);
        assert_true(reply.sent);
        assert_true(clock_tick() - start < 3000);
        assert_true(reply.body->len <= (size_t)o.max_reply);
        arena_free(mem);
    }
}

static void
test_stall(void **state)
{
    struct arena *mem = arena_new("test");
    struct http_options o = options_for(mem, peer.port[PEER_GOOD]);
    struct http_reply reply;
    struct error err;
    int64_t start = clock_tick();

    (void)state;
    o.stall = 1000;
    peer_do("hang", "");
    assert_int_equal(post_to(mem, &o, &reply, &err), V_RETRY);
    assert_string_equal(err.code, "http.timeout");
    assert_true(clock_tick() - start < 4000);
    arena_free(mem);
}

/* A port that is bound but not listened on refuses; one whose queue is full never answers. */
static void
test_no_connection(void **state)
{
    struct arena *mem = arena_new("test");
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof at;
    int sock = socket(AF_INET, SOCK_STREAM, 0);
    struct http_options o;
    struct http_reply reply;
    struct error err;

    (void)state;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(sock, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(sock, (struct sockaddr *)&at, &len), 0);
    o = options_for(mem, ntohs(at.sin_port));
    o.url = arena_format(mem, "https://127.0.0.1:%d/", ntohs(at.sin_port));
    o.connect_timeout = 500;
    assert_int_equal(post_to(mem, &o, &reply, &err), V_RETRY);
    assert_string_equal(err.code, "http.connect");
    assert_false(reply.sent);
    /* connected, but the handshake never comes */
    assert_int_equal(listen(sock, 4), 0);
    assert_int_equal(post_to(mem, &o, &reply, &err), V_RETRY);
    assert_string_equal(err.code, "http.timeout");
    assert_false(reply.sent);
    (void)close(sock);
    arena_free(mem);
}

/* A kept connection is used again; a request marked once never goes out a second time. */
static void
test_kept_connection(void **state)
{
    struct arena *mem = arena_new("test");
    struct http_options o = options_for(mem, peer.port[PEER_GOOD]);
    struct http *http;
    struct http_reply reply;
    struct error err;
    long requests, connections;

    (void)state;
    assert_int_equal(http_open(mem, &o, &http, &err), V_OK);
    peer_do("200\ttext/xml", "<a/>");
    requests = peer_number(mem, "count");
    connections = peer_number(mem, "connections");
    for (int i = 0; i < 5; i++)
        assert_int_equal(post(http, mem, "<q/>", false, &reply, &err), V_OK);
    assert_int_equal(peer_number(mem, "count") - requests, 5);
    assert_int_equal(peer_number(mem, "connections") - connections, 1);
    peer_do("close", "");
    requests = peer_number(mem, "count");
    assert_int_equal(post(http, mem, "<q/>", true, &reply, &err), V_RETRY);
    assert_true(reply.sent);
    assert_int_equal(peer_number(mem, "count") - requests, 1);
    arena_free(mem);
}

static bool
gather(void *ctx, const char *bytes, size_t len)
{
    return buf_add(ctx, bytes, len);
}

static void
test_sink(void **state)
{
    struct arena *mem = arena_new("test");
    struct http_options o = options_for(mem, peer.port[PEER_GOOD]);
    const struct http_request request = { .body = "", .len = 0 };
    struct http *http;
    struct http_reply reply;
    struct error err;
    struct buf got;
    const struct http_sink sink = { .take = gather, .ctx = &got };
    char *big = arena_alloc(mem, 300001);

    (void)state;
    memset(big, 'x', 300000);
    buf_init(&got, 1 << 20);
    peer_do("200\ttext/xml", big);
    assert_int_equal(http_open(mem, &o, &http, &err), V_OK);
    assert_int_equal(http_post(http, mem, &request, &sink, &reply, &err), V_OK);
    assert_int_equal(got.len, 300000);
    assert_int_equal(reply.body->len, 300000);
    assert_memory_equal(got.data, reply.body->data, got.len);
    buf_release(&got);
    arena_free(mem);
}

static void
test_headers_are_clean(void **state)
{
    static const char *const headers[] = { "X-A: b\r\nX-C: d", NULL };
    const struct http_request request = { .headers = headers, .body = "", .len = 0 };
    struct arena *mem = arena_new("test");
    struct http_options o = options_for(mem, peer.port[PEER_GOOD]);
    struct http *http;
    struct http_reply reply;
    struct error err;

    (void)state;
    assert_int_equal(http_open(mem, &o, &http, &err), V_OK);
    assert_int_equal(http_post(http, mem, &request, NULL, &reply, &err), V_FATAL);
    assert_string_equal(err.code, "http.header");
    assert_false(reply.sent);
    arena_free(mem);
}

static void
test_touch(void **state)
{
    struct arena *mem = arena_new("test");
    struct http_options o = options_for(mem, peer.port[PEER_GOOD]);
    struct http *http;
    struct http_reply reply;
    struct error err;
    long requests = peer_number(mem, "count");

    (void)state;
    assert_int_equal(http_open(mem, &o, &http, &err), V_OK);
    assert_int_equal(http_touch(http, mem, &reply, &err), V_OK);
    assert_string_equal(reply.tls, "TLSv1.3");
    assert_int_equal(peer_number(mem, "count"), requests);
    o.ca = peer_path(mem, "other.pem");
    assert_int_equal(http_touch(http, mem, &reply, &err), V_FATAL);
    assert_string_equal(err.code, "tls.verify");
    arena_free(mem);
}

static int64_t stop_from; /* clock_tick() */

static bool
asked_to_stop(void)
{
    return clock_tick() >= stop_from;
}

/* Who is asked to stop does not wait for an answer; but what may have been acted on is heard out.
 */
static void
test_stop(void **state)
{
    struct arena *mem = arena_new("test");
    struct http_options o = options_for(mem, peer.port[PEER_GOOD]);
    struct http *http;
    struct http_reply reply;
    struct error err;

    (void)state;
    o.timeout = 3500;
    assert_int_equal(http_open(mem, &o, &http, &err), V_OK);
    http_stop_when(asked_to_stop);
    stop_from = clock_tick() + 500;
    peer_do("hang", "");
    assert_int_equal(post(http, mem, "<q/>", false, &reply, &err), V_RETRY);
    assert_string_equal(err.code, "http.stopped");
    assert_true(reply.took < 3000);
    stop_from = clock_tick() + 500;
    peer_do("hang", "");
    assert_int_equal(post(http, mem, "<q/>", true, &reply, &err), V_RETRY);
    assert_string_equal(err.code, "http.timeout");
    assert_true(reply.sent);
    o.timeout = 60000; /* but not for ever */
    stop_from = clock_tick() + 500;
    peer_do("hang", "");
    assert_int_equal(post(http, mem, "<q/>", true, &reply, &err), V_RETRY);
    assert_string_equal(err.code, "http.stopped");
    assert_true(reply.sent && reply.took >= 10000 && reply.took < 13000);
    stop_from = 0; /* asked before a byte was sent */
    peer_do("200\ttext/xml", "<a/>");
    assert_int_equal(post(http, mem, "<q/>", true, &reply, &err), V_RETRY);
    assert_string_equal(err.code, "http.stopped");
    assert_false(reply.sent);
    http_stop_when(NULL);
    assert_int_equal(post(http, mem, "<q/>", true, &reply, &err), V_OK);
    arena_free(mem);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_trust),
        cmocka_unit_test(test_mutual),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_wire_faults),
        cmocka_unit_test(test_stall),
        cmocka_unit_test(test_no_connection),
        cmocka_unit_test(test_kept_connection),
        cmocka_unit_test(test_sink),
        cmocka_unit_test(test_headers_are_clean),
        cmocka_unit_test(test_touch),
        cmocka_unit_test(test_stop),
    };

    return cmocka_run_group_tests(tests, peer_start, peer_stop);
}
