/*
 * schema_parts.h - what the files of schema share among themselves.
 */
#ifndef BRIDGE_SCHEMA_PARTS_H
#define BRIDGE_SCHEMA_PARTS_H

#include "digest.h"
#include "schema.h"

struct migration {
    long version;
    const char *name, *path; /* name without ".sql" */
    unsigned char *sha256;
    char hex[DIGEST_HEX];
};

/* The files of a folder, in order; V_FATAL when there is none, or a gap. */
MUST_CHECK enum verdict migrations_read(struct arena *mem, const char *folder,
                                        struct migration **out, size_t *count, struct error *err);
/* How many the database has; V_FATAL when it has others. */
MUST_CHECK enum verdict
migrations_compare(struct pg *pg, struct arena *mem, const struct migration *files, size_t count,
                   size_t *applied, struct error *err);
const char *
migrations_names(struct arena *mem, const struct migration *files, size_t from, size_t to);

/* Units, aliases and SLA rules, set by set, in the open transaction. */
MUST_CHECK enum verdict
reference_load(struct pg *pg, struct arena *mem, const char *mappings_folder,
               const struct units *units, struct error *err);

/* By when a complaint must be answered: the rules of sla.csv and, where that folder is, every table
 * of holidays/. V_FATAL says file and line of what is wrong. */
MUST_CHECK enum verdict
deadlines_load(struct pg *pg, struct arena *mem, const char *mappings_folder, struct error *err);

/* codes/reply_words.csv, where there is one: receivers' words for an office (cell.h). */
MUST_CHECK enum verdict
reply_words_load(struct pg *pg, struct arena *mem, const char *mappings_folder, struct error *err);

#endif
