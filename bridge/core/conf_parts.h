/*
 * conf_parts.h - what the files of conf share.
 */
#ifndef BRIDGE_CONF_PARTS_H
#define BRIDGE_CONF_PARTS_H

#include "conf.h"

/* The absolute folder that a file lies in. */
const char *conf_folder(struct arena *mem, const char *path);
/* First line of a section with that key, or NULL. */
const struct ini_line *conf_line(const struct ini_section *section, const char *key);

/* Adds a fault at the line of that key, or of the section where it has none: "KEY" FORM. */
void conf_wrong(const char *path, const struct ini_section *section, const char *key,
                const char *form, struct faults *faults);

/* Reads [job NAME]; what is wrong with its times is added to the faults. */
void conf_job_read(struct arena *mem, const char *path, const struct ini_section *section,
                   struct conf_job *out, struct faults *faults);

/* Reads [notify], after all systems. */
void conf_notify_read(struct arena *mem, const struct ini_section *section, struct conf *conf,
                      struct faults *faults);

/* Reads [match]. */
void conf_match_read(struct arena *mem, const struct ini_section *section, struct conf *conf,
                     struct faults *faults);

/* Reads [cell NAME]. */
void conf_cell_read(struct arena *mem, const struct ini_section *section, struct conf *conf,
                    struct faults *faults);

/* Adds a fault at that line when there is no such unit. */
void conf_unit_check(struct arena *mem, const struct conf *conf, const struct ini_line *line,
                     const char *code, struct faults *faults);

/* The ops that a shared object exports, or NULL and a fault at that line. It stays loaded. */
const struct adapter_ops *conf_plugin_open(const char *path, const struct ini_line *line,
                                           const char *plugin, struct faults *faults);

#endif
