/*
 * Pushes of the soap adapter: what goes out, how each item's answer is found, and what the items
 * are told when there is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../fixtures/soap_site.h"

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

#define RES(id, status, more) "<Res><Status>" status "</Status><Ref>" id "</Ref>" more "</Res>"

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
    assert_int_equal(
        push(&s, OK_11,
             OPEN_11 "<ActR>" RES("id-2", "DUPLICATE", "<No>R2</No>") RES("id-9", "OK", "")
                 RES(" id-0 ", "OK", "<No>R0</No>")
                     RES("id-1", "REFUSED", "<Code>NOPE</Code><Text>no</Text>") "</ActR>" SHUT,
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
    assert_int_equal(
        push(&s, OK_11, OPEN_11 "<ActR><Res><Ref>id-0</Ref></Res></ActR>" SHUT, items, 1, &err),
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
    { "500\ttext/xml", FAULT_11("s:Server"), 3, V_IN_DOUBT, V_IN_DOUBT, "Server" },
    { OK_11, FAULT_11("s:Server"), 1, V_IN_DOUBT, V_IN_DOUBT, "Server" },
    { "500\ttext/xml", FAULT_11("s:Server.Db"), 2, V_RETRY, V_RETRY, "Server.Db" },
    { "500\ttext/xml", FAULT_11("s:MustUnderstand"), 2, V_FATAL, V_FATAL, "MustUnderstand" },
    { "303\ttext/plain\tLocation: /done", "", 1, V_FATAL, V_IN_DOUBT, "http.303" },
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
    assert_int_equal(
        push(&s, OK_11, OPEN_11 "<ActR>" RES("id-1", "OK", "") "</ActR>" SHUT, items, 2, &err),
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_push_results),
        cmocka_unit_test(test_push_answers),
        cmocka_unit_test(test_push_unsent),
        cmocka_unit_test(test_push_unreached),
    };

    return cmocka_run_group_tests(tests, peer_start, stop_site);
}
