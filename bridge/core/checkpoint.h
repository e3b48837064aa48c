/*
 * checkpoint.h - the end of a run, seen by an auditor: the state of the chain of the books is
 * signed as a note (note.h), and the note leaves the database.
 *
 * A note is made when the chain has grown, or the run wrote control totals. Before it is signed,
 * the links behind the note before are made anew from their entries: what does not follow is not
 * signed. The note is committed first. Then it is left as FOLDER/0000000007.note in each folder
 * that bridge.conf names, and a row of bridge.anchor says so; a run that was killed in between
 * leaves that to the next one. A folder keeps every note: one that is missing is written again, and
 * one that is other than the database says, or that the database does not know, tells that the
 * books were altered or put back. An auditor copies notes away and leaves them there.
 *
 * Nothing of this stops records from moving: what is missing is said, each night, until it is
 * there.
 */
#ifndef BRIDGE_CHECKPOINT_H
#define BRIDGE_CHECKPOINT_H

#include "../link/pg.h"
#include "conf.h"

struct checkpoint {
    const char *altered; /* what is not as it was signed, in one line; NULL = nothing found */
    bool older;          /* that is: a folder has newer notes than the database; lines say more */
    const char **lines;  /* why an auditor could not rely on the books, and what to do; none = he
                            can */
    size_t count, room;
    int64_t made; /* number of the note of this run; 0 = none */
};

/* The step at the end of a run, outside a transaction. Fails for the database of the bridge only.
 */
MUST_CHECK enum verdict checkpoint_make(struct pg *pg, struct arena *mem, const struct conf *conf,
                                        int64_t run_id, struct checkpoint *out, struct error *err);

/* The same lines by what stands, the one of older books among them; writes nothing. An auditor's
 * bridge.conf names no key: then the age of the notes tells. */
MUST_CHECK enum verdict checkpoint_look(struct pg *pg, struct arena *mem, const struct conf *conf,
                                        struct checkpoint *out, struct error *err);

/* The folders of bridge.conf, absolute, ended by NULL. */
const char *const *checkpoint_folders(struct arena *mem, const struct conf *conf);

#endif
