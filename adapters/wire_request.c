/*
 * The asking half of a call: what the map says of it, and the document and the address made from
 * that for one request.
 */
#include "wire_reading.h"

#include <string.h>

#include "args.h"
#include "clock.h"

#define TIME_ROOM 128

/* ---- reading the map ---- */

static void
read_arg_format(struct reading *r, const struct map_pair *p, struct wire_arg *arg, const char *rest,
                bool time)
{
    bool quoted;
    const char *word = arg_word(r->mem, &rest, &quoted), *why;

    if (!word)
        return;
    if (strncmp(word, "format=", 7) != 0 || arg_word(r->mem, &rest, &quoted)) {
        wire_complain(r, p->line, "%s: only format=\"...\" may follow the value", p->key);
        return;
    }
    arg->format = word + 7;
    why = clock_format_fault(arg->format);
    if (!arg->name || !time)
        wire_complain(r, p->line, "%s: format= is for times: $since $cut $from $to $now", p->key);
    else if (why)
        wire_complain(r, p->line, "%s: format \"%s\": %s", p->key, arg->format, why);
}

/* "WHERE VALUE [format=]"; NULL when it lacks a part. */
static struct wire_arg *
read_arg(struct reading *r, const struct map_pair *p, struct wire_args *args)
{
    const char *at = p->value, *path, *value;
    bool quoted, time = false, push = r->out->call->carries != NULL;
    const struct arg_variable *var;
    struct wire_arg *arg;

    path = arg_word(r->mem, &at, &quoted);
    value = path ? arg_word(r->mem, &at, &quoted) : NULL;
    if (!value)
        return NULL;
    args->items = arena_grow(r->mem, args->items, args->count, &args->room, sizeof *args->items);
    arg = &args->items[args->count++];
    memset(arg, 0, sizeof *arg);
    arg->path = path;
    if (*value == '$' && !quoted) {
        arg->name = value + 1;
        var = arg_variable_find(arg->name, push);
        if (!var)
            wire_complain(r, p->line, "%s: unknown variable $%s; %s", p->key, arg->name,
                          arg_variable_names(push));
        time = var && var->time;
    } else {
        arg->text = value;
    }
    read_arg_format(r, p, arg, at, time);
    return arg;
}

static void
read_args(struct reading *r)
{
    const struct map_call *call = r->out->call;
    const struct map_pair *p;

    for (size_t n = 0; (p = map_pair_at(call->pairs, call->count, "arg", n)); n++) {
        struct wire_arg *arg = read_arg(r, p, &r->out->args);
        const char *why;

        if (!arg) {
            wire_complain(r, p->line, "arg needs a path and a value");
            continue;
        }
        why = wire_path_fault(r, arg->path);
        if (why)
            wire_complain(r, p->line, "arg: path \"%s\": %s", arg->path, why);
        else
            wire_check_part(r, arg->path, p->line, "arg");
        if (arg->text && !xml_can_carry(arg->text, strlen(arg->text)))
            wire_complain(r, p->line, "arg: the value holds a character that XML cannot carry");
        if (r->out->method)
            wire_complain(r, p->line, "arg: the call sends no element; it has query = instead");
    }
}

static void
read_query(struct reading *r)
{
    const struct map_call *call = r->out->call;
    const struct map_pair *p;

    for (size_t n = 0; (p = map_pair_at(call->pairs, call->count, "query", n)); n++)
        if (!read_arg(r, p, &r->out->query))
            wire_complain(r, p->line, "query needs a name and a value");
}

static bool
is_printable(const char *text, const char *but)
{
    for (; *text; text++)
        if (*text <= 0x20 || *text > 0x7E || strchr(but, *text))
            return false;
    return true;
}

/* The HTTP headers of a call of soap; the action goes between quotes there. */
static void
read_action(struct reading *r)
{
    const struct map_pair *p = wire_pair(r, "action");
    const char *action = p ? p->value : "", **h = r->out->headers;
    const char *more = r->wire->xop_prefix ? ", multipart/related" : "";

    r->out->action = action;
    if (!is_printable(action, "\"\\"))
        wire_complain(r, p ? p->line : 0, "action: not a URI");
    if (r->wire->version == 11) {
        h[0] = "Content-Type: text/xml; charset=utf-8";
        h[1] = arena_format(r->mem, "Accept: text/xml%s", more);
        h[2] = arena_format(r->mem, "SOAPAction: \"%s\"", action);
        return;
    }
    h[0] = *action ? arena_format(r->mem,
                                  "Content-Type: application/soap+xml; charset=utf-8; "
                                  "action=\"%s\"",
                                  action)
                   : "Content-Type: application/soap+xml; charset=utf-8";
    h[1] = arena_format(r->mem, "Accept: application/soap+xml%s", more);
}

/* Method, target and headers of a call of xml. */
static void
read_method(struct reading *r)
{
    const struct map_pair *method = wire_pair(r, "method"), *target = wire_pair(r, "target");
    const char **h = r->out->headers;
    bool get = method && strcmp(method->value, "GET") == 0;

    if (method && !get && strcmp(method->value, "POST") != 0)
        wire_complain(r, method->line, "method: GET or POST");
    if (get && r->out->call->carries)
        wire_complain(r, method->line, "method: GET carries nothing");
    if (target && (*target->value != '/' || !is_printable(target->value, "?#\"<>\\^`{|}")))
        wire_complain(r, target->line, "target: not /PATH, percent-encoded, without a query");
    r->out->method = get ? "GET" : NULL;
    r->out->target = target ? target->value : NULL;
    if (!get)
        *h++ = "Content-Type: application/xml; charset=utf-8";
    *h = "Accept: application/xml, text/xml";
}

void
wire_read_request(struct reading *r)
{
    const struct map_call *call = r->out->call;
    const struct map_pair *p = wire_pair(r, "request");
    const char *why;

    if (r->wire->soap)
        read_action(r);
    else
        read_method(r);
    if (r->out->method) {
        if (p)
            wire_complain(r, p->line, "request: a GET sends no element");
    } else if (!p) {
        wire_complain(r, call->line, "call \"%s\" needs request =", call->name);
    } else {
        why = wire_element_fault(r, p->value);
        if (why)
            wire_complain(r, p->line, "request: \"%s\": %s", p->value, why);
        r->out->request = p->value;
    }
    read_args(r);
    read_query(r);
}

/* ---- one request ---- */

/* The value of an arg as the peer writes it; NULL = absent, and the element is left out. */
static const char *
arg_value(const struct adapter *a, struct arena *mem, const struct wire_arg *arg,
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

/* The root of what is sent, and in *request the element that asks; NULL when it cannot be made. */
static struct xml_node *
make_frame(const struct wire *w, struct arena *mem, const struct wire_call *call,
           struct xml_node **request, enum verdict *v, struct error *err)
{
    struct xml_node *root, *header, *body;

    *request = NULL;
    if (!w->soap) {
        root = xml_tree_new(mem, w->prefixes, w->prefix_count, call->request);
        *request = root;
        return root;
    }
    root = xml_tree_new(mem, w->prefixes, w->prefix_count,
                        arena_format(mem, "%s:Envelope", w->soap_prefix));
    if (root && w->security != WIRE_OPEN) {
        header = xml_tree_element(root, arena_format(mem, "%s:Header", w->soap_prefix));
        if (header)
            *v = wire_secure(w, mem, header, err);
    }
    body = root ? xml_tree_element(root, arena_format(mem, "%s:Body", w->soap_prefix)) : NULL;
    *request = body ? xml_tree_element(body, call->request) : NULL;
    return root;
}

struct xml_node *
wire_document(const struct adapter *a, struct arena *mem, const struct wire_call *call,
              const struct adapter_var *vars, size_t var_count, struct xml_node **request,
              enum verdict *v, struct error *err)
{
    struct xml_node *root;

    *v = V_OK;
    *request = NULL;
    if (!call->request)
        return NULL;
    root = make_frame(a->state, mem, call, request, v, err);
    if (!*v && !*request)
        *v = error_set(err, V_FATAL, "wire.map", "no request can be made of call \"%s\"",
                       call->call->name);
    for (size_t i = 0; !*v && i < call->args.count; i++) {
        const char *value = arg_value(a, mem, &call->args.items[i], vars, var_count);

        if (value)
            *v = xml_tree_put(*request, call->args.items[i].path, value, strlen(value), err);
    }
    return *v ? NULL : root;
}

/* Percent-encoded, all but what RFC 3986 calls unreserved; out must hold three times as much. */
static char *
encode(char *out, const char *text)
{
    static const char hex[] = "0123456789ABCDEF",
                      plain[] =
                          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (strchr(plain, *text)) {
            *out++ = *text;
            continue;
        }
        *out++ = '%';
        *out++ = hex[c >> 4];
        *out++ = hex[c & 15];
    }
    return out;
}

const char *
wire_target_of(const struct adapter *a, struct arena *mem, const struct wire_call *call,
               const struct adapter_var *vars, size_t var_count)
{
    const struct wire *w = a->state;
    const char **values = arena_alloc(mem, (call->query.count + 1) * sizeof *values);
    size_t room = call->target ? strlen(call->target) + 1 : 1;
    bool first = !strchr(w->options->url, '?');
    char *out, *at;

    for (size_t i = 0; i < call->query.count; i++) {
        values[i] = arg_value(a, mem, &call->query.items[i], vars, var_count);
        if (values[i])
            room += 3 * (strlen(call->query.items[i].path) + strlen(values[i])) + 2;
    }
    out = at = arena_alloc(mem, room);
    if (call->target)
        at = stpcpy(at, call->target);
    for (size_t i = 0; i < call->query.count; i++) {
        if (!values[i])
            continue;
        *at++ = first ? '?' : '&';
        first = false;
        at = encode(at, call->query.items[i].path);
        *at++ = '=';
        at = encode(at, values[i]);
    }
    *at = '\0';
    return *out ? out : NULL;
}
