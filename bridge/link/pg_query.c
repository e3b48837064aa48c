/*
 * A statement that stands in a file of its own, and is run once: not prepared, without values.
 */
#include "pg_parts.h"

enum verdict
pg_query(struct pg *pg, struct arena *mem, const char *name, const char *text, struct pg_rows *rows,
         struct error *err)
{
    struct pg_limit limit = pg_limit_begin(pg);
    PGresult *result = NULL;
    enum verdict v = V_OK;

    if (PQsendQueryParams(pg->conn, text, 0, NULL, NULL, NULL, NULL, 0))
        result = pg_wait(pg, &limit);
    if (PQresultStatus(result) == PGRES_COMMAND_OK)
        v = error_set(err, V_FATAL, "sql.rows", "statement \"%s\" brings no rows", name);
    else if (PQresultStatus(result) != PGRES_TUPLES_OK)
        v = pg_fault(pg, result, name, err);
    if (v) {
        PQclear(result);
        return v;
    }
    *rows = pg_rows_keep(mem, result);
    return V_OK;
}
