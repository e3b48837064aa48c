/*
 * reply_words.csv: what receivers say of what they do not take, in words for an office. A file that
 * is not there leaves every word as the receiver has it.
 */
#include "schema_parts.h"

#include <unistd.h>

#include "csv.h"
#include "../base/file.h"

enum { COLUMNS = 4 };

enum verdict
reply_words_load(struct pg *pg, struct arena *mem, const char *mappings_folder, struct error *err)
{
    static const char *const columns[COLUMNS] = { "system", "word", "en", "hi" };
    const char *path = arena_format(mem, "%s/codes/reply_words.csv", mappings_folder);
    const char *text = NULL, *values[COLUMNS], **cells;
    struct faults faults = { .mem = mem };
    struct csv csv = { .path = path };
    size_t len = 0;

    if (access(path, F_OK) != 0)
        return V_OK;
    if (file_read(mem, path, NULL, 0, &text, &len, &faults))
        csv_read(mem, path, text, len, columns, COLUMNS, COLUMNS, &csv, &faults);
    for (size_t i = 0; i < csv.count; i++)
        for (size_t c = 0; c < COLUMNS; c++)
            if (!*csv.rows[i].cells[c])
                fault_add(&faults, path, csv.rows[i].line, "\"%s\" must be given", columns[c]);
    if (faults.count)
        return error_set(err, V_FATAL, "schema.words", "%s:%d: %s", faults.items[0].path,
                         faults.items[0].line, faults.items[0].text);
    cells = arena_alloc(mem, (csv.count + 1) * sizeof *cells);
    for (size_t c = 0; c < COLUMNS; c++) {
        for (size_t i = 0; i < csv.count; i++)
            cells[i] = csv.rows[i].cells[c];
        values[c] = pg_of_texts(mem, cells, csv.count);
    }
    return pg_run(pg, mem, "schema_reply_words", values, COLUMNS, NULL, err);
}
