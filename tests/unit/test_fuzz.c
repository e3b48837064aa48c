/*
 * Readers of what others wrote, on samples spoiled by chance: none may crash, hang, or hand out
 * what it should have refused. The seed is fixed and printed; FUZZ_SEED and FUZZ_SECONDS make a
 * longer run of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../adapters/soap.h"
#include "../../bridge/base/ini.h"
#include "../../bridge/core/conf.h"
#include "../../bridge/core/csv.h"
#include "map_fixture.h"
#include "clock.h"
#include "http.h"
#include "text.h"
#include "xml.h"

#define SEED      20200601u
#define SAMPLE    65536 /* bytes of a sample that are used */
#define ROUNDS    150   /* of each reader, without FUZZ_SECONDS */
#define SEEDS_MAX 16

extern const struct adapter_ops adapter_soap, adapter_odbc;

static const struct adapter_ops *const kinds[] = { &adapter_soap, &adapter_odbc, NULL };
static char folder[] = "/tmp/bridge-fuzz-XXXXXX";
static uint32_t dice;
static struct map_fixture igrs; /* for packed records and replies */
static struct adapter soap;
static char packed[SAMPLE] = "="; /* a record of that map, as it is held */

struct sample {
    char bytes[SAMPLE + 64];
    size_t len;
};

static uint32_t throw(uint32_t sides)
{
    dice ^= dice << 13;
    dice ^= dice >> 17;
    dice ^= dice << 5;
    return dice % sides;
}

static const char *
in_folder(struct arena *mem, const char *name)
{
    return arena_format(mem, "%s/%s", folder, name);
}

static const char *
save(struct arena *mem, const char *name, const char *bytes, size_t len)
{
    const char *path = in_folder(mem, name);
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* ---- the readers ---- */

static void
read_ini(struct arena *mem, const char *bytes, size_t len)
{
    struct faults faults = { .mem = mem };
    struct ini ini;

    (void)!ini_read(mem, "x", bytes, len, &ini, &faults);
}

static void
read_map(struct arena *mem, const char *bytes, size_t len)
{
    struct faults faults = { .mem = mem };
    const struct adapter_ops *ops;
    struct mapping map;

    mapping_load(mem, save(mem, "x.map", bytes, len), &igrs.dict, &igrs.units, kinds, NULL, &map,
                 &ops, &faults);
    if (faults.count == 0)
        assert_non_null(ops);
}

static void
read_conf(struct arena *mem, const char *bytes, size_t len)
{
    struct faults faults = { .mem = mem };
    struct conf conf;

    conf_load(mem, save(mem, "x.conf", bytes, len), kinds, &conf, &faults);
}

static void
read_xml(struct arena *mem, const char *bytes, size_t len)
{
    static const struct xml_prefix prefixes[] = { { "g", "urn:up:igrs:grievance:1" } };
    static const struct xml_events none = { .open = NULL };
    struct xml_paths *paths = xml_paths_new(mem, prefixes, 1);
    struct xml_reader *reader = xml_reader_new(mem, paths, &xml_limits_default, &none, NULL);
    struct error err;

    for (size_t at = 0; at < len;) {
        size_t part = 1 + throw(4000);

        part = part < len - at ? part : len - at;
        xml_reader_feed(reader, bytes + at, part);
        at += part;
    }
    (void)!xml_reader_end(reader, &err);
}

static void
read_reply(struct arena *mem, const char *bytes, size_t len)
{
    static const char *const calls[] = { "list", "act", "find", "ids", "count" };
    const struct map_call *call = NULL;
    struct http_reply http = { .status = 200, .type = "text/xml", .charset = "", .server = "" };
    struct page page = { 0 };
    enum soap_outcome outcome;
    struct soap_reply *reply;
    struct error err;
    struct buf body;

    while (!call)
        call = mapping_call(&igrs.map, calls[throw(5)]);
    buf_init(&body, SAMPLE * 2);
    assert_true(buf_add(&body, bytes, len));
    http.body = &body;
    reply = soap_reply_new(&soap, mem, soap_call_of(&soap, call));
    soap_reply_take(reply, bytes, len);
    if (soap_reply_end(reply, &http, V_OK, &outcome, &err) == V_OK && outcome == SOAP_ANSWERED) {
        soap_reply_page(reply, &body, &page);
        for (const struct record *r = page.records; r; r = r->next) {
            struct record *canonical;

            assert_true(r->raw >= body.data && r->raw + r->raw_len <= body.data + body.len);
            if (!r->fault)
                (void)!mapper_in(&igrs.mapper, mem, r, &canonical, &err);
        }
    }
    buf_release(&body);
}

static void
read_time(struct arena *mem, const char *bytes, size_t len)
{
    static const char *const forms[] = { "iso", "%d/%m/%Y %H:%M:%S", "%d-%b-%Y %I:%M %p",
                                         "%Y-%m-%dT%H:%M:%S.%f%z", "%Y%m%d" };
    const char *form = forms[throw(5)];
    char text[64], again[64];
    int64_t at, back;

    if (clock_parse(form, 330, bytes, len, &at)) {
        assert_true(clock_format(form, 330, at, text, sizeof text) > 0);
        assert_true(clock_parse(form, 330, text, strlen(text), &back));
        assert_true(clock_format(form, 330, back, again, sizeof again) > 0);
        assert_string_equal(text, again);
    }
    (void)clock_format_fault(arena_text(mem, bytes, len));
}

static void
read_text(struct arena *mem, const char *bytes, size_t len)
{
    const char *clean, *again;
    size_t clean_len, again_len;
    struct error err;

    if (text_clean(mem, bytes, len, &clean, &clean_len, &err))
        return;
    assert_int_equal(text_clean(mem, clean, clean_len, &again, &again_len, &err), V_OK);
    assert_int_equal(again_len, clean_len);
    assert_memory_equal(again, clean, clean_len);
}

static void
read_packed(struct arena *mem, const char *bytes, size_t len)
{
    struct record *remote, *canonical;
    struct error err;

    (void)remote_text(mem, bytes, len);
    if (remote_unpack(mem, &igrs.map, bytes, len, &remote, &err) == V_OK)
        (void)!mapper_in(&igrs.mapper, mem, remote, &canonical, &err);
}

static void
read_csv(struct arena *mem, const char *bytes, size_t len)
{
    static const char *const columns[] = { "remote", "canonical", "unit" };
    struct faults faults = { .mem = mem };
    struct csv csv;

    csv_read(mem, "x", bytes, len, columns, 3, 1 + throw(3), &csv, &faults);
}

/* ---- samples ---- */

static size_t
load(const char *path, char *out)
{
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    size_t len = fread(out, 1, SAMPLE, file);

    fclose(file);
    return len;
}

/* A file, or, where it begins with "=", the text behind that. */
static void
take(const char *from, struct sample *out)
{
    out->len = *from == '=' ? strlen(from + 1) : load(from, out->bytes);
    if (*from == '=')
        memcpy(out->bytes, from + 1, out->len);
}

static void
put(struct sample *s, size_t at, const char *bytes, size_t len)
{
    if (s->len + len > SAMPLE)
        return;
    memmove(s->bytes + at + len, s->bytes + at, s->len - at);
    memcpy(s->bytes + at, bytes, len);
    s->len += len;
}

static void
cut(struct sample *s, size_t at, size_t len)
{
    len = len < s->len - at ? len : s->len - at;
    memmove(s->bytes + at, s->bytes + at + len, s->len - at - len);
    s->len -= len;
}

static void
spoil(struct sample *s)
{
    static const char *const words[] = {
        "\n[map]\n",
        "=",
        "[",
        "]",
        "\"",
        "#",
        "$",
        "<",
        "&",
        "]]>",
        "<!--",
        "<![CDATA[",
        "<?x?>",
        "<!DOCTYPE a [",
        "/>",
        "</",
        "&#0;",
        "&#xD800;",
        "%Y",
        "%",
        "99999999999999999999",
        "-1",
        ",",
        "\r\n",
        "\xEF\xBB\xBF",
        "\xED\xA0\x80",
        "\xF4\x90\x80\x80",
        "\xE0\xA4",
        "\xE2\x80\xA8",
        "codes=",
        "in",
        "both",
        "format=\"%",
        "match=\"(\"",
        "\n[action in complaint at .]\n",
    };
    uint32_t many = 1 + throw(6);

    while (many-- > 0 && s->len > 0) {
        size_t at = throw((uint32_t)s->len);
        const char *word = words[throw(sizeof words / sizeof *words)];
        char piece[256];
        size_t len = 1 + throw(sizeof piece);

        switch (throw(6)) {
        case 0:
            s->bytes[at] = (char) throw(256);
            break;
        case 1:
            s->bytes[at] = (char)(s->bytes[at] ^ (1 << throw(8)));
            break;
        case 2:
            cut(s, at, 1 + throw(throw(8) ? 20 : 2000));
            break;
        case 3:
            put(s, at, word, strlen(word));
            break;
        case 4: /* a piece of itself elsewhere */
            len = len < s->len - at ? len : s->len - at;
            memcpy(piece, s->bytes + at, len);
            put(s, throw((uint32_t)s->len), piece, len);
            break;
        default:
            s->len = throw(8) ? s->len : at;
            break;
        }
    }
}

static const struct reader {
    const char *name;
    void (*read)(struct arena *mem, const char *bytes, size_t len);
    const char *seeds[SEEDS_MAX];
} readers[] = {
    { "ini", read_ini, { "bridge.conf", "mappings/igrs.map", "tests/fixtures/map/bad.map" } },
    { "map",
      read_map,
      { "mappings/igrs.map", "mappings/cctns.map", "tests/fixtures/second/setu.map",
        "tests/fixtures/map/good.map" } },
    { "conf",
      read_conf,
      { "bridge.conf",
        "=[bridge]\ndatabase = host=x\nstate = .\nmappings = .\nsql = .\n[system igrs]\n"
        "mapping = x.map\nurl = https://h/\npassword = env:X\n[job a]\nrun = sync\n"
        "at = 01:30\non = mon last\n" } },
    { "xml",
      read_xml,
      { "tests/fixtures/xml/good-soap11.xml", "tests/fixtures/xml/good-bom.xml",
        "tests/fixtures/xml/bad-dtd.xml", "tests/fixtures/xml/bad-instruction.xml",
        "mappings/igrs.xsd" } },
    { "reply",
      read_reply,
      { "tests/fixtures/xml/good-soap11.xml",
        "=<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' "
        "xmlns='urn:up:igrs:grievance:1'><s:Header/><s:Body><ListChangedResponse More='true'>"
        "<Grievance><Code>40020000000001</Code><Source>Online</Source><Subject>a</Subject>"
        "<Applicant><Name>b</Name></Applicant><MarkedTo code='155'/>"
        "<ReceivedOn>01/06/2020 10:00:00</ReceivedOn><Actions><Action><Seq>1</Seq></Action>"
        "</Actions></Grievance></ListChangedResponse></s:Body></s:Envelope>",
        "=<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault>"
        "<faultcode>s:Client.Busy</faultcode><faultstring>no</faultstring></s:Fault></s:Body>"
        "</s:Envelope>",
        "=<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' "
        "xmlns='urn:up:igrs:grievance:1'><s:Body><SubmitActionsResponse><Result><Reference>x"
        "</Reference><Status>OK</Status><ReceiptNo>7</ReceiptNo></Result>"
        "</SubmitActionsResponse></s:Body></s:Envelope>" } },
    { "time",
      read_time,
      { "=01/06/2020 10:00:00", "=2020-06-01T10:00:00.123456+05:30", "=01-Jun-2020 10:00 PM",
        "=2020-02-29T23:59:59Z", "=20200601", "=%d/%m/%Y %H:%M:%S" } },
    { "text",
      read_text,
      { "=\xE0\xA4\x9C\xE0\xA4\xBC\xE0\xA4\xAE\xE0\xA5\x80\xE0\xA4\xA8 \xF0\x9F\x93\x9C a\r\nb\t",
        "=\xE0\xA5\x9B\xE0\xA4\xAE\xE2\x80\x8D\xE2\x80\x8C-e\xCC\x81\xCC\x81" } },
    { "packed", read_packed, { packed } },
    { "csv",
      read_csv,
      { "mappings/units/up.csv",
        "=remote,canonical,unit\n\"a \"\"b\"\"\",REGD,UP\n# c\n\xE0\xA4\x95,,x\n" } },
};

static void
run_reader(const struct reader *r, size_t rounds, int64_t until)
{
    static struct sample s;
    struct arena *mem = arena_new("fuzz");
    size_t seeds = 0, n = 0;

    while (seeds < SEEDS_MAX && r->seeds[seeds])
        seeds++;
    while (until ? clock_tick() < until : n < rounds) {
        uint32_t begun = dice;
        int64_t tick = clock_tick();

        take(r->seeds[throw((uint32_t)seeds)], &s);
        spoil(&s);
        /* Its own block, so that a byte too far is seen. */
        char *exact = malloc(s.len + 1);

        assert_non_null(exact);
        memcpy(exact, s.bytes, s.len);
        if (until)
            (void)save(mem, "last", exact, s.len);
        r->read(mem, exact, s.len);
        free(exact);
        arena_reset(mem);
        if (clock_tick() - tick > 3000)
            fail_msg("reader \"%s\" took too long at dice %u", r->name, begun);
        n++;
    }
    arena_free(mem);
}

static void
test_readers(void **state)
{
    const char *seconds = getenv("FUZZ_SECONDS"), *seed = getenv("FUZZ_SEED");
    size_t count = sizeof readers / sizeof *readers;

    (void)state;
    dice = seed ? (uint32_t)strtoul(seed, NULL, 10) : SEED;
    print_message("seed %u\n", dice);
    for (size_t i = 0; i < count; i++)
        run_reader(&readers[i], ROUNDS,
                   seconds ? clock_tick() + strtol(seconds, NULL, 10) * 1000 / (long)count : 0);
}

/* ---- the place ---- */

/* The first three are links to the shipped ones. */
static const char *const names[] = {
    "codes", "units", "canonical.fields", "x.map", "x.conf", "last"
};

static void
pack_sample(void)
{
    struct record child = { .stream = "action" }, parent = { .stream = "complaint" };
    struct record *const both[] = { &child, &parent };
    const char *bytes;
    size_t len;

    parent.child = &child;
    for (size_t i = 0; i < 2; i++) {
        both[i]->count = mapping_stream(&igrs.map, both[i]->stream)->count;
        both[i]->fields = arena_alloc(igrs.mem, both[i]->count * sizeof *both[i]->fields);
        for (size_t f = 0; f < both[i]->count; f++) {
            both[i]->fields[f].text = f ? "\xE0\xA4\x95 = 1" : "40020000000001";
            both[i]->fields[f].len = strlen(both[i]->fields[f].text);
        }
    }
    remote_pack(igrs.mem, &igrs.map, &parent, &bytes, &len);
    assert_true(len < sizeof packed - 2);
    memcpy(packed + 1, bytes, len);
}

static int
begin(void **state)
{
    static const char url[] = "https://localhost:1/";
    const char *at = url;
    char *options, here[400];
    struct error err;

    (void)state;
    if (!mkdtemp(folder))
        return 1;
    map_fixture_open(&igrs, "mappings/units", "mappings/igrs.map", kinds);
    map_fixture_print(&igrs);
    if (igrs.faults.count > 0)
        return 1;
    assert_non_null(getcwd(here, sizeof here));
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(symlink(arena_format(igrs.mem, "%s/mappings/%s", here, names[i]),
                                 in_folder(igrs.mem, names[i])),
                         0);
    pack_sample();
    options = arena_alloc(igrs.mem, adapter_soap.options_size);
    for (const struct conf_key *k = adapter_soap.keys; k->name; k++) {
        long number = 1000;

        if (strcmp(k->name, "url") == 0)
            memcpy(options + k->offset, &at, sizeof at);
        else if (k->type == CONF_INT || k->type == CONF_SIZE || k->type == CONF_SPAN)
            memcpy(options + k->offset, &number, sizeof number);
    }
    soap = (struct adapter){ .ops = &adapter_soap, .system = "igrs", .map = &igrs.map };
    soap.options = options;
    soap.mem = igrs.mem;
    soap.state = arena_alloc(igrs.mem, adapter_soap.state_size);
    return adapter_soap.open(&soap, &err) != V_OK;
}

static int
end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)unlink(in_folder(igrs.mem, names[i]));
    map_fixture_close(&igrs);
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_readers) };

    return cmocka_run_group_tests(tests, begin, end);
}
