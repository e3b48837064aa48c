/*
 * The signer is the first witness: it does not take the database's word for the links behind its
 * own last note. The long part of that is done before the head is locked, for every run that books
 * something waits for the head.
 */
#include "checkpoint_parts.h"

#include <string.h>

#include "clock.h"
#include "log.h"

struct head {
    const char *origin;
    int64_t seq;
    const unsigned char *h, *start;
};

/* A digest of the row; NULL when there is none of that length. */
static const unsigned char *
digest_in(struct arena *mem, const struct pg_rows *rows, const char *column)
{
    size_t len = 0;
    const char *bytes = rows->count ? pg_bytes(mem, rows, 0, column, &len) : NULL;

    return bytes && len == DIGEST_BYTES ? (const unsigned char *)bytes : NULL;
}

static bool
same(const unsigned char *a, const unsigned char *b)
{
    return a && b && memcmp(a, b, DIGEST_BYTES) == 0;
}

static enum verdict
read_head(const struct closing *c, const char *statement, struct head *out, struct error *err)
{
    struct pg_rows rows;
    enum verdict v = pg_run(c->pg, c->mem, statement, NULL, 0, &rows, err);

    if (v)
        return v;
    out->origin = rows.count ? pg_named(&rows, 0, "origin") : "";
    out->seq = rows.count ? pg_int(&rows, 0, "seq") : 0;
    out->h = digest_in(c->mem, &rows, "h");
    if (pg_column(&rows, "start") >= 0)
        out->start = digest_in(c->mem, &rows, "start");
    if (!rows.count || !out->h)
        c->out->altered = "the head of the chain is gone";
    return V_OK;
}

enum verdict
last_note_read(const struct closing *c, struct last_note *out, struct error *err)
{
    struct pg_rows rows;
    enum verdict v = pg_run(c->pg, c->mem, "chain_last", NULL, 0, &rows, err);

    *out = (struct last_note){ .text = "" };
    if (v || !rows.count)
        return v;
    out->number = pg_int(&rows, 0, "checkpoint");
    out->size = pg_int(&rows, 0, "size");
    out->at = pg_int(&rows, 0, "at");
    out->h = digest_in(c->mem, &rows, "h");
    out->text = pg_bytes(c->mem, &rows, 0, "note", &out->len);
    return V_OK;
}

/* ---- the chain ---- */

struct stretch {
    int64_t after, upto;
    const unsigned char *h; /* of the link at "after" */
    bool whole;             /* nothing may stand behind "upto" */
};

static enum verdict
look_at_links(const struct closing *c, const struct stretch *s, const unsigned char **ends,
              struct error *err)
{
    const char *const values[] = { pg_of_int(c->mem, s->after),
                                   pg_of_bytes(c->mem, s->h, DIGEST_BYTES),
                                   pg_of_int(c->mem, s->upto) };
    struct pg_rows rows;
    enum verdict v = pg_run(c->pg, c->mem, "chain_extends", values, 3, &rows, err);

    if (v)
        return v;
    *ends = s->upto ? digest_in(c->mem, &rows, "ends") : s->h;
    if (pg_named(&rows, 0, "altered"))
        c->out->altered =
            arena_format(c->mem, "entry %s is not as it was booked", pg_named(&rows, 0, "altered"));
    else if (s->after && !same(digest_in(c->mem, &rows, "begins"), s->h))
        c->out->altered =
            arena_format(c->mem, "link %lld is not as it was signed", (long long)s->after);
    else if (pg_int(&rows, 0, "n") != s->upto - s->after)
        c->out->altered = arena_format(c->mem, "of %lld links behind link %lld there are %s",
                                       (long long)(s->upto - s->after), (long long)s->after,
                                       pg_named(&rows, 0, "n"));
    else if (s->whole && pg_int(&rows, 0, "last") > s->upto)
        c->out->altered = "there are links beyond the head of the chain";
    return V_OK;
}

static enum verdict
look_for_untied(const struct closing *c, struct error *err)
{
    struct pg_rows rows;
    enum verdict v = pg_run(c->pg, c->mem, "chain_untied", NULL, 0, &rows, err);

    if (!v && pg_named(&rows, 0, "entry"))
        c->out->altered = arena_format(c->mem, "entry %s was not booked by way of the chain",
                                       pg_named(&rows, 0, "entry"));
    return v;
}

/* ---- the last note ---- */

static enum note_word
look_at_note(const struct closing *c, const struct last_note *last, const char *origin)
{
    return last->h ? note_look(c->mem, last->text, last->len, origin, last->size, last->h, c->key)
                   : NOTE_FORGED;
}

enum verdict
checkpoint_own(const struct closing *c, enum note_word *word, int64_t *number, struct error *err)
{
    struct last_note last;
    struct head head = { .seq = 0 };
    enum verdict v = last_note_read(c, &last, err);

    *word = NOTE_GOOD;
    *number = last.number;
    if (!v && last.number)
        v = read_head(c, "chain_head", &head, err);
    if (!v && last.number && !c->out->altered)
        *word = look_at_note(c, &last, head.origin);
    return v;
}

/* What the chain must follow from. */
static void
check_note(const struct closing *c, const struct last_note *last, const struct head *head)
{
    if (!last->number)
        return;
    if (look_at_note(c, last, head->origin) == NOTE_FORGED)
        c->out->altered =
            arena_format(c->mem, "note %lld is not as it was signed", (long long)last->number);
    else if (last->size > head->seq)
        c->out->altered =
            arena_format(c->mem, "note %lld is of %lld entries, the books have %lld",
                         (long long)last->number, (long long)last->size, (long long)head->seq);
}

/* ---- the new one ---- */

static enum verdict
add_line(void *to, const char *bytes, size_t len, struct error *err)
{
    (void)err;
    digest_add(to, bytes, len);
    return V_OK;
}

/* Of the run's lines as the export has them: the same statement. */
static enum verdict
digest_totals(const struct closing *c, unsigned char out[DIGEST_BYTES], struct error *err)
{
    const char *const run[] = { pg_of_int(c->mem, c->run_id) };
    struct digest d;
    enum verdict v = pg_run(c->pg, c->mem, "ledger_export_of_run", run, 1, NULL, err);

    digest_begin(&d);
    if (!v)
        v = pg_copy_out(c->pg, "ledger_export_run_totals", add_line, &d, err);
    digest_end(&d, out);
    return v;
}

static enum verdict
write_note(const struct closing *c, const struct note *note, struct error *err)
{
    char at[CLOCK_TEXT];
    size_t len;
    const char *text = note_make(c->mem, note, c->key, &len);
    const char *const values[] = { pg_of_int(c->mem, note->size),
                                   pg_of_bytes(c->mem, note->h, DIGEST_BYTES),
                                   pg_of_int(c->mem, c->run_id), pg_of_bytes(c->mem, text, len),
                                   at };
    struct pg_rows rows;
    enum verdict v;

    clock_text(note->at, at);
    v = pg_run(c->pg, c->mem, "chain_checkpoint", values, 5, &rows, err);
    if (!v)
        c->out->made = pg_int(&rows, 0, "checkpoint");
    return v;
}

/* With the head locked and the chain whole. */
static enum verdict
sign_head(const struct closing *c, const struct last_note *last, const struct head *head,
          struct error *err)
{
    const char *const run[] = { pg_of_int(c->mem, c->run_id) };
    unsigned char prev[DIGEST_BYTES], totals[DIGEST_BYTES];
    struct note note = { .origin = head->origin,
                         .size = head->seq,
                         .h = head->h,
                         .run_id = c->run_id,
                         .at = clock_now() };
    struct pg_rows rows;
    enum verdict v = pg_run(c->pg, c->mem, "chain_wrote", run, 1, &rows, err);

    if (v)
        return v;
    if (!pg_bool(&rows, 0, "entries") && !pg_bool(&rows, 0, "totals") && head->seq <= last->size)
        return V_OK;
    if (last->number) {
        digest_of(last->text, last->len, prev);
        note.prev = prev;
    }
    if (pg_bool(&rows, 0, "totals")) {
        v = digest_totals(c, totals, err);
        note.totals = totals;
    }
    return v ? v : write_note(c, &note, err);
}

/* Looks once more, at what came meanwhile: another run may have signed, too. */
static enum verdict
sign_held(const struct closing *c, const struct last_note *seen, struct stretch *s,
          struct error *err)
{
    const unsigned char *ends = NULL;
    struct last_note last;
    struct head head = { .seq = 0 };
    enum verdict v = read_head(c, "chain_hold", &head, err);

    if (!v)
        v = last_note_read(c, &last, err);
    if (v || c->out->altered)
        return v;
    check_note(c, &last, &head);
    if (last.number != seen->number && last.size > s->after) {
        s->after = last.size;
        s->h = last.h;
    }
    s->upto = head.seq;
    s->whole = true;
    if (!c->out->altered)
        v = look_at_links(c, s, &ends, err);
    if (!v && !c->out->altered && !same(ends, head.h))
        c->out->altered = "the head of the chain is not its last link";
    return v || c->out->altered ? v : sign_head(c, &last, &head, err);
}

enum verdict
checkpoint_sign(struct closing *c, struct error *err)
{
    const unsigned char *ends = NULL;
    struct last_note last;
    struct head head = { .seq = 0 };
    enum verdict v = last_note_read(c, &last, err); /* before the head, which only grows */

    if (!v)
        v = read_head(c, "chain_head", &head, err);
    if (!v && !c->out->altered)
        check_note(c, &last, &head);
    struct stretch s = { .after = last.size,
                         .upto = head.seq,
                         .h = last.number ? last.h : head.start };

    if (!v && !c->out->altered)
        v = look_at_links(c, &s, &ends, err);
    if (!v && !c->out->altered)
        v = look_for_untied(c, err);
    if (v || c->out->altered)
        return v;
    s.after = head.seq;
    s.h = ends;
    v = pg_begin(c->pg, err);
    if (!v)
        v = sign_held(c, &last, &s, err);
    if (!v && c->out->made)
        v = pg_commit(c->pg, err);
    else
        pg_rollback(c->pg);
    if (v)
        c->out->made = 0;
    return v;
}
