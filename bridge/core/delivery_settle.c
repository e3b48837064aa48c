/*
 * Settle. Rows of a batch are locked in the order of their ids (two processes cannot deadlock), the
 * table of moves is asked for each, and then the whole batch is moved, its tries are ended, what
 * waits for a person is held, numbers are linked and the books are written: one transaction, one
 * statement each.
 */
#include "delivery.h"

#include "../base/seal.h"
#include "clock.h"
#include "run.h"
#include "text.h"

#include <string.h>

enum {
    SAID_MAX = 200,   /* bytes of the peer's word that are kept */
    REASON_MAX = 60,  /* and that make the reason of a held row */
    DETAIL_MAX = 500, /* of the peer's text */
    BACKOFF_DOUBLES = 10,
};

static const long BACKOFF_LIMIT = 6L * 3600 * 1000;

/* One column for each array that the statements take; moves[i] is what happens to items[i]. */
struct settlement {
    size_t count;
    const struct lifecycle_rule **moves;
    const char **ids, **streams, **states, **receipts, **numbers, **norms, **said, **details,
        **sent, **not_before, **outcomes, **debit, **credit, **reasons, **kinds, **calls,
        **substituted;
    bool holds, links, sealed;
};

static const char *const outcomes[] = {
    [E_OK] = "ok",          [E_RETRY] = "retry",   [E_REJECT] = "reject",
    [E_DOUBT] = "in_doubt", [E_EXHAUST] = "retry", [E_FOUND] = "found",
    [E_ABSENT] = "absent",  [E_DENIED] = "absent", [E_DROP] = NULL,
};

static const char *
outcome_of(enum delivery_event event)
{
    return (size_t)event < sizeof outcomes / sizeof *outcomes ? outcomes[event] : NULL;
}

static const char **
column(struct arena *mem, size_t count)
{
    return arena_alloc(mem, (count + 1) * sizeof(const char *));
}

static void
prepare(struct arena *mem, struct settlement *s, size_t count)
{
    const char ***columns[] = {
        &s->ids,    &s->streams, &s->states, &s->receipts,   &s->numbers,     &s->norms,
        &s->said,   &s->details, &s->sent,   &s->not_before, &s->outcomes,    &s->debit,
        &s->credit, &s->reasons, &s->kinds,  &s->calls,      &s->substituted,
    };

    *s = (struct settlement){ .count = count };
    s->moves = arena_alloc(mem, (count + 1) * sizeof *s->moves);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        *columns[i] = column(mem, count);
}

/* A peer's words are not trusted: what PostgreSQL could not keep is replaced, the rest cut. */
static const char *
peer_text(struct arena *mem, const char *text, size_t max)
{
    size_t len = text ? strlen(text) : 0;

    if (!text)
        return NULL;
    if (!text_is_utf8(text, len, NULL))
        return "(not UTF-8)";
    if (len <= max)
        return text;
    while (max && ((unsigned char)text[max] & 0xC0) == 0x80)
        max--;
    return arena_text(mem, text, max);
}

/* Doubles with each try; up to a quarter is added by a digest of the reference and the try, so
 * that deliveries that failed together do not come back together. */
static const char *
next_try(struct arena *mem, const char *id, long attempt, long backoff_ms)
{
    unsigned char noise[DIGEST_BYTES];
    long doubles = attempt > 1 ? attempt - 1 : 0;
    const char *seed = arena_format(mem, "%s/%ld", id, attempt);
    char text[CLOCK_TEXT];
    long wait;

    if (doubles > BACKOFF_DOUBLES)
        doubles = BACKOFF_DOUBLES;
    wait = backoff_ms > BACKOFF_LIMIT >> doubles ? BACKOFF_LIMIT : backoff_ms << doubles;
    digest_of(seed, strlen(seed), noise);
    wait += wait / 4 * noise[0] / 255;
    clock_text(clock_now() + (int64_t)wait * 1000, text);
    return arena_copy(mem, text);
}

static const char *
kind_of_hold(enum delivery_state state)
{
    switch (state) {
    case S_REFUSED:
        return "refused";
    case S_DEAD:
        return "dead";
    case S_HELD:
        return "in_doubt";
    default:
        return NULL;
    }
}

static bool
state_from_name(const char *name, enum delivery_state *state)
{
    for (int s = S_PLANNED; s <= S_VOID; s++) {
        if (!strcmp(name, delivery_state_name((enum delivery_state)s))) {
            *state = (enum delivery_state)s;
            return true;
        }
    }
    return false;
}

/* Locks the rows and finds the rule for each; the columns that a rule alone fills are filled. */
static enum verdict
lock_and_rule(struct pg *pg, struct arena *mem, struct settlement *s,
              const enum delivery_event *events, const struct mapping *target, long *attempts,
              struct error *err)
{
    const char *values[] = { pg_of_texts(mem, s->ids, s->count) };
    struct pg_rows rows;
    size_t known = 0;
    enum verdict v = pg_run(pg, mem, "delivery_lock", values, 1, &rows, err);

    for (size_t row = 0; !v && row < rows.count; row++) {
        const char *id = pg_named(&rows, row, "delivery_id");
        const char *was = pg_named(&rows, row, "state");
        enum delivery_state from = S_VOID;
        size_t i = 0;

        while (i < s->count && (s->moves[i] || strcmp(s->ids[i], id) != 0))
            i++;
        if (i == s->count)
            continue;
        if (target && strcmp(pg_named(&rows, row, "target"), target->system) != 0)
            return error_set(err, V_FATAL, "delivery.target", "delivery %s is not for \"%s\"", id,
                             target->system);
        if (state_from_name(was, &from))
            s->moves[i] = lifecycle_find(from, events[i]);
        if (!s->moves[i])
            return error_set(err, V_FATAL, "delivery.move",
                             "delivery %s is \"%s\" and cannot be moved so", id, was);
        s->streams[i] = pg_named(&rows, row, "stream");
        s->states[i] = delivery_state_name(s->moves[i]->to);
        s->debit[i] = s->moves[i]->debit;
        s->credit[i] = s->moves[i]->credit;
        attempts[i] = (long)pg_int(&rows, row, "attempts");
        known++;
    }
    if (!v && known != s->count)
        return error_set(err, V_FATAL, "delivery.unknown",
                         "%zu of %zu deliveries are not in the outbox", s->count - known, s->count);
    return v;
}

static enum verdict
write_moves(struct pg *pg, struct arena *mem, int64_t run_id, const struct settlement *s, bool anew,
            struct error *err)
{
    size_t n = s->count;
    char at[CLOCK_TEXT];
    const char *run = pg_of_int(mem, run_id), *ids = pg_of_texts(mem, s->ids, n);
    enum verdict v;

    clock_text(clock_now(), at);

    const char *move[] = { run,
                           at,
                           ids,
                           pg_of_texts(mem, s->states, n),
                           pg_of_texts(mem, s->receipts, n),
                           pg_of_texts(mem, s->said, n),
                           pg_of_texts(mem, s->not_before, n),
                           anew ? "true" : "false",
                           pg_of_texts(mem, s->substituted, n) };
    const char *attempt[] = { run,
                              at,
                              ids,
                              pg_of_texts(mem, s->outcomes, n),
                              pg_of_texts(mem, s->said, n),
                              pg_of_texts(mem, s->details, n),
                              pg_of_texts(mem, s->receipts, n),
                              pg_of_texts(mem, s->sent, n),
                              s->sealed ? "true" : "false" };
    const char *books[] = { run,
                            at,
                            ids,
                            pg_of_texts(mem, s->debit, n),
                            pg_of_texts(mem, s->credit, n),
                            pg_of_texts(mem, s->reasons, n) };
    const char *hold[] = { run,
                           at,
                           ids,
                           pg_of_texts(mem, s->kinds, n),
                           pg_of_texts(mem, s->reasons, n),
                           pg_of_texts(mem, s->calls, n) };
    const char *link[] = {
        run, at, ids, pg_of_texts(mem, s->numbers, n), pg_of_texts(mem, s->norms, n), s->calls[0]
    };

    v = pg_run(pg, mem, "delivery_move", move, sizeof move / sizeof *move, NULL, err);
    if (!v)
        v = pg_run(pg, mem, "delivery_attempts", attempt, sizeof attempt / sizeof *attempt, NULL,
                   err);
    if (!v && s->holds)
        v = pg_run(pg, mem, "delivery_hold", hold, sizeof hold / sizeof *hold, NULL, err);
    if (!v && s->links)
        v = pg_run(pg, mem, "delivery_link", link, sizeof link / sizeof *link, NULL, err);
    if (!v)
        v = pg_run(pg, mem, "delivery_books", books, sizeof books / sizeof *books, NULL, err);
    return v;
}

/* What the answer of one item means for the columns that its rule alone does not fill. */
static void
take_answer(struct arena *mem, struct settlement *s, size_t i, const struct delivery *d,
            const struct mapping *target, long attempt, long backoff_ms)
{
    const struct map_call *call = mapping_carrier(target, s->streams[i]);
    enum delivery_state to = s->moves[i]->to;
    const char *word;

    s->outcomes[i] = outcome_of(d->event);
    s->receipts[i] = peer_text(mem, d->receipt, SAID_MAX);
    s->said[i] = peer_text(mem, d->said, SAID_MAX);
    s->details[i] = peer_text(mem, d->detail, DETAIL_MAX);
    s->sent[i] = d->sent ? pg_of_bytes(mem, d->sent, d->sent_len) : NULL;
    s->sealed = s->sealed || d->sealed; /* all are for one system */
    if (d->event != E_FOUND && d->event != E_ABSENT && d->event != E_UNKNOWN &&
        d->event != E_DENIED)
        s->substituted[i] = d->substituted ? d->substituted : "";
    s->not_before[i] = d->event == E_RETRY ? next_try(mem, d->id, attempt, backoff_ms) : NULL;
    s->calls[i] = call ? call->name : NULL;
    s->kinds[i] = kind_of_hold(to);
    if (s->kinds[i]) {
        word = peer_text(mem, d->said, REASON_MAX);
        s->reasons[i] = word && *word ? word : delivery_state_name(to);
        s->holds = true;
    }
    if (to == S_CONFIRMED && target->role == ROLE_POLICE && s->receipts[i] && *s->receipts[i] &&
        !strcmp(s->streams[i], "complaint")) {
        s->numbers[i] = s->receipts[i];
        s->norms[i] = text_number_norm(mem, s->receipts[i]);
        s->links = true;
    }
}

const char *
delivery_aad(struct arena *mem, const char *system, const char *id)
{
    return arena_format(mem, "%s|delivery|%s", system, id);
}

void
delivery_seal(const struct mapper *target, struct arena *mem, struct delivery *d)
{
    if (!mapping_seals(target->map))
        return;
    d->detail = NULL;
    if (!d->sent || d->sealed)
        return;
    d->sent =
        (const char *)seal_bytes(target->seal, mem, delivery_aad(mem, target->map->system, d->id),
                                 d->sent, d->sent_len, &d->sent_len);
    d->sealed = true;
}

/* What was asked about, and what the peer said. */
static enum verdict
say_asked(struct pg *pg, struct arena *mem, int64_t run_id, const struct mapping *target,
          const enum delivery_event *events, size_t count, struct error *err)
{
    static const struct {
        enum delivery_event event;
        const char *what;
    } answers[] = { { E_FOUND, "found" }, { E_ABSENT, "absent" }, { E_UNKNOWN, "unknown" } };
    enum verdict v = V_OK;

    for (size_t k = 0; !v && k < sizeof answers / sizeof *answers; k++) {
        long n = 0;

        for (size_t i = 0; i < count; i++)
            n += events[i] == answers[k].event;
        v = run_recovered_one(pg, mem, run_id, answers[k].what, target->system, n, err);
    }
    return v;
}

enum verdict
delivery_settle(struct pg *pg, struct arena *mem, int64_t run_id, const struct mapping *target,
                struct delivery *items, size_t count, long backoff_ms, struct error *err)
{
    enum delivery_event *events = arena_alloc(mem, (count + 1) * sizeof *events);
    long *attempts = arena_alloc(mem, (count + 1) * sizeof *attempts);
    bool own = !pg_in_transaction(pg);
    struct settlement s;
    struct error fenced;
    enum verdict v = V_OK;

    if (!count)
        return V_OK;
    prepare(mem, &s, count);
    for (size_t i = 0; i < count; i++) {
        s.ids[i] = items[i].id;
        events[i] = items[i].event;
    }
    if (own)
        v = pg_begin(pg, err);
    if (v)
        return v;
    v = lock_and_rule(pg, mem, &s, events, target, attempts, err);
    if (v == V_FATAL && run_fenced(pg, mem, run_id, &fenced))
        *err = fenced; /* another run has taken them over: no mistake of ours */
    for (size_t i = 0; !v && i < count; i++)
        take_answer(mem, &s, i, &items[i], target, attempts[i], backoff_ms);
    if (!v)
        v = write_moves(pg, mem, run_id, &s, false, err);
    if (!v)
        v = say_asked(pg, mem, run_id, target, events, count, err);
    if (!v && own)
        v = pg_commit(pg, err);
    if (v) {
        if (own)
            pg_rollback(pg);
        error_within(err, "answers of \"%s\"", target->system);
    }
    return v;
}

static enum verdict
recover_some(struct pg *pg, struct arena *mem, int64_t run_id, size_t *some, struct error *err)
{
    const struct lifecycle_rule *rule = lifecycle_find(S_SENDING, E_DOUBT);
    struct settlement s;
    struct pg_rows rows;
    const char **targets;
    long *ones;
    enum verdict v = pg_run(pg, mem, "delivery_lock_sending", NULL, 0, &rows, err);

    *some = v ? 0 : rows.count;
    if (v || !rows.count)
        return v;
    prepare(mem, &s, rows.count);
    targets = column(mem, rows.count);
    ones = arena_alloc(mem, rows.count * sizeof *ones);
    for (size_t i = 0; i < rows.count; i++) {
        targets[i] = pg_named(&rows, i, "target");
        ones[i] = 1;
        s.ids[i] = pg_named(&rows, i, "delivery_id");
        s.states[i] = delivery_state_name(rule->to);
        s.outcomes[i] = outcome_of(E_DOUBT);
        s.details[i] = "the run ended before the answer was recorded";
        s.debit[i] = rule->debit;
        s.credit[i] = rule->credit;
    }
    v = write_moves(pg, mem, run_id, &s, false, err);
    return v ? v : run_recovered(pg, mem, run_id, "sending", targets, ones, rows.count, err);
}

enum verdict
delivery_recover(struct pg *pg, struct arena *mem, int64_t run_id, long *recovered,
                 struct error *err)
{
    size_t some = 1;
    enum verdict v = V_OK;

    *recovered = 0;
    while (!v && some) {
        v = pg_begin(pg, err);
        if (v)
            return v;
        v = recover_some(pg, mem, run_id, &some, err);
        if (!v)
            v = pg_commit(pg, err);
        if (v)
            pg_rollback(pg);
        else
            *recovered += (long)some;
    }
    return v;
}

static bool
is_uuid(const char *id)
{
    if (strlen(id) != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (id[i] != '-')
                return false;
        } else if (!strchr("0123456789abcdef", id[i])) {
            return false;
        }
    }
    return true;
}

enum verdict
delivery_order(struct pg *pg, struct arena *mem, int64_t run_id, const char *delivery_id,
               enum delivery_event event, const char *who, const char *why, struct error *err)
{
    const char *state = event == E_REPLAY ? "replayed" : event == E_SETTLE ? "settled" : "dropped";
    long attempts = 0;
    char at[CLOCK_TEXT];
    struct settlement s;
    enum verdict v;

    if (event != E_REPLAY && event != E_SETTLE && event != E_DROP)
        return error_set(err, V_FATAL, "delivery.move", "not a move that an operator can order");
    if (!is_uuid(delivery_id))
        return error_set(err, V_REJECT, "delivery.unknown",
                         "not a delivery: a UUID in lower case is expected");
    prepare(mem, &s, 1);
    s.ids[0] = delivery_id;
    clock_text(clock_now(), at);
    v = pg_begin(pg, err);
    if (v)
        return v;

    const char *values[] = {
        pg_of_int(mem, run_id), at, pg_of_texts(mem, s.ids, 1), state, who, why
    };

    v = lock_and_rule(pg, mem, &s, &event, NULL, &attempts, err);
    if (v == V_FATAL && !strncmp(err->code, "delivery.", 9))
        v = V_REJECT; /* an operator's slip, not a mistake of ours */
    if (!v)
        v = write_moves(pg, mem, run_id, &s, event == E_REPLAY, err);
    if (!v && event == E_SETTLE) /* a person's word is not asked about again */
        v = pg_run(pg, mem, "prove_mark", &values[1], 2, NULL, err);
    if (!v)
        v = pg_run(pg, mem, "delivery_unhold", values, sizeof values / sizeof *values, NULL, err);
    if (!v)
        v = pg_commit(pg, err);
    if (v)
        pg_rollback(pg);
    return v;
}
