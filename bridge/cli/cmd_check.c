/*
 * check: the conf and the maps (read before it begins), what each map does not say, the database,
 * then each system, read only. probe: one system or driver, in depth.
 */
#include "commands.h"

#include <string.h>

#include "../core/delivery.h"
#include "../core/map_tools.h"
#include "../core/package_book.h"
#include "../core/schema.h"
#include "../core/systems.h"
#include "../jobs/forward.h"
#include "../jobs/slots.h"
#include "../jobs/worker.h"
#include "log.h"
#include "odbc.h"

#define PROBE_MS 600000 /* longest time of the battery */

/* The worse of two exit codes, by what must be done first. */
static int
worse(int a, int b)
{
    static const int order[] = { JOB_INTERNAL, JOB_CONF, JOB_PEER, JOB_WAITS, JOB_DONE };

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return a;
}

/* Fields of the dictionary that a map neither carries nor gives up, and the calendar of jobs. */
static bool
check_words(struct cli *cli, const struct job *job)
{
    struct faults faults = { .mem = cli->mem };

    for (size_t i = 0; i < job->count; i++)
        map_check_carried(cli->conf.dict, job->systems[i].conf->map, &faults);
    slots_check(&cli->conf, &faults);
    cli_faults(&faults);
    return faults.count == 0;
}

static int
check_database(struct cli *cli, struct result *r)
{
    struct result_table *t =
        result_table(r, "database", "staging database", "state version:int newest:int said");
    struct schema_state state = { .pending = "" };
    struct pg *pg = NULL;
    struct error err;
    enum verdict v = session_database(&cli->conf, cli->mem, &pg, &err);

    if (!v)
        v = schema_status(pg, cli->mem, cli->conf.bridge.sql, &state, &err);
    pg_close(pg);
    result_row(t);
    result_text(t, v ? verdict_name(v) : state.pending[0] ? "behind" : "ok");
    result_int(t, state.version);
    result_int(t, state.newest);
    if (v) {
        result_text(t, err.text);
        return cli_fail(v, &err);
    }
    if (!state.pending[0])
        return JOB_DONE;
    result_text(t, "run \"cctns-bridge schema apply\"");
    return JOB_WAITS;
}

static int
check_system(struct cli *cli, struct job *job, struct job_system *s, struct result_table *t)
{
    const struct mapping *map = s->conf->map;
    const char *said = NULL;
    struct error err;
    enum verdict v = V_RETRY;

    if (job_ready(job, s)) {
        v = s->adapter.ops->probe(&s->adapter, cli->mem, &said, &err);
        if (v)
            job_trouble(s, v, &err);
    } else {
        v = s->trouble;
    }
    result_row(t);
    result_text(t, s->conf->name);
    result_text(t, systems_role(map->role));
    result_text(t, map->kind);
    result_text(t, v ? verdict_name(v) : "ok");
    result_text(t, said ? said : "see the log");
    if (!v)
        return JOB_DONE;
    return v == V_RETRY ? JOB_PEER : JOB_INTERNAL;
}

static const char *
class_help(char class)
{
    switch (class) {
    case 'A':
        return "takes our key: exactly once";
    case 'B':
        return "can be asked for our reference: exactly once";
    default:
        return "neither: at most once, then a person";
    }
}

static void
list_operations(struct result_table *t, const struct conf_system *conf)
{
    for (size_t i = 0; i < conf->map->call_count; i++) {
        const struct map_call *call = &conf->map->calls[i];

        if (!call->carries)
            continue;
        char class = delivery_class(conf->map, call);

        result_row(t);
        result_text(t, conf->name);
        result_text(t, call->name);
        result_text(t, call->carries);
        result_int(t, call->batch);
        result_text(t, (char[]){ class, '\0' });
        result_text(t, class_help(class));
    }
}

/* Whether each cell's mail server, SFTP server or folder is there; nothing is sent. */
static int
check_cells(struct cli *cli, struct result *r)
{
    struct result_table *t =
        result_table(r, "cells", "cells that packages are sent to", "cell unit by state said");
    int code = JOB_DONE;

    for (size_t i = 0; i < cli->conf.cell_count; i++) {
        const struct conf_cell *cell = &cli->conf.cells[i];
        struct error err;
        enum verdict v = forward_touch(cli->mem, cell, &err);

        result_row(t);
        result_text(t, cell->name);
        result_text(t, cell->options.unit);
        result_text(t, package_channel(cell));
        result_text(t, v ? verdict_name(v) : "ok");
        if (v) {
            result_text(t, err.text);
            code = worse(code, v == V_RETRY ? JOB_PEER : JOB_INTERNAL);
        }
    }
    return code;
}

int
cmd_check(struct cli *cli)
{
    struct job job = { .conf = &cli->conf, .mem = cli->mem, .batch = cli->mem };
    struct result *r = result_new(cli->mem, "check");
    struct error err;
    enum verdict v = job_choose(&job, cli->words, &err);

    if (v)
        return cli_fail(v, &err);
    int code = check_words(cli, &job) ? JOB_DONE : JOB_CONF;
    struct result_table *systems =
        result_table(r, "systems", "systems", "system role kind state said");

    for (size_t i = 0; i < job.count; i++)
        code = worse(code, check_system(cli, &job, &job.systems[i], systems));
    struct result_table *operations =
        result_table(r, "operations", "operations that change something there",
                     "system call carries batch:int class guarantee");

    for (size_t i = 0; i < job.count; i++)
        list_operations(operations, job.systems[i].conf);
    if (cli->conf.cell_count && !cli->word_count)
        code = worse(code, check_cells(cli, r));
    code = worse(code, check_database(cli, r));
    job_leave(&job);
    return cli_print(cli, r, code);
}

/* ---- probe ---- */

/* A text option of the system's kind, by its name; NULL when the kind has none. */
static const char *
kind_option(const struct conf_system *conf, const char *name)
{
    for (const struct conf_key *key = conf->ops->keys; key->name; key++)
        if (strcmp(key->name, name) == 0 && (key->type == CONF_TEXT || key->type == CONF_FILE))
            return *(const char *const *)(const void *)((const char *)conf->kind_options +
                                                        key->offset);
    return NULL;
}

struct probing {
    const struct odbc_options *options;
    const char *sql;
};

/* The report, after a sign that tells whether all is good. */
static enum verdict
probe_apart(void *ctx, struct arena *mem, const char **text, struct error *err)
{
    const struct probing *p = ctx;
    const char *report = "";
    bool good = false;
    enum verdict v = odbc_probe(mem, p->options, p->sql, &report, &good, err);

    *text = arena_format(mem, "%c%s", good ? '+' : '-', report);
    return v;
}

/* In a process of its own: a driver that nobody has proved may crash or hang. */
static int
probe_driver(struct cli *cli, const struct odbc_options *options, long limit)
{
    const char *sql = cli->conf.bridge.sql ? cli->conf.bridge.sql : "sql", *report = NULL;
    struct probing probing = { options, sql };
    struct worker_job job = { probe_apart, &probing, "the driver", limit };
    struct error err;
    enum verdict v = worker_once(&job, cli->mem, &report, &err);

    if (v)
        return cli_fail(v, &err);
    struct result *r = result_new(cli->mem, "probe");
    bool good = *report++ == '+';

    while (*report) {
        size_t len = strcspn(report, "\n");

        result_line(r, "%.*s", (int)len, report);
        report += len + (report[len] == '\n');
    }
    return cli_print(cli, r, good ? JOB_DONE : JOB_WAITS);
}

static int
probe_system(struct cli *cli, const struct conf_system *conf)
{
    struct odbc_options options = { .timeout = 30000, .login_timeout = 10000 };
    struct job job = { .conf = &cli->conf, .mem = cli->mem, .batch = cli->mem };
    const char *const names[] = { conf->name, NULL };
    struct error err;

    options.connection = kind_option(conf, "connection");
    if (options.connection) {
        options.user = kind_option(conf, "user");
        enum verdict v =
            conf_secret(cli->mem, kind_option(conf, "password"), &options.password, &err);

        return v ? cli_fail(v, &err) : probe_driver(cli, &options, conf->options.call_limit);
    }
    enum verdict v = job_choose(&job, names, &err);

    if (v)
        return cli_fail(v, &err);
    struct result *r = result_new(cli->mem, "probe");
    struct result_table *t = result_table(r, "systems", NULL, "system role kind state said");
    int code = check_system(cli, &job, &job.systems[0], t);

    job_leave(&job);
    return cli_print(cli, r, code);
}

int
cmd_probe(struct cli *cli)
{
    const char *word = cli->words[0];
    struct odbc_options options = { .connection = word, .timeout = 30000, .login_timeout = 10000 };
    const struct conf_system *conf;

    if (strchr(word, '='))
        return probe_driver(cli, &options, PROBE_MS);
    conf = cli->conf.path ? conf_system_find(&cli->conf, word) : NULL;
    if (!conf)
        return cli_usage(cli, "there is no system \"%s\" in \"%s\"", word, cli->conf_path);
    return probe_system(cli, conf);
}
