/*
 * What a driver that wrote over its own process may have made of an answer. It has the form of a
 * message, for the tube looked; here it is seen whether it is also an answer that an adapter may
 * give: what lies behind takes that for granted.
 */
#include "worker_parts.h"

#include <string.h>

#include "text.h"

static bool
is_word(const char *text)
{
    return !text || text_is_utf8(text, strlen(text), NULL);
}

/* A record that its adapter could not read whole may lack fields, no other may. */
static bool
is_record(const struct mapping *map, const struct record *r)
{
    const struct map_stream *stream = r->stream ? mapping_stream(map, r->stream) : NULL;

    if (!stream || (r->count && !r->fields) || r->sealed || r->apart || !is_word(r->place))
        return false;
    if (r->fault ? r->count > stream->count : r->count != stream->count)
        return false;
    for (const struct record *child = r->child; child; child = child->next)
        if (!is_record(map, child))
            return false;
    return true;
}

bool
page_fits(const struct mapping *map, const struct map_call *call, const struct page *page)
{
    for (const struct record *r = page->records; r; r = r->next)
        if (!is_record(map, r) || (call->brings && strcmp(r->stream, call->brings) != 0))
            return false;
    return is_word(page->from);
}

static void
mend(char *text)
{
    size_t at;

    while (!text_is_utf8(text, strlen(text), &at))
        text[at] = '?';
}

static const char *
mended(struct arena *mem, const char *text)
{
    char *copy;

    if (is_word(text))
        return text;
    copy = arena_copy(mem, text);
    mend(copy);
    return copy;
}

bool
answers_fit(struct arena *mem, struct push_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_word(items[i].receipt))
            return false;
        items[i].said = mended(mem, items[i].said);
        items[i].detail = mended(mem, items[i].detail);
    }
    return true;
}

void
error_mend(struct error *err)
{
    mend(err->code);
    mend(err->text);
    mend(err->hint);
    mend(err->field);
    mend(err->where);
}
