/*
 * initdb and postgres are started directly; fsync is off, for nothing here outlives the test.
 */
#include "with_pg.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATE_LEN 6

static char folder[64], bin[128], conninfo[64][160], answer[65536], state[STATE_LEN];
static size_t databases;
static char current[64];
static pid_t server;
static PGconn *conn;

static void
give_up(const char *what, const char *said)
{
    fprintf(stderr, "with_pg: %s: %s\n", what, said);
    with_pg_end(NULL);
    exit(99);
}

/* Runs a program of PostgreSQL's as a user that may: never as root. */
static pid_t
start(const char *program, char *const *args)
{
    const struct passwd *user = geteuid() == 0 ? getpwnam("postgres") : NULL;
    char path[256], log[128];
    pid_t pid;

    snprintf(path, sizeof path, "%s/%s", bin, program);
    snprintf(log, sizeof log, "%s/log", folder);
    pid = fork();
    if (pid != 0)
        return pid;
    if (user && (setgroups(0, NULL) || setgid(user->pw_gid) || setuid(user->pw_uid)))
        _exit(98);
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (out < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
        _exit(98);
    /* By its whole path: initdb looks for postgres beside its own name. */
    char *whole[40] = { path };
    for (size_t i = 1; args[i] && i + 1 < sizeof whole / sizeof *whole; i++)
        whole[i] = args[i];
    execv(path, whole);
    _exit(98);
}

static char *
own(const char *text)
{
    char *copy = strdup(text);

    if (!copy)
        give_up("memory", "none left");
    return copy;
}

static void
find_programs(void)
{
    glob_t found;

    if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &found) != 0 || !found.gl_pathc)
        give_up("PostgreSQL", "not installed below /usr/lib/postgresql");
    snprintf(bin, sizeof bin, "%s", found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
}

static void
make_cluster(void)
{
    char data[96];
    int status = 0;
    char *args[] = { own("initdb"),   own("-D"),         NULL,
                     own("-A"),       own("trust"),      own("-U"),
                     own("postgres"), own("--no-sync"),  own("-E"),
                     own("UTF8"),     own("--locale=C"), NULL };

    snprintf(data, sizeof data, "%s/data", folder);
    args[2] = data;
    pid_t pid = start("initdb", args);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status))
        give_up("initdb", "failed");
    for (size_t i = 0; args[i]; i++)
        if (args[i] != data)
            free(args[i]);
}

static void
start_server(void)
{
    static const char *const settings[] = {
        "listen_addresses=",        "fsync=off",           "synchronous_commit=off",
        "full_page_writes=off",     "shared_buffers=64MB", "max_connections=20",
        "log_min_messages=warning",
    };
    char data[96];
    char *args[32] = { own("postgres"), own("-D"), data, own("-k"), folder };
    size_t n = 5;

    snprintf(data, sizeof data, "%s/data", folder);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        args[n++] = own("-c");
        args[n++] = own(settings[i]);
    }
    args[n] = NULL;
    server = start("postgres", args);
    for (size_t i = 0; i < n; i++)
        if (args[i] != data && args[i] != folder)
            free(args[i]);
}

static void
connect_to(const char *info)
{
    const struct timespec pause = { .tv_nsec = 20000000 };

    PQfinish(conn);
    for (int i = 0;; i++) {
        conn = PQconnectdb(info);
        if (PQstatus(conn) == CONNECTION_OK)
            return;
        if (i == 500 || waitpid(server, NULL, WNOHANG) == server)
            give_up("connect", PQerrorMessage(conn));
        PQfinish(conn);
        nanosleep(&pause, NULL);
    }
}

int
with_pg_begin(void **unused)
{
    const struct passwd *user = geteuid() == 0 ? getpwnam("postgres") : NULL;
    char info[160];

    (void)unused;
    if (server)
        return 0;
    snprintf(folder, sizeof folder, "/tmp/bridge-pg-XXXXXX");
    if (!mkdtemp(folder) || (user && chown(folder, user->pw_uid, user->pw_gid)))
        give_up("folder", strerror(errno));
    find_programs();
    make_cluster();
    start_server();
    snprintf(info, sizeof info, "host=%s user=postgres dbname=postgres", folder);
    connect_to(info);
    return 0;
}

static int
forget(const char *path, const struct stat *what, int flag, struct FTW *where)
{
    (void)what;
    (void)flag;
    (void)where;
    return remove(path);
}

int
with_pg_end(void **unused)
{
    (void)unused;
    PQfinish(conn);
    conn = NULL;
    if (server > 0) {
        kill(server, SIGINT);
        waitpid(server, NULL, 0);
        server = 0;
    }
    if (folder[0])
        nftw(folder, forget, 16, FTW_DEPTH | FTW_PHYS);
    folder[0] = '\0';
    return 0;
}

const char *
with_pg_database(const char *name, const char *from)
{
    char sql[256];
    char *info = conninfo[databases++ % 64];

    snprintf(info, sizeof conninfo[0], "host=%s user=postgres dbname=postgres", folder);
    connect_to(info);
    snprintf(sql, sizeof sql, "CREATE DATABASE %s%s%s", name, from ? " TEMPLATE " : "",
             from ? from : "");
    with_pg_do(sql);
    snprintf(current, sizeof current, "%s", name);
    snprintf(info, sizeof conninfo[0], "host=%s user=postgres dbname=%s", folder, name);
    connect_to(info);
    return info;
}

const char *
with_pg_as(const char *user)
{
    char *info = conninfo[databases++ % 64];

    snprintf(info, sizeof conninfo[0], "host=%s user=%s dbname=%s", folder, user, current);
    return info;
}

static PGresult *
ask(const char *sql)
{
    PGresult *result = PQexec(conn, sql);

    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
        give_up(sql, PQerrorMessage(conn));
    return result;
}

void
with_pg_do(const char *sql)
{
    PQclear(ask(sql));
}

const char *
with_pg_text(const char *sql)
{
    PGresult *result = ask(sql);

    answer[0] = '\0';
    if (PQntuples(result) && !PQgetisnull(result, 0, 0))
        snprintf(answer, sizeof answer, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    return answer;
}

long
with_pg_number(const char *sql)
{
    const char *text = with_pg_text(sql);

    return *text ? strtol(text, NULL, 10) : -1;
}

const char *
with_pg_state(const char *sql)
{
    PGresult *result;
    const char *said;

    with_pg_do("BEGIN");
    result = PQexec(conn, sql);
    said = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    snprintf(state, sizeof state, "%s", said ? said : "");
    PQclear(result);
    with_pg_do("ROLLBACK");
    return state;
}
