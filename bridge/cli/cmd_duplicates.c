/*
 * duplicates: the same grievance through several doors. Numbers and reasons only: who it is stays
 * where "show --personal" tells it.
 */
#include "commands.h"

#include <string.h>

#include "../core/match.h"
#include "../jobs/match.h"
#include "log.h"
#include "report.h"
#include "step.h"

#define PAGE 1000

static int
look(struct cli *cli)
{
    if (!cli->conf.match && !cli->conf.bridge.seal_key)
        return cli_usage(cli, "bridge.conf has no [match], and no \"seal_key\" in [bridge]");
    return step_run(cli, "duplicates", match_run, report_duplicates);
}

static int
list(struct cli *cli, struct pg *pg)
{
    struct result *r = result_new(cli->mem, "duplicates list");
    struct result_table *t = result_table(r, "pairs", NULL,
                                          "system number other_system other_number kind "
                                          "score:decimal state reasons");
    const char *a = "0", *b = "0";
    struct pg_rows rows = { 0 };
    struct error err;

    do {
        enum verdict v = match_list(pg, cli->mem, a, b, PAGE, &rows, &err);

        if (v)
            return cli_fail(v, &err);
        result_rows(t, &rows);
        if (rows.count) {
            a = pg_named(&rows, rows.count - 1, "a");
            b = pg_named(&rows, rows.count - 1, "b");
        }
    } while (rows.count == PAGE);
    return cli_print(cli, r, JOB_DONE);
}

/* The one complaint that a number stands for. */
static enum verdict
one_of(struct cli *cli, struct pg *pg, const char *number, int64_t *id, struct error *err)
{
    struct pg_rows rows;
    enum verdict v = match_number(pg, cli->mem, number, &rows, err);

    if (v)
        return v;
    if (!rows.count)
        return error_set(err, V_REJECT, "show.unknown", "nobody knows the number %s", number);
    if (rows.count > 1)
        return error_set(err, V_REJECT, "show.several", "several complaints have the number %s",
                         number);
    *id = pg_int(&rows, 0, "bridge_id");
    return V_OK;
}

static int
show(struct cli *cli, struct pg *pg)
{
    struct result *r = result_new(cli->mem, "duplicates show");
    struct result_table *group =
        result_table(r, "group", NULL, "system number status role nth:int came");
    struct result_table *pairs =
        result_table(r, "pairs", "why",
                     "system number other_system other_number kind score:decimal state reasons "
                     "decided_by decided_why");
    struct pg_rows rows;
    struct error err;
    int64_t id = 0;
    enum verdict v = one_of(cli, pg, cli->words[1], &id, &err);

    if (!v)
        v = match_group(pg, cli->mem, id, &rows, &err);
    if (v)
        return cli_fail(v, &err);
    result_rows(group, &rows);
    if (!rows.count)
        result_line(r, "no other complaint belongs to it");
    v = match_pairs(pg, cli->mem, id, &rows, &err);
    if (v)
        return cli_fail(v, &err);
    result_rows(pairs, &rows);
    return cli_print(cli, r, JOB_DONE);
}

/* In a run of its own: while one looks for pairs, nobody speaks on them. */
static int
say(struct cli *cli, const char *state)
{
    struct session opening =
        step_opening(cli, arena_format(cli->mem, "duplicates %s", cli->words[0]));
    struct result *r = result_new(cli->mem, "duplicates");
    struct result_table *t = result_table(r, "pairs", NULL, "number other_number state");
    int64_t a = 0, b = 0;
    struct error err;
    struct job job;
    enum verdict v = session_open(&job, &opening, &err), found = V_OK;
    struct error why = { .code = "" };

    if (!v)
        found = one_of(cli, job.pg, cli->words[1], &a, &why);
    if (!v && !found)
        found = one_of(cli, job.pg, cli->words[2], &b, &why);
    if (!v && !found && a == b)
        found = error_set(&why, V_REJECT, "match.same", "both numbers are of one complaint");
    if (!v && !found)
        v = match_say(job.pg, cli->mem, job.run_id, a, b, state, cli_user(cli->mem),
                      cli->options.why ? cli->options.why : "", &err);
    int code = session_close(&job, v, &err);

    if (!v && found)
        code = cli_fail(found, &why);
    if (!v && !found) {
        result_row(t);
        result_text(t, cli->words[1]);
        result_text(t, cli->words[2]);
        result_text(t, state);
        code = cli_print(cli, r, code);
    }
    session_free(&job);
    return code;
}

int
cmd_duplicates(struct cli *cli)
{
    const char *word = cli->word_count ? cli->words[0] : NULL;
    bool is_list = word && strcmp(word, "list") == 0, is_show = word && strcmp(word, "show") == 0;
    struct pg *pg = NULL;
    struct error err;

    if (!word)
        return look(cli);
    if (strcmp(word, "apart") == 0 || strcmp(word, "confirm") == 0) {
        if (cli->word_count != 3)
            return cli_usage(cli, "\"duplicates %s\" takes two numbers", word);
        return say(cli, *word == 'a' ? "apart" : "confirmed");
    }
    if (!is_list && !is_show)
        return cli_usage(cli, "there is no \"duplicates %s\"", word);
    if (cli->word_count != (is_list ? 1 : 2))
        return cli_usage(cli, "\"duplicates %s\" takes %s", word, is_list ? "no more" : "a number");
    enum verdict v = session_database(&cli->conf, cli->mem, &pg, &err);
    int code = v ? cli_fail(v, &err) : is_list ? list(cli, pg) : show(cli, pg);

    pg_close(pg);
    return code;
}
