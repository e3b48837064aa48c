#include "xml_file.h"

#include <string.h>

#include <libxml/xmlwriter.h>

#include "page.h"
#include "xml_paths.h"

struct xml_file {
    struct arena *scratch; /* of one text */
    xmlTextWriterPtr writer;
    bool failed;
};

static const xmlChar *
chars(const char *text)
{
    return (const xmlChar *)text;
}

static void
note(struct xml_file *x, int done)
{
    x->failed = x->failed || done < 0;
}

enum verdict
xml_file_open(struct arena *mem, const char *path, const char *root, const char *uri,
              struct xml_file **out, struct error *err)
{
    struct xml_file *x = arena_alloc(mem, sizeof *x);

    xml_begin();
    *out = NULL;
    x->writer = xmlNewTextWriterFilename(path, 0);
    if (!x->writer)
        return error_set(err, V_FATAL, "xml.write", "could not write \"%s\"", path);
    x->scratch = arena_new("xml text");
    note(x, xmlTextWriterSetIndent(x->writer, 1));
    note(x, xmlTextWriterStartDocument(x->writer, NULL, "UTF-8", NULL));
    note(x, xmlTextWriterStartElementNS(x->writer, NULL, chars(root), chars(uri)));
    *out = x;
    return V_OK;
}

/* Lives until the next text. */
static const xmlChar *
clean(struct xml_file *x, const char *text)
{
    arena_reset(x->scratch);
    return chars(page_text(x->scratch, text, strlen(text)));
}

void
xml_file_begin(struct xml_file *x, const char *name)
{
    note(x, xmlTextWriterStartElement(x->writer, chars(name)));
}

void
xml_file_set(struct xml_file *x, const char *name, const char *text)
{
    if (text)
        note(x, xmlTextWriterWriteAttribute(x->writer, chars(name), clean(x, text)));
}

void
xml_file_put(struct xml_file *x, const char *name, const char *text)
{
    if (text)
        note(x, xmlTextWriterWriteElement(x->writer, chars(name), clean(x, text)));
}

void
xml_file_end(struct xml_file *x)
{
    note(x, xmlTextWriterEndElement(x->writer));
}

void
xml_file_drop(struct xml_file *x)
{
    if (!x || !x->writer)
        return;
    xmlFreeTextWriter(x->writer);
    arena_free(x->scratch);
    x->writer = NULL;
}

enum verdict
xml_file_close(struct xml_file *x, struct error *err)
{
    bool failed;

    note(x, xmlTextWriterEndDocument(x->writer));
    note(x, xmlTextWriterFlush(x->writer));
    failed = x->failed;
    xml_file_drop(x);
    return failed ? error_set(err, V_FATAL, "xml.write", "not all of the XML could be written")
                  : V_OK;
}
