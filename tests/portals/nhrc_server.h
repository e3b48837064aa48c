/*
 * nhrc_server.h - the inside of the rehearsal NHRC: its store, the beginning and end of each call,
 * and files on their way in.
 */
#ifndef REHEARSAL_NHRC_SERVER_H
#define REHEARSAL_NHRC_SERVER_H

#include <openssl/evp.h>
#include <sqlite3.h>
#include <stdio.h>

#include "soapH.h"

extern const char *folder, *clock_path, *user;
extern char password[256];
extern sqlite3 *db;

/* ---- nhrc_store.c ---- */

void die(const char *what);
/* A statement with its values; a NULL value is an SQL NULL. */
sqlite3_stmt *ask_n(const char *sql, int n, const char *const *values);
void run(sqlite3_stmt *s);
/* A column by name, copied for the reply; NULL stays. */
char *col(struct soap *soap, sqlite3_stmt *s, const char *name);
/* Times are 2020-11-05 12:00:00 in the store, 2020-11-05T12:00:00+05:30 outside. */
char *moment(struct soap *soap, char *stored);
char *day(struct soap *soap, char *stored);
/* Any RFC 3339 time as the store writes it; "" for none. */
char *stored(struct soap *soap, const char *text);
char *now(struct soap *soap);
char *ack_number(struct soap *soap, const char *ack, int document);

#define ASK(sql, ...)                                                                              \
    ask_n(sql, (int)(sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)),               \
          (const char *const[]){ __VA_ARGS__ })

/* ---- nhrc_server.c ---- */

/* What every call begins and ends with. 0 = go on; else what the operation returns. */
int begin(struct soap *soap, const char *name);
int end(struct soap *soap, int changed);

/* ---- nhrc_reports.c: files, piece by piece ---- */

void *read_open(struct soap *soap, void *handle, const char *id, const char *type,
                const char *description);
size_t read_piece(struct soap *soap, void *handle, char *bytes, size_t len);
void read_close(struct soap *soap, void *handle);
void *write_open(struct soap *soap, void *handle, const char *id, const char *type,
                 const char *description, enum soap_mime_encoding encoding);
int write_piece(struct soap *soap, void *handle, const char *bytes, size_t len);
void write_close(struct soap *soap, void *handle);

#endif
