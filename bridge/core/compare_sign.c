/*
 * A signature is for one difference exactly as it stands: its digest goes with it, and the books
 * have an entry of it.
 */
#include "compare.h"

#include "clock.h"

#include <string.h>

static bool
is_empty(const char *text)
{
    return !text || text[strspn(text, " \t\r\n")] == '\0';
}

static enum verdict
find_line(struct pg *pg, struct arena *mem, const struct compare_signature *what, struct error *err)
{
    const char *values[] = { what->system, what->number, what->what };
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "compare_line", values, 3, &rows, err);

    if (v)
        return v;
    if (rows.count == 0) {
        error_set(err, V_REJECT, "sign.unknown",
                  "the last comparison of \"%.40s\" has no difference \"%.40s\" of \"%.60s\"",
                  what->system, what->what, what->number);
        error_hint(err, "\"cctns-bridge reconcile --last --list\" prints them.");
        return V_REJECT;
    }
    if (!pg_named(&rows, 0, "digest"))
        return error_set(err, V_REJECT, "sign.other",
                         "\"%.40s\" of \"%.60s\" is no difference of lists: it is settled by "
                         "\"held\"",
                         what->what, what->number);
    if (pg_bool(&rows, 0, "signed"))
        return error_set(err, V_REJECT, "sign.again",
                         "\"%.40s\" of \"%.60s\" is signed off already", what->what, what->number);
    return V_OK;
}

enum verdict
compare_sign(struct pg *pg, struct arena *mem, int64_t run_id, const struct compare_signature *what,
             struct error *err)
{
    char at[CLOCK_TEXT];
    const char *values[] = { pg_of_int(mem, run_id), what->system, what->number,   what->what,
                             what->officer,          what->why,    what->typed_by, at };
    struct pg_rows rows;
    enum verdict v;

    if (is_empty(what->officer) || is_empty(what->why))
        return error_set(err, V_REJECT, "sign.empty",
                         "a signature needs an officer and a reason: --by OFFICER --why TEXT");
    clock_text(clock_now(), at);
    v = pg_begin(pg, err);
    if (v)
        return v;
    v = find_line(pg, mem, what, err);
    if (!v)
        v = pg_run(pg, mem, "compare_sign", values, 8, &rows, err);
    if (!v && rows.count != 1)
        v = error_set(err, V_FATAL, "sign.lost", "the signature was not written");
    if (!v)
        v = pg_commit(pg, err);
    if (v)
        pg_rollback(pg);
    return v;
}

enum verdict
compare_signatures(struct pg *pg, struct arena *mem, const char *const *systems, size_t count,
                   struct pg_rows *out, struct error *err)
{
    const char *values[] = { count ? pg_of_texts(mem, systems, count) : NULL };

    return pg_run(pg, mem, "compare_signatures", values, 1, out, err);
}
