/*
 * reconcile: a run of its own that compares, then prints what it found, counted as it is asked for.
 */
#include "commands.h"

#include <string.h>

#include "../jobs/reconcile.h"
#include "../jobs/sync.h"
#include "progress.h"
#include "report.h"

#define LIST_MAX 100000 /* differences printed; the rest is counted */

/* What the command line asks to see. */
struct view {
    const char *by;        /* as asked: "unit,status" */
    const char *from, *to; /* days; NULL = all */
};

static bool
is_asked(const char *by, const char *field)
{
    size_t len = strlen(field);

    for (const char *at = by; at && *at; at += strcspn(at, ", "), at += strspn(at, ", "))
        if (strncmp(at, field, len) == 0 && strcspn(at, ", ") == len)
            return true;
    return false;
}

static bool
is_in_period(const struct view *view, const char *day)
{
    return !view->from || (strcmp(day, view->from) >= 0 && strcmp(day, view->to) <= 0);
}

static bool
is_same_group(const struct compare_row *a, const struct compare_row *b, bool by_day)
{
    return strcmp(a->unit, b->unit) == 0 && strcmp(a->status, b->status) == 0 &&
           (!by_day || strcmp(a->day, b->day) == 0);
}

static void
put_group(struct result_table *t, const char *portal, const struct compare_row *row)
{
    result_row(t);
    result_text(t, portal);
    result_text(t, row->unit);
    result_text(t, row->unit_name);
    result_text(t, row->status);
    result_text(t, row->day);
    result_int(t, row->portal);
    result_int(t, row->police);
    result_int(t, row->staging);
    result_bool(t, row->same);
}

/* A period is cut out by day; rows that then differ by day alone are added up. */
static void
put_rows(struct result_table *t, const char *portal, const struct view *view,
         struct compare_row *rows, size_t count)
{
    bool by_day = is_asked(view->by, "day");
    struct compare_row *groups = rows;
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        size_t g = 0;

        if (!is_in_period(view, rows[i].day))
            continue;
        /* Rows come in order, so that the group is the last one unless days were left out. */
        for (g = n; g > 0 && !is_same_group(&groups[g - 1], &rows[i], by_day); g--)
            continue;
        if (g == 0) {
            groups[n] = rows[i];
            if (!by_day)
                groups[n].day = "";
            n++;
            continue;
        }
        groups[g - 1].portal += rows[i].portal;
        groups[g - 1].police += rows[i].police;
        groups[g - 1].staging += rows[i].staging;
        groups[g - 1].same = groups[g - 1].same && rows[i].same;
    }
    for (size_t g = 0; g < n; g++)
        put_group(t, portal, &groups[g]);
}

static enum verdict
print_counts(const struct cli *cli, struct job *job, struct result *r, const struct view *view,
             struct error *err)
{
    const char *by = view->by;
    struct result_table *t =
        result_table(r, "counts", "complaints on each side",
                     "system unit unit_name status day portal:int police:int staging:int "
                     "same:bool");
    enum verdict v = V_OK;

    if (view->from && !is_asked(by, "day"))
        by = arena_format(cli->mem, "%s,day", by);
    for (size_t i = 0; !v && i < job->compared_count; i++) {
        const char *portal = job->compared[i].portal;
        struct compare_row *rows;
        size_t count;

        v = compare_rows(job->pg, job->mem, job->run_id, portal, by, &rows, &count, err);
        if (!v)
            put_rows(t, portal, view, rows, count);
    }
    return v;
}

static enum verdict
print_reasons(struct job *job, struct result *r, struct error *err)
{
    struct result_table *t =
        result_table(r, "reasons", "differences by reason", "system reason what n:int");
    enum verdict v = V_OK;

    for (size_t i = 0; !v && i < job->compared_count; i++) {
        const char *portal = job->compared[i].portal;
        struct compare_reason *items;
        size_t count;

        v = compare_reasons(job->pg, job->mem, job->run_id, portal, &items, &count, err);
        for (size_t k = 0; !v && k < count; k++) {
            result_row(t);
            result_text(t, portal);
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
}

static enum verdict
print_list(struct job *job, struct result *r, struct error *err)
{
    struct result_table *t =
        result_table(r, "differences", "differences",
                     "system number police_number unit what portal_says police_says staging_says "
                     "reason since");
    enum verdict v = V_OK;

    for (size_t i = 0; !v && i < job->compared_count; i++) {
        const char *portal = job->compared[i].portal;
        struct compare_difference *items;
        size_t count;

        v = compare_differences(job->pg, job->mem, job->run_id, portal, NULL, LIST_MAX, &items,
                                &count, err);
        for (size_t k = 0; !v && k < count; k++)
            put_difference(t, portal, &items[k]);
        if (!v && count == LIST_MAX)
            result_line(r, "only the first %d differences of \"%s\" are listed", LIST_MAX, portal);
    }
    return v;
}

static int
print_found(struct cli *cli, struct job *job, const struct view *view, int code)
{
    struct result *r = result_new(cli->mem, "reconcile");
    struct error err;
    enum verdict v = V_OK;

    if (job->sweep)
        report_swept(r, job);
    report_compared(r, job);
    if (view->by[0] || view->from)
        v = print_counts(cli, job, r, view, &err);
    if (!v)
        v = print_reasons(job, r, &err);
    if (!v && cli->options.list)
        v = print_list(job, r, &err);
    if (v)
        return cli_fail(v, &err);
    report_lines(r, job);
    return cli_print(cli, r, code);
}

static enum verdict
read_view(struct cli *cli, struct view *view, struct error *err)
{
    const char *at = cli->options.by ? cli->options.by : "";

    view->by = at;
    for (; *at; at += strcspn(at, ", "), at += strspn(at, ", ")) {
        size_t len = strcspn(at, ", ");

        if (!(len == 4 && strncmp(at, "unit", len) == 0) &&
            !(len == 6 && strncmp(at, "status", len) == 0) &&
            !(len == 3 && strncmp(at, "day", len) == 0))
            return error_set(err, V_FATAL, "usage", "--by is any of unit, status, day");
    }
    return cli->options.period
               ? cli_period(cli->mem, cli->options.period, &view->from, &view->to, err)
               : V_OK;
}

static bool
is_word(const struct cli *cli, const char *name)
{
    for (size_t i = 0; i < cli->word_count; i++)
        if (strcmp(cli->words[i], name) == 0)
            return true;
    return false;
}

/* A comparison has two sides: when only portals are named all police systems are asked as well, and
 * the other way round. Unknown names are passed on, to be refused. */
static const char *const *
add_other_side(struct cli *cli)
{
    const struct conf *conf = &cli->conf;
    const char **names =
        arena_alloc(cli->mem, sizeof *names * (cli->word_count + conf->system_count + 1));
    bool named[2] = { false, false };
    size_t n = 0;

    if (cli->word_count == 0)
        return cli->words;
    for (size_t i = 0; i < cli->word_count; i++)
        names[n++] = cli->words[i];
    for (size_t i = 0; i < conf->system_count; i++)
        if (is_word(cli, conf->systems[i].name))
            named[conf->systems[i].map->role == ROLE_POLICE] = true;
    for (size_t i = 0; i < conf->system_count; i++)
        if (!named[conf->systems[i].map->role == ROLE_POLICE])
            names[n++] = conf->systems[i].name;
    return names;
}

int
cmd_reconcile(struct cli *cli)
{
    struct session opening = {
        .conf = &cli->conf,
        .job = cli->options.sweep ? "reconcile --sweep" : "reconcile",
        .lock = SESSION_LOCK,
        .program = cli->version,
        .systems = add_other_side(cli),
        .watch = progress_show,
    };
    struct view view = { 0 };
    struct error err;
    struct job job;
    enum verdict v = read_view(cli, &view, &err);

    if (v)
        return cli_fail(v, &err);
    v = session_open(&job, &opening, &err);
    job.progress.phase = job.progress.phases = 1;
    if (!v)
        v = cli->options.sweep ? sync_sweep(&job, &err) : reconcile_run(&job, &err);
    int code = session_close(&job, v, &err);

    progress_end();
    if (!v)
        code = print_found(cli, &job, &view, code);
    session_free(&job);
    return code;
}
