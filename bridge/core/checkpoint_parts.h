/*
 * checkpoint_parts.h - what the files of the checkpoint share.
 */
#ifndef BRIDGE_CHECKPOINT_PARTS_H
#define BRIDGE_CHECKPOINT_PARTS_H

#include "checkpoint.h"
#include "note.h"

struct closing {
    struct pg *pg;
    struct arena *mem;
    const struct conf *conf;
    int64_t run_id;
    struct sign_key *key; /* or NULL */
    struct checkpoint *out;
};

/* The newest note; number 0 when there is none. */
struct last_note {
    int64_t number, size, at;
    const unsigned char *h;
    const char *text;
    size_t len;
};

MUST_CHECK enum verdict
last_note_read(const struct closing *c, struct last_note *out, struct error *err);

/* checkpoint_sign.c: looks at the chain behind the last note, and signs what it has grown to. */
MUST_CHECK enum verdict checkpoint_sign(struct closing *c, struct error *err);
/* Whether the last note is by our key; *word is NOTE_GOOD when there is none. */
MUST_CHECK enum verdict
checkpoint_own(const struct closing *c, enum note_word *word, int64_t *number, struct error *err);

/* checkpoint_leave.c: notes with a higher number than after are left in every folder. A folder that
 * does not take them is logged once. */
MUST_CHECK enum verdict checkpoint_leave(struct closing *c, int64_t after, struct error *err);
/* Whether a folder has newer notes than the database: out->altered and out->older. */
MUST_CHECK enum verdict checkpoint_look_behind(struct closing *c, struct error *err);
/* The newest note is stamped, when bridge.conf names an authority and it has no stamp yet. */
MUST_CHECK enum verdict checkpoint_stamp(struct closing *c, struct error *err);

const char *checkpoint_file_place(struct arena *mem, const char *folder);
const char *checkpoint_tsa_place(struct arena *mem, const struct conf *conf);

#endif
