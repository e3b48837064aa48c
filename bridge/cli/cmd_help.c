/*
 * Help is printed from the same rows that the program works by: commands, options, and the options
 * of bridge.conf.
 */
#include "commands.h"

#include <string.h>

static void
print_options(unsigned mask, FILE *to)
{
    for (const struct option_row *row = option_rows; row->name; row++) {
        char name[64];

        if (!(row->bit & mask))
            continue;
        snprintf(name, sizeof name, "%c%c%s--%s%s%s", row->letter ? '-' : ' ',
                 row->letter ? row->letter : ' ', row->letter ? ", " : "  ", row->name,
                 row->arg ? " " : "", row->arg ? row->arg : "");
        fprintf(to, "  %-24s %s\n", name, row->help);
    }
}

void
help_all(const struct cli *cli, FILE *to)
{
    fprintf(to,
            "%s: joins the CCTNS databases and the grievance portals of a state police\n\n"
            "usage: cctns-bridge [-c bridge.conf] [-v|-q] [--json] COMMAND\n\ncommands:\n",
            cli->version);
    for (const struct command *c = cli->commands; c->name; c++)
        fprintf(to, "  %-10s %s\n", c->name, c->help);
    fputs("\noptions of every command:\n", to);
    print_options(OPT_GLOBAL, to);
    fputs("\nexit codes:\n"
          "  0 done and balanced          1 internal error       2 usage\n"
          "  3 something waits for a person                      4 books or systems disagree\n"
          "  5 bridge.conf or a map is invalid                   6 verification failed\n"
          "  7 another run holds the lock\n"
          "  75 a peer could not be reached: run again           143 ended by a signal: run again\n"
          "\n\"cctns-bridge help COMMAND\" tells more; \"cctns-bridge help conf\" the options of "
          "bridge.conf.\n",
          to);
}

void
help_command(const struct command *command, FILE *to)
{
    fprintf(to, "usage: cctns-bridge %s%s%s\n\n%s\n", command->name, command->args[0] ? " " : "",
            command->args, command->help);
    if (command->options) {
        fputs("\noptions:\n", to);
        print_options(command->options, to);
    }
    fputs("\noptions of every command:\n", to);
    print_options(OPT_GLOBAL, to);
}

static const char *
type_word(enum conf_type type)
{
    static const char *const words[] = {
        [CONF_TEXT] = "text", [CONF_INT] = "number", [CONF_BOOL] = "yes/no",
        [CONF_SPAN] = "span", [CONF_SIZE] = "size",  [CONF_FILE] = "file",
    };

    return words[type];
}

static void
print_keys(const char *section, const struct conf_key *keys)
{
    printf("\n%s\n", section);
    for (; keys->name; keys++)
        printf("  %-14s %-7s %s%s%s%s%s\n", keys->name, type_word(keys->type), keys->help,
               keys->flags & CONF_REQUIRED ? " (required)" : "",
               keys->flags & CONF_SECRET ? " (secret: env:NAME or file:PATH)" : "",
               keys->fallback ? "; default " : "", keys->fallback ? keys->fallback : "");
}

/* Kinds that take the same options are told together, by the first of them. */
static void
print_kind(const struct adapter_ops *const *registry, size_t at)
{
    char title[128];
    int len = snprintf(title, sizeof title, "[system NAME] of kind %s", registry[at]->name);

    for (size_t i = 0; i < at; i++)
        if (registry[i]->keys == registry[at]->keys)
            return;
    for (size_t i = at + 1; registry[i] && (size_t)len < sizeof title; i++)
        if (registry[i]->keys == registry[at]->keys)
            len += snprintf(title + len, sizeof title - (size_t)len, " or %s", registry[i]->name);
    if ((size_t)len < sizeof title)
        (void)snprintf(title + len, sizeof title - (size_t)len, ", also");
    print_keys(title, registry[at]->keys);
}

static void
print_conf(const struct cli *cli)
{
    printf("bridge.conf: [section], then \"key = value\" by line; # begins a comment\n");
    print_keys("[bridge]", conf_bridge_keys);
    print_keys("[system NAME]: one a system; the map says which kind it is", conf_system_keys);
    for (size_t i = 0; cli->registry[i]; i++)
        print_kind(cli->registry, i);
    print_keys("[job NAME]: what \"daemon\" starts, and when", conf_job_keys);
    print_keys("[cell NAME]: an office that is sent a package every morning", conf_cell_keys);
    print_keys("[notify]: SMS to complainants", conf_notify_keys);
    print_keys("[match]: the same grievance through several doors", conf_match_keys);
}

int
cmd_help(struct cli *cli)
{
    const char *word = cli->word_count ? cli->words[0] : NULL;

    if (!word) {
        help_all(cli, stdout);
    } else if (strcmp(word, "conf") == 0) {
        print_conf(cli);
    } else {
        const struct command *c = cli->commands;

        while (c->name && strcmp(c->name, word) != 0)
            c++;
        if (!c->name)
            return cli_usage(cli, "there is no command \"%s\"", word);
        help_command(c, stdout);
    }
    return cli_written(JOB_DONE);
}
