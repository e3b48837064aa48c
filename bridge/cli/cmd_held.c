/*
 * held: what waits for a person. A held record is mapped and staged again by "replay", by today's
 * map; a held delivery is put back ("replay"), taken as done ("settle") or given up ("drop"). Each
 * word is kept with who said it and why.
 */
#include "commands.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "../core/ask.h"
#include "../core/delivery.h"
#include "../jobs/recover.h"
#include "log.h"
#include "text.h"

#define PAGE 1000

/* ---- list, show ---- */

static int
list_held(struct cli *cli, struct pg *pg)
{
    struct result *r = result_new(cli->mem, "held list");
    struct result_table *t =
        result_table(r, "held", NULL,
                     "held_id:int system kind stream key reason field place detail times:int "
                     "held_at");
    const char *system = cli->word_count > 1 ? cli->words[1] : NULL;
    struct pg_rows rows = { 0 };
    int64_t after = 0;
    struct error err;

    do {
        enum verdict v = ask_held_list(pg, cli->mem, system, NULL, after, PAGE, &rows, &err);

        if (v)
            return cli_fail(v, &err);
        result_rows(t, &rows);
        if (rows.count)
            after = pg_int(&rows, rows.count - 1, "held_id");
    } while (rows.count == PAGE);
    return cli_print(cli, r, JOB_DONE);
}

/* What came, for people; only with --personal. */
static void
put_bytes(struct cli *cli, struct result *r, const struct pg_rows *held)
{
    size_t len = 0;

    if (pg_bool(held, 0, "sealed")) {
        result_line(r,
                    "its bytes are sealed: no command shows them; \"held replay\" can read them");
        return;
    }
    const char *bytes = pg_bytes(cli->mem, held, 0, "remote", &len);
    const char *text = bytes ? remote_text(cli->mem, bytes, len) : NULL;

    if (!text) {
        bytes = pg_bytes(cli->mem, held, 0, "body", &len);
        text = bytes && text_is_utf8(bytes, len, NULL) ? arena_text(cli->mem, bytes, len) : NULL;
    }
    if (!text)
        result_line(r, "its bytes are not text: see bridge.held.body");
    while (text && *text) {
        size_t line = strcspn(text, "\n");

        result_line(r, "%.*s", (int)(line < 2000 ? line : 2000), text);
        text += line + (text[line] == '\n');
    }
}

static enum verdict
read_id(const char *word, int64_t *id, struct error *err)
{
    if (text_int(word, strlen(word), id) && *id > 0)
        return V_OK;
    return error_set(err, V_FATAL, "usage", "\"%s\" is not a number of \"held list\"", word);
}

/* What a person has to look at in the peer, and nothing that could be staged or sent. */
static bool
is_word(const struct pg_rows *held)
{
    const char *kind = pg_named(held, 0, "kind");

    return !pg_named(held, 0, "delivery_id") && !pg_named(held, 0, "remote") && kind &&
           strcmp(kind, "conflict") == 0;
}

/* What can be done about it; NULL = it is over. */
static const char *
doors(const struct pg_rows *held)
{
    const char *state = pg_named(held, 0, "state");

    if (!state || strcmp(state, "open") != 0)
        return NULL;
    if (is_word(held))
        return "put it right at the peer; then \"held settle\" ends it";
    if (pg_named(held, 0, "delivery_id"))
        return "\"held replay\" sends it again, \"held settle\" takes it as done, \"held drop\" "
               "gives it up";
    return "\"held replay\" stages it again, \"held drop\" gives it up";
}

static int
show_held(struct cli *cli, struct pg *pg)
{
    static const char *const columns[] = {
        "held_id",  "system",  "stream",   "call",        "key",       "kind",  "reason",
        "field",    "place",   "detail",   "delivery_id", "state",     "times", "first_run",
        "last_run", "held_at", "ended_at", "ended_by",    "ended_why",
    };
    struct result *r = result_new(cli->mem, "held show");
    struct result_table *t = result_table(r, "held", NULL, "field value");
    struct pg_rows rows;
    struct error err;
    int64_t id;

    if (cli->word_count != 2)
        return cli_usage(cli, "\"held show\" takes one number");
    enum verdict v = read_id(cli->words[1], &id, &err);

    if (!v)
        v = ask_held_show(pg, cli->mem, id, &rows, &err);
    if (v)
        return cli_fail(v, &err);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        result_pair(t, columns[i], pg_named(&rows, 0, columns[i]));
    if (doors(&rows))
        result_line(r, "%s", doors(&rows));
    if (cli->options.personal)
        put_bytes(cli, r, &rows);
    else
        result_line(r, "--personal prints what came");
    return cli_print(cli, r, JOB_DONE);
}

/* ---- replay, settle, drop ---- */

struct order {
    const char *word;
    enum delivery_event event; /* for a held delivery */
    const char *done;
};

static const struct order orders[] = {
    { "replay", E_REPLAY, "replayed" },
    { "settle", E_SETTLE, "settled" },
    { "drop", E_DROP, "dropped" },
};

static struct job_system *
system_of(struct job *job, const char *name)
{
    for (size_t i = 0; name && i < job->count; i++)
        if (strcmp(job->systems[i].conf->name, name) == 0)
            return &job->systems[i];
    return NULL;
}

/* A held record, not a delivery. */
static enum verdict
order_record(struct job *job, const struct order *order, const struct pg_rows *held,
             const char *who, const char *why, struct error *err)
{
    const char *name = pg_named(held, 0, "system");
    struct job_system *s = system_of(job, name);

    if (order->event == E_DROP)
        return ask_held_drop(job->pg, job->batch, pg_int(held, 0, "held_id"), who, why, err);
    if (order->event == E_SETTLE && is_word(held))
        return ask_held_settled(job->pg, job->batch, pg_int(held, 0, "held_id"), who, why, err);
    if (order->event == E_REPLAY && is_word(held)) {
        error_set(err, V_REJECT, "held.replay",
                  "held %s is for a person to look at: nothing of it can be sent or staged",
                  pg_named(held, 0, "held_id"));
        error_hint(err, "Put it right at the peer; then \"held settle\" ends it.");
        return V_REJECT;
    }
    if (order->event == E_SETTLE) {
        error_set(err, V_REJECT, "held.settle", "held %s is a record, not a delivery",
                  pg_named(held, 0, "held_id"));
        error_hint(err, "\"held replay\" stages it again, \"held drop\" gives it up.");
        return V_REJECT;
    }
    if (!s)
        return error_set(err, V_REJECT, "held.system", "bridge.conf has no system \"%s\" any more",
                         name);
    return recover_held(job, s, held, 0, who, why, err);
}

static enum verdict
order_one(struct cli *cli, struct job *job, const struct order *order, int64_t id,
          struct error *err)
{
    const char *why = cli->options.why ? cli->options.why : "";
    struct pg_rows held;
    enum verdict v;

    arena_reset(job->batch);
    v = ask_held_show(job->pg, job->mem, id, &held, err);
    if (v)
        return v;
    const char *state = pg_named(&held, 0, "state"), *who = cli_user(cli->mem);
    const char *delivery = pg_named(&held, 0, "delivery_id");

    if (!state || strcmp(state, "open") != 0)
        return error_set(err, V_REJECT, "held.ended", "held %" PRId64 " is %s already", id,
                         state ? state : "ended");
    if (delivery)
        return delivery_order(job->pg, job->batch, job->run_id, delivery, order->event, who, why,
                              err);
    return order_record(job, order, &held, who, why, err);
}

/* On a terminal a drop is asked about: it is the one word that gives something up. */
static bool
is_sure(const struct cli *cli, const struct order *order)
{
    char answer[16];

    if (order->event != E_DROP || cli->options.yes || !isatty(STDIN_FILENO))
        return true;
    fprintf(stderr, "give up %zu held? it will not be sent or staged [y/N] ", cli->word_count - 1);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static enum verdict
order_all(struct cli *cli, struct job *job, const struct order *order, struct result_table *t,
          bool *refused, struct error *err)
{
    for (size_t i = 1; i < cli->word_count; i++) {
        int64_t id;
        enum verdict v = read_id(cli->words[i], &id, err);

        if (!v)
            v = order_one(cli, job, order, id, err);
        if (v && v != V_REJECT)
            return v;
        result_row(t);
        result_text(t, cli->words[i]);
        result_text(t, v ? "refused" : order->done);
        result_text(t, v ? err->code : NULL);
        if (v) {
            log_error(LOG_WARN, err);
            *refused = true;
        }
    }
    return V_OK;
}

static int
order_held(struct cli *cli, const struct order *order)
{
    const char *name = arena_format(cli->mem, "held %s", order->word);
    struct session opening = {
        .conf = &cli->conf,
        .job = name,
        .lock = SESSION_LOCK,
        .program = cli->version,
    };
    struct result *r = result_new(cli->mem, name);
    struct result_table *t = result_table(r, "held", NULL, "held_id:int became reason");
    bool refused = false;
    struct error err;
    struct job job;

    if (cli->word_count < 2)
        return cli_usage(cli, "\"%s\" needs numbers of \"held list\"", name);
    if (!is_sure(cli, order))
        return JOB_USAGE;
    enum verdict v = session_open(&job, &opening, &err);

    if (!v)
        v = order_all(cli, &job, order, t, &refused, &err);
    int code = session_close(&job, v, &err);

    if (!v)
        code = cli_print(cli, r, refused && code == JOB_DONE ? JOB_WAITS : code);
    session_free(&job);
    return code;
}

int
cmd_held(struct cli *cli)
{
    const char *word = cli->words[0];
    bool list = strcmp(word, "list") == 0, show = strcmp(word, "show") == 0;
    struct pg *pg = NULL;
    struct error err;

    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (strcmp(orders[i].word, word) == 0)
            return order_held(cli, &orders[i]);
    if (!list && !show)
        return cli_usage(cli, "there is no \"held %s\"", word);
    enum verdict v = session_database(&cli->conf, cli->mem, &pg, &err);
    int code = v ? cli_fail(v, &err) : list ? list_held(cli, pg) : show_held(cli, pg);

    pg_close(pg);
    return code;
}
