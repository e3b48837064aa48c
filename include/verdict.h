/*
 * verdict.h - how every call that can fail answers.
 *
 * A verdict tells the caller what to DO. What went wrong, in words, is in
 * struct error. V_OK is 0, so "if (v) goto out;" reads as "if anything is
 * wrong". The lowest layer that understands a failure picks the verdict, from
 * a table (HTTP status, SQLSTATE, SOAP fault); no layer above picks again.
 */
#ifndef BRIDGE_VERDICT_H
#define BRIDGE_VERDICT_H

#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

enum verdict {
    V_OK = 0,   /* done */
    V_RETRY,    /* not done; the same call may succeed later: timeout, 503, deadlock */
    V_REJECT,   /* this one record (or page) is wrong and stays wrong; hold it and go on */
    V_FATAL,    /* the job cannot go on until a person acts: credentials, contract */
    V_IN_DOUBT, /* push only: the peer may or may not have done it; ask, never send again */
};

/* "ok", "retry", ... for log lines and --json. */
const char *verdict_name(enum verdict v);

/*
 * Filled once, where the failure is understood; callers only add context.
 * Never holds a field value: complaints name people.
 */
struct error {
    char code[32];    /* stable word for machines and tests: "http.503", "map.required" */
    char text[512];   /* one line, lower-case start, no full stop: "could not ..." */
    char hint[256];   /* whole sentences on what to do, or "" */
    char field[64];   /* canonical name of the field at fault, or "" */
    char where[256];  /* remote path or column, or file:line, or "" */
    long retry_after; /* ms that the peer asks to be left alone; 0 = it does not ask */
};

/* Fill *err and return v, so that a failure is one line: return error_set(...).
 * Clears all else. err must not be NULL. */
enum verdict error_set(struct error *err, enum verdict v, const char *code, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* Put "context: " before the text, on the way up: job, system, record key. */
void error_within(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Set the hint: whole sentences, what to do next. */
void error_hint(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Name the field and the remote path at fault; either may be NULL. */
void error_at(struct error *err, const char *field, const char *where);

#endif
