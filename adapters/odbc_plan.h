/*
 * odbc_plan.h - the calls of an odbc map, compiled: which text, which value where.
 *
 * Keys of [call]:
 *   sql = TEXT               one for a call that brings; several for one that carries: all of them
 *                            in one transaction
 *   sql.DIALECT = TEXT       used instead of the sql lines where the DBMS is that: sqlite, mysql
 *                            (MariaDB too), pgsql, mssql
 *   sql.DIALECT = none       a call that brings is not there on that DBMS, which cannot do it
 *   expect = N | any         after a sql line that carries: rows that it must touch; 1 unless said
 *   arg = :name VALUE [int] [format="..."]   VALUE is $variable or a literal; int binds a number,
 *                            and absent or empty is 0
 *   receipt = SELECT ...     its first value is the peer's number for the delivery
 *   content = SELECT ...     (and content.DIALECT) of a call that brings a column of kind bytes:
 *                            one column, one row, run for each row that came; a :name is a column
 *                            that the stream reads. With :offset (from 1) and :piece (bytes) it is
 *                            run until a piece is short: no driver then holds more than a piece
 *
 * A :name is an arg's, else a column that the stream writes, else the variable of that name (a
 * time without an arg is written "%Y-%m-%d %H:%M:%S" in the zone of the map). In a call that
 * carries a column of kind bytes, :content_size is how many bytes it has.
 *
 * Keys of [map]: session = TEXT, session.DIALECT = TEXT, run once after connecting.
 */
#ifndef BRIDGE_ODBC_PLAN_H
#define BRIDGE_ODBC_PLAN_H

#include "adapter.h"
#include "odbc.h"

#define PLAN_ANY (-1L)

struct plan_value {
    enum { PLAN_VAR, PLAN_FIELD, PLAN_LITERAL, PLAN_SIZE, PLAN_OFFSET, PLAN_PIECE } from;
    const char *word;   /* name of the variable, or the literal */
    size_t slot;        /* field of the record; of PLAN_SIZE the one that has the bytes */
    const char *format; /* a variable that is a time */
    bool number;
    bool zero;  /* absent or empty is 0 */
    bool bytes; /* a field of kind bytes */
};

struct plan_sql {
    const char *text;
    const struct plan_value *values;
    size_t count;
    long expect; /* PLAN_ANY or the rows to touch */
    bool rows;   /* :rows limits it */
    bool pieces; /* it brings one piece at a time */
    int line;
    struct odbc_statement *st; /* prepared at first use */
};

struct plan_call {
    const struct map_call *call;
    const struct map_stream *stream;
    struct plan_sql *sql;
    size_t count;
    bool none;                /* "sql.DIALECT = none" */
    struct plan_sql *receipt; /* or NULL */
    struct plan_sql *content; /* or NULL */
    size_t bytes;             /* line of kind bytes, where content is there */
    size_t *columns;          /* of each line, SIZE_MAX where it is not read; NULL until known */
};

struct plan {
    struct plan_call *calls; /* as map->calls */
    size_t count;
    const char *const *session;
    size_t session_count;
};

/* Compiles every call for a DBMS. Faults are added (faults->count grows) and that call is left
 * empty. */
void plan_read(struct arena *mem, const struct mapping *map, enum odbc_dialect dialect,
               struct plan *out, struct faults *faults);
/* Every text of every dialect, and all else that can be told without a peer. */
void plan_check(const struct mapping *map, struct faults *faults);

#endif
