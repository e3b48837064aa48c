/*
 * pg_parts.h - what the files of pg share among themselves.
 */
#ifndef BRIDGE_PG_PARTS_H
#define BRIDGE_PG_PARTS_H

#include <libpq-fe.h>

#include "buf.h"
#include "pg.h"

#define PG_PARAMETERS 64

/* A named statement of sql/queries/ or sql/report/. */
struct pg_statement {
    const char *name, *text;
    Oid types[PG_PARAMETERS];
    size_t count;
    const char *path;
    int line;
    bool prepared;
};

enum pg_given_up { PG_KEPT, PG_LATE, PG_STOPPED };

struct pg {
    PGconn *conn;  /* never blocks; NULL once it was given up */
    long limit_ms; /* longest wait for one answer */
    enum pg_given_up given_up;
    struct arena *mem;               /* the connection's own */
    struct pg_statement *statements; /* by name */
    size_t count;
    struct buf copy;     /* rows on their way in a COPY */
    const char *copying; /* name of the COPY under way, or NULL */
    bool copy_failed;    /* a put failed; told by pg_copy_end() */
    const char *fence;   /* name of the statement that each commit asks first, or NULL */
    int64_t fence_id;    /* its value */
};

/* Reads every SQL file of FOLDER/queries and, where it is there, FOLDER/report; by name. */
MUST_CHECK enum verdict
pg_statements_load(struct arena *mem, const char *sql_folder, struct pg_statement **out,
                   size_t *count, struct error *err);
/* A whole file of at most 4 MiB into mem, NUL-terminated. */
MUST_CHECK enum verdict pg_file_read(struct arena *mem, const char *path, const char **text,
                                     size_t *len, struct error *err);
struct pg_statement *pg_statement_find(struct pg *pg, const char *name);

/* How long one exchange may still take. */
struct pg_limit {
    int64_t end, stop_end; /* clock_tick(); stop_end 0 = the run was not told to stop */
};

struct pg_limit pg_limit_begin(const struct pg *pg);
/* Sends what libpq has gathered. */
MUST_CHECK bool pg_push_out(struct pg *pg, struct pg_limit *limit);
/* Waits for bytes and takes them in; false when none can come any more. */
MUST_CHECK bool pg_take_in(struct pg *pg, struct pg_limit *limit);
/* The last result of what was sent, or COPY's first; NULL when the connection is broken or was
 * given up. */
PGresult *pg_wait(struct pg *pg, struct pg_limit *limit);
PGresult *pg_ask(struct pg *pg, const char *text);

/* Verdict and words for a result that is not what was hoped for. Values of rows never reach err:
 * for data errors only the constraint, table and column are named. */
enum verdict pg_fault(struct pg *pg, const PGresult *result, const char *name, struct error *err);

/* Adds what to do about a pooler; V_FATAL. */
enum verdict pg_pooled(struct error *err);

/* The rows of a result that came; it lives as long as mem. */
struct pg_rows pg_rows_keep(struct arena *mem, PGresult *result);

#endif
