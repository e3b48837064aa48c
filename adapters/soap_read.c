/*
 * Reads a reply while it arrives:
 *
 *   Envelope
 *     Header ...                       passed over
 *     Body
 *       g:ListResponse more="true"     "response"; any other element here is refused
 *         g:Record ...                 "records": one struct record, one field a line of the map
 *           g:Actions/g:Action ...     a nested stream: a record below it
 *       or g:SendResponse
 *         g:Result ...                 "result"
 *       or Fault                       1.1: faultcode, faultstring
 *                                      1.2: Code/Value, Code/Subcode/Value, Reason/Text
 *
 * A fault's word is its code without prefix, and with the subcode: of 1.2
 * "Sender" and "Receiver" are read as "Client" and "Server", so that one
 * [faults] section serves both versions: "Client.NotYours".
 */
#include "soap.h"

#include <string.h>
#include <strings.h>

#include "text.h"

#define WORD_CHARS 60

/* A record with what only its making needs. */
struct made {
    struct record record; /* first: a nested record is reached through it */
    size_t start, end;    /* its bytes within the reply */
    struct record *last;  /* of its children */
};

struct soap_reply {
    struct arena *mem;
    const struct mapping *map;
    const struct soap_call *call;
    struct xml_reader *reader;
    struct made **open; /* by stream: the record being read, or NULL */
    struct record *first, *last;
    size_t count;
    bool more, envelope, fault;
    int responses;
    const char *strange, *strange_say; /* the first thing that should not be there, or NULL */
    char *fault_code, *fault_subcode, *fault_text;
    struct soap_result *results, *result, **results_end;
};

static void
note_strange(struct soap_reply *r, const char *code, const char *say)
{
    if (r->strange)
        return;
    r->strange = code;
    r->strange_say = say;
}

/* Text of a peer, trimmed and cut to a size at the edge of a character; the first one stays. */
static void
keep(struct arena *mem, char **to, const char *text, size_t len)
{
    if (*to)
        return;
    text_trim(&text, &len);
    if (len > SOAP_DETAIL) {
        len = SOAP_DETAIL;
        while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
            len--;
    }
    *to = arena_text(mem, text, len);
}

/* ---- records ---- */

static void
open_record(struct soap_reply *r, size_t stream, size_t offset)
{
    const struct map_stream *s = &r->map->streams[stream];
    struct made *made = arena_alloc(r->mem, sizeof *made), *parent = NULL;
    struct record *record = &made->record, *before;

    record->stream = s->name;
    record->count = s->count;
    record->fields = arena_alloc(r->mem, (s->count + 1) * sizeof *record->fields);
    made->start = offset;
    if (s->parent) {
        long above = mapping_stream_index(r->map, s->parent);

        parent = above >= 0 ? r->open[above] : NULL;
    }
    before = parent ? parent->last : r->last;
    record->ordinal = before ? before->ordinal + 1 : 1;
    if (before)
        before->next = record;
    else if (parent)
        parent->record.child = record;
    else
        r->first = record;
    if (parent) {
        parent->last = record;
    } else {
        r->last = record;
        r->count++;
    }
    r->open[stream] = made;
}

static void
close_record(struct soap_reply *r, size_t stream, size_t offset)
{
    struct made *made = r->open[stream];

    if (!made)
        return;
    made->end = offset;
    r->open[stream] = NULL;
}

static void
spoil(struct soap_reply *r, size_t stream, size_t line, const char *code, const char *say)
{
    const struct map_line *l = &r->map->streams[stream].lines[line];
    struct error *fault = arena_alloc(r->mem, sizeof *fault);

    (void)error_set(fault, V_REJECT, code, "%s", say);
    error_at(fault, l->canonical, l->remote);
    /* The record that holds it is held as a whole, so the outermost one must say so too. */
    for (size_t s = stream;;) {
        struct made *made = r->open[s];
        long above = r->map->streams[s].parent
                         ? mapping_stream_index(r->map, r->map->streams[s].parent)
                         : -1;

        if (made && !made->record.fault)
            made->record.fault = fault;
        if (above < 0 || !r->open[above])
            return;
        s = (size_t)above;
    }
}

static void
take_field(struct soap_reply *r, const struct soap_target *t, const char *text, size_t len)
{
    struct made *made = r->open[t->stream];
    struct field *field;

    if (!made)
        return;
    field = &made->record.fields[t->line];
    if (field->text) {
        spoil(r, t->stream, t->line, "xml.repeated", "a field stands there more than once");
        return;
    }
    field->text = arena_text(r->mem, text, len);
    field->len = len;
}

/* ---- the reader's callbacks ---- */

static void
on_open(void *ctx, int tag, size_t offset)
{
    struct soap_reply *r = ctx;
    const struct soap_target *t = &r->call->targets[tag];

    switch (t->what) {
    case SOAP_ENVELOPE:
        r->envelope = true;
        break;
    case SOAP_FAULT:
        r->fault = true;
        break;
    case SOAP_RESPONSE:
        r->responses++;
        if (r->call->whole)
            r->result = arena_alloc(r->mem, sizeof *r->result);
        break;
    case SOAP_RECORD:
        open_record(r, t->stream, offset);
        break;
    case SOAP_RESULT:
        r->result = arena_alloc(r->mem, sizeof *r->result);
        break;
    default:
        break;
    }
}

static void
on_close(void *ctx, int tag, size_t offset)
{
    struct soap_reply *r = ctx;
    const struct soap_target *t = &r->call->targets[tag];

    if (t->what == SOAP_RECORD) {
        close_record(r, t->stream, offset);
    } else if (r->result &&
               (t->what == SOAP_RESULT || (t->what == SOAP_RESPONSE && r->call->whole))) {
        *r->results_end = r->result;
        r->results_end = &r->result->next;
        r->result = NULL;
    }
}

static void
take_result(struct soap_reply *r, const char **to, const char *text, size_t len)
{
    char *kept = NULL;

    if (*to)
        return;
    keep(r->mem, &kept, text, len);
    *to = kept;
}

static void
take_result_value(struct soap_reply *r, enum soap_what what, const char *text, size_t len)
{
    struct soap_result *result = r->result;

    if (!result)
        return;
    if (what == SOAP_RESULT_KEY)
        take_result(r, &result->key, text, len);
    else if (what == SOAP_RESULT_OK)
        take_result(r, &result->status, text, len);
    else if (what == SOAP_RESULT_SAID)
        take_result(r, &result->said, text, len);
    else if (what == SOAP_RESULT_TEXT)
        take_result(r, &result->text, text, len);
    else if (what == SOAP_RECEIPT)
        take_result(r, &result->receipt, text, len);
}

static void
on_value(void *ctx, int tag, const char *text, size_t len)
{
    struct soap_reply *r = ctx;
    const struct soap_target *t = &r->call->targets[tag];

    switch (t->what) {
    case SOAP_FIELD:
        take_field(r, t, text, len);
        break;
    case SOAP_MORE:
        text_trim(&text, &len);
        r->more = text_same(text, len, r->call->more);
        break;
    case SOAP_FAULT_CODE:
        keep(r->mem, &r->fault_code, text, len);
        break;
    case SOAP_FAULT_SUBCODE:
        keep(r->mem, &r->fault_subcode, text, len);
        break;
    case SOAP_FAULT_TEXT:
        keep(r->mem, &r->fault_text, text, len);
        break;
    default:
        take_result_value(r, t->what, text, len);
        break;
    }
}

static bool
tells_of_an_error(const char *name)
{
    static const char *const names[] = { "error", "errors", "exception", "fault" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}

static void
on_odd(void *ctx, int tag, enum xml_odd what, const char *uri, const char *name)
{
    struct soap_reply *r = ctx;
    const struct soap_target *t = &r->call->targets[tag];

    (void)uri;
    if (what == XML_ODD_STRANGER) {
        if (t->what == SOAP_DOCUMENT)
            note_strange(r, tells_of_an_error(name) ? "soap.error" : "soap.envelope",
                         "the reply is not an envelope of this SOAP version");
        else if (tells_of_an_error(name))
            note_strange(r, "soap.error", "the reply holds an error where the answer should be");
        else if (t->what == SOAP_BODY)
            note_strange(r, "soap.response", "the reply is not the one that was asked for");
    } else if (t->what == SOAP_FIELD) {
        if (what == XML_ODD_MIXED)
            spoil(r, t->stream, t->line, "xml.mixed", "elements stand within a text");
        else
            spoil(r, t->stream, t->line, "xml.long", "a text is too long to be read");
    }
}

static const struct xml_events events = {
    .open = on_open,
    .close = on_close,
    .value = on_value,
    .odd = on_odd,
};

struct soap_reply *
soap_reply_new(const struct adapter *a, struct arena *mem, const struct soap_call *call)
{
    const struct soap *soap = a->state;
    struct soap_reply *r = arena_alloc(mem, sizeof *r);
    struct xml_limits limits = xml_limits_default;

    limits.elements = soap->options->max_elements;
    r->mem = mem;
    r->map = a->map;
    r->call = call;
    r->open = arena_alloc(mem, (a->map->stream_count + 1) * sizeof(struct made *));
    r->results_end = &r->results;
    r->reader = xml_reader_new(mem, call->paths, &limits, &events, r);
    return r;
}

void
soap_reply_take(void *reply, const char *bytes, size_t len)
{
    struct soap_reply *r = reply;

    xml_reader_feed(r->reader, bytes, len);
}

/* ---- what it was ---- */

static bool
is_html(const struct http_reply *http)
{
    const char *at = http->body->data;
    size_t len = http->body->len;

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
is_xml(const struct http_reply *http)
{
    static const char *const types[] = { "", "text/xml", "application/soap+xml",
                                         "application/xml" };

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(http->type, types[i]) == 0)
            return true;
    return false;
}

static const char *
local_part(const char *name)
{
    const char *colon = strrchr(name, ':');

    name = colon ? colon + 1 : name;
    return name + strspn(name, " \t\r\n");
}

const char *
soap_reply_fault(const struct soap_reply *r, const char **text)
{
    const char *code = local_part(r->fault_code ? r->fault_code : "");
    char *word;

    *text = r->fault_text;
    if (!r->fault)
        return NULL;
    if (strncmp(code, "Sender", 6) == 0)
        word = arena_format(r->mem, "Client%s", code + 6);
    else if (strncmp(code, "Receiver", 8) == 0)
        word = arena_format(r->mem, "Server%s", code + 8);
    else
        word = arena_copy(r->mem, *code ? code : "none");
    word[strcspn(word, " \t\r\n")] = '\0';
    if (r->fault_subcode)
        word = arena_format(r->mem, "%s.%s", word, local_part(r->fault_subcode));
    if (strlen(word) > WORD_CHARS)
        word[WORD_CHARS] = '\0';
    for (char *c = word; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", *c))
            *c = '?';
    return word;
}

static enum verdict
judge_fault(const struct soap_reply *r, struct error *err)
{
    const char *text, *word = soap_reply_fault(r, &text);
    /* A server that failed may have failed after its work was done. */
    enum verdict own = r->call->call->carries ? V_IN_DOUBT : V_RETRY;

    if (strncmp(word, "Client", 6) == 0)
        own = V_REJECT;
    else if (strcmp(word, "VersionMismatch") == 0 || strcmp(word, "MustUnderstand") == 0)
        own = V_FATAL;
    return error_set(err, mapping_fault(r->map, word, own), "soap.fault",
                     "the peer answered with the fault \"%s\"", word);
}

/* A fault says more than the status that it came with, save where the status is about us. */
static bool
fault_counts(const struct soap_reply *r, long status)
{
    return r->fault && (http_verdict(status) != V_FATAL);
}

static enum verdict
judge_answer(const struct soap_reply *r, const struct http_reply *http, enum verdict xml_v,
             const struct error *xml_err, struct error *err)
{
    if (http->charset[0] && strcmp(http->charset, "utf-8") != 0 &&
        strcmp(http->charset, "us-ascii") != 0)
        return error_set(err, V_REJECT, "http.charset", "the reply is not in UTF-8");
    if (!is_xml(http))
        return error_set(err, V_REJECT, "http.type", "the reply is not XML by its type");
    if (xml_v) {
        *err = *xml_err;
        return xml_v;
    }
    if (r->strange)
        return error_set(err, V_REJECT, r->strange, "%s", r->strange_say);
    if (!r->envelope)
        return error_set(err, V_REJECT, "soap.envelope",
                         "the reply is not an envelope of this SOAP version");
    if (r->responses != 1)
        return error_set(err, V_REJECT, "soap.response", "the reply holds %d answers, not one",
                         r->responses);
    return V_OK;
}

enum verdict
soap_reply_end(struct soap_reply *r, const struct http_reply *http, enum verdict http_v,
               enum soap_outcome *outcome, struct error *err)
{
    struct error xml_err;
    enum verdict xml_v, v;

    *outcome = SOAP_UNREACHED;
    if (http_v && (http->status == 0 || strncmp(err->code, "http.", 5) != 0 ||
                   strspn(err->code + 5, "0123456789") != strlen(err->code + 5)))
        return http_v;
    xml_v = xml_reader_end(r->reader, &xml_err);
    *outcome = SOAP_FAULTED;
    if (!xml_v && !r->strange && fault_counts(r, http->status))
        return judge_fault(r, err);
    *outcome = SOAP_REFUSED;
    if (http_v)
        return http_v;
    *outcome = SOAP_UNREADABLE;
    if (is_html(http))
        return error_set(err, V_REJECT, "http.html", "the reply is a page for people, not XML");
    v = judge_answer(r, http, xml_v, &xml_err, err);
    if (!v)
        *outcome = SOAP_ANSWERED;
    return v;
}

static void
point_to_bytes(struct record *record, const struct buf *body)
{
    for (; record; record = record->next) {
        const struct made *made = (const struct made *)record;

        record->raw = body->data + made->start;
        record->raw_len = made->end - made->start;
        point_to_bytes(record->child, body);
    }
}

void
soap_reply_page(struct soap_reply *r, const struct buf *body, struct page *out)
{
    point_to_bytes(r->first, body);
    out->records = r->first;
    out->count = r->count;
    out->more = r->more;
}

const struct soap_result *
soap_reply_results(const struct soap_reply *r)
{
    return r->results;
}
