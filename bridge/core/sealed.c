/*
 * What is inside is a JSON object of texts that staging_keep.c wrote: only its own spelling is
 * read.
 */
#include "sealed.h"

#include <stdlib.h>
#include <string.h>

#include "staging.h"

struct reader {
    struct arena *mem;
    const char *at, *end;
};

static bool
take(struct reader *r, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
        return false;
    r->at += len;
    return true;
}

/* \" \\ and \u00XX of a control character: staging_json() writes no others. */
static bool
read_escape(struct reader *r, char *out)
{
    char digits[5] = "";

    if (r->at < r->end && (*r->at == '"' || *r->at == '\\')) {
        *out = *r->at++;
        return true;
    }
    if (r->end - r->at < 5 || *r->at != 'u')
        return false;
    memcpy(digits, r->at + 1, 4);
    *out = (char)strtoul(digits, NULL, 16);
    r->at += 5;
    return true;
}

static bool
read_text(struct reader *r, const char **text, size_t *len)
{
    char *to = arena_alloc(r->mem, (size_t)(r->end - r->at) + 1);

    *text = to;
    *len = 0;
    if (!take(r, "\""))
        return false;
    while (r->at < r->end && *r->at != '"') {
        if (*r->at != '\\') {
            to[(*len)++] = *r->at++;
            continue;
        }
        r->at++;
        if (!read_escape(r, &to[*len]))
            return false;
        (*len)++;
    }
    return take(r, "\"");
}

static bool
read_object(struct reader *r, const struct dict_stream *dict, struct record *out)
{
    if (!take(r, "{"))
        return false;
    for (size_t n = 0; !take(r, "}"); n++) {
        const char *name, *text;
        size_t name_len, len;

        if ((n && !take(r, ", ")) || !read_text(r, &name, &name_len) || !take(r, ": ") ||
            !read_text(r, &text, &len))
            return false;
        long slot = dict_slot(dict, name);

        if (slot >= 0)
            out->fields[slot] = (struct field){ text, len };
    }
    return r->at == r->end;
}

enum verdict
sealed_read(struct pg *pg, struct arena *mem, const struct seal *seal, const struct dict *dict,
            const char *system, const char *number, struct record **out, struct error *err)
{
    const struct dict_stream *stream = dict_stream_find(dict, "complaint");
    const char *values[] = { system, number };
    struct pg_rows rows;
    char *text = NULL;
    size_t len = 0;
    enum verdict v = pg_run(pg, mem, "sealed_get", values, 2, &rows, err);

    if (v)
        return v;
    if (!rows.count || !stream)
        return error_set(err, V_REJECT, "sealed.none", "nothing of that complaint is sealed");

    const char *bytes = pg_bytes(mem, &rows, 0, "sealed", &len);

    v = unseal_bytes(seal, mem, staging_aad(mem, system, stream->name, number), bytes, len, &text,
                     &len, err);
    if (v)
        return v;

    struct reader r = { .mem = mem, .at = text, .end = text + len };
    struct record *record = arena_alloc(mem, sizeof *record);

    record->stream = stream->name;
    record->count = stream->count;
    record->fields = arena_alloc(mem, record->count * sizeof *record->fields);
    if (!read_object(&r, stream, record))
        return error_set(err, V_REJECT, "seal.broken", "what is inside is not a record");
    *out = record;
    return V_OK;
}
