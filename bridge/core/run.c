/*
 * The lock of the job is taken outside a transaction and by the session, so that it lives as long
 * as the connection that writes. The run's own lock is taken after its row has a number and before
 * the row is committed: nobody ever sees a row that is "running" with no session behind it.
 */
#include "run.h"

#include <unistd.h>

#include "clock.h"

static enum verdict
try_lock(struct pg *pg, struct arena *mem, const char *statement, const char *value, bool *taken,
         struct error *err)
{
    const char *values[] = { value };
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, statement, values, 1, &rows, err);

    *taken = !v && pg_bool(&rows, 0, "taken");
    return v;
}

enum verdict
run_take(struct pg *pg, struct arena *mem, const char *lock, bool *taken, struct error *err)
{
    return try_lock(pg, mem, "run_lock", lock, taken, err);
}

enum verdict
run_let_go(struct pg *pg, struct arena *mem, const char *lock, struct error *err)
{
    const char *values[] = { lock };

    return pg_run(pg, mem, "run_unlock", values, 1, NULL, err);
}

enum verdict
run_holders(struct pg *pg, struct arena *mem, const char *lock, struct pg_rows *rows,
            struct error *err)
{
    const char *values[] = { lock };

    return pg_run(pg, mem, "run_holders", values, 1, rows, err);
}

enum verdict
run_write(struct pg *pg, struct arena *mem, const char *statement, const char *const *values,
          size_t count, struct pg_rows *rows, struct error *err)
{
    bool own = !pg_in_transaction(pg);
    enum verdict v = own ? pg_begin(pg, err) : V_OK;

    if (!v)
        v = pg_run(pg, mem, statement, values, count, rows, err);
    if (!v && own)
        v = pg_commit(pg, err);
    if (v && own)
        pg_rollback(pg);
    return v;
}

enum verdict
run_fenced(struct pg *pg, struct arena *mem, int64_t run_id, struct error *err)
{
    const char *values[] = { pg_of_int(mem, run_id) };
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "run_fence", values, 1, &rows, err);

    if (v || rows.count)
        return v;
    error_set(err, V_FATAL, "run.fenced",
              "run %lld is held to be lost, so it changes nothing any more", (long long)run_id);
    error_hint(err, "Another run took over its work; look at \"cctns-bridge status\".");
    return V_FATAL;
}

/* ---- what was left behind ---- */

enum verdict
run_recovered(struct pg *pg, struct arena *mem, int64_t run_id, const char *what,
              const char *const *systems, const long *n, size_t count, struct error *err)
{
    const char **numbers = arena_alloc(mem, (count + 1) * sizeof *numbers);
    long sum = 0;

    for (size_t i = 0; i < count; i++) {
        numbers[i] = pg_of_int(mem, n[i]);
        sum += n[i];
    }
    const char *values[] = { pg_of_int(mem, run_id), what, pg_of_texts(mem, systems, count),
                             pg_of_texts(mem, numbers, count) };

    return sum ? run_write(pg, mem, "run_recovered", values, 4, NULL, err) : V_OK;
}

enum verdict
run_recovered_one(struct pg *pg, struct arena *mem, int64_t run_id, const char *what,
                  const char *system, long n, struct error *err)
{
    return run_recovered(pg, mem, run_id, what, &system, &n, 1, err);
}

static enum verdict
close_lost(struct pg *pg, struct arena *mem, int64_t run_id, long *lost, struct error *err)
{
    char at[CLOCK_TEXT];
    const char *values[] = { at };
    struct pg_rows rows = { .affected = 0 };
    enum verdict v;

    clock_text(clock_now(), at);
    v = pg_run(pg, mem, "run_lost", values, 1, &rows, err);
    if (!v)
        v = run_recovered_one(pg, mem, run_id, "run", "", rows.affected, err);
    *lost = v ? 0 : rows.affected;
    return v;
}

enum verdict
run_close_lost(struct pg *pg, struct arena *mem, int64_t run_id, long *lost, struct error *err)
{
    enum verdict v = pg_begin(pg, err);

    *lost = 0;
    if (!v)
        v = pg_run(pg, mem, "run_one_opens", NULL, 0, NULL, err);
    if (!v)
        v = close_lost(pg, mem, run_id, lost, err);
    if (!v)
        v = pg_commit(pg, err);
    if (v)
        pg_rollback(pg);
    return v;
}

/* ---- open and close ---- */

static enum verdict
add_row(struct pg *pg, struct arena *mem, const struct run_opening *opening, int64_t *run_id,
        struct error *err)
{
    char at[CLOCK_TEXT], host[256] = "";
    const char *row[] = { opening->job,     opening->lock, at, host, pg_of_int(mem, getpid()),
                          opening->program, opening->maps };
    struct pg_rows rows;
    enum verdict v;

    clock_text(clock_now(), at);
    if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0')
        row[3] = "unknown";
    v = pg_run(pg, mem, "run_open", row, 7, &rows, err);
    if (!v)
        *run_id = pg_int(&rows, 0, "run_id");
    return v;
}

/* The row, the run's own lock, and what others left; one transaction. */
static enum verdict
write_row(struct pg *pg, struct arena *mem, const struct run_opening *opening, int64_t *run_id,
          long *lost, struct error *err)
{
    bool taken = false;
    enum verdict v = pg_begin(pg, err);

    if (!v)
        v = pg_run(pg, mem, "run_one_opens", NULL, 0, NULL, err);
    if (!v)
        v = add_row(pg, mem, opening, run_id, err);
    if (!v)
        v = try_lock(pg, mem, "run_live", pg_of_int(mem, *run_id), &taken, err);
    if (!v && !taken)
        v = error_set(err, V_FATAL, "run.live", "another session has the lock of run %lld",
                      (long long)*run_id);
    if (!v)
        v = close_lost(pg, mem, *run_id, lost, err);
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
    return run_write(pg, mem, "run_arrival_months", values, 1, NULL, err);
}

enum verdict
run_open(struct pg *pg, struct arena *mem, const struct run_opening *opening, int64_t *run_id,
         long *lost, struct error *err)
{
    const char *lock = opening->shared ? "run_lock_shared" : "run_lock";
    bool taken = false;
    struct error later;
    long none;
    enum verdict v;

    pg_fence(pg, NULL, 0);
    v = try_lock(pg, mem, lock, opening->lock, &taken, err);
    if (!v && !taken)
        v = error_set(err, V_RETRY, "run.locked", "another run holds the lock \"%s\"",
                      opening->lock);
    if (v)
        return v;
    v = write_row(pg, mem, opening, run_id, lost ? lost : &none, err);
    if (!v)
        pg_fence(pg, "run_fence", *run_id);
    if (!v)
        v = make_room(pg, mem, err);
    if (v && pg_run(pg, mem, "run_unlock_all", NULL, 0, NULL, &later))
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
    struct pg_rows rows;
    enum verdict v;

    pg_rollback(pg);
    pg_fence(pg, NULL, 0); /* the statement looks at the state itself */
    clock_text(clock_now(), at);
    v = pg_run(pg, mem, "run_close", values, 5, &rows, err);
    if (v)
        return v;
    if (rows.count != 1)
        return error_set(err, V_FATAL, "run.closed", "run %lld is not running", (long long)run_id);
    return pg_run(pg, mem, "run_unlock_all", NULL, 0, NULL, err);
}
