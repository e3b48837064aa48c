/*
 * odbc.h - databases by unixODBC: connect, run, read, with every value checked.
 *
 * What drivers get wrong is met here, once: buffers are poisoned and indicators
 * zeroed before each fetch, each indicator is compared with its buffer, text
 * longer than its buffer is read again in pieces and joined as bytes, and no
 * buffer takes its size from what a driver says about a column. Autocommit is
 * off. Values are always parameters.
 *
 * Values come out as text, in one spelling whatever the driver: whole numbers
 * in decimal, dates "YYYY-MM-DD", times "YYYY-MM-DD HH:MM:SS[.ffffff]", text as
 * the bytes that the database holds (UTF-8 is asked for, and checked by the
 * mapper). What files hold is no text: it goes in and out in pieces of 64 KB, between the driver
 * and the content store; how much of it a driver holds meanwhile is told in README.md. What
 * files hold goes in and out in pieces of 64 KB, between the driver and the content store; what
 * the driver itself holds of it meanwhile is its own affair (README.md tells how much).
 *
 * A failure's verdict is a row of a table by SQLSTATE and native code. What a
 * driver says about a constraint or a value may quote the value: such text is
 * only in odbc_said(), never in struct error.
 */
#ifndef BRIDGE_ODBC_H
#define BRIDGE_ODBC_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "content.h"
#include "record.h"
#include "verdict.h"

struct odbc;
struct odbc_statement;

enum odbc_dialect {
    ODBC_OTHER,
    ODBC_SQLITE,
    ODBC_MYSQL, /* MySQL and MariaDB */
    ODBC_PGSQL,
    ODBC_MSSQL,
};

struct odbc_options {
    const char *connection; /* "Driver=...;Server=..." or "DSN=..."; no user, no password */
    const char *user;       /* NULL = none */
    const char *password;   /* the secret itself; NULL = none */
    long timeout;           /* ms, of one statement, and of waiting for a locked SQLite file */
    long login_timeout;     /* ms */
    long block;             /* rows in a fetch; 0 = what this driver is proved to do right, or 1 */
    struct contents *contents; /* where bytes come from; NULL = no value has any */
};

struct odbc_about {
    const char *driver; /* file name as the driver tells it */
    const char *driver_version;
    const char *driver_path; /* of the loaded library, or "" */
    const char *dbms, *dbms_version;
    enum odbc_dialect dialect;
    long block;  /* rows in one fetch */
    bool proved; /* this driver and version stand in the table of proved ones */
};

/* The connection is closed by odbc_close(). mem lives as long as the connection. A database that
 * cannot be reached is V_RETRY; a wrong password, driver or connection text V_FATAL. */
MUST_CHECK enum verdict odbc_open(struct arena *mem, const struct odbc_options *options,
                                  struct odbc **out, struct error *err);
void odbc_close(struct odbc *db); /* rolls back; NULL is fine */
const struct odbc_about *odbc_about(const struct odbc *db);
bool odbc_lost(struct odbc *db); /* the connection is gone: close it and open another */

/* "sqlite", "mysql", "pgsql", "mssql" or "" */
const char *odbc_dialect_word(enum odbc_dialect dialect);

/* ---- SQL text ---- */

/* SQL with :names made into SQL with a question mark for each, in order; a name may stand several
 * times. Quotes, comments and "::" are left alone. */
struct odbc_named {
    const char *text;
    const char *const *names; /* without the colon */
    size_t count;
};

/* NULL when the text is good, else what is wrong with it: open quote, open comment, a bare "?", a
 * byte beyond ASCII (drivers disagree on the encoding of statements; values may hold anything). */
const char *odbc_named_read(struct arena *mem, const char *sql, struct odbc_named *out);
/* True when the word stands in the SQL outside quotes and comments, in any case of letters. */
bool odbc_sql_has(const char *sql, const char *word);

/* ---- running ---- */

struct odbc_value {
    const char *text; /* NULL = SQL NULL */
    size_t len;
    bool number; /* text is a decimal integer: bound as 64 bits */
    bool bytes;  /* text is the id of a content, whose bytes go to the driver in pieces */
};

struct odbc_row {
    struct field *fields;      /* one a column */
    const struct error *fault; /* this row could not be read whole: odbc.truncated, odbc.long,
                                  odbc.length, odbc.row; else NULL */
};

struct odbc_rows {
    const char *const *columns; /* names */
    size_t column_count;        /* 0 = the statement brings no rows */
    struct odbc_row *items;
    size_t count;
    long affected; /* rows touched, -1 = the driver does not say */
};

/* Lives as long as the connection. */
MUST_CHECK enum verdict odbc_prepare(struct odbc *db, const char *sql, size_t values,
                                     struct odbc_statement **out, struct error *err);
/* Runs it and reads every row, into mem. More than most rows (0 = a million) or than 256 MB is
 * V_FATAL: the statement lacks its limit. rows may be NULL: what it brings is thrown away. */
MUST_CHECK enum verdict
odbc_run(struct odbc_statement *st, struct arena *mem, const struct odbc_value *values, size_t most,
         struct odbc_rows *rows, struct error *err);
/* Runs a statement that brings one column, and at most one row: its bytes are added to a content in
 * pieces, and no other column can be in their way. *got is how many they were, -1 where there is no
 * row, or NULL in it. V_REJECT: these bytes alone are bad: content.large, odbc.length. */
MUST_CHECK enum verdict
odbc_run_bytes(struct odbc_statement *st, const struct odbc_value *values,
               struct content_writer *writer, int64_t *got, struct error *err);
/* V_IN_DOUBT: the connection went during the commit. Anything else but V_OK: surely rolled back
 * (after the caller's odbc_rollback()). */
MUST_CHECK enum verdict odbc_commit(struct odbc *db, struct error *err);
void odbc_rollback(struct odbc *db);
/* Runs a file of statements ended by ";" at the end of a line, and commits: set-up and tests. */
MUST_CHECK enum verdict odbc_script(struct odbc *db, const char *path, struct error *err);

/* ---- diagnostics ---- */

struct odbc_said {
    char state[6]; /* SQLSTATE, or "" */
    long native;
    char text[501]; /* the driver's words; may quote values: never logged */
};

/* Of the last failure on this connection. */
const struct odbc_said *odbc_said(const struct odbc *db);
/* The table: what a failure of a statement means. */
enum verdict odbc_verdict(enum odbc_dialect dialect, const char *state, long native);
/* True when no row of the table knows the last failure: V_FATAL for want of anything better. */
bool odbc_unknown(const struct odbc *db);

/* ---- what a driver can really do ---- */

/*
 * A battery on the live driver, in a temporary table that is rolled back; SQL is
 * sql_folder/probe/DIALECT.sql. *report is text for people, one line an ability: "ok NAME: ..." or
 * "NO NAME: ...", after the lines that pin it (driver, version, SHA-256 of its file, DBMS).
 * *good is true when no ability that the bridge stands on is missing.
 */
MUST_CHECK enum verdict
odbc_probe(struct arena *mem, const struct odbc_options *options, const char *sql_folder,
           const char **report, bool *good, struct error *err);

#endif
