/*
 * books.h - the equation of every run, hop and system; what status, show and held print.
 */
#ifndef BRIDGE_BOOKS_H
#define BRIDGE_BOOKS_H

#include "../link/pg.h"

/* offered = applied + unchanged + duplicate + set_aside + conflict + dead + in_doubt
 *         + out_of_window
 * For a push hop offered is what was taken up less what was put back to wait; refused ones are in
 * set_aside. offered comes from the debits, the rest from the credits: they are summed apart. */
struct equation {
    const char *hop, *system, *stream;
    long offered, applied, unchanged, duplicate, set_aside, conflict, dead, in_doubt, out_of_window;
    bool balanced;
};

MUST_CHECK enum verdict books_equations(struct pg *pg, struct arena *mem, int64_t run_id,
                                        struct equation **out, size_t *count, struct error *err);

/* Whole books: no account but sources negative, account balances equal the rows in each state; of
 * the newest run, entries equal the records that they name.
 * *said is NULL when all is well, else the first thing that is not, in one line. */
MUST_CHECK enum verdict
books_check(struct pg *pg, struct arena *mem, const char **said, struct error *err);

#endif
