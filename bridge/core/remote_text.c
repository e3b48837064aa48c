/*
 * A packed record for people: no lengths, nested ones indented, and nothing that a terminal would
 * take for an order.
 */
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "mapper.h"
#include "remote_pack.h"
#include "text.h"

#define TEXT_MAX ((size_t)64 << 20)

static bool
add_indent(struct buf *b, int depth)
{
    for (int i = 0; i < depth; i++)
        if (!buf_add_text(b, "    "))
            return false;
    return true;
}

/* U+2028, U+2029 and the marks that turn the direction of what follows. */
static size_t
unsafe_mark(const char *text, size_t left)
{
    static const char *const marks[] = { "\u2028", "\u2029", "\u202a", "\u202b", "\u202c", "\u202d",
                                         "\u202e", "\u2066", "\u2067", "\u2068", "\u2069" };

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (left >= 3 && memcmp(text, marks[i], 3) == 0)
            return 3;
    return 0;
}

static bool
add_value(struct buf *b, const char *text, size_t len)
{
    bool all = text_is_utf8(text, len, NULL), ok = true;

    for (size_t i = 0; i < len && ok; i++) {
        unsigned char c = (unsigned char)text[i];
        size_t hex = all ? unsafe_mark(text + i, len - i) : 0;

        if (c < 0x20 || c == 0x7F || (c >= 0x80 && !all))
            hex = 1;
        else if (c == 0xC2 && all && (unsigned char)text[i + 1] < 0xA0)
            hex = 2; /* C1 controls */
        if (c == '\n')
            ok = buf_add_text(b, "\\n");
        else if (c == '\t')
            ok = buf_add_text(b, "\\t");
        else if (c == '\\')
            ok = buf_add_text(b, "\\\\");
        else if (hex == 0)
            ok = buf_add(b, text + i, 1);
        for (size_t j = 0; j < hex && ok && c != '\n' && c != '\t'; j++)
            ok = buf_format(b, "\\x%02X", (unsigned)(unsigned char)text[i + j]);
        i += hex > 1 ? hex - 1 : 0;
    }
    return ok;
}

static bool
add_item(struct buf *b, const struct pack_item *item, int *depth)
{
    bool ok = true;

    switch (item->kind) {
    case '{':
        ok = add_indent(b, *depth) && buf_add_text(b, "[") && buf_add(b, item->a, item->a_len) &&
             buf_add_text(b, "]\n");
        ++*depth;
        break;
    case '}':
        --*depth;
        break;
    case '!':
        ok = add_indent(b, *depth - 1) && buf_add_text(b, "# ") &&
             add_value(b, item->a, item->a_len) && buf_add_text(b, ": ") &&
             add_value(b, item->b, item->b_len) && buf_add_text(b, "\n");
        break;
    default:
        ok = add_indent(b, *depth - 1) && buf_add(b, item->a, item->a_len) &&
             buf_add_text(b, " = ") && add_value(b, item->b, item->b_len) && buf_add_text(b, "\n");
    }
    return ok;
}

char *
remote_text(struct arena *mem, const char *bytes, size_t len)
{
    const char *at = bytes, *end = bytes + len;
    struct pack_item item;
    struct buf b;
    char *text;
    int depth = 0;
    bool bad = false, full = false;

    buf_init(&b, TEXT_MAX);
    while (pack_next(&at, end, &item, &bad)) {
        full = !add_item(&b, &item, &depth);
        if (full || depth < 0)
            break;
    }
    text = arena_format(mem, "%s%s", b.data ? b.data : "",
                        bad || full || depth ? "# what follows could not be read\n" : "");
    buf_release(&b);
    return text;
}
