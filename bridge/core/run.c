/*
 * The lock is taken outside a transaction and by the session, so that it lives as long as the
 * connection that writes; the row follows in a transaction of its own.
 */
#include "run.h"

#include <unistd.h>

#include "clock.h"

static enum verdict
take_lock(struct pg *pg, struct arena *mem, const char *lock, struct error *err)
{
    const char *values[] = { lock };
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "run_lock", values, 1, &rows, err);

    if (v)
        return v;
    if (!pg_bool(&rows, 0, "taken"))
        return error_set(err, V_RETRY, "run.locked", "another run holds the lock \"%s\"", lock);
    return V_OK;
}

static enum verdict
write_row(struct pg *pg, struct arena *mem, const struct run_opening *opening, int64_t *run_id,
          long *lost, struct error *err)
{
    char at[CLOCK_TEXT], host[256] = "";
    const char *close_lost[] = { opening->lock, at };
    const char *row[] = { opening->job,     opening->lock, at, host, pg_of_int(mem, getpid()),
                          opening->program, opening->maps };
    struct pg_rows rows = { .affected = 0 };
    enum verdict v;

    clock_text(clock_now(), at);
    if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0')
        row[3] = "unknown";
    v = pg_begin(pg, err);
    if (!v)
        v = pg_run(pg, mem, "run_lost", close_lost, 2, &rows, err);
    if (!v && lost)
        *lost = rows.affected;
    if (!v)
        v = pg_run(pg, mem, "run_open", row, 7, &rows, err);
    if (!v)
        *run_id = pg_int(&rows, 0, "run_id");
    if (!v)
        v = pg_commit(pg, err);
    if (v)
        pg_rollback(pg);
    return v;
}

/* Partitions for what this run will bring, in a transaction of their own: they lock the table. */
static enum verdict
make_room(struct pg *pg, struct arena *mem, struct error *err)
{
    char at[CLOCK_TEXT];
    const char *values[] = { at };

    clock_text(clock_now(), at);
    return pg_run(pg, mem, "run_arrival_months", values, 1, NULL, err);
}

enum verdict
run_open(struct pg *pg, struct arena *mem, const struct run_opening *opening, int64_t *run_id,
         long *lost, struct error *err)
{
    const char *values[] = { opening->lock };
    enum verdict v = take_lock(pg, mem, opening->lock, err);
    struct error later;

    if (v)
        return v;
    v = write_row(pg, mem, opening, run_id, lost, err);
    if (!v)
        v = make_room(pg, mem, err);
    if (v && pg_run(pg, mem, "run_unlock", values, 1, NULL, &later))
        error_within(err, "the lock was not let go"); /* it goes with the connection */
    return v;
}

/* 0, 3 and 4 are runs that did their work; the others were stopped by something. */
static const char *
state_of(int exit_code)
{
    return exit_code == 0 || exit_code == 3 || exit_code == 4 ? "done" : "failed";
}

enum verdict
run_close(struct pg *pg, struct arena *mem, int64_t run_id, int exit_code, const char *said,
          struct error *err)
{
    char at[CLOCK_TEXT];
    const char *values[] = { pg_of_int(mem, run_id), at, state_of(exit_code),
                             pg_of_int(mem, exit_code), said ? said : "" };
    const char *lock[1];
    struct pg_rows rows;
    enum verdict v;

    pg_rollback(pg);
    clock_text(clock_now(), at);
    v = pg_run(pg, mem, "run_close", values, 5, &rows, err);
    if (v)
        return v;
    if (rows.count != 1)
        return error_set(err, V_FATAL, "run.closed", "run %lld is not running", (long long)run_id);
    lock[0] = pg_text(&rows, 0, 0);
    return pg_run(pg, mem, "run_unlock", lock, 1, NULL, err);
}
