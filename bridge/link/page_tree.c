/*
 * The document: libxml2's tree, made by hand and from what PostgreSQL writes. All text passes
 * through one door, add_clean().
 */
#include "page_parts.h"

#include <string.h>

#include <libxml/parser.h>
#include <utf8proc.h>

#include "xml_paths.h"

#define PIECE_MAX ((size_t)64 << 20)

static const xmlChar *
chars(const char *text)
{
    return (const xmlChar *)text;
}

static void
free_doc(void *doc)
{
    xmlFreeDoc(doc);
}

xmlNodePtr
page_xml(const struct page_node *node)
{
    return (xmlNodePtr)(uintptr_t)node;
}

static struct page_node *
page_of(xmlNodePtr node)
{
    return (struct page_node *)node;
}

struct page_node *
page_new(struct arena *mem, const char *root)
{
    xml_begin();
    xmlDocPtr doc = xmlNewDoc(chars("1.0"));
    xmlNodePtr node = xmlNewDocNode(doc, NULL, chars(root), NULL);

    arena_defer(mem, free_doc, doc);
    (void)xmlDocSetRootElement(doc, node);
    return page_of(node);
}

/* ---- text ---- */

/* What XML 1.0 cannot carry, what steers a terminal, and what turns the direction of the words
 * behind it. Joiners (U+200C, U+200D) are letters of Devanagari, and stay. */
static bool
is_harmful(utf8proc_int32_t c)
{
    return (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0) || c == 0x061c ||
           c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c & 0xfffe) == 0xfffe;
}

/* The next character, of at most n bytes; U+FFFD for what may not go in. */
static size_t
next_char(const char *text, size_t n, utf8proc_int32_t *c)
{
    utf8proc_ssize_t len = utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)n, c);

    if ((len > 1 && (*c == 0x2028 || *c == 0x2029)) || (len == 2 && *c == 0x85))
        *c = '\n';
    else if (len <= 0 || is_harmful(*c))
        *c = 0xfffd;
    return len > 0 ? (size_t)len : 1;
}

static char *
clean(char *at, const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        utf8proc_int32_t c;

        if (text[i] == '\r' && i + 1 < len && text[i + 1] == '\n') {
            i++;
            continue;
        }
        if (text[i] == '\r') {
            *at++ = '\n';
            i++;
            continue;
        }
        i += next_char(text + i, len - i, &c);
        at += utf8proc_encode_char(c, (utf8proc_uint8_t *)at);
    }
    return at;
}

const char *
page_text(struct arena *mem, const char *text, size_t len)
{
    char *out = arena_alloc(mem, 3 * len + 1); /* a byte becomes U+FFFD at worst */

    *clean(out, text, len) = '\0';
    return out;
}

static void
with_clean(xmlNodePtr node, const char *name, const char *text)
{
    size_t len = strlen(text);
    char *copy = memory_get(3 * len + 1);

    *clean(copy, text, len) = '\0';
    if (name)
        (void)xmlSetProp(node, chars(name), chars(copy));
    else
        xmlNodeAddContent(node, chars(copy));
    free(copy);
}

struct page_node *
page_add(struct page_node *parent, const char *name, const char *text)
{
    xmlNodePtr node = xmlNewChild(page_xml(parent), NULL, chars(name), NULL);

    if (text)
        with_clean(node, NULL, text);
    return page_of(node);
}

struct page_node *
page_last(const struct page_node *parent)
{
    return page_of(xmlLastElementChild(page_xml(parent)));
}

void
page_set(struct page_node *node, const char *name, const char *value)
{
    if (value)
        with_clean(page_xml(node), name, value);
}

/* ---- pieces ---- */

/* Character references to what is harmful would come through the door behind clean(): PostgreSQL
 * writes none but that of CR. */
static void
mend_texts(xmlNodePtr node)
{
    for (; node; node = node->next) {
        if (node->type == XML_TEXT_NODE && strpbrk((const char *)node->content, "\r")) {
            char *text = memory_text((const char *)node->content);

            xmlNodeSetContent(node, NULL);
            with_clean(node, NULL, text);
            free(text);
        }
        mend_texts(node->children);
    }
}

static enum verdict
parse(const struct buf *text, xmlDocPtr *out, struct error *err)
{
    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    xmlDocPtr doc = xmlCtxtReadMemory(parser, text->data, (int)text->len, NULL, "UTF-8",
                                      XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_NOERROR |
                                          XML_PARSE_NOWARNING);
    int line = parser->lastError.line;
    bool good = doc && !doc->intSubset;

    xmlFreeParserCtxt(parser);
    if (!good && doc)
        xmlFreeDoc(doc);
    *out = good ? doc : NULL;
    if (good)
        return V_OK;
    return error_set(err, V_FATAL, "page.xml", "a piece of a page is no XML, in line %d", line);
}

enum verdict
page_add_xml(struct page_node *parent, const char *name, const char *xml, size_t len,
             struct error *err)
{
    struct buf text;
    xmlDocPtr doc = NULL;

    buf_init(&text, PIECE_MAX);
    char *copy = memory_get(3 * len + 1);

    *clean(copy, xml, len) = '\0';
    bool fits = buf_format(&text, "<%s>", name) && buf_add_text(&text, copy) &&
                buf_format(&text, "</%s>", name);

    free(copy);
    enum verdict v = fits ? parse(&text, &doc, err)
                          : error_set(err, V_FATAL, "page.limit", "a piece of a page is too long");

    buf_release(&text);
    if (v)
        return v;
    xmlNodePtr piece = xmlDocCopyNode(xmlDocGetRootElement(doc), page_xml(parent)->doc, 1);

    xmlFreeDoc(doc);
    mend_texts(piece->children);
    (void)xmlAddChild(page_xml(parent), piece);
    return V_OK;
}
