/*
 * Connecting. The connection text of the site is completed with what its driver needs to be right
 * (UTF-8 beyond the BMP, no lines rewritten, rows one by one, time limits), user and password are
 * added in braces, and the whole is wiped once the driver has it. What a site wrote itself is left
 * as it is.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "odbc_internal.h"

/* Its own codes, as its ODBC driver passes them on. */
#define SQLITE_BUSY   5
#define SQLITE_LOCKED 6

/* Where the value is NULL, it is a time limit: in ms, s, or words of libpq. */
static const struct completion {
    const char *driver; /* stands in the driver's name, in any case of letters */
    const char *key, *value;
    enum { AS_IS, IN_MS, IN_S, FOR_LIBPQ } form;
} completions[] = {
    { "sqlite", "StepAPI", "1", AS_IS }, /* else the whole result is held in memory */
    { "sqlite", "NoCreat", "1", AS_IS }, /* a wrong path must not become an empty database */
    { "sqlite", "FKSupport", "1", AS_IS },
    { "sqlite", "Timeout", NULL, IN_MS },     /* of a locked file; the driver's own is 100 s */
    { "maria", "CHARSET", "utf8mb4", AS_IS }, /* "utf8" refuses characters beyond the BMP */
    { "maodbc", "CHARSET", "utf8mb4", AS_IS },
    { "mysql", "CHARSET", "utf8mb4", AS_IS },
    { "maria", "READ_TIMEOUT", NULL, IN_S }, /* a silent network */
    { "maodbc", "READ_TIMEOUT", NULL, IN_S },
    { "maria", "WRITE_TIMEOUT", NULL, IN_S },
    { "maodbc", "WRITE_TIMEOUT", NULL, IN_S },
    { "postgres", "LFConversion", "0", AS_IS },
    { "psqlodbc", "LFConversion", "0", AS_IS },
    { "postgres", "pqopt", NULL, FOR_LIBPQ },
    { "psqlodbc", "pqopt", NULL, FOR_LIBPQ },
    { "freetds", "ClientCharset", "UTF-8", AS_IS },
    { "tdsodbc", "ClientCharset", "UTF-8", AS_IS },
    { "freetds", "TDS_Version", "7.4", AS_IS }, /* left to itself it may try for ever */
    { "tdsodbc", "TDS_Version", "7.4", AS_IS },
};

/* Driver and version whose block fetch the battery of odbc_probe() found right; rows in a fetch. */
static const struct proved {
    const char *driver, *version;
    long block;
} proved[] = {
    { "sqlite3odbc.so", "0.9998", 1 }, /* with StepAPI rows come one by one */
    { "libmaodbc.so", "03.01.0015", 50 },
    { "psqlodbcw.so", "13.02.0000", 50 },
    { "psqlodbca.so", "13.02.0000", 50 },
};

static const char *const dialect_words[] = {
    [ODBC_OTHER] = "",      [ODBC_SQLITE] = "sqlite", [ODBC_MYSQL] = "mysql",
    [ODBC_PGSQL] = "pgsql", [ODBC_MSSQL] = "mssql",
};

const char *
odbc_dialect_word(enum odbc_dialect dialect)
{
    return dialect_words[dialect];
}

static enum odbc_dialect
dialect_of(const char *dbms)
{
    static const struct {
        const char *word;
        enum odbc_dialect dialect;
    } rows[] = {
        { "sqlite", ODBC_SQLITE },
        { "mariadb", ODBC_MYSQL },
        { "mysql", ODBC_MYSQL },
        { "postgresql", ODBC_PGSQL },
        { "microsoft sql server", ODBC_MSSQL },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!strncasecmp(dbms, rows[i].word, strlen(rows[i].word)))
            return rows[i].dialect;
    return ODBC_OTHER;
}

/* One key=value of a connection text; moves *text on. A value in braces may hold anything, with a
 * closing brace doubled. */
static bool
next_pair(const char **text, const char **key, size_t *key_len, const char **value,
          size_t *value_len)
{
    const char *s = *text;

    s += strspn(s, "; \t\n");
    if (!*s)
        return false;
    *key = s;
    s += strcspn(s, "=;");
    *key_len = (size_t)(s - *key);
    while (*key_len > 0 && isspace((unsigned char)(*key)[*key_len - 1]))
        (*key_len)--;
    if (*s == '=')
        s++;
    s += strspn(s, " \t");
    *value = s;
    if (*s == '{') {
        for (s++; *s && (*s != '}' || s[1] == '}'); s++)
            if (*s == '}')
                s++;
        if (*s)
            s++;
    }
    s += strcspn(s, ";");
    *value_len = (size_t)(s - *value);
    *text = s;
    return true;
}

/* Value of a key, braces taken off, or NULL. */
static char *
pair_value(struct arena *mem, const char *text, const char *wanted)
{
    const char *key, *value;
    size_t key_len, value_len;

    while (next_pair(&text, &key, &key_len, &value, &value_len))
        if (key_len == strlen(wanted) && !strncasecmp(key, wanted, key_len)) {
            if (value_len >= 2 && value[0] == '{' && value[value_len - 1] == '}')
                return arena_text(mem, value + 1, value_len - 2);
            return arena_text(mem, value, value_len);
        }
    return NULL;
}

/* Name of the driver: in the text itself, or what the DSN of that name says. */
static const char *
driver_word(struct odbc *db, const char *connection)
{
    const char *driver = pair_value(db->mem, connection, "driver");
    const char *dsn = pair_value(db->mem, connection, "dsn");
    SQLCHAR name[256], words[256];
    SQLUSMALLINT way = SQL_FETCH_FIRST;
    SQLSMALLINT a, b;

    if (driver)
        return driver;
    while (dsn && SQL_SUCCEEDED(SQLDataSources(db->env, way, name, sizeof name, &a, words,
                                               sizeof words, &b))) {
        if (!strcasecmp((const char *)name, dsn))
            return arena_copy(db->mem, (const char *)words);
        way = SQL_FETCH_NEXT;
    }
    return "";
}

/* In braces where it holds more than letters, digits and "_-.": the driver for PostgreSQL takes the
 * braces of a user for a part of the name. */
static bool
add_value(struct buf *b, const char *key, const char *value)
{
    bool plain = value[strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789_-.")] == '\0';
    bool ok = buf_format(b, plain ? ";%s=" : ";%s={", key);

    for (; ok && *value; value++)
        ok = buf_add(b, value, 1) && (*value != '}' || buf_add(b, "}", 1));
    return ok && (plain || buf_add(b, "}", 1));
}

static long
seconds(long ms)
{
    return ms <= 0 ? 0 : (ms + 999) / 1000;
}

static bool
complete(struct odbc *db, struct buf *b, const struct odbc_options *options)
{
    const char *driver = driver_word(db, options->connection);
    bool ok = buf_add_text(b, options->connection);

    while (ok && b->len > 0 && (b->data[b->len - 1] == ';' || b->data[b->len - 1] == ' '))
        b->data[--b->len] = '\0';
    for (size_t i = 0; ok && i < sizeof completions / sizeof *completions; i++) {
        const struct completion *c = &completions[i];

        if (!strcasestr(driver, c->driver) || pair_value(db->mem, options->connection, c->key))
            continue;
        switch (c->form) {
        case AS_IS:
            ok = buf_format(b, ";%s=%s", c->key, c->value);
            break;
        case IN_MS:
            ok = buf_format(b, ";%s=%ld", c->key, options->timeout);
            break;
        case IN_S:
            ok = buf_format(b, ";%s=%ld", c->key, seconds(options->timeout) + 5);
            break;
        case FOR_LIBPQ:
            ok = buf_format(b, ";%s={connect_timeout=%ld tcp_user_timeout=%ld}", c->key,
                            seconds(options->login_timeout), options->timeout);
            break;
        }
    }
    if (ok && options->user)
        ok = add_value(b, "UID", options->user);
    if (ok && options->password)
        ok = add_value(b, "PWD", options->password);
    return ok;
}

static const char *
info(struct odbc *db, SQLUSMALLINT what)
{
    char text[256] = "";
    SQLSMALLINT len = 0;

    if (!SQL_SUCCEEDED(SQLGetInfo(db->dbc, what, text, sizeof text, &len)))
        return "";
    return arena_copy(db->mem, text);
}

/* The library that was loaded, as the kernel tells it: "sqlite3odbc.so" may be
 * "libsqlite3odbc-0.9998.so". */
static const char *
loaded_path(struct arena *mem, const char *driver)
{
    char line[1024], *path = NULL;
    char *stem = arena_text(mem, driver, strcspn(driver, "."));
    FILE *maps = *stem ? fopen("/proc/self/maps", "re") : NULL;

    while (maps && !path && fgets(line, sizeof line, maps)) {
        char *start = strchr(line, '/');

        if (start && strstr(start, stem))
            path = arena_text(mem, start, strcspn(start, "\n"));
    }
    if (maps)
        fclose(maps);
    return path ? path : "";
}

static void
learn(struct odbc *db, long block)
{
    struct odbc_about *about = &db->about;

    about->driver = info(db, SQL_DRIVER_NAME);
    about->driver_version = info(db, SQL_DRIVER_VER);
    about->driver_path = loaded_path(db->mem, about->driver);
    about->dbms = info(db, SQL_DBMS_NAME);
    about->dbms_version = info(db, SQL_DBMS_VER);
    about->dialect = dialect_of(about->dbms);
    about->block = 1;
    for (size_t i = 0; i < sizeof proved / sizeof *proved; i++)
        if (!strcmp(about->driver, proved[i].driver) &&
            !strcmp(about->driver_version, proved[i].version)) {
            about->block = proved[i].block;
            about->proved = true;
        }
    if (block > 0)
        about->block = block < ODBC_BLOCK_MOST ? block : ODBC_BLOCK_MOST;
}

/* All or nothing is the ground that deliveries stand on: a driver that only pretends is refused. */
static enum verdict
demand_transactions(struct odbc *db, struct error *err)
{
    SQLULEN autocommit = SQL_AUTOCOMMIT_ON;
    SQLUSMALLINT capable = SQL_TC_NONE;
    SQLRETURN r = SQLSetConnectAttr(db->dbc, SQL_ATTR_AUTOCOMMIT,
                                    (SQLPOINTER)(uintptr_t)SQL_AUTOCOMMIT_OFF, SQL_IS_UINTEGER);

    if (!SQL_SUCCEEDED(r))
        return odbc_fail(db, SQL_HANDLE_DBC, db->dbc, "turn autocommit off", err);
    if (!SQL_SUCCEEDED(SQLGetConnectAttr(db->dbc, SQL_ATTR_AUTOCOMMIT, &autocommit,
                                         sizeof(SQLUINTEGER), NULL)) ||
        (SQLUINTEGER)autocommit != SQL_AUTOCOMMIT_OFF ||
        !SQL_SUCCEEDED(SQLGetInfo(db->dbc, SQL_TXN_CAPABLE, &capable, sizeof capable, NULL)) ||
        capable == SQL_TC_NONE)
        return error_set(err, V_FATAL, "odbc.transactions", "the driver \"%s\" has no transactions",
                         db->about.driver);
    return V_OK;
}

static enum verdict
refuse_secrets(const char *connection, struct error *err)
{
    static const char *const words[] = { "pwd", "password", "uid", "user", "username" };
    const char *key, *value;
    size_t key_len, value_len;

    while (next_pair(&connection, &key, &key_len, &value, &value_len))
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (key_len == strlen(words[i]) && !strncasecmp(key, words[i], key_len))
                return error_set(err, V_FATAL, "odbc.connection",
                                 "\"%s\" may not stand in the connection text; it has an option "
                                 "of its own",
                                 words[i]);
    return V_OK;
}

/* The driver for PostgreSQL says 08001 to everything that keeps it from connecting; these no later
 * try will mend. */
static bool
is_refusal(const char *said)
{
    static const char *const words[] = {
        "authentication failed", "no password supplied",           "no pg_hba.conf entry",
        "does not exist",        "permission denied for database", "is not permitted to log in",
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(said, words[i]))
            return true;
    return false;
}

/* Native codes are the driver's own, so it must be known before it has said its name. */
static enum odbc_dialect
guess_dialect(const char *driver)
{
    if (strcasestr(driver, "sqlite"))
        return ODBC_SQLITE;
    if (strcasestr(driver, "maria") || strcasestr(driver, "maodbc") || strcasestr(driver, "mysql"))
        return ODBC_MYSQL;
    if (strcasestr(driver, "postgres") || strcasestr(driver, "psqlodbc"))
        return ODBC_PGSQL;
    return ODBC_OTHER;
}

static enum verdict
connect_now(struct odbc *db, const struct odbc_options *options, struct error *err)
{
    enum verdict v = V_OK;
    struct buf text;
    SQLRETURN r;

    buf_init(&text, 8192);
    if (!complete(db, &text, options)) {
        v = error_set(err, V_FATAL, "odbc.connection", "the connection text is too long");
        goto out;
    }
    (void)SQLSetConnectAttr(db->dbc, SQL_ATTR_LOGIN_TIMEOUT,
                            (SQLPOINTER)(uintptr_t)seconds(options->login_timeout),
                            SQL_IS_UINTEGER);
    r = SQLDriverConnect(db->dbc, NULL, (SQLCHAR *)text.data, SQL_NTS, NULL, 0, NULL,
                         SQL_DRIVER_NOPROMPT);
    if (!SQL_SUCCEEDED(r)) {
        db->about.dialect = guess_dialect(driver_word(db, options->connection));
        v = odbc_fail(db, SQL_HANDLE_DBC, db->dbc, "connect", err);
        if (v == V_RETRY && db->about.dialect == ODBC_PGSQL && is_refusal(db->said.text))
            v = V_FATAL;
        goto out;
    }
    db->connected = true;
    db->lost = false;
    learn(db, options->block);
    v = demand_transactions(db, err);
out:
    if (text.data)
        explicit_bzero(text.data, text.room);
    buf_release(&text);
    return v;
}

enum verdict
odbc_open(struct arena *mem, const struct odbc_options *options, struct odbc **out,
          struct error *err)
{
    struct odbc *db = arena_alloc(mem, sizeof *db);
    enum verdict v = refuse_secrets(options->connection, err);

    *out = NULL;
    if (v)
        return v;
    db->mem = mem;
    db->timeout = options->timeout;
    db->contents = options->contents;
    db->about = (struct odbc_about){ .driver = "",
                                     .driver_version = "",
                                     .driver_path = "",
                                     .dbms = "",
                                     .dbms_version = "",
                                     .block = 1 };
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &db->env)) ||
        !SQL_SUCCEEDED(SQLSetEnvAttr(db->env, SQL_ATTR_ODBC_VERSION,
                                     (SQLPOINTER)(uintptr_t)SQL_OV_ODBC3, 0)) ||
        !SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, db->env, &db->dbc))) {
        odbc_close(db);
        return error_set(err, V_FATAL, "odbc.manager", "could not start the ODBC driver manager");
    }
    v = connect_now(db, options, err);
    if (v) {
        odbc_close(db);
        return v;
    }
    *out = db;
    return V_OK;
}

void
odbc_close(struct odbc *db)
{
    if (!db)
        return;
    for (struct odbc_statement *st = db->statements; st; st = st->next)
        if (st->handle)
            SQLFreeHandle(SQL_HANDLE_STMT, st->handle);
    db->statements = NULL;
    if (db->connected) {
        SQLEndTran(SQL_HANDLE_DBC, db->dbc, SQL_ROLLBACK);
        SQLDisconnect(db->dbc);
    }
    db->connected = false;
    if (db->dbc)
        SQLFreeHandle(SQL_HANDLE_DBC, db->dbc);
    if (db->env)
        SQLFreeHandle(SQL_HANDLE_ENV, db->env);
    db->dbc = NULL;
    db->env = NULL;
}

const struct odbc_about *
odbc_about(const struct odbc *db)
{
    return &db->about;
}

enum verdict
odbc_commit(struct odbc *db, struct error *err)
{
    enum verdict v;

    if (SQL_SUCCEEDED(SQLEndTran(SQL_HANDLE_DBC, db->dbc, SQL_COMMIT)))
        return V_OK;
    v = odbc_fail(db, SQL_HANDLE_DBC, db->dbc, "commit", err);
    /* Only a server that answered can be believed to have rolled back. */
    if (odbc_lost(db) || !strncmp(db->said.state, "HYT", 3) || (v == V_FATAL))
        return V_IN_DOUBT;
    /* SQLite also fails by a lock that it cannot give back, when all is on the disk already; only
     * "busy" and "locked" come before anything is. */
    if (v == V_RETRY && db->about.dialect == ODBC_SQLITE && db->said.native != SQLITE_BUSY &&
        db->said.native != SQLITE_LOCKED)
        return V_IN_DOUBT;
    return v;
}

void
odbc_rollback(struct odbc *db)
{
    if (db->connected && !SQL_SUCCEEDED(SQLEndTran(SQL_HANDLE_DBC, db->dbc, SQL_ROLLBACK)))
        db->lost = true; /* what cannot be rolled back is not to be gone on with */
}
