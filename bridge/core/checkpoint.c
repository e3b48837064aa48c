/*
 * Folders are looked at before anything is signed: what was signed before is what they keep.
 */
#include "checkpoint_parts.h"

#include <stdarg.h>

#include "clock.h"
#include "log.h"

static void add_line(const struct closing *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
add_line(const struct closing *c, const char *fmt, ...)
{
    struct checkpoint *out = c->out;
    char text[700];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    out->lines = arena_grow(c->mem, out->lines, out->count, &out->room, sizeof *out->lines);
    out->lines[out->count++] = arena_format(c->mem, "books unanchored: %s", text);
}

/* What has happened, and what to do. */
static void
say_older(const struct closing *c)
{
    static const char *const words[] = {
        "The database is older than the notes that it left: a backup was put back, or its newest "
        "part was taken away. What the runs behind its last note booked is not in it.",
        "If it was a backup: leave the folders of \"notes\" as they are, for the auditor, who has "
        "in them what the lost runs signed; name new, empty folders in bridge.conf; then \"sync "
        "--sweep\" finds what the lost runs had moved.",
        "If nobody put a backup back: change nothing and call the auditor."
    };
    struct checkpoint *out = c->out;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        out->lines = arena_grow(c->mem, out->lines, out->count, &out->room, sizeof *out->lines);
        out->lines[out->count++] = words[i];
    }
}

/* The key, when there is one that goes on from the notes so far; else the line that says why not.
 */
static enum verdict
take_key(struct closing *c, struct error *err)
{
    const char *path = c->conf->bridge.ledger_key;
    enum note_word word = NOTE_GOOD;
    struct error said;
    int64_t number = 0;
    enum verdict v;

    if (!path) {
        add_line(c, "no key (cctns-bridge ledger init)");
        return V_OK;
    }
    if (sign_load(c->mem, path, &c->key, &said)) {
        log_error(LOG_WARN, &said);
        add_line(c, "%s", said.text);
        return V_OK;
    }
    v = checkpoint_own(c, &word, &number, err);
    if (v || word != NOTE_STRANGE)
        return v;
    c->key = NULL;
    log_line(LOG_WARN, "the key \"%s\" did not sign note %lld of these books [books.key]", path,
             (long long)number);
    add_line(c, "\"%s\" is not the key that signed note %lld", path, (long long)number);
    return V_OK;
}

/* ---- what an auditor would miss ---- */

static enum verdict
look_for_missing(const struct closing *c, const char *place, struct pg_rows *rows,
                 struct error *err)
{
    const char *const values[] = { place };

    return pg_run(c->pg, c->mem, "chain_missing", values, 1, rows, err);
}

static enum verdict
say_folders(const struct closing *c, struct error *err)
{
    const char *const *folders = checkpoint_folders(c->mem, c->conf);
    enum verdict v = V_OK;

    if (!*folders && !c->conf->bridge.tsa)
        add_line(c, "notes are left nowhere (\"notes\" in bridge.conf)");
    for (; !v && *folders; folders++) {
        struct pg_rows rows;

        v = look_for_missing(c, checkpoint_file_place(c->mem, *folders), &rows, err);
        if (!v && pg_int(&rows, 0, "n"))
            add_line(c, "since %s, %s notes could not be left in \"%s\"",
                     pg_named(&rows, 0, "since"), pg_named(&rows, 0, "n"), *folders);
    }
    return v;
}

static enum verdict
say_stamp(const struct closing *c, int64_t newest, struct error *err)
{
    struct pg_rows rows;
    enum verdict v;

    if (!c->conf->bridge.tsa || !newest)
        return V_OK;
    v = look_for_missing(c, checkpoint_tsa_place(c->mem, c->conf), &rows, err);
    if (!v && pg_int(&rows, 0, "newest") == newest)
        add_line(c, "note %lld has no stamp of \"%s\"", (long long)newest, c->conf->bridge.tsa);
    return v;
}

static void
say_age(const struct closing *c, const struct pg_rows *state)
{
    int64_t kept_at = pg_int(state, 0, "kept_at");
    char at[CLOCK_TEXT];

    if (pg_named(state, 0, "kept_at") &&
        clock_now() - kept_at > (int64_t)c->conf->bridge.stale_after * 1000) {
        clock_text(kept_at, at);
        add_line(c, "the newest note outside the database is of %.19sZ", at);
    }
    if (!pg_named(state, 0, "checkpoint") && pg_int(state, 0, "entries") && c->key &&
        !c->out->altered)
        add_line(c, "no note was signed yet, of %s entries", pg_named(state, 0, "entries"));
}

static enum verdict
say_what_stands(const struct closing *c, const struct pg_rows *state, struct error *err)
{
    enum verdict v = say_folders(c, err);

    if (!v)
        v = say_stamp(c, pg_int(state, 0, "checkpoint"), err);
    if (!v)
        say_age(c, state);
    return v;
}

/* ---- both doors ---- */

enum verdict
checkpoint_look(struct pg *pg, struct arena *mem, const struct conf *conf, struct checkpoint *out,
                struct error *err)
{
    struct closing c = { .pg = pg, .mem = mem, .conf = conf, .out = out };
    struct pg_rows state;
    enum verdict v;

    *out = (struct checkpoint){ 0 };
    v = pg_run(pg, mem, "chain_state", NULL, 0, &state, err);
    if (!v)
        v = checkpoint_look_behind(&c, err);
    if (!v && out->older) {
        out->lines = arena_grow(mem, out->lines, out->count, &out->room, sizeof *out->lines);
        out->lines[out->count++] = arena_format(mem, "books altered: %s", out->altered);
        say_older(&c);
    }
    if (v || !state.count)
        return v;
    if (!conf->bridge.ledger_key && pg_named(&state, 0, "checkpoint")) {
        say_age(&c, &state);
        return V_OK;
    }
    v = take_key(&c, err);
    return v || !conf->bridge.ledger_key ? v : say_what_stands(&c, &state, err);
}

enum verdict
checkpoint_make(struct pg *pg, struct arena *mem, const struct conf *conf, int64_t run_id,
                struct checkpoint *out, struct error *err)
{
    struct closing c = { .pg = pg, .mem = mem, .conf = conf, .run_id = run_id, .out = out };
    struct pg_rows state;
    enum verdict v;

    *out = (struct checkpoint){ 0 };
    v = take_key(&c, err);
    if (!v)
        v = checkpoint_leave(&c, 0, err);
    if (!v && c.key && !out->altered)
        v = checkpoint_sign(&c, err);
    if (!v && out->made && !out->altered)
        v = checkpoint_leave(&c, out->made - 1, err);
    if (!v && !out->altered)
        v = checkpoint_stamp(&c, err);
    if (!v && out->altered)
        log_line(LOG_ERROR, "the books were altered: %s [books.altered]", out->altered);
    if (!v && out->older)
        say_older(&c);
    if (v || !conf->bridge.ledger_key)
        return v;
    v = pg_run(pg, mem, "chain_state", NULL, 0, &state, err);
    return v || !state.count ? v : say_what_stands(&c, &state, err);
}
