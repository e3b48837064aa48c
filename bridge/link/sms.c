/*
 * The gateways as rows: how each is asked, and how it answers. Neither publishes a contract; what
 * is here is what their clients in the open do, and where an answer may be read two ways it is read
 * as the one that sends nobody a second message.
 */
#include "sms.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "text.h"

#define REPLY_MAX 65536
#define WORD_MAX  80

struct gateway_row {
    const char *name;
    const char *(*request)(const struct sms_gateway *g, struct arena *mem, const struct sms *m);
    bool post;
    enum verdict (*answered)(struct arena *mem, const char *text, struct sms_answer *out,
                             struct error *err);
};

struct sms_gateway {
    const struct gateway_row *row;
    struct sms_options options;
    struct http_options over; /* the endpoint reads them at each request */
    struct http *http;
};

/* ---- Mobile Seva ---- */

/* NULL for want of memory. */
static const char *
hex_of(struct arena *mem, const EVP_MD *kind, const char *text, size_t len)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    char *out;

    if (EVP_Digest(text, len, sum, &n, kind, NULL) != 1)
        return NULL;
    out = arena_alloc(mem, 2 * (size_t)n + 1);
    for (unsigned i = 0; i < n; i++)
        snprintf(out + 2 * (size_t)i, 3, "%02x", sum[i]);
    return out;
}

/* Without the blanks around it. */
static const char *
trimmed(struct arena *mem, const char *text)
{
    size_t len = strlen(text);

    text_trim(&text, &len);
    return arena_text(mem, text, len);
}

static const char *
add_pair(struct arena *mem, const char *form, const char *name, const char *value)
{
    return arena_format(mem, "%s%s%s=%s", form, *form ? "&" : "", name, sms_quoted(mem, value));
}

static const char *
mobileseva_request(const struct sms_gateway *g, struct arena *mem, const struct sms *m)
{
    const struct sms_options *o = &g->options;
    const char *user = trimmed(mem, o->user), *sender = trimmed(mem, m->sender);
    const char *plain = trimmed(mem, m->text), *password = trimmed(mem, o->password);
    bool ascii = sms_is_plain(plain);
    const char *content = ascii ? plain : sms_entities(mem, plain);
    const char *all =
        arena_format(mem, "%s%s%s%s", user, sender, content, trimmed(mem, o->key ? o->key : ""));
    const char *word = hex_of(mem, EVP_sha1(), password, strlen(password));
    const char *key = hex_of(mem, EVP_sha512(), all, strlen(all)), *form = "";

    if (!word || !key)
        return NULL;
    form = add_pair(mem, form, "username", user);
    form = add_pair(mem, form, "password", word);
    form = add_pair(mem, form, "senderid", sender);
    form = add_pair(mem, form, "content", content);
    form = add_pair(mem, form, "smsservicetype", ascii ? "singlemsg" : "unicodemsg");
    form = add_pair(mem, form, "mobileno", m->mobile);
    form = add_pair(mem, form, "key", key);
    form = add_pair(mem, form, "templateid", m->template_id);
    return add_pair(mem, form, "entityid", m->entity);
}

/* Its codes. 409 "message will be submitted" counts as sent; of what went wrong behind it (404,
 * 407, 408) nobody can say whether the message was on its way. */
static const struct {
    const char *code;
    enum verdict verdict;
    const char *text;
} codes[] = {
    { "402", V_OK, "" },
    { "409", V_OK, "" },
    { "401", V_FATAL, "it does not take user and password" },
    { "405", V_FATAL, "it does not take our address" },
    { "411", V_FATAL, "the sender is not approved" },
    { "412", V_FATAL, "the sender is not approved" },
    { "415", V_FATAL, "it has no secure key for us" },
    { "416", V_FATAL, "it does not take our key" },
    { "403", V_RETRY, "there are no credits" },
    { "410", V_RETRY, "its limit is reached" },
    { "418", V_RETRY, "the limit of the day is reached" },
    { "406", V_REJECT, "it does not take the number" },
    { "413", V_REJECT, "it takes the message for spam" },
    { "414", V_REJECT, "the operator refuses the message" },
    { "404", V_IN_DOUBT, "its database failed" },
    { "407", V_IN_DOUBT, "its network failed" },
    { "408", V_IN_DOUBT, "its network failed" },
};

static enum verdict
unreadable(struct error *err)
{
    return error_set(err, V_IN_DOUBT, "sms.answer", "the gateway's answer cannot be read");
}

/* A word of what may stand in a receipt, from text on; NULL when there is none. */
static const char *
word_at(struct arena *mem, const char *text)
{
    size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    return n && n <= WORD_MAX ? arena_text(mem, text, n) : NULL;
}

/* What stands behind a word and "=", whatever blanks are between. */
static const char *
behind(const char *text, const char *word)
{
    const char *at = strcasestr(text, word);

    if (!at)
        return NULL;
    at += strlen(word);
    at += strspn(at, " ");
    if (*at != '=')
        return NULL;
    at++;
    return at + strspn(at, " ");
}

static enum verdict
mobileseva_answered(struct arena *mem, const char *text, struct sms_answer *out, struct error *err)
{
    const char *id = behind(text, "MsgID");
    size_t digits = strspn(text, "0123456789");

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (digits != 3 || strncmp(text, codes[i].code, 3) != 0)
            continue;
        out->said = codes[i].code;
        if (codes[i].verdict == V_OK) {
            out->receipt = id ? word_at(mem, id) : NULL;
            return V_OK;
        }
        return error_set(err, codes[i].verdict, arena_format(mem, "gateway.%s", codes[i].code),
                         "the gateway answered %s: %s", codes[i].code, codes[i].text);
    }
    return unreadable(err);
}

/* ---- NIC ---- */

static const char *
nic_request(const struct sms_gateway *g, struct arena *mem, const struct sms *m)
{
    const struct sms_options *o = &g->options;
    const char *plain = trimmed(mem, m->text), *form = "";
    bool ascii = sms_is_plain(plain);

    form = add_pair(mem, form, "username", o->user);
    form = add_pair(mem, form, "pin", o->password);
    form = add_pair(mem, form, "message", ascii ? plain : sms_units(mem, plain));
    form = add_pair(mem, form, "mnumber", arena_format(mem, "91%s", m->mobile));
    form = add_pair(mem, form, "signature", m->sender);
    form = add_pair(mem, form, "dlt_entity_id", m->entity);
    form = add_pair(mem, form, "dlt_template_id", m->template_id);
    if (!ascii)
        form = add_pair(mem, form, "msgType", "UC");
    return arena_format(mem, "?%s", form);
}

/* A refusal names its reason in words; one that is about us and not about the message stops all. */
static bool
is_about_us(const char *text)
{
    static const char *const words[] = { "auth", "credential", "user",   "pin",
                                         "ip ",  "signature",  "entity", "account" };
    const char *info = behind(text, "info");

    for (size_t i = 0; info && i < sizeof words / sizeof *words; i++)
        if (strcasestr(info, words[i]))
            return true;
    return false;
}

static enum verdict
nic_answered(struct arena *mem, const char *text, struct sms_answer *out, struct error *err)
{
    const char *code = behind(text, "code"), *id = behind(text, "Request ID");
    bool accepted = strncasecmp(text, "Message Accepted", 16) == 0;
    bool rejected = strncasecmp(text, "Message Rejected", 16) == 0;

    out->said = code ? word_at(mem, code) : NULL;
    if (accepted && out->said && strcasecmp(out->said, "API000") == 0) {
        out->receipt = id ? word_at(mem, id) : NULL;
        return V_OK;
    }
    if (!rejected || !out->said)
        return unreadable(err);
    return error_set(err, is_about_us(text) ? V_FATAL : V_REJECT,
                     strlen(out->said) < 20 ? arena_format(mem, "gateway.%s", out->said)
                                            : "gateway.rejected",
                     is_about_us(text) ? "the gateway does not take messages from us (%s)"
                                       : "the gateway refuses the message (%s)",
                     out->said);
}

/* ---- all ---- */

static const struct gateway_row rows[] = {
    { "mobileseva", mobileseva_request, true, mobileseva_answered },
    { "nic", nic_request, false, nic_answered },
};

enum verdict
sms_open(struct arena *mem, const struct sms_options *options, struct sms_gateway **out,
         struct error *err)
{
    struct sms_gateway *g = arena_alloc(mem, sizeof *g);

    *out = g;
    g->options = *options;
    g->over = (struct http_options){
        .url = options->url,
        .ca = options->ca,
        .timeout = options->timeout,
        .connect_timeout = options->timeout,
        .max_reply = REPLY_MAX,
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, options->gateway) == 0)
            g->row = &rows[i];
    if (!g->row)
        return error_set(err, V_FATAL, "sms.gateway", "there is no gateway \"%s\"",
                         options->gateway);
    return http_open(mem, &g->over, &g->http, err);
}

const char *
sms_request(const struct sms_gateway *gateway, struct arena *mem, const struct sms *message)
{
    return gateway->row->request(gateway, mem, message);
}

enum verdict
sms_answered(const struct sms_gateway *gateway, struct arena *mem, const char *body, size_t len,
             struct sms_answer *out, struct error *err)
{
    *out = (struct sms_answer){ 0 };
    body = len ? body : ""; /* an answer without a body has none */
    if (!text_is_utf8(body, len, NULL) || memchr(body, '\0', len))
        return unreadable(err);
    text_trim(&body, &len);
    return gateway->row->answered(mem, arena_text(mem, body, len), out, err);
}

/* An answer of HTTP alone. Refused for now: 408, 429, 503; what other 5xx did before it failed
 * nobody knows. Without an answer all depends on whether a byte of it has left. */
static enum verdict
of_http(enum verdict v, const struct http_reply *reply, struct error *err)
{
    if (reply->status == 408 || reply->status == 429 || reply->status == 503 ||
        (!reply->status && !reply->sent))
        return v == V_FATAL ? V_FATAL : V_RETRY;
    if (reply->status >= 400 && reply->status < 500)
        return V_FATAL;
    error_within(err, "the message may have been sent");
    return V_IN_DOUBT;
}

enum verdict
sms_send(struct sms_gateway *gateway, struct arena *mem, const struct sms *message,
         struct sms_answer *out, struct error *err)
{
    static const char *const headers[] = { "Content-Type: application/x-www-form-urlencoded",
                                           NULL };
    const char *text = sms_request(gateway, mem, message);
    struct http_request request = { .headers = headers, .once = true };
    struct http_reply reply = { 0 };
    enum verdict v;

    *out = (struct sms_answer){ 0 };
    if (!text)
        return error_set(err, V_RETRY, "sms.digest",
                         "the digests that the gateway asks for were "
                         "not made: there is too little memory");
    if (gateway->row->post) {
        request.body = text;
        request.len = strlen(text);
    } else {
        request.headers = headers + 1;
        request.method = "GET";
        request.target = text;
    }
    v = http_post(gateway->http, mem, &request, NULL, &reply, err);
    if (v) {
        if (reply.status)
            out->said = arena_format(mem, "http %ld", reply.status);
        return of_http(v, &reply, err);
    }
    return sms_answered(gateway, mem, reply.body ? (const char *)reply.body->data : "",
                        reply.body ? reply.body->len : 0, out, err);
}
