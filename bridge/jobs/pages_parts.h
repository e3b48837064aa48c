/*
 * pages_parts.h - what the files of pages share among themselves.
 */
#ifndef BRIDGE_PAGES_PARTS_H
#define BRIDGE_PAGES_PARTS_H

#include "../core/house.h"
#include "../core/page_words.h"
#include "pages.h"

#define PAGES_LIST  300     /* rows of a list on a page; the rest is in the file beside it */
#define PAGES_FEW   100     /* likewise, of one that is looked up rather than read */
#define PAGES_BATCH 1000    /* rows in memory at a time */
#define PAGES_ALL   1000000 /* rows of a statement that asks how many */

struct pages_month {
    char since[CLOCK_TEXT], upto[CLOCK_TEXT];
    const char *bounds;    /* text[]: starts of the 3 months before and of it, its end */
    const char *from, *to; /* its days, both included */
};

struct pages {
    const struct conf *conf;
    struct pg *pg;
    struct arena *mem;  /* as long as the pages are made */
    struct arena *page; /* one page; reset after it */
    struct house *house;
    struct page_words *words;
    struct buf made;     /* the page that is being written */
    FILE *csv;           /* the file beside it, or NULL */
    const char *columns; /* of that file */
    const char *css, *policy;
    int minutes; /* of people's zone, east of UTC */
    char asof[CLOCK_TEXT];
    char yesterday[CLOCK_TEXT];  /* its first instant */
    char month_ago[CLOCK_TEXT];  /* 30 days before today's first */
    struct pages_month month;    /* that it is */
    struct pages_month busy;     /* the newest in which anything came: ranked, and looked at for hot
                                    spots, for on its first day a month has neither */
    const char *systems, *basis; /* text[] literals, one word a system */
    const char *ranked, *ranked_basis; /* the system whose districts are ranked, or NULL */
    const char *run;                   /* the run that "last night" was, or NULL */
};

/*
 * A piece of a page: the rows of a named statement below an element. values: a letter for each
 * argument (pages_part.c). most: rows that stand on the page; what is beyond is told by the
 * element's attribute "left".
 */
struct piece {
    const char *element, *statement, *values;
    long most;
    const char *list; /* NULL, or its name in the first column of the file beside the page */
};

MUST_CHECK enum verdict pages_pieces(struct pages *p, struct page_node *root,
                                     const struct piece *pieces, size_t count, struct error *err);
/* A document with what every page has: <house page= asof= from= to= zone= version=><words/>. */
struct page_node *pages_document(struct pages *p, const char *page);
/* Makes LANGUAGE/NAME.html for each language. up: "../" as often as NAME has folders above it. */
MUST_CHECK enum verdict
pages_make(struct pages *p, const struct page_style *style, const struct page_node *root,
           const char *name, const char *up, struct error *err);

/* index.html at the top: which language. */
MUST_CHECK enum verdict
pages_door(struct pages *p, const struct page_style *style, struct error *err);

/* pages_common.c: all but the districts'. */
MUST_CHECK enum verdict pages_common(struct pages *p, struct pg_rows *offices, struct error *err);
/* pages_cell.c */
MUST_CHECK enum verdict
pages_cells(struct pages *p, const struct pg_rows *offices, struct error *err);

/* A <row> of the columns that are there, named so, below parent. */
void
pages_row(struct page_node *parent, const char *columns, const struct pg_rows *rows, size_t row);
/* A line of a CSV file: the columns of a row by their names, parted by blanks; guarded. */
void pages_csv_head(FILE *to, const char *columns);
void pages_csv_row(FILE *to, const char *columns, const char *first, const struct pg_rows *rows,
                   size_t row);

#endif
