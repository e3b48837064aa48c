/*
 * Answers of .NET services (.asmx): a document in a string, a DataSet as a diffgram; and rpc.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../fixtures/wire_site.h"

/* %s: keys of the call. */
static const char map[] =
    "[map]\nsystem = t\ntitle = T\nkind = soap\nrole = portal\nzone = Asia/Kolkata\n"
    "[namespaces]\ng = http://tempuri.org/\n"
    "[call list]\nbrings = complaint\nrequest = g:Get\n%s"
    "[complaint]\nnumber in RegNo text key required\nbody in Text text\n"
    "subject in Mark/@code text\n"
    "[attachment in complaint at Files/File]\nkey in Id text key required\n"
    "content in Data bytes\n"
    "[not carried]\ncomplaint.* = no\naction = no\nattachment.* = no\nfeedback = no\nids = no\n"
    "count = no\nreceipt = no\n";

#define STRING                                                                                     \
    "unwrap = g:GetResponse/g:GetResult string\nresponse = List\nrecords = List/Rec\n"             \
    "more = List/@more = true\n"
#define DIFFGRAM                                                                                   \
    "unwrap = g:GetResponse/g:GetResult diffgram\nresponse = NewDataSet\n"                         \
    "records = NewDataSet/Table\nmore = g:GetResponse/g:more = true\n"

/* As .NET writes it: soap prefix, its two schema prefixes, default namespace of the service. */
#define NET_OPEN                                                                                   \
    "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"" URI_11                \
    "\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "                                  \
    "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"><soap:Body>"                                   \
    "<GetResponse xmlns=\"http://tempuri.org/\">"
#define NET_SHUT "</GetResponse></soap:Body></soap:Envelope>"

static char *
map_with(const char *keys)
{
    static char text[sizeof map + 400];

    (void)snprintf(text, sizeof text, map, keys);
    return text;
}

static enum verdict
pull(struct site *s, const char *reply, struct page *page, struct error *err)
{
    return site_pull(s, OK_11, reply, strlen(reply), page, err);
}

/* XML as the text of an element. */
static char *
escaped(struct site *s, const char *xml)
{
    char *out = arena_alloc(s->mem, 5 * strlen(xml) + 1), *at = out;

    for (; *xml; xml++) {
        const char *word = *xml == '<'   ? "&lt;"
                           : *xml == '>' ? "&gt;"
                           : *xml == '&' ? "&amp;"
                                         : NULL;

        if (word)
            at = stpcpy(at, word);
        else
            *at++ = *xml;
    }
    return out;
}

#define ABC                                                                                        \
    "<Rec><RegNo>A</RegNo>"                                                                        \
    "<Text>1 &lt; 2 \xE0\xA4\x95</Text><Mark code=\"x&amp;y\"/></Rec>"
#define ONE   "<List more=\"true\">" ABC "</List>"
#define UTF16 "<?xml version=\"1.0\" encoding=\"utf-16\"?>"

static const char *const openings[] = {
    "",
    UTF16,
    UTF16 "\r\n",
    "\r\n  " UTF16,
    "\xEF\xBB\xBF" UTF16,
    "<?xml version='1.0' standalone='yes' ?>",
    "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<!-- x -->",
    "\n\n",
};

static void
test_string(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof openings / sizeof *openings; i++) {
        const char *opening = openings[i / 2];
        struct site s;
        struct page page;
        struct error err;
        const char *inner;

        site_open(&s, map_with(STRING));
        inner = arena_format(s.mem, "%s" ONE, opening);
        inner = i % 2 ? arena_format(s.mem, "<![CDATA[%s]]>", inner) : escaped(&s, inner);
        assert_int_equal(
            pull(&s, arena_format(s.mem, NET_OPEN "<GetResult>%s</GetResult>" NET_SHUT, inner),
                 &page, &err),
            V_OK);
        assert_int_equal(page.count, 1);
        assert_true(page.more);
        assert_null(page.records->fault);
        assert_string_equal(site_field(&s, page.records, "number")->text, "A");
        assert_string_equal(site_field(&s, page.records, "body")->text, "1 < 2 \xE0\xA4\x95");
        assert_string_equal(site_field(&s, page.records, "subject")->text, "x&y");
        assert_int_equal(page.records->raw_len, strlen(ABC));
        assert_memory_equal(page.records->raw, ABC, strlen(ABC));
        assert_true(page.records->raw >= page.raw &&
                    page.records->raw + page.records->raw_len <= page.raw + page.raw_len);
        site_close(&s);
    }
}

/* Contents within the string are streamed as others are, whatever they are hidden in. */
static void
test_string_content(void **state)
{
    struct site s;
    struct page page;
    struct error err;
    unsigned char *bytes;

    (void)state;
    for (int cdata = 0; cdata < 2; cdata++) {
        static const char base64[] = "QUJD"; /* ABC */
        const size_t times = 8000000;
        const char *id, *inner;
        long memory;

        site_open(&s, map_with(STRING));
        bytes = arena_alloc(s.mem, 3 * times);
        for (size_t i = 0; i < times; i++)
            memcpy(bytes + 3 * i, "ABC", 3);
        id = site_id(&s, bytes, 3 * times);
        peer_do(OK_11, NET_OPEN "<GetResult>");
        if (cdata)
            site_reply_more("<![CDATA[", 9, 1);
        inner = cdata ? arena_copy(s.mem, UTF16 "<List><Rec><RegNo>1</RegNo><Files><File>"
                                                "<Id>f</Id><Data>")
                      : escaped(&s, UTF16 "<List><Rec><RegNo>1</RegNo><Files><File><Id>f</Id>"
                                          "<Data>");
        site_reply_more(inner, strlen(inner), 1);
        site_reply_more(base64, 4, times);
        inner = cdata ? arena_copy(s.mem, "</Data></File></Files></Rec>" ABC "</List>")
                      : escaped(&s, "</Data></File></Files></Rec>" ABC "</List>");
        site_reply_more(inner, strlen(inner), 1);
        if (cdata)
            site_reply_more("]]>", 3, 1);
        inner = arena_copy(s.mem, "</GetResult>" NET_SHUT);
        site_reply_more(inner, strlen(inner), 1);
        memory = site_memory_begin();
        if (s.a.ops->pull(&s.a, s.mem, mapping_call(&s.map, "list"), NULL, 0, &page, &err) != V_OK)
            fail_msg("%s: %s", err.code, err.text);
        assert_true(site_memory_end(memory) < 24L * 1024); /* libmagic's table, most of it */
        assert_int_equal(page.count, 2);
        assert_null(page.records->fault);
        assert_string_equal(site_field(&s, page.records->child, "content")->text, id);
        assert_int_equal(page.records->raw_len,
                         strlen("<Rec><RegNo>1</RegNo><Files><File><Id>f</Id><Data></Data></File>"
                                "</Files></Rec>"));
        assert_memory_equal(page.records->next->raw, ABC, strlen(ABC));
        site_close(&s);
    }
}

static const struct {
    const char *keys;
    const char *inside; /* of GetResponse */
    enum verdict verdict;
    const char *code;
    size_t count;
} pages[] = {
    { STRING, "<GetResult>&lt;List/&gt;</GetResult>", V_OK, "", 0 },
    { STRING, "<GetResult/>", V_REJECT, "xml.empty", 0 },
    { STRING,
      "<GetResult>"
      "&lt;?xml version='1.0'?&gt;"
      "</GetResult>",
      V_REJECT, "xml.empty", 0 },
    { STRING, "", V_REJECT, "soap.unwrap", 0 },
    { STRING, "<GetResult xsi:nil=\"true\"/>", V_REJECT, "soap.unwrap", 0 },
    { STRING, "<GetResult><List/></GetResult>", V_REJECT, "soap.unwrap", 0 },
    { STRING, "<GetResult>&lt;List/&gt;</GetResult><GetResult>&lt;List/&gt;</GetResult>", V_REJECT,
      "soap.unwrap", 0 },
    { STRING, "<GetResult>&lt;List&gt;&lt;Rec&gt;</GetResult>", V_REJECT, "xml.malformed", 0 },
    { STRING, "<GetResult>&lt;List/&gt;&lt;List/&gt;</GetResult>", V_REJECT, "xml.malformed", 0 },
    { STRING, "<GetResult>No records found</GetResult>", V_REJECT, "xml.malformed", 0 },
    { STRING, "<GetResult>&lt;Error&gt;db&lt;/Error&gt;</GetResult>", V_REJECT, "soap.error", 0 },
    { STRING, "<GetResult>&lt;Other/&gt;</GetResult>", V_REJECT, "soap.response", 0 },
    { STRING, "<GetResult>&lt;!DOCTYPE List&gt;&lt;List/&gt;</GetResult>", V_REJECT, "xml.dtd", 0 },
    { STRING, "<GetResult>&lt;List/&gt;</GetResult><error/>", V_REJECT, "soap.error", 0 },
    { DIFFGRAM, "<GetResult/>", V_REJECT, "soap.unwrap", 0 },
    { DIFFGRAM, "", V_REJECT, "soap.unwrap", 0 },
    { DIFFGRAM,
      "<GetResult><d:diffgram xmlns:d='urn:schemas-microsoft-com:xml-diffgram-v1'/></GetResult>",
      V_OK, "", 0 },
    { DIFFGRAM,
      "<GetResult><d:diffgram xmlns:d='urn:schemas-microsoft-com:xml-diffgram-v1'>"
      "<DocumentElement xmlns=''><Table/></DocumentElement></d:diffgram></GetResult>",
      V_REJECT, "soap.response", 0 },
    { DIFFGRAM,
      "<GetResult><d:diffgram xmlns:d='urn:schemas-microsoft-com:xml-diffgram-v1'>"
      "<NewDataSet xmlns=''/><NewDataSet xmlns=''/></d:diffgram></GetResult>",
      V_REJECT, "soap.response", 0 },
    { DIFFGRAM, "<GetResult><diffgram><NewDataSet xmlns=''/></diffgram></GetResult>", V_REJECT,
      "soap.unwrap", 0 },
};

static void
test_pages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        struct site s;
        struct page page;
        struct error err;
        enum verdict v;

        site_open(&s, map_with(pages[i].keys));
        v = pull(&s, arena_format(s.mem, NET_OPEN "%s" NET_SHUT, pages[i].inside), &page, &err);
        if (v != pages[i].verdict || strcmp(v ? err.code : "", pages[i].code) != 0)
            fail_msg("row %zu: %s: %s", i, v ? err.code : "ok", v ? err.text : "");
        assert_int_equal(page.count, pages[i].count);
        assert_true(page.raw_len > 0);
        site_close(&s);
    }
}

/* The inner document has the limits of the outer one. */
static void
test_limits(void **state)
{
    struct site s;
    struct page page;
    struct error err;
    struct buf reply;

    (void)state;
    site_open(&s, map_with(STRING));
    buf_init(&reply, 1 << 20);
    assert_true(buf_add_text(&reply, NET_OPEN "<GetResult>&lt;List&gt;"));
    for (int i = 0; i < 1000; i++)
        assert_true(buf_add_text(&reply, "&lt;Rec/&gt;"));
    assert_true(buf_add_text(&reply, "&lt;/List&gt;</GetResult>" NET_SHUT));
    assert_int_equal(pull(&s, reply.data, &page, &err), V_REJECT);
    assert_string_equal(err.code, "xml.limit");
    assert_non_null(strstr(err.text, "in the string"));
    buf_clear(&reply);
    /* blanks without end, and an opening that never is one */
    assert_true(buf_add_text(&reply, NET_OPEN "<GetResult>"));
    for (int i = 0; i < 10000; i++)
        assert_true(buf_add_text(&reply, "          "));
    assert_true(buf_add_text(&reply, "</GetResult>" NET_SHUT));
    assert_int_equal(pull(&s, reply.data, &page, &err), V_REJECT);
    buf_clear(&reply);
    assert_true(buf_add_text(&reply, NET_OPEN "<GetResult>&lt;?xml "));
    for (int i = 0; i < 1000; i++)
        assert_true(buf_add_text(&reply, "          "));
    assert_true(buf_add_text(&reply, "?&gt;&lt;List/&gt;</GetResult>" NET_SHUT));
    assert_int_equal(pull(&s, reply.data, &page, &err), V_REJECT);
    buf_release(&reply);
    site_close(&s);
}

/* A DataSet after changes, as its WriteXml(DiffGram) and .asmx give it: a schema in front; rows
 * that are unchanged, modified and new; "before" with the rows as they were, and the deleted ones,
 * which stand there alone; errors. */
static const char dataset[] = NET_OPEN
    "<GetResult>"
    "<xs:schema id=\"NewDataSet\" xmlns=\"\" xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" "
    "xmlns:msdata=\"urn:schemas-microsoft-com:xml-msdata\">"
    "<xs:element name=\"NewDataSet\" msdata:IsDataSet=\"true\" msdata:UseCurrentLocale=\"true\">"
    "<xs:complexType><xs:choice minOccurs=\"0\" maxOccurs=\"unbounded\">"
    "<xs:element name=\"Table\"><xs:complexType><xs:sequence>"
    "<xs:element name=\"RegNo\" type=\"xs:string\" minOccurs=\"0\" />"
    "<xs:element name=\"Text\" type=\"xs:string\" minOccurs=\"0\" />"
    "</xs:sequence></xs:complexType></xs:element></xs:choice></xs:complexType></xs:element>"
    "</xs:schema>"
    "<diffgr:diffgram xmlns:msdata=\"urn:schemas-microsoft-com:xml-msdata\" "
    "xmlns:diffgr=\"urn:schemas-microsoft-com:xml-diffgram-v1\">"
    "<NewDataSet xmlns=\"\">"
    "<Table diffgr:id=\"Table1\" msdata:rowOrder=\"0\"><RegNo>R1</RegNo><Text>as it was</Text>"
    "</Table>"
    "<Table diffgr:id=\"Table2\" msdata:rowOrder=\"1\" diffgr:hasChanges=\"modified\">"
    "<RegNo>R2</RegNo><Text>new text</Text></Table>"
    "<Table diffgr:id=\"Table4\" msdata:rowOrder=\"3\" diffgr:hasChanges=\"inserted\" "
    "diffgr:hasErrors=\"true\"><RegNo>R4</RegNo></Table>"
    "<Table1 diffgr:id=\"Table11\" msdata:rowOrder=\"0\"><RegNo>another table</RegNo></Table1>"
    "</NewDataSet>"
    "<diffgr:before>"
    "<Table diffgr:id=\"Table2\" msdata:rowOrder=\"1\" xmlns=\"\"><RegNo>R2</RegNo>"
    "<Text>old text</Text></Table>"
    "<Table diffgr:id=\"Table3\" msdata:rowOrder=\"2\" xmlns=\"\"><RegNo>R3 deleted</RegNo></Table>"
    "</diffgr:before>"
    "<diffgr:errors><Table diffgr:id=\"Table4\" diffgr:Error=\"x\" xmlns=\"\"/></diffgr:errors>"
    "</diffgr:diffgram></GetResult><more>true</more>" NET_SHUT;

static void
test_diffgram(void **state)
{
    static const char *const numbers[] = { "R1", "R2", "R4" };
    static const char *const texts[] = { "as it was", "new text", NULL };
    struct site s;
    struct page page;
    struct error err;
    const struct record *r;

    (void)state;
    site_open(&s, map_with(DIFFGRAM));
    if (pull(&s, dataset, &page, &err) != V_OK)
        fail_msg("%s: %s", err.code, err.text);
    assert_int_equal(page.count, 3);
    assert_true(page.more);
    r = page.records;
    for (int i = 0; i < 3; i++, r = r->next) {
        assert_null(r->fault);
        assert_string_equal(site_field(&s, r, "number")->text, numbers[i]);
        if (texts[i])
            assert_string_equal(site_field(&s, r, "body")->text, texts[i]);
        else
            assert_null(site_field(&s, r, "body")->text);
    }
    assert_null(r);
    site_close(&s);
}

/* Rows that were all deleted, in either of the shapes that .NET has for it. */
static void
test_deleted(void **state)
{
    struct site s;
    struct page page;
    struct error err;

    (void)state;
    site_open(&s, map_with(DIFFGRAM));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            pull(&s,
                 arena_format(s.mem,
                              NET_OPEN "<GetResult><diffgr:diffgram "
                                       "xmlns:diffgr='urn:schemas-microsoft-com:xml-diffgram-v1'>%s"
                                       "<diffgr:before><Table diffgr:id='Table1' xmlns=''>"
                                       "<RegNo>R1</RegNo></Table></diffgr:before></diffgr:diffgram>"
                                       "</GetResult>" NET_SHUT,
                              i ? "<NewDataSet xmlns=''/>" : ""),
                 &page, &err),
            V_OK);
        assert_int_equal(page.count, 0);
        assert_false(page.more);
    }
    site_close(&s);
}

/* rpc/literal: the wrapper has a namespace, its parts have none. */
static void
test_rpc(void **state)
{
    struct site s;
    struct page page;
    struct error err;

    (void)state;
    site_open(&s, map_with("style = rpc\narg = after $after\narg = span/g:rows $rows\n"
                           "response = g:GetResponse\nrecords = g:GetResponse/return/Rec\n"));
    assert_int_equal(pull(&s,
                          OPEN_11
                          "<r:GetResponse xmlns:r='http://tempuri.org/'><return xmlns=''>" ABC
                          "</return></r:GetResponse>" SHUT,
                          &page, &err),
                     V_OK);
    assert_int_equal(page.count, 1);
    assert_non_null(strstr(peer_load(s.mem, "request"),
                           "<g:Get><after>A/1 &amp; 2</after><span><g:rows>500</g:rows></span>"
                           "</g:Get>"));
    site_close(&s);
}

static const struct {
    const char *keys, *line, *says;
} mistakes[] = {
    { "unwrap = g:R/g:X\nresponse = L\nrecords = L/R\n", "unwrap", "not PATH string" },
    { "unwrap = g:R/g:X json\nresponse = L\nrecords = L/R\n", "unwrap", "not PATH string" },
    { "unwrap = g:R/g:X string x\nresponse = L\nrecords = L/R\n", "unwrap", "not PATH string" },
    { "unwrap = g:R/@x string\nresponse = L\nrecords = L/R\n", "unwrap", "element" },
    { "unwrap = q:R string\nresponse = L\nrecords = L/R\n", "unwrap", "not in [namespaces]" },
    { "unwrap = g:R string\nresponse = g:R\nrecords = L/R\n", "records", "does not begin with" },
    { "unwrap = g:R string\nresponse = L\nrecords = L/R\nmore = g:Q/x = y\n", "more",
      "does not begin with" },
    { "style = encoded\nresponse = L\nrecords = L/R\n", "style", "document or rpc" },
    { "style = rpc\narg = g:After $after\nresponse = g:L\nrecords = g:L/R\n", "arg",
      "a part has no namespace" },
    { "style = rpc\nresponse = g:L\nrecords = g:L/g:R\n", "records", "a part has no namespace" },
};

static void
test_map_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        const char *text = map_with(mistakes[i].keys), *at;
        struct site s;
        int line = 1;

        at = strstr(text, "[call list]");
        at = strstr(at, mistakes[i].line);
        for (const char *c = text; c < at; c++)
            line += *c == '\n';
        site_load(&s, text);
        if (s.faults.count != 1 || s.faults.items[0].line != line ||
            !strstr(s.faults.items[0].text, mistakes[i].says)) {
            for (size_t f = 0; f < s.faults.count; f++)
                print_error("%d: %s\n", s.faults.items[f].line, s.faults.items[f].text);
            fail_msg("row %zu, line %d", i, line);
        }
        arena_free(s.mem);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_string),   cmocka_unit_test(test_string_content),
        cmocka_unit_test(test_pages),    cmocka_unit_test(test_limits),
        cmocka_unit_test(test_diffgram), cmocka_unit_test(test_deleted),
        cmocka_unit_test(test_rpc),      cmocka_unit_test(test_map_faults),
    };

    return cmocka_run_group_tests(tests, peer_start, site_stop);
}
