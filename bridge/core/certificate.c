/*
 * The words of the form are those of the Schedule; between them the machine fills in what it knows.
 */
#include "certificate.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "buf.h"
#include "clock.h"
#include "ledger_export.h"
#include "text.h"

#define BLANK     "____________________"
#define TEXT_ROOM ((size_t)64 << 10)

static const char affirm[] =
    "I, " BLANK BLANK " (Name), Son/daughter/spouse of " BLANK BLANK
    " residing/employed at " BLANK BLANK BLANK
    " do hereby solemnly affirm and sincerely state and submit as follows:-";

static const char control[] =
    "The digital device or the digital record source was under the lawful control for regularly "
    "creating, storing or processing information for the purposes of carrying out regular "
    "activities and during this period, the computer or the communication device was working "
    "properly and the relevant information was regularly fed into the computer during the ordinary "
    "course of business. If the computer/digital device at any point of time was not working "
    "properly or out of operation, then it has not affected the electronic/digital record or its "
    "accuracy. The digital device or the source of the digital record is:-";

static const char when[] = "  Date (DD/MM/YYYY): ____/____/________\n"
                           "  Time (IST): ________ hours (In 24 hours format)\n"
                           "  Place: " BLANK BLANK "\n";

/* ---- lines ---- */

static void
add(struct buf *out, const char *text)
{
    if (!buf_add_text(out, text))
        return; /* does not come: the room is many times that of the form */
}

static void
centred(struct buf *out, const char *text)
{
    size_t len = text_chars(text, strlen(text));

    for (size_t i = 0; i < (CERTIFICATE_WIDTH - len) / 2; i++)
        add(out, " ");
    add(out, text);
    add(out, "\n");
}

/* Broken between words; a word that is longer than a line stands in pieces. */
static void
paragraph(struct buf *out, const char *indent, const char *text)
{
    size_t margin = strlen(indent), used = 0;

    while (*text) {
        size_t len = strcspn(text, " "), room = CERTIFICATE_WIDTH - margin;

        if (used && used + 1 + len > room) {
            add(out, "\n");
            used = 0;
        }
        add(out, used ? " " : indent);
        used += used > 0;
        len = len < room ? len : room;
        if (!buf_add(out, text, len))
            return;
        used += len;
        text += len;
        text += strspn(text, " ");
    }
    add(out, "\n");
}

static void PRINTF_LIKE(4, 5)
    filled(struct buf *out, struct arena *mem, const char *indent, const char *fmt, ...)
{
    char text[2000];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    paragraph(out, indent, arena_copy(mem, text));
}

static const char *
ist(struct arena *mem, const struct pg_rows *rows, const char *column)
{
    char text[40];

    if (!pg_named(rows, 0, column) ||
        !clock_format("%d/%m/%Y %H:%M:%S", 330, pg_int(rows, 0, column), text, sizeof text))
        return "-";
    return arena_format(mem, "%s hours IST", text);
}

/* ---- its parts ---- */

static void
put_source(struct buf *out, bool ticked)
{
    add(out, "  Computer / Storage Media [ ]   DVR [ ]   Mobile [ ]   Flash Drive [ ]\n"
             "  CD/DVD [ ]   Server [");
    add(out, ticked ? "X" : " ");
    add(out, "]   Cloud [ ]   Other [ ]\n"
             "  Other: " BLANK "\n"
             "  Make & Model: " BLANK "   Color: " BLANK "\n"
             "  Serial Number: " BLANK "\n"
             "  IMEI/UIN/UID/MAC/Cloud ID: " BLANK " (as applicable)\n");
}

static void
put_record(struct buf *out, struct arena *mem, const struct pg_rows *run,
           const struct ledger_facts *facts)
{
    const char *id = pg_named(run, 0, "run_id");

    add(out, "  and any other relevant information, if any, about the device/digital record:\n\n");
    filled(out, mem, "    ", "Host: %s", pg_named(run, 0, "host"));
    filled(out, mem, "    ", "Program: %s", pg_named(run, 0, "program"));
    filled(out, mem, "    ", "Books: %s", pg_named(run, 0, "origin"));
    filled(out, mem, "    ",
           "Digital record: what run %s (\"%s\") moved between the systems that the program joins, "
           "as its books have it: %" PRId64 " entries, %" PRId64 " control totals and %" PRId64
           " signed notes",
           id, pg_named(run, 0, "job"), facts->entries, facts->totals, facts->notes);
    filled(out, mem, "    ", "Output: \"cctns-bridge ledger export --run %s FILE\"", id);
    filled(out, mem, "    ", "Period: from %s to %s, exit code %s", ist(mem, run, "started_at"),
           ist(mem, run, "ended_at"),
           pg_named(run, 0, "exit_code") ? pg_named(run, 0, "exit_code") : "-");
}

static void
put_algorithm(struct buf *out, bool ticked)
{
    add(out, "  SHA1 [ ]   SHA256 [");
    add(out, ticked ? "X" : " ");
    add(out, "]   MD5 [ ]   Other [ ] " BLANK "\n"
             "  (Legally acceptable standard)\n"
             "  (Hash report to be enclosed with the certificate)\n\n");
}

static void
put_part_a(struct buf *out, struct arena *mem, const struct pg_rows *run,
           const struct ledger_facts *facts)
{
    centred(out, "PART A");
    centred(out, "(To be filled by the Party)");
    add(out, "\n");
    paragraph(out, "", affirm);
    add(out, "\n");
    paragraph(out, "",
              "I have produced electronic record/output of the digital record taken from the "
              "following device/digital record source (tick mark):-");
    add(out, "\n");
    put_source(out, true);
    put_record(out, mem, run, facts);
    add(out, "\n");
    paragraph(out, "", control);
    add(out, "\n  Owned [ ]   Maintained [ ]   Managed [ ]   Operated [ ]\n"
             "  by me (select as applicable).\n\n");
    paragraph(out, "", "I state that the HASH value/s of the electronic/digital record/s is");
    add(out, arena_format(mem, "\n  %s\n\n", facts->sha256));
    add(out, "obtained through the following algorithm:-\n\n");
    put_algorithm(out, true);
    add(out, "  (Name and signature) " BLANK BLANK "\n");
    add(out, when);
}

static void
put_report(struct buf *out, struct arena *mem, const struct pg_rows *run,
           const struct ledger_facts *facts)
{
    const char *note = pg_named(run, 0, "checkpoint");

    add(out, "\n");
    centred(out, "HASH REPORT");
    add(out, "\n");
    filled(out, mem, "  ",
           "1. Output of run %s: %" PRId64 " lines, %" PRId64 " bytes. SHA256 of all its bytes:",
           pg_named(run, 0, "run_id"), facts->lines, facts->bytes);
    add(out, arena_format(mem, "     %s\n", facts->sha256));
    if (!note) {
        paragraph(out, "  ", "2. No note was signed at the end of this run.");
        return;
    }
    filled(out, mem, "  ",
           "2. Note %s, signed (Ed25519) on %s over the chain of entries 1 to %s. SHA256 of the "
           "note:",
           note, ist(mem, run, "note_at"), pg_named(run, 0, "size"));
    add(out, arena_format(mem, "     %s\n", pg_named(run, 0, "note_sha256")));
    paragraph(out, "  ", "3. Last link of that chain (SHA256):");
    add(out, arena_format(mem, "     %s\n", pg_named(run, 0, "h")));
}

static void
put_part_b(struct buf *out)
{
    add(out, "\n");
    centred(out, "PART B");
    centred(out, "(To be filled by the Expert)");
    add(out, "\n");
    paragraph(out, "", affirm);
    add(out, "\n");
    paragraph(out, "",
              "The produced electronic record/output of the digital record are obtained from the "
              "following device/digital record source (tick mark):-");
    add(out, "\n");
    put_source(out, false);
    add(out, "  and any other relevant information, if any, about the device/digital record:\n"
             "  " BLANK BLANK " (specify).\n\n");
    paragraph(out, "", "I state that the HASH value/s of the electronic/digital record/s is");
    add(out, "\n  " BLANK BLANK BLANK "\n\n");
    add(out, "obtained through the following algorithm:-\n\n");
    put_algorithm(out, false);
    add(out, "  (Name, designation and signature) " BLANK BLANK "\n");
    add(out, when);
}

enum verdict
certificate_of_run(struct pg *pg, struct arena *mem, int64_t run_id, const char **text,
                   struct error *err)
{
    const char *values[] = { pg_of_int(mem, run_id) };
    struct ledger_facts facts;
    struct pg_rows run;
    struct buf out;
    enum verdict v = ledger_export(pg, mem, run_id, -1, &facts, err);

    if (!v)
        v = pg_run(pg, mem, "ledger_certify_run", values, 1, &run, err);
    if (!v && !run.count)
        v = error_set(err, V_REJECT, "ledger.run", "there is no run %" PRId64, run_id);
    if (v)
        return v;
    buf_init(&out, TEXT_ROOM);
    centred(&out, "THE BHARATIYA SAKSHYA ADHINIYAM, 2023 (47 of 2023)");
    centred(&out, "THE SCHEDULE");
    centred(&out, "[See section 63(4)(c)]");
    add(&out, "\n");
    centred(&out, "CERTIFICATE");
    add(&out, "\n");
    put_part_a(&out, mem, &run, &facts);
    put_report(&out, mem, &run, &facts);
    put_part_b(&out);
    *text = arena_text(mem, out.data, out.len);
    buf_release(&out);
    return V_OK;
}
