/*
 * commands.h - what every command is given, and the commands.
 *
 * To add a command: a function in the file of its family (cmd_*.c), its prototype here, a row in
 * the table of main.c. A command returns the exit code (jobs/job.h); it prints data through
 * cli_print() and says failures through cli_fail(), once.
 */
#ifndef BRIDGE_COMMANDS_H
#define BRIDGE_COMMANDS_H

#include "../core/conf.h"
#include "../jobs/session.h"
#include "options.h"
#include "output.h"

struct cli;

enum {
    NEEDS_CONF = 1 << 0, /* bridge.conf and every map is read first; a fault ends with 5 */
    MAY_CONF = 1 << 1,   /* is read when there is one, for its folders only */
};

struct command {
    const char *name;   /* NULL ends the table */
    const char *args;   /* argument line for help */
    const char *help;   /* one line */
    unsigned options;   /* OPT_... that it takes besides the global ones */
    size_t least, most; /* words behind the name */
    unsigned needs;
    int (*run)(struct cli *cli);
};

struct cli {
    struct arena *mem; /* lives as long as the program */
    const struct command *commands, *command;
    const struct adapter_ops *const *registry;
    struct options options;
    const char *program; /* path to start the same program again */
    const char *version; /* "cctns-bridge 0.1.0" */
    const char *conf_path;
    const char *const *words; /* behind the command's name, ended by NULL */
    size_t word_count;
    struct conf conf;
};

/* main.c's table, and the program behind main(): argv in, exit code out. */
int cli_main(const struct command *commands, const struct adapter_ops *const *registry, int argc,
             char *const *argv);

/* Logs the error once; returns the exit code that a usage fault (2) or a verdict calls for. */
int cli_fail(enum verdict v, const struct error *err);
/* "usage" fault with the command's own argument line as the hint; returns 2. */
int cli_usage(const struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Prints the result in the form asked for, to stdout or into the file of --out; returns code, or 1
 * when that did not take it. */
int cli_print(const struct cli *cli, const struct result *r, int code);
enum output_form cli_form(const struct cli *cli);
/* Prints every fault on stderr, "FILE:LINE: TEXT". */
void cli_faults(const struct faults *faults);

/* A point in time as people write one: RFC 3339, "YYYY-MM-DD" or "YYYY-MM-DD HH:MM", in the zone of
 * bridge.conf unless it says its own. */
MUST_CHECK enum verdict
cli_time(const struct cli *cli, const char *text, char out[CLOCK_TEXT], struct error *err);
/* "2020-06-01..2020-06-30" -> its two days, both included; "2020-06" is the month, one day is one
 * day. */
MUST_CHECK enum verdict cli_period(struct arena *mem, const char *text, const char **from,
                                   const char **to, struct error *err);
/* At the end of what was written to stdout: the code, or that of a failure to write. Whoever has
 * stopped to read is no failure. */
int cli_written(int code);
/* Who works: the operating-system user's name. */
const char *cli_user(struct arena *mem);

/* cmd_check.c */
int cmd_check(struct cli *cli);
int cmd_probe(struct cli *cli);
/* cmd_schema.c */
int cmd_schema(struct cli *cli);
/* cmd_sync.c */
int cmd_sync(struct cli *cli);
int cmd_pull(struct cli *cli);
int cmd_push(struct cli *cli);
/* cmd_reconcile.c */
int cmd_reconcile(struct cli *cli);
/* cmd_status.c */
int cmd_status(struct cli *cli);
/* cmd_standing.c */
int cmd_standing(struct cli *cli);
int cmd_ranking(struct cli *cli);
/* cmd_held.c */
int cmd_held(struct cli *cli);
/* cmd_show.c */
int cmd_show(struct cli *cli);
/* cmd_ledger.c */
int cmd_ledger(struct cli *cli);
/* cmd_ledger_export.c: words of "ledger" */
int cmd_ledger_export(struct cli *cli);
int cmd_ledger_certify(struct cli *cli);
/* --run, 0 when it is not given; false when it is no number. */
bool ledger_run(const struct cli *cli, int64_t *run_id);
/* cmd_ledger_verify.c */
int cmd_ledger_verify(struct cli *cli);
/* cmd_ledger_policy.c */
int cmd_ledger_purge(struct cli *cli);
int cmd_ledger_erase(struct cli *cli);
/* cmd_audit.c */
int cmd_audit(struct cli *cli);
/* cmd_deadline.c */
int cmd_deadline(struct cli *cli);
/* cmd_duplicates.c */
int cmd_duplicates(struct cli *cli);
/* cmd_notify.c */
int cmd_notify(struct cli *cli);
/* cmd_forward.c */
int cmd_forward(struct cli *cli);
/* cmd_report.c */
int cmd_report(struct cli *cli);
/* cmd_map.c */
int cmd_map(struct cli *cli);
/* cmd_daemon.c */
int cmd_daemon(struct cli *cli);
/* cmd_help.c */
int cmd_help(struct cli *cli);
/* The whole list of commands and options; help with one command. */
void help_all(const struct cli *cli, FILE *to);
void help_command(const struct command *command, FILE *to);

#endif
