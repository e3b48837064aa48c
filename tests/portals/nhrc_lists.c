/* What the rehearsal NHRC is asked: cases, documents, numbers, counts, references. */
#include "nhrc_server.h"

/* A page: rows of what, changed after (since, after), up to and with until; one more than asked
 * for. */
static sqlite3_stmt *
page(struct soap *soap, const char *table, const char *key, const char *since, const char *after,
     const char *until, int rows)
{
    char sql[256], limit[16];

    snprintf(sql, sizeof sql,
             "SELECT * FROM %s WHERE (changed, %s) > (?1, ?2) AND changed <= ?3 ORDER BY changed, "
             "%s LIMIT ?4 + 0",
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
    static const char *const words[] = { "",
                                         "Illegible",
                                         "Vague, anonymous or pseudonymous",
                                         "Trivial in nature",
                                         "Barred by section 36(1)",
                                         "Barred by section 36(2)",
                                         "Not against a public servant",
                                         "Civil dispute",
                                         "Service matter",
                                         "Labour or industrial dispute",
                                         "No specific violation of human rights",
                                         "Sub judice",
                                         "Covered by a verdict or decision",
                                         "Other" };
    struct n__Reason *out;
    int n = no ? (int)strtol(no, NULL, 10) : 0;

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
        p->MovedTo = col(soap, s, "moved_to");
        p->NumberThere = col(soap, s, "number_there");
    }
}

int
n__ListCases(struct soap *soap, char *Since, char *After, char *Until, int Rows,
             struct n__ListCasesResponse *out)
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
n__ListDocuments(struct soap *soap, char *Since, char *After, char *Until, int Rows,
                 struct n__ListDocumentsResponse *out)
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
        part->__size = (int)strtol(d->Size, NULL, 10);
        part->type = d->Type ? d->Type : "application/octet-stream";
    }
    soap_set_omode(soap, SOAP_ENC_MTOM | SOAP_IO_CHUNK);
    return end(soap, 0);
}

int
n__ListNumbers(struct soap *soap, char *Since, char *After, char *Until, int Rows,
               struct n__ListNumbersResponse *out)
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
    s = ASK("SELECT area, substr(status, 1, instr(status, '|') - 1) AS status, "
            "substr(coalesce(sent_on, diary_date), 1, 10) AS day,"
            " count(*) AS n FROM matter WHERE coalesce(sent_on, diary_date) BETWEEN ?1 AND ?2 "
            "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
            stored(soap, From), stored(soap, To));
    while ((c = next(soap, s, &out->Count, &out->__sizeCount, sizeof *c, 1000000, &more))) {
        c->Area = col(soap, s, "area");
        c->Status = col(soap, s, "status");
        c->Day = col(soap, s, "day");
        c->N = (int)strtol(col(soap, s, "n"), NULL, 10);
    }
    return end(soap, 0);
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
            " SELECT reference, ack, taken, 1 FROM report_document WHERE reference = ?1",
            Reference);
    while ((t = next(soap, s, &out->Taken, &out->__sizeTaken, sizeof *t, 10, &more))) {
        t->Reference = col(soap, s, "reference");
        t->AckNo =
            ack_number(soap, col(soap, s, "ack"), (int)strtol(col(soap, s, "document"), NULL, 10));
        t->At = moment(soap, col(soap, s, "taken"));
    }
    return end(soap, 0);
}
