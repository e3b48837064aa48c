/*
 * cctns-bridge-verify - checks the books without the bridge and without its database.
 * It reads an export once, line by line: each entry must follow from the one before it, each note
 * must be signed and tell the chain as it is, the totals of a run must be those that its note
 * tells, and the accounts must agree with the tables. What a library reads too kindly is written
 * again and must come out the same, so that no two verifiers can differ. OpenSSL is all it needs:
 *     cc -D_GNU_SOURCE -o cctns-bridge-verify verify.c -lcrypto
 */
#include <endian.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HASH = 32, LINE = 1 << 20, NOTE = 1024, NAME = 200, KEYS = 64, FIELDS = 16, ACCOUNTS = 512 };
/* The words, gravest first: of all that is found, the gravest is told, the first of its kind. */
enum word { ALTERED, FORGED, CUT, REWRITTEN, TOTALS, DIFFER, UNANCHORED, WHOLE };
static const char *const words[] = {
    "altered at entry ", "forged note ",           "tail cut",
    "history rewritten", "totals altered in run ", "books and tables differ: ",
    "unanchored"
};
static char why[100], whose[NAME + 1]; /* whose: the number or name that stands behind the word */
static enum word word = WHOLE;
#define FOUND(what, fault, ...)                                                                    \
    ((what) < word ? (word = (what), snprintf(why, sizeof why, "why: %s\n", fault),                \
                      snprintf(whose, sizeof whose, __VA_ARGS__))                                  \
                   : 0)

/* The lines of an export, in the order of the file. i number, t text, x hash in hex, b base64. */
static const char *const kinds[] = { "cctns-bridge-ledger", "e", "t", "n", "a", "s", "z", NULL };
static const char *const forms[] = {
    "it",             /* 1, name of the books */
    "iiittttttitxix", /* seq entry run hop system stream unit debit credit n reason evidence at h */
    "ittttttix",      /* run side system unit status category day n keyset */
    "iiib",           /* checkpoint size run note */
    "itib",           /* checkpoint place at proof */
    "ti",             /* account, rows of the tables that it stands for */
    "ix",             /* lines before this one, SHA-256 of them; nothing stands behind it */
};
static char line[LINE + 1], *field[FIELDS], origin[NAME + 1];
static unsigned char packed[2 * LINE], raw[LINE + 1], hash[FIELDS][HASH], h[HASH];
static long long number[FIELDS], lines, entries, sealed, notes, newest, nraw;
static size_t form, nkeys, ngiven, nruns, naccounts;
static EVP_MD *sha256;                     /* to search for it costs more than a hash */
static EVP_MD_CTX *all, *of_run, *scratch; /* over all lines; over the totals of a run */
static FILE *chain; /* h_0, h_1, ...: what grows with the books is not kept in memory */

/* A key is a line NAME+ID+BASE64(1, public key). A note (C2SP signed note): name of the books,
 * size, the chain's hash, "run N prev P totals T at TIME", a blank line, "— NAME BASE64(key's id,
 * signature)". Its hashes stay in base64 here, to be compared; "-" is none. */
static struct key {
    char name[NAME + 1], id[9];
    EVP_PKEY *pkey;
} keys[KEYS];
static struct note {
    char text[NOTE], origin[NAME + 1], h[45], prev[45], totals[45], digest[45];
    long long size, run;
    bool seen; /* one that was given stands in the export */
} last = { .digest = "-" }, *given;
static struct run {
    long long run;
    char totals[45];
} * runs; /* one a night, so they may stand in memory */
static struct account {
    char name[2 * NAME];
    long long balance, booked, live; /* booked: what the tables must hold; live: what they hold */
    int told;
} accounts[ACCOUNTS + 1];
static const char usage[] =
    "usage: cctns-bridge-verify [--key FILE]... [--memory FILE] [--note FILE]... EXPORT|-\n"
    "  --key FILE     public keys that are trusted, a line each: NAME+ID+BASE64\n"
    "  --memory FILE  the last note that was accepted here; replaced when the word is whole\n"
    "  --note FILE    a note that somebody else has of these books\n"
    "EXPORT is later than each note. Exit code, word: 0 whole; 1 unanchored,\n"
    "books and tables differ: ACCOUNT; 2 altered at entry N, tail cut, forged note N,\n"
    "history rewritten, totals altered in run N; 3 not an export, or no word\n";

/* If not, it ends: without a word, or, where nothing is named, because the export is none. */
static void
need(bool good, const char *what, const char *fault)
{
    if (good)
        return;
    const char *told = fault ? fault : strerror(errno);
    if (what)
        (void)fprintf(stderr, "error: could not verify: %s: %s\n", what, told);
    else
        (void)printf("not an export\nline %lld: %s\n", lines + 1, told);
    exit(3);
}

/* The number of bytes, or -1. out has room for 3/4 of the text. */
static int
unbase64(const char *in, unsigned char *out)
{
    static unsigned char again[LINE + 1];
    int len = (int)strlen(in), filled = len - (int)strcspn(in, "="); /* which it takes for zeros */
    int n = EVP_DecodeBlock(out, (const unsigned char *)in, len) - filled;
    bool same = n >= 0 && EVP_EncodeBlock(again, out, n) == len;
    return same && memcmp(again, in, (size_t)len) == 0 ? n : -1;
}

/* Reads a file of keys. An id that is not of its key fits no signature. */
static void
keys_load(const char *path)
{
    size_t before = nkeys;
    char in[512], coded[45], end;
    FILE *file = fopen(path, "re");
    while (file && fgets(in, sizeof in, file)) {
        struct key *k = &keys[nkeys];
        in[strcspn(in, "\r\n")] = '\0';
        if (*in == '#' || *in == '\0')
            continue;
        need(nkeys++ < KEYS &&
                 sscanf(in, "%200[!-*,-~]+%8[0-9a-f]+%44s%c", k->name, k->id, coded, &end) == 3 &&
                 unbase64(coded, raw) == HASH + 1 && raw[0] == 1,
             path, "a line is not a key, NAME+ID+BASE64, of Ed25519");
        k->pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw + 1, HASH);
    }
    need(file && !ferror(file) && nkeys > before && fclose(file) == 0, path, "no key is read");
}

/* Whether it has the form of a note. fault: that, or (unless there is no key) its signature. */
static bool
note_read(const void *in, size_t len, struct note *n, const char **fault)
{
    char again[NOTE], at[21], coded[93], id[9];
    unsigned char sig[69]; /* id of the key, signature; 92 signs may make 69 bytes */
    *n = (struct note){ .size = -1 };
    (void)EVP_Digest(in, len, sig, NULL, sha256, NULL);
    (void)EVP_EncodeBlock((unsigned char *)n->digest, sig, HASH);
    memcpy(n->text, in, len < NOTE ? len : 0);
    *fault = "it has not the form of a note";
    if (sscanf(n->text,
               "%200[!-*,-~] %lld %44s run %lld prev %44s totals %44s at %20s %*s %*s %92s",
               n->origin, &n->size, n->h, &n->run, n->prev, n->totals, at, coded) != 8 ||
        snprintf(again, sizeof again, "%s\n%lld\n%s\nrun %lld prev %s totals %s at %s\n\n— %s %s\n",
                 n->origin, n->size, n->h, n->run, n->prev, n->totals, at, n->origin,
                 coded) != (int)len ||
        memcmp(again, in, len) != 0 || unbase64(coded, sig) != 68 || n->size < 0)
        return false;
    *fault = nkeys > 0 ? "no trusted key signed it" : NULL;
    (void)snprintf(id, sizeof id, "%02x%02x%02x%02x", sig[0], sig[1], sig[2], sig[3]);
    len = (size_t)(strstr(again, "\n\n") + 1 - again); /* what is signed */
    for (const struct key *key = keys; key < keys + nkeys; key++)
        if (strcmp(key->name, n->origin) == 0 && strcmp(key->id, id) == 0 &&
            EVP_MD_CTX_reset(scratch) == 1 &&
            EVP_DigestVerifyInit(scratch, NULL, NULL, NULL, key->pkey) == 1 &&
            EVP_DigestVerify(scratch, sig + 4, 64, in, len) == 1)
            *fault = NULL;
    return true;
}

/* A trusted note against the chain; false: it tells something else. */
static bool
agrees(const struct note *note)
{
    unsigned char then[HASH];
    char coded[45] = "";
    if (note->size <= entries && fseeko(chain, HASH * note->size, SEEK_SET) == 0 &&
        fread(then, HASH, 1, chain) == 1)
        (void)EVP_EncodeBlock((unsigned char *)coded, then, HASH);
    need(*coded || note->size > entries, "a temporary file", NULL);
    if (strcmp(coded, note->h) != 0)
        FOUND(*coded ? REWRITTEN : CUT, "a note tells of other entries", "%s", "");
    return strcmp(coded, note->h) == 0;
}

static struct account *
account(const char *before, const char *name)
{
    struct account *a = accounts, *end = accounts + naccounts;
    need(name && strlen(name) <= NAME, NULL, "too long a name of an account");
    (void)snprintf(end->name, sizeof end->name, "%s%s", before, name);
    while (strcmp(a->name, end->name) != 0)
        a++;
    if (a == end)
        need(naccounts++ < ACCOUNTS, NULL, "too many accounts");
    return a;
}

/* A field as the chain takes it: its length, then its bytes. */
static unsigned char *
put(unsigned char *to, const void *in, size_t len)
{
    uint32_t length = htobe32((uint32_t)len);
    memcpy(to, &length, sizeof length);
    memcpy(to + sizeof length, in, len);
    return to + sizeof length + len;
}

static void
take_entry(size_t len)
{
    bool push = strcmp(field[4], "push") == 0, pull = strcmp(field[4], "pull") == 0;
    need(number[10] >= 1 && number[10] <= INT32_MAX, NULL, "an entry of no records, or too many");
    packed[0] = 1;
    memcpy(packed + 1, h, HASH);
    (void)EVP_Digest(packed, len, h, NULL, sha256, NULL);
    if (number[1] != ++entries || memcmp(h, hash[14], HASH) != 0)
        FOUND(ALTERED, "it does not follow from what stands before it", "%lld", entries);
    memcpy(h, hash[14], HASH);
    for (int i = 8; i <= 9; i++) { /* debit, credit */
        struct account *a = account("", field[i]);
        long long n = i == 8 ? -number[10] : number[10];
        a->balance += n;
        a->booked += push && strcmp(a->name, "plan") != 0 ? n : 0;
    }
    if (pull && strcmp(field[9], "staged") == 0 && strcmp(field[11], "new") == 0)
        account("staged:", field[6])->booked += number[10];
}

static void
take_note(void)
{
    const char *totals = "-", *fault;
    struct note before = last;
    (void)note_read(raw, (size_t)nraw, &last, &fault);
    for (size_t i = 0; i < ngiven; i++)
        given[i].seen |= strcmp(given[i].digest, last.digest) == 0;
    bool next = (uint64_t)number[1] == (uint64_t)notes + 1;
    notes = number[1];
    bool ours = last.run == number[3] && strcmp(last.origin, origin) == 0;
    if (fault || !ours || last.size != number[2]) {
        FOUND(FORGED, fault ? fault : "its row tells something else", "%lld", notes);
        return;
    }
    sealed = agrees(&last) ? last.size : sealed;
    if (!next || strcmp(last.prev, before.digest) != 0 || last.size < before.size)
        FOUND(REWRITTEN, "a note does not follow from the one before it", "%s", "");
    for (size_t i = 0; i < nruns && word > REWRITTEN; i++)
        if (runs[i].run == last.run)
            totals = runs[i].totals;
    if (strcmp(totals, last.totals) != 0)
        FOUND(TOTALS, "they are not those that its note tells", "%lld", last.run);
    newest = last.run > newest ? last.run : newest;
}

/* Reads each field by its form, and packs it for the chain behind room for a byte and a hash. */
static void
take_line(size_t len)
{
    unsigned char *to = packed + 1 + HASH;
    char again[24], *rest = line;
    size_t n = 0;
    need(len > 0 && line[len - 1] == '\n', NULL, "cut short, too long, or not text");
    (void)EVP_DigestUpdate(all, line, *line == 'z' ? 0 : len);
    memcpy(raw, line, len + 1);
    line[len - 1] = '\0';
    while (n < FIELDS && (field[n] = strsep(&rest, "\t")))
        n++;
    while (kinds[form] && (strcmp(field[0], kinds[form]) != 0 || (form == 0 && lines > 0)))
        form++;
    need(kinds[form] && n == strlen(forms[form]) + 1 && (form == 0) == (lines == 0), NULL,
         "not a line that may stand here");
    for (size_t i = 1; i < n; i++) {
        char *in = field[i], *out = in, as = forms[form][i - 1];
        bool good = true;
        if (as == 't') {
            for (; good && *in; in++)
                if (*in != '\\')
                    *out++ = *in;
                else if ((good = *++in && strchr("tn\\", *in)))
                    *out++ = (char)(*in == 't' ? '\t' : *in == 'n' ? '\n' : '\\');
            *out = '\0';
            to = put(to, field[i], (size_t)(out - field[i]));
        } else if (as == 'i') {
            number[i] = strtoll(in, NULL, 10);
            (void)snprintf(again, sizeof again, "%lld", number[i]);
            good = strcmp(again, in) == 0;
            uint64_t big = htobe64((uint64_t)number[i]);
            to = put(to, &big, sizeof big);
        } else if (as == 'x') {
            good = strlen(in) == 64 && strspn(in, "0123456789abcdef") == 64 &&
                   OPENSSL_hexstr2buf_ex(hash[i], HASH, NULL, in, '\0') == 1;
            to = put(to, hash[i], HASH);
        } else {
            good = (nraw = unbase64(in, raw)) >= 0;
        }
        need(good, NULL, "an escape, a number, a hash or base64 that is none");
    }
    if (form == 0) {
        need(sscanf((char *)raw, "%*s 1 %200[!-*,-~]%c", origin, again) == 2 && *again == '\n',
             NULL, "not the first line of one");
        raw[0] = 0;
        to = put(put(raw + 1, origin, strlen(origin)), "1", 1);
        (void)EVP_Digest(raw, (size_t)(to - raw), h, NULL, sha256, NULL);
    } else if (*field[0] == 'e') {
        take_entry((size_t)(to - packed) - HASH - 4); /* without its own hash */
    } else if (*field[0] == 't') {
        if (nruns == 0 || number[1] > runs[nruns - 1].run) {
            struct run *more = reallocarray(runs, nruns + 1, sizeof *runs);
            need((runs = more) && EVP_DigestInit_ex2(of_run, sha256, NULL) == 1, "totals", NULL);
            runs[nruns++].run = number[1];
        }
        need(number[1] == runs[nruns - 1].run, NULL, "totals out of order");
        (void)EVP_DigestUpdate(of_run, raw, len); /* as it came */
        (void)EVP_MD_CTX_copy_ex(scratch, of_run);
        (void)EVP_DigestFinal_ex(scratch, raw, NULL);
        (void)EVP_EncodeBlock((unsigned char *)runs[nruns - 1].totals, raw, HASH);
    } else if (*field[0] == 'n') {
        take_note();
    } else if (*field[0] == 'a' && (number[1] < 1 || number[1] > notes)) {
        FOUND(CUT, "a note was left elsewhere that is not here", "%s", "");
    } else if (*field[0] == 's') {
        struct account *a = account("", field[1]);
        need(!a->told++ && number[2] >= 0, NULL, "an account told twice, or less than none");
        a->live = number[2];
    } else if (*field[0] == 'z') {
        form++; /* nothing may follow */
        (void)EVP_DigestFinal_ex(all, h, NULL);
        need(number[1] == lines && memcmp(h, hash[2], HASH) == 0, NULL, "it is of other lines");
    }
    if (form <= 1)
        need(fwrite(h, HASH, 1, chain) == 1, "a temporary file", NULL);
}

static void
judge(void)
{
    const struct account *odd = NULL;
    for (const struct note *note = given; note < given + ngiven; note++)
        if (strcmp(note->origin, origin) != 0)
            FOUND(REWRITTEN, "a note that was given is of other books", "%s", "");
        else if (agrees(note) && !note->seen)
            FOUND(note->size < last.size ? REWRITTEN : CUT, "a given note is not here", "%s", "");
    for (const struct account *a = accounts; a < accounts + naccounts; a++) {
        bool source = strcmp(a->name, "source") == 0 || strcmp(a->name, "plan") == 0 ||
                      strcmp(a->name, "difference") == 0 || strcmp(a->name, "kept") == 0;
        bool bad = a->booked != a->live || (a->balance < 0 && !source);
        odd = bad && (!odd || strcmp(a->name, odd->name) < 0) ? a : odd;
    }
    if (odd)
        FOUND(DIFFER, "below zero, or not what the tables hold", "%.200s", odd->name);
    if (nkeys == 0)
        FOUND(UNANCHORED, "no key was given: signatures were not checked", "%s", "");
    if (sealed < entries || notes == 0 || (nruns > 0 && runs[nruns - 1].run > newest))
        FOUND(UNANCHORED, "entries, or totals of a run, stand behind the last note", "%s", "");
    for (char *at = whose; *at; at++)
        *at = (char)(*at < ' ' || *at > '~' ? '?' : *at); /* no terminal acts on it */
}

int
main(int argc, char **argv)
{
    const char *memory = NULL, *fault = NULL, *path = argv[argc - 1];
    FILE *file;
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    all = EVP_MD_CTX_new(), of_run = EVP_MD_CTX_new(), scratch = EVP_MD_CTX_new();
    given = calloc((size_t)argc, sizeof *given);
    need((chain = tmpfile()) && sha256 && all && of_run && scratch && given &&
             EVP_DigestInit_ex2(all, sha256, NULL) == 1,
         "memory, or a temporary file", NULL);
    if (argc == 2 && strcmp(path, "--help") == 0)
        return fputs(usage, stdout) < 0 ? 3 : 0;
    need(argc > 1 && argc % 2 == 0, "arguments", "see --help");
    for (int i = 1; i + 1 < argc; i += 2)
        if (strcmp(argv[i], "--key") == 0)
            keys_load(argv[i + 1]);
    for (int i = 1; i + 1 < argc; i += 2) { /* now that all keys are known */
        const char *from = argv[i + 1];
        bool remembered = strcmp(argv[i], "--memory") == 0;
        if (strcmp(argv[i], "--key") == 0)
            continue;
        need(remembered || strcmp(argv[i], "--note") == 0, argv[i], "see --help");
        memory = remembered ? from : memory;
        file = fopen(from, "rbe");
        if (!file && errno == ENOENT && remembered)
            continue; /* the first time */
        size_t len = file ? fread(raw, 1, NOTE, file) : 0;
        need(file && !ferror(file) && fclose(file) == 0, from, NULL);
        need(note_read(raw, len, &given[ngiven], &fault), from, fault);
        if (fault)
            FOUND(FORGED, fault, "%.200s", from);
        ngiven += !fault;
    }
    need((file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rbe")), path, NULL);
    for (; fgets(line, sizeof line, file); lines++)
        take_line(strlen(line));
    need(!ferror(file), "the export", NULL);
    need(!kinds[form], NULL, "cut short");
    judge();
    (void)printf("%s%s\n%sbooks: %s\nentries: %lld\nunsealed: %lld\nnotes: %lld\n",
                 word < WHOLE ? words[word] : "whole", whose, why, origin, entries,
                 entries - sealed, notes);
    need(fflush(stdout) == 0, "the word", NULL);
    if (word == WHOLE && memory) /* the last note takes the place of the one before */
        need(snprintf(line, LINE, "%s.new", memory) < LINE && (file = fopen(line, "we")) &&
                 fputs(last.text, file) >= 0 && fflush(file) == 0 && fsync(fileno(file)) == 0 &&
                 fclose(file) == 0 && rename(line, memory) == 0,
             memory, NULL);
    return word == WHOLE ? 0 : word >= DIFFER ? 1 : 2;
}
