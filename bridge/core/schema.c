/*
 * All pending migrations, their records and the reference data are one transaction: a schema is
 * either whole or as it was.
 */
#include "schema.h"

#include "clock.h"
#include "schema_parts.h"

enum verdict
schema_status(struct pg *pg, struct arena *mem, const char *sql_folder, struct schema_state *out,
              struct error *err)
{
    struct migration *files = NULL;
    size_t count = 0, applied = 0;
    enum verdict v = migrations_read(mem, sql_folder, &files, &count, err);

    if (!v)
        v = migrations_compare(pg, mem, files, count, &applied, err);
    if (v)
        return v;
    *out = (struct schema_state){
        .version = (long)applied,
        .newest = (long)count,
        .pending = migrations_names(mem, files, applied, count),
    };
    return V_OK;
}

static enum verdict
apply_one(struct pg *pg, struct arena *mem, const struct migration *file, struct error *err)
{
    char at[CLOCK_TEXT];
    const char *values[] = { pg_of_int(mem, file->version), file->name,
                             pg_of_bytes(mem, file->sha256, DIGEST_BYTES), at };
    enum verdict v = pg_script(pg, file->path, err);

    clock_text(clock_now(), at);
    return v ? v : pg_run(pg, mem, "schema_record", values, 4, NULL, err);
}

enum verdict
schema_apply(struct pg *pg, struct arena *mem, const char *sql_folder, const char *mappings_folder,
             const struct units *units, struct schema_state *out, struct error *err)
{
    struct migration *files = NULL;
    size_t count = 0, applied = 0;
    enum verdict v = migrations_read(mem, sql_folder, &files, &count, err);

    if (v)
        return v;
    v = pg_begin(pg, err);
    if (!v)
        v = pg_run(pg, mem, "schema_lock", NULL, 0, NULL, err);
    if (!v)
        v = migrations_compare(pg, mem, files, count, &applied, err);
    for (size_t i = applied; i < count && !v; i++)
        v = apply_one(pg, mem, &files[i], err);
    if (!v)
        v = reference_load(pg, mem, mappings_folder, units, err);
    if (!v)
        v = reply_words_load(pg, mem, mappings_folder, err);
    if (!v)
        v = pg_commit(pg, err);
    if (v) {
        pg_rollback(pg);
        error_within(err, "could not apply the schema");
        return v;
    }
    *out = (struct schema_state){
        .version = (long)count,
        .newest = (long)count,
        .pending = migrations_names(mem, files, applied, count),
    };
    return V_OK;
}
