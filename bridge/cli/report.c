/*
 * Each figure stands here once: what people read, what --json gives and what CSV gives are the same
 * table.
 */
#include "report.h"

void
report_equations(struct result *r, const struct job *job)
{
    struct result_table *t = result_table(
        r, "equations",
        "offered = applied + unchanged + duplicate + set aside + conflict + dead + "
        "in doubt + out of window",
        "hop system stream offered:int applied:int unchanged:int duplicate:int set_aside:int "
        "conflict:int dead:int in_doubt:int out_of_window:int balanced:bool");

    for (size_t i = 0; i < job->equation_count; i++) {
        const struct equation *e = &job->equations[i];

        result_row(t);
        result_text(t, e->hop);
        result_text(t, e->system);
        result_text(t, e->stream);
        result_int(t, e->offered);
        result_int(t, e->applied);
        result_int(t, e->unchanged);
        result_int(t, e->duplicate);
        result_int(t, e->set_aside);
        result_int(t, e->conflict);
        result_int(t, e->dead);
        result_int(t, e->in_doubt);
        result_int(t, e->out_of_window);
        result_bool(t, e->balanced);
    }
}

void
report_deliveries(struct result *r, const struct job *job)
{
    struct result_table *t =
        result_table(r, "deliveries", "deliveries of this run",
                     "system planned:int confirmed:int refused:int put_back:int in_doubt:int "
                     "dead:int substituted:int calls:int");

    for (size_t i = 0; i < job->count; i++) {
        const struct job_system *s = &job->systems[i];

        result_row(t);
        result_text(t, s->conf->name);
        result_int(t, s->pushed.planned);
        result_int(t, s->pushed.confirmed);
        result_int(t, s->pushed.refused);
        result_int(t, s->pushed.put_back);
        result_int(t, s->pushed.in_doubt);
        result_int(t, s->pushed.dead);
        result_int(t, s->pushed.substituted);
        result_int(t, s->pushed_calls);
    }
}

void
report_dry(struct result *r, const struct job *job)
{
    struct result_table *t = result_table(r, "would", "what a pull would do",
                                          "system new:int changed:int unchanged:int held:int");

    for (size_t i = 0; i < job->count; i++) {
        const struct job_system *s = &job->systems[i];

        result_row(t);
        result_text(t, s->conf->name);
        result_int(t, s->dry.added);
        result_int(t, s->dry.changed);
        result_int(t, s->dry.unchanged);
        result_int(t, s->dry.held);
    }
}

void
report_compared(struct result *r, const struct job *job)
{
    struct result_table *t =
        result_table(r, "reconciled", "reconciled",
                     "portal_system police_system portal:int police:int staging:int "
                     "differences:int explained:int unexplained:int counted:bool");

    for (size_t i = 0; i < job->compared_count; i++) {
        const struct job_comparison *c = &job->compared[i];

        result_row(t);
        result_text(t, c->portal);
        result_text(t, c->police);
        if (c->listed || c->result.count_asked)
            result_int(t, c->result.portal);
        else
            result_text(t, NULL);
        result_int(t, c->result.police);
        result_int(t, c->result.staging);
        result_int(t, c->result.differences);
        result_int(t, c->result.differences - c->result.unexplained);
        result_int(t, c->result.unexplained);
        if (c->result.count_asked)
            result_bool(t, c->result.counted);
    }
}

void
report_lists(struct result *r, const struct job *job)
{
    struct result_table *t =
        result_table(r, "lists", "how each system was asked", "system compared_by rows_read:int");

    for (size_t i = 0; i < job->count; i++) {
        const struct job_system *s = &job->systems[i];

        if (!s->compared_by)
            continue;
        result_row(t);
        result_text(t, s->conf->name);
        result_text(t, s->compared_by);
        result_int(t, s->rows_read);
    }
}

void
report_swept(struct result *r, const struct job *job)
{
    struct result_table *t =
        result_table(r, "swept", "whole lists read, and what the cursors had missed",
                     "system listed:int missed:int found:int vanished:int");

    for (size_t i = 0; i < job->count; i++) {
        const struct sweep_figures *f = &job->systems[i].sweep;

        if (!f->done)
            continue;
        result_row(t);
        result_text(t, job->systems[i].conf->name);
        result_int(t, f->listed);
        result_int(t, f->missed);
        result_int(t, f->found);
        result_int(t, f->vanished);
    }
}

static void
say_sweep(struct result *r, const struct job_system *s)
{
    const struct sweep_figures *f = &s->sweep;

    if (f->missed > f->found)
        result_line(r, "%ld records that \"%s\" lists could not be read from it: see the log",
                    f->missed - f->found, s->conf->name);
    if (f->doubted)
        result_line(r,
                    "%ld of %ld records of \"%s\" are not in its list: too many to be believed, "
                    "nothing was marked",
                    f->doubted, f->known, s->conf->name);
    if (f->done && f->vanished)
        result_line(r, "%ld records have vanished from \"%s\"", f->vanished, s->conf->name);
}

static void
say_system(struct result *r, const struct job_system *s)
{
    const char *name = s->conf->name;

    if (s->pushed.cut || s->pushed.replaced)
        result_line(r, "\"%s\" could not take it all: %ld texts shortened, %ld characters replaced",
                    name, s->pushed.cut, s->pushed.replaced);
    if (s->pushed.substituted)
        result_line(r,
                    "\"%s\" does not take %ld contents: a note went instead, the police keep them",
                    name, s->pushed.substituted);
    if (s->proved.denied)
        result_line(r,
                    "\"%s\" does not have %ld deliveries that it said were done: see \"held "
                    "list\"; \"held replay\" sends them again",
                    name, s->proved.denied);
    if (s->proved.twice)
        result_line(r, "\"%s\" has %ld deliveries more than once: see \"held list\"", name,
                    s->proved.twice);
    if (s->proved.left)
        result_line(r, "\"%s\" is still to be asked for %ld deliveries of earlier nights", name,
                    s->proved.left);
    if (s->proved.canary)
        result_line(r, "the duplicate that was sent to \"%s\" on purpose was %s", name,
                    s->proved.canary);
    if (s->unsatisfied)
        result_line(r, "%ld disposals wait until \"%s\" records that the complainant is satisfied",
                    s->unsatisfied, name);
    switch (s->trouble) {
    case V_OK:
        break;
    case V_REJECT:
        result_line(r, "a reply of \"%s\" could not be read: see \"held list\" and the log", name);
        break;
    case V_RETRY:
    case V_IN_DOUBT:
        result_line(r, "\"%s\" could not be reached or did not answer: run again", name);
        break;
    case V_FATAL:
        result_line(r, "\"%s\" was left until a person acts: see the log", name);
        break;
    }
}

void
report_duplicates(struct result *r, const struct job *job)
{
    const struct match_figures *f = &job->matched;
    struct result_table *t;

    if (!f->done)
        return;
    t = result_table(r, "duplicates", "the same grievance through several doors",
                     "compared:int pairs:int linked:int repeats:int open:int");
    result_row(t);
    result_int(t, f->compared);
    result_int(t, f->pairs);
    result_int(t, f->linked);
    result_int(t, f->repeats);
    result_int(t, f->open);
}

void
report_messages(struct result *r, const struct job *job)
{
    const struct notify_figures *f = &job->notified;
    struct result_table *t;

    if (!f->done)
        return;
    t = result_table(r, "messages", "messages to complainants",
                     "planned:int suppressed:int sent:int failed:int put_back:int in_doubt:int "
                     "left:int waiting:int delivered:int undelivered:int");
    result_row(t);
    result_int(t, f->added);
    result_int(t, f->suppressed);
    result_int(t, f->sent);
    result_int(t, f->failed + f->unsaid);
    result_int(t, f->put_back);
    result_int(t, f->in_doubt + f->recovered);
    result_int(t, f->planned);
    result_int(t, f->waiting);
    result_int(t, f->delivered);
    result_int(t, f->undelivered);
}

static void
say_messages(struct result *r, const struct notify_figures *f)
{
    if (f->quiet && f->planned_sms)
        result_line(r, "quiet hours: %ld messages go with the next run outside of them",
                    f->planned_sms);
    if (f->wordless)
        result_line(r, "%ld messages wait for registered words (%s): see \"templates\" of [notify]",
                    f->wordless, f->wordless_events);
    if (f->trouble)
        result_line(r, f->trouble == V_RETRY
                           ? "SMS gateway or mail server could not be reached or did not take "
                             "messages: run again"
                           : "SMS gateway or mail server was left until a person acts: see the "
                             "log");
    if (f->report_faults)
        result_line(
            r,
            "%ld lines of delivery reports could not be read, or are of no message of ours: "
            "\"cctns-bridge notify reports\"",
            f->report_faults);
    if (f->waiting)
        result_line(r, "%ld messages wait for a person: \"cctns-bridge notify list\"", f->waiting);
}

void
report_packages(struct result *r, const struct job *job)
{
    const struct forward_figures *f = &job->forwarded;
    struct result_table *t;

    if (!f->done)
        return;
    t = result_table(r, "packages", "packages to cells",
                     "made:int sent:int acknowledged:int failed:int put_back:int in_doubt:int "
                     "waiting:int silent:int");
    result_row(t);
    result_int(t, f->made);
    result_int(t, f->sent);
    result_int(t, f->acknowledged);
    result_int(t, f->failed);
    result_int(t, f->put_back);
    result_int(t, f->in_doubt);
    result_int(t, f->waiting);
    result_int(t, f->silent);
}

static void
say_packages(struct result *r, const struct forward_figures *f)
{
    if (f->trouble)
        result_line(r, f->trouble == V_RETRY
                           ? "not every package could be sent: run again, they go as they are"
                           : "a package was not taken, or a cell cannot be served, until a person "
                             "acts: see the log");
    if (f->waiting)
        result_line(r,
                    "%ld packages were refused: when that is mended, \"cctns-bridge forward UNIT\" "
                    "sends them again",
                    f->waiting);
    if (f->silent)
        result_line(r, "%ld cells are silent: \"cctns-bridge forward list\"", f->silent);
}

void
report_lines(struct result *r, const struct job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        say_system(r, &job->systems[i]);
        say_sweep(r, &job->systems[i]);
        if (job->sweep && !job->systems[i].sweep.done)
            result_line(r, "\"%s\" was not swept: see the log", job->systems[i].conf->name);
    }
    for (size_t i = 0; i < job->compared_count; i++)
        if (!job->compared[i].listed)
            result_line(r,
                        job->compared[i].result.count_asked
                            ? "\"%s\" has no list of its own: compared by its counts, and between "
                              "staging and police"
                            : "\"%s\" has no list of its own: compared between staging and police "
                              "only",
                        job->compared[i].portal);
    for (size_t i = 0; i < job->audit.count; i++)
        if (job->audit.found[i].fault)
            result_line(r, "audit: rule \"%s\" was not run: see the log",
                        job->audit.found[i].rule->name);
    if (job->audit.done)
        result_line(r, "audit: %ld findings, %ld new", job->audit.findings, job->audit.added);
    if (job->dry) {
        result_line(r, "dry run: nothing was written");
        return;
    }
    if (job->books_fault)
        result_line(r, "the books do not balance: %s", job->books_fault);
    else
        result_line(r, "the books balance");
    if (job->checkpoint.altered)
        result_line(r, "books altered: %s: nothing was signed", job->checkpoint.altered);
    for (size_t i = 0; i < job->checkpoint.count; i++)
        result_line(r, "%s", job->checkpoint.lines[i]);
    say_messages(r, &job->notified);
    say_packages(r, &job->forwarded);
    if (job->unserved)
        result_line(r,
                    "%ld complaints are of units that no police system serves: see \"units\" in "
                    "bridge.conf",
                    job->unserved);
    if (job->waiting)
        result_line(r, "%ld records wait for a person: \"cctns-bridge held list\"", job->waiting);
}
