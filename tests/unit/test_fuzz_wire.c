/*
 * Replies spoiled by chance, to every shape of reply that the wire adapters read: SOAP 1.1, escaped
 * XML in a string, a DataSet diffgram, MTOM parts, plain XML. None may crash, hang, or hand out a
 * record whose bytes are not its own.
 */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../adapters/wire.h"
#include "fuzz_aid.h"
#include "map_fixture.h"

extern const struct adapter_ops adapter_soap, adapter_xml;

static const struct adapter_ops *const kinds[] = { &adapter_soap, &adapter_xml, NULL };
static char folder[] = "/tmp/bridge-fuzz-wire-XXXXXX";

static struct peer {
    const char *map, *often; /* the call that its samples answer */
    struct map_fixture fixture;
    struct adapter adapter;
    size_t seen; /* records */
} igrs = { .map = "mappings/igrs.map", .often = "list" },
  cpgrams = { .map = "mappings/cpgrams.map", .often = "list" },
  nhrc = { .map = "mappings/nhrc.map", .often = "documents" },
  hrcms = { .map = "mappings/hrcms.map", .often = "files" };

static struct peer *const peers[] = { &igrs, &cpgrams, &nhrc, &hrcms };

static void
read_as(struct peer *p, struct arena *mem, const char *type, const char *bytes, size_t len)
{
    const struct mapping *map = &p->fixture.map;
    const struct map_call *call = fuzz_throw(2)
                                      ? mapping_call(map, p->often)
                                      : &map->calls[fuzz_throw((uint32_t)map->call_count)];
    struct http_reply http = { .status = 200, .type = type, .charset = "", .server = "" };
    struct page page = { 0 };
    enum wire_outcome outcome;
    struct http_sink sink;
    struct error err;
    bool goes_on = true;
    struct buf body;

    buf_init(&body, 1);
    http.body = &body;
    struct wire_reply *reply =
        wire_reply_new(&p->adapter, mem, wire_call_of(&p->adapter, call), &sink);

    if (sink.begin)
        sink.begin(sink.ctx, 200, type);
    for (size_t at = 0; at < len && goes_on;) {
        size_t part = 1 + fuzz_throw(4000);

        part = part < len - at ? part : len - at;
        goes_on = sink.take(sink.ctx, bytes + at, part);
        at += part;
    }
    if (wire_reply_end(reply, &http, V_OK, &outcome, &err) == V_OK && outcome == WIRE_ANSWERED) {
        wire_reply_page(reply, &page);
        wire_reply_raw(reply, &http, &page);
        for (const struct record *r = page.records; r; r = r->next) {
            struct record *canonical;

            assert_non_null(r->raw);
            p->seen++;
            if (!r->fault)
                (void)!mapper_in(&p->fixture.mapper, mem, r, &canonical, &err);
        }
    }
    buf_release(&body);
}

static void
read_igrs(struct arena *mem, const char *bytes, size_t len)
{
    read_as(&igrs, mem, "text/xml", bytes, len);
}

static void
read_cpgrams(struct arena *mem, const char *bytes, size_t len)
{
    read_as(&cpgrams, mem, "text/xml", bytes, len);
}

static void
read_nhrc(struct arena *mem, const char *bytes, size_t len)
{
    read_as(&nhrc, mem,
            fuzz_throw(4)
                ? "multipart/related; boundary=b; type=\"application/xop+xml\"; start=\"<r>\""
                : "text/xml",
            bytes, len);
}

static void
read_hrcms(struct arena *mem, const char *bytes, size_t len)
{
    read_as(&hrcms, mem, "application/xml", bytes, len);
}

static const struct fuzz_reader readers[] = {
    { "igrs",
      read_igrs,
      { "tests/fixtures/xml/good-soap11.xml",
        "=<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' "
        "xmlns='urn:up:igrs:grievance:1'><s:Header/><s:Body><ListChangedResponse More='true'>"
        "<Grievance><Code>40020000000001</Code><Source>Online</Source><Subject>a</Subject>"
        "<Applicant><Name>b</Name></Applicant><MarkedTo code='155'/>"
        "<ReceivedOn>01/06/2020 10:00:00</ReceivedOn><Actions><Action><Seq>1</Seq></Action>"
        "</Actions></Grievance></ListChangedResponse></s:Body></s:Envelope>",
        "=<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault>"
        "<faultcode>s:Client.Busy</faultcode><faultstring>no</faultstring></s:Fault></s:Body>"
        "</s:Envelope>",
        "=<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' "
        "xmlns='urn:up:igrs:grievance:1'><s:Body><SubmitActionsResponse><Result><Reference>x"
        "</Reference><Status>OK</Status><ReceiptNo>7</ReceiptNo></Result>"
        "</SubmitActionsResponse></s:Body></s:Envelope>" } },
    { "cpgrams",
      read_cpgrams,
      { "=<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>"
        "<c:GetGrievancesResponse xmlns:c='http://tempuri.org/'><c:GetGrievancesResult>&lt;?xml "
        "version=\"1.0\" "
        "encoding=\"utf-16\"?&gt;&lt;Grievances "
        "more='true'&gt;&lt;Grievance&gt;&lt;RegistrationNo&gt;"
        "ABCDE/E/2020/0000001&lt;/RegistrationNo&gt;&lt;/Grievance&gt;&lt;/Grievances&gt;"
        "</c:GetGrievancesResult></c:GetGrievancesResponse></s:Body></s:Envelope>",
        "=<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>"
        "<GetMovementsResponse xmlns='http://tempuri.org/'><GetMovementsResult><diffgr:diffgram "
        "xmlns:diffgr='urn:schemas-microsoft-com:xml-diffgram-v1'><NewDataSet xmlns=''><Movement "
        "diffgr:id='1'>"
        "<Sno>1</Sno></Movement></NewDataSet><diffgr:before><Movement xmlns='' "
        "diffgr:id='1'/></diffgr:before>"
        "</diffgr:diffgram></GetMovementsResult></GetMovementsResponse></s:Body></s:Envelope>" } },
    { "nhrc",
      read_nhrc,
      { "=\r\n--b\r\nContent-Type: application/xop+xml\r\nContent-ID: <r>\r\n\r\n"
        "<s:Envelope "
        "xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><ListDocumentsResponse "
        "xmlns='urn:nhrc:hrcnet:authority:1'><Document><DocumentId>1</DocumentId><Content>"
        "<xop:Include xmlns:xop='http://www.w3.org/2004/08/xop/include' "
        "href='cid:1'/></Content></Document>"
        "</ListDocumentsResponse></s:Body></s:Envelope>\r\n--b\r\nContent-ID: "
        "<1>\r\n\r\nabc\r\n--b--\r\n" } },
    { "hrcms",
      read_hrcms,
      { "=<?xml version='1.0' encoding='UTF-8'?><Files xmlns='urn:haryana:police:cms:1' "
        "more='true'><File><FileId>1</FileId>"
        "<Content>YWJj</Content></File></Files>",
        "=<error><code>BUSY</code><text>x</text></error>" } },
};

static void
test_replies(void **state)
{
    (void)state;
    fuzz_run(readers, sizeof readers / sizeof *readers, folder);
    /* The samples are replies that can be read, while chance leaves them whole. */
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++)
        assert_true(peers[i]->seen > 0);
}

/* ---- the place ---- */

static int
begin(void **state)
{
    static const char url[] = "https://localhost:1/", word[] = "env:BRIDGE_FUZZ_WORD";
    const char *at = url, *secret = word;
    struct error err;

    (void)state;
    if (!mkdtemp(folder) || setenv("BRIDGE_FUZZ_WORD", "x", 1))
        return 1;
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
        struct peer *p = peers[i];

        map_fixture_open(&p->fixture, "mappings/units", p->map, kinds);
        map_fixture_print(&p->fixture);
        if (p->fixture.faults.count > 0)
            return 1;
        const struct adapter_ops *ops = p->fixture.ops;
        struct arena *mem = p->fixture.mem;
        char *options = arena_alloc(mem, ops->options_size);

        for (const struct conf_key *k = ops->keys; k->name; k++) {
            long number = 1000000;

            if (strcmp(k->name, "url") == 0)
                memcpy(options + k->offset, &at, sizeof at);
            else if (k->flags & CONF_SECRET)
                memcpy(options + k->offset, &secret, sizeof secret);
            else if (k->type == CONF_INT || k->type == CONF_SIZE || k->type == CONF_SPAN)
                memcpy(options + k->offset, &number, sizeof number);
        }
        p->adapter = (struct adapter){ .ops = ops, .system = p->map, .map = &p->fixture.map };
        p->adapter.options = options;
        p->adapter.mem = mem;
        p->adapter.state = arena_alloc(mem, ops->state_size);
        assert_int_equal(contents_open(mem, arena_format(mem, "%s/contents", folder), 1 << 20,
                                       &p->adapter.contents, &err),
                         V_OK);
        assert_int_equal(ops->open(&p->adapter, &err), V_OK);
    }
    return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static int
end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
        peers[i]->adapter.ops->close(&peers[i]->adapter);
        map_fixture_close(&peers[i]->fixture);
    }
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_replies) };

    return cmocka_run_group_tests(tests, begin, end);
}
