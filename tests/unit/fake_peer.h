/*
 * fake_peer.h - a job with one system whose adapter plays a script: for tests of the steps of jobs/
 * without a peer and without a database.
 */
#ifndef TESTS_FAKE_PEER_H
#define TESTS_FAKE_PEER_H

#include "../../bridge/core/delivery.h"
#include "../../bridge/jobs/job.h"

/* What one push() call does to the items whose delivery is named (NULL = all), in the order of the
 * rows; what no row names is done. */
struct fake_answer {
    const char *delivery;
    enum verdict verdict;
    const char *said, *receipt;
};

#define FAKE_CALLS 64

struct fake_peer {
    struct arena *mem;
    struct dict dict;
    struct mapping map;
    struct conf conf;
    struct conf_system system;
    struct job job;
    /* script */
    const struct fake_answer *answers; /* for each item, the first row that names it; .. */
    size_t answer_count;
    enum verdict calls[FAKE_CALLS]; /* what the calls return, in their order; then V_OK */
    long retry_after;               /* ms, with each call that fails */
    struct page pages[FAKE_CALLS];  /* what the pull() calls bring, in their order */
    /* instead of the script, what pull() does; or NULL */
    enum verdict (*pull)(struct arena *mem, const struct map_call *call,
                         const struct adapter_var *vars, size_t count, struct page *out,
                         struct error *err);
    /* what was seen */
    long pushes, pulls, opens, closes;
    char finished[1024];      /* "a.csv ok | b.csv reject why": what a queue was told */
    enum verdict finish;      /* what it answers */
    size_t sizes[FAKE_CALLS]; /* items in each push */
    char order[1024];         /* "d1 d2 | d3": deliveries by call */
    char since[FAKE_CALLS][CLOCK_TEXT], after[FAKE_CALLS][64];
};

/* keyed: the call "act" has "key =". find: the map has a call "find". */
struct fake_peer *fake_peer_new(bool keyed, bool find);
/* By another map (its kind is "fake"); queue: the adapter is one. */
struct fake_peer *fake_peer_by(const char *map, bool queue);
void fake_peer_free(struct fake_peer *peer);
/* The system of the job, fresh. */
struct job_system *fake_peer_system(struct fake_peer *peer);

/* A claimed delivery of an action of that complaint. text NULL = a record that the map cannot say.
 */
struct delivery
fake_delivery(struct fake_peer *peer, const char *id, const char *key, const char *text);
/* A remote record of a stream; values in the order of the map's lines, NULL = absent. */
struct record *fake_record(struct fake_peer *peer, const char *stream, const char *const *values);
/* The same in another arena. */
struct record *fake_record_in(struct fake_peer *peer, struct arena *mem, const char *stream,
                              const char *const *values);

#endif
