/*
 * tsa.h - a timestamp of an authority (RFC 3161) for some bytes: by OpenSSL's TS, over http.h.
 */
#ifndef BRIDGE_TSA_H
#define BRIDGE_TSA_H

#include <stdint.h>

#include "arena.h"
#include "verdict.h"

struct tsa_stamp {
    const char *bytes; /* the whole reply in DER, as "openssl ts -verify -in" reads it */
    size_t len;
    int64_t at; /* clock.h; the time that the authority says */
};

/* Asks url (https or http) for a stamp of the SHA-256 of the bytes and looks at the answer:
 * granted, of these bytes, of this question, signed by a certificate for timestamps that leads to
 * those in the PEM file ca, which over https the server's own must lead to as well. Verdicts as
 * http.h; V_FATAL "tsa.reply", "tsa.refused" or "tsa.ca". */
MUST_CHECK enum verdict
tsa_ask(struct arena *mem, const char *url, const char *ca, const void *bytes, size_t len,
        struct tsa_stamp *out, struct error *err);

#endif
