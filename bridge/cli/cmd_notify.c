/*
 * notify: sends what is due; shows what waits; takes a person's word on a message whose fate nobody
 * knows. No number, no address and no body is ever shown: none is kept.
 */
#include "commands.h"

#include <string.h>

#include "../core/message_report.h"
#include "../core/run.h"
#include "../jobs/notify.h"
#include "log.h"
#include "report.h"
#include "step.h"
#include "text.h"

#define PAGE 1000

static int
send_due(struct cli *cli)
{
    if (!cli->conf.notify)
        return cli_usage(cli, "bridge.conf has no [notify]");
    return step_run(cli, "notify", notify_run, report_messages);
}

static int
list_messages(struct cli *cli, struct pg *pg)
{
    static const char *const states[] = { "planned", "sending",  "sent",      "delivered",
                                          "failed",  "in_doubt", "suppressed" };
    struct result *r = result_new(cli->mem, "notify list");
    struct result_table *t =
        result_table(r, "messages", NULL,
                     "message_id:int channel state reason event system number language happened_at "
                     "attempts:int settled_at receipt");
    const char *state = cli->word_count > 1 ? cli->words[1] : NULL;
    struct pg_rows rows = { 0 };
    int64_t after = 0;
    bool known = !state;
    struct error err;

    for (size_t i = 0; !known && i < sizeof states / sizeof *states; i++)
        known = strcmp(states[i], state) == 0;
    if (!known)
        return cli_usage(cli, "no message is ever \"%s\"", state);
    do {
        enum verdict v = message_list(pg, cli->mem, state, after, PAGE, &rows, &err);

        if (v)
            return cli_fail(v, &err);
        result_rows(t, &rows);
        if (rows.count)
            after = pg_int(&rows, rows.count - 1, "message_id");
    } while (rows.count == PAGE);
    return cli_print(cli, r, JOB_DONE);
}

static enum verdict
read_id(const struct cli *cli, int64_t *id, struct error *err)
{
    const char *word = cli->words[1];

    if (text_int(word, strlen(word), id) && *id > 0)
        return V_OK;
    return error_set(err, V_FATAL, "usage", "\"%s\" is not a number of \"notify list\"", word);
}

static int
show_message(struct cli *cli, struct pg *pg)
{
    static const char *const columns[] = {
        "message_id", "channel",       "state",       "reason",        "event",      "system",
        "number",     "police_number", "about",       "action_system", "action_key", "happened_at",
        "secret",     "template_id",   "language",    "gateway",       "receipt",    "said",
        "digest",     "attempts",      "planned_run", "planned_at",    "run_id",     "sending_at",
        "settled_at", "settled_by",    "settled_why",
    };
    struct result *r = result_new(cli->mem, "notify show");
    struct result_table *t = result_table(r, "message", NULL, "field value");
    struct pg_rows rows;
    struct error err;
    int64_t id;
    enum verdict v = read_id(cli, &id, &err);

    if (!v)
        v = message_show(pg, cli->mem, id, &rows, &err);
    if (v)
        return cli_fail(v, &err);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        result_pair(t, columns[i], pg_named(&rows, 0, columns[i]));
    v = message_reported(pg, cli->mem, id, &rows, &err);
    if (v)
        return cli_fail(v, &err);
    if (rows.count)
        result_rows(result_table(r, "reports", "what the gateway reported of it",
                                 "state word at file line:int fault read_at"),
                    &rows);
    return cli_print(cli, r, JOB_DONE);
}

/* Lines of delivery reports that are bad, or of no message of ours. */
static int
list_faults(struct cli *cli, struct pg *pg)
{
    struct result *r = result_new(cli->mem, "notify reports");
    struct result_table *t =
        result_table(r, "faults", NULL, "report_id:int file line:int fault field read_at");
    struct pg_rows rows = { 0 };
    int64_t after = 0;
    struct error err;

    do {
        enum verdict v = message_report_faults(pg, cli->mem, after, PAGE, &rows, &err);

        if (v)
            return cli_fail(v, &err);
        result_rows(t, &rows);
        if (rows.count)
            after = pg_int(&rows, rows.count - 1, "report_id");
    } while (rows.count == PAGE);
    return cli_print(cli, r, JOB_DONE);
}

/* In a run of its own: while one sends, nobody says what became of a message. */
static int
settle_message(struct cli *cli)
{
    struct session opening = step_opening(cli, "notify settle");
    struct result *r = result_new(cli->mem, "notify settle");
    struct result_table *t = result_table(r, "messages", NULL, "message_id:int became reason");
    struct error err, why = { .code = "" };
    struct pg *pg = NULL;
    struct job job;
    int64_t id = 0;
    enum verdict said = V_OK;

    if (cli->word_count != 3)
        return cli_usage(cli, "\"notify settle\" takes a number, and sent, again or drop");
    enum verdict v = read_id(cli, &id, &err);

    if (v)
        return cli_fail(v, &err);
    opening.watch = NULL; /* it is over at once */
    v = session_open(&job, &opening, &err);
    if (!v)
        v = message_open(job.mem, &cli->conf, &pg, &err);
    if (!v)
        said = message_order(pg, cli->mem, id, cli->words[2], cli_user(cli->mem),
                             cli->options.why ? cli->options.why : "", &why);
    if (said && said != V_REJECT) {
        v = said;
        err = why;
    }
    pg_close(pg);
    int code = session_close(&job, v, &err);

    if (!v) {
        if (said)
            log_error(LOG_WARN, &why);
        result_row(t);
        result_int(t, id);
        result_text(t, said ? "refused" : cli->words[2]);
        result_text(t, said ? why.code : NULL);
        code = cli_print(cli, r, said && code == JOB_DONE ? JOB_WAITS : code);
    }
    session_free(&job);
    return code;
}

int
cmd_notify(struct cli *cli)
{
    const char *word = cli->word_count ? cli->words[0] : NULL;
    bool list = word && strcmp(word, "list") == 0, show = word && strcmp(word, "show") == 0;
    bool faults = word && strcmp(word, "reports") == 0;
    struct pg *pg = NULL;
    struct error err;

    if (!word)
        return send_due(cli);
    if (strcmp(word, "settle") == 0)
        return settle_message(cli);
    if (!list && !show && !faults)
        return cli_usage(cli, "there is no \"notify %s\"", word);
    if (show ? cli->word_count != 2 : cli->word_count > (faults ? 1 : 2))
        return cli_usage(cli, "\"notify %s\" takes %s", word,
                         show     ? "one number"
                         : faults ? "nothing else"
                                  : "one state");
    enum verdict v = session_database(&cli->conf, cli->mem, &pg, &err);
    int code = v        ? cli_fail(v, &err)
               : list   ? list_messages(cli, pg)
               : faults ? list_faults(cli, pg)
                        : show_message(cli, pg);

    pg_close(pg);
    return code;
}
