/*
 * ledger purge | erase: what was kept long enough, and one person's data on order.
 */
#include "commands.h"

#include <string.h>

#include "../core/package_kept.h"
#include "../core/policy.h"

static void
put_tally(struct result *r, const struct policy_tally *tally)
{
    struct result_table *t = result_table(r, "gone", NULL, "what n:int");

    for (size_t i = 0; i < tally->count; i++) {
        if (!tally->items[i].n)
            continue;
        result_row(t);
        result_text(t, tally->items[i].kind);
        result_int(t, tally->items[i].n);
    }
}

static void
add_tally(struct policy_tally *tally, const char *kind, int64_t n)
{
    if (tally->count < sizeof tally->items / sizeof tally->items[0]) {
        tally->items[tally->count].kind = kind;
        tally->items[tally->count++].n = n;
    }
}

/* Packages of cells that were kept long enough; look: only counts them. */
static enum verdict
add_packages(struct pg *pg, struct arena *mem, const struct cli *cli, bool look,
             struct policy_tally *tally, struct error *err)
{
    int64_t n = 0;
    enum verdict v = package_purge(pg, mem, &cli->conf, look, &n, err);

    add_tally(tally, "package", n);
    return v;
}

static int
say_due(struct cli *cli, const struct policy *policy)
{
    struct result *r = result_new(cli->mem, "ledger purge");
    struct policy_tally tally;
    struct pg *pg = NULL;
    struct error err;
    enum verdict v = session_database(&cli->conf, cli->mem, &pg, &err);

    if (!v)
        v = policy_look(pg, cli->mem, policy, &tally, &err);
    if (!v)
        v = add_packages(pg, cli->mem, cli, true, &tally, &err);
    if (v) {
        pg_close(pg);
        return cli_fail(v, &err);
    }
    put_tally(r, &tally);
    result_line(r, "nothing was taken away: --dry-run");
    int code = cli_print(cli, r, JOB_DONE);

    pg_close(pg);
    return code;
}

int
cmd_ledger_purge(struct cli *cli)
{
    const struct policy policy = {
        .keep_bodies = cli->conf.bridge.keep_bodies,
        .keep_movements = cli->conf.bridge.keep_movements,
    };
    struct session opening = {
        .conf = &cli->conf,
        .job = "ledger purge",
        .lock = SESSION_LOCK,
        .program = cli->version,
    };
    struct result *r = result_new(cli->mem, "ledger purge");
    struct policy_tally tally = { .count = 0 };
    struct error err;
    struct job job;

    if (cli->options.dry_run)
        return say_due(cli, &policy);
    enum verdict v = session_open(&job, &opening, &err);

    if (!v)
        v = policy_purge(job.pg, job.mem, job.contents, job.run_id, &policy, &tally, &err);
    if (!v)
        v = add_packages(job.pg, job.mem, cli, false, &tally, &err);
    int code = session_close(&job, v, &err);

    if (!v) {
        put_tally(r, &tally);
        if (!policy.keep_bodies && !policy.keep_movements)
            result_line(r, "bridge.conf keeps everything: \"keep_bodies\" and \"keep_movements\" "
                           "are not set");
        code = cli_print(cli, r, code);
    }
    session_free(&job);
    return code;
}

/* The person may be in these: only somebody who looks can tell. */
static void
put_unsearched(struct result *r, const struct pg_rows *rows)
{
    struct result_table *t = result_table(r, "unsearched", NULL, "system n:int");

    for (size_t i = 0; i < rows->count; i++) {
        result_row(t);
        result_text(t, pg_named(rows, i, "system"));
        result_int(t, pg_int(rows, i, "n"));
        result_line(r,
                    "%s held records or pages of \"%s\" could not be searched for its number "
                    "(encrypted, or no plain text): look at them with \"held show\", and \"held "
                    "drop\" those of this person; \"ledger purge\" then takes their bytes.",
                    pg_named(rows, i, "n"), pg_named(rows, i, "system"));
    }
}

/* What has left us already is for the officer who ordered it: nobody else can take it back. */
static void
put_packages(struct result *r, const struct package_erasure *e)
{
    static const char form[] = "cell unit number:int day channel state sent_at";

    result_rows(result_table(r, "delivered", "packages that were delivered with it", form),
                &e->delivered);
    for (size_t i = 0; i < e->delivered.count; i++)
        result_line(r, "Package %s of cell \"%s\" of %s %s with it: tell the cell.",
                    pg_named(&e->delivered, i, "number"), pg_named(&e->delivered, i, "cell"),
                    pg_named(&e->delivered, i, "day"),
                    strcmp(pg_named(&e->delivered, i, "state"), "in_doubt") == 0
                        ? "may have been delivered"
                        : "was delivered");
    for (size_t i = 0; i < e->unseen.count; i++)
        result_line(r,
                    "%s packages of cell \"%s\" (%s to %s) may have been delivered with it: their "
                    "files are not here any more. Tell the cell.",
                    pg_named(&e->unseen, i, "n"), pg_named(&e->unseen, i, "cell"),
                    pg_named(&e->unseen, i, "first_day"), pg_named(&e->unseen, i, "last_day"));
    if (e->absent)
        result_line(r,
                    "%lld packages are not in this host's folder of state: where they were made, "
                    "run this again.",
                    (long long)e->absent);
}

static bool
is_said(const char *option)
{
    return option && option[strspn(option, " \t")];
}

int
cmd_ledger_erase(struct cli *cli)
{
    struct session opening = {
        .conf = &cli->conf,
        .job = "ledger erase",
        .lock = SESSION_LOCK,
        .program = cli->version,
    };
    const char *system = cli->word_count > 2 ? cli->words[2] : NULL;
    struct result *r = result_new(cli->mem, "ledger erase");
    struct policy_tally tally = { .count = 0 };
    struct pg_rows unsearched = { 0 };
    struct package_erasure packages = { .gone = 0 };
    int64_t bridge_id = 0;
    struct error err;
    struct job job;

    if (!is_said(cli->options.by) || !is_said(cli->options.why))
        return cli_usage(cli, "who ordered it, and why: --by OFFICER --why TEXT");
    enum verdict v = session_open(&job, &opening, &err);

    if (!v)
        v = policy_find(job.pg, job.mem, cli->words[1], system, &bridge_id, &err);
    if (!v)
        v = policy_erase(job.pg, job.mem, job.contents, job.run_id, bridge_id, cli->options.by,
                         cli->options.why, &tally, &err);
    if (!v)
        v = package_erase(job.pg, job.mem, &cli->conf, job.run_id, bridge_id, &packages, &err);
    if (!v)
        v = policy_unsearched(job.pg, job.mem, bridge_id, &unsearched, &err);
    bool refused = v == V_REJECT;
    int code = session_close(&job, v, &err);

    if (!v) {
        add_tally(&tally, "package", packages.gone);
        put_tally(r, &tally);
        put_unsearched(r, &unsearched);
        put_packages(r, &packages);
        result_line(r, "Numbers, dates, status and digests stay. A later version of the record is "
                       "staged without the person; later actions, files and feedback are staged as "
                       "they come, and the next \"ledger purge\" takes them: the order has to be "
                       "carried out at the source, too.");
        code = cli_print(cli, r, code);
    }
    session_free(&job);
    return refused ? JOB_USAGE : code;
}
