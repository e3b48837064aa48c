/*
 * verify.h - what the two files of cctns-bridge-verify share: the readers of small things, each
 * of which takes one spelling only (so that no two verifiers can differ), keys, and notes.
 *
 * A note (C2SP signed note) is the name of the books, a size, the chain's hash at that size, one
 * line "run N prev P totals T at TIME", a blank line, and "— NAME BASE64(key's id, signature)". A
 * key is a line NAME+ID+BASE64(1, public key). Hashes are in base64; "-" is none: zeros here.
 */
#ifndef BRIDGE_VERIFY_H
#define BRIDGE_VERIFY_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { HASH = 32, NOTE = 16384, NAME = 200, KEYS = 64 };

struct keys {
    struct key {
        char name[NAME + 1];
        unsigned char id[4];
        EVP_PKEY *pkey;
    } key[KEYS];
    size_t n;
};

struct note {
    char origin[NAME + 1], at[21];
    int64_t size, run;
    unsigned char h[HASH], prev[HASH], totals[HASH];
    unsigned char digest[HASH]; /* SHA-256 of all its bytes */
    bool formed;                /* it has the form of a note, whoever signed it */
};

/* Nothing can be said: ends with 3. */
void fail(const char *what, const char *why) __attribute__((noreturn));

EVP_MD_CTX *digest_new(EVP_MD_CTX *again);
void sha256(const void *bytes, size_t len, unsigned char out[HASH]);

bool number(const char *text, int64_t *out);
bool unhex(const char *text, unsigned char out[HASH]);

/* The number of bytes, or -1; out has room for 3/4 of the text and may be the text itself. */
long unbase64(const char *text, unsigned char *out);

/* Parts a line at its tabs, and undoes \t \n \\, in place; the number of fields, 0: it cannot be.
 */
size_t split(char *line, char *field[], size_t max);

/* Of books: no blank, no '+', nothing that a terminal would act on. */
bool is_name(const char *text);

/* Adds the keys of a file, or fails. */
void keys_load(struct keys *keys, const char *path);

/* NULL, or what is wrong: form, or (unless there is no key) signature. bytes[len] is a NUL. */
const char *note_read(const struct keys *keys, const char *bytes, size_t len, struct note *out);

/* ---- an export, as it is read ---- */

enum { LINE = 1 << 20, FIELDS = 16, ACCOUNTS = 512 };

/* What may be found, in the order in which it is told: the first one is the word. */
enum finding { ALTERED, FORGED, CUT, REWRITTEN, TOTALS, DIFFER, UNANCHORED, FINDINGS };

struct run_totals {
    int64_t run;
    unsigned char digest[HASH];
};

struct given {
    struct note note;
    bool seen; /* it stands in the export */
};

struct account {
    char name[2 * NAME];
    int64_t balance, booked, live; /* booked: what the tables must hold; live: what they do hold */
};

struct check {
    char line[LINE], *field[FIELDS], origin[NAME + 1];
    unsigned char bytes[2 * LINE], hash[FIELDS][HASH], h[HASH];
    int64_t number[FIELDS], lines, entries, notes, anchors, noted, sealed, newest, checkpoint;
    size_t nbytes, form, ngiven, naccounts, nlast, nruns;
    EVP_MD_CTX *all, *totals; /* totals: of the last run, while its lines come */
    FILE *chain;
    struct run_totals *run; /* by number; one a night, so it may stand in memory */
    struct keys keys;
    struct given *given;
    struct account account[ACCOUNTS];
    struct note note; /* the last one of the export, and its bytes */
    char last[NOTE];
    struct {
        bool there;
        char name[NAME + 1];
        const char *why;
    } found[FINDINGS];
};

/* The first of each kind is told; name: what stands behind the words, or "". */
void found(struct check *c, enum finding what, const char *name, const char *why);

/* A trusted note against the chain; false: it tells something else. */
bool check_note(struct check *c, const struct note *note);

/* Reads the export to its end; ends with "not an export" and 3 if it is none. */
void export_read(struct check *c, FILE *in);

#endif
