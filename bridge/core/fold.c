/*
 * The tables of mappings/match, the words of a line, and names.
 */
#include "fold.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "../base/file.h"
#include "csv.h"
#include "fold_parts.h"
#include "text.h"
#include "text_table.h"

enum { WORD, KIND, AS, COLUMNS };

/* ---- tables ---- */

char *
fold_lower(struct arena *mem, const char *text, size_t len)
{
    char *out = arena_text(mem, text, len);

    for (char *at = out; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + ('a' - 'A'));
    return out;
}

static const struct csv *
read_table(struct arena *mem, const char *folder, const char *name, const char *const *columns,
           size_t count, struct faults *faults)
{
    const char *path = arena_format(mem, "%s/%s", folder, name), *text;
    struct csv *csv = arena_alloc(mem, sizeof *csv);
    size_t len;

    if (file_read(mem, path, NULL, 0, &text, &len, faults))
        csv_read(mem, path, text, len, columns, count, count, csv, faults);
    return csv;
}

static void
check_kind(const struct csv *csv, size_t row, struct faults *faults)
{
    static const char *const kinds[] = { "title", "first", "last", "end", "filler", "same" };
    const char *kind = csv->rows[row].cells[KIND];

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return;
    fault_add(faults, csv->path, csv->rows[row].line,
              "kind is title, first, last, end, filler or same");
}

/* The words of each row, parted by blanks, lead to it. */
static void
index_words(struct arena *mem, const struct csv *csv, struct text_table *whole,
            struct text_table *stems, struct faults *faults)
{
    for (size_t i = 0; i < csv->count; i++) {
        const char *list = csv->rows[i].cells[WORD], *word;
        uint32_t row = (uint32_t)i;
        size_t len;

        while (text_word(&list, &word, &len)) {
            bool stem = stems && word[len - 1] == '*';
            const char *key = fold_lower(mem, word, stem ? len - 1 : len);

            row = (uint32_t)i;
            if (!text_table_put(stem ? stems : whole, key, strlen(key), &row))
                fault_add(faults, csv->path, csv->rows[i].line, "\"%s\" stands twice", key);
        }
    }
}

/* Hindi words once more, as they are found in Latin letters, spelled by whoever wrote. */
static void
index_sounds(struct arena *mem, struct fold *fold)
{
    for (size_t i = 0; i < fold->word_rows->count; i++) {
        const char *list = fold->word_rows->rows[i].cells[WORD], *word;
        uint32_t row = (uint32_t)i;
        size_t len;

        while (text_word(&list, &word, &len)) {
            const bool stem = word[len - 1] == '*';
            const char *key;

            if ((unsigned char)*word < 0x80)
                continue;
            key = fold_bones(mem, fold_word(mem, word, stem ? len - 1 : len), true);
            row = (uint32_t)i;
            if (strlen(key) >= SOUNDS_MIN)
                (void)text_table_put(stem ? &fold->sound_stems : &fold->sounds, key, strlen(key),
                                     &row);
        }
    }
}

static size_t
count_words(const struct csv *csv)
{
    size_t n = 1, len;

    for (size_t i = 0; i < csv->count; i++) {
        const char *list = csv->rows[i].cells[WORD], *word;

        while (text_word(&list, &word, &len))
            n++;
    }
    return n;
}

void
fold_load(struct arena *mem, const char *folder, const struct fold **out, struct faults *faults)
{
    static const char *const names[] = { "words", "kind", "as" }, *const words[] = { "words",
                                                                                     "as" };
    struct fold *fold = arena_alloc(mem, sizeof *fold);

    fold->name_rows = read_table(mem, folder, "names.csv", names, COLUMNS, faults);
    fold->word_rows = read_table(mem, folder, "words.csv", words, 2, faults);
    text_table_init(mem, &fold->names, count_words(fold->name_rows));
    text_table_init(mem, &fold->words, count_words(fold->word_rows));
    text_table_init(mem, &fold->stems, count_words(fold->word_rows));
    index_words(mem, fold->name_rows, &fold->names, NULL, faults);
    text_table_init(mem, &fold->sounds, count_words(fold->word_rows));
    text_table_init(mem, &fold->sound_stems, count_words(fold->word_rows));
    index_words(mem, fold->word_rows, &fold->words, &fold->stems, faults);
    index_sounds(mem, fold);
    for (size_t i = 0; i < fold->name_rows->count; i++)
        check_kind(fold->name_rows, i, faults);
    *out = fold;
}

/* ---- words ---- */

static bool
is_digit(int32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 0x0966 && c <= 0x096F);
}

static bool
is_part(int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
        return true;
    default:
        return is_digit(c) || c == 0x200C || c == 0x200D;
    }
}

size_t
fold_step(const char *text, size_t left, int32_t *c)
{
    utf8proc_ssize_t n =
        utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)left, c);

    if (n > 0)
        return (size_t)n;
    *c = ' ';
    return 1;
}

/* The next run of letters, or of digits; false at the end. */
bool
fold_next(const char **text, size_t *left, const char **word, size_t *len, bool *number)
{
    const char *at = *text, *end = *text + *left;
    int32_t c = 0;
    size_t step = 0;

    for (; at < end; at += step) {
        step = fold_step(at, (size_t)(end - at), &c);
        if (is_part(c))
            break;
    }
    *word = at;
    *number = at < end && is_digit(c);
    for (; at < end; at += step) {
        step = fold_step(at, (size_t)(end - at), &c);
        if (!is_part(c) || is_digit(c) != *number)
            break;
    }
    *len = (size_t)(at - *word);
    *left = (size_t)(end - at);
    *text = at;
    return *len > 0;
}

/* ---- names ---- */

/* s/o, d/o, w/o, c/o: what follows is another's name. */
static bool
is_of(const char *word, size_t len, const char *rest, size_t left)
{
    return len == 1 && strchr("sdwchSDWCH", *word) && left > 1 && rest[0] == '/' &&
           (rest[1] == 'o' || rest[1] == 'O');
}

static const char *const *
name_row(struct arena *mem, const struct fold *fold, const char *word, size_t len)
{
    const char *key = fold_lower(mem, word, len);
    long row = text_table_get(&fold->names, key, strlen(key));

    return row < 0 ? NULL : fold->name_rows->rows[row].cells;
}

static void
add_name(struct arena *mem, struct fold_name *out, const char *word, size_t len,
         const char *const *row)
{
    const char *as = row && *row[AS] ? row[AS] : NULL;
    char *sounds = as ? fold_word(mem, as, strlen(as)) : fold_word(mem, word, len);

    if (!*sounds || out->count == FOLD_WORDS)
        return;
    out->filler[out->count] = row && strcmp(row[KIND], "filler") == 0;
    out->words[out->count++] = sounds;
}

void
fold_name(struct arena *mem, const struct fold *fold, const char *name, struct fold_name *out)
{
    size_t left = name ? strlen(name) : 0, len;
    const char *word;
    bool number;

    *out = (struct fold_name){ .count = 0 };
    while (fold_next(&name, &left, &word, &len, &number)) {
        const char *const *row = name_row(mem, fold, word, len);
        const char *kind = row ? row[KIND] : "";

        if (out->count && (is_of(word, len, name, left) || strcmp(kind, "end") == 0))
            break;
        if (number || strcmp(kind, "title") == 0 || (strcmp(kind, "first") == 0 && !out->count) ||
            (strcmp(kind, "last") == 0 && out->count))
            continue;
        add_name(mem, out, word, len, row);
    }
}

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
add_key(struct arena *mem, const char **out, size_t *count, const char *const *words, size_t n)
{
    const char *key = "";

    for (size_t i = 0; i < n; i++)
        key = arena_format(mem, "%s%s", key, words[i]);
    key = fold_bones(mem, key, false);
    for (size_t i = 0; i < *count; i++)
        if (strcmp(out[i], key) == 0)
            return;
    if (*key)
        out[(*count)++] = key;
}

size_t
fold_name_keys(struct arena *mem, const struct fold_name *name, const char **out)
{
    const char *sorted[FOLD_WORDS];
    size_t count = 0;

    if (!name->count)
        return 0;
    for (size_t i = 0; i < name->count; i++)
        sorted[i] = fold_bones(mem, name->words[i], false);
    add_key(mem, out, &count, name->words, 1);
    add_key(mem, out, &count, name->words, name->count);
    qsort(sorted, name->count, sizeof *sorted, by_text);
    add_key(mem, out, &count, sorted, name->count);
    return count;
}
