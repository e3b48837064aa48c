/*
 * sms.h - one short message by a gateway of the government: C-DAC Mobile Seva, or NIC's.
 *
 * Over HTTPS with the server verified, always (http.h); one request a message, on a connection of
 * its own, never repeated. To add a gateway: a row in sms.c.
 *
 *   mobileseva  POST of a form. The password goes as SHA-1; the key is SHA-512 over user, sender,
 *               text and secure key, each trimmed. What is not plain ASCII goes as "&#DECIMAL;" for
 *               each unit of UTF-16, and the key is taken over that. Answers "402,MsgID = ...".
 *   nic         GET with a query; the number with 91 before it. What is not plain ASCII goes as the
 *               hexadecimal digits of UTF-16, with msgType=UC. Answers "Message Accepted for
 *               Request ID=...~code=API000 & info=... & Time=...".
 */
#ifndef BRIDGE_SMS_H
#define BRIDGE_SMS_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "http.h"
#include "verdict.h"

struct sms_options {
    const char *gateway; /* "mobileseva", "nic" */
    const char *url, *user, *password, *key, *ca;
    long timeout; /* ms */
};

struct sms {
    const char *mobile; /* ten digits */
    const char *text;   /* UTF-8 */
    const char *sender, *entity, *template_id;
};

struct sms_answer {
    const char *receipt; /* the gateway's own number, or NULL */
    const char *said;    /* its code: "402", "API000", "http 503"; never its text, which may hold
                            the number that was written to; or NULL */
};

struct sms_gateway;

/* Connects to nothing. V_FATAL "sms.gateway" for a word that names none. Goes with mem. */
MUST_CHECK enum verdict sms_open(struct arena *mem, const struct sms_options *options,
                                 struct sms_gateway **out, struct error *err);

/*
 * V_OK        it has the message
 * V_RETRY     surely not sent; the next try may do better
 * V_REJECT    it refuses this message
 * V_FATAL     it refuses us: not sent, and nothing will be until a person acts
 * V_IN_DOUBT  no answer that can be read: sent, or not
 * out is filled in every case.
 */
MUST_CHECK enum verdict
sms_send(struct sms_gateway *gateway, struct arena *mem, const struct sms *message,
         struct sms_answer *out, struct error *err);

/* ---- the parts, for whoever checks them ---- */

/* Printable ASCII only. */
bool sms_is_plain(const char *text);
/* "&#2360;&#2381;...": each unit of UTF-16 in decimal. */
const char *sms_entities(struct arena *mem, const char *text);
/* Each unit of UTF-16 as four hexadecimal digits. */
const char *sms_units(struct arena *mem, const char *text);
/* application/x-www-form-urlencoded; all but letters, digits and "-_.~". */
const char *sms_quoted(struct arena *mem, const char *text);
/* The whole request: body of mobileseva, query ("?...") of nic. NULL when its digests could not be
 * made. */
const char *
sms_request(const struct sms_gateway *gateway, struct arena *mem, const struct sms *message);
/* What a 2xx with that body says. */
MUST_CHECK enum verdict
sms_answered(const struct sms_gateway *gateway, struct arena *mem, const char *body, size_t len,
             struct sms_answer *out, struct error *err);

#endif
