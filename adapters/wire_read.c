/*
 * Reads a reply while it arrives:
 *
 *   Envelope                         of soap; plain XML begins with the response
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
 * With "unwrap" the response lies in a document of its own, in a string, or below a diffgram.
 */
#include "wire_reply.h"

#include <string.h>
#include <strings.h>

#include "text.h"

#define HEAD ((size_t)64 * 1024) /* bytes of a message of parts that are kept for people */

void
wire_note_strange(struct wire_reply *r, const char *code, const char *say)
{
    if (r->strange)
        return;
    r->strange = code;
    r->strange_say = say;
}

void
wire_stop(struct wire_reply *r, enum verdict v, const struct error *why)
{
    if (r->stopped)
        return;
    r->stopped = v;
    r->why = *why;
}

/* Text of a peer, trimmed and cut to a size at the edge of a character; the first one stays. */
static void
keep(struct arena *mem, char **to, const char *text, size_t len)
{
    if (*to)
        return;
    text_trim(&text, &len);
    if (len > WIRE_DETAIL) {
        len = WIRE_DETAIL;
        while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
            len--;
    }
    *to = arena_text(mem, text, len);
}

/* ---- records ---- */

static void
open_record(struct wire_reply *r, size_t stream, size_t offset)
{
    const struct map_stream *s = &r->map->streams[stream];
    struct made *made = arena_alloc(r->mem, sizeof *made);
    struct record *record = &made->record, *before;

    record->stream = s->name;
    record->count = s->count;
    record->fields = arena_alloc(r->mem, (s->count + 1) * sizeof *record->fields);
    made->start = offset;
    if (s->parent) {
        long above = mapping_stream_index(r->map, s->parent);

        made->parent = above >= 0 ? r->open[above] : NULL;
    }
    before = made->parent ? made->parent->last : r->last;
    record->ordinal = before ? before->ordinal + 1 : 1;
    if (before)
        before->next = record;
    else if (made->parent)
        made->parent->record.child = record;
    else
        r->first = record;
    if (made->parent) {
        made->parent->last = record;
    } else {
        r->last = record;
        r->count++;
    }
    r->open[stream] = made;
}

static void
close_record(struct wire_reply *r, size_t stream, size_t offset)
{
    struct made *made = r->open[stream];

    if (!made)
        return;
    made->end = offset;
    r->open[stream] = NULL;
}

void
wire_spoil(struct wire_reply *r, struct made *made, size_t line, const char *code, const char *say)
{
    const struct map_stream *s = mapping_stream(r->map, made->record.stream);
    struct error *fault = arena_alloc(r->mem, sizeof *fault);

    (void)error_set(fault, V_REJECT, code, "%s", say);
    error_at(fault, s->lines[line].canonical, s->lines[line].remote);
    /* The record that holds it is held as a whole, so the outermost one must say so too. */
    for (; made; made = made->parent)
        if (!made->record.fault)
            made->record.fault = fault;
}

static void
take_field(struct wire_reply *r, const struct wire_target *t, const char *text, size_t len)
{
    struct made *made = r->open[t->stream];
    struct field *field;

    if (!made)
        return;
    field = &made->record.fields[t->line];
    if (field->text) {
        wire_spoil(r, made, t->line, "xml.repeated", "a field stands there more than once");
        return;
    }
    field->text = arena_text(r->mem, text, len);
    field->len = len;
}

/* ---- the readers' callbacks ---- */

static void
on_open(void *ctx, int tag, size_t offset)
{
    struct wire_reply *r = ctx;
    const struct wire_target *t = &r->call->targets[tag];

    switch (t->what) {
    case WIRE_ENVELOPE:
        r->envelope = true;
        break;
    case WIRE_FAULT:
        r->fault = true;
        break;
    case WIRE_WRAPPER:
        r->wrappers++;
        break;
    case WIRE_DIFFGRAM:
        r->diffgrams++;
        break;
    case WIRE_RESPONSE:
        r->responses++;
        if (r->call->whole)
            r->result = arena_alloc(r->mem, sizeof *r->result);
        break;
    case WIRE_RECORD:
        open_record(r, t->stream, offset);
        break;
    case WIRE_CONTENT:
        wire_content_open(r, t, offset);
        break;
    case WIRE_RESULT:
        r->result = arena_alloc(r->mem, sizeof *r->result);
        break;
    default:
        break;
    }
}

static void
on_close(void *ctx, int tag, size_t offset)
{
    struct wire_reply *r = ctx;
    const struct wire_target *t = &r->call->targets[tag];

    if (t->what == WIRE_RECORD) {
        close_record(r, t->stream, offset);
    } else if (t->what == WIRE_CONTENT) {
        wire_content_close(r, offset);
    } else if (r->result &&
               (t->what == WIRE_RESULT || (t->what == WIRE_RESPONSE && r->call->whole))) {
        *r->results_end = r->result;
        r->results_end = &r->result->next;
        r->result = NULL;
    }
}

static void
take_result(struct wire_reply *r, const char **to, const char *text, size_t len)
{
    char *kept = NULL;

    if (*to)
        return;
    keep(r->mem, &kept, text, len);
    *to = kept;
}

static void
take_result_value(struct wire_reply *r, enum wire_what what, const char *text, size_t len)
{
    struct wire_result *result = r->result;

    if (!result)
        return;
    if (what == WIRE_RESULT_KEY)
        take_result(r, &result->key, text, len);
    else if (what == WIRE_RESULT_OK)
        take_result(r, &result->status, text, len);
    else if (what == WIRE_RESULT_SAID)
        take_result(r, &result->said, text, len);
    else if (what == WIRE_RESULT_TEXT)
        take_result(r, &result->text, text, len);
    else if (what == WIRE_RECEIPT)
        take_result(r, &result->receipt, text, len);
}

static void
on_value(void *ctx, int tag, const char *text, size_t len)
{
    struct wire_reply *r = ctx;
    const struct wire_target *t = &r->call->targets[tag];

    switch (t->what) {
    case WIRE_FIELD:
        take_field(r, t, text, len);
        break;
    case WIRE_INCLUDE:
        wire_content_include(r, text, len);
        break;
    case WIRE_MORE:
        text_trim(&text, &len);
        r->more = text_same(text, len, r->call->more);
        break;
    case WIRE_FAULT_CODE:
        keep(r->mem, &r->fault_code, text, len);
        break;
    case WIRE_FAULT_SUBCODE:
        keep(r->mem, &r->fault_subcode, text, len);
        break;
    case WIRE_FAULT_TEXT:
        keep(r->mem, &r->fault_text, text, len);
        break;
    default:
        take_result_value(r, t->what, text, len);
        break;
    }
}

static void
on_piece(void *ctx, int tag, const char *text, size_t len)
{
    struct wire_reply *r = ctx;
    const struct wire_target *t = &r->call->targets[tag];

    if (t->what == WIRE_STRING)
        wire_inner_piece(r, text, len);
    else if (t->what == WIRE_CONTENT)
        wire_content_piece(r, text, len);
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
    struct wire_reply *r = ctx;
    const struct wire_target *t = &r->call->targets[tag];

    (void)uri;
    if (what == XML_ODD_STRANGER) {
        if (t->what == WIRE_DOCUMENT)
            wire_note_strange(r, tells_of_an_error(name) ? "error" : "envelope",
                              "the reply is not an envelope of this SOAP version");
        else if (tells_of_an_error(name))
            wire_note_strange(r, "error", "the reply holds an error where the answer should be");
        else if (t->what == WIRE_BODY)
            wire_note_strange(r, "response", "the reply is not the one that was asked for");
    } else if (t->what == WIRE_STRING) {
        wire_note_strange(r, "unwrap", "the reply holds elements where text should be");
    } else if (t->what == WIRE_CONTENT) {
        wire_content_odd(r);
    } else if (t->what == WIRE_FIELD && r->open[t->stream]) {
        if (what == XML_ODD_MIXED)
            wire_spoil(r, r->open[t->stream], t->line, "xml.mixed", "elements stand within a text");
        else
            wire_spoil(r, r->open[t->stream], t->line, "xml.long", "a text is too long to be read");
    }
}

static const struct xml_events events = {
    .open = on_open,
    .close = on_close,
    .value = on_value,
    .piece = on_piece,
    .odd = on_odd,
};

/* ---- feeding ---- */

static void
begin_doc(struct wire_reply *r, struct wire_doc *doc, const struct xml_paths *paths)
{
    struct xml_limits limits = xml_limits_default;

    limits.elements = r->wire->options->max_elements;
    doc->reader = xml_reader_new(r->mem, paths, &limits, &events, r);
    kept_begin(&doc->kept, r->mem, (size_t)r->wire->options->max_reply);
}

static void
too_large(struct wire_reply *r)
{
    struct error err;
    enum verdict v = error_set(&err, V_REJECT, "http.large", "the reply is larger than %ld bytes",
                               r->wire->options->max_reply);

    wire_stop(r, v, &err);
}

/* Whether what was fed since an offset lies deep within a content. */
static bool
in_content(const struct wire_doc *doc, size_t since)
{
    return since >= KEPT_LONG && xml_reader_streams(doc->reader, since - KEPT_LONG);
}

bool
wire_feed(struct wire_reply *r, const char *bytes, size_t len)
{
    size_t since = r->main->fed;
    bool leave_out;

    if (r->stopped)
        return false;
    xml_reader_feed(r->outer.reader, bytes, len);
    r->outer.fed += len;
    /* Of a document in a string, the string is what the reader of the reply is within. */
    leave_out = in_content(r->main, since);
    if (!kept_add(&r->outer.kept, bytes, len, leave_out))
        too_large(r);
    return !r->stopped;
}

void
wire_feed_end(struct wire_reply *r)
{
    if (r->outer.ended)
        return;
    r->outer.ended = true;
    r->outer.v = xml_reader_end(r->outer.reader, &r->outer.err);
}

static void
on_begin(void *ctx, long status, const char *type)
{
    struct wire_reply *r = ctx;

    (void)status;
    if (r->wire->soap && mime_is_related(type))
        wire_parts_begin(r, type);
}

static bool
on_take(void *ctx, const char *bytes, size_t len)
{
    struct wire_reply *r = ctx;
    size_t room = HEAD - r->head.len;

    if (r->stopped)
        return false;
    if (!r->mime)
        return wire_feed(r, bytes, len);
    if (!buf_add(&r->head, bytes, len < room ? len : room) ||
        !mime_reader_feed(r->mime, bytes, len))
        wire_parts_end(r);
    return !r->stopped;
}

static void
release_buf(void *handle)
{
    buf_release(handle);
}

struct wire_reply *
wire_reply_new(const struct adapter *a, struct arena *mem, const struct wire_call *call,
               struct http_sink *sink)
{
    struct wire_reply *r = arena_alloc(mem, sizeof *r);

    r->mem = mem;
    r->a = a;
    r->wire = a->state;
    r->map = a->map;
    r->call = call;
    r->open = arena_alloc(mem, (a->map->stream_count + 1) * sizeof(struct made *));
    r->results_end = &r->results;
    buf_init(&r->opening, HEAD);
    buf_init(&r->head, HEAD);
    arena_defer(mem, release_buf, &r->opening);
    arena_defer(mem, release_buf, &r->head);
    begin_doc(r, &r->outer, call->paths);
    r->main = &r->outer;
    if (call->inner) {
        begin_doc(r, &r->inner, call->inner);
        r->main = &r->inner;
    }
    sink->begin = on_begin;
    sink->take = on_take;
    sink->ctx = r;
    sink->keeps = true;
    return r;
}

/* ---- what came of it ---- */

static void
point_to_bytes(struct record *record, const struct kept *kept)
{
    for (; record; record = record->next) {
        const struct made *made = (const struct made *)record;
        size_t from = kept_at(kept, made->start), to = kept_at(kept, made->end);

        record->raw = kept->buf.data + from;
        record->raw_len = to - from;
        point_to_bytes(record->child, kept);
    }
}

void
wire_reply_page(struct wire_reply *r, struct page *out)
{
    point_to_bytes(r->first, &r->main->kept);
    out->records = r->first;
    out->count = r->count;
    out->more = r->more;
}

void
wire_reply_raw(struct wire_reply *r, const struct http_reply *http, struct page *out)
{
    const struct buf *buf = &r->outer.kept.buf;

    if (r->inner.fed && !r->outer.v)
        buf = &r->inner.kept.buf; /* in place of the string that it was */
    if (http->body->len)
        buf = http->body;
    else if (!buf->len && r->head.len)
        buf = &r->head;
    out->raw = buf->data;
    out->raw_len = buf->len;
}

const struct wire_result *
wire_reply_results(const struct wire_reply *r)
{
    return r->results;
}
