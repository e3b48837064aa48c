#include "opening.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "text.h"

#define WAIT_MS 5000 /* for a holder that is not seen to live */
#define SEEN_MS 500  /* for one that is: what is being killed stands there for a moment */
#define POLL_MS 50

/* "12 (name) S ...": the name may hold blanks and brackets. False when there is no such process. */
static bool
read_stat(const char *pid, char name[64], char *state)
{
    char path[64], line[256];
    const char *open, *close;
    size_t len;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    f = fopen(path, "re");
    if (!f)
        return false;
    len = fread(line, 1, sizeof line - 1, f);
    (void)fclose(f);
    line[len] = '\0';
    open = strchr(line, '(');
    close = strrchr(line, ')');
    if (!open || !close || close < open || close[1] != ' ' || !close[2])
        return false;
    snprintf(name, 64, "%.*s", (int)(close - open - 1), open + 1);
    *state = close[2];
    return true;
}

bool
opening_lives(long pid)
{
    char text[24], name[64], own[64], state, any;

    snprintf(text, sizeof text, "%ld", pid);
    return pid > 0 && pid != (long)getpid() && read_stat("self", own, &any) &&
           read_stat(text, name, &state) && strcmp(name, own) == 0 && !strchr("ZXx", state);
}

/* Whether any that holds the lock is seen to live; *who is the oldest of them. */
static enum verdict
look_at_holders(struct job *job, const char *lock, const char **who, bool *lives, struct error *err)
{
    char host[256] = "";
    struct pg_rows rows;
    enum verdict v = run_holders(job->pg, job->mem, lock, &rows, err);
    bool named = gethostname(host, sizeof host - 1) == 0 && host[0];

    *lives = false;
    *who = NULL;
    for (size_t i = 0; !v && i < rows.count; i++) {
        long pid = (long)pg_int(&rows, i, "pid");
        bool here = named && strcmp(pg_named(&rows, i, "host"), host) == 0;
        bool seen = here && opening_lives(pid);

        if (!*who || (seen && !*lives))
            *who = arena_format(job->mem, "run %lld (\"%s\", process %ld on \"%s\", begun %s)",
                                (long long)pg_int(&rows, i, "run_id"), pg_named(&rows, i, "job"),
                                pid, pg_named(&rows, i, "host"), pg_named(&rows, i, "started_at"));
        *lives = *lives || seen;
    }
    return v;
}

static enum verdict
locked(const struct run_opening *row, const char *who, int64_t waited, struct error *err)
{
    error_set(err, V_RETRY, "run.locked",
              "another run holds the lock \"%s\"%s%s; waited %lld.%lld s for it", row->lock,
              who ? ": " : "", who ? who : "", (long long)waited / 1000,
              (long long)waited % 1000 / 100);
    error_hint(err, "A process that is seen to live on this host is waited for half a second, any "
                    "other for 5 s: the server may not have seen yet that it is gone.");
    return V_RETRY;
}

enum verdict
opening_run(struct job *job, const struct run_opening *row, long *lost, struct error *err)
{
    int64_t began = clock_tick();
    bool said = false;

    for (;;) {
        enum verdict v = run_open(job->pg, job->mem, row, &job->run_id, lost, err);
        int64_t waited = clock_tick() - began;
        struct error why;
        const char *who;
        bool lives;

        if (!v || strcmp(err->code, "run.locked") != 0)
            return v;
        v = look_at_holders(job, row->lock, &who, &lives, &why);
        if (v) {
            *err = why;
            return v;
        }
        if (waited >= (lives ? SEEN_MS : WAIT_MS) || job_stopping())
            return locked(row, who, waited, err);
        if (!said && !lives)
            log_line(LOG_INFO, "the lock \"%s\" is held by %s, which is not seen to live: waiting",
                     row->lock, who ? who : "another run");
        said = said || !lives;
        job_sleep(POLL_MS);
    }
}
