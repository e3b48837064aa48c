/*
 * notify_parts.h - the ways by which messages go: SMS by a gateway, mail by a server.
 */
#ifndef BRIDGE_NOTIFY_PARTS_H
#define BRIDGE_NOTIFY_PARTS_H

#include "../core/message.h"
#include "../core/page_words.h"
#include "../link/sms.h"
#include "notify.h"

struct notify_way;

struct notifying {
    struct job *job;
    struct pg *pg;     /* of the notifier */
    struct arena *mem; /* of one message */
    const struct notify_way *way;
    struct sms_gateway *gateway;
    struct mail *mail;
    struct page_words *words;
    struct pacer pacer;
    struct breaker breaker;
    bool left; /* this way, for this run */
};

struct notify_way {
    const char *name; /* as people call it, in log lines */
    bool (*is_used)(const struct notify_options *o);
    bool may_wake; /* nothing goes by it in quiet hours */
    enum verdict (*open)(struct notifying *n, struct error *err);
    enum verdict (*claim)(struct notifying *n, struct message **out, struct error *err);
    /* *said lives in n->mem. */
    enum verdict (*send)(struct notifying *n, const struct message *m, struct sms_answer *said,
                         struct error *err);
};

/* Reads the delivery reports that lie there. why: of the folder and its files, trouble of this
 * step; err: of our own database. */
MUST_CHECK enum verdict notify_reports(struct notifying *n, struct error *why, struct error *err);

extern const struct notify_way notify_ways[];
extern const size_t notify_way_count;

#endif
