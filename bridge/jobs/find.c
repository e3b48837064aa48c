/*
 * A reply is read to its end: the same reference under two numbers is a finding.
 */
#include "find.h"

#include <string.h>

/* Receipts of our reference, each counted once. A reply that names others only, or one that goes on
 * beyond its page, is no answer: V_REJECT. */
static enum verdict
read_shown(struct job *job, struct job_system *s, const struct page *page, const char *reference,
           struct find_shown *out, struct error *why)
{
    const char **seen = arena_alloc(job->batch, sizeof *seen * (page->count + 1));

    for (const struct record *r = page->records; r; r = r->next) {
        struct record *canonical;
        long known = 0;

        if (r->fault) {
            *why = *r->fault;
            return V_REJECT;
        }
        enum verdict v = mapper_in(&s->mapper, job->batch, r, &canonical, why);

        if (v)
            return v;
        const char *of = mapping_value(s->mapper.map, canonical, "delivery")->text;
        const char *receipt = mapping_value(s->mapper.map, canonical, "receipt")->text;

        if (of && strcmp(of, reference) != 0)
            continue;
        while (known < out->times && strcmp(seen[known], receipt ? receipt : "") != 0)
            known++;
        if (known == out->times)
            seen[out->times++] = receipt ? receipt : "";
        out->receipt = seen[0];
    }
    if (out->times == 0 && (page->records || page->more))
        return error_set(why, V_REJECT, "find.other",
                         "the answer does not speak of the delivery that was asked about");
    return V_OK;
}

enum verdict
find_ask(struct job *job, struct job_system *s, const char *reference, struct find_shown *out,
         struct error *why)
{
    const struct map_call *find = mapping_call(s->conf->map, "find");
    const struct adapter_var vars[] = { { "delivery", reference }, { "cut", job->cut } };
    struct page page;
    enum verdict v = job_ask(job, s, find, vars, sizeof vars / sizeof vars[0], &page, why);

    *out = (struct find_shown){ 0, "" };
    return v ? v : read_shown(job, s, &page, reference, out, why);
}
