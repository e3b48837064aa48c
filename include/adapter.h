/*
 * adapter.h - the one seam between the core and the outside world.
 *
 * To add a kind of endpoint: write adapters/x.c ending in
 * "const struct adapter_ops adapter_x = {...};", add it to the list in
 * adapters/registry.c. A vendor outside this tree exports
 * "const struct adapter_ops adapter_plugin" from a shared object that
 * "plugin =" in bridge.conf names, built by
 *
 *   cc -std=c11 -shared -fPIC -I/usr/include/cctns-bridge -o x.so x.c
 *
 * The functions of these headers it finds in the program itself. Nothing else
 * changes. To add a portal of a known kind: no C; see mappings/README.md.
 *
 * An adapter moves text between a peer and remote records. It does not know
 * canonical names, kinds, codes, staging, jobs, retries or schedules; it never
 * loops over tries, sleeps or logs.
 */
#ifndef BRIDGE_ADAPTER_H
#define BRIDGE_ADAPTER_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "config.h"
#include "content.h"
#include "faults.h"
#include "mapping.h"
#include "record.h"
#include "verdict.h"

/* Checked before a plug-in's ops are used; raised at every change of the shapes in this file or in
 * one that it includes. */
#define ADAPTER_ABI 3

struct adapter {
    const struct adapter_ops *ops;
    const char *system;        /* section name, for messages */
    const struct mapping *map; /* borrowed; read-only; outlives the adapter */
    const void *options;       /* the struct that ops->keys filled */
    void *state;               /* ops->state_size zeroed bytes, the adapter's own */
    struct arena *mem;         /* lives as long as the adapter */
    struct contents
        *contents; /* where what files hold goes to and comes from: fields of KIND_BYTES */
};

/*
 * What a call may ask for, by "$name" in the map (SOAP, XML) or ":name" (SQL):
 * since, after (the cursor), cut (upper bound), rows, delivery (our reference),
 * from, to (a period), buckets (two hexadecimal digits each, parted by blanks). Times are as in
 * clock.h, UTC; "format=" on the arg turns them into the peer's form, rounded down. NULL = absent.
 */
struct adapter_var {
    const char *name, *value;
};

/* What one call brought; all of it lives in the arena given to pull(). */
struct page {
    struct record *records; /* remote records of call->brings, chained by next; nested ones below */
    size_t count;           /* of the chain, not of the nested ones */
    bool more;              /* ask again at once, after the last of these */
    const char *raw; /* the whole reply as it came, also when pull() failed, less the inside of
                        long contents; or NULL */
    size_t raw_len;
    const char *from; /* a queue's: what the page came from, a file name; or NULL */
};

struct push_item {
    const char *delivery;        /* our reference: a UUID, the same at every try */
    const struct record *record; /* remote record of call->carries */
    /* The answer, filled by push(); text lives in the arena given to it. */
    enum verdict verdict; /* V_OK done (now or before), V_REJECT refused, V_RETRY surely not
                             done, V_IN_DOUBT unknown, V_FATAL not done and nothing will be */
    const char *receipt;  /* the peer's own number for it, or NULL */
    const char *said;     /* the peer's word: status, fault code, SQLSTATE; or NULL */
    const char *detail;   /* the peer's text, cut to 500 bytes; may name people: never logged */
};

/* Code of the error (V_FATAL) of a call that the map has and this peer's product cannot do: nothing
 * is wrong with the peer, and whoever asks does without. */
#define ADAPTER_ABSENT "call.absent"

/* Keys that a kind takes in [map] and in [call]. */
struct map_key {
    const char *name; /* NULL ends the table */
    bool repeat;      /* may stand several times */
    const char *help;
};

struct adapter_ops {
    int abi;                     /* ADAPTER_ABI */
    const char *name;            /* the word after "kind =" */
    const struct conf_key *keys; /* options that its section of bridge.conf takes; CONF_END */
    size_t options_size;
    size_t state_size;
    const struct map_key *map_keys;  /* further keys of [map] */
    const struct map_key *call_keys; /* further keys of [call] */
    bool queue; /* calls bring what has not been put away yet; they need no cursor */
    bool apart; /* its calls may hang where no limit reaches them (a driver that waits for a dead
                   server): the engine makes them in a process of its own, which it can kill.
                   open() and all that follows happen there, in this process nothing; a call that
                   neither comes back nor moves a file within "call_limit" is ended */

    /* Reads the map as this kind does (paths, SQL, args) and reports every fault. Touches no
     * peer. Required. */
    void (*check)(const struct mapping *map, struct faults *faults);

    /* Required. open() compiles the map and may connect; no side effect at the peer. */
    MUST_CHECK enum verdict (*open)(struct adapter *a, struct error *err);
    /* Reaches the peer, read-only; said is one line for "check": product, version, abilities. */
    MUST_CHECK enum verdict (*probe)(struct adapter *a, struct arena *mem, const char **said,
                                     struct error *err);
    void (*close)(struct adapter *a); /* also after a failed open */

    /*
     * Runs a call that brings something. Must be repeatable and change nothing at the peer.
     * Nothing of a page is handed over before its last byte was read as well-formed. V_REJECT:
     * the page cannot be read (its bytes are in out->raw); records that alone are bad carry
     * record.fault instead.
     */
    MUST_CHECK enum verdict (*pull)(struct adapter *a, struct arena *mem,
                                    const struct map_call *call, const struct adapter_var *vars,
                                    size_t var_count, struct page *out, struct error *err);

    /*
     * Runs a call that carries records; count is at most call->batch. Every item gets its own
     * verdict, matched by our reference, never by order. Returns V_OK when the peer can be asked
     * on, else the verdict that stopped it (err filled); items are filled in every case. An error
     * before the first byte was sent is V_RETRY; an answer that never came is V_IN_DOUBT.
     */
    MUST_CHECK enum verdict (*push)(struct adapter *a, struct arena *mem,
                                    const struct map_call *call, struct push_item *items,
                                    size_t count, struct error *err);

    /*
     * Of a queue, else NULL. Told once a page's rows are committed (how V_OK), or the page was held
     * whole (V_REJECT, why filled): the adapter puts away what is done with, so that it does not
     * come again. A crash before it makes it come again, which staging finds unchanged.
     */
    MUST_CHECK enum verdict (*finish)(struct adapter *a, struct arena *mem,
                                      const struct map_call *call, const struct page *page,
                                      enum verdict how, const struct error *why, struct error *err);
};

/* The kinds that are built in, ended by NULL; handed down by main. */
extern const struct adapter_ops *const adapter_registry[];

#endif
