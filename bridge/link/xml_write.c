/*
 * The writer: paths and values become a tree, so that values whose paths begin
 * alike meet in one element, and the tree is then written in one go.
 */
#include <string.h>

#include "text.h"
#include "xml_paths.h"

struct xml_attribute {
    const char *name, *text;
    size_t len;
    struct xml_attribute *next;
};

struct tree {
    struct arena *mem;
    const struct xml_prefix *prefixes;
    size_t prefix_count;
};

struct xml_node {
    const struct tree *tree;
    const char *name; /* as it is written, with its prefix */
    const char *text; /* NULL = none yet */
    size_t len;
    struct xml_attribute *attributes;
    struct xml_node *first, *last, *next;
};

bool
xml_can_carry(const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text;

    if (!text_is_utf8(text, len, NULL))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (at[i] < 0x20 && at[i] != '\t' && at[i] != '\n' && at[i] != '\r')
            return false;
        if (at[i] == 0xEF && len - i > 2 && at[i + 1] == 0xBF && at[i + 2] >= 0xBE)
            return false;
    }
    return true;
}

static struct xml_node *
add_node(const struct tree *tree, struct xml_node *parent, const char *name, size_t len)
{
    struct xml_node *node = arena_alloc(tree->mem, sizeof *node);

    node->tree = tree;
    node->name = arena_text(tree->mem, name, len);
    if (!parent)
        return node;
    if (parent->last)
        parent->last->next = node;
    else
        parent->first = node;
    parent->last = node;
    return node;
}

/* The last child of that name, or NULL. */
static struct xml_node *
last_child(const struct xml_node *node, const struct xml_step *step)
{
    struct xml_node *found = NULL;

    for (struct xml_node *c = node->first; c; c = c->next)
        if (strncmp(c->name, step->text, step->len) == 0 && c->name[step->len] == '\0')
            found = c;
    return found;
}

struct xml_node *
xml_tree_new(struct arena *mem, const struct xml_prefix *prefixes, size_t prefix_count,
             const char *root)
{
    struct tree *tree = arena_alloc(mem, sizeof *tree);
    struct xml_step step;
    const char *why;

    tree->mem = mem;
    tree->prefixes = prefixes;
    tree->prefix_count = prefix_count;
    if (!xml_step_next(prefixes, prefix_count, &root, &step, &why) || step.attribute || *root)
        return NULL;
    return add_node(tree, NULL, step.text, step.len);
}

/* Goes down all steps but the last, sharing what is there, and gives the last one. NULL when the
 * path is faulty; step->text is NULL when it is ".". */
static struct xml_node *
go_down(struct xml_node *node, const char *path, struct xml_step *step)
{
    const struct tree *tree = node->tree;
    const char *why;

    memset(step, 0, sizeof *step);
    if (xml_path_fault(tree->prefixes, tree->prefix_count, path))
        return NULL;
    while (xml_step_next(tree->prefixes, tree->prefix_count, &path, step, &why) && *path) {
        struct xml_node *below = last_child(node, step);

        node = below ? below : add_node(tree, node, step->text, step->len);
    }
    return node;
}

struct xml_node *
xml_tree_element(struct xml_node *node, const char *path)
{
    struct xml_step step;
    struct xml_node *parent = go_down(node, path, &step);

    if (!parent || step.attribute)
        return NULL;
    return step.text ? add_node(node->tree, parent, step.text, step.len) : parent;
}

static bool
put_attribute(struct xml_node *node, const struct xml_step *step, const char *text, size_t len)
{
    struct xml_attribute **end = &node->attributes, *made;

    for (; *end; end = &(*end)->next)
        if (text_same(step->text, step->len, (*end)->name))
            return false;
    made = arena_alloc(node->tree->mem, sizeof *made);
    made->name = arena_text(node->tree->mem, step->text, step->len);
    made->text = arena_text(node->tree->mem, text, len);
    made->len = len;
    *end = made;
    return true;
}

static bool
put_text(struct xml_node *node, const struct xml_step *step, const char *text, size_t len)
{
    if (step->text) {
        struct xml_node *below = last_child(node, step);

        node = below && !below->text ? below : add_node(node->tree, node, step->text, step->len);
    }
    if (node->text)
        return false;
    node->text = arena_text(node->tree->mem, text, len);
    node->len = len;
    return true;
}

enum verdict
xml_tree_put(struct xml_node *node, const char *path, const char *text, size_t len,
             struct error *err)
{
    struct xml_step step;
    struct xml_node *parent;
    enum verdict v;

    if (!xml_can_carry(text, len)) {
        v = error_set(err, V_REJECT, "xml.char", "a value holds a character that XML cannot carry");
        error_at(err, NULL, path);
        return v;
    }
    parent = go_down(node, path, &step);
    if (parent && (step.attribute ? put_attribute(parent, &step, text, len)
                                  : put_text(parent, &step, text, len)))
        return V_OK;
    v = error_set(err, V_REJECT, "xml.path", "no value can be put at \"%s\"", path);
    error_at(err, NULL, path);
    return v;
}

static bool
write_escaped(struct buf *out, const char *text, size_t len, bool attribute)
{
    const char *special = attribute ? "&<>\r\"\t\n" : "&<>\r";
    const char *at = text, *end = text + len;

    while (at < end) {
        size_t run = strcspn(at, special); /* text is NUL-terminated and holds no other NUL */

        if (!buf_add(out, at, run))
            return false;
        at += run;
        if (at == end)
            break;
        if (!(*at == '&'   ? buf_add_text(out, "&amp;")
              : *at == '<' ? buf_add_text(out, "&lt;")
              : *at == '>' ? buf_add_text(out, "&gt;")
              : *at == '"' ? buf_add_text(out, "&quot;")
                           : buf_format(out, "&#%d;", *at)))
            return false;
        at++;
    }
    return true;
}

static bool
write_attribute(struct buf *out, const char *prefix, const char *name, const char *text, size_t len)
{
    return buf_add_text(out, " ") && buf_add_text(out, prefix) && buf_add_text(out, name) &&
           buf_add_text(out, "=\"") && write_escaped(out, text, len, true) &&
           buf_add_text(out, "\"");
}

static bool
write_node(const struct xml_node *node, bool root, struct buf *out)
{
    const struct tree *tree = node->tree;
    bool ok = buf_add_text(out, "<") && buf_add_text(out, node->name);

    for (size_t i = 0; root && ok && i < tree->prefix_count; i++)
        ok = write_attribute(out, "xmlns:", tree->prefixes[i].prefix, tree->prefixes[i].uri,
                             strlen(tree->prefixes[i].uri));
    for (const struct xml_attribute *a = node->attributes; ok && a; a = a->next)
        ok = write_attribute(out, "", a->name, a->text, a->len);
    if (!ok)
        return false;
    if (!node->first && node->len == 0)
        return buf_add_text(out, "/>");
    ok = buf_add_text(out, ">") &&
         write_escaped(out, node->text ? node->text : "", node->len, false);
    for (const struct xml_node *c = node->first; ok && c; c = c->next)
        ok = write_node(c, false, out);
    return ok && buf_add_text(out, "</") && buf_add_text(out, node->name) && buf_add_text(out, ">");
}

enum verdict
xml_tree_write(const struct xml_node *root, struct buf *out, struct error *err)
{
    if (buf_add_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") &&
        write_node(root, true, out))
        return V_OK;
    return error_set(err, V_REJECT, "xml.limit", "the document would be larger than %zu bytes",
                     out->max);
}
