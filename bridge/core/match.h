/*
 * match.h - the same grievance through several doors: finds complaints that belong together, and
 * says why. They are linked, never merged: nothing is delivered otherwise because of it.
 *
 * Complaints are looked for by what they have in common: the mobile number, the name within a
 * district, a number that one's text names and that is the other's own. Those digests alone are
 * kept (seal.h), and none of a sealed sender. A pair is then scored: how surely the person is the
 * same (mobile, name, relative's name by fold.h), times how surely the matter is (words, facts,
 * place, days, category). A number that is named links for certain. Who comes again after the first
 * complaint was over is a repeat.
 *
 * A pair's score depends on its two complaints and on bridge.conf alone: whatever the order in
 * which they came, the same pairs stand in the end. Senders whose name is promised to be kept
 * secret are paired with their like only, for a pair would tell who they are.
 */
#ifndef BRIDGE_MATCH_H
#define BRIDGE_MATCH_H

#include "../base/seal.h"
#include "../link/pg.h"
#include "conf.h"
#include "fold.h"

struct matcher {
    struct pg *pg;
    const struct conf *conf;
    const struct match_options *options; /* [match] */
    const struct seal *seal;
    const struct fold *fold; /* NULL: nobody's name, telephone or words are looked at, only the
                                numbers that one names of another */
    int64_t run_id;
};

struct match_tally {
    int64_t last;  /* id of the last complaint that was looked at */
    long looked;   /* complaints; 0 = there are no more */
    long compared; /* of them: what is compared had changed */
    long pairs, linked, repeats;
};

/* Compares the next complaints after that id, and commits. mem is the caller's to reset. */
MUST_CHECK enum verdict match_batch(const struct matcher *m, struct arena *mem, int64_t after,
                                    struct match_tally *out, struct error *err);

/* a b system number other_system other_number kind score state reasons, after a pair (0, 0). */
MUST_CHECK enum verdict
match_list(struct pg *pg, struct arena *mem, const char *after_a, const char *after_b, long most,
           struct pg_rows *out, struct error *err);
/* The group of a complaint: system number status role nth came; none when it is alone. */
MUST_CHECK enum verdict
match_group(struct pg *pg, struct arena *mem, int64_t id, struct pg_rows *out, struct error *err);
/* Its pairs: as match_list(), decided_by decided_why; those that were put apart, too. */
MUST_CHECK enum verdict
match_pairs(struct pg *pg, struct arena *mem, int64_t id, struct pg_rows *out, struct error *err);
/* Ids of the complaints that have this number, in any spelling. */
MUST_CHECK enum verdict match_number(struct pg *pg, struct arena *mem, const char *number,
                                     struct pg_rows *out, struct error *err);
/* A person's word: state is "confirmed" or "apart". In a transaction of its own. */
MUST_CHECK enum verdict
match_say(struct pg *pg, struct arena *mem, int64_t run_id, int64_t a, int64_t b, const char *state,
          const char *who, const char *why, struct error *err);
/* pairs repeats suggested, one row. */
MUST_CHECK enum verdict
match_counts(struct pg *pg, struct arena *mem, struct pg_rows *out, struct error *err);

#endif
