/*
 * package.h - what the office of a unit (a cell) is sent in the morning, as a folder of files:
 *
 *   letter.html   covering letter with the lists, to be read and printed, in the cell's language
 *   list.csv      every row of every list, by machine names; list.xlsx  the same, a sheet a list
 *   package.xml   the same for programs (mappings/package.xsd)
 *   cover.txt     subject and text of a mail: the first line, and what follows the empty one
 *   manifest.txt  number, period, digest of the manifest before, rows of each list, and SHA-256 of
 *                 each of these files ("sha256sum -c manifest.txt" proves them)
 *
 * What stands in them the database decides: rows are read as bridge_cell (cell.h), all of one
 * moment, and go into the files as they come. The letter is one sheet of figures and of what is to
 * be done, and then the first rows of each list that has any, with how many there are. The same
 * state, period and time give the same bytes.
 */
#ifndef BRIDGE_PACKAGE_H
#define BRIDGE_PACKAGE_H

#include "../link/pg.h"
#include "conf.h"
#include "clock.h"
#include "digest.h"

enum package_list {
    PACKAGE_NEW,        /* came since the last package */
    PACKAGE_OVERDUE,    /* open, and due before now */
    PACKAGE_RETURNED,   /* reports that came back */
    PACKAGE_UNACCEPTED, /* replies that their receiver has not taken, and why */
    PACKAGE_DUPLICATES, /* several numbers of one matter */
    PACKAGE_MOVED,      /* went to another unit or office since the last package */
    PACKAGE_OPEN,       /* all that is not over, with what was promised meanwhile */
    PACKAGE_LISTS
};

struct package_file {
    const char *name, *type;
};

#define PACKAGE_FILES    6 /* the last is the manifest */
#define PACKAGE_MANIFEST "manifest.txt"

extern const struct package_file package_files[PACKAGE_FILES];
extern const char *const package_list_names[PACKAGE_LISTS]; /* "new" ... */

struct package {
    const struct conf_cell *cell;
    int64_t number;
    const char *day;       /* YYYY-MM-DD in the zone of bridge.conf */
    const char *since;     /* clock.h text */
    char upto[CLOCK_TEXT]; /* likewise: when it is made */
    const char *previous;  /* hex digest of the manifest before, or NULL */
    /* filled by package_make() and package_count() */
    long rows[PACKAGE_LISTS], lines; /* lines: all of them */
    long due;                        /* of what is open, in time and due within two days */
    unsigned char manifest[DIGEST_BYTES];
};

/* Reads the lists into the files of a new folder, which is on the disk when this answers V_OK; a
 * folder of that name must not be there. V_FATAL "package.write" and the like for what the system
 * says; "page.style", "page.words" for what is wrong in the mappings. */
MUST_CHECK enum verdict
package_make(struct pg *pg, struct arena *mem, const struct conf *conf, struct package *package,
             const char *folder, struct error *err);
/* The figures alone. */
MUST_CHECK enum verdict package_count(struct pg *pg, struct arena *mem, const struct conf *conf,
                                      struct package *package, struct error *err);

/* Whether the files in a folder are those of that manifest. V_REJECT "package.lost",
 * "package.altered".
 */
MUST_CHECK enum verdict
package_prove(struct arena *mem, const char *folder, const unsigned char manifest[DIGEST_BYTES],
              struct error *err);
/* Whether this is the text of a manifest of that digest. */
bool package_is(const char *text, size_t len, const unsigned char manifest[DIGEST_BYTES]);
/* What cover.txt says. */
MUST_CHECK enum verdict package_cover(struct arena *mem, const char *folder, const char **subject,
                                      const char **text, struct error *err);

#endif
