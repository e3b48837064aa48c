/*
 * Which system is told what: routing by units, archives, reminders, files both ways, and what a
 * target does not take.
 */
#include "outbox.h"

#include "core/content_fit.h"
#include "core/systems.h"

#include <ftw.h>
#include <unistd.h>

static const struct map_call portal_calls[] = {
    { .name = "act", .carries = "action", .batch = 50, .keyed = true },
    { .name = "attach", .carries = "attachment", .batch = 50, .keyed = true },
};
static const struct map_call police_calls[] = {
    { .name = "register", .carries = "complaint", .batch = 50, .keyed = true },
    { .name = "remind", .carries = "action", .batch = 50, .keyed = true },
    { .name = "attach", .carries = "attachment", .batch = 50, .keyed = true },
    { .name = "answer", .carries = "feedback", .batch = 50, .keyed = true },
};

static struct mapping *
map_of(const char *system, enum map_role role)
{
    struct mapping *map = arena_alloc(seed.kept, sizeof *map);

    *map = *(role == ROLE_POLICE ? seed_police() : seed_portal(false));
    map->system = system;
    map->role = role;
    map->title = system;
    map->calls = role == ROLE_POLICE ? police_calls : portal_calls;
    map->call_count = role == ROLE_POLICE ? COUNT(police_calls) : COUNT(portal_calls);
    return map;
}

/* ---- routing ---- */

static void
refresh(const char *cctns_units, const char *icms_units)
{
    struct conf_system systems[] = {
        { .name = "igrs", .map = map_of("igrs", ROLE_PORTAL) },
        { .name = "cmts", .map = map_of("cmts", ROLE_ARCHIVE) },
        { .name = "cctns", .map = map_of("cctns", ROLE_POLICE), .options.units = cctns_units },
        { .name = "icms", .map = map_of("icms", ROLE_POLICE), .options.units = icms_units },
    };
    struct conf conf = { .systems = systems, .system_count = COUNT(systems) };

    assert_ok(systems_refresh(seed.pg, seed.mem, &conf, &seed.err));
}

static void
seed_units(void)
{
    seed_run("INSERT INTO bridge.unit (unit, parent, level, name_en) VALUES "
             "('UP-118-01', 'UP-118', 'PS', 'Kotwali'), ('DL', NULL, 'STATE', 'Delhi') ON CONFLICT "
             "DO NOTHING");
}

static const char *
planned_for(void)
{
    return seed_ask("SELECT string_agg(target || ' ' || bridge_id, ', ' ORDER BY bridge_id) FROM "
                    "bridge.delivery WHERE stream = 'complaint'");
}

static long
plan_both(void)
{
    return plan(map_of("cctns", ROLE_POLICE)) + plan(map_of("icms", ROLE_POLICE));
}

static const char *
unserved(void)
{
    struct pg_rows rows;

    assert_ok(pg_run(seed.pg, seed.mem, "plan_unserved", NULL, 0, &rows, &seed.err));
    return pg_named(&rows, 0, "unserved");
}

static void
test_nearest_unit(void **state)
{
    (void)state;
    seed_units();
    seed_complaint(1, "UP-118-01", "FWDD", "2020-06-01T05:00:00Z");
    seed_complaint(2, "UP-118", "FWDD", "2020-06-01T05:00:00Z");
    seed_complaint(3, "UP-147", "FWDD", "2020-06-01T05:00:00Z");
    seed_complaint(4, "DL", "FWDD", "2020-06-01T05:00:00Z");
    seed_complaint(5, "UP", "FWDD", "2020-06-01T05:00:00Z");
    seed_run("UPDATE bridge.complaint SET unit = NULL WHERE bridge_id = 5");
    refresh("UP  UP-118-01", "UP-118");
    assert_int_equal(plan_both(), 3);
    assert_string_equal(planned_for(), "cctns 1, icms 2, cctns 3");
    assert_string_equal(unserved(), "2");
    assert_int_equal(plan_both(), 0);
}

static void
test_no_units_is_all(void **state)
{
    (void)state;
    seed_units();
    seed_complaint(1, "UP-118", "FWDD", "2020-06-01T05:00:00Z");
    seed_complaint(2, "DL", "FWDD", "2020-06-01T05:00:00Z");
    seed_complaint(3, "DL", "FWDD", "2020-06-01T05:00:00Z");
    seed_run("UPDATE bridge.complaint SET unit = NULL WHERE bridge_id = 3");
    refresh(NULL, "UP");
    assert_string_equal(unserved(), "0");
    assert_int_equal(plan_both(), 3);
    assert_string_equal(planned_for(), "icms 1, cctns 2, cctns 3");
}

/* What bridge.conf names no more is not listed; the same again writes nothing. */
static void
test_refresh(void **state)
{
    struct conf none = { .system_count = 0 };

    (void)state;
    refresh("UP UP-118", NULL);
    assert_ask("archive: {}, police: {}, police: {UP,UP-118}, portal: {}",
               "SELECT string_agg(role || ': ' || units::text, ', ' ORDER BY role, units::text "
               "COLLATE \"C\" DESC) FROM (SELECT role, units FROM bridge.system ORDER BY 1, 2) s");
    const char *place = seed_ask("SELECT string_agg(xmin::text, ' ') FROM bridge.system");

    refresh("UP UP-118", NULL);
    assert_ask(place, "SELECT string_agg(xmin::text, ' ') FROM bridge.system");
    assert_ok(systems_refresh(seed.pg, seed.mem, &none, &seed.err));
    assert_ask("0", "SELECT count(*) FROM bridge.system WHERE listed");
    seed_complaint(1, "UP-118", "FWDD", "2020-06-01T05:00:00Z");
    assert_int_equal(plan(POLICE), 1); /* no police system is listed: whoever asks */
}

static void
test_archive(void **state)
{
    struct pg_rows rows;
    const char *now[] = { "2020-06-20T00:00:00Z" };

    (void)state;
    refresh(NULL, "DL");
    seed_complaint(1, "UP-118", "FWDD", "2020-06-01T05:00:00Z");
    seed_complaint(2, "UP-118", "FWDD", "2020-06-18T05:00:00Z");
    seed_complaint(3, "UP-147", "FWDD", "2020-06-05T05:00:00Z");
    seed_run("UPDATE bridge.complaint SET source_system = 'cmts' WHERE bridge_id IN (2, 3)");
    seed_run("UPDATE bridge.source_record SET system = 'cmts' WHERE bridge_id IN (2, 3)");
    assert_int_equal(plan_both(), 1);
    assert_string_equal(planned_for(), "cctns 1");
    assert_int_equal(plan(map_of("cmts", ROLE_ARCHIVE)), 0);
    assert_string_equal(unserved(), "0");
    assert_ok(pg_run(seed.pg, seed.mem, "status_fed", now, 1, &rows, &seed.err));
    assert_int_equal(rows.count, 2);
    assert_string_equal(pg_named(&rows, 0, "unit"), "UP-118");
    assert_string_equal(pg_named(&rows, 0, "last_fed"), "2020-06-18T05:00:00Z");
    assert_false(pg_bool(&rows, 0, "silent"));
    assert_true(pg_bool(&rows, 1, "silent"));
    assert_int_equal(pg_int(&rows, 1, "days"), 14);
}

static void
test_fed_by_a_clock_that_is_wrong(void **state)
{
    const char *now[] = { "2020-06-20T00:00:00Z" };
    struct pg_rows rows;

    (void)state;
    refresh(NULL, NULL);
    seed_complaint(1, "UP-118", "FWDD", "2020-06-05T05:00:00Z");
    seed_complaint(2, "UP-118", "FWDD", "2099-06-05T05:00:00Z");
    seed_run("UPDATE bridge.source_record SET system = 'cmts'");
    assert_ok(pg_run(seed.pg, seed.mem, "status_fed", now, 1, &rows, &seed.err));
    assert_string_equal(pg_named(&rows, 0, "last_fed"), "2020-06-05T05:00:00Z");
    assert_int_equal(pg_int(&rows, 0, "complaints"), 2);
    assert_true(pg_bool(&rows, 0, "silent"));
}

/* ---- reminders and files ---- */

static void
seed_file(int n, const char *system, const char *key, const char *role, const char *id)
{
    seed_sql("INSERT INTO bridge.attachment (bridge_id, system, key, name, type, size, role, "
             "content, content_size, content_type, digest, as_received, first_run, last_run, "
             "staged_at) VALUES (%d, '%s', '%s', 'a.pdf', 'application/pdf', 7, '%s', %s, %s, "
             "'application/pdf', sha256('%d%s'), '{}', 1, 1, '2020-06-02T02:00:00Z')",
             n, system, key, role, id, strcmp(id, "NULL") == 0 ? "NULL" : "9", n, key);
}

#define ID "repeat('ab', 32)"

static void
test_what_goes_where(void **state)
{
    struct delivery *d;

    (void)state;
    seed_story(1);
    seed_run("INSERT INTO bridge.action (bridge_id, system, key, at, action, text, digest, "
             "as_received, first_run, last_run, staged_at) VALUES (1, 'igrs', 'r1', "
             "'2020-06-02T05:00:00Z', 'RMND', 'Bitte', sha256('r'), '{}', 1, 1, "
             "'2020-06-02T05:00:00Z'), (1, 'igrs', 'r2', '2020-06-02T05:00:00Z', 'FWDD', 'x', "
             "sha256('s'), '{}', 1, 1, '2020-06-02T05:00:00Z')");
    seed_file(1, "igrs", "p1", "COMPLAINT", ID);
    seed_file(1, "igrs", "p2", "COMPLAINT", "NULL");
    seed_file(1, "cctns", "q1", "ATR", ID);
    seed_file(1, "cctns", "q2", "EVIDENCE", ID);
    seed_file(1, "cctns", "q3", "REPLY", ID);
    assert_int_equal(plan(map_of("cctns", ROLE_POLICE)), 2);
    assert_ask("action r1, attachment p1",
               "SELECT string_agg(stream || ' ' || key, ', ' ORDER BY stream) FROM bridge.delivery "
               "WHERE target = 'cctns'");
    assert_int_equal(plan(map_of("igrs", ROLE_PORTAL)), 6);
    assert_ask("q1 q3", "SELECT string_agg(key, ' ' ORDER BY key) FROM bridge.delivery WHERE "
                        "target = 'igrs' AND stream = 'attachment'");
    assert_int_equal(plan(map_of("igrs", ROLE_PORTAL)), 0);

    assert_int_equal(claim(map_of("cctns", ROLE_POLICE), "remind", 9, &d), 1);
    assert_string_equal(field(d, "action"), "RMND");
    assert_string_equal(field(d, "number"), "31118200000001");
    assert_int_equal(claim(map_of("cctns", ROLE_POLICE), "attach", 9, &d), 1);
    assert_string_equal(d->key, "40000000000001#p1");
    assert_string_equal(field(d, "number"), "31118200000001");
    assert_string_equal(field(d, "content"), seed_ask("SELECT " ID));
    assert_string_equal(field(d, "size"), "9");
    assert_string_equal(field(d, "role"), "COMPLAINT");
    answer(d, E_OK, "R1", NULL);
    settle(POLICE, d, 1);

    /* a new version of a file is a delivery of its own; the older one gives way */
    seed_run("UPDATE bridge.attachment SET version = 2, digest = sha256('new') WHERE key IN ('p1', "
             "'q1')");
    assert_int_equal(plan(map_of("cctns", ROLE_POLICE)), 1);
    assert_int_equal(plan(map_of("igrs", ROLE_PORTAL)), 1);
    assert_ask("superseded planned", "SELECT string_agg(state, ' ' ORDER BY version) FROM "
                                     "bridge.delivery WHERE key = 'q1'");
}

/* Also when a police record names it as its origin. */
static void
test_an_archive_is_told_of_to_nobody(void **state)
{
    (void)state;
    refresh(NULL, NULL);
    seed_story(1);
    seed_file(1, "cmts", "p1", "COMPLAINT", ID);
    seed_feedback(1, "f1", "2020-06-02T05:00:00Z", "Y");
    seed_run("UPDATE bridge.complaint SET source_system = 'cmts'");
    seed_run("UPDATE bridge.feedback SET system = 'cmts'");
    seed_run("UPDATE bridge.action SET system = 'cmts', action = 'RMND' WHERE key = '1'");
    assert_int_equal(plan(map_of("cctns", ROLE_POLICE)), 0);
    seed_run("UPDATE bridge.system SET role = 'portal' WHERE system = 'cmts'");
    assert_int_equal(plan(map_of("cctns", ROLE_POLICE)), 3);
}

/* A portal that lists what it was sent among its own files brings the police nothing new. */
static void
test_no_file_comes_back(void **state)
{
    struct delivery *d;

    (void)state;
    seed_story(1);
    seed_file(1, "cctns", "q1", "ATR", ID);
    seed_file(1, "cctns", "q2", "ATR", "repeat('cd', 32)");
    assert_int_equal(plan(map_of("igrs", ROLE_PORTAL)), 6);
    assert_int_equal(claim(map_of("igrs", ROLE_PORTAL), "attach", 9, &d), 2);
    for (size_t i = 0; i < 2; i++)
        answer(&d[i], E_OK, NULL, NULL);
    d[1].substituted = "type video/mp4 is not taken there";
    settle(PORTAL, d, 2);
    seed_file(1, "igrs", "e1", "ATR", ID);
    seed_file(1, "igrs", "e2", "NOTE", "repeat('ef', 32)");
    seed_file(1, "igrs", "p1", "COMPLAINT", "repeat('01', 32)");
    assert_int_equal(plan(map_of("cctns", ROLE_POLICE)), 1);
    assert_ask("p1", "SELECT key FROM bridge.delivery WHERE target = 'cctns'");
}

/* What went at last is what is said, whatever an earlier try had to put in its place. */
static void
test_a_note_is_that_of_the_last_try(void **state)
{
    const struct mapping *portal = map_of("igrs", ROLE_PORTAL);
    static const char noted[] = "SELECT COALESCE(substituted, '-') FROM bridge.delivery WHERE "
                                "stream = 'attachment'";
    struct delivery *d;

    (void)state;
    seed_story(1);
    seed_file(1, "cctns", "q1", "ATR", ID);
    assert_int_equal(plan(portal), 5);
    assert_int_equal(claim(portal, "attach", 9, &d), 1);
    answer(d, E_DOUBT, NULL, NULL);
    d->substituted = "too large";
    settle(portal, d, 1);
    answer(d, E_ABSENT, NULL, "absent"); /* a question says nothing of it */
    d->substituted = NULL;
    settle(portal, d, 1);
    assert_ask("too large", noted);
    assert_int_equal(claim(portal, "attach", 9, &d), 1);
    answer(d, E_OK, NULL, NULL);
    settle(portal, d, 1);
    assert_ask("-", noted);
}

/* The report is with the portal before the disposal that speaks of it; a file that cannot go keeps
 * no disposal back. */
static void
test_files_before_the_disposal(void **state)
{
    const struct mapping *portal = map_of("igrs", ROLE_PORTAL);
    struct delivery *d, *files;

    (void)state;
    seed_story(1);
    seed_story(2);
    seed_file(1, "cctns", "q1", "ATR", ID);
    seed_file(1, "cctns", "q2", "ATR", ID);
    assert_int_equal(plan(portal), 10);
    assert_int_equal(claim(portal, "act", 9, &d), 7); /* not the disposal of the first */
    assert_string_equal(d[2].key, "40000000000001#4");
    assert_string_equal(d[3].key, "40000000000002#1");
    for (size_t i = 0; i < 7; i++)
        answer(&d[i], E_OK, NULL, NULL);
    settle(portal, d, 7);
    assert_int_equal(claim(portal, "act", 9, &d), 0);
    assert_int_equal(claim(portal, "attach", 9, &files), 2);
    answer(&files[0], E_OK, NULL, NULL);
    files[0].substituted = "type video/mp4 is not taken there";
    answer(&files[1], E_RETRY, NULL, NULL);
    settle(portal, files, 2);
    assert_int_equal(claim(portal, "act", 9, &d), 0); /* one is still to be tried again */
    seed_clock("2020-06-03T20:00:00Z");
    assert_int_equal(claim(portal, "attach", 9, &files), 1);
    answer(&files[0], E_REJECT, NULL, "NO_FILES");
    settle(portal, files, 1);
    assert_int_equal(claim(portal, "act", 9, &d), 1);
    assert_string_equal(d[0].key, "40000000000001#3");
    assert_ask("type video/mp4 is not taken there",
               "SELECT string_agg(substituted, ', ') FROM bridge.delivery");
}

/* A target that takes no files waits for none. */
static void
test_no_files_taken(void **state)
{
    struct delivery *d;

    (void)state;
    seed_story(1);
    seed_file(1, "cctns", "q1", "ATR", ID);
    assert_int_equal(plan(seed_portal(false)), 4);
    assert_int_equal(claim(seed_portal(false), "act", 9, &d), 4);
}

/* ---- what a target takes ---- */

static const char pdf[] = "%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF\n";

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static void
remove_store(void *folder)
{
    (void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct contents *
open_store(void)
{
    struct contents *store = NULL;
    char *folder = arena_copy(seed.mem, "/tmp/bridge-contents-XXXXXX");

    assert_non_null(mkdtemp(folder));
    arena_defer(seed.mem, remove_store, folder);
    assert_ok(contents_open(seed.mem, folder, 1 << 20, &store, &seed.err));
    return store;
}

static const char *
put_content(struct contents *store, const char *bytes, size_t len)
{
    struct content_writer *writer;
    struct content_facts facts;

    assert_ok(content_begin(store, seed.mem, &writer, &seed.err));
    assert_ok(content_add(writer, bytes, len, &seed.err));
    assert_ok(content_end(writer, &facts, &seed.err));
    return arena_copy(seed.mem, facts.id);
}

static void
test_content_fit(void **state)
{
    static const struct {
        const char *types[3];
        int64_t max;
        const char *name;
        bool fits;
    } cases[] = {
        { { NULL }, 0, "a.pdf", true },
        { { "application/pdf" }, 0, NULL, true },
        { { "image/png", "application/*" }, 1024, "a", true },
        { { "image/*" }, 0, "a.pdf", false },
        { { "pdf" }, 0, "A.PDF", true },
        { { "doc", "pdf" }, 0, "a.pdf", true },
        { { "doc" }, 0, "a.doc", true },  /* no type is known by that ending */
        { { "jpg" }, 0, "a.jpg", false }, /* it says so, and is none */
        { { "pdf" }, 0, "pdf", false },
        { { NULL }, 10, "a.pdf", false },
        { { "application/pdf" }, 1024, "a.pdf", true },
    };
    const struct dict_stream *dict = dict_stream_find(&seed.dict, "attachment");
    struct contents *store = open_store();
    const char *id = put_content(store, pdf, sizeof pdf - 1), *why;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mapping *map = map_of("igrs", ROLE_PORTAL);
        struct delivery d = { .stream = "attachment",
                              .canonical = arena_alloc(seed.mem, sizeof *d.canonical) };

        map->file_types = cases[i].types[0] ? cases[i].types : NULL;
        map->file_max = cases[i].max;
        *d.canonical = (struct record){ .stream = "attachment", .count = dict->count };
        d.canonical->fields = arena_alloc(seed.mem, dict->count * sizeof(struct field));
        d.canonical->fields[dict_slot(dict, "content")] = (struct field){ id, strlen(id) };
        d.canonical->fields[dict_slot(dict, "name")] =
            (struct field){ cases[i].name, cases[i].name ? strlen(cases[i].name) : 0 };
        d.canonical->fields[dict_slot(dict, "size")] = (struct field){ "99999", 5 };
        assert_ok(
            content_fit(store, seed.mem, map, d.canonical, "31118200000001", &why, &seed.err));
        if ((why == NULL) != cases[i].fits)
            fail_msg("case %zu: %s", i, why ? why : "it fits");
        assert_string_equal(field(&d, "type"), "application/pdf");
        if (cases[i].fits) {
            assert_string_equal(field(&d, "content"), id);
            assert_string_equal(field(&d, "size"), arena_format(seed.mem, "%zu", sizeof pdf - 1));
        } else {
            struct content_facts facts;

            assert_string_not_equal(field(&d, "content"), id);
            assert_string_equal(field(&d, "role"), "NOTE");
            assert_string_equal(field(&d, "name"), arena_format(seed.mem, "note-%.12s.pdf", id));
            assert_ok(content_look(store, seed.mem, field(&d, "content"), &facts, &seed.err));
            assert_string_equal(facts.type, "application/pdf");
            assert_string_equal(field(&d, "size"),
                                arena_format(seed.mem, "%lld", (long long)facts.size));
        }
    }

    struct content_facts facts;
    struct record lost = { .stream = "attachment", .count = dict->count };

    assert_ok(content_look(store, seed.mem, id, &facts, &seed.err)); /* the content stays */
    lost.fields = arena_alloc(seed.mem, dict->count * sizeof *lost.fields);
    id = seed_ask("SELECT " ID);
    lost.fields[dict_slot(dict, "content")] = (struct field){ id, 64 };
    assert_int_equal(
        content_fit(store, seed.mem, map_of("igrs", ROLE_PORTAL), &lost, "1", &why, &seed.err),
        V_REJECT);
    assert_string_equal(seed.err.code, "content.absent");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, seed_setup, seed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_nearest_unit),
        TEST(test_no_units_is_all),
        TEST(test_refresh),
        TEST(test_archive),
        TEST(test_what_goes_where),
        TEST(test_files_before_the_disposal),
        TEST(test_no_files_taken),
        TEST(test_content_fit),
        TEST(test_fed_by_a_clock_that_is_wrong),
        TEST(test_an_archive_is_told_of_to_nobody),
        TEST(test_no_file_comes_back),
        TEST(test_a_note_is_that_of_the_last_try),
    };

    return cmocka_run_group_tests(tests, seed_group, seed_group_end);
}
