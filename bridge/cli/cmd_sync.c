/*
 * sync, pull, push: open the run, walk the phases, close it, print what it did.
 */
#include "commands.h"

#include "../jobs/pages.h"
#include "../jobs/sync.h"
#include "log.h"
#include "progress.h"
#include "report.h"

/* "pull igrs": what stands in bridge.run. */
static const char *
name_run(const struct cli *cli)
{
    const char *name = cli->command->name;

    for (size_t i = 0; i < cli->word_count; i++)
        name = arena_format(cli->mem, "%s %s", name, cli->words[i]);
    return name;
}

static int
print_run(const struct cli *cli, const struct job *job, bool sends, bool compares, int code)
{
    struct result *r = result_new(cli->mem, cli->command->name);

    if (job->dry) {
        report_dry(r, job);
    } else {
        report_equations(r, job);
        if (sends)
            report_deliveries(r, job);
        if (job->sweep)
            report_swept(r, job);
        if (compares)
            report_compared(r, job);
        report_duplicates(r, job);
        report_messages(r, job);
        report_packages(r, job);
    }
    report_lines(r, job);
    return cli_print(cli, r, code);
}

static int
run_job(struct cli *cli, enum verdict (*phases)(struct job *job, struct error *err))
{
    char since[CLOCK_TEXT];
    struct session opening = {
        .conf = &cli->conf,
        .job = name_run(cli),
        .lock = SESSION_LOCK,
        .shared = phases == sync_push,
        .program = cli->version,
        .systems = cli->words,
        .dry = cli->options.dry_run,
        .watch = progress_show,
    };
    struct error err;
    struct job job;
    enum verdict v;

    if (cli->options.sweep && cli->options.dry_run)
        return cli_usage(cli,
                         "a sweep writes what it finds: --sweep and --dry-run do not go together");
    if (cli->options.since) {
        v = cli_time(cli, cli->options.since, since, &err);
        if (v)
            return cli_fail(v, &err);
        opening.since = since;
    }
    v = session_open(&job, &opening, &err);
    job.sweep = cli->options.sweep;
    if (!v)
        v = phases(&job, &err);
    int code = session_close(&job, v, &err);

    if (!v && phases == sync_run)
        code = pages_after(&job, code);

    progress_end();
    if (!v)
        code = print_run(cli, &job, phases != sync_pull, phases == sync_run, code);
    session_free(&job);
    return code;
}

int
cmd_sync(struct cli *cli)
{
    return run_job(cli, sync_run);
}

int
cmd_pull(struct cli *cli)
{
    return run_job(cli, sync_pull);
}

int
cmd_push(struct cli *cli)
{
    return run_job(cli, sync_push);
}
