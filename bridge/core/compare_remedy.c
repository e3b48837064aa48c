/*
 * What a person does about a difference: rows of one table. The first that fits counts; a reason
 * that explains itself comes before the kind of difference.
 */
#include "compare.h"

#include <string.h>

/* NULL = any */
static const struct {
    const char *what, *reason, *remedy;
} remedies[] = {
    { NULL, "in flight", "Nothing: it is on its way, and the next sync delivers it." },
    { NULL, "held", "Decide on what is held: \"held list\" says why." },
    { NULL, "late at source",
      "Nothing: it changed while this was counted; the next sync reads it." },
    { NULL, "no longer kept",
      "Nothing: its system lists what is over only for so long (\"keeps\")." },
    { NULL, "status lag", "Nothing: the next sync carries it." },
    { NULL, "signed off", "Nothing: \"reconcile signed\" says who answered for it." },
    { "missing at portal", "vanished", "Ask the portal whether the record was meant to go." },
    { "missing at police", "vanished", "Ask the police who removed the record, and why." },
    { "twice at police", "duplicate-linked",
      "Nothing: the police closed the others as duplicates of this one." },
    { "twice at police", NULL,
      "Ask the police to close all but the number that \"show\" tells as duplicates." },
    { "link", NULL, "Look at both numbers with \"show\", and ask the police which one is right." },
    { NULL, "duplicate-linked", "Nothing: it is the same matter as another number." },
    { NULL, "wrong unit", "Tell both units; the one that is to have it is marked on every side." },
    { NULL, "older version", "Tell the station: the owner changed it after it was registered." },
    { "missing in staging", NULL,
      "Run \"sync --sweep\"; if it stays, ask the system whose list names it." },
    { "missing at portal", NULL, "Ask the portal why its list does not name it." },
    { "missing at police", NULL, "Look at it with \"show\"; push it, or ask who removed it." },
    { "status", NULL, "Ask the police which status is right; the side that is wrong is set so." },
    { "unit", NULL, "Ask which unit has it; the side that is wrong is set so." },
    { "category", NULL, "Ask who changed the category, and have the owner's put back or changed." },
    { "text", NULL, "Ask who changed the text, and have the owner's put back or changed." },
    { "day", NULL, "Ask who changed the day, and have the owner's put back or changed." },
    { "count", NULL, "Ask the portal why it counts other than it lists." },
    { "delivery", NULL,
      "Ask the peer why it does not have what it confirmed; \"held replay\" sends it again." },
    { "twice at peer", NULL, "Ask the peer to take one of the two away." },
    { NULL, NULL, "Look at it with \"show\" and ask each side." },
};

const char *
compare_remedy(const char *what, const char *reason)
{
    size_t i = 0;

    while ((remedies[i].what && strcmp(remedies[i].what, what) != 0) ||
           (remedies[i].reason && strcmp(remedies[i].reason, reason) != 0))
        i++;
    return remedies[i].remedy;
}
