/*
 * package_parts.h - what the files of package share: one row of a list, in four forms.
 */
#ifndef BRIDGE_PACKAGE_PARTS_H
#define BRIDGE_PACKAGE_PARTS_H

#include <stdio.h>

#include "../link/page.h"
#include "../link/sheet.h"
#include "../link/xml_file.h"
#include "package.h"
#include "page_words.h"

/* Where the rows of all lists go; NULL members take none. */
struct package_sink {
    struct package *package;
    const struct page_words *words;
    const char *language, *zone;
    struct arena *mem, *scratch; /* scratch: of a row */
    FILE *csv;
    struct sheet *sheet;
    struct xml_file *xml;
    struct page_node *letter, *due; /* due: its list of what is due within two days */
    /* of the list that is read */
    enum package_list list;
    struct page_node *node;
    size_t sheet_rows;
};

/* Reads every list, inside cell_enter(). */
MUST_CHECK enum verdict package_lists(struct pg *pg, struct package_sink *to, struct error *err);
/* The head of the CSV. */
void package_csv_head(FILE *csv);

/* "{unit}: {new} new" with each {name} replaced. */
struct package_word {
    const char *name, *text;
};
const char *
package_fill(struct arena *mem, const char *form, const struct package_word *words, size_t count);

/* Write letter.html, and cover.txt. */
MUST_CHECK enum verdict
package_letter(struct arena *mem, const struct conf *conf, const struct package_sink *sink,
               const char *folder, struct error *err);
MUST_CHECK enum verdict
package_cover_write(struct arena *mem, const struct package_sink *sink, const char *unit_name,
                    const char *folder, struct error *err);
/* Writes manifest.txt over the files that are there. */
MUST_CHECK enum verdict
package_manifest(struct arena *mem, struct package *package, const char *folder, struct error *err);
/* A whole small file. */
MUST_CHECK enum verdict
package_write(const char *path, const char *bytes, size_t len, struct error *err);

#endif
