/*
 * One connection. What the server says is turned into a verdict by the class of its SQLSTATE, and
 * into words that hold no value of a row: messages of data errors quote what they dislike, so
 * only the constraint, table and column are taken from them.
 */
#include "pg_parts.h"

#include <stdlib.h>
#include <string.h>

#define CONNECT_SECONDS "10"
#define LOCK_MS         60000
#define IDLE_MS         900000 /* in a transaction: a page that is being mapped */
#define GONE_MS         2000   /* until the server sees that we are gone, and ends our statement */
#define LATE_MS         10000  /* what the server gets to say that a statement took too long */
#define COPY_MAX        ((size_t)1 << 30)

static const struct {
    const char *class;
    enum verdict verdict;
    bool quiet; /* its message may quote values */
} classes[] = {
    { "08", V_RETRY, false }, { "40", V_RETRY, false }, { "53", V_RETRY, false },
    { "55", V_RETRY, false }, { "57", V_RETRY, false }, { "25P03", V_RETRY, false },
    { "22", V_REJECT, true }, { "23", V_REJECT, true }, { "28", V_FATAL, false },
    { "3D", V_FATAL, false }, { "42", V_FATAL, false }, { "P0", V_FATAL, false },
    { "", V_FATAL, false },
};

static size_t
find_class(const char *state)
{
    size_t i = 0;

    while (classes[i].class[0] && strncmp(state, classes[i].class, strlen(classes[i].class)) != 0)
        i++;
    return i;
}

/* One line without the trailing newline that libpq adds. */
static void
say_line(char *out, size_t room, const char *text)
{
    size_t n = 0;

    for (; *text && n + 1 < room; text++)
        out[n++] = *text == '\n' || *text == '\t' ? ' ' : *text;
    while (n && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
}

static const char *
detail_of(const PGresult *result, int what)
{
    const char *text = result ? PQresultErrorField(result, what) : NULL;

    return text ? text : "";
}

enum verdict
pg_fault(struct pg *pg, const PGresult *result, const char *name, struct error *err)
{
    const char *state = detail_of(result, PG_DIAG_SQLSTATE);
    char code[32], said[300];
    enum verdict v;
    size_t class;

    if (pg->given_up) {
        v = error_set(err, V_RETRY, pg->given_up == PG_STOPPED ? "pg.stopped" : "pg.timeout",
                      "statement \"%s\": the staging database did not answer %s; its connection "
                      "was given up",
                      name,
                      pg->given_up == PG_STOPPED ? "before the run had to stop"
                                                 : "within the limit of one statement");
        error_hint(err, "Is PostgreSQL up, and has its machine memory and disk left?");
        return v;
    }
    if (!*state) { /* the connection itself: libpq's own words, which name host and port */
        say_line(said, sizeof said, PQerrorMessage(pg->conn));
        v = error_set(err, V_RETRY, "pg.connection", "statement \"%s\": %s", name,
                      *said ? said : "the connection was lost");
        return v;
    }
    class = find_class(state);
    snprintf(code, sizeof code, "pg.%s", state);
    if (classes[class].quiet)
        snprintf(said, sizeof said,
                 "the database refused a value: constraint \"%s\", table \"%s\", column \"%s\"",
                 detail_of(result, PG_DIAG_CONSTRAINT_NAME), detail_of(result, PG_DIAG_TABLE_NAME),
                 detail_of(result, PG_DIAG_COLUMN_NAME));
    else
        say_line(said, sizeof said, detail_of(result, PG_DIAG_MESSAGE_PRIMARY));
    v = error_set(err, classes[class].verdict, code, "statement \"%s\": %s", name, said);
    if (strcmp(state, "42P01") == 0 || strcmp(state, "3F000") == 0)
        error_hint(err, "Run \"cctns-bridge schema apply\" first.");
    if (strcmp(state, "42501") == 0)
        error_hint(err, "The database user needs the role bridge_writer (bridge_owner to apply "
                        "the schema).");
    return v;
}

static void
hush(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

/* A conninfo with a mistake in it will not mend by itself. */
static enum verdict
check_conninfo(const char *conninfo, struct error *err)
{
    PQconninfoOption *options;
    char *said = NULL, line[200] = "";

    if (!strchr(conninfo, '=') && !strstr(conninfo, "://"))
        return V_OK; /* the name of a database */
    options = PQconninfoParse(conninfo, &said);
    if (said)
        say_line(line, sizeof line, said);
    PQfreemem(said);
    PQconninfoFree(options);
    if (options)
        return V_OK;
    error_set(err, V_FATAL, "pg.conninfo", "the staging database cannot be named so: %s", line);
    error_hint(err, "Look at \"database\" in [bridge] of bridge.conf.");
    return V_FATAL;
}

static enum verdict
connect_to(struct pg *pg, const char *conninfo, const char *application, long statement_ms,
           struct error *err)
{
    char options[500], said[300];
    const char *const words[] = { "dbname",           "application_name",
                                  "connect_timeout",  "client_encoding",
                                  "options",          "keepalives_idle",
                                  "tcp_user_timeout", NULL };
    const char *const values[] = { conninfo, application, CONNECT_SECONDS, "UTF8",
                                   options,  "30",        "60000",         NULL };
    enum verdict v;

    snprintf(options, sizeof options,
             "-c search_path=pg_catalog,pg_temp -c TimeZone=UTC -c DateStyle=ISO "
             "-c IntervalStyle=postgres -c bytea_output=hex -c jit=off "
             "-c client_min_messages=warning -c statement_timeout=%ld -c lock_timeout=%d "
             "-c idle_in_transaction_session_timeout=%d -c client_connection_check_interval=%d "
             "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3",
             statement_ms, LOCK_MS, IDLE_MS, GONE_MS);
    pg->conn = PQconnectdbParams(words, values, 1);
    if (!pg->conn || PQstatus(pg->conn) != CONNECTION_OK) {
        say_line(said, sizeof said, pg->conn ? PQerrorMessage(pg->conn) : "out of memory");
        /* a pooler's words: the server knows all of our settings */
        if (strstr(said, "unsupported startup parameter")) {
            (void)error_set(err, V_FATAL, "pg.pooler",
                            "the staging database is behind a pooler: %s", said);
            return pg_pooled(err);
        }
        /* libpq gives no SQLSTATE for a failed connection; these words are the server's own. */
        v = strstr(said, "authentication failed") || strstr(said, "does not exist") ||
                    strstr(said, "no password supplied") || strstr(said, "pg_hba.conf")
                ? V_FATAL
                : V_RETRY;
        v = error_set(err, v, "pg.connect", "could not connect to the staging database: %s", said);
        error_hint(err, "Look at \"database\" in [bridge] of bridge.conf.");
        return v;
    }
    PQsetNoticeReceiver(pg->conn, hush, NULL);
    pg->limit_ms = statement_ms + LATE_MS;
    if (PQsetnonblocking(pg->conn, 1) != 0)
        return error_set(err, V_RETRY, "pg.connect", "the connection could not be set up");
    if (PQserverVersion(pg->conn) < 150000)
        return error_set(err, V_FATAL, "pg.version",
                         "the staging database is PostgreSQL %d; 15 or later is needed",
                         PQserverVersion(pg->conn) / 10000);
    return V_OK;
}

enum verdict
pg_open(struct arena *mem, const char *conninfo, const char *sql_folder, const char *application,
        long statement_ms, struct pg **out, struct error *err)
{
    struct pg *pg = arena_alloc(mem, sizeof *pg);
    enum verdict v;

    pg->mem = arena_new("pg");
    buf_init(&pg->copy, COPY_MAX);
    v = pg_statements_load(pg->mem, sql_folder, &pg->statements, &pg->count, err);
    if (!v)
        v = check_conninfo(conninfo, err);
    if (!v)
        v = connect_to(pg, conninfo, application, statement_ms, err);
    if (v) {
        pg_close(pg);
        pg = NULL;
    }
    *out = pg;
    return v;
}

void
pg_close(struct pg *pg)
{
    if (!pg)
        return;
    PQfinish(pg->conn);
    buf_release(&pg->copy);
    arena_free(pg->mem);
    *pg = (struct pg){ .conn = NULL };
}

/* ---- statements ---- */

static enum verdict
prepare(struct pg *pg, struct pg_statement *s, struct error *err)
{
    struct pg_limit limit = pg_limit_begin(pg);
    PGresult *result = NULL;
    enum verdict v = V_OK;

    if (s->prepared)
        return V_OK;
    if (PQsendPrepare(pg->conn, s->name, s->text, (int)s->count, s->types))
        result = pg_wait(pg, &limit);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        char where[256];

        v = pg_fault(pg, result, s->name, err);
        snprintf(where, sizeof where, "%s:%d", s->path, s->line);
        error_at(err, NULL, where);
    } else {
        s->prepared = true;
    }
    PQclear(result);
    return v;
}

enum verdict
pg_prepare_all(struct pg *pg, struct error *err)
{
    enum verdict v = V_OK;

    for (size_t i = 0; i < pg->count && !v; i++)
        v = prepare(pg, &pg->statements[i], err);
    return v;
}

static void
clear(void *result)
{
    PQclear(result);
}

struct pg_rows
pg_rows_keep(struct arena *mem, PGresult *result)
{
    arena_defer(mem, clear, result);
    return (struct pg_rows){
        .count = (size_t)PQntuples(result),
        .columns = (size_t)PQnfields(result),
        .affected = strtol(PQcmdTuples(result), NULL, 10),
        .result = result,
    };
}

enum verdict
pg_run(struct pg *pg, struct arena *mem, const char *name, const char *const *values, size_t count,
       struct pg_rows *rows, struct error *err)
{
    struct pg_statement *s = pg_statement_find(pg, name);
    PGresult *result = NULL;
    enum verdict v;

    if (!s)
        return error_set(err, V_FATAL, "sql.name", "there is no statement \"%s\" in sql/queries",
                         name);
    if (s->count != count)
        return error_set(err, V_FATAL, "sql.name", "statement \"%s\" takes %zu values, not %zu",
                         name, s->count, count);
    v = prepare(pg, s, err);
    if (v)
        return v;
    struct pg_limit limit = pg_limit_begin(pg);

    if (PQsendQueryPrepared(pg->conn, name, (int)count, values, NULL, NULL, 0))
        result = pg_wait(pg, &limit);
    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK) {
        v = pg_fault(pg, result, name, err);
        PQclear(result);
        return v;
    }
    if (!rows) {
        PQclear(result);
        return V_OK;
    }
    *rows = pg_rows_keep(mem, result);
    return V_OK;
}

/* ---- transactions and scripts ---- */

static enum verdict
command(struct pg *pg, const char *text, struct error *err)
{
    PGresult *result = pg_ask(pg, text);
    enum verdict v = V_OK;

    /* A COMMIT of a failed transaction is answered with ROLLBACK, and without an error. */
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        v = pg_fault(pg, result, text, err);
    else if (strcmp(PQcmdStatus(result), text) != 0)
        v = error_set(err, V_RETRY, "pg.transaction", "%s was answered with %s", text,
                      PQcmdStatus(result));
    PQclear(result);
    return v;
}

enum verdict
pg_begin(struct pg *pg, struct error *err)
{
    return command(pg, "BEGIN", err);
}

void
pg_fence(struct pg *pg, const char *name, int64_t id)
{
    pg->fence = name ? arena_copy(pg->mem, name) : NULL;
    pg->fence_id = id;
}

/* In a transaction that has failed no statement runs: COMMIT itself says so. */
static enum verdict
look_at_fence(struct pg *pg, struct error *err)
{
    struct arena *mem;
    struct pg_rows rows = { .count = 0 };
    enum verdict v;

    if (!pg->fence || PQtransactionStatus(pg->conn) != PQTRANS_INTRANS)
        return V_OK;
    mem = arena_new("fence");
    const char *const values[] = { pg_of_int(mem, pg->fence_id) };

    v = pg_run(pg, mem, pg->fence, values, 1, &rows, err);
    if (!v && !rows.count) {
        v = error_set(err, V_FATAL, "run.fenced",
                      "run %lld is held to be lost, so it changes nothing any more",
                      (long long)pg->fence_id);
        error_hint(err, "Another run took over its work; look at \"cctns-bridge status\".");
    }
    arena_free(mem);
    return v;
}

enum verdict
pg_commit(struct pg *pg, struct error *err)
{
    enum verdict v = look_at_fence(pg, err);

    if (!v)
        return command(pg, "COMMIT", err);
    pg_rollback(pg);
    return v;
}

void
pg_rollback(struct pg *pg)
{
    struct error err;

    if (pg->copying && PQputCopyEnd(pg->conn, "rolled back") == 1) {
        struct pg_limit limit = pg_limit_begin(pg);

        PQclear(pg_wait(pg, &limit));
    }
    pg->copying = NULL;
    if (pg_in_transaction(pg) && command(pg, "ROLLBACK", &err))
        return; /* the server does it itself when the connection goes */
}

bool
pg_in_transaction(const struct pg *pg)
{
    PGTransactionStatusType state = PQtransactionStatus(pg->conn);

    return state == PQTRANS_INTRANS || state == PQTRANS_INERROR || state == PQTRANS_ACTIVE;
}

static int
line_of(const char *text, const char *position)
{
    long at = strtol(position, NULL, 10);
    int line = 1;

    for (; at > 1 && *text; text++) {
        if (*text == '\n')
            line++;
        if (((unsigned char)*text & 0xC0) != 0x80) /* the server counts characters */
            at--;
    }
    return line;
}

enum verdict
pg_script(struct pg *pg, const char *path, struct error *err)
{
    struct arena *mem = arena_new("script");
    const char *text = NULL;
    size_t len = 0;
    PGresult *result = NULL;
    enum verdict v = pg_file_read(mem, path, &text, &len, err);

    if (v)
        goto out;
    result = pg_ask(pg, text);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK) {
        char where[256];

        v = pg_fault(pg, result, path, err);
        snprintf(where, sizeof where, "%s:%d", path,
                 line_of(text, detail_of(result, PG_DIAG_STATEMENT_POSITION)));
        error_at(err, NULL, where);
    }
out:
    PQclear(result);
    arena_free(mem);
    return v;
}
