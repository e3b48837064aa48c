/*
 * reconcile: a run of its own that compares, then prints what it found, counted as it is asked for;
 * --last prints what the last run found, and writes nothing.
 */
#include "reconcile_parts.h"

#include <string.h>

#include "../jobs/audit.h"
#include "../jobs/reconcile.h"
#include "../jobs/sync.h"
#include "progress.h"
#include "report.h"

static int
print_found(struct cli *cli, struct job *job, const struct reconcile_view *view, int code)
{
    struct result *r = result_new(cli->mem, "reconcile");
    struct error err;

    if (job->sweep)
        report_swept(r, job);
    enum verdict v = reconcile_show(cli, job, view, r, &err);

    if (v)
        return cli_fail(v, &err);
    if (!cli->options.last)
        report_lines(r, job);
    reconcile_verdict(cli, r, job, view);
    return cli_print(cli, r, code);
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

/* ---- what the last run found ---- */

static void
take_comparison(struct job_comparison *to, const struct pg_rows *rows, size_t i)
{
    *to = (struct job_comparison){
        .portal = pg_named(rows, i, "system"),
        .police = pg_named(rows, i, "police"),
        .listed = pg_bool(rows, i, "listed"),
        .result = { .portal = (long)pg_int(rows, i, "portal"),
                    .police = (long)pg_int(rows, i, "police_n"),
                    .staging = (long)pg_int(rows, i, "staging"),
                    .differences = (long)pg_int(rows, i, "differences"),
                    .unexplained = (long)pg_int(rows, i, "unexplained"),
                    .signed_off = (long)pg_int(rows, i, "signed_off"),
                    .run_id = pg_int(rows, i, "run_id"),
                    .count_asked = pg_named(rows, i, "counted") != NULL,
                    .counted = pg_bool(rows, i, "counted") },
    };
}

/* Comparisons of the systems that were named; of all without names. */
static enum verdict
read_last(struct cli *cli, struct job *job, struct error *err)
{
    struct pg_rows rows;
    enum verdict v = compare_comparisons(job->pg, job->mem, &rows, err);

    if (v)
        return v;
    job->compared = arena_alloc(job->mem, sizeof *job->compared * (rows.count + 1));
    for (size_t i = 0; i < rows.count; i++)
        if (cli->word_count == 0 || is_word(cli, pg_named(&rows, i, "system")))
            take_comparison(&job->compared[job->compared_count++], &rows, i);
    return V_OK;
}

static enum verdict
check_names(const struct cli *cli, struct error *err)
{
    for (size_t i = 0; i < cli->word_count; i++)
        if (!conf_system_find(&cli->conf, cli->words[i]))
            return error_set(err, V_FATAL, "usage", "there is no system \"%s\"", cli->words[i]);
    return V_OK;
}

static int
show_last(struct cli *cli, struct reconcile_view *view)
{
    struct job job = { .conf = &cli->conf, .mem = cli->mem };
    struct error err;
    enum verdict v = check_names(cli, &err);
    int code = JOB_DONE;

    if (!v)
        v = session_database(&cli->conf, cli->mem, &job.pg, &err);
    if (!v)
        v = read_last(cli, &job, &err);
    reconcile_view_of(cli, view, cli->words, cli->word_count);
    if (!v)
        v = reconcile_figures(job.pg, job.mem, view, &job.figures_fault, &err);
    for (size_t i = 0; i < job.compared_count; i++)
        if (job.compared[i].result.unexplained)
            code = JOB_DISAGREE;
    if (job.figures_fault)
        code = JOB_DISAGREE;
    code = v ? cli_fail(v, &err) : print_found(cli, &job, view, code);
    pg_close(job.pg);
    return code;
}

/* ---- a run ---- */

static int
run_and_show(struct cli *cli, struct reconcile_view *view)
{
    struct session opening = {
        .conf = &cli->conf,
        .job = cli->options.sweep ? "reconcile --sweep" : "reconcile",
        .lock = SESSION_LOCK,
        .program = cli->version,
        .systems = add_other_side(cli),
        .watch = progress_show,
    };
    struct error err;
    struct job job;
    enum verdict v = session_open(&job, &opening, &err);

    job.progress.phase = job.progress.phases = 1;
    if (!v)
        v = cli->options.sweep ? sync_sweep(&job, &err) : reconcile_run(&job, &err);
    if (!v && !cli->options.sweep && !job_stopping())
        v = audit_run(&job, &err);
    if (!v) {
        const char **names = arena_alloc(cli->mem, sizeof *names * (job.count + 1));

        for (size_t i = 0; i < job.count; i++)
            names[i] = job.systems[i].conf->name;
        reconcile_view_of(cli, view, names, job.count);
        v = reconcile_figures(job.pg, job.mem, view, &job.figures_fault, &err);
    }
    int code = session_close(&job, v, &err);

    progress_end();
    if (!v)
        code = print_found(cli, &job, view, code);
    session_free(&job);
    return code;
}

int
cmd_reconcile(struct cli *cli)
{
    static const struct {
        const char *word;
        int (*run)(struct cli *cli);
    } words[] = {
        { "sign", reconcile_sign },
        { "signed", reconcile_signed },
        { "members", reconcile_members },
    };
    struct reconcile_view view = { .counted = false };
    struct error err;

    for (size_t i = 0; cli->word_count && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(cli->words[0], words[i].word) == 0)
            return words[i].run(cli);
    enum verdict v = reconcile_view_read(cli, &view, &err);

    if (!v && cli->options.last && cli->options.sweep)
        v = error_set(&err, V_FATAL, "usage", "--last reads nothing: it takes no --sweep");
    if (v)
        return cli_fail(v, &err);
    return cli->options.last ? show_last(cli, &view) : run_and_show(cli, &view);
}
