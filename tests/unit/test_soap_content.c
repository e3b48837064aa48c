/*
 * What files hold, as Base64 within an element: streamed into the store, whatever else the reply
 * holds; the bytes that are kept are those of the reply less the contents, and records point into
 * them rightly.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <sys/stat.h>

#include "../../adapters/wire_reply.h"
#include "../fixtures/wire_site.h"

static const char map[] =
    "[map]\nsystem = t\ntitle = T\nkind = soap\nrole = portal\nzone = Asia/Kolkata\n"
    "[namespaces]\ng = urn:t\n"
    "[call list]\nbrings = complaint\nrequest = g:List\nresponse = g:ListR\n"
    "records = g:ListR/g:Rec\n"
    "[complaint]\nnumber in g:No text key required\nbody in g:Body text\n"
    "[attachment in complaint at g:F]\nkey in g:Id text key required\nname in g:Name text\n"
    "content in g:Data bytes\n"
    "[not carried]\ncomplaint.* = no\naction = no\nattachment.* = no\nfeedback = no\nids = no\n"
    "count = no\nreceipt = no\n";

static enum verdict
pull(struct site *s, const char *reply, struct page *page, struct error *err)
{
    return site_pull(s, OK_11, reply, strlen(reply), page, err);
}

static const char *
base64(struct site *s, const void *bytes, size_t len)
{
    char *out = arena_alloc(s->mem, 4 * ((len + 2) / 3) + 1);

    (void)EVP_EncodeBlock((unsigned char *)out, bytes, (int)len);
    return out;
}

/* One record with one file around a text. */
#define REC2              "</Data></F></Rec>" REC("2", "f", "<Data>YWJj</Data>") "</ListR>" SHUT
#define REC(no, id, data) "<Rec><No>" no "</No><F><Id>" id "</Id>" data "</F></Rec>"

static const struct {
    const char *data;  /* the element, or none */
    const char *holds; /* what the store then has, or NULL: the field is absent ... */
    const char *fault; /* ... and the record says this, or NULL */
} spellings[] = {
    { "<Data>YWJj</Data>", "abc", NULL },
    { "<Data>\n  YW\r\n\tJj \n</Data>", "abc", NULL },
    { "<Data>YW&#x4A;j</Data>", "abc", NULL },
    { "<Data><![CDATA[YW]]>Jj<!-- x --></Data>", "abc", NULL },
    { "<Data>YQ==</Data>", "a", NULL },
    { "<Data>YWI=\n</Data>", "ab", NULL },
    { "", NULL, NULL },
    { "<Data xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='true'/>", NULL, NULL },
    { "<Data/>", NULL, "content.empty" },
    { "<Data>  \n</Data>", NULL, "content.empty" },
    { "<Data>====</Data>", NULL, "content.base64" },
    { "<Data>YWJ</Data>", NULL, "content.base64" },
    { "<Data>YWJjY</Data>", NULL, "content.base64" },
    { "<Data>YWJj!</Data>", NULL, "content.base64" },
    { "<Data>YQ==YWJj</Data>", NULL, "content.base64" },
    { "<Data>\xE0\xA4\x95</Data>", NULL, "content.base64" },
    { "<Data>YWJj<x/>YWJj</Data>", NULL, "xml.mixed" },
    { "<Data>YWJj</Data><Data>YWJj</Data>", "abc", "xml.repeated" },
    { "<Data><x:Include xmlns:x='"
      "http://www.w3.org/2004/08/xop/include"
      "' href='cid:a'/></Data>",
      NULL, "xml.mixed" },
};

static void
test_spellings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        struct site s;
        struct page page;
        struct error err;
        const struct record *r;
        const char *id, *want = spellings[i].holds;

        site_open(&s, map);
        assert_int_equal(pull(&s,
                              arena_format(s.mem,
                                           OPEN_11 "<ListR>" REC("1", "f1", "%s")
                                               REC("2", "f2", "<Data>enp6</Data>") "</ListR>" SHUT,
                                           spellings[i].data),
                              &page, &err),
                         V_OK);
        assert_int_equal(page.count, 2);
        r = page.records;
        if ((r->fault != NULL) != (spellings[i].fault != NULL) ||
            (r->fault && strcmp(r->fault->code, spellings[i].fault) != 0))
            fail_msg("row %zu: %s", i, r->fault ? r->fault->code : "no fault");
        if (r->fault) {
            assert_string_equal(r->fault->field, "content");
            assert_string_equal(r->fault->where, "g:Data");
            assert_ptr_equal(r->child->fault, r->fault);
        }
        id = site_field(&s, r->child, "content")->text;
        if (want) {
            assert_string_equal(id, site_id(&s, want, strlen(want)));
            assert_int_equal(site_field(&s, r->child, "content")->len, CONTENT_ID - 1);
            site_holds(&s, id, want, strlen(want));
        } else {
            assert_null(id);
        }
        /* its neighbour is as it is */
        assert_null(r->next->fault);
        site_holds(&s, site_field(&s, r->next->child, "content")->text, "zzz", 3);
        assert_int_equal(site_files(&s), want ? 2 : 1);
        site_close(&s);
    }
}

/* Long and short contents between records: what is kept, and where records lie in it. */
static void
test_kept(void **state)
{
    struct site s;
    struct page page[2];
    struct error err;
    const struct record *r;
    struct buf reply;
    static const size_t sizes[] = { 3000, 3100, 40000, 5, 1000000, 70000, 2000 };
    const size_t count = sizeof sizes / sizeof *sizes;

    (void)state;
    site_open(&s, map);
    buf_init(&reply, 8 << 20);
    assert_true(buf_add_text(&reply, OPEN_11 "<ListR>"));
    for (size_t i = 0; i < count; i++)
        assert_true(buf_add_text(
            &reply,
            arena_format(s.mem,
                         "<Rec><No>%zu</No><F><Id>f</Id><Data a=\">\" >%s</Data >"
                         "<Name>n%zu</Name></F><Body>b%zu</Body></Rec>\n",
                         i, base64(&s, site_bytes(&s, sizes[i], (unsigned)i), sizes[i]), i, i)));
    assert_true(buf_add_text(&reply, "</ListR>" SHUT));
    for (int n = 0; n < 2; n++)
        assert_int_equal(pull(&s, reply.data, &page[n], &err), V_OK);
    assert_int_equal(page[0].count, count);
    r = page[0].records;
    for (size_t i = 0; i < count; i++, r = r->next) {
        const char *data = base64(&s, site_bytes(&s, sizes[i], (unsigned)i), sizes[i]);
        bool left_out = strlen(data) > KEPT_LONG;
        const char *want = arena_format(
            s.mem,
            "<Rec><No>%zu</No><F><Id>f</Id><Data a=\">\" >%s</Data%s><Name>n%zu</Name></F>"
            "<Body>b%zu</Body></Rec>",
            i, left_out ? "" : data, left_out ? "" : " ", i, i);

        assert_null(r->fault);
        assert_int_equal(r->raw_len, strlen(want));
        assert_memory_equal(r->raw, want, r->raw_len);
        assert_memory_equal(r->child->raw, "<F><Id>f</Id>", 13);
        assert_memory_equal(r->child->raw + r->child->raw_len - 4, "</F>", 4);
        site_holds(&s, site_field(&s, r->child, "content")->text,
                   (const char *)site_bytes(&s, sizes[i], (unsigned)i), sizes[i]);
    }
    assert_null(r);
    assert_true(page[0].raw_len < 20000);
    assert_int_equal(page[0].raw_len, page[1].raw_len);
    assert_memory_equal(page[0].raw, page[1].raw, page[0].raw_len);
    assert_memory_equal(page[0].raw, OPEN_11, strlen(OPEN_11));
    assert_memory_equal(page[0].raw + page[0].raw_len - strlen(SHUT), SHUT, strlen(SHUT));
    buf_release(&reply);
    site_close(&s);
}

/* Whatever way the bytes come in, the same ones are kept. */
static void
test_kept_alone(void **state)
{
    enum { INSIDE = 20000 };
    struct arena *mem = arena_new("test");
    char *doc = arena_alloc(mem, INSIDE + 100);
    size_t start = 3, open, end, len;

    (void)state;
    (void)snprintf(doc, 20, "<a><D x='/>'>");
    open = strlen(doc);
    memset(doc + open, 'A', INSIDE);
    (void)snprintf(doc + open + INSIDE, 50, "</D><b/></a>");
    len = strlen(doc);
    end = open + INSIDE + 4;
    for (size_t piece = 1; piece < 9000; piece = piece * 3 + 1) {
        struct kept *kept = arena_alloc(mem, sizeof *kept);

        kept_begin(kept, mem, 1 << 20);
        for (size_t at = 0; at < len; at += piece) {
            size_t now = len - at < piece ? len - at : piece;
            bool inside = at >= open + KEPT_LONG && at + now <= open + INSIDE;

            if (at < end && at + now >= end)
                kept_shut(kept, start, end, false);
            assert_true(kept_add(kept, doc + at, now, inside));
        }
        assert_string_equal(kept->buf.data, "<a><D x='/>'></D><b/></a>");
        assert_int_equal(kept_at(kept, end), strlen("<a><D x='/>'></D>"));
        assert_int_equal(kept_at(kept, len), kept->buf.len);
        assert_int_equal(kept_at(kept, 2), 2);
    }
    arena_free(mem);
}

static void
test_limits(void **state)
{
    static char fill[1 << 16];
    struct site s;
    struct page page;
    struct error err;
    size_t used;
    long memory;

    (void)state;
    site_open(&s, map);
    memset(fill, 'A', sizeof fill);
    /* What is kept has the limit of a reply ... */
    peer_do(OK_11, OPEN_11 "<ListR><Rec><No>1</No><Body>");
    site_reply_more(fill, sizeof fill, (REPLY_MAX >> 16) + 1);
    assert_int_equal(s.a.ops->pull(&s.a, s.mem, mapping_call(&s.map, "list"), NULL, 0, &page, &err),
                     V_REJECT);
    assert_string_equal(err.code, "http.large");
    assert_true(page.raw_len <= REPLY_MAX);
    assert_int_equal(page.count, 0);
    /* ... what files hold has that of the store, and holds its record alone; it is never in
     * memory. */
    for (int over = 0; over < 2; over++) {
        peer_do(OK_11, OPEN_11 "<ListR><Rec><No>1</No><F><Id>1</Id><Data>");
        site_reply_more(fill, sizeof fill, (STORE_MAX >> 16) / 3 * 4 + (over ? 2 : 0));
        site_reply_more(REC2, strlen(REC2), 1);
        used = arena_used(s.mem);
        memory = site_memory_begin();
        assert_int_equal(
            s.a.ops->pull(&s.a, s.mem, mapping_call(&s.map, "list"), NULL, 0, &page, &err), V_OK);
        assert_true(site_memory_end(memory) < 8L * 1024);
        assert_true(arena_used(s.mem) - used < 512 * 1024);
        assert_int_equal(page.count, 2);
        assert_int_equal(page.records->fault != NULL, over);
        if (over)
            assert_string_equal(page.records->fault->code, "content.large");
        assert_null(page.records->next->fault);
    }
    assert_int_equal(site_files(&s), 2);
    site_close(&s);
}

/* A reply that ends within a content leaves nothing behind, and its page is not read. */
static void
test_cut(void **state)
{
    struct site s;
    struct page page;
    struct error err;
    const char *reply;
    size_t len;

    (void)state;
    site_open(&s, map);
    reply = arena_format(s.mem, OPEN_11 "<ListR><Rec><No>1</No><F><Id>1</Id><Data>%s",
                         base64(&s, site_bytes(&s, 50000, 7), 50000));
    len = strlen(reply);
    for (int i = 1; i <= 10; i++) {
        assert_int_equal(site_pull(&s, "cut", reply, len * (size_t)i / 10, &page, &err), V_RETRY);
        assert_string_equal(err.code, "http.cut");
        assert_int_equal(page.count, 0);
        assert_int_equal(site_pull(&s, OK_11, reply, len * (size_t)i / 10, &page, &err), V_REJECT);
        assert_string_equal(err.code, "xml.malformed");
        assert_int_equal(page.count, 0);
    }
    site_close(&s);
}

/* Without a store nothing is taken for a content. */
static void
test_no_store(void **state)
{
    struct site s;
    struct page page;
    struct error err;

    (void)state;
    site_open(&s, map);
    s.a.contents = NULL;
    assert_int_equal(pull(&s, OPEN_11 "<ListR>" REC("1", "1", "") "</ListR>" SHUT, &page, &err),
                     V_OK);
    assert_int_equal(
        pull(&s, OPEN_11 "<ListR>" REC("1", "1", "<Data>YWJj</Data>") "</ListR>" SHUT, &page, &err),
        V_FATAL);
    assert_string_equal(err.code, "content.store");
    site_close(&s);
}

static const struct {
    const char *from, *to, *line, *says;
} mistakes[] = {
    { "content in g:Data bytes", "content in g:Data/@x bytes", "content", "not an attribute" },
    { "content in g:Data bytes", "content in g:Data//x bytes", "content", "not a name" },
};

static void
test_map_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        const char *at = strstr(map, mistakes[i].from);
        char bad[sizeof map + 100];
        struct site s;

        (void)snprintf(bad, sizeof bad, "%.*s%s%s", (int)(at - map), map, mistakes[i].to,
                       at + strlen(mistakes[i].from));
        site_load(&s, bad);
        assert_int_equal(s.faults.count, 1);
        assert_non_null(strstr(s.faults.items[0].text, mistakes[i].says));
        assert_int_equal(strncmp(s.faults.items[0].text, mistakes[i].line, 7), 0);
        arena_free(s.mem);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spellings),  cmocka_unit_test(test_kept),
        cmocka_unit_test(test_kept_alone), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_cut),        cmocka_unit_test(test_no_store),
        cmocka_unit_test(test_map_faults),
    };

    return cmocka_run_group_tests(tests, peer_start, site_stop);
}
