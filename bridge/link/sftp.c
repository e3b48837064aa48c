/*
 * The endpoint: options, the host key, one request, and what its failure means.
 *
 * Of libcurl: without CURLOPT_SSH_KNOWNHOSTS no host is verified at all, so the
 * option is needed here; with it, a file that cannot be read counts as empty,
 * and the callback is what refuses.
 */
#include "sftp_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/secret.h"
#include "clock.h"
#include "curl_parts.h"
#include "http.h"
#include "text.h"

#define BYTES_A_MS 8 /* on the whole; a transfer that moves less is ended */

static void
release(void *handle)
{
    struct sftp *sftp = handle;

    curl_easy_cleanup(sftp->curl);
    explicit_bzero(&sftp->options, sizeof sftp->options);
}

/* ---- options ---- */

static enum verdict
check_key(const char *path, struct error *err)
{
    struct stat st;

    if (stat(path, &st) || access(path, R_OK)) {
        (void)error_set(err, V_FATAL, "sftp.key", "could not read the key file: %s",
                        strerror(errno));
        error_at(err, NULL, path);
        return V_FATAL;
    }
    if (!S_ISREG(st.st_mode) || !secret_is_closed(path, st.st_mode)) {
        (void)error_set(err, V_FATAL, "sftp.key",
                        "the key file may be read by others (mode %04o), or is no plain file",
                        (unsigned)(st.st_mode & 07777));
        error_hint(err, "Give it mode 0600 or 0400.");
        error_at(err, NULL, path);
        return V_FATAL;
    }
    return V_OK;
}

static enum verdict
check_known_hosts(const char *path, struct error *err)
{
    struct stat st;

    if (path && stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, R_OK) == 0)
        return V_OK;
    (void)error_set(err, V_FATAL, "sftp.host", "there is no file of known host keys");
    error_hint(err, "Set known_hosts to a file made with \"ssh-keyscan\", after comparing the key "
                    "with what the server's owner tells.");
    error_at(err, NULL, path);
    return V_FATAL;
}

/* Takes the address apart; false when it is not sftp://host[:port]/path/. */
static bool
take_url(struct sftp *sftp, struct arena *mem)
{
    const char *url = sftp->options.url, *slash;
    char *path;
    int len;

    if (!url || strncmp(url, "sftp://", 7) != 0 || strpbrk(url + 7, "@?#"))
        return false;
    slash = strchr(url + 7, '/');
    if (slash == url + 7 || url[7] == '\0' || url[strlen(url) - 1] == '%')
        return false;
    if (!slash)
        slash = url + strlen(url);
    sftp->home = arena_text(mem, url, (size_t)(slash - url));
    if (strncmp(slash, "/~/", 3) == 0 || strcmp(slash, "/~") == 0) {
        sftp->at_home = true;
        slash += slash[2] ? 3 : 2;
    }
    path = curl_easy_unescape(sftp->curl, slash, 0, &len);
    if (!path)
        return false;
    if (len > 0 && path[len - 1] == '/')
        sftp->folder = arena_copy(mem, path);
    else
        sftp->folder = arena_format(mem, "%s%s", path, sftp->at_home && len == 0 ? "" : "/");
    curl_free(path);
    return strlen(sftp->folder) + 1 >= (size_t)len && text_is_utf8(sftp->folder, (size_t)len, NULL);
}

static enum verdict
check_options(struct sftp *sftp, struct arena *mem, struct error *err)
{
    const struct sftp_options *o = &sftp->options;
    enum verdict v;

    if (!take_url(sftp, mem))
        return error_set(err, V_FATAL, "sftp.url",
                         "the address is not sftp://host/folder/ without user and password");
    if (!o->user || !*o->user)
        return error_set(err, V_FATAL, "sftp.auth", "there is no user for the SFTP server");
    if (!o->key && !o->password)
        return error_set(err, V_FATAL, "sftp.auth",
                         "there is neither a key nor a password for the SFTP server");
    v = check_known_hosts(o->known_hosts, err);
    return v || !o->key ? v : check_key(o->key, err);
}

enum verdict
sftp_open(struct arena *mem, const struct sftp_options *options, struct sftp **out,
          struct error *err)
{
    struct sftp *sftp = arena_alloc(mem, sizeof *sftp);

    *out = NULL;
    curl_set_up();
    sftp->options = *options;
    sftp->curl = curl_easy_init();
    if (!sftp->curl)
        return error_set(err, V_FATAL, "sftp.curl", "libcurl could not be set up");
    arena_defer(mem, release, sftp);
    enum verdict v = check_options(sftp, mem, err);

    if (!v)
        *out = sftp;
    return v;
}

bool
sftp_name_good(const char *name, size_t len)
{
    if (len == 0 || len > 255 || *name == '.' || !text_is_utf8(name, len, NULL))
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];

        if (c < 0x20 || c == 0x7F || c == '/' || c == '\\')
            return false;
        if (c == 0xC2 && i + 1 < len && (unsigned char)name[i + 1] < 0xA0) /* C1 controls */
            return false;
    }
    return true;
}

/* ---- a request ---- */

static int
judge_host_key(CURL *curl, const struct curl_khkey *known, const struct curl_khkey *found,
               enum curl_khmatch match, void *ctx)
{
    struct sftp *sftp = ctx;

    (void)curl;
    (void)known;
    (void)found;
    sftp->strange = match != CURLKHMATCH_OK;
    return sftp->strange ? CURLKHSTAT_REJECT : CURLKHSTAT_FINE;
}

const char *
sftp_address(const struct sftp *sftp, struct arena *mem, const char *path)
{
    const char *whole = arena_format(mem, "%s%s", sftp->folder, path);
    char *out = arena_alloc(mem, strlen(sftp->home) + 3 * strlen(whole) + 4);
    size_t n = (size_t)snprintf(out, strlen(sftp->home) + 4, "%s%s", sftp->home,
                                sftp->at_home ? "/~/" : "");

    for (const char *c = whole; *c; c++) {
        static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789-_./";
        static const char digits[] = "0123456789ABCDEF";
        unsigned char u = (unsigned char)*c;

        if (strchr(plain, *c)) {
            out[n++] = *c;
            continue;
        }
        out[n++] = '%';
        out[n++] = digits[u >> 4];
        out[n++] = digits[u & 15];
    }
    return out;
}

const char *
sftp_quoted(const struct sftp *sftp, struct arena *mem, const char *path)
{
    const char *whole = arena_format(mem, "%s%s", sftp->folder, path);
    char *out = arena_alloc(mem, 2 * strlen(whole) + 3);
    size_t n = 0;

    out[n++] = '"';
    for (const char *c = whole; *c; c++) {
        if (strchr("\"'\\", *c))
            out[n++] = '\\';
        out[n++] = *c;
    }
    out[n++] = '"';
    return out;
}

static void
set_log_in(struct sftp *sftp)
{
    const struct sftp_options *o = &sftp->options;
    long ways = o->key ? CURLSSH_AUTH_PUBLICKEY : CURLSSH_AUTH_PASSWORD | CURLSSH_AUTH_KEYBOARD;

    (void)curl_easy_setopt(sftp->curl, CURLOPT_SSH_AUTH_TYPES, ways);
    (void)curl_easy_setopt(sftp->curl, CURLOPT_USERNAME, o->user);
    if (o->key) {
        (void)curl_easy_setopt(sftp->curl, CURLOPT_SSH_PRIVATE_KEYFILE, o->key);
        (void)curl_easy_setopt(sftp->curl, CURLOPT_KEYPASSWD, o->password ? o->password : "");
    } else {
        (void)curl_easy_setopt(sftp->curl, CURLOPT_PASSWORD, o->password);
    }
    (void)curl_easy_setopt(sftp->curl, CURLOPT_SSH_KNOWNHOSTS, o->known_hosts);
    (void)curl_easy_setopt(sftp->curl, CURLOPT_SSH_KEYFUNCTION, judge_host_key);
    (void)curl_easy_setopt(sftp->curl, CURLOPT_SSH_KEYDATA, sftp);
}

/* A transfer may take as long as it moves, but not so little at a time that it would never end.
 * Not 0 ends it. */
static int
go_on(void *ctx, curl_off_t in_all, curl_off_t in, curl_off_t out_all, curl_off_t out)
{
    struct sftp *sftp = ctx;

    (void)in_all;
    (void)out_all;
    sftp->slow = sftp->patience &&
                 clock_tick() - sftp->began > sftp->patience + (int64_t)(in + out) / BYTES_A_MS;
    return sftp->slow || http_must_stop();
}

void
sftp_ready(struct sftp *sftp, enum sftp_way way, const char *address)
{
    const struct sftp_options *o = &sftp->options;
    bool transfer = way == SFTP_GET || way == SFTP_PUT;

    curl_easy_reset(sftp->curl); /* keeps the connection */
    sftp->said[0] = '\0';
    sftp->own = V_OK;
    sftp->slow = false;
    sftp->began = clock_tick();
    sftp->patience = transfer && o->stall > 0 ? o->connect_timeout + o->stall : 0;
    (void)curl_easy_setopt(sftp->curl, CURLOPT_ERRORBUFFER, sftp->said);
    (void)curl_easy_setopt(sftp->curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(sftp->curl, CURLOPT_QUICK_EXIT, 1L);
    (void)curl_easy_setopt(sftp->curl, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(sftp->curl, CURLOPT_XFERINFOFUNCTION, go_on);
    (void)curl_easy_setopt(sftp->curl, CURLOPT_XFERINFODATA, sftp);
    (void)curl_easy_setopt(sftp->curl, CURLOPT_PROTOCOLS_STR, "sftp");
    (void)curl_easy_setopt(sftp->curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(sftp->curl, CURLOPT_URL, address);
    (void)curl_easy_setopt(sftp->curl, CURLOPT_CONNECTTIMEOUT_MS, o->connect_timeout);
    if (!transfer)
        (void)curl_easy_setopt(sftp->curl, CURLOPT_TIMEOUT_MS, o->timeout);
    if (transfer && o->stall > 0) {
        (void)curl_easy_setopt(sftp->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
        (void)curl_easy_setopt(sftp->curl, CURLOPT_LOW_SPEED_TIME, (o->stall + 999) / 1000);
    }
    set_log_in(sftp);
}

static enum verdict
explain(CURLcode code, struct error *err)
{
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
        (void)error_set(err, V_FATAL, "sftp.host",
                        "the server's host key is not the one that is known");
        error_hint(err, "Ask the server's owner; when its key was changed by them, put the new one "
                        "into the known_hosts file.");
        return V_FATAL;
    case CURLE_LOGIN_DENIED:
        (void)error_set(err, V_FATAL, "sftp.auth", "the server refuses the user's log-in");
        error_hint(err, "Look at user, key and password; an RSA key may need to be replaced by an "
                        "ed25519 one.");
        return V_FATAL;
    case CURLE_COULDNT_RESOLVE_HOST:
        return error_set(err, V_RETRY, "sftp.dns", "could not find the server's address");
    case CURLE_COULDNT_CONNECT:
    case CURLE_FAILED_INIT: /* libssh2: no banner, or no algorithm in common */
        return error_set(err, V_RETRY, "sftp.connect", "could not connect to the server");
    case CURLE_ABORTED_BY_CALLBACK:
        return error_set(err, V_RETRY, "sftp.stopped", "the run was asked to stop");
    case CURLE_OPERATION_TIMEDOUT:
        return error_set(err, V_RETRY, "sftp.timeout", "the server took too long");
    case CURLE_REMOTE_FILE_NOT_FOUND:
        return error_set(err, V_REJECT, "sftp.absent", "there is no such file at the server");
    case CURLE_REMOTE_ACCESS_DENIED:
    case CURLE_UPLOAD_FAILED:
    case CURLE_QUOTE_ERROR:
        return error_set(err, V_REJECT, "sftp.refused", "the server refuses that for this file");
    case CURLE_REMOTE_DISK_FULL:
        return error_set(err, V_RETRY, "sftp.disk", "the server's disk is full");
    case CURLE_SSH:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
        return error_set(err, V_RETRY, "sftp.cut", "the connection was cut off");
    default:
        return error_set(err, V_RETRY, "sftp.failed", "the request failed: %s",
                         curl_easy_strerror(code));
    }
}

enum verdict
sftp_run(struct sftp *sftp, struct error *err)
{
    CURLcode code = curl_easy_perform(sftp->curl);

    if (sftp->own) { /* a callback of ours ended it, or what it was told was not all */
        *err = sftp->own_error;
        return sftp->own;
    }
    if (code == CURLE_OK)
        return V_OK;
    if (sftp->slow)
        return error_set(err, V_RETRY, "sftp.timeout", "the bytes come or go too slowly");
    if (sftp->strange)
        code = CURLE_PEER_FAILED_VERIFICATION;
    sftp->strange = false;
    return explain(code, err);
}
