/*
 * libxlsxwriter, in its mode of constant memory. It says nothing when its own files could not take
 * a row, so that sheet_read.c looks at what came out.
 */
#include "sheet.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <utf8proc.h>
#include <xlsxwriter.h>

#include "../base/file.h"

#define FIGURE_DIGITS 15  /* a double holds each of them, and a spreadsheet shows no more */
#define DECIMALS      6   /* are shown as they came */
#define OLD_TEXT      255 /* old programs show a longer cell of the form "text" as ##### */

struct sheet {
    struct arena *mem;
    const char *path;
    lxw_workbook *book;
    lxw_worksheet *now;
    lxw_format *head, *text, *decimals[DECIMALS + 1]; /* the last: made when first needed */
    lxw_row_t row;
    lxw_col_t column, columns;
    long cells;
    lxw_error fault; /* the first one */
    bool short_file; /* a row did not go to its file */
    char fit[SHEET_TEXT * 3 + 16];
};

enum verdict
sheet_open(struct arena *mem, const char *path, int64_t at, struct sheet **out, struct error *err)
{
    struct sheet *s = arena_alloc(mem, sizeof *s);
    lxw_workbook_options options = { .constant_memory = LXW_TRUE };
    lxw_doc_properties about = { .created = (time_t)(at / 1000000) };

    *out = s;
    s->mem = mem;
    s->path = path;
    options.tmpdir = arena_copy(mem, file_folder(mem, path));
    s->book = workbook_new_opt(path, &options);
    if (!s->book)
        return error_set(err, V_FATAL, "sheet.write", "could not begin a workbook");
    workbook_set_properties(s->book, &about);
    s->head = workbook_add_format(s->book);
    s->text = workbook_add_format(s->book);
    if (!s->head || !s->text) {
        sheet_drop(s);
        return error_set(err, V_FATAL, "sheet.write", "could not begin a workbook");
    }
    format_set_bold(s->head);
    format_set_num_format(s->text, "@"); /* stays a text when somebody edits the cell */
    return V_OK;
}

static void
note(struct sheet *s, lxw_error fault)
{
    if (fault && !s->fault)
        s->fault = fault;
}

/* name, or "name (2)" and so on: the first that is legal and free. */
static const char *
free_name(struct sheet *s, const char *name)
{
    char plain[LXW_SHEETNAME_MAX + 1], *with = arena_alloc(s->mem, sizeof plain + 16);
    size_t len = 0;

    for (; *name && len < sizeof plain - 1; name++)
        plain[len++] = *name <= ' ' || *name > '~' || strchr("[]:*?/\\'", *name) ? '_' : *name;
    plain[len] = '\0';
    for (int n = 1; n < 10000; n++) {
        char tail[16] = "";

        if (n > 1)
            (void)snprintf(tail, sizeof tail, " (%d)", n);
        int room = LXW_SHEETNAME_MAX - (int)strlen(tail);

        (void)snprintf(with, sizeof plain + 16, "%.*s%s", room, len ? plain : "sheet", tail);
        if (workbook_validate_sheet_name(s->book, with) == LXW_NO_ERROR)
            break;
    }
    return with;
}

void
sheet_add(struct sheet *s, const char *name)
{
    s->now = workbook_add_worksheet(s->book, free_name(s, name));
    s->row = 0;
    s->column = s->columns = 0;
    if (!s->now)
        note(s, LXW_ERROR_CREATING_TMPFILE);
}

void
sheet_head(struct sheet *s, size_t column, const char *name, size_t width)
{
    lxw_col_t at = (lxw_col_t)column;

    if (!s->now)
        return;
    note(s, worksheet_set_column(s->now, at, at, (double)width, NULL));
    note(s, worksheet_write_string(s->now, 0, at, name, s->head));
    s->cells++;
    if (at >= s->columns)
        s->columns = (lxw_col_t)(at + 1);
}

void
sheet_row(struct sheet *s)
{
    s->row++;
    s->column = 0;
}

void
sheet_skip(struct sheet *s)
{
    s->column++;
}

/* "_x000D_" in a text would be read as a control: such a text is written "_x005F_x000D_". */
static bool
is_escape(const char *text)
{
    return strncmp(text, "_x", 2) == 0 && strspn(text + 2, "0123456789abcdefABCDEF") >= 4 &&
           text[6] == '_';
}

/* The text as the format takes it: its characters, line ends, escapes, length. True when cut. */
static bool
fit(char *to, const char *text)
{
    long units = 0;
    bool cut = false;

    while (*text && !cut) {
        utf8proc_int32_t c = 0;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &c);
        bool escape = is_escape(text);

        text += n > 0 ? n : 1;
        if (c == '\r' && *text == '\n')
            continue;
        if (c == '\r')
            c = '\n';
        if (n <= 0 || (c < ' ' && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) ||
            c == 0xfffe || c == 0xffff)
            c = 0xfffd;
        units += (c > 0xffff ? 2 : 1) + (escape ? 6 : 0);
        if (units > SHEET_TEXT - (*text ? 1 : 0)) { /* one is left for the mark */
            cut = true;
            escape = false;
            c = 0x2026;
        }
        if (escape) {
            memcpy(to, "_x005F", 6);
            to += 6;
        }
        to += utf8proc_encode_char(c, (utf8proc_uint8_t *)to);
    }
    *to = '\0';
    return cut;
}

bool
sheet_text(struct sheet *s, const char *text)
{
    lxw_col_t at = s->column++;

    if (!s->now || !*text)
        return false;
    bool cut = fit(s->fit, text);

    note(s, worksheet_write_string(s->now, s->row, at, s->fit,
                                   strlen(s->fit) > OLD_TEXT ? NULL : s->text));
    s->cells++;
    return cut;
}

/* "98.50" is shown so, not as 98.5. */
static lxw_format *
decimals_of(struct sheet *s, const char *digits)
{
    const char *point = strchr(digits, '.');
    size_t n = point ? strlen(point + 1) : 0;
    char form[DECIMALS + 3] = "0.000000";

    if (n == 0 || n > DECIMALS)
        return NULL;
    form[n + 2] = '\0';
    if (!s->decimals[n]) {
        s->decimals[n] = workbook_add_format(s->book);
        if (s->decimals[n])
            format_set_num_format(s->decimals[n], form);
    }
    return s->decimals[n];
}

void
sheet_figure(struct sheet *s, const char *digits)
{
    size_t len = strspn(digits + (*digits == '-'), "0123456789.");
    char *end = NULL;
    double value = strtod(digits, &end);

    if (len == 0 || len > FIGURE_DIGITS || *end || end == digits) {
        (void)sheet_text(s, digits);
        return;
    }
    lxw_col_t at = s->column++;

    if (!s->now)
        return;
    note(s, worksheet_write_number(s->now, s->row, at, value, decimals_of(s, digits)));
    s->cells++;
}

void
sheet_end(struct sheet *s)
{
    if (!s->now || !s->columns)
        return;
    worksheet_freeze_panes(s->now, 1, 0);
    note(s, worksheet_autofilter(s->now, 0, 0, s->row, (lxw_col_t)(s->columns - 1)));
    note(s, worksheet_ignore_errors(s->now, LXW_IGNORE_NUMBER_STORED_AS_TEXT, "A1:XFD1048576"));
    if (fflush(s->now->optimize_tmpfile) != 0 || ferror(s->now->optimize_tmpfile))
        s->short_file = true;
}

enum verdict
sheet_close(struct sheet *s, struct error *err)
{
    lxw_error fault = s->fault;
    long cells = 0;

    if (fault || s->short_file) {
        sheet_drop(s);
    } else {
        fault = workbook_close(s->book);
        s->book = NULL;
    }
    if (s->short_file)
        return error_set(err, V_FATAL, "sheet.write", "no room on the disk for the rows of \"%s\"",
                         s->path);
    if (fault)
        return error_set(err, V_FATAL, "sheet.write", "could not write \"%s\": %s", s->path,
                         lxw_strerror(fault));
    enum verdict v = sheet_count(s->path, &cells, err);

    if (!v && cells != s->cells)
        return error_set(err, V_FATAL, "sheet.write", "\"%s\" holds %ld of %ld cells: disk full?",
                         s->path, cells, s->cells);
    return v;
}

void
sheet_drop(struct sheet *s)
{
    if (s->book)
        lxw_workbook_free(s->book);
    s->book = NULL;
}
