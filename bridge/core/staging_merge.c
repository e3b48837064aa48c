/*
 * The order of the merge, as rows: which statement, with which values, and for which streams it is
 * needed at all. What each does stands in sql/queries/merge*.sql and stage*.sql.
 */
#include "staging_parts.h"
#include "systems.h"

#include <string.h>

#define COMPLAINT  (1u << STAGED_COMPLAINT)
#define ACTION     (1u << STAGED_ACTION)
#define ATTACHMENT (1u << STAGED_ATTACHMENT)
#define FEEDBACK   (1u << STAGED_FEEDBACK)
#define HELD       (1u << STAGED_STREAMS)
#define APART      (2u << STAGED_STREAMS)
#define SEALED     (4u << STAGED_STREAMS)
#define LISTED     (8u << STAGED_STREAMS)
#define RECORDS    (COMPLAINT | ACTION | ATTACHMENT | FEEDBACK)
#define ANY        (RECORDS | HELD)

/* values: r run, a now, s system, o role, t stream of the call, c name of the call, k whether bytes
 * are encrypted, n name of the key, m what the map and the units mean, w whether the page is what
 * the system holds now */
static const struct {
    const char *statement, *values;
    unsigned streams; /* needed when the page holds any of these */
} steps[] = {
    { "stage_lock", "", ANY },
    { "stage_sort_complaint", "sw", COMPLAINT },
    { "stage_measure_complaint", "", COMPLAINT },
    { "stage_find_complaint", "so", COMPLAINT },
    { "stage_clash_complaint", "so", COMPLAINT },
    { "stage_apart", "", APART },
    { "stage_erased", "", COMPLAINT },
    { "stage_make_complaint", "raso", COMPLAINT },
    { "stage_link", "raso", COMPLAINT },
    { "stage_sealed", "rasn", SEALED },
    { "stage_others", "so", COMPLAINT },
    { "stage_hold_others", "sc", COMPLAINT },
    { "stage_by_key", "", COMPLAINT },
    { "stage_source_record", "rsw", COMPLAINT },
    { "stage_by_any", "", COMPLAINT },
    { "stage_listed", "sm", LISTED },
    { "stage_sort_action", "sw", ACTION },
    { "stage_measure_action", "", ACTION },
    { "stage_by_key", "", ACTION },
    { "stage_action", "ras", ACTION },
    { "stage_by_any", "", ACTION },
    { "stage_sort_attachment", "sw", ATTACHMENT },
    { "stage_measure_attachment", "", ATTACHMENT },
    { "stage_by_key", "", ATTACHMENT },
    { "stage_attachment", "ras", ATTACHMENT },
    { "stage_by_any", "", ATTACHMENT },
    { "stage_sort_feedback", "sw", FEEDBACK },
    { "stage_measure_feedback", "", FEEDBACK },
    { "stage_by_key", "", FEEDBACK },
    { "stage_feedback", "ras", FEEDBACK },
    { "stage_by_any", "", FEEDBACK },
    { "stage_update_complaint", "raso", COMPLAINT | ACTION | FEEDBACK },
    { "stage_drop_apart", "", APART },
    { "stage_hold_children", "tck", ACTION | ATTACHMENT | FEEDBACK },
    { "stage_hold_conflicts", "ck", COMPLAINT },
    { "stage_unhold", "ras", RECORDS },
    { "stage_settle_others", "ras", COMPLAINT },
    { "stage_erased_held", "s", ANY },
    { "stage_held", "ras", ANY },
    { "stage_arrival", "rask", RECORDS },
    { "stage_moves", "", ANY },
    { "stage_measure_move", "", ANY },
    { "stage_books", "ras", ANY },
};

/* Worked out once for all pages of a system. */
static const char *
meaning_of(struct staging *st, struct arena *mem)
{
    if (st->meant != st->m)
        mapper_meaning(st->m, st->meaning);
    st->meant = st->m;
    return pg_of_bytes(mem, st->meaning, sizeof st->meaning);
}

static const char *
value_of(struct staging *st, struct arena *mem, const char *at, char letter)
{
    switch (letter) {
    case 'r':
        return st->run;
    case 'a':
        return at;
    case 's':
        return st->m->map->system;
    case 'o':
        return systems_role(st->m->map->role);
    case 't':
        return st->call->brings;
    case 'k':
        return staging_seals(st->m->map) ? "true" : "false";
    case 'n':
        return st->key_name;
    case 'm':
        return meaning_of(st, mem);
    case 'w':
        return st->current ? "true" : "false";
    default:
        return st->call->name;
    }
}

static unsigned
streams_of(const struct staging *st)
{
    unsigned streams = st->held_count ? HELD : 0;

    for (unsigned i = 0; i < STAGED_STREAMS; i++)
        if (st->lists[i].count)
            streams |= 1u << i;
    if (st->apart)
        streams |= APART;
    if (st->sealed)
        streams |= SEALED;
    if (st->listed)
        streams |= LISTED;
    return streams;
}

static enum verdict
read_tally(struct staging *st, struct arena *mem, struct tally *tally, struct error *err)
{
    const char *values[] = { st->call->brings };
    const struct {
        const char *credit;
        long *n;
    } columns[] = {
        { "staged", &tally->applied },      { "unchanged", &tally->unchanged },
        { "duplicate", &tally->duplicate }, { "set_aside", &tally->set_aside },
        { "conflict", &tally->conflict },   { "out_of_window", &tally->out_of_window },
    };
    struct pg_rows rows;
    enum verdict v = pg_run(st->pg, mem, "stage_tally", values, 1, &rows, err);
    long sum = 0;

    if (v)
        return v;
    for (size_t i = 0; i < rows.count; i++)
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
            if (strcmp(pg_text(&rows, i, 0), columns[c].credit) == 0) {
                *columns[c].n = (long)pg_int(&rows, i, "n");
                sum += *columns[c].n;
            }
    if (sum != tally->offered)
        return error_set(err, V_FATAL, "stage.books",
                         "of %ld records offered %ld were accounted for", tally->offered, sum);
    return V_OK;
}

enum verdict
staging_merge(struct staging *st, struct arena *mem, struct tally *tally, struct error *err)
{
    unsigned streams = streams_of(st);
    char at[CLOCK_TEXT];
    enum verdict v = V_OK;

    *tally = (struct tally){ .offered = st->offered };
    if (!streams)
        return V_OK;
    clock_text(clock_now(), at);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !v; i++) {
        const char *values[8] = { NULL };
        size_t n = strlen(steps[i].values);

        if (!(streams & steps[i].streams))
            continue;
        for (size_t k = 0; k < n; k++)
            values[k] = value_of(st, mem, at, steps[i].values[k]);
        v = pg_run(st->pg, mem, steps[i].statement, values, n, NULL, err);
    }
    return v ? v : read_tally(st, mem, tally, err);
}
