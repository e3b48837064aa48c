/*
 * Waiting for the server with a limit of our own. The server's statement_timeout ends a statement
 * that takes long; only this one ends the wait for a server that is stopped or cut off: libpq
 * itself waits for ever, and on a Unix socket no keepalive helps. A connection that was waited for
 * too long is given up: what its transaction did is rolled back by the server, and a COMMIT whose
 * answer never came is found out by the next run.
 */
#include "pg_parts.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "clock.h"

#define SLICE_MS 250 /* between two looks at whether to stop */
#define GRACE_MS 10000

static bool (*stopping)(void);

void
pg_stop_when(bool (*stop)(void))
{
    stopping = stop;
}

struct pg_limit
pg_limit_begin(const struct pg *pg)
{
    return (struct pg_limit){ .end = clock_tick() + pg->limit_ms };
}

/* Closes the connection and keeps the reason for whoever still asks by it. */
static void
give_up(struct pg *pg, bool stopped)
{
    PQfinish(pg->conn);
    pg->conn = NULL;
    pg->copying = NULL;
    pg->given_up = stopped ? PG_STOPPED : PG_LATE;
}

/* False when the connection was given up. */
static bool
wait_for(struct pg *pg, short events, struct pg_limit *limit)
{
    struct pollfd at = { .fd = PQsocket(pg->conn), .events = events };

    for (;;) {
        int64_t now = clock_tick(), end = limit->end;
        int got;

        if (!limit->stop_end && stopping && stopping())
            limit->stop_end = now + GRACE_MS;
        if (limit->stop_end && limit->stop_end < end)
            end = limit->stop_end;
        if (now >= end) {
            give_up(pg, end == limit->stop_end);
            return false;
        }
        got = poll(&at, 1, (int)(end - now < SLICE_MS ? end - now : SLICE_MS));
        if (got > 0)
            return true;
        if (got < 0 && errno != EINTR) {
            give_up(pg, false);
            return false;
        }
    }
}

bool
pg_push_out(struct pg *pg, struct pg_limit *limit)
{
    int left;

    while (pg->conn && (left = PQflush(pg->conn)) != 0) {
        if (left < 0 || !wait_for(pg, POLLIN | POLLOUT, limit))
            return false;
        /* The server may be unable to read before it has been read from. */
        if (!PQconsumeInput(pg->conn))
            return false;
    }
    return pg->conn != NULL;
}

bool
pg_take_in(struct pg *pg, struct pg_limit *limit)
{
    return wait_for(pg, POLLIN, limit) && PQconsumeInput(pg->conn);
}

static PGresult *
next_result(struct pg *pg, struct pg_limit *limit)
{
    while (pg->conn && PQisBusy(pg->conn)) {
        if (!wait_for(pg, POLLIN, limit) || !PQconsumeInput(pg->conn))
            break;
    }
    /* After a failed read PQgetResult() makes a result that says so. */
    return pg->conn ? PQgetResult(pg->conn) : NULL;
}

PGresult *
pg_wait(struct pg *pg, struct pg_limit *limit)
{
    PGresult *last = NULL, *result;

    if (!pg_push_out(pg, limit) && pg->given_up)
        return NULL; /* any other failure shows in the result */
    while ((result = next_result(pg, limit))) {
        if (last && PQresultStatus(last) == PGRES_FATAL_ERROR) {
            PQclear(result); /* the first says why; what follows, that the connection went */
        } else {
            PQclear(last);
            last = result;
        }
        if (PQresultStatus(last) == PGRES_COPY_IN || PQresultStatus(last) == PGRES_COPY_OUT ||
            PQstatus(pg->conn) == CONNECTION_BAD)
            break;
    }
    if (pg->given_up) {
        PQclear(last);
        return NULL;
    }
    return last;
}

PGresult *
pg_ask(struct pg *pg, const char *text)
{
    struct pg_limit limit = pg_limit_begin(pg);

    return pg->conn && PQsendQuery(pg->conn, text) ? pg_wait(pg, &limit) : NULL;
}
