/*
 * message.h - messages to complainants, by SMS and by mail: plan, claim, settle.
 *
 * What is told follows from staging (sql/queries/message.sql): that a complaint was registered, who
 * enquires into it and who does now, an interim reply, its disposal. An event is told once,
 * whatever is read or planned again. What happened before [notify] was switched on is told to
 * nobody. Who cannot be written to (no number, a bad one, anonymous) has a message that is
 * suppressed, with its reason. Planning looks at what was written since it looked last.
 *
 * By mail goes what a system promises ("copies" of [notify]): at registration the complaint as it
 * was handed in, at its disposal the final report; to whoever has an address and no secret to keep.
 * Whose name is kept secret (identity S or C, anything sealed) or unknown (A) is never written to
 * by mail: a mailbox may be read by others, and the copy tells what its sender would not be known
 * to have said. They are told by SMS, in words that name nobody.
 *
 * Protocol, as for deliveries (delivery.h): message_claim() commits the intent, with the digest of
 * the body; then the gateway is asked; then message_settle() commits its answer. A crash in between
 * leaves "sending", which message_recover() turns into in_doubt. No gateway can be asked what
 * became of a message that it never answered: it is in doubt until a person says, and never sent
 * again by itself. A mail that a person sends again has the Message-ID that it had, which is its
 * receipt: the mail server's own log tells whether it came.
 *
 * The writer plans. All else is done on a connection that has the rights of the role
 * bridge_notifier: it alone may open what is sealed.
 */
#ifndef BRIDGE_MESSAGE_H
#define BRIDGE_MESSAGE_H

#include "../base/seal.h"
#include "../link/mail.h"
#include "../link/pg.h"
#include "conf.h"
#include "content.h"

/* Plans all that has happened, in one transaction; for the writer. */
MUST_CHECK enum verdict
message_plan(struct pg *pg, struct arena *mem, int64_t run_id, const struct conf *conf,
             long *planned, long *suppressed, struct error *err);

/* A connection with the rights of the notifier, by [notify] database or that of [bridge]. */
MUST_CHECK enum verdict
message_open(struct arena *mem, const struct conf *conf, struct pg **out, struct error *err);

/* What a run that is over left "sending" is in doubt now; how many. */
MUST_CHECK enum verdict message_recover(struct pg *pg, struct arena *mem, int64_t run_id,
                                        long *recovered, struct error *err);

struct message {
    int64_t id;
    const char *event, *template_id, *entity, *header, *language;
    long attempts;
    char mobile[11];  /* ten digits; "" when it cannot be sent */
    const char *text; /* NULL likewise */
    /* of a mail: */
    const char *address, *subject, *mail_id; /* address is kept nowhere, as a number is not */
    int64_t at;                              /* when it was planned: its Date, whenever it goes */
    struct mail_file *files;                 /* read from the content store */
    size_t file_count;
};

/* Takes up the next one and commits that, with the digest of its body; NULL at the end. One that
 * cannot be sent (words that do not fit, a number that is gone, a seal that does not open) is
 * settled at once, and comes back without a text: err says why. */
MUST_CHECK enum verdict
message_claim(struct pg *pg, struct arena *mem, int64_t run_id, const struct conf *conf,
              const struct seal *seal, struct message **out, struct error *err);

/* The words of mails: mappings/pages/words.csv, keys "citizen." (page_words.h). */
struct page_words;
/* message_claim() for mails. A paper that the content store lacks, or that was altered there, is
 * for a person: nothing is sent without it. One that would make the mail too large is left out, and
 * the mail says so. */
MUST_CHECK enum verdict
message_claim_mail(struct pg *pg, struct arena *mem, int64_t run_id, const struct conf *conf,
                   const struct seal *seal, struct contents *contents,
                   const struct page_words *words, struct message **out, struct error *err);

struct message_answer {
    enum verdict verdict; /* of sms.h, mail.h: OK, RETRY, REJECT, FATAL (not sent), IN_DOUBT */
    const char *code;     /* stable word when it was not sent */
    const char *receipt, *said; /* the gateway's, or NULL */
    long backoff_ms;            /* before the next try */
};

/* Commits what became of it; V_FATAL "run.fenced" when the run may not any more. A try that was the
 * last of [bridge] tries makes RETRY a failure. */
MUST_CHECK enum verdict message_settle(struct pg *pg, struct arena *mem, int64_t run_id,
                                       const struct conf *conf, const struct message *message,
                                       const struct message_answer *answer, struct error *err);

/* A person's word on one in doubt, or failed: "sent", "again", "drop". V_REJECT "message.ended" for
 * one that is neither, "message.word" for another word. */
MUST_CHECK enum verdict
message_order(struct pg *pg, struct arena *mem, int64_t id, const char *word, const char *who,
              const char *why, struct error *err);

/* Rows of channel state reason n oldest. */
MUST_CHECK enum verdict
message_counts(struct pg *pg, struct arena *mem, struct pg_rows *out, struct error *err);
/* Planned ones that no words are registered for: n, and their events. */
MUST_CHECK enum verdict
message_wordless(struct pg *pg, struct arena *mem, long *n, const char **events, struct error *err);
/* message_id channel state reason event system number language happened_at attempts settled_at
 * receipt, by number, after one (0 = from the first). state NULL: those that are not over. */
MUST_CHECK enum verdict
message_list(struct pg *pg, struct arena *mem, const char *state, int64_t after, long limit,
             struct pg_rows *out, struct error *err);
/* V_REJECT "message.unknown". */
MUST_CHECK enum verdict
message_show(struct pg *pg, struct arena *mem, int64_t id, struct pg_rows *out, struct error *err);

#endif
