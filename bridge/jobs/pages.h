/*
 * pages.h - the static pages for people: seniors, IT, auditors and each district, in English and
 * Hindi. Figures are those of "status", "reconcile", "audit" and "standing", by their own
 * statements; what a district sees, the database decides (core/cell.h).
 *
 *   index.html                  which language
 *   en/index.html hi/...        the house: who finds what where
 *   en/it.html                  last night: what ran, moved, waits, is to be recovered; 30 nights
 *   en/senior.html              standing, ranking, hot spots
 *   en/audit.html               reconciliation, books, rules
 *   en/cell/UNIT.html           a district's lists
 *   cell/UNIT.csv               the same lists whole, of which the page shows the first
 *   differences.csv findings.csv   likewise, for auditors
 *   manifest.txt                SHA-256 of each (core/house.h)
 *
 * Pages open from the disk, run no script and load nothing. Same state and time, same bytes.
 */
#ifndef BRIDGE_PAGES_H
#define BRIDGE_PAGES_H

#include "job.h"

struct pages_done {
    long files, offices;
};

/* The connection is in no transaction; its login may write (bridge_writer), or the pages of
 * districts cannot be made. Changes nothing in the database. V_RETRY, V_REJECT or V_FATAL: the
 * folder is as it was. */
MUST_CHECK enum verdict pages_write(const struct conf *conf, struct pg *pg, const char *folder,
                                    struct pages_done *out, struct error *err);

/* After a run, where bridge.conf has "pages": they tell of the run that has just ended. Returns
 * the exit code of the program: that of the run, or, where that was 0 and the pages could not be
 * made, 3 or 75. */
int pages_after(struct job *job, int code);

#endif
