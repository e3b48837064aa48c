/*
 * audit: the rules of auditors. A login that may write runs them as a run of its own and keeps what
 * they find; one that only reads, an auditor's, gets the same figures and keeps nothing.
 */
#include "commands.h"

#include <string.h>

#include "../jobs/audit.h"
#include "progress.h"

struct rules {
    struct audit_rule *all;
    size_t count;
    const struct audit_rule **chosen;
    size_t chosen_count;
};

static enum verdict
choose(struct cli *cli, struct rules *r, struct error *err)
{
    enum verdict v = audit_rules(cli->mem, cli->conf.bridge.sql, &r->all, &r->count, err);

    if (v)
        return v;
    r->chosen = arena_alloc(cli->mem, sizeof *r->chosen * (r->count + cli->word_count + 1));
    for (size_t i = 0; i < cli->word_count; i++) {
        const struct audit_rule *rule = audit_rule_find(r->all, r->count, cli->words[i]);

        if (!rule) {
            fprintf(stderr, "the rules are: %s\n",
                    audit_rule_names(cli->mem, r->all, r->count)); /* longer than a hint */
            return error_set(err, V_FATAL, "usage", "there is no rule \"%s\"", cli->words[i]);
        }
        for (size_t k = 0; rule && k < r->chosen_count; k++)
            if (r->chosen[k] == rule)
                rule = NULL; /* named twice */
        if (rule)
            r->chosen[r->chosen_count++] = rule;
    }
    for (size_t i = 0; i < r->count && !cli->word_count; i++)
        r->chosen[r->chosen_count++] = &r->all[i];
    return V_OK;
}

static int
print_rules(struct cli *cli, const struct rules *r)
{
    struct result *result = result_new(cli->mem, "audit");
    struct result_table *t = result_table(result, "rules", NULL, "rule title finds source limits");
    int code = JOB_DONE;

    for (size_t i = 0; i < r->count; i++) {
        const struct audit_rule *rule = &r->all[i];

        result_row(t);
        result_text(t, rule->name);
        result_text(t, rule->title);
        result_text(t, rule->finds);
        result_text(t, rule->source);
        result_text(t, rule->limits);
        if (rule->fault) {
            result_line(result, "rule \"%s\" cannot be run: %s", rule->name, rule->fault);
            code = JOB_INTERNAL;
        }
    }
    return cli_print(cli, result, code);
}

static void
put_findings(struct result *r, const struct job_audit *audit)
{
    struct result_table *t =
        result_table(r, "findings", "findings", "rule system number unit detail since new:bool");

    for (size_t i = 0; i < audit->count; i++)
        for (size_t k = 0; k < audit->found[i].count; k++) {
            const struct audit_finding *f = &audit->found[i].items[k];

            result_row(t);
            result_text(t, audit->found[i].rule->name);
            result_text(t, f->system);
            result_text(t, *f->number ? f->number : NULL);
            result_text(t, f->unit);
            result_text(t, f->detail);
            result_text(t, f->since);
            result_bool(t, !f->since);
        }
}

static int
print_found(struct cli *cli, const struct job_audit *audit, bool kept, int code)
{
    struct result *r = result_new(cli->mem, "audit");
    struct result_table *t =
        result_table(r, "audit", NULL, "rule title open:int new:int ended:int");

    for (size_t i = 0; i < audit->count; i++) {
        const struct audit_found *f = &audit->found[i];

        result_row(t);
        result_text(t, f->rule->name);
        result_text(t, f->rule->title);
        if (f->fault)
            continue;
        result_int(t, (int64_t)f->count);
        result_int(t, f->added);
        result_int(t, f->ended);
    }
    if (cli->options.list)
        put_findings(r, audit);
    for (size_t i = 0; i < audit->count; i++)
        if (audit->found[i].fault)
            result_line(r, "rule \"%s\" was not run: %s", audit->found[i].rule->name,
                        audit->found[i].fault);
    result_line(r, "audit: %ld findings, %ld new", audit->findings, audit->added);
    if (!kept)
        result_line(r, "this login only reads: nothing was kept");
    return cli_print(cli, r, code);
}

/* As a run of its own, beside no other. */
static int
run_and_keep(struct cli *cli, const struct rules *rules)
{
    struct session opening = {
        .conf = &cli->conf,
        .job = "audit",
        .lock = SESSION_LOCK,
        .program = cli->version,
        .watch = progress_show,
    };
    struct error err;
    struct job job;
    enum verdict v = session_open(&job, &opening, &err);

    job.progress.phase = job.progress.phases = 1;
    job.count = 0; /* it is about no system */
    job.audit.alone = true;
    if (!v)
        audit_run_rules(&job, rules->chosen, rules->chosen_count);
    int code = session_close(&job, v, &err);

    progress_end();
    if (!v)
        code = print_found(cli, &job.audit, true, code);
    session_free(&job);
    return code;
}

static int
look_only(struct cli *cli, struct pg *pg, const struct rules *rules)
{
    struct job_audit audit = { .done = true, .alone = true };

    audit.found = arena_alloc(cli->mem, sizeof *audit.found * (rules->chosen_count + 1));
    for (size_t i = 0; i < rules->chosen_count; i++) {
        struct audit_found *found = &audit.found[audit.count++];

        audit_look(pg, cli->mem, rules->chosen[i], found);
        audit.failed += found->fault != NULL;
        audit.findings += (long)found->count;
        audit.added += found->added;
        audit.ended += found->ended;
    }
    return print_found(cli, &audit, false, job_audit_code(&audit));
}

int
cmd_audit(struct cli *cli)
{
    struct rules rules = { 0 };
    struct pg *pg = NULL;
    struct error err;
    bool may = false;
    bool lists = cli->word_count && strcmp(cli->words[0], "list") == 0;

    if (lists && cli->word_count > 1)
        return cli_usage(cli, "\"audit list\" takes no more words");
    if (lists)
        cli->word_count = 0;
    enum verdict v = choose(cli, &rules, &err);

    if (!v && lists)
        return print_rules(cli, &rules);
    if (!v)
        v = session_database(&cli->conf, cli->mem, &pg, &err);
    if (!v)
        v = audit_may_keep(pg, cli->mem, &may, &err);
    int code = v ? cli_fail(v, &err) : may ? JOB_DONE : look_only(cli, pg, &rules);

    pg_close(pg);
    return v || !may ? code : run_and_keep(cli, &rules);
}
