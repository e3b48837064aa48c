/*
 * Whether the server itself is at the other end. A pooler answers in its place, and must: it gives
 * each of its clients a number of its own to cancel statements by.
 */
#include <string.h>

#include "pg_parts.h"

enum verdict
pg_pooled(struct error *err)
{
    error_hint(err, "A pooler may give each transaction to another session: the locks that keep "
                    "two runs apart would be lost. Let \"database\" in bridge.conf lead to "
                    "PostgreSQL itself.");
    return V_FATAL;
}

enum verdict
pg_direct(struct pg *pg, struct error *err)
{
    struct pg_statement *s = pg_statement_find(pg, "pg_session");
    struct arena *mem = arena_new("session");
    struct pg_rows rows;
    enum verdict v;

    if (s) /* not prepared: what others prepared by the same pooler would be in the way */
        v = pg_query(pg, mem, s->name, s->text, &rows, err);
    else
        v = error_set(err, V_FATAL, "sql.name", "there is no statement \"pg_session\"");
    if (!v && pg_int(&rows, 0, "pid") != PQbackendPID(pg->conn)) {
        (void)error_set(err, V_FATAL, "pg.pooler",
                        "the staging database is behind a pooler: the session that answers (%lld) "
                        "is not the one that was connected to (%d)",
                        (long long)pg_int(&rows, 0, "pid"), PQbackendPID(pg->conn));
        v = pg_pooled(err);
    }
    arena_free(mem);
    return v;
}

bool
pg_holds_password(const char *conninfo)
{
    PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
    bool holds = !options && strstr(conninfo, "password");

    for (const PQconninfoOption *o = options; o && o->keyword; o++)
        if (strcmp(o->keyword, "password") == 0 && o->val)
            holds = true;
    PQconninfoFree(options);
    return holds;
}
