/*
 * deadline: what is due and when, and for one complaint by which rule, from which event, without
 * which days, and what was said before.
 */
#include "commands.h"

#include <string.h>

#include "../core/deadline.h"
#include "text.h"

enum { PAGE = 1000 };

static const char HEAD[] =
    "system number police_number unit status ref_type why rule source start_event started_at "
    "started_on due_at due_on days_left:int overdue:bool expected_on";

/* For people one complaint is a column of fields; for programs a row. */
static void
put_head(struct cli *cli, struct result *r, const struct deadline *all, size_t count)
{
    bool people = cli_form(cli) == OUTPUT_TABLE;
    struct result_table *t = people ? NULL : result_table(r, "deadline", NULL, HEAD);

    for (size_t i = 0; i < count && !people; i++)
        result_rows(t, &all[i].head);
    for (size_t i = 0; i < count && people; i++) {
        const char *list = HEAD, *word;
        size_t len;

        t = result_table(r, "deadline", NULL, "field value");
        while (text_word(&list, &word, &len)) {
            const char *name =
                arena_text(cli->mem, word, strcspn(arena_text(cli->mem, word, len), ":"));

            result_pair(t, name, pg_named(&all[i].head, 0, name));
        }
    }
}

static void
put_explained(struct cli *cli, struct result *r, const struct deadline *all, size_t count)
{
    struct result_table *days, *stops, *history;

    put_head(cli, r, all, count);
    days = result_table(r, "days", "days that were not counted", "complaint day why");
    stops = result_table(r, "stops", "when the clock stood", "complaint from_at to_at");
    history = result_table(r, "history", "what was due, and since when",
                           "complaint at run:int why due_at due_on started_at rule source");
    for (size_t i = 0; i < count; i++) {
        result_rows(days, &all[i].days);
        result_rows(stops, &all[i].stops);
        result_rows(history, &all[i].history);
    }
}

static int
explain(struct cli *cli, struct pg *pg)
{
    struct result *r = result_new(cli->mem, "deadline explain");
    struct deadline *all = NULL;
    struct error err;
    size_t count = 0;
    enum verdict v =
        deadline_explain(pg, cli->mem, cli->words[1], cli->conf.bridge.zone, &all, &count, &err);

    if (v)
        return cli_fail(v, &err);
    put_explained(cli, r, all, count);
    return cli_print(cli, r, JOB_DONE);
}

static int
list(struct cli *cli, struct pg *pg)
{
    struct result *r = result_new(cli->mem, "deadline list");
    struct result_table *t = result_table(r, "deadlines", NULL,
                                          "system number police_number unit station status due_at "
                                          "due_on days_left:int overdue:bool expected_on why rule");
    struct deadline_page page = {
        .unit = cli->options.unit,
        .overdue = cli->options.overdue,
        .zone = cli->conf.bridge.zone,
        .most = PAGE,
    };
    struct pg_rows rows = { 0 };
    struct error err;

    do {
        enum verdict v = deadline_list(pg, cli->mem, &page, &rows, &err);

        if (v)
            return cli_fail(v, &err);
        result_rows(t, &rows);
        if (rows.count) {
            page.after = pg_named(&rows, rows.count - 1, "place");
            page.after_id = pg_int(&rows, rows.count - 1, "bridge_id");
        }
    } while (rows.count == PAGE);
    return cli_print(cli, r, JOB_DONE);
}

int
cmd_deadline(struct cli *cli)
{
    const char *word = cli->words[0];
    bool explains = strcmp(word, "explain") == 0;
    struct pg *pg = NULL;
    struct error err;

    if (!explains && strcmp(word, "list") != 0)
        return cli_usage(cli, "there is no \"deadline %s\"", word);
    if (explains ? cli->word_count != 2 : cli->word_count != 1)
        return cli_usage(cli, "\"deadline %s\" takes %s", word,
                         explains ? "one number" : "no words behind it");
    if (explains && (cli->options.unit || cli->options.overdue))
        return cli_usage(cli, "--unit and --overdue are for \"deadline list\"");
    enum verdict v = session_database(&cli->conf, cli->mem, &pg, &err);
    int code = v ? cli_fail(v, &err) : explains ? explain(cli, pg) : list(cli, pg);

    pg_close(pg);
    return code;
}
