/*
 * pg.h - PostgreSQL by libpq: one connection, named statements, binary COPY.
 *
 * SQL stands in sql/queries/NAME.sql and sql/report/NAME.sql as named statements:
 *   -- name: stage_complaint_new (run bigint, system text)
 *   WITH ... $1 ... $2
 * Names are unique over all files; the types make the statement's signature and are
 * given to the server. Prepared once a connection, values always parameters.
 * search_path is fixed to pg_catalog, pg_temp; every name in SQL is schema-qualified (temporary
 * tables as pg_temp.x). The zone of the session is UTC. Time limits: connect 10 s, statement, lock
 * and idle-in-transaction by pg_open(). The limit of a statement is kept at both sides: a server
 * that does not answer within it and 10 s is given up, V_RETRY "pg.timeout", and so is every later
 * call by that connection.
 */
#ifndef BRIDGE_PG_H
#define BRIDGE_PG_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "digest.h"
#include "verdict.h"

struct pg;

/* Rows of an answer; text form, alive until the arena given to pg_run() is reset. */
struct pg_rows {
    size_t count, columns;
    long affected; /* rows that INSERT/UPDATE/DELETE/MERGE/COPY touched */
    void *result;  /* PGresult */
};

/* statement_ms limits each statement. The connection is closed by pg_close(). */
MUST_CHECK enum verdict
pg_open(struct arena *mem, const char *conninfo, const char *sql_folder, const char *application,
        long statement_ms, struct pg **out, struct error *err);
void pg_close(struct pg *pg); /* NULL is fine */
/* Of a text that libpq cannot read: whether the word is in it. */
bool pg_holds_password(const char *conninfo);
/* V_FATAL "pg.pooler" when a pooler stands between, of whatever mode: how it deals with sessions
 * cannot be seen with certainty, for one that has a session to spare gives it to the same client
 * again. Needs the statement "pg_session". */
MUST_CHECK enum verdict pg_direct(struct pg *pg, struct error *err);
/* A statement under way when stop() becomes true gets 10 s more: then "pg.stopped". */
void pg_stop_when(bool (*stop)(void));

/* values: text form, NULL = SQL NULL; count must be that of the signature. rows may be NULL. */
MUST_CHECK enum verdict
pg_run(struct pg *pg, struct arena *mem, const char *name, const char *const *values, size_t count,
       struct pg_rows *rows, struct error *err);
/* One statement that brings rows and stands in a file of its own; name is for messages. */
MUST_CHECK enum verdict pg_query(struct pg *pg, struct arena *mem, const char *name,
                                 const char *text, struct pg_rows *rows, struct error *err);
/* Has the server look at every named statement: a schema that does not fit is found at once. The
 * temporary tables that some of them name must be there. */
MUST_CHECK enum verdict pg_prepare_all(struct pg *pg, struct error *err);
const char *pg_text(const struct pg_rows *rows, size_t row, size_t column); /* NULL = SQL NULL */
long pg_column(const struct pg_rows *rows, const char *name);               /* -1 = absent */
const char *pg_named(const struct pg_rows *rows, size_t row, const char *column);
int64_t pg_int(const struct pg_rows *rows, size_t row, const char *column); /* 0 for NULL */
bool pg_bool(const struct pg_rows *rows, size_t row, const char *column);
/* bytea column, decoded into mem. */
const char *pg_bytes(struct arena *mem, const struct pg_rows *rows, size_t row, const char *column,
                     size_t *len);

/* Parameter texts: bigint, bytea ("\x..."), and text[] literals (NULL items allowed). */
const char *pg_of_int(struct arena *mem, int64_t value);
const char *pg_of_now(struct arena *mem); /* the time that it is, as clock_text() writes it */
const char *pg_of_bytes(struct arena *mem, const void *bytes, size_t len);
const char *pg_of_texts(struct arena *mem, const char *const *texts, size_t count);

/* From now on every pg_commit() first runs the named statement (one value: id) in the same
 * transaction, and refuses to commit when it brings no row: V_FATAL "run.fenced". A run that others
 * have declared lost can so change nothing any more. NULL takes the fence away. */
void pg_fence(struct pg *pg, const char *name, int64_t id);

MUST_CHECK enum verdict pg_begin(struct pg *pg, struct error *err);
MUST_CHECK enum verdict pg_commit(struct pg *pg, struct error *err);
void pg_rollback(struct pg *pg); /* harmless outside a transaction */
bool pg_in_transaction(const struct pg *pg);

/* The rows of a named statement through a cursor, inside a transaction and one at a time: open,
 * then as XML or as rows, at most so many a call, then close. */
MUST_CHECK enum verdict pg_cursor_open(struct pg *pg, struct arena *mem, const char *name,
                                       const char *const *values, size_t count, struct error *err);
/* <row><column>text</column>...</row> one behind the other, as PostgreSQL writes XML: NULL columns
 * are left out, boolean is true or false; "" at the end. What XML cannot carry stands as it is. */
MUST_CHECK enum verdict
pg_cursor_xml(struct pg *pg, struct arena *mem, long most, const char **xml, struct error *err);
MUST_CHECK enum verdict pg_cursor_rows(struct pg *pg, struct arena *mem, long most,
                                       struct pg_rows *rows, struct error *err);
/* From the first row on, once more. */
MUST_CHECK enum verdict pg_cursor_again(struct pg *pg, struct error *err);
/* left: rows that were not asked for; may be NULL. After a failure the transaction is to be rolled
 * back. */
MUST_CHECK enum verdict pg_cursor_close(struct pg *pg, long *left, struct error *err);

/* Binary COPY into the table of a named statement "COPY ... FROM STDIN (FORMAT binary)". */
MUST_CHECK enum verdict pg_copy_begin(struct pg *pg, const char *name, struct error *err);
void pg_copy_row(struct pg *pg, int columns);
void pg_copy_null(struct pg *pg);
void pg_copy_text(struct pg *pg, const char *text, size_t len); /* NULL text = NULL */
void pg_copy_bytes(struct pg *pg, const void *bytes, size_t len);
void pg_copy_int2(struct pg *pg, int16_t value);
void pg_copy_int4(struct pg *pg, int32_t value);
void pg_copy_int8(struct pg *pg, int64_t value);
void pg_copy_time(struct pg *pg, int64_t at); /* clock.h microseconds; timestamptz */
MUST_CHECK enum verdict pg_copy_end(struct pg *pg, long *rows, struct error *err);

/* A named statement "COPY (...) TO STDOUT", in text form: row() takes each row as it comes, with
 * its newline. When it fails, the other rows are passed over and its verdict comes back. */
typedef enum verdict pg_copy_row_fn(void *to, const char *bytes, size_t len, struct error *err);
MUST_CHECK enum verdict
pg_copy_out(struct pg *pg, const char *name, pg_copy_row_fn *row, void *to, struct error *err);

/* Runs a whole SQL file (migration) in the open transaction, by the simple protocol. */
MUST_CHECK enum verdict pg_script(struct pg *pg, const char *path, struct error *err);

#endif
