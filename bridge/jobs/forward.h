/*
 * forward.h - the morning's package of each cell of bridge.conf: made, sent, acknowledged. Skipped
 * where there is no [cell NAME].
 *
 * A cell has one package of a day (core/package.h), which is made before anything of it leaves and
 * is sent as it is until its receiver has it. SFTP and folders have it once: it is renamed into
 * place, and one that is there is not put again. Mail may come twice after a crash or a lost
 * answer, each time under the same Message-ID and number and with the same files. A package that
 * is too large for a mail goes in a smaller form that says so (core/package_mail.h).
 *
 * It is acknowledged by a file "ack-NUMBER" that the receiver leaves beside it (folder, SFTP), or
 * by the unit's first action in the police system, after it was sent, on a complaint that it had
 * then.
 *
 * What goes wrong with one cell is trouble of that cell: the others go on. What was refused is sent
 * again only when a person names the cell; what was lost, or was for another unit than the cell is
 * now, is not, and the next package of that unit tells its news again.
 */
#ifndef BRIDGE_FORWARD_H
#define BRIDGE_FORWARD_H

#include "job.h"

/* A step of "sync", and the whole of "forward": to the cells of job->cells. Only a failure of our
 * own database comes back. */
MUST_CHECK enum verdict forward_run(struct job *job, struct error *err);

/* The cells that these words name, by unit or by name; none = all. V_FATAL "usage" for a word that
 * names none. The array goes with mem and ends with NULL. */
MUST_CHECK enum verdict
forward_choose(const struct conf *conf, struct arena *mem, const char *const *words,
               const struct conf_cell *const **out, size_t *count, struct error *err);

/* Whether the other side of a cell is there and takes our log-in; nothing is sent. */
MUST_CHECK enum verdict
forward_touch(struct arena *mem, const struct conf_cell *cell, struct error *err);

#endif
