/*
 * map_tools.h - what "map check", "map test" and "map explain" print: for the person who writes a
 * map, and for the auditor who reads one. No peer and no database is touched.
 *
 * A sample (map test) is text, in the form that remote_text() prints and "held show" shows:
 *
 *   [complaint]                a record of that stream begins
 *   g:Code = 10015520000017    path (or column) = value as the peer sends it; \n \t \\ \xHH
 *       [action]               deeper by blanks: nested in the record above
 *       g:Seq = 1
 *                              an empty line begins another record of the same stream
 *   # comment
 */
#ifndef BRIDGE_MAP_TOOLS_H
#define BRIDGE_MAP_TOOLS_H

#include <stdio.h>

#include "faults.h"
#include "mapping.h"

struct adapter_ops;

struct map_tools {
    FILE *out; /* borrowed */
    struct arena *mem;
    const char *mappings;                   /* folder of canonical.fields and units/; NULL = the
                                               one that the map lies in, else ./mappings, else
                                               the installed one */
    const struct adapter_ops *const *kinds; /* as adapter_registry */
    const struct adapter_ops *forced;       /* a plug-in's, or NULL */
};

/* Each prints to out and returns the exit code of the command: 0, 5 when the map has a fault, 2
 * when a file cannot be read; map_test() 3 when a record of the sample would be held. */
int map_check(const struct map_tools *t, const char *file);
int map_test(const struct map_tools *t, const char *file, const char *sample);
int map_explain(const struct map_tools *t, const char *file);

/* The folder by that rule. */
const char *map_tools_folder(const struct map_tools *t, const char *file);

/* The fields that a map neither carries nor lists under [not carried]; one fault each. */
void map_check_carried(const struct dict *dict, const struct mapping *map, struct faults *faults);

#endif
