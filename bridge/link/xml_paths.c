/*
 * Paths as a tree of names: each step is looked for among the children of the
 * step before, so that paths with a common beginning share it, and a reader
 * needs to look at the children of one node only.
 */
#include "xml_paths.h"

#include <string.h>

#include <libxml/tree.h>

#define NAME_MAX_BYTES 128

static bool
name_is_good(const char *name, size_t len)
{
    char copy[NAME_MAX_BYTES];

    if (len == 0 || len >= sizeof copy)
        return false;
    memcpy(copy, name, len);
    copy[len] = '\0';
    return xmlValidateNCName((const xmlChar *)copy, 0) == 0;
}

bool
xml_step_next(const struct xml_prefix *prefixes, size_t prefix_count, const char **path,
              struct xml_step *out, const char **why)
{
    const char *at = *path, *end, *colon;

    *why = NULL;
    if (*at == '\0' || strcmp(at, ".") == 0)
        return false;
    memset(out, 0, sizeof *out);
    end = at + strcspn(at, "/");
    out->attribute = *at == '@';
    if (out->attribute)
        at++;
    out->text = at;
    out->len = (size_t)(end - at);
    colon = memchr(at, ':', out->len);
    out->name = colon ? colon + 1 : at;
    out->name_len = (size_t)(end - out->name);
    if (!name_is_good(out->name, out->name_len)) {
        *why = "a step is not a name";
        return false;
    }
    if (colon) {
        size_t len = (size_t)(colon - at);

        for (size_t i = 0; i < prefix_count && !out->uri; i++)
            if (strncmp(prefixes[i].prefix, at, len) == 0 && prefixes[i].prefix[len] == '\0')
                out->uri = prefixes[i].uri;
        if (!out->uri) {
            *why = "a prefix is not in [namespaces]";
            return false;
        }
    }
    if (*end == '/') {
        end++;
        if (*end == '\0' || out->attribute) {
            *why = out->attribute ? "an attribute is not the last step" : "it ends with \"/\"";
            return false;
        }
    }
    *path = end;
    return true;
}

const char *
xml_path_fault(const struct xml_prefix *prefixes, size_t prefix_count, const char *path)
{
    struct xml_step step;
    const char *why;

    size_t len = path ? strlen(path) : 0;

    if (len == 0)
        return "it is empty";
    if (len > 1 && strcmp(path + len - 2, "/.") == 0)
        return "a step is not a name";
    while (xml_step_next(prefixes, prefix_count, &path, &step, &why))
        continue;
    return why;
}

static int
add_name(struct xml_paths *paths, const char *uri, const char *name, size_t len, bool attribute)
{
    struct xml_name *made;

    paths->names =
        arena_grow(paths->mem, paths->names, paths->count, &paths->room, sizeof *paths->names);
    made = &paths->names[paths->count];
    memset(made, 0, sizeof *made);
    made->uri = uri && *uri ? arena_copy(paths->mem, uri) : NULL;
    made->name = arena_text(paths->mem, name, len);
    made->attribute = attribute;
    made->child = made->next = -1;
    return (int)paths->count++;
}

static bool
names_match(const struct xml_name *have, const char *uri, const char *name, size_t len,
            bool attribute)
{
    if (have->attribute != attribute || strlen(have->name) != len ||
        memcmp(have->name, name, len) != 0)
        return false;
    if (!uri || !*uri)
        return !have->uri;
    return have->uri && strcmp(have->uri, uri) == 0;
}

static int
step_to(struct xml_paths *paths, int below, const char *uri, const char *name, size_t len,
        bool attribute)
{
    int last = -1, made;

    for (int i = paths->names[below].child; i >= 0; i = paths->names[i].next) {
        if (names_match(&paths->names[i], uri, name, len, attribute))
            return i;
        last = i;
    }
    made = add_name(paths, uri, name, len, attribute);
    if (last < 0)
        paths->names[below].child = made;
    else
        paths->names[last].next = made;
    return made;
}

struct xml_paths *
xml_paths_new(struct arena *mem, const struct xml_prefix *prefixes, size_t prefix_count)
{
    struct xml_paths *paths = arena_alloc(mem, sizeof *paths);

    paths->mem = mem;
    paths->prefixes = prefixes;
    paths->prefix_count = prefix_count;
    (void)add_name(paths, NULL, "", 0, false);
    return paths;
}

int
xml_paths_step(struct xml_paths *paths, int below, const char *uri, const char *name)
{
    return step_to(paths, below, uri, name, strlen(name), false);
}

int
xml_paths_add(struct xml_paths *paths, int below, const char *path, const char **why)
{
    struct xml_step step;
    int node = below;

    *why = xml_path_fault(paths->prefixes, paths->prefix_count, path);
    if (*why)
        return -1;
    while (xml_step_next(paths->prefixes, paths->prefix_count, &path, &step, why))
        node = step_to(paths, node, step.uri, step.name, step.name_len, step.attribute);
    return node;
}

void
xml_paths_mark(struct xml_paths *paths, int node, enum xml_what what, int tag)
{
    struct xml_name *name = &paths->names[node];
    struct xml_mark *mark = arena_alloc(paths->mem, sizeof *mark), **end = &name->marks;

    mark->what = what;
    mark->tag = tag;
    while (*end)
        end = &(*end)->next;
    *end = mark;
    name->group = name->group || what == XML_GROUP;
    name->value = name->value || what == XML_VALUE;
    name->watch = name->watch || what == XML_WATCH;
    name->stream = name->stream || what == XML_STREAM;
}
