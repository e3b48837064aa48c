/*
 * mapper.h - gives text meaning: remote records to canonical ones and back. Pure: no peer, no
 * database, no clock.
 *
 * V_REJECT holds the record; err->code is a word of this list, err->field the canonical field and
 * err->where the remote path or column:
 *   map.required map.code map.unit map.time map.date map.int map.bool map.mobile map.long
 *   map.match map.key map.bytes map.name text.utf8 text.control  (and, outward, map.forbid)
 * The message names neither the value nor any part of it.
 *
 * A line with hold=field does not reject: its field is absent and record.apart says why (map.code,
 * map.unit, map.time ...). Values of lines with "seal" are in record.sealed only.
 */
#ifndef BRIDGE_MAPPER_H
#define BRIDGE_MAPPER_H

#include "arena.h"
#include "digest.h"
#include "mapping.h"

struct seal;
struct units;

struct mapper {
    const struct mapping *map;
    const struct units *units;
    const struct seal
        *seal;       /* NULL when no key is named: a map with "seal" is then a fault of conf */
    const char *day; /* YYYY-MM-DD, today: by it a record that has no date of its own finds its
                        units; NULL = by what holds now or held last */
};

/* What the peer could not take as it is, by rule of [limits]; counted and shown. */
struct mapper_losses {
    long cut;      /* texts shortened to text.max */
    long replaced; /* characters of text.forbid replaced by a blank */
};

/* Maps the record and every nested one. A fault in a nested record rejects the whole, and so does
 * record.fault, which becomes *err. A text that is already as it should be is shared with remote,
 * which must live as long. */
MUST_CHECK enum verdict
mapper_in(const struct mapper *m, struct arena *mem, const struct record *remote,
          struct record **canonical, struct error *err);

/* One field alone, leniently: for the cursor of a record that is held. NULL when it cannot be
 * read. */
const char *mapper_in_field(const struct mapper *m, struct arena *mem, const struct record *remote,
                            const char *canonical_field);

/* canonical is one record of the stream, without nested ones. */
MUST_CHECK enum verdict
mapper_out(const struct mapper *m, struct arena *mem, const struct record *canonical,
           struct record **remote, struct mapper_losses *losses, struct error *err);

/* Key of a canonical record: the MAP_KEY lines' values, joined by "/" when several. */
const char *mapper_key(const struct mapper *m, struct arena *mem, const struct record *canonical);

/* SHA-256 over the fields of a canonical record, each by name and value, but without changed_at:
 * the same meaning gives the same digest. Sealed values go in by their keyed digest. Nested records
 * are not in it. */
void mapper_digest(const struct mapper *m, const struct record *canonical,
                   unsigned char out[DIGEST_BYTES]);

/* SHA-256 over all that a record's meaning hangs on besides the record: the map with its tables,
 * and the units. Two records that were read by the same mean the same alike. */
void mapper_meaning(const struct mapper *m, unsigned char out[DIGEST_BYTES]);

/* What a word of a field (status, category) looks like after it went out to this system and came
 * back: words that meet in one there (a declared loss) compare equal. Returns the word itself when
 * the map has none. */
const char *
mapper_code_there(const struct mapper *m, const char *stream, const char *field, const char *word);

/* Whether a field says who the sender is. In a map with "keep = digest" none goes on, and
 * remote_pack() writes none, where the sender is sealed: such a record is refused ("map.sender").
 */
bool mapper_is_of_sender(const char *canonical_field);

/* The remote record as lines "path = value", in map order, values as they came, lengths first, so
 * that any bytes survive: for arrival.body of rows, held.remote and attempt.sent. */
void remote_pack(struct arena *mem, const struct mapping *map, const struct record *remote,
                 const char **bytes, size_t *len);
/* Back; lines are found by path, so a mended map can read what an older one held. */
MUST_CHECK enum verdict
remote_unpack(struct arena *mem, const struct mapping *map, const char *bytes, size_t len,
              struct record **remote, struct error *err);
/* For people: "path = value" by line, nested records indented. */
char *remote_text(struct arena *mem, const char *bytes, size_t len);

#endif
