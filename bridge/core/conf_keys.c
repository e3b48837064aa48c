/*
 * The options of bridge.conf, and how a section fills its struct by them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "conf_parts.h"
#include "../base/file.h"
#include "text.h"

const struct conf_key conf_bridge_keys[] = {
    { "database", CONF_TEXT, CONF_REQUIRED, offsetof(struct bridge_options, database), NULL,
      "staging database: libpq conninfo or URI, without a password (use pgpass or a service)" },
    { "state", CONF_FILE, 0, offsetof(struct bridge_options, state), "/var/lib/cctns-bridge",
      "folder for what the bridge keeps outside the database" },
    { "mappings", CONF_FILE, 0, offsetof(struct bridge_options, mappings), NULL,
      "folder of maps, codes/, units/ and canonical.fields (default: mappings beside bridge.conf, "
      "else what was installed with the program)" },
    { "sql", CONF_FILE, 0, offsetof(struct bridge_options, sql), NULL,
      "folder of migrations and queries (default: sql beside bridge.conf, else what was installed "
      "with the program)" },
    { "zone", CONF_TEXT, 0, offsetof(struct bridge_options, zone), "Asia/Kolkata",
      "of the times of jobs, and of times shown to people" },
    { "log", CONF_FILE, 0, offsetof(struct bridge_options, log), NULL,
      "file that log lines are added to (default: stderr)" },
    { "contents", CONF_FILE, 0, offsetof(struct bridge_options, contents), NULL,
      "folder of what attachments hold (default: contents in the folder of state)" },
    { "max_file", CONF_SIZE, 0, offsetof(struct bridge_options, max_file), "2g",
      "largest attachment that is taken" },
    { "seal_key", CONF_TEXT, CONF_SECRET, offsetof(struct bridge_options, seal_key), NULL,
      "key of sealed values, 64 hexadecimal digits (openssl rand -hex 32); needed where a map has "
      "\"seal\" or keep = sealed" },
    { "deadline", CONF_SPAN, 0, offsetof(struct bridge_options, deadline), "6h",
      "a run that takes longer is ended" },
    { "statement_limit", CONF_SPAN, 0, offsetof(struct bridge_options, statement_limit), "10m",
      "longest time of one statement in the staging database" },
    { "lookback", CONF_SPAN, 0, offsetof(struct bridge_options, lookback), "2h",
      "how far behind its cursor each pull starts" },
    { "rows", CONF_INT, 0, offsetof(struct bridge_options, rows), "500",
      "records asked for in one page" },
    { "tries", CONF_INT, 0, offsetof(struct bridge_options, tries), "8",
      "of a delivery, before it is dead and waits for a person" },
    { "backoff", CONF_SPAN, 0, offsetof(struct bridge_options, backoff), "1m",
      "first wait before a delivery is tried again; doubles with each try" },
    { "prove", CONF_INT, 0, offsetof(struct bridge_options, prove), "1000",
      "confirmed deliveries that each run asks each system for again, oldest first; 0 = none" },
    { "ledger_key", CONF_FILE, 0, offsetof(struct bridge_options, ledger_key), NULL,
      "key that each run signs the state of the books with; \"ledger init\" makes it" },
    { "notes", CONF_TEXT, 0, offsetof(struct bridge_options, notes), NULL,
      "folders in which each signed note is left for the auditor, parted by blanks; they belong on "
      "machines that whoever runs the database cannot write to" },
    { "tsa", CONF_TEXT, 0, offsetof(struct bridge_options, tsa), NULL,
      "address of a timestamp authority (RFC 3161, https or http) that is asked to stamp each "
      "note" },
    { "tsa_ca", CONF_FILE, 0, offsetof(struct bridge_options, tsa_ca), NULL,
      "certificates (PEM) that its stamps must lead to, and over https its server, too" },
    { "stale_after", CONF_SPAN, 0, offsetof(struct bridge_options, stale_after), "26h",
      "books whose newest note left the machine longer ago are said to be unanchored" },
    { "pages", CONF_FILE, 0, offsetof(struct bridge_options, pages), NULL,
      "folder of the static pages that \"sync\" makes anew at its end, as \"report\" does" },
    { "keep_bodies", CONF_SPAN, 0, offsetof(struct bridge_options, keep_bodies), NULL,
      "\"ledger purge\" takes away bytes that came, were held or were sent longer ago; digests "
      "stay (default: never)" },
    { "keep_movements", CONF_SPAN, 0, offsetof(struct bridge_options, keep_movements), NULL,
      "likewise which records each entry of the books moved; the entries stay (default: never)" },
    CONF_END,
};

const struct conf_key conf_system_keys[] = {
    { "mapping", CONF_TEXT, 0, offsetof(struct system_options, mapping), NULL,
      "its .map, counted from the folder of mappings (default: NAME.map)" },
    { "plugin", CONF_FILE, 0, offsetof(struct system_options, plugin), NULL,
      "shared object that serves it instead of a kind that is built in" },
    { "rate", CONF_INT, 0, offsetof(struct system_options, rate), "0",
      "calls per second at most; 0 = no limit" },
    { "units", CONF_TEXT, 0, offsetof(struct system_options, units), NULL,
      "of a police system: the units that it serves, each with all below it, parted by blanks "
      "(default: all)" },
    { "lookback", CONF_SPAN, 0, offsetof(struct system_options, lookback), NULL,
      "as in [bridge], for this system alone" },
    { "rows", CONF_INT, 0, offsetof(struct system_options, rows), NULL,
      "as in [bridge], for this system alone" },
    { "prove", CONF_INT, 0, offsetof(struct system_options, prove), NULL,
      "as in [bridge], for this system alone" },
    { "canary", CONF_BOOL, 0, offsetof(struct system_options, canary), "yes",
      "each night it is sent one delivery a second time, which it must refuse" },
    { "canary_complaints", CONF_BOOL, 0, offsetof(struct system_options, canary_complaints), "no",
      "that one may also be a complaint: a peer that fails to refuse it registers it twice" },
    { "keeps", CONF_SPAN, 0, offsetof(struct system_options, keeps), "0s",
      "its list names a complaint that is over for so long after its last change; then it is no "
      "longer kept, and not missing; 0s = for ever" },
    { "call_limit", CONF_SPAN, 0, offsetof(struct system_options, call_limit), "10m",
      "longest time in which a call by a driver (kind odbc) neither comes back nor moves a file; "
      "then its process is ended" },
    CONF_END,
};

const struct conf_key conf_job_keys[] = {
    { "run", CONF_TEXT, CONF_REQUIRED, offsetof(struct job_options, run), NULL,
      "the command, as it would stand after \"cctns-bridge\"" },
    { "at", CONF_TEXT, 0, offsetof(struct job_options, at), NULL,
      "times of day, like 01:30, parted by blanks" },
    { "on", CONF_TEXT, 0, offsetof(struct job_options, on), "daily",
      "daily, or days of the week (mon tue ...), or of the month (1 15 last)" },
    { "zone", CONF_TEXT, 0, offsetof(struct job_options, zone), NULL,
      "as in [bridge], for this job alone" },
    { "every", CONF_SPAN, 0, offsetof(struct job_options, every), "0s", "instead of at" },
    { "grace", CONF_SPAN, 0, offsetof(struct job_options, grace), "30m",
      "how late a slot may be started before it counts as missed" },
    CONF_END,
};

/* A file name, made absolute; the folder is absolute already. */
static const char *
absolute(struct arena *mem, const char *folder, const char *name)
{
    return file_in(mem, folder, name);
}

const char *
conf_folder(struct arena *mem, const char *path)
{
    const char *folder = file_folder(mem, path), *copy;
    char *real = realpath(folder, NULL);

    copy = arena_copy(mem, real ? real : folder);
    free(real);
    return copy;
}

static void *
member(void *out, const struct conf_key *key)
{
    return (char *)out + key->offset;
}

/* NULL, or what is wrong with the secret's name. */
static const char *
put_secret(struct arena *mem, const char *folder, const char *value, const char **to)
{
    if (strncmp(value, "env:", 4) == 0 && value[4]) {
        *to = value;
        return NULL;
    }
    if (strncmp(value, "file:", 5) == 0 && value[5]) {
        *to = arena_format(mem, "file:%s", absolute(mem, folder, value + 5));
        return NULL;
    }
    return "is a secret: write env:NAME or file:PATH";
}

/* NULL, or what is wrong with the value, in words that do not repeat it. */
static const char *
put_value(struct arena *mem, const char *folder, const struct conf_key *key, const char *value,
          void *out)
{
    int64_t number;

    switch (key->type) {
    case CONF_TEXT:
        if (key->flags & CONF_SECRET)
            return put_secret(mem, folder, value, member(out, key));
        *(const char **)member(out, key) = value;
        return NULL;
    case CONF_FILE:
        *(const char **)member(out, key) = absolute(mem, folder, value);
        return NULL;
    case CONF_INT:
        if (!text_int(value, strlen(value), &number) || number < 0 || number > INT32_MAX)
            return "must be a whole number, 0 or more";
        *(long *)member(out, key) = (long)number;
        return NULL;
    case CONF_BOOL:
        if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
            return "must be yes or no";
        *(bool *)member(out, key) = strcmp(value, "yes") == 0;
        return NULL;
    case CONF_SPAN:
        return text_span(value, member(out, key)) ? NULL : "must be a span like 30s, 10m or 2h";
    case CONF_SIZE:
        return text_size(value, member(out, key)) ? NULL : "must be a size like 64k or 8m";
    }
    return NULL;
}

static const struct conf_key *
find_key(const struct conf_key *keys, const char *name)
{
    for (; keys && keys->name; keys++)
        if (strcmp(keys->name, name) == 0)
            return keys;
    return NULL;
}

static void
unknown_key(const char *path, const struct ini_section *section, const struct ini_line *line,
            const struct conf_key *keys, const struct conf_key *extra, struct faults *faults)
{
    const char *names[96], *near;
    size_t n = 0;

    for (; keys->name && n < 96; keys++)
        names[n++] = keys->name;
    for (; extra && extra->name && n < 96; extra++)
        names[n++] = extra->name;
    near = text_nearest(line->key, names, n);
    fault_add(faults, path, line->line, "unknown option \"%s\" in [%s]%s%s%s", line->key,
              section->name, near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static bool
stands_before(const struct ini_section *section, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (section->lines[j].key && strcmp(section->lines[j].key, section->lines[i].key) == 0)
            return true;
    return false;
}

const struct ini_line *
conf_line(const struct ini_section *section, const char *key)
{
    for (size_t i = 0; i < section->count; i++)
        if (section->lines[i].key && strcmp(section->lines[i].key, key) == 0)
            return &section->lines[i];
    return NULL;
}

void
conf_wrong(const char *path, const struct ini_section *section, const char *key, const char *form,
           struct faults *faults)
{
    const struct ini_line *line = conf_line(section, key);

    fault_add(faults, path, line ? line->line : section->line, "\"%s\" %s", key, form);
}

/* What the section does not say: the fallback, or a fault when it has to be said. */
static void
fill_rest(struct arena *mem, const char *path, const char *folder,
          const struct ini_section *section, const struct conf_key *keys, void *out,
          struct faults *faults)
{
    for (; keys && keys->name; keys++) {
        if (conf_line(section, keys->name))
            continue;
        if (keys->flags & CONF_REQUIRED)
            fault_add(faults, path, section->line, "[%s%s%s] needs \"%s\": %s", section->name,
                      *section->arg ? " " : "", section->arg, keys->name,
                      keys->help ? keys->help : "");
        else if (keys->fallback)
            (void)put_value(mem, folder, keys, keys->fallback, out);
    }
}

void
conf_fill(struct arena *mem, const char *path, const struct ini_section *section,
          const struct conf_key *keys, void *out, const struct conf_key *extra, void *extra_out,
          struct faults *faults)
{
    const char *folder = conf_folder(mem, path);

    fill_rest(mem, path, folder, section, keys, out, faults);
    fill_rest(mem, path, folder, section, extra, extra_out, faults);
    for (size_t i = 0; i < section->count; i++) {
        const struct ini_line *line = &section->lines[i];
        const struct conf_key *key, *other;
        const char *wrong;

        if (!line->key || !*line->key) {
            fault_add(faults, path, line->line, "an option is written NAME = VALUE");
            continue;
        }
        key = find_key(keys, line->key);
        other = key ? NULL : find_key(extra, line->key);
        if (!key && !other) {
            unknown_key(path, section, line, keys, extra, faults);
            continue;
        }
        if (stands_before(section, i)) {
            fault_add(faults, path, line->line, "option \"%s\" stands twice", line->key);
            continue;
        }
        if (!*line->value)
            wrong = "has no value";
        else
            wrong = put_value(mem, folder, key ? key : other, line->value, key ? out : extra_out);
        if (wrong)
            fault_add(faults, path, line->line, "\"%s\" %s", line->key, wrong);
    }
}
