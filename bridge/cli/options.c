/*
 * One pass over argv. The rows say where each value goes, so that help, hints and the check of what
 * a command takes all come from the same table.
 */
#include "options.h"

#include <string.h>

#include "text.h"

#define AT(member) offsetof(struct options, member)

const struct option_row option_rows[] = {
    { OPT_CONF, 'c', "conf", "FILE", AT(conf), "configuration to use instead of the usual one" },
    { OPT_VERBOSE, 'v', "verbose", NULL, AT(verbose), "log more" },
    { OPT_QUIET, 'q', "quiet", NULL, AT(quiet), "log errors only, no progress" },
    { OPT_JSON, 0, "json", NULL, AT(json), "print data as JSON" },
    { OPT_HELP, 'h', "help", NULL, AT(help), "print help" },
    { OPT_VERSION, 0, "version", NULL, AT(version), "print the version" },
    { OPT_DRY_RUN, 0, "dry-run", NULL, AT(dry_run), "read and map only, write nothing anywhere" },
    { OPT_SINCE, 0, "since", "TIME", AT(since), "read from this time instead of the cursor" },
    { OPT_SWEEP, 0, "sweep", NULL, AT(sweep),
      "read every list too: find what the cursors missed, and what is gone" },
    { OPT_BY, 0, "by", "FIELD,...", AT(by),
      "count by these: unit, status, category, day, month; the officer who signs" },
    { OPT_BASIS, 0, "basis", "DAY", AT(basis), "whose day: marked, received or registered" },
    { OPT_LAST, 0, "last", NULL, AT(last), "print what the last run found, and run nothing" },
    { OPT_PERIOD, 0, "period", "FROM..TO", AT(period), "only these days, both included" },
    { OPT_LIST, 0, "list", NULL, AT(list), "print each difference" },
    { OPT_FORM, 0, "format", "FORM", AT(format), "table, csv, xlsx or json" },
    { OPT_OUT, 0, "out", "FILE", AT(out), "write to this file: whole, or not at all" },
    { OPT_YES, 0, "yes", NULL, AT(yes), "do not ask" },
    { OPT_PERSONAL, 0, "personal", NULL, AT(personal), "print personal values too" },
    { OPT_WHY, 0, "why", "TEXT", AT(why), "reason to be kept with what was decided" },
    { OPT_STREAM, 0, "stream", "STREAM", AT(stream), "what the sample holds" },
    { OPT_RUN, 0, "run", "N", AT(run), "of this run alone" },
    { OPT_KEY, 0, "key", "FILE", AT(key), "public keys to check notes with, one a line" },
    { OPT_MEMORY, 0, "memory", "FILE", AT(memory), "the last note that the auditor accepted" },
    { OPT_UNIT, 0, "unit", "UNIT", AT(unit), "only of this unit and all below it" },
    { OPT_OVERDUE, 0, "overdue", NULL, AT(overdue), "only what is overdue" },
    { .name = NULL },
};

static const struct option_row *
find_name(const char *name, size_t len)
{
    for (const struct option_row *row = option_rows; row->name; row++)
        if (text_same(name, len, row->name))
            return row;
    return NULL;
}

static const struct option_row *
find_letter(char letter)
{
    for (const struct option_row *row = option_rows; row->name; row++)
        if (row->letter && row->letter == letter)
            return row;
    return NULL;
}

static enum verdict
unknown_name(struct arena *mem, const char *name, size_t len, struct error *err)
{
    const char *names[sizeof option_rows / sizeof option_rows[0]];
    size_t n = 0;

    for (const struct option_row *row = option_rows; row->name; row++)
        names[n++] = row->name;
    const char *word = arena_text(mem, name, len);
    const char *near = text_nearest(word, names, n);

    error_set(err, V_FATAL, "usage", "there is no option \"--%s\"", word);
    if (near)
        error_hint(err, "Did you mean \"--%s\"?", near);
    else
        error_hint(err, "\"cctns-bridge help\" lists the options.");
    return V_FATAL;
}

static enum verdict
set_option(const struct option_row *row, const char *value, struct options *out, struct error *err)
{
    void *member = (char *)out + row->offset;

    if (out->given & row->bit)
        return error_set(err, V_FATAL, "usage", "option \"--%s\" is given twice", row->name);
    out->given |= row->bit;
    if (row->arg)
        *(const char **)member = value;
    else
        *(bool *)member = true;
    return V_OK;
}

static enum verdict
need_value(const struct option_row *row, struct error *err)
{
    return error_set(err, V_FATAL, "usage", "option \"--%s\" needs a value: --%s %s", row->name,
                     row->name, row->arg);
}

/* "--name", "--name=value"; next is the word behind it. *used tells whether that was taken. */
static enum verdict
read_long(struct arena *mem, const char *word, const char *next, bool *used, struct options *out,
          struct error *err)
{
    const char *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - word) : strlen(word);
    const struct option_row *row = find_name(word, len);

    if (!row)
        return unknown_name(mem, word, len, err);
    if (!row->arg && equals)
        return error_set(err, V_FATAL, "usage", "option \"--%s\" takes no value", row->name);
    if (row->arg && !equals && !next)
        return need_value(row, err);
    *used = row->arg && !equals;
    return set_option(row, equals ? equals + 1 : next, out, err);
}

/* "-v", "-vq", "-cFILE", "-c FILE". */
static enum verdict
read_short(const char *letters, const char *next, bool *used, struct options *out,
           struct error *err)
{
    enum verdict v = V_OK;

    for (; !v && *letters; letters++) {
        const struct option_row *row = find_letter(*letters);

        if (!row) {
            error_set(err, V_FATAL, "usage", "there is no option \"-%c\"",
                      *letters > ' ' && *letters < 0x7f ? *letters : '?');
            error_hint(err, "\"cctns-bridge help\" lists the options.");
            return V_FATAL;
        }
        if (row->arg) {
            const char *value = letters[1] ? letters + 1 : next;

            if (!value)
                return need_value(row, err);
            *used = !letters[1];
            return set_option(row, value, out, err);
        }
        v = set_option(row, NULL, out, err);
    }
    return v;
}

enum verdict
options_read(struct arena *mem, int argc, char *const *argv, struct options *out, struct error *err)
{
    enum verdict v = V_OK;
    bool ended = false;

    memset(out, 0, sizeof *out);
    out->words = arena_alloc(mem, sizeof *out->words * (size_t)(argc > 0 ? argc + 1 : 1));
    for (int i = 1; !v && i < argc; i++) {
        const char *word = argv[i];
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        bool used = false;

        if (ended || word[0] != '-' || !word[1])
            out->words[out->word_count++] = word;
        else if (strcmp(word, "--") == 0)
            ended = true;
        else if (word[1] == '-')
            v = read_long(mem, word + 2, next, &used, out, err);
        else
            v = read_short(word + 1, next, &used, out, err);
        i += used;
    }
    return v;
}

enum verdict
options_allow(const struct options *given, unsigned mask, const char *command, struct error *err)
{
    for (const struct option_row *row = option_rows; row->name; row++)
        if (given->given & row->bit & ~(mask | OPT_GLOBAL)) {
            error_set(err, V_FATAL, "usage", "\"%s\" takes no option \"--%s\"", command, row->name);
            error_hint(err, "See \"cctns-bridge help %s\".", command);
            return V_FATAL;
        }
    return V_OK;
}
