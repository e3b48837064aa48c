/*
 * with_staging.h - a schema with a few units, two mappings made by hand (a portal and a police
 * system whose remote records look like canonical ones), and records written as pairs.
 */
#ifndef BRIDGE_WITH_STAGING_H
#define BRIDGE_WITH_STAGING_H

#include "core/books.h"
#include "core/staging.h"

struct site {
    struct arena *mem;
    struct pg *pg;
    struct staging *staging;
    int64_t run_id;
    struct tally tally; /* of the last page */
};

extern struct dict site_dict;
extern const struct mapping *site_portal, *site_police; /* systems "igrs" and "cctns" */

/* Group set-up: cluster, database "model" with the schema applied; dictionary and mappings. */
int site_group_begin(void **state);
int site_group_end(void **state);
/* A database of its own for each test; *state is a struct site. A run is open. */
int site_begin(void **state);
int site_end(void **state);

/* "field", "value", ... ended by NULL; a value NULL is not possible. */
struct record *site_record(struct site *site, const struct mapping *map, const char *stream, ...);
/* A complaint of the portal, marked to UP-118 at 04:00. */
struct record *
site_complaint(struct site *site, const char *number, const char *status, const char *changed);
struct record *site_nest(struct record *above, struct record *below);

/* A page of one call ("list", "actions", "feedbacks"), records ended by NULL. Fails the test when
 * staging does not say V_OK. */
void site_page(struct site *site, const struct mapping *map, const char *call, ...);
/* Opens a run on site->pg; or ends it and opens the next. */
void site_open_run(struct site *site);
void site_next_run(struct site *site);
/* The equation of the run for a system and stream; fails the test when there is none, or any is
 * not balanced. */
const struct equation *site_equation(struct site *site, const char *system, const char *stream);
/* Fails the test when books_check() finds something, or an entry does not equal its movements. */
void site_sound_books(struct site *site);

/* A digest of which row versions there are (place and writer) in all tables but those named,
 * blank-separated: it changes with every write, of the same values, too. Until the next call. */
const char *site_print(const char *but);

#endif
