/*
 * forward: sends each cell its package of the day; shows what became of packages, and which units
 * are silent; with --dry-run what would be in them.
 */
#include "commands.h"

#include <string.h>

#include "../core/package_book.h"
#include "../jobs/forward.h"
#include "report.h"
#include "step.h"

static enum verdict
alone(struct job *job, struct error *err)
{
    job->count = 0; /* it is about no system */
    job->progress.phase = job->progress.phases = 1;
    return forward_run(job, err);
}

static int
send_packages(struct cli *cli)
{
    return step_run(cli, "forward", alone, report_packages);
}

/* ---- what would be sent ---- */

static enum verdict
count_one(struct cli *cli, struct pg *pg, const struct conf_cell *cell, struct result_table *t,
          struct error *err)
{
    struct package p = { .cell = cell };
    char day[16] = "";
    int64_t now = clock_now();
    int minutes = 0;
    bool made = false;
    enum verdict v;

    (void)clock_zone(cli->conf.bridge.zone, &minutes);
    (void)clock_format("%Y-%m-%d", minutes, now, day, sizeof day);
    clock_text(now, p.upto);
    p.day = day;
    v = package_next(pg, cli->mem, &p, &made, err);
    if (!v)
        v = package_count(pg, cli->mem, &cli->conf, &p, err);
    if (v)
        return v;
    result_row(t);
    result_text(t, cell->name);
    result_text(t, cell->options.unit);
    result_int(t, p.number);
    result_bool(t, made);
    for (size_t i = 0; i < PACKAGE_LISTS; i++)
        result_int(t, p.rows[i]);
    return V_OK;
}

static int
count_packages(struct cli *cli, struct pg *pg, const struct conf_cell *const *cells, size_t count)
{
    struct result *r = result_new(cli->mem, "forward");
    struct result_table *t =
        result_table(r, "packages", NULL,
                     "cell unit number:int sent_today:bool new:int overdue:int returned:int "
                     "unaccepted:int duplicates:int moved:int open:int");
    struct error err;

    for (size_t i = 0; i < count; i++) {
        enum verdict v = count_one(cli, pg, cells[i], t, &err);

        if (v)
            return cli_fail(v, &err);
    }
    result_line(r, "nothing was made or sent: --dry-run");
    return cli_print(cli, r, JOB_DONE);
}

/* ---- what became of them ---- */

static int
list_packages(struct cli *cli, struct pg *pg, const struct conf_cell *const *cells, size_t count)
{
    struct result *r = result_new(cli->mem, "forward list");
    struct pg_rows rows, states;
    struct error err;
    enum verdict v = package_list_read(pg, cli->mem, cells, count, &rows, &err);
    int64_t silent = 0;

    if (!v)
        v = package_cells_read(pg, cli->mem, cells, count, cli->conf.bridge.zone, &states, &err);
    if (v)
        return cli_fail(v, &err);
    result_rows(result_table(r, "cells", "cells",
                             "cell unit packages:int waiting:int in_doubt:int failed:int last_sent "
                             "last_acknowledged silent:bool"),
                &states);
    result_rows(result_table(r, "packages", "newest packages of each",
                             "cell number:int day state channel lines:int attempts:int said "
                             "sent_at acked_at acked_by manifest"),
                &rows);
    for (size_t i = 0; i < states.count; i++)
        silent += pg_bool(&states, i, "silent");
    if (silent)
        result_line(r, "%lld cells are silent: they acknowledge no package", (long long)silent);
    return cli_print(cli, r, JOB_DONE);
}

int
cmd_forward(struct cli *cli)
{
    bool lists = cli->word_count && strcmp(cli->words[0], "list") == 0;
    const struct conf_cell *const *cells;
    struct pg *pg = NULL;
    struct error err;
    size_t count;
    int code;

    if (lists && cli->options.dry_run)
        return cli_usage(cli, "\"forward list\" sends nothing: it takes no --dry-run");
    if (!cli->conf.cell_count)
        return cli_usage(cli, "bridge.conf has no [cell NAME]");
    enum verdict v = forward_choose(&cli->conf, cli->mem, cli->words + lists, &cells, &count, &err);

    if (v)
        return cli_fail(v, &err);
    if (!lists && !cli->options.dry_run)
        return send_packages(cli);
    v = session_database(&cli->conf, cli->mem, &pg, &err);
    if (v)
        return cli_fail(v, &err);
    code = lists ? list_packages(cli, pg, cells, count) : count_packages(cli, pg, cells, count);
    pg_close(pg);
    return code;
}
