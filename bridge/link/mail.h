/*
 * mail.h - one mail server, by libcurl: SMTP with STARTTLS, or SMTPS; one message at a time.
 *
 * Nothing goes in the clear: a server that does not offer TLS 1.2 or later, or whose certificate or
 * name cannot be verified, gets neither a password nor a byte of a message, and no option changes
 * that.
 *
 * A message is a text and files, which are read from the disk as they go, as base64. A server is
 * told its size before it comes (RFC 1870), where it asks for that. It is either taken for all its
 * receivers or for none. Its subject and the names of its files may be in any
 * script (RFC 2047, RFC 2231: libcurl passes both on as they are).
 *
 * Verdicts by the server's answer: 4xx V_RETRY "mail.452", 5xx V_REJECT "mail.550"; a log-in that
 * is refused V_FATAL "mail.auth"; 552 V_REJECT "mail.552": too large for the server, or its box is
 * full; no TLS V_FATAL "mail.tls"; a certificate V_FATAL "tls.verify".
 * Without an answer: V_RETRY (mail.dns, mail.connect, mail.timeout, mail.cut, mail.stopped) while
 * the server had not asked for the message itself, and V_IN_DOUBT after it: it may have it. What is
 * sent again under the same id is the same message to whoever looks at it (RFC 5322, 3.6.4).
 */
#ifndef BRIDGE_LINK_MAIL_H
#define BRIDGE_LINK_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "verdict.h"

struct mail_options {
    const char *url;             /* smtp://host[:port] (STARTTLS is asked for) or smtps://... */
    const char *user, *password; /* or NULL: no log-in */
    const char *ca;              /* PEM file of the certificates to trust; NULL = the system's */
    long connect_timeout;        /* ms up to the end of the TLS handshake */
    long timeout;                /* ms in which something must move; a message must move 8,000 bytes
                                    in a second on the whole besides */
};

struct mail_file {
    const char *path;  /* or NULL: */
    const char *bytes; /* in memory, len of them */
    size_t len;
    const char *name; /* that the receiver sees */
    const char *type; /* "text/csv; charset=utf-8" */
};

struct mail_message {
    const char *from;           /* an address: x@y.z */
    const char *const *to;      /* addresses, NULL ends; one at least */
    const char *id;             /* of the Message-ID, without angle brackets */
    int64_t at;                 /* the Date, microseconds */
    const char *subject, *text; /* UTF-8 */
    const char *const *headers; /* further ones, "Name: value" in ASCII, NULL ends; or NULL */
    const struct mail_file *files;
    size_t file_count;
};

struct mail;

/* Connects to nothing. V_FATAL "mail.url", "mail.file" when an option cannot work. It goes with
 * mem. */
MUST_CHECK enum verdict mail_open(struct arena *mem, const struct mail_options *options,
                                  struct mail **out, struct error *err);
/* *said is the server's last answer, as a code: "250"; never its words. */
MUST_CHECK enum verdict
mail_send(struct mail *mail, struct arena *mem, const struct mail_message *message,
          const char **said, struct error *err);
/* Connects, verifies, logs in and hangs up. *most: bytes that the server says it takes in one
 * message; 0 = it says none. */
MUST_CHECK enum verdict
mail_touch(struct mail *mail, struct arena *mem, int64_t *most, struct error *err);

/* Bytes of the message as it goes, or a few hundred more. V_FATAL "mail.file". */
MUST_CHECK enum verdict
mail_size(const struct mail_message *message, int64_t *bytes, struct error *err);

/* NULL when it is one plain ASCII address, else what is wrong with it. */
const char *mail_address_fault(const char *address, size_t len);
/* "NAME: value" of which the value may be any UTF-8: in encoded words, folded. */
const char *mail_header(struct arena *mem, const char *name, const char *value);
/* "Content-Disposition: attachment; ..." of a file of any name. */
const char *mail_disposition(struct arena *mem, const char *name);

#endif
