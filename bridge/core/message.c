/*
 * Plan and settle; what a message says is message_claim.c's.
 */
#include "message.h"

#include <string.h>

#include "clock.h"
#include "text.h"

/* Words of a list as an array, or NULL for none. */
static const char *
words_of(struct arena *mem, const char *list)
{
    const char **items = NULL, *word;
    size_t count = 0, room = 0, len;

    if (!list)
        return NULL;
    while (text_word(&list, &word, &len)) {
        items = arena_grow(mem, items, count, &room, sizeof *items);
        items[count++] = arena_text(mem, word, len);
    }
    return pg_of_texts(mem, items, count);
}

static const char *
satisfied_systems(struct arena *mem, const struct conf *conf)
{
    const char **items = arena_alloc(mem, (conf->system_count + 1) * sizeof *items);
    size_t n = 0;

    for (size_t i = 0; i < conf->system_count; i++)
        if (conf->systems[i].map->dispose_satisfied)
            items[n++] = conf->systems[i].name;
    return pg_of_texts(mem, items, n);
}

enum { PLAN_SINCE = 7, PLAN_VALUES = 9 };

/* All of bridge.conf that decides what is told: asked otherwise, planning looks at everything. */
static const char *
asked(struct arena *mem, const struct notify_options *o, const char *satisfied)
{
    return arena_format(mem, "start %s satisfied %s copies %s systems %s qr %s mail %s",
                        o->start_at ? o->start_at : "", satisfied, o->copies ? o->copies : "",
                        o->systems ? o->systems : "*", o->qr ? o->qr : "",
                        o->mail_from ? "yes" : "no");
}

static enum verdict
plan_touched(struct pg *pg, struct arena *mem, const char *values[PLAN_VALUES],
             const char *asked_for, struct pg_rows *out, struct error *err)
{
    struct pg_rows mark;
    enum verdict v = pg_run(pg, mem, "message_since", &asked_for, 1, &mark, err);

    if (v)
        return v;
    values[PLAN_SINCE] = pg_named(&mark, 0, "since");
    v = pg_run(pg, mem, "message_plan", values, PLAN_VALUES, out, err);

    const char *looked[] = { values[0], pg_named(&mark, 0, "asked"),
                             pg_named(&mark, 0, "running") };

    return v ? v : pg_run(pg, mem, "message_looked", looked, 3, NULL, err);
}

enum verdict
message_plan(struct pg *pg, struct arena *mem, int64_t run_id, const struct conf *conf,
             long *planned, long *suppressed, struct error *err)
{
    const struct notify_options *o = conf->notify;
    const char *satisfied = satisfied_systems(mem, conf);
    const char *mail = o->mail_from ? "true" : "false";
    const char *values[PLAN_VALUES] = {
        pg_of_int(mem, run_id),
        pg_of_now(mem),
        o->start_at,
        satisfied,
        words_of(mem, o->copies ? o->copies : ""),
        words_of(mem, o->systems),
        words_of(mem, o->qr ? o->qr : ""),
        NULL,
        mail,
    };
    const char *begin[] = { values[0], mail };
    struct pg_rows rows;
    enum verdict v = pg_begin(pg, err);

    *planned = *suppressed = 0;
    if (!v)
        v = pg_run(pg, mem, "message_start", begin, 2, NULL, err);
    if (!v)
        v = plan_touched(pg, mem, values, asked(mem, o, satisfied), &rows, err);
    if (!v) {
        *planned = (long)pg_int(&rows, 0, "planned");
        *suppressed = (long)pg_int(&rows, 0, "suppressed");
        v = pg_commit(pg, err);
    }
    if (v)
        pg_rollback(pg);
    return v;
}

enum verdict
message_open(struct arena *mem, const struct conf *conf, struct pg **out, struct error *err)
{
    const char *conninfo =
        conf->notify && conf->notify->database ? conf->notify->database : conf->bridge.database;
    enum verdict v = pg_open(mem, conninfo, conf->bridge.sql, "cctns-bridge",
                             conf->bridge.statement_limit, out, err);

    if (!v)
        v = pg_direct(*out, err);
    if (!v)
        v = pg_run(*out, mem, "message_role", NULL, 0, NULL, err);
    if (!v)
        return V_OK;
    pg_close(*out);
    *out = NULL;
    error_within(err, "database of the notifier");
    error_hint(err, "\"database\" of [notify] names a login that is in the role bridge_notifier.");
    return v;
}

enum verdict
message_recover(struct pg *pg, struct arena *mem, int64_t run_id, long *recovered,
                struct error *err)
{
    const char *values[] = { pg_of_int(mem, run_id), pg_of_now(mem) };
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "message_recover", values, 2, &rows, err);

    *recovered = v ? 0 : rows.affected;
    return v;
}

/* What an answer makes of a message that is being sent. */
static const char *
state_after(const struct conf *conf, const struct message *m, const struct message_answer *answer,
            const char **reason)
{
    *reason = answer->code;
    switch (answer->verdict) {
    case V_OK:
        *reason = NULL;
        return "sent";
    case V_RETRY:
        if (m->attempts < conf->bridge.tries)
            return "planned";
        *reason = "tries";
        return "failed";
    case V_REJECT:
        return "failed";
    case V_FATAL:
        return "planned"; /* nothing is wrong with the message */
    case V_IN_DOUBT:
        break;
    }
    return "in_doubt";
}

enum verdict
message_settle(struct pg *pg, struct arena *mem, int64_t run_id, const struct conf *conf,
               const struct message *message, const struct message_answer *answer,
               struct error *err)
{
    const char *reason, *state = state_after(conf, message, answer, &reason);
    char later[CLOCK_TEXT];
    const char *values[] = { pg_of_int(mem, run_id),
                             pg_of_int(mem, message->id),
                             pg_of_now(mem),
                             state,
                             reason,
                             message->mail_id ? message->mail_id : answer->receipt,
                             answer->said,
                             strcmp(state, "planned") == 0 ? later : NULL };
    struct pg_rows rows;

    clock_text(clock_now() + answer->backoff_ms * 1000, later);
    enum verdict v =
        pg_run(pg, mem, "message_settle", values, sizeof values / sizeof *values, &rows, err);

    if (!v && !rows.affected)
        v = error_set(err, V_FATAL, "run.fenced",
                      "the run was declared lost: it settles no message any more");
    return v;
}

enum verdict
message_order(struct pg *pg, struct arena *mem, int64_t id, const char *word, const char *who,
              const char *why, struct error *err)
{
    static const struct {
        const char *word, *state;
    } words[] = { { "sent", "sent" }, { "again", "planned" }, { "drop", "suppressed" } };
    const char *state = NULL;
    struct pg_rows rows;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].word, word) == 0)
            state = words[i].state;
    if (!state)
        return error_set(err, V_REJECT, "message.word",
                         "a message is settled by sent, again or "
                         "drop");

    const char *values[] = { pg_of_int(mem, id), pg_of_now(mem), state, who, why };
    enum verdict v = pg_run(pg, mem, "message_order", values, 5, &rows, err);

    if (!v && !rows.affected)
        v = error_set(err, V_REJECT, "message.ended", "message %lld is neither in doubt nor failed",
                      (long long)id);
    return v;
}

enum verdict
message_counts(struct pg *pg, struct arena *mem, struct pg_rows *out, struct error *err)
{
    return pg_run(pg, mem, "message_counts", NULL, 0, out, err);
}

enum verdict
message_wordless(struct pg *pg, struct arena *mem, long *n, const char **events, struct error *err)
{
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "message_wordless", NULL, 0, &rows, err);

    *n = v ? 0 : (long)pg_int(&rows, 0, "n");
    *events = v ? "" : pg_named(&rows, 0, "events");
    return v;
}

enum verdict
message_list(struct pg *pg, struct arena *mem, const char *state, int64_t after, long limit,
             struct pg_rows *out, struct error *err)
{
    const char *values[] = { state, pg_of_int(mem, after), pg_of_int(mem, limit) };

    return pg_run(pg, mem, "message_list", values, 3, out, err);
}

enum verdict
message_show(struct pg *pg, struct arena *mem, int64_t id, struct pg_rows *out, struct error *err)
{
    const char *values[] = { pg_of_int(mem, id) };
    enum verdict v = pg_run(pg, mem, "message_show", values, 1, out, err);

    if (!v && !out->count)
        v = error_set(err, V_REJECT, "message.unknown", "there is no message %lld", (long long)id);
    return v;
}
