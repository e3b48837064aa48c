/*
 * Drawn by libharu into memory: a page of text takes 2 KB. No date is set, so that
 * nothing in it depends on when it was made.
 */
#include "content_note.h"

#include <hpdf.h>
#include <string.h>

#define LEFT    56.0F
#define TOP     780.0F
#define LINE    16.0F
#define COLUMNS 80 /* characters of a line */
#define LINES   40 /* of a page */
#define SIZE    11.0F

struct sheet {
    HPDF_Page page;
    float y;
    int lines;
};

static void
put_line(struct sheet *sheet, const char *text, size_t len)
{
    char line[COLUMNS + 1];

    if (sheet->lines >= LINES)
        return;
    for (size_t i = 0; i < len; i++)
        line[i] = (char)(text[i] < ' ' || text[i] > '~' ? '?' : text[i]);
    line[len] = '\0';
    if (len) {
        (void)HPDF_Page_BeginText(sheet->page);
        (void)HPDF_Page_TextOut(sheet->page, LEFT, sheet->y, line);
        (void)HPDF_Page_EndText(sheet->page);
    }
    sheet->y -= LINE;
    sheet->lines++;
}

/* Text broken into lines at blanks, and within a word that is longer than a line. */
static void
put_text(struct sheet *sheet, const char *text)
{
    while (*text) {
        size_t len = strlen(text), cut = len;

        if (len > COLUMNS) {
            cut = COLUMNS;
            while (cut > 0 && text[cut] != ' ')
                cut--;
            if (cut == 0)
                cut = COLUMNS;
        }
        put_line(sheet, text, cut);
        text += cut;
        text += strspn(text, " ");
    }
}

static void
draw(struct arena *mem, HPDF_Doc doc, const struct content_facts *of, const char *number,
     const char *why)
{
    struct sheet sheet = { .page = HPDF_AddPage(doc), .y = TOP };
    HPDF_Font bold = HPDF_GetFont(doc, "Helvetica-Bold", NULL);
    HPDF_Font plain = HPDF_GetFont(doc, "Courier", NULL);

    (void)HPDF_Page_SetSize(sheet.page, HPDF_PAGE_SIZE_A4, HPDF_PAGE_PORTRAIT);
    (void)HPDF_Page_SetFontAndSize(sheet.page, bold, SIZE + 3);
    put_text(&sheet, "A document is kept by the police");
    put_text(&sheet, " ");
    (void)HPDF_Page_SetFontAndSize(sheet.page, plain, SIZE - 1);
    put_text(&sheet, arena_format(mem, "Complaint: %s", number && *number ? number : "-"));
    put_text(&sheet, arena_format(mem, "SHA-256:   %s", of->id));
    put_text(&sheet, arena_format(mem, "Size:      %lld bytes", (long long)of->size));
    put_text(&sheet, arena_format(mem, "Type:      %s", of->type ? of->type : "-"));
    put_text(&sheet, " ");
    put_text(&sheet, arena_format(mem, "It is not sent with this message: %s.", why));
    put_text(&sheet, "The document itself is unaltered and can be asked for under the number "
                     "above.");
}

/* The document as bytes, into the store. */
static enum verdict
keep(HPDF_Doc doc, struct content_writer *writer, struct error *err)
{
    HPDF_BYTE bytes[4096];

    if (HPDF_SaveToStream(doc) != HPDF_OK || HPDF_ResetStream(doc) != HPDF_OK)
        return error_set(err, V_FATAL, "content.note", "libharu could not write a page");
    for (;;) {
        HPDF_UINT32 len = sizeof bytes;
        HPDF_STATUS status = HPDF_ReadFromStream(doc, bytes, &len);
        enum verdict v;

        if (status != HPDF_OK && status != HPDF_STREAM_EOF)
            return error_set(err, V_FATAL, "content.note", "libharu could not give its page");
        v = content_add(writer, bytes, len, err);
        if (v || status == HPDF_STREAM_EOF || len == 0)
            return v;
    }
}

enum verdict
content_note(struct contents *contents, struct arena *mem, const struct content_facts *of,
             const char *number, const char *why, struct content_facts *out, struct error *err)
{
    struct content_writer *writer;
    enum verdict v = content_begin(contents, mem, &writer, err);
    HPDF_Doc doc;

    if (v)
        return v;
    doc = HPDF_New(NULL, NULL);
    if (!doc) {
        content_drop(writer);
        return error_set(err, V_FATAL, "content.note", "libharu could not make a page");
    }
    draw(mem, doc, of, number, why);
    if (HPDF_GetError(doc) != HPDF_OK)
        v = error_set(err, V_FATAL, "content.note", "libharu could not draw a page (error %lx)",
                      (unsigned long)HPDF_GetError(doc));
    else
        v = keep(doc, writer, err);
    if (v)
        content_drop(writer);
    else
        v = content_end(writer, out, err);
    HPDF_Free(doc);
    return v;
}
