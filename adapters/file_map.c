/*
 * A map as files. file_check() and file_compile() are one reading of the map: the first with a list
 * for its faults, the second without.
 */
#include "file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "text.h"

const struct map_key file_map_keys[] = {
    { "format", false, "csv or xml" },
    { "encoding", false, "auto (unless said), utf-8, utf-16 or windows-1252" },
    { "delimiter", false, "of a CSV: , or ; or tab; found from the header unless said" },
    { "strict", false, "yes: a column that no line names is an error" },
    { .name = NULL },
};

const struct map_key file_call_keys[] = {
    { "files", false, "names of the files that bring it, with * and ?" },
    { "records", false, "xml: path of each record, from the root element" },
    { "write", false, "name of the file of each record sent, with $delivery in it" },
    { "key", false, "COLUMN or PATH $delivery: where our reference goes" },
    { "request", false, "xml: the root element of what is sent" },
    { "item", false, "xml: path of the record below it; . = the root element itself" },
    { .name = NULL },
};

struct reading {
    struct file_state *state;
    struct arena *mem;
    const struct mapping *map;
    struct file_call *out;
    struct faults *faults; /* NULL when the map is known to be good */
};

static void complain(struct reading *r, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Once for each line, however many calls share it. */
static void
complain(struct reading *r, int line, const char *fmt, ...)
{
    char text[400];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    fault_add_once(r->faults, r->map->path, line, text);
}

static const struct map_pair *
pair(const struct reading *r, const char *key)
{
    return map_pair_at(r->out->call->pairs, r->out->call->count, key, 0);
}

/* ---- a document's paths ---- */

static int
node_at(struct reading *r, int below, const char *path, int line, const char *what, bool element)
{
    const char *why;
    int node = xml_paths_add(r->out->paths, below, path, &why);

    if (node >= 0 && element && (strchr(path, '@') || strcmp(path, ".") == 0)) {
        why = "it must lead to an element below";
        node = -1;
    }
    if (node < 0)
        complain(r, line, "%s: path \"%s\": %s", what, path, why);
    return node;
}

static void
mark(struct reading *r, int node, enum xml_what what, bool record, size_t stream, size_t line)
{
    struct file_call *c = r->out;

    c->targets =
        arena_grow(r->mem, c->targets, c->target_count, &c->target_room, sizeof *c->targets);
    c->targets[c->target_count] =
        (struct file_target){ .record = record, .stream = stream, .line = line };
    xml_paths_mark(c->paths, node, what, (int)c->target_count++);
}

static void
read_paths(struct reading *r, size_t stream, int node)
{
    const struct map_stream *s = &r->map->streams[stream];

    mark(r, node, XML_GROUP, true, stream, 0);
    for (size_t i = 0; i < s->count; i++) {
        int field;

        if (!(s->lines[i].direction & MAP_IN))
            continue;
        field =
            node_at(r, node, s->lines[i].remote, s->lines[i].line, s->lines[i].canonical, false);
        if (field >= 0)
            mark(r, field, XML_VALUE, false, stream, i);
    }
    for (size_t i = 0; i < r->map->stream_count; i++) {
        const struct map_stream *child = &r->map->streams[i];
        int at;

        if (i == stream || !child->parent || !child->at || strcmp(child->parent, s->name) != 0)
            continue;
        at = node_at(r, node, child->at, child->line, child->name, true);
        if (at >= 0)
            read_paths(r, i, at);
    }
}

/* ---- a table's columns ---- */

static void
check_rows(struct reading *r, const struct map_stream *stream)
{
    for (size_t i = 0; i < r->map->stream_count; i++) {
        const struct map_stream *child = &r->map->streams[i];
        bool keyed = false;

        if (!child->parent || strcmp(child->parent, stream->name) != 0)
            continue;
        if (!child->at || strcmp(child->at, ".") != 0)
            complain(r, child->line, "in a CSV \"%s\" is a part of its row: at .", child->name);
        for (size_t l = 0; l < child->count; l++)
            keyed |= (child->lines[l].flags & MAP_KEY) && (child->lines[l].direction & MAP_IN);
        if (!keyed)
            complain(r, child->line,
                     "\"%s\" needs a key: a row holds one where its key's cell is not empty",
                     child->name);
    }
}

/* ---- calls ---- */

static bool
is_file_name(const char *name, bool folder)
{
    const char *slash = strchr(name, '/');

    if (slash && (!folder || slash == name || strchr(slash + 1, '/')))
        return false;
    return sftp_name_good(slash ? slash + 1 : name, strlen(slash ? slash + 1 : name)) &&
           *name != '.';
}

static void
read_pull(struct reading *r)
{
    const struct map_pair *files = pair(r, "files"), *records = pair(r, "records");
    long stream = mapping_stream_index(r->map, r->out->call->brings);
    const char *last;
    int node;

    if (!files)
        complain(r, r->out->call->line, "call \"%s\" needs files =", r->out->call->name);
    else if (!is_file_name(files->value, false))
        complain(r, files->line, "files: \"%s\" cannot be a name of a file", files->value);
    r->out->files = files ? files->value : NULL;
    if (stream < 0)
        return;
    if (!r->state->xml) {
        if (records)
            complain(r, records->line, "records: a CSV has none");
        check_rows(r, &r->map->streams[stream]);
        return;
    }
    if (!records) {
        complain(r, r->out->call->line, "call \"%s\" needs records =", r->out->call->name);
        return;
    }
    node = node_at(r, XML_ROOT, records->value, records->line, "records", true);
    last = strrchr(records->value, '/');
    if (node >= 0 && !last)
        complain(r, records->line, "records: \"%s\" is the root element", records->value);
    if (node >= 0 && last) {
        const char *list = arena_text(r->mem, records->value, (size_t)(last - records->value));
        const char *colon = strchr(last, ':');

        read_paths(r, (size_t)stream, node);
        r->out->record = colon ? colon + 1 : last + 1;
        mark(r, node_at(r, XML_ROOT, list, records->line, "records", true), XML_WATCH, false,
             (size_t)stream, 0);
        r->out->targets[r->out->target_count - 1].list = true;
    }
    mark(r, XML_ROOT, XML_WATCH, false, (size_t)stream, 0);
    r->out->targets[r->out->target_count - 1].root = true;
}

static void
read_key(struct reading *r)
{
    const struct map_pair *p = pair(r, "key");
    const char *at = p ? p->value : "", *column, *word;
    bool quoted;

    if (!p) {
        complain(r, r->out->call->line, "call \"%s\" needs key = %s $delivery", r->out->call->name,
                 r->state->xml ? "PATH" : "COLUMN");
        return;
    }
    column = arg_word(r->mem, &at, &quoted);
    word = arg_word(r->mem, &at, &quoted);
    if (!column || !word || strcmp(word, "$delivery") != 0 || arg_word(r->mem, &at, &quoted))
        complain(r, p->line, "key: not %s $delivery", r->state->xml ? "PATH" : "COLUMN");
    else
        r->out->key = column;
}

static void
read_write(struct reading *r)
{
    const struct map_pair *p = pair(r, "write");
    const char *dollar;
    char *shown;

    if (!p) {
        complain(r, r->out->call->line, "call \"%s\" needs write =", r->out->call->name);
        return;
    }
    dollar = strstr(p->value, "$delivery");
    if (!dollar || dollar != strchr(p->value, '$') || strchr(dollar + 1, '$'))
        complain(r, p->line, "write: $delivery must stand in it once");
    else if (!is_file_name(p->value, true))
        complain(r, p->line, "write: \"%s\" cannot be a name of a file", p->value);
    else
        r->out->write = p->value;
    /* What we write ourselves must not be taken up again. */
    shown = arena_copy(r->mem, p->value);
    for (size_t i = 0; i < r->map->call_count && !strchr(shown, '/'); i++) {
        const struct map_call *other = &r->map->calls[i];
        const char *files = map_get(other->pairs, other->count, "files");

        if (files && file_fits(files, shown))
            complain(r, p->line, "write: files = %s of call \"%s\" would take it up again", files,
                     other->name);
    }
}

static void
read_push(struct reading *r)
{
    const struct map_stream *stream = mapping_stream(r->map, r->out->call->carries);
    const struct map_pair *request = pair(r, "request"), *item = pair(r, "item");
    size_t contents = 0;

    read_write(r);
    read_key(r);
    for (size_t i = 0; stream && i < stream->count; i++)
        if (stream->lines[i].kind == KIND_BYTES && (stream->lines[i].direction & MAP_OUT) &&
            ++contents > 1)
            complain(r, stream->lines[i].line, "a record is sent with one file at most");
    if (!r->state->xml)
        return;
    r->out->item = item ? item->value : ".";
    if (!request) {
        complain(r, r->out->call->line, "call \"%s\" needs request =", r->out->call->name);
        return;
    }
    r->out->request = request->value;
    if (strchr(request->value, '/') ||
        xml_path_fault(r->state->prefixes, r->state->prefix_count, request->value))
        complain(r, request->line, "request: \"%s\" is not one element", request->value);
    if (item && xml_path_fault(r->state->prefixes, r->state->prefix_count, item->value))
        complain(r, item->line, "item: \"%s\" is not a path", item->value);
    for (size_t i = 0; stream && i < stream->count; i++)
        if ((stream->lines[i].direction & MAP_OUT) &&
            (strchr(stream->lines[i].remote, '@') ||
             xml_path_fault(r->state->prefixes, r->state->prefix_count, stream->lines[i].remote)))
            complain(r, stream->lines[i].line, "\"%s\" cannot be written: not a path of elements",
                     stream->lines[i].remote);
}

/* ---- the whole map ---- */

/* The place of a key's value among words, or 0 with the fault told. */
static size_t
choose(struct reading *r, const char *key, const char *const *words, size_t count, bool needed)
{
    const struct map_pair *p = map_pair_at(r->map->pairs, r->map->pair_count, key, 0);

    for (size_t i = 0; p && i < count; i++)
        if (strcmp(p->value, words[i]) == 0)
            return i;
    if (p && r->faults)
        fault_add(r->faults, r->map->path, p->line, "%s: \"%s\" is none of its words", key,
                  p->value);
    if (!p && needed && r->faults)
        fault_add(r->faults, r->map->path, 0, "[map] needs %s =", key);
    return 0;
}

static void
read_settings(struct reading *r)
{
    static const char *const formats[] = { "csv", "xml" };
    static const char *const encodings[] = { "auto", "utf-8", "utf-16", "windows-1252" };
    static const char *const delimiters[] = { "auto", ",", ";", "tab" };
    static const char *const yes[] = { "no", "yes" };

    r->state->xml = choose(r, "format", formats, 2, true) == 1;
    r->state->encoding = (enum file_encoding)choose(r, "encoding", encodings, 4, false);
    r->state->delimiter = "\0,;\t"[choose(r, "delimiter", delimiters, 4, false)];
    r->state->strict = choose(r, "strict", yes, 2, false) == 1;
    r->state->prefix_count = r->map->namespace_count;
    r->state->prefixes =
        arena_alloc(r->mem, (r->state->prefix_count + 1) * sizeof *r->state->prefixes);
    for (size_t i = 0; i < r->state->prefix_count; i++)
        r->state->prefixes[i] =
            (struct xml_prefix){ r->map->namespaces[i].prefix, r->map->namespaces[i].uri };
}

static void
read_map(struct file_state *state, struct arena *mem, const struct mapping *map,
         struct faults *faults)
{
    struct reading r = { .state = state, .mem = mem, .map = map, .faults = faults };

    read_settings(&r);
    state->calls = arena_alloc(mem, (map->call_count + 1) * sizeof *state->calls);
    for (size_t i = 0; i < map->call_count; i++) {
        r.out = &state->calls[i];
        r.out->call = &map->calls[i];
        r.out->paths = xml_paths_new(mem, state->prefixes, state->prefix_count);
        if (map->calls[i].brings)
            read_pull(&r);
        if (map->calls[i].carries)
            read_push(&r);
    }
}

void
file_check(const struct mapping *map, struct faults *faults)
{
    struct file_state state = { 0 };

    read_map(&state, faults->mem, map, faults);
}

void
file_compile(struct file_state *state, struct arena *mem, const struct mapping *map)
{
    read_map(state, mem, map, NULL);
}

static char
small(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool
file_fits(const char *pattern, const char *name)
{
    const char *star = NULL, *from = NULL;

    while (*name) {
        if (*pattern == '*') {
            star = pattern++;
            from = name;
        } else if (*pattern == '?' || small(*pattern) == small(*name)) {
            /* '?' is one character, not one byte */
            name++;
            while (*pattern == '?' && ((unsigned char)*name & 0xC0) == 0x80)
                name++;
            pattern++;
        } else if (star) {
            pattern = star + 1;
            name = ++from;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}
