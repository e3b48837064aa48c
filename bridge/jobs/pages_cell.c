/*
 * The pages of districts. Everything that stands on one is read between cell_enter() and
 * cell_leave(): rows of other units, and names that are to stay unknown, are not there to be
 * shown.
 */
#include "pages_parts.h"

#include <string.h>

#include "../core/cell.h"

static const struct piece pieces[] = {
    { "who", "cell_who", "", 0, NULL },
    { "units", "cell_units", "ynnz", 0, NULL },
    { "summary", "cell_summary", "sbf<>n", 0, NULL },
    { "new", "cell_list", "Nynnzec", PAGES_LIST, "new" },
    { "open", "cell_list", "Oynnzec", PAGES_LIST, "open" },
    { "overdue", "cell_list", "Vynnzec", PAGES_LIST, NULL },
    { "returned", "cell_returned", "annzec", PAGES_LIST, "returned" },
    { "unaccepted", "cell_unaccepted", "nzec", PAGES_LIST, "unaccepted" },
    { "duplicates", "cell_duplicates", "nzec", PAGES_LIST, "duplicates" },
    { "moved", "cell_moved", "anzec", PAGES_LIST, "moved" },
};

#define COLUMNS                                                                                    \
    "list system number police_number unit station office_en office_hi status category priority "  \
    "received_on due_on days_left overdue expected_on returned_on returned_by reason times "       \
    "target stream act state why_en why_hi waiting_since_on twin other_system other_number "       \
    "moved_on moved_to_en moved_to_hi to_unit to_number"

/* The page's pieces, and the file as they come. */
static enum verdict
put_lists(struct pages *p, struct page_node *root, const char *unit, struct error *err)
{
    enum verdict v =
        house_begin(p->house, arena_format(p->page, "cell/%s.csv", unit), &p->csv, err);

    if (v)
        return v;
    p->columns = COLUMNS;
    pages_csv_head(p->csv, COLUMNS);
    v = pages_pieces(p, root, pieces, sizeof pieces / sizeof pieces[0], err);
    p->csv = NULL;
    return v ? v : house_end(p->house, err);
}

static enum verdict
make_cell(struct pages *p, const struct page_style *style, const char *unit, struct error *err)
{
    struct page_node *root = pages_document(p, "cell");
    enum verdict v = cell_enter(p->pg, p->page, unit, err);

    if (v)
        return v;
    page_set(root, "unit", unit);
    v = put_lists(p, root, unit, err);
    if (v)
        pg_rollback(p->pg);
    else
        v = cell_leave(p->pg, p->page, err);
    if (!v)
        v = pages_make(p, style, root, arena_format(p->page, "cell/%s", unit), "../", err);
    return v;
}

enum verdict
pages_cells(struct pages *p, const struct pg_rows *offices, struct error *err)
{
    const char *folder = arena_format(p->mem, "%s/pages", p->conf->bridge.mappings);
    struct page_style *style = NULL;
    enum verdict v = page_style(p->mem, folder, "cell.xsl", &style, err);

    for (size_t i = 0; i < offices->count && !v && !job_stopping(); i++) {
        const char *unit = pg_named(offices, i, "unit");

        v = make_cell(p, style, unit, err);
        if (v)
            error_within(err, "unit \"%s\"", unit);
        arena_reset(p->page);
    }
    if (!v && job_stopping())
        v = error_set(err, V_RETRY, "page.stopped", "stopped by a signal");
    return v;
}
