/*
 * Keyset paging. Keys are only told apart, never ordered: a peer orders them by rules of its own
 * (numbers, collations). A peer that goes round in circles within one instant is ended by the run's
 * deadline.
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

bool
paging_is_beyond(const struct paging *a, const struct paging *b)
{
    int order = strcmp(a->at, b->at);

    return order > 0 || (order == 0 && strcmp(a->key, b->key) != 0);
}

/* False when a field of the cursor cannot be read, lies after the cut, or would not fit. */
static bool
read_place(struct paging *p, const struct mapper *m, struct arena *mem, const struct map_call *call,
           const struct record *r, const char *cut)
{
    const char *at = call->cursor_time ? mapper_in_field(m, mem, r, call->cursor_time) : p->at;
    const char *key = call->cursor_key ? mapper_in_field(m, mem, r, call->cursor_key) : p->key;
    int64_t time, last;

    if (!at || !key || strlen(key) >= sizeof p->key || !clock_from_text(at, strlen(at), &time))
        return false;
    if (clock_from_text(cut, strlen(cut), &last) && time > last)
        return false;
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
    return strcmp(p->at, was.at) != 0 || strcmp(p->key, was.key) != 0;
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
