/*
 * The program: its commands as rows of one table, and the kinds of endpoint that are built in.
 */
#include "commands.h"

static const struct command commands[] = {
    { "check", "[SYSTEM...]", "check bridge.conf and maps, then reach each system, read only",
      OPT_FORMAT, 0, 64, NEEDS_CONF, cmd_check },
    { "schema", "apply|status", "bring the staging schema to this version, or show its state",
      OPT_FORMAT, 1, 1, NEEDS_CONF, cmd_schema },
    { "sync", "[SYSTEM...]", "the nightly run: pull, register, deliver, reconcile",
      OPT_DRY_RUN | OPT_SINCE | OPT_SWEEP | OPT_FORMAT, 0, 64, NEEDS_CONF, cmd_sync },
    { "pull", "SYSTEM...", "read what changed in a system into staging",
      OPT_DRY_RUN | OPT_SINCE | OPT_FORMAT, 1, 64, NEEDS_CONF, cmd_pull },
    { "push", "SYSTEM...", "send what is due to a system", OPT_FORMAT, 1, 64, NEEDS_CONF,
      cmd_push },
    { "reconcile",
      "[SYSTEM...] | sign SYSTEM NUMBER WHAT | signed [SYSTEM...] | members FIGURE [SYSTEM...]",
      "compare portals, police and staging, record by record",
      OPT_BY | OPT_BASIS | OPT_PERIOD | OPT_LIST | OPT_LAST | OPT_FORMAT | OPT_SWEEP | OPT_WHY, 0,
      64, NEEDS_CONF, cmd_reconcile },
    { "audit", "[RULE...] | list", "the rules of auditors: what a person must look at",
      OPT_LIST | OPT_FORMAT, 0, 64, NEEDS_CONF, cmd_audit },
    { "status", "", "what ran, what waits, and since when", OPT_FORMAT, 0, 0, NEEDS_CONF,
      cmd_status },
    { "held", "list [SYSTEM] | show ID | replay|settle|drop ID...",
      "what waits for a person, and the person's word on it",
      OPT_FORMAT | OPT_PERSONAL | OPT_WHY | OPT_YES, 1, 64, NEEDS_CONF, cmd_held },
    { "show", "NUMBER", "the whole life of a complaint, by any of its numbers",
      OPT_FORMAT | OPT_PERSONAL, 1, 1, NEEDS_CONF, cmd_show },
    { "deadline", "list | explain NUMBER", "what is due and when, and by which rule",
      OPT_UNIT | OPT_OVERDUE | OPT_FORMAT, 1, 2, NEEDS_CONF, cmd_deadline },
    { "duplicates", "[list | show NUMBER | apart|confirm NUMBER NUMBER]",
      "the same grievance through several doors: look for it; what was found, and a person's word",
      OPT_FORMAT | OPT_WHY, 0, 3, NEEDS_CONF, cmd_duplicates },
    { "notify", "[list [STATE] | show ID | reports | settle ID sent|again|drop]",
      "SMS to complainants: send what is due; what waits, and a person's word on it",
      OPT_FORMAT | OPT_WHY, 0, 3, NEEDS_CONF, cmd_notify },
    { "map", "check FILE | test FILE SAMPLE | explain FILE",
      "tools for whoever writes or reads a map", 0, 2, 3, 0, cmd_map },
    { "probe", "SYSTEM|CONNECTION", "what an ODBC driver or a system really can do", OPT_FORMAT, 1,
      1, MAY_CONF, cmd_probe },
    { "ledger",
      "init | status | export FILE | verify [FILE] | certify | purge | erase NUMBER [SYSTEM]",
      "the books as a signed chain: what an auditor takes away, and what policy does",
      OPT_FORMAT | OPT_RUN | OPT_KEY | OPT_MEMORY | OPT_DRY_RUN | OPT_BY | OPT_WHY, 1, 3,
      NEEDS_CONF, cmd_ledger },
    { "ranking", "[SYSTEM]", "districts by disposal in time", OPT_PERIOD | OPT_FORMAT, 0, 1,
      NEEDS_CONF, cmd_ranking },
    { "standing", "[ranking [SYSTEM] | hotspots | feedback]",
      "a month by unit, level, station or category; districts by rank; what grows where",
      OPT_BY | OPT_PERIOD | OPT_PERSONAL | OPT_FORMAT, 0, 2, NEEDS_CONF, cmd_standing },
    { "forward", "[UNIT...] | list [UNIT...]",
      "each cell's package of the day: made, sent, acknowledged; and which units are silent",
      OPT_DRY_RUN | OPT_FORMAT, 0, 64, NEEDS_CONF, cmd_forward },
    { "report", "FOLDER", "static pages for IT, seniors, auditors and districts, in two languages",
      OPT_FORMAT, 1, 1, NEEDS_CONF, cmd_report },
    { "daemon", "", "start the jobs of bridge.conf at their times", 0, 0, 0, NEEDS_CONF,
      cmd_daemon },
    { "help", "[COMMAND|conf]", "help with a command, or the options of bridge.conf", 0, 0, 1, 0,
      cmd_help },
    { .name = NULL },
};

int
main(int argc, char **argv)
{
    return cli_main(commands, adapter_registry, argc, argv);
}
