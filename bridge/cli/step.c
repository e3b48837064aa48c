/*
 * Steps alone: duplicates, notify, forward.
 */
#include "step.h"

#include "progress.h"
#include "report.h"

struct session
step_opening(const struct cli *cli, const char *name)
{
    return (struct session){
        .conf = &cli->conf,
        .job = name,
        .lock = SESSION_LOCK,
        .program = cli->version,
        .watch = progress_show,
    };
}

int
step_run(struct cli *cli, const char *name, enum verdict (*run)(struct job *job, struct error *err),
         void (*table)(struct result *r, const struct job *job))
{
    struct session opening = step_opening(cli, name);
    struct result *r = result_new(cli->mem, name);
    struct error err;
    struct job job;
    enum verdict v = session_open(&job, &opening, &err);

    job.cells = cli->word_count ? cli->words : NULL;
    if (!v)
        v = run(&job, &err);
    int code = session_close(&job, v, &err);

    progress_end();
    if (!v) {
        table(r, &job);
        report_lines(r, &job);
        code = cli_print(cli, r, code);
    }
    session_free(&job);
    return code;
}
