/*
 * report: the static pages, made into a folder.
 */
#include "commands.h"

#include "../jobs/pages.h"

int
cmd_report(struct cli *cli)
{
    struct result *r = result_new(cli->mem, "report");
    struct pages_done done;
    struct pg *pg = NULL;
    struct error err;
    enum verdict v = session_database(&cli->conf, cli->mem, &pg, &err);

    job_deadline(cli->conf.bridge.deadline);
    if (!v)
        v = pages_write(&cli->conf, pg, cli->words[0], &done, &err);
    job_deadline(0);
    pg_close(pg);
    if (v)
        return cli_fail(v, &err);
    struct result_table *t = result_table(r, "report", NULL, "folder files:int offices:int");

    result_row(t);
    result_text(t, cli->words[0]);
    result_int(t, done.files);
    result_int(t, done.offices);
    return cli_print(cli, r, JOB_DONE);
}
