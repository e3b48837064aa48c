/*
 * ledger_export.h - the books as one file, for whoever checks them without the database.
 *
 * UTF-8, LF, fields parted by TAB; in a field TAB, LF and \ are written \t, \n and \\. Nothing in
 * it tells when or where it was made: the same books give the same bytes.
 *
 *   cctns-bridge-ledger 1 ORIGIN
 *   e SEQ ENTRY RUN HOP SYSTEM STREAM UNIT DEBIT CREDIT N REASON EVIDENCE AT H    by SEQ
 *   t RUN SIDE SYSTEM UNIT STATUS CATEGORY DAY N KEYSET                           by these
 *   n CHECKPOINT SIZE RUN NOTE                                                    by CHECKPOINT
 *   a CHECKPOINT PLACE AT PROOF                                                   by these
 *   s ACCOUNT N                                                                   by ACCOUNT
 *   z LINES SHA-256           of the lines before it, and of their bytes
 *
 * Evidence, link, key set and digests are in hexadecimal, note and proof in base64, times in
 * microseconds since 1970-01-01 UTC. A file without its z line was cut short. Of one run there are
 * its e, t and n lines only.
 *
 * It needs no right but to read: bridge_auditor will do.
 */
#ifndef BRIDGE_LEDGER_EXPORT_H
#define BRIDGE_LEDGER_EXPORT_H

#include "../link/pg.h"
#include "digest.h"

struct ledger_facts {
    int64_t lines, bytes; /* of the whole file */
    int64_t entries, totals, notes;
    char sha256[DIGEST_HEX]; /* of the whole file */
};

/* All of the books, or of one run (run_id 0 = all), to an open file; -1 = nowhere, for the facts
 * alone. One moment of the database, streamed: memory does not grow with the books. V_REJECT
 * "ledger.run" when there is no such run, "ledger.running" when it has not ended; V_FATAL
 * "ledger.write" when the file does not take it, "ledger.pipe" when nobody reads it any more. */
MUST_CHECK enum verdict ledger_export(struct pg *pg, struct arena *mem, int64_t run_id, int file,
                                      struct ledger_facts *out, struct error *err);

/* The same to a file by name, which is whole or as it was (part.h). */
MUST_CHECK enum verdict
ledger_export_file(struct pg *pg, struct arena *mem, int64_t run_id, const char *path,
                   struct ledger_facts *out, struct error *err);

#endif
