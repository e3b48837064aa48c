#include "law_source.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

const char law_map[] = "[map]\n"
                       "system = fake\n"
                       "title = A source of the tests\n"
                       "kind = fake\n"
                       "role = portal\n"
                       "zone = UTC\n"
                       "received = marked_at\n"
                       "[call list]\n"
                       "brings = complaint\n"
                       "cursor = changed_at number\n"
                       "[call ids]\n"
                       "brings = ids\n"
                       "cursor = changed_at number\n"
                       "[complaint]\n"
                       "number in Code text key required\n"
                       "status in Status code codes=status required\n"
                       "changed_at in Changed time format=iso required\n"
                       "subject in Subject text\n"
                       "[ids]\n"
                       "number in Code text key required\n"
                       "status in Status code codes=status required\n"
                       "changed_at in Changed time format=iso\n"
                       "[codes status]\n"
                       "RECV = NEW\n"
                       "DISP = DONE\n";

static struct law_source *served;
static struct fake_peer *server;

/* ---- chance ---- */

/* splitmix64 */
uint64_t
law_draw(struct law_source *s, uint64_t below)
{
    uint64_t z = s->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % below;
}

static bool
one_in(struct law_source *s, uint64_t n)
{
    return law_draw(s, n) == 0;
}

void
law_tell(struct law_source *s, const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(s->story + s->told, sizeof s->story - s->told, fmt, args);
    va_end(args);
    if (len > 0 && s->told + (size_t)len < sizeof s->story)
        s->told += (size_t)len;
}

const char *
law_number(size_t row, char out[24])
{
    snprintf(out, 24, "4000%010zu", row);
    return out;
}

void
law_begin(struct law_source *s, uint64_t seed)
{
    static const enum law_kind kinds[] = { LAW_PLAIN, LAW_PLAIN, LAW_HEEDLESS, LAW_OPEN };

    memset(s, 0, sizeof *s);
    s->random = seed;
    s->kind = kinds[law_draw(s, 4)];
    s->now = INT64_C(1591000000) * LAW_SECOND;
    s->calls_left = -1;
    s->calls_most = 1000;
    law_tell(s, "kind %d\n", (int)s->kind);
}

/* ---- what happens ---- */

static const int64_t late[] = { LAW_SECOND / 10,       60 * LAW_SECOND, LAW_HOUR - LAW_SECOND,
                                119 * 60 * LAW_SECOND, 5 * LAW_HOUR,    240 * LAW_HOUR };
static const int64_t early[] = { 26 * LAW_HOUR, 400 * 24 * LAW_HOUR };

/* The time that the row gets: now by the source's clock, or an older one (a transaction that was
 * long in coming, a station that was offline), or a wrong one. */
static int64_t
draw_time(struct law_source *s)
{
    int64_t now = s->now + s->skew;

    if (one_in(s, 4))
        return now - late[law_draw(s, sizeof late / sizeof *late)];
    if (one_in(s, 25))
        return now + early[law_draw(s, sizeof early / sizeof *early)];
    return now;
}

static void
write_row(struct law_source *s, size_t n, int64_t at)
{
    struct law_row *row = &s->rows[n];

    if (row->timeless)
        s->timeless--;
    row->there = row->was_there = true;
    row->at = at;
    row->newest = at > row->newest ? at : row->newest;
    row->timeless = s->timeless == 0 && one_in(s, 30);
    s->timeless += row->timeless;
    row->cut = s->cut;
    row->run = s->runs;
    row->version = ++s->versions;
    law_tell(s, "  row %zu version %ld at %+.1f s%s\n", n, row->version,
             (double)(at - s->now) / (double)LAW_SECOND, row->timeless ? " without a time" : "");
}

static void
remove_row(struct law_source *s, size_t n)
{
    struct law_row *row = &s->rows[n];

    if (!row->there)
        return;
    s->timeless -= row->timeless;
    row->there = row->timeless = false;
    law_tell(s, "  row %zu deleted\n", n);
}

/* A row that was deleted by mistake is there again as it was, its time as well. */
static void
restore_row(struct law_source *s, size_t n)
{
    struct law_row *row = &s->rows[n];

    if (row->there || !row->was_there)
        return;
    row->there = true;
    row->cut = s->cut;
    row->run = s->runs;
    law_tell(s, "  row %zu restored\n", n);
}

static void
step_clock(struct law_source *s)
{
    static const int64_t steps[] = {
        0, 0, -3 * LAW_HOUR, -LAW_SECOND, 3 * LAW_HOUR, 30 * LAW_HOUR
    };

    s->skew = steps[law_draw(s, sizeof steps / sizeof *steps)];
    law_tell(s, "  the source's clock is off by %+.0f s\n", (double)s->skew / (double)LAW_SECOND);
}

void
law_event(struct law_source *s)
{
    static const int64_t passes[] = {
        0, 0, LAW_SECOND / 10, 3 * LAW_SECOND / 10, LAW_SECOND, 30 * LAW_SECOND, LAW_HOUR / 2,
    };
    size_t n = (size_t)law_draw(s, LAW_ROWS);

    s->now += passes[law_draw(s, sizeof passes / sizeof *passes)];
    switch (law_draw(s, 12)) {
    case 0:
        remove_row(s, n);
        break;
    case 1:
        restore_row(s, n);
        break;
    case 2:
        step_clock(s);
        break;
    default:
        write_row(s, n, draw_time(s));
        break;
    }
}

/* ---- what it answers ---- */

struct asked {
    int64_t since, cut;
    const char *after;
    long rows;
    bool ids;
};

static void
read_vars(const struct adapter_var *vars, size_t count, struct asked *a)
{
    for (size_t i = 0; i < count; i++) {
        const char *value = vars[i].value;
        bool good = true;

        if (strcmp(vars[i].name, "since") == 0)
            good = clock_from_text(value, strlen(value), &a->since);
        else if (strcmp(vars[i].name, "cut") == 0)
            good = clock_from_text(value, strlen(value), &a->cut);
        else if (strcmp(vars[i].name, "after") == 0)
            a->after = value;
        else if (strcmp(vars[i].name, "rows") == 0)
            a->rows = strtol(value, NULL, 10);
        if (!good)
            abort();
    }
}

static bool
is_asked(const struct law_source *s, const struct asked *a, size_t n)
{
    const struct law_row *row = &s->rows[n];
    char number[24];
    bool behind = strcmp(law_number(n, number), a->after) > 0;

    if (!row->there)
        return false;
    if (a->ids)
        return behind;
    if (row->timeless && s->kind != LAW_OPEN)
        return false;
    if (row->at > a->cut && s->kind != LAW_HEEDLESS)
        return false;
    return row->at > a->since || (row->at == a->since && behind);
}

static struct record *
make_record(const struct law_source *s, struct arena *mem, const struct asked *a, size_t n)
{
    const struct law_row *row = &s->rows[n];
    char number[24], at[CLOCK_TEXT];
    const char *values[4] = { arena_copy(mem, law_number(n, number)),
                              row->version % 3 ? "NEW" : "DONE", NULL,
                              arena_format(mem, "version %ld", row->version) };

    clock_text(row->at, at);
    if (!row->timeless)
        values[2] = arena_copy(mem, at);
    return fake_record_in(server, mem, a->ids ? "ids" : "complaint", values);
}

/* The first row in the order of the call that was not taken yet; LAW_ROWS = none. */
static size_t
next_row(const struct law_source *s, const struct asked *a, const bool *taken)
{
    size_t best = LAW_ROWS;

    for (size_t n = 0; n < LAW_ROWS; n++)
        if (!taken[n] && is_asked(s, a, n) &&
            (best == LAW_ROWS || (!a->ids && s->rows[n].at < s->rows[best].at)))
            best = n;
    return best;
}

/* The row that stands first moves to the end: whoever follows it never arrives. */
static void
move_ahead(struct law_source *s)
{
    size_t first = 0;

    for (size_t n = 1; n < LAW_ROWS; n++)
        if (s->rows[n].there && s->rows[n].at < s->rows[first].at)
            first = n;
    s->now += LAW_SECOND;
    write_row(s, first, s->now);
}

static enum verdict
source_pull(struct arena *mem, const struct map_call *call, const struct adapter_var *vars,
            size_t count, struct page *out, struct error *err)
{
    struct law_source *s = served;
    struct asked a = { .rows = 1, .after = "", .ids = strcmp(call->name, "ids") == 0 };
    struct record **last = &out->records;
    bool taken[LAW_ROWS] = { false };

    s->too_many = s->too_many || ++s->calls > s->calls_most;
    if (s->calls_left == 0 || s->too_many)
        return error_set(err, V_FATAL, "law.gone", "the source is gone");
    if (s->calls_left > 0)
        s->calls_left--;
    if (s->busy && one_in(s, 3))
        law_event(s);
    if (s->chased)
        move_ahead(s);
    read_vars(vars, count, &a);
    for (;;) {
        size_t n = next_row(s, &a, taken);

        if (n == LAW_ROWS)
            return V_OK;
        if ((long)out->count == a.rows) {
            out->more = true;
            return V_OK;
        }
        taken[n] = true;
        *last = make_record(s, mem, &a, n);
        (*last)->ordinal = (long)++out->count;
        last = &(*last)->next;
    }
}

void
law_serve(struct law_source *s, struct fake_peer *peer)
{
    served = s;
    server = peer;
    peer->pull = source_pull;
}
