/*
 * ledger: the books as a signed chain. To add a word: a function int (*)(struct cli *), which finds
 * its own words from cli->words[1] on, and a row below.
 */
#include "commands.h"

#include <string.h>

#include "../base/sign.h"
#include "../core/checkpoint.h"

static enum verdict
read_state(struct cli *cli, struct pg *pg, struct pg_rows *out, struct error *err)
{
    return pg_run(pg, cli->mem, "chain_state", NULL, 0, out, err);
}

/* ---- init ---- */

static enum verdict
say_key(struct cli *cli, struct result *r, const char *origin, struct error *err)
{
    struct result_table *t = result_table(r, "key", NULL, "key file");
    unsigned char public_key[SIGN_PUBLIC];
    struct sign_key *key = NULL;
    enum verdict v = sign_load(cli->mem, cli->conf.bridge.ledger_key, &key, err);

    if (v)
        return v;
    sign_public(key, public_key);
    result_row(t);
    result_text(t, sign_line(cli->mem, origin, public_key));
    result_text(t, cli->conf.bridge.ledger_key);
    return V_OK;
}

static int
init(struct cli *cli)
{
    struct result *r = result_new(cli->mem, "ledger init");
    const char *path = cli->conf.bridge.ledger_key;
    struct pg_rows state;
    struct pg *pg = NULL;
    struct error err;
    enum verdict v;

    if (!path)
        return cli_usage(cli, "bridge.conf does not say where the key is to be: write \"ledger_key "
                              "= FILE\" into [bridge]");
    v = session_database(&cli->conf, cli->mem, &pg, &err);
    if (!v)
        v = read_state(cli, pg, &state, &err);
    if (!v)
        v = sign_make(path, &err);
    if (!v)
        v = say_key(cli, r, pg_named(&state, 0, "origin"), &err);
    pg_close(pg);
    if (v)
        return cli_fail(v, &err);
    result_line(r,
                "Give this line to the auditor, on paper or by a way that nobody here can alter: "
                "with it, and the notes, the books are checked.");
    result_line(r,
                "Keep the file where it is, readable by the user of the nightly run alone, and a "
                "copy in a safe: a lost key cannot be made again.");
    if (!cli->conf.bridge.notes)
        result_line(r,
                    "\"notes\" in bridge.conf is to name the folders in which each run leaves its "
                    "note.");
    return cli_print(cli, r, JOB_DONE);
}

/* ---- status ---- */

static void
put_state(struct cli *cli, struct result *r, const struct pg_rows *state)
{
    static const struct {
        const char *name, *column;
    } rows[] = {
        { "books", "origin" },        { "entries", "entries" },
        { "last link", "h" },         { "last note", "checkpoint" },
        { "signed entries", "size" }, { "signed by run", "run" },
        { "signed at", "at" },        { "entries behind the last note", "unsigned" },
    };
    struct result_table *t = result_table(r, "ledger", NULL, "what value");
    struct sign_key *key = NULL;
    unsigned char public_key[SIGN_PUBLIC];
    struct error err;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        result_pair(t, rows[i].name, pg_named(state, 0, rows[i].column));
    if (!cli->conf.bridge.ledger_key ||
        sign_load(cli->mem, cli->conf.bridge.ledger_key, &key, &err))
        return;
    sign_public(key, public_key);
    result_pair(t, "key", sign_line(cli->mem, pg_named(state, 0, "origin"), public_key));
}

static int
status(struct cli *cli)
{
    struct result *r = result_new(cli->mem, "ledger status");
    struct checkpoint looked = { 0 };
    struct pg_rows state, places;
    struct pg *pg = NULL;
    struct error err;
    enum verdict v = session_database(&cli->conf, cli->mem, &pg, &err);

    if (!v)
        v = read_state(cli, pg, &state, &err);
    if (!v)
        v = pg_run(pg, cli->mem, "chain_places", NULL, 0, &places, &err);
    if (!v)
        v = checkpoint_look(pg, cli->mem, &cli->conf, &looked, &err);
    if (v) {
        pg_close(pg);
        return cli_fail(v, &err);
    }
    put_state(cli, r, &state);
    result_rows(result_table(r, "places", "where notes are kept outside the database",
                             "place checkpoint:int notes:int at"),
                &places);
    for (size_t i = 0; i < looked.count; i++)
        result_line(r, "%s", looked.lines[i]);
    int code = cli_print(cli, r, looked.count ? JOB_WAITS : JOB_DONE);

    pg_close(pg);
    return code;
}

/* ---- words ---- */

static const struct {
    const char *word;
    size_t least, most; /* words behind it */
    int (*run)(struct cli *cli);
} words[] = {
    { "init", 0, 0, init },
    { "status", 0, 0, status },
    { "export", 1, 1, cmd_ledger_export },
    { "verify", 0, 1, cmd_ledger_verify },
    { "certify", 0, 0, cmd_ledger_certify },
    { "purge", 0, 0, cmd_ledger_purge },
    { "erase", 1, 2, cmd_ledger_erase },
};

int
cmd_ledger(struct cli *cli)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(cli->words[0], words[i].word) != 0)
            continue;
        if (cli->word_count - 1 < words[i].least || cli->word_count - 1 > words[i].most)
            return cli_usage(cli, "\"ledger %s\" takes %s words", words[i].word,
                             cli->word_count - 1 < words[i].least ? "more" : "fewer");
        return words[i].run(cli);
    }
    return cli_usage(cli, "there is no \"ledger %s\"", cli->words[0]);
}
