/*
 * package_mail.h - a package as one mail, in the first form that is small enough.
 *
 *   0  every file as it is
 *   1  list.csv and package.xml in lists.zip
 *   2  list.csv in lists.zip; list.xlsx and package.xml left out
 *   3  letter, cover and manifest alone
 *
 * What a form changes or leaves out its text says, with what is kept here and where to ask; the
 * manifest has the digest of every file and the rows of every list in each of them. lists.zip
 * unpacked beside the others is what the manifest names. The same package in the same form is the
 * same files, whenever it is sent.
 */
#ifndef BRIDGE_PACKAGE_MAIL_H
#define BRIDGE_PACKAGE_MAIL_H

#include "../link/mail.h"
#include "buf.h"
#include "package_book.h"

#define PACKAGE_MAIL_FORMS 4

struct package_mail {
    const char *subject, *text;
    struct mail_file files[PACKAGE_FILES];
    size_t file_count;
    const char *left;   /* names of files that are not in it, "a.xml, b.xlsx"; or NULL */
    struct buf archive; /* what files may point into: released by the caller */
};

/* folder: of its files. V_REJECT "package.lost". */
MUST_CHECK enum verdict
package_mail(struct arena *mem, const struct conf *conf, const struct conf_cell *cell,
             const struct package_due *due, const char *folder, int form, struct package_mail *out,
             struct error *err);

#endif
