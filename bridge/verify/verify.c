/*
 * cctns-bridge-verify - checks the books without the bridge and without its database.
 *
 * It reads an export once, line by line: each entry must follow from the one before it, each note
 * must be signed and tell the chain as it is, the totals of a run must be those that its note
 * tells, and the accounts must agree with the tables. It needs OpenSSL and nothing of the bridge:
 *     cc -D_GNU_SOURCE -o cctns-bridge-verify verify.c export.c note.c -lcrypto
 */
#include "verify.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const words[FINDINGS] = {
    "altered at entry ", "forged note ",           "tail cut",
    "history rewritten", "totals altered in run ", "books and tables differ: ",
    "unanchored",
};

/* ---- the word ---- */

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct account *)a)->name, ((const struct account *)b)->name);
}

static bool
is_source(const char *name)
{
    return strcmp(name, "source") == 0 || strcmp(name, "plan") == 0 ||
           strcmp(name, "difference") == 0 || strcmp(name, "kept") == 0;
}

static void
judge(struct check *c)
{
    for (size_t i = 0; i < c->ngiven; i++) {
        const struct note *note = &c->given[i].note;

        if (strcmp(note->origin, c->origin) != 0)
            found(c, REWRITTEN, "", "a note that was given is of other books");
        else if (check_note(c, note) && !c->given[i].seen)
            found(c, note->size < c->note.size ? REWRITTEN : CUT, "",
                  "a note that was given is not among those of the books");
    }
    qsort(c->account, c->naccounts, sizeof *c->account, by_name);
    for (const struct account *a = c->account; a < c->account + c->naccounts; a++) {
        if (a->balance < 0 && !is_source(a->name))
            found(c, DIFFER, a->name, "more has left the account than has come");
        if (a->booked != (a->live < 0 ? 0 : a->live))
            found(c, DIFFER, a->name, "the tables hold another number of rows");
    }
    if (c->keys.n == 0)
        found(c, UNANCHORED, "", "no key was given: signatures were not checked");
    if (c->notes == 0)
        found(c, UNANCHORED, "", "there is no note");
    if (c->sealed < c->entries)
        found(c, UNANCHORED, "", "the last entries stand behind the last note");
    if (c->nruns > 0 && c->run[c->nruns - 1].run > c->newest)
        found(c, UNANCHORED, "", "the totals of the last run stand in no note");
}

/* Prints the word and the facts; the exit code. */
static int
report(const struct check *c)
{
    int code = -1;

    for (int i = 0; i < FINDINGS; i++)
        if (c->found[i].there) {
            (void)printf("%s%s%s\nwhy: %s\n", code < 0 ? "" : "also: ", words[i], c->found[i].name,
                         c->found[i].why);
            code = code >= 0 ? code : i < DIFFER ? 2 : 1;
        }
    if (code < 0)
        (void)puts("whole");
    (void)printf("books: %s\nentries: %" PRId64 "\nunsealed: %" PRId64 "\nnotes: %" PRId64 "\n",
                 c->origin, c->entries, c->entries - c->sealed, c->notes);
    if (c->note.formed)
        (void)printf("last note: size %" PRId64 ", run %" PRId64 ", at %s\n", c->note.size,
                     c->note.run, c->note.at);
    (void)printf("runs with totals: %zu, %" PRId64 " of them in a note\nanchors: %" PRId64
                 ", not looked into\n",
                 c->nruns, c->noted, c->anchors);
    for (const struct account *a = c->account; a < c->account + c->naccounts; a++)
        if (a->balance != 0 && is_name(a->name))
            (void)printf("account %s: %" PRId64 "\n", a->name, a->balance);
    return code < 0 ? 0 : code;
}

/* ---- what is given beside the export ---- */

/* A memory that is not there yet is none. */
static void
give(struct check *c, const char *path, bool may_miss)
{
    struct note *note = &c->given[c->ngiven].note;
    FILE *file = fopen(path, "rbe");
    const char *wrong;

    if (!file && may_miss && errno == ENOENT)
        return;
    if (!file)
        fail(path, strerror(errno));
    c->nbytes = fread(c->bytes, 1, NOTE, file);
    c->bytes[c->nbytes] = '\0';
    if (ferror(file))
        fail(path, strerror(errno));
    (void)fclose(file);
    wrong = note_read(&c->keys, (const char *)c->bytes, c->nbytes, note);
    if (!note->formed)
        fail(path, wrong);
    if (wrong)
        found(c, FORGED, path, wrong);
    else
        c->ngiven++;
}

/* The last note takes the place of the one before it: written beside it, then renamed. */
static void
remember(const struct check *c, const char *path)
{
    char name[PATH_MAX];
    int n = snprintf(name, sizeof name, "%s.new", path);
    int fd = n > 0 && (size_t)n < sizeof name
                 ? open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)
                 : -1;

    if (fd < 0 || write(fd, c->last, c->nlast) != (ssize_t)c->nlast || fsync(fd) != 0 ||
        close(fd) != 0 || rename(name, path) != 0)
        fail(path, strerror(errno));
}

static const char usage[] =
    "usage: cctns-bridge-verify [--key FILE]... [--memory FILE] [--note FILE]... EXPORT|-\n"
    "\n"
    "  --key FILE     public keys that are trusted, a line each: NAME+ID+BASE64\n"
    "  --memory FILE  the last note that was accepted here; replaced when the word is whole\n"
    "  --note FILE    a note that somebody else has of these books\n"
    "\n"
    "EXPORT is what \"cctns-bridge ledger export\" wrote, later than every note that is given.\n"
    "The first line that is printed is one of these words; what follows are facts:\n"
    "\n"
    "  whole                             0\n"
    "  unanchored                        1  right, but no note covers it, or not all of it\n"
    "  books and tables differ: ACCOUNT  1\n"
    "  altered at entry N                2  N counts the entries of the export\n"
    "  forged note N                     2  N is its number, or the file that was given\n"
    "  tail cut                          2\n"
    "  history rewritten                 2\n"
    "  totals altered in run N           2\n"
    "  not an export                     3  so is every failure to verify\n";

int
main(int argc, char **argv)
{
    static const struct option options[] = {
        { "key", 1, NULL, 'k' },  { "memory", 1, NULL, 'm' }, { "note", 1, NULL, 'n' },
        { "help", 0, NULL, 'h' }, { NULL, 0, NULL, 0 },
    };
    static struct check check;
    const char *memory = NULL, *path;
    FILE *in = stdin;
    int option, code;

    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1)
        if (option == 'h')
            return fputs(usage, stdout) < 0 ? 3 : 0;
        else if (option == 'k')
            keys_load(&check.keys, optarg);
        else if (option == 'm')
            memory = optarg;
        else if (option != 'n')
            return 3;
    path = argv[optind];
    if (optind + 1 != argc || !(check.given = calloc((size_t)argc, sizeof *check.given)))
        return (void)fputs(usage, stderr), 3;
    if (memory)
        give(&check, memory, true);
    for (optind = 1; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;)
        if (option == 'n') /* now that all keys are known */
            give(&check, optarg, false);
    if (strcmp(path, "-") != 0 && !(in = fopen(path, "rbe")))
        fail(path, strerror(errno));
    export_read(&check, in);
    judge(&check);
    code = report(&check);
    if (fflush(stdout) != 0)
        fail("the word", strerror(errno));
    if (code == 0 && memory)
        remember(&check, memory);
    return code;
}
