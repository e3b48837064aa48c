/*
 * status: what ran, what waits, since when. ranking: districts by disposal in time.
 */
#include "commands.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "../core/ask.h"
#include "../jobs/daemon.h"

/* What the daemon last wrote, and whether it still holds its lock. */
static void
say_daemon(struct cli *cli, struct result *r)
{
    const char *path = arena_format(cli->mem, "%s/%s", cli->conf.bridge.state, DAEMON_ALIVE);
    char line[128] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    bool lives = flock(fd, LOCK_SH | LOCK_NB) != 0;

    if (read(fd, line, sizeof line - 1) > 0)
        result_line(r, "the daemon %s, last beat %.*s", lives ? "lives" : "is not running",
                    (int)strcspn(line, " \n"), line);
    close(fd);
}

/* Units that no longer feed an archive, counted. */
static void
say_silent(struct result *r, const struct pg_rows *fed)
{
    long silent = 0;

    for (size_t i = 0; i < fed->count; i++)
        silent += pg_bool(fed, i, "silent");
    if (silent)
        result_line(r, "%ld units have fed their archive nothing for more than 7 days", silent);
}

int
cmd_status(struct cli *cli)
{
    struct result *r = result_new(cli->mem, "status");
    struct ask_status status;
    struct pg *pg = NULL;
    struct error err;
    enum verdict v = session_database(&cli->conf, cli->mem, &pg, &err);
    int code = JOB_DONE;

    if (!v)
        v = ask_status(pg, cli->mem, &status, &err);
    if (v) {
        code = cli_fail(v, &err);
    } else {
        result_rows(result_table(r, "systems", "systems",
                                 "system role last_success complaints:int waiting_out:int "
                                 "in_doubt:int refused:int dead:int oldest_waiting held:int "
                                 "substituted:int"),
                    &status.systems);
        result_rows(result_table(r, "cursors", "read up to", "system call at key lag_seconds:int"),
                    &status.cursors);
        result_rows(result_table(r, "backlog", "deliveries that are not settled",
                                 "system stream state n:int oldest"),
                    &status.backlog);
        result_rows(result_table(r, "held", "waits for a person (\"held list\")",
                                 "system kind reason n:int oldest newest"),
                    &status.held);
        result_rows(result_table(r, "runs", "latest runs",
                                 "run_id:int job state started_at ended_at exit_code:int said"),
                    &status.runs);
        if (status.fed.count)
            result_rows(result_table(r, "fed", "archives, by unit: last fed (silent: over 7 days)",
                                     "system unit unit_name complaints:int last_fed days:int "
                                     "silent:bool"),
                        &status.fed);
        result_rows(
            result_table(r, "missed", "slots missed or failed in 7 days", "job due_at state said"),
            &status.missed);
        say_silent(r, &status.fed);
        say_daemon(cli, r);
        code = cli_print(cli, r, JOB_DONE);
    }
    pg_close(pg);
    return code;
}

/* ---- ranking ---- */

/* The system that was named, or the first portal. */
static const struct conf_system *
ranked_system(const struct cli *cli)
{
    const struct conf *conf = &cli->conf;

    if (cli->word_count)
        return conf_system_find(conf, cli->words[0]);
    for (size_t i = 0; i < conf->system_count; i++)
        if (conf->systems[i].map->role == ROLE_PORTAL)
            return &conf->systems[i];
    return NULL;
}

/* Days in the zone of bridge.conf, both included, as [since, upto). Without a period: all. */
static enum verdict
read_bounds(const struct cli *cli, char since[CLOCK_TEXT], char upto[CLOCK_TEXT], struct error *err)
{
    const char *from, *to;
    int64_t day;

    clock_text(0, since);
    clock_text(clock_now(), upto);
    if (!cli->options.period)
        return V_OK;
    enum verdict v = cli_period(cli->mem, cli->options.period, &from, &to, err);

    if (!v)
        v = cli_time(cli, from, since, err);
    if (!v)
        v = cli_time(cli, to, upto, err);
    if (!v && clock_from_text(upto, strlen(upto), &day))
        clock_text(day + INT64_C(86400000000), upto);
    return v;
}

int
cmd_ranking(struct cli *cli)
{
    const struct conf_system *s = ranked_system(cli);
    struct result *r = result_new(cli->mem, "ranking");
    char since[CLOCK_TEXT], upto[CLOCK_TEXT], now[CLOCK_TEXT];
    struct pg_rows rows;
    struct pg *pg = NULL;
    struct error err;

    if (!s)
        return cli_usage(
            cli, cli->word_count ? "there is no system \"%s\"" : "bridge.conf has no portal%s",
            cli->word_count ? cli->words[0] : "");
    enum verdict v = read_bounds(cli, since, upto, &err);

    clock_text(clock_now(), now);
    if (!v)
        v = session_database(&cli->conf, cli->mem, &pg, &err);
    const char *const values[] = { s->name, s->map->received, since, upto, now };

    if (!v)
        v = pg_run(pg, cli->mem, "report_ranking", values, 5, &rows, &err);
    if (v) {
        pg_close(pg);
        return cli_fail(v, &err);
    }
    result_rows(result_table(r, "ranking", NULL,
                             "rank:int unit name_en name_hi received:int disposed:int in_time:int "
                             "pending:int overdue:int share"),
                &rows);
    int code = cli_print(cli, r, JOB_DONE);

    pg_close(pg);
    return code;
}
