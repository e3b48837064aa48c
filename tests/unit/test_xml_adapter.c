/*
 * Plain XML over HTTPS: what is asked, how answers and faults are read, how each item of a push is
 * answered, and client certificates.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../fixtures/wire_site.h"

static const char map[] =
    "[map]\nsystem = t\ntitle = T\nkind = xml\nrole = portal\nzone = Asia/Kolkata\n"
    "received = received_at\n[namespaces]\nx = urn:t\n"
    "[call list]\nbrings = complaint\nmethod = GET\ntarget = /complaints\n"
    "query = since $since format=\"%d/%m/%Y %H:%M\"\nquery = after $after\nquery = n&m $rows\n"
    "query = until $cut\nquery = what \"a b\xE0\xA4\x95\"\n"
    "response = x:List\nrecords = x:List/x:Rec\nmore = x:List/@more = true\n"
    "fault = x:Fault/x:Code\nfault.text = x:Fault/@text\ncursor = changed_at number\n"
    "[call find]\nbrings = receipt\nrequest = x:Find\narg = x:Ref $delivery\n"
    "arg = @kind \"one two\"\nresponse = x:Found\nrecords = x:Found/x:One\n"
    "[call act]\ncarries = action\nbatch = 3\ntarget = /acts\nquery = ref $delivery\n"
    "request = x:Acts\nitem = x:Act\nkey = @ref $delivery\nresponse = x:Done\n"
    "result = x:Done/x:Res\nresult.key = @ref\nresult.ok = x:Status = OK KNOWN\n"
    "result.said = x:Why\nresult.text = x:Text\nreceipt = x:No\nfault = x:Done/x:Code\n"
    "[call send]\ncarries = attachment\nrequest = x:File\nkey = @ref $delivery\nresponse = x:Done\n"
    "result = x:Done\nresult.ok = x:Status = OK\n"
    "[faults]\nBUSY = retry\nDOWN = fatal\nFINE = ok\nLATER = in_doubt\n"
    "[complaint]\nnumber in x:No text key required\nbody in x:Body text\n"
    "received_at in x:On time format=\"%d/%m/%Y\"\nchanged_at in x:Ch time format=\"%d/%m/%Y\"\n"
    "[action in complaint at x:Acts/x:A]\nkey in x:Seq text key\ntext both x:Text text\n"
    "number out x:No text\noffice out x:Where/@office text\n"
    "[attachment in complaint at x:Files/x:F]\nkey in x:Id text key\ncontent both x:Data bytes\n"
    "[receipt]\ndelivery in x:Ref text key required\nreceipt in x:No text\n"
    "[not carried]\ncomplaint.* = no\naction.* = no\nattachment.* = no\nreceipt.* = no\n"
    "feedback = no\nids = no\ncount = no\n";

#define OK       "200\tapplication/xml; charset=utf-8"
#define LIST(in) "<?xml version='1.0'?>\n<List xmlns='urn:t' more='true'>" in "</List>"
#define REC                                                                                        \
    "<Rec><No>A/1</No><Body>\xE0\xA4\x95 &amp; b</Body><Acts><A><Seq>1</Seq></A></Acts></Rec>"

static enum verdict
pull(struct site *s, const char *act, const char *reply, struct page *page, struct error *err)
{
    return site_pull(s, act, reply, strlen(reply), page, err);
}

static void
test_get(void **state)
{
    struct site s;
    struct page page;
    struct error err;
    const char *request;

    (void)state;
    site_open(&s, map);
    if (pull(&s, OK, LIST(REC "<Rec><No>2</No></Rec>"), &page, &err) != V_OK)
        fail_msg("%s: %s", err.code, err.text);
    assert_int_equal(page.count, 2);
    assert_true(page.more);
    assert_string_equal(site_field(&s, page.records, "number")->text, "A/1");
    assert_string_equal(site_field(&s, page.records, "body")->text, "\xE0\xA4\x95 & b");
    assert_string_equal(site_field(&s, page.records->child, "key")->text, "1");
    assert_int_equal(page.records->raw_len, strlen(REC));
    assert_memory_equal(page.records->raw, REC, strlen(REC));
    assert_int_equal(page.raw_len, strlen(LIST(REC "<Rec><No>2</No></Rec>")));
    request = peer_load(s.mem, "request");
    /* an absent value leaves its name out */
    assert_ptr_equal(strstr(request,
                            "GET /p/complaints?since=01%2F06%2F2020%2005%3A30&after=A%2F1%20%26%202"
                            "&n%26m=500&what=a%20b%E0%A4%95 HTTP/1.1\r\n"),
                     request);
    assert_null(strstr(request, "Content-Type"));
    assert_null(strstr(request, "SOAPAction"));
    assert_non_null(strstr(request, "\r\nAccept: application/xml, text/xml\r\n"));
    assert_string_equal(strstr(request, "\r\n\r\n"), "\r\n\r\n");
    site_close(&s);
}

static void
test_post(void **state)
{
    static const struct adapter_var vars[] = { { "delivery", "id-<1>" } };
    struct site s;
    struct page page;
    struct error err;
    const char *request;

    (void)state;
    site_open(&s, map);
    peer_do(OK,
            "<x:Found xmlns:x='urn:t'><x:One><x:Ref>id-1</x:Ref><x:No>7</x:No></x:One></x:Found>");
    assert_int_equal(s.a.ops->pull(&s.a, s.mem, mapping_call(&s.map, "find"), vars, 1, &page, &err),
                     V_OK);
    assert_int_equal(page.count, 1);
    assert_string_equal(site_field(&s, page.records, "receipt")->text, "7");
    request = peer_load(s.mem, "request");
    assert_int_equal(strncmp(request, "POST /p HTTP/1.1\r\n", 18), 0);
    assert_non_null(strstr(request, "\r\nContent-Type: application/xml; charset=utf-8\r\n"));
    assert_string_equal(strstr(request, "\r\n\r\n"),
                        "\r\n\r\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                        "<x:Find xmlns:x=\"urn:t\" kind=\"one two\"><x:Ref>id-&lt;1&gt;</x:Ref>"
                        "</x:Find>");
    site_close(&s);
}

#define FAULT(code) "<Fault xmlns='urn:t' text='why'><Code>" code "</Code></Fault>"

static const struct {
    const char *act, *reply;
    enum verdict verdict;
    const char *code, *word;
} pages[] = {
    { OK, "", V_REJECT, "xml.empty", NULL },
    { OK, "<List xmlns='urn:t'><Rec>", V_REJECT, "xml.malformed", NULL },
    { OK, "<!DOCTYPE a><List xmlns='urn:t'/>", V_REJECT, "xml.dtd", NULL },
    { OK, "<html><br></html>", V_REJECT, "http.html", NULL },
    { "200\tapplication/json", "{}", V_REJECT, "http.type", NULL },
    { "200\ttext/xml", "<List xmlns='urn:t'/>", V_OK, "", NULL },
    { "200\t-", "<List xmlns='urn:t'/>", V_OK, "", NULL },
    { "200\ttext/xml; charset=iso-8859-1", "<List xmlns='urn:t'/>", V_REJECT, "http.charset",
      NULL },
    { "200\tmultipart/related; boundary=b", "\r\n--b\r\n\r\n<List xmlns='urn:t'/>\r\n--b--",
      V_REJECT, "http.type", NULL },
    { OK, "<List/>", V_REJECT, "xml.response", NULL },
    { OK, "<Found xmlns='urn:t'/>", V_REJECT, "xml.response", NULL },
    { OK, "<Error xmlns='urn:t'/>", V_REJECT, "xml.error", NULL },
    { OK, "<List xmlns='urn:t'><error/></List>", V_REJECT, "xml.error", NULL },
    { OK, FAULT("NOPE"), V_REJECT, "xml.fault", "NOPE" },
    { OK, FAULT(" BUSY\n"), V_RETRY, "xml.fault", "BUSY" },
    { OK, FAULT("DOWN"), V_FATAL, "xml.fault", "DOWN" },
    { OK, FAULT("LATER"), V_RETRY, "xml.fault", "LATER" },
    { OK, FAULT(""), V_REJECT, "xml.response", NULL },
    { "500\tapplication/xml", FAULT("NOPE"), V_RETRY, "xml.fault", "NOPE" },
    { "500\tapplication/xml", FAULT("DOWN"), V_FATAL, "xml.fault", "DOWN" },
    { "400\tapplication/xml", FAULT("NOPE"), V_REJECT, "xml.fault", "NOPE" },
    { "429\tapplication/xml", FAULT("NOPE"), V_RETRY, "xml.fault", "NOPE" },
    { "401\tapplication/xml", FAULT("BUSY"), V_FATAL, "http.401", NULL },
    { "503\ttext/plain", "busy", V_RETRY, "http.503", NULL },
    { "404\ttext/html", "no", V_FATAL, "http.404", NULL },
    { "302\ttext/html\tLocation: /x", "", V_FATAL, "http.302", NULL },
    { "cut", "<List xmlns='urn:t'/>", V_RETRY, "http.cut", NULL },
    { "close", "", V_RETRY, "http.cut", NULL },
    { "endless", "", V_REJECT, "http.large", NULL },
};

static void
test_pages(void **state)
{
    struct site s;

    (void)state;
    site_open(&s, map);
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        struct page page;
        struct error err;
        enum verdict v = pull(&s, pages[i].act, pages[i].reply, &page, &err);

        if (v != pages[i].verdict || strcmp(v ? err.code : "", pages[i].code) != 0)
            fail_msg("row %zu: %s: %s", i, v ? err.code : "ok", v ? err.text : "");
        assert_int_equal(page.count, 0);
        if (pages[i].word)
            assert_non_null(strstr(err.text, arena_format(s.mem, "\"%s\"", pages[i].word)));
        assert_null(strstr(err.text, "why"));
        if (strcmp(pages[i].act, "close") != 0 && strcmp(pages[i].act, "endless") != 0 &&
            *pages[i].reply) {
            assert_int_equal(page.raw_len, strlen(pages[i].reply));
            assert_memory_equal(page.raw, pages[i].reply, page.raw_len);
        }
    }
    site_close(&s);
}

static struct push_item *
make_items(struct site *s, size_t count, const char *stream_name, const char *bytes)
{
    static const char *const ids[] = { "id-0", "id-1", "id-2" };
    struct push_item *items = arena_alloc(s->mem, (count + 1) * sizeof *items);
    const struct map_stream *stream = mapping_stream(&s->map, stream_name);

    for (size_t i = 0; i < count; i++) {
        struct record *r = arena_alloc(s->mem, sizeof *r);

        r->stream = stream->name;
        r->count = stream->count;
        r->fields = arena_alloc(s->mem, r->count * sizeof *r->fields);
        for (size_t l = 0; l < r->count; l++)
            if (stream->lines[l].direction & MAP_OUT) {
                r->fields[l].text = stream->lines[l].kind == KIND_BYTES ? bytes : "v & w";
                r->fields[l].len = strlen(r->fields[l].text);
            }
        items[i].delivery = ids[i];
        items[i].record = r;
        items[i].verdict = V_FATAL;
    }
    return items;
}

static enum verdict
push(struct site *s, const char *call, const char *act, const char *reply, struct push_item *items,
     size_t count, struct error *err)
{
    memset(err, 0, sizeof *err);
    peer_do(act, reply);
    return s->a.ops->push(&s->a, s->mem, mapping_call(&s->map, call), items, count, err);
}

#define DONE(in)              "<Done xmlns='urn:t'>" in "</Done>"
#define RES(id, status, more) "<Res ref='" id "'><Status>" status "</Status>" more "</Res>"

static void
test_push(void **state)
{
    struct site s;
    struct error err;
    struct push_item *items;
    const char *request;

    (void)state;
    site_open(&s, map);
    items = make_items(&s, 3, "action", NULL);
    assert_int_equal(push(&s, "act", OK,
                          DONE(RES("id-2", "KNOWN", "<No>R2</No>") RES("id-0", "OK", "<No>R0</No>")
                                   RES("id-1", "NO", "<Why>NOPE</Why><Text>no</Text>")),
                          items, 3, &err),
                     V_OK);
    assert_int_equal(items[0].verdict, V_OK);
    assert_string_equal(items[0].receipt, "R0");
    assert_int_equal(items[1].verdict, V_REJECT);
    assert_string_equal(items[1].said, "NOPE");
    assert_string_equal(items[1].detail, "no");
    assert_int_equal(items[2].verdict, V_OK);
    request = peer_load(s.mem, "request");
    assert_int_equal(strncmp(request, "POST /p/acts HTTP/1.1\r\n", 23), 0);
    assert_non_null(strstr(request,
                           "<x:Acts xmlns:x=\"urn:t\"><x:Act ref=\"id-0\"><x:Text>v &amp; w"
                           "</x:Text><x:No>v &amp; w</x:No><x:Where office=\"v &amp; w\"/>"
                           "</x:Act><x:Act ref=\"id-1\">"));
    items = make_items(&s, 1, "action", NULL);
    assert_int_equal(push(&s, "act", OK, DONE(RES("id-0", "OK", "")), items, 1, &err), V_OK);
    assert_int_equal(items[0].verdict, V_OK);
    request = peer_load(s.mem, "request");
    assert_int_equal(strncmp(request, "POST /p/acts?ref=id-0 HTTP/1.1\r\n", 32), 0);
    site_close(&s);
}

static const struct {
    const char *act, *reply;
    size_t count;
    enum verdict verdict, item;
    const char *said;
} answers[] = {
    { OK, DONE("<Code>NOPE</Code>"), 1, V_OK, V_REJECT, "NOPE" },
    { OK, DONE("<Code>NOPE</Code>"), 2, V_OK, V_RETRY, "unroll" },
    { OK, DONE("<Code>BUSY</Code>"), 2, V_RETRY, V_RETRY, "BUSY" },
    { OK, DONE("<Code>LATER</Code>"), 2, V_IN_DOUBT, V_IN_DOUBT, "LATER" },
    { OK, DONE("<Code>FINE</Code>" RES("id-0", "OK", "")), 1, V_OK, V_OK, "OK" },
    { OK, DONE("<Code>FINE</Code>"), 1, V_OK, V_IN_DOUBT, "missing" },
    { OK, DONE("<Code/>" RES("id-0", "OK", "")), 1, V_OK, V_OK, "OK" },
    { "500\tapplication/xml", DONE("<Code>NOPE</Code>"), 1, V_IN_DOUBT, V_IN_DOUBT, "NOPE" },
    { "409\tapplication/xml", DONE("<Code>NOPE</Code>"), 1, V_OK, V_REJECT, "NOPE" },
    { "503\ttext/plain", "", 1, V_IN_DOUBT, V_IN_DOUBT, "http.503" },
    { "429\ttext/plain", "", 2, V_RETRY, V_RETRY, "http.429" },
    { "413\ttext/plain", "", 2, V_OK, V_RETRY, "unroll" },
    { "403\ttext/plain", "", 2, V_FATAL, V_FATAL, "http.403" },
    { OK, "", 1, V_IN_DOUBT, V_IN_DOUBT, "xml.empty" },
    { OK, "<List xmlns='urn:t'/>", 1, V_IN_DOUBT, V_IN_DOUBT, "xml.response" },
    { OK, "<Done xmlns='urn:t'><Res ref='id-0'>", 1, V_IN_DOUBT, V_IN_DOUBT, "xml.malformed" },
    { "close", "", 2, V_IN_DOUBT, V_IN_DOUBT, "http.cut" },
    { "cut", DONE(RES("id-0", "OK", "")), 1, V_IN_DOUBT, V_IN_DOUBT, "http.cut" },
};

static void
test_answers(void **state)
{
    struct site s;

    (void)state;
    site_open(&s, map);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct push_item *items = make_items(&s, answers[i].count, "action", NULL);
        struct error err;
        long before = peer_number(s.mem, "count");
        enum verdict v =
            push(&s, "act", answers[i].act, answers[i].reply, items, answers[i].count, &err);

        if (v != answers[i].verdict || strcmp(items[0].said, answers[i].said) != 0)
            fail_msg("row %zu: %s: %s, said %s", i, err.code, err.text, items[0].said);
        for (size_t n = 0; n < answers[i].count; n++) {
            assert_int_equal(items[n].verdict, answers[i].item);
            assert_string_equal(items[n].said, answers[i].said);
        }
        assert_int_equal(peer_number(s.mem, "count") - before, 1);
    }
    site_close(&s);
}

static void
test_contents(void **state)
{
    struct site s;
    struct page page;
    struct error err;
    struct push_item *items;
    const char *request;

    (void)state;
    site_open(&s, map);
    assert_int_equal(
        pull(&s, OK, LIST("<Rec><No>1</No><Files><F><Id>f</Id><Data>YWJj</Data></F></Files></Rec>"),
             &page, &err),
        V_OK);
    assert_null(page.records->fault);
    site_holds(&s, site_field(&s, page.records->child, "content")->text, "abc", 3);
    items = make_items(&s, 1, "attachment", site_put(&s, "abcd", 4));
    assert_int_equal(push(&s, "send", OK, DONE("<Status>OK</Status>"), items, 1, &err), V_OK);
    assert_int_equal(items[0].verdict, V_OK);
    request = peer_load(s.mem, "request");
    assert_non_null(strstr(request, "<x:File xmlns:x=\"urn:t\" ref=\"id-0\"><x:Data>YWJjZA=="
                                    "</x:Data></x:File>"));
    site_close(&s);
}

static void
test_probe(void **state)
{
    struct site s;
    struct error err;
    const char *said;

    (void)state;
    site_open(&s, map);
    peer_do(OK "\tServer: Portal/1", LIST(""));
    assert_int_equal(s.a.ops->probe(&s.a, s.mem, &said, &err), V_OK);
    assert_ptr_equal(strstr(said, "XML over TLSv1.3, server \"Portal/1\", answered \"list\""),
                     said);
    assert_non_null(strstr(peer_load(s.mem, "request"), "&n%26m=1&"));
    peer_do("401\ttext/xml", "");
    assert_int_equal(s.a.ops->probe(&s.a, s.mem, &said, &err), V_FATAL);
    site_close(&s);
}

/* The peer asks for a certificate: without ours nothing is said, with it the answer comes. */
static void
test_client_certificate(void **state)
{
    int good = peer.port[PEER_GOOD];

    (void)state;
    peer.port[PEER_GOOD] = peer.port[PEER_MUTUAL];
    for (int with = 0; with < 2; with++) {
        struct site s;
        struct page page;
        struct error err;
        const char *cert, *key;
        enum verdict v;

        site_open(&s, map);
        if (with) {
            void *options = arena_alloc(s.mem, s.a.ops->options_size);

            memcpy(options, s.a.options, s.a.ops->options_size);
            cert = peer_path(s.mem, "client.pem");
            key = peer_path(s.mem, "client.key");
            site_option(&s, options, "cert", &cert, sizeof cert);
            site_option(&s, options, "key", &key, sizeof key);
            s.a.options = options;
            s.a.state = arena_alloc(s.mem, s.a.ops->state_size);
            assert_int_equal(s.a.ops->open(&s.a, &err), V_OK);
        }
        v = pull(&s, OK, LIST(""), &page, &err);
        if (with)
            assert_int_equal(v, V_OK);
        else
            assert_int_not_equal(v, V_OK);
        site_close(&s);
    }
    peer.port[PEER_GOOD] = good;
}

/* ---- maps ---- */

static const struct {
    const char *from, *to, *line, *says;
} mistakes[] = {
    { "method = GET", "method = PUT", "method", "GET or POST" },
    { "target = /complaints", "target = complaints", "target", "not /PATH" },
    { "target = /complaints", "target = /a?b=c", "target", "not /PATH" },
    { "target = /complaints", "target = /a b", "target", "not /PATH" },
    { "query = after $after", "query = after", "query = after", "a name and a value" },
    { "query = after $after", "query = after $later", "query = after", "unknown variable $later" },
    { "query = after $after", "query = after $after format=\"%d\"", "query = after",
      "format= is for times" },
    { "format=\"%d/%m/%Y %H:%M\"", "format=\"%Q\"", "query = since", "format" },
    { "method = GET\n", "method = GET\nrequest = x:Ask\n", "request = x:Ask", "sends no element" },
    { "method = GET\n", "method = GET\narg = x:A $after\n", "arg = x:A", "it has query" },
    { "request = x:Find\n", "", "[call find]", "needs request" },
    { "request = x:Acts\n", "request = x:Acts\nmethod = GET\n", "method = GET\nitem",
      "GET carries nothing" },
    { "fault = x:Fault/x:Code", "fault = q:Fault", "fault = q", "not in [namespaces]" },
    { "fault = x:Fault/x:Code\n", "", "fault.text", "needs fault" },
    { "response = x:List\n", "", "[call list]", "needs response" },
    { "records = x:List/x:Rec", "records = x:Rec", "records = x:Rec", "does not begin with" },
    { "x:Data bytes", "x:Data bytes xop", "content both", "xop is for soap" },
    { "kind = xml\n", "kind = xml\nversion = 1.1\n", "version", "version" },
    { "target = /complaints\n", "target = /complaints\naction = urn:x\n", "action = urn",
      "action" },
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
        const char *at = strstr(map, mistakes[i].from);
        char bad[sizeof map + 200];
        struct site s;
        bool found = false;

        assert_non_null(at);
        (void)snprintf(bad, sizeof bad, "%.*s%s%s", (int)(at - map), map, mistakes[i].to,
                       at + strlen(mistakes[i].from));
        site_load(&s, bad);
        for (size_t f = 0; f < s.faults.count; f++)
            found = found || (s.faults.items[f].line == line_of(bad, mistakes[i].line) &&
                              strstr(s.faults.items[f].text, mistakes[i].says));
        if (!found || s.faults.count > 3) {
            for (size_t f = 0; f < s.faults.count; f++)
                print_error("%d: %s\n", s.faults.items[f].line, s.faults.items[f].text);
            fail_msg("row %zu", i);
        }
        arena_free(s.mem);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get),        cmocka_unit_test(test_post),
        cmocka_unit_test(test_pages),      cmocka_unit_test(test_push),
        cmocka_unit_test(test_answers),    cmocka_unit_test(test_contents),
        cmocka_unit_test(test_probe),      cmocka_unit_test(test_client_certificate),
        cmocka_unit_test(test_map_faults),
    };

    return cmocka_run_group_tests(tests, peer_start, site_stop);
}
