/*
 * cell.h - reads as the office of a unit (a cell) may: rows of its unit and of all below it, no
 * other, and of a sender no more than the name, where that was given in the open. The database
 * decides what is seen (sql/0015_cell.sql); nothing here filters.
 *
 *   v = cell_enter(pg, mem, "UP-171", err);
 *   if (!v)
 *       v = cell_each(pg, "cell_list", values, count, row, to, err);
 *   if (!v)
 *       v = cell_leave(pg, mem, err);
 *   else
 *       pg_rollback(pg);
 *
 * Statements, their arguments and columns: sql/queries/cell.sql. Between enter and leave the
 * connection is in one transaction that only reads, all of it one moment, and may ask nothing
 * else but what bridge_cell has rights to; what must be written (a package, a report) is written
 * before or after. The login must be one that may take the role: a member of bridge_writer.
 */
#ifndef BRIDGE_CELL_H
#define BRIDGE_CELL_H

#include "../link/pg.h"

/* Not in a transaction. V_REJECT "cell.unit": there is no such unit; the transaction is over then,
 * as after every failure. */
MUST_CHECK enum verdict
cell_enter(struct pg *pg, struct arena *mem, const char *unit, struct error *err);

/* Ends the transaction, and the role with it. V_FATAL "cell.left": the role is still taken. After
 * a failure pg_rollback() does the same. */
MUST_CHECK enum verdict cell_leave(struct pg *pg, struct arena *mem, struct error *err);

/* row is of the page "rows"; texts live until it returns. What it brings back other than V_OK ends
 * the reading. */
typedef enum verdict
cell_row_fn(void *to, const struct pg_rows *rows, size_t row, struct error *err);

/* Every row of a list, in its order, through the connection's one cursor (link/pg.h), so that it is
 * sorted once and memory is that of a thousand rows; row may ask other statements, but none of a
 * cursor. values: the arguments of the statement without its last two, "after" and "count". */
MUST_CHECK enum verdict cell_each(struct pg *pg, const char *statement, const char *const *values,
                                  size_t count, cell_row_fn *row, void *to, struct error *err);

#endif
