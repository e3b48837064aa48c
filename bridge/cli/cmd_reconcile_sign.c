/*
 * Words behind "reconcile": an officer answers for a difference, who did, and the members of a
 * figure.
 */
#include "reconcile_parts.h"

#include <string.h>

/* "missing at police" may come as one word or as three. */
static const char *
join_words(const struct cli *cli, size_t from)
{
    const char *text = cli->words[from];

    for (size_t i = from + 1; i < cli->word_count; i++)
        text = arena_format(cli->mem, "%s %s", text, cli->words[i]);
    return text;
}

int
reconcile_sign(struct cli *cli)
{
    static const char *const none[] = { NULL };
    struct session opening = {
        .conf = &cli->conf,
        .job = "reconcile sign",
        .lock = SESSION_LOCK,
        .program = cli->version,
        .systems = none,
    };
    struct result *r = result_new(cli->mem, "reconcile sign");
    struct error err;
    struct job job;

    if (cli->word_count < 4 || !cli->options.by || !cli->options.why)
        return cli_usage(cli, "\"sign\" needs SYSTEM NUMBER WHAT --by OFFICER --why TEXT");
    if (!conf_system_find(&cli->conf, cli->words[1]))
        return cli_usage(cli, "there is no system \"%s\"", cli->words[1]);

    const struct compare_signature signature = {
        .system = cli->words[1],
        .number = cli->words[2],
        .what = join_words(cli, 3),
        .officer = cli->options.by,
        .why = cli->options.why,
        .typed_by = cli_user(cli->mem),
    };
    enum verdict v = session_open(&job, &opening, &err), refused = V_OK;

    if (!v)
        v = compare_sign(job.pg, job.mem, job.run_id, &signature, &err);
    if (v == V_REJECT) { /* what was asked for cannot be done; the run itself is well */
        refused = v;
        v = V_OK;
    }
    struct error later = err;
    int code = session_close(&job, v, &later);

    if (refused) {
        code = cli_fail(refused, &err);
    } else if (!v) {
        result_line(r, "signed off: %s of %s %s, by %s", signature.what, signature.system,
                    signature.number, signature.officer);
        code = cli_print(cli, r, code == JOB_WAITS ? JOB_DONE : code);
    }
    session_free(&job);
    return code;
}

int
reconcile_signed(struct cli *cli)
{
    struct result *r = result_new(cli->mem, "reconcile signed");
    struct pg *pg = NULL;
    struct pg_rows rows;
    struct error err;
    enum verdict v = session_database(&cli->conf, cli->mem, &pg, &err);

    if (!v)
        v = compare_signatures(pg, cli->mem, cli->words + 1, cli->word_count - 1, &rows, &err);
    if (v) {
        pg_close(pg);
        return cli_fail(v, &err);
    }
    result_rows(result_table(r, "signed", "what officers have answered for",
                             "signoff:int system number what officer why typed_by at stands:bool "
                             "digest"),
                &rows);
    int code = cli_print(cli, r, JOB_DONE);

    pg_close(pg);
    return code;
}

/* Complaints of a figure or of a place, as the page counts them. */
int
reconcile_members(struct cli *cli)
{
    struct result *r = result_new(cli->mem, "reconcile members");
    struct reconcile_view view = { .counted = false };
    const char *name = cli->word_count > 1 ? cli->words[1] : "";
    bool figure = compare_is_figure(name), place = compare_is_place(name);
    struct pg *pg = NULL;
    struct pg_rows rows;
    struct error err;

    if (!figure && !place)
        return cli_usage(cli, "\"members\" needs a figure (brought_forward, received, disposed, "
                              "pending, overdue, undated) or a place (with_police, in_flight, "
                              "refused, held)");
    for (size_t i = 2; i < cli->word_count; i++)
        if (!conf_system_find(&cli->conf, cli->words[i]))
            return cli_usage(cli, "there is no system \"%s\"", cli->words[i]);
    enum verdict v = reconcile_view_read(cli, &view, &err);

    reconcile_view_of(cli, &view, cli->words + 2, cli->word_count - 2);
    if (!v)
        v = session_database(&cli->conf, cli->mem, &pg, &err);
    if (!v)
        v = figure ? compare_figures(pg, cli->mem, &view.asked, name, &rows, &err)
                   : compare_places(pg, cli->mem, &view.asked, name, &rows, &err);
    if (v) {
        pg_close(pg);
        return cli_fail(v, &err);
    }
    result_rows(result_table(r, "members", name,
                             figure ? "system number police_number unit status came went due_at"
                                    : "system number police_number unit status"),
                &rows);
    int code = cli_print(cli, r, JOB_DONE);

    pg_close(pg);
    return code;
}
