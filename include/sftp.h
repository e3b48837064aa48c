/*
 * sftp.h - one folder of an SFTP server, by libcurl: one request at a time, one kept connection.
 *
 * The server is always verified: its host key must stand in a known_hosts file,
 * and no option takes that away. Entries in that file should name the host in
 * plain: libcurl takes the key type of the first hashed entry, of whatever host,
 * for the server's. Log-in is by a key file, which others may not read, or a
 * password; never by an agent.
 *
 * Limits are in time: connecting, and listing, moving and removing as a whole;
 * a transfer must not stand still, nor move less than 8,000 bytes/s on the whole (stall 0: whatever
 * it takes). A run that is to stop (http_stop_when()) ends each of them. What is fetched is told to
 * a sink as it comes; what is put comes from bytes or from the content store, is written as
 * NAME.part, and renamed once the last byte is there.
 *
 * Names that a server tells are not trusted: with a slash, a control character,
 * bytes that are not UTF-8 or a dot at the beginning they are passed over.
 *
 * err->code: sftp.host (its key is not the known one), sftp.auth, sftp.key
 * (V_FATAL); sftp.dns, sftp.connect, sftp.timeout, sftp.stopped, sftp.cut, sftp.list, sftp.disk
 * (V_RETRY); sftp.absent, sftp.refused, sftp.name, sftp.large (V_REJECT).
 */
#ifndef BRIDGE_SFTP_H
#define BRIDGE_SFTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "content.h"
#include "verdict.h"

struct sftp_options {
    const char *url; /* sftp://host[:port]/folder/; /~/ begins at the user's home */
    const char *user;
    const char *key;         /* file of the private key, or NULL */
    const char *password;    /* of the user, or of the key; or NULL */
    const char *known_hosts; /* file of host keys; needed */
    long timeout;            /* ms for anything but a transfer */
    long connect_timeout;    /* ms up to the log-in */
    long stall;              /* ms without a byte in a transfer; 0 = as long as it takes */
};

struct sftp_entry {
    const char *name;
    int64_t size; /* bytes, or -1 when the server does not tell */
};

/* Told of a file's bytes as they come; not V_OK ends the transfer with that verdict and err. */
struct sftp_sink {
    MUST_CHECK enum verdict (*take)(void *ctx, const char *bytes, size_t len, struct error *err);
    void *ctx;
};

struct sftp;

/* Connects to nothing. V_FATAL when an option cannot work. The endpoint goes with mem. */
MUST_CHECK enum verdict sftp_open(struct arena *mem, const struct sftp_options *options,
                                  struct sftp **out, struct error *err);
/* False for a name that is passed over. */
bool sftp_name_good(const char *name, size_t len);

/* The plain files of a folder below the endpoint's ("" = its own), by name; links and folders are
 * left out. V_REJECT "sftp.absent": there is no such folder. */
MUST_CHECK enum verdict sftp_list(struct sftp *sftp, struct arena *mem, const char *folder,
                                  struct sftp_entry **out, size_t *count, struct error *err);
/* Seconds since 1970 at which the file was changed, by the server's clock; -1 = not told. */
MUST_CHECK enum verdict sftp_changed(struct sftp *sftp, struct arena *mem, const char *path,
                                     int64_t *at, struct error *err);
/* Paths are below the endpoint's folder: "NAME" or "done/NAME". */
MUST_CHECK enum verdict sftp_get(struct sftp *sftp, struct arena *mem, const char *path,
                                 const struct sftp_sink *sink, struct error *err);
/* Takes the place of a file of that name. */
MUST_CHECK enum verdict sftp_put(struct sftp *sftp, struct arena *mem, const char *path,
                                 const void *bytes, size_t len, struct error *err);
MUST_CHECK enum verdict
sftp_put_content(struct sftp *sftp, struct arena *mem, const char *path, struct contents *contents,
                 const char *id, struct error *err);
/* The file of this machine; V_FATAL "sftp.file" when it cannot be read. */
MUST_CHECK enum verdict sftp_put_file(struct sftp *sftp, struct arena *mem, const char *path,
                                      const char *file, struct error *err);
/* Of a file or a folder. V_REJECT "sftp.refused": by most servers also when there is one of the new
 * name. */
MUST_CHECK enum verdict sftp_rename(struct sftp *sftp, struct arena *mem, const char *from,
                                    const char *to, struct error *err);
MUST_CHECK enum verdict
sftp_remove(struct sftp *sftp, struct arena *mem, const char *path, struct error *err);
/* A folder that is there already is no error; nor is one that cannot be made: what goes into it
 * will tell. */
MUST_CHECK enum verdict
sftp_make_folder(struct sftp *sftp, struct arena *mem, const char *path, struct error *err);

#endif
