/*
 * A document within a string, as .NET services answer: its characters are fed to a reader of their
 * own while they come. Such a string often begins with an XML declaration of the encoding that it
 * had elsewhere ("utf-16"); here it is characters already, so the declaration is passed over.
 */
#include "wire_reply.h"

#include <string.h>

#define DECLARATION 256 /* bytes of an XML declaration at most */

/* Bytes that the opening of the string takes before its document begins; -1 = more must be seen. */
static long
opening_len(const char *text, size_t len, bool last)
{
    static const char bom[] = "\xEF\xBB\xBF", word[] = "<?xml";
    size_t at = 0, seen;
    const char *end;

    if (len < 3 && !last)
        return -1;
    if (len >= 3 && memcmp(text, bom, 3) == 0)
        at = 3;
    while (at < len && strchr(" \t\r\n", text[at]))
        at++;
    seen = len - at < sizeof word - 1 ? len - at : sizeof word - 1;
    if (memcmp(text + at, word, seen) != 0)
        return (long)at;
    if (len - at <= sizeof word - 1)
        return last ? (long)at : -1;
    if (!strchr(" \t\r\n", text[at + sizeof word - 1]))
        return (long)at;
    end = memmem(text + at, len - at, "?>", 2);
    if (end)
        return end + 2 - text;
    return last || len - at > DECLARATION ? (long)at : -1;
}

static void
feed(struct wire_reply *r, const char *text, size_t len)
{
    struct wire_doc *doc = &r->inner;
    size_t since = doc->fed;
    bool leave_out;

    if (len == 0)
        return;
    xml_reader_feed(doc->reader, text, len);
    doc->fed += len;
    leave_out = since >= KEPT_LONG && xml_reader_streams(doc->reader, since - KEPT_LONG);
    if (!kept_add(&doc->kept, text, len, leave_out)) {
        struct error err;
        enum verdict v = error_set(&err, V_REJECT, "http.large",
                                   "the document in the reply is larger than %ld bytes",
                                   r->wire->options->max_reply);

        wire_stop(r, v, &err);
    }
}

static void
open_document(struct wire_reply *r, bool last)
{
    const char *text = r->opening.data ? r->opening.data : "";
    long from = opening_len(text, r->opening.len, last);

    if (from < 0)
        return;
    r->declared = true;
    feed(r, text + from, r->opening.len - (size_t)from);
    buf_clear(&r->opening);
}

void
wire_inner_piece(struct wire_reply *r, const char *text, size_t len)
{
    if (!text)
        r->strings++;
    if (r->stopped || r->inner.ended) /* a second string is one too many, whatever it holds */
        return;
    if (text && r->declared) {
        feed(r, text, len);
    } else if (text) {
        if (buf_add(&r->opening, text, len))
            open_document(r, false);
        else
            wire_note_strange(r, "unwrap", "the string in the reply does not begin as XML does");
    } else {
        if (!r->declared)
            open_document(r, true);
        r->inner.ended = true;
        r->inner.v = xml_reader_end(r->inner.reader, &r->inner.err);
    }
}
