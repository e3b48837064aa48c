/*
 * Prepare, bind, execute. Whole numbers go as 64 bits, all else as bytes of UTF-8; nothing is ever
 * put into the text of a statement.
 */
#include <stdio.h>
#include <string.h>

#include "../base/file.h"
#include "odbc_internal.h"
#include "text.h"

/* Beyond this many characters SQL Server wants its long type, or cuts in silence. */
#define SHORT_TEXT 4000

static enum verdict
prepare(struct odbc_statement *st, struct error *err)
{
    struct odbc *db = st->db;
    SQLULEN limit = db->timeout > 0 ? (SQLULEN)((db->timeout + 999) / 1000) : 0;
    SQLSMALLINT marks = 0;
    enum verdict v;

    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, db->dbc, &st->handle)))
        return odbc_fail(db, SQL_HANDLE_DBC, db->dbc, "make a statement", err);
    /* A driver without time limits answers HYC00; the watchdog of the run is behind it. */
    (void)SQLSetStmtAttr(st->handle, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)limit, SQL_IS_UINTEGER);
    if (!SQL_SUCCEEDED(SQLPrepare(st->handle, (SQLCHAR *)(uintptr_t)st->sql, SQL_NTS))) {
        v = odbc_fail(db, SQL_HANDLE_STMT, st->handle, "prepare the statement", err);
    } else if (SQL_SUCCEEDED(SQLNumParams(st->handle, &marks)) && (size_t)marks != st->values) {
        v = error_set(err, V_FATAL, "odbc.parameters",
                      "the driver counts %d parameters where the statement has %zu", marks,
                      st->values);
    } else {
        st->stale = st->described = false;
        return V_OK;
    }
    SQLFreeHandle(SQL_HANDLE_STMT, st->handle);
    st->handle = SQL_NULL_HANDLE;
    return v;
}

enum verdict
odbc_prepare(struct odbc *db, const char *sql, size_t values, struct odbc_statement **out,
             struct error *err)
{
    struct odbc_statement *st = arena_alloc(db->mem, sizeof *st);
    enum verdict v;

    *out = NULL;
    st->db = db;
    st->sql = arena_copy(db->mem, sql);
    st->values = values;
    st->block = db->about.block;
    st->lengths = arena_alloc(db->mem, (values + 1) * sizeof *st->lengths);
    st->numbers = arena_alloc(db->mem, (values + 1) * sizeof *st->numbers);
    st->contents = arena_alloc(db->mem, (values + 1) * sizeof *st->contents);
    v = prepare(st, err);
    if (v)
        return v;
    st->next = db->statements;
    db->statements = st;
    *out = st;
    return V_OK;
}

/* The type that the server is told for a text. */
static SQLSMALLINT
text_type(enum odbc_dialect dialect, size_t chars)
{
    if (dialect == ODBC_MSSQL)
        return chars > SHORT_TEXT ? SQL_WLONGVARCHAR : SQL_WVARCHAR;
    return chars > SHORT_TEXT ? SQL_LONGVARCHAR : SQL_VARCHAR;
}

static enum verdict
bind_value(struct odbc_statement *st, size_t i, const struct odbc_value *value, struct error *err)
{
    SQLUSMALLINT at = (SQLUSMALLINT)(i + 1);
    int64_t number;
    SQLRETURN r;

    if (value->text && value->bytes)
        return odbc_bind_bytes(st, i, value->text, err);
    if (value->text && value->number && text_int(value->text, value->len, &number)) {
        st->numbers[i] = number;
        st->lengths[i] = 0;
        r = SQLBindParameter(st->handle, at, SQL_PARAM_INPUT, SQL_C_SBIGINT, SQL_BIGINT, 19, 0,
                             &st->numbers[i], 0, &st->lengths[i]);
    } else {
        size_t len = value->text ? value->len : 0;
        size_t chars = text_is_utf8(value->text ? value->text : "", len, NULL)
                           ? text_chars(value->text ? value->text : "", len)
                           : len;
        SQLSMALLINT type = text_type(st->db->about.dialect, chars);

        st->lengths[i] = value->text ? (SQLLEN)len : SQL_NULL_DATA;
        r = SQLBindParameter(
            st->handle, at, SQL_PARAM_INPUT, SQL_C_CHAR, type, chars > 0 ? chars : 1, 0,
            (SQLPOINTER)(uintptr_t)(value->text ? value->text : ""), (SQLLEN)len, &st->lengths[i]);
    }
    if (!SQL_SUCCEEDED(r))
        return odbc_fail(st->db, SQL_HANDLE_STMT, st->handle, "bind a parameter", err);
    return V_OK;
}

enum verdict
odbc_bind(struct odbc_statement *st, const struct odbc_value *values, struct error *err)
{
    enum verdict v = V_OK;

    if (st->stale) {
        if (st->handle)
            SQLFreeHandle(SQL_HANDLE_STMT, st->handle);
        st->handle = SQL_NULL_HANDLE;
        v = prepare(st, err);
    }
    for (size_t i = 0; !v && i < st->values; i++)
        v = bind_value(st, i, &values[i], err);
    return v;
}

void
odbc_settle(struct odbc_statement *st)
{
    if (!st->handle)
        return;
    SQLFreeStmt(st->handle, SQL_CLOSE);
    SQLFreeStmt(st->handle, SQL_RESET_PARAMS);
}

enum verdict
odbc_execute(struct odbc_statement *st, bool *touched, struct error *err)
{
    SQLRETURN r = SQLExecute(st->handle);
    bool pieces = r == SQL_NEED_DATA;
    enum verdict v = V_OK;

    if (pieces)
        v = odbc_send_bytes(st, &r, err);
    *touched = r != SQL_NO_DATA; /* no data: an update that touched no row */
    if (!v && !SQL_SUCCEEDED(r) && r != SQL_NO_DATA)
        v = odbc_fail(st->db, SQL_HANDLE_STMT, st->handle, "run the statement", err);
    st->stale = v && pieces;
    return v;
}

static enum verdict
execute(struct odbc_statement *st, struct arena *mem, size_t most, struct odbc_rows *rows,
        struct error *err)
{
    SQLSMALLINT columns = 0;
    SQLLEN count = -1;
    bool touched;
    enum verdict v;

    *rows = (struct odbc_rows){ .affected = -1 };
    v = odbc_execute(st, &touched, err);
    if (v)
        return v;
    if (SQL_SUCCEEDED(SQLNumResultCols(st->handle, &columns)) && columns > 0) {
        rows->column_count = (size_t)columns;
        return odbc_fetch(st, mem, most > 0 ? most : ODBC_ROWS_MOST, rows, err);
    }
    if (!touched)
        rows->affected = 0;
    else if (SQL_SUCCEEDED(SQLRowCount(st->handle, &count)))
        rows->affected = count;
    return V_OK;
}

enum verdict
odbc_run(struct odbc_statement *st, struct arena *mem, const struct odbc_value *values, size_t most,
         struct odbc_rows *rows, struct error *err)
{
    struct odbc_rows nothing = { .affected = -1 };
    enum verdict v = odbc_bind(st, values, err);

    rows = rows ? rows : &nothing;
    *rows = (struct odbc_rows){ .affected = -1 };
    if (!v)
        v = execute(st, mem, most, rows, err);
    /* In a block a driver's SQLSetPos cannot be relied on (one loses the rows behind it), so a text
     * that is longer than its slot is read row by row, by asking again. */
    if (!v && st->cut) {
        SQLFreeStmt(st->handle, SQL_CLOSE);
        st->block = 1;
        v = execute(st, mem, most, rows, err);
    }
    odbc_settle(st);
    return v;
}

enum verdict
odbc_script(struct odbc *db, const char *path, struct error *err)
{
    struct arena *mem = arena_new("odbc script");
    const char *text, *why;
    enum verdict v = V_OK;
    size_t len;

    why = file_take(mem, path, &text, &len);
    if (why)
        v = error_set(err, V_FATAL, "odbc.script", "\"%s\": %s", path, why);
    while (!v && *text) {
        const char *sql = odbc_script_next(mem, &text);
        struct odbc_statement st = { .db = db };

        if (!sql)
            break;
        /* Run at once and not prepared: a definition cannot be prepared everywhere. */
        if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, db->dbc, &st.handle))) {
            v = odbc_fail(db, SQL_HANDLE_DBC, db->dbc, "make a statement", err);
            break;
        }
        if (!SQL_SUCCEEDED(SQLExecDirect(st.handle, (SQLCHAR *)(uintptr_t)sql, SQL_NTS)))
            v = odbc_fail(db, SQL_HANDLE_STMT, st.handle, "run a statement of the script", err);
        SQLFreeHandle(SQL_HANDLE_STMT, st.handle);
    }
    if (!v)
        v = odbc_commit(db, err);
    if (v)
        odbc_rollback(db);
    arena_free(mem);
    return v;
}
