/*
 * Secrets come from the environment or from a file that only its owner reads.
 * Neither the option nor the secret is ever put into a message: a password
 * written where a name should stand must not reach the log.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret.h"

#define SECRET_MAX ((size_t)16 * 1024)
#define CODE       "conf.secret"

struct secret {
    char *text;
    size_t room;
};

static void
wipe(void *handle)
{
    struct secret *secret = handle;

    explicit_bzero(secret->text, secret->room);
}

/* room bytes that are wiped when mem goes. */
static char *
take_secret(struct arena *mem, size_t room)
{
    struct secret *secret = arena_alloc(mem, sizeof *secret);

    secret->text = arena_alloc(mem, room);
    secret->room = room;
    arena_defer(mem, wipe, secret);
    return secret->text;
}

static enum verdict
from_environment(struct arena *mem, const char *name, const char **out, struct error *err)
{
    const char *value = *name ? getenv(name) : NULL;
    size_t len;
    char *text;

    if (!value || !*value)
        return error_set(err, V_FATAL, CODE, "the environment variable of a secret is not set");
    len = strlen(value);
    text = take_secret(mem, len + 1);
    memcpy(text, value, len);
    *out = text;
    return V_OK;
}

static bool
is_credential(const char *path)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    size_t len = folder ? strlen(folder) : 0;

    return len > 1 && strncmp(path, folder, len) == 0 && path[len] == '/' &&
           !strstr(path + len, "/../");
}

/* systemd gives a service its credentials as files of root with an entry for the service's user;
 * that entry shows as the group's right to read. The folder itself is closed to all others. */
bool
secret_is_closed(const char *path, mode_t mode)
{
    return !(mode & (S_IRWXO | (is_credential(path) ? S_IWGRP | S_IXGRP : S_IRWXG)));
}

enum verdict
secret_check(int file, const char *path, const char *code, const char *what, struct error *err)
{
    struct stat st;

    if (fstat(file, &st))
        return error_set(err, V_FATAL, code, "could not look at %s: %s", what, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return error_set(err, V_FATAL, code, "%s is not a regular file", what);
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return error_set(err, V_FATAL, code, "%s belongs to another user", what);
    if (secret_is_closed(path, st.st_mode))
        return V_OK;
    (void)error_set(err, V_FATAL, code, "%s may be read by others (mode %04o)", what,
                    (unsigned)(st.st_mode & 07777));
    error_hint(err, "Give it mode 0600 or 0400.");
    return V_FATAL;
}

static enum verdict
read_secret(struct arena *mem, int file, const char **out, struct error *err)
{
    char *text = take_secret(mem, SECRET_MAX + 2);
    size_t len = 0;

    for (;;) {
        ssize_t got = read(file, text + len, SECRET_MAX + 1 - len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(err, V_FATAL, CODE, "could not read the file of a secret: %s",
                             strerror(errno));
        if (got == 0)
            break;
        len += (size_t)got;
        if (len > SECRET_MAX)
            return error_set(err, V_FATAL, CODE, "the file of a secret is larger than %zu bytes",
                             SECRET_MAX);
    }
    if (len && text[len - 1] == '\n')
        len--;
    if (len && text[len - 1] == '\r')
        len--;
    text[len] = '\0';
    if (len == 0)
        return error_set(err, V_FATAL, CODE, "the file of a secret is empty");
    if (strlen(text) != len || strchr(text, '\n'))
        return error_set(err, V_FATAL, CODE, "the file of a secret holds more than one line");
    *out = text;
    return V_OK;
}

static enum verdict
from_file(struct arena *mem, const char *path, const char **out, struct error *err)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    enum verdict v;

    if (file < 0)
        v = error_set(err, V_FATAL, CODE, "could not open the file of a secret: %s",
                      strerror(errno));
    else
        v = secret_check(file, path, CODE, "the file of a secret", err);
    if (!v)
        v = read_secret(mem, file, out, err);
    if (v)
        error_at(err, NULL, path);
    if (file >= 0)
        (void)close(file);
    return v;
}

enum verdict
conf_secret(struct arena *mem, const char *option, const char **out, struct error *err)
{
    *out = NULL;
    if (!option)
        return V_OK;
    if (strncmp(option, "env:", 4) == 0)
        return from_environment(mem, option + 4, out, err);
    if (strncmp(option, "file:", 5) == 0)
        return from_file(mem, option + 5, out, err);
    (void)error_set(err, V_FATAL, CODE, "a secret does not stand in bridge.conf itself");
    error_hint(err, "Write env:NAME or file:PATH.");
    return V_FATAL;
}
