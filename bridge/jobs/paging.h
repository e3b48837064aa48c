/*
 * paging.h - where a paged call stands: (time, key) of the last record read. Pure.
 */
#ifndef BRIDGE_PAGING_H
#define BRIDGE_PAGING_H

#include "adapter.h"
#include "../core/mapper.h"
#include "clock.h"

#define PAGING_BEGINNING "1970-01-01T00:00:00.000000Z"
#define PAGING_END       "9999-01-01T00:00:00.000000Z" /* a cut that leaves nothing out */
#define PAGING_VARS      4                             /* since, after, cut, rows */

struct paging {
    char at[CLOCK_TEXT];
    char key[512];
};

/* Finds pages that go round in circles: the places that were asked from, zeroed at first. */
struct paging_watch {
    struct paging mark;
    long steps, reach;
};

/* From after (at, key); a time that is not one of clock.h's stands for the beginning. */
void paging_begin(struct paging *p, const char *at, const char *key);

/* So many ms earlier, at the first key of that instant; 0 leaves both as they are. */
void paging_look_back(struct paging *p, long ms);

/*
 * On to the last record of the page whose cursor fields can be read, be the rest of it as bad as it
 * may; a time after the cut does not count, or one wrong date would hide all that comes later.
 * Returns false when that is where it stood: asking again would bring the same page.
 * cut NULL: a list of all that there is. Each time counts, and where the call does not ask by time
 * the key alone does.
 */
bool paging_advance(struct paging *p, const struct mapper *m, struct arena *mem,
                    const struct map_call *call, const struct page *page, const char *cut);

/* Whether a record of the page lies after the cut. A page that does not advance and has one is the
 * end of what is to be read, of a peer that does not heed the cut. */
bool paging_is_past(const struct mapper *m, struct arena *mem, const struct map_call *call,
                    const struct page *page, const char *cut);

/* Told each place of a reading in its order; true once they go round in circles, which they do
 * within so many places as the circle has, and a few times more at most. */
bool paging_circles(struct paging_watch *w, const struct paging *now);

/* Whether a stands after b in time, or at the same time with another key. */
bool paging_is_beyond(const struct paging *a, const struct paging *b);

/* The vars of the next page, for adapter.pull(); p and cut are borrowed. */
void paging_vars(const struct paging *p, struct arena *mem, const char *cut, long rows,
                 struct adapter_var out[PAGING_VARS]);

/* Fills err for a peer that says that there is more and brings nothing new; V_RETRY. */
enum verdict
paging_stuck(const struct mapping *map, const struct map_call *call, struct error *err);

#endif
