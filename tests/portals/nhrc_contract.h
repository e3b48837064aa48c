/*
 * nhrc_contract.h - mappings/nhrc.wsdl for soapcpp2 (not for a C compiler): the operations of the rehearsal NHRC. Files are
 * MTOM parts; gSOAP hands them on piece by piece.
 */
//gsoap n service name: HrcNet
//gsoap n service style: document
//gsoap n service encoding: literal
//gsoap n service namespace: urn:nhrc:hrcnet:authority:1
//gsoap n schema namespace: urn:nhrc:hrcnet:authority:1
//gsoap n schema elementForm: qualified
#import "xop.h"

struct n__Status { char *__item; @char *code 1; };
struct n__Due { char *__item; @char *weeks 1; };
struct n__Incident { char *__item; @char *code 1; };
struct n__Reason { char *__item; @char *no 1; };

struct n__Person {
    char *Name 1;
    char *Relative 0;
    char *Gender 0;
    char *Age 0;
    char *Phone 0;
    char *Email 0;
    char *Address 0;
    char *Pin 0;
};

struct n__Proceeding {
    char *SerialNo 1;
    char *Step 1;
    char *On 1;
    char *Section 0;
    char *Text 0;
    struct n__Reason *Reason 0;
};

struct n__Case {
    char *DiaryNo 1;
    char *CaseNo 0;
    struct n__Status *Status 1;
    char *Area 1;
    struct n__Incident *Incident 0;
    char *IncidentDate 0;
    char *Subject 0;
    char *Facts 1;
    char *Respondent 0;
    char *DirectedBy 0;
    struct n__Person *Complainant 1;
    char *DiaryDate 1;
    char *SentOn 0;
    char *DirectedOn 0;
    struct n__Due *ReportDue 0;
    struct n__Reason *Reason 0;
    char *UpdatedAt 1;
    int __sizeProceeding;
    struct n__Proceeding *Proceeding 0;
};

struct n__Content { struct _xop__Include xop__Include; };

struct n__Document {
    char *DocumentId 1;
    char *DiaryNo 1;
    char *Kind 1;
    char *Name 1;
    char *Type 0;
    char *Size 1;
    char *UpdatedAt 1;
    struct n__Content Content 1;
};

struct n__Number { char *DiaryNo 1; struct n__Status *Status 1; char *Area 1; char *SentOn 0; char *UpdatedAt 1; };
struct n__Count { char *Area 1; char *Status 1; char *Day 1; int N 1; };
struct n__Taken { char *Reference 1; char *AckNo 1; char *At 1; };

struct n__ListCasesResponse { @char *more 1; int __sizeCase; struct n__Case *Case 0; };
struct n__ListDocumentsResponse { @char *more 1; int __sizeDocument; struct n__Document *Document 0; };
struct n__ListNumbersResponse { @char *more 1; int __sizeNumber; struct n__Number *Number 0; };
struct n__CountCasesResponse { int __sizeCount; struct n__Count *Count 0; };
struct n__FindReferenceResponse { int __sizeTaken; struct n__Taken *Taken 0; };
struct n__SubmitReportResponse { char *Reference 1; char *Result 1; char *AckNo 0; char *Error 0; char *ErrorText 0; };
struct n__SubmitDocumentResponse { char *Reference 1; char *Result 1; char *AckNo 0; char *Error 0; char *ErrorText 0; };

//gsoap n service method-action: ListCases urn:nhrc:hrcnet:authority:1/ListCases
int n__ListCases(char *Since 1, char *After 0, char *Until 1, int Rows 1, struct n__ListCasesResponse *out);
//gsoap n service method-action: ListDocuments urn:nhrc:hrcnet:authority:1/ListDocuments
int n__ListDocuments(char *Since 1, char *After 0, char *Until 1, int Rows 1, struct n__ListDocumentsResponse *out);
//gsoap n service method-action: ListNumbers urn:nhrc:hrcnet:authority:1/ListNumbers
int n__ListNumbers(char *Since 0, char *After 0, char *Until 1, int Rows 1, struct n__ListNumbersResponse *out);
//gsoap n service method-action: CountCases urn:nhrc:hrcnet:authority:1/CountCases
int n__CountCases(char *From 0, char *To 1, struct n__CountCasesResponse *out);
//gsoap n service method-action: FindReference urn:nhrc:hrcnet:authority:1/FindReference
int n__FindReference(char *Reference 1, struct n__FindReferenceResponse *out);
//gsoap n service method-action: SubmitReport urn:nhrc:hrcnet:authority:1/SubmitReport
int n__SubmitReport(char *Reference 1, char *DiaryNo 1, char *Kind 1, char *At 1, char *Text 0, char *ExpectedOn 0,
    char *OfficerName 0, char *OfficerRank 0, char *OfficerPhone 0, char *Office 0, char *PoliceNo 0, char *Outcome 0,
    char *Reason 0, struct n__SubmitReportResponse *out);
//gsoap n service method-action: SubmitDocument urn:nhrc:hrcnet:authority:1/SubmitDocument
int n__SubmitDocument(char *Reference 1, char *DiaryNo 1, char *Kind 1, char *Name 1, char *Type 0,
    struct n__Content Content 1, struct n__SubmitDocumentResponse *out);
