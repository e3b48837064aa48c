/*
 * paging.h - where a paged call stands: (time, key) of the last record read. Pure.
 */
#ifndef BRIDGE_PAGING_H
#define BRIDGE_PAGING_H

#include "adapter.h"
#include "../core/mapper.h"
#include "clock.h"

#define PAGING_BEGINNING "1970-01-01T00:00:00.000000Z"
#define PAGING_VARS      4 /* since, after, cut, rows */

struct paging {
    char at[CLOCK_TEXT];
    char key[512];
};

/* From after (at, key); a time that is not one of clock.h's stands for the beginning. */
void paging_begin(struct paging *p, const char *at, const char *key);

/* So many ms earlier, at the first key of that instant; 0 leaves both as they are. */
void paging_look_back(struct paging *p, long ms);

/*
 * On to the last record of the page whose cursor fields can be read, be the rest of it as bad as it
 * may; a time after the cut does not count, or one wrong date would hide all that comes later.
 * Returns false when that is where it stood: asking again would bring the same page.
 */
bool paging_advance(struct paging *p, const struct mapper *m, struct arena *mem,
                    const struct map_call *call, const struct page *page, const char *cut);

/* Whether a stands after b in time, or at the same time with another key. */
bool paging_is_beyond(const struct paging *a, const struct paging *b);

/* The vars of the next page, for adapter.pull(); p and cut are borrowed. */
void paging_vars(const struct paging *p, struct arena *mem, const char *cut, long rows,
                 struct adapter_var out[PAGING_VARS]);

/* Fills err for a peer that says that there is more and brings nothing new; V_RETRY. */
enum verdict
paging_stuck(const struct mapping *map, const struct map_call *call, struct error *err);

#endif
