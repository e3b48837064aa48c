/*
 * The unit that receives a transfer: by the codes of the day of the action, in and out; and every
 * map of the folder says what becomes of it and of its number there.
 */
#include "map_small.h"

#include <glob.h>

static struct error err;

static struct record *
record_of(const char *stream, size_t count)
{
    struct record *record = arena_alloc(f.mem, sizeof *record);

    record->stream = stream;
    record->count = count;
    record->fields = arena_alloc(f.mem, (count + 1) * sizeof *record->fields);
    return record;
}

static long
slot(const char *field)
{
    return dict_slot(dict_stream_find(&f.dict, "action"), field);
}

/* What an action of that day says of the unit; the code of the fault where it says nothing. */
static const char *
received_by(const char *code, const char *number, const char *day)
{
    const char *values[] = { "1", "TR", day, code, number };
    struct record *in = record_of("action", 5), *out = NULL;

    for (size_t i = 0; i < 5; i++)
        in->fields[i] = (struct field){ values[i], values[i] ? strlen(values[i]) : 0 };
    if (mapper_in(&f.mapper, f.mem, in, &out, &err) != V_OK)
        return err.code;
    if (number)
        assert_string_equal(out->fields[slot("to_number")].text, number);
    return out->fields[slot("to_unit")].text;
}

static const char *
written_as(const char *unit, const char *at)
{
    const char *const names[] = { "key", "action", "at", "to_unit", "to_number" };
    const char *const values[] = { "1", "TRNO", at, unit, "N-7/1" };
    struct record *in = record_of("action", dict_stream_find(&f.dict, "action")->count), *out;
    struct mapper_losses losses = { 0 };

    for (size_t i = 0; i < 5; i++)
        in->fields[slot(names[i])] = (struct field){ values[i], strlen(values[i]) };
    if (mapper_out(&f.mapper, f.mem, in, &out, &losses, &err) != V_OK)
        return err.code;
    assert_string_equal(out->fields[4].text, "N-7/1");
    return out->fields[3].text;
}

static void
by_the_day_of_the_action(void **state)
{
    (void)state;
    (void)write_file("units/u.csv",
                     UNITS "X,,STATE,X,,,,\n"
                           "X-OLD,X,DISTRICT,Old,,,,t:205@..2025-12-15 t:298@2025-12-16..\n"
                           "X-NEW,X,DISTRICT,New,,2025-12-16,,t:205@2025-12-16..\n");
    load_good(HEAD "[complaint]\nnumber in n text key\n[action]\nkey both a text key\n"
                   "action both b code codes=s\n"
                   "at both c time format=\"%d/%m/%Y %H:%M\" loss=\"seconds\"\n"
                   "to_unit both d unit scheme=t\nto_number both e text\n[codes s]\nTRNO = TR\n");
    assert_string_equal(received_by("205", "N-7/1", "15/12/2025 23:59"), "X-OLD");
    assert_string_equal(received_by("205", NULL, "16/12/2025 00:00"), "X-NEW");
    assert_string_equal(received_by("999", NULL, "16/12/2025 00:00"), "map.unit");
    assert_string_equal(err.field, "to_unit");
    assert_null(received_by(NULL, "N-7/1", "16/12/2025 00:00")); /* told in words alone */
    assert_string_equal(
        received_by("298", "12345678901234567890123456789012345678901", "16/12/2025 00:00"),
        "map.long");
    assert_string_equal(written_as("X-OLD", "2025-12-15T18:29:00.000000Z"), "205");
    assert_string_equal(written_as("X-OLD", "2025-12-15T18:30:00.000000Z"), "298");
    map_fixture_close(&f);
    write_units();
}

/* A transfer that a system is told reaches it whatever unit it names: units are written by name, or
 * not at all. */
static void
written_by_name_or_not_at_all(void **state)
{
    glob_t found;
    size_t written = 0;

    (void)state;
    assert_int_equal(glob("mappings/*.map", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        FILE *file = fopen(found.gl_pathv[i], "re");
        char line[400];

        assert_non_null(file);
        while (fgets(line, sizeof line, file)) {
            char way[16] = "", remote[80] = "";

            if (sscanf(line, "to_unit %15s %79s", way, remote) != 2 || strcmp(way, "in") == 0 ||
                strcmp(way, "=") == 0)
                continue;
            written++;
            if (!strstr(line, " scheme=name"))
                fail_msg("%s: %s", found.gl_pathv[i], line);
        }
        fclose(file);
    }
    globfree(&found);
    assert_int_equal(written, 8); /* all portals but Durg's, whose message to the sender says it */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_the_day_of_the_action),
        cmocka_unit_test(written_by_name_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
