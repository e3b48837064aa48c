/*
 * The pages of the whole: one transaction, so that all of them tell of one moment.
 */
#include "pages_parts.h"

#include <string.h>

static const struct piece of_index[] = {
    { "systems", "page_systems", "", 0, NULL },
    { "offices", "page_offices", "n", 0, NULL },
    { "last", "page_last_run", "", 0, NULL },
    { "small", "page_small", "sbf<>n", 0, NULL },
    { "figures", "compare_figures", "sbf<>n-", 0, NULL },
    { "comparisons", "compare_comparisons", "", 0, NULL },
};

static const struct piece of_it[] = {
    { "systems", "page_systems", "", 0, NULL },
    { "last", "page_last_run", "", 0, NULL },
    { "nights", "page_nights", "nm", 0, NULL },
    { "runs", "status_runs", "", 0, NULL },
    { "equations", "books_equations", "r", 0, NULL },
    { "status", "status_systems", "", 0, NULL },
    { "backlog", "status_backlog", "", 0, NULL },
    { "held", "status_held", "", 0, NULL },
    { "left_behind", "status_left", "", 0, NULL },
    { "recovered", "status_recovered", "", 0, NULL },
    { "missed", "status_missed", "n", 0, NULL },
    { "cursors", "status_cursors", "n", 0, NULL },
    { "fed", "status_fed", "n", PAGES_LIST, NULL },
};

static const struct piece of_senior[] = {
    { "systems", "page_systems", "", 0, NULL },
    { "small", "page_small", "sbf<>n", 0, NULL },
    { "figures", "compare_figures", "sbf<>n-", 0, NULL },
    { "hot", "hot_spots", "sbfBnf", 0, NULL },
    { "rule", "ranking_rule", "k)n", 0, NULL },
    { "ranking", "ranking", "kK()nf", 0, NULL },
    { "standing", "standing_units", "sbf<>nUf", 0, NULL },
    { "levels", "standing_levels", "sbf<>nf", 0, NULL },
    { "answers", "feedback_levels", "s<>f", 0, NULL },
};

static const struct piece of_audit[] = {
    { "systems", "page_systems", "", 0, NULL },
    { "units", "page_units", "", 0, NULL },
    { "comparisons", "compare_comparisons", "", 0, NULL },
    { "places", "compare_places", "s-", 0, NULL },
    { "figures", "compare_figures", "sbf<>n-", 0, NULL },
    { "signatures", "compare_signatures", "-", PAGES_FEW, NULL },
    { "chain", "chain_state", "", 0, NULL },
    { "anchors", "chain_places", "", 0, NULL },
    { "found", "page_rules", "", 0, NULL },
    { "findings", "page_findings", "", PAGES_FEW, NULL },
};

#define FINDINGS "rule system number unit item detail since"
#define DIFFERENCES                                                                                \
    "system number police_number unit what portal_says police_says staging_says reason since"

/* ---- the auditor's, beyond plain rows ---- */

/* What a person does about each kind of difference stands in a table of the program. */
static enum verdict
put_reasons(struct pages *p, struct page_node *root, const char *portal, int64_t run,
            struct error *err)
{
    struct compare_reason *items;
    size_t count;
    enum verdict v = compare_reasons(p->pg, p->page, run, portal, &items, &count, err);
    struct page_node *list = v ? NULL : page_add(root, "reasons", NULL);

    for (size_t i = 0; !v && i < count; i++) {
        struct page_node *row = page_add(list, "row", NULL);

        (void)page_add(row, "system", portal);
        (void)page_add(row, "reason", items[i].reason);
        (void)page_add(row, "what", items[i].what);
        (void)page_add(row, "n", pg_of_int(p->page, items[i].n));
        (void)page_add(row, "remedy", compare_remedy(items[i].what, items[i].reason));
    }
    return v;
}

/* The first on the page, all of them in the file. */
static enum verdict
put_differences(struct pages *p, struct page_node *root, FILE *to, const char *portal, int64_t run,
                struct error *err)
{
    const char *const values[] = { pg_of_int(p->page, run), portal, NULL,
                                   pg_of_int(p->page, PAGES_ALL) };
    struct pg_rows rows = { .count = 1 };
    struct page_node *list = page_add(root, "differences", NULL);
    long n = 0;
    enum verdict v = pg_cursor_open(p->pg, p->page, "compare_differences", values, 4, err);

    page_set(list, "system", portal);
    while (!v && rows.count) {
        struct arena *batch = arena_new("differences");

        v = pg_cursor_rows(p->pg, batch, PAGES_BATCH, &rows, err);
        for (size_t i = 0; !v && i < rows.count; i++, n++) {
            pages_csv_row(to, DIFFERENCES, portal, &rows, i);
            if (n < PAGES_FEW)
                pages_row(list, DIFFERENCES, &rows, i);
        }
        arena_free(batch);
    }
    if (!v && n > PAGES_FEW)
        page_set(list, "left", pg_of_int(p->page, n - PAGES_FEW));
    return v ? v : pg_cursor_close(p->pg, NULL, err);
}

static enum verdict
put_comparisons(struct pages *p, struct page_node *root, struct error *err)
{
    struct pg_rows rows;
    FILE *to = NULL;
    enum verdict v = compare_comparisons(p->pg, p->page, &rows, err);

    if (!v)
        v = house_begin(p->house, "differences.csv", &to, err);
    if (!v)
        pages_csv_head(to, DIFFERENCES);
    for (size_t i = 0; !v && i < rows.count; i++) {
        const char *portal = pg_named(&rows, i, "system");
        int64_t run = pg_int(&rows, i, "run_id");

        v = put_reasons(p, root, portal, run, err);
        if (!v)
            v = put_differences(p, root, to, portal, run, err);
    }
    return v ? v : house_end(p->house, err);
}

static enum verdict
write_findings(struct pages *p, struct error *err)
{
    struct pg_rows rows = { .count = 1 };
    FILE *to = NULL;
    enum verdict v = house_begin(p->house, "findings.csv", &to, err);

    if (!v)
        v = pg_cursor_open(p->pg, p->page, "page_findings", NULL, 0, err);
    if (!v)
        pages_csv_head(to, FINDINGS);
    while (!v && rows.count) {
        struct arena *batch = arena_new("findings");

        v = pg_cursor_rows(p->pg, batch, PAGES_BATCH, &rows, err);
        for (size_t i = 0; !v && i < rows.count; i++)
            pages_csv_row(to, FINDINGS, NULL, &rows, i);
        arena_free(batch);
    }
    if (!v)
        v = pg_cursor_close(p->pg, NULL, err);
    return v ? v : house_end(p->house, err);
}

/* Every rule, also one that finds nothing. */
static enum verdict
put_rules(struct pages *p, struct page_node *root, struct error *err)
{
    struct audit_rule *rules;
    size_t count;
    enum verdict v = audit_rules(p->page, p->conf->bridge.sql, &rules, &count, err);
    struct page_node *list = v ? NULL : page_add(root, "rules", NULL);

    for (size_t i = 0; !v && i < count; i++) {
        struct page_node *row = page_add(list, "row", NULL);

        (void)page_add(row, "rule", rules[i].name);
        (void)page_add(row, "title", rules[i].title);
        (void)page_add(row, "finds", rules[i].finds);
        (void)page_add(row, "source", rules[i].source);
        (void)page_add(row, "limits", rules[i].limits);
        if (rules[i].fault)
            (void)page_add(row, "fault", rules[i].fault);
    }
    return v;
}

/* The words of "status" about the books, and whether they balance. */
static enum verdict
put_books(struct pages *p, struct page_node *root, struct error *err)
{
    struct page_node *books = page_add(root, "books", NULL);
    struct checkpoint looked = { 0 };
    const char *fault = NULL;
    enum verdict v = books_check(p->pg, p->page, &fault, err);

    if (!v)
        v = checkpoint_look(p->pg, p->page, p->conf, &looked, err);
    if (!v && fault)
        (void)page_add(books, "fault", fault);
    if (!v && looked.altered)
        (void)page_add(books, "altered", looked.altered);
    for (size_t i = 0; !v && i < looked.count; i++)
        (void)page_add(books, "line", looked.lines[i]);
    return v;
}

static enum verdict
more_of_audit(struct pages *p, struct page_node *root, struct error *err)
{
    enum verdict v = put_comparisons(p, root, err);

    if (!v)
        v = put_rules(p, root, err);
    if (!v)
        v = put_books(p, root, err);
    return v ? v : write_findings(p, err);
}

/* ---- pages ---- */

struct plan {
    const char *name;
    const struct piece *pieces;
    size_t count;
    enum verdict (*more)(struct pages *p, struct page_node *root, struct error *err);
};

#define PIECES(list) (list), sizeof(list) / sizeof((list)[0])

static const struct plan plans[] = {
    { "index", PIECES(of_index), NULL },
    { "it", PIECES(of_it), NULL },
    { "senior", PIECES(of_senior), NULL },
    { "audit", PIECES(of_audit), more_of_audit },
};

static enum verdict
make_one(struct pages *p, const struct plan *plan, struct error *err)
{
    const char *folder = arena_format(p->page, "%s/pages", p->conf->bridge.mappings);
    struct page_node *root = pages_document(p, plan->name);
    struct page_style *style = NULL;
    enum verdict v =
        page_style(p->page, folder, arena_format(p->page, "%s.xsl", plan->name), &style, err);

    if (!v)
        v = pages_pieces(p, root, plan->pieces, plan->count, err);
    if (!v && plan->more)
        v = plan->more(p, root, err);
    if (!v)
        v = pages_make(p, style, root, plan->name, "", err);
    arena_reset(p->page);
    return v;
}

static enum verdict
make_door(struct pages *p, struct error *err)
{
    const char *folder = arena_format(p->page, "%s/pages", p->conf->bridge.mappings);
    struct page_style *style = NULL;
    enum verdict v = page_style(p->page, folder, "start.xsl", &style, err);

    if (!v)
        v = pages_door(p, style, err);
    arena_reset(p->page);
    return v;
}

enum verdict
pages_common(struct pages *p, struct pg_rows *offices, struct error *err)
{
    const char *const now[] = { p->asof };
    struct pg_rows last;
    enum verdict v = pg_begin(p->pg, err);

    if (!v)
        v = pg_run(p->pg, p->mem, "page_offices", now, 1, offices, err);
    if (!v)
        v = pg_run(p->pg, p->mem, "page_last_run", NULL, 0, &last, err);
    if (!v && last.count)
        p->run = pg_named(&last, 0, "run_id");
    for (size_t i = 0; !v && i < sizeof plans / sizeof plans[0] && !job_stopping(); i++)
        v = make_one(p, &plans[i], err);
    pg_rollback(p->pg);
    return v ? v : make_door(p, err);
}
