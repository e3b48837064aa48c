/* What the police send to the rehearsal NHRC, and files on their way in and out. */
#include "nhrc_server.h"

#include <unistd.h>

/* A file on its way in: a FILE, its digest, its size. */
struct incoming {
    FILE *file;
    EVP_MD_CTX *md;
    long long size;
    char path[4200], sha256[65];
};

/* ---- what the police send ---- */

/* Whether a reference is known: its acknowledgement, in *same whether what it came with was the
 * same. */
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
n__SubmitReport(struct soap *soap, char *Reference, char *DiaryNo, char *Kind, char *At, char *Text,
                char *ExpectedOn, char *OfficerName, char *OfficerRank, char *OfficerPhone,
                char *Office, char *PoliceNo, char *Outcome, char *Reason, char *MovedTo,
                char *NumberThere, struct n__SubmitReportResponse *out)
{
    char *parts[] = {
        DiaryNo,      Kind,   At,       Text,    ExpectedOn, OfficerName, OfficerRank,
        OfficerPhone, Office, PoliceNo, Outcome, Reason,     MovedTo,     NumberThere
    };
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
    run(ASK("INSERT INTO report (reference, digest, no, kind, at, text, expected, officer, rank, "
            "phone, office, police_no, outcome, reason,"
            " moved_to, number_there, taken) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            Reference, digest, DiaryNo, Kind, stored(soap, At), Text,
            ExpectedOn ? soap_strdup(soap, ExpectedOn) : NULL, OfficerName, OfficerRank,
            OfficerPhone, Office, PoliceNo, Outcome, Reason, MovedTo, NumberThere, now(soap)));
    out->Result = "TAKEN";
    out->AckNo = last_ack(soap, 0);
    run(ASK("UPDATE matter SET status = CASE WHEN ?1 IN ('Action taken report', 'Final report') "
            "THEN '60|Report received'"
            " WHEN ?1 = 'Transfer intimated' THEN '94|Transferred to State Commission' ELSE "
            "'35|Report awaited' END,"
            " changed = max(changed, ?2) WHERE no = ?3",
            Kind, now(soap), DiaryNo));
    return end(soap, 1);
}

int
n__SubmitDocument(struct soap *soap, char *Reference, char *DiaryNo, char *Kind, char *Name,
                  char *Type, struct n__Content Content, struct n__SubmitDocumentResponse *out)
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
    run(ASK("INSERT INTO report_document (reference, digest, no, kind, name, type, size, sha256, "
            "path, taken) VALUES (?,?,?,?,?,?,?,?,?,?)",
            Reference, in->sha256, DiaryNo, Kind, Name, Type, size, in->sha256, path, now(soap)));
    out->Result = "TAKEN";
    out->AckNo = last_ack(soap, 1);
    return end(soap, 1);
}

/* ---- files, piece by piece ---- */

void *
read_open(struct soap *soap, void *handle, const char *id, const char *type,
          const char *description)
{
    (void)id, (void)type, (void)description;
    FILE *f = fopen(handle, "rb");

    if (!f)
        soap->error = soap_receiver_fault(soap, "the file is gone", NULL);
    return f;
}

void
read_close(struct soap *soap, void *handle)
{
    (void)soap;
    if (handle)
        fclose(handle);
}

size_t
read_piece(struct soap *soap, void *handle, char *bytes, size_t len)
{
    (void)soap;
    return fread(bytes, 1, len, handle);
}

void *
write_open(struct soap *soap, void *handle, const char *id, const char *type,
           const char *description, enum soap_mime_encoding encoding)
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

int
write_piece(struct soap *soap, void *handle, const char *bytes, size_t len)
{
    struct incoming *in = handle;

    (void)soap;
    EVP_DigestUpdate(in->md, bytes, len);
    in->size += (long long)len;
    return fwrite(bytes, 1, len, in->file) == len ? SOAP_OK : SOAP_EOF;
}

void
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
