#include "forward_parts.h"

#include <string.h>

#include "../base/folder.h"
#include "log.h"
#include "text.h"

enum verdict
forward_choose(const struct conf *conf, struct arena *mem, const char *const *words,
               const struct conf_cell *const **out, size_t *count, struct error *err)
{
    const struct conf_cell **chosen = arena_alloc(mem, (conf->cell_count + 1) * sizeof *chosen);

    *out = chosen;
    *count = 0;
    for (const char *const *word = words; word && *word; word++) {
        size_t i = 0;

        while (i < conf->cell_count && strcmp(conf->cells[i].name, *word) != 0 &&
               strcmp(conf->cells[i].options.unit, *word) != 0)
            i++;
        if (i == conf->cell_count)
            return error_set(err, V_FATAL, "usage",
                             "no [cell] of \"%s\" is \"%s\", or of that unit", conf->path, *word);
    }
    for (size_t i = 0; i < conf->cell_count; i++) {
        bool named = !words || !*words;

        for (const char *const *word = words; word && *word && !named; word++)
            named = strcmp(conf->cells[i].name, *word) == 0 ||
                    strcmp(conf->cells[i].options.unit, *word) == 0;
        if (named)
            chosen[(*count)++] = &conf->cells[i];
    }
    return V_OK;
}

/* A failure of our own database ends the run; all else is trouble of one cell. */
static bool
is_ours(const struct error *err)
{
    return strncmp(err->code, "pg.", 3) == 0 || strncmp(err->code, "run.", 4) == 0 ||
           strcmp(err->code, "cell.left") == 0;
}

static void
note_trouble(struct job *job, const struct conf_cell *cell, enum verdict v, struct error *err)
{
    enum verdict *worst = &job->forwarded.trouble;

    error_within(err, "cell \"%s\"", cell->name);
    log_error(v == V_RETRY || v == V_IN_DOUBT ? LOG_WARN : LOG_ERROR, err);
    if (v == V_RETRY || v == V_IN_DOUBT)
        *worst = V_RETRY;
    else if (!*worst)
        *worst = V_REJECT;
}

/* ---- made ---- */

static const char *
message_id(struct arena *mem, const struct package *p)
{
    const char *from = p->cell->options.from, *at = from ? strchr(from, '@') : NULL;
    char hex[DIGEST_HEX];

    digest_hex(p->manifest, hex);
    return arena_format(mem, "package.%s.%lld.%.16s%s", p->cell->name, (long long)p->number, hex,
                        at ? at : "@cctns-bridge.invalid");
}

/* The folder of a number that no row names was left by a run that ended: nobody has seen it. */
static enum verdict
make_package(struct job *job, struct package *p, struct error *err)
{
    struct arena *mem = job->batch;
    const char *folder = package_folder(mem, job->conf, p->cell->name, p->number);
    const char *part = arena_format(mem, "%s.part", folder);
    enum verdict v = folder_remove(mem, folder, err);

    if (!v)
        v = folder_remove(mem, part, err);
    if (!v)
        v = package_make(job->pg, mem, job->conf, p, part, err);
    if (!v)
        v = folder_rename(mem, part, folder, err);
    if (!v)
        v = package_add(job->pg, mem, job->run_id, p, message_id(mem, p), err);
    return v;
}

/* The package of this day, when there is none yet. */
static enum verdict
make_of_today(struct job *job, const struct conf_cell *cell, struct error *err)
{
    struct package p = { .cell = cell };
    char day[16] = "";
    int64_t now = clock_now();
    int minutes = 0;
    bool made = false;
    enum verdict v;

    (void)clock_zone(job->conf->bridge.zone, &minutes);
    (void)clock_format("%Y-%m-%d", minutes, now, day, sizeof day);
    clock_text(now, p.upto);
    p.day = day;
    v = package_next(job->pg, job->batch, &p, &made, err);
    if (v || made)
        return v;
    v = make_package(job, &p, err);
    job->forwarded.made += !v;
    return v;
}

/* ---- acknowledged ---- */

/* The newest number that a file names and that waits for it; 0 = none. */
static int64_t
newest_ack(const char *const *names, size_t count, const struct pg_rows *open)
{
    for (size_t i = 0; i < open->count; i++)
        for (size_t k = 0; k < count; k++)
            if (forward_ack_number(names[k]) == pg_int(open, i, "number"))
                return pg_int(open, i, "number");
    return 0;
}

static enum verdict
acknowledge(struct job *job, const struct conf_cell *cell, int64_t number, const char *how,
            struct error *err)
{
    long n = 0;
    enum verdict v = number ? package_acknowledge(job->pg, job->batch, job->run_id, cell->name,
                                                  number, how, &n, err)
                            : V_OK;

    job->forwarded.acknowledged += n;
    return v;
}

static enum verdict
read_acks(struct job *job, const struct conf_cell *cell, struct error *err)
{
    const struct forward_way *way = forward_way(cell);
    struct pg_rows open;
    int64_t number = 0;
    const char **names = NULL;
    size_t count = 0;
    enum verdict v = package_unacknowledged(job->pg, job->batch, cell, &open, err), later;

    if (v || open.count == 0)
        return v;
    if (way->names)
        v = way->names(job->batch, cell, &names, &count, err);
    number = newest_ack(names, count, &open);
    later = acknowledge(job, cell, number, "file", err);
    if (later || (number && number == pg_int(&open, 0, "number")))
        return later ? later : v;
    later = package_acted(job->pg, job->batch, cell, &open, &number, err);
    if (!later)
        later = acknowledge(job, cell, number, "action", err);
    return later ? later : v;
}

/* ---- sent ---- */

static const char *
state_after(const struct package_due *due, enum verdict v)
{
    switch (v) {
    case V_OK:
        return "sent";
    case V_REJECT:
        return "failed";
    case V_IN_DOUBT:
        return "in_doubt";
    case V_RETRY:
    case V_FATAL:
        break;
    }
    return due->doubted ? "in_doubt" : "planned";
}

static void
count_one(struct forward_figures *f, const char *state)
{
    f->sent += strcmp(state, "sent") == 0;
    f->failed += strcmp(state, "failed") == 0;
    f->in_doubt += strcmp(state, "in_doubt") == 0;
    f->put_back += strcmp(state, "planned") == 0;
}

/* Commits intent, sends, and settles. *said: what the other side makes of it; only a failure of our
 * own comes back. */
static enum verdict
send_one(struct job *job, const struct parcel *p, enum verdict *said, struct error *err)
{
    struct arena *mem = job->batch;
    const char *cell = p->cell->name, *state;
    struct error later;
    enum verdict v;

    *said = package_prove(mem, p->folder, p->due->manifest, err);
    if (!*said) {
        v = package_sending(job->pg, mem, job->run_id, p->cell, p->due->number, err);
        if (v)
            return v;
        *said = forward_way(p->cell)->send(mem, p, err);
    }
    state = state_after(p->due, *said);
    count_one(&job->forwarded, state);
    v = package_settle(job->pg, mem, job->run_id, cell, p->due->number, state,
                       *said ? err->code : NULL, &later);
    if (!v && *said && strcmp(err->code, "package.lost") == 0) /* nothing is there to be sent */
        v = package_purged(job->pg, mem, cell, p->due->number, &later);
    if (v) {
        *err = later;
        return v;
    }
    if (!*said)
        log_line(LOG_INFO, "sent package %lld of cell \"%s\" by %s", (long long)p->due->number,
                 cell, package_channel(p->cell));
    return V_OK;
}

static enum verdict
send_due(struct job *job, const struct conf_cell *cell, bool again, struct error *err)
{
    struct package_due *due;
    size_t count;
    enum verdict v = package_due(job->pg, job->batch, cell, again, &due, &count, err);

    for (size_t i = 0; !v && i < count && !job_stopping(); i++) {
        struct parcel p = {
            .conf = job->conf,
            .cell = cell,
            .due = &due[i],
            .folder = package_folder(job->batch, job->conf, cell->name, due[i].number),
            .name = arena_format(job->batch, "%s-%06lld", cell->name, (long long)due[i].number),
        };
        enum verdict said;

        v = send_one(job, &p, &said, err);
        if (v || !said)
            continue;
        note_trouble(job, cell, said, err);
        if (said != V_REJECT)
            break; /* the next one would fare no better, and goes after this one */
    }
    return v;
}

/* Of the unit that this cell was until bridge.conf gave it another one. */
static enum verdict
drop_moved(struct job *job, const struct conf_cell *cell, struct error *err)
{
    long n = 0;
    enum verdict v = package_moved(job->pg, job->batch, job->run_id, cell, &n, err);

    if (n)
        log_line(LOG_WARN,
                 "%ld packages that waited for cell \"%s\" are of another unit than %s: they are "
                 "not sent",
                 n, cell->name, cell->options.unit);
    return v;
}

/* ---- all ---- */

typedef enum verdict step_fn(struct job *job, const struct conf_cell *cell, struct error *err);

/* A cell that cannot be asked what it has may still be sent something, and the other way round. */
static enum verdict
forward_to(struct job *job, const struct conf_cell *cell, struct error *err)
{
    static step_fn *const steps[] = { drop_moved, make_of_today, read_acks };
    enum verdict v;

    for (size_t i = 0; i < sizeof steps / sizeof *steps && !job_stopping(); i++) {
        v = steps[i](job, cell, err);
        if (v && is_ours(err))
            return v;
        if (v)
            note_trouble(job, cell, v, err);
    }
    return job_stopping() ? V_OK : send_due(job, cell, job->cells != NULL, err);
}

static enum verdict
count_cells(struct job *job, const struct conf_cell *const *cells, size_t count, struct error *err)
{
    struct forward_figures *f = &job->forwarded;
    struct pg_rows rows;
    enum verdict v =
        package_cells_read(job->pg, job->batch, cells, count, job->conf->bridge.zone, &rows, err);

    for (size_t i = 0; !v && i < rows.count; i++) {
        f->waiting += (long)pg_int(&rows, i, "failed");
        f->silent += pg_bool(&rows, i, "silent");
        if (pg_bool(&rows, i, "silent"))
            log_line(LOG_WARN, "cell \"%s\" (%s) is silent: it acknowledges no package",
                     pg_named(&rows, i, "cell"), pg_named(&rows, i, "unit"));
    }
    return v;
}

enum verdict
forward_run(struct job *job, struct error *err)
{
    const struct conf_cell *const *cells;
    size_t count = 0;
    long lost = 0;
    enum verdict v;

    if (!job->conf->cell_count)
        return V_OK;
    v = forward_choose(job->conf, job->mem, job->cells, &cells, &count, err);
    if (!v)
        v = package_recover(job->pg, job->mem, job->run_id, &lost, err);
    if (lost)
        log_line(LOG_WARN, "%ld packages were being sent when a run ended: they go again", lost);
    job->forwarded.done = true;
    for (size_t i = 0; !v && i < count && !job_stopping(); i++) {
        job_step(job, "forward", cells[i]->name, (long)i);
        v = forward_to(job, cells[i], err);
        arena_reset(job->batch);
    }
    return v ? v : count_cells(job, cells, count, err);
}
