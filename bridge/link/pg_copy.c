/*
 * Binary COPY. A row is a count of fields, then each field as length and bytes, all big-endian;
 * times count microseconds from 2000-01-01. Rows gather in a buffer that is handed to libpq when
 * it is large enough to be worth a system call.
 */
#include "pg_parts.h"

#include <stdlib.h>

#define FLUSH      ((size_t)64 << 10)
#define EPOCH_2000 INT64_C(946684800000000) /* microseconds from 1970 */

static const char signature[19] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";

static void
flush(struct pg *pg)
{
    struct pg_limit limit = pg_limit_begin(pg);

    if (pg->copy.len && !pg->copy_failed &&
        (PQputCopyData(pg->conn, pg->copy.data, (int)pg->copy.len) != 1 ||
         !pg_push_out(pg, &limit)))
        pg->copy_failed = true;
    buf_clear(&pg->copy);
}

static void
put(struct pg *pg, const void *bytes, size_t len)
{
    if (!buf_add(&pg->copy, bytes, len))
        pg->copy_failed = true;
}

static void
put_number(struct pg *pg, uint64_t value, size_t bytes)
{
    unsigned char out[8];

    for (size_t i = 0; i < bytes; i++)
        out[i] = (unsigned char)(value >> (8 * (bytes - 1 - i)));
    put(pg, out, bytes);
}

enum verdict
pg_copy_begin(struct pg *pg, const char *name, struct error *err)
{
    struct pg_statement *s = pg_statement_find(pg, name);
    PGresult *result;
    enum verdict v = V_OK;

    if (!s)
        return error_set(err, V_FATAL, "sql.name", "there is no statement \"%s\" in sql/queries",
                         name);
    result = pg_ask(pg, s->text);
    if (PQresultStatus(result) != PGRES_COPY_IN)
        v = pg_fault(pg, result, name, err);
    PQclear(result);
    if (v)
        return v;
    pg->copying = s->name;
    pg->copy_failed = false;
    buf_clear(&pg->copy);
    put(pg, signature, sizeof signature);
    return V_OK;
}

void
pg_copy_row(struct pg *pg, int columns)
{
    if (pg->copy.len >= FLUSH)
        flush(pg);
    put_number(pg, (uint64_t)columns, 2);
}

void
pg_copy_null(struct pg *pg)
{
    put_number(pg, UINT32_MAX, 4);
}

void
pg_copy_bytes(struct pg *pg, const void *bytes, size_t len)
{
    if (!bytes) {
        pg_copy_null(pg);
        return;
    }
    if (len > INT32_MAX) {
        pg->copy_failed = true;
        return;
    }
    put_number(pg, len, 4);
    put(pg, bytes, len);
}

void
pg_copy_text(struct pg *pg, const char *text, size_t len)
{
    pg_copy_bytes(pg, text, len);
}

void
pg_copy_int2(struct pg *pg, int16_t value)
{
    put_number(pg, 2, 4);
    put_number(pg, (uint64_t)value, 2);
}

void
pg_copy_int4(struct pg *pg, int32_t value)
{
    put_number(pg, 4, 4);
    put_number(pg, (uint64_t)value, 4);
}

void
pg_copy_int8(struct pg *pg, int64_t value)
{
    put_number(pg, 8, 4);
    put_number(pg, (uint64_t)value, 8);
}

void
pg_copy_time(struct pg *pg, int64_t at)
{
    pg_copy_int8(pg, at - EPOCH_2000);
}

enum verdict
pg_copy_end(struct pg *pg, long *rows, struct error *err)
{
    const char *name = pg->copying ? pg->copying : "copy";
    struct pg_limit limit;
    PGresult *result = NULL;
    enum verdict v = V_OK;

    put_number(pg, UINT16_MAX, 2);
    flush(pg);
    limit = pg_limit_begin(pg);
    if (PQputCopyEnd(pg->conn, pg->copy_failed ? "rows could not be sent" : NULL) == 1)
        result = pg_wait(pg, &limit);
    pg->copying = NULL;
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        v = pg_fault(pg, result, name, err);
    else if (rows)
        *rows = strtol(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return v;
}
