/*
 * ledger export FILE | certify: the books as a file, and the certificate that goes with one.
 */
#include "commands.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "../core/certificate.h"
#include "../core/ledger_export.h"
#include "text.h"

bool
ledger_run(const struct cli *cli, int64_t *run_id)
{
    const char *word = cli->options.run;

    *run_id = 0;
    return !word || (text_int(word, strlen(word), run_id) && *run_id > 0);
}

static int
print_facts(struct cli *cli, const char *path, const struct ledger_facts *facts)
{
    struct result *r = result_new(cli->mem, "ledger export");
    struct result_table *t = result_table(
        r, "export", NULL, "file entries:int totals:int notes:int lines:int bytes:int sha256");

    result_row(t);
    result_text(t, path);
    result_int(t, facts->entries);
    result_int(t, facts->totals);
    result_int(t, facts->notes);
    result_int(t, facts->lines);
    result_int(t, facts->bytes);
    result_text(t, facts->sha256);
    return cli_print(cli, r, JOB_DONE);
}

int
cmd_ledger_export(struct cli *cli)
{
    const char *path = cli->words[1];
    bool out = strcmp(path, "-") == 0;
    struct ledger_facts facts;
    struct pg *pg = NULL;
    struct error err;
    int64_t run_id;

    if (!ledger_run(cli, &run_id))
        return cli_usage(cli, "--run takes the number of a run");
    enum verdict v = session_database(&cli->conf, cli->mem, &pg, &err);

    if (!v && out)
        v = ledger_export(pg, cli->mem, run_id, STDOUT_FILENO, &facts, &err);
    else if (!v)
        v = ledger_export_file(pg, cli->mem, run_id, path, &facts, &err);
    pg_close(pg);
    if (v && out && strcmp(err.code, "ledger.pipe") == 0)
        return JOB_DONE; /* "ledger export - | head" has read what it wanted */
    if (v)
        return cli_fail(v, &err);
    return out ? JOB_DONE : print_facts(cli, path, &facts);
}

int
cmd_ledger_certify(struct cli *cli)
{
    struct result *r = result_new(cli->mem, "ledger certify");
    const char *text = "";
    struct pg *pg = NULL;
    struct error err;
    int64_t run_id;

    if (!cli->options.run || !ledger_run(cli, &run_id))
        return cli_usage(cli, "\"ledger certify\" takes the number of a run: --run N");
    enum verdict v = session_database(&cli->conf, cli->mem, &pg, &err);

    if (!v)
        v = certificate_of_run(pg, cli->mem, run_id, &text, &err);
    pg_close(pg);
    if (v)
        return cli_fail(v, &err);
    while (*text) {
        size_t len = strcspn(text, "\n");

        result_line(r, "%.*s", (int)len, text);
        text += len + (text[len] == '\n');
    }
    return cli_print(cli, r, JOB_DONE);
}
