/*
 * odbc_internal.h - what the files of link/odbc share; nobody else includes it.
 */
#ifndef BRIDGE_ODBC_INTERNAL_H
#define BRIDGE_ODBC_INTERNAL_H

#include <sql.h>
#include <sqlext.h>

#include "odbc.h"

/* Rows of one statement are capped, so that a forgotten limit is a fault and not a full machine. */
#define ODBC_ROWS_MOST  1000000u
#define ODBC_BYTES_MOST ((size_t)256 * 1024 * 1024)
#define ODBC_VALUE_MOST ((size_t)16 * 1024 * 1024)
#define ODBC_BLOCK_MOST 1000
#define ODBC_PIECE      65536u /* of a long value */

struct odbc {
    struct arena *mem;
    SQLHENV env;
    SQLHDBC dbc;
    bool connected, lost;
    long timeout; /* ms */
    struct odbc_about about;
    struct odbc_said said;
    struct contents *contents; /* or NULL */
    struct odbc_statement *statements;
};

enum odbc_shape { SHAPE_TEXT, SHAPE_NUMBER, SHAPE_TIME, SHAPE_DATE };

struct odbc_column {
    enum odbc_shape shape;
    size_t width;        /* bytes of one value's buffer */
    unsigned char *data; /* block * width */
    SQLLEN *indicators;  /* block */
};

struct odbc_statement {
    struct odbc *db;
    const char *sql;
    SQLHSTMT handle;
    bool stale; /* to be prepared anew: a server may keep to the failure of a value in pieces */
    size_t values;
    SQLLEN *lengths;       /* of the values */
    SQLBIGINT *numbers;    /* values bound as numbers */
    const char **contents; /* ids of values whose bytes are asked for while the statement runs */
    bool described;        /* names and columns are filled and bound */
    const char **names;
    struct odbc_column *columns;
    size_t column_count;
    long block;     /* rows in a fetch of the next run */
    bool long_text; /* the last run met a text that did not fit its slot */
    bool cut;       /* a block held a text that did not fit its slot */
    SQLULEN fetched;
    SQLUSMALLINT *status; /* block */
    struct odbc_statement *next;
};

/* Reads the diagnostics of a handle into db->said and fills err; doing is what could not be done
 * ("run the statement"). The verdict is the table's. */
enum verdict odbc_fail(struct odbc *db, SQLSMALLINT type, SQLHANDLE handle, const char *doing,
                       struct error *err);
/* The same without an error to fill. */
void odbc_listen(struct odbc *db, SQLSMALLINT type, SQLHANDLE handle);

/* Reads every row of an executed statement. st->cut is set, and the rows are not to be used, when
 * a block held a text that did not fit: it must be run again row by row. */
MUST_CHECK enum verdict odbc_fetch(struct odbc_statement *st, struct arena *mem, size_t most,
                                   struct odbc_rows *rows, struct error *err);

enum verdict
odbc_bind(struct odbc_statement *st, const struct odbc_value *values, struct error *err);
/* SQLExecute, with the bytes that it asks for. *touched is false when an update found no row. */
enum verdict odbc_execute(struct odbc_statement *st, bool *touched, struct error *err);
/* Leaves nothing of a run in the handle: an open cursor keeps locks. */
void odbc_settle(struct odbc_statement *st);
/* Binds a value whose bytes are asked for later. */
enum verdict
odbc_bind_bytes(struct odbc_statement *st, size_t i, const char *id, struct error *err);
/* Gives the driver what it asks for, after SQL_NEED_DATA; *r is what the statement then returned.
 */
enum verdict odbc_send_bytes(struct odbc_statement *st, SQLRETURN *r, struct error *err);

/* The next statement of a script from *text on, which moves past it; NULL at the end. */
char *odbc_script_next(struct arena *mem, const char **text);

#endif
