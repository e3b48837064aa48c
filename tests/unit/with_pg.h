/*
 * with_pg.h - a private PostgreSQL for one test program: in a folder of its own below /tmp, on a
 * unix socket only, ended by its process id. As root it runs as the user "postgres".
 */
#ifndef BRIDGE_WITH_PG_H
#define BRIDGE_WITH_PG_H

/* For cmocka's group set-up and tear-down; 0 = good. */
int with_pg_begin(void **state);
int with_pg_end(void **state);

/* Makes an empty database (copied from another, when one is named) and gives its conninfo, which
 * lives until the end; the statements below then go to it, as a superuser. */
const char *with_pg_database(const char *name, const char *from);
/* The same database as another user (trusted, no password). */
const char *with_pg_as(const char *user);

/* These end the test program with the server's words when a statement fails. */
void with_pg_do(const char *sql);
long with_pg_number(const char *sql);      /* first value; -1 for NULL or no row */
const char *with_pg_text(const char *sql); /* first value, until the next call; "" for NULL */
/* SQLSTATE of a statement that should fail; "" when it does not. Rolled back in both cases. */
const char *with_pg_state(const char *sql);

#endif
