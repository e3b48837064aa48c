/* The rules that reach beyond one value: seal, hold=field, with=, legacy, bytes, days of units. */
#include "map_small.h"

#include "base/seal.h"
#include "core/mapper_find.h"

#define KEY "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
#define ID  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static struct error err;

static struct record *
remote(const char *stream, const char *const *values)
{
    const struct map_stream *s = mapping_stream(&f.map, stream);
    struct record *record = arena_alloc(f.mem, sizeof *record);

    record->stream = s->name;
    record->count = s->count;
    record->fields = arena_alloc(f.mem, s->count * sizeof *record->fields);
    for (size_t i = 0; i < s->count; i++)
        record->fields[i] = (struct field){ values[i], values[i] ? strlen(values[i]) : 0 };
    return record;
}

static struct record *
read_in(const char *stream, const char *const *values)
{
    struct record *out = NULL;

    if (mapper_in(&f.mapper, f.mem, remote(stream, values), &out, &err) != V_OK)
        fail_msg("%s: %s", err.code, err.text);
    return out;
}

static void
held(const char *stream, const char *const *values, const char *code, const char *field)
{
    struct record *out = NULL;

    assert_int_equal(mapper_in(&f.mapper, f.mem, remote(stream, values), &out, &err), V_REJECT);
    assert_string_equal(err.code, code);
    assert_string_equal(err.field, field);
}

static const char *
text_of(const struct record *record, const char *field)
{
    long slot = dict_slot(dict_stream_find(&f.dict, record->stream), field);

    assert_true(slot >= 0);
    return record->fields[slot].text;
}

static const char *
sealed_of(const struct record *record, const char *field)
{
    return record->sealed[dict_slot(dict_stream_find(&f.dict, record->stream), field)].text;
}

static void
put(struct record *record, const char *field, const char *text)
{
    long slot = dict_slot(dict_stream_find(&f.dict, record->stream), field);

    record->fields[slot] = (struct field){ text, text ? strlen(text) : 0 };
}

static struct record *
canonical(const char *stream)
{
    const struct dict_stream *dict = dict_stream_find(&f.dict, stream);
    struct record *record = arena_alloc(f.mem, sizeof *record);

    record->stream = dict->name;
    record->count = dict->count;
    record->fields = arena_alloc(f.mem, dict->count * sizeof *record->fields);
    return record;
}

/* Field i of the stream's remote record. */
static const char *
written(const struct record *x, size_t i)
{
    struct mapper_losses losses = { 0, 0 };
    struct record *out = NULL;

    if (mapper_out(&f.mapper, f.mem, x, &out, &losses, &err) != V_OK)
        return err.code;
    return out->fields[i].text;
}

/* ---- bytes ---- */

static void
bytes(void **state)
{
    static const char *const bad[] = {
        "x",
        ID "0",
        "e" ID,
        "../../etc/passwd",
        "E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "../../../../../../../../../../../../../../../../../../etc/passwd",
    };
    const char *values[] = { "1", ID };
    struct record *x;

    (void)state;
    load_good(HEAD "[attachment]\nkey both a text key\ncontent both b bytes xop\n");
    assert_int_equal(mapping_stream(&f.map, "attachment")->lines[1].flags, MAP_XOP);
    x = read_in("attachment", values);
    assert_string_equal(text_of(x, "content"), ID);
    assert_string_equal(written(x, 1), ID);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        values[1] = bad[i];
        held("attachment", values, "map.bytes", "content");
    }
    put(x, "content", "no name");
    assert_string_equal(written(x, 1), "map.bytes");
    values[1] = NULL;
    assert_null(text_of(read_in("attachment", values), "content"));
    map_fixture_close(&f);
}

/* In a table the name of a file and what it holds are one column: each comes back as it was. */
static void
one_column(void **state)
{
    const char *values[] = { "scan.pdf", "scan.pdf", ID };
    struct record *back;
    const char *packed;
    size_t len;

    (void)state;
    load_good(HEAD "[attachment]\nkey in Scan text key\nname in Scan text\n"
                   "content in Scan bytes\n");
    remote_pack(f.mem, &f.map, remote("attachment", values), &packed, &len);
    assert_int_equal(remote_unpack(f.mem, &f.map, packed, len, &back, &err), V_OK);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(back->fields[i].text, values[i]);
    map_fixture_close(&f);
}

/* ---- senders that nothing is to tell of ---- */

static void
sealed_senders(void **state)
{
    static const char map[] =
        HEAD "keep=digest\n[complaint]\nnumber in a text key\nidentity in b code codes=i "
             "default=\"No\"\ncomplainant in c text\nbody in d text\n"
             "[codes i]\nN = No\nS = Yes\n";
    const char *values[] = { "1", "Yes", "Canary", "text" };
    struct record *back;
    const char *packed;
    size_t len;

    (void)state;
    load_good(map);
    held("complaint", values, "map.sender", "complainant");
    remote_pack(f.mem, &f.map, remote("complaint", values), &packed, &len);
    assert_null(memmem(packed, len, "Canary", 6));
    /* as it was kept, it can be taken */
    assert_int_equal(remote_unpack(f.mem, &f.map, packed, len, &back, &err), V_OK);
    assert_int_equal(mapper_in(&f.mapper, f.mem, back, &back, &err), V_OK);
    assert_string_equal(text_of(back, "identity"), "S");
    assert_string_equal(text_of(back, "body"), "text");
    values[1] = "yes"; /* who knows */
    held("complaint", values, "map.code", "identity");
    remote_pack(f.mem, &f.map, remote("complaint", values), &packed, &len);
    assert_null(memmem(packed, len, "Canary", 6));
    values[1] = NULL;
    assert_string_equal(text_of(read_in("complaint", values), "complainant"), "Canary");
    remote_pack(f.mem, &f.map, remote("complaint", values), &packed, &len);
    assert_non_null(memmem(packed, len, "Canary", 6));
    map_fixture_close(&f);
}

/* ---- seal ---- */

static void
sealing(void **state)
{
    const char *values[] = { "Q/1", "Asha", "9876543210", "N" };
    unsigned char a[DIGEST_BYTES], b[DIGEST_BYTES];
    struct record *x;
    struct seal *seal;

    (void)state;
    load_good(HEAD "[complaint]\nnumber in a text key\ncomplainant in b text seal required\n"
                   "mobile in c mobile seal\nidentity in d code codes=i\n[codes i]\nN = N\n");
    assert_int_equal(f.map.keep, KEEP_SEALED);
    assert_true(mapping_seals(&f.map));
    assert_int_equal(seal_new(f.mem, KEY, &seal, &err), V_OK);
    f.mapper.seal = seal;
    x = read_in("complaint", values);
    assert_null(text_of(x, "complainant"));
    assert_null(text_of(x, "mobile"));
    assert_string_equal(sealed_of(x, "complainant"), "Asha");
    assert_string_equal(sealed_of(x, "mobile"), "+919876543210");
    assert_string_equal(text_of(x, "identity"), "N");
    assert_null(mapper_in_field(&f.mapper, f.mem, remote("complaint", values), "mobile"));
    assert_string_equal(mapper_key(&f.mapper, f.mem, x), "Q/1");
    mapper_digest(&f.mapper, x, a);
    values[1] = "Usha";
    mapper_digest(&f.mapper, read_in("complaint", values), b);
    assert_memory_not_equal(a, b, sizeof a);
    values[1] = "Asha";
    mapper_digest(&f.mapper, read_in("complaint", values), b);
    assert_memory_equal(a, b, sizeof a);
    values[1] = NULL;
    held("complaint", values, "map.required", "complainant");
    values[1] = "Asha";
    values[2] = "12";
    held("complaint", values, "map.mobile", "mobile");
    assert_null(strstr(err.text, "12"));
    map_fixture_close(&f);

    load_good(HEAD "keep = digest\n[complaint]\nnumber in a text key\nmobile in c mobile seal\n");
    assert_int_equal(f.map.keep, KEEP_DIGEST);
    map_fixture_close(&f);
    load_good(HEAD "keep = sealed\n[complaint]\nnumber in a text key\n");
    assert_int_equal(f.map.keep, KEEP_SEALED);
    assert_true(mapping_seals(&f.map));
    map_fixture_close(&f);
    load_good(HEAD "[complaint]\nnumber in a text key\n");
    assert_int_equal(f.map.keep, KEEP_BYTES);
    assert_false(mapping_seals(&f.map));
    map_fixture_close(&f);
}

/* ---- hold=field ---- */

static void
holding_a_field(void **state)
{
    const char *values[] = { "Q/1", "GONE", "999", "01/06/2020 10:00:00" };
    struct record *x;

    (void)state;
    load_good(HEAD "[complaint]\nnumber in a text key\n"
                   "status in b code codes=s hold=field required\n"
                   "unit in c unit scheme=t hold=field\n"
                   "marked_at in d time format=\"%d/%m/%Y %H:%M:%S\" hold=field\n"
                   "[codes s]\nRECV = NEW\n");
    x = read_in("complaint", values);
    assert_null(text_of(x, "status"));
    assert_null(text_of(x, "unit"));
    assert_string_equal(text_of(x, "marked_at"), "2020-06-01T04:30:00.000000Z");
    assert_non_null(x->apart);
    assert_string_equal(x->apart->why->field, "status");
    assert_string_equal(x->apart->why->code, "map.code");
    assert_string_equal(x->apart->why->where, "b");
    assert_string_equal(x->apart->next->why->field, "unit");
    assert_string_equal(x->apart->next->why->code, "map.unit");
    assert_null(x->apart->next->next);
    assert_null(strstr(x->apart->why->text, "GONE"));
    values[1] = NULL; /* what is not there is not unknown */
    held("complaint", values, "map.required", "status");
    values[1] = "NEW";
    values[2] = NULL;
    assert_null(read_in("complaint", values)->apart);
    map_fixture_close(&f);
}

/* ---- with= ---- */

static void
words_with_texts(void **state)
{
    const char *values[] = { "Q/1", "3", "Forwarded to SP", "2", "good" };
    struct record *x;

    (void)state;
    (void)write_file("c.csv", "canonical,remote,loss,remote_text\n"
                              "FWDD,3,,Forwarded to SP\n"
                              "ASGN,3,,Given to officer\n"
                              "ENQR,3,,\n"
                              "ENQR,4,,Under enquiry\n"
                              "RECV,1,,\n");
    load_good(HEAD
              "[complaint]\nnumber both a text key\nstatus both b code codes=s with=status_text\n"
              "status_text both c text\n"
              "[feedback]\nkey both a text key\nrating both b code codes=r with=rating_text\n"
              "rating_text both c text\n"
              "[codes s]\nfile = c.csv\n[codes r]\n1 = 5\n2 = 4\n3 = 3\n4 = 2\n5 = 1\n");
    x = read_in("complaint", values);
    assert_string_equal(text_of(x, "status"), "FWDD");
    assert_string_equal(text_of(x, "status_text"), "Forwarded to SP");
    assert_string_equal(written(x, 1), "3");
    assert_string_equal(written(x, 2), "Forwarded to SP");
    assert_string_equal(mapper_in_field(&f.mapper, f.mem, remote("complaint", values), "status"),
                        "FWDD");
    values[2] = " Given to officer\u00A0";
    assert_string_equal(text_of(read_in("complaint", values), "status"), "ASGN");
    values[2] = "something else";
    assert_string_equal(text_of(read_in("complaint", values), "status"), "ENQR");
    values[2] = NULL;
    assert_string_equal(text_of(read_in("complaint", values), "status"), "ENQR");
    values[1] = "4";
    held("complaint", values, "map.code", "status"); /* that word needs its text */
    values[2] = "Under enquiry";
    x = read_in("complaint", values);
    assert_string_equal(text_of(x, "status"), "ENQR");
    assert_string_equal(written(x, 1), "4"); /* the row whose text it has, not the first */

    /* words of another system: the first row, and its text beside it */
    put(x, "status", "ASGN");
    put(x, "status_text", "assigned in CCTNS");
    assert_string_equal(written(x, 1), "3");
    assert_string_equal(written(x, 2), "Given to officer");
    put(x, "status", "RECV"); /* a row for any text leaves the text as it is */
    assert_string_equal(written(x, 1), "1");
    assert_string_equal(written(x, 2), "assigned in CCTNS");
    put(x, "status", "DISP");
    assert_string_equal(written(x, 1), "map.code");
    assert_string_equal(mapper_code_there(&f.mapper, "complaint", "status", "FWDD"), "FWDD");
    assert_string_equal(mapper_code_there(&f.mapper, "complaint", "status", "ASGN"), "ASGN");

    /* a whole number by a table: the peer's scale is the other way round */
    values[0] = "F/1";
    values[1] = "1";
    values[2] = "very good";
    x = read_in("feedback", values);
    assert_string_equal(text_of(x, "rating"), "5");
    assert_string_equal(written(x, 1), "1");
    map_fixture_close(&f);
}

/* ---- what the mapper finds ---- */

static void
scripts(void **state)
{
    static const struct {
        const char *text, *script;
    } cases[] = {
        { "मेरी शिकायत पर कार्रवाई नहीं हुई", "D" },
        { "My complaint was not acted upon", "L" },
        { "मेरी FIR दर्ज नहीं की गई", "M" },
        { "मेरी शिकायत 123/2020 पर थाना कोतवाली में कोई कार्रवाई नहीं हुई, a", "D" },
        { "No action, Sir, by the officers of police station Kotwali. श्", "L" },
        { "123/2020", "M" },
        { "شکایت", "M" },
        { "Ünïcödé", "L" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(mapper_script(cases[i].text, strlen(cases[i].text)), cases[i].script) != 0)
            fail_msg("case %zu", i);
}

static void
found_fields(void **state)
{
    const char *values[] = { "Q/1", "esjh f'kdk;r ij dksbZ dk;Zokgh ugha gqbZ gS",
                             "No action on my complaint" };
    unsigned char a[DIGEST_BYTES], b[DIGEST_BYTES];
    struct record *x;

    (void)state;
    load_good(HEAD "[complaint]\nnumber in a text key\nbody in b text legacy=krutidev\n"
                   "subject in c text legacy=krutidev\n");
    x = read_in("complaint", values);
    assert_string_equal(text_of(x, "body"), values[1]);
    assert_string_equal(text_of(x, "body_script"), "K");
    assert_string_equal(text_of(x, "body_unicode"), "मेरी शिकायत पर कोई कार्यवाही नहीं हुई है");
    assert_null(text_of(x, "subject_unicode"));
    mapper_digest(&f.mapper, x, a);
    put(x, "body_unicode", NULL);
    put(x, "body_script", NULL);
    mapper_digest(&f.mapper, x, b);
    assert_memory_equal(a, b, sizeof a);
    values[1] = "आशा";
    assert_string_equal(text_of(read_in("complaint", values), "body_script"), "D");
    values[1] = NULL;
    assert_null(text_of(read_in("complaint", values), "body_script"));
    map_fixture_close(&f);

    /* without the rule a legacy font is not looked for; a line of its own rules */
    load_good(HEAD "[complaint]\nnumber in a text key\nbody in b text\n"
                   "body_script in c code codes=s\n[codes s]\nD = HINDI\nL = ENGLISH\n");
    values[1] = "plain words";
    values[2] = "HINDI";
    assert_string_equal(text_of(read_in("complaint", values), "body_script"), "D");
    map_fixture_close(&f);
}

/* ---- days of units ---- */

static const char *
unit_on(const char *code, const char *day)
{
    const char *values[] = { "Q/1", code, day };
    struct record *x = NULL;

    if (mapper_in(&f.mapper, f.mem, remote("complaint", values), &x, &err) != V_OK)
        return err.code;
    return text_of(x, "unit");
}

static const char *
code_on(const char *unit, const char *at)
{
    struct record *x = canonical("complaint");

    put(x, "number", "Q/1");
    put(x, "unit", unit);
    put(x, "marked_at", at);
    return written(x, 1);
}

/* A district was split on 16 December 2025: the old number ended, both parts got new ones. Two
 * others were merged: the number of one went on for the whole. */
static void
split_and_merged(void **state)
{
    (void)state;
    (void)write_file("units/u.csv",
                     UNITS "X,,STATE,X,,,,\n"
                           "X-OLD,X,DISTRICT,Old,,,,t:205@..2025-12-15 t:298@2025-12-16..\n"
                           "X-NEW,X,DISTRICT,New,,2025-12-16,,t:299\n"
                           "X-A,X,DISTRICT,A,,,2022-03-31,t:301 t:401\n"
                           "X-B,X,DISTRICT,B,,,2022-03-31,t:302\n"
                           "X-AB,X,DISTRICT,AB,,2022-04-01,,t:302 t:401@2022-06-01..\n");
    load_good(HEAD "received = marked_at\n[complaint]\nnumber both a text key\n"
                   "unit both b unit scheme=t required\n"
                   "marked_at both c time format=\"%d/%m/%Y %H:%M:%S\" loss=\"fractions\"\n");
    assert_null(units_clash(&f.units, "t"));
    assert_string_equal(unit_on("205", "15/12/2025 23:59:59"), "X-OLD");
    assert_string_equal(unit_on("205", "16/12/2025 00:00:00"), "map.unit");
    assert_non_null(strstr(err.text, "2025-12-16"));
    assert_string_equal(unit_on("298", "16/12/2025 00:00:00"), "X-OLD");
    assert_string_equal(unit_on("299", "16/12/2025 00:00:00"), "X-NEW");
    /* an older complaint that was marked to the new district: nobody else ever had the number */
    assert_string_equal(unit_on("299", "01/12/2025 00:00:00"), "X-NEW");
    assert_string_equal(unit_on("302", "31/03/2022 23:59:59"), "X-B");
    assert_string_equal(unit_on("302", "01/04/2022 00:00:00"), "X-AB");
    assert_string_equal(unit_on("301", "01/04/2022 00:00:00"), "map.unit");
    /* given out again: on a day between, it was nobody's */
    assert_string_equal(unit_on("401", "31/03/2022 00:00:00"), "X-A");
    assert_string_equal(unit_on("401", "01/05/2022 00:00:00"), "map.unit");
    assert_string_equal(unit_on("401", "01/06/2022 00:00:00"), "X-AB");
    assert_string_equal(unit_on("302", NULL), "X-AB"); /* no date of its own: as it is now */
    assert_string_equal(unit_on("301", NULL), "X-A");
    f.mapper.day = "2021-01-01";
    assert_string_equal(unit_on("302", NULL), "X-B");
    f.mapper.day = "2023-01-01";
    assert_string_equal(unit_on("301", NULL), "map.unit");
    f.mapper.day = NULL;

    /* outward the code of that day; 18:30 UTC is midnight in India */
    assert_string_equal(code_on("X-OLD", "2025-12-15T18:29:59.000000Z"), "205");
    assert_string_equal(code_on("X-OLD", "2025-12-15T18:30:00.000000Z"), "298");
    assert_string_equal(code_on("X-OLD", NULL), "298");
    assert_string_equal(code_on("X-NEW", "2020-01-01T00:00:00.000000Z"), "299");
    assert_string_equal(code_on("X-A", "2021-01-01T00:00:00.000000Z"), "301");
    assert_string_equal(code_on("X-A", "2023-01-01T00:00:00.000000Z"), "map.unit");
    map_fixture_close(&f);

    (void)write_file("units/u.csv",
                     UNITS "X,,STATE,X,,,,t:1@2020..2021-01-01 t:2@2021-01-01..2020-01-01 t:3@x\n"
                           "Y,,STATE,Y,,2021-01-01,2020-01-01,t:4@2020-01-01..\n");
    load(HEAD "[complaint]\nunit in b unit scheme=t\n");
    assert_int_equal(f.faults.count, 4);
    assert_non_null(strstr(f.faults.items[0].text, "\"2020\" is not a date"));
    assert_int_equal(f.faults.items[0].line, 2);
    assert_non_null(strstr(f.faults.items[1].text, "before it begins"));
    assert_non_null(strstr(f.faults.items[2].text, "SCHEME:CODE@FROM..TO"));
    assert_non_null(strstr(f.faults.items[3].text, "before it begins"));
    map_fixture_close(&f);
    write_units();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes),
        cmocka_unit_test(one_column),
        cmocka_unit_test(sealed_senders),
        cmocka_unit_test(sealing),
        cmocka_unit_test(holding_a_field),
        cmocka_unit_test(words_with_texts),
        cmocka_unit_test(scripts),
        cmocka_unit_test(found_fields),
        cmocka_unit_test(split_and_merged),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
