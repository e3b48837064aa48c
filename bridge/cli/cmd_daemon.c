/*
 * daemon: the clock of bridge.conf's jobs, until it is told to stop.
 */
#include "commands.h"

#include "../jobs/daemon.h"

int
cmd_daemon(struct cli *cli)
{
    struct pg *pg = NULL;
    struct error err;
    enum verdict v = session_database(&cli->conf, cli->mem, &pg, &err);

    if (!v)
        v = daemon_run(&cli->conf, pg, cli->program, &err);
    pg_close(pg);
    return v ? cli_fail(v, &err) : JOB_DONE;
}
