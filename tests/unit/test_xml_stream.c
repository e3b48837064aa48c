/*
 * Values that are told in pieces: of any length, without memory that grows with it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "xml.h"

enum { T_FILE = 1 };

static struct xml_paths *
make_paths(struct arena *mem)
{
    static const struct xml_prefix prefixes[] = { { "g", "urn:g" } };
    struct xml_paths *paths = xml_paths_new(mem, prefixes, 1);
    const char *why;

    xml_paths_mark(paths, xml_paths_add(paths, XML_ROOT, "g:L/g:R/g:F", &why), XML_STREAM, T_FILE);
    return paths;
}

/* What is told of a long value: its length and a sum, nothing kept. */
struct flow {
    size_t len, pieces;
    uint64_t sum;
    int ended;
};

static void
add_to_flow(void *ctx, int tag, const char *text, size_t len)
{
    struct flow *flow = ctx;

    assert_int_equal(tag, T_FILE);
    for (size_t i = 0; i < len; i++)
        flow->sum = flow->sum * 31 + (unsigned char)text[i];
    flow->len += len;
    flow->pieces++;
    flow->ended += !text;
}

static long
peak(void)
{
    struct rusage used;

    assert_int_equal(getrusage(RUSAGE_SELF, &used), 0);
    return used.ru_maxrss; /* KiB */
}

/* 40 MiB of text, far beyond every limit of libxml2 and of ours, flow through; the caller who keeps
 * the reply need not keep them. */
static void
flow_through(const char *head, const char *tail)
{
    static const struct xml_events piece_only = { .piece = add_to_flow };
    struct arena *mem = arena_new("test");
    struct flow flow = { 0 };
    struct xml_reader *r =
        xml_reader_new(mem, make_paths(mem), &xml_limits_default, &piece_only, &flow);
    const size_t chunk = 60000, times = 700;
    char *text = arena_alloc(mem, chunk);
    size_t fed = strlen(head), kept = 0;
    uint64_t sum = 0;
    struct error err;
    long before = 0;

    for (size_t i = 0; i < chunk; i++)
        text[i] = i % 77 == 76 ? '\n' : (char)('A' + i % 26);
    xml_reader_feed(r, head, fed);
    for (size_t n = 0; n < times; n++) {
        for (size_t i = 0; i < chunk; i++)
            sum = sum * 31 + (unsigned char)text[i];
        xml_reader_feed(r, text, chunk);
        kept += xml_reader_streams(r, fed) ? 0 : chunk;
        fed += chunk;
        if (n == 9)
            before = peak();
    }
    xml_reader_feed(r, tail, strlen(tail));
    assert_false(xml_reader_streams(r, fed));
    assert_int_equal(xml_reader_end(r, &err), V_OK);
    assert_int_equal(flow.len, chunk * times);
    assert_true(flow.sum == sum);
    assert_int_equal(flow.ended, 1);
    assert_true(kept <= chunk);
    assert_true(peak() - before < 4096);
    arena_free(mem);
}

static void
test_stream_is_flat(void **state)
{
    (void)state;
    flow_through("<L xmlns='urn:g'><R><N>n</N><F>", "</F><N>m</N></R></L>");
    flow_through("<L xmlns='urn:g'><R><F><![CDATA[", "]]></F><N>m</N></R></L>");
}

/* A caller that leaves out what xml_reader_streams() says keeps all that is not text of a streamed
 * value, wherever the bytes are parted. */
static void
test_streams_leave_out(void **state)
{
    static const char doc[] = "\xEF\xBB\xBF<L xmlns='urn:g'><R><F>0123456789012345678901234567890"
                              "<![CDATA[x<F>]]>01234567890123456789</F><N>n</N>"
                              "<F><!-- <N>c</N> --></F><F/><N>m</N></R></L>";
    static const char *const whole[] = { "<L xmlns='urn:g'><R><F>", "</F><N>n</N>", "</F><F/>",
                                         "<N>m</N></R></L>" };
    static const struct xml_events none = { 0 };

    (void)state;
    for (size_t piece = 1; piece < sizeof doc; piece++) {
        struct arena *mem = arena_new("test");
        struct xml_reader *r =
            xml_reader_new(mem, make_paths(mem), &xml_limits_default, &none, NULL);
        struct error err;
        struct buf kept;

        buf_init(&kept, 1 << 16);
        for (size_t at = 0; at < sizeof doc - 1; at += piece) {
            size_t len = piece < sizeof doc - 1 - at ? piece : sizeof doc - 1 - at;

            xml_reader_feed(r, doc + at, len);
            if (!xml_reader_streams(r, at))
                assert_true(buf_add(&kept, doc + at, len));
        }
        assert_int_equal(xml_reader_end(r, &err), V_OK);
        for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
            assert_non_null(strstr(kept.data, whole[i]));
        buf_release(&kept);
        arena_free(mem);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream_is_flat),
        cmocka_unit_test(test_streams_leave_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
