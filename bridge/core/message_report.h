/*
 * message_report.h - delivery reports of an SMS gateway: a table that names messages by the
 * gateway's own number (their receipt) and says what became of each.
 *
 * Columns and words are those of mappings/reports/sms.csv (README.md there). Both gateways have
 * pages that show reports; the one pull that clients in the open know puts user and password into
 * an address, and no contract of it is published. So a person, or a program of the state, drops the
 * tables into a folder.
 *
 * Each line is kept in bridge.message_report, once, whatever is read again: what it makes of its
 * message, or its fault. Delivered is delivered; failed and expired make the message failed, for a
 * person: it is not sent again by itself.
 */
#ifndef BRIDGE_MESSAGE_REPORT_H
#define BRIDGE_MESSAGE_REPORT_H

#include "message.h"

struct report_words;

/* V_FATAL "report.words": the file cannot be read, or lacks a column of the gateway. */
MUST_CHECK enum verdict report_words_read(struct arena *mem, const char *path, const char *gateway,
                                          struct report_words **out, struct error *err);

struct report_fault {
    int line; /* 0: the whole file */
    const char *code, *field;
};

struct report_figures {
    long lines, delivered, failed; /* new ones */
    struct report_fault *faults;
    size_t fault_count;
    bool whole; /* the file is no such table: nothing of it was read */
};

/* One file, in a transaction of the notifier's connection. Codes of faults: report.file (no table,
 * or without a column), report.row (another width), report.id (empty), report.state (a word that no
 * line of the words names), report.time, report.message (no message has that number). */
MUST_CHECK enum verdict
message_report(struct pg *pg, struct arena *mem, int64_t run_id, const struct conf *conf,
               const struct report_words *words, const char *name, const char *text, size_t len,
               struct report_figures *out, struct error *err);

/* report_id file line fault field read_at, by number, after one. */
MUST_CHECK enum verdict message_report_faults(struct pg *pg, struct arena *mem, int64_t after,
                                              long limit, struct pg_rows *out, struct error *err);
/* state word at file line fault read_at of a message. */
MUST_CHECK enum verdict message_reported(struct pg *pg, struct arena *mem, int64_t id,
                                         struct pg_rows *out, struct error *err);

#endif
