/*
 * Rows come from COPY as they are to stand, but for four escapes that only COPY has. Each passes
 * through the two digests and into one buffer, so that the memory is that of the buffer.
 */
#include "ledger_export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/part.h"
#include "write.h"

#define ROOM ((size_t)64 << 10)

struct writer {
    int file; /* -1 = nowhere */
    size_t used;
    struct digest lines, whole; /* before the z line; with it */
    struct ledger_facts *facts;
    int64_t *kind; /* counts the lines of the kind that is being written, or NULL */
    char room[ROOM];
};

/* What makes up an export, in its order. */
struct section {
    const char *statement;
    int64_t *count;
};

static enum verdict
write_fault(struct error *err)
{
    int why = errno;

    if (why == EPIPE)
        return error_set(err, V_FATAL, "ledger.pipe", "nobody reads the export any more");
    return error_set(err, V_FATAL, "ledger.write", "could not write the export: %s", strerror(why));
}

static enum verdict
flush(struct writer *w, struct error *err)
{
    if (w->file >= 0 && !write_all(w->file, w->room, w->used))
        return write_fault(err);
    w->used = 0;
    return V_OK;
}

/* Into the buffer and the digest of the whole file. */
static enum verdict
put(struct writer *w, const char *bytes, size_t len, struct error *err)
{
    digest_add(&w->whole, bytes, len);
    w->facts->bytes += (int64_t)len;
    while (len) {
        size_t n = len < ROOM - w->used ? len : ROOM - w->used;

        memcpy(w->room + w->used, bytes, n);
        w->used += n;
        bytes += n;
        len -= n;
        if (w->used == ROOM && flush(w, err))
            return V_FATAL;
    }
    return V_OK;
}

static enum verdict
put_line(struct writer *w, const char *bytes, size_t len, struct error *err)
{
    digest_add(&w->lines, bytes, len);
    return put(w, bytes, len, err);
}

/* The escapes of COPY that are none of ours; 0 = one of both. */
static char
control_of(char escape)
{
    switch (escape) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'r':
        return '\r';
    case 'v':
        return '\v';
    default:
        return 0;
    }
}

static enum verdict
put_row(void *to, const char *bytes, size_t len, struct error *err)
{
    const char *end = bytes + len, *from = bytes;
    struct writer *w = to;
    enum verdict v = V_OK;

    for (const char *at = bytes; !v && (at = memchr(at, '\\', (size_t)(end - at))); at += 2) {
        char control = end - at > 1 ? control_of(at[1]) : '\0';

        if (end - at < 2)
            break;
        if (!control)
            continue;
        v = put_line(w, from, (size_t)(at - from), err);
        if (!v)
            v = put_line(w, &control, 1, err);
        from = at + 2;
    }
    if (!v)
        v = put_line(w, from, (size_t)(end - from), err);
    w->facts->lines++;
    if (w->kind)
        ++*w->kind;
    return v;
}

static enum verdict
put_end(struct writer *w, struct error *err)
{
    unsigned char sum[DIGEST_BYTES];
    char hex[DIGEST_HEX], line[160];

    digest_end(&w->lines, sum);
    digest_hex(sum, hex);
    int len = snprintf(line, sizeof line, "z\t%" PRId64 "\t%s\n", w->facts->lines, hex);
    enum verdict v = put(w, line, (size_t)len, err);

    w->facts->lines++;
    return v ? v : flush(w, err);
}

static enum verdict
find_run(struct pg *pg, struct arena *mem, int64_t run_id, struct error *err)
{
    const char *values[] = { pg_of_int(mem, run_id) };
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "ledger_export_of_run", values, 1, &rows, err);

    if (v)
        return v;
    if (!rows.count)
        return error_set(err, V_REJECT, "ledger.run", "there is no run %" PRId64, run_id);
    if (!pg_bool(&rows, 0, "ended"))
        return error_set(err, V_REJECT, "ledger.running", "run %" PRId64 " has not ended yet",
                         run_id);
    return V_OK;
}

static enum verdict
write_parts(struct pg *pg, struct arena *mem, int64_t run_id, struct writer *w, struct error *err)
{
    struct ledger_facts *f = w->facts;
    const struct section all[] = {
        { "ledger_export_head", NULL },          { "ledger_export_entries", &f->entries },
        { "ledger_export_untied", &f->entries }, { "ledger_export_totals", &f->totals },
        { "ledger_export_notes", &f->notes },    { "ledger_export_anchors", NULL },
        { "ledger_export_states", NULL },        { NULL, NULL },
    };
    const struct section of_run[] = {
        { "ledger_export_head", NULL },
        { "ledger_export_run_entries", &f->entries },
        { "ledger_export_run_totals", &f->totals },
        { "ledger_export_run_notes", &f->notes },
        { NULL, NULL },
    };
    enum verdict v = pg_begin(pg, err);

    if (!v)
        v = pg_run(pg, mem, "ledger_export_moment", NULL, 0, NULL, err);
    if (!v && run_id)
        v = find_run(pg, mem, run_id, err);
    for (const struct section *p = run_id ? of_run : all; !v && p->statement; p++) {
        w->kind = p->count;
        v = pg_copy_out(pg, p->statement, put_row, w, err);
    }
    if (!v)
        v = pg_commit(pg, err);
    else
        pg_rollback(pg);
    return v;
}

enum verdict
ledger_export(struct pg *pg, struct arena *mem, int64_t run_id, int file, struct ledger_facts *out,
              struct error *err)
{
    struct writer *w = arena_alloc(mem, sizeof *w);
    unsigned char sum[DIGEST_BYTES];

    *out = (struct ledger_facts){ .lines = 0 };
    w->file = file;
    w->facts = out;
    digest_begin(&w->lines);
    digest_begin(&w->whole);
    enum verdict v = write_parts(pg, mem, run_id, w, err);

    if (v)
        digest_end(&w->lines, sum);
    else
        v = put_end(w, err);
    digest_end(&w->whole, sum);
    digest_hex(sum, out->sha256);
    return v;
}

enum verdict
ledger_export_file(struct pg *pg, struct arena *mem, int64_t run_id, const char *path,
                   struct ledger_facts *out, struct error *err)
{
    struct part part;
    enum verdict v = part_begin(mem, path, &part, err);

    if (v)
        return v;
    v = ledger_export(pg, mem, run_id, part.fd, out, err);
    if (!v)
        return part_keep(mem, &part, err);
    part_drop(&part);
    return v;
}
