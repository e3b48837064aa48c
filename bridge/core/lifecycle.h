/*
 * lifecycle.h - the only place that says how a delivery may move.
 *
 * The words of states and events are those of bridge.delivery.state and of the log.
 */
#ifndef BRIDGE_LIFECYCLE_H
#define BRIDGE_LIFECYCLE_H

enum delivery_state {
    S_PLANNED,
    S_SENDING,
    S_CONFIRMED,
    S_REFUSED,
    S_IN_DOUBT,
    S_HELD,
    S_DEAD,
    S_SUPERSEDED,
    S_VOID,
};

enum delivery_event {
    E_CLAIM,   /* a push takes it: intent committed */
    E_OK,      /* the peer has it */
    E_RETRY,   /* surely not done */
    E_REJECT,  /* the peer refuses it */
    E_DOUBT,   /* no answer, or found "sending" at start */
    E_EXHAUST, /* out of tries */
    E_FOUND,   /* asked: the peer has it */
    E_ABSENT,  /* asked: the peer does not have it */
    E_UNKNOWN, /* cannot be asked: a person must say */
    E_DENIED,  /* asked after it was confirmed: the peer does not have it */
    E_NEWER,   /* a newer version came before it was sent */
    E_REPLAY,  /* put back by an operator */
    E_SETTLE,  /* an operator says that the peer has it */
    E_DROP,    /* an operator says that it shall not be sent */
};

struct lifecycle_rule {
    enum delivery_state from;
    enum delivery_event event;
    enum delivery_state to;
    const char *debit, *credit; /* accounts of the books (bridge.account) */
    const char *say;            /* the log line and the arrow's label */
};

extern const struct lifecycle_rule lifecycle[]; /* ends with .say == NULL */

/* The rule for (from, event), or NULL: the move is not allowed. */
const struct lifecycle_rule *lifecycle_find(enum delivery_state from, enum delivery_event event);
const char *delivery_state_name(enum delivery_state state);

#endif
