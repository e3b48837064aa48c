/*
 * What is sealed: in no table but its own, readable by one role alone, and only with the key; and
 * fields that are held alone while their record is taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/seal.h"
#include "core/ask.h"
#include "core/delivery.h"
#include "core/sealed.h"
#include "with_pg.h"
#include "with_staging.h"

#define T(hour) "2022-11-01T" hour ":00:00.000000Z"
#define NAME    "QUAINT-NAME-77"
#define MOBILE  "+919812300077"
#define KEY     "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct seal *
seal_of(struct site *s, const char *key)
{
    struct seal *seal = NULL;
    struct error err;

    assert_int_equal(seal_new(s->mem, key, &seal, &err), V_OK);
    return seal;
}

/* The portal of the tests, as a map that seals. */
static struct mapper
sealing(struct site *s, enum map_keep keep)
{
    struct mapping *map = arena_alloc(s->mem, sizeof *map);

    *map = *site_portal;
    map->keep = keep;
    return (struct mapper){ .map = map, .seal = seal_of(s, KEY) };
}

static struct field *
slot(struct record *r, struct field *fields, const char *name)
{
    return &fields[dict_slot(dict_stream_find(&site_dict, r->stream), name)];
}

/* A tip whose sender is promised to stay unknown; the bytes that came say who it is. */
static struct record *
tip(struct site *s, const char *number, const char *status, const char *mobile)
{
    struct record *r = site_complaint(s, number, status, T("05"));

    *slot(r, r->fields, "complainant") = (struct field){ NULL, 0 };
    r->sealed = arena_alloc(s->mem, r->count * sizeof *r->sealed);
    *slot(r, r->sealed, "complainant") = (struct field){ NAME " \"q\\\n", strlen(NAME) + 5 };
    *slot(r, r->sealed, "mobile") = (struct field){ mobile, strlen(mobile) };
    r->raw = arena_format(s->mem, "<tip><name>%s</name><mobile>%s</mobile></tip>", NAME, mobile);
    r->raw_len = strlen(r->raw);
    return r;
}

static void
page(struct site *s, const struct mapper *m, struct record *r)
{
    struct error err = { .code = "" };
    enum verdict v = staging_begin(s->staging, m, mapping_call(m->map, "list"), &err);

    if (!v)
        v = staging_put(s->staging, s->mem, r, r, &err);
    if (!v)
        v = staging_commit(s->staging, s->mem, NULL, NULL, &s->tally, &err);
    if (v)
        fail_msg("%s %s (%s)", err.code, err.text, err.where);
}

/* How many rows of all tables hold the text, in the open or as hexadecimal of a bytea. */
static long
rows_with(struct site *s, const char *text)
{
    char *hex = arena_alloc(s->mem, 2 * strlen(text) + 1);

    for (size_t i = 0; text[i]; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned char)text[i]);
    return with_pg_number(arena_format(
        s->mem,
        "SELECT sum((xpath('count(//row[contains(., \"%s\") or contains(., \"%s\")])', "
        "query_to_xml(format('SELECT t::text AS whole FROM bridge.%%I t', relname), false, false, "
        "'')))[1]::text::int) FROM pg_class WHERE relnamespace = 'bridge'::regnamespace AND "
        "relkind = 'r'",
        text, hex));
}

static void
nothing_is_in_the_open(void **state)
{
    struct site *s = *state;
    struct mapper m = sealing(s, KEEP_SEALED), open = sealing(s, KEEP_BYTES);

    page(s, &m, tip(s, "QR-1", "RECV", MOBILE));
    assert_int_equal(s->tally.applied, 1);
    assert_int_equal(rows_with(s, NAME), 0);
    assert_int_equal(rows_with(s, "9812300077"), 0);
    assert_string_equal(with_pg_text("SELECT sealed FROM bridge.source_record"),
                        "complainant mobile");
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.arrival WHERE sealed AND "
                                    "octet_length(body) > 37"),
                     1);
    /* the digest of what came is no SHA-256 of it */
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.arrival WHERE sha256 = sha256("
                                    "'<tip><name>" NAME "</name><mobile>" MOBILE
                                    "</mobile></tip>')"),
                     0);
    /* the test can find what is in the open */
    page(s, &open, tip(s, "QR-2", "RECV", MOBILE));
    assert_int_equal(rows_with(s, NAME), 1);
    site_sound_books(s);
}

static void
sealed_anew_only_when_it_changed(void **state)
{
    static const char digest[] = "SELECT md5(sealed) || run_id FROM bridge.sealed";
    struct site *s = *state;
    struct mapper m = sealing(s, KEEP_SEALED);
    char first[80];

    page(s, &m, tip(s, "QR-1", "RECV", MOBILE));
    snprintf(first, sizeof first, "%s", with_pg_text(digest));
    site_next_run(s);
    page(s, &m, tip(s, "QR-1", "RECV", MOBILE));
    assert_int_equal(s->tally.unchanged, 1);
    page(s, &m, tip(s, "QR-1", "ENQR", MOBILE));
    assert_int_equal(s->tally.applied, 1);
    assert_string_equal(with_pg_text(digest), first);
    page(s, &m, tip(s, "QR-1", "ENQR", "+919812300078"));
    assert_int_equal(s->tally.applied, 1); /* a change of what is sealed is a change */
    assert_string_not_equal(with_pg_text(digest), first);
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.sealed"), 1);
    m.seal = seal_of(s, "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    page(s, &m, tip(s, "QR-1", "ENQR", "+919812300078"));
    assert_int_equal(with_pg_number("SELECT count(DISTINCT key_name) FROM bridge.sealed"), 1);
    m.seal = NULL;
    struct error err;

    assert_int_equal(staging_begin(s->staging, &m, mapping_call(m.map, "list"), &err), V_FATAL);
    assert_string_equal(err.code, "seal.key");
}

static struct pg *
login(struct site *s, const char *name, const char *role)
{
    struct pg *pg = NULL;
    struct error err;

    with_pg_do(arena_format(s->mem,
                            "DO $$ BEGIN CREATE ROLE %s LOGIN IN ROLE %s; EXCEPTION WHEN "
                            "duplicate_object THEN NULL; END $$",
                            name, role));
    if (pg_open(s->mem, with_pg_as(name), "sql", "test", 60000, &pg, &err))
        fail_msg("%s %s", err.code, err.text);
    return pg;
}

static void
only_the_notifier_reads(void **state)
{
    static const char *const others[] = { "bridge_writer", "bridge_auditor", "bridge_district" };
    struct site *s = *state;
    struct mapper m = sealing(s, KEEP_SEALED);
    struct record *r = NULL;
    struct error err;
    struct pg *pg;

    page(s, &m, tip(s, "QR-1", "RECV", MOBILE));
    pg = login(s, "messenger", "bridge_notifier");
    if (sealed_read(pg, s->mem, m.seal, &site_dict, "igrs", "QR-1", &r, &err))
        fail_msg("%s %s", err.code, err.text);
    assert_string_equal(slot(r, r->fields, "complainant")->text, NAME " \"q\\\n");
    assert_int_equal(slot(r, r->fields, "complainant")->len, strlen(NAME) + 5);
    assert_string_equal(slot(r, r->fields, "mobile")->text, MOBILE);
    assert_null(slot(r, r->fields, "address")->text);
    assert_int_equal(sealed_read(pg, s->mem, m.seal, &site_dict, "igrs", "QR-2", &r, &err),
                     V_REJECT);
    assert_string_equal(err.code, "sealed.none");
    assert_int_equal(
        sealed_read(pg, s->mem,
                    seal_of(s, "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
                    &site_dict, "igrs", "QR-1", &r, &err),
        V_REJECT);
    assert_string_equal(err.code, "seal.key");
    /* moved to another number it does not open */
    with_pg_do("UPDATE bridge.sealed SET number = 'QR-9'");
    assert_int_equal(sealed_read(pg, s->mem, m.seal, &site_dict, "igrs", "QR-9", &r, &err),
                     V_REJECT);
    assert_string_equal(err.code, "seal.broken");
    pg_close(pg);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        with_pg_do(arena_format(s->mem, "SET ROLE %s", others[i]));
        assert_string_equal(with_pg_state("SELECT sealed FROM bridge.sealed"), "42501");
        assert_string_equal(with_pg_state("SELECT * FROM bridge.sealed"), "42501");
        with_pg_do("RESET ROLE");
    }
}

/* The nightly run seals as a login that cannot read what it wrote. */
static void
the_writer_seals(void **state)
{
    struct site *s = *state;
    struct mapper m = sealing(s, KEEP_SEALED);
    struct error err = { .code = "" };
    struct pg *own = s->pg;

    s->pg = login(s, "nightly", "bridge_writer");
    if (staging_open(s->mem, s->pg, s->run_id, &s->staging, &err))
        fail_msg("%s %s", err.code, err.text);
    page(s, &m, tip(s, "QR-1", "RECV", MOBILE));
    page(s, &m, tip(s, "QR-1", "RECV", "+919812300079"));
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.sealed"), 1);
    pg_close(s->pg);
    s->pg = own;
}

/* ---- bytes of what came ---- */

static void
nothing_is_kept(void **state)
{
    struct site *s = *state;
    struct mapper m = sealing(s, KEEP_DIGEST);
    struct record *r = site_complaint(s, "1", "RECV", T("05"));
    struct error why = { .code = "map.code", .field = "status" }, err = { .code = "" };

    r->raw = "<pidpi>" NAME "</pidpi>";
    r->raw_len = strlen(r->raw);
    page(s, &m, r);
    assert_int_equal(staging_begin(s->staging, &m, mapping_call(m.map, "list"), &err), V_OK);
    assert_int_equal(staging_set_aside(s->staging, s->mem, r, &why, &err), V_OK);
    assert_int_equal(staging_commit(s->staging, s->mem, NULL, NULL, &s->tally, &err), V_OK);
    assert_int_equal(staging_hold_page(s->staging, s->mem, &m, mapping_call(m.map, "list"), NULL,
                                       r->raw, r->raw_len, &why, &err),
                     V_OK);
    assert_int_equal(rows_with(s, NAME), 0);
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.held WHERE body IS NULL"), 2);
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.held WHERE remote IS NOT NULL"),
                     1);
}

/* A line seals and the map keeps nothing else: what a replay needs is there, encrypted. */
static void
only_what_a_replay_needs(void **state)
{
    struct site *s = *state;
    struct mapper m = sealing(s, KEEP_DIGEST);
    struct map_stream *streams = arena_alloc(s->mem, m.map->stream_count * sizeof *streams);
    struct map_line *lines = arena_alloc(s->mem, m.map->streams[0].count * sizeof *lines);
    struct mapping *map = arena_alloc(s->mem, sizeof *map);
    struct record *r = site_complaint(s, "1", "RECV", T("05"));
    struct error why = { .code = "map.code", .field = "status" }, err = { .code = "" };

    *map = *m.map;
    memcpy(streams, map->streams, map->stream_count * sizeof *streams);
    memcpy(lines, streams[0].lines, streams[0].count * sizeof *lines);
    lines[dict_slot(streams[0].dict, "complainant")].flags |= MAP_SEAL;
    streams[0].lines = lines;
    map->streams = streams;
    m.map = map;
    *slot(r, r->fields, "complainant") = (struct field){ NAME, strlen(NAME) };
    r->raw = "<tip>" NAME "</tip>";
    r->raw_len = strlen(r->raw);
    assert_int_equal(staging_begin(s->staging, &m, mapping_call(m.map, "list"), &err), V_OK);
    assert_int_equal(staging_set_aside(s->staging, s->mem, r, &why, &err), V_OK);
    assert_int_equal(staging_commit(s->staging, s->mem, NULL, NULL, &s->tally, &err), V_OK);
    assert_int_equal(rows_with(s, NAME), 0);
    assert_int_equal(
        with_pg_number("SELECT count(*) FROM bridge.held WHERE sealed AND body IS NULL "
                       "AND octet_length(remote) > 37"),
        1);
}

static void
held_bytes_are_sealed(void **state)
{
    struct site *s = *state;
    struct mapper m = sealing(s, KEEP_SEALED);
    struct record *r = site_complaint(s, "1", "RECV", T("05"));
    struct error why = { .code = "map.code", .field = "status" }, err = { .code = "" };
    struct pg_rows rows;
    const char *bytes;
    char *open = NULL;
    size_t len = 0;

    *slot(r, r->fields, "complainant") = (struct field){ NAME, strlen(NAME) };
    r->raw = "<tip>" NAME "</tip>";
    r->raw_len = strlen(r->raw);
    assert_int_equal(staging_begin(s->staging, &m, mapping_call(m.map, "list"), &err), V_OK);
    assert_int_equal(staging_set_aside(s->staging, s->mem, r, &why, &err), V_OK);
    assert_int_equal(staging_commit(s->staging, s->mem, NULL, NULL, &s->tally, &err), V_OK);
    assert_int_equal(staging_hold_page(s->staging, s->mem, &m, mapping_call(m.map, "list"), NULL,
                                       r->raw, r->raw_len - 1, &why, &err),
                     V_OK);
    assert_int_equal(rows_with(s, NAME), 0);
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.held WHERE sealed"), 2);
    assert_int_equal(ask_held_show(s->pg, s->mem, 1, &rows, &err), V_OK);
    assert_true(pg_bool(&rows, 0, "sealed"));
    bytes = pg_bytes(s->mem, &rows, 0, "body", &len);
    assert_int_equal(
        unseal_bytes(m.seal, s->mem, "igrs|complaint|1", bytes, len, &open, &len, &err), V_OK);
    assert_string_equal(open, "<tip>" NAME "</tip>");
    /* the same again is the same held row */
    assert_int_equal(staging_begin(s->staging, &m, mapping_call(m.map, "list"), &err), V_OK);
    assert_int_equal(staging_set_aside(s->staging, s->mem, r, &why, &err), V_OK);
    assert_int_equal(staging_commit(s->staging, s->mem, NULL, NULL, &s->tally, &err), V_OK);
    assert_int_equal(with_pg_number("SELECT times FROM bridge.held WHERE held_id = 1"), 2);
}

/* What was sent to a system whose map seals, and what it said in words, is not kept open. */
static void
what_was_sent_is_sealed(void **state)
{
    struct site *s = *state;
    struct mapper m = sealing(s, KEEP_SEALED), plain = sealing(s, KEEP_BYTES);
    struct delivery d = { .id = "d", .sent = NAME, .sent_len = strlen(NAME), .detail = NAME };
    struct error err;
    char *open = NULL;
    size_t len = 0;

    delivery_seal(&plain, s->mem, &d);
    assert_string_equal(d.sent, NAME);
    assert_string_equal(d.detail, NAME);
    delivery_seal(&m, s->mem, &d);
    assert_true(d.sealed);
    assert_null(d.detail);
    assert_int_equal(d.sent_len, strlen(NAME) + SEAL_OVERHEAD);
    delivery_seal(&m, s->mem, &d); /* once */
    assert_int_equal(unseal_bytes(m.seal, s->mem, delivery_aad(s->mem, "igrs", "d"), d.sent,
                                  d.sent_len, &open, &len, &err),
                     V_OK);
    assert_string_equal(open, NAME);
}

/* Written as JSON it is longer than what is kept of one record: held, and the page goes on. */
static void
too_much_to_seal(void **state)
{
    struct site *s = *state;
    struct mapper m = sealing(s, KEEP_SEALED);
    size_t len = 600000;
    char *quotes = arena_alloc(s->mem, len + 1);
    struct record *large = tip(s, "QR-1", "RECV", MOBILE), *small = tip(s, "QR-2", "RECV", MOBILE);
    struct error err = { .code = "" };

    memset(quotes, '"', len);
    *slot(large, large->sealed, "address") = (struct field){ quotes, len };
    assert_int_equal(staging_begin(s->staging, &m, mapping_call(m.map, "list"), &err), V_OK);
    assert_int_equal(staging_put(s->staging, s->mem, large, large, &err), V_OK);
    assert_int_equal(staging_put(s->staging, s->mem, small, small, &err), V_OK);
    assert_int_equal(staging_commit(s->staging, s->mem, NULL, NULL, &s->tally, &err), V_OK);
    assert_int_equal(s->tally.applied, 1);
    assert_int_equal(s->tally.set_aside, 1);
    assert_string_equal(with_pg_text("SELECT concat_ws(' ', reason, key, sealed) FROM bridge.held"),
                        "seal.large QR-1 t");
    site_sound_books(s);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, site_begin, site_end)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_in_the_open),  TEST(sealed_anew_only_when_it_changed),
        TEST(only_the_notifier_reads), TEST(the_writer_seals),
        TEST(nothing_is_kept),         TEST(only_what_a_replay_needs),
        TEST(held_bytes_are_sealed),   TEST(what_was_sent_is_sealed),
        TEST(too_much_to_seal),
    };
    return cmocka_run_group_tests(tests, site_group_begin, site_group_end);
}
