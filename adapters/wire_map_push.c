/*
 * What a call carries: where each record goes in the request, and where its answer is found.
 */
#include "wire_reading.h"

#include <string.h>

#include "args.h"

static void
read_result_value(struct reading *r, int result, const char *key, enum wire_what what)
{
    const struct map_pair *p = wire_pair(r, key);
    const char *path = p ? p->value : NULL;
    int node;

    if (!p)
        return;
    if (what == WIRE_RESULT_OK && !wire_split(r->mem, p->value, &path, &r->out->ok)) {
        wire_complain(r, p->line, "%s: not PATH = WORDS", key);
        return;
    }
    if (r->out->whole && r->out->wrap == WIRE_BARE)
        wire_check_part(r, path, p->line, key);
    node = result >= 0 ? wire_node(r, result, path, p->line, key, false) : -1;
    if (node >= 0)
        wire_mark(r, node, XML_VALUE, what, 0, 0);
}

static void
read_key(struct reading *r, const struct map_pair *key)
{
    const char *at = key->value, *why, *name;
    bool quoted;

    r->out->key = arg_word(r->mem, &at, &quoted);
    name = arg_word(r->mem, &at, &quoted);
    why = r->out->key ? wire_path_fault(r, r->out->key) : "it is missing";
    if (why || !name || strcmp(name, "$delivery") != 0)
        wire_complain(r, key->line, "key: not PATH $delivery%s%s", why ? ": " : "", why ? why : "");
    else if (strcmp(r->out->item, ".") == 0)
        wire_check_part(r, r->out->key, key->line, "key");
}

static void
read_item(struct reading *r)
{
    const struct map_call *call = r->out->call;
    const struct map_pair *item = wire_pair(r, "item"), *key = wire_pair(r, "key");
    const struct map_stream *s = mapping_stream(r->map, call->carries);
    const char *why;

    r->out->item = item ? item->value : ".";
    why = wire_path_fault(r, r->out->item);
    if (why || strchr(r->out->item, '@'))
        wire_complain(r, item ? item->line : call->line, "item: path \"%s\": %s", r->out->item,
                      why ? why : "it is an attribute");
    else if (item)
        wire_check_part(r, item->value, item->line, "item");
    if (strcmp(r->out->item, ".") == 0 && call->batch > 1)
        wire_complain(r, call->line, "a batch of %ld needs item =", call->batch);
    if (key)
        read_key(r, key);
    for (size_t i = 0; s && i < s->count; i++) {
        const struct map_line *l = &s->lines[i];

        if (!(l->direction & MAP_OUT))
            continue;
        why = wire_path_fault(r, l->remote);
        if (!why && l->kind == KIND_BYTES && strchr(l->remote, '@'))
            why = "a content is not an attribute";
        if (why)
            wire_complain(r, l->line, "%s: path \"%s\": %s", l->canonical, l->remote, why);
    }
}

void
wire_read_push(struct reading *r)
{
    const struct map_call *call = r->out->call;
    const struct map_pair *result = wire_pair(r, "result");
    int node = -1;

    read_item(r);
    if (!result || !wire_pair(r, "result.ok"))
        wire_complain(r, call->line, "call \"%s\" needs result = and result.ok =", call->name);
    r->out->whole = result && r->response >= 0 && strcmp(result->value, r->response_path) == 0;
    if (r->out->whole)
        node = r->response;
    else if (result)
        node = wire_node_in_response(r, result->value, result->line, "result", true);
    r->out->matched = wire_pair(r, "result.key") != NULL;
    if (!r->out->matched && call->batch > 1)
        wire_complain(r, call->line, "a batch of %ld needs result.key =", call->batch);
    if (node >= 0 && !r->out->whole)
        wire_mark(r, node, XML_GROUP, WIRE_RESULT, 0, 0);
    read_result_value(r, node, "result.key", WIRE_RESULT_KEY);
    read_result_value(r, node, "result.ok", WIRE_RESULT_OK);
    read_result_value(r, node, "result.said", WIRE_RESULT_SAID);
    read_result_value(r, node, "result.text", WIRE_RESULT_TEXT);
    read_result_value(r, node, "receipt", WIRE_RECEIPT);
}
