/*
 * sftp_parts.h - the inside of sftp: sftp.c opens and runs requests, sftp_files.c says what they
 * are.
 */
#ifndef BRIDGE_LINK_SFTP_PARTS_H
#define BRIDGE_LINK_SFTP_PARTS_H

#include <curl/curl.h>

#include "sftp.h"

struct sftp {
    CURL *curl;
    struct sftp_options options;
    const char *home;   /* url up to its path: "sftp://host:22" */
    const char *folder; /* path of the url, decoded, ends in '/'; "" at the user's home */
    bool at_home;       /* folder counts from the user's home */
    char said[CURL_ERROR_SIZE];
    bool strange;           /* the host key of the last connection was not the known one */
    long patience;          /* ms that a transfer may take besides what it moves; 0 = any time */
    int64_t began;          /* clock_tick() */
    bool slow;              /* it was ended for that */
    enum verdict own;       /* of a callback that ended a transfer */
    struct error own_error; /* and why */
};

enum sftp_way { SFTP_LIST, SFTP_LOOK, SFTP_GET, SFTP_PUT, SFTP_DO };

/* The address of a path below the folder. */
const char *sftp_address(const struct sftp *sftp, struct arena *mem, const char *path);
/* A path as a quote command takes it. */
const char *sftp_quoted(const struct sftp *sftp, struct arena *mem, const char *path);
/* Clears the handle and sets all that every request needs. */
void sftp_ready(struct sftp *sftp, enum sftp_way way, const char *address);
MUST_CHECK enum verdict sftp_run(struct sftp *sftp, struct error *err);

#endif
