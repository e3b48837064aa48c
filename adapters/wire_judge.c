/*
 * What a reply was. A fault's word, in SOAP, is its code without prefix, and with the subcode: of
 * 1.2 "Sender" and "Receiver" are read as "Client" and "Server", so that one [faults] section
 * serves both versions: "Client.NotYours". In plain XML it is the text that "fault" leads to.
 */
#include "wire_reply.h"

#include <string.h>
#include <strings.h>

#define WORD_CHARS 60

static bool
is_html(const struct wire_reply *r, const struct http_reply *http)
{
    const struct buf *body = http->body->len ? http->body : &r->outer.kept.buf;
    const char *at = body->data;
    size_t len = body->len;

    if (strcmp(http->type, "text/html") == 0 || strcmp(http->type, "application/xhtml+xml") == 0)
        return true;
    if (len >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0) {
        at += 3;
        len -= 3;
    }
    while (len > 0 && strchr(" \t\r\n", *at)) {
        at++;
        len--;
    }
    return (len >= 5 && strncasecmp(at, "<html", 5) == 0) ||
           (len >= 14 && strncasecmp(at, "<!doctype html", 14) == 0);
}

static bool
is_xml(const struct wire_reply *r, const struct http_reply *http)
{
    static const char *const types[] = { "", "text/xml", "application/soap+xml",
                                         "application/xml" };

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(http->type, types[i]) == 0)
            return true;
    return r->mime != NULL;
}

static const char *
local_part(const char *name)
{
    const char *colon = strrchr(name, ':');

    name = colon ? colon + 1 : name;
    return name + strspn(name, " \t\r\n");
}

/* A code of SOAP as the word that [faults] knows. */
static char *
soap_word(const struct wire_reply *r)
{
    const char *code = local_part(r->fault_code ? r->fault_code : "");
    char *word;

    if (strncmp(code, "Sender", 6) == 0)
        word = arena_format(r->mem, "Client%s", code + 6);
    else if (strncmp(code, "Receiver", 8) == 0)
        word = arena_format(r->mem, "Server%s", code + 8);
    else
        word = arena_copy(r->mem, *code ? code : "none");
    word[strcspn(word, " \t\r\n")] = '\0';
    if (r->fault_subcode)
        word = arena_format(r->mem, "%s.%s", word, local_part(r->fault_subcode));
    return word;
}

const char *
wire_reply_fault(const struct wire_reply *r, const char **text)
{
    char *word;

    *text = r->fault_text;
    if (r->wire->soap ? !r->fault : !r->fault_code || !*r->fault_code)
        return NULL;
    word = r->wire->soap ? soap_word(r) : arena_copy(r->mem, r->fault_code);
    if (strlen(word) > WORD_CHARS)
        word[WORD_CHARS] = '\0';
    for (char *c = word; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", *c))
            *c = '?';
    return word;
}

/* "soap.fault", "xml.response"; kept with the reply. */
static const char *
code_of(const struct wire_reply *r, const char *what)
{
    return arena_format(r->mem, "%s.%s", r->wire->kind, what);
}

static enum verdict
judge_fault(const struct wire_reply *r, const char *word, enum verdict http_v, struct error *err)
{
    /* A server that failed may have failed after its work was done. */
    enum verdict own = r->call->call->carries ? V_IN_DOUBT : V_RETRY;

    if (!r->wire->soap)
        own = http_v == V_RETRY ? own : http_v ? http_v : V_REJECT;
    else if (strncmp(word, "Client", 6) == 0)
        own = V_REJECT;
    else if (strcmp(word, "VersionMismatch") == 0 || strcmp(word, "MustUnderstand") == 0)
        own = V_FATAL;
    return error_set(err, mapping_fault(r->map, word, own), code_of(r, "fault"),
                     "the peer answered with the fault \"%s\"", word);
}

/* A fault says more than the status that it came with, save where the status is about us. A word of
 * plain XML that means "done" beside an answer is no fault. */
static bool
fault_counts(const struct wire_reply *r, const char *word, long status)
{
    if (!word || r->strange || http_verdict(status) == V_FATAL)
        return false;
    return r->wire->soap || r->responses == 0 || mapping_fault(r->map, word, V_REJECT) != V_OK;
}

/* What lies in the frame. */
static enum verdict
judge_inside(const struct wire_reply *r, struct error *err)
{
    const char *code = code_of(r, "unwrap");

    if (r->call->wrap != WIRE_BARE && r->wrappers != 1)
        return error_set(err, V_REJECT, code_of(r, "response"),
                         "the reply holds %d answers, not one", r->wrappers);
    if (r->call->wrap == WIRE_IN_STRING) {
        if (r->strings != 1)
            return error_set(err, V_REJECT, code, "the reply holds %d strings, not one",
                             r->strings);
        if (r->inner.v) {
            *err = r->inner.err;
            error_within(err, "in the string");
            return r->inner.v;
        }
    }
    if (r->call->wrap == WIRE_IN_DIFFGRAM) {
        if (r->diffgrams != 1)
            return error_set(err, V_REJECT, code, "the reply holds %d diffgrams, not one",
                             r->diffgrams);
        if (r->responses == 0) /* a DataSet without rows */
            return V_OK;
    }
    if (r->responses != 1)
        return error_set(err, V_REJECT, code_of(r, "response"),
                         "the reply holds %d answers, not one", r->responses);
    return V_OK;
}

static enum verdict
judge_answer(const struct wire_reply *r, const struct http_reply *http, struct error *err)
{
    if (http->charset[0] && strcmp(http->charset, "utf-8") != 0 &&
        strcmp(http->charset, "us-ascii") != 0)
        return error_set(err, V_REJECT, "http.charset", "the reply is not in UTF-8");
    if (!is_xml(r, http))
        return error_set(err, V_REJECT, "http.type", "the reply is not XML by its type");
    if (r->outer.v) {
        *err = r->outer.err;
        return r->outer.v;
    }
    if (r->strange)
        return error_set(err, V_REJECT, code_of(r, r->strange), "%s", r->strange_say);
    if (r->wire->soap && !r->envelope)
        return error_set(err, V_REJECT, "soap.envelope",
                         "the reply is not an envelope of this SOAP version");
    return judge_inside(r, err);
}

/* The status says how it ended, in figures: the reply is whole. */
static bool
is_status(const char *code)
{
    return strncmp(code, "http.", 5) == 0 && code[5] &&
           strspn(code + 5, "0123456789") == strlen(code + 5);
}

static enum verdict
judge(struct wire_reply *r, const struct http_reply *http, enum verdict http_v,
      enum wire_outcome *outcome, struct error *err)
{
    const char *word, *text;
    enum verdict v;

    *outcome = WIRE_UNREACHED;
    if (r->stopped) {
        *outcome = r->stopped == V_REJECT ? WIRE_UNREADABLE : WIRE_BROKEN;
        *err = r->why;
        return r->stopped;
    }
    if (http_v && (http->status == 0 || !is_status(err->code)))
        return http_v;
    wire_feed_end(r);
    wire_parts_end(r);
    word = r->outer.v ? NULL : wire_reply_fault(r, &text);
    *outcome = WIRE_FAULTED;
    if (fault_counts(r, word, http->status))
        return judge_fault(r, word, http_v, err);
    *outcome = WIRE_REFUSED;
    if (http_v)
        return http_v;
    *outcome = WIRE_UNREADABLE;
    if (is_html(r, http))
        return error_set(err, V_REJECT, "http.html", "the reply is a page for people, not XML");
    if (r->stopped) {
        *err = r->why;
        return r->stopped;
    }
    v = judge_answer(r, http, err);
    if (!v)
        *outcome = WIRE_ANSWERED;
    return v;
}

enum verdict
wire_reply_end(struct wire_reply *r, const struct http_reply *http, enum verdict http_v,
               enum wire_outcome *outcome, struct error *err)
{
    enum verdict v = judge(r, http, http_v, outcome, err);

    wire_content_abandon(r);
    return v;
}
