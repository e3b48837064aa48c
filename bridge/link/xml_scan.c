/*
 * A machine of a dozen states over the bytes; long runs of text, comment and
 * attribute value are passed by memchr(). Where it differs from libxml2's
 * opinion the document is not well-formed, and libxml2 says so.
 */
#include "xml_scan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arena.h"

enum {
    AT_START, /* nothing seen */
    AT_BOM,   /* within a byte order mark */
    AT_TEXT,
    AT_OPEN, /* '<' seen */
    AT_TAG,
    AT_QUOTE,   /* within an attribute's value */
    AT_BANG,    /* "<!" seen */
    AT_DASH,    /* "<!-" seen */
    AT_BRACKET, /* "<![" seen, up to "<![CDATA[" */
    AT_COMMENT,
    AT_CDATA,
    AT_WORD, /* "<?" seen */
};

static bool
refuse(struct xml_scan *scan, const char *code, const char *why)
{
    scan->code = code;
    scan->why = why;
    return false;
}

static void
keep_tag(struct xml_scan *scan, size_t end, bool empty)
{
    struct xml_tag *tag;

    if (scan->count == scan->room) {
        size_t room = scan->room ? scan->room * 2 : 256;
        struct xml_tag *tags = memory_zeroed(room, sizeof *tags);

        for (size_t i = 0; i < scan->count; i++)
            tags[i] = scan->tags[(scan->first + i) % scan->room];
        free(scan->tags);
        scan->tags = tags;
        scan->first = 0;
        scan->room = room;
    }
    tag = &scan->tags[(scan->first + scan->count++) % scan->room];
    tag->start = scan->start;
    tag->end = end;
    tag->empty = empty;
}

bool
xml_scan_take(struct xml_scan *scan, struct xml_tag *out)
{
    if (scan->count == 0)
        return false;
    *out = scan->tags[scan->first];
    scan->first = (scan->first + 1) % scan->room;
    scan->count--;
    return true;
}

bool
xml_scan_in_text(const struct xml_scan *scan)
{
    return scan->count == 0 && (scan->state == AT_TEXT || scan->state == AT_CDATA);
}

bool
xml_scan_in_cdata(const struct xml_scan *scan)
{
    return scan->state == AT_CDATA;
}

void
xml_scan_release(struct xml_scan *scan)
{
    free(scan->tags);
    scan->tags = NULL;
    scan->room = scan->count = scan->first = 0;
}

/* The XML declaration is whole: it may name UTF-8 or nothing. */
static bool
check_declaration(struct xml_scan *scan)
{
    const char *at;

    scan->word[scan->word_len] = '\0';
    at = strstr(scan->word, "encoding");
    if (!at)
        return true;
    at += strlen("encoding");
    at += strspn(at, " \t\r\n");
    if (*at != '=')
        return refuse(scan, "xml.malformed", "the XML declaration is faulty");
    at++;
    at += strspn(at, " \t\r\n");
    if ((*at != '"' && *at != '\'') || strncasecmp(at + 1, "utf-8", 5) != 0 || at[6] != *at)
        return refuse(scan, "xml.encoding", "its declared encoding is not UTF-8");
    return true;
}

/* One byte of "<?...": only the declaration, and only at the very beginning. */
static bool
scan_word(struct xml_scan *scan, char c)
{
    static const char opening[] = "<?xml";

    if (scan->start != scan->bom)
        return refuse(scan, "xml.pi", "it holds a processing instruction");
    if (scan->word_len + 1 >= sizeof scan->word)
        return refuse(scan, "xml.limit", "its XML declaration is too long");
    scan->word[scan->word_len++] = c;
    if (scan->word_len < sizeof opening) {
        if (c != opening[scan->word_len - 1])
            return refuse(scan, "xml.pi", "it holds a processing instruction");
        return true;
    }
    if (scan->word_len == sizeof opening && !strchr(" \t\r\n", c))
        return refuse(scan, "xml.pi", "it holds a processing instruction");
    if (c == '>' && scan->word[scan->word_len - 2] == '?') {
        scan->state = AT_TEXT;
        return check_declaration(scan);
    }
    return true;
}

static bool
scan_first(struct xml_scan *scan, unsigned char c)
{
    if (scan->offset == 0 && c == 0xEF) {
        scan->state = AT_BOM;
        scan->bom = 3;
        return true;
    }
    if (c == '<') {
        scan->start = scan->offset;
        scan->state = AT_OPEN;
        return true;
    }
    if (c >= 0x80)
        return refuse(scan, "xml.encoding", "it does not begin as UTF-8 does");
    if (!strchr(" \t\r\n", c))
        return refuse(scan, "xml.malformed", "it does not begin with a tag");
    scan->state = AT_TEXT;
    return true;
}

static bool
scan_bom(struct xml_scan *scan, unsigned char c)
{
    if (c != (scan->offset == 1 ? 0xBB : 0xBF))
        return refuse(scan, "xml.encoding", "it does not begin as UTF-8 does");
    if (scan->offset == 2)
        scan->state = AT_START;
    return true;
}

static bool
scan_open(struct xml_scan *scan, char c)
{
    scan->last[0] = scan->last[1] = '\0';
    if (c == '!') {
        scan->state = AT_BANG;
    } else if (c == '?') {
        scan->state = AT_WORD;
        scan->word[0] = '<';
        scan->word_len = 1;
        return scan_word(scan, c);
    } else {
        scan->last[1] = c;
        scan->state = AT_TAG;
    }
    return true;
}

static bool
scan_bang(struct xml_scan *scan, char c)
{
    static const char opening[] = "CDATA[";

    if (scan->state == AT_BANG) {
        scan->word_len = 0;
        scan->state = c == '-' ? AT_DASH : AT_BRACKET;
        if (c != '-' && c != '[')
            return refuse(scan, "xml.dtd", "it holds a DTD");
    } else if (scan->state == AT_DASH) {
        scan->state = AT_COMMENT;
        if (c != '-')
            return refuse(scan, "xml.malformed", "a comment does not begin as it must");
    } else {
        if (c != opening[scan->word_len++])
            return refuse(scan, "xml.malformed", "a CDATA section does not begin as it must");
        if (scan->word_len == sizeof opening - 1)
            scan->state = AT_CDATA;
    }
    return true;
}

static bool
scan_tag(struct xml_scan *scan, char c)
{
    if (c == '<')
        return refuse(scan, "xml.malformed", "a tag holds another");
    if (c == '"' || c == '\'') {
        scan->quote = c;
        scan->state = AT_QUOTE;
    } else if (c == '>') {
        keep_tag(scan, scan->offset + 1, scan->last[1] == '/' && scan->offset > scan->start + 1);
        scan->state = AT_TEXT;
    }
    scan->last[1] = c;
    return true;
}

static bool
scan_quote(struct xml_scan *scan, char c)
{
    if (c == '<')
        return refuse(scan, "xml.malformed", "an attribute holds a \"<\"");
    if (c == scan->quote)
        scan->state = AT_TAG;
    return true;
}

/* Within a comment or CDATA: passes to the next '>' that may end it. Returns bytes passed. */
static size_t
scan_run(struct xml_scan *scan, const char *at, size_t len)
{
    char want = scan->state == AT_COMMENT ? '-' : ']';
    const char *end = memchr(at, '>', len);
    size_t run = end ? (size_t)(end - at) : len;

    if (run >= 2) {
        scan->last[0] = at[run - 2];
        scan->last[1] = at[run - 1];
    } else if (run == 1) {
        scan->last[0] = scan->last[1];
        scan->last[1] = at[0];
    }
    if (!end)
        return len;
    if (scan->last[0] == want && scan->last[1] == want)
        scan->state = AT_TEXT;
    scan->last[0] = scan->last[1];
    scan->last[1] = '>';
    return run + 1;
}

/* Within a tag: passes what neither ends it nor opens or closes a value. Returns bytes passed. */
static size_t
scan_plain(struct xml_scan *scan, const char *at, size_t len)
{
    size_t run = 0;

    while (run < len && at[run] != '>' && at[run] != '<' && at[run] != '"' && at[run] != '\'')
        run++;
    if (run > 0)
        scan->last[1] = at[run - 1];
    return run;
}

static bool
scan_byte(struct xml_scan *scan, char c)
{
    switch (scan->state) {
    case AT_START:
        return scan_first(scan, (unsigned char)c);
    case AT_BOM:
        return scan_bom(scan, (unsigned char)c);
    case AT_OPEN:
        return scan_open(scan, c);
    case AT_TAG:
        return scan_tag(scan, c);
    case AT_QUOTE:
        return scan_quote(scan, c);
    case AT_WORD:
        return scan_word(scan, c);
    default:
        return scan_bang(scan, c);
    }
}

bool
xml_scan_feed(struct xml_scan *scan, const char *bytes, size_t len)
{
    const char *at = bytes, *end = bytes + len;

    if (scan->code)
        return false;
    if (memchr(bytes, '\0', len))
        return refuse(scan, "xml.encoding", "it holds NUL bytes");
    while (at < end) {
        size_t left = (size_t)(end - at);

        if (scan->state == AT_TEXT) {
            const char *open = memchr(at, '<', left);

            scan->offset += open ? (size_t)(open - at) + 1 : left;
            at = open ? open + 1 : end;
            if (open) {
                scan->start = scan->offset - 1;
                scan->state = AT_OPEN;
            }
        } else if (scan->state == AT_COMMENT || scan->state == AT_CDATA) {
            size_t run = scan_run(scan, at, left);

            scan->offset += run;
            at += run;
        } else {
            bool tag = scan->state == AT_TAG || scan->state == AT_QUOTE;
            size_t run = tag ? scan_plain(scan, at, left) : 0;

            scan->offset += run;
            at += run;
            if (tag && scan->offset - scan->start >= XML_SCAN_TAG)
                return refuse(scan, "xml.limit", "a tag is longer than 16 KiB");
            if (at == end)
                break;
            if (!scan_byte(scan, *at))
                return false;
            scan->offset++;
            at++;
        }
    }
    return true;
}
