/*
 * Every field of the dictionary on its way through staging: kept, owned by whom the dictionary
 * says, and sent on. And what attachments hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "content.h"
#include "core/delivery.h"
#include "text.h"
#include "with_pg.h"
#include "with_staging.h"

#define T(hour) "2020-06-01T" hour ":00:00.000000Z"

/* One of two values of the field's kind; which is 0 or 1. */
static const char *
value_of(struct site *s, const struct dict_field *field, int which)
{
    const char *list = field->words, *word = NULL;
    size_t len = 0;

    switch (field->kind) {
    case KIND_CODE:
        for (int i = 0; i <= which; i++)
            assert_true(text_word(&list, &word, &len));
        return arena_text(s->mem, word, len);
    case KIND_UNIT:
        return which ? "UP-141" : "UP-118";
    case KIND_INT:
        return which ? "2" : "1";
    case KIND_DATE:
        return which ? "2020-05-02" : "2020-05-01";
    case KIND_TIME:
        return which ? "2020-05-02T01:02:03.000004Z" : "2020-05-01T01:02:03.000004Z";
    case KIND_MOBILE:
        return which ? "+919800000002" : "+919800000001";
    case KIND_TEXT:
        return arena_format(s->mem, "%s %d", field->name, which);
    case KIND_BOOL:
    case KIND_BYTES:
        break;
    }
    fail_msg("field %s has a kind that no complaint has", field->name);
    return NULL;
}

static bool
is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

/* Those that say which record it is, when it changed, and what its row adds up to. */
static const char *const marks[] = {
    "number", "origin", "origin_number", "police_number", "changed_at", "row_digest", NULL
};

static struct record *
full(struct site *s, const struct mapping *map, const char *number, int which, const char *changed)
{
    struct record *r =
        site_record(s, map, "complaint", "number", number, "changed_at", changed, NULL);
    const struct dict_stream *dict = dict_stream_find(&site_dict, "complaint");

    for (size_t i = 0; i < dict->count; i++) {
        const char *value;

        if (is_one_of(dict->fields[i].name, marks))
            continue;
        value = value_of(s, &dict->fields[i], which);
        r->fields[i] = (struct field){ value, strlen(value) };
    }
    return r;
}

static const char *
stored(struct site *s, const char *table, const struct dict_field *field)
{
    const char *column = field->name;

    if (field->kind == KIND_TIME)
        column = arena_format(
            s->mem, "to_char(%s AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')", column);
    return arena_copy(
        s->mem, with_pg_text(arena_format(s->mem, "SELECT %s FROM bridge.%s", column, table)));
}

static void
expect_stored(struct site *s, bool by_owner, int source, int police)
{
    const struct dict_stream *dict = dict_stream_find(&site_dict, "complaint");

    for (size_t i = 0; i < dict->count; i++) {
        const struct dict_field *f = &dict->fields[i];
        int which = by_owner && f->flags & DICT_POLICE ? police : source;

        if (!is_one_of(f->name, marks) &&
            strcmp(stored(s, "complaint", f), value_of(s, f, which)) != 0)
            fail_msg("%s is \"%s\"", f->name, stored(s, "complaint", f));
    }
}

static void
each_field_has_its_owner(void **state)
{
    struct site *s = *state;
    struct record *r;

    site_page(s, site_portal, "list", full(s, site_portal, "1", 0, T("05")), NULL);
    expect_stored(s, false, 0, 0);
    site_page(s, site_portal, "list", full(s, site_portal, "1", 1, T("06")), NULL);
    expect_stored(s, false, 1, 1);
    r = full(s, site_police, "P1", 0, T("07"));
    r->fields[dict_slot(dict_stream_find(&site_dict, "complaint"), "origin")] =
        (struct field){ "igrs", 4 };
    r->fields[dict_slot(dict_stream_find(&site_dict, "complaint"), "origin_number")] =
        (struct field){ "1", 1 };
    site_page(s, site_police, "list", r, NULL);
    expect_stored(s, true, 1, 0);
    site_page(s, site_portal, "list", full(s, site_portal, "1", 0, T("08")), NULL);
    expect_stored(s, true, 0, 0);
    site_page(s, site_portal, "list", full(s, site_portal, "1", 1, T("09")), NULL);
    expect_stored(s, true, 1, 0);
    site_sound_books(s);
}

/* What a police system is told of a complaint is all that staging has of it. */
static void
each_field_is_sent_on(void **state)
{
    const struct dict_stream *dict = dict_stream_find(&site_dict, "complaint");
    static const struct map_call calls[] = {
        { .name = "register", .carries = "complaint", .batch = 9, .keyed = true }
    };
    struct site *s = *state;
    struct mapping police = *site_police;
    struct delivery *d;
    struct error err = { .code = "" };
    size_t n = 0;
    long planned;

    police.calls = calls;
    police.call_count = 1;
    site_page(s, site_portal, "list", full(s, site_portal, "1", 0, T("05")), NULL);
    assert_int_equal(delivery_plan(s->pg, s->mem, s->run_id, &police, &planned, &err), V_OK);
    assert_int_equal(planned, 1);
    if (delivery_claim(s->pg, s->mem, s->run_id, &police, calls, 9, &d, &n, &err))
        fail_msg("%s %s", err.code, err.text);
    assert_int_equal(n, 1);
    for (size_t i = 0; i < dict->count; i++) {
        const struct dict_field *f = &dict->fields[i];
        const char *sent = d->canonical->fields[i].text;

        if (strcmp(f->name, "origin") == 0)
            assert_string_equal(sent, "igrs");
        else if (strcmp(f->name, "origin_number") == 0)
            assert_string_equal(sent, "1");
        else if (is_one_of(f->name, marks))
            assert_null(sent);
        else if (!sent || strcmp(sent, value_of(s, f, 0)) != 0)
            fail_msg("%s is sent as \"%s\"", f->name, sent ? sent : "nothing");
    }
}

/* Nested streams: what came is there, column by column. */
static void
nested_fields_are_kept(void **state)
{
    static const char *const streams[] = { "action", "attachment", "feedback" };
    static const char *const others[] = { "number", "police_number", "content", "changed_at",
                                          NULL };
    struct site *s = *state;
    struct record *above = site_complaint(s, "1", "FWDD", T("05"));

    for (size_t t = 0; t < 3; t++) {
        const struct dict_stream *dict = dict_stream_find(&site_dict, streams[t]);
        struct record *r = site_record(s, site_portal, streams[t], NULL);

        for (size_t i = 0; i < dict->count; i++)
            if (!is_one_of(dict->fields[i].name, others)) {
                const char *value = value_of(s, &dict->fields[i], 1);

                r->fields[i] = (struct field){ value, strlen(value) };
            }
        site_nest(above, r);
    }
    site_page(s, site_portal, "list", above, NULL);
    for (size_t t = 0; t < 3; t++) {
        const struct dict_stream *dict = dict_stream_find(&site_dict, streams[t]);

        for (size_t i = 0; i < dict->count; i++) {
            const struct dict_field *f = &dict->fields[i];
            if (is_one_of(f->name, others))
                continue;
            assert_string_equal(stored(s, streams[t], f), value_of(s, f, 1));
        }
    }
}

/* A number that another system spells in its own way is the same number. */
static void
numbers_spelled_otherwise(void **state)
{
    static const char *const spelled[] = { " 35765 / 24 / 1 / 2018 - pcd ",
                                           "35765\\24\\1\\2018 PCD", "३५७६५/२४/१/२०१८-PCD" };
    struct site *s = *state;

    for (size_t i = 0; i < 3; i++) {
        char number[40];

        snprintf(number, sizeof number, "%zu5765/24/1/2018-PCD", i + 3);
        site_page(s, site_portal, "list", site_complaint(s, number, "FWDD", T("05")), NULL);
    }
    for (size_t i = 0; i < 3; i++)
        site_page(s, site_police, "list",
                  site_record(s, site_police, "complaint", "number",
                              arena_format(s->mem, "P%zu", i), "origin", "igrs", "origin_number",
                              spelled[i], "status", "REGD", "changed_at", T("06"), NULL),
                  NULL);
    /* the first is linked; the other two name the same complaint: one police record holds it */
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.complaint"), 3);
    assert_string_equal(with_pg_text("SELECT police_number FROM bridge.complaint WHERE number = "
                                     "'35765/24/1/2018-PCD'"),
                        "P0");
    assert_int_equal(with_pg_number("SELECT count(*) FROM bridge.held WHERE reason = 'link.taken'"),
                     2);
}

static void
a_direction_starts_the_clock(void **state)
{
    struct site *s = *state;

    with_pg_do("DELETE FROM bridge.sla_rule WHERE system = 'igrs'");
    with_pg_do("INSERT INTO bridge.sla_rule VALUES ('igrs', '*', 28, 'direction_at', 'test')");
    site_page(s, site_portal, "list",
              site_record(s, site_portal, "complaint", "number", "1", "status", "FWDD",
                          "changed_at", T("05"), "direction_at", T("04"), "marked_at", T("01"),
                          NULL),
              site_record(s, site_portal, "complaint", "number", "2", "status", "FWDD",
                          "changed_at", T("05"), "direction_at", T("04"), "due_at",
                          "2020-07-13T00:00:00.000000Z", NULL),
              site_record(s, site_portal, "complaint", "number", "3", "status", "FWDD",
                          "changed_at", T("05"), NULL),
              NULL);
    assert_string_equal(with_pg_text("SELECT string_agg(coalesce(to_char(due_at, 'DD.MM HH24'), "
                                     "'none'), ', ' ORDER BY number) FROM bridge.complaint"),
                        "29.06 18, 13.07 00, none"); /* a day whole, to 18:29:59 UTC */
    site_page(s, site_portal, "list",
              site_record(s, site_portal, "complaint", "number", "3", "status", "FWDD",
                          "changed_at", T("06"), "direction_at", T("05"), NULL),
              NULL);
    assert_string_equal(with_pg_text("SELECT to_char(due_at, 'DD.MM HH24') FROM bridge.complaint "
                                     "WHERE number = '3'"),
                        "29.06 18");
}

/* ---- what attachments hold ---- */

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
open_store(struct site *s)
{
    char *folder = arena_copy(s->mem, "/tmp/bridge-contents-XXXXXX");
    struct contents *store = NULL;
    struct error err;

    assert_non_null(mkdtemp(folder));
    arena_defer(s->mem, remove_store, folder);
    if (contents_open(s->mem, folder, 1 << 20, &store, &err))
        fail_msg("%s", err.text);
    return store;
}

static const char *
put_content(struct site *s, struct contents *store, const char *text)
{
    struct content_writer *writer;
    struct content_facts facts;
    struct error err;

    assert_int_equal(content_begin(store, s->mem, &writer, &err), V_OK);
    assert_int_equal(content_add(writer, text, strlen(text), &err), V_OK);
    assert_int_equal(content_end(writer, &facts, &err), V_OK);
    return arena_copy(s->mem, facts.id);
}

static struct record *
with_file(struct site *s, const char *number, const char *changed, const char *id)
{
    struct record *file = site_record(s, site_portal, "attachment", "key", "1", "name", "x.doc",
                                      "size", "999", "type", "application/msword", NULL);

    if (id)
        file->fields[dict_slot(dict_stream_find(&site_dict, "attachment"), "content")] =
            (struct field){ id, strlen(id) };
    return site_nest(site_complaint(s, number, "FWDD", changed), file);
}

static void
what_is_in_it_stands_beside_what_was_declared(void **state)
{
    struct site *s = *state;
    struct contents *store = open_store(s);
    const char *id = put_content(s, store, "%PDF-1.4\n%%EOF\n");
    const char *other = put_content(s, store, "plain words\n");
    char absent[CONTENT_ID];

    memset(absent, 'a', sizeof absent - 1);
    absent[sizeof absent - 1] = '\0';
    staging_contents(s->staging, store);
    site_page(s, site_portal, "list", with_file(s, "1", T("05"), id),
              with_file(s, "2", T("05"), NULL), with_file(s, "3", T("05"), absent), NULL);
    assert_int_equal(s->tally.applied, 2);
    assert_int_equal(s->tally.set_aside, 1);
    assert_string_equal(with_pg_text("SELECT concat_ws(' ', reason, field, key) FROM bridge.held"),
                        "content.absent content 3");
    assert_string_equal(with_pg_text("SELECT string_agg(concat_ws(' ', c.number, a.size, "
                                     "a.content_size, a.content_type, a.version), ', ' ORDER BY "
                                     "c.number) FROM bridge.attachment a JOIN bridge.complaint c "
                                     "USING (bridge_id)"),
                        "1 999 15 application/pdf 1, 2 999 1");
    site_page(s, site_portal, "list", with_file(s, "1", T("06"), other), NULL);
    assert_string_equal(with_pg_text("SELECT concat_ws(' ', content_size, content_type, version) "
                                     "FROM bridge.attachment WHERE content IS NOT NULL"),
                        "12 text/plain 2");
    assert_string_equal(with_pg_state("UPDATE bridge.attachment SET content = '../x'"), "23514");
    assert_string_equal(with_pg_state("UPDATE bridge.attachment SET content_size = NULL"), "23514");
    site_sound_books(s);
}

/* A list that names a file only, or no more, takes nothing away and is no new version. */
static void
a_content_is_not_lost_again(void **state)
{
    static const char now[] = "SELECT concat_ws(' ', content_size, content_type, version, name) "
                              "FROM bridge.attachment";
    struct site *s = *state;
    struct contents *store = open_store(s);
    const char *id = put_content(s, store, "%PDF-1.4\n%%EOF\n");
    struct record *named;

    staging_contents(s->staging, store);
    site_page(s, site_portal, "list", with_file(s, "1", T("05"), NULL), NULL);
    assert_string_equal(with_pg_text(now), "1 x.doc");
    site_page(s, site_portal, "list", with_file(s, "1", T("06"), id), NULL);
    assert_string_equal(with_pg_text(now), "15 application/pdf 2 x.doc");
    site_page(s, site_portal, "list", with_file(s, "1", T("07"), NULL), NULL);
    assert_string_equal(with_pg_text(now), "15 application/pdf 2 x.doc");
    site_page(s, site_portal, "list", with_file(s, "1", T("08"), id), NULL);
    assert_string_equal(with_pg_text(now), "15 application/pdf 2 x.doc");
    named = with_file(s, "1", T("09"), NULL);
    named->child->fields[dict_slot(dict_stream_find(&site_dict, "attachment"), "name")] =
        (struct field){ "y.doc", 5 };
    site_page(s, site_portal, "list", named, NULL);
    assert_string_equal(with_pg_text(now), "15 application/pdf 3 y.doc");
    site_sound_books(s);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, site_begin, site_end)
    const struct CMUnitTest tests[] = {
        TEST(each_field_has_its_owner),     TEST(each_field_is_sent_on),
        TEST(nested_fields_are_kept),       TEST(numbers_spelled_otherwise),
        TEST(a_direction_starts_the_clock), TEST(what_is_in_it_stands_beside_what_was_declared),
        TEST(a_content_is_not_lost_again),
    };
    return cmocka_run_group_tests(tests, site_group_begin, site_group_end);
}
