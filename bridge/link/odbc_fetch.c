/*
 * Reading rows, believing nothing. Columns are bound (column-wise, never with an offset); before
 * each fetch every slot is poisoned and every indicator zeroed, so that a slot which the driver did
 * not write, and an indicator of which it wrote only 32 bits, show. A text that did not fit its
 * slot is read again by SQLGetData in pieces, joined as bytes, and its length compared; in a block
 * that cannot be done, and the statement is run again row by row.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "odbc_internal.h"

#define POISON     0xAB
#define POISONED   ((size_t)16) /* bytes at each end of a text slot: enough to tell, cheap to set */
#define WIDTH_MOST ((size_t)4096) /* of a text slot; what is longer is read again */

static size_t
text_width(const struct odbc *db, SQLULEN size)
{
    /* SQLite's columns have sizes, but its values need not keep to them. */
    if (size == 0 || size > WIDTH_MOST / 4 - 1)
        return WIDTH_MOST;
    return size < 15 ? (db->about.dialect == ODBC_SQLITE ? 128 : 64) : (size_t)size * 4 + 4;
}

static enum odbc_shape
shape_of(const struct odbc_statement *st, SQLUSMALLINT at, SQLSMALLINT type)
{
    SQLLEN is_unsigned = SQL_FALSE;

    /* A column of SQLite holds whatever was put into it: "12x" in an INTEGER must not become 12. */
    if (st->db->about.dialect == ODBC_SQLITE)
        return SHAPE_TEXT;
    switch (type) {
    case SQL_BIT:
    case SQL_TINYINT:
    case SQL_SMALLINT:
    case SQL_INTEGER:
        return SHAPE_NUMBER;
    case SQL_BIGINT:
        (void)SQLColAttribute(st->handle, at, SQL_DESC_UNSIGNED, NULL, 0, NULL, &is_unsigned);
        return is_unsigned == SQL_TRUE ? SHAPE_TEXT : SHAPE_NUMBER;
    case SQL_TYPE_TIMESTAMP:
    case SQL_TIMESTAMP:
        return SHAPE_TIME;
    case SQL_TYPE_DATE:
    case SQL_DATE:
        return SHAPE_DATE;
    default:
        return SHAPE_TEXT;
    }
}

/* Names, shapes and buffers of a result, once a statement; set after SQLPrepare, which in some
 * drivers forgets them. */
static enum verdict
describe(struct odbc_statement *st, size_t count, struct error *err)
{
    static const struct {
        SQLSMALLINT type;
        size_t width;
    } forms[] = {
        [SHAPE_TEXT] = { SQL_C_CHAR, 0 },
        [SHAPE_NUMBER] = { SQL_C_SBIGINT, sizeof(SQLBIGINT) },
        [SHAPE_TIME] = { SQL_C_TYPE_TIMESTAMP, sizeof(SQL_TIMESTAMP_STRUCT) },
        [SHAPE_DATE] = { SQL_C_TYPE_DATE, sizeof(SQL_DATE_STRUCT) },
    };
    struct odbc *db = st->db;
    size_t block = (size_t)db->about.block;

    st->column_count = count;
    st->names = arena_alloc(db->mem, count * sizeof *st->names);
    st->columns = arena_alloc(db->mem, count * sizeof *st->columns);
    st->status = arena_alloc(db->mem, block * sizeof *st->status);
    for (size_t i = 0; i < count; i++) {
        struct odbc_column *column = &st->columns[i];
        SQLUSMALLINT at = (SQLUSMALLINT)(i + 1);
        SQLCHAR name[256] = "";
        SQLSMALLINT len, type = SQL_VARCHAR, digits, nullable;
        SQLULEN size = 0;

        if (!SQL_SUCCEEDED(SQLDescribeCol(st->handle, at, name, sizeof name, &len, &type, &size,
                                          &digits, &nullable)))
            return odbc_fail(db, SQL_HANDLE_STMT, st->handle, "describe a column", err);
        st->names[i] = arena_copy(db->mem, (const char *)name);
        column->shape = shape_of(st, at, type);
        column->width = forms[column->shape].width;
        if (column->shape == SHAPE_TEXT)
            column->width = text_width(db, size);
        column->data = arena_alloc(db->mem, block * column->width);
        column->indicators = arena_alloc(db->mem, block * sizeof *column->indicators);
        if (!SQL_SUCCEEDED(SQLBindCol(st->handle, at, forms[column->shape].type, column->data,
                                      (SQLLEN)column->width, column->indicators)))
            return odbc_fail(db, SQL_HANDLE_STMT, st->handle, "bind a column", err);
    }
    st->described = true;
    return V_OK;
}

static enum verdict
set_block(struct odbc_statement *st, struct error *err)
{
    SQLULEN block = (SQLULEN)st->block, got = 0;

    if (!SQL_SUCCEEDED(SQLSetStmtAttr(st->handle, SQL_ATTR_ROW_BIND_TYPE,
                                      (SQLPOINTER)SQL_BIND_BY_COLUMN, SQL_IS_UINTEGER)) ||
        !SQL_SUCCEEDED(SQLSetStmtAttr(st->handle, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)block,
                                      SQL_IS_UINTEGER)) ||
        !SQL_SUCCEEDED(
            SQLSetStmtAttr(st->handle, SQL_ATTR_ROW_STATUS_PTR, st->status, SQL_IS_POINTER)) ||
        !SQL_SUCCEEDED(
            SQLSetStmtAttr(st->handle, SQL_ATTR_ROWS_FETCHED_PTR, &st->fetched, SQL_IS_POINTER)))
        return odbc_fail(st->db, SQL_HANDLE_STMT, st->handle, "set the block of rows", err);
    if (!SQL_SUCCEEDED(SQLGetStmtAttr(st->handle, SQL_ATTR_ROW_ARRAY_SIZE, &got, 0, NULL)) ||
        got != block)
        return error_set(err, V_FATAL, "odbc.block", "the driver takes no blocks of %ld rows",
                         st->block);
    return V_OK;
}

static void
poison(struct odbc_statement *st)
{
    size_t block = (size_t)st->block;

    for (size_t c = 0; c < st->column_count; c++) {
        struct odbc_column *column = &st->columns[c];

        memset(column->indicators, 0, block * sizeof *column->indicators);
        if (column->width <= 2 * POISONED) {
            memset(column->data, POISON, block * column->width);
            continue;
        }
        for (size_t row = 0; row < block; row++) {
            memset(column->data + row * column->width, POISON, POISONED);
            memset(column->data + (row + 1) * column->width - POISONED, POISON, POISONED);
        }
    }
    memset(st->status, 0xff, block * sizeof *st->status);
    st->fetched = 0;
}

static const struct error *
fault(struct arena *mem, const struct odbc_statement *st, size_t column, const char *code,
      const char *text)
{
    struct error *err = arena_alloc(mem, sizeof *err);

    (void)error_set(err, V_REJECT, code, "%s", text);
    error_at(err, NULL, st->names[column]);
    return err;
}

/* A whole value by pieces. Whether a driver ends a full piece with a NUL differs, so the bytes
 * before the first NUL count, and the sum is compared with what the indicator told. */
static const struct error *
read_again(struct odbc_statement *st, struct arena *mem, size_t c, SQLLEN told, struct field *out)
{
    struct buf whole;
    const struct error *bad = NULL;
    SQLUSMALLINT at = (SQLUSMALLINT)(c + 1);
    char *piece = memory_get(ODBC_PIECE);

    buf_init(&whole, ODBC_VALUE_MOST);
    while (!bad) {
        SQLLEN left = 0;
        SQLRETURN r;
        size_t n;

        memset(piece, POISON, ODBC_PIECE);
        r = SQLGetData(st->handle, at, SQL_C_CHAR, piece, ODBC_PIECE, &left);
        if (r == SQL_NO_DATA)
            break;
        if (!SQL_SUCCEEDED(r) || left == SQL_NULL_DATA) {
            bad = fault(mem, st, c, "odbc.truncated", "the driver cut a text short");
            break;
        }
        n = strnlen(piece, ODBC_PIECE);
        if (!buf_add(&whole, piece, n)) {
            bad = fault(mem, st, c, "odbc.long", "a text is longer than 16 MB");
            break;
        }
        if (r == SQL_SUCCESS || n == 0)
            break;
    }
    if (!bad && told >= 0 && (size_t)told != whole.len)
        bad = fault(mem, st, c, "odbc.length", "the driver tells one length and gives another");
    if (!bad)
        *out =
            (struct field){ arena_text(mem, whole.data ? whole.data : "", whole.len), whole.len };
    buf_release(&whole);
    free(piece);
    return bad;
}

static bool
untouched(const unsigned char *slot, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (slot[i] != POISON)
            return false;
    return true;
}

static struct field
time_text(struct arena *mem, const SQL_TIMESTAMP_STRUCT *t)
{
    char out[64];
    int len =
        snprintf(out, sizeof out, "%04d-%02u-%02u %02u:%02u:%02u", t->year, (unsigned)t->month,
                 (unsigned)t->day, (unsigned)t->hour, (unsigned)t->minute, (unsigned)t->second);

    if (t->fraction >= 1000) /* nanoseconds; rounded down */
        len += snprintf(out + len, sizeof out - (size_t)len, ".%06u",
                        (unsigned)(t->fraction / 1000) % 1000000u);
    return (struct field){ arena_text(mem, out, (size_t)len), (size_t)len };
}

static struct field
number_or_date(struct arena *mem, enum odbc_shape shape, const unsigned char *slot)
{
    char out[64];
    int len;

    if (shape == SHAPE_NUMBER) {
        SQLBIGINT number;

        memcpy(&number, slot, sizeof number);
        len = snprintf(out, sizeof out, "%lld", (long long)number);
    } else {
        SQL_DATE_STRUCT date;

        memcpy(&date, slot, sizeof date);
        len = snprintf(out, sizeof out, "%04d-%02u-%02u", date.year, (unsigned)date.month,
                       (unsigned)date.day);
    }
    return (struct field){ arena_text(mem, out, (size_t)len), (size_t)len };
}

/* V_FATAL when the driver cannot be trusted at all; a value that is bad alone is a fault of its
 * row. */
static enum verdict
read_value(struct odbc_statement *st, struct arena *mem, size_t row, size_t c, struct odbc_row *out,
           struct error *err)
{
    struct odbc_column *column = &st->columns[c];
    unsigned char *slot = column->data + row * column->width;
    SQLLEN told = column->indicators[row];
    struct field *field = &out->fields[c];
    const struct error *bad;
    size_t edge = column->width <= 2 * POISONED ? column->width : POISONED;

    if (told == SQL_NULL_DATA)
        return V_OK;
    if (told == (SQLLEN)UINT32_MAX || (told < 0 && told != SQL_NO_TOTAL))
        return error_set(err, V_FATAL, "odbc.indicator",
                         "the driver \"%s\" writes indicators of another width",
                         st->db->about.driver);
    if (untouched(slot, edge))
        return error_set(err, V_FATAL, "odbc.unwritten",
                         "the driver \"%s\" left column \"%s\" of a row unwritten",
                         st->db->about.driver, st->names[c]);
    switch (column->shape) {
    case SHAPE_NUMBER:
    case SHAPE_DATE:
        *field = number_or_date(mem, column->shape, slot);
        return V_OK;
    case SHAPE_TIME: {
        SQL_TIMESTAMP_STRUCT t;

        memcpy(&t, slot, sizeof t);
        *field = time_text(mem, &t);
        return V_OK;
    }
    case SHAPE_TEXT:
        break;
    }
    /* A slot filled to its last byte may have been cut in silence. */
    if (told == SQL_NO_TOTAL || (size_t)told >= column->width - 1) {
        st->long_text = true;
        if (st->block > 1) {
            st->cut = true;
            return V_OK;
        }
        bad = read_again(st, mem, c, told, field);
        out->fault = out->fault ? out->fault : bad;
    } else if (slot[told] != '\0') {
        out->fault =
            fault(mem, st, c, "odbc.length", "the driver tells one length and gives another");
    } else {
        *field = (struct field){ arena_text(mem, (const char *)slot, (size_t)told), (size_t)told };
    }
    return V_OK;
}

static enum verdict
read_block(struct odbc_statement *st, struct arena *mem, size_t most, size_t *room, size_t *bytes,
           struct odbc_rows *rows, struct error *err)
{
    size_t fetched = (size_t)st->fetched;
    enum verdict v = V_OK;

    for (size_t row = 0; !v && !st->cut && row < fetched; row++) {
        struct odbc_row *out;

        if (rows->count >= most || *bytes > ODBC_BYTES_MOST)
            return error_set(err, V_FATAL, "odbc.rows",
                             "the statement brings more than %zu rows or %zu MB; it needs a limit",
                             most, ODBC_BYTES_MOST >> 20);
        rows->items = arena_grow(mem, rows->items, rows->count, room, sizeof *rows->items);
        out = &rows->items[rows->count++];
        *out = (struct odbc_row){ .fields =
                                      arena_alloc(mem, st->column_count * sizeof(struct field)) };
        if (st->status[row] == SQL_ROW_ERROR) {
            out->fault = fault(mem, st, 0, "odbc.row", "the driver could not read the row");
            continue;
        }
        for (size_t c = 0; !v && !st->cut && c < st->column_count; c++) {
            v = read_value(st, mem, row, c, out, err);
            *bytes += out->fields[c].len;
        }
    }
    return v;
}

enum verdict
odbc_fetch(struct odbc_statement *st, struct arena *mem, size_t most, struct odbc_rows *rows,
           struct error *err)
{
    size_t room = 0, bytes = 0;
    enum verdict v = V_OK;

    if (st->described && st->column_count != rows->column_count)
        return error_set(err, V_RETRY, "odbc.columns", "the table changed under the statement");
    if (!st->described)
        v = describe(st, rows->column_count, err);
    if (!v)
        v = set_block(st, err);
    rows->columns = st->names;
    st->cut = st->long_text = false;
    while (!v && !st->cut) {
        SQLRETURN r;

        poison(st);
        r = SQLFetch(st->handle);
        if (r == SQL_NO_DATA)
            break;
        if (!SQL_SUCCEEDED(r))
            return odbc_fail(st->db, SQL_HANDLE_STMT, st->handle, "read the rows", err);
        if (st->fetched == 0 || st->fetched > (SQLULEN)st->block)
            return error_set(err, V_FATAL, "odbc.block",
                             "the driver \"%s\" does not tell how many rows it brought",
                             st->db->about.driver);
        v = read_block(st, mem, most, &room, &bytes, rows, err);
    }
    /* Long texts come together: stay row by row until a run meets none. */
    if (!v && !st->cut)
        st->block = st->long_text ? 1 : st->db->about.block;
    return v;
}
