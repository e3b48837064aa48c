/*
 * status: what ran, what waits, since when, what the next run will recover and what the latest ones
 * did.
 */
#include "commands.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "../core/ask.h"
#include "../core/checkpoint.h"
#include "../core/package_book.h"
#include "../jobs/daemon.h"
#include "../jobs/forward.h"
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

/* What cells were sent, and which are silent; nothing where there are none. */
static enum verdict
say_cells(const struct cli *cli, struct pg *pg, struct result *r, struct error *err)
{
    const struct conf_cell *const *cells;
    struct pg_rows rows;
    int64_t silent = 0;
    size_t count;
    enum verdict v;

    if (!cli->conf.cell_count)
        return V_OK;
    v = forward_choose(&cli->conf, cli->mem, NULL, &cells, &count, err);
    if (!v)
        v = package_cells_read(pg, cli->mem, cells, count, cli->conf.bridge.zone, &rows, err);
    if (v)
        return v;
    result_rows(result_table(r, "cells", "packages to cells (\"forward list\")",
                             "cell unit waiting:int in_doubt:int failed:int last_sent "
                             "last_acknowledged silent:bool"),
                &rows);
    for (size_t i = 0; i < rows.count; i++)
        silent += pg_bool(&rows, i, "silent");
    if (silent)
        result_line(r, "%lld cells are silent: they acknowledge no package", (long long)silent);
    return V_OK;
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
        if (status.messages.count)
            result_rows(result_table(r, "messages", "messages to complainants (\"notify list\")",
                                     "channel state reason n:int oldest"),
                        &status.messages);
        result_rows(
            result_table(r, "missed", "slots missed or failed in 7 days", "job due_at state said"),
            &status.missed);
        v = say_cells(cli, pg, r, &err);
        say_silent(r, &status.fed);
        for (size_t i = 0; i < looked.count; i++)
            result_line(r, "%s", looked.lines[i]);
        say_daemon(cli, r);
        code = v ? cli_fail(v, &err) : cli_print(cli, r, JOB_DONE);
    }
    pg_close(pg);
    return code;
}
