/*
 * match_parts.h - what the files of match share.
 */
#ifndef BRIDGE_MATCH_PARTS_H
#define BRIDGE_MATCH_PARTS_H

#include "match.h"

#define MATCH_HASH 16

/* One complaint, as far as it is compared. */
struct party {
    int64_t id;
    const char *identity, *mobile, *unit, *station, *pincode, *category; /* or NULL; mobile:
                                                                            ten digits */
    bool has_since, is_over;
    int64_t since, over; /* clock.h */
    struct fold_name name, relative;
    struct fold_text text;
    bool read; /* its text */
};

/* Values of one column, to be handed over as an array. */
struct column {
    const char **items;
    size_t count, room;
};

void match_add(struct arena *mem, struct column *to, const char *text); /* NULL = SQL NULL */

/* From a row of match_todo or match_who. */
void match_party(const struct matcher *m, struct arena *mem, const struct pg_rows *rows, size_t row,
                 struct party *out);

/* What two complaints have in common: -1 = nothing is known of it. */
struct match_score {
    bool repeat;
    bool same_figure; /* both texts name one number: who writes from another telephone, with the
                         same name, is then believed to be the same */
    int figures; /* 1 = their texts name a number in common, -1 = others, 0 = none in one of them */
    double person, mobile, name, relative, facts, place, category;
    long days; /* apart, or after the first was over; -1 */
};
extern const struct match_score match_unknown; /* of all */
void match_people(const struct match_options *o, const struct party *a, const struct party *b,
                  struct match_score *out);
void match_matter(const struct match_options *o, const struct party *a, const struct party *b,
                  struct match_score *out);
/* 0 to 1 by the days, or -1. */
double match_nearness(const struct match_options *o, const struct match_score *score);
/* JSON of what match_add_pairs does not add itself. */
const char *match_why(struct arena *mem, const struct match_score *score, bool quoted);
const char *match_decimal(struct arena *mem, double value); /* NULL below 0 */

/* The keys of a complaint, as match_key has them. */
void match_keys(const struct matcher *m, struct arena *mem, const struct party *p, const char *text,
                const char *quoted, const char *own, struct column *ids, struct column *kinds,
                struct column *hashes);
/* Keyed, truncated, as a parameter text. */
const char *
match_hash(const struct seal *seal, struct arena *mem, const char *what, const char *value);

#endif
