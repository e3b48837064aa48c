/*
 * odbc_aid.h - what the tests of ODBC share: the map, connections, records and calls.
 */
#ifndef BRIDGE_TEST_ODBC_AID_H
#define BRIDGE_TEST_ODBC_AID_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../adapters/odbc_peer.h"

extern const struct adapter_ops adapter_odbc;
extern struct arena *aid_mem;
extern struct mapping aid_map;        /* mappings/cctns.map */
extern struct contents *aid_contents; /* an empty store in a folder of its own */

/* Group fixtures: the map, the clock, an empty SQLite file, an empty content store. */
int aid_set_up(void **state);
int aid_tear_down(void **state);

void aid_remove(const char *folder); /* with all that is in it */

/* 0 SQLite, 1 MariaDB (BRIDGE_TEST_MARIADB), 2 PostgreSQL (BRIDGE_TEST_PGODBC); NULL = not there.
 */
const char *aid_connection(size_t dialect);
struct odbc_settings aid_settings(size_t dialect);
struct odbc_options aid_options(size_t dialect);
struct adapter aid_adapter(const struct odbc_settings *settings);

/* Prints the error when the verdict is not V_OK, and fails. */
void aid_ok(enum verdict v, const struct error *err);
char *aid_repeated(const char *piece, size_t times);

struct record *aid_record(const char *stream);
struct field *aid_field(const struct record *r, const char *remote);
void aid_put(struct record *r, const char *remote, const char *text);
const char *aid_get(const struct record *r, const char *remote);
/* A complaint as the mapper writes it for this system, of a district of its own scheme. */
struct record *aid_complaint(const char *district, const char *text);
const struct record *aid_find(const struct page *page, const char *remote, const char *value);

struct push_item aid_item(struct record *r);
/* From 1970 on, without an upper cut. */
struct page aid_pull(struct adapter *a, const char *call, const char *after, const char *rows);
void aid_push(struct adapter *a, const char *call, struct push_item *item);

#endif
