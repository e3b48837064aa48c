/*
 * The lines of an export: header, e (entries), t (totals), n (notes), a (anchors), s (state), z
 * (end). What grows with the books goes to a file without a name, not into memory.
 */
#include "verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void __attribute__((noreturn)) refuse(const struct check *c, const char *why)
{
    (void)printf("not an export\nline %" PRId64 ": %s\n", c->lines + 1, why);
    exit(3);
}

void
found(struct check *c, enum finding what, const char *name, const char *why)
{
    if (c->found[what].there)
        return;
    c->found[what].there = true;
    c->found[what].why = why;
    (void)snprintf(c->found[what].name, sizeof c->found[what].name, "%.*s", NAME, name);
    for (char *at = c->found[what].name; *at; at++)
        if (*at < ' ' || *at > '~')
            *at = '?'; /* nothing that a terminal would act on */
}

static void
found_at(struct check *c, enum finding what, int64_t n, const char *why)
{
    char name[24];

    (void)snprintf(name, sizeof name, "%" PRId64, n);
    found(c, what, name, why);
}

/* The chain's hashes, h_0 first, in a file without a name. */
static void
chain_add(struct check *c)
{
    if ((!c->chain && !(c->chain = tmpfile())) || fwrite(c->h, HASH, 1, c->chain) != 1)
        fail("a temporary file", strerror(errno));
}

static void
chain_get(const struct check *c, int64_t i, unsigned char h[HASH])
{
    if (fflush(c->chain) != 0 || pread(fileno(c->chain), h, HASH, (off_t)HASH * i) != HASH)
        fail("a temporary file", strerror(errno));
}

/* ---- the lines of an export: e, t, n, a, s, z ---- */

static unsigned char *
put(unsigned char *to, const void *bytes, size_t len)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        *to++ = (unsigned char)(len >> shift & 0xff);
    memcpy(to, bytes, len);
    return to + len;
}

static unsigned char *
put_number(unsigned char *to, int64_t value)
{
    unsigned char bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)value >> (56 - 8 * i) & 0xff);
    return put(to, bytes, sizeof bytes);
}

static struct account *
account(struct check *c, const char *before, const char *name)
{
    char whole[2 * NAME];
    size_t i = 0;

    if (strlen(name) > NAME)
        refuse(c, "too long a name of an account");
    (void)snprintf(whole, sizeof whole, "%s%s", before, name);
    while (i < c->naccounts && strcmp(c->account[i].name, whole) != 0)
        i++;
    if (i == ACCOUNTS)
        refuse(c, "too many accounts");
    if (i == c->naccounts) {
        c->account[c->naccounts++].live = -1; /* no line tells */
        memcpy(c->account[i].name, whole, sizeof whole);
    }
    return &c->account[i];
}

static void
book(struct check *c, bool push, const char *name, int64_t n)
{
    struct account *a = account(c, "", name);

    a->balance += n;
    a->booked += push && strcmp(name, "plan") != 0 ? n : 0;
}

/* e seq entry run_id hop system stream unit debit credit n reason evidence at h */
static void
take_entry(struct check *c)
{
    static const char form[] = "-iiittttttitxi";
    bool push = strcmp(c->field[4], "push") == 0, pull = strcmp(c->field[4], "pull") == 0;
    unsigned char *to = c->bytes, h[HASH];

    if (c->number[10] < 1 || c->number[10] > INT32_MAX)
        refuse(c, "an entry of no records, or of too many");
    *to++ = 1;
    memcpy(to, c->h, HASH);
    to += HASH;
    for (size_t i = 1; form[i]; i++)
        to = form[i] == 'i'   ? put_number(to, c->number[i])
             : form[i] == 'x' ? put(to, c->hash[i], HASH)
                              : put(to, c->field[i], strlen(c->field[i]));
    sha256(c->bytes, (size_t)(to - c->bytes), h);
    c->entries++;
    if (c->number[1] != c->entries)
        found_at(c, ALTERED, c->entries, "another one stands in its place");
    else if (memcmp(h, c->hash[14], HASH) != 0)
        found_at(c, ALTERED, c->entries, "it does not follow from what stands before it");
    memcpy(c->h, c->hash[14], HASH);
    chain_add(c);
    book(c, push, c->field[8], -c->number[10]);
    book(c, push, c->field[9], c->number[10]);
    if (pull && strcmp(c->field[9], "staged") == 0 && strcmp(c->field[11], "new") == 0)
        account(c, "staged:", c->field[6])->booked += c->number[10];
}

static void
end_run(struct check *c)
{
    if (c->totals)
        (void)EVP_DigestFinal_ex(c->totals, c->run[c->nruns - 1].digest, NULL);
    EVP_MD_CTX_free(c->totals);
    c->totals = NULL;
}

/* t run_id side system unit status category day n keyset */
static void
take_totals(struct check *c)
{
    int64_t run = c->number[1];

    if (c->nruns > 0 && run < c->run[c->nruns - 1].run)
        refuse(c, "totals out of order");
    if (c->nruns == 0 || run > c->run[c->nruns - 1].run) {
        end_run(c);
        c->totals = digest_new(NULL);
        if ((c->nruns & (c->nruns - 1)) == 0) /* grows by doubling */
            c->run = realloc(c->run, 2 * (c->nruns + 1) * sizeof *c->run);
        if (!c->run)
            fail("the totals", "out of memory");
        c->run[c->nruns++].run = run;
    }
    (void)EVP_DigestUpdate(c->totals, c->bytes, c->nbytes); /* the line as it came */
}

static int
by_run(const void *run, const void *row)
{
    int64_t a = *(const int64_t *)run, b = ((const struct run_totals *)row)->run;

    return a < b ? -1 : a > b;
}

bool
check_note(struct check *c, const struct note *note)
{
    unsigned char h[HASH];

    if (note->size > c->entries) {
        found(c, CUT, "", "a note tells of more entries than there are");
        return false;
    }
    chain_get(c, note->size, h);
    if (memcmp(h, note->h, HASH) != 0) {
        found(c, REWRITTEN, "", "a note tells another chain");
        return false;
    }
    c->sealed = note->size > c->sealed ? note->size : c->sealed;
    return true;
}

/* n checkpoint size run_id note */
static void
take_note(struct check *c)
{
    static const unsigned char none[HASH];
    const char *text = (const char *)c->bytes;
    struct note before = c->note;
    const char *wrong = note_read(&c->keys, text, c->nbytes, &c->note);
    const struct run_totals *totals;

    end_run(c);
    c->nlast = c->nbytes < NOTE ? c->nbytes : 0;
    memcpy(c->last, text, c->nlast);
    for (size_t i = 0; i < c->ngiven; i++)
        c->given[i].seen |= memcmp(c->given[i].note.digest, c->note.digest, HASH) == 0;
    c->checkpoint = c->number[1];
    if (c->checkpoint != ++c->notes)
        found(c, REWRITTEN, "", "a note is missing");
    if (!wrong && (c->note.size != c->number[2] || c->note.run != c->number[3] ||
                   strcmp(c->note.origin, c->origin) != 0))
        wrong = "its row tells something else";
    if (wrong) {
        found_at(c, FORGED, c->notes, wrong);
        return;
    }
    if (memcmp(c->note.prev, before.digest, HASH) != 0 || c->note.size < before.size)
        found(c, REWRITTEN, "", "a note does not follow from the one before it");
    (void)check_note(c, &c->note);
    totals = bsearch(&c->note.run, c->run, c->nruns, sizeof *c->run, by_run);
    if (memcmp(totals ? totals->digest : none, c->note.totals, HASH) != 0)
        found_at(c, TOTALS, c->note.run, "they are not those that its note tells");
    c->noted += totals != NULL;
    c->newest = c->note.run > c->newest ? c->note.run : c->newest;
}

/* a checkpoint place at proof: the proofs of others are not looked into */
static void
take_anchor(struct check *c)
{
    c->anchors++;
    if (c->number[1] < 1 || c->number[1] > c->checkpoint)
        found(c, CUT, "", "a note was left elsewhere that is not here");
}

/* s account n */
static void
take_state(struct check *c)
{
    struct account *a = account(c, "", c->field[1]);

    if (a->live >= 0 || c->number[2] < 0)
        refuse(c, "an account that is told twice, or less than none");
    a->live = c->number[2];
}

/* z lines sha256 */
static void
take_end(struct check *c)
{
    unsigned char hash[HASH];

    if (EVP_DigestFinal_ex(c->all, hash, NULL) != 1 || c->number[1] != c->lines ||
        memcmp(hash, c->hash[2], HASH) != 0)
        refuse(c, "what stands before it is not what it tells of");
}

/* In the order of the file. Fields: i number, t text, x 32 bytes in hex, b base64. */
static const struct form {
    const char *kind, *fields;
    void (*take)(struct check *c);
} forms[] = {
    { "e", "iiittttttitxix", take_entry },
    { "t", "ittttttix", take_totals },
    { "n", "iiib", take_note },
    { "a", "itib", take_anchor },
    { "s", "ti", take_state },
    { "z", "ix", take_end },
    { NULL, "", NULL }, /* nothing stands behind the end */
};

static void
take_line(struct check *c)
{
    size_t n = split(c->line, c->field, FIELDS);
    const char *fields;

    while (n > 0 && forms[c->form].kind && strcmp(c->field[0], forms[c->form].kind) != 0)
        c->form++;
    fields = forms[c->form].fields;
    if (!forms[c->form].kind || n != strlen(fields) + 1)
        refuse(c, "not a line that may stand here");
    for (size_t i = 1; i < n; i++) {
        long len = 0;

        if ((fields[i - 1] == 'i' && !number(c->field[i], &c->number[i])) ||
            (fields[i - 1] == 'x' && !unhex(c->field[i], c->hash[i])) ||
            (fields[i - 1] == 'b' && (len = unbase64(c->field[i], c->bytes)) < 0))
            refuse(c, "a number, a hash or base64 that is none");
        if (fields[i - 1] == 'b') {
            c->nbytes = (size_t)len;
            c->bytes[len] = '\0';
        }
    }
    forms[c->form].take(c);
    c->form += *forms[c->form].kind == 'z';
}

static void
take_first(struct check *c)
{
    unsigned char *to = c->bytes;

    if (split(c->line, c->field, FIELDS) != 3 || strcmp(c->field[0], "cctns-bridge-ledger") != 0 ||
        strcmp(c->field[1], "1") != 0 || !is_name(c->field[2]))
        refuse(c, "not the first line of one");
    (void)snprintf(c->origin, sizeof c->origin, "%s", c->field[2]);
    *to++ = 0;
    to = put(put(to, c->origin, strlen(c->origin)), "1", 1);
    sha256(c->bytes, (size_t)(to - c->bytes), c->h);
    chain_add(c);
}

void
export_read(struct check *c, FILE *in)
{
    int byte;

    c->all = digest_new(NULL);
    for (;; c->lines++) {
        c->nbytes = 0;
        do {
            byte = getc_unlocked(in);
            if (byte == EOF && ferror(in))
                fail("the export", strerror(errno));
            if (byte == EOF && c->nbytes == 0 && c->lines > 0 && !forms[c->form].kind)
                return;
            if (byte == EOF || byte == '\0' || c->nbytes == LINE)
                refuse(c, "cut short, too long, or not text");
            c->line[c->nbytes++] = (char)byte;
        } while (byte != '\n');
        if (*c->line != 'z')
            (void)EVP_DigestUpdate(c->all, c->line, c->nbytes);
        memcpy(c->bytes, c->line, c->nbytes);
        c->line[c->nbytes - 1] = '\0';
        if (c->lines == 0)
            take_first(c);
        else
            take_line(c);
    }
}
