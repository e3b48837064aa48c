/*
 * Rehearsal NHRC: the contract of mappings/nhrc.wsdl by gSOAP, TLS by gSOAP itself. Built from nhrc_contract.h by nhrc.py.
 *
 *     nhrc_server FOLDER CLOCK USER
 *
 * FOLDER holds store.db, password, server.pem with key (tls.pem); it takes the port, and received/ for files. Files go both
 * ways piece by piece: none is ever in memory. One connection at a time, one request on each.
 */
#include <openssl/evp.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "HrcNet.nsmap"
#include "soapH.h"

#define IST (5 * 3600 + 1800)

static const char *folder, *clock_path, *user;
static char password[256], fault_kind[32], fault_arg[64], operation[32];
static sqlite3 *db;
static FILE *request_file;
static size_t (*plain_recv)(struct soap *, char *, size_t);

/* ---- the store ---- */

static void
die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(db));
    exit(1);
}

/* A statement with its values, ended by NULL; values may not be NULL: see ask_n(). */
static sqlite3_stmt *
ask_n(const char *sql, int n, const char *const *values)
{
    sqlite3_stmt *s;

    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
        die(sql);
    for (int i = 0; i < n; i++)
        if (values[i])
            sqlite3_bind_text(s, i + 1, values[i], -1, SQLITE_TRANSIENT);
    return s;
}

#define ASK(sql, ...)                                                                  \
    ask_n(sql, (int)(sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)), \
          (const char *const[]){ __VA_ARGS__ })

static void
run(sqlite3_stmt *s)
{
    if (sqlite3_step(s) != SQLITE_DONE)
        die(sqlite3_sql(s));
    sqlite3_finalize(s);
}

/* A column by name, copied for the reply; NULL stays. */
static char *
col(struct soap *soap, sqlite3_stmt *s, const char *name)
{
    for (int i = 0; i < sqlite3_column_count(s); i++)
        if (strcmp(sqlite3_column_name(s, i), name) == 0) {
            const char *text = (const char *)sqlite3_column_text(s, i);

            return text ? soap_strdup(soap, text) : NULL;
        }
    die(name);
    return NULL;
}

/* ---- times: 2020-11-05 12:00:00 in the store, 2020-11-05T12:00:00+05:30 outside ---- */

static char *
moment(struct soap *soap, char *stored)
{
    char *out;

    if (!stored)
        return NULL;
    out = soap_malloc(soap, 32);
    snprintf(out, 32, "%.10sT%.8s+05:30", stored, stored + 11);
    return out;
}

static char *
day(struct soap *soap, char *stored)
{
    (void)soap;
    if (stored)
        stored[10] = '\0';
    return stored;
}

/* Any RFC 3339 time as the store writes it; "" for none. */
static char *
stored(struct soap *soap, const char *text)
{
    struct tm tm = { 0 };
    int hours = 0, minutes = 0;
    char sign = 'Z', *out = soap_malloc(soap, 32);
    time_t at;
    const char *zone;

    *out = '\0';
    if (!text || sscanf(text, "%d-%d-%dT%d:%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
        return out;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    zone = text + 19 + strspn(text + 19, ".0123456789");
    if (*zone != 'Z')
        sscanf(zone, "%c%d:%d", &sign, &hours, &minutes);
    at = timegm(&tm) - (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60) + IST;
    gmtime_r(&at, &tm);
    strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm);
    return out;
}

static char *
now(struct soap *soap)
{
    char line[64] = "";
    FILE *f = fopen(clock_path, "r");

    if (!f || !fgets(line, sizeof line, f))
        die("clock");
    fclose(f);
    return stored(soap, line);
}

/* ---- what every call begins and ends with ---- */

static void
note(int changed)
{
    char n[16];

    snprintf(n, sizeof n, "%d", changed);
    run(ASK("INSERT INTO call VALUES (?1, 1, ?2) ON CONFLICT (operation) DO UPDATE SET n = n + 1, changed = changed + ?2", operation,
            n));
}

static int
broken(struct soap *soap)
{
    soap_force_closesock(soap);
    return soap->error = SOAP_STOP;
}

/* 0 = go on. */
static int
begin(struct soap *soap, const char *name)
{
    sqlite3_stmt *s;
    int times;

    snprintf(operation, sizeof operation, "%s", name);
    *fault_kind = *fault_arg = '\0';
    if (!soap->userid || !soap->passwd || strcmp(soap->userid, user) != 0 || strcmp(soap->passwd, password) != 0) {
        soap_send_empty_response(soap, 401);
        return soap->error = SOAP_STOP;
    }
    s = ASK("SELECT id, kind, arg, times FROM fault WHERE operation IN (?, '*') ORDER BY id LIMIT 1", name);
    if (sqlite3_step(s) == SQLITE_ROW) {
        char *id = col(soap, s, "id");

        times = sqlite3_column_int(s, 3);
        snprintf(fault_kind, sizeof fault_kind, "%s", sqlite3_column_text(s, 1));
        snprintf(fault_arg, sizeof fault_arg, "%s", sqlite3_column_text(s, 2));
        run(times > 1 ? ASK("UPDATE fault SET times = times - 1 WHERE id = ?", id) : ASK("DELETE FROM fault WHERE id = ?", id));
    }
    sqlite3_finalize(s);
    if (strcmp(fault_kind, "delay") == 0)
        usleep((useconds_t)(atof(fault_arg) * 1e6));
    if (strcmp(fault_kind, "drop_before") == 0) {
        note(0);
        return broken(soap);
    }
    if (strcmp(fault_kind, "http") == 0) {
        note(0);
        soap_send_empty_response(soap, atoi(fault_arg));
        return soap->error = SOAP_STOP;
    }
    if (strcmp(fault_kind, "fault") == 0) {
        note(0);
        soap_sender_fault(soap, "as ordered", NULL);
        soap->fault->faultcode = soap_strdup(soap, *fault_arg ? fault_arg : "SOAP-ENV:Server");
        return soap->error;
    }
    return 0;
}

static int
end(struct soap *soap, int changed)
{
    note(changed);
    if (strcmp(fault_kind, "drop") == 0)
        return broken(soap);
    if (strcmp(fault_kind, "effect_no_reply") == 0)
        return soap_receiver_fault(soap, "as ordered", NULL);
    return SOAP_OK;
}

/* A page: rows of what, changed after (since, after), up to and with until; one more than asked for. */
static sqlite3_stmt *
page(struct soap *soap, const char *table, const char *key, const char *since, const char *after, const char *until, int rows)
{
    char sql[256], limit[16];

    snprintf(sql, sizeof sql, "SELECT * FROM %s WHERE (changed, %s) > (?1, ?2) AND changed <= ?3 ORDER BY changed, %s LIMIT ?4 + 0",
             table, key, key);
    snprintf(limit, sizeof limit, "%d", rows + 1);
    return ASK(sql, stored(soap, since), after ? after : "", stored(soap, until), limit);
}

/* The next row of a page, with room for it behind the list; NULL at its end, *more told. */
static void *
next(struct soap *soap, sqlite3_stmt *s, void *list, int *n, size_t size, int rows, char **more)
{
    if (*n == 0)
        *more = "false";
    if (sqlite3_step(s) != SQLITE_ROW || (*n == rows && (*more = "true"))) {
        sqlite3_finalize(s);
        return NULL;
    }
    char *all = *(char **)list;

    if ((*n & (*n - 1)) == 0) { /* room is a power of two */
        all = soap_malloc(soap, size * (size_t)(*n == 0 ? 1 : *n * 2));
        if (*n > 0)
            memcpy(all, *(char **)list, size * (size_t)*n);
    }
    *(char **)list = all;
    all += size * (size_t)(*n)++;
    memset(all, 0, size);
    return all;
}

/* "60|Report received" -> the text, with the code in an attribute */
static struct n__Status *
status(struct soap *soap, char *word)
{
    struct n__Status *out = soap_malloc(soap, sizeof *out);
    char *bar = strchr(word, '|');

    *bar = '\0';
    out->code = word;
    out->__item = bar + 1;
    return out;
}

static struct n__Reason *
reason(struct soap *soap, char *no)
{
    static const char *const words[] = { "", "Illegible", "Vague, anonymous or pseudonymous", "Trivial in nature",
        "Barred by section 36(1)", "Barred by section 36(2)", "Not against a public servant", "Civil dispute", "Service matter",
        "Labour or industrial dispute", "No specific violation of human rights", "Sub judice", "Covered by a verdict or decision",
        "Other" };
    struct n__Reason *out;
    int n = no ? atoi(no) : 0;

    if (!no)
        return NULL;
    out = soap_malloc(soap, sizeof *out);
    out->no = no;
    out->__item = (char *)(n >= 1 && n <= 13 ? words[n] : "?");
    return out;
}

/* ---- questions ---- */

static void
proceedings(struct soap *soap, struct n__Case *c)
{
    sqlite3_stmt *s = ASK("SELECT * FROM proceeding WHERE no = ? ORDER BY seq", c->DiaryNo);
    struct n__Proceeding *p;
    char *more;

    while ((p = next(soap, s, &c->Proceeding, &c->__sizeProceeding, sizeof *p, 100000, &more))) {
        p->SerialNo = col(soap, s, "seq");
        p->Step = col(soap, s, "step");
        p->On = moment(soap, col(soap, s, "at"));
        p->Section = col(soap, s, "section");
        p->Text = col(soap, s, "text");
        p->Reason = reason(soap, col(soap, s, "reason"));
    }
}

int
n__ListCases(struct soap *soap, char *Since, char *After, char *Until, int Rows, struct n__ListCasesResponse *out)
{
    sqlite3_stmt *s;
    struct n__Case *c;

    if (begin(soap, "ListCases"))
        return soap->error;
    memset(out, 0, sizeof *out);
    s = page(soap, "matter", "no", Since, After, Until, Rows);
    while ((c = next(soap, s, &out->Case, &out->__sizeCase, sizeof *c, Rows, &out->more))) {
        c->DiaryNo = col(soap, s, "no");
        c->CaseNo = col(soap, s, "case_no");
        c->Status = status(soap, col(soap, s, "status"));
        c->Area = col(soap, s, "area");
        if (col(soap, s, "incident")) {
            c->Incident = soap_malloc(soap, sizeof *c->Incident);
            c->Incident->code = col(soap, s, "incident");
            c->Incident->__item = col(soap, s, "incident_text");
        }
        c->IncidentDate = day(soap, col(soap, s, "incident_on"));
        c->Subject = col(soap, s, "subject");
        c->Facts = col(soap, s, "facts");
        c->Respondent = col(soap, s, "respondent");
        c->DirectedBy = col(soap, s, "directed_by");
        c->Complainant = soap_malloc(soap, sizeof *c->Complainant);
        c->Complainant->Name = col(soap, s, "name");
        c->Complainant->Relative = col(soap, s, "relative");
        c->Complainant->Gender = col(soap, s, "gender");
        c->Complainant->Age = col(soap, s, "age");
        c->Complainant->Phone = col(soap, s, "phone");
        c->Complainant->Email = col(soap, s, "email");
        c->Complainant->Address = col(soap, s, "address");
        c->Complainant->Pin = col(soap, s, "pin");
        c->DiaryDate = moment(soap, col(soap, s, "diary_date"));
        c->SentOn = moment(soap, col(soap, s, "sent_on"));
        c->DirectedOn = day(soap, col(soap, s, "directed_on"));
        if (col(soap, s, "due")) {
            c->ReportDue = soap_malloc(soap, sizeof *c->ReportDue);
            c->ReportDue->weeks = col(soap, s, "weeks");
            c->ReportDue->__item = day(soap, col(soap, s, "due"));
        }
        c->Reason = reason(soap, col(soap, s, "reason"));
        c->UpdatedAt = moment(soap, col(soap, s, "changed"));
        proceedings(soap, c);
    }
    return end(soap, 0);
}

int
n__ListDocuments(struct soap *soap, char *Since, char *After, char *Until, int Rows, struct n__ListDocumentsResponse *out)
{
    sqlite3_stmt *s;
    struct n__Document *d;

    if (begin(soap, "ListDocuments"))
        return soap->error;
    memset(out, 0, sizeof *out);
    s = page(soap, "document", "id", Since, After, Until, Rows);
    while ((d = next(soap, s, &out->Document, &out->__sizeDocument, sizeof *d, Rows, &out->more))) {
        struct _xop__Include *part = &d->Content.xop__Include;

        d->DocumentId = col(soap, s, "id");
        d->DiaryNo = col(soap, s, "no");
        d->Kind = col(soap, s, "kind");
        d->Name = col(soap, s, "name");
        d->Type = col(soap, s, "type");
        d->Size = col(soap, s, "size");
        d->UpdatedAt = moment(soap, col(soap, s, "changed"));
        part->__ptr = (unsigned char *)col(soap, s, "path"); /* for read_open() */
        part->__size = atoi(d->Size);
        part->type = d->Type ? d->Type : "application/octet-stream";
    }
    soap_set_omode(soap, SOAP_ENC_MTOM | SOAP_IO_CHUNK);
    return end(soap, 0);
}

int
n__ListNumbers(struct soap *soap, char *Since, char *After, char *Until, int Rows, struct n__ListNumbersResponse *out)
{
    sqlite3_stmt *s;
    struct n__Number *n;

    if (begin(soap, "ListNumbers"))
        return soap->error;
    memset(out, 0, sizeof *out);
    s = page(soap, "matter", "no", Since, After, Until, Rows);
    while ((n = next(soap, s, &out->Number, &out->__sizeNumber, sizeof *n, Rows, &out->more))) {
        n->DiaryNo = col(soap, s, "no");
        n->Status = status(soap, col(soap, s, "status"));
        n->Area = col(soap, s, "area");
        n->SentOn = moment(soap, col(soap, s, "sent_on"));
        n->UpdatedAt = moment(soap, col(soap, s, "changed"));
    }
    return end(soap, 0);
}

int
n__CountCases(struct soap *soap, char *From, char *To, struct n__CountCasesResponse *out)
{
    sqlite3_stmt *s;
    struct n__Count *c;
    char *more;

    if (begin(soap, "CountCases"))
        return soap->error;
    memset(out, 0, sizeof *out);
    s = ASK("SELECT area, substr(status, 1, instr(status, '|') - 1) AS status, substr(coalesce(sent_on, diary_date), 1, 10) AS day,"
            " count(*) AS n FROM matter WHERE coalesce(sent_on, diary_date) BETWEEN ?1 AND ?2 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
            stored(soap, From), stored(soap, To));
    while ((c = next(soap, s, &out->Count, &out->__sizeCount, sizeof *c, 1000000, &more))) {
        c->Area = col(soap, s, "area");
        c->Status = col(soap, s, "status");
        c->Day = col(soap, s, "day");
        c->N = atoi(col(soap, s, "n"));
    }
    return end(soap, 0);
}

static char *
ack_number(struct soap *soap, const char *ack, int document)
{
    char *out = soap_malloc(soap, 32);

    snprintf(out, 32, "%s/%06d", document ? "DOC" : "RPT", atoi(ack));
    return out;
}

int
n__FindReference(struct soap *soap, char *Reference, struct n__FindReferenceResponse *out)
{
    sqlite3_stmt *s;
    struct n__Taken *t;
    char *more;

    if (begin(soap, "FindReference"))
        return soap->error;
    memset(out, 0, sizeof *out);
    s = ASK("SELECT reference, ack, taken, 0 AS document FROM report WHERE reference = ?1 UNION ALL"
            " SELECT reference, ack, taken, 1 FROM report_document WHERE reference = ?1", Reference);
    while ((t = next(soap, s, &out->Taken, &out->__sizeTaken, sizeof *t, 10, &more))) {
        t->Reference = col(soap, s, "reference");
        t->AckNo = ack_number(soap, col(soap, s, "ack"), atoi(col(soap, s, "document")));
        t->At = moment(soap, col(soap, s, "taken"));
    }
    return end(soap, 0);
}

/* ---- what the police send ---- */

/* Whether a reference is known: its acknowledgement, in *same whether what it came with was the same. */
static char *
known(struct soap *soap, const char *table, const char *reference, const char *digest, int *same)
{
    char sql[128], *ack = NULL;
    sqlite3_stmt *s;

    snprintf(sql, sizeof sql, "SELECT ack, digest FROM %s WHERE reference = ?", table);
    s = ASK(sql, reference);
    if (sqlite3_step(s) == SQLITE_ROW) {
        ack = col(soap, s, "ack");
        *same = strcmp(col(soap, s, "digest"), digest) == 0;
    }
    sqlite3_finalize(s);
    return ack;
}

static int
is_case(const char *diary)
{
    sqlite3_stmt *s = ASK("SELECT 1 FROM matter WHERE no = ?", diary);
    int found = sqlite3_step(s) == SQLITE_ROW;

    sqlite3_finalize(s);
    return found;
}

static char *
last_ack(struct soap *soap, int document)
{
    char n[32];

    snprintf(n, sizeof n, "%lld", (long long)sqlite3_last_insert_rowid(db));
    return ack_number(soap, n, document);
}

int
n__SubmitReport(struct soap *soap, char *Reference, char *DiaryNo, char *Kind, char *At, char *Text, char *ExpectedOn,
                char *OfficerName, char *OfficerRank, char *OfficerPhone, char *Office, char *PoliceNo, char *Outcome, char *Reason,
                struct n__SubmitReportResponse *out)
{
    char *parts[] = { DiaryNo, Kind, At, Text, ExpectedOn, OfficerName, OfficerRank, OfficerPhone, Office, PoliceNo, Outcome, Reason };
    char digest[2 * EVP_MAX_MD_SIZE + 1] = "", *ack;
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned len;
    EVP_MD_CTX *md;
    int same = 0;

    if (begin(soap, "SubmitReport"))
        return soap->error;
    memset(out, 0, sizeof *out);
    md = EVP_MD_CTX_new();
    EVP_DigestInit_ex(md, EVP_sha256(), NULL);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        EVP_DigestUpdate(md, parts[i] ? parts[i] : "\1", parts[i] ? strlen(parts[i]) + 1 : 1);
    EVP_DigestFinal_ex(md, sum, &len);
    EVP_MD_CTX_free(md);
    for (unsigned i = 0; i < len; i++)
        snprintf(digest + 2 * i, 3, "%02x", sum[i]);
    out->Reference = Reference;
    out->Result = "REFUSED";
    ack = known(soap, "report", Reference, digest, &same);
    if (ack && same) {
        out->Result = "REPEATED";
        out->AckNo = ack_number(soap, ack, 0);
        return end(soap, 0);
    }
    if (ack) {
        out->Error = "REFERENCE_USED";
        return end(soap, 0);
    }
    if (!is_case(DiaryNo)) {
        out->Error = "NO_SUCH_DIARY";
        return end(soap, 0);
    }
    run(ASK("INSERT INTO report (reference, digest, no, kind, at, text, expected, officer, rank, phone, office, police_no, outcome, reason,"
            " taken) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", Reference, digest, DiaryNo, Kind, stored(soap, At), Text,
            ExpectedOn ? soap_strdup(soap, ExpectedOn) : NULL, OfficerName, OfficerRank, OfficerPhone, Office, PoliceNo, Outcome, Reason,
            now(soap)));
    out->Result = "TAKEN";
    out->AckNo = last_ack(soap, 0);
    run(ASK("UPDATE matter SET status = CASE WHEN ?1 IN ('Action taken report', 'Final report') THEN '60|Report received'"
            " WHEN ?1 = 'Transfer intimated' THEN '94|Transferred to State Commission' ELSE '35|Report awaited' END,"
            " changed = max(changed, ?2) WHERE no = ?3", Kind, now(soap), DiaryNo));
    return end(soap, 1);
}

/* A file on its way in: a FILE, its digest, its size. */
struct incoming {
    FILE *file;
    EVP_MD_CTX *md;
    long long size;
    char path[4200], sha256[65];
};

int
n__SubmitDocument(struct soap *soap, char *Reference, char *DiaryNo, char *Kind, char *Name, char *Type, struct n__Content Content,
                  struct n__SubmitDocumentResponse *out)
{
    struct incoming *in = (struct incoming *)Content.xop__Include.__ptr;
    char size[32], path[4200], *ack;
    int same = 0;

    if (begin(soap, "SubmitDocument"))
        return soap->error;
    memset(out, 0, sizeof *out);
    out->Reference = Reference;
    out->Result = "REFUSED";
    if (!in || in->size == 0) {
        out->Error = "NO_CONTENT";
        return end(soap, 0);
    }
    ack = known(soap, "report_document", Reference, in->sha256, &same);
    if (ack) {
        unlink(in->path);
        out->Result = same ? "REPEATED" : "REFUSED";
        out->Error = same ? NULL : "REFERENCE_USED";
        out->AckNo = same ? ack_number(soap, ack, 1) : NULL;
        return end(soap, 0);
    }
    if (!is_case(DiaryNo)) {
        unlink(in->path);
        out->Error = "NO_SUCH_DIARY";
        return end(soap, 0);
    }
    snprintf(size, sizeof size, "%lld", in->size);
    snprintf(path, sizeof path, "%s/received/%s", folder, in->sha256);
    rename(in->path, path);
    run(ASK("INSERT INTO report_document (reference, digest, no, kind, name, type, size, sha256, path, taken) VALUES (?,?,?,?,?,?,?,?,?,?)",
            Reference, in->sha256, DiaryNo, Kind, Name, Type, size, in->sha256, path, now(soap)));
    out->Result = "TAKEN";
    out->AckNo = last_ack(soap, 1);
    return end(soap, 1);
}

/* ---- files, piece by piece ---- */

static void *
read_open(struct soap *soap, void *handle, const char *id, const char *type, const char *description)
{
    (void)id, (void)type, (void)description;
    FILE *f = fopen(handle, "rb");

    if (!f)
        soap->error = soap_receiver_fault(soap, "the file is gone", NULL);
    return f;
}

static void
read_close(struct soap *soap, void *handle)
{
    (void)soap;
    if (handle)
        fclose(handle);
}

static size_t
read_piece(struct soap *soap, void *handle, char *bytes, size_t len)
{
    (void)soap;
    return fread(bytes, 1, len, handle);
}

static void *
write_open(struct soap *soap, void *handle, const char *id, const char *type, const char *description, enum soap_mime_encoding encoding)
{
    static unsigned serial;
    struct incoming *in = soap_malloc(soap, sizeof *in);

    (void)handle, (void)id, (void)type, (void)description, (void)encoding;
    memset(in, 0, sizeof *in);
    snprintf(in->path, sizeof in->path, "%s/received/new-%ld-%u", folder, (long)getpid(), ++serial);
    in->file = fopen(in->path, "wb");
    in->md = EVP_MD_CTX_new();
    EVP_DigestInit_ex(in->md, EVP_sha256(), NULL);
    return in;
}

static int
write_piece(struct soap *soap, void *handle, const char *bytes, size_t len)
{
    struct incoming *in = handle;

    (void)soap;
    EVP_DigestUpdate(in->md, bytes, len);
    in->size += (long long)len;
    return fwrite(bytes, 1, len, in->file) == len ? SOAP_OK : SOAP_EOF;
}

static void
write_close(struct soap *soap, void *handle)
{
    struct incoming *in = handle;
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned len;

    (void)soap;
    if (!in->file)
        return;
    fclose(in->file);
    in->file = NULL;
    EVP_DigestFinal_ex(in->md, sum, &len);
    EVP_MD_CTX_free(in->md);
    for (unsigned i = 0; i < len; i++)
        snprintf(in->sha256 + 2 * i, 3, "%02x", sum[i]);
}

/* ---- the server ---- */

/* Where the folder asks for it, requests are kept as they came. */
static size_t
recv_kept(struct soap *soap, char *bytes, size_t len)
{
    size_t got = plain_recv(soap, bytes, len);

    if (request_file)
        fwrite(bytes, 1, got, request_file);
    return got;
}

static void
open_request_file(unsigned n)
{
    char path[4200];

    snprintf(path, sizeof path, "%s/requests", folder);
    if (access(path, W_OK) != 0)
        return;
    snprintf(path, sizeof path, "%s/requests/%06u", folder, n);
    request_file = fopen(path, "wb");
}

static void
serve_one(struct soap *soap, unsigned n)
{
    if (soap_ssl_accept(soap) == SOAP_OK) {
        plain_recv = soap->frecv;
        soap->frecv = recv_kept;
        open_request_file(n);
        soap_serve(soap);
        soap->frecv = plain_recv;
        if (request_file)
            fclose(request_file);
        request_file = NULL;
    }
    soap_closesock(soap);
    soap_destroy(soap);
    soap_end(soap);
}

static void
write_port(int port)
{
    char path[4200], final[4200];
    FILE *f;

    snprintf(path, sizeof path, "%s/port.new", folder);
    snprintf(final, sizeof final, "%s/port", folder);
    f = fopen(path, "w");
    fprintf(f, "%d\n", port);
    fclose(f);
    rename(path, final);
}

int
main(int argc, char **argv)
{
    struct soap *soap = soap_new2(SOAP_C_UTFSTRING, SOAP_C_UTFSTRING);
    char path[4200];
    struct sockaddr_in at;
    socklen_t len = sizeof at;
    FILE *f;

    if (argc != 4)
        return 2;
    folder = argv[1];
    clock_path = argv[2];
    user = argv[3];
    signal(SIGPIPE, SIG_IGN);
    snprintf(path, sizeof path, "%s/store.db", folder);
    if (sqlite3_open(path, &db) != SQLITE_OK)
        die("store");
    sqlite3_busy_timeout(db, 60000);
    snprintf(path, sizeof path, "%s/password", folder);
    f = fopen(path, "r");
    if (!f || !fgets(password, sizeof password, f))
        die("password");
    fclose(f);
    password[strcspn(password, "\n")] = '\0';
    snprintf(path, sizeof path, "%s/received", folder);
    mkdir(path, 0700);

    soap_ssl_init();
    snprintf(path, sizeof path, "%s/tls.pem", folder);
    if (soap_ssl_server_context(soap, SOAP_TLSv1_2 | SOAP_TLSv1_3, path, NULL, NULL, NULL, NULL, NULL, NULL)) {
        soap_print_fault(soap, stderr);
        return 1;
    }
    soap->fmimereadopen = read_open;
    soap->fmimeread = read_piece;
    soap->fmimereadclose = read_close;
    soap->fmimewriteopen = write_open;
    soap->fmimewrite = write_piece;
    soap->fmimewriteclose = write_close;
    soap->recv_timeout = soap->send_timeout = 120;
    soap->bind_flags = SO_REUSEADDR;
    if (!soap_valid_socket(soap_bind(soap, "127.0.0.1", 0, 100)) || getsockname(soap->master, (struct sockaddr *)&at, &len) != 0) {
        soap_print_fault(soap, stderr);
        return 1;
    }
    write_port(ntohs(at.sin_port));
    for (unsigned n = 1;; n++)
        if (soap_valid_socket(soap_accept(soap)))
            serve_one(soap, n);
}
