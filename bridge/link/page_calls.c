/*
 * What stylesheets can call besides XPath: times in people's zone, figures as they are written in
 * India.
 */
#include "page_parts.h"

#include <string.h>

#include <libxml/xpathInternals.h>
#include <libxslt/extensions.h>
#include <libxslt/xsltInternals.h>

#include "clock.h"

/* "2020-06-01T00:00:00Z" -> "2020-06-01 05:30" */
static bool
say_local(const char *text, int minutes, char *out, size_t room)
{
    int64_t at;

    if (!clock_from_text(text, strlen(text), &at) &&
        !clock_parse("iso", 0, text, strlen(text), &at))
        return false;
    return clock_format("%Y-%m-%d %H:%M", minutes, at, out, room) != 0;
}

static void
call_local(xmlXPathParserContextPtr ctx, int nargs)
{
    char out[32];

    if (nargs != 1) {
        xmlXPathSetArityError(ctx);
        return;
    }
    xsltTransformContextPtr transform = xsltXPathGetTransformContext(ctx);
    const int *minutes = transform ? transform->_private : NULL;
    xmlChar *text = xmlXPathPopString(ctx);

    if (xmlXPathCheckError(ctx))
        return;
    if (minutes && say_local((const char *)text, *minutes, out, sizeof out))
        xmlXPathReturnString(ctx, xmlStrdup((const xmlChar *)out));
    else
        xmlXPathReturnString(ctx, xmlStrdup(text));
    xmlFree(text);
}

/* 1234567 -> 12,34,567; digits alone, with or without a sign. False: it is none, or too long. */
static bool
say_count(const char *text, char *out, size_t room)
{
    const char *digits = text + (*text == '-');
    size_t n = strlen(digits), at = 0;

    if (!n || strspn(digits, "0123456789") != n || n > 20 || room < 32)
        return false;
    if (*text == '-')
        out[at++] = '-';
    for (size_t i = 0; i < n; i++) {
        size_t left = n - i; /* digits that are still to come, this one too */

        if (i && (left == 3 || (left > 3 && (left - 3) % 2 == 0)))
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return true;
}

static void
call_count(xmlXPathParserContextPtr ctx, int nargs)
{
    char out[32];

    if (nargs != 1) {
        xmlXPathSetArityError(ctx);
        return;
    }
    xmlChar *text = xmlXPathPopString(ctx);

    if (xmlXPathCheckError(ctx))
        return;
    xmlXPathReturnString(
        ctx,
        xmlStrdup(say_count((const char *)text, out, sizeof out) ? (const xmlChar *)out : text));
    xmlFree(text);
}

void
page_calls(xsltTransformContextPtr transform, int *zone_minutes)
{
    static const struct {
        const char *name;
        xmlXPathFunction call;
    } calls[] = { { "local", call_local }, { "count", call_count } };

    transform->_private = zone_minutes;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        (void)xsltRegisterExtFunction(transform, (const xmlChar *)calls[i].name,
                                      (const xmlChar *)PAGE_NAMESPACE, calls[i].call);
}
