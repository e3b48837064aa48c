/*
 * map check | test | explain FILE: no peer and no database is touched.
 */
#include "commands.h"

#include <string.h>

#include "../core/map_tools.h"

int
cmd_map(struct cli *cli)
{
    struct map_tools tools = { .out = stdout, .mem = cli->mem, .kinds = cli->registry };
    const char *word = cli->words[0], *file = cli->words[1];
    bool test = strcmp(word, "test") == 0;
    int code;

    if (test != (cli->word_count == 3))
        return cli_usage(
            cli, test ? "\"map test\" needs a map and a sample" : "\"map %s\" takes one file",
            word);
    if (test)
        code = map_test(&tools, file, cli->words[2]);
    else if (strcmp(word, "check") == 0)
        code = map_check(&tools, file);
    else if (strcmp(word, "explain") == 0)
        code = map_explain(&tools, file);
    else
        return cli_usage(cli, "there is no \"map %s\"", word);
    return cli_written(code);
}
