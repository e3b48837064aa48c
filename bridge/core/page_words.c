#include "page_words.h"

#include <stdlib.h>
#include <string.h>

#include "../base/file.h"
#include "csv.h"

struct page_words {
    struct csv csv; /* sorted by key */
};

static const char *const columns[] = { "key", "en", "hi" };

static enum verdict
fault_of(const char *path, int line, const char *text, struct error *err)
{
    char where[256];

    error_set(err, V_FATAL, "page.words", "%s", text);
    snprintf(where, sizeof where, "%s:%d", path, line);
    error_at(err, NULL, where);
    return V_FATAL;
}

static int
compare_keys(const void *a, const void *b)
{
    return strcmp(((const struct csv_row *)a)->cells[0], ((const struct csv_row *)b)->cells[0]);
}

static enum verdict
check(const struct csv *csv, struct error *err)
{
    for (size_t i = 0; i < csv->count; i++) {
        const struct csv_row *row = &csv->rows[i];

        if (!*row->cells[0] || !*row->cells[1] || !*row->cells[2])
            return fault_of(csv->path, row->line, "a word needs a key, English and Hindi", err);
        if (i && strcmp(row->cells[0], csv->rows[i - 1].cells[0]) == 0)
            return fault_of(csv->path, row->line, "a key stands twice", err);
    }
    return V_OK;
}

enum verdict
page_words_read(struct arena *mem, const char *mappings, struct page_words **out, struct error *err)
{
    struct page_words *words = arena_alloc(mem, sizeof *words);
    const char *path = arena_format(mem, "%s/pages/words.csv", mappings);
    struct faults faults = { .mem = mem };
    const char *text = NULL;
    size_t len = 0;

    *out = words;
    if (file_read(mem, path, NULL, 0, &text, &len, &faults))
        csv_read(mem, path, text, len, columns, 3, 3, &words->csv, &faults);
    if (faults.count)
        return fault_of(path, faults.items[0].line, faults.items[0].text, err);
    if (words->csv.count)
        qsort(words->csv.rows, words->csv.count, sizeof *words->csv.rows, compare_keys);
    return check(&words->csv, err);
}

const char *
page_word(const struct page_words *words, const char *key, const char *language)
{
    const char *cells[] = { key };
    const struct csv_row wanted = { .cells = cells }, *row = NULL;

    if (words->csv.count)
        row = bsearch(&wanted, words->csv.rows, words->csv.count, sizeof wanted, compare_keys);
    return row ? row->cells[strcmp(language, "hi") == 0 ? 2 : 1] : key;
}

void
page_words_put(const struct page_words *words, struct page_node *root)
{
    struct page_node *list = page_add(root, "words", NULL);

    for (size_t i = 0; i < words->csv.count; i++) {
        struct page_node *word = page_add(list, "word", NULL);

        page_set(word, "key", words->csv.rows[i].cells[0]);
        page_set(word, "en", words->csv.rows[i].cells[1]);
        page_set(word, "hi", words->csv.rows[i].cells[2]);
    }
}
