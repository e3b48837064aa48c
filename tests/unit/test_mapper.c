/* The mapper: every kind both ways, what is refused and how it is named, packing, digests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "map_fixture.h"

static struct map_fixture f;
static struct error err;

static int
begin(void **state)
{
    (void)state;
    map_fixture_open(&f, FIXTURES "units", FIXTURES "good.map", probe_kinds);
    return f.faults.count ? 1 : 0;
}

static int
end(void **state)
{
    (void)state;
    map_fixture_close(&f);
    return 0;
}

static struct record *
new_record(const char *stream)
{
    const struct map_stream *s = mapping_stream(&f.map, stream);
    struct record *record = arena_alloc(f.mem, sizeof *record);

    record->stream = s->name;
    record->count = s->count;
    record->fields = arena_alloc(f.mem, s->count * sizeof *record->fields);
    return record;
}

static void
set(struct record *record, const char *remote, const char *text)
{
    const struct map_stream *s = mapping_stream(&f.map, record->stream);

    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->lines[i].remote, remote) == 0)
            record->fields[i] = (struct field){ text, text ? strlen(text) : 0 };
}

static struct record *
new_complaint(void)
{
    struct record *record = new_record("complaint");

    set(record, "g:Code", "A/1");
    set(record, "g:Unit/@code", "101");
    set(record, "g:Marked", "01/06/2020 10:00:00");
    set(record, "g:Changed", "01/06/2020 10:00:01");
    set(record, "g:Status", "MARKED");
    return record;
}

static const char *
canonical_of(const struct record *record, const char *field)
{
    const struct dict_stream *stream = dict_stream_find(&f.dict, record->stream);

    return record->fields[dict_slot(stream, field)].text;
}

static void
inward(void **state)
{
    static const struct {
        const char *remote, *text, *field, *canonical, *code; /* code NULL: taken */
    } cases[] = {
        { "g:Code", "UP/7", "number", "UP/7", NULL },
        { "g:Code", "", "number", NULL, "map.key" },
        { "g:Code", NULL, "number", NULL, "map.key" },
        { "g:Code", "up 7", "number", NULL, "map.match" },
        { "g:Subject", " \xE2\x80\x8B two\r\nlines\t ", "subject", "two\nlines", NULL },
        { "g:Subject", "   ", "subject", NULL, NULL },
        { "g:Subject", "\xE0\xA4\xA8\xE0\xA4\xBC", "subject", "\xE0\xA4\xA9", NULL }, /* NFC */
        { "g:Subject", "\xE0\xA5\x98", "subject", "\xE0\xA4\x95\xE0\xA4\xBC", NULL },
        { "g:Subject", "\xF0\x9F\x99\x8F", "subject", "\xF0\x9F\x99\x8F", NULL },
        { "g:Body", "  as it is ", "body", "  as it is ", NULL },
        { "g:Body", "bad \xC3\x28", "body", NULL, "text.utf8" },
        { "g:Body", "bell \a", "body", NULL, "text.control" },
        { "g:Body", "del \x7F", "body", NULL, "text.control" },
        { "g:Who/g:Name",
          "\xE0\xA4\x95\xE0\xA4\x95\xE0\xA4\x95\xE0\xA4\x95\xE0\xA4\x95"
          "\xE0\xA4\x95\xE0\xA4\x95\xE0\xA4\x95\xE0\xA4\x95\xE0\xA4\x95\xE0\xA4\x95\xE0\xA4\x95 ",
          "complainant",
          "\xE0\xA4\x95\xE0\xA4\x95\xE0\xA4\x95\xE0\xA4\x95\xE0\xA4\x95"
          "\xE0\xA4\x95\xE0\xA4\x95\xE0\xA4\x95\xE0\xA4\x95\xE0\xA4\x95\xE0\xA4\x95\xE0\xA4\x95",
          NULL },
        { "g:Who/g:Name", "thirteen char", "complainant", NULL, "map.long" },
        { "g:Origin", "IGRS Portal", "origin", "igrs", NULL },
        { "g:Origin", "IGRS portal", "origin", NULL, "map.code" },
        { "g:Prio", "HIGH", "priority", "1", NULL },
        { "g:Sex", "Third gender", "gender", "T", NULL },
        { "g:Sex", NULL, "gender", "U", NULL },
        { "g:Sex", "", "gender", "U", NULL },
        { "g:Sex", "X", "gender", NULL, "map.code" },
        { "g:Age", "42", "age", "42", NULL },
        { "g:Age", "007", "age", "7", NULL },
        { "g:Age", "-0", "age", "0", NULL },
        { "g:Age", "4.2", "age", NULL, "map.int" },
        { "g:Age", " 42", "age", NULL, "map.int" },
        { "g:Age", "99999999999999999999", "age", NULL, "map.int" },
        { "g:Mobile", "9876543210", "mobile", "+919876543210", NULL },
        { "g:Mobile", "+91 98765-43210", "mobile", "+919876543210", NULL },
        { "g:Mobile", "919876543210", "mobile", "+919876543210", NULL },
        { "g:Mobile", "09876543210", "mobile", "+919876543210", NULL },
        { "g:Mobile", " - ", "mobile", NULL, NULL },
        { "g:Mobile", "4876543210", "mobile", NULL, "map.mobile" },
        { "g:Mobile", "987654321", "mobile", NULL, "map.mobile" },
        { "g:Mobile", "+9876543210", "mobile", NULL, "map.mobile" },
        { "g:Mobile", "98765432101234", "mobile", NULL, "map.mobile" },
        { "g:Mobile", "98765x3210", "mobile", NULL, "map.mobile" },
        { "g:Mobile", "+", "mobile", NULL, "map.mobile" },
        { "g:Unit/@code", "102", "unit", "T-2", NULL },
        { "g:Unit/@code", "999", "unit", NULL, "map.unit" },
        { "g:Unit/@code", "", "unit", NULL, "map.required" },
        { "g:Unit/@name", " KANAUJ   city", "station", "T-1", NULL },
        { "g:Received", "2020-06-01T10:00:00+05:30", "received_at", "2020-06-01T04:30:00.000000Z",
          NULL },
        { "g:Received", "2020-06-01 10:00", "received_at", NULL, "map.time" },
        { "g:Marked", "30/02/2020 10:00:00", "marked_at", NULL, "map.time" },
        { "g:Marked", "01/06/0020 10:00:00", "marked_at", NULL, "map.time" },
        { "g:Marked", "01/06/2020 10:00:00 ", "marked_at", NULL, "map.time" },
        { "g:Due", "01-Jul-2020", "due_at", "2020-06-30T18:30:00.000000Z", NULL },
        { "g:Reg", "20200601103000123456", "registered_at", "2020-06-01T10:30:00.123456Z", NULL },
        { "g:Status", "DISPOSED", "status", "DISP", NULL },
        { "g:Status", NULL, "status", NULL, "map.required" },
        { "odd name", "x@y", "email", "x@y", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record *remote = new_complaint(), *canonical = NULL;
        enum verdict v;

        set(remote, cases[i].remote, cases[i].text);
        v = mapper_in(&f.mapper, f.mem, remote, &canonical, &err);
        if (cases[i].code) {
            assert_int_equal(v, V_REJECT);
            if (strcmp(err.code, cases[i].code) != 0)
                fail_msg("case %zu: %s instead of %s", i, err.code, cases[i].code);
            assert_string_equal(err.field, cases[i].field);
            assert_string_equal(err.where, cases[i].remote);
            if (cases[i].text && strlen(cases[i].text) > 3)
                assert_null(strstr(err.text, cases[i].text));
            continue;
        }
        if (v)
            fail_msg("case %zu: %s", i, err.code);
        assert_string_equal(canonical->stream, "complaint");
        assert_int_equal(canonical->count, dict_stream_find(&f.dict, "complaint")->count);
        if (!cases[i].canonical)
            assert_null(canonical_of(canonical, cases[i].field));
        else
            assert_string_equal(canonical_of(canonical, cases[i].field), cases[i].canonical);
    }
}

static void
bytes_with_nul(void **state)
{
    struct record *remote = new_complaint(), *canonical;

    (void)state;
    remote->fields[0] = (struct field){ "A/1\0B", 5 };
    assert_int_equal(mapper_in(&f.mapper, f.mem, remote, &canonical, &err), V_REJECT);
    assert_string_equal(err.code, "map.match");
    remote = new_complaint();
    remote->fields[2] = (struct field){ "a\0b", 3 };
    assert_int_equal(mapper_in(&f.mapper, f.mem, remote, &canonical, &err), V_REJECT);
    assert_string_equal(err.code, "text.control");
    remote = new_complaint();
    remote->fields[10] = (struct field){ "101\0", 4 };
    assert_int_equal(mapper_in(&f.mapper, f.mem, remote, &canonical, &err), V_REJECT);
    assert_string_equal(err.code, "map.unit");
}

static void
nested(void **state)
{
    struct record *remote = new_complaint(), *one = new_record("action"), *canonical;
    struct record *two = new_record("action");
    struct error bad;

    (void)state;
    set(one, "g:Seq", "1");
    set(one, "g:On", "01/06/2020 11:00");
    set(one, "g:What", "MARKED");
    set(two, "g:Seq", "2");
    set(two, "g:What", "RECEIVED");
    remote->child = one;
    one->next = two;
    remote->ordinal = 7;
    assert_int_equal(mapper_in(&f.mapper, f.mem, remote, &canonical, &err), V_OK);
    assert_int_equal(canonical->ordinal, 7);
    assert_string_equal(canonical_of(canonical->child, "at"), "2020-06-01T05:30:00.000000Z");
    assert_string_equal(canonical_of(canonical->child->next, "key"), "2");
    assert_null(canonical->child->next->next);
    assert_string_equal(mapper_key(&f.mapper, f.mem, canonical), "A/1");
    assert_string_equal(mapper_key(&f.mapper, f.mem, canonical->child), "1");

    set(two, "g:What", "LOST");
    assert_int_equal(mapper_in(&f.mapper, f.mem, remote, &canonical, &err), V_REJECT);
    assert_string_equal(err.where, "g:What");
    set(two, "g:What", "RECEIVED");
    (void)error_set(&bad, V_REJECT, "odbc.cut", "a column was cut short");
    two->fault = &bad;
    assert_int_equal(mapper_in(&f.mapper, f.mem, remote, &canonical, &err), V_REJECT);
    assert_string_equal(err.code, "odbc.cut");
    two->fault = NULL;
    two->stream = "nothing";
    assert_int_equal(mapper_in(&f.mapper, f.mem, remote, &canonical, &err), V_REJECT);
    assert_string_equal(err.code, "map.stream");
}

static void
one_field(void **state)
{
    struct record *remote = new_complaint();

    (void)state;
    set(remote, "g:Status", "LOST");
    assert_string_equal(mapper_in_field(&f.mapper, f.mem, remote, "changed_at"),
                        "2020-06-01T04:30:01.000000Z");
    assert_string_equal(mapper_in_field(&f.mapper, f.mem, remote, "number"), "A/1");
    assert_null(mapper_in_field(&f.mapper, f.mem, remote, "status"));
    assert_null(mapper_in_field(&f.mapper, f.mem, remote, "nothing"));
}

static struct record *
new_canonical(const char *stream)
{
    const struct dict_stream *dict = dict_stream_find(&f.dict, stream);
    struct record *record = arena_alloc(f.mem, sizeof *record);

    record->stream = dict->name;
    record->count = dict->count;
    record->fields = arena_alloc(f.mem, dict->count * sizeof *record->fields);
    return record;
}

static void
put(struct record *record, const char *field, const char *text)
{
    const struct dict_stream *dict = dict_stream_find(&f.dict, record->stream);

    record->fields[dict_slot(dict, field)] = (struct field){ text, text ? strlen(text) : 0 };
}

static void
outward(void **state)
{
    static const struct {
        const char *field, *text, *remote, *out, *code;
        long cut, replaced;
    } cases[] = {
        { "number", "A&1", "g:Code", NULL, "map.forbid", 0, 0 },
        { "number", "a1", "g:Code", NULL, "map.match", 0, 0 },
        { "number", NULL, "g:Code", NULL, "map.key", 0, 0 },
        { "number", "A123456789012345678901234567890", "g:Code", NULL, "map.long", 0, 0 },
        { "subject", "a & \"b\"\nc", "g:Subject", "a    b  c", NULL, 0, 4 },
        { "subject",
          "\xE0\xA4\x95"
          "123456789012345678\xE0\xA4\x95\xE0\xA4\x95",
          "g:Subject",
          "\xE0\xA4\x95"
          "123456789012345678\xE0\xA4\x95",
          NULL, 1, 0 },
        { "body", "123456789012345678901234567890", "g:Body", "123456789012345678901234567890",
          NULL, 0, 0 },
        { "body", "1234567890123456789012345678901", "g:Body", "123456789012345678901234567890",
          NULL, 1, 0 },
        { "origin", "cpgrams", "g:Origin", "CPGRAMS", NULL, 0, 0 },
        { "origin", "nhrc", "g:Origin", NULL, "map.code", 0, 0 },
        { "priority", "2", "g:Prio", "HIGH", NULL, 0, 0 },
        { "gender", NULL, "g:Sex", NULL, NULL, 0, 0 },
        { "age", "42", "g:Age", "42", NULL, 0, 0 },
        { "age", "4x", "g:Age", NULL, "map.int", 0, 0 },
        { "mobile", "+919876543210", "g:Mobile", "9876543210", NULL, 0, 0 },
        { "mobile", "9876543210", "g:Mobile", NULL, "map.mobile", 0, 0 },
        { "unit", "T-2", "g:Unit/@code", "102", NULL, 0, 0 },
        { "unit", "T", "g:Unit/@code", NULL, "map.unit", 0, 0 },
        { "marked_at", "2020-06-01T04:30:00.999999Z", "g:Marked", "01/06/2020 10:00:00", NULL, 0,
          0 },
        { "marked_at", "yesterday", "g:Marked", NULL, "map.time", 0, 0 },
        { "due_at", "2020-06-30T18:30:00.000000Z", "g:Due", "01-Jul-2020", NULL, 0, 0 },
        { "status", "CLSD", "g:Status", "DISPOSED", NULL, 0, 0 },
        { "status", "TRNO", "g:Status", NULL, "map.code", 0, 0 },
        { "status", "", "g:Status", NULL, "map.required", 0, 0 },
        { "email", "x@y", "odd name", NULL, NULL, 0, 0 },
    };
    const struct map_stream *stream = mapping_stream(&f.map, "complaint");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record *canonical = new_canonical("complaint"), *remote;
        struct mapper_losses losses = { 0, 0 };
        enum verdict v;

        put(canonical, "number", "A/1");
        put(canonical, "unit", "T-1");
        put(canonical, "marked_at", "2020-06-01T04:30:00.000000Z");
        put(canonical, "status", "FWDD");
        put(canonical, cases[i].field, cases[i].text);
        v = mapper_out(&f.mapper, f.mem, canonical, &remote, &losses, &err);
        if (cases[i].code) {
            assert_int_equal(v, V_REJECT);
            if (strcmp(err.code, cases[i].code) != 0)
                fail_msg("case %zu: %s instead of %s", i, err.code, cases[i].code);
            assert_string_equal(err.field, cases[i].field);
            continue;
        }
        if (v)
            fail_msg("case %zu: %s", i, err.code);
        assert_int_equal(losses.cut, cases[i].cut);
        assert_int_equal(losses.replaced, cases[i].replaced);
        assert_int_equal(remote->count, stream->count);
        for (size_t j = 0; j < stream->count; j++) {
            if (strcmp(stream->lines[j].remote, cases[i].remote) != 0)
                continue;
            if (!cases[i].out)
                assert_null(remote->fields[j].text);
            else
                assert_string_equal(remote->fields[j].text, cases[i].out);
            assert_int_equal(remote->fields[j].len, cases[i].out ? strlen(cases[i].out) : 0);
        }
    }
}

static void
digests(void **state)
{
    struct record *a = new_canonical("complaint"), *b = new_canonical("complaint");
    unsigned char one[DIGEST_BYTES], two[DIGEST_BYTES];
    char *long_text = arena_alloc(f.mem, 20001);

    (void)state;
    put(a, "subject", "x");
    put(b, "subject", "x");
    put(b, "changed_at", "2020-06-01T04:30:00.000000Z");
    mapper_digest(&f.mapper, a, one);
    mapper_digest(&f.mapper, b, two);
    assert_memory_equal(one, two, DIGEST_BYTES);
    put(b, "subject", NULL);
    put(b, "body", "x");
    mapper_digest(&f.mapper, b, two);
    assert_memory_not_equal(one, two, DIGEST_BYTES);
    memset(long_text, 'x', 20000);
    put(a, "body", long_text);
    put(b, "body", long_text);
    put(b, "subject", "x");
    mapper_digest(&f.mapper, a, one);
    mapper_digest(&f.mapper, b, two);
    assert_memory_equal(one, two, DIGEST_BYTES);
}

static void
status_there(void **state)
{
    (void)state;
    assert_string_equal(mapper_code_there(&f.mapper, "complaint", "status", "CLSD"), "DISP");
    assert_string_equal(mapper_code_there(&f.mapper, "complaint", "status", "DISP"), "DISP");
    assert_string_equal(mapper_code_there(&f.mapper, "complaint", "status", "TRNO"), "TRNO");
    assert_string_equal(mapper_code_there(&f.mapper, "action", "status", "CLSD"), "CLSD");
    assert_string_equal(mapper_code_there(&f.mapper, "ids", "status", "CLSD"), "CLSD");
}

static void
packing(void **state)
{
    struct record *remote = new_complaint(), *child = new_record("action"), *back;
    struct error bad;
    const char *bytes, *again;
    size_t len, again_len;
    char *text;

    (void)state;
    set(remote, "g:Body", "line\n} = {x\n3 4 g:Code = \\ \xFF\t");
    set(remote, "g:Subject", "");
    set(child, "g:Seq", "1");
    (void)error_set(&bad, V_REJECT, "odbc.cut", "a column\nwas cut");
    child->fault = &bad;
    remote->child = child;
    remote_pack(f.mem, &f.map, remote, &bytes, &len);
    assert_int_equal(remote_unpack(f.mem, &f.map, bytes, len, &back, &err), V_OK);
    assert_string_equal(back->fields[2].text, remote->fields[2].text);
    assert_string_equal(back->fields[1].text, "");
    assert_null(back->fields[3].text);
    assert_string_equal(back->child->fault->code, "odbc.cut");
    assert_string_equal(back->child->fault->text, "a column\nwas cut");
    remote_pack(f.mem, &f.map, back, &again, &again_len);
    assert_int_equal(len, again_len);
    assert_memory_equal(bytes, again, len);

    text = remote_text(f.mem, bytes, len);
    assert_non_null(strstr(text, "[complaint]\ng:Code = A/1\n"));
    assert_non_null(strstr(text, "g:Body = line\\n} = {x\\n3 4 g:Code = \\\\ \\xFF\\t\n"));
    assert_non_null(
        strstr(text, "    [action]\n    g:Seq = 1\n    # odbc.cut: a column\\nwas cut\n"));

    /* no byte less, and none changed for another form */
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(remote_unpack(f.mem, &f.map, bytes, i, &back, &err), V_REJECT);
        (void)remote_text(f.mem, bytes, i);
    }
    for (size_t i = 0; i < len; i++) {
        char *copy = arena_text(f.mem, bytes, len);

        copy[i] ^= 0x15;
        assert_in_range(remote_unpack(f.mem, &f.map, copy, len, &back, &err), V_OK, V_REJECT);
        (void)remote_text(f.mem, copy, len);
    }
    assert_int_equal(remote_unpack(f.mem, &f.map, "{gone\n}\n", 8, &back, &err), V_REJECT);
    assert_string_equal(err.code, "map.stream");
    assert_int_equal(
        remote_unpack(f.mem, &f.map, "{complaint\n6 1 g:Gone = 1\n}\n", 28, &back, &err), V_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inward),       cmocka_unit_test(bytes_with_nul), cmocka_unit_test(nested),
        cmocka_unit_test(one_field),    cmocka_unit_test(outward),        cmocka_unit_test(digests),
        cmocka_unit_test(status_there), cmocka_unit_test(packing),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
