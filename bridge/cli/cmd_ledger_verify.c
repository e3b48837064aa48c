/*
 * ledger verify [FILE]: the auditor's program, started beside this one, reads an export; without a
 * file it is fed one from the database. Its word decides the exit code, nothing that is known here.
 */
#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/sign.h"
#include "../core/ledger_export.h"
#include "log.h"
#include "write.h"

#define VERIFIER "cctns-bridge-verify"
#define KEY_FD   3 /* as the verifier has it */
#define SAID_MAX ((size_t)64 << 10)

struct verifier {
    int said; /* file that its stdout goes to */
    int key;  /* file of the public key, or -1 */
    pid_t pid;
};

static enum verdict
system_fault(const char *what, int why, struct error *err)
{
    return error_set(err, V_FATAL, "ledger.verify", "could not %s: %s", what, strerror(why));
}

/* The public part of "ledger_key", in a file that only lives in memory. */
static enum verdict
own_key(struct cli *cli, const char *origin, struct verifier *v, struct error *err)
{
    unsigned char public_key[SIGN_PUBLIC];
    struct sign_key *key = NULL;
    enum verdict verdict = sign_load(cli->mem, cli->conf.bridge.ledger_key, &key, err);

    if (verdict)
        return verdict;
    sign_public(key, public_key);
    const char *line = arena_format(cli->mem, "%s\n", sign_line(cli->mem, origin, public_key));

    v->key = memfd_create("key", MFD_CLOEXEC);
    if (v->key < 0 || !write_all(v->key, line, strlen(line)))
        return system_fault("keep the key for the verifier", errno, err);
    return V_OK;
}

/* What the key is of: the books that the export is of, by its first line, or those of the database.
 */
static enum verdict
find_origin(struct cli *cli, struct pg *pg, const char *path, const char **origin,
            struct error *err)
{
    char line[400] = "";
    struct pg_rows rows;
    FILE *file;

    if (!path) {
        enum verdict v = pg_run(pg, cli->mem, "chain_state", NULL, 0, &rows, err);

        *origin = v ? NULL : pg_named(&rows, 0, "origin");
        return v;
    }
    file = fopen(path, "re");
    if (!file)
        return system_fault("open the export", errno, err);
    if (fgets(line, sizeof line, file))
        line[strcspn(line, "\n")] = '\0';
    (void)fclose(file);
    const char *tab = strrchr(line, '\t');

    *origin = arena_copy(cli->mem, tab ? tab + 1 : "");
    return V_OK;
}

static const char *
verifier_path(struct arena *mem)
{
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program);
    const char *own = arena_text(mem, program, len > 0 ? (size_t)len : 0);

    return arena_format(mem, "%s/%s", file_folder(mem, own), VERIFIER);
}

static enum verdict
start(struct cli *cli, const char *path, int in, struct verifier *v, struct error *err)
{
    const char *program = verifier_path(cli->mem), *words[8], *key = cli->options.key;
    posix_spawn_file_actions_t files;
    size_t n = 0;

    words[n++] = VERIFIER;
    if (v->key >= 0)
        key = arena_format(cli->mem, "/proc/self/fd/%d", KEY_FD);
    if (key) {
        words[n++] = "--key";
        words[n++] = key;
    }
    if (cli->options.memory) {
        words[n++] = "--memory";
        words[n++] = cli->options.memory;
    }
    words[n++] = path ? path : "-";
    words[n] = NULL;
    int why = posix_spawn_file_actions_init(&files);

    if (why)
        return system_fault("start \"" VERIFIER "\"", why, err);
    if (in >= 0)
        why = posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    if (!why)
        why = posix_spawn_file_actions_adddup2(&files, v->said, STDOUT_FILENO);
    if (!why && v->key >= 0) /* last: one of the others may have that number here */
        why = posix_spawn_file_actions_adddup2(&files, v->key, KEY_FD);
    if (!why)
        why = posix_spawn(&v->pid, program, &files, NULL, (char *const *)(uintptr_t)words, environ);
    (void)posix_spawn_file_actions_destroy(&files);
    if (!why)
        return V_OK;
    system_fault("start \"" VERIFIER "\"", why, err);
    error_hint(err, "It belongs beside this program: \"%s\".", program);
    return V_FATAL;
}

/* Feeds it the export. That it stopped reading is its word to give. */
static enum verdict
feed(struct cli *cli, struct pg *pg, struct verifier *v, struct error *err)
{
    struct ledger_facts facts;
    int tube[2];

    if (pipe2(tube, O_CLOEXEC) != 0)
        return system_fault("start \"" VERIFIER "\"", errno, err);
    enum verdict verdict = start(cli, NULL, tube[0], v, err);

    (void)close(tube[0]);
    if (!verdict)
        verdict = ledger_export(pg, cli->mem, 0, tube[1], &facts, err);
    (void)close(tube[1]);
    return verdict && strcmp(err->code, "ledger.pipe") == 0 ? V_OK : verdict;
}

static enum verdict
wait_for_end(struct verifier *v, int *status, struct error *err)
{
    while (waitpid(v->pid, status, 0) < 0)
        if (errno != EINTR)
            return system_fault("wait for \"" VERIFIER "\"", errno, err);
    if (WIFEXITED(*status) && WEXITSTATUS(*status) <= 3)
        return V_OK;
    return error_set(err, V_FATAL, "ledger.verify", "\"" VERIFIER "\" did not end by itself");
}

/* The first line is its word; the others are facts. */
static int
print_said(struct cli *cli, const struct verifier *v, int status)
{
    struct result *r = result_new(cli->mem, "ledger verify");
    struct result_table *t = result_table(r, "verify", NULL, "word");
    char *said = arena_alloc(cli->mem, SAID_MAX + 1);
    ssize_t len = pread(v->said, said, SAID_MAX, 0);
    int code = WEXITSTATUS(status);

    said[len > 0 ? len : 0] = '\0';
    const char *word = arena_text(cli->mem, said, strcspn(said, "\n"));

    result_row(t);
    result_text(t, word);
    for (const char *at = said + strlen(word); *at;) {
        at += *at == '\n';
        size_t width = strcspn(at, "\n");

        if (width)
            result_line(r, "%.*s", (int)width, at);
        at += width;
    }
    if (code == 2 || strncmp(word, "books and tables differ", 23) == 0)
        code = JOB_VERIFY;
    else if (code == 1)
        code = JOB_WAITS;
    else if (code == 3)
        code = JOB_USAGE;
    return cli_print(cli, r, code);
}

int
cmd_ledger_verify(struct cli *cli)
{
    const char *path = cli->word_count > 1 ? cli->words[1] : NULL, *origin = NULL;
    bool own = !cli->options.key && cli->conf.bridge.ledger_key;
    struct verifier v = { .said = memfd_create("said", MFD_CLOEXEC), .key = -1 };
    struct pg *pg = NULL;
    struct error err;
    int status = 0;
    enum verdict verdict = V_OK;

    if (v.said < 0)
        verdict = system_fault("keep what the verifier says", errno, &err);
    if (!verdict && !path)
        verdict = session_database(&cli->conf, cli->mem, &pg, &err);
    if (!verdict && own)
        verdict = find_origin(cli, pg, path, &origin, &err);
    if (!verdict && own)
        verdict = own_key(cli, origin, &v, &err);
    if (!verdict && path)
        verdict = start(cli, path, -1, &v, &err);
    else if (!verdict)
        verdict = feed(cli, pg, &v, &err);
    pg_close(pg);
    struct error later;
    enum verdict ended = v.pid > 0 ? wait_for_end(&v, &status, &later) : V_OK;

    if (!verdict && ended) {
        verdict = ended;
        err = later;
    }
    int code = verdict ? cli_fail(verdict, &err) : print_said(cli, &v, status);

    if (v.said >= 0)
        (void)close(v.said);
    if (v.key >= 0)
        (void)close(v.key);
    return code;
}
