/*
 * One transaction that reads as the cell, and everything else around it.
 */
#include "package.h"

#include <string.h>

#include "../base/folder.h"
#include "cell.h"
#include "clock.h"
#include "package_book.h"
#include "package_parts.h"

#define NAMESPACE "urn:cctns-bridge:package:1"

/* The files that rows go into as they come. */
static enum verdict
open_files(struct arena *mem, struct package_sink *to, const char *folder, int64_t at,
           struct error *err)
{
    const struct package *p = to->package;
    const char *csv = arena_format(mem, "%s/list.csv", folder);
    enum verdict v = folder_make(mem, folder, err);

    if (!v)
        v = package_write(csv, "", 0, err); /* for its mode */
    if (v)
        return v;
    to->csv = fopen(csv, "we");
    if (!to->csv)
        return error_set(err, V_FATAL, "package.write", "could not write \"%s\"", csv);
    package_csv_head(to->csv);
    v = sheet_open(mem, arena_format(mem, "%s/list.xlsx", folder), at, &to->sheet, err);
    if (v) {
        to->sheet = NULL;
        return v;
    }
    v = xml_file_open(mem, arena_format(mem, "%s/package.xml", folder), "package", NAMESPACE,
                      &to->xml, err);
    if (v)
        return v;
    xml_file_set(to->xml, "cell", p->cell->name);
    xml_file_set(to->xml, "unit", p->cell->options.unit);
    xml_file_set(to->xml, "number", arena_format(mem, "%lld", (long long)p->number));
    xml_file_set(to->xml, "day", p->day);
    xml_file_set(to->xml, "since", p->since);
    xml_file_set(to->xml, "upto", p->upto);
    xml_file_set(to->xml, "language", to->language);
    xml_file_set(to->xml, "previous", p->previous);
    return V_OK;
}

/* What is wrong with one is said only when nothing was wrong before it. */
static enum verdict
close_files(struct package_sink *to, enum verdict v, struct error *err)
{
    struct error later;
    enum verdict of;

    if (to->csv && (fflush(to->csv) != 0 || ferror(to->csv)) && !v)
        v = error_set(err, V_FATAL, "package.write", "not all of list.csv could be written");
    if (to->csv && fclose(to->csv) != 0 && !v)
        v = error_set(err, V_FATAL, "package.write", "not all of list.csv could be written");
    if (v) {
        if (to->sheet)
            sheet_drop(to->sheet);
        xml_file_drop(to->xml);
        return v;
    }
    v = to->sheet ? sheet_close(to->sheet, err) : V_OK;
    of = to->xml ? xml_file_close(to->xml, v ? &later : err) : V_OK;
    return v ? v : of;
}

/* Who it is for, and the figures of its stations. */
static enum verdict
put_who(struct pg *pg, struct arena *mem, struct package_sink *to, const char **name,
        struct error *err)
{
    static const char *const figures[] = { "open",     "overdue",  "due_soon", "came",
                                           "disposed", "returned", "waiting" };
    const struct package *p = to->package;
    const char *const values[] = { p->since, p->upto, p->upto, to->zone };
    const char *own = strcmp(to->language, "hi") == 0 ? "name_hi" : "name_en";
    struct pg_rows who, units;
    enum verdict v = pg_run(pg, mem, "cell_who", NULL, 0, &who, err);

    if (!v)
        v = pg_run(pg, mem, "cell_units", values, 4, &units, err);
    if (v)
        return v;
    *name = who.count ? arena_copy(mem, pg_named(&who, 0, own)) : p->cell->options.unit;
    page_set(to->letter, "name", *name);
    xml_file_begin(to->xml, "units");
    for (size_t i = 0; i < units.count; i++) {
        struct page_node *node = page_add(to->letter, "unit", NULL);

        page_set(node, "name", pg_named(&units, i, own));
        xml_file_begin(to->xml, "unit");
        xml_file_set(to->xml, "code", pg_named(&units, i, "unit"));
        xml_file_set(to->xml, "name", pg_named(&units, i, own));
        for (size_t k = 0; k < sizeof figures / sizeof *figures; k++) {
            page_set(node, figures[k], pg_named(&units, i, figures[k]));
            xml_file_set(to->xml, figures[k], pg_named(&units, i, figures[k]));
        }
        xml_file_end(to->xml);
    }
    xml_file_end(to->xml);
    return V_OK;
}

static struct page_node *
begin_letter(struct arena *mem, const struct package_sink *to)
{
    const struct package *p = to->package;
    struct page_node *root = page_new(mem, "letter");

    page_set(root, "lang", to->language);
    page_set(root, "cell", p->cell->name);
    page_set(root, "unit", p->cell->options.unit);
    page_set(root, "number", arena_format(mem, "%lld", (long long)p->number));
    page_set(root, "day", p->day);
    page_set(root, "way", package_channel(p->cell));
    page_set(root, "since", p->since);
    page_set(root, "upto", p->upto);
    page_words_put(to->words, root);
    return root;
}

/* Everything that the database says. */
static enum verdict
read_all(struct pg *pg, struct arena *mem, struct package_sink *to, const char **name,
         struct error *err)
{
    enum verdict v = cell_enter(pg, mem, to->package->cell->options.unit, err);

    if (v)
        return v;
    memset(to->package->rows, 0, sizeof to->package->rows);
    to->package->lines = to->package->due = 0;
    if (to->letter)
        v = put_who(pg, mem, to, name, err);
    if (!v)
        v = package_lists(pg, to, err);
    if (!v)
        return cell_leave(pg, mem, err);
    pg_rollback(pg);
    return v;
}

enum verdict
package_make(struct pg *pg, struct arena *mem, const struct conf *conf, struct package *package,
             const char *folder, struct error *err)
{
    struct package_sink to = {
        .package = package,
        .language = package->cell->options.language,
        .zone = conf->bridge.zone,
        .mem = mem,
    };
    struct page_words *words = NULL;
    const char *name = "";
    int64_t at = 0;
    enum verdict v = page_words_read(mem, conf->bridge.mappings, &words, err);

    if (v)
        return v;
    to.words = words;
    (void)clock_from_text(package->upto, strlen(package->upto), &at);
    v = open_files(mem, &to, folder, at, err);
    if (!v) {
        to.letter = begin_letter(mem, &to);
        v = read_all(pg, mem, &to, &name, err);
    }
    v = close_files(&to, v, err);
    if (!v)
        v = package_letter(mem, conf, &to, folder, err);
    if (!v)
        v = package_cover_write(mem, &to, name, folder, err);
    if (!v)
        v = package_manifest(mem, package, folder, err);
    return v ? v : folder_sync(mem, folder, err);
}

enum verdict
package_count(struct pg *pg, struct arena *mem, const struct conf *conf, struct package *package,
              struct error *err)
{
    struct package_sink to = {
        .package = package,
        .language = package->cell->options.language,
        .zone = conf->bridge.zone,
        .mem = mem,
    };

    return read_all(pg, mem, &to, NULL, err);
}
