/*
 * From argv to a command and back to an exit code. What every command shares stands here.
 */
#include "commands.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../base/file.h"
#include "clock.h"
#include "log.h"
#include "progress.h"
#include "text.h"

#define PROGRAM    "cctns-bridge"
#define CONF_HERE  "bridge.conf"
#define CONF_USUAL "/etc/cctns-bridge/bridge.conf"

static bool printed; /* a result was */

/* ---- saying ---- */

int
cli_fail(enum verdict v, const struct error *err)
{
    log_error(LOG_ERROR, err);
    if (v == V_REJECT || strcmp(err->code, "usage") == 0)
        return JOB_USAGE; /* what was asked for is not there, or cannot be done to it */
    return v == V_RETRY ? JOB_PEER : JOB_INTERNAL;
}

int
cli_usage(const struct cli *cli, const char *fmt, ...)
{
    struct error err;
    char text[400];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    error_set(&err, V_FATAL, "usage", "%s", text);
    if (cli->command)
        error_hint(&err, "Usage: %s %s%s%s.", PROGRAM, cli->command->name,
                   cli->command->args[0] ? " " : "", cli->command->args);
    return cli_fail(V_FATAL, &err);
}

enum output_form
cli_form(const struct cli *cli)
{
    enum output_form form = OUTPUT_TABLE;

    if (cli->options.json)
        return OUTPUT_JSON;
    if (cli->options.format && !output_form_find(cli->options.format, &form))
        return OUTPUT_TABLE;
    return form;
}

/* The file that the result goes to; NULL = stdout. */
static const char *
out_path(const struct cli *cli)
{
    const char *path = cli->options.out;

    return path && strcmp(path, "-") != 0 ? path : NULL;
}

/* "show N | head" has read what it wanted: that is no failure. */
static bool
reader_has_left(void)
{
    struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

int
cli_written(int code)
{
    if ((fflush(stdout) == 0 && !ferror(stdout)) || reader_has_left())
        return code;
    log_line(LOG_ERROR, "could not write to stdout");
    return JOB_INTERNAL;
}

int
cli_print(const struct cli *cli, const struct result *r, int code)
{
    const char *path = out_path(cli);
    struct error err;

    printed = true;
    if (!path)
        return result_print(r, cli_form(cli), stdout) ? code : cli_written(code);
    enum verdict v = result_write(r, cli_form(cli), path, &err);

    if (v)
        return cli_fail(v, &err);
    log_line(LOG_INFO, "wrote \"%s\"", path);
    return code;
}

void
cli_faults(const struct faults *faults)
{
    for (size_t i = 0; i < faults->count; i++) {
        const struct fault *f = &faults->items[i];

        if (f->line > 0)
            fprintf(stderr, "%s:%d: %s\n", f->path, f->line, f->text);
        else
            fprintf(stderr, "%s: %s\n", f->path, f->text);
    }
}

const char *
cli_user(struct arena *mem)
{
    struct passwd entry, *found = NULL;
    char room[4096];

    if (getpwuid_r(getuid(), &entry, room, sizeof room, &found) == 0 && found)
        return arena_copy(mem, entry.pw_name);
    return arena_format(mem, "uid %ld", (long)getuid());
}

/* ---- times that people write ---- */

enum verdict
cli_time(const struct cli *cli, const char *text, char out[CLOCK_TEXT], struct error *err)
{
    static const char *const forms[] = { "iso", "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S" };
    const char *zone = cli->conf.bridge.zone;
    int minutes = 0;
    int64_t at;

    if (zone && !clock_zone(zone, &minutes))
        return error_set(err, V_FATAL, "usage", "the zone \"%s\" is not known", zone);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (clock_parse(forms[i], minutes, text, strlen(text), &at)) {
            clock_text(at, out);
            return V_OK;
        }
    error_set(err, V_FATAL, "usage", "\"%s\" is not a time", text);
    error_hint(err, "Write it as 2020-06-01, \"2020-06-01 20:00\" or 2020-06-01T20:00:00Z.");
    return V_FATAL;
}

static bool
is_day(const char *text, size_t len)
{
    int64_t at;

    return clock_parse("%Y-%m-%d", 0, text, len, &at);
}

enum verdict
cli_period(struct arena *mem, const char *text, const char **from, const char **to,
           struct error *err)
{
    static const char *const last_days[] = { "31", "30", "29", "28" };
    const char *dots = strstr(text, "..");

    if (dots && is_day(text, (size_t)(dots - text)) && is_day(dots + 2, strlen(dots + 2))) {
        *from = arena_text(mem, text, (size_t)(dots - text));
        *to = arena_copy(mem, dots + 2);
        if (strcmp(*from, *to) <= 0)
            return V_OK;
        return error_set(err, V_FATAL, "usage", "the period \"%s\" ends before it begins", text);
    }
    if (!dots && is_day(text, strlen(text))) {
        *from = *to = arena_copy(mem, text);
        return V_OK;
    }
    for (size_t i = 0; !dots && i < sizeof last_days / sizeof last_days[0]; i++) {
        *from = arena_format(mem, "%s-01", text);
        *to = arena_format(mem, "%s-%s", text, last_days[i]);
        if (is_day(*from, strlen(*from)) && is_day(*to, strlen(*to)))
            return V_OK;
    }
    error_set(err, V_FATAL, "usage", "\"%s\" is not a period", text);
    error_hint(err, "Write it as 2020-06-01..2020-06-30 or 2020-06.");
    return V_FATAL;
}

/* ---- from argv to the command ---- */

static const struct command *
find_command(const struct command *commands, const char *name)
{
    for (; commands->name; commands++)
        if (strcmp(commands->name, name) == 0)
            return commands;
    return NULL;
}

static int
unknown_command(const struct cli *cli, const char *name)
{
    const char *names[64];
    struct error err;
    size_t n = 0;

    for (const struct command *c = cli->commands; c->name && n < 64; c++)
        names[n++] = c->name;
    const char *near = text_nearest(name, names, n);

    error_set(&err, V_FATAL, "usage", "there is no command \"%s\"", name);
    if (near)
        error_hint(&err, "Did you mean \"%s\"?", near);
    else
        error_hint(&err, "\"%s help\" lists the commands.", PROGRAM);
    return cli_fail(V_FATAL, &err);
}

/* The form of the result and its place, before anything is done for it. */
static enum verdict
check_form(const struct cli *cli, struct error *err)
{
    const char *path = out_path(cli);
    enum output_form form = OUTPUT_TABLE;

    if (cli->options.format && !output_form_find(cli->options.format, &form))
        return error_set(err, V_FATAL, "usage", "--format is table, csv, xlsx or json");
    if (cli->options.json && cli->options.format && form != OUTPUT_JSON)
        return error_set(err, V_FATAL, "usage", "--json and --format %s at once",
                         cli->options.format);
    if (form == OUTPUT_XLSX && !path) {
        error_set(err, V_FATAL, "usage", "a workbook goes into a file, never to stdout");
        error_hint(err, "Name the file: --out FILE.xlsx.");
        return V_FATAL;
    }
    if (path && access(file_folder(cli->mem, path), W_OK | X_OK) != 0)
        return error_set(err, V_FATAL, "usage", "\"%s\" cannot be written: %s", path,
                         strerror(errno));
    return V_OK;
}

/* The command word, and whether words and options suit it. */
static enum verdict
check_words(struct cli *cli, struct error *err)
{
    const struct command *c = cli->command;

    cli->words = cli->options.words + 1;
    cli->word_count = cli->options.word_count - 1;
    if (cli->word_count < c->least || cli->word_count > c->most) {
        error_set(err, V_FATAL, "usage", "\"%s\" takes %s words", c->name,
                  cli->word_count < c->least ? "more" : "fewer");
        error_hint(err, "Usage: %s %s%s%s.", PROGRAM, c->name, c->args[0] ? " " : "", c->args);
        return V_FATAL;
    }
    if (cli->options.verbose && cli->options.quiet)
        return error_set(err, V_FATAL, "usage", "-v and -q at once");
    enum verdict v = options_allow(&cli->options, c->options, c->name, err);

    return v ? v : check_form(cli, err);
}

static const char *
choose_conf(const struct options *given)
{
    if (given->conf)
        return given->conf;
    return access(CONF_HERE, R_OK) == 0 ? CONF_HERE : CONF_USUAL;
}

/* False: faults were printed. */
static bool
load_conf(struct cli *cli)
{
    struct faults faults = { .mem = cli->mem };

    conf_load(cli->mem, cli->conf_path, cli->registry, &cli->conf, &faults);
    cli_faults(&faults);
    if (faults.count == 0)
        return true;
    log_line(LOG_ERROR, "%zu faults in \"%s\" and its maps: nothing was touched [conf]",
             faults.count, cli->conf_path);
    return false;
}

static enum log_level
log_level_of(const struct options *given)
{
    if (given->verbose)
        return LOG_DEBUG;
    return given->quiet ? LOG_ERROR : LOG_INFO;
}

/* The log goes to the file that bridge.conf names, errors of the command to stderr as well. */
static int
run_with_log(struct cli *cli)
{
    const char *path = cli->command->needs & NEEDS_CONF ? cli->conf.bridge.log : NULL;
    FILE *file = path ? fopen(path, "ae") : NULL;

    if (path && !file) {
        log_line(LOG_ERROR, "could not open the log file \"%s\"", path);
        return JOB_INTERNAL;
    }
    if (file)
        log_begin(file, log_level_of(&cli->options));
    progress_begin(stderr, !cli->options.quiet);
    int code = cli->command->run(cli);

    progress_end();
    log_begin(stderr, log_level_of(&cli->options));
    if (file && code != JOB_DONE)
        log_line(LOG_WARN, "ended with exit code %d; see \"%s\"", code, path);
    if (file && fclose(file) != 0)
        code = code ? code : JOB_INTERNAL;
    return code;
}

/* With --json a failure is an object, too; on stdout, for a file of --out is of a result. */
static int
print_failure(const struct cli *cli, int code)
{
    struct result *r = result_new(cli->mem, cli->command->name);

    if (!cli->options.json || printed || !cli->command->needs)
        return code;
    result_line(r, "ended with exit code %d: see the log", code);
    return result_print(r, OUTPUT_JSON, stdout) ? code : cli_written(code);
}

static int
run_command(struct cli *cli)
{
    struct error err;
    enum verdict v = clock_begin(&err);

    if (!v)
        v = check_words(cli, &err);
    if (v)
        return cli_fail(v, &err);
    cli->conf_path = choose_conf(&cli->options);
    bool wanted = (cli->command->needs & NEEDS_CONF) ||
                  ((cli->command->needs & MAY_CONF) &&
                   (cli->options.conf || access(cli->conf_path, R_OK) == 0));

    return print_failure(cli, wanted && !load_conf(cli) ? JOB_CONF : run_with_log(cli));
}

static int
choose_command(struct cli *cli)
{
    const char *name = cli->options.word_count ? cli->options.words[0] : NULL;

    if (cli->options.version) {
        printf("%s\n", cli->version);
        return cli_written(JOB_DONE);
    }
    if (!name) {
        help_all(cli, cli->options.help ? stdout : stderr);
        return cli->options.help ? cli_written(JOB_DONE) : JOB_USAGE;
    }
    cli->command = find_command(cli->commands, name);
    if (!cli->command)
        return unknown_command(cli, name);
    if (cli->options.help) {
        help_command(cli->command, stdout);
        return cli_written(JOB_DONE);
    }
    return run_command(cli);
}

/* Passwords and complaints are in this memory: no core file, no other process of the same user. A
 * sanitizer's leak check needs to look at it; a sandbox may refuse: that is no reason not to work.
 */
static void
shut_memory(void)
{
#ifndef __SANITIZE_ADDRESS__
    const struct rlimit none = { 0, 0 };

    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)setrlimit(RLIMIT_CORE, &none);
#endif
}

int
cli_main(const struct command *commands, const struct adapter_ops *const *registry, int argc,
         char *const *argv)
{
    struct cli cli = {
        .mem = arena_new("program"),
        .commands = commands,
        .registry = registry,
        .program = "/proc/self/exe",
        .version = PROGRAM " " BRIDGE_VERSION,
    };
    struct error err;
    int code;

    shut_memory();
    log_begin(stderr, LOG_INFO);
    enum verdict v = options_read(cli.mem, argc, argv, &cli.options, &err);

    log_begin(stderr, log_level_of(&cli.options));
    job_signals();
    code = v ? cli_fail(v, &err) : choose_command(&cli);
    arena_free(cli.mem);
    return code;
}
