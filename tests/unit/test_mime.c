/*
 * Multipart bodies: what is told of them wherever the bytes are parted, what is refused, and that
 * what we write is read back; base64.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "mime.h"

#define TYPE "multipart/related; type=\"text/xml\"; boundary=\"b-1\""

/* What was told, as text. */
struct told {
    struct buf log;
    int refuse_at; /* events until one is refused; 0 = none is */
};

static bool
count_down(struct told *t)
{
    return t->refuse_at == 0 || --t->refuse_at > 0;
}

static bool
log_begin(void *ctx, const struct mime_part *part)
{
    struct told *t = ctx;

    assert_true(buf_format(&t->log, "%zu%s %s|%s|%s{", part->ordinal, part->root ? "*" : "",
                           part->id, part->type, part->name ? part->name : "-"));
    return count_down(t);
}

static bool
log_bytes(void *ctx, const char *bytes, size_t len)
{
    struct told *t = ctx;

    return buf_add(&t->log, bytes, len) && t->refuse_at != 1;
}

static bool
log_end(void *ctx)
{
    struct told *t = ctx;

    assert_true(buf_add_text(&t->log, "} "));
    return count_down(t);
}

static const struct mime_events events = { log_begin, log_bytes, log_end };

static enum verdict
read_in(const char *type, const char *body, size_t len, size_t piece, struct told *out,
        struct error *err)
{
    struct arena *mem = arena_new("test");
    struct mime_reader *r;
    enum verdict v = mime_reader_new(mem, type, &events, out, &r, err);
    bool fed = true;

    buf_clear(&out->log);
    for (size_t at = 0; !v && at < len; at += piece)
        fed = mime_reader_feed(r, body + at, piece < len - at ? piece : len - at) && fed;
    if (!v)
        v = mime_reader_end(r, err);
    assert_true(fed || v);
    arena_free(mem);
    return v;
}

static const struct {
    const char *type, *body, *log;
} told[] = {
    { TYPE, "--b-1\r\n\r\nhello\r\n--b-1--", "1* ||-{hello} " },
    { TYPE, "--b-1\r\nContent-ID: <a@b>\r\nContent-Type: text/xml\r\n\r\n<a/>\r\n--b-1--\r\n",
      "1* a@b|text/xml|-{<a/>} " },
    /* what stands before and behind is passed over; blanks behind a boundary are */
    { TYPE, "preamble --b-1\r\nx\r\n--b-1 \t\r\n\r\nA\r\n--b-1\r\n\r\nB\r\n--b-1-- \r\n--b-1\r\n",
      "1* ||-{A} 2 ||-{B} " },
    /* what looks like the boundary is not */
    { TYPE,
      "--b-1\r\n\r\n--b-\r\n--b-2\r\n--b-1x\r\n--b-1-x\r\n -\r\r\n\n--b-1\r\n--b-1\r\r\n--b-1--",
      "1* ||-{--b-\r\n--b-2\r\n--b-1x\r\n--b-1-x\r\n -\r\r\n\n--b-1\r\n--b-1\r} " },
    /* empty parts, with and without the line that ends the headers twice */
    { TYPE, "--b-1\r\n\r\n\r\n--b-1\r\n\r\n--b-1\r\nContent-ID: x\r\n\r\n--b-1--",
      "1* ||-{} 2 ||-{} 3 x||-{} " },
    /* the root may come last; folded headers; names in any case */
    { "Multipart/Related; start=\"<r>\"; boundary=b-1",
      "--b-1\r\ncontent-id:<i>\r\n\r\nI\r\n--b-1\r\nCONTENT-TYPE: application/xop+xml;\r\n "
      "type=\"text/xml\"\r\nContent-ID: <r>\r\n\r\nR\r\n--b-1--",
      "1 i||-{I} 2* r|application/xop+xml;   type=\"text/xml\"|-{R} " },
    { TYPE,
      "--b-1\r\nContent-Transfer-Encoding: BASE64\r\nContent-Disposition: attachment; "
      "filename=\"a \\\"b\\\".pdf\"\r\n\r\nUUVE\r\nQQ==\r\n--b-1\r\nContent-Type: x/y; "
      "name=../n\r\nContent-Transfer-Encoding: binary\r\n\r\n\x01\xFF\r\n--b-1--",
      "1* ||a \"b\".pdf{QEDA} 2 |x/y; name=../n|../n{\x01\xFF} " },
    { "multipart/related; boundary=\"a'()+_,-./:=? z\"",
      "--a'()+_,-./:=? z\r\n\r\nx\r\n--a'()+_,-./:=? z--", "1* ||-{x} " },
};

static void
test_told(void **state)
{
    struct told out = { .refuse_at = 0 };
    struct error err;

    (void)state;
    buf_init(&out.log, 1 << 16);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        size_t len = strlen(told[i].body);

        for (size_t piece = 1; piece <= len; piece++) {
            enum verdict v = read_in(told[i].type, told[i].body, len, piece, &out, &err);

            if (v || strcmp(out.log.data, told[i].log) != 0)
                print_error("%zu in pieces of %zu: %s %s\n", i, piece, v ? err.text : "",
                            out.log.data);
            assert_int_equal(v, V_OK);
            assert_string_equal(out.log.data, told[i].log);
        }
    }
    buf_release(&out.log);
}

static const struct {
    const char *type, *body, *code;
} refused[] = {
    { "text/xml", "", "mime.type" },
    { "multipart/mixed; boundary=b", "", "mime.type" },
    { "multipart/related", "", "mime.type" },
    { "multipart/relatedness; boundary=b", "", "mime.type" },
    { "multipart/related; boundary=\"\"", "", "mime.type" },
    { "multipart/related; boundary=\"a", "", "mime.type" },
    { "multipart/related; boundary=\"a \"", "", "mime.type" },
    { "multipart/related; boundary=\"a\r\nb\"", "", "mime.type" },
    { "multipart/related; "
      "boundary=12345678901234567890123456789012345678901234567890123456789012345"
      "678901",
      "", "mime.type" },
    { TYPE, "", "mime.cut" },
    { TYPE, "--b-1", "mime.cut" },
    { TYPE, "--b-1\r\n\r\nx", "mime.cut" },
    { TYPE, "--b-1\r\n\r\nx\r\n--b-1\r\n", "mime.cut" },
    { TYPE, "--b-1\r\n\r\nx\r\n--b-1-", "mime.cut" },
    { TYPE, "--b-1--", "mime.malformed" },
    { TYPE, "--b-1\r\nno name\r\n\r\nx\r\n--b-1--", "mime.malformed" },
    { TYPE, "--b-1\r\n: x\r\n\r\nx\r\n--b-1--", "mime.malformed" },
    { TYPE, "--b-1\r\nA\x01: x\r\n\r\nx\r\n--b-1--", "mime.malformed" },
    { TYPE, "--b-1\r\nContent-ID: a\r\nContent-ID: b\r\n\r\nx\r\n--b-1--", "mime.malformed" },
    { TYPE, "--b-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nx\r\n--b-1--",
      "mime.encoding" },
    { TYPE, "--b-1\r\nContent-Transfer-Encoding: base64\r\n\r\nQQ\r\n--b-1--", "mime.malformed" },
    { TYPE, "--b-1\r\nContent-Transfer-Encoding: base64\r\n\r\nQ*\r\n--b-1--", "mime.malformed" },
    { "multipart/related; boundary=b-1; start=\"<r>\"",
      "--b-1\r\nContent-ID: <a>\r\n\r\nx\r\n--b-1--", "mime.root" },
    { "multipart/related; boundary=b-1; start=\"<a>\"",
      "--b-1\r\nContent-ID: <a>\r\n\r\nx\r\n--b-1\r\nContent-ID: <a>\r\n\r\nx\r\n--b-1--",
      "mime.malformed" },
};

static void
test_refused(void **state)
{
    struct told out = { .refuse_at = 0 };
    struct error err;

    (void)state;
    buf_init(&out.log, 1 << 16);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        size_t len = strlen(refused[i].body);

        for (size_t piece = 1; piece <= len + 1; piece++) {
            enum verdict v = read_in(refused[i].type, refused[i].body, len, piece, &out, &err);

            if (v != V_REJECT || strcmp(err.code, refused[i].code) != 0)
                print_error("%zu: %s\n", i, v ? err.code : "taken");
            assert_int_equal(v, V_REJECT);
            assert_string_equal(err.code, refused[i].code);
        }
    }
    /* what the one who is told does not want */
    for (int n = 1; n <= 4; n++) {
        out.refuse_at = n;
        assert_int_equal(read_in(told[2].type, told[2].body, strlen(told[2].body), 5, &out, &err),
                         V_REJECT);
        assert_string_equal(err.code, "mime.unwanted");
    }
    buf_release(&out.log);
}

/* A body that was cut anywhere is never taken for a whole one. */
static void
test_cut(void **state)
{
    const char *body = told[6].body;
    struct told out = { .refuse_at = 0 };
    struct error err;

    (void)state;
    buf_init(&out.log, 1 << 16);
    for (size_t len = 0; len < strlen(body); len++) {
        assert_int_equal(read_in(TYPE, body, len, 6, &out, &err), V_REJECT);
        assert_string_equal(err.code, "mime.cut");
    }
    buf_release(&out.log);
}

static void
test_limits(void **state)
{
    struct told out = { .refuse_at = 0 };
    struct error err;
    struct buf body;

    (void)state;
    buf_init(&out.log, 1 << 20);
    buf_init(&body, 1 << 20);
    assert_true(buf_add_text(&body, "--b-1\r\nX: "));
    for (int i = 0; i < 2000; i++)
        assert_true(buf_add_text(&body, "0123456789"));
    assert_int_equal(read_in(TYPE, body.data, body.len, 1000, &out, &err), V_REJECT);
    assert_string_equal(err.code, "mime.limit");
    assert_int_equal(read_in(TYPE, body.data + 8, body.len - 8, 1000, &out, &err), V_REJECT);
    assert_string_equal(err.code, "mime.limit");
    buf_clear(&body);
    for (int i = 0; i < 1001; i++)
        assert_true(buf_add_text(&body, "--b-1\r\n\r\nx\r\n"));
    assert_true(buf_add_text(&body, "--b-1--"));
    assert_int_equal(read_in(TYPE, body.data, body.len, 1000, &out, &err), V_REJECT);
    assert_string_equal(err.code, "mime.limit");
    assert_int_equal(read_in(TYPE, body.data + 12, body.len - 12, 1000, &out, &err), V_OK);
    buf_release(&body);
    buf_release(&out.log);
}

/* Random bytes and random cuts of good bodies neither crash the reader nor make it loop. */
static void
test_noise(void **state)
{
    struct told out = { .refuse_at = 0 };
    uint32_t x = 12345;
    struct error err;
    char body[300];

    (void)state;
    buf_init(&out.log, 1 << 16);
    for (int n = 0; n < 20000; n++) {
        size_t len = strlen(told[n % 8].body);

        memcpy(body, told[n % 8].body, len);
        for (int k = 0; k < 3; k++) {
            x = x * 1664525 + 1013904223;
            body[(x >> 8) % len] = "\r\n-b1: \0x<="[(x >> 20) % 11];
        }
        (void)read_in(told[n % 8].type, body, len, 1 + (x >> 10) % 40, &out, &err);
    }
    buf_release(&out.log);
}

static void
test_written(void **state)
{
    static const struct mime_content contents[] = {
        { "id-1", "content-1@cctns-bridge", "application/pdf" },
        { "id-2", "content-2@cctns-bridge", "bad\r\ntype" },
    };
    struct arena *mem = arena_new("test");
    struct told out = { .refuse_at = 0 };
    const char *type;
    struct http_piece *pieces;
    struct error err;
    struct buf body;
    size_t count;

    (void)state;
    buf_init(&out.log, 1 << 16);
    buf_init(&body, 1 << 16);
    assert_string_equal(mime_cid(mem, 2), contents[1].cid);
    pieces =
        mime_pieces(mem, "application/soap+xml", "urn:act", "<a/>", 4, contents, 2, &count, &type);
    for (size_t i = 0; i < count; i++)
        if (pieces[i].content)
            assert_true(buf_format(&body, "(%s)", pieces[i].content));
        else
            assert_true(buf_add(&body, pieces[i].bytes, pieces[i].len));
    assert_int_equal(strncmp(type, "Content-Type: ", 14), 0);
    type += 14;
    assert_string_equal(mime_parameter(mem, type, "type"), "application/xop+xml");
    assert_string_equal(mime_parameter(mem, type, "start-info"), "application/soap+xml");
    assert_string_equal(mime_parameter(mem, type, "action"), "urn:act");
    assert_null(mime_parameter(mem, type, "actio"));
    assert_int_equal(read_in(type, body.data, body.len, 11, &out, &err), V_OK);
    assert_string_equal(out.log.data,
                        "1* root@cctns-bridge|application/xop+xml; charset=UTF-8; "
                        "type=\"application/soap+xml; action=\\\"urn:act\\\"\"|-{<a/>} "
                        "2 content-1@cctns-bridge|application/pdf|-{(id-1)} "
                        "3 content-2@cctns-bridge|application/octet-stream|-{(id-2)} ");
    assert_string_equal(mime_href_id(mem, "cid:content-1%40cctns%2Dbridge"),
                        "content-1@cctns-bridge");
    assert_null(mime_href_id(mem, "http://x/"));
    assert_null(mime_href_id(mem, "cid:"));
    assert_null(mime_href_id(mem, "cid:a%0"));
    assert_null(mime_href_id(mem, "cid:a%00"));
    buf_release(&body);
    buf_release(&out.log);
    arena_free(mem);
}

static void
test_base64(void **state)
{
    static const struct {
        const char *text, *plain;
        bool whole;
    } rows[] = {
        { "", "", true },
        { "QQ==", "A", true },
        { "QUI=", "AB", true },
        { "QUJD", "ABC", true },
        { " Q U\r\nJD\tQQ = =\n", "ABCA", true },
        { "QUJDR", "ABC", false },
        { "QUJDRA", "ABC", false },
        { "QUI", "", false },
        { "+/+/", "\xFB\xFF\xBF", true },
    };
    static const char *const bad[] = { "QQ==Q", "QQ==QQ==", "Q===",   "====",     "=QQQ",
                                       "QQ=Q",  "Q!==",     "QUJD-_", "QUJD\xE0", "A=BC" };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t piece = 1; piece <= strlen(rows[i].text) + 1; piece++) {
            struct base64_in in = { .have = 0 };
            size_t len = strlen(rows[i].text), done = 0;
            unsigned char out[64];

            for (size_t at = 0; at < len; at += piece) {
                long got = base64_decode(&in, rows[i].text + at,
                                         piece < len - at ? piece : len - at, out + done);

                assert_true(got >= 0);
                done += (size_t)got;
            }
            assert_int_equal(done, strlen(rows[i].plain));
            assert_memory_equal(out, rows[i].plain, done);
            assert_int_equal(base64_whole(&in), rows[i].whole);
        }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct base64_in in = { .have = 0 };
        unsigned char out[64];

        assert_int_equal(base64_decode(&in, bad[i], strlen(bad[i]), out), -1);
    }
    assert_int_equal(base64_length(0), 0);
    assert_int_equal(base64_length(1), 4);
    assert_int_equal(base64_length(3), 4);
    assert_int_equal(base64_length(INT64_C(3000000001)), INT64_C(4000000004));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_told),   cmocka_unit_test(test_refused),
        cmocka_unit_test(test_cut),    cmocka_unit_test(test_limits),
        cmocka_unit_test(test_noise),  cmocka_unit_test(test_written),
        cmocka_unit_test(test_base64),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
