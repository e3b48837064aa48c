/*
 * MTOM: a message of parts. The document comes first, what it refers to after it, in any order;
 * what is not there, twice or empty holds the record that refers to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../fixtures/wire_site.h"

static const char map[] =
    "[map]\nsystem = t\ntitle = T\nkind = soap\nrole = portal\nzone = Asia/Kolkata\nversion = 1.2\n"
    "[namespaces]\ng = urn:t\n"
    "[call list]\nbrings = attachment\nrequest = g:List\nresponse = g:ListR\n"
    "records = g:ListR/g:F\n"
    "[attachment]\nkey in g:Id text key required\nname in g:Name text\n"
    "number in g:No text\ncontent in g:Data bytes xop\n"
    "[not carried]\ncomplaint = no\naction = no\nattachment.* = no\nfeedback = no\nids = no\n"
    "count = no\nreceipt = no\n";

#define KIND                                                                                       \
    "\tmultipart/related; type=\"application/xop+xml\"; boundary=\"b 1\"; "                        \
    "start=\"<root@p>\"; start-info=\"application/soap+xml\""
#define TYPE "200" KIND
#define XOP                                                                                        \
    "Content-Type: application/xop+xml; charset=UTF-8; type=\"application/soap+xml\"\r\n"          \
    "Content-Transfer-Encoding: 8bit\r\nContent-ID: <root@p>\r\n"
#define LINE              "\r\n--b 1\r\n"
#define LAST              "\r\n--b 1--\r\n"
#define ROOT(files)       LINE XOP "\r\n" OPEN_12 "<ListR>" files "</ListR>" SHUT
#define FILE_OF(id, data) "<F><Id>" id "</Id><Data>" data "</Data><Name>n</Name></F>"
#define XOP_URI           "http://www.w3.org/2004/08/xop/include"
#define INCLUDE(href)     "<x:Include xmlns:x='" XOP_URI "' href='" href "'/>"
#define PART(id, bytes)                                                                            \
    LINE "Content-Type: application/pdf\r\nContent-Transfer-Encoding: binary\r\n"                  \
         "Content-ID: <" id ">\r\n\r\n" bytes

static enum verdict
pull(struct site *s, const char *reply, struct page *page, struct error *err)
{
    return site_pull(s, TYPE, reply, strlen(reply), page, err);
}

static void
assert_file(struct site *s, const struct record *r, const char *holds, const char *fault)
{
    const struct field *f = site_field(s, r, "content");

    assert_non_null(r);
    if ((r->fault != NULL) != (fault != NULL) || (fault && strcmp(r->fault->code, fault) != 0))
        fail_msg("%s where %s was due", r->fault ? r->fault->code : "no fault",
                 fault ? fault : "none");
    if (fault)
        assert_string_equal(r->fault->field, "content");
    if (!holds) {
        assert_null(f->text);
        return;
    }
    assert_int_equal(f->len, CONTENT_ID - 1);
    assert_string_equal(f->text, site_id(s, holds, strlen(holds)));
    site_holds(s, f->text, holds, strlen(holds));
}

static void
test_message(void **state)
{
    static const char reply[] = "a preamble" ROOT(
        FILE_OF("1", INCLUDE("cid:one%40p")) FILE_OF("2", "\n " INCLUDE("cid:two@p") "\n")
            FILE_OF("3", "YWJj") FILE_OF("4", INCLUDE("CID:one@p")) "<F><Id>5</Id></F>")
        PART("two@p", "second\r\n--b 2\r\n") PART("nobody@p", "passed over") PART("one@p", "first")
            LAST "an epilogue";
    struct site s;
    struct page page;
    struct error err;
    const struct record *r;

    (void)state;
    site_open(&s, map);
    assert_int_equal(pull(&s, reply, &page, &err), V_OK);
    assert_int_equal(page.count, 5);
    r = page.records;
    assert_file(&s, r, "first", NULL);
    assert_string_equal(site_field(&s, r, "name")->text, "n");
    assert_file(&s, r->next, "second\r\n--b 2\r\n", NULL);
    assert_file(&s, r->next->next, "abc", NULL);
    assert_file(&s, r->next->next->next, "first", NULL);
    assert_file(&s, r->next->next->next->next, NULL, NULL);
    assert_int_equal(site_files(&s), 3);
    /* what is kept is the document, and records lie in it */
    assert_int_equal(strncmp(page.raw, OPEN_12, strlen(OPEN_12)), 0);
    assert_int_equal(strncmp(page.raw + page.raw_len - strlen(SHUT), SHUT, strlen(SHUT)), 0);
    assert_int_equal(r->next->raw_len, strlen(FILE_OF("2", "")));
    assert_memory_equal(r->next->raw, FILE_OF("2", ""), r->next->raw_len);
    assert_memory_equal(r->next->next->raw, FILE_OF("3", "YWJj"), strlen(FILE_OF("3", "YWJj")));
    assert_non_null(
        strstr(peer_load(s.mem, "request"), "Accept: application/soap+xml, multipart/related"));
    site_close(&s);
}

static const struct {
    const char *reply;
    enum verdict verdict;
    const char *code;          /* of the page; "" when it is read ... */
    const char *holds, *fault; /* ... and then of its first record */
} messages[] = {
    { ROOT(FILE_OF("1", INCLUDE("cid:one@p"))) LAST, V_OK, "", NULL, "content.absent" },
    { ROOT(FILE_OF("1", INCLUDE("cid:one@p"))) PART("other@p", "x") LAST, V_OK, "", NULL,
      "content.absent" },
    { ROOT(FILE_OF("1", INCLUDE("cid:root@p"))) LAST, V_OK, "", NULL, "content.absent" },
    { ROOT(FILE_OF("1", INCLUDE("http://p/one"))) PART("http://p/one", "x") LAST, V_OK, "", NULL,
      "content.absent" },
    { ROOT(FILE_OF("1", INCLUDE("cid:%zz"))) PART("one@p", "x") LAST, V_OK, "", NULL,
      "content.absent" },
    { ROOT(FILE_OF("1", INCLUDE("cid:one@p"))) PART("one@p", "") LAST, V_OK, "", NULL,
      "content.empty" },
    { ROOT(FILE_OF("1", INCLUDE("cid:one@p"))) PART("one@p", "a") PART("one@p", "b") LAST, V_OK, "",
      NULL, "content.twice" },
    { ROOT(FILE_OF("1", INCLUDE("cid:one@p") INCLUDE("cid:one@p"))) PART("one@p", "a") LAST, V_OK,
      "", "a", "xml.repeated" },
    { ROOT(FILE_OF("1", "YWJj" INCLUDE("cid:one@p"))) PART("one@p", "a") LAST, V_OK, "", "a",
      "content.base64" },
    { ROOT(FILE_OF("1", "<y/>")) LAST, V_OK, "", NULL, "xml.mixed" },
    { ROOT(FILE_OF("1", INCLUDE("cid:one@p"))) LINE
      "Content-ID: <one@p>\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj\r\n" LAST,
      V_OK, "", "abc", NULL },
    { ROOT(FILE_OF("1", INCLUDE("cid:one@p"))) LINE
      "Content-ID: <one@p>\r\nContent-Transfer-Encoding: base64\r\n\r\nYW!Jj\r\n" LAST,
      V_REJECT, "mime.malformed", NULL, NULL },
    { ROOT(FILE_OF("1", INCLUDE("cid:one@p"))) LINE
      "Content-ID: <one@p>\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nab" LAST,
      V_REJECT, "mime.encoding", NULL, NULL },
    /* the document is not the first part */
    { PART("one@p", "x") ROOT(FILE_OF("1", INCLUDE("cid:one@p"))) LAST, V_REJECT, "mime.root", NULL,
      NULL },
    { LINE "Content-ID: <root@p>\r\nContent-Type: text/plain\r\n\r\n" OPEN_12 "<ListR/>" SHUT LAST,
      V_REJECT, "mime.root", NULL, NULL },
    { LINE XOP "\r\n" OPEN_12 "<ListR>" LAST, V_REJECT, "xml.malformed", NULL, NULL },
    { LINE XOP "\r\n" OPEN_12 "<Other/>" SHUT LAST, V_REJECT, "soap.response", NULL, NULL },
    { ROOT(FILE_OF("1", INCLUDE("cid:one@p"))) PART("one@p", "not ended"), V_REJECT, "mime.cut",
      NULL, NULL },
    { "no part at all", V_REJECT, "mime.cut", NULL, NULL },
};

static void
test_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        struct site s;
        struct page page;
        struct error err;
        enum verdict v;

        site_open(&s, map);
        v = pull(&s, messages[i].reply, &page, &err);
        if (v != messages[i].verdict || strcmp(v ? err.code : "", messages[i].code) != 0)
            fail_msg("row %zu: %s: %s", i, v ? err.code : "ok", v ? err.text : "");
        assert_int_equal(page.count, v ? 0 : 1);
        assert_true(page.raw_len > 0);
        if (!v) {
            assert_file(&s, page.records, messages[i].holds, messages[i].fault);
        }
        assert_true(site_files(&s) <= 1);
        site_close(&s);
    }
}

static const struct {
    const char *act;
    enum verdict verdict;
    const char *code;
} heads[] = {
    { "200\tmultipart/related; boundary=\"b 1\"", V_OK, "" }, /* the first part is the document */
    { "200\tMultipart/Related;type=\"text/xml\";boundary=\"b 1\"", V_OK, "" },
    { "200\tmultipart/related; type=\"application/xop+xml\"", V_REJECT, "mime.type" },
    { "200\tmultipart/mixed; boundary=\"b 1\"", V_REJECT, "http.type" },
    { "200\tmultipart/related; boundary=\"b 1\"; start=\"<else@p>\"", V_REJECT, "mime.root" },
    { "503\tmultipart/related; boundary=\"b 1\"", V_RETRY, "http.503" },
};

static void
test_heads(void **state)
{
    static const char reply[] = ROOT(FILE_OF("1", INCLUDE("cid:one@p"))) PART("one@p", "x") LAST;
    struct site s;

    (void)state;
    site_open(&s, map);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct page page;
        struct error err;
        enum verdict v = site_pull(&s, heads[i].act, reply, strlen(reply), &page, &err);

        if (v != heads[i].verdict || strcmp(v ? err.code : "", heads[i].code) != 0)
            fail_msg("row %zu: %s: %s", i, v ? err.code : "ok", v ? err.text : "");
        if (!v)
            assert_file(&s, page.records, "x", NULL);
    }
    site_close(&s);
}

/* A fault may come as a message of parts, too. */
static void
test_fault(void **state)
{
    static const char reply[] =
        LINE XOP "\r\n" OPEN_12 "<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason>"
                 "<s:Text>x</s:Text></s:Reason></s:Fault>" SHUT LAST;
    struct site s;
    struct page page;
    struct error err;

    (void)state;
    site_open(&s, map);
    assert_int_equal(site_pull(&s, "500" KIND, reply, strlen(reply), &page, &err), V_REJECT);
    assert_string_equal(err.code, "soap.fault");
    site_close(&s);
}

/* Cut off anywhere, a message is not read, and what came of its contents is not left half. */
static void
test_cuts(void **state)
{
    struct site s;
    struct page page;
    struct error err;
    struct buf reply;
    unsigned char *one, *two;

    (void)state;
    site_open(&s, map);
    one = site_bytes(&s, 60000, 1);
    two = site_bytes(&s, 90000, 2);
    buf_init(&reply, 1 << 20);
    assert_true(buf_add_text(
        &reply, ROOT(FILE_OF("1", INCLUDE("cid:one@p")) FILE_OF("2", INCLUDE("cid:two@p")))));
    assert_true(buf_add_text(&reply, PART("one@p", "")) && buf_add(&reply, one, 60000));
    assert_true(buf_add_text(&reply, PART("two@p", "")) && buf_add(&reply, two, 90000));
    assert_true(buf_add_text(&reply, LAST));
    for (size_t i = 1; i <= 10; i++) {
        size_t len = i == 10 ? reply.len - 3 : reply.len * i / 10 - i * 37;

        assert_int_equal(site_pull(&s, TYPE, reply.data, len, &page, &err), V_REJECT);
        assert_int_equal(page.count, 0);
        assert_true(strcmp(err.code, "mime.cut") == 0);
        assert_int_equal(site_pull(&s, "cut", reply.data, len, &page, &err), V_RETRY);
        assert_int_equal(page.count, 0);
    }
    /* the arena of a page goes, and with it what was being written; then the whole comes, once */
    assert_true(site_files(&s) == 1);
    assert_int_equal(site_pull(&s, TYPE, reply.data, reply.len, &page, &err), V_OK);
    assert_int_equal(page.count, 2);
    site_holds(&s, site_field(&s, page.records, "content")->text, (const char *)one, 60000);
    site_holds(&s, site_field(&s, page.records->next, "content")->text, (const char *)two, 90000);
    buf_release(&reply);
    site_close(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message), cmocka_unit_test(test_messages),
        cmocka_unit_test(test_heads),   cmocka_unit_test(test_fault),
        cmocka_unit_test(test_cuts),
    };

    return cmocka_run_group_tests(tests, peer_start, site_stop);
}
