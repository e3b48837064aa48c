/*
 * daemon.h - a clock: at the slots of each [job NAME] it starts this same program.
 *
 * One process a job, with "-c CONF" and the words of "run ="; the daemon itself does no work of a
 * job. A slot is recorded in bridge.slot before its process is started, so no slot starts twice,
 * even with daemons on two hosts. States:
 *
 *   started  its process runs, or ran when the daemon was killed
 *   done     exit code 0 or 3            failed  any other end, or it could not be started
 *   busy     not started: the last run of the job still lives (also exit code 7)
 *   missed   nobody started it within the job's grace, or a later slot was due by then
 *
 * After a pause (daemon or database down, machine asleep) the newest slot is still run when it is
 * not older than grace; all others since the last recorded one are missed. What was due before a
 * job had any slot recorded, or more than 31 days ago, is not looked at.
 *
 * STATE/daemon.alive is locked (flock) while the daemon lives and is rewritten at least every 10 s
 * with one line, "TIME PID", TIME as in clock.h; it is left behind.
 *
 * To add a job: a [job NAME] section and a restart of the daemon.
 */
#ifndef BRIDGE_DAEMON_H
#define BRIDGE_DAEMON_H

#include "../core/conf.h"
#include "../link/pg.h"

#define DAEMON_ALIVE   "daemon.alive"
#define DAEMON_BEAT_MS 10000 /* longest time between two beats */
#define DAEMON_STOP_MS 50000 /* after SIGTERM, until processes that go on are killed */

/*
 * Returns V_OK after SIGTERM or SIGINT: these are handed on to the running jobs, which end after
 * their page or batch; a second signal, or DAEMON_STOP_MS, kills them. Database failures that may
 * pass are waited out, on connections of its own; pg is used while it lasts. program is what
 * is executed ("/proc/self/exe"). V_RETRY with code "daemon.locked": another daemon lives in the
 * same state folder. V_FATAL with code "conf.job": slots_check() has more to say.
 */
MUST_CHECK enum verdict
daemon_run(const struct conf *conf, struct pg *pg, const char *program, struct error *err);

#endif
