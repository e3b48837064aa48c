#include "session.h"

#include <stdio.h>
#include <string.h>

#include "../core/run.h"
#include "../core/systems.h"
#include "log.h"
#include "look.h"
#include "opening.h"

enum verdict
session_database(const struct conf *conf, struct arena *mem, struct pg **out, struct error *err)
{
    enum verdict v = pg_open(mem, conf->bridge.database, conf->bridge.sql, "cctns-bridge",
                             conf->bridge.statement_limit, out, err);

    if (!v) {
        v = pg_direct(*out, err);
        if (v) {
            pg_close(*out);
            *out = NULL;
        }
    }
    if (v) {
        error_within(err, "database of the bridge");
        if (!err->hint[0])
            error_hint(err, "Is PostgreSQL up, and is \"database\" in \"%s\" right?", conf->path);
    }
    return v;
}

/* "system sha256" by line: which words each run went by. */
static const char *
name_maps(struct job *job)
{
    const char *text = "";

    for (size_t i = 0; i < job->count; i++)
        text = arena_format(job->mem, "%s%s %s\n", text, job->systems[i].conf->name,
                            job->systems[i].conf->map->sha256);
    return text;
}

static enum verdict
open_run(struct job *job, const struct session *opening, struct error *err)
{
    struct run_opening row = {
        .job = opening->job,
        .lock = opening->lock,
        .program = opening->program,
        .maps = name_maps(job),
        .shared = opening->shared,
    };
    long lost = 0;
    char run[32];
    enum verdict v = opening_run(job, &row, &lost, err);

    if (v) {
        job->run_id = 0;
        return v;
    }
    snprintf(run, sizeof run, "%lld", (long long)job->run_id);
    log_context(run, NULL);
    log_line(LOG_INFO, "began \"%s\"%s", opening->job,
             clock_is_set() ? ", with a clock that BRIDGE_NOW sets" : "");
    if (lost)
        log_line(LOG_WARN, "found %ld runs that were ended before their end", lost);
    v = run_recovered_one(job->pg, job->mem, job->run_id, "file", "", contents_swept(job->contents),
                          err);
    if (!v)
        v = systems_refresh(job->pg, job->mem, job->conf, err);
    if (!v)
        v = staging_open(job->mem, job->pg, job->run_id, &job->staging, err);
    if (!v)
        staging_contents(job->staging, job->contents);
    return v;
}

enum verdict
session_open(struct job *job, const struct session *opening, struct error *err)
{
    memset(job, 0, sizeof *job);
    job->conf = opening->conf;
    job->mem = arena_new("run");
    job->batch = arena_new("batch");
    job->since = opening->since;
    job->dry = opening->dry;
    job->watch = opening->watch;
    job->lock = opening->lock;
    job->shared = opening->shared;
    job_cut_now(job);
    job_deadline(opening->conf->bridge.deadline);
    enum verdict v = job_open(job, err);

    if (!v)
        v = job_choose(job, opening->systems, err);
    if (!v)
        v = session_database(opening->conf, job->mem, &job->pg, err);
    if (!v)
        v = opening->dry ? look_begin(job, err) : open_run(job, opening, err);
    return v;
}

/* ---- the end ---- */

static enum verdict
count_waiting(struct job *job, struct error *err)
{
    const char **names = arena_alloc(job->mem, sizeof *names * (job->count + 1));
    struct pg_rows rows;

    for (size_t i = 0; i < job->count; i++)
        names[i] = job->systems[i].conf->name;
    const char *const values[] = { pg_of_texts(job->mem, names, job->count) };
    enum verdict v = pg_run(job->pg, job->mem, "job_waiting", values, 1, &rows, err);

    if (!v && rows.count)
        job->waiting = (long)pg_int(&rows, 0, "n");
    return v;
}

/* Disposals that a "dispose = satisfied" portal would refuse, so that nobody looks for them in
 * vain. */
static enum verdict
count_unsatisfied(struct job *job, struct error *err)
{
    enum verdict v = V_OK;

    for (size_t i = 0; !v && i < job->count; i++) {
        struct job_system *s = &job->systems[i];
        const char *const values[] = { s->conf->name };
        struct pg_rows rows;

        if (!s->conf->map->dispose_satisfied)
            continue;
        v = pg_run(job->pg, job->mem, "plan_waiting", values, 1, &rows, err);
        if (!v && rows.count)
            s->unsatisfied = (long)pg_int(&rows, 0, "waiting");
    }
    return v;
}

/* Complaints that nobody would register: a line in bridge.conf is missing. */
static enum verdict
count_unserved(struct job *job, struct error *err)
{
    struct pg_rows rows;
    enum verdict v = pg_run(job->pg, job->mem, "plan_unserved", NULL, 0, &rows, err);

    if (!v && rows.count)
        job->unserved = (long)pg_int(&rows, 0, "unserved");
    return v;
}

static enum verdict
close_books(struct job *job, struct error *err)
{
    enum verdict v =
        books_equations(job->pg, job->mem, job->run_id, &job->equations, &job->equation_count, err);

    if (!v)
        v = books_check(job->pg, job->mem, &job->books_fault, err);
    if (!v)
        v = count_waiting(job, err);
    if (!v)
        v = count_unsatisfied(job, err);
    if (!v)
        v = count_unserved(job, err);
    if (!v && job->books_fault)
        log_line(LOG_ERROR, "the books do not balance: %s [books.unbalanced]", job->books_fault);
    if (!v)
        v = checkpoint_make(job->pg, job->mem, job->conf, job->run_id, &job->checkpoint, err);
    return v;
}

/* How a failure of our own ends the program. */
static int
code_of_failure(enum verdict v, const struct error *err)
{
    if (strcmp(err->code, "run.locked") == 0)
        return JOB_BUSY;
    if (v == V_RETRY && job_stopping())
        return JOB_STOPPED; /* a statement that hangs is not waited for */
    if (strcmp(err->code, "usage") == 0)
        return JOB_USAGE;
    return v == V_RETRY ? JOB_PEER : JOB_INTERNAL;
}

/* One line for bridge.run; no personal data. */
static const char *
say_end(const struct job *job, const struct error *failed, int code)
{
    long pulled = 0, aside = 0, sent = 0, refused = 0, doubt = 0, unexplained = 0;

    if (failed)
        return arena_format(job->mem, "%s [%s]", failed->text, failed->code);
    for (size_t i = 0; i < job->count; i++) {
        const struct job_system *s = &job->systems[i];

        pulled += s->pulled.offered;
        aside += s->pulled.set_aside + s->pulled.conflict;
        sent += s->pushed.confirmed;
        refused += s->pushed.refused;
        doubt += s->pushed.in_doubt;
    }
    for (size_t i = 0; i < job->compared_count; i++)
        unexplained += job->compared[i].result.unexplained;
    const char *text = code == JOB_STOPPED ? "; stopped by signal" : "";

    if (job->reads)
        text = arena_format(job->mem, "%s; pulled %ld, %ld of them held", text, pulled, aside);
    if (job->sends)
        text = arena_format(job->mem, "%s; delivered %ld, refused %ld, in doubt %ld", text, sent,
                            refused, doubt);
    if (job->compares)
        text = arena_format(job->mem, "%s; %ld differences unexplained", text, unexplained);
    if (job_denied(job))
        text = arena_format(job->mem, "%s; %ld deliveries are not as the peers said", text,
                            job_denied(job));
    if (job->checkpoint.altered)
        text = arena_format(job->mem, "%s; the books were altered", text);
    if (job->waiting)
        text = arena_format(job->mem, "%s; %ld wait for a person", text, job->waiting);
    return *text ? text + strlen("; ") : "done";
}

int
session_close(struct job *job, enum verdict v, struct error *err)
{
    struct error later;
    int code;

    job_leave(job);
    if (!v && job->run_id)
        v = close_books(job, err);
    if (v)
        log_error(LOG_ERROR, err);
    code = v ? code_of_failure(v, err) : job_exit_code(job);
    if (job->run_id) {
        const char *said = say_end(job, v ? err : NULL, code);

        if (run_close(job->pg, job->mem, job->run_id, code, said, &later) != V_OK)
            log_error(LOG_ERROR, &later);
        log_line(code == JOB_DONE ? LOG_INFO : LOG_WARN, "ended with %d: %s", code, said);
    }
    log_context("", "");
    job_deadline(0);
    return code;
}

void
session_free(struct job *job)
{
    pg_close(job->pg);
    job->pg = NULL;
    arena_free(job->batch);
    arena_free(job->mem);
}
