/*
 * options.h - the command line: options are rows of one table.
 *
 * An option may stand anywhere, before or after the command's words; "--" ends them. "--name
 * value",
 * "--name=value", "-c value" and "-cvalue" are the same; flags of one letter may stand together
 * ("-vq"). Every option of the program is a row of option_rows[]; which of them a command takes is
 * the mask in its row of the command table. To add one: a member of struct options, a bit, a row.
 */
#ifndef BRIDGE_OPTIONS_H
#define BRIDGE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "verdict.h"

enum {
    OPT_CONF = 1 << 0,
    OPT_VERBOSE = 1 << 1,
    OPT_QUIET = 1 << 2,
    OPT_JSON = 1 << 3,
    OPT_HELP = 1 << 4,
    OPT_VERSION = 1 << 5,
    OPT_GLOBAL = OPT_CONF | OPT_VERBOSE | OPT_QUIET | OPT_JSON | OPT_HELP | OPT_VERSION,
    OPT_DRY_RUN = 1 << 6,
    OPT_SINCE = 1 << 7,
    OPT_BY = 1 << 8,
    OPT_PERIOD = 1 << 9,
    OPT_LIST = 1 << 10,
    OPT_FORM = 1 << 11,
    OPT_OUT = 1 << 17,
    OPT_FORMAT = OPT_FORM | OPT_OUT, /* whatever prints tables takes both */
    OPT_YES = 1 << 12,
    OPT_PERSONAL = 1 << 13,
    OPT_WHY = 1 << 14,
    OPT_STREAM = 1 << 15,
    OPT_SWEEP = 1 << 16,
    OPT_RUN = 1 << 18,
    OPT_KEY = 1 << 19,
    OPT_MEMORY = 1 << 20,
    OPT_BASIS = 1 << 21,
    OPT_LAST = 1 << 22,
    OPT_UNIT = 1 << 23,
    OPT_OVERDUE = 1 << 24,
};

struct options {
    const char *conf; /* NULL = where the program looks by itself */
    bool verbose, quiet, json, help, version;
    bool dry_run, list, yes, personal, sweep, last, overdue;
    const char *since, *by, *basis, *period, *format, *out, *why, *stream, *run, *key, *memory,
        *unit;
    unsigned given;     /* bits of the options that were there */
    const char **words; /* the rest, in order, ended by NULL */
    size_t word_count;
};

struct option_row {
    unsigned bit;
    char letter;      /* 0 = none */
    const char *name; /* without the dashes; NULL ends the table */
    const char *arg;  /* what the value is called in help; NULL = a flag */
    size_t offset;    /* of the bool or the text in struct options */
    const char *help; /* one line */
};

extern const struct option_row option_rows[];

/* Reads argv[1..]. V_FATAL with code "usage" on an unknown option (with the nearest one as a
 * hint), a value that is missing or one that a flag does not take, and a repeated option. */
MUST_CHECK enum verdict options_read(struct arena *mem, int argc, char *const *argv,
                                     struct options *out, struct error *err);

/* V_FATAL when an option was given that is not in the mask; command is for the message. */
MUST_CHECK enum verdict
options_allow(const struct options *given, unsigned mask, const char *command, struct error *err);

#endif
