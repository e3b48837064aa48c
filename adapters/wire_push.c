/*
 * Sending. One call carries up to a batch of items; each answer is matched to
 * its item by our reference, never by its place.
 *
 *   how the peer answered          each item
 *   connection never stood         V_RETRY (V_FATAL where TLS or conf is at fault)
 *   a content broke it off         V_FATAL
 *   sent, no whole answer          V_IN_DOUBT
 *   fault                          by [faults]; else "Client" of SOAP refuses, and so does one of
 *                                  plain XML with a status below 500; any other is V_IN_DOUBT. A
 *                                  refusal of more than one item is V_RETRY with said = "unroll":
 *                                  to be sent one by one
 *   HTTP 3xx, 5xx without a fault  V_IN_DOUBT
 *   HTTP 408 425 429               V_RETRY
 *   HTTP 400 409 413 422           as a fault that refuses
 *   other HTTP status              V_FATAL
 *   2xx that cannot be read        V_IN_DOUBT
 *   response without the item      V_IN_DOUBT
 *   result in the words of
 *   result.ok                      V_OK
 *   any other result               by [faults] with the word of result.said, else of result.ok;
 *                                  V_REJECT unless said
 */
#include "wire.h"

#include <string.h>

#include "text.h"

#define REQUEST_MAX ((size_t)32 << 20)

/* Each item still without an answer gets this one. */
static void
answer_all(struct push_item *items, size_t count, enum verdict v, const char *said,
           const char *detail)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i].verdict != V_OK)
            continue;
        items[i].verdict = v;
        items[i].said = said;
        items[i].detail = detail;
    }
}

/* ---- the request ---- */

/* V_OK, or V_REJECT when XML cannot carry one of the values, or a content is not there. */
static enum verdict
check_item(const struct adapter *a, struct arena *mem, const struct map_stream *stream,
           const struct push_item *item, struct error *err)
{
    for (size_t i = 0; i < stream->count && i < item->record->count; i++) {
        const struct field *f = &item->record->fields[i];
        const struct map_line *line = &stream->lines[i];
        enum verdict v;

        if (!(line->direction & MAP_OUT) || !f->text)
            continue;
        if (line->kind == KIND_BYTES) {
            v = wire_content_fits(a, mem, line, f, err);
            if (v)
                return v;
        } else if (!xml_can_carry(f->text, f->len)) {
            v = error_set(err, V_REJECT, "xml.char",
                          "a value holds a character that XML cannot carry");
            error_at(err, line->canonical, line->remote);
            return v;
        }
    }
    return V_OK;
}

static enum verdict
add_item(const struct adapter *a, const struct wire_call *call, const struct map_stream *stream,
         struct wire_body *body, struct xml_node *request, const struct push_item *item,
         struct error *err)
{
    struct xml_node *node = xml_tree_element(request, call->item);
    enum verdict v = V_OK;

    if (!node)
        return error_set(err, V_FATAL, "wire.map", "no item can be put at \"%s\"", call->item);
    if (call->key)
        v = xml_tree_put(node, call->key, item->delivery, strlen(item->delivery), err);
    for (size_t i = 0; !v && i < stream->count && i < item->record->count; i++) {
        const struct field *f = &item->record->fields[i];
        const struct map_line *line = &stream->lines[i];

        if (!(line->direction & MAP_OUT) || !f->text)
            continue;
        v = line->kind == KIND_BYTES ? wire_body_content(body, a, node, line, f, err)
                                     : xml_tree_put(node, line->remote, f->text, f->len, err);
    }
    return v;
}

/* The request for all items that can be sent; *sent is how many those are. */
static enum verdict
make_request(const struct adapter *a, struct arena *mem, const struct wire_call *call,
             struct push_item *items, size_t count, struct wire_body *body, const char **headers,
             struct http_request *out, size_t *sent, struct error *err)
{
    const struct map_stream *stream = mapping_stream(a->map, call->call->carries);
    const struct adapter_var vars[] = {
        { "delivery", count == 1 ? items[0].delivery : NULL },
    };
    struct xml_node *document, *request;
    enum verdict v = V_OK;

    *sent = 0;
    document = wire_document(a, mem, call, vars, 1, &request, &v, err);
    if (v)
        return V_FATAL; /* what all requests have in common is at fault, and no item */
    for (size_t i = 0; !v && i < count; i++) {
        v = check_item(a, mem, stream, &items[i], err);
        if (v == V_REJECT) {
            items[i].verdict = V_REJECT;
            items[i].said = arena_copy(mem, err->code);
            items[i].detail = arena_format(mem, "%s: %s", err->text, err->field);
            v = V_OK;
            continue;
        }
        if (!v)
            v = add_item(a, call, stream, body, request, &items[i], err);
        ++*sent;
    }
    if (!v && *sent > 0)
        v = wire_body_end(body, a, call, document, headers, out, err);
    out->target = wire_target_of(a, mem, call, vars, 1);
    return v;
}

/* ---- the answers ---- */

static bool
is_done(const char *words, const char *status)
{
    const char *word;
    size_t len;

    while (status && text_word(&words, &word, &len))
        if (text_same(word, len, status))
            return true;
    return false;
}

static void
answer(const struct adapter *a, const struct wire_call *call, struct push_item *item,
       const struct wire_result *result)
{
    const char *said = result->said && *result->said ? result->said : result->status;

    item->receipt = result->receipt && *result->receipt ? result->receipt : NULL;
    item->detail = result->text;
    if (is_done(call->ok, result->status)) {
        item->verdict = V_OK;
        item->said = result->status;
        return;
    }
    item->said = said;
    item->verdict = said ? mapping_fault(a->map, said, V_REJECT) : V_IN_DOUBT;
}

/* The result for an item; *many when there are several, which is as good as none. */
static const struct wire_result *
find_result(const struct wire_call *call, const struct wire_result *results,
            const struct push_item *item, bool *many)
{
    const struct wire_result *found = NULL;

    *many = false;
    for (const struct wire_result *r = results; r; r = r->next) {
        if (call->matched && (!r->key || strcmp(r->key, item->delivery) != 0))
            continue;
        *many = found != NULL;
        if (found)
            break;
        found = r;
    }
    return found;
}

static void
match_results(const struct adapter *a, const struct wire_call *call,
              const struct wire_result *results, struct push_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct wire_result *result;
        bool many;

        if (items[i].verdict != V_OK) /* refused before it was sent */
            continue;
        result = find_result(call, results, &items[i], &many);
        if (result && !many) {
            answer(a, call, &items[i], result);
            continue;
        }
        items[i].verdict = V_IN_DOUBT;
        items[i].said = many ? "twice" : "missing";
    }
}

/* One word for the whole call. A refusal is of one item, and so is a word that [faults] reads as
 * done ("there already"): of which, only sending them one by one tells. */
static enum verdict
answer_as_one(enum verdict v, struct push_item *items, size_t count, size_t sent, const char *said,
              const char *detail)
{
    if ((v == V_REJECT || v == V_OK) && sent > 1) {
        answer_all(items, count, V_RETRY, "unroll", NULL);
        return V_OK;
    }
    answer_all(items, count, v, said, detail);
    return v == V_REJECT ? V_OK : v;
}

static enum verdict
sort_answers(const struct adapter *a, struct arena *mem, const struct wire_call *call,
             struct wire_reply *reply, const struct http_reply *http, enum verdict http_v,
             struct push_item *items, size_t count, size_t sent, struct error *err)
{
    enum wire_outcome outcome;
    enum verdict v = wire_reply_end(reply, http, http_v, &outcome, err);
    const char *said = arena_copy(mem, v ? err->code : NULL), *word, *text;

    if (v)
        err->retry_after = http->retry_after;
    switch (outcome) {
    case WIRE_ANSWERED:
        match_results(a, call, wire_reply_results(reply), items, count);
        return V_OK;
    case WIRE_FAULTED:
        word = wire_reply_fault(reply, &text);
        return answer_as_one(v, items, count, sent, word, text);
    case WIRE_REFUSED:
        if (http->status >= 500)
            break;
        if (http->status < 400) { /* some work is answered by sending the asker elsewhere */
            answer_all(items, count, V_IN_DOUBT, said, NULL);
            return v;
        }
        return answer_as_one(v, items, count, sent, said, NULL);
    case WIRE_UNREACHED:
        /* A request that a content broke off was never whole. */
        if (!http->sent || strncmp(err->code, "content.", 8) == 0) {
            answer_all(items, count, v, said, NULL);
            return v;
        }
        break;
    case WIRE_UNREADABLE:
    case WIRE_BROKEN:
        break;
    }
    answer_all(items, count, V_IN_DOUBT, said, NULL);
    return V_IN_DOUBT;
}

enum verdict
wire_push(struct adapter *a, struct arena *mem, const struct map_call *map_call,
          struct push_item *items, size_t count, struct error *err)
{
    const struct wire_call *call = wire_call_of(a, map_call);
    struct wire *wire = a->state;
    struct wire_reply *reply;
    struct http_reply http;
    struct http_sink sink = { 0 };
    struct http_request request = { .once = true };
    const char *headers[5] = { 0 };
    struct wire_body body;
    size_t sent = 0;
    enum verdict v;

    wire_body_begin(&body, mem, REQUEST_MAX);
    for (size_t i = 0; i < count; i++) {
        items[i].verdict = V_OK; /* until it is answered: "not refused yet" */
        items[i].receipt = items[i].said = items[i].detail = NULL;
    }
    v = make_request(a, mem, call, items, count, &body, headers, &request, &sent, err);
    if (v) {
        v = answer_as_one(v, items, count, count, arena_copy(mem, err->code), NULL);
        goto out;
    }
    if (sent == 0)
        goto out;
    reply = wire_reply_new(a, mem, call, &sink);
    v = http_post(wire->http, mem, &request, &sink, &http, err);
    v = sort_answers(a, mem, call, reply, &http, v, items, count, sent, err);
out:
    buf_release(&body.xml);
    return v;
}
