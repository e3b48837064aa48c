/*
 * odbc_peer.h - what the files of adapters/odbc share: the connection and running a planned text.
 */
#ifndef BRIDGE_ODBC_PEER_H
#define BRIDGE_ODBC_PEER_H

#include "odbc_plan.h"

struct odbc_settings {
    const char *connection, *user, *password; /* password is env: or file: */
    long timeout, login_timeout, block;
};

struct odbc_state {
    struct arena *mem; /* lives as long as the connection */
    struct odbc *db;   /* NULL: not connected */
    struct plan plan;
};

/* Connects where there is no connection, and compiles the map for the DBMS that answers. */
MUST_CHECK enum verdict peer_connect(struct adapter *a, struct error *err);
/* Gives a lost connection up, so that the next call makes another. */
void peer_leave(struct adapter *a);
struct plan_call *peer_call(const struct adapter *a, const struct map_call *call);

/* Runs one text; record may be NULL. */
MUST_CHECK enum verdict
peer_run(struct adapter *a, struct arena *mem, struct plan_sql *sql, const struct adapter_var *vars,
         size_t var_count, const struct record *record, struct odbc_rows *rows, struct error *err);

/* Brings what the files of these records hold into the content store, one after the other; bytes
 * that alone are bad hold their record. */
MUST_CHECK enum verdict peer_contents(struct adapter *a, struct arena *mem, struct plan_call *plan,
                                      struct record *records, struct error *err);

MUST_CHECK enum verdict peer_push(struct adapter *a, struct arena *mem, const struct map_call *call,
                                  struct push_item *items, size_t count, struct error *err);

#endif
