/*
 * The soap adapter against a TLS peer on loopback that answers what it is told: maps checked,
 * requests made, replies read into records, faults judged, answers matched to their items.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../bridge/core/mapping_load.h"
#include "../fixtures/tls_peer.h"
#include "adapter.h"
#include "buf.h"
#include "config.h"

extern const struct adapter_ops adapter_soap;

#define URI_11 "http://schemas.xmlsoap.org/soap/envelope/"
#define URI_12 "http://www.w3.org/2003/05/soap-envelope"
#define OPEN_11 "<s:Envelope xmlns:s='" URI_11 "' xmlns='urn:t'><s:Header><h/></s:Header><s:Body>"
#define OPEN_12 "<s:Envelope xmlns:s='" URI_12 "' xmlns='urn:t'><s:Body>"
#define SHUT "</s:Body></s:Envelope>"
#define OK_11 "200\ttext/xml; charset=utf-8"
#define OK_12 "200\tapplication/soap+xml; charset=utf-8"

/* %s: further lines of [map]. */
static const char map_text[] =
    "[map]\nsystem = t\ntitle = T\nkind = soap\nrole = portal\nzone = Asia/Kolkata\n"
    "received = received_at\n%s"
    "[namespaces]\ng = urn:t\nsoap = urn:mine\n"
    "[call list]\nbrings = complaint\naction = urn:t/List\nrequest = g:List\n"
    "arg = g:Since $since format=\"%%d/%%m/%%Y %%H:%%M\"\narg = g:After $after\n"
    "arg = g:Page/@rows $rows\narg = g:Page/g:Kind \"two words\"\n"
    "response = g:ListR\nrecords = g:ListR/g:Rec\nmore = g:ListR/@more = true\n"
    "cursor = changed_at number\n"
    "[call act]\ncarries = action\nbatch = 3\naction = urn:t/Act\nrequest = g:Act\n"
    "item = g:Items/g:Item\nkey = g:Ref $delivery\nresponse = g:ActR\nresult = g:ActR/g:Res\n"
    "result.key = g:Ref\nresult.ok = g:Status = OK DUPLICATE\nresult.said = g:Code\n"
    "result.text = g:Text\nreceipt = g:No\n"
    "[faults]\nClient.NotYours = reject\nClient.Auth = fatal\nClient.None = ok\n"
    "Client* = reject\nBUSY = retry\nServer.Db = retry\n"
    "[complaint]\nnumber in g:No text key required\nbody in g:Body text\n"
    "subject in g:Mark/@code text\nreceived_at in g:On time format=\"%%d/%%m/%%Y %%H:%%M\"\n"
    "changed_at in g:Ch time format=\"%%d/%%m/%%Y %%H:%%M\"\n"
    "[action in complaint at g:Acts/g:A]\nkey in g:Seq text key\ntext both g:Text text\n"
    "number out g:No text\noffice out g:Where/@office text\n"
    "[not carried]\ncomplaint.* = no\naction.* = no\nattachment = no\nfeedback = no\nids = no\n"
    "count = no\nreceipt = no\n";

struct site {
    struct arena *mem;
    struct mapping map;
    struct adapter a;
    struct faults faults;
};


static void
set_option(void *options, const char *name, const void *value, size_t size)
{
    for (const struct conf_key *k = adapter_soap.keys; k->name; k++)
        if (strcmp(k->name, name) == 0) {
            memcpy((char *)options + k->offset, value, size);
            return;
        }
    fail_msg("no option %s", name);
}

static void
load_map(struct site *s, const char *text)
{
    static const struct adapter_ops *const kinds[] = { &adapter_soap, NULL };
    struct dict *dict;
    const struct adapter_ops *ops;

    memset(s, 0, sizeof *s);
    s->mem = arena_new("test");
    s->faults.mem = s->mem;
    dict = arena_alloc(s->mem, sizeof *dict);
    peer_save("map", text, strlen(text));
    dict_load(s->mem, "mappings/canonical.fields", dict, &s->faults);
    mapping_load(s->mem, peer_path(s->mem, "map"), dict, NULL, kinds, NULL, &s->map, &ops,
                 &s->faults);
}

static void
open_site(struct site *s, const char *version)
{
    char text[sizeof map_text + 64];
    const long numbers[] = { 3000, 2000, 0, 1 << 20, 1000 };
    static const char *const names[] = { "timeout", "connect_timeout", "stall", "max_reply",
                                         "max_elements" };
    const char *url, *ca;
    void *options;
    struct error err;

    (void)snprintf(text, sizeof text, map_text, version);
    load_map(s, text);
    for (size_t i = 0; i < s->faults.count; i++)
        print_error("%d: %s\n", s->faults.items[i].line, s->faults.items[i].text);
    assert_int_equal(s->faults.count, 0);
    url = arena_format(s->mem, "https://localhost:%d/", peer.port[PEER_GOOD]);
    ca = peer_path(s->mem, "good.pem");
    options = arena_alloc(s->mem, adapter_soap.options_size);
    set_option(options, "url", &url, sizeof url);
    set_option(options, "ca", &ca, sizeof ca);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        set_option(options, names[i], &numbers[i], sizeof numbers[i]);
    s->a.ops = &adapter_soap;
    s->a.system = "t";
    s->a.map = &s->map;
    s->a.options = options;
    s->a.state = arena_alloc(s->mem, adapter_soap.state_size);
    s->a.mem = s->mem;
    assert_int_equal(adapter_soap.open(&s->a, &err), V_OK);
}

static void
close_site(struct site *s)
{
    adapter_soap.close(&s->a);
    arena_free(s->mem);
}

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
#define ASSERT_RAW(r, want) \
    do { \
        assert_int_equal((r)->raw_len, strlen(want)); \
        assert_memory_equal((r)->raw, (want), (r)->raw_len); \
    } while (0)

static void
test_request(void **state)
{
    struct site s;
    struct page page;
    struct error err;
    const char *request;

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
                           "<g:Page rows=\"500\"><g:Kind>two words</g:Kind></g:Page></g:List>"
                           "</soap-env:Body></soap-env:Envelope>"));
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

#define REC_1 \
    "<Rec><No>1</No><Body><![CDATA[<b> & ]]>\xE0\xA4\x95</Body><Mark code='A&amp;B'/>" \
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

#define FAULT_11(code) \
    OPEN_11 "<s:Fault xmlns=''><faultcode>" code "</faultcode><faultstring>why \x26lt;</faultstring>" \
            "<detail><x/></detail></s:Fault>" SHUT
#define FAULT_12(code, sub) \
    OPEN_12 "<s:Fault><s:Code><s:Value>" code "</s:Value><s:Subcode><s:Value>" sub \
            "</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang='en'>why</s:Text>" \
            "<s:Text xml:lang='hi'>x</s:Text></s:Reason></s:Fault>" SHUT

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
    { "", "500\ttext/xml", FAULT_11("s:MustUnderstand"), V_FATAL, "soap.fault",
      "MustUnderstand" },
    { "", "500\ttext/xml", FAULT_11(" s:Client.x y&lt;\n"), V_REJECT, "soap.fault", "Client.x" },
    { "", OK_11, FAULT_11("s:Client.None"), V_OK, "", NULL },
    { "version = 1.2\n", "400\tapplication/soap+xml", FAULT_12("s:Sender", "t:NotYours"),
      V_REJECT, "soap.fault", "Client.NotYours" },
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

/* ---- pushes ---- */

static struct push_item *
make_items(struct site *s, size_t count)
{
    static const char *const ids[] = { "id-0", "id-1", "id-2" };
    struct push_item *items = arena_alloc(s->mem, (count + 1) * sizeof *items);

    for (size_t i = 0; i < count; i++) {
        struct record *r = arena_alloc(s->mem, sizeof *r);
        const struct map_stream *stream = mapping_stream(&s->map, "action");

        r->stream = stream->name;
        r->count = stream->count;
        r->fields = arena_alloc(s->mem, r->count * sizeof *r->fields);
        for (size_t l = 0; l < r->count; l++)
            if (stream->lines[l].direction & MAP_OUT) {
                r->fields[l].text = l == 1 ? "a < \xE0\xA4\x95" : "v";
                r->fields[l].len = strlen(r->fields[l].text);
            }
        items[i].delivery = ids[i];
        items[i].record = r;
        items[i].verdict = V_FATAL;
    }
    return items;
}

static enum verdict
push(struct site *s, const char *act, const char *reply, struct push_item *items, size_t count,
     struct error *err)
{
    memset(err, 0, sizeof *err);
    peer_do(act, reply);
    return adapter_soap.push(&s->a, s->mem, mapping_call(&s->map, "act"), items, count, err);
}

#define RES(id, status, more) \
    "<Res><Status>" status "</Status><Ref>" id "</Ref>" more "</Res>"

static void
test_push_results(void **state)
{
    struct site s;
    struct error err;
    struct push_item *items;
    const char *request;

    (void)state;
    open_site(&s, "");
    items = make_items(&s, 3);
    /* in another order, one refused, one done before */
    assert_int_equal(push(&s, OK_11,
                          OPEN_11 "<ActR>" RES("id-2", "DUPLICATE", "<No>R2</No>")
                              RES("id-9", "OK", "") RES(" id-0 ", "OK", "<No>R0</No>")
                                  RES("id-1", "REFUSED", "<Code>NOPE</Code><Text>no</Text>")
                          "</ActR>" SHUT,
                          items, 3, &err),
                     V_OK);
    assert_int_equal(items[0].verdict, V_OK);
    assert_string_equal(items[0].receipt, "R0");
    assert_int_equal(items[1].verdict, V_REJECT);
    assert_string_equal(items[1].said, "NOPE");
    assert_string_equal(items[1].detail, "no");
    assert_int_equal(items[2].verdict, V_OK);
    assert_string_equal(items[2].said, "DUPLICATE");
    assert_string_equal(items[2].receipt, "R2");
    request = peer_load(s.mem, "request");
    assert_non_null(strstr(request, "<g:Act><g:Items><g:Item><g:Ref>id-0</g:Ref><g:Text>a &lt; "
                                    "\xE0\xA4\x95</g:Text><g:No>v</g:No><g:Where office=\"v\"/>"
                                    "</g:Item><g:Item><g:Ref>id-1</g:Ref>"));
    /* missing, twice, busy, without a word */
    items = make_items(&s, 3);
    assert_int_equal(push(&s, OK_11,
                          OPEN_11 "<ActR>" RES("id-0", "OK", "") RES("id-0", "REFUSED", "")
                              RES("id-2", "REFUSED", "<Code>BUSY</Code>") "</ActR>" SHUT,
                          items, 3, &err),
                     V_OK);
    assert_int_equal(items[0].verdict, V_IN_DOUBT);
    assert_int_equal(items[1].verdict, V_IN_DOUBT);
    assert_string_equal(items[1].said, "missing");
    assert_int_equal(items[2].verdict, V_RETRY);
    items = make_items(&s, 1);
    assert_int_equal(push(&s, OK_11, OPEN_11 "<ActR><Res><Ref>id-0</Ref></Res></ActR>" SHUT, items,
                          1, &err),
                     V_OK);
    assert_int_equal(items[0].verdict, V_IN_DOUBT);
    close_site(&s);
}

static const struct {
    const char *act, *reply;
    size_t count;
    enum verdict verdict, item;
    const char *said;
} answers[] = {
    { "500\ttext/xml", FAULT_11("s:Client.NotYours"), 1, V_OK, V_REJECT, "Client.NotYours" },
    { "500\ttext/xml", FAULT_11("s:Client.NotYours"), 3, V_OK, V_RETRY, "unroll" },
    { "500\ttext/xml", FAULT_11("s:Client.None"), 1, V_OK, V_OK, "Client.None" },
    { "500\ttext/xml", FAULT_11("s:Client.None"), 2, V_OK, V_RETRY, "unroll" },
    { "500\ttext/xml", FAULT_11("s:Client.Auth"), 3, V_FATAL, V_FATAL, "Client.Auth" },
    { "500\ttext/xml", FAULT_11("s:Server"), 3, V_RETRY, V_RETRY, "Server" },
    { OK_11, FAULT_11("s:Server"), 1, V_RETRY, V_RETRY, "Server" },
    { "500\ttext/html", "<html/>", 3, V_IN_DOUBT, V_IN_DOUBT, "http.500" },
    { "502\ttext/html", "<html/>", 1, V_IN_DOUBT, V_IN_DOUBT, "http.502" },
    { "503\ttext/plain", "", 1, V_IN_DOUBT, V_IN_DOUBT, "http.503" },
    { "429\ttext/plain", "", 2, V_RETRY, V_RETRY, "http.429" },
    { "408\ttext/plain", "", 2, V_RETRY, V_RETRY, "http.408" },
    { "400\ttext/plain", "", 1, V_OK, V_REJECT, "http.400" },
    { "413\ttext/plain", "", 2, V_OK, V_RETRY, "unroll" },
    { "401\ttext/plain", "", 2, V_FATAL, V_FATAL, "http.401" },
    { "404\ttext/plain", "", 2, V_FATAL, V_FATAL, "http.404" },
    { OK_11, "", 1, V_IN_DOUBT, V_IN_DOUBT, "xml.empty" },
    { "200\ttext/html", "<html/>", 1, V_IN_DOUBT, V_IN_DOUBT, "http.html" },
    { OK_11, OPEN_11 "<ListR/>" SHUT, 1, V_IN_DOUBT, V_IN_DOUBT, "soap.response" },
    { OK_11, OPEN_11 "<ActR><Res>", 1, V_IN_DOUBT, V_IN_DOUBT, "xml.malformed" },
    { "close", "", 2, V_IN_DOUBT, V_IN_DOUBT, "http.cut" },
    { "cut", OPEN_11 "<ActR>" RES("id-0", "OK", "") "</ActR>" SHUT, 1, V_IN_DOUBT, V_IN_DOUBT,
      "http.cut" },
    { "endless", "", 1, V_IN_DOUBT, V_IN_DOUBT, "http.large" },
};

static void
test_push_answers(void **state)
{
    struct site s;

    (void)state;
    open_site(&s, "");
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct push_item *items = make_items(&s, answers[i].count);
        struct error err;
        long before = peer_number(s.mem, "count");
        enum verdict v = push(&s, answers[i].act, answers[i].reply, items, answers[i].count, &err);

        if (v != answers[i].verdict)
            print_error("row %zu: %s: %s\n", i, err.code, err.text);
        assert_int_equal(v, answers[i].verdict);
        for (size_t n = 0; n < answers[i].count; n++) {
            assert_int_equal(items[n].verdict, answers[i].item);
            assert_string_equal(items[n].said, answers[i].said);
        }
        assert_int_equal(peer_number(s.mem, "count") - before, 1);
    }
    close_site(&s);
}

static void
test_push_unsent(void **state)
{
    struct site s;
    struct error err;
    struct push_item *items;
    long before;

    (void)state;
    open_site(&s, "");
    before = peer_number(s.mem, "count");
    /* what XML cannot carry never leaves, and does not spoil its neighbours */
    items = make_items(&s, 1);
    items[0].record->fields[1].text = "\x01";
    items[0].record->fields[1].len = 1;
    assert_int_equal(push(&s, OK_11, "", items, 1, &err), V_OK);
    assert_int_equal(items[0].verdict, V_REJECT);
    assert_string_equal(items[0].said, "xml.char");
    assert_int_equal(peer_number(s.mem, "count"), before);
    items = make_items(&s, 2);
    items[0].record->fields[1].text = "\x01";
    items[0].record->fields[1].len = 1;
    assert_int_equal(push(&s, OK_11, OPEN_11 "<ActR>" RES("id-1", "OK", "") "</ActR>" SHUT, items,
                          2, &err),
                     V_OK);
    assert_int_equal(items[0].verdict, V_REJECT);
    assert_int_equal(items[1].verdict, V_OK);
    assert_null(strstr(peer_load(s.mem, "request"), "id-0"));
    close_site(&s);
}

static void
test_push_unreached(void **state)
{
    struct site s;
    struct error err;
    struct push_item *items;
    int good = peer.port[PEER_GOOD];

    (void)state;
    peer.port[PEER_GOOD] = 1; /* nobody listens there */
    open_site(&s, "");
    items = make_items(&s, 2);
    assert_int_equal(push(&s, OK_11, "", items, 2, &err), V_RETRY);
    assert_int_equal(items[0].verdict, V_RETRY);
    assert_string_equal(items[1].said, "http.connect");
    close_site(&s);
    peer.port[PEER_GOOD] = peer.port[PEER_OTHER]; /* not trusted */
    open_site(&s, "");
    items = make_items(&s, 1);
    assert_int_equal(push(&s, OK_11, "", items, 1, &err), V_FATAL);
    assert_int_equal(items[0].verdict, V_FATAL);
    assert_string_equal(err.code, "tls.verify");
    close_site(&s);
    peer.port[PEER_GOOD] = good;
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
    const char *line;      /* ... the line that the fault is told of begins with this, or NULL ... */
    const char *says;      /* ... and says this */
} mistakes[] = {
    { "kind = soap\n", "kind = soap\nversion = 2.0\n", "version", "SOAP is 1.1 or 1.2" },
    { "request = g:List\n", "", "[call list]", "needs request" },
    { "request = g:List\n", "request = q:List\n", "request = q", "not in [namespaces]" },
    { "request = g:List\n", "request = g:A/g:B\n", "request = g:A", "not one element" },
    { "$after\n", "$later\n", "arg = g:After", "no $later" },
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
                print_error("row %zu: %d: %s\n", i, s.faults.items[f].line,
                            s.faults.items[f].text);
        assert_true(found);
        assert_true(s.faults.count <= 3);
        arena_free(s.mem);
    }
}

static int
stop(void **state)
{
    struct arena *mem = arena_new("test");

    (void)unlink(peer_path(mem, "map"));
    arena_free(mem);
    return peer_stop(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),       cmocka_unit_test(test_records),
        cmocka_unit_test(test_record_faults), cmocka_unit_test(test_whole_pages),
        cmocka_unit_test(test_limits),        cmocka_unit_test(test_push_results),
        cmocka_unit_test(test_push_answers),  cmocka_unit_test(test_push_unsent),
        cmocka_unit_test(test_push_unreached), cmocka_unit_test(test_probe),
        cmocka_unit_test(test_map_faults),
    };

    return cmocka_run_group_tests(tests, peer_start, stop);
}
