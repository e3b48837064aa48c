/*
 * schema apply | status.
 */
#include "commands.h"

#include <string.h>

#include "../core/schema.h"
#include "../core/templates.h"

static void
print_state(struct result *r, const struct schema_state *state, bool applied)
{
    struct result_table *t =
        result_table(r, "schema", NULL,
                     applied ? "version:int newest:int applied" : "version:int newest:int pending");

    result_row(t);
    result_int(t, state->version);
    result_int(t, state->newest);
    result_text(t, state->pending);
}

/* Migrations and reference data; then the words of messages. */
static enum verdict
apply(const struct cli *cli, struct pg *pg, struct schema_state *state, struct error *err)
{
    const struct conf *conf = &cli->conf;
    const char *words = conf->notify
                            ? conf->notify->templates
                            : arena_format(cli->mem, "%s/templates", conf->bridge.mappings);
    enum verdict v = schema_apply(pg, cli->mem, conf->bridge.sql, conf->bridge.mappings,
                                  conf->units, state, err);

    return v ? v : templates_load(pg, cli->mem, words, err);
}

int
cmd_schema(struct cli *cli)
{
    const struct conf *conf = &cli->conf;
    struct result *r = result_new(cli->mem, "schema");
    bool applies = strcmp(cli->words[0], "apply") == 0;
    struct schema_state state = { 0 };
    struct pg *pg = NULL;
    struct error err;
    enum verdict v;

    if (!applies && strcmp(cli->words[0], "status") != 0)
        return cli_usage(cli, "there is no \"schema %s\"", cli->words[0]);
    v = session_database(conf, cli->mem, &pg, &err);
    if (!v && applies)
        v = apply(cli, pg, &state, &err);
    else if (!v)
        v = schema_status(pg, cli->mem, conf->bridge.sql, &state, &err);
    pg_close(pg);
    if (v)
        return cli_fail(v, &err);
    print_state(r, &state, applies);
    if (!applies && state.pending[0])
        result_line(r, "run \"cctns-bridge schema apply\"");
    return cli_print(cli, r, !applies && state.pending[0] ? JOB_WAITS : JOB_DONE);
}
