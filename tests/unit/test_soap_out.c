/*
 * What goes out with files in it: Base64 within the XML, or parts of an MTOM message, streamed from
 * the store; and the security header.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "../fixtures/wire_site.h"
#include "clock.h"

/* %s: further lines of [map], rule of the content. */
static const char map[] =
    "[map]\nsystem = t\ntitle = T\nkind = soap\nrole = portal\nzone = Asia/Kolkata\n%s"
    "[namespaces]\ng = urn:t\nxop = urn:mine\n"
    "[call send]\ncarries = attachment\nbatch = 3\naction = urn:t/Send\nrequest = g:Send\n"
    "item = g:File\nkey = g:Ref $delivery\nresponse = g:SendR\nresult = g:SendR/g:Res\n"
    "result.key = g:Ref\nresult.ok = g:Status = OK\n"
    "[attachment]\nname out g:Name text\ncontent out g:In/g:Data bytes %s\n"
    "number out g:No text\n"
    "[not carried]\ncomplaint = no\naction = no\nattachment.* = no\nfeedback = no\nids = no\n"
    "count = no\nreceipt = no\n";

#define REPLY                                                                                      \
    "<SendR><Res><Ref>id-0</Ref><Status>OK</Status></Res><Res><Ref>id-1</Ref>"                     \
    "<Status>OK</Status></Res><Res><Ref>id-2</Ref><Status>OK</Status></Res></SendR>"

static const char *
map_with(const char *head, const char *rule)
{
    static char text[sizeof map + 200];

    (void)snprintf(text, sizeof text, map, head, rule);
    return text;
}

/* ids: of the contents; NULL = the field is absent. */
static struct push_item *
make_items(struct site *s, const char *const *ids, size_t count)
{
    static const char *const deliveries[] = { "id-0", "id-1", "id-2" };
    struct push_item *items = arena_alloc(s->mem, count * sizeof *items);

    for (size_t i = 0; i < count; i++) {
        struct record *r = arena_alloc(s->mem, sizeof *r);
        const char *const texts[] = { "a<b.pdf", ids[i], "7" };

        r->stream = "attachment";
        r->count = 3;
        r->fields = arena_alloc(s->mem, 3 * sizeof *r->fields);
        for (size_t f = 0; f < 3; f++) {
            r->fields[f].text = texts[f];
            r->fields[f].len = texts[f] ? strlen(texts[f]) : 0;
        }
        items[i].delivery = deliveries[i];
        items[i].record = r;
        items[i].verdict = V_FATAL;
    }
    return items;
}

static enum verdict
push(struct site *s, bool newer, struct push_item *items, size_t count, struct error *err)
{
    memset(err, 0, sizeof *err);
    peer_do(newer ? OK_12 : OK_11, newer ? OPEN_12 REPLY SHUT : OPEN_11 REPLY SHUT);
    return s->a.ops->push(&s->a, s->mem, mapping_call(&s->map, "send"), items, count, err);
}

/* The last request, whole. */
static char *
request_of(struct site *s, size_t *len)
{
    FILE *f = fopen(peer_path(s->mem, "request"), "rb");
    char *bytes = arena_alloc(s->mem, (size_t)32 << 20);

    assert_non_null(f);
    *len = fread(bytes, 1, ((size_t)32 << 20) - 1, f);
    assert_int_equal(fclose(f), 0);
    return bytes;
}

static char *
base64(struct site *s, const void *bytes, size_t len)
{
    char *out = arena_alloc(s->mem, 4 * ((len + 2) / 3) + 1);

    (void)EVP_EncodeBlock((unsigned char *)out, bytes, (int)len);
    return out;
}

static void
test_inline(void **state)
{
    struct site s;
    struct error err;
    struct push_item *items;
    const size_t large = 12 << 20;
    unsigned char *bytes;
    const char *ids[3], *want;
    char *request, *body;
    size_t len;
    long memory;

    (void)state;
    site_open(&s, map_with("", ""));
    bytes = site_bytes(&s, large, 5);
    ids[0] = site_put(&s, bytes, large);
    ids[1] = NULL;
    ids[2] = site_put(&s, "abcd", 4);
    items = make_items(&s, ids + 2, 1); /* what a connection costs */
    assert_int_equal(push(&s, false, items, 1, &err), V_OK);
    items = make_items(&s, ids, 3);
    memory = site_memory_begin();
    assert_int_equal(push(&s, false, items, 3, &err), V_OK);
    assert_true(site_memory_end(memory) < 6L * 1024);
    for (int i = 0; i < 3; i++)
        assert_int_equal(items[i].verdict, V_OK);
    request = request_of(&s, &len);
    body = strstr(request, "\r\n\r\n") + 4;
    want = arena_format(
        s.mem,
        "<g:Send><g:File><g:Ref>id-0</g:Ref><g:Name>a&lt;b.pdf</g:Name><g:In><g:Data>%s</g:Data>"
        "</g:In><g:No>7</g:No></g:File><g:File><g:Ref>id-1</g:Ref><g:Name>a&lt;b.pdf</g:Name>"
        "<g:No>7</g:No></g:File><g:File><g:Ref>id-2</g:Ref><g:Name>a&lt;b.pdf</g:Name><g:In>"
        "<g:Data>YWJjZA==</g:Data></g:In><g:No>7</g:No></g:File></g:Send></soap:Body>"
        "</soap:Envelope>",
        base64(&s, bytes, large));
    assert_int_equal(strlen(body), (size_t)(request + len - body));
    assert_string_equal(strstr(body, "<g:Send>"), want);
    assert_non_null(strstr(request, "\r\nContent-Type: text/xml; charset=utf-8\r\n"));
    assert_non_null(
        strstr(request, arena_format(s.mem, "\r\nContent-Length: %zu\r\n", strlen(body))));
    site_close(&s);
}

/* The next part: moves *at behind its boundary line; gives where its head ends, and its length. */
static const char *
part_at(const char **at, const char *end, const char *boundary, size_t *len)
{
    const char *mark = *at, *head, *next;
    size_t size = strlen(boundary);

    assert_memory_equal(mark, boundary, size);
    assert_memory_equal(mark + size, "\r\n", 2);
    head = memmem(mark, (size_t)(end - mark), "\r\n\r\n", 4);
    assert_non_null(head);
    next = memmem(head + 4, (size_t)(end - head - 4), boundary, size);
    assert_non_null(next);
    assert_memory_equal(next - 2, "\r\n", 2);
    *len = (size_t)(next - 2 - (head + 4));
    *at = next;
    return head + 4;
}

static void
try_parts(bool newer)
{
    struct site s;
    struct error err;
    struct push_item *items;
    const size_t large = 12 << 20;
    unsigned char *bytes;
    const char *ids[3], *end, *at, *root, *part, *boundary, *type, *cid, *head;
    char *request, *body;
    size_t len, root_len, part_len;
    long memory;

    site_open(&s, map_with(newer ? "version = 1.2\n" : "", "xop"));
    bytes = site_bytes(&s, large, 9);
    ids[0] = site_put(&s, bytes, large);
    ids[1] = NULL;
    ids[2] = site_put(&s, "%PDF-1.4 \r\n--x", 14);
    items = make_items(&s, ids, 3);
    memory = site_memory_begin();
    assert_int_equal(push(&s, newer, items, 3, &err), V_OK);
    assert_true(site_memory_end(memory) < 6L * 1024);
    for (int i = 0; i < 3; i++)
        assert_int_equal(items[i].verdict, V_OK);
    request = request_of(&s, &len);
    body = strstr(request, "\r\n\r\n") + 4;
    end = request + len;
    head = arena_text(s.mem, request, (size_t)(body - request));
    assert_non_null(
        strstr(head, arena_format(s.mem, "\r\nContent-Length: %zu\r\n", (size_t)(end - body))));
    type = strstr(head, "Content-Type: ");
    assert_non_null(type);
    assert_null(strstr(type + 1, "Content-Type: "));
    type = arena_text(s.mem, type, strcspn(type, "\r"));
    assert_int_equal(strncmp(type, "Content-Type: multipart/related;", 32), 0);
    assert_non_null(strstr(type, "type=\"application/xop+xml\""));
    assert_non_null(
        strstr(type, newer ? "start-info=\"application/soap+xml\"" : "start-info=\"text/xml\""));
    assert_int_equal(strstr(type, "action=\"urn:t/Send\"") != NULL, newer);
    assert_int_equal(strstr(head, "\r\nSOAPAction: \"urn:t/Send\"\r\n") != NULL, !newer);
    boundary = strstr(type, "boundary=\"") + 10;
    boundary = arena_format(s.mem, "--%.*s", (int)strcspn(boundary, "\""), boundary);
    at = body;
    root = part_at(&at, end, boundary, &root_len);
    head = arena_text(s.mem, body, (size_t)(root - body));
    assert_non_null(strstr(head, "Content-Type: application/xop+xml;"));
    assert_non_null(strstr(head, newer ? "type=\"application/soap+xml" : "type=\"text/xml\""));
    cid = strstr(type, "start=\"") + 7;
    cid = arena_text(s.mem, cid, strcspn(cid, "\""));
    assert_non_null(strstr(head, arena_format(s.mem, "Content-ID: %s\r\n", cid)));
    root = arena_text(s.mem, root, root_len);
    assert_non_null(strstr(root, "xmlns:xop-i=\"http://www.w3.org/2004/08/xop/include\""));
    for (int i = 0; i < 3; i += 2) {
        root = strstr(root, "<g:In><g:Data><xop-i:Include href=\"cid:");
        assert_non_null(root);
        root += strlen("<g:In><g:Data><xop-i:Include href=\"cid:");
        cid = arena_text(s.mem, root, strcspn(root, "\""));
        root += strlen(cid);
        assert_int_equal(strncmp(root, "\"/></g:Data></g:In><g:No>7</g:No></g:File>", 42), 0);
        head = at;
        part = part_at(&at, end, boundary, &part_len);
        head = arena_text(s.mem, head, (size_t)(part - head));
        assert_non_null(strstr(head, arena_format(s.mem, "Content-ID: <%s>\r\n", cid)));
        assert_non_null(strstr(head, "Content-Transfer-Encoding: binary"));
        assert_int_equal(part_len, i == 0 ? large : 14);
        assert_memory_equal(part, i == 0 ? (const char *)bytes : "%PDF-1.4 \r\n--x", part_len);
        if (i == 2)
            assert_non_null(strstr(head, "Content-Type: application/pdf"));
    }
    assert_memory_equal(at, arena_format(s.mem, "%s--", boundary), strlen(boundary) + 2);
    /* without a content the message is plain */
    ids[0] = NULL;
    items = make_items(&s, ids, 1);
    assert_int_equal(push(&s, newer, items, 1, &err), V_OK);
    request = request_of(&s, &len);
    assert_null(strstr(request, "multipart/related;"));
    assert_non_null(strstr(request, "<g:Ref>id-0</g:Ref>"));
    site_close(&s);
}

static void
test_parts(void **state)
{
    (void)state;
    try_parts(false);
    try_parts(true);
}

/* What the store does not have is refused before anything is sent; what it has no more as it was
 * never is whole at the peer. */
static void
test_absent(void **state)
{
    static const char *const rules[] = { "", "xop" };

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct site s;
        struct error err;
        struct push_item *items;
        const char *ids[2];
        long before;
        FILE *f;

        site_open(&s, map_with("", rules[i]));
        ids[0] = site_id(&s, "not there", 9);
        ids[1] = site_put(&s, "abcd", 4);
        items = make_items(&s, ids, 2);
        assert_int_equal(push(&s, false, items, 2, &err), V_OK);
        assert_int_equal(items[0].verdict, V_REJECT);
        assert_string_equal(items[0].said, "content.absent");
        assert_int_equal(items[1].verdict, V_OK);
        assert_null(strstr(peer_load(s.mem, "request"), "id-0"));
        before = peer_number(s.mem, "count");
        ids[0] = "../../etc/passwd";
        items = make_items(&s, ids, 1);
        assert_int_equal(push(&s, false, items, 1, &err), V_OK);
        assert_int_equal(items[0].verdict, V_REJECT);
        assert_int_equal(peer_number(s.mem, "count"), before);
        f = fopen(content_path(s.a.contents, s.mem, ids[1]), "r+b");
        assert_non_null(f);
        assert_int_equal(fputs("abXd", f) < 0 || fclose(f) != 0, 0);
        items = make_items(&s, ids + 1, 1);
        assert_int_equal(push(&s, false, items, 1, &err), V_FATAL);
        assert_string_equal(err.code, "content.altered");
        assert_int_equal(items[0].verdict, V_FATAL);
        assert_int_equal(peer_number(s.mem, "count"), before);
        site_close(&s);
    }
}

/* ---- security ---- */

#define WSS "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"

static char *
between(struct site *s, const char *text, const char *open, const char *shut)
{
    const char *from = strstr(text, open), *to;

    if (!from)
        fail_msg("no %s", open);
    from += strlen(open);
    to = strstr(from, shut);
    assert_non_null(to);
    return arena_text(s->mem, from, (size_t)(to - from));
}

static void
try_security(bool newer, bool digest)
{
    struct site s;
    struct error err;
    const char *ids[] = { NULL }, *request, *security, *token, *created, *nonce, *last = "";
    unsigned char raw[64], sum[SHA_DIGEST_LENGTH];
    char *joined;
    int64_t at, expires;

    site_open_as(&s,
                 map_with(newer    ? digest ? "version = 1.2\nsecurity = username digest\n"
                                            : "version = 1.2\nsecurity = username text\n"
                          : digest ? "security = username digest\n"
                                   : "security = username text\n",
                          ""),
                 "dcp&central", "p\xC3\xA4ss");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(push(&s, newer, make_items(&s, ids, 1), 1, &err), V_OK);
        request = peer_load(s.mem, "request");
        assert_null(strstr(request, "Authorization:"));
        assert_non_null(strstr(request, "xmlns:wsse=\"" WSS "wssecurity-secext-1.0.xsd\""));
        assert_non_null(strstr(request, "xmlns:wsu=\"" WSS "wssecurity-utility-1.0.xsd\""));
        security = between(&s, request, "<soap:Header><wsse:Security soap:mustUnderstand=\"",
                           "</wsse:Security></soap:Header><soap:Body>");
        assert_int_equal(strncmp(security, newer ? "true\">" : "1\">", newer ? 6 : 3), 0);
        created = between(&s, security, "<wsu:Timestamp><wsu:Created>", "</wsu:Created>");
        assert_true(clock_parse("%Y-%m-%dT%H:%M:%SZ", 0, created, strlen(created), &at));
        assert_in_range(clock_now() - at, 0, 20 * INT64_C(1000000));
        assert_true(clock_parse("%Y-%m-%dT%H:%M:%SZ", 0,
                                between(&s, security, "<wsu:Expires>", "</wsu:Expires>"), 20,
                                &expires));
        assert_int_equal(expires - at, 300 * INT64_C(1000000));
        token = between(&s, security, "<wsse:UsernameToken>", "</wsse:UsernameToken>");
        assert_string_equal(between(&s, token, "<wsse:Username>", "</wsse:Username>"),
                            "dcp&amp;central");
        assert_string_equal(between(&s, token, "<wsu:Created>", "</wsu:Created>"), created);
        nonce =
            between(&s, token,
                    "<wsse:Nonce EncodingType=\"" WSS "soap-message-security-1.0#Base64Binary\">",
                    "</wsse:Nonce>");
        assert_int_equal(strlen(nonce), 24);
        assert_string_not_equal(nonce, last);
        last = nonce;
        if (!digest) {
            assert_string_equal(between(&s, token,
                                        "<wsse:Password Type=\"" WSS
                                        "username-token-profile-1.0#PasswordText\">",
                                        "</wsse:Password>"),
                                "p\xC3\xA4ss");
            continue;
        }
        assert_null(strstr(request, "p\xC3\xA4ss"));
        assert_int_equal(EVP_DecodeBlock(raw, (const unsigned char *)nonce, 24), 18);
        joined = arena_format(s.mem, "%.*s%sp\xC3\xA4ss", 0, "", created);
        {
            size_t len = 16 + strlen(joined);
            unsigned char *all = arena_alloc(s.mem, len);

            memcpy(all, raw, 16);
            memcpy(all + 16, joined, strlen(joined));
            (void)SHA1(all, len, sum);
        }
        assert_string_equal(between(&s, token,
                                    "<wsse:Password Type=\"" WSS
                                    "username-token-profile-1.0#PasswordDigest\">",
                                    "</wsse:Password>"),
                            base64(&s, sum, sizeof sum));
    }
    site_close(&s);
}

static void
test_security(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        try_security(i & 1, i & 2);
}

/* A user that XML cannot carry is ours to mend: no item is refused for it. */
static void
test_user_that_cannot_be_sent(void **state)
{
    const char *ids[] = { NULL, NULL };
    struct push_item *items;
    struct site s;
    struct error err;

    (void)state;
    site_open_as(&s, map_with("security = username digest\n", ""), "a\x01", "secret");
    for (size_t count = 1; count <= 2; count++) {
        items = make_items(&s, ids, count);
        assert_int_equal(push(&s, false, items, count, &err), V_FATAL);
        assert_int_equal(items[0].verdict, V_FATAL);
        assert_int_equal(items[count - 1].verdict, V_FATAL);
        assert_null(strstr(err.text, "secret"));
    }
    site_close(&s);
}

static const struct {
    const char *head, *rule, *says;
} mistakes[] = {
    { "security = username\n", "", "security: username digest or username text" },
    { "kind = xml\n", "xop", "content: rule xop is for soap" },
};

static void
test_map_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct site s;
        bool found = false;
        char *text, *kind;

        text = strdup(map_with(mistakes[i].head, mistakes[i].rule));
        kind = strstr(text, "kind = soap\n");
        if (strncmp(mistakes[i].head, "kind", 4) == 0)
            memset(kind, '\n', 12);
        site_load(&s, text);
        for (size_t f = 0; f < s.faults.count; f++)
            found = found || strcmp(s.faults.items[f].text, mistakes[i].says) == 0;
        assert_true(found);
        free(text);
        arena_free(s.mem);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inline),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_absent),
        cmocka_unit_test(test_security),
        cmocka_unit_test(test_user_that_cannot_be_sent),
        cmocka_unit_test(test_map_faults),
    };

    return cmocka_run_group_tests(tests, peer_start, site_stop);
}
