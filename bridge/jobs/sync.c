/*
 * Portals are read before the police, so that a police record finds the complaint that it names;
 * the police are served before the portals, so that a number that was given this night is told this
 * night.
 */
#include "sync.h"

#include "../core/run.h"
#include "audit.h"
#include "forward.h"
#include "log.h"
#include "match.h"
#include "notify.h"
#include "prove.h"
#include "pull.h"
#include "push.h"
#include "reconcile.h"
#include "recover.h"
#include "sweep.h"

enum { IN_SYNC = 1 << 0, IN_PULL = 1 << 1, IN_PUSH = 1 << 2, IN_DRY = 1 << 3, IN_SWEEP = 1 << 4 };

struct phase {
    const char *name;
    unsigned in; /* the runs that have it */
    enum verdict (*run)(struct job *job, struct error *err);
};

static enum verdict
for_role(struct job *job, enum map_role role,
         enum verdict (*step)(struct job *job, struct job_system *s, struct error *err),
         struct error *err)
{
    enum verdict v = V_OK;

    for (size_t i = 0; !v && i < job->count && !job_stopping(); i++)
        if (job->systems[i].conf->map->role == role)
            v = step(job, &job->systems[i], err);
    return v;
}

/* Whether this run sent something to a system of that role: then its echo is to be read. */
static bool
has_sent(const struct job *job, enum map_role role)
{
    for (size_t i = 0; i < job->count; i++)
        if (job->systems[i].conf->map->role == role && job->systems[i].pushed.confirmed)
            return true;
    return false;
}

static enum verdict
ask_doubts(struct job *job, struct error *err)
{
    enum verdict v = for_role(job, ROLE_PORTAL, recover_system, err);

    return v ? v : for_role(job, ROLE_POLICE, recover_system, err);
}

static enum verdict
pull_portals(struct job *job, struct error *err)
{
    job_cut_now(job);
    return for_role(job, ROLE_PORTAL, pull_system, err);
}

static enum verdict
pull_archives(struct job *job, struct error *err)
{
    job_cut_now(job);
    return for_role(job, ROLE_ARCHIVE, pull_system, err);
}

static enum verdict
pull_police(struct job *job, struct error *err)
{
    job_cut_now(job);
    return for_role(job, ROLE_POLICE, pull_system, err);
}

static enum verdict
stage_orphans(struct job *job, struct error *err)
{
    static const enum map_role roles[] = { ROLE_PORTAL, ROLE_ARCHIVE, ROLE_POLICE };
    enum verdict v = V_OK;

    for (size_t i = 0; !v && i < sizeof roles / sizeof roles[0]; i++)
        v = for_role(job, roles[i], recover_orphans, err);
    return v;
}

static enum verdict
push_police(struct job *job, struct error *err)
{
    return for_role(job, ROLE_POLICE, push_system, err);
}

static enum verdict
echo_police(struct job *job, struct error *err)
{
    return has_sent(job, ROLE_POLICE) ? pull_police(job, err) : V_OK;
}

static enum verdict
push_portals(struct job *job, struct error *err)
{
    return for_role(job, ROLE_PORTAL, push_system, err);
}

static enum verdict
echo_portals(struct job *job, struct error *err)
{
    return has_sent(job, ROLE_PORTAL) ? pull_portals(job, err) : V_OK;
}

/* Runs that push side by side do not stage: whoever is the last of them reads what they all sent
 * to come about. What nobody reads now, the next pull reads. */
static enum verdict
echo_alone(struct job *job, struct error *err)
{
    bool alone = !job->shared;
    enum verdict v = V_OK;

    if (!has_sent(job, ROLE_POLICE) && !has_sent(job, ROLE_PORTAL))
        return V_OK;
    if (job->shared)
        v = run_take(job->pg, job->mem, job->lock, &alone, err);
    if (!v && !alone)
        log_line(LOG_INFO, "another run pushes: what was sent is not read back by this one");
    if (v || !alone)
        return v;
    v = echo_police(job, err);
    if (!v)
        v = echo_portals(job, err);
    return v || !job->shared ? v : run_let_go(job->pg, job->mem, job->lock, err);
}

/* What a run beside this one left when it was ended is taken over: nobody else may come. */
static enum verdict
take_over(struct job *job, struct error *err)
{
    long n = 0;
    enum verdict v = recover_lost(job, &n, err);

    if (v || !n)
        return v;
    v = ask_doubts(job, err);
    if (!v)
        v = push_police(job, err);
    return v ? v : push_portals(job, err);
}

static const struct phase phases[] = {
    { "recover", IN_SYNC | IN_PUSH, recover_sending },
    { "ask for doubts", IN_SYNC | IN_PUSH, ask_doubts },
    { "pull portals", IN_SYNC | IN_PULL | IN_DRY, pull_portals },
    { "pull archives", IN_SYNC | IN_PULL | IN_DRY, pull_archives },
    { "pull police", IN_SYNC | IN_PULL | IN_DRY, pull_police },
    { "sweep", IN_SWEEP, sweep_run },
    { "stage what waited", IN_SYNC | IN_PULL | IN_SWEEP, stage_orphans },
    { "find duplicates", IN_SYNC, match_run },
    { "push to police", IN_SYNC | IN_PUSH, push_police },
    { "read the police's echo", IN_SYNC, echo_police },
    { "push to portals", IN_SYNC | IN_PUSH, push_portals },
    { "read the portals' echo", IN_SYNC, echo_portals },
    { "take over", IN_PUSH, take_over },
    { "read the echo", IN_PUSH, echo_alone },
    { "reconcile", IN_SYNC | IN_SWEEP, reconcile_run },
    { "send a duplicate", IN_SYNC, prove_canaries },
    { "audit", IN_SYNC | IN_SWEEP, audit_run },
    { "notify", IN_SYNC, notify_run },
    { "forward", IN_SYNC, forward_run },
};

static enum verdict
run_phases(struct job *job, unsigned in, struct error *err)
{
    enum verdict v = V_OK;

    if (job->dry)
        in = IN_DRY;
    if (job->sweep)
        in |= IN_SWEEP;
    job->progress.phase = 0;
    job->progress.phases = 0;
    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++)
        job->progress.phases += (phases[i].in & in) != 0;
    for (size_t i = 0; !v && i < sizeof phases / sizeof phases[0]; i++) {
        if (!(phases[i].in & in) || job_stopping())
            continue;
        job->progress.phase++;
        job_step(job, phases[i].name, NULL, 0);
        log_line(LOG_DEBUG, "step %ld of %ld: %s", job->progress.phase, job->progress.phases,
                 phases[i].name);
        v = phases[i].run(job, err);
    }
    return v;
}

enum verdict
sync_run(struct job *job, struct error *err)
{
    return run_phases(job, IN_SYNC, err);
}

enum verdict
sync_pull(struct job *job, struct error *err)
{
    return run_phases(job, IN_PULL, err);
}

enum verdict
sync_push(struct job *job, struct error *err)
{
    return run_phases(job, IN_PUSH, err);
}

enum verdict
sync_sweep(struct job *job, struct error *err)
{
    job->sweep = true;
    return run_phases(job, IN_SWEEP, err);
}
