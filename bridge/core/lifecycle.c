/*
 * The table of moves. An account stands for each state, but "held" has none of its own: a held
 * delivery is one whose outcome is unknown, so its record stays in the account "in_doubt" until a
 * person says what became of it. A rule with the same account on both sides makes no entry.
 */
#include "lifecycle.h"

#include <stddef.h>

static const char *const names[] = {
    [S_PLANNED] = "planned", [S_SENDING] = "sending",       [S_CONFIRMED] = "confirmed",
    [S_REFUSED] = "refused", [S_IN_DOUBT] = "in_doubt",     [S_HELD] = "held",
    [S_DEAD] = "dead",       [S_SUPERSEDED] = "superseded", [S_VOID] = "void",
};

const struct lifecycle_rule lifecycle[] = {
    { S_PLANNED, E_CLAIM, S_SENDING, "outbox", "sending", "taken up by a push" },
    { S_PLANNED, E_NEWER, S_SUPERSEDED, "outbox", "superseded",
      "a newer version came before it was sent" },
    { S_PLANNED, E_DROP, S_VOID, "outbox", "void", "dropped by an operator" },

    { S_SENDING, E_OK, S_CONFIRMED, "sending", "delivered", "accepted by the peer" },
    { S_SENDING, E_RETRY, S_PLANNED, "sending", "outbox",
      "not accepted now, waits for its next try" },
    { S_SENDING, E_REJECT, S_REFUSED, "sending", "refused",
      "refused by the peer, a person must look" },
    { S_SENDING, E_EXHAUST, S_DEAD, "sending", "dead", "out of tries, a person must look" },
    { S_SENDING, E_DOUBT, S_IN_DOUBT, "sending", "in_doubt", "no answer, the peer will be asked" },

    { S_IN_DOUBT, E_FOUND, S_CONFIRMED, "in_doubt", "delivered", "asked: the peer has it" },
    { S_IN_DOUBT, E_ABSENT, S_PLANNED, "in_doubt", "outbox",
      "asked: the peer does not have it, waits to be sent again" },
    { S_IN_DOUBT, E_UNKNOWN, S_HELD, "in_doubt", "in_doubt",
      "the peer cannot be asked, a person must look" },

    { S_CONFIRMED, E_DENIED, S_HELD, "delivered", "in_doubt",
      "said done, asked later: not there, a person must look" },

    { S_IN_DOUBT, E_REPLAY, S_PLANNED, "in_doubt", "outbox", "put back by an operator" },
    { S_HELD, E_REPLAY, S_PLANNED, "in_doubt", "outbox", "put back by an operator" },
    { S_REFUSED, E_REPLAY, S_PLANNED, "refused", "outbox", "put back by an operator" },
    { S_DEAD, E_REPLAY, S_PLANNED, "dead", "outbox", "put back by an operator" },

    { S_IN_DOUBT, E_SETTLE, S_CONFIRMED, "in_doubt", "delivered", "settled by an operator" },
    { S_HELD, E_SETTLE, S_CONFIRMED, "in_doubt", "delivered", "settled by an operator" },
    { S_REFUSED, E_SETTLE, S_CONFIRMED, "refused", "delivered", "settled by an operator" },
    { S_DEAD, E_SETTLE, S_CONFIRMED, "dead", "delivered", "settled by an operator" },

    { S_IN_DOUBT, E_DROP, S_VOID, "in_doubt", "void", "dropped by an operator" },
    { S_HELD, E_DROP, S_VOID, "in_doubt", "void", "dropped by an operator" },
    { S_REFUSED, E_DROP, S_VOID, "refused", "void", "dropped by an operator" },
    { S_DEAD, E_DROP, S_VOID, "dead", "void", "dropped by an operator" },

    /* nothing of these was done at the peer, so the newer version may go in their place */
    { S_REFUSED, E_NEWER, S_SUPERSEDED, "refused", "superseded",
      "a newer version came after it was refused" },
    { S_DEAD, E_NEWER, S_SUPERSEDED, "dead", "superseded",
      "a newer version came after it ran out of tries" },
    { .say = NULL },
};

const struct lifecycle_rule *
lifecycle_find(enum delivery_state from, enum delivery_event event)
{
    for (const struct lifecycle_rule *rule = lifecycle; rule->say; rule++)
        if (rule->from == from && rule->event == event)
            return rule;
    return NULL;
}

const char *
delivery_state_name(enum delivery_state state)
{
    return names[state];
}
