/*
 * status: what ran, what waits, since when, what the next run will recover and what the latest ones
 * did. ranking: districts by disposal in time.
 */
#include "commands.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "../core/ask.h"
#include "../core/checkpoint.h"
#include "../jobs/daemon.h"
#include "content.h"

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

/* What the next run does about a delivery whose outcome nobody knows (recover.h). */
static const char *
fate_of_doubt(const struct cli *cli, const char *system, const char *class)
{
    const struct conf_system *s = conf_system_find(&cli->conf, system);

    if (!s)
        return "nothing: bridge.conf does not name the system";
    if (mapping_call(s->map, "find"))
        return "the peer is asked";
    return class[0] == 'A' ? "sent again: the key is refused twice" : "held: a person must say";
}

static const char *
fate_of(const struct cli *cli, const char *what, const char *system, const char *class)
{
    static const struct {
        const char *what, *fate;
    } fates[] = {
        { "run", "closed as lost" },
        { "orphan", "staged: its complaint has come" },
        { "page", "read again" },
        { "file", "removed: half of a content" },
        { "duplicate", "sent on purpose, no answer: the peer is asked" },
    };

    for (size_t i = 0; i < sizeof fates / sizeof fates[0]; i++)
        if (strcmp(fates[i].what, what) == 0)
            return fates[i].fate;
    return fate_of_doubt(cli, system, class);
}

static void
put_left(const struct cli *cli, struct result_table *t, const char *what, const char *system,
         const char *class, int64_t n)
{
    result_row(t);
    result_text(t, what);
    result_text(t, *system ? system : NULL);
    result_text(t, *class ? class : NULL);
    result_int(t, n);
    result_text(t, fate_of(cli, what, system, class));
}

/* What was left behind, and what the next run does about it. */
static void
say_left(const struct cli *cli, struct result *r, const struct pg_rows *left)
{
    const struct bridge_options *bridge = &cli->conf.bridge;
    const char *folder =
        bridge->contents ? bridge->contents : arena_format(cli->mem, "%s/contents", bridge->state);
    struct result_table *t =
        result_table(r, "recover", "the next run will recover", "what system class n:int then");
    long files = contents_left(folder);

    for (size_t i = 0; i < left->count; i++)
        put_left(cli, t, pg_named(left, i, "what"), pg_named(left, i, "system"),
                 pg_named(left, i, "class"), pg_int(left, i, "n"));
    if (files)
        put_left(cli, t, "file", "", "", files);
}

int
cmd_status(struct cli *cli)
{
    struct result *r = result_new(cli->mem, "status");
    struct checkpoint looked;
    struct ask_status status;
    struct pg *pg = NULL;
    struct error err;
    enum verdict v = session_database(&cli->conf, cli->mem, &pg, &err);
    int code = JOB_DONE;

    if (!v)
        v = ask_status(pg, cli->mem, &status, &err);
    if (!v)
        v = checkpoint_look(pg, cli->mem, &cli->conf, &looked, &err);
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
        say_left(cli, r, &status.left);
        result_rows(result_table(r, "recovered", "the latest runs recovered",
                                 "run_id:int job what system n:int"),
                    &status.recovered);
        if (status.fed.count)
            result_rows(result_table(r, "fed", "archives, by unit: last fed (silent: over 7 days)",
                                     "system unit unit_name complaints:int last_fed days:int "
                                     "silent:bool"),
                        &status.fed);
        result_rows(
            result_table(r, "missed", "slots missed or failed in 7 days", "job due_at state said"),
            &status.missed);
        say_silent(r, &status.fed);
        for (size_t i = 0; i < looked.count; i++)
            result_line(r, "%s", looked.lines[i]);
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
                             "pending:int overdue:int share:decimal"),
                &rows);
    int code = cli_print(cli, r, JOB_DONE);

    pg_close(pg);
    return code;
}
