/*
 * daemon: the clock of bridge.conf's jobs, until it is told to stop.
 */
#include "commands.h"

#include <string.h>

#include "../jobs/daemon.h"
#include "../jobs/slots.h"

int
cmd_daemon(struct cli *cli)
{
    struct faults faults = { .mem = cli->mem };
    struct pg *pg = NULL;
    struct error err;

    slots_check(&cli->conf, &faults);
    cli_faults(&faults);
    if (faults.count)
        return JOB_CONF;
    enum verdict v = session_database(&cli->conf, cli->mem, &pg, &err);

    if (!v)
        v = daemon_run(&cli->conf, pg, cli->program, &err);
    pg_close(pg);
    if (v && strcmp(err.code, "daemon.locked") == 0) {
        (void)cli_fail(v, &err);
        return JOB_BUSY;
    }
    return v ? cli_fail(v, &err) : JOB_DONE;
}
