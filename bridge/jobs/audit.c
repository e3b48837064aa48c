#include "audit.h"

#include "log.h"

void
audit_run_rules(struct job *job, const struct audit_rule *const *rules, size_t count)
{
    struct job_audit *audit = &job->audit;

    audit->done = true;
    audit->found = arena_alloc(job->mem, sizeof *audit->found * (count + 1));
    for (size_t i = 0; i < count && !job_stopping(); i++) {
        struct audit_found *found = &audit->found[audit->count++];

        job_step(job, "audit", rules[i]->name, (long)i);
        audit_look(job->pg, job->mem, rules[i], found);
        audit_keep(job->pg, job->mem, job->run_id, found);
        if (found->fault) {
            audit->failed++;
            log_line(LOG_ERROR, "rule \"%s\" was not run: %s", rules[i]->name, found->fault);
        }
        audit->findings += (long)found->count;
        audit->added += found->added;
        audit->ended += found->ended;
    }
}

enum verdict
audit_run(struct job *job, struct error *err)
{
    struct audit_rule *rules = NULL;
    const struct audit_rule **chosen;
    size_t count = 0;

    if (audit_rules(job->mem, job->conf->bridge.sql, &rules, &count, err)) {
        log_error(LOG_ERROR, err);
        return V_OK;
    }
    chosen = arena_alloc(job->mem, sizeof *chosen * (count + 1));
    for (size_t i = 0; i < count; i++)
        chosen[i] = &rules[i];
    audit_run_rules(job, chosen, count);
    return V_OK;
}
