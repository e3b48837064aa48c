/*
 * The page of a comparison: how many came in from each system, where each of them is now, the
 * figures of the period, and whether the sides agree. Counts and single differences are printed
 * when they are asked for.
 */
#include "reconcile_parts.h"

#include <string.h>

#include "report.h"

#define LIST_MAX    100000 /* differences printed; the rest is counted */
#define DAY_SECONDS INT64_C(86400)

/* ---- what is asked for ---- */

/* The month that it is now, where bridge.conf is. */
static const char *
this_month(const struct cli *cli)
{
    char text[16] = "";
    int minutes = 0;

    if (cli->conf.bridge.zone && !clock_zone(cli->conf.bridge.zone, &minutes))
        minutes = 0;
    clock_format("%Y-%m-%d", minutes, clock_now(), text, sizeof text);
    return arena_text(cli->mem, text, strlen("YYYY-MM"));
}

enum verdict
reconcile_view_read(const struct cli *cli, struct reconcile_view *view, struct error *err)
{
    const char *period = cli->options.period;
    int64_t day;
    enum verdict v;

    view->counts.by = cli->options.by ? cli->options.by : "";
    view->counts.basis = cli->options.basis;
    v = compare_view_check(cli->mem, &view->counts, err);
    if (v)
        return v;
    v = cli_period(cli->mem, period ? period : this_month(cli), &view->from, &view->to, err);
    if (!v)
        v = cli_time(cli, view->from, view->since, err);
    if (!v)
        v = cli_time(cli, view->to, view->upto, err);
    if (v)
        return v;
    if (clock_from_text(view->upto, strlen(view->upto), &day))
        clock_text(day + DAY_SECONDS * 1000000, view->upto);
    clock_text(clock_now(), view->asof);
    if (period) {
        view->counts.from = view->from;
        view->counts.to = view->to;
    }
    view->counted = view->counts.by[0] || period;
    return V_OK;
}

void
reconcile_view_of(const struct cli *cli, struct reconcile_view *view, const char *const *names,
                  size_t count)
{
    const struct conf *conf = &cli->conf;
    const char **systems = arena_alloc(cli->mem, sizeof *systems * (conf->system_count + 1));
    const char **basis = arena_alloc(cli->mem, sizeof *basis * (conf->system_count + 1));
    size_t n = 0;

    for (size_t i = 0; i < conf->system_count; i++) {
        bool named = count == 0;

        for (size_t k = 0; k < count; k++)
            named = named || strcmp(names[k], conf->systems[i].name) == 0;
        if (!named)
            continue;
        systems[n] = conf->systems[i].name;
        basis[n++] = view->counts.basis ? arena_format(cli->mem, "%s_at", view->counts.basis)
                                        : conf->systems[i].map->received;
    }
    view->asked = (struct compare_asked){ .systems = systems,
                                          .basis = basis,
                                          .count = n,
                                          .strict = view->counts.basis != NULL,
                                          .since = view->since,
                                          .upto = view->upto,
                                          .asof = view->asof };
}

enum verdict
reconcile_figures(struct pg *pg, struct arena *mem, struct reconcile_view *view, const char **fault,
                  struct error *err)
{
    enum verdict v = compare_places(pg, mem, &view->asked, NULL, &view->places, err);

    if (!v)
        v = compare_figures(pg, mem, &view->asked, NULL, &view->figures, err);
    *fault = NULL;
    for (size_t i = 0; !v && !*fault && i < view->figures.count; i++)
        if (!pg_bool(&view->figures, i, "balanced"))
            *fault = arena_format(
                mem,
                "of \"%s\" brought forward + received - disposed is not pending: something was "
                "over before it came",
                pg_named(&view->figures, i, "system"));
    return v;
}

/* ---- the page ---- */

static const char *
compared_by(const struct job *job, const char *system)
{
    for (size_t i = 0; i < job->count; i++)
        if (strcmp(job->systems[i].conf->name, system) == 0)
            return job->systems[i].compared_by;
    return NULL;
}

static void
put_places(struct result *r, const struct job *job, const struct pg_rows *rows)
{
    static const char *const figures[] = { "came_in",   "with_police", "disposed",
                                           "in_flight", "refused",     "held" };
    struct result_table *t =
        result_table(r, "sources", "what ever came in from each system, and where it is now",
                     "system came_in:int with_police:int disposed:int in_flight:int refused:int "
                     "held:int compared_by");

    for (size_t i = 0; i < rows->count; i++) {
        result_row(t);
        result_text(t, pg_named(rows, i, "system"));
        for (size_t k = 0; k < sizeof figures / sizeof figures[0]; k++)
            result_int(t, pg_int(rows, i, figures[k]));
        result_text(t, compared_by(job, pg_named(rows, i, "system")));
    }
}

static void
put_figures(const struct cli *cli, struct result *r, const struct reconcile_view *view)
{
    const char *title = arena_format(
        cli->mem, "%s..%s: brought_forward + received - disposed = pending", view->from, view->to);

    result_rows(result_table(r, "figures", title,
                             "system counts_by brought_forward:int received:int disposed:int "
                             "pending:int overdue:int undated:int balanced:bool"),
                &view->figures);
}

static void
say_figures(struct result *r, const struct reconcile_view *view)
{
    result_line(r, "received: it came in the period, by the day in counts_by; brought_forward: "
                   "before, and not over");
    result_line(r, "disposed: it was over in the period (disposed, closed, transferred, rejected, "
                   "withdrawn, double)");
    result_line(r,
                "pending: it came, and is not over at the end; overdue: of these, due before "
                "now%s",
                view->asked.strict ? "; undated: has no such day" : "");
}

static void
put_count(struct result_table *t, const char *portal, const struct compare_row *row)
{
    result_row(t);
    result_text(t, portal);
    result_text(t, row->unit);
    result_text(t, row->unit_name);
    result_text(t, row->status);
    result_text(t, row->category);
    result_text(t, row->day);
    result_text(t, row->month);
    result_int(t, row->portal);
    result_int(t, row->police);
    result_int(t, row->staging);
    result_bool(t, row->same);
}

static enum verdict
put_counts(struct job *job, struct result *r, const struct compare_view *view, struct error *err)
{
    struct result_table *t =
        result_table(r, "counts", "complaints on each side",
                     "system unit unit_name status category day month portal:int police:int "
                     "staging:int same:bool");
    enum verdict v = V_OK;

    for (size_t i = 0; !v && i < job->compared_count; i++) {
        const char *portal = job->compared[i].portal;
        struct compare_row *rows;
        size_t count;

        v = compare_rows(job->pg, job->mem, portal, view, &rows, &count, err);
        for (size_t k = 0; !v && k < count; k++)
            put_count(t, portal, &rows[k]);
    }
    return v;
}

static enum verdict
put_reasons(struct job *job, struct result *r, struct error *err)
{
    struct result_table *t =
        result_table(r, "reasons", "differences by reason", "system reason what n:int");
    enum verdict v = V_OK;

    for (size_t i = 0; !v && i < job->compared_count; i++) {
        const struct job_comparison *c = &job->compared[i];
        struct compare_reason *items;
        size_t count;

        v = compare_reasons(job->pg, job->mem, c->result.run_id, c->portal, &items, &count, err);
        for (size_t k = 0; !v && k < count; k++) {
            result_row(t);
            result_text(t, c->portal);
            result_text(t, items[k].reason);
            result_text(t, items[k].what);
            result_int(t, items[k].n);
        }
    }
    return v;
}

static void
put_difference(struct result_table *t, const char *portal, const struct compare_difference *d)
{
    result_row(t);
    result_text(t, portal);
    result_text(t, d->number);
    result_text(t, d->police_number);
    result_text(t, d->unit);
    result_text(t, d->what);
    result_text(t, d->portal_says);
    result_text(t, d->police_says);
    result_text(t, d->staging_says);
    result_text(t, d->reason);
    result_text(t, d->since);
    result_text(t, d->remedy);
}

static enum verdict
put_list(struct job *job, struct result *r, struct error *err)
{
    struct result_table *t =
        result_table(r, "differences", "differences",
                     "system number police_number unit what portal_says police_says staging_says "
                     "reason since do");
    enum verdict v = V_OK;

    for (size_t i = 0; !v && i < job->compared_count; i++) {
        const struct job_comparison *c = &job->compared[i];
        struct compare_difference *items;
        size_t count;

        v = compare_differences(job->pg, job->mem, c->result.run_id, c->portal, NULL, LIST_MAX,
                                &items, &count, err);
        for (size_t k = 0; !v && k < count; k++)
            put_difference(t, c->portal, &items[k]);
        if (!v && count == LIST_MAX)
            result_line(r, "only the first %d differences of \"%s\" are listed", LIST_MAX,
                        c->portal);
    }
    return v;
}

/* ---- what was not compared ---- */

static bool
tells(const struct map_stream *list, const char *field)
{
    for (size_t i = 0; list && i < list->count; i++)
        if (list->lines[i].direction & MAP_IN && strcmp(list->lines[i].canonical, field) == 0)
            return true;
    return false;
}

/* What a system's list does not tell, in words; "" when it tells all. */
static const char *
untold(const struct cli *cli, const struct mapping *map)
{
    static const struct {
        const char *field, *word;
    } fields[] = { { "category", "category" },
                   { "received_at", "received" },
                   { "registered_at", "registered" },
                   { "body", "text" } };
    const struct map_stream *list = mapping_stream(map, "ids");
    const char *text = "";

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (!tells(list, fields[i].field))
            text = arena_format(cli->mem, "%s%s%s", text, *text ? ", " : "", fields[i].word);
    return text;
}

/* One line for all systems whose lists lack the same. */
static void
say_untold(const struct cli *cli, struct result *r, const struct reconcile_view *view)
{
    size_t n = view->asked.count;
    const char **lacks = arena_alloc(cli->mem, sizeof *lacks * (n + 1));

    for (size_t i = 0; i < n; i++) {
        const struct mapping *map = conf_system_find(&cli->conf, view->asked.systems[i])->map;

        lacks[i] = map->role != ROLE_ARCHIVE && mapping_call(map, "ids") ? untold(cli, map) : "";
    }
    for (size_t i = 0; i < n; i++) {
        const char *names = "", *lack = lacks[i];

        for (size_t k = i; *lack && k < n; k++) {
            if (strcmp(lacks[k], lack) != 0)
                continue;
            names = arena_format(cli->mem, "%s %s", names, view->asked.systems[k]);
            if (k > i)
                lacks[k] = "";
        }
        if (*lack)
            result_line(r, "not compared, not in the list of%s: %s", names, lack);
    }
}

enum verdict
reconcile_show(const struct cli *cli, struct job *job, const struct reconcile_view *view,
               struct result *r, struct error *err)
{
    enum verdict v = V_OK;

    put_places(r, job, &view->places);
    put_figures(cli, r, view);
    report_compared(r, job);
    if (view->counted)
        v = put_counts(job, r, &view->counts, err);
    if (!v)
        v = put_reasons(job, r, err);
    if (!v && cli->options.list)
        report_lists(r, job);
    if (!v && cli->options.list)
        v = put_list(job, r, err);
    if (v)
        return v;
    say_figures(r, view);
    say_untold(cli, r, view);
    if (job->figures_fault)
        result_line(r, "%s", job->figures_fault);
    return V_OK;
}

/* Portals that were to be compared, and were not: a peer did not answer, or a page is held. */
static long
count_left(const struct cli *cli, const struct job *job, const struct reconcile_view *view)
{
    long left = -(long)job->compared_count;

    for (size_t i = 0; i < view->asked.count; i++)
        left += conf_system_find(&cli->conf, view->asked.systems[i])->map->role == ROLE_PORTAL;
    return left > 0 ? left : 0;
}

void
reconcile_verdict(const struct cli *cli, struct result *r, const struct job *job,
                  const struct reconcile_view *view)
{
    long differences = 0, unexplained = job_denied(job), signed_off = 0;
    long left = count_left(cli, job, view);
    const char *but = left ? arena_format(cli->mem, " %ld portals were not compared.", left) : "";

    for (size_t i = 0; i < job->compared_count; i++) {
        differences += job->compared[i].result.differences;
        unexplained += job->compared[i].result.unexplained;
        signed_off += job->compared[i].result.signed_off;
    }
    differences += job_denied(job);
    if (!job->compared_count)
        result_line(r, "Nothing was compared: whether the sides agree is not known.");
    else if (job->figures_fault || unexplained)
        result_line(r,
                    "The sides do NOT agree: %ld differences, %ld explained, %ld unexplained%s.%s",
                    differences, differences - unexplained, unexplained,
                    job->figures_fault ? "; the figures do not balance" : "", but);
    else if (differences)
        result_line(r, "The sides agree but for %ld differences: all explained, %ld signed off.%s",
                    differences, signed_off, but);
    else
        result_line(r,
                    "The sides agree: of %zu portals every complaint is the same on each side.%s",
                    job->compared_count, but);
}
