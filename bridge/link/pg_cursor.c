/*
 * A named statement read through a cursor: as XML that the server writes, or as rows, so many at a
 * time, and how many more there are.
 */
#include "pg_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The cursor has one name: one is open at a time. cursor_xml in sql/report/cursor.sql names it. */
#define CURSOR "bridge_rows"

enum verdict
pg_cursor_open(struct pg *pg, struct arena *mem, const char *name, const char *const *values,
               size_t count, struct error *err)
{
    const struct pg_statement *s = pg_statement_find(pg, name);
    struct pg_limit limit = pg_limit_begin(pg);
    PGresult *result = NULL;
    enum verdict v = V_OK;

    if (!s || s->count != count)
        return error_set(err, V_FATAL, "sql.name", "there is no statement \"%s\" of %zu values",
                         name, count);
    const char *text = arena_format(mem, "DECLARE " CURSOR " SCROLL CURSOR FOR %s", s->text);

    if (PQsendQueryParams(pg->conn, text, (int)count, s->types, values, NULL, NULL, 0))
        result = pg_wait(pg, &limit);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        v = pg_fault(pg, result, name, err);
    PQclear(result);
    return v;
}

enum verdict
pg_cursor_xml(struct pg *pg, struct arena *mem, long most, const char **xml, struct error *err)
{
    const char *const values[] = { pg_of_int(mem, most) };
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "cursor_xml", values, 1, &rows, err);

    *xml = v ? NULL : pg_named(&rows, 0, "xml");
    if (!v && !*xml)
        *xml = "";
    return v;
}

/* A command about the cursor; *result is for PQclear(). */
static enum verdict
tell(struct pg *pg, const char *text, ExecStatusType hoped, PGresult **result, struct error *err)
{
    *result = pg_ask(pg, text);
    return PQresultStatus(*result) == hoped ? V_OK : pg_fault(pg, *result, CURSOR, err);
}

enum verdict
pg_cursor_rows(struct pg *pg, struct arena *mem, long most, struct pg_rows *rows, struct error *err)
{
    const char *text = arena_format(mem, "FETCH %ld FROM " CURSOR, most);
    PGresult *result = NULL;
    enum verdict v = tell(pg, text, PGRES_TUPLES_OK, &result, err);

    if (v) {
        PQclear(result);
        return v;
    }
    *rows = pg_rows_keep(mem, result);
    return V_OK;
}

enum verdict
pg_cursor_again(struct pg *pg, struct error *err)
{
    PGresult *result = NULL;
    enum verdict v = tell(pg, "MOVE ABSOLUTE 0 IN " CURSOR, PGRES_COMMAND_OK, &result, err);

    PQclear(result);
    return v;
}

enum verdict
pg_cursor_close(struct pg *pg, long *left, struct error *err)
{
    PGresult *result = NULL;
    enum verdict v = V_OK;

    if (left) {
        v = tell(pg, "MOVE ALL IN " CURSOR, PGRES_COMMAND_OK, &result, err);
        if (!v)
            *left = strtol(PQcmdTuples(result), NULL, 10);
        PQclear(result);
    }
    if (v)
        return v;
    v = tell(pg, "CLOSE " CURSOR, PGRES_COMMAND_OK, &result, err);
    PQclear(result);
    return v;
}
