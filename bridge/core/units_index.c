/*
 * One table finds who has, or had, a code of a scheme; a unit's own code is one more scheme.
 */
#include "units_index.h"

#include <string.h>

#include "text.h"
#include "text_table.h"

#define KEY_MAX 600
#define NOBODY  UINT32_MAX

struct scheme {
    const char *name;
    const char *clash; /* first code that several units share, or NULL */
};

/* One unit that has, or had, a code. */
struct holder {
    const struct unit *unit;
    const char *from, *to; /* of the code, within the life of the unit; NULL = open */
    uint32_t next;         /* place of the next holder of the same code, or NOBODY */
};

struct index {
    struct text_table codes; /* "scheme TAB code", folded -> place of its first holder */
    struct holder *holders;
    uint32_t count;
    struct scheme *schemes;
    size_t scheme_count, scheme_room;
};

/* "scheme TAB code", the code with blanks folded and ASCII letters small; the text must be NFC.
 * 0 when it does not fit. */
static size_t
make_key(const char *scheme, const char *code, char key[KEY_MAX])
{
    size_t n = 0, start;

    if (strlen(scheme) + strlen(code) + 2 > KEY_MAX)
        return 0;
    while (*scheme)
        key[n++] = *scheme++;
    key[n++] = '\t';
    for (start = n; *code; code++) {
        char c = *code;

        if (c == ' ' || c == '\t' || c == '\n') {
            if (n > start && key[n - 1] != ' ')
                key[n++] = ' ';
        } else {
            key[n++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        }
    }
    if (n > start && key[n - 1] == ' ')
        n--;
    return n;
}

/* ---- the index ---- */

static struct scheme *
find_scheme(const struct index *index, const char *name)
{
    for (size_t i = 0; i < index->scheme_count; i++)
        if (strcmp(index->schemes[i].name, name) == 0)
            return &index->schemes[i];
    return NULL;
}

static const char *
later(const char *a, const char *b)
{
    return !a ? b : !b || strcmp(a, b) > 0 ? a : b;
}

static const char *
earlier(const char *a, const char *b)
{
    return !a ? b : !b || strcmp(a, b) < 0 ? a : b;
}

/* Days are compared as text. */
static bool
overlap(const struct holder *a, const struct holder *b)
{
    return (!a->to || !b->from || strcmp(a->to, b->from) >= 0) &&
           (!b->to || !a->from || strcmp(b->to, a->from) >= 0);
}

static struct scheme *
need_scheme(struct arena *mem, struct index *index, const char *name)
{
    struct scheme *s = find_scheme(index, name);

    if (s)
        return s;
    index->schemes = arena_grow(mem, index->schemes, index->scheme_count, &index->scheme_room,
                                sizeof *index->schemes);
    s = &index->schemes[index->scheme_count++];
    *s = (struct scheme){ .name = name };
    return s;
}

/* alias NULL: the unit's own code, which has no time: what is staged must always be found. */
static void
add_code(struct arena *mem, struct index *index, const struct unit *unit,
         const struct unit_alias *alias)
{
    const char *code = alias ? alias->code : unit->code;
    struct scheme *s = need_scheme(mem, index, alias ? alias->scheme : OWN_SCHEME);
    uint32_t at = index->count;
    struct holder *holder = &index->holders[at];
    char key[KEY_MAX];
    size_t len = make_key(s->name, code, key);

    if (len == 0)
        return;
    *holder = (struct holder){ .unit = unit, .next = NOBODY };
    if (alias) {
        holder->from = later(alias->valid_from, unit->valid_from);
        holder->to = earlier(alias->valid_to, unit->valid_to);
    }
    index->count++;
    if (text_table_put(&index->codes, arena_text(mem, key, len), len, &at))
        return;
    for (uint32_t i = at; i != NOBODY; i = index->holders[i].next)
        if (index->holders[i].unit != unit && overlap(&index->holders[i], holder) && !s->clash)
            s->clash = code;
    holder->next = index->holders[at].next;
    index->holders[at].next = index->count - 1;
}

void *
units_index(struct arena *mem, const struct unit *items, size_t count)
{
    struct index *index = arena_alloc(mem, sizeof *index);
    size_t codes = count;

    for (size_t i = 0; i < count; i++)
        codes += items[i].alias_count;
    text_table_init(mem, &index->codes, codes);
    index->holders = arena_alloc(mem, (codes + 1) * sizeof *index->holders);
    for (size_t i = 0; i < count; i++) {
        const struct unit *unit = &items[i];

        add_code(mem, index, unit, NULL);
        for (size_t j = 0; j < unit->alias_count; j++)
            add_code(mem, index, unit, &unit->aliases[j]);
    }
    return index;
}

/* ---- asking ---- */

static bool
holds(const char *from, const char *to, const char *day)
{
    return (!from || strcmp(from, day) <= 0) && (!to || strcmp(day, to) <= 0);
}

/* The unit whose end is the last; none when two units end on one day. */
static const struct unit *
last_holder(const struct index *index, uint32_t at)
{
    const struct holder *best = &index->holders[at];
    bool many = false;

    for (uint32_t i = best->next; i != NOBODY; i = index->holders[i].next) {
        const struct holder *h = &index->holders[i];
        int order = !h->to - !best->to;

        if (h->to && best->to)
            order = strcmp(h->to, best->to);
        if (order > 0) {
            best = h;
            many = false;
        } else if (order == 0 && h->unit != best->unit) {
            many = true;
        }
    }
    return many ? NULL : best->unit;
}

/* Who had the code on that day. A code that was first given out later is certain too, when only one
 * unit ever got it: an older record was marked to a younger unit. */
static const struct unit *
holder_on(const struct index *index, uint32_t at, const char *day)
{
    const struct unit *on = NULL, *after = NULL;
    bool many = false, many_after = false, before = false;

    for (; at != NOBODY; at = index->holders[at].next) {
        const struct holder *h = &index->holders[at];

        if (holds(h->from, h->to, day)) {
            many = many || (on && on != h->unit);
            on = h->unit;
        } else if (h->from && strcmp(h->from, day) > 0) {
            many_after = many_after || (after && after != h->unit);
            after = h->unit;
        } else {
            before = true;
        }
    }
    if (on)
        return many ? NULL : on;
    return before || many_after ? NULL : after;
}

static const struct unit *
look_up(const struct index *index, const char *scheme, const char *code, const char *day)
{
    char key[KEY_MAX];
    size_t len = make_key(scheme, code, key);
    long at = len ? text_table_get(&index->codes, key, len) : -1;

    if (at < 0)
        return NULL;
    return day ? holder_on(index, (uint32_t)at, day) : last_holder(index, (uint32_t)at);
}

static bool
is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text > 0x7E)
            return false;
    return true;
}

const struct unit *
units_find(const struct units *units, const char *scheme, const char *code, const char *day)
{
    const struct index *index = units ? units->index : NULL;
    const struct unit *unit = index ? look_up(index, scheme, code, day) : NULL;
    const char *clean_code;
    struct arena *mem;
    struct error err;
    size_t len;

    /* nearly every code is as it should be: only what is unknown is brought into NFC */
    if (unit || !index || is_ascii(code))
        return unit;
    mem = arena_new("unit code");
    if (text_clean(mem, code, strlen(code), &clean_code, &len, &err) == V_OK)
        unit = look_up(index, scheme, clean_code, day);
    arena_free(mem);
    return unit;
}

const struct unit *
units_by_code(const struct units *units, const char *scheme, const char *code)
{
    return units_find(units, scheme, code, NULL);
}

/* Whether a code of the unit is to be preferred to the one found before it. */
static bool
is_better(const struct unit *unit, const struct unit_alias *alias, const struct unit_alias *found,
          const char *day)
{
    const char *from = later(alias->valid_from, unit->valid_from);
    const char *to = earlier(alias->valid_to, unit->valid_to), *other;

    if (!found)
        return !day || holds(from, to, day) || (from && strcmp(from, day) > 0);
    if (day) /* it was given out later than the one that held on the day */
        return holds(from, to, day) && !holds(later(found->valid_from, unit->valid_from),
                                              earlier(found->valid_to, unit->valid_to), day);
    other = earlier(found->valid_to, unit->valid_to);
    return other && (!to || strcmp(to, other) > 0);
}

const char *
units_code(const struct units *units, const char *scheme, const char *unit, const char *day)
{
    const struct unit *have = units_by_code(units, OWN_SCHEME, unit);
    const struct unit_alias *found = NULL;

    if (!have)
        return NULL;
    if (strcmp(scheme, OWN_SCHEME) == 0)
        return have->code;
    for (size_t i = 0; i < have->alias_count; i++)
        if (strcmp(have->aliases[i].scheme, scheme) == 0 &&
            is_better(have, &have->aliases[i], found, day))
            found = &have->aliases[i];
    return found ? found->code : NULL;
}

const char *
units_clash(const struct units *units, const char *scheme)
{
    const struct index *index = units ? units->index : NULL;
    const struct scheme *s = index ? find_scheme(index, scheme) : NULL;

    return s ? s->clash : NULL;
}

bool
units_has_scheme(const struct units *units, const char *scheme)
{
    const struct index *index = units ? units->index : NULL;

    return strcmp(scheme, OWN_SCHEME) == 0 || (index && find_scheme(index, scheme));
}
