/*
 * The asking half of a call: what the map says of it, and the envelope made from
 * that for one request.
 */
#include "soap_reading.h"

#include <string.h>

#include "args.h"
#include "clock.h"

#define TIME_ROOM 128

static void
read_arg_format(struct reading *r, const struct map_pair *p, struct soap_arg *arg, const char *rest,
                bool time)
{
    bool quoted;
    const char *word = arg_word(r->mem, &rest, &quoted), *why;

    if (!word)
        return;
    if (strncmp(word, "format=", 7) != 0 || arg_word(r->mem, &rest, &quoted)) {
        soap_complain(r, p->line, "arg: only format=\"...\" may follow the value");
        return;
    }
    arg->format = word + 7;
    why = clock_format_fault(arg->format);
    if (!arg->name || !time)
        soap_complain(r, p->line, "arg: format= is for times: $since $cut $from $to $now");
    else if (why)
        soap_complain(r, p->line, "arg: format \"%s\": %s", arg->format, why);
}

static void
read_arg(struct reading *r, const struct map_pair *p)
{
    struct soap_call *c = r->out;
    const char *at = p->value, *path, *value, *why;
    bool quoted, time = false, push = c->call->carries != NULL;
    const struct arg_variable *var;
    struct soap_arg *arg;

    path = arg_word(r->mem, &at, &quoted);
    value = path ? arg_word(r->mem, &at, &quoted) : NULL;
    if (!value) {
        soap_complain(r, p->line, "arg needs a path and a value");
        return;
    }
    why = soap_path_fault(r, path);
    if (why)
        soap_complain(r, p->line, "arg: path \"%s\": %s", path, why);
    c->args = arena_grow(r->mem, c->args, c->arg_count, &c->arg_room, sizeof *c->args);
    arg = &c->args[c->arg_count++];
    memset(arg, 0, sizeof *arg);
    arg->path = path;
    if (*value == '$' && !quoted) {
        arg->name = value + 1;
        var = arg_variable_find(arg->name, push);
        if (!var)
            soap_complain(r, p->line, "arg: unknown variable $%s; %s", arg->name,
                          arg_variable_names(push));
        time = var && var->time;
    } else {
        arg->text = value;
        if (!xml_can_carry(value, strlen(value)))
            soap_complain(r, p->line, "arg: the value holds a character that XML cannot carry");
    }
    read_arg_format(r, p, arg, at, time);
}

/* The HTTP headers of the call; the action goes between quotes there. */
static void
read_action(struct reading *r)
{
    const struct map_pair *p = soap_pair(r, "action");
    const char *action = p ? p->value : "", **h = r->out->headers;

    for (const char *c = action; *c; c++)
        if (*c <= 0x20 || *c > 0x7E || *c == '"' || *c == '\\') {
            soap_complain(r, p->line, "action: not a URI");
            break;
        }
    if (r->soap->version == 11) {
        h[0] = "Content-Type: text/xml; charset=utf-8";
        h[1] = "Accept: text/xml";
        h[2] = arena_format(r->mem, "SOAPAction: \"%s\"", action);
        return;
    }
    h[0] = *action ? arena_format(r->mem,
                                  "Content-Type: application/soap+xml; charset=utf-8; "
                                  "action=\"%s\"",
                                  action)
                   : "Content-Type: application/soap+xml; charset=utf-8";
    h[1] = "Accept: application/soap+xml";
}

void
soap_read_request(struct reading *r)
{
    const struct map_call *call = r->out->call;
    const struct map_pair *p = soap_pair(r, "request"), *arg;
    const char *why;

    if (!p) {
        soap_complain(r, call->line, "call \"%s\" needs request =", call->name);
    } else {
        why = soap_path_fault(r, p->value);
        if (!why && (strpbrk(p->value, "/@") || strcmp(p->value, ".") == 0))
            why = "it is not one element";
        if (why)
            soap_complain(r, p->line, "request: \"%s\": %s", p->value, why);
        r->out->request = p->value;
    }
    for (size_t n = 0; (arg = map_pair_at(call->pairs, call->count, "arg", n)); n++)
        read_arg(r, arg);
    read_action(r);
}

/* ---- one request ---- */

/* The value of an arg as the peer writes it; NULL = absent, and the element is left out. */
static const char *
arg_value(const struct adapter *a, struct arena *mem, const struct soap_arg *arg,
          const struct adapter_var *vars, size_t var_count)
{
    const char *value = arg->text;
    char out[TIME_ROOM], now[CLOCK_TEXT];
    int64_t at;

    for (size_t i = 0; arg->name && i < var_count; i++)
        if (strcmp(vars[i].name, arg->name) == 0)
            value = vars[i].value;
    if (arg->name && strcmp(arg->name, "now") == 0) {
        clock_text(clock_now(), now);
        value = arena_copy(mem, now);
    }
    if (!value || !arg->format || !clock_from_text(value, strlen(value), &at))
        return value;
    return clock_format(arg->format, a->map->zone, at, out, sizeof out) ? arena_copy(mem, out)
                                                                        : value;
}

struct xml_node *
soap_envelope(const struct adapter *a, struct arena *mem, const struct soap_call *call,
              const struct adapter_var *vars, size_t var_count, struct xml_node **request,
              enum verdict *v, struct error *err)
{
    const struct soap *soap = a->state;
    const char *prefix = soap->prefixes[soap->prefix_count - 1].prefix;
    struct xml_node *envelope, *body;

    envelope = xml_tree_new(mem, soap->prefixes, soap->prefix_count,
                            arena_format(mem, "%s:Envelope", prefix));
    body = envelope ? xml_tree_element(envelope, arena_format(mem, "%s:Body", prefix)) : NULL;
    *request = body ? xml_tree_element(body, call->request) : NULL;
    if (!*request) {
        *v = error_set(err, V_FATAL, "soap.map", "no request can be made of call \"%s\"",
                       call->call->name);
        return NULL;
    }
    for (size_t i = 0; i < call->arg_count; i++) {
        const char *value = arg_value(a, mem, &call->args[i], vars, var_count);

        *v = value ? xml_tree_put(*request, call->args[i].path, value, strlen(value), err) : V_OK;
        if (*v)
            return NULL;
    }
    *v = V_OK;
    return envelope;
}
