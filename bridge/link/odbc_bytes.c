/*
 * What files hold, between the driver and the content store, in pieces: in by data at execution
 * (SQLParamData, SQLPutData), out by SQLGetData on the only column of the only row, so that no
 * driver's order of columns, blocks or bound buffers has a say.
 */
#include <stdint.h>
#include <stdlib.h>

#include "buf.h"
#include "odbc_internal.h"

/* Drivers that gather what they are sent copy it at every piece: not too many of them. */
#define SENT ((size_t)512 * 1024)

/* Drivers count a length in 32 bits here and there. */
#define BYTES_MOST ((int64_t)INT32_MAX - 1024)

/* ---- in ---- */

enum verdict
odbc_bind_bytes(struct odbc_statement *st, size_t i, const char *id, struct error *err)
{
    struct odbc *db = st->db;
    struct arena *mem = arena_new("odbc bytes");
    struct content_facts facts = { .size = 0 };
    enum verdict v;

    if (!db->contents)
        v = error_set(err, V_FATAL, "odbc.contents", "there is no content store");
    else
        v = content_look(db->contents, mem, id, &facts, err);
    if (!v && facts.size > BYTES_MOST)
        v = error_set(err, V_REJECT, "odbc.large", "a driver takes at most 2 GB at once");
    if (!v) {
        st->contents[i] = id;
        st->lengths[i] = SQL_LEN_DATA_AT_EXEC((SQLLEN)facts.size);
        if (!SQL_SUCCEEDED(SQLBindParameter(st->handle, (SQLUSMALLINT)(i + 1), SQL_PARAM_INPUT,
                                            SQL_C_BINARY, SQL_LONGVARBINARY, (SQLULEN)facts.size, 0,
                                            &st->contents[i], 0, &st->lengths[i])))
            v = odbc_fail(db, SQL_HANDLE_STMT, st->handle, "bind a parameter", err);
    }
    arena_free(mem);
    return v;
}

static enum verdict
send_one(struct odbc_statement *st, const char *id, struct error *err)
{
    struct arena *mem = arena_new("odbc bytes");
    char *piece = arena_alloc(mem, SENT);
    struct content_reader *reader = NULL;
    enum verdict v = content_open(st->db->contents, mem, id, &reader, err);
    size_t got = 1;

    while (!v && got > 0) {
        v = content_read(reader, piece, SENT, &got, err);
        if (!v && got > 0 && !SQL_SUCCEEDED(SQLPutData(st->handle, piece, (SQLLEN)got)))
            v = odbc_fail(st->db, SQL_HANDLE_STMT, st->handle, "send a file", err);
    }
    if (reader)
        content_close(reader);
    arena_free(mem);
    return v;
}

enum verdict
odbc_send_bytes(struct odbc_statement *st, SQLRETURN *r, struct error *err)
{
    enum verdict v = V_OK;
    SQLPOINTER token = NULL;

    for (*r = SQLParamData(st->handle, &token); !v && *r == SQL_NEED_DATA;) {
        const char *const *id = token;

        if (id < st->contents || id >= st->contents + st->values || !*id)
            v = error_set(err, V_FATAL, "odbc.token",
                          "the driver \"%s\" asks for the bytes of a value that has none",
                          st->db->about.driver);
        else
            v = send_one(st, *id, err);
        if (!v)
            *r = SQLParamData(st->handle, &token);
    }
    if (v)
        SQLCancel(st->handle);
    return v;
}

/* ---- out ---- */

/* All of the value, piece by piece, and what the driver told of its length compared with what came.
 */
static enum verdict
take(struct odbc_statement *st, char *piece, struct content_writer *writer, int64_t *got,
     struct error *err)
{
    enum verdict v = V_OK;
    SQLLEN told = 0, sum = 0;
    SQLRETURN r = SQL_SUCCESS_WITH_INFO;

    for (bool first = true; !v && r == SQL_SUCCESS_WITH_INFO; first = false) {
        SQLLEN left = 0, n;

        r = SQLGetData(st->handle, 1, SQL_C_BINARY, piece, ODBC_PIECE, &left);
        if (r == SQL_NO_DATA)
            break;
        if (!SQL_SUCCEEDED(r))
            return odbc_fail(st->db, SQL_HANDLE_STMT, st->handle, "read a file", err);
        if (left == SQL_NULL_DATA)
            return V_OK;
        told = first ? left : told;
        n = left == SQL_NO_TOTAL || left > (SQLLEN)ODBC_PIECE ? (SQLLEN)ODBC_PIECE : left;
        if (n < 0 || (r == SQL_SUCCESS_WITH_INFO && n < (SQLLEN)ODBC_PIECE) ||
            (r == SQL_SUCCESS && left == SQL_NO_TOTAL))
            return error_set(err, V_FATAL, "odbc.indicator",
                             "the driver \"%s\" does not tell how many bytes it brought",
                             st->db->about.driver);
        sum += n;
        if (n > 0)
            v = content_add(writer, piece, (size_t)n, err);
    }
    if (!v && told >= 0 && told != sum)
        v = error_set(err, V_REJECT, "odbc.length", "the driver tells of %lld bytes and gives %lld",
                      (long long)told, (long long)sum);
    *got = sum;
    return v;
}

static enum verdict
take_row(struct odbc_statement *st, struct content_writer *writer, int64_t *got, struct error *err)
{
    SQLSMALLINT columns = 0;
    char *piece;
    SQLRETURN r;
    enum verdict v;

    if (!SQL_SUCCEEDED(SQLNumResultCols(st->handle, &columns)) || columns != 1)
        return error_set(err, V_FATAL, "odbc.columns", "the statement must bring one column");
    r = SQLFetch(st->handle);
    if (r == SQL_NO_DATA)
        return V_OK;
    if (!SQL_SUCCEEDED(r))
        return odbc_fail(st->db, SQL_HANDLE_STMT, st->handle, "read the rows", err);
    piece = memory_get(ODBC_PIECE);
    v = take(st, piece, writer, got, err);
    free(piece);
    return v;
}

enum verdict
odbc_run_bytes(struct odbc_statement *st, const struct odbc_value *values,
               struct content_writer *writer, int64_t *got, struct error *err)
{
    bool touched;
    enum verdict v = odbc_bind(st, values, err);

    *got = -1;
    if (!v)
        v = odbc_execute(st, &touched, err);
    if (!v)
        v = take_row(st, writer, got, err);
    odbc_settle(st);
    return v;
}
