/*
 * staging.h - takes a page of canonical records into PostgreSQL, set by set.
 *
 * A page is copied in (binary COPY into temporary tables) and merged by SQL.
 * Rows, arrivals, held records, cursor and books of the page are one
 * transaction: after a crash the page is there whole or not at all.
 */
#ifndef BRIDGE_STAGING_H
#define BRIDGE_STAGING_H

#include "../link/pg.h"
#include "mapper.h"

struct contents;
struct staging;

/* One page's figures; offered is counted by the caller's puts and holds, the rest by SQL:
 * offered = applied + unchanged + duplicate + set_aside + conflict + out_of_window. Nested records
 * are not counted here; the books count them by stream. */
struct tally {
    long offered, applied, unchanged, duplicate, set_aside, conflict, out_of_window;
};

/* mem lives as long as the run. */
MUST_CHECK enum verdict staging_open(struct arena *mem, struct pg *pg, int64_t run_id,
                                     struct staging **out, struct error *err);

/* Where the contents of attachments are; without it a record that has one is not taken. */
void staging_contents(struct staging *st, struct contents *contents);

/* Whether the pages that follow are what the system holds now, whatever their times say: a record
 * that is older than the one that staging has takes its place. Else it is out of the window. */
void staging_current(struct staging *st, bool current);

/* Starts a page of a system's call; stream is what the call brings. Opens the transaction. */
MUST_CHECK enum verdict staging_begin(struct staging *st, const struct mapper *m,
                                      const struct map_call *call, struct error *err);

/* One canonical record with its nested ones; remote gives raw bytes and the text of keys and times
 * as they came. Fields that are held alone (record.apart) are held beside it; a nested record that
 * is nothing without such a field is left out. */
MUST_CHECK enum verdict
staging_put(struct staging *st, struct arena *mem, const struct record *canonical,
            const struct record *remote, struct error *err);

/* A record that could not be read or mapped: held with its bytes and why. */
MUST_CHECK enum verdict
staging_set_aside(struct staging *st, struct arena *mem, const struct record *remote,
                  const struct error *why, struct error *err);

/* Merges the page and commits. cursor_at NULL leaves the cursor as it is. V_REJECT: the database
 * refuses a value of one of the records (SQLSTATE 22, 23); nothing of the page was staged, and the
 * caller is to offer it in parts until the record is found. */
MUST_CHECK enum verdict
staging_commit(struct staging *st, struct arena *mem, const char *cursor_at, const char *cursor_key,
               struct tally *out, struct error *err);
void staging_rollback(struct staging *st);

/* A whole reply that could not be read, and what it came from (a queue's file name, or NULL); its
 * own transaction. */
MUST_CHECK enum verdict
staging_hold_page(struct staging *st, struct arena *mem, const struct mapper *m,
                  const struct map_call *call, const char *from, const char *bytes, size_t len,
                  const struct error *why, struct error *err);

/* The call was read to its end, from its cursor on: a page of it that was held waits for nobody. */
MUST_CHECK enum verdict
staging_call_read(struct staging *st, struct arena *mem, const struct mapping *map,
                  const struct map_call *call, struct error *err);

/* What came from there was read and staged: a page of it that is held waits for nobody. */
MUST_CHECK enum verdict
staging_page_mended(struct staging *st, struct arena *mem, const struct mapping *map,
                    const struct map_call *call, const char *from, struct error *err);

/* Whether the bytes of its records are encrypted (arrival.body, held.body, held.remote), and what
 * they are tied to; key NULL = none. A held page: stream "page". */
bool staging_seals(const struct mapping *map);
const char *staging_aad(struct arena *mem, const char *system, const char *stream, const char *key);

/* Cursor of a call: *at and *key NULL when it was never read. */
MUST_CHECK enum verdict
staging_cursor(struct staging *st, struct arena *mem, const char *system, const char *call,
               const char **at, const char **key, struct error *err);

#endif
