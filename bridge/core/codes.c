/*
 * Rows stay in the order of the file, for explanations; two hash tables find them.
 */
#include "codes.h"

#include <string.h>

#include "csv.h"
#include "../base/file.h"
#include "text.h"
#include "text_table.h"

struct index {
    struct text_table canonical, remote;
    bool texts; /* a row has a text: after the first row of a word the others are walked */
};

enum { C_CANONICAL, C_REMOTE, C_LOSS, C_TEXT, COLUMNS };

static const char *const columns[] = { "canonical", "remote", "loss", "remote_text" };

static const char *
value_or_null(const char *cell)
{
    return *cell ? cell : NULL;
}

/* A text is compared in NFC, as the field that it stands in will be. */
static const char *
clean_text(struct arena *mem, const char *path, const struct csv_row *row, struct faults *faults)
{
    const char *cell = row->cells[C_TEXT], *out = NULL;
    struct error err;
    size_t len;

    if (!*cell)
        return NULL;
    if (text_clean(mem, cell, strlen(cell), &out, &len, &err)) {
        fault_add(faults, path, row->line, "remote_text: %s", err.text);
        return NULL;
    }
    return out;
}

/* Takes loss="..." off the end of the peer's word, and the quotes off the word itself. */
static bool
split_word(struct arena *mem, const char *value, const char **word, const char **loss)
{
    const char *mark = NULL;
    size_t len = strlen(value);

    *loss = NULL;
    for (const char *at = strstr(value, "loss="); at; at = strstr(at + 1, "loss="))
        if (at == value || at[-1] == ' ' || at[-1] == '\t')
            mark = at;
    if (mark) {
        size_t end = len;

        if (mark[5] != '"' || value[end - 1] != '"' || mark + 6 == value + end)
            return false;
        *loss = arena_text(mem, mark + 6, (size_t)(value + end - 1 - (mark + 6)));
        len = (size_t)(mark - value);
    }
    text_trim(&value, &len);
    if (len >= 2 && value[0] == '"' && value[len - 1] == '"') {
        value++;
        len -= 2;
    }
    *word = arena_text(mem, value, len);
    return true;
}

static void
read_inline(struct arena *mem, const char *path, const struct ini_section *section,
            struct codes *out, struct faults *faults)
{
    struct map_code *items = arena_alloc(mem, (section->count + 1) * sizeof *items);

    out->items = items;
    for (size_t i = 0; i < section->count; i++) {
        const struct ini_line *line = &section->lines[i];
        struct map_code *code = &items[out->count];

        if (!line->key || !*line->key) {
            fault_add(faults, path, line->line, "a code is written WORD = PEER'S WORD");
            continue;
        }
        code->canonical = line->key;
        code->line = line->line;
        if (split_word(mem, line->value, &code->remote, &code->loss))
            out->count++;
        else
            fault_add(faults, path, line->line, "loss= needs its reason in double quotes");
    }
}

static void
read_file(struct arena *mem, const char *path, const struct ini_line *line,
          void (*take)(void *to, const char *bytes, size_t len), void *to, struct codes *out,
          struct faults *faults)
{
    const char *file = file_in(mem, file_folder(mem, path), line->value), *text;
    struct map_code *items;
    struct csv csv;
    size_t len;

    if (!file_read(mem, file, path, line->line, &text, &len, faults))
        return;
    if (take)
        take(to, text, len);
    csv_read(mem, file, text, len, columns, COLUMNS, 2, &csv, faults);
    items = arena_alloc(mem, (csv.count + 1) * sizeof *items);
    for (size_t i = 0; i < csv.count; i++)
        items[i] = (struct map_code){
            .canonical = csv.rows[i].cells[C_CANONICAL],
            .remote = csv.rows[i].cells[C_REMOTE],
            .remote_text = clean_text(mem, file, &csv.rows[i], faults),
            .loss = value_or_null(csv.rows[i].cells[C_LOSS]),
            .line = csv.rows[i].line,
        };
    out->path = file;
    out->items = items;
    out->count = csv.count;
}

static bool
same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/*
 * Two canonical words with one word of the peer: what goes out as the second comes back as the
 * first. That is a loss, and stands in the map as one.
 */
static void
check_row(const struct codes *codes, size_t i, struct faults *faults)
{
    const struct map_code *code = &codes->items[i], *first, *back;

    for (size_t j = 0; j < i; j++) {
        if (strcmp(codes->items[j].canonical, code->canonical) == 0 &&
            strcmp(codes->items[j].remote, code->remote) == 0 &&
            same_text(codes->items[j].remote_text, code->remote_text)) {
            fault_add(faults, codes->path, code->line, "the same code as in line %d",
                      codes->items[j].line);
            return;
        }
    }
    first = codes_to_remote(codes, code->canonical, strlen(code->canonical), code->remote_text);
    back = codes_from_remote(codes, code->remote, strlen(code->remote), code->remote_text);
    if (first == code && back != code && !code->loss && !back->loss &&
        strcmp(back->canonical, code->canonical) != 0)
        fault_add(faults, codes->path, code->line,
                  "\"%s\" and \"%s\" (line %d) are one word there: say why with loss=\"...\"",
                  code->canonical, back->canonical, back->line);
}

static void
check_rows(const struct codes *codes, struct faults *faults)
{
    for (size_t i = 0; i < codes->count; i++) {
        const struct map_code *code = &codes->items[i];

        if (!*code->canonical || !*code->remote) {
            fault_add(faults, codes->path, code->line, "a code needs a word on both sides");
            continue;
        }
        if (code->loss && !*code->loss)
            fault_add(faults, codes->path, code->line, "loss= needs a reason");
        check_row(codes, i, faults);
    }
}

void
codes_read(struct arena *mem, const char *path, const struct ini_section *section,
           void (*take)(void *to, const char *bytes, size_t len), void *to, struct codes *out,
           struct faults *faults)
{
    struct index *index = arena_alloc(mem, sizeof *index);
    const struct ini_line *first = section->lines;

    *out = (struct codes){ .name = section->arg, .path = path, .line = section->line };
    if (section->count && first->key && strcmp(first->key, "file") == 0) {
        if (section->count > 1)
            fault_add(faults, path, section->lines[1].line, "a table is in its file or here");
        read_file(mem, path, first, take, to, out, faults);
    } else {
        read_inline(mem, path, section, out, faults);
    }
    if (out->count == 0)
        fault_add(faults, path, section->line, "[codes %s] has no codes", section->arg);
    text_table_init(mem, &index->canonical, out->count);
    text_table_init(mem, &index->remote, out->count);
    for (uint32_t i = 0; i < out->count; i++) {
        uint32_t at = i, there = i;

        index->texts = index->texts || out->items[i].remote_text;
        (void)text_table_put(&index->canonical, out->items[i].canonical,
                             strlen(out->items[i].canonical), &at);
        (void)text_table_put(&index->remote, out->items[i].remote, strlen(out->items[i].remote),
                             &there);
    }
    out->index = index;
    check_rows(out, faults);
}

/* Of the rows from the first on that have the word: the one with the text, else the first for any
 * text, else NULL. */
static const struct map_code *
by_text(const struct codes *codes, size_t first, bool outward, const char *text)
{
    const struct map_code *any = NULL;
    const char *word = outward ? codes->items[first].canonical : codes->items[first].remote;

    for (size_t i = first; i < codes->count; i++) {
        const struct map_code *code = &codes->items[i];

        if (strcmp(outward ? code->canonical : code->remote, word) != 0)
            continue;
        if (code->remote_text && text && strcmp(code->remote_text, text) == 0)
            return code;
        if (!code->remote_text && !any)
            any = code;
    }
    return any;
}

const struct map_code *
codes_from_remote(const struct codes *codes, const char *word, size_t len, const char *text)
{
    const struct index *index = codes->index;
    long at = index ? text_table_get(&index->remote, word, len) : -1;

    if (at < 0)
        return NULL;
    return index->texts ? by_text(codes, (size_t)at, false, text) : &codes->items[at];
}

const struct map_code *
codes_to_remote(const struct codes *codes, const char *word, size_t len, const char *text)
{
    const struct index *index = codes->index;
    long at = index ? text_table_get(&index->canonical, word, len) : -1;
    const struct map_code *found = NULL;

    if (at < 0)
        return NULL;
    if (index->texts && text)
        found = by_text(codes, (size_t)at, true, text);
    return found && found->remote_text ? found : &codes->items[at];
}

bool
codes_have_texts(const struct codes *codes)
{
    const struct index *index = codes->index;

    return index && index->texts;
}

static bool
is_value(const struct dict_field *field, const char *word)
{
    const char *list = field->words, *one;
    size_t len;
    int64_t number;

    if (field->kind == KIND_INT)
        return text_int(word, strlen(word), &number) &&
               (!field->ranged || (number >= field->low && number <= field->high));
    if (field->kind == KIND_TEXT)
        return !field->max || text_chars(word, strlen(word)) <= field->max;
    while (list && text_word(&list, &one, &len))
        if (text_same(one, len, word))
            return true;
    return false;
}

void
codes_check(const struct codes *codes, const struct dict_field *field, struct faults *faults)
{
    for (size_t i = 0; i < codes->count; i++)
        if (*codes->items[i].canonical && !is_value(field, codes->items[i].canonical))
            fault_add(faults, codes->path, codes->items[i].line,
                      "\"%s\" is not a word of \"%s\" in the dictionary", codes->items[i].canonical,
                      field->name);
}
