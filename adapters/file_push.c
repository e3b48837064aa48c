/*
 * Leaving files for the office. Each delivery is one file, named by our
 * reference: a repeat takes the place of what it repeats, so that nothing is
 * there twice. What a record holds is written first, so that the file which
 * names it is never there without it.
 */
#include "file.h"

#include <string.h>

#define ROW_MAX ((size_t)32 << 20)

/* ---- names ---- */

/* The name of a delivery's file; with an ending, of the content beside it. */
static const char *
name_of(struct arena *mem, const struct file_call *call, const char *delivery, const char *ending)
{
    const char *at = strstr(call->write, "$delivery");
    const char *rest = at + strlen("$delivery"), *slash = strchr(call->write, '/');

    if (!ending)
        return arena_format(mem, "%.*s%s%s", (int)(at - call->write), call->write, delivery, rest);
    return arena_format(mem, "%.*s%s%s", slash ? (int)(slash + 1 - call->write) : 0, call->write,
                        delivery, ending);
}

static const char *
ending_of(const char *type)
{
    static const char *const endings[][2] = {
        { "application/pdf", ".pdf" },
        { "image/jpeg", ".jpg" },
        { "image/png", ".png" },
        { "image/tiff", ".tif" },
        { "text/plain", ".txt" },
        { "application/rtf", ".rtf" },
        { "text/rtf", ".rtf" },
        { "application/msword", ".doc" },
        { "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx" },
        { "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx" },
        { "application/zip", ".zip" },
        { "audio/mpeg", ".mp3" },
        { "audio/x-wav", ".wav" },
        { "video/mp4", ".mp4" },
        { "video/3gpp", ".3gp" },
    };

    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (type && strcmp(type, endings[i][0]) == 0)
            return endings[i][1];
    return ".bin";
}

/* ---- a table of one row ---- */

/* Quoted; what a spreadsheet would take for a formula begins with an apostrophe. */
static bool
add_cell(struct buf *out, const char *text, size_t len)
{
    bool good = buf_add_text(out, out->len > 3 && out->data[out->len - 1] != '\n' ? ",\"" : "\"");

    if (len > 0 && strchr("=+-@\t\r", *text))
        good = good && buf_add_text(out, "'");
    for (size_t i = 0; i < len && good; i++) {
        if (text[i] == '"')
            good = buf_add_text(out, "\"");
        good = good && buf_add(out, text + i, 1);
    }
    return good && buf_add_text(out, "\"");
}

static bool
make_table(const struct file_call *call, const struct map_stream *stream,
           const struct push_item *item, const struct field *fields, struct buf *out)
{
    bool good = buf_add_text(out, "\xEF\xBB\xBF") && add_cell(out, call->key, strlen(call->key));

    for (size_t i = 0; good && i < stream->count; i++)
        if (stream->lines[i].direction & MAP_OUT)
            good = add_cell(out, stream->lines[i].remote, strlen(stream->lines[i].remote));
    good =
        good && buf_add_text(out, "\r\n") && add_cell(out, item->delivery, strlen(item->delivery));
    for (size_t i = 0; good && i < stream->count; i++)
        if (stream->lines[i].direction & MAP_OUT)
            good = add_cell(out, fields[i].text ? fields[i].text : "", fields[i].len);
    return good && buf_add_text(out, "\r\n");
}

/* ---- a document of one record ---- */

static enum verdict
make_document(const struct adapter *a, struct arena *mem, const struct file_call *call,
              const struct map_stream *stream, const struct push_item *item,
              const struct field *fields, struct buf *out, struct error *err)
{
    const struct file_state *state = a->state;
    struct xml_node *root = xml_tree_new(mem, state->prefixes, state->prefix_count, call->request);
    struct xml_node *node = root ? xml_tree_element(root, call->item) : NULL;
    enum verdict v;

    if (!node)
        return error_set(err, V_FATAL, "file.map", "no record can be put at \"%s\"", call->item);
    v = xml_tree_put(node, call->key, item->delivery, strlen(item->delivery), err);
    for (size_t i = 0; !v && i < stream->count; i++) {
        if (!(stream->lines[i].direction & MAP_OUT) || !fields[i].text)
            continue;
        v = xml_tree_put(node, stream->lines[i].remote, fields[i].text, fields[i].len, err);
        if (v)
            error_at(err, stream->lines[i].canonical, stream->lines[i].remote);
    }
    return v ? v : xml_tree_write(root, out, err);
}

/* ---- deliveries ---- */

/* Writes what the record holds; its name takes the place of its id. */
static enum verdict
write_contents(const struct adapter *a, struct arena *mem, const struct file_call *call,
               const struct map_stream *stream, const struct push_item *item, struct field *fields,
               struct error *err)
{
    const struct file_state *state = a->state;
    enum verdict v = V_OK;

    for (size_t i = 0; !v && i < stream->count; i++) {
        struct content_facts facts;
        const char *name, *slash;

        if (stream->lines[i].kind != KIND_BYTES || !(stream->lines[i].direction & MAP_OUT) ||
            !fields[i].text || fields[i].len == 0)
            continue;
        v = content_look(a->contents, mem, fields[i].text, &facts, err);
        if (v)
            break;
        name = name_of(mem, call, item->delivery, ending_of(facts.type));
        v = drop_put_content(state->drop, mem, name, a->contents, fields[i].text, err);
        slash = strchr(name, '/');
        fields[i].text = slash ? slash + 1 : name;
        fields[i].len = strlen(fields[i].text);
    }
    return v;
}

static enum verdict
deliver(const struct adapter *a, struct arena *mem, const struct file_call *call,
        struct push_item *item, struct error *err)
{
    const struct file_state *state = a->state;
    const struct map_stream *stream = mapping_stream(a->map, call->call->carries);
    struct field *fields = arena_alloc(mem, (stream->count + 1) * sizeof *fields);
    const char *name = name_of(mem, call, item->delivery, NULL), *slash = strchr(name, '/');
    struct buf out;
    enum verdict v;

    for (size_t i = 0; i < stream->count && i < item->record->count; i++)
        fields[i] = item->record->fields[i];
    buf_init(&out, ROW_MAX);
    v = write_contents(a, mem, call, stream, item, fields, err);
    if (!v && state->xml)
        v = make_document(a, mem, call, stream, item, fields, &out, err);
    else if (!v && !make_table(call, stream, item, fields, &out))
        v = error_set(err, V_REJECT, "file.large", "the record is too large for a file");
    if (!v)
        v = drop_put(state->drop, mem, name, out.data, out.len, err);
    buf_release(&out);
    if (v == V_REJECT && strncmp(err->code, "sftp.", 5) == 0)
        v = V_FATAL; /* the folder does not take what we write: a matter of the conf */
    if (!v)
        item->receipt = slash ? slash + 1 : name;
    return v;
}

enum verdict
file_push(struct adapter *a, struct arena *mem, const struct map_call *map_call,
          struct push_item *items, size_t count, struct error *err)
{
    const struct file_call *call = file_call_of(a, map_call);
    enum verdict stop = V_OK;

    for (size_t i = 0; i < count; i++) {
        struct push_item *item = &items[i];
        struct error own;

        item->receipt = item->said = item->detail = NULL;
        if (stop) { /* what was not reached is not done */
            item->verdict = stop;
            continue;
        }
        item->verdict = deliver(a, mem, call, item, &own);
        if (item->verdict == V_OK)
            continue;
        item->said = arena_copy(mem, own.code);
        item->detail = arena_copy(mem, own.text);
        if (item->verdict == V_REJECT)
            continue;
        stop = item->verdict;
        *err = own;
    }
    return stop;
}
