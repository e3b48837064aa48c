/*
 * Portals are read before the police, so that a police record finds the complaint that it names;
 * the police are served before the portals, so that a number that was given this night is told this
 * night.
 */
#include "sync.h"

#include "log.h"
#include "pull.h"
#include "push.h"
#include "reconcile.h"
#include "recover.h"

enum { IN_SYNC = 1 << 0, IN_PULL = 1 << 1, IN_PUSH = 1 << 2, IN_DRY = 1 << 3 };

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

static const struct phase phases[] = {
    { "recover", IN_SYNC | IN_PUSH, recover_sending },
    { "ask for doubts", IN_SYNC | IN_PUSH, ask_doubts },
    { "pull portals", IN_SYNC | IN_PULL | IN_DRY, pull_portals },
    { "pull archives", IN_SYNC | IN_PULL | IN_DRY, pull_archives },
    { "pull police", IN_SYNC | IN_PULL | IN_DRY, pull_police },
    { "stage what waited", IN_SYNC | IN_PULL, stage_orphans },
    { "push to police", IN_SYNC | IN_PUSH, push_police },
    { "read the police's echo", IN_SYNC | IN_PUSH, echo_police },
    { "push to portals", IN_SYNC | IN_PUSH, push_portals },
    { "read the portals' echo", IN_SYNC | IN_PUSH, echo_portals },
    { "reconcile", IN_SYNC, reconcile_run },
};

static enum verdict
run_phases(struct job *job, unsigned in, struct error *err)
{
    enum verdict v = V_OK;

    if (job->dry)
        in = IN_DRY;
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
