/*
 * The folder of delivery reports: each file is read, its lines are committed, and then it goes on.
 * A file that was read when the run ended in between is read again, which adds nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/file.h"
#include "../base/folder.h"
#include "../core/message_report.h"
#include "log.h"
#include "notify_parts.h"

#define SAID_MAX 20 /* faults of one file in the log; all are in the database */

static int
is_report(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return entry->d_name[0] != '.' && len > 4 && strcmp(entry->d_name + len - 4, ".csv") == 0;
}

/* Into FOLDER/done or FOLDER/failed, beside what has that name already. */
static enum verdict
move_on(struct notifying *n, const char *path, const char *name, const char *where,
        struct error *err)
{
    const char *folder = n->job->conf->notify->reports;
    const char *to = arena_format(n->mem, "%s/%s", folder, where);
    struct stat st;
    enum verdict v = folder_make(n->mem, to, err);

    to = arena_format(n->mem, "%s/%s", to, name);
    for (int i = 1; !v && lstat(to, &st) == 0; i++)
        to = arena_format(n->mem, "%s/%s/%s.%d", folder, where, name, i);
    if (!v && rename(path, to) != 0)
        v = error_set(err, V_FATAL, "report.move", "could not move \"%s\": %s", path,
                      strerror(errno));
    return v;
}

static void
say(struct notifying *n, const char *name, const struct report_figures *r)
{
    struct notify_figures *f = &n->job->notified;

    for (size_t i = 0; i < r->fault_count && i < SAID_MAX; i++)
        log_line(LOG_WARN, "delivery report \"%s\" line %d: %s%s%s", name, r->faults[i].line,
                 r->faults[i].code, r->faults[i].field ? ", field " : "",
                 r->faults[i].field ? r->faults[i].field : "");
    log_line(LOG_INFO,
             "read delivery report \"%s\": %ld lines, %ld delivered, %ld failed, %zu at fault",
             name, r->lines, r->delivered, r->failed, r->fault_count);
    f->delivered += r->delivered;
    f->undelivered += r->failed;
    f->report_faults += (long)r->fault_count;
}

static enum verdict
read_one(struct notifying *n, const struct report_words *words, const char *name, struct error *why,
         struct error *err)
{
    const char *path = arena_format(n->mem, "%s/%s", n->job->conf->notify->reports, name);
    const char *text = "", *bad;
    struct report_figures r;
    size_t len = 0;

    bad = file_take(n->mem, path, &text, &len);
    if (bad)
        return error_set(why, V_FATAL, "report.read", "could not read \"%s\": %s", path, bad);

    enum verdict v = message_report(n->pg, n->mem, n->job->run_id, n->job->conf, words, name, text,
                                    len, &r, err);

    if (v)
        return v;
    say(n, name, &r);
    why->code[0] = '\0';
    return move_on(n, path, name, r.whole ? "failed" : "done", why);
}

enum verdict
notify_reports(struct notifying *n, struct error *why, struct error *err)
{
    const struct notify_options *o = n->job->conf->notify;
    struct report_words *words;
    struct dirent **names = NULL;
    enum verdict v;
    int count;

    why->code[0] = err->code[0] = '\0';
    if (!o->reports)
        return V_OK;
    v = report_words_read(n->job->mem, o->reports_words, o->gateway, &words, why);
    if (v)
        return v;
    count = scandir(o->reports, &names, is_report, alphasort);
    if (count < 0)
        return error_set(why, V_FATAL, "report.read", "could not read \"%s\": %s", o->reports,
                         strerror(errno));
    for (int i = 0; i < count; i++) {
        if (!v && !job_stopping()) {
            arena_reset(n->mem);
            v = read_one(n, words, names[i]->d_name, why, err);
        }
        free(names[i]);
    }
    free(names);
    return v;
}
