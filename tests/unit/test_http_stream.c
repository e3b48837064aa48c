/*
 * Bodies that are streamed, both ways, against a real TLS peer on loopback: pieces from the content
 * store go out, a reply flows into a sink, and what fails half-way is never taken for whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>

#include "../fixtures/tls_peer.h"
#include "clock.h"
#include "http.h"

#define RAW   ((size_t)300001)
#define SMALL ((size_t)50000)

/* A store with two contents, an endpoint, and a request of five pieces. */
struct scene {
    struct arena *mem;
    struct contents *contents;
    struct content_facts raw, small;
    char *bytes;
    struct http_options options;
    struct http *http;
    struct http_piece pieces[5];
    struct http_request request;
    struct http_reply reply;
    struct error err;
};

static void
keep(struct scene *s, size_t len, struct content_facts *out)
{
    struct content_writer *writer;

    assert_int_equal(content_begin(s->contents, s->mem, &writer, &s->err), V_OK);
    assert_int_equal(content_add(writer, s->bytes, len, &s->err), V_OK);
    assert_int_equal(content_end(writer, out, &s->err), V_OK);
}

static struct scene *
make_scene(void)
{
    static const char *const headers[] = { "Content-Type: multipart/related; boundary=b", NULL };
    struct arena *mem = arena_new("test");
    struct scene *s = arena_alloc(mem, sizeof *s);
    uint32_t x = 7;

    s->mem = mem;
    s->bytes = arena_alloc(mem, RAW);
    for (size_t i = 0; i < RAW; i++) {
        x = x * 1664525 + 1013904223;
        s->bytes[i] = (char)(x >> 24);
    }
    assert_int_equal(contents_open(mem, arena_format(mem, "%s/store", peer.folder), 1 << 20,
                                   &s->contents, &s->err),
                     V_OK);
    keep(s, RAW, &s->raw);
    keep(s, SMALL, &s->small);
    s->options =
        (struct http_options){ .timeout = 5000, .connect_timeout = 2000, .max_reply = 100000 };
    s->options.url = arena_format(mem, "https://localhost:%d/service", peer.port[PEER_GOOD]);
    s->options.ca = peer_path(mem, "good.pem");
    assert_int_equal(http_open(mem, &s->options, &s->http, &s->err), V_OK);
    s->pieces[0] = (struct http_piece){ .bytes = "head", .len = 4 };
    s->pieces[1] = (struct http_piece){ .content = s->raw.id };
    s->pieces[2] = (struct http_piece){ .bytes = "", .len = 0 };
    s->pieces[3] = (struct http_piece){ .content = s->small.id, .base64 = true };
    s->pieces[4] = (struct http_piece){ .bytes = "tail", .len = 4 };
    s->request = (struct http_request){
        .headers = headers, .pieces = s->pieces, .piece_count = 5, .contents = s->contents
    };
    peer_do("200\ttext/xml", "<a/>");
    return s;
}

static enum verdict
send_it(struct scene *s)
{
    memset(&s->err, 0, sizeof s->err);
    return http_post(s->http, s->mem, &s->request, NULL, &s->reply, &s->err);
}

/* The body that the peer got is that of the five pieces. */
static void
check_body(struct scene *s)
{
    char *got = arena_alloc(s->mem, 1 << 20), *body;
    FILE *f = fopen(peer_path(s->mem, "request"), "rb");
    unsigned char *plain = arena_alloc(s->mem, 1 << 18);
    const size_t coded = (size_t)base64_length(SMALL), whole = 4 + RAW + coded + 4;
    struct base64_in in = { .have = 0 };
    size_t len;

    assert_non_null(f);
    len = fread(got, 1, 1 << 20, f);
    (void)fclose(f);
    body = strstr(got, "\r\n\r\n");
    assert_non_null(body);
    body += 4;
    assert_non_null(strstr(got, arena_format(s->mem, "Content-Length: %zu\r\n", whole)));
    assert_null(memmem(got, (size_t)(body - got), "chunked", 7));
    assert_null(memmem(got, (size_t)(body - got), "Expect", 6));
    assert_int_equal(len - (size_t)(body - got), whole);
    assert_memory_equal(body, "head", 4);
    assert_memory_equal(body + 4, s->bytes, RAW);
    assert_int_equal(base64_decode(&in, body + 4 + RAW, coded, plain), SMALL);
    assert_true(base64_whole(&in));
    assert_memory_equal(plain, s->bytes, SMALL);
    assert_memory_equal(body + 4 + RAW + coded, "tail", 4);
}

static void
test_pieces(void **state)
{
    struct scene *s = make_scene();

    (void)state;
    assert_int_equal(send_it(s), V_OK);
    assert_string_equal(s->reply.body->data, "<a/>");
    check_body(s);
    /* a client certificate goes with it */
    s->options.url = arena_format(s->mem, "https://localhost:%d/x", peer.port[PEER_MUTUAL]);
    s->options.cert = peer_path(s->mem, "client.pem");
    s->options.key = peer_path(s->mem, "client.key");
    assert_int_equal(http_open(s->mem, &s->options, &s->http, &s->err), V_OK);
    assert_int_equal(send_it(s), V_OK);
    check_body(s);
    arena_free(s->mem);
}

static void
test_methods(void **state)
{
    static const char *const targets[] = { "@elsewhere/", "x", "/a b", "/a\r\nX: y", "" };
    struct scene *s = make_scene();
    long before;

    (void)state;
    s->request = (struct http_request){ .method = "GET", .target = "/list?since=2020-11-01%2B" };
    assert_int_equal(send_it(s), V_OK);
    assert_int_equal(strncmp(peer_load(s->mem, "request"),
                             "GET /service/list?since=2020-11-01%2B HTTP/1.1\r\n", 48),
                     0);
    assert_null(strstr(peer_load(s->mem, "request"), "Content-"));
    s->request =
        (struct http_request){ .method = "PUT", .target = "?id=7", .body = "<q/>", .len = 4 };
    assert_int_equal(send_it(s), V_OK);
    assert_int_equal(strncmp(peer_load(s->mem, "request"), "PUT /service?id=7 HTTP/1.1\r\n", 28),
                     0);
    assert_non_null(strstr(peer_load(s->mem, "request"), "\r\n\r\n<q/>"));
    assert_null(strstr(peer_load(s->mem, "request"), "Content-Type"));
    s->request = (struct http_request){ .body = "<q/>", .len = 4 };
    assert_int_equal(send_it(s), V_OK);
    assert_int_equal(strncmp(peer_load(s->mem, "request"), "POST /service HTTP", 18), 0);
    before = peer_number(s->mem, "count");
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        s->request = (struct http_request){ .method = "GET", .target = targets[i] };
        assert_int_equal(send_it(s), V_FATAL);
        assert_string_equal(s->err.code, "http.url");
    }
    s->request = (struct http_request){ .method = "GET / HTTP/1.1\r\nX:" };
    assert_int_equal(send_it(s), V_FATAL);
    assert_int_equal(peer_number(s->mem, "count"), before);
    arena_free(s->mem);
}

/* A content that is not there is told before anything is sent; one that was altered never arrives
 * whole, wherever it stands in the body. */
static void
test_broken_content(void **state)
{
    struct scene *s = make_scene();
    long before = peer_number(s->mem, "count");
    int file;

    (void)state;
    s->pieces[1].content = "00000000000000000000000000000000000000000000000000000000000000ff";
    assert_int_equal(send_it(s), V_REJECT);
    assert_string_equal(s->err.code, "content.absent");
    assert_false(s->reply.sent);
    s->pieces[1].content = s->raw.id;
    for (int i = 0; i < 2; i++) {
        const char *id = i ? s->small.id : s->raw.id;

        file = open(content_path(s->contents, s->mem, id), O_WRONLY | O_CLOEXEC);
        assert_int_equal(pwrite(file, i ? "x" : "y", 1, 49990), 1);
        (void)close(file);
        s->request.piece_count = i ? 4 : 2; /* it ends the body */
        s->pieces[1].content = i ? NULL : s->raw.id;
        s->pieces[1].bytes = "";
        assert_int_equal(send_it(s), V_FATAL);
        assert_string_equal(s->err.code, "content.altered");
    }
    assert_int_equal(peer_number(s->mem, "count"), before);
    arena_free(s->mem);
}

/* On a kept connection that turns out dead libcurl sends again, from the first piece; not what must
 * go once only. */
static void
test_sent_again(void **state)
{
    struct scene *s = make_scene();
    long before = peer_number(s->mem, "count");

    (void)state;
    assert_int_equal(send_it(s), V_OK);
    peer_do("close", "");
    assert_int_equal(send_it(s), V_RETRY);
    assert_string_equal(s->err.code, "http.cut");
    assert_int_equal(peer_number(s->mem, "count") - before, 3);
    check_body(s);
    peer_do("200\ttext/xml", "<a/>");
    assert_int_equal(send_it(s), V_OK);
    check_body(s);
    peer_do("close", "");
    before = peer_number(s->mem, "count");
    s->request.once = true;
    assert_int_equal(send_it(s), V_RETRY);
    assert_true(s->reply.sent);
    assert_int_equal(peer_number(s->mem, "count") - before, 1);
    arena_free(s->mem);
}

struct sink {
    struct buf got;
    char type[200];
    long status;
    int begun;
    size_t enough; /* bytes after which it wants no more; 0 = it takes all */
};

static void
sink_begin(void *ctx, long status, const char *type)
{
    struct sink *sink = ctx;

    sink->status = status;
    sink->begun++;
    (void)snprintf(sink->type, sizeof sink->type, "%s", type);
}

static bool
sink_take(void *ctx, const char *bytes, size_t len)
{
    struct sink *sink = ctx;

    assert_int_equal(sink->begun, 1);
    return buf_add(&sink->got, bytes, len) && (!sink->enough || sink->got.len < sink->enough);
}

static enum verdict
receive(struct scene *s, struct sink *sink, bool keeps)
{
    const struct http_sink to = { sink_begin, sink_take, sink, keeps };

    memset(&s->err, 0, sizeof s->err);
    buf_clear(&sink->got);
    sink->begun = 0;
    return http_post(s->http, s->mem, &s->request, &to, &s->reply, &s->err);
}

static void
test_sink_keeps(void **state)
{
    static const char kind[] = "Multipart/Related; boundary=\"Bb\"; start=\"<r@x>\"; "
                               "type=\"application/xop+xml\"; start-info=\"text/xml\"; "
                               "padding=\"012345678901234567890\"";
    struct scene *s = make_scene();
    struct sink sink = { .enough = 0 };
    char *big = arena_alloc(s->mem, 300001);

    (void)state;
    memset(big, 'x', 300000);
    buf_init(&sink.got, 1 << 20);
    s->request = (struct http_request){ .body = "<q/>", .len = 4 };
    peer_do(arena_format(s->mem, "200\t%s", kind), big);
    assert_int_equal(receive(s, &sink, true), V_OK);
    assert_int_equal(sink.got.len, 300000);
    assert_int_equal(sink.status, 200);
    assert_string_equal(sink.type, kind);
    assert_int_equal(s->reply.body->len, 0);
    assert_string_equal(s->reply.type, "multipart/related");
    /* who does not keep has the limit */
    assert_int_equal(receive(s, &sink, false), V_REJECT);
    assert_string_equal(s->err.code, "http.large");
    /* other replies than 2xx are gathered, and told of */
    peer_do("500\ttext/xml", "<fault/>");
    assert_int_equal(receive(s, &sink, true), V_RETRY);
    assert_string_equal(s->err.code, "http.500");
    assert_string_equal(s->reply.body->data, "<fault/>");
    assert_string_equal(sink.got.data, "<fault/>");
    assert_int_equal(sink.status, 500);
    peer_do("500\ttext/xml", big);
    assert_int_equal(receive(s, &sink, true), V_REJECT);
    assert_string_equal(s->err.code, "http.large");
    /* no type, no body */
    peer_do("200\t-", "x");
    assert_int_equal(receive(s, &sink, true), V_OK);
    assert_string_equal(sink.type, "");
    peer_do("200\ttext/xml", "");
    assert_int_equal(receive(s, &sink, true), V_OK);
    assert_int_equal(sink.begun, 0);
    /* enough is enough; and a reply that was cut is not whole */
    peer_do("200\ttext/xml", big);
    sink.enough = 1000;
    assert_int_equal(receive(s, &sink, true), V_REJECT);
    assert_string_equal(s->err.code, "http.unwanted");
    sink.enough = 0;
    peer_do("cut", big);
    assert_int_equal(receive(s, &sink, true), V_RETRY);
    assert_string_equal(s->err.code, "http.cut");
    buf_release(&sink.got);
    arena_free(s->mem);
}

/* A streamed call may take long, but not stand still, nor creep. */
static void
test_patience(void **state)
{
    static const char *const acts[] = { "hang", "dribble" };
    struct scene *s = make_scene();
    struct sink sink = { .enough = 0 };
    struct http_request big;
    int64_t start;

    (void)state;
    big = s->request;
    buf_init(&sink.got, 1 << 20);
    s->request = (struct http_request){ .body = "<q/>", .len = 4 };
    s->options.timeout = 1000;
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        start = clock_tick();
        peer_do(acts[i], "");
        assert_int_equal(receive(s, &sink, true), V_RETRY);
        assert_string_equal(s->err.code, "http.timeout");
        assert_in_range(clock_tick() - start, 900, 4000);
    }
    /* what went before does not count for a peer that is silent now */
    peer_do("hang", "");
    s->request = big;
    start = clock_tick();
    assert_int_equal(send_it(s), V_RETRY);
    assert_string_equal(s->err.code, "http.timeout");
    assert_true(s->reply.sent);
    assert_in_range(clock_tick() - start, 900, 5000);
    buf_release(&sink.got);
    arena_free(s->mem);
}

static int
stop(void **state)
{
    char command[200];
    pid_t child = fork();

    (void)snprintf(command, sizeof command, "%s/store", peer.folder);
    if (child == 0) {
        (void)execl("/bin/rm", "rm", "-rf", command, (char *)NULL);
        _exit(127);
    }
    (void)waitpid(child, NULL, 0);
    return peer_stop(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),         cmocka_unit_test(test_methods),
        cmocka_unit_test(test_broken_content), cmocka_unit_test(test_sent_again),
        cmocka_unit_test(test_sink_keeps),     cmocka_unit_test(test_patience),
    };

    return cmocka_run_group_tests(tests, peer_start, stop);
}
