/*
 * Lines are put together first (comment off, continuation joined), then told
 * apart as section, pair or row. A double quote without a partner on its line
 * is an ordinary character, so that a list of characters may hold one.
 */
#include "ini.h"

#include <string.h>

#include "file.h"
#include "text.h"

struct building {
    struct arena *mem;
    const char *path;
    struct faults *faults;
    struct ini_section *sections;
    size_t count, room;
    struct ini_line *lines; /* of the last section */
    size_t line_count, line_room;
    struct ini_line last; /* line being put together; text NULL when there is none */
    bool lost;            /* the line above was left out; so is what goes on with it */
};

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void
trim(const char **text, size_t *len)
{
    while (*len && is_blank((*text)[0])) {
        (*text)++;
        (*len)--;
    }
    while (*len && is_blank((*text)[*len - 1]))
        (*len)--;
}

/* Length of the line without its comment. */
static size_t
without_comment(const char *line, size_t len)
{
    bool only_blanks = true;

    for (size_t i = 0; i < len; i++) {
        if (line[i] == '"') {
            const char *end = memchr(line + i + 1, '"', len - i - 1);

            if (end)
                i = (size_t)(end - line);
        } else if (line[i] == '#' && (only_blanks || (is_blank(line[i - 1]) &&
                                                      (i + 1 == len || is_blank(line[i + 1]))))) {
            return i;
        }
        only_blanks = only_blanks && is_blank(line[i]);
    }
    return len;
}

static void
end_section(struct building *b)
{
    if (b->count) {
        b->sections[b->count - 1].lines = b->lines;
        b->sections[b->count - 1].count = b->line_count;
    }
    b->lines = NULL;
    b->line_count = b->line_room = 0;
}

static void
begin_section(struct building *b, const char *text, size_t len, int line)
{
    struct ini_section *section;
    const char *rest, *word;
    char *arg;
    size_t word_len, to = 0;

    end_section(b);
    if (text[len - 1] != ']')
        fault_add(b->faults, b->path, line, "section without \"]\" at its end");
    rest = arena_text(b->mem, text + 1, len - (text[len - 1] == ']' ? 2 : 1));
    b->sections = arena_grow(b->mem, b->sections, b->count, &b->room, sizeof *b->sections);
    section = &b->sections[b->count++];
    *section = (struct ini_section){ .name = "", .arg = "", .line = line };
    if (!text_word(&rest, &word, &word_len)) {
        fault_add(b->faults, b->path, line, "section without a name");
        return;
    }
    section->name = arena_text(b->mem, word, word_len);
    arg = arena_alloc(b->mem, strlen(rest) + 1);
    while (text_word(&rest, &word, &word_len)) {
        if (to)
            arg[to++] = ' ';
        memcpy(arg + to, word, word_len);
        to += word_len;
    }
    section->arg = arg;
}

/* The line is whole: take it apart and add it to its section. */
static void
end_line(struct building *b)
{
    struct ini_line *line = &b->last;
    const char *equals;

    if (!line->text)
        return;
    equals = strchr(line->text, '=');
    if (equals) {
        const char *key = line->text, *value = equals + 1;
        size_t key_len = (size_t)(equals - key), value_len = strlen(value);

        trim(&key, &key_len);
        trim(&value, &value_len);
        line->key = arena_text(b->mem, key, key_len);
        line->value = arena_text(b->mem, value, value_len);
        if (key_len == 0)
            fault_add(b->faults, b->path, line->line, "nothing stands before \"=\"");
    }
    b->lines = arena_grow(b->mem, b->lines, b->line_count, &b->line_room, sizeof *b->lines);
    b->lines[b->line_count++] = *line;
    *line = (struct ini_line){ 0 };
}

/* The line is left out, and so is what goes on with it; the one before it has ended. */
static void
leave_out(struct building *b, bool goes_on)
{
    if (goes_on)
        return;
    end_line(b);
    b->lost = true;
}

static void
take_line(struct building *b, const char *text, size_t len, int line)
{
    bool goes_on = len && is_blank(text[0]);
    size_t bad_at = 0;

    if (len && text[len - 1] == '\r')
        len--;
    if (!text_is_utf8(text, len, &bad_at)) {
        fault_add(b->faults, b->path, line, "not UTF-8 at byte %zu of the line", bad_at + 1);
        leave_out(b, goes_on);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        if (((unsigned char)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7F) {
            fault_add(b->faults, b->path, line, "control character at byte %zu of the line", i + 1);
            leave_out(b, goes_on);
            return;
        }
    }
    len = without_comment(text, len);
    trim(&text, &len);
    if (len == 0)
        return;
    if (goes_on) {
        if (b->last.text)
            b->last.text = arena_format(b->mem, "%s %.*s", b->last.text, (int)len, text);
        else if (!b->lost)
            fault_add(b->faults, b->path, line, "starts with a blank, but no line goes on here");
        return;
    }
    end_line(b);
    b->lost = false;
    if (text[0] == '[') {
        begin_section(b, text, len, line);
    } else if (b->count == 0) {
        fault_add(b->faults, b->path, line, "stands before the first section");
        b->lost = true;
    } else {
        b->last = (struct ini_line){ .text = arena_text(b->mem, text, len), .line = line };
    }
}

bool
ini_read(struct arena *mem, const char *path, const char *text, size_t len, struct ini *out,
         struct faults *faults)
{
    struct building b = { .mem = mem, .path = arena_copy(mem, path), .faults = faults };
    size_t at = 0;
    int line = 0;

    *out = (struct ini){ .path = b.path };
    if (len > FILE_CEILING) {
        fault_add(faults, path, 0, "larger than %zu bytes", FILE_CEILING);
        return false;
    }
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        at = 3;
    while (at < len) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t line_len = end ? (size_t)(end - (text + at)) : len - at;

        take_line(&b, text + at, line_len, ++line);
        at += line_len + 1;
    }
    end_line(&b);
    end_section(&b);
    out->sections = b.sections;
    out->count = b.count;
    return true;
}

bool
ini_load(struct arena *mem, const char *path, struct ini *out, struct faults *faults)
{
    const char *text;
    size_t len;

    *out = (struct ini){ .path = arena_copy(mem, path) };
    return file_read(mem, path, NULL, 0, &text, &len, faults) &&
           ini_read(mem, path, text, len, out, faults);
}
