/*
 * Keyset paging. Keys are only told apart, never ordered: a peer orders them by rules of its own
 * (numbers, collations).
 */
#include "paging.h"

#include <stdio.h>
#include <string.h>

void
paging_begin(struct paging *p, const char *at, const char *key)
{
    int64_t time;

    if (!at || !clock_from_text(at, strlen(at), &time)) {
        at = NULL;
        key = NULL;
    }
    snprintf(p->at, sizeof p->at, "%s", PAGING_BEGINNING);
    if (at)
        clock_text(time, p->at);
    snprintf(p->key, sizeof p->key, "%s", key ? key : "");
}

void
paging_look_back(struct paging *p, long ms)
{
    int64_t at;

    if (ms <= 0 || !clock_from_text(p->at, strlen(p->at), &at))
        return;
    at -= (int64_t)ms * 1000;
    clock_text(at > 0 ? at : 0, p->at);
    p->key[0] = '\0';
}

static bool
is_same(const struct paging *a, const struct paging *b)
{
    return strcmp(a->at, b->at) == 0 && strcmp(a->key, b->key) == 0;
}

bool
paging_is_beyond(const struct paging *a, const struct paging *b)
{
    int order = strcmp(a->at, b->at);

    return order > 0 || (order == 0 && strcmp(a->key, b->key) != 0);
}

/* ---- the place of a record ---- */

static bool
read_time(const struct mapper *m, struct arena *mem, const struct map_call *call,
          const struct record *r, int64_t *out)
{
    const char *at = mapper_in_field(m, mem, r, call->cursor_time);

    return at && clock_from_text(at, strlen(at), out);
}

/* Whether the call tells the peer from which time on; else its pages go by the key alone. */
static bool
asks_by_time(const struct map_call *call)
{
    for (size_t i = 0; i < call->count; i++)
        if (strstr(call->pairs[i].value, "$since") || strstr(call->pairs[i].value, ":since"))
            return true;
    return false;
}

/* False when a field of the cursor cannot be read, lies after the cut, or would not fit. */
static bool
read_place(struct paging *p, const struct mapper *m, struct arena *mem, const struct map_call *call,
           const struct record *r, const char *cut)
{
    const char *key = call->cursor_key ? mapper_in_field(m, mem, r, call->cursor_key) : p->key;
    bool by_time = call->cursor_time && (cut || asks_by_time(call));
    int64_t time = 0, last;

    if (!key || strlen(key) >= sizeof p->key || (by_time && !read_time(m, mem, call, r, &time)))
        return false;
    if (by_time && cut && clock_from_text(cut, strlen(cut), &last) && time > last)
        return false;
    if (by_time)
        clock_text(time, p->at);
    if (key != p->key)
        memcpy(p->key, key, strlen(key) + 1);
    return true;
}

bool
paging_advance(struct paging *p, const struct mapper *m, struct arena *mem,
               const struct map_call *call, const struct page *page, const char *cut)
{
    struct paging was = *p;

    for (const struct record *r = page->records; r; r = r->next)
        (void)read_place(p, m, mem, call, r, cut);
    return !is_same(p, &was);
}

bool
paging_is_past(const struct mapper *m, struct arena *mem, const struct map_call *call,
               const struct page *page, const char *cut)
{
    int64_t time, last;

    if (!call->cursor_time || !clock_from_text(cut, strlen(cut), &last))
        return false;
    for (const struct record *r = page->records; r; r = r->next)
        if (read_time(m, mem, call, r, &time) && time > last)
            return true;
    return false;
}

/* The mark is moved up after 1, 2, 4 ... places: whatever the length of a circle, the mark comes to
 * lie in it and to stay there for a whole round. */
bool
paging_circles(struct paging_watch *w, const struct paging *now)
{
    if (w->reach && is_same(&w->mark, now))
        return true;
    if (w->steps >= w->reach) {
        w->mark = *now;
        w->reach = w->reach ? w->reach * 2 : 1;
        w->steps = 0;
    }
    w->steps++;
    return false;
}

void
paging_vars(const struct paging *p, struct arena *mem, const char *cut, long rows,
            struct adapter_var out[PAGING_VARS])
{
    out[0] = (struct adapter_var){ "since", p->at };
    out[1] = (struct adapter_var){ "after", p->key };
    out[2] = (struct adapter_var){ "cut", cut };
    out[3] = (struct adapter_var){ "rows", arena_format(mem, "%ld", rows) };
}

enum verdict
paging_stuck(const struct mapping *map, const struct map_call *call, struct error *err)
{
    error_set(err, V_RETRY, "page.stuck", "call \"%s\" of \"%s\": paging does not advance",
              call->name, map->system);
    error_hint(err,
               "The peer says that there is more, but brings nothing behind the cursor; see "
               "\"cursor\" and \"more\" in \"%s\".",
               map->path);
    return V_RETRY;
}
