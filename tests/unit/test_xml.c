/*
 * The XML reader: what is told, where it lies, what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/xmlmemory.h>

#include "clock.h"
#include "xml.h"

enum { T_REC = 1, T_NAME, T_CODE, T_NOTE, T_SUB, T_SELF, T_ROOT, T_FILE, T_HREF };

static const struct xml_prefix prefixes[] = { { "g", "urn:g" }, { "h", "urn:h" } };

/* What was told, as text; groups with their bytes. */
struct told {
    struct buf log;
    const char *doc;
    size_t start[10]; /* by tag */
    bool flowing;
};

static void
log_open(void *ctx, int tag, size_t offset)
{
    struct told *t = ctx;

    t->start[tag] = offset;
    assert_true(buf_format(&t->log, "<%d ", tag));
}

static void
log_close(void *ctx, int tag, size_t offset)
{
    struct told *t = ctx;

    assert_true(offset > t->start[tag]);
    assert_true(buf_format(&t->log, ">%d{%.*s} ", tag, (int)(offset - t->start[tag]),
                           t->doc + t->start[tag]));
}

static void
log_value(void *ctx, int tag, const char *text, size_t len)
{
    struct told *t = ctx;

    assert_int_equal(strlen(text), len);
    assert_true(buf_format(&t->log, "%d=[%s] ", tag, text));
}

static void
log_odd(void *ctx, int tag, enum xml_odd what, const char *uri, const char *name)
{
    struct told *t = ctx;

    assert_true(
        buf_format(&t->log, "!%d/%d %s|%s ", tag, (int)what, uri ? uri : "", name ? name : ""));
}

/* Pieces end anywhere: they are joined, so that the log does not depend on where. */
static void
log_piece(void *ctx, int tag, const char *text, size_t len)
{
    struct told *t = ctx;

    if (!t->flowing)
        assert_true(buf_format(&t->log, "%d=(", tag));
    t->flowing = text != NULL;
    if (text)
        assert_true(buf_add(&t->log, text, len));
    else
        assert_true(buf_add_text(&t->log, ") "));
}

static const struct xml_events events = {
    .open = log_open,
    .close = log_close,
    .value = log_value,
    .piece = log_piece,
    .odd = log_odd,
};

static void
mark(struct xml_paths *paths, int below, const char *path, enum xml_what what, int tag)
{
    const char *why = NULL;
    int node = xml_paths_add(paths, below, path, &why);

    assert_true(!why && node >= 0);
    xml_paths_mark(paths, node, what, tag);
}

static struct xml_paths *
make_paths(struct arena *mem)
{
    struct xml_paths *paths = xml_paths_new(mem, prefixes, 2);
    const char *why;
    int rec = xml_paths_add(paths, XML_ROOT, "g:L/g:R", &why);

    xml_paths_mark(paths, rec, XML_GROUP, T_REC);
    mark(paths, rec, "g:N", XML_VALUE, T_NAME);
    mark(paths, rec, "g:M/@code", XML_VALUE, T_CODE);
    mark(paths, rec, "note", XML_VALUE, T_NOTE);
    mark(paths, rec, "g:S/h:I", XML_GROUP, T_SUB);
    mark(paths, rec, "g:S/h:I", XML_VALUE, T_SELF);
    mark(paths, rec, "g:F", XML_STREAM, T_FILE);
    mark(paths, rec, "g:F/h:Include/@href", XML_VALUE, T_HREF);
    xml_paths_mark(paths, XML_ROOT, XML_WATCH, T_ROOT);
    return paths;
}

/* Reads in pieces of a size; the log stays in out. */
static enum verdict
read_in(const char *doc, size_t len, size_t piece, const struct xml_limits *limits,
        struct told *out, struct error *err)
{
    struct arena *mem = arena_new("test");
    struct xml_reader *r = xml_reader_new(mem, make_paths(mem), limits, &events, out);
    enum verdict v;

    buf_clear(&out->log);
    out->doc = doc;
    out->flowing = false;
    for (size_t at = 0; at < len; at += piece)
        xml_reader_feed(r, doc + at, piece < len - at ? piece : len - at);
    v = xml_reader_end(r, err);
    arena_free(mem);
    return v;
}

static const struct {
    const char *doc, *log;
} told[] = {
    { "<L xmlns=\"urn:g\"><R><N>a</N></R></L>", "<1 2=[a] >1{<R><N>a</N></R>} " },
    /* prefixes are only names for namespaces */
    { "<x:L xmlns:x='urn:g'><x:R><x:N>a&amp;b</x:N></x:R> <x:R/></x:L>",
      "<1 2=[a&b] >1{<x:R><x:N>a&amp;b</x:N></x:R>} <1 >1{<x:R/>} " },
    { "<L xmlns='urn:other'><R><N>a</N></R></L>", "!7/2 urn:other|L " },
    /* absent, empty, nil */
    { "<L xmlns='urn:g'><R><N/><M code=''/></R><R><N></N><M/></R></L>",
      "<1 2=[] 3=[] >1{<R><N/><M code=''/></R>} <1 2=[] >1{<R><N></N><M/></R>} " },
    { "<L xmlns='urn:g' xmlns:i='http://www.w3.org/2001/XMLSchema-instance'>"
      "<R><N i:nil='true'/></R><R><N i:nil='false'>x</N></R></L>",
      "<1 >1{<R><N i:nil='true'/></R>} <1 2=[x] >1{<R><N i:nil='false'>x</N></R>} " },
    /* CDATA, references, comments within a value; white space kept */
    { "<L xmlns='urn:g'><R><N> a<![CDATA[<b>&]]]]><!-- c -->&#x0915;&lt; </N></R></L>",
      "<1 2=[ a<b>&]]क< ] "
      ">1{<R><N> a<![CDATA[<b>&]]]]><!-- c -->&#x0915;&lt; </N></R>} " },
    { "<L xmlns='urn:g'><R><M code='a&amp;b&#38;#38;&lt;\"&#10;'/></R></L>",
      "<1 3=[a&b&#38;<\"\n] >1{<R><M code='a&amp;b&#38;#38;&lt;\"&#10;'/></R>} " },
    /* no namespace is one of its own; an undeclared element is passed over with all below */
    { "<L xmlns='urn:g'><R><note>n</note><note xmlns=''>y</note><Z><N>n</N></Z></R></L>",
      "<1 4=[y] >1{<R><note>n</note><note xmlns=''>y</note><Z><N>n</N></Z></R>} " },
    /* nested, and a value on the same element */
    { "<L xmlns='urn:g'><R><S><I xmlns='urn:h'>1</I><I xmlns='urn:h'/></S></R></L>",
      "<1 <5 6=[1] >5{<I xmlns='urn:h'>1</I>} <5 6=[] >5{<I xmlns='urn:h'/>} "
      ">1{<R><S><I xmlns='urn:h'>1</I><I xmlns='urn:h'/></S></R>} " },
    /* tags in comments and CDATA are none; "<!-->" does not end a comment */
    { "<L xmlns='urn:g'><!-- <R> --><!--> <R> --><R><N><![CDATA[<R>]]></N></R></L>",
      "<1 2=[<R>] >1{<R><N><![CDATA[<R>]]></N></R>} " },
    { "<L xmlns='urn:g'><R  a='>' b = \"/>\" ><N\n/></R ></L >",
      "<1 2=[] >1{<R  a='>' b = \"/>\" ><N\n/></R >} " },
    { "\xEF\xBB\xBF<?xml version='1.0' encoding='utf-8'?>\n<L xmlns='urn:g'><R/></L>\n<!-- x -->",
      "<1 >1{<R/>} " },
    { "  <L xmlns='urn:g'><R><N>x<b/>y</N><N>z</N></R></L>",
      "<1 !2/0 | 2=[z] >1{<R><N>x<b/>y</N><N>z</N></R>} " },
    /* streamed: empty, nil, references and CDATA, a child that a path names, one that none does */
    { "<L xmlns='urn:g'><R><F/><F></F></R></L>", "<1 8=() 8=() >1{<R><F/><F></F></R>} " },
    { "<L xmlns='urn:g' xmlns:i='http://www.w3.org/2001/XMLSchema-instance'>"
      "<R><F i:nil='1'/></R></L>",
      "<1 >1{<R><F i:nil='1'/></R>} " },
    { "<L xmlns='urn:g'><R><F>QU\nJD<![CDATA[RE]]>V&#x47;&amp;<!-- c --></F><N>n</N></R></L>",
      "<1 8=(QU\nJDREVG&) 2=[n] "
      ">1{<R><F>QU\nJD<![CDATA[RE]]>V&#x47;&amp;<!-- c --></F><N>n</N></R>} " },
    { "<L xmlns='urn:g'><R><F><x:Include xmlns:x='urn:h' href='cid:1'/></F></R></L>",
      "<1 9=[cid:1] 8=() "
      ">1{<R><F><x:Include xmlns:x='urn:h' href='cid:1'/></F></R>} " },
    { "<L xmlns='urn:g'><R><F><b/>x</F></R></L>", "<1 !8/0 | >1{<R><F><b/>x</F></R>} " },
};

static void
test_told(void **state)
{
    struct told out;
    struct error err;

    (void)state;
    buf_init(&out.log, 1 << 20);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        size_t len = strlen(told[i].doc);

        for (size_t piece = 1; piece <= len; piece++) {
            enum verdict v = read_in(told[i].doc, len, piece, &xml_limits_default, &out, &err);

            if (v)
                print_error("%zu in pieces of %zu: %s\n", i, piece, err.text);
            assert_int_equal(v, V_OK);
            assert_string_equal(out.log.data ? out.log.data : "", told[i].log);
        }
    }
    buf_release(&out.log);
}

#define UTF16 "\xFF\xFE<\0a\0/\0>\0"

static const struct {
    const char *doc;
    size_t len; /* 0 = strlen */
    const char *code;
} refused[] = {
    { "", 0, "xml.empty" },
    { "\xEF\xBB\xBF", 0, "xml.empty" },
    { " ", 0, "xml.malformed" },
    { "hello", 0, "xml.malformed" },
    { "<a>", 0, "xml.malformed" },
    { "<a></b>", 0, "xml.malformed" },
    { "<a/><b/>", 0, "xml.malformed" },
    { "<a/>x", 0, "xml.malformed" },
    { "<a b='1' b='2'/>", 0, "xml.malformed" },
    { "<a b='<'/>", 0, "xml.malformed" },
    { "<a <b/>", 0, "xml.malformed" },
    { "<x:a/>", 0, "xml.malformed" },
    { "<a>&nbsp;</a>", 0, "xml.malformed" },
    { "<a>&#1;</a>", 0, "xml.malformed" },
    { "<a>\x01</a>", 0, "xml.malformed" },
    { "<a>\xC3</a>", 0, "xml.malformed" },
    { "<a>\xED\xA0\x80</a>", 0, "xml.malformed" },
    { "<a>]]></a>", 0, "xml.malformed" },
    { "<a><!-- -- --></a>", 0, "xml.malformed" },
    { "<a><!-x></a>", 0, "xml.malformed" },
    { "<a><![CDAT[x]]></a>", 0, "xml.malformed" },
    { "<!DOCTYPE a><a/>", 0, "xml.dtd" },
    { "<?xml version='1.0'?>\n<!-- c --><!DOCTYPE a SYSTEM 'http://x/'><a/>", 0, "xml.dtd" },
    { "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>", 0, "xml.dtd" },
    { "<a><!ENTITY e 'x'></a>", 0, "xml.dtd" },
    { "<?php x ?><a/>", 0, "xml.pi" },
    { "<?xml-stylesheet href='x'?><a/>", 0, "xml.pi" },
    { "<a><?x?></a>", 0, "xml.pi" },
    { "\n<?xml version='1.0'?><a/>", 0, "xml.pi" },
    { "<?xml version='1.0' encoding='UTF-16'?><a/>", 0, "xml.encoding" },
    { "<?xml version='1.0' encoding='ISO-8859-1'?><a/>", 0, "xml.encoding" },
    { "<?xml version='1.0' encoding='UTF-7'?><a/>", 0, "xml.encoding" },
    { "<?xml version='1.0' encoding ='UTF-80'?><a/>", 0, "xml.encoding" },
    { UTF16, sizeof UTF16 - 1, "xml.encoding" },
    { "<\0a\0", 4, "xml.encoding" },
    { "\xFE\xFF", 0, "xml.encoding" },
    { "\xEF\xBBx<a/>", 0, "xml.encoding" },
    { "<a>\0</a>", 8, "xml.encoding" },
};

static void
test_refused(void **state)
{
    struct told out;
    struct error err;

    (void)state;
    buf_init(&out.log, 1 << 20);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        size_t len = refused[i].len ? refused[i].len : strlen(refused[i].doc);

        for (size_t piece = 1; piece <= len + 1; piece++) {
            enum verdict v = read_in(refused[i].doc, len, piece, &xml_limits_default, &out, &err);

            if (v != V_REJECT || strcmp(err.code, refused[i].code) != 0)
                print_error("%zu \"%s\": %s\n", i, refused[i].doc, v ? err.code : "taken");
            assert_int_equal(v, V_REJECT);
            assert_string_equal(err.code, refused[i].code);
        }
    }
    buf_release(&out.log);
}

/* A document that was cut anywhere is never taken for a whole one. */
static void
test_cut(void **state)
{
    static const char doc[] =
        "<?xml version='1.0'?><L xmlns='urn:g'><R><N>a<![CDATA[b]]></N><M code='c'/></R></L>";
    struct told out;
    struct error err;

    (void)state;
    buf_init(&out.log, 1 << 20);
    for (size_t len = 0; len < sizeof doc - 1; len++)
        assert_int_equal(read_in(doc, len, 7, &xml_limits_default, &out, &err), V_REJECT);
    assert_int_equal(read_in(doc, sizeof doc - 1, 7, &xml_limits_default, &out, &err), V_OK);
    buf_release(&out.log);
}

static void
repeat(struct buf *b, const char *text, int times)
{
    for (int i = 0; i < times; i++)
        assert_true(buf_add_text(b, text));
}

static void
check_limit(struct buf *doc, const struct xml_limits *limits, const char *code)
{
    struct told out;
    struct error err = { .code = "" };
    int64_t start = clock_tick();
    enum verdict v;

    buf_init(&out.log, 4 << 20);
    v = read_in(doc->data, doc->len, 16384, limits, &out, &err);
    assert_true(clock_tick() - start < 100);
    assert_int_equal(v, code ? V_REJECT : V_OK);
    if (code)
        assert_string_equal(err.code, code);
    buf_release(&out.log);
    buf_clear(doc);
}

static void
test_limits(void **state)
{
    struct xml_limits few = xml_limits_default;
    struct buf doc;

    (void)state;
    few.elements = 100;
    buf_init(&doc, 8 << 20);
    repeat(&doc, "<a>", 64);
    repeat(&doc, "</a>", 64);
    check_limit(&doc, &xml_limits_default, NULL);
    repeat(&doc, "<a>", 65);
    repeat(&doc, "</a>", 65);
    check_limit(&doc, &xml_limits_default, "xml.limit");
    repeat(&doc, "<a>", 1);
    repeat(&doc, "<b/>", 99);
    repeat(&doc, "</a>", 1);
    check_limit(&doc, &few, NULL);
    repeat(&doc, "<a>", 1);
    repeat(&doc, "<b/>", 100);
    repeat(&doc, "</a>", 1);
    check_limit(&doc, &few, "xml.limit");
    /* attributes: libxml2 would need seconds for them */
    repeat(&doc, "<a", 1);
    for (int i = 0; i < 40000; i++)
        assert_true(buf_format(&doc, " b%d='x'", i));
    repeat(&doc, "/>", 1);
    check_limit(&doc, &xml_limits_default, "xml.limit");
    repeat(&doc, "<a b='", 1);
    repeat(&doc, "0123456789abcdef", 1024);
    repeat(&doc, "'/>", 1);
    check_limit(&doc, &xml_limits_default, "xml.limit");
    repeat(&doc, "<a b='", 1);
    repeat(&doc, "0123456789abcdef", 1023); /* just short of the limit */
    check_limit(&doc, &xml_limits_default, "xml.malformed");
    repeat(&doc, "<", 1);
    repeat(&doc, "0123456789abcdef", 8192);
    check_limit(&doc, &xml_limits_default, "xml.limit");
    /* namespaces */
    repeat(&doc, "<a", 1);
    for (int i = 0; i < 65; i++)
        assert_true(buf_format(&doc, " xmlns:n%d='urn:%d'", i, i));
    repeat(&doc, "/>", 1);
    check_limit(&doc, &xml_limits_default, "xml.limit");
    for (int i = 0; i < 200; i++)
        assert_true(buf_format(&doc, "%s<b xmlns:n='urn:%d'/>", i ? "" : "<a>", i));
    repeat(&doc, "</a>", 1);
    check_limit(&doc, &xml_limits_default, NULL);
    buf_release(&doc);
}

static void
test_long_value(void **state)
{
    struct xml_limits limits = xml_limits_default;
    static const char fits[] = "<L xmlns='urn:g'><R><N>12345678</N></R></L>",
                      longer[] = "<L xmlns='urn:g'><R><N>123456789</N><note xmlns=''>x</note></R>"
                                 "</L>";
    struct told out;
    struct error err;

    (void)state;
    limits.text = 8;
    buf_init(&out.log, 1 << 20);
    assert_int_equal(read_in(fits, sizeof fits - 1, 5, &limits, &out, &err), V_OK);
    assert_string_equal(out.log.data, "<1 2=[12345678] >1{<R><N>12345678</N></R>} ");
    assert_int_equal(read_in(longer, sizeof longer - 1, 5, &limits, &out, &err), V_OK);
    assert_non_null(strstr(out.log.data, "<1 !2/1 | 4=[x] >1{<R>"));
    buf_release(&out.log);
}

/* Every file of tests/fixtures/xml: refused when its name begins with "bad-", at once. */
static void
test_fixtures(void **state)
{
    static const char folder[] = "tests/fixtures/xml";
    DIR *dir = opendir(folder);
    int seen = 0;

    (void)state;
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        char path[512], *bytes = malloc(1 << 20);
        struct told out;
        struct error err;
        int64_t start = clock_tick();
        FILE *f;
        size_t len;
        enum verdict v;

        if (!strstr(e->d_name, ".xml")) {
            free(bytes);
            continue;
        }
        (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        f = fopen(path, "rb");
        assert_non_null(f);
        len = fread(bytes, 1, 1 << 20, f);
        (void)fclose(f);
        buf_init(&out.log, 1 << 20);
        v = read_in(bytes, len, 16384, &xml_limits_default, &out, &err);
        if ((v == V_OK) != (strncmp(e->d_name, "bad-", 4) != 0))
            print_error("%s: %s\n", path, v ? err.text : "taken");
        assert_int_equal(v, strncmp(e->d_name, "bad-", 4) == 0 ? V_REJECT : V_OK);
        assert_true(clock_tick() - start < 100);
        buf_release(&out.log);
        free(bytes);
        seen++;
    }
    (void)closedir(dir);
    assert_true(seen >= 8);
}

static void
test_memory_is_ours(void **state)
{
    struct arena *mem = arena_new("test");
    xmlFreeFunc release;
    xmlMallocFunc get;
    xmlReallocFunc resize;
    xmlStrdupFunc text;

    (void)state;
    (void)xml_reader_new(mem, make_paths(mem), &xml_limits_default, &events, NULL);
    assert_int_equal(xmlMemGet(&release, &get, &resize, &text), 0);
    assert_true(get == memory_get);
    assert_true(resize == memory_resize);
    assert_true(text == memory_text);
    arena_free(mem);
}

/* What was written is read back the same. */
static void
test_round_trip(void **state)
{
    static const char text[] = " <a href='x'>&amp;\r\n\"]]>\t"
                               "श्री\xE2\x80\x8D \xF0\x9F\x98\x80 ";
    struct arena *mem = arena_new("test");
    struct xml_node *root = xml_tree_new(mem, prefixes, 2, "g:L");
    struct buf doc;
    struct told out;
    struct error err;
    char expected[400];

    (void)state;
    buf_init(&doc, 1 << 16);
    buf_init(&out.log, 1 << 16);
    assert_int_equal(xml_tree_put(root, "g:R/g:N", text, sizeof text - 1, &err), V_OK);
    assert_int_equal(xml_tree_put(root, "g:R/g:M/@code", text, sizeof text - 1, &err), V_OK);
    assert_int_equal(xml_tree_write(root, &doc, &err), V_OK);
    assert_int_equal(read_in(doc.data, doc.len, 3, &xml_limits_default, &out, &err), V_OK);
    (void)snprintf(expected, sizeof expected, "2=[%s] 3=[%s] >1", text, text);
    assert_non_null(strstr(out.log.data, expected));
    buf_release(&doc);
    buf_release(&out.log);
    arena_free(mem);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_told),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_long_value),
        cmocka_unit_test(test_fixtures),
        cmocka_unit_test(test_memory_is_ours),
        cmocka_unit_test(test_round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
