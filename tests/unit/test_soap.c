/*
 * The soap adapter against a TLS peer on loopback that answers what it is told: maps checked,
 * requests made, replies read into records, faults judged. Pushes: test_soap_push.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../fixtures/soap_site.h"
#include "clock.h"

static enum verdict
pull(struct site *s, const char *act, const char *reply, struct page *page, struct error *err)
{
    const struct adapter_var vars[] = {
        { "since", "2020-06-01T00:00:59.999999Z" },
        { "after", "" },
        { "rows", "500" },
    };

    memset(err, 0, sizeof *err);
    peer_do(act, reply);
    return adapter_soap.pull(&s->a, s->mem, mapping_call(&s->map, "list"), vars, 3, page, err);
}

static const struct field *
field(const struct site *s, const struct record *r, const char *name)
{
    const struct map_stream *stream = mapping_stream(&s->map, r->stream);

    assert_int_equal(r->count, stream->count);
    for (size_t i = 0; i < stream->count; i++)
        if (strcmp(stream->lines[i].canonical, name) == 0)
            return &r->fields[i];
    fail_msg("no line %s", name);
    return NULL;
}

#define ASSERT_FIELD(s, r, name, want) assert_string_equal(field((s), (r), (name))->text, (want))
#define ASSERT_RAW(r, want)                                                                        \
    do {                                                                                           \
        assert_int_equal((r)->raw_len, strlen(want));                                              \
        assert_memory_equal((r)->raw, (want), (r)->raw_len);                                       \
    } while (0)

static void
test_request(void **state)
{
    struct site s;
    struct page page;
    struct error err;
    const char *request, *day;
    int64_t at;

    (void)state;
    open_site(&s, "");
    assert_int_equal(pull(&s, OK_11, OPEN_11 "<ListR/>" SHUT, &page, &err), V_OK);
    assert_int_equal(page.count, 0);
    assert_false(page.more);
    request = peer_load(s.mem, "request");
    assert_non_null(strstr(request, "\r\nSOAPAction: \"urn:t/List\"\r\n"));
    assert_non_null(strstr(request, "\r\nContent-Type: text/xml; charset=utf-8\r\n"));
    assert_non_null(strstr(request,
                           "<soap-env:Envelope xmlns:g=\"urn:t\" xmlns:soap=\"urn:mine\" "
                           "xmlns:soap-env=\"" URI_11 "\"><soap-env:Body><g:List>"
                           "<g:Since>01/06/2020 05:30</g:Since><g:After/>"
                           "<g:Page rows=\"500\"><g:Kind>two words</g:Kind></g:Page><g:Day>"));
    day = strstr(request, "<g:Day>") + strlen("<g:Day>");
    assert_true(clock_parse("%d/%m/%Y", 330, day, 10, &at));
    assert_in_range(clock_now() - at, 0, 2 * INT64_C(86400000000));
    assert_string_equal(day + 10, "</g:Day></g:List></soap-env:Body></soap-env:Envelope>");
    close_site(&s);
    open_site(&s, "version = 1.2\n");
    assert_int_equal(pull(&s, OK_12, OPEN_12 "<ListR/>" SHUT, &page, &err), V_OK);
    request = peer_load(s.mem, "request");
    assert_null(strstr(request, "SOAPAction"));
    assert_non_null(strstr(request, "\r\nContent-Type: application/soap+xml; charset=utf-8; "
                                    "action=\"urn:t/List\"\r\n"));
    assert_non_null(strstr(request, "xmlns:soap-env=\"" URI_12 "\""));
    close_site(&s);
}

#define REC_1                                                                                      \
    "<Rec><No>1</No><Body><![CDATA[<b> & ]]>\xE0\xA4\x95</Body><Mark code='A&amp;B'/>"             \
    "<Acts><A><Seq>1</Seq><Text/></A><!-- <Rec> --><A><Seq>2</Seq></A></Acts><New>x</New></Rec>"
#define REC_2 "<g:Rec xmlns:g=\"urn:t\" ><g:No>2</g:No><g:Body></g:Body></g:Rec>"
#define REC_3 "<Rec/>"

static void
test_records(void **state)
{
    static const char reply[] = "<?xml version='1.0'?>\n" OPEN_11 "<ListR more=' true '>\n " REC_1
                                "\n" REC_2 REC_3 "</ListR>" SHUT "\n";
    struct site s;
    struct page page;
    struct error err;
    const struct record *r;

    (void)state;
    open_site(&s, "");
    assert_int_equal(pull(&s, OK_11, reply, &page, &err), V_OK);
    assert_int_equal(page.count, 3);
    assert_true(page.more);
    assert_int_equal(page.raw_len, sizeof reply - 1);
    assert_memory_equal(page.raw, reply, page.raw_len);
    r = page.records;
    assert_string_equal(r->stream, "complaint");
    assert_null(r->fault);
    assert_int_equal(r->ordinal, 1);
    ASSERT_FIELD(&s, r, "number", "1");
    ASSERT_FIELD(&s, r, "body", "<b> & \xE0\xA4\x95");
    ASSERT_FIELD(&s, r, "subject", "A&B");
    assert_null(field(&s, r, "received_at")->text);
    ASSERT_RAW(r, REC_1);
    assert_string_equal(r->child->stream, "action");
    ASSERT_FIELD(&s, r->child, "key", "1");
    ASSERT_FIELD(&s, r->child, "text", "");
    ASSERT_RAW(r->child, "<A><Seq>1</Seq><Text/></A>");
    ASSERT_FIELD(&s, r->child->next, "key", "2");
    assert_null(field(&s, r->child->next, "text")->text);
    assert_int_equal(r->child->next->ordinal, 2);
    assert_null(r->child->next->next);
    r = r->next;
    ASSERT_FIELD(&s, r, "body", "");
    ASSERT_RAW(r, REC_2);
    assert_null(r->child);
    r = r->next;
    assert_int_equal(r->ordinal, 3);
    ASSERT_RAW(r, REC_3);
    assert_null(field(&s, r, "number")->text);
    assert_null(r->next);
    close_site(&s);
}

/* A record that cannot be read whole says so; its neighbours are not touched. */
static void
test_record_faults(void **state)
{
    static const char reply[] =
        OPEN_11 "<ListR><Rec><No>1</No></Rec>"
                "<Rec><No>2</No><No>3</No></Rec>"
                "<Rec><No>4</No><Body>a<br/>b</Body></Rec>"
                "<Rec><No>5</No><Acts><A><Seq>1</Seq><Seq>2</Seq></A></Acts></Rec>"
                "<Rec><No>6</No></Rec></ListR>" SHUT;
    static const char *const codes[] = { NULL, "xml.repeated", "xml.mixed", "xml.repeated", NULL };
    struct site s;
    struct page page;
    struct error err;
    const struct record *r;

    (void)state;
    open_site(&s, "");
    assert_int_equal(pull(&s, OK_11, reply, &page, &err), V_OK);
    assert_int_equal(page.count, 5);
    r = page.records;
    for (size_t i = 0; i < 5; i++, r = r->next) {
        assert_int_equal(r->fault != NULL, codes[i] != NULL);
        if (codes[i])
            assert_string_equal(r->fault->code, codes[i]);
    }
    r = page.records->next;
    assert_string_equal(r->fault->field, "number");
    assert_string_equal(r->fault->where, "g:No");
    ASSERT_FIELD(&s, r, "number", "2");
    close_site(&s);
}

static const struct {
    const char *version, *act, *reply;
    enum verdict verdict;
    const char *code, *word;
} pages[] = {
    { "", OK_11, "", V_REJECT, "xml.empty", NULL },
    { "", OK_11, OPEN_11 "<ListR><Rec>", V_REJECT, "xml.malformed", NULL },
    { "", OK_11, "<!DOCTYPE a>" OPEN_11 "<ListR/>" SHUT, V_REJECT, "xml.dtd", NULL },
    { "", OK_11, "<!DOCTYPE html><html><br></html>", V_REJECT, "http.html", NULL },
    { "", "200\ttext/html", "<html/>", V_REJECT, "http.html", NULL },
    { "", "200\tapplication/json", "{}", V_REJECT, "http.type", NULL },
    { "", "200\ttext/xml; charset=utf-16", OPEN_11 "<ListR/>" SHUT, V_REJECT, "http.charset",
      NULL },
    { "", "200\t-", OPEN_11 "<ListR/>" SHUT, V_OK, "", NULL },
    { "", OK_11, "<error>db</error>", V_REJECT, "soap.error", NULL },
    { "", OK_11, "<ListR xmlns='urn:t'/>", V_REJECT, "soap.envelope", NULL },
    { "", OK_11, OPEN_12 "<ListR/>" SHUT, V_REJECT, "soap.envelope", NULL },
    { "", OK_11, OPEN_11 SHUT, V_REJECT, "soap.response", NULL },
    { "", OK_11, OPEN_11 "<OtherR/>" SHUT, V_REJECT, "soap.response", NULL },
    { "", OK_11, OPEN_11 "<ListR xmlns='urn:other'/>" SHUT, V_REJECT, "soap.response", NULL },
    { "", OK_11, OPEN_11 "<ListR/><ListR/>" SHUT, V_REJECT, "soap.response", NULL },
    { "", OK_11, OPEN_11 "<error/>" SHUT, V_REJECT, "soap.error", NULL },
    { "", OK_11, OPEN_11 "<ListR><Error>x</Error></ListR>" SHUT, V_REJECT, "soap.error", NULL },
    { "", OK_11, FAULT_11("s:Client.Auth"), V_FATAL, "soap.fault", "Client.Auth" },
    { "", "500\ttext/xml", FAULT_11("s:Client.NotYours"), V_REJECT, "soap.fault",
      "Client.NotYours" },
    { "", "500\ttext/xml", FAULT_11("Server"), V_RETRY, "soap.fault", "Server" },
    { "", "500\ttext/xml", FAULT_11("s:MustUnderstand"), V_FATAL, "soap.fault", "MustUnderstand" },
    { "", "500\ttext/xml", FAULT_11(" s:Client.x y&lt;\n"), V_REJECT, "soap.fault", "Client.x" },
    { "", OK_11, FAULT_11("s:Client.None"), V_OK, "", NULL },
    { "version = 1.2\n", "400\tapplication/soap+xml", FAULT_12("s:Sender", "t:NotYours"), V_REJECT,
      "soap.fault", "Client.NotYours" },
    { "version = 1.2\n", "500\tapplication/soap+xml", FAULT_12("s:Receiver", "t:Db"), V_RETRY,
      "soap.fault", "Server.Db" },
    { "", "500\ttext/html", "<html><br></html>", V_RETRY, "http.500", NULL },
    { "", "500\ttext/xml", OPEN_11 "<ListR/>" SHUT, V_RETRY, "http.500", NULL },
    { "", "503\ttext/plain", "busy", V_RETRY, "http.503", NULL },
    { "", "401\ttext/xml", FAULT_11("s:Client.NotYours"), V_FATAL, "http.401", NULL },
    { "", "403\ttext/html", "no", V_FATAL, "http.403", NULL },
    { "", "404\ttext/html", "no", V_FATAL, "http.404", NULL },
    { "", "400\ttext/xml", "<x/>", V_REJECT, "http.400", NULL },
    { "", "cut", OPEN_11 "<ListR/>" SHUT, V_RETRY, "http.cut", NULL },
    { "", "close", "", V_RETRY, "http.cut", NULL },
};

static void
test_whole_pages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        struct site s;
        struct page page;
        struct error err;
        enum verdict v;

        open_site(&s, pages[i].version);
        v = pull(&s, pages[i].act, pages[i].reply, &page, &err);
        if (v != pages[i].verdict || strcmp(v ? err.code : "", pages[i].code) != 0)
            print_error("row %zu: %s: %s\n", i, err.code, err.text);
        assert_int_equal(v, pages[i].verdict);
        assert_string_equal(v ? err.code : "", pages[i].code);
        assert_int_equal(page.count, 0);
        if (pages[i].word)
            assert_non_null(strstr(err.text, arena_format(s.mem, "\"%s\"", pages[i].word)));
        assert_null(strstr(err.text, "why"));
        if (v && strcmp(pages[i].act, "close") != 0 && *pages[i].reply) {
            assert_int_equal(page.raw_len, strlen(pages[i].reply));
            assert_memory_equal(page.raw, pages[i].reply, page.raw_len);
        }
        close_site(&s);
    }
}

static void
test_limits(void **state)
{
    struct site s;
    struct page page;
    struct error err;
    struct buf reply;

    (void)state;
    open_site(&s, "");
    buf_init(&reply, 4 << 20);
    assert_true(buf_add_text(&reply, OPEN_11 "<ListR>"));
    for (int i = 0; i < 1000; i++)
        assert_true(buf_add_text(&reply, "<Rec/>"));
    assert_true(buf_add_text(&reply, "</ListR>" SHUT));
    assert_int_equal(pull(&s, OK_11, reply.data, &page, &err), V_REJECT);
    assert_string_equal(err.code, "xml.limit");
    assert_int_equal(page.raw_len, reply.len);
    assert_int_equal(pull(&s, "endless", "", &page, &err), V_REJECT);
    assert_string_equal(err.code, "http.large");
    assert_true(page.raw_len <= 1 << 20);
    buf_release(&reply);
    close_site(&s);
}

static void
test_probe(void **state)
{
    struct site s;
    struct error err;
    const char *said;

    (void)state;
    open_site(&s, "");
    peer_do(OK_11 "\tServer: Portal/1", OPEN_11 "<ListR/>" SHUT);
    assert_int_equal(adapter_soap.probe(&s.a, s.mem, &said, &err), V_OK);
    assert_ptr_equal(strstr(said, "SOAP 1.1 over TLSv1.3, server \"Portal/1\", answered \"list\""),
                     said);
    assert_non_null(strstr(peer_load(s.mem, "request"), "rows=\"1\""));
    peer_do("401\ttext/xml", "");
    assert_int_equal(adapter_soap.probe(&s.a, s.mem, &said, &err), V_FATAL);
    close_site(&s);
}

/* ---- maps ---- */

static const struct {
    const char *from, *to; /* a change of the good map ... */
    const char *line; /* ... the line that the fault is told of begins with this, or NULL ... */
    const char *says; /* ... and says this */
} mistakes[] = {
    { "kind = soap\n", "kind = soap\nversion = 2.0\n", "version", "SOAP is 1.1 or 1.2" },
    { "request = g:List\n", "", "[call list]", "needs request" },
    { "request = g:List\n", "request = q:List\n", "request = q", "not in [namespaces]" },
    { "request = g:List\n", "request = g:A/g:B\n", "request = g:A", "not one element" },
    { "$after\n", "$later\n", "arg = g:After", "unknown variable $later" },
    { "request = g:Act\n", "request = g:Act\narg = g:At $since\n", "arg = g:At",
      "unknown variable $since; a call that carries has" },
    { "arg = g:After $after", "arg = g:After", "arg = g:After", "a path and a value" },
    { "arg = g:After $after", "arg = g:Af//x $after", "arg = g:Af", "not a name" },
    { "$after\n", "$after format=\"%d\"\n", "arg = g:After", "format= is for times" },
    { "%H:%M\"\narg", "%Q\"\narg", "arg = g:Since", "format" },
    { "response = g:ListR\n", "", "[call list]", "needs response" },
    { "records = g:ListR/g:Rec\n", "", "[call list]", "needs records" },
    { "records = g:ListR/g:Rec\n", "records = g:Rec\n", "records", "does not begin with" },
    { "records = g:ListR/g:Rec\n", "records = g:ListR/@rec\n", "records", "element" },
    { "more = g:ListR/@more = true", "more = g:ListR/@more", "more", "PATH = WORD" },
    { "number in g:No", "number in z:No", "number in z", "not in [namespaces]" },
    { "at g:Acts/g:A]", "at g:Acts/@A]", "[action", "element" },
    { "item = g:Items/g:Item\n", "", "[call act]", "needs item" },
    { "$delivery", "$ref", "key = g:Ref", "$delivery" },
    { "result = g:ActR/g:Res\n", "", "[call act]", "needs result" },
    { "result.key = g:Ref\n", "", "[call act]", "needs result.key" },
    { "result.ok = g:Status = OK DUPLICATE", "result.ok = g:Status", "result.ok", "PATH = WORDS" },
    { "action = urn:t/Act", "action = urn t \"x", "action = urn t", "not a URI" },
    { "g:Where/@office text", "g:Where//@o text", "office out", "not a name" },
};

static int
line_of(const char *text, const char *begin)
{
    int line = 1;

    while (strncmp(text, begin, strlen(begin)) != 0) {
        text = strchr(text, '\n');
        if (!text)
            return 0;
        text++;
        line++;
    }
    return line;
}

static void
test_map_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        char good[sizeof map_text + 64], bad[sizeof map_text + 200], *at;
        struct site s;
        bool found = false;

        (void)snprintf(good, sizeof good, map_text, "");
        at = strstr(good, mistakes[i].from);
        assert_non_null(at);
        (void)snprintf(bad, sizeof bad, "%.*s%s%s", (int)(at - good), good, mistakes[i].to,
                       at + strlen(mistakes[i].from));
        load_map(&s, bad);
        for (size_t f = 0; f < s.faults.count; f++)
            if (s.faults.items[f].line == line_of(bad, mistakes[i].line) &&
                strstr(s.faults.items[f].text, mistakes[i].says))
                found = true;
        if (!found)
            for (size_t f = 0; f < s.faults.count; f++)
                print_error("row %zu: %d: %s\n", i, s.faults.items[f].line, s.faults.items[f].text);
        assert_true(found);
        assert_true(s.faults.count <= 3);
        arena_free(s.mem);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),       cmocka_unit_test(test_records),
        cmocka_unit_test(test_record_faults), cmocka_unit_test(test_whole_pages),
        cmocka_unit_test(test_limits),        cmocka_unit_test(test_probe),
        cmocka_unit_test(test_map_faults),
    };

    return cmocka_run_group_tests(tests, peer_start, stop_site);
}
