/*
 * COPY out, a row at a time: libpq holds one row, so that a table of any size passes through little
 * memory. Time counts from the last row that came; the server's own limit is for the whole.
 */
#include "pg_parts.h"

static enum verdict
begin_out(struct pg *pg, const struct pg_statement *s, struct error *err)
{
    PGresult *result = pg_ask(pg, s->text);
    enum verdict v = V_OK;

    if (PQresultStatus(result) != PGRES_COPY_OUT)
        v = pg_fault(pg, result, s->name, err);
    PQclear(result);
    return v;
}

/* What the server says at the end; also why it ended early. */
static enum verdict
end_out(struct pg *pg, const char *name, struct error *err)
{
    struct pg_limit limit = pg_limit_begin(pg);
    PGresult *result = pg->conn ? pg_wait(pg, &limit) : NULL;
    enum verdict v = V_OK;

    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        v = pg_fault(pg, result, name, err);
    PQclear(result);
    return v;
}

enum verdict
pg_copy_out(struct pg *pg, const char *name, pg_copy_row_fn *row, void *to, struct error *err)
{
    struct pg_statement *s = pg_statement_find(pg, name);
    enum verdict said = V_OK; /* of a row */

    if (!s)
        return error_set(err, V_FATAL, "sql.name", "there is no statement \"%s\" in sql/queries",
                         name);
    enum verdict v = begin_out(pg, s, err);

    if (v)
        return v;
    struct pg_limit limit = pg_limit_begin(pg);

    for (;;) {
        char *bytes = NULL;
        int len = PQgetCopyData(pg->conn, &bytes, 1);

        if (len == 0 && pg_take_in(pg, &limit))
            continue;
        if (len <= 0)
            break;
        if (!said)
            said = row(to, bytes, (size_t)len, err);
        PQfreemem(bytes);
        limit = pg_limit_begin(pg);
    }
    if (said) { /* the rest was read only to leave the connection whole */
        struct error later;

        if (end_out(pg, name, &later))
            error_within(err, "and the statement did not end well");
        return said;
    }
    return end_out(pg, name, err);
}
