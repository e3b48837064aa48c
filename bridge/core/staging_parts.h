/*
 * staging_parts.h - what the files of staging share among themselves.
 */
#ifndef BRIDGE_STAGING_PARTS_H
#define BRIDGE_STAGING_PARTS_H

#include <stdint.h>

#include "buf.h"
#include "clock.h"
#include "content.h"
#include "staging.h"

enum staged_stream { STAGED_COMPLAINT, STAGED_ACTION, STAGED_ATTACHMENT, STAGED_FEEDBACK };
#define STAGED_STREAMS 4

/* A record of the page that waits to be copied; everything lives in the arena given to put(). */
struct staged {
    const struct record *canonical;
    const struct dict_stream *dict;
    int32_t ordinal;                /* our own, from 1, over the whole page */
    const char *parent;             /* number of the complaint; NULL for a complaint */
    int32_t parent_ordinal;         /* 0 when the record is not nested in one of this page */
    const char *norm, *origin_norm; /* complaints only */
    unsigned char digest[DIGEST_BYTES], sha256[DIGEST_BYTES];
    const char *raw; /* NULL for nested records: their bytes are in their parent's */
    size_t raw_len;
    const char *packed; /* remote_pack(); only where it may have to be held */
    size_t packed_len;
    const char *as_received; /* JSON object */
    const char *apart;       /* fields that are held alone, parted by blanks, or NULL */
    /* complaints with sealed values: their names, the HMAC of what is inside, the sealed text */
    const char *sealed_names;
    const unsigned char *sealed;
    size_t sealed_len;
    unsigned char sealed_digest[DIGEST_BYTES];
    const struct content_facts *content; /* attachments that have one */
    struct staged *next;
};

struct staged_held {
    const char *stream, *key, *parent, *reason, *field, *place, *detail;
    int32_t apart_of; /* ordinal of the record that was taken without this field; 0 = none was */
    const char *body, *packed;
    size_t body_len, packed_len;
    unsigned char sha256[DIGEST_BYTES];
    struct staged_held *next;
};

struct staged_list {
    struct staged *first, **last;
    size_t count;
};

struct staging {
    struct pg *pg;
    const char *run; /* run_id as text */
    struct buf scratch;
    const struct mapper *m; /* of the page under way; NULL = none */
    const struct map_call *call;
    struct staged_list lists[STAGED_STREAMS];
    struct staged_held *held, **held_last;
    size_t held_count;
    int32_t ordinal;
    long offered;
    struct contents *contents;
    struct looked *looked;      /* contents of the record under way */
    bool apart, sealed;         /* the page has fields that are held alone, or sealed values */
    bool listed;                /* the page has digests of rows (compare_digest.h) */
    const struct mapper *meant; /* whose mapper_meaning() is known */
    unsigned char meaning[DIGEST_BYTES];
    bool current;      /* staging_current() */
    char key_name[17]; /* of the key that seals, in hexadecimal */
};

/* A content that was looked up, by the field that names it. */
struct looked {
    const char *id;
    struct content_facts facts;
    struct looked *next;
};

/* -1 when a stream is not one that is staged. */
int staged_stream_of(const char *name);
const char *staged_stream_name(enum staged_stream stream);

/* V_REJECT with "stage.required" or "stage.range": what the tables would refuse. */
MUST_CHECK enum verdict staging_fits(enum staged_stream stream, const struct dict_stream *dict,
                                     const struct record *canonical, struct error *err);

/* Copies the lists into the temporary tables. */
MUST_CHECK enum verdict staging_copy(struct staging *st, struct error *err);

/* Merges what was copied and books it; tally is that of the call's own stream. */
MUST_CHECK enum verdict
staging_merge(struct staging *st, struct arena *mem, struct tally *tally, struct error *err);

/* Bytes by the map's "keep": sealed with that additional data, or taken away, or as they are. */
void staging_keep(const struct mapper *m, struct arena *mem, const char *aad, const char **bytes,
                  size_t *len);
/* The same for what the lines of the map say: it is never taken away, for a replay needs it. */
void staging_keep_mapped(const struct mapper *m, struct arena *mem, const char *aad,
                         const char **bytes, size_t *len);
/* SHA-256, or where the map seals its HMAC: a digest of a few digits tells them. */
void staging_digest(const struct mapper *m, const void *bytes, size_t len,
                    unsigned char out[DIGEST_BYTES]);
/* V_REJECT "seal.large": the sealed values of a complaint are more than is kept of one. */
MUST_CHECK enum verdict staging_seal_fits(const struct staging *st, const struct dict_stream *dict,
                                          const struct record *canonical, struct error *err);
/* Fills the sealed columns of a complaint. */
MUST_CHECK enum verdict
staging_seal_values(struct staging *st, struct arena *mem, struct staged *item, struct error *err);
/* A JSON string; false when the buffer is full. */
MUST_CHECK bool staging_json(struct buf *to, const char *text, size_t len);

/* Whether the field is held alone, and its fault. */
const struct error *staging_apart(const struct record *canonical, const char *field);
/* Holds each field of the record that could not be read; remote is the record itself, whole that of
 * the page that it is part of. apart_of 0: the record is not taken without them. The same word of
 * the same field is the same held row, whatever else of the record changes. */
void staging_hold_apart(struct staging *st, struct arena *mem, const struct record *canonical,
                        const struct record *remote, const struct record *whole, const char *key,
                        const char *parent, int32_t apart_of);

/* Text of keys and times as the peer wrote them: {"number": "...", "changed_at": "..."}. */
const char *staging_as_received(struct staging *st, struct arena *mem, const struct record *remote);

#endif
