/*
 * Stylesheets and what they make. libxslt is shut on every side: the security preferences forbid
 * files and addresses, both ways, and the loader gives out nothing but stylesheets of one folder.
 */
#include "page_parts.h"

#include <string.h>

#include <libxml/parser.h>
#include <libxslt/documents.h>
#include <libxslt/security.h>
#include <libxslt/transform.h>
#include <libxslt/variables.h>
#include <libxslt/xsltInternals.h>
#include <libxslt/xsltutils.h>

#include "../base/file.h"
#include "xml_paths.h"

#define DEPTH   300 /* templates in one another: ours are flat */
#define OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)

struct page_style {
    const char *name;
    xsltStylesheetPtr sheet;
};

static const xsltSecurityOption shut[] = { XSLT_SECPREF_READ_FILE, XSLT_SECPREF_WRITE_FILE,
                                           XSLT_SECPREF_CREATE_DIRECTORY, XSLT_SECPREF_READ_NETWORK,
                                           XSLT_SECPREF_WRITE_NETWORK };

static void
say_nothing(void *ctx, const char *fmt, ...)
{
    (void)ctx;
    (void)fmt;
}

/* The file as a document, its names in dict; NULL when it cannot be read or is no XML. */
static xmlDocPtr
read_sheet(const char *path, xmlDictPtr dict, int *line)
{
    struct arena *mem = arena_new("stylesheet");
    const char *text = NULL, *why;
    xmlDocPtr doc = NULL;
    size_t len = 0;

    why = file_take(mem, path, &text, &len);
    if (!why) {
        xmlParserCtxtPtr parser = xmlNewParserCtxt();

        if (dict) {
            xmlDictFree(parser->dict);
            parser->dict = dict;
            (void)xmlDictReference(dict);
        }
        doc = xmlCtxtReadMemory(parser, text, (int)len, path, "UTF-8", OPTIONS);
        *line = parser->lastError.line;
        xmlFreeParserCtxt(parser);
    }
    arena_free(mem);
    if (doc && doc->intSubset) {
        xmlFreeDoc(doc);
        doc = NULL;
    }
    return doc;
}

/* The same folder, and a bare name in it. */
static bool
is_beside(const char *path, const char *by)
{
    const char *slash = strrchr(path, '/'), *other = strrchr(by, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;

    return slash && other && len == (size_t)(other - by) && memcmp(path, by, len) == 0;
}

/* What a stylesheet asks for: another stylesheet of its folder, else nothing. */
static xmlDocPtr
load_beside(const xmlChar *uri, xmlDictPtr dict, int options, void *ctx, xsltLoadType type)
{
    xsltStylesheetPtr by = ctx;
    int line = 0;

    (void)options;
    if (type != XSLT_LOAD_STYLESHEET || !by || !by->doc || !by->doc->URL ||
        !is_beside((const char *)uri, (const char *)by->doc->URL))
        return NULL;
    return read_sheet((const char *)uri, dict, &line);
}

static void
begin(void)
{
    static bool done;

    if (done)
        return;
    done = true;
    xml_begin();
    xsltSetLoaderFunc(load_beside);
    xsltSetGenericErrorFunc(NULL, say_nothing);
}

/* ---- stylesheets ---- */

static void
free_style(void *style)
{
    xsltFreeStylesheet(((struct page_style *)style)->sheet);
}

static enum verdict
fault_of(const char *path, int line, struct error *err)
{
    char where[256];

    error_set(err, V_FATAL, "page.style", "the stylesheet \"%s\" cannot be used", path);
    snprintf(where, sizeof where, "%s:%d", path, line);
    error_at(err, NULL, where);
    error_hint(err, "The folder \"mappings\" of bridge.conf must be of this program's version.");
    return V_FATAL;
}

enum verdict
page_style(struct arena *mem, const char *folder, const char *name, struct page_style **out,
           struct error *err)
{
    struct page_style *style = arena_alloc(mem, sizeof *style);
    const char *path = arena_format(mem, "%s/%s", folder, name);
    int line = 0;

    begin();
    *out = NULL;
    style->name = arena_copy(mem, name);
    xmlDocPtr doc = read_sheet(path, NULL, &line);

    if (!doc)
        return fault_of(path, line, err);
    xmlResetLastError();
    style->sheet = xsltParseStylesheetDoc(doc);
    if (!style->sheet) {
        xmlFreeDoc(doc);
        return fault_of(path, 0, err);
    }
    arena_defer(mem, free_style, style);
    if (style->sheet->errors)
        return fault_of(path, 0, err);
    *out = style;
    return V_OK;
}

/* ---- pages ---- */

static bool
set_params(xsltTransformContextPtr transform, const struct page_param *params, size_t count)
{
    bool good = true;

    for (size_t i = 0; i < count && good; i++)
        good = xsltQuoteOneUserParam(transform, (const xmlChar *)params[i].name,
                                     (const xmlChar *)params[i].text) == 0;
    return good;
}

static bool
shut_off(xsltTransformContextPtr transform, xsltSecurityPrefsPtr prefs)
{
    bool good = prefs != NULL;

    for (size_t i = 0; good && i < sizeof shut / sizeof shut[0]; i++)
        good = xsltSetSecurityPrefs(prefs, shut[i], xsltSecurityForbid) == 0;
    return good && xsltSetCtxtSecurityPrefs(prefs, transform) == 0;
}

static enum verdict
failed(const struct page_style *style, const xsltTransformContext *transform, struct error *err)
{
    const xmlNode *at = transform->inst;
    char where[256];

    error_set(err, V_FATAL, "page.make", "the stylesheet \"%s\" did not make its page",
              style->name);
    if (at && at->doc && at->doc->URL) {
        snprintf(where, sizeof where, "%s:%ld", (const char *)at->doc->URL,
                 xmlGetLineNo((const xmlNode *)at));
        error_at(err, NULL, where);
    }
    return V_FATAL;
}

static enum verdict
write_page(const struct page_style *style, xmlDocPtr page, struct buf *out, struct error *err)
{
    xmlChar *text = NULL;
    int len = 0;

    if (style->sheet->method && strcmp((const char *)style->sheet->method, "html") == 0 &&
        !page->intSubset)
        (void)xmlCreateIntSubset(page, (const xmlChar *)"html", NULL, NULL);
    if (xsltSaveResultToString(&text, &len, page, style->sheet) != 0 || !text)
        return error_set(err, V_FATAL, "page.make", "the page of \"%s\" could not be written",
                         style->name);
    bool fits = buf_add(out, text, (size_t)len);

    xmlFree(text);
    return fits ? V_OK
                : error_set(err, V_FATAL, "page.limit", "the page of \"%s\" is too long",
                            style->name);
}

enum verdict
page_make(const struct page_style *style, const struct page_node *root,
          const struct page_param *params, size_t count, int zone_minutes, struct buf *out,
          struct error *err)
{
    xmlDocPtr doc = page_xml(root)->doc, page = NULL;
    xsltTransformContextPtr transform = xsltNewTransformContext(style->sheet, doc);
    xsltSecurityPrefsPtr prefs = xsltNewSecurityPrefs();
    enum verdict v = V_OK;

    if (!transform || !shut_off(transform, prefs)) {
        v = error_set(err, V_FATAL, "page.make", "libxslt could not be set up");
    } else {
        transform->maxTemplateDepth = DEPTH;
        xsltSetTransformErrorFunc(transform, NULL, say_nothing);
        page_calls(transform, &zone_minutes);
        if (set_params(transform, params, count))
            page = xsltApplyStylesheetUser(style->sheet, doc, NULL, NULL, NULL, transform);
        if (!page || transform->state != XSLT_STATE_OK)
            v = failed(style, transform, err);
    }
    if (!v)
        v = write_page(style, page, out, err);
    if (page)
        xmlFreeDoc(page);
    if (transform)
        xsltFreeTransformContext(transform);
    xsltFreeSecurityPrefs(prefs);
    return v;
}
