/*
 * Processes of jobs. Each has its own process group, so that Ctrl-C at a
 * terminal reaches it once, by way of the daemon; and each asks for SIGTERM
 * should the daemon die without a word.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "daemon_parts.h"
#include "job.h"
#include "log.h"
#include "text.h"

#define NOT_STARTED 127

static const struct {
    int code;
    const char *state, *said;
} ends[] = {
    { JOB_DONE, "done", "done" },
    { JOB_INTERNAL, "failed", "internal error" },
    { JOB_USAGE, "failed", "the words of \"run\" are not a command" },
    { JOB_WAITS, "done", "done, but something waits for a person" },
    { JOB_DISAGREE, "failed", "books or systems do not agree" },
    { JOB_CONF, "failed", "conf or mapping invalid" },
    { JOB_VERIFY, "failed", "verification failed" },
    { JOB_BUSY, "busy", "another run held the lock" },
    { JOB_PEER, "failed", "a peer could not be reached" },
    { JOB_STOPPED, "failed", "stopped" },
    { NOT_STARTED, "failed", "the program could not be executed" },
};

void
child_meaning(int status, struct child_end *out)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

    out->state = "failed";
    if (WIFSIGNALED(status)) {
        (void)snprintf(out->said, sizeof out->said, "ended by signal %d", WTERMSIG(status));
        return;
    }
    (void)snprintf(out->said, sizeof out->said, "exit code %d", code);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (ends[i].code != code)
            continue;
        out->state = ends[i].state;
        (void)snprintf(out->said, sizeof out->said, "exit code %d: %s", code, ends[i].said);
    }
}

static char **
argument_list(const struct daemon *d, const struct timed_job *job)
{
    const char *list = job->conf->options.run, *word;
    char **words = NULL;
    size_t count = 0, room = 0, len;

    words = arena_grow(d->batch, words, count, &room, sizeof *words);
    words[count++] = arena_copy(d->batch, "cctns-bridge");
    words = arena_grow(d->batch, words, count, &room, sizeof *words);
    words[count++] = arena_copy(d->batch, "-c");
    words = arena_grow(d->batch, words, count, &room, sizeof *words);
    words[count++] = arena_copy(d->batch, d->conf->path);
    while (text_word(&list, &word, &len)) {
        words = arena_grow(d->batch, words, count, &room, sizeof *words);
        words[count++] = arena_text(d->batch, word, len);
    }
    words = arena_grow(d->batch, words, count, &room, sizeof *words);
    words[count] = NULL;
    return words;
}

/* In the new process. now is NULL unless a set clock runs on: it goes on from here. */
static _Noreturn void
become_job(const char *program, char *const *words, pid_t parent, const char *now)
{
    sigset_t none;
    int nothing;

    (void)setpgid(0, 0);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(NOT_STARTED);
    nothing = open("/dev/null", O_RDONLY);
    if (nothing > 0) {
        (void)dup2(nothing, STDIN_FILENO);
        (void)close(nothing);
    }
    if (now && setenv("BRIDGE_NOW", now, 1))
        _exit(NOT_STARTED);
    (void)execv(program, words);
    (void)dprintf(STDERR_FILENO, "error: could not execute \"%s\": %s\n", program, strerror(errno));
    _exit(NOT_STARTED);
}

enum verdict
child_start(const struct daemon *d, struct timed_job *job, struct error *err)
{
    char **words = argument_list(d, job);
    const char *set = getenv("BRIDGE_NOW");
    char now[CLOCK_TEXT];
    pid_t parent = getpid(), pid;

    clock_text(clock_now(), now);
    pid = fork();
    if (pid < 0)
        return error_set(err, V_RETRY, "daemon.fork", "could not start a process: %s",
                         strerror(errno));
    if (pid == 0)
        become_job(d->program, words, parent, clock_is_set() && set && set[0] != '@' ? now : NULL);
    /* Here as well, for a signal may be sent before the new process has come so far. */
    (void)setpgid(pid, pid);
    job->pid = pid;
    job->ended = false;
    return V_OK;
}

void
child_reap(struct daemon *d)
{
    for (size_t i = 0; i < d->count; i++) {
        struct timed_job *job = &d->jobs[i];
        int status = 0;
        pid_t pid;

        if (!job->pid || job->ended)
            continue;
        do
            pid = waitpid(job->pid, &status, WNOHANG);
        while (pid < 0 && errno == EINTR);
        if (pid == 0)
            continue;
        job->ended = true;
        if (pid > 0)
            child_meaning(status, &job->end);
        else
            job->end = (struct child_end){ .state = "failed", .said = "its end was not seen" };
        log_line(strcmp(job->end.state, "done") == 0 ? LOG_INFO : LOG_WARN,
                 "job \"%s\" (process %ld) ended: %s", job->conf->name, (long)job->pid,
                 job->end.said);
    }
}

void
child_signal(const struct daemon *d, int signal)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->jobs[i].pid && !d->jobs[i].ended)
            (void)kill(d->jobs[i].pid, signal);
}

size_t
child_count(const struct daemon *d)
{
    size_t count = 0;

    for (size_t i = 0; i < d->count; i++)
        count += d->jobs[i].pid && !d->jobs[i].ended;
    return count;
}
