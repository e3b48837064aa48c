/*
 * map_small.h - small maps, code tables and unit lists that a test writes on its way.
 */
#ifndef TESTS_MAP_SMALL_H
#define TESTS_MAP_SMALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "map_fixture.h"

#define HEAD  "[map]\nsystem=t\nkind=probe\nrole=portal\nzone=Asia/Kolkata\n"
#define UNITS "unit,parent,level,name_en,name_hi,valid_from,valid_to,aliases\n"

static char folder[] = "/tmp/test_maps_XXXXXX";
static struct map_fixture f;

static inline const char *
write_file(const char *name, const char *text)
{
    static char path[128];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

static inline void
load(const char *map)
{
    char units[128];

    (void)snprintf(units, sizeof units, "%s/units", folder);
    map_fixture_open(&f, units, write_file("t.map", map), probe_kinds);
}

static inline void
load_good(const char *map)
{
    load(map);
    map_fixture_print(&f);
    assert_int_equal(f.faults.count, 0);
}

static inline void
write_units(void)
{
    (void)write_file("units/u.csv", UNITS "T-1,,STATE,X,,,,t:1\n");
}

/* The folder, with units/ below it. */
static inline int
make_folder(void **state)
{
    char units[128];

    (void)state;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(units, sizeof units, "%s/units", folder);
    if (mkdir(units, 0700))
        return -1;
    write_units();
    return 0;
}

static inline int
remove_folder(void **state)
{
    static const char *const names[] = { "t.map", "c.csv", "sample.txt", "units/u.csv" };
    char path[160];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)snprintf(path, sizeof path, "%s/units", folder);
    (void)rmdir(path);
    (void)rmdir(folder);
    return 0;
}

#endif
